# SPDX-License-Identifier: Apache-2.0
# corpus.py run URL FILE - the same requests to one EC2: answers and refusals, field by field, into a file. URL moto: to
# a server of moto's, made for it.
# corpus.py compare LAB MOTO DOC - where the two differ must be what the table in DOC says; a * there stands for anything.
import json
import logging
import os
import re
import sys

import boto3
import botocore.config
import botocore.exceptions
import botocore.parsers

REGION = "ap-northeast-2"
KINDS = "eni-attach eni subnet vpc sg i r rtb acl ami vol dopt igw subnet-cidr-assoc vpc-cidr-assoc".split()


def plain(v):
    """What does not depend on when, where and in which order it was made."""
    if hasattr(v, "isoformat"):
        return "TIME"
    if not isinstance(v, str):
        return v
    v = re.sub(r"\b(%s)-[0-9a-f]{8,17}\b" % "|".join(KINDS), r"\1-ID", v)
    v = re.sub(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC", v)
    v = re.sub(r"\b\d{12}\b", "ACCOUNT", v)
    v = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", v)
    v = re.sub(r"\b(ip|ec2)(-\d+){4}\.", r"\1-ADDRESS.", v)
    return re.sub(r"\b\d+\.\d+\.\d+\.\d+\b(?!/)", "ADDRESS", v)


def fields(v, where=""):
    """{path: values, sorted, without repetition}; an empty list is one too."""
    out = {}
    if isinstance(v, dict):
        parts = [(where + ("." if where else "") + k, x) for k, x in v.items() if k != "ResponseMetadata"]
    elif isinstance(v, list):
        parts = [(where + "[]", x) for x in v]
    else:
        return {where: [json.dumps(plain(v), ensure_ascii=False)]}
    if not parts and where:
        return {where: ["none"]}
    for path, x in parts:
        for p, values in fields(x, path).items():
            out[p] = sorted(set(out.get(p, [])) | set(values))
    return out


# ---- one EC2


def make(c):
    """moto's world, as the lab has its own."""
    vpc = c.create_vpc(CidrBlock="192.168.0.0/16")["Vpc"]["VpcId"]
    subnet = c.create_subnet(VpcId=vpc, CidrBlock="192.168.1.0/24", AvailabilityZone=REGION + "a")["Subnet"]["SubnetId"]
    c.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    image = [x for x in c.describe_images()["Images"] if x.get("Platform") != "windows"][0]["ImageId"]
    group = c.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]["GroupId"]
    i = c.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.medium", SubnetId=subnet,
                        SecurityGroupIds=[group])["Instances"][0]
    eni = i["NetworkInterfaces"][0]["NetworkInterfaceId"]
    c.assign_private_ip_addresses(NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=1)
    for resource, tags in ((vpc, {"Name": "vpcbox-lab"}),
                           (subnet, {"Name": "vpcbox-lab-public-a", "kubernetes.io/role/elb": "1"}),
                           (i["InstanceId"], {"Name": "node1", "kubernetes.io/cluster/vpcbox-lab": "owned"}),
                           (eni, {"node.k8s.amazonaws.com/instance_id": i["InstanceId"], "eks:eni:owner": "amazon-vpc-cni",
                                  "cluster.k8s.amazonaws.com/name": "vpcbox-lab"})):
        c.create_tags(Resources=[resource], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])


class Corpus:
    def __init__(self, url, service="ec2", steps=None):
        self.c = boto3.client(service, REGION, endpoint_url=url, config=botocore.config.Config(
            retries={"total_max_attempts": 1}, parameter_validation=False))
        self.steps = {} if steps is None else steps

    def seen(self, answer):
        return answer

    def __call__(self, name, action, **args):
        try:
            answer = getattr(self.c, action)(**args)
            self.steps[name] = fields(self.seen(answer))
        except botocore.exceptions.ClientError as e:
            answer = {}
            self.steps[name] = {"refused": ["%s %d" % (e.response["Error"]["Code"],
                                                       e.response["ResponseMetadata"]["HTTPStatusCode"])]}
        except botocore.parsers.ResponseParserError:
            answer = {}
            self.steps[name] = {"refused": ["by something that is no XML"]}
        self.steps[name]["action"] = ["".join(p.title() for p in action.split("_"))]
        return answer


def look(say, instance):
    me, vpc, subnet = instance["InstanceId"], instance["VpcId"], instance["SubnetId"]
    say("the VPC", "describe_vpcs", VpcIds=[vpc])
    say("VPCs by CIDR", "describe_vpcs", Filters=[{"Name": "cidr", "Values": ["192.168.0.0/16"]}])
    say("the subnet", "describe_subnets", SubnetIds=[subnet])
    say("subnets by VPC and zone", "describe_subnets",
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "availability-zone", "Values": [REGION + "a"]}])
    say("a zone", "describe_availability_zones", ZoneNames=[REGION + "a"])
    say("a zone by id", "describe_availability_zones", ZoneIds=["apne2-az1"])
    say("a type", "describe_instance_types", InstanceTypes=["t3.medium"])
    say("a type with cards", "describe_instance_types", InstanceTypes=["p4d.24xlarge"])
    say("the instance", "describe_instances", InstanceIds=[me])
    say("its interface", "describe_network_interfaces", Filters=[{"Name": "attachment.instance-id", "Values": [me]}])
    say("none", "describe_network_interfaces", Filters=[{"Name": "description", "Values": ["nobody's"]}])


def live(say, instance):
    me, subnet = instance["InstanceId"], instance["SubnetId"]
    group = instance["SecurityGroups"][0]["GroupId"]
    create = dict(SubnetId=subnet, Description="corpus", Groups=[group], SecondaryPrivateIpAddressCount=1, ClientToken="t-1",
                  TagSpecifications=[{"ResourceType": "network-interface", "Tags": [{"Key": "k", "Value": "v"}]}])
    eni = say("create", "create_network_interface", **create)["NetworkInterface"]["NetworkInterfaceId"]
    again = say("create again with its token", "create_network_interface", **create)
    same = again.get("NetworkInterface", {}).get("NetworkInterfaceId") == eni
    say.steps["create again with its token"]["the same interface"] = [str(same)]
    if again and not same:
        say.c.delete_network_interface(NetworkInterfaceId=again["NetworkInterface"]["NetworkInterfaceId"])
    say("describe it", "describe_network_interfaces", NetworkInterfaceIds=[eni])
    at = say("attach", "attach_network_interface", NetworkInterfaceId=eni, InstanceId=me, DeviceIndex=1)["AttachmentId"]
    again = say("attach again", "attach_network_interface", NetworkInterfaceId=eni, InstanceId=me, DeviceIndex=1)
    at = again.get("AttachmentId", at)
    say("delete on termination", "modify_network_interface_attribute", NetworkInterfaceId=eni,
        Attachment={"AttachmentId": at, "DeleteOnTermination": True})
    got = say("assign one", "assign_private_ip_addresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=1)
    say.steps["assign one"]["how many"] = [str(len(got["AssignedPrivateIpAddresses"]))]
    say("assign by name", "assign_private_ip_addresses", NetworkInterfaceId=eni, PrivateIpAddresses=["192.168.1.200"])
    say("too many", "assign_private_ip_addresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=9)
    say("unassign", "unassign_private_ip_addresses", NetworkInterfaceId=eni, PrivateIpAddresses=["192.168.1.200"])
    say("unassign again", "unassign_private_ip_addresses", NetworkInterfaceId=eni, PrivateIpAddresses=["192.168.1.200"])
    say("describe it attached", "describe_network_interfaces", NetworkInterfaceIds=[eni])
    say("the instance with two", "describe_instances", InstanceIds=[me])
    say("tag it", "create_tags", Resources=[eni], Tags=[{"Key": "k", "Value": "w"}, {"Key": "empty", "Value": ""}])
    say("its tags", "describe_tags", Filters=[{"Name": "resource-id", "Values": [eni]}])
    say("dry run", "detach_network_interface", AttachmentId=at, DryRun=True)
    say("detach", "detach_network_interface", AttachmentId=at)
    say("detach again", "detach_network_interface", AttachmentId=at)
    say("delete", "delete_network_interface", NetworkInterfaceId=eni)
    say("delete again", "delete_network_interface", NetworkInterfaceId=eni)


def wrong(say, instance):
    subnet, own = instance["SubnetId"], instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    eni = "eni-0123456789abcdef0"
    say("no such VPC", "describe_vpcs", VpcIds=["vpc-0123456789abcdef0"])
    say("no such subnet", "describe_subnets", SubnetIds=["subnet-0123456789abcdef0"])
    say("no such instance", "describe_instances", InstanceIds=["i-0123456789abcdef0"])
    say("no such interface", "describe_network_interfaces", NetworkInterfaceIds=[eni])
    say("no such type", "describe_instance_types", InstanceTypes=["t9.huge"])
    say("no such filter", "describe_subnets", Filters=[{"Name": "colour", "Values": ["red"]}])
    say("no such zone", "describe_availability_zones", ZoneNames=["nowhere-1a"])
    say("pages too small", "describe_network_interfaces", MaxResults=4)
    say("a page token that is none", "describe_network_interfaces", NextToken="none")
    say("tag nothing", "create_tags", Resources=[eni], Tags=[{"Key": "k", "Value": "v"}])
    say("tag with a reserved key", "create_tags", Resources=[subnet], Tags=[{"Key": "aws:k", "Value": "v"}])
    say("create in no subnet", "create_network_interface", SubnetId="subnet-0123456789abcdef0")
    say("create in no group", "create_network_interface", SubnetId=subnet, Groups=["sg-0123456789abcdef0"])
    say("attach nothing", "attach_network_interface", NetworkInterfaceId=eni, InstanceId="i-0123456789abcdef0", DeviceIndex=1)
    say("assign to nothing", "assign_private_ip_addresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=1)
    say("detach nothing", "detach_network_interface", AttachmentId="eni-attach-0123456789abcdef0")
    say("delete in use", "delete_network_interface", NetworkInterfaceId=own)


def moto():
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return "http://127.0.0.1:%d" % server.get_host_and_port()[1]


def run(url, path):
    say = Corpus(moto() if url == "moto" else url)
    if url == "moto":
        make(say.c)
        vpcs = [v["VpcId"] for v in say.c.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]]
        found = say.c.describe_instances(Filters=[{"Name": "vpc-id", "Values": vpcs}])
    else:
        found = say.c.describe_instances()
    instance = found["Reservations"][0]["Instances"][0]
    look(say, instance)
    live(say, instance)
    wrong(say, instance)
    with open(path, "w") as f:
        json.dump(say.steps, f)


# ---- two of them


def short(values):
    text = ", ".join(values).replace("|", "\\|") if values else "-"
    return text if len(text) <= 60 else text[:57] + "..."


def differences(lab, moto):
    """Rows (action, field, lab, moto), each once, whatever number of steps shows it."""
    rows = {}
    for step in lab:
        for field in sorted(set(lab[step]) | set(moto[step])):
            if "refused" in set(lab[step]) ^ set(moto[step]) and field != "refused":
                continue  # one refuses: that is the difference
            ours, theirs = (short(x[step].get(field)) for x in (lab, moto))
            if ours == theirs:
                continue
            name = field if field not in ("refused", "the same interface", "how many") else "%s (%s)" % (field, step)
            rows[(lab[step]["action"][0], name, ours, theirs)] = None
    return list(rows)


def table(doc):
    rows = []
    for line in open(doc):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if len(cells) == 5 and cells[0] not in ("action", "") and not set(cells[0]) <= set("-: "):
            rows.append(cells)
    return rows


def matches(known, row):
    return all(re.fullmatch(".*".join(map(re.escape, k.split("*"))), r) for k, r in zip(known[:4], row))


def claim(text, bad):
    print("not ok %s - %d found" % (text, len(bad)) if bad else "ok %s" % text)
    for row in bad:
        print("# | %s |" % " | ".join(row))
    return bool(bad)


def compare(lab, moto, doc):
    lab, moto = json.load(open(lab)), json.load(open(moto))
    rows, known = differences(lab, moto), table(doc)
    likes = [k for k in known if k[4].split(":")[0] not in ("lab", "moto", "both", "neither")]
    return any([claim("both were asked the same", [[s] for s in lab.keys() ^ moto.keys()]),
                claim("every difference is in the table", [r for r in rows if not any(matches(k, r) for k in known)]),
                claim("every row of the table is a difference", [k for k in known if not any(matches(k, r) for r in rows)]),
                claim("every row says which of them is like EC2", likes)])


def main(run):
    if sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3])
        sys.stdout.flush()
        os._exit(0)  # moto's thread would go on
    sys.exit(compare(*sys.argv[2:5]))


if __name__ == "__main__":
    main(run)
