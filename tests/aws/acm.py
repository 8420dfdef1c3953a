# SPDX-License-Identifier: Apache-2.0
# acm.py - ACM and the tagging API against moto's server: vpcbox and boto3 read the same.
import boto3
from awstry import Tool, known, ok, plain, run, same, tables

KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


def certificates(tool, endpoint, acts):
    acm = boto3.client("acm", endpoint_url=endpoint)

    def both(**args):
        seen = acm.get_paginator("list_certificates").paginate(**args).build_full_result()["CertificateSummaryList"]
        got = plain(tool("ListCertificates", **args)).get("CertificateSummaryList", [])
        return got, [known(acts["ListCertificates"]["out"], x) for x in seen]

    got, want = both()
    same("no certificates", got, [])
    names = ["a.example.com", "*.a.example.com", "b.example.com"]
    arns = [acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=names)["CertificateArn"]]
    arns += [acm.request_certificate(DomainName="c%d.example.com" % i)["CertificateArn"] for i in range(20)]
    got, want = both()
    same("certificates are read alike", got, want)
    same("all of them", sorted(c["CertificateArn"] for c in got), sorted(arns))
    status = acm.describe_certificate(CertificateArn=arns[0])["Certificate"]["Status"]
    for wanted in (status, "REVOKED"):
        got, want = both(CertificateStatuses=[wanted], Includes={"keyTypes": KEY_TYPES})
        same("those that are %s, of every key type" % wanted, got, want)
    same("none is revoked", got, [])

    got = plain(tool("DescribeCertificate", CertificateArn=arns[0]))
    same("a certificate is read alike", got,
         known(acts["DescribeCertificate"]["out"], acm.describe_certificate(CertificateArn=arns[0])))
    same("its names are those that it was made for", sorted(got["Certificate"]["SubjectAlternativeNames"]), sorted(names))
    tool.refused("a certificate that is not there", "ResourceNotFoundException", "ENOENT", "DescribeCertificate",
                 CertificateArn=arns[0][:-1] + ("0" if arns[0][-1] != "0" else "1"))


def tagged(tool, endpoint, acts):
    api = boto3.client("resourcegroupstaggingapi", endpoint_url=endpoint)
    elb = boto3.client("elbv2", endpoint_url=endpoint)
    vpc = boto3.client("ec2", endpoint_url=endpoint).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    arns = [elb.create_target_group(Name="g%d" % i, Port=80, Protocol="TCP", VpcId=vpc, Tags=[
        {"Key": "elbv2.k8s.aws/cluster", "Value": "mine" if i % 2 else "other"}, {"Key": "n", "Value": str(i)}])
        ["TargetGroups"][0]["TargetGroupArn"] for i in range(120)]

    def both(**args):
        seen = api.get_paginator("get_resources").paginate(**args).build_full_result()["ResourceTagMappingList"]
        got = plain(tool("GetResources", **args)).get("ResourceTagMappingList", [])
        return got, [known(acts["GetResources"]["out"], x) for x in seen]

    kind = ["elasticloadbalancing:targetgroup"]
    ok("moto gives resources by pages", api.get_resources(ResourceTypeFilters=kind)["PaginationToken"] != "")
    got, want = both(ResourceTypeFilters=kind)
    same("resources are read alike, every page", got, want)
    same("all of them", sorted(r["ResourceARN"] for r in got), sorted(arns))
    got, want = both(ResourceTypeFilters=kind, TagFilters=[{"Key": "elbv2.k8s.aws/cluster", "Values": ["mine"]}, {"Key": "n"}])
    same("those with two tags are read alike", got, want)
    same("every second one", sorted(r["ResourceARN"] for r in got), sorted(arns[1::2]))
    got, want = both(ResourceTypeFilters=kind, TagFilters=[{"Key": "no"}])
    same("none with another tag", [got, want], [[], []])


def test(endpoint):
    acts = {t["name"]: t for t in tables()}
    tool = Tool(endpoint)
    certificates(tool, endpoint, acts)
    tagged(tool, endpoint, acts)
    same("awstry ends well", tool.end(), 0)


run(test)
