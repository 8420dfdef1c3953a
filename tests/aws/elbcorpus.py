# SPDX-License-Identifier: Apache-2.0
# elbcorpus.py - as corpus.py, of ELBv2, ACM and EC2's security groups: URL is the lab's AWS, or moto.
import json
import re

from corpus import Corpus, main, moto

REGION = "ap-northeast-2"


class Elb(Corpus):
    """Names that are made up stand for each other; attributes are told by their keys."""

    def seen(self, v):
        if isinstance(v, dict):
            return {k: self.pairs(x) if k == "Attributes" else self.seen(x) for k, x in v.items()}
        if isinstance(v, list):
            return [self.seen(x) for x in v]
        if not isinstance(v, str):
            return v
        v = re.sub(r"(?<=/)[0-9a-f]{16}\b", "ID", v)
        v = re.sub(r"(?<=lb-)([0-9a-f]{16}|[0-9]{1,10})\b", "ID", v)
        v = re.sub(r"\bZ[0-9A-Z]{11,}\b", "ZONE", v)
        return re.sub(r"\b(sgr|rtbassoc)-[0-9a-f]+", r"\1-ID", v)

    @staticmethod
    def pairs(attributes):
        return {a["Key"].replace(".", "/"): a.get("Value", "") for a in attributes}


class World:
    def __init__(self, url, steps):
        self.ec2, self.elb, self.acm = (Elb(url, s, steps) for s in ("ec2", "elbv2", "acm"))


def make(c):
    vpc = c.create_vpc(CidrBlock="192.168.0.0/16")["Vpc"]["VpcId"]
    for i, zone in enumerate("abc"):
        subnet = c.create_subnet(VpcId=vpc, CidrBlock="192.168.%d.0/24" % (i + 1), AvailabilityZone=REGION + zone)["Subnet"]
        c.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    image = [x for x in c.describe_images()["Images"] if x.get("Platform") != "windows"][0]["ImageId"]
    c.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.medium", SubnetId=subnet["SubnetId"])


def security_groups(say, vpc):
    group = say("create a group", "create_security_group", GroupName="one", Description="of one", VpcId=vpc, TagSpecifications=[
        {"ResourceType": "security-group", "Tags": [{"Key": "k", "Value": "v"}]}])["GroupId"]
    two = say("create another", "create_security_group", GroupName="two", Description="of two", VpcId=vpc)["GroupId"]
    rules = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [
        {"CidrIp": "10.0.0.0/8", "Description": "in"}, {"CidrIp": "11.0.0.0/8"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": two, "Description": "two"}]},
        {"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}]
    say("authorize", "authorize_security_group_ingress", GroupId=group, IpPermissions=rules)
    say("the group", "describe_security_groups", GroupIds=[group])
    say("by its tag", "describe_security_groups", Filters=[{"Name": "tag:k", "Values": ["v"]}])
    say("authorize again", "authorize_security_group_ingress", GroupId=group, IpPermissions=rules[:1])
    say("revoke", "revoke_security_group_ingress", GroupId=group, IpPermissions=rules[1:])
    say("revoke again", "revoke_security_group_ingress", GroupId=group, IpPermissions=rules[1:2])
    say("the group with less", "describe_security_groups", GroupIds=[group])
    say("the same name", "create_security_group", GroupName="one", Description="of one", VpcId=vpc)
    say("a group of no VPC", "create_security_group", GroupName="x", Description="x", VpcId="vpc-0123456789abcdef0")
    say("no such group", "describe_security_groups", GroupIds=["sg-0123456789abcdef0"])
    say("rules of no group", "authorize_security_group_ingress", GroupId="sg-0123456789abcdef0", IpPermissions=rules[:1])
    say("a malformed block", "authorize_security_group_ingress", GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.300/8"}]}])
    say("take a tag off", "delete_tags", Resources=[group], Tags=[{"Key": "k"}])
    say("authorize once more", "authorize_security_group_ingress", GroupId=group, IpPermissions=rules[1:2])
    say("delete a group in use", "delete_security_group", GroupId=two)
    say("revoke that", "revoke_security_group_ingress", GroupId=group, IpPermissions=rules[1:2])
    say("delete a group", "delete_security_group", GroupId=two)
    say("delete it again", "delete_security_group", GroupId=two)
    say("route tables", "describe_route_tables", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return group


def balancers(say, subnets, group):
    nlb = dict(Name="nlb", Type="network", Scheme="internal", SubnetMappings=[{"SubnetId": s} for s in subnets],
               Tags=[{"Key": "k", "Value": "v"}])
    net = say("create an NLB", "create_load_balancer", **nlb)["LoadBalancers"][0]["LoadBalancerArn"]
    say("the same again", "create_load_balancer", **nlb)
    app = say("create an ALB", "create_load_balancer", Name="alb", Type="application", Subnets=subnets[:2],
              SecurityGroups=[group])["LoadBalancers"][0]["LoadBalancerArn"]
    say("both", "describe_load_balancers", LoadBalancerArns=[net, app])
    say("by name", "describe_load_balancers", Names=["alb"])
    say("the NLB's attributes", "describe_load_balancer_attributes", LoadBalancerArn=net)
    say("the ALB's attributes", "describe_load_balancer_attributes", LoadBalancerArn=app)
    say("set some", "modify_load_balancer_attributes", LoadBalancerArn=app, Attributes=[
        {"Key": "idle_timeout.timeout_seconds", "Value": "30"}, {"Key": "routing.http2.enabled", "Value": "false"}])
    say("set none such", "modify_load_balancer_attributes", LoadBalancerArn=app, Attributes=[{"Key": "colour", "Value": "red"}])
    say("other subnets", "set_subnets", LoadBalancerArn=app, SubnetMappings=[{"SubnetId": s} for s in subnets])
    say("the group in use", "set_security_groups", LoadBalancerArn=app, SecurityGroups=[group])
    say("a group that is none", "set_security_groups", LoadBalancerArn=app, SecurityGroups=["sg-0123456789abcdef0"])
    say("an address type", "set_ip_address_type", LoadBalancerArn=app, IpAddressType="dualstack")
    say("capacity", "describe_capacity_reservation", LoadBalancerArn=net)
    for name, args in (("no subnet", dict(Subnets=["subnet-0123456789abcdef0"], Type="network")),
                       ("one zone", dict(Subnets=subnets[:1])), ("no subnets", {}),
                       ("no such scheme", dict(Subnets=subnets, Scheme="public")),
                       ("the same name, other settings", dict(Name="nlb", Subnets=subnets[:2], Type="network")),
                       ("too long a name", dict(Name="n" * 33, Subnets=subnets))):
        say(name, "create_load_balancer", **dict({"Name": "bad"}, **args))
    say("no such load balancer", "describe_load_balancers", LoadBalancerArns=[net + "0"])
    say("no such name", "describe_load_balancers", Names=["none"])
    return net, app


def groups(say, vpc, instance):
    made = {}
    for name, args in (("http", dict(Protocol="HTTP", TargetType="ip")), ("https", dict(Protocol="HTTPS", TargetType="ip")),
                       ("grpc", dict(Protocol="HTTP", TargetType="ip", ProtocolVersion="GRPC")),
                       ("tcp", dict(Protocol="TCP", TargetType="ip")), ("nodes", dict(Protocol="TCP")),
                       ("udp", dict(Protocol="UDP", TargetType="ip", HealthCheckProtocol="HTTP")),
                       ("tls", dict(Protocol="TLS", TargetType="ip"))):
        made[name] = say("create %s" % name, "create_target_group", Name=name, Port=80, VpcId=vpc,
                         **args)["TargetGroups"][0]["TargetGroupArn"]
        say("attributes of %s" % name, "describe_target_group_attributes", TargetGroupArn=made[name])
    say("the same group again", "create_target_group", Name="tcp", Port=80, VpcId=vpc, Protocol="TCP", TargetType="ip")
    say("groups by name", "describe_target_groups", Names=["http", "tcp"])
    say("change a check", "modify_target_group", TargetGroupArn=made["http"], HealthCheckPath="/live",
        HealthCheckIntervalSeconds=10, Matcher={"HttpCode": "200-299"})
    say("set a delay", "modify_target_group_attributes", TargetGroupArn=made["tcp"], Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
    say("set no such thing", "modify_target_group_attributes", TargetGroupArn=made["tcp"], Attributes=[
        {"Key": "colour", "Value": "red"}])
    say("register", "register_targets", TargetGroupArn=made["tcp"], Targets=[
        {"Id": "192.168.1.50", "Port": 8080}, {"Id": "192.168.1.50", "Port": 8081}])
    say("their health", "describe_target_health", TargetGroupArn=made["tcp"])
    say("register a node", "register_targets", TargetGroupArn=made["nodes"], Targets=[{"Id": instance}])
    say("register no node", "register_targets", TargetGroupArn=made["nodes"], Targets=[{"Id": "i-0123456789abcdef0"}])
    say("register far away", "register_targets", TargetGroupArn=made["tcp"], Targets=[{"Id": "10.9.9.9"}])
    say("deregister", "deregister_targets", TargetGroupArn=made["nodes"], Targets=[{"Id": instance}])
    say("a stranger's health", "describe_target_health", TargetGroupArn=made["nodes"], Targets=[{"Id": instance}])
    for name, args in (("no protocol", {}), ("no port", dict(Protocol="TCP", Port=0)),
                       ("no such VPC", dict(Protocol="TCP", VpcId="vpc-0123456789abcdef0")),
                       ("too eager a check", dict(Protocol="HTTP", HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=6)),
                       ("an HTTP group checked by TCP", dict(Protocol="HTTP", HealthCheckProtocol="TCP"))):
        say(name, "create_target_group", **dict(dict(Name="bad", Port=80, VpcId=vpc), **args))
    say("no such group of targets", "describe_target_groups", TargetGroupArns=[made["tcp"][:-1] + "x"])
    return made


def listeners(say, net, app, made, certs):
    def forward(group):
        return [{"Type": "forward", "TargetGroupArn": made[group]}]

    tcp = say("listen for TCP", "create_listener", LoadBalancerArn=net, Port=80, Protocol="TCP",
              DefaultActions=forward("tcp"))["Listeners"][0]["ListenerArn"]
    say("the health of used targets", "describe_target_health", TargetGroupArn=made["tcp"])
    say("a group in use", "delete_target_group", TargetGroupArn=made["tcp"])
    say("attributes of TCP", "describe_listener_attributes", ListenerArn=tcp)
    http = say("listen for HTTP", "create_listener", LoadBalancerArn=app, Port=80, Protocol="HTTP", DefaultActions=[
        {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    http = http["Listeners"][0]["ListenerArn"]
    say("attributes of HTTP", "describe_listener_attributes", ListenerArn=http)
    https = say("listen for HTTPS", "create_listener", LoadBalancerArn=app, Port=443, Protocol="HTTPS",
                Certificates=[{"CertificateArn": certs[0]}], DefaultActions=[
                    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}])
    https = https["Listeners"][0]["ListenerArn"]
    say("a listener twice", "create_listener", LoadBalancerArn=net, Port=80, Protocol="TCP", DefaultActions=forward("nodes"))
    say("TCP on an ALB", "create_listener", LoadBalancerArn=app, Port=81, Protocol="TCP", DefaultActions=forward("tcp"))
    say("HTTPS without a certificate", "create_listener", LoadBalancerArn=app, Port=82, Protocol="HTTPS",
        DefaultActions=forward("http"))
    say("a certificate that is none", "create_listener", LoadBalancerArn=app, Port=82, Protocol="HTTPS",
        Certificates=[{"CertificateArn": certs[0][:-1] + "x"}], DefaultActions=forward("http"))
    say("the ALB's listeners", "describe_listeners", LoadBalancerArn=app)
    say("add a certificate", "add_listener_certificates", ListenerArn=https, Certificates=[{"CertificateArn": certs[1]}])
    say("certificates", "describe_listener_certificates", ListenerArn=https)
    say("take it away", "remove_listener_certificates", ListenerArn=https, Certificates=[{"CertificateArn": certs[1]}])
    say("forward instead", "modify_listener", ListenerArn=http, DefaultActions=forward("http"))
    say("no such listener", "describe_listeners", ListenerArns=[http[:-1] + "x"])
    return tcp, http, https


def rules(say, listener, made):
    path = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/a/*"]}}]
    to = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": made["http"]}]}}]
    one = say("a rule by path", "create_rule", ListenerArn=listener, Priority=1, Conditions=path,
              Actions=to)["Rules"][0]["RuleArn"]
    two = say("a rule of everything", "create_rule", ListenerArn=listener, Priority=2, Conditions=[
        {"Field": "host-header", "Values": ["*.example.com"]},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["1"]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}], Actions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}])["Rules"][0]["RuleArn"]
    say("its rules", "describe_rules", ListenerArn=listener)
    say("a priority in use", "create_rule", ListenerArn=listener, Priority=2, Conditions=path, Actions=to)
    say("a priority too high", "create_rule", ListenerArn=listener, Priority=50001, Conditions=path, Actions=to)
    say("without conditions", "create_rule", ListenerArn=listener, Priority=3, Conditions=[], Actions=to)
    say("swap them", "set_rule_priorities", RulePriorities=[{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}])
    say("change a rule", "modify_rule", RuleArn=one, Conditions=[{"Field": "host-header", "Values": ["a.example.com"]}])
    say("delete a rule", "delete_rule", RuleArn=one)
    say("delete it once more", "delete_rule", RuleArn=one)
    return two


def tags(say, arns):
    say("tag all", "add_tags", ResourceArns=arns, Tags=[{"Key": "a", "Value": "1"}, {"Key": "empty", "Value": ""}])
    say("tags of all", "describe_tags", ResourceArns=arns)
    say("untag all", "remove_tags", ResourceArns=arns, TagKeys=["empty"])
    say("a reserved tag", "add_tags", ResourceArns=arns, Tags=[{"Key": "aws:a", "Value": "1"}])
    say("a tag twice", "add_tags", ResourceArns=arns, Tags=[{"Key": "b", "Value": "1"}, {"Key": "b", "Value": "2"}])
    say("eleven tags", "add_tags", ResourceArns=arns, Tags=[{"Key": "k%d" % i, "Value": ""} for i in range(11)])
    say("tags of too many", "describe_tags", ResourceArns=arns[:1] * 21)


def certificates(say):
    arns = [say("request %s" % n, "request_certificate", DomainName=n, ValidationMethod="DNS")["CertificateArn"]
            for n in ("a.example.com", "b.example.com")]
    say("a certificate", "describe_certificate", CertificateArn=arns[0])
    say("certificates that are issued", "list_certificates", CertificateStatuses=["ISSUED"],
        Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})
    say("no such certificate", "describe_certificate", CertificateArn=arns[0][:-12] + "000000000000")
    return arns


def run(url, path):
    steps = {}
    w = World(moto() if url == "moto" else url, steps)
    c = w.ec2.c
    if url == "moto":
        make(c)
        vpc = c.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"][0]["VpcId"]
    else:
        vpc = c.describe_vpcs()["Vpcs"][0]["VpcId"]
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    subnets = [s["SubnetId"] for s in c.describe_subnets(Filters=mine)["Subnets"] if s["MapPublicIpOnLaunch"]]
    instance = c.describe_instances(Filters=mine)["Reservations"][0]["Instances"][0]["InstanceId"]
    group = security_groups(w.ec2, vpc)
    certs = certificates(w.acm)
    net, app = balancers(w.elb, subnets, group)
    made = groups(w.elb, vpc, instance)
    tcp, http, https = listeners(w.elb, net, app, made, certs)
    rule = rules(w.elb, http, made)
    tags(w.elb, [net, made["tcp"], http, rule])
    w.acm("a certificate in use", "describe_certificate", CertificateArn=certs[0])
    w.elb("delete a listener", "delete_listener", ListenerArn=tcp)
    w.elb("delete it another time", "delete_listener", ListenerArn=tcp)
    w.elb("delete a group", "delete_target_group", TargetGroupArn=made["tcp"])
    w.elb("delete the group again", "delete_target_group", TargetGroupArn=made["tcp"])
    w.elb("protect the ALB", "modify_load_balancer_attributes", LoadBalancerArn=app, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": "true"}])
    w.elb("delete the protected", "delete_load_balancer", LoadBalancerArn=app)
    w.elb("unprotect the ALB", "modify_load_balancer_attributes", LoadBalancerArn=app, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": "false"}])
    w.elb("delete the ALB", "delete_load_balancer", LoadBalancerArn=app)
    w.elb("delete the ALB again", "delete_load_balancer", LoadBalancerArn=app)
    with open(path, "w") as f:
        json.dump(steps, f)


if __name__ == "__main__":
    main(run)
