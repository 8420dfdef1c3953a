#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lab.sh - the lab's EC2, ELBv2, ACM and STS without a lab: boto3, the AWS CLI and vpcbox's client at `vpcbox-lab aws`.
. "$(dirname "$0")/../lib.sh"
export OUT
"$TOOLS/venv/bin/python" -B tests/aws/lab.py || failed=1
finish
