# SPDX-License-Identifier: Apache-2.0
# nlbaws.py - what nlb.sh asks of AWS inside a lab, through boto3: nlbaws.py VERB ARGUMENT...
import sys

import boto3

KEYS = {"aws_access_key_id": "AKIAVPCBOXLAB0000000", "aws_secret_access_key": "vpcbox-lab/this-is-no-secret/00000000000"}
ec2, elb = (boto3.client(name, "ap-northeast-2", endpoint_url="http://192.168.0.10", **KEYS) for name in ("ec2", "elbv2"))


def pairs(words):
    return [{"Key": k, "Value": v} for k, v in (w.split("=", 1) for w in words)]


def extra(words):
    split = (w.split("=", 1) for w in words)
    return {k: int(v) if k.endswith(("Seconds", "Count")) else v for k, v in split}


def make(name, protocol, port, target_port, kind, *more):
    """A load balancer in all public subnets, its listener and target group: "LB GROUP DNS-NAME"."""
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    more = extra(more)
    lb = elb.create_load_balancer(Name=name, Type="network", Subnets=subnets, Scheme=more.pop("Scheme", "internet-facing"))
    lb = lb["LoadBalancers"][0]
    group = elb.create_target_group(Name=name, Protocol=protocol, Port=int(target_port), VpcId=vpc, TargetType=kind, **more)
    group = group["TargetGroups"][0]["TargetGroupArn"]
    listen(lb["LoadBalancerArn"], protocol, port, group)
    print(lb["LoadBalancerArn"], group, lb["DNSName"])


def listen(lb, protocol, port, group):
    elb.create_listener(LoadBalancerArn=lb, Protocol=protocol, Port=int(port), DefaultActions=[
        {"Type": "forward", "TargetGroupArn": group}])


def group_attr(arn, *words):
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=pairs(words))


def lb_attr(arn, *words):
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=pairs(words))


def register(arn, *ids):
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": i} for i in ids])


def deregister(arn, *ids):
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": i} for i in ids])


def health(arn):
    for d in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]:
        h = d["TargetHealth"]
        print(d["Target"]["Id"], h["State"], h.get("Reason", "-"), h.get("Description", "-"))


def enis():
    found = ec2.describe_network_interfaces(Filters=[{"Name": "requester-id", "Values": ["amazon-elb"]}])["NetworkInterfaces"]
    for n in found:
        public = n.get("Association", {}).get("PublicIp", "-")
        print(n["Description"], n["InterfaceType"], n["Status"], n["Attachment"]["InstanceOwnerId"], n["PrivateIpAddress"],
              public, len(n["Groups"]), n["NetworkInterfaceId"])


def touch(eni):
    try:
        ec2.delete_network_interface(NetworkInterfaceId=eni)
    except ec2.exceptions.ClientError as e:
        print(e.response["Error"]["Code"])


def delete(*arns):
    for arn in arns:
        elb.delete_load_balancer(LoadBalancerArn=arn)


def modify(arn, *words):
    elb.modify_target_group(TargetGroupArn=arn, **extra(words))


globals()[sys.argv[1]](*sys.argv[2:])
