# SPDX-License-Identifier: Apache-2.0
"""awssign.py MS - signatures per second by botocore: one number for the header, one for the query."""
import sys, time

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

keys = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
body = b"Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0a1b2c3d"


def rate(signer, method, url, data, headers):
    n, began = 0, time.perf_counter()
    end = began + int(sys.argv[1]) / 1000
    while time.perf_counter() < end:
        signer.add_auth(AWSRequest(method=method, url=url, data=data, headers=headers))
        n += 1
    return n / (time.perf_counter() - began)


header = rate(SigV4Auth(keys, "ec2", "eu-central-1"), "POST", "https://ec2.eu-central-1.amazonaws.com/", body,
              {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
query = rate(SigV4QueryAuth(keys, "sts", "eu-central-1", 60), "GET",
             "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", None, {"x-k8s-aws-id": "c"})
print(header, query)
