#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flood.sh - a gibibyte where kilobytes are due, from AWS, from the container's agent, from the metadata service.
. "$(dirname "$0")/../lib.sh"
python3 -B tests/aws/flood.py "$VPCBOX" || failed=1
finish
