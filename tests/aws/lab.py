# SPDX-License-Identifier: Apache-2.0
# lab.py - the lab's AWS without a lab: boto3 and the AWS CLI with its waiters, and vpcbox's own client, against
# `vpcbox-lab aws`.
import os
import subprocess
import sys
import tempfile
import traceback

import botocore.exceptions

from awstry import OUT, Refused, Tool, ok, same
from labaws import AT_ONCE, KEY, REGION, SECRET, Lab
import awstry


def refused(call, **args):
    try:
        call(**args)
    except botocore.exceptions.ClientError as e:
        return [e.response["Error"]["Code"], e.response["ResponseMetadata"]["HTTPStatusCode"]]
    return "it was done"


def seed(lab):
    """The chapter's questions after a Service was made, literally."""
    def aws(*args):
        program = os.path.join(os.path.dirname(sys.executable), "aws")
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=120,
                              env=dict(os.environ, AWS_ENDPOINT_URL=lab.url))
        if done.returncode:
            raise RuntimeError("aws %s: %s" % (" ".join(args), done.stderr))
        return done.stdout.strip()

    lb, listener, group = lab.service("k8s-default-web")
    lab.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "192.168.1.50", "Port": 8080}])
    aws("elbv2", "wait", "load-balancer-available", "--load-balancer-arns", lb)
    ok("the CLI waits for a load balancer")
    aws("elbv2", "wait", "target-in-service", "--target-group-arn", group)
    ok("and for its targets")
    same("describe-load-balancers", aws("elbv2", "describe-load-balancers", "--query", "LoadBalancers[*].State.Code",
                                        "--output", "text"), "active")
    same("describe-target-groups", aws("elbv2", "describe-target-groups", "--names", "k8s-default-web", "--query",
                                       "TargetGroups[0].[TargetType,Protocol,Port]", "--output", "text"), "ip\tTCP\t80")
    same("describe-target-health", aws("elbv2", "describe-target-health", "--target-group-arn", group, "--query",
                                       "TargetHealthDescriptions[*].[Target.Id,Target.Port,TargetHealth.State]", "--output",
                                       "text"), "192.168.1.50\t8080\thealthy")
    aws("elbv2", "modify-target-group-attributes", "--target-group-arn", group, "--attributes",
        "Key=deregistration_delay.timeout_seconds,Value=60")
    same("the delay is set", aws("elbv2", "describe-target-group-attributes", "--target-group-arn", group, "--query",
                                 "Attributes[?Key=='deregistration_delay.timeout_seconds'].Value", "--output", "text"), "60")
    aws("elbv2", "delete-load-balancer", "--load-balancer-arn", lb)
    aws("elbv2", "wait", "load-balancers-deleted", "--load-balancer-arns", lb)
    ok("the CLI waits until it is gone")
    same("get-caller-identity", aws("sts", "get-caller-identity", "--query", "Arn", "--output", "text")[-9:], ":user/lab")
    aws("acm", "request-certificate", "--domain-name", "www.example.com")
    same("list-certificates", aws("acm", "list-certificates", "--query", "CertificateSummaryList[].DomainName", "--output",
                                  "text"), "www.example.com")
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", d + "/key", "-out", d + "/cert",
                        "-subj", "/CN=mine.example.com"], check=True, capture_output=True)
        arn = aws("acm", "import-certificate", "--certificate", "fileb://" + d + "/cert", "--private-key", "fileb://" + d + "/key",
                  "--query", "CertificateArn", "--output", "text")
    same("import-certificate", aws("acm", "describe-certificate", "--certificate-arn", arn, "--query",
                                   "Certificate.[DomainName,Type,Status]", "--output", "text"), "mine.example.com\tIMPORTED\tISSUED")


def wrappers(lab):
    """What the controller sends and reads, by its own client."""
    tool = Tool(lab.url)
    zones = lab.ec2.describe_availability_zones(ZoneIds=["apne2-az2"])["AvailabilityZones"]
    same("a zone by its id", [z["ZoneName"] for z in zones], [REGION + "b"])
    role = {"Name": "tag:kubernetes.io/role/internal-elb", "Values": ["", "1"]}
    same("subnets by their role, empty or 1", len(lab.ec2.describe_subnets(Filters=[role])["Subnets"]), 3)
    made = tool("CreateLoadBalancer", Name="ours", Type="network", Scheme="internal",
                SubnetMappings=[{"SubnetId": s} for s in lab.subnets(False)], Tags=[{"Key": "k", "Value": "v w"}])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    seen = lab.elb.describe_load_balancers(Names=["ours"])["LoadBalancers"][0]
    same("boto3 sees vpcbox's load balancer", [seen["LoadBalancerArn"], len(seen["AvailabilityZones"]), seen["Scheme"]],
         [arn, 3, "internal"])
    ok("nothing of the kind is there twice", tool("CreateLoadBalancer", Name="ours", Type="network", Scheme="internal",
       SubnetMappings=[{"SubnetId": s} for s in lab.subnets(False)],
       Tags=[{"Key": "k", "Value": "v w"}])["LoadBalancers"][0]["LoadBalancerArn"] == arn)
    groups = [tool("CreateTargetGroup", Name="g%d" % i, Protocol="TCP", Port=80, VpcId=lab.vpc(), TargetType="ip")
              ["TargetGroups"][0]["TargetGroupArn"] for i in range(3)]
    targets = [{"Id": "192.168.1.%d" % i, "Port": 80} for i in range(10, 210)]
    tool("RegisterTargets", TargetGroupArn=groups[0], Targets=targets)
    same("200 targets in one call", len(tool("DescribeTargetHealth", TargetGroupArn=groups[0])["TargetHealthDescriptions"]), 200)
    tool("AddTags", ResourceArns=groups, Tags=[{"Key": "a", "Value": "b"}])
    same("tags of three", [t["Tags"] for t in tool("DescribeTags", ResourceArns=groups)["TagDescriptions"]],
         3 * [[{"Key": "a", "Value": "b"}]])
    try:
        tool("DescribeTargetGroups", Names=["none"])
    except Refused as e:
        same("what is not there is ENOENT", [e.code, e.num], ["TargetGroupNotFound", "ENOENT"])
    tool.end()


def pages(lab):
    for i in range(5):
        lab.elb.create_target_group(Name="p%d" % i, Protocol="TCP", Port=80, VpcId=lab.vpc())
    seen = lab.elb.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 2}).build_full_result()
    names = [g["TargetGroupName"] for g in seen["TargetGroups"]]
    same("pages meet each once", sorted(set(names)), sorted(names))
    ok("all of them", len([n for n in names if n.startswith("p")]) == 5)


def faults(folder):
    with Lab(*AT_ONCE, "--fail", "CreateTargetGroup:2=InternalFailure,DeleteListener=ResourceInUse", "--quota",
             "target-groups=2", "--throttle", "AddTags=0.001:1", log=folder + "/log") as lab:
        vpc = lab.vpc()
        said = [refused(lab.elb.create_target_group, Name="g%d" % i, Protocol="TCP", Port=80, VpcId=vpc) for i in range(4)]
        same("the second call fails, and the quota holds", said,
             ["it was done", ["InternalFailure", 500], "it was done", ["TooManyTargetGroups", 400]])
        same("each call fails", refused(lab.elb.delete_listener, ListenerArn="x"), ["ResourceInUse", 400])
        group = lab.elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        tags = dict(ResourceArns=[group], Tags=[{"Key": "k", "Value": "v" * 255}])
        same("a bucket runs dry", [refused(lab.elb.add_tags, **tags), refused(lab.elb.add_tags, **tags)],
             ["it was done", ["Throttling", 400]])
        last = lab.calls()[-1]
        same("the log has the call whole", [last["service"], last["action"], last["code"], last["params"]["Tags.member.1.Value"]],
             ["elasticloadbalancing", "AddTags", "Throttling", "v" * 255])
        same("an account's limits are those that were set",
             [x["Max"] for x in lab.elb.describe_account_limits()["Limits"] if x["Name"] == "target-groups"], ["2"])


def options():
    for option, words in (("--listen=nowhere", "not ADDRESS:PORT"), ("--listen=127.0.0.1:70000", "not ADDRESS:PORT"),
                          ("--listen=[::1:0", "not ADDRESS:PORT"), ("--quota=colours=1", "none like"),
                          ("--quota=target-groups=x", "NAME=NUMBER"), ("--fail=A", "ACTION[:N]=CODE"),
                          ("--fail=CreateRules=X", "did you mean CreateRule?"),
                          ("--throttle=A", "ACTION=RATE:BURST"), ("--vpc-cidr=x", "not a CIDR"), ("--zones=9", "zones: 9"),
                          ("--nodes=99999999999", "out of range"), ("--region=mars", "region")):
        done = subprocess.run([OUT + "/vpcbox-lab", "aws", option], capture_output=True, text=True, timeout=10)
        ok("refused: " + option, done.returncode == 100 and words in done.stderr, done.stderr)
    done = subprocess.run([OUT + "/vpcbox-lab", "aws", "--log=/nonexistent/log"], capture_output=True, text=True, timeout=10)
    ok("no place for the log", done.returncode == 1 and "/nonexistent/log" in done.stderr, done.stderr)
    with Lab("--listen=[::1]:0") as lab:
        ok("it listens on IPv6 too", lab.url.startswith("http://[::1]:"), lab.url)
        again = subprocess.run([OUT + "/vpcbox-lab", "aws", "--listen=" + lab.url[len("http://"):]], capture_output=True,
                               text=True, timeout=10)
        ok("no second one at the same place", again.returncode == 1 and again.stderr, again.stderr)
        lab.child.terminate()
        same("it ends well when it is told to", lab.child.wait(), 0)


def main():
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION,
                      AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true",
                      NO_PROXY="*")
    try:
        with Lab(*AT_ONCE) as lab:
            seed(lab)
            wrappers(lab)
            pages(lab)
        with tempfile.TemporaryDirectory() as folder:
            faults(folder)
        options()
    except Exception:
        traceback.print_exc(file=sys.stdout)
        ok("the test runs to its end", False, "see above")
    sys.exit(awstry.failed)


main()
