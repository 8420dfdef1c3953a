#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# endpoints.sh - the endpoints of every region, service and variant are those that botocore finds.
. "$(dirname "$0")/../lib.sh"
"$OUT/tools/venv/bin/python" -B tests/aws/endpoints.py "$OUT/tools/awsendpoint" || failed=1
finish
