# SPDX-License-Identifier: Apache-2.0
# labaws.py - the lab's AWS alone, for tests: a server of its own with options of its own, and boto3's clients of it.
import json
import os
import subprocess

import boto3
import botocore.config

REGION = "ap-northeast-2"
KEY, SECRET = "AKIAVPCBOXLAB0000000", "vpcbox-lab/this-is-no-secret/00000000000"
AT_ONCE = ("--call-ms=0", "--provision-ms=0", "--register-ms=0", "--health-ms=0", "--release-ms=0", "--certificate-ms=0")


class Lab:
    def __init__(self, *options, log=None):
        command = [os.environ["OUT"] + "/vpcbox-lab", "aws", *options] + (["--log", log] if log else [])
        self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.PIPE, text=True)
        self.url = self.child.stdout.readline().split()[-1]
        self.log = log
        config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.ec2, self.elb, self.acm, self.sts = (
            boto3.client(name, REGION, endpoint_url=self.url, config=config, aws_access_key_id=KEY, aws_secret_access_key=SECRET)
            for name in ("ec2", "elbv2", "acm", "sts"))

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.child.terminate()
        self.child.wait()
        self.child.stdout.close()

    def calls(self):
        with open(self.log) as f:
            return [json.loads(line) for line in f]

    def subnets(self, public=True):
        return [s["SubnetId"] for s in self.ec2.describe_subnets()["Subnets"] if s["MapPublicIpOnLaunch"] == public]

    def vpc(self):
        return self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    def service(self, name, kind="network", protocol="TCP", port=80):
        """A load balancer with a listener and a target group, by address: their ARNs."""
        lb = self.elb.create_load_balancer(Name=name, Type=kind, Subnets=self.subnets())["LoadBalancers"][0]["LoadBalancerArn"]
        group = self.elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=self.vpc(), TargetType="ip")
        group = group["TargetGroups"][0]["TargetGroupArn"]
        listener = self.elb.create_listener(LoadBalancerArn=lb, Port=port, Protocol=protocol, DefaultActions=[
            {"Type": "forward", "TargetGroupArn": group}])["Listeners"][0]["ListenerArn"]
        return lb, listener, group
