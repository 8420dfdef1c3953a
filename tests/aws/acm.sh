#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# acm.sh - ACM and the Resource Groups Tagging API: wrappers against moto.
. "$(dirname "$0")/../lib.sh"
export OUT
for t in acm; do
	"$TOOLS/venv/bin/python" -B tests/aws/$t.py || failed=1
done
finish
