#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sts.sh - STS by vpcbox against moto, which checks signatures here: roles, who we are, the chain of credentials, IPv6.
. "$(dirname "$0")/../lib.sh"
export OUT
check 'awssts is built' make --no-print-directory OUT="$OUT" "$OUT/tools/awssts"
"$TOOLS/venv/bin/python" -B tests/aws/sts.py "$tmp" || failed=1
finish
