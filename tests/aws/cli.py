# SPDX-License-Identifier: Apache-2.0
# cli.py - the AWS CLI reads what vpcbox made, and makes what vpcbox reads.
from awstry import Tool, cli, ok, run, same


def test(endpoint):
    tool = Tool(endpoint)

    def aws(*args):
        return cli(endpoint, *args)

    vpc = aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", "10.0.0.0/24")["Subnet"]["SubnetId"]

    # made by vpcbox
    lb = tool("CreateLoadBalancer", Name="ours", Type="network", Scheme="internal",
              SubnetMappings=[{"SubnetId": subnet}], Tags=[{"Key": "a b", "Value": "c&d"}])["LoadBalancers"][0]
    arn = lb["LoadBalancerArn"]
    group = tool("CreateTargetGroup", Name="ours", TargetType="ip", Port=53, Protocol="TCP_UDP", VpcId=vpc, HealthCheckPort="8181",
                 HealthCheckProtocol="TCP")["TargetGroups"][0]["TargetGroupArn"]
    forward = {"TargetGroups": [{"TargetGroupArn": group, "Weight": 7}]}
    tool("CreateListener", LoadBalancerArn=arn, Port=53, Protocol="TCP_UDP",
         DefaultActions=[{"Type": "forward", "Order": 1, "ForwardConfig": forward}])
    seen = aws("elbv2", "describe-load-balancers", "--names", "ours")["LoadBalancers"][0]
    same("the CLI reads vpcbox's load balancer", [seen[k] for k in ("LoadBalancerArn", "DNSName", "Type", "Scheme", "VpcId")],
         [arn, lb["DNSName"], "network", "internal", vpc])
    same("its tags", aws("elbv2", "describe-tags", "--resource-arns", arn)["TagDescriptions"][0]["Tags"],
         [{"Key": "a b", "Value": "c&d"}])
    seen = aws("elbv2", "describe-listeners", "--load-balancer-arn", arn)["Listeners"][0]
    same("its listener", [seen["Port"], seen["Protocol"], seen["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]],
         [53, "TCP_UDP", forward["TargetGroups"]])
    seen = aws("elbv2", "describe-target-groups", "--target-group-arns", group)["TargetGroups"][0]
    same("its target group", [seen[k] for k in ("TargetType", "Port", "HealthCheckPort", "LoadBalancerArns")],
         ["ip", 53, "8181", [arn]])

    # made by the CLI
    other = aws("elbv2", "create-load-balancer", "--name", "theirs", "--type", "application", "--subnets", subnet,
                aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", "10.0.1.0/24", "--availability-zone",
                    "eu-central-1b")["Subnet"]["SubnetId"], "--tags", "Key=k,Value=v")["LoadBalancers"][0]
    listener = aws("elbv2", "create-listener", "--load-balancer-arn", other["LoadBalancerArn"], "--port", "80", "--protocol",
                   "HTTP", "--default-actions", "Type=fixed-response,FixedResponseConfig={StatusCode=404}")["Listeners"][0]
    rule = aws("elbv2", "create-rule", "--listener-arn", listener["ListenerArn"], "--priority", "9", "--conditions",
               "Field=host-header,HostHeaderConfig={Values=[a.example.com,b.example.com]}", "--actions",
               "Type=redirect,RedirectConfig={Port=443,StatusCode=HTTP_302}")["Rules"][0]
    got = tool("DescribeLoadBalancers", Names=["theirs"])["LoadBalancers"][0]
    same("vpcbox reads the CLI's load balancer", [got["LoadBalancerArn"], got["DNSName"], got["VpcId"]],
         [other["LoadBalancerArn"], other["DNSName"], vpc])
    same("its tags too", tool("DescribeTags", ResourceArns=[got["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"],
         [{"Key": "k", "Value": "v"}])
    got = tool("DescribeRules", ListenerArn=listener["ListenerArn"])["Rules"]
    ok("its rules: the default one and its own", sorted(r["Priority"] for r in got) == ["9", "default"], str(got))
    got = [r for r in got if not r["IsDefault"]][0]
    same("its rule", [got["RuleArn"], got["Conditions"][0]["HostHeaderConfig"]["Values"], got["Actions"][0]["RedirectConfig"]["Port"]],
         [rule["RuleArn"], ["a.example.com", "b.example.com"], "443"])
    tool("DeleteLoadBalancer", LoadBalancerArn=other["LoadBalancerArn"])
    same("deleted by vpcbox, the CLI sees one", [x["LoadBalancerName"] for x in
                                                 aws("elbv2", "describe-load-balancers")["LoadBalancers"]], ["ours"])
    cert = aws("acm", "request-certificate", "--domain-name", "x.example.com")["CertificateArn"]
    same("and vpcbox the CLI's certificate", tool("DescribeCertificate", CertificateArn=cert)["Certificate"]["DomainName"],
         "x.example.com")
    same("awstry ends well", tool.end(), 0)


run(test)
