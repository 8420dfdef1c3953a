# SPDX-License-Identifier: Apache-2.0
# cliec2.py - EC2: the AWS CLI reads the interfaces, groups and tags that vpcbox made, and makes what vpcbox reads.
from awstry import cli, run, same
from ec2tool import Ec2


def tags(l, key="Key", value="Value"):
    return sorted((t[key], t[value]) for t in l)


def addresses(eni):
    return sorted(a["PrivateIpAddress"] for a in eni["PrivateIpAddresses"])


def made_by_us(tool, aws, vpc, subnet, instance):
    group = tool("CreateSecurityGroup", VpcId=vpc, GroupName="k8s-ours", GroupDescription="[k8s] ours & more",
                 TagSpecification=[{"Tag": [{"Key": "elbv2.k8s.aws/cluster", "Value": "a b"}]}])["groupId"]
    tool("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "in"}]}])
    seen = aws("ec2", "describe-security-groups", "--group-ids", group)["SecurityGroups"][0]
    same("the CLI reads vpcbox's group", [seen["GroupName"], seen["Description"], seen["VpcId"], tags(seen["Tags"])],
         ["k8s-ours", "[k8s] ours & more", vpc, [("elbv2.k8s.aws/cluster", "a b")]])
    rule = seen["IpPermissions"][0]
    same("its rule", [rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["IpRanges"]],
         ["tcp", 443, 443, [{"CidrIp": "10.0.0.0/8", "Description": "in"}]])

    made = tool("CreateNetworkInterface", SubnetId=subnet, Description="aws-K8S-" + instance, SecurityGroupId=[group],
                SecondaryPrivateIpAddressCount=3, TagSpecification=[{"Tag": [
                    {"Key": "node.k8s.amazonaws.com/instance_id", "Value": instance}, {"Key": "ü", "Value": ""}]}])
    eni = made["networkInterface"]["networkInterfaceId"]
    at = tool("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)["attachmentId"]
    tool("AssignPrivateIpAddresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=2)
    seen = aws("ec2", "describe-network-interfaces", "--filters", "Name=description,Values=aws-K8S-" + instance)["NetworkInterfaces"]
    same("the CLI reads vpcbox's interface, and finds no other", [x["NetworkInterfaceId"] for x in seen], [eni])
    seen = seen[0]
    same("its subnet, group and tags", [seen["SubnetId"], [g["GroupId"] for g in seen["Groups"]], tags(seen["TagSet"])],
         [subnet, [group], [("node.k8s.amazonaws.com/instance_id", instance), ("ü", "")]])
    same("its attachment", [seen["Attachment"][k] for k in ("AttachmentId", "InstanceId", "DeviceIndex")], [at, instance, 1])
    same("its six addresses, as vpcbox reads them", addresses(seen), sorted(
        a["privateIpAddress"] for a in
        tool("DescribeNetworkInterfaces", NetworkInterfaceId=[eni])["networkInterfaceSet/item"][0]["privateIpAddressesSet/item"]))
    same("they are six", len(addresses(seen)), 6)
    tool("CreateTags", ResourceId=[eni], Tag=[{"Key": "late", "Value": "<&>"}])
    tool("DeleteTags", ResourceId=[eni], Tag=[{"Key": "ü"}])
    same("its tags after vpcbox changed them",
         tags(aws("ec2", "describe-tags", "--filters", "Name=resource-id,Values=" + eni)["Tags"]),
         [("late", "<&>"), ("node.k8s.amazonaws.com/instance_id", instance)])
    tool("DetachNetworkInterface", AttachmentId=at)
    tool("DeleteNetworkInterface", NetworkInterfaceId=eni)
    tool("DeleteSecurityGroup", GroupId=group)
    same("deleted by vpcbox, the CLI sees neither",
         [[x["NetworkInterfaceId"] for x in aws("ec2", "describe-network-interfaces")["NetworkInterfaces"] if x["NetworkInterfaceId"] == eni],
          [x["GroupId"] for x in aws("ec2", "describe-security-groups")["SecurityGroups"] if x["GroupId"] == group]], [[], []])


def made_by_the_cli(tool, aws, vpc, subnet, instance):
    group = aws("ec2", "create-security-group", "--group-name", "theirs", "--description", "t", "--vpc-id", vpc)["GroupId"]
    aws("ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "udp", "--port", "53", "--cidr", "10.1.0.0/16")
    eni = aws("ec2", "create-network-interface", "--subnet-id", subnet, "--groups", group, "--description", "theirs",
              "--secondary-private-ip-address-count", "2", "--tag-specifications",
              "ResourceType=network-interface,Tags=[{Key=k,Value=v}]")["NetworkInterface"]
    at = aws("ec2", "attach-network-interface", "--network-interface-id", eni["NetworkInterfaceId"], "--instance-id", instance,
             "--device-index", "2")["AttachmentId"]
    got = tool("DescribeNetworkInterfaces", NetworkInterfaceId=[eni["NetworkInterfaceId"]])["networkInterfaceSet/item"][0]
    same("vpcbox reads the CLI's interface", [got["description"], got["subnetId"], got["macAddress"], got["attachment/attachmentId"]],
         ["theirs", subnet, eni["MacAddress"], at])
    same("its addresses", sorted(a["privateIpAddress"] for a in got["privateIpAddressesSet/item"]), addresses(eni))
    same("its tags", tags(got["tagSet/item"], "key", "value"), [("k", "v")])
    got = tool("DescribeSecurityGroups", GroupId=[group])["securityGroupInfo/item"][0]
    rule = got["ipPermissions/item"][0]
    same("the CLI's group and its rule", [got["groupName"], rule["ipProtocol"], rule["fromPort"], rule["ipRanges/item"][0]["cidrIp"]],
         ["theirs", "udp", 53, "10.1.0.0/16"])
    got = tool("DescribeInstances", InstanceId=[instance])
    same("the CLI's instance and where the interface is in it", [
        [n["attachment/deviceIndex"] for n in i["networkInterfaceSet/item"] if n["networkInterfaceId"] == eni["NetworkInterfaceId"]]
        for i in got["reservationSet/item/instancesSet/item"]], [[2]])
    aws("ec2", "create-tags", "--resources", subnet, "--tags", "Key=kubernetes.io/role/cni,Value=1")
    got = tool("DescribeSubnets", Filter=[{"Name": "tag:kubernetes.io/role/cni", "Value": ["1"]}])["subnetSet/item"]
    same("the CLI's subnet by its tag", [x["subnetId"] for x in got], [subnet])


def test(endpoint):
    tool = Ec2(endpoint)

    def aws(*args):
        return cli(endpoint, *args)

    vpc = aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", "10.0.0.0/24")["Subnet"]["SubnetId"]
    image = aws("ec2", "describe-images")["Images"][0]["ImageId"]
    instance = aws("ec2", "run-instances", "--image-id", image, "--instance-type", "m5.large", "--subnet-id",
                   subnet)["Instances"][0]["InstanceId"]
    made_by_us(tool, aws, vpc, subnet, instance)
    made_by_the_cli(tool, aws, vpc, subnet, instance)
    same("awscorpus ends well", tool.end(), 0)


run(test)
