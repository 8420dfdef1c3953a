# SPDX-License-Identifier: Apache-2.0
# ec2.py - every EC2 wrapper against moto's server: what it makes is read by boto3, what boto3 makes is read by it, and of
# each description every field that the wrapper knows is what boto3 sees.
import boto3
from awstry import REGION, Refused, ok, run, same
from ec2tool import Ec2, differences, tables

TABLES = tables()
ACTIONS = set("""AssignIpv6Addresses AssignPrivateIpAddresses AttachNetworkInterface AuthorizeSecurityGroupIngress
CreateNetworkInterface CreateSecurityGroup CreateTags DeleteNetworkInterface DeleteSecurityGroup DeleteTags
DescribeAvailabilityZones DescribeInstanceTypes DescribeInstances DescribeNetworkInterfaces DescribeRouteTables
DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVpcs DetachNetworkInterface ModifyNetworkInterfaceAttribute
RevokeSecurityGroupIngress UnassignIpv6Addresses UnassignPrivateIpAddresses""".split())
used = set()


class Site:
    def __init__(self, endpoint):
        self.tool, self.boto = Ec2(endpoint), boto3.client("ec2", REGION, endpoint_url=endpoint)

    def do(self, action, **args):
        used.add(action)
        return self.tool(action, **args)

    def refused(self, claim, code, why, action, **args):
        try:
            self.do(action, **args)
        except Refused as e:
            same(claim, [e.code, e.num], [code, why])
        else:
            ok(claim, False, "it was done")

    def seen(self, action, **kwargs):
        return getattr(self.boto, "".join("_" + c.lower() if c.isupper() else c for c in action)[1:])(**kwargs)

    def alike(self, action, args, kwargs):
        """One description, read twice."""
        shape = self.boto.meta.service_model.operation_model(action).output_shape
        ours, theirs = self.do(action, **args), self.seen(action, **kwargs)
        same("%s(%s): every field is what boto3 sees" % (action, ", ".join(kwargs)),
             differences(TABLES[action], ours, shape, theirs), [])
        return ours


def tags(l):
    return sorted((t["Key"], t["Value"]) for t in l)


def network(s):
    b = s.boto
    vpc = b.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    b.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/16")
    six = b.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    subnet = b.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=REGION + "a",
                             Ipv6CidrBlock=six.split("/")[0] + "/64")["Subnet"]["SubnetId"]
    b.create_tags(Resources=[vpc, subnet], Tags=[{"Key": "kubernetes.io/role/elb", "Value": ""}, {"Key": "ü", "Value": "<&>"}])
    gateway = b.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    b.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    table = b.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    b.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    b.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    b.associate_route_table(RouteTableId=table, SubnetId=subnet)
    by_vpc, sent = [{"Name": "vpc-id", "Values": [vpc]}], [{"Name": "vpc-id", "Value": [vpc]}]
    s.alike("DescribeVpcs", {"VpcId": [vpc]}, {"VpcIds": [vpc]})
    s.alike("DescribeSubnets", {"SubnetId": [subnet]}, {"SubnetIds": [subnet]})
    s.alike("DescribeSubnets", {"Filter": sent}, {"Filters": by_vpc})
    s.alike("DescribeSubnets", {}, {})
    s.alike("DescribeRouteTables", {"Filter": sent}, {"Filters": by_vpc})
    s.alike("DescribeAvailabilityZones", {}, {})
    zone = s.alike("DescribeAvailabilityZones", {"ZoneId": ["euc1-az1"]}, {"ZoneIds": ["euc1-az1"]})
    same("one zone was asked for", len(zone["availabilityZoneInfo/item"]), 1)
    s.alike("DescribeTags", {"Filter": [{"Name": "resource-id", "Value": [vpc]}]},
            {"Filters": [{"Name": "resource-id", "Values": [vpc]}]})
    s.refused("a VPC that is not there", "InvalidVpcID.NotFound", "ENOENT", "DescribeVpcs", VpcId=["vpc-0"])
    return vpc, subnet


def groups(s, vpc):
    b = s.boto
    made = s.do("CreateSecurityGroup", VpcId=vpc, GroupName="k8s-x", GroupDescription="[k8s] x",
                TagSpecification=[{"Tag": [{"Key": "a/b", "Value": "1 2"}]}])["groupId"]
    seen = b.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]
    same("boto3 sees the group that we made", [seen["GroupName"], seen["Description"], seen["VpcId"], tags(seen["Tags"])],
         ["k8s-x", "[k8s] x", vpc, [("a/b", "1 2")]])
    other = b.create_security_group(VpcId=vpc, GroupName="other", Description="o")["GroupId"]
    rules = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "a=b"}],
              "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
             {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "Groups": [{"GroupId": other, "Description": "peer"}]}]
    s.do("AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=rules)
    seen = b.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["IpPermissions"]
    same("boto3 sees the rules that we made",
         [[p["IpProtocol"], p["FromPort"], p["ToPort"], [r["CidrIp"] for r in p["IpRanges"]],
           [r["CidrIpv6"] for r in p["Ipv6Ranges"]], [g["GroupId"] for g in p["UserIdGroupPairs"]]] for p in seen],
         [["tcp", 80, 80, ["10.0.0.0/8"], ["::/0"], []], ["udp", 0, 65535, [], [], [other]]])
    s.refused("a rule twice", "InvalidPermission.Duplicate", "EEXIST", "AuthorizeSecurityGroupIngress", GroupId=made,
              IpPermissions=rules)
    b.authorize_security_group_ingress(GroupId=made, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "1.0.0.0/8"}]}])
    by = [{"Name": "group-name", "Values": ["k8s-x"]}]
    s.alike("DescribeSecurityGroups", {"Filter": [{"Name": "group-name", "Value": ["k8s-x"]}]}, {"Filters": by})
    s.alike("DescribeSecurityGroups", {}, {})
    read = s.alike("DescribeSecurityGroups", {"GroupId": [made]}, {"GroupIds": [made]})["securityGroupInfo/item"][0]
    s.do("RevokeSecurityGroupIngress", GroupId=made, IpPermissions=[as_sent(p) for p in read["ipPermissions/item"]])
    same("boto3 sees none after they were revoked as they were read",
         b.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["IpPermissions"], [])
    s.do("CreateTags", ResourceId=[made], Tag=[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}])
    s.do("DeleteTags", ResourceId=[made], Tag=[{"Key": "a/b"}, {"Key": "l", "Value": ""}])
    same("boto3 sees the tags that are left", tags(b.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["Tags"]),
         [("k", "v")])
    s.do("DeleteSecurityGroup", GroupId=made)
    s.refused("a group that is gone", "InvalidGroup.NotFound", "ENOENT", "DescribeSecurityGroups", GroupId=[made])
    s.refused("a group deleted twice", "InvalidGroup.NotFound", "ENOENT", "DeleteSecurityGroup", GroupId=made)
    return other


def as_sent(p):
    """A permission by the names with which it is sent."""
    if isinstance(p, list):
        return [as_sent(x) for x in p]
    if not isinstance(p, dict):
        return p
    return {k.split("/")[0][0].upper() + k.split("/")[0][1:]: as_sent(v) for k, v in p.items()}


def enis(s, subnet, group):
    b = s.boto
    image = b.describe_images()["Images"][0]["ImageId"]
    instance = b.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.large",
                               SubnetId=subnet)["Instances"][0]["InstanceId"]
    b.create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": "n"}])
    s.alike("DescribeInstances", {"InstanceId": [instance]}, {"InstanceIds": [instance]})
    s.alike("DescribeInstances", {}, {})
    s.refused("an instance that is not there", "InvalidInstanceID.NotFound", "ENOENT", "DescribeInstances",
              InstanceId=["i-0123456789abcdef0"])
    eni = s.do("CreateNetworkInterface", SubnetId=subnet, Description="aws-K8S-" + instance, SecurityGroupId=[group],
               SecondaryPrivateIpAddressCount=2, TagSpecification=[{"Tag": [{"Key": "k", "Value": "v"}]}])
    eni = eni["networkInterface"]["networkInterfaceId"]
    seen = b.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]
    same("boto3 sees the interface that we made",
         [seen["Description"], seen["SubnetId"], [g["GroupId"] for g in seen["Groups"]], len(seen["PrivateIpAddresses"]),
          tags(seen["TagSet"])], ["aws-K8S-" + instance, subnet, [group], 3, [("k", "v")]])
    at = s.do("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)["attachmentId"]
    seen = b.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]["Attachment"]
    same("boto3 sees it attached", [seen["AttachmentId"], seen["InstanceId"], seen["DeviceIndex"]], [at, instance, 1])
    s.alike("DescribeInstances", {"InstanceId": [instance]}, {"InstanceIds": [instance]})
    s.do("ModifyNetworkInterfaceAttribute", **{"NetworkInterfaceId": eni, "Attachment.AttachmentId": at})
    second = b.create_security_group(VpcId=seen_vpc(b, eni), GroupName="second", Description="s")["GroupId"]
    s.do("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, SecurityGroupId=[second])
    seen = b.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]
    same("boto3 sees its new group", [g["GroupId"] for g in seen["Groups"]], [second])
    got = s.do("AssignPrivateIpAddresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=2)
    addresses(s, eni, got)
    s.alike("DescribeNetworkInterfaces", {"NetworkInterfaceId": [eni]}, {"NetworkInterfaceIds": [eni]})
    s.alike("DescribeNetworkInterfaces", {"Filter": [{"Name": "tag:k", "Value": ["v"]}]},
            {"Filters": [{"Name": "tag:k", "Values": ["v"]}]})
    s.alike("DescribeNetworkInterfaces", {}, {})
    s.do("DetachNetworkInterface", AttachmentId=at)
    s.do("DeleteNetworkInterface", NetworkInterfaceId=eni)
    s.refused("an interface that is gone", "InvalidNetworkInterfaceID.NotFound", "ENOENT",
              "DescribeNetworkInterfaces", NetworkInterfaceId=[eni])
    s.refused("an interface deleted twice", "InvalidNetworkInterfaceID.NotFound", "ENOENT",
              "DeleteNetworkInterface", NetworkInterfaceId=eni)


def seen_vpc(b, eni):
    return b.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]["VpcId"]


def addresses(s, eni, got):
    def now():
        return s.boto.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]

    # EC2 gives the new ones, moto all that there are
    ips = got["assignedPrivateIpAddressesSet/item/privateIpAddress"]
    have = sorted(x["PrivateIpAddress"] for x in now()["PrivateIpAddresses"] if not x["Primary"])
    same("boto3 sees two addresses more", [len(have), sorted(set(ips) & set(have))], [4, have])
    ips = have
    s.do("UnassignPrivateIpAddresses", NetworkInterfaceId=eni, PrivateIpAddress=ips[:1])
    have.remove(ips[0])
    same("and one less when it was given back",
         sorted(x["PrivateIpAddress"] for x in now()["PrivateIpAddresses"] if not x["Primary"]), have)
    # moto takes prefixes and forgets them; when it no longer does, they are to be read back here as addresses are
    s.do("AssignPrivateIpAddresses", NetworkInterfaceId=eni, Ipv4PrefixCount=2)
    s.do("UnassignPrivateIpAddresses", NetworkInterfaceId=eni, Ipv4Prefix=["10.0.0.16/28"])
    s.do("AssignIpv6Addresses", NetworkInterfaceId=eni, Ipv6PrefixCount=1)
    s.do("UnassignIpv6Addresses", NetworkInterfaceId=eni, Ipv6Prefix=["2001:db8::/80"])
    same("moto has no prefixes yet", [now().get("Ipv4Prefixes"), now().get("Ipv6Prefixes")], [None, None])


def types(s):
    for name in "m5.large", "p4d.24xlarge", "t2.micro", "c6g.metal":
        s.alike("DescribeInstanceTypes", {"InstanceType": [name]}, {"InstanceTypes": [name]})
    s.refused("a type that is not there", "InvalidInstanceType", "EINVAL", "DescribeInstanceTypes",
              InstanceType=["t9.huge"])


def test(endpoint):
    s = Site(endpoint)
    vpc, subnet = network(s)
    group = groups(s, vpc)
    enis(s, subnet, group)
    types(s)
    same("every wrapper was tried", sorted(ACTIONS - used), [])
    same("awscorpus ends well", s.tool.end(), 0)


run(test)
