#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# maxpods.sh - maxpods and max-pods-calculator.sh where EC2 or IMDS is asked: an EC2 that answers (moto), refuses, does not
# know; an IMDS that stalls; and EC2's own JSON made into the next build's table.
. "$(dirname "$0")/../lib.sh"
export OUT
ln -s "$VPCBOX" "$tmp/max-pods-calculator.sh"
"$TOOLS/venv/bin/python" -B tests/aws/maxpods.py "$tmp" || failed=1
finish
