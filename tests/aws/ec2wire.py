# SPDX-License-Identifier: Apache-2.0
# ec2wire.py - each wrapper's request is the one that botocore makes of the same arguments, whatever order they come in.
import http.server
import threading
import urllib.parse

import boto3
from awstry import REGION, ok, run, same
from ec2tool import Ec2, tables

ANSWER = ("<%(a)sResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><requestId>r</requestId><return>true</return>"
          "<groupId>sg-1</groupId><attachmentId>eni-attach-1</attachmentId><networkInterface><networkInterfaceId>eni-1"
          "</networkInterfaceId></networkInterface></%(a)sResponse>")


class Recorder(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_POST(self):
        q = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), True))
        self.seen.append(q)
        body = (ANSWER % {"a": q["Action"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


FILTERS = [{"Name": "tag:a/b", "Values": ["1", "", "ü &"]}, {"Name": "vpc-id", "Values": ["vpc-1"]}]
SENT_FILTERS = [{"Name": f["Name"], "Value": f["Values"]} for f in FILTERS]
TAGS = [{"Key": "k/1", "Value": "v 1"}, {"Key": "k2", "Value": ""}]
PERMISSIONS = [{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
                "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": ""}, {"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "six"}],
                "PrefixListIds": [{"PrefixListId": "pl-1", "Description": "l"}],
                "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "123456789012", "Description": "d", "GroupName": "n",
                                      "VpcId": "vpc-2", "VpcPeeringConnectionId": "pcx-1"}]},
               {"IpProtocol": "-1"}, {"IpProtocol": "icmp", "FromPort": 3, "ToPort": -1}]


def sent_permissions():
    return [{("Groups" if k == "UserIdGroupPairs" else k): v for k, v in p.items()} for p in PERMISSIONS]


def describes():
    for action, ids, sent, page in (("DescribeNetworkInterfaces", "NetworkInterfaceIds", "NetworkInterfaceId", 1000),
                                    ("DescribeSubnets", "SubnetIds", "SubnetId", 0),
                                    ("DescribeSecurityGroups", "GroupIds", "GroupId", 1000),
                                    ("DescribeInstances", "InstanceIds", "InstanceId", 1000),
                                    ("DescribeRouteTables", "RouteTableIds", "RouteTableId", 0),
                                    ("DescribeVpcs", "VpcIds", "VpcId", 0),
                                    ("DescribeAvailabilityZones", "ZoneIds", "ZoneId", 0),
                                    ("DescribeInstanceTypes", "InstanceTypes", "InstanceType", 0)):
        yield action, {sent: ["x-1", "x-2"]}, {ids: ["x-1", "x-2"]}
        yield action, {"Filter": SENT_FILTERS}, dict({"Filters": FILTERS}, **({"MaxResults": page} if page else {}))
        yield action, {sent: ["x-1"], "DryRun": True}, {ids: ["x-1"], "DryRun": True}
    yield "DescribeTags", {"Filter": SENT_FILTERS}, {"Filters": FILTERS, "MaxResults": 1000}


def changes():
    eni = {"NetworkInterfaceId": "eni-1"}
    create = {"SubnetId": "subnet-1", "Description": "d"}
    tracking = {"TcpEstablishedTimeout": 600, "UdpStreamTimeout": 180, "UdpTimeout": 30}
    yield ("CreateNetworkInterface",
           dict(create, SecurityGroupId=["sg-1", "sg-2"], SecondaryPrivateIpAddressCount=9,
                TagSpecification=[{"Tag": TAGS}], ConnectionTrackingSpecification=tracking),
           dict(create, Groups=["sg-1", "sg-2"], SecondaryPrivateIpAddressCount=9,
                TagSpecifications=[{"ResourceType": "network-interface", "Tags": TAGS}],
                ConnectionTrackingSpecification=tracking))
    for name in "Ipv4PrefixCount", "Ipv6AddressCount":
        yield "CreateNetworkInterface", dict(create, **{name: 1}), dict(create, **{name: 1})
    attach = dict(eni, InstanceId="i-1", DeviceIndex=1, NetworkCardIndex=0)
    yield "AttachNetworkInterface", attach, attach
    yield ("ModifyNetworkInterfaceAttribute", dict(eni, **{"Attachment.AttachmentId": "a-1"}),
           dict(eni, Attachment={"AttachmentId": "a-1", "DeleteOnTermination": True}))
    yield ("ModifyNetworkInterfaceAttribute", dict(eni, SecurityGroupId=["sg-1", "sg-2"]),
           dict(eni, Groups=["sg-1", "sg-2"]))
    yield "DetachNetworkInterface", {"AttachmentId": "a-1"}, {"AttachmentId": "a-1"}
    yield "DeleteNetworkInterface", eni, eni
    yield "DeleteNetworkInterface", dict(eni, DryRun=True), dict(eni, DryRun=True)
    for name in "SecondaryPrivateIpAddressCount", "Ipv4PrefixCount":
        yield "AssignPrivateIpAddresses", dict(eni, **{name: 3}), dict(eni, **{name: 3})
    ips, prefixes, six = ["10.0.0.1", "10.0.0.2"], ["10.0.0.16/28", "10.0.0.32/28"], ["2001:db8::/80"]
    yield "UnassignPrivateIpAddresses", dict(eni, PrivateIpAddress=ips), dict(eni, PrivateIpAddresses=ips)
    yield "UnassignPrivateIpAddresses", dict(eni, Ipv4Prefix=prefixes), dict(eni, Ipv4Prefixes=prefixes)
    yield "AssignIpv6Addresses", dict(eni, Ipv6PrefixCount=1), dict(eni, Ipv6PrefixCount=1)
    yield "UnassignIpv6Addresses", dict(eni, Ipv6Prefix=six), dict(eni, Ipv6Prefixes=six)
    yield "CreateTags", {"ResourceId": ["x-1"], "Tag": TAGS}, {"Resources": ["x-1"], "Tags": TAGS}
    gone = [{"Key": "a"}, {"Key": "b", "Value": ""}]
    yield "DeleteTags", {"ResourceId": ["x-1"], "Tag": gone}, {"Resources": ["x-1"], "Tags": gone}


def groups():
    yield ("CreateSecurityGroup",
           {"VpcId": "vpc-1", "GroupName": "n", "GroupDescription": "[k8s] x", "TagSpecification": [{"Tag": TAGS}]},
           {"VpcId": "vpc-1", "GroupName": "n", "Description": "[k8s] x",
            "TagSpecifications": [{"ResourceType": "security-group", "Tags": TAGS}]})
    yield "DeleteSecurityGroup", {"GroupId": "sg-1"}, {"GroupId": "sg-1"}
    for action in "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress":
        yield (action, {"GroupId": "sg-1", "IpPermissions": sent_permissions()},
               {"GroupId": "sg-1", "IpPermissions": PERMISSIONS})
        yield action, {"GroupId": "sg-1", "DryRun": True}, {"GroupId": "sg-1", "DryRun": True}


def compare(tool, client, action, args, kwargs):
    Recorder.seen.clear()
    try:
        tool(action, **args)
    except Exception as e:
        if "told not to" not in str(e):
            raise
    getattr(client, "".join("_" + c.lower() if c.isupper() else c for c in action)[1:])(**kwargs)
    ours, theirs = Recorder.seen
    for q in ours, theirs:
        if "ClientToken" in q:
            q["ClientToken"] = len(q["ClientToken"])
    return ours, theirs


def unknown(client):
    def walk(shape, table, where):
        for path, field in table.items():
            at = shape
            for name in path.split("/"):
                if at.type_name == "list":
                    at = at.member if name == "item" else None
                else:
                    at = {m.serialization.get("name", n): m for n, m in at.members.items()}.get(name)
                if at is None:
                    yield "%s/%s" % (where, path)
                    break
            if at is not None and field["of"] is not None:
                yield from walk(at, field["of"], "%s/%s" % (where, path))

    for action, table in tables().items():
        shared = {"AssignPrivateIpAddresses": {"assignedIpv6PrefixSet/item"}, "CreateSecurityGroup": set(table) - {"groupId"},
                  "AssignIpv6Addresses": set(table) - {"assignedIpv6PrefixSet/item"}}
        table = {k: v for k, v in table.items() if k not in shared.get(action, ())}
        yield from walk(client.meta.service_model.operation_model(action).output_shape, table, action)


def test(_):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = "http://127.0.0.1:%d" % server.server_address[1]
    tool, client = Ec2(endpoint), boto3.client("ec2", REGION, endpoint_url=endpoint)
    seen = set()
    for case in [*describes(), *changes(), *groups()]:
        ours, theirs = compare(tool, client, *case)
        same("%s(%s) is sent as botocore sends it" % (case[0], ", ".join(case[2])), ours, theirs)
        seen.add(case[0])
    known = {a for a in tables()} | {c[0] for c in [*changes(), *groups()]}
    ok("every action of the table was sent", seen == known, "not sent: %s" % (known - seen))
    enis = "DescribeInstances/reservationSet/item/instancesSet/item/networkInterfaceSet/item/"
    same("every path that is read is in EC2's model, but what DescribeInstances keeps to itself", list(unknown(client)),
         [enis + "attachment/instanceId", enis + "tagSet/item"])
    same("awscorpus ends well", tool.end(), 0)
    server.shutdown()


run(test)
