#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ec2.sh - EC2: each wrapper's request beside botocore's, and every wrapper against moto, with boto3 as the second reader.
. "$(dirname "$0")/../lib.sh"
export OUT
for t in ec2wire ec2; do
	"$TOOLS/venv/bin/python" -B tests/aws/$t.py || failed=1
done
finish
