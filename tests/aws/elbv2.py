# SPDX-License-Identifier: Apache-2.0
# elbv2.py - every ELBv2 wrapper against moto's server: what vpcbox makes boto3 sees, and the other way round.
import boto3
from botocore import xform_name
from moto.elbv2.responses import ELBV2Response

from awstry import Refused, Tool, known, ok, plain, run, same, tables

ELBV2 = "Elastic Load Balancing v2"
# Actions that moto does not have. One that it has learned makes the test fail: then it belongs into the test.
MISSING = {"ModifyCapacityReservation", "ModifyIpPools"}
TAGS = [{"Key": "elbv2.k8s.aws/cluster", "Value": "c&1"}, {"Key": "empty", "Value": ""}, {"Key": "ü ?", "Value": "a=b"}]


class Both:
    """The same call by vpcbox and by boto3."""

    def __init__(self, endpoint):
        self.tool = Tool(endpoint)
        self.boto = boto3.client("elbv2", endpoint_url=endpoint)
        self.ec2 = boto3.resource("ec2", endpoint_url=endpoint)
        self.acm = boto3.client("acm", endpoint_url=endpoint)
        self.acts = {t["name"]: t for t in tables() if t["service"] == ELBV2}
        self.done = set()

    def us(self, action, **args):
        self.done.add(action)
        return self.tool(action, **args)

    def them(self, action, **args):
        method = xform_name(action)
        if self.boto.can_paginate(method):
            return self.boto.get_paginator(method).paginate(**args).build_full_result()
        return getattr(self.boto, method)(**args)

    def agree(self, claim, action, **args):
        """Read by both; returns what was read."""
        act = self.acts[action]
        got, want = plain(self.us(action, **args)), self.them(action, **args)
        want = {act["list"]: [known(act["out"], x) for x in want[act["list"]]]}
        same(claim, got, {k: v for k, v in want.items() if v})
        ok(claim + ": not nothing", bool(got))
        return self.them(action, **args)[act["list"]]


def world(b):
    vpc = b.ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)
    subnets = [b.ec2.create_subnet(VpcId=vpc.id, CidrBlock="10.0.%d.0/24" % i, AvailabilityZone="eu-central-1" + z).id
               for i, z in enumerate("abc")]
    groups = [b.ec2.create_security_group(GroupName=n, Description=n, VpcId=vpc.id).id for n in ("one", "two")]
    certs = [b.acm.request_certificate(DomainName=n)["CertificateArn"] for n in ("a.example.com", "b.example.com")]
    image = next(iter(b.ec2.images.all())).id
    nodes = [n.id for n in b.ec2.create_instances(ImageId=image, MinCount=2, MaxCount=2, SubnetId=subnets[0])]
    return vpc.id, subnets, groups, certs, nodes


def load_balancers(b, subnets, groups):
    made = b.us("CreateLoadBalancer", Name="k8s-ns-alb", Type="application", Scheme="internet-facing",
                IpAddressType="ipv4", SubnetMappings=[{"SubnetId": s} for s in subnets[:2]],
                SecurityGroups=groups[:1], Tags=TAGS)["LoadBalancers"][0]
    alb = made["LoadBalancerArn"]
    seen = b.agree("an ALB made by vpcbox is read alike", "DescribeLoadBalancers", LoadBalancerArns=[alb])[0]
    same("it is as it was asked for",
         [seen[k] for k in ("LoadBalancerName", "Type", "Scheme", "SecurityGroups", "IpAddressType")]
         + [sorted(z["SubnetId"] for z in seen["AvailabilityZones"])],
         ["k8s-ns-alb", "application", "internet-facing", groups[:1], "ipv4", sorted(subnets[:2])])
    same("creating tells the same as describing",
         {k: v for k, v in plain(made).items() if k != "State"},
         {k: v for k, v in known(b.acts["CreateLoadBalancer"]["out"], seen).items() if k != "State"})
    nlb = b.boto.create_load_balancer(Name="k8s-ns-nlb", Type="network", Scheme="internal",
                                      SubnetMappings=[{"SubnetId": subnets[0], "PrivateIPv4Address": "10.0.0.10"}],
                                      Tags=TAGS)["LoadBalancers"][0]["LoadBalancerArn"]
    seen = [d["Tags"] for d in b.boto.describe_tags(ResourceArns=[alb, nlb])["TagDescriptions"]]
    same("its tags are what boto3's own of these are", seen[0], seen[1])
    ok("and there are three", len(seen[0]) == 3)
    b.agree("an NLB made by boto3 is read alike", "DescribeLoadBalancers", Names=["k8s-ns-nlb"])
    b.agree("both at once", "DescribeLoadBalancers")

    b.us("ModifyLoadBalancerAttributes", LoadBalancerArn=alb,
         Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "600"},
                     {"Key": "deletion_protection.enabled", "Value": "false"}])
    seen = b.agree("attributes set by vpcbox are read alike", "DescribeLoadBalancerAttributes", LoadBalancerArn=alb)
    ok("the timeout is set", {"Key": "idle_timeout.timeout_seconds", "Value": "600"} in seen)
    b.us("SetSubnets", LoadBalancerArn=alb, SubnetMappings=[{"SubnetId": s} for s in subnets])
    b.us("SetSecurityGroups", LoadBalancerArn=alb, SecurityGroups=groups)
    b.us("SetIpAddressType", LoadBalancerArn=alb, IpAddressType="dualstack")
    seen = b.agree("after the three Sets", "DescribeLoadBalancers", LoadBalancerArns=[alb])[0]
    same("subnets, groups and address type are set",
         [sorted(z["SubnetId"] for z in seen["AvailabilityZones"]), sorted(seen["SecurityGroups"]), seen["IpAddressType"]],
         [sorted(subnets), sorted(groups), "dualstack"])
    return alb


def target_groups(b, vpc, nodes):
    check = dict(HealthCheckEnabled=True, HealthCheckProtocol="HTTP", HealthCheckPort="traffic-port",
                 HealthCheckPath="/healthz?a=b&c", HealthCheckIntervalSeconds=15, HealthCheckTimeoutSeconds=5,
                 HealthyThresholdCount=2, UnhealthyThresholdCount=3, Matcher={"HttpCode": "200-299,301"})
    arn = b.us("CreateTargetGroup", Name="k8s-ns-web", TargetType="ip", Port=8080, Protocol="HTTP",
               ProtocolVersion="HTTP1", VpcId=vpc, Tags=TAGS, **check)["TargetGroups"][0]["TargetGroupArn"]
    seen = b.agree("a target group made by vpcbox is read alike", "DescribeTargetGroups", TargetGroupArns=[arn])[0]
    same("it is as it was asked for", {k: seen[k] for k in check}, check)
    check.update(HealthCheckPath="/", HealthCheckIntervalSeconds=30, Matcher={"HttpCode": "200"})
    b.us("ModifyTargetGroup", TargetGroupArn=arn, **check)
    seen = b.agree("modified, it is read alike", "DescribeTargetGroups", Names=["k8s-ns-web"])[0]
    same("and is as it was asked for", {k: seen[k] for k in check}, check)
    b.us("ModifyTargetGroupAttributes", TargetGroupArn=arn,
         Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
    seen = b.agree("its attributes are read alike", "DescribeTargetGroupAttributes", TargetGroupArn=arn)
    ok("the delay is set", {"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in seen)

    other = b.boto.create_target_group(Name="k8s-ns-nodes", TargetType="instance", Port=30080, Protocol="HTTP", VpcId=vpc,
                                       Matcher={"HttpCode": "200"})["TargetGroups"][0]["TargetGroupArn"]
    b.agree("a target group made by boto3 is read alike", "DescribeTargetGroups", TargetGroupArns=[other])
    b.us("RegisterTargets", TargetGroupArn=other, Targets=[{"Id": n, "Port": 30080} for n in nodes])
    seen = b.agree("targets registered by vpcbox are read alike", "DescribeTargetHealth", TargetGroupArn=other)
    same("both nodes are there", sorted(t["Target"]["Id"] for t in seen), sorted(nodes))
    b.agree("one target's health", "DescribeTargetHealth", TargetGroupArn=other, Targets=[{"Id": nodes[0], "Port": 30080}])
    b.us("DeregisterTargets", TargetGroupArn=other, Targets=[{"Id": nodes[0], "Port": 30080}])
    seen = b.agree("one deregistered by vpcbox", "DescribeTargetHealth", TargetGroupArn=other)
    same("the other node is left", [t["Target"]["Id"] for t in seen if t["TargetHealth"]["State"] != "draining"], nodes[1:])
    return arn, other


def listeners(b, alb, group, certs):
    http = b.us("CreateListener", LoadBalancerArn=alb, Port=80, Protocol="HTTP", Tags=TAGS, DefaultActions=[
        {"Type": "redirect", "Order": 1,
         "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    http = http["Listeners"][0]["ListenerArn"]
    b.agree("a listener made by vpcbox is read alike", "DescribeListeners", ListenerArns=[http])
    forward = {"TargetGroups": [{"TargetGroupArn": group, "Weight": 0}],
               "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 3600}}
    https = b.us("CreateListener", LoadBalancerArn=alb, Port=443, Protocol="HTTPS", SslPolicy="ELBSecurityPolicy-2016-08",
                 Certificates=[{"CertificateArn": certs[0]}],
                 DefaultActions=[{"Type": "forward", "Order": 1, "ForwardConfig": forward}])["Listeners"][0]["ListenerArn"]
    seen = b.agree("listeners of a load balancer", "DescribeListeners", LoadBalancerArn=alb)
    config = [x for x in seen if x["ListenerArn"] == https][0]["DefaultActions"][0]["ForwardConfig"]
    same("a weight of 0 and stickiness are set", [config["TargetGroups"][0]["Weight"], config["TargetGroupStickinessConfig"]],
         [0, forward["TargetGroupStickinessConfig"]])
    b.us("ModifyListener", ListenerArn=http, DefaultActions=[
        {"Type": "fixed-response", "Order": 1,
         "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "<none> & \"nothing\""}}])
    seen = b.agree("a listener modified by vpcbox is read alike", "DescribeListeners", ListenerArns=[http])[0]
    same("it answers as told", seen["DefaultActions"][0]["FixedResponseConfig"]["MessageBody"], "<none> & \"nothing\"")
    b.us("AddListenerCertificates", ListenerArn=https, Certificates=[{"CertificateArn": certs[1]}])
    seen = b.agree("certificates are read alike", "DescribeListenerCertificates", ListenerArn=https)
    ok("the second one is there", certs[1] in [c["CertificateArn"] for c in seen])
    b.us("RemoveListenerCertificates", ListenerArn=https, Certificates=[{"CertificateArn": certs[1]}])
    seen = b.them("DescribeListenerCertificates", ListenerArn=https)["Certificates"]
    ok("and gone again", certs[1] not in [c["CertificateArn"] for c in seen])
    b.us("ModifyListenerAttributes", ListenerArn=http,
         Attributes=[{"Key": "routing.http.response.server.enabled", "Value": "false"}])
    seen = b.agree("a listener's attributes are read alike", "DescribeListenerAttributes", ListenerArn=http)
    ok("one is set", {"Key": "routing.http.response.server.enabled", "Value": "false"} in seen)
    return http, https


def rules(b, listener, group):
    conditions = [
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com", "*.b.example.com"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/a/*"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["x*", "y"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}, {"Value": "w"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24", "2001:db8::/32"]}}]
    actions = [
        {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {
            "UserPoolArn": "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_x", "UserPoolClientId": "id",
            "UserPoolDomain": "d", "SessionCookieName": "c", "Scope": "openid", "SessionTimeout": 7,
            "OnUnauthenticatedRequest": "deny", "AuthenticationRequestExtraParams": {"display": "page", "prompt": "login"}}},
        {"Type": "forward", "Order": 2, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group, "Weight": 1}]}}]
    first = b.us("CreateRule", ListenerArn=listener, Priority=1, Conditions=conditions, Actions=actions,
                 Tags=TAGS)["Rules"][0]["RuleArn"]
    seen = b.agree("a rule made by vpcbox is read alike", "DescribeRules", RuleArns=[first])[0]
    same("its conditions are as they were given", seen["Conditions"], conditions)
    got = seen["Actions"][0]["AuthenticateCognitoConfig"]
    same("its authentication too", {k: str(v) for k, v in got.items()},
         {k: str(v) for k, v in actions[0]["AuthenticateCognitoConfig"].items()})
    second = b.boto.create_rule(ListenerArn=listener, Priority=2,
                                Conditions=[{"Field": "path-pattern", "Values": ["/b"]}],
                                Actions=[{"Type": "forward", "TargetGroupArn": group}])["Rules"][0]["RuleArn"]
    b.agree("a listener's rules are read alike", "DescribeRules", ListenerArn=listener)
    b.us("ModifyRule", RuleArn=second, Conditions=[conditions[1]], Actions=[
        {"Type": "redirect", "Order": 1, "RedirectConfig": {"Host": "www.#{host}", "StatusCode": "HTTP_302"}}])
    b.agree("a rule modified by vpcbox is read alike", "DescribeRules", RuleArns=[second])
    b.us("SetRulePriorities", RulePriorities=[{"RuleArn": first, "Priority": 50000}, {"RuleArn": second, "Priority": 49999}])
    seen = b.them("DescribeRules", ListenerArn=listener)["Rules"]
    same("priorities are set", {r["RuleArn"]: r["Priority"] for r in seen if not r["IsDefault"]},
         {first: "50000", second: "49999"})
    b.tool.refused("a priority in use", "PriorityInUse", "EEXIST", "CreateRule", ListenerArn=listener, Priority=50000,
                   Conditions=[conditions[1]], Actions=actions[1:])
    b.us("DeleteRule", RuleArn=second)
    same("a rule is deleted", [r["RuleArn"] for r in b.them("DescribeRules", ListenerArn=listener)["Rules"]
                               if not r["IsDefault"]], [first])


def tags(b, vpc, arn):
    b.us("AddTags", ResourceArns=[arn], Tags=[{"Key": "new", "Value": "1"}, {"Key": "empty", "Value": "no more"}])
    b.us("RemoveTags", ResourceArns=[arn], TagKeys=["ü ?"])
    same("tags added and removed by vpcbox",
         {t["Key"]: t["Value"] for t in b.boto.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]},
         {"elbv2.k8s.aws/cluster": "c&1", "empty": "no more", "new": "1"})
    many = [b.boto.create_target_group(Name="g%d" % i, Port=80, Protocol="TCP", VpcId=vpc, Tags=[{"Key": "i", "Value": str(i)}])
            ["TargetGroups"][0]["TargetGroupArn"] for i in range(45)]
    got = b.us("DescribeTags", ResourceArns=many)["TagDescriptions"]
    same("tags of 45 resources", [[d["ResourceArn"], d["Tags"]] for d in got],
         [[arn, [{"Key": "i", "Value": str(i)}]] for i, arn in enumerate(many)])
    b.agree("tags of one", "DescribeTags", ResourceArns=[arn])
    same("tags of none", b.us("DescribeTags", ResourceArns=[]), {"TagDescriptions": []})


def pages(b, subnets):
    for i in range(60):
        b.boto.create_load_balancer(Name="lb%d" % i, Type="network", Subnets=subnets[:1])
    first = b.boto.describe_load_balancers()
    ok("moto gives load balancers by pages", "NextMarker" in first)
    seen = b.agree("every page of load balancers", "DescribeLoadBalancers")
    same("60 and the two before", len(seen), 62)


def refusals(b, vpc, alb, group):
    gone = {"LoadBalancerArn": alb[:-1] + "x", "ListenerArn": alb.replace("loadbalancer", "listener") + "/0",
            "TargetGroupArn": group[:-1] + "x"}
    refused = b.tool.refused
    refused("no such load balancer", "LoadBalancerNotFound", "ENOENT", "DescribeLoadBalancers",
            LoadBalancerArns=[gone["LoadBalancerArn"]])
    refused("no such listener", "ListenerNotFound", "ENOENT", "DescribeListeners", ListenerArns=[gone["ListenerArn"]])
    refused("no such target group", "TargetGroupNotFound", "ENOENT", "RegisterTargets", Targets=[{"Id": "10.0.0.1", "Port": 1}],
            TargetGroupArn=gone["TargetGroupArn"])
    refused("a target group that is used", "ResourceInUse", "EAGAIN", "DeleteTargetGroup", TargetGroupArn=group)
    refused("a name that is taken", "DuplicateTargetGroupName", "EEXIST", "CreateTargetGroup", Name="k8s-ns-web", Port=1,
            Protocol="HTTP", VpcId=vpc)
    refused("a request that is wrong", "ValidationError", "EINVAL", "CreateTargetGroup", Name="x", Port=1, VpcId=vpc,
            Protocol="NONE")
    try:
        b.tool("DeleteTargetGroup", TargetGroupArn=group)
    except Refused as e:
        ok("an error says what was asked and what was answered", e.message.startswith("DeleteTargetGroup: ResourceInUse: The target"),
           e.message)


def test(endpoint):
    b = Both(endpoint)
    vpc, subnets, groups, certs, nodes = world(b)
    alb = load_balancers(b, subnets, groups)
    web, other = target_groups(b, vpc, nodes)
    http, https = listeners(b, alb, web, certs)
    rules(b, https, web)
    refusals(b, vpc, alb, web)
    tags(b, vpc, web)
    pages(b, subnets)
    same("no capacity is reserved", b.us("DescribeCapacityReservation", LoadBalancerArn=alb).get("MinimumLoadBalancerCapacity"), None)
    b.agree("the account's limits are read alike", "DescribeAccountLimits")
    for arn in (http, https):
        b.us("DeleteListener", ListenerArn=arn)
    same("no listener is left", b.them("DescribeListeners", LoadBalancerArn=alb)["Listeners"], [])
    b.us("DeleteLoadBalancer", LoadBalancerArn=alb)
    b.tool.refused("the load balancer is deleted", "LoadBalancerNotFound", "ENOENT", "DescribeLoadBalancers", Names=["k8s-ns-alb"])
    for arn in (web, other):
        b.us("DeleteTargetGroup", TargetGroupArn=arn)
    b.tool.refused("the target groups are deleted", "TargetGroupNotFound", "ENOENT", "DescribeTargetGroups", Names=["k8s-ns-web"])
    same("what moto lacks, it lacks still", [a for a in MISSING if hasattr(ELBV2Response, xform_name(a))], [])
    same("every other action was done", set(b.acts) - b.done - MISSING, set())
    same("awstry ends well", b.tool.end(), 0)


run(test)
