#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sign.sh - signatures of random requests, EKS tokens and odd config files, beside botocore (sign.py).
. "$(dirname "$0")/../lib.sh"
check 'signreq is built' make --no-print-directory OUT="$OUT" "$OUT/tools/signreq"
"$TOOLS/venv/bin/python" tests/aws/sign.py "$TOOLS/signreq" "$tmp" || failed=1
finish
