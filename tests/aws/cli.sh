#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli.sh - the AWS CLI and vpcbox read what the other made.
. "$(dirname "$0")/../lib.sh"
export OUT
for t in cli cliec2; do
	"$TOOLS/venv/bin/python" -B tests/aws/$t.py || failed=1
done
finish
