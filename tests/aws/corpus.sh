#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# corpus.sh - the lab's EC2 and moto answer the same requests; where they differ is the table of docs/lab-ec2.md.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
python=$(cd "$TOOLS/venv" && pwd -P)/bin/python

# corpus FROM ROOT URL FILE: all of it, with nothing of this machine's configuration. FROM: a command that runs it
# elsewhere; ROOT: where this machine's files are there.
corpus() {
	$1 env -i PATH="$PATH" HOME=/nonexistent NO_PROXY='*' AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID="$KEY" \
		AWS_SECRET_ACCESS_KEY="$SECRET" "$2$python" -B "$2$PWD/tests/aws/corpus.py" run "$3" "$2$4"
}
lab_up -e WARM_IP_TARGET=1
two_addresses() { [ "$(addresses node1)" = 2 ] && serves node1; }
check "the node has its address to spare" soon 60 two_addresses
on node1 kill -STOP "$(agent node1)" # nobody else changes the node meanwhile
check "the lab answers all of it" corpus "on node1" /.host "$EC2" "$tmp/lab"
check "so does moto" corpus "" "" moto "$tmp/moto"
"$python" -B tests/aws/corpus.py compare "$tmp/lab" "$tmp/moto" docs/lab-ec2.md || failed=1
finish
