#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# elbv2.sh - Elastic Load Balancing v2: requests and answers beside botocore's, and every wrapper against moto.
. "$(dirname "$0")/../lib.sh"
export OUT
for t in members elbv2; do
	"$TOOLS/venv/bin/python" -B tests/aws/$t.py || failed=1
done
finish
