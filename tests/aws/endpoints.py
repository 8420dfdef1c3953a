# SPDX-License-Identifier: Apache-2.0
# endpoints.py TOOL - every region that botocore knows, and some that it does not, with each service and with FIPS and
# dual-stack on and off: the URL that awsendpoint.c prints must be the one that botocore's own clients would call.
import itertools
import subprocess
import sys

import botocore.session

# name in botocore, and what its rules want to know besides
SERVICES = {
    "ec2": ("ec2", {}),
    "elasticloadbalancing": ("elbv2", {}),
    "sts": ("sts", {"UseGlobalEndpoint": False}),
    "acm": ("acm", {"ServiceType": "ACM"}),
    "tagging": ("resourcegroupstaggingapi", {}),
}
UNHEARD = ["eu-east-9", "cn-south-7", "us-gov-central-2", "us-iso-north-3", "us-isob-west-5", "eu-isoe-east-4",
           "us-isof-west-8", "eusc-de-north-6"]
BOOL = ["false", "true"]


def rules_of(session, service):
    client = session.create_client(service, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return client._ruleset_resolver._provider


def main():
    session = botocore.session.get_session()
    regions = sorted(set(itertools.chain.from_iterable(
        session.get_available_regions("ec2", partition) for partition in session.get_available_partitions()))) + UNHEARD
    questions = list(itertools.product(regions, BOOL, BOOL))
    said = subprocess.run(sys.argv[1:], input="".join(f"{' '.join(q)}\n" for q in questions), text=True,
                          capture_output=True, check=True).stdout.splitlines()
    got = {tuple(line.split(" ", 4)[:4]): line.split(" ", 4)[4] for line in said}

    wrong = []
    for prefix, (name, more) in SERVICES.items():
        rules = rules_of(session, name)
        for region, fips, dual in questions:
            url = rules.resolve_endpoint(Region=region, UseFIPS=fips == "true", UseDualStack=dual == "true", **more).url
            if got.pop((region, fips, dual, prefix), None) != url:
                wrong.append(f"{region} fips={fips} dualstack={dual} {prefix}: botocore has {url}")
    n = len(questions) * len(SERVICES)
    print(f"{'not ok' if wrong else 'ok'} {n} endpoints are botocore's" + (f" - {len(wrong)} are not" if wrong else ""))
    print("".join(f"# {w}\n" for w in wrong[:20]), end="")

    other = [f"{r}: {p}, botocore has {session.get_partition_for_region(r)}" for (r, _, _, what), p in got.items()
             if what == "partition" and p != session.get_partition_for_region(r)]
    print(f"{'not ok' if other or len(got) != len(regions) else 'ok'} {len(got)} regions are in botocore's partitions")
    print("".join(f"# {o}\n" for o in other[:20]), end="")
    sys.exit(bool(wrong or other or len(got) != len(regions)))


main()
