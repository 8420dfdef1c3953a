#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# corpus.sh - the lab's EC2 and moto answer the same requests; where they differ is the table of docs/lab-ec2.md.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
python=$(cd "$TOOLS/venv" && pwd -P)/bin/python

# asked HOST-ROOT URL: all of the corpus, with nothing of this machine's configuration
asked() {
	env -i PATH="$PATH" HOME=/nonexistent NO_PROXY='*' AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID="$KEY" \
		AWS_SECRET_ACCESS_KEY="$SECRET" MOTO_ACCOUNT_ID=123456789012 "$1$python" -B "$1$PWD/tests/aws/corpus.py" run "$2" "$1$3"
}
in_lab() {
	on node1 env -i PATH="$PATH" HOME=/nonexistent AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID="$KEY" \
		AWS_SECRET_ACCESS_KEY="$SECRET" "/.host$python" -B "/.host$PWD/tests/aws/corpus.py" run "$EC2" "/.host$tmp/lab"
}
lab_up -e WARM_IP_TARGET=1
two_addresses() { [ "$(addresses node1)" = 2 ] && serves node1; }
check "the node has its address to spare" soon 20 two_addresses
on node1 kill -STOP "$(agent node1)" # nobody else changes the node meanwhile
check "the lab answers all of it" in_lab
check "so does moto" asked "" moto "$tmp/moto"
"$python" -B tests/aws/corpus.py compare "$tmp/lab" "$tmp/moto" docs/lab-ec2.md || failed=1
finish
