#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# elbcorpus.sh - the lab's ELBv2, ACM and security groups and moto answer the same requests; where they differ is the
# table of docs/lab-elb.md.
. "$(dirname "$0")/../lib.sh"
python=$TOOLS/venv/bin/python
export NO_PROXY='*' AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
	AWS_ACCESS_KEY_ID=AKIAVPCBOXLAB0000000 AWS_SECRET_ACCESS_KEY=vpcbox-lab/this-is-no-secret/00000000000 PYTHONWARNINGS=ignore
unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL
setpriv --pdeathsig KILL "$LAB" aws --call-ms 0 --provision-ms 0 --register-ms 0 --health-ms 0 --release-ms 0 --certificate-ms 0 --ipv6 >"$tmp/aws" &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
up() { grep -q 'AWS at' "$tmp/aws"; }
check "the lab's AWS is there" soon 30 up
url=$(sed -n 's/.*AWS at //p' "$tmp/aws")
check "the lab answers all of it" "$python" -B tests/aws/elbcorpus.py run "$url" "$tmp/lab"
check "so does moto" "$python" -B tests/aws/elbcorpus.py run moto "$tmp/moto"
"$python" -B tests/aws/elbcorpus.py compare "$tmp/lab" "$tmp/moto" docs/lab-elb.md || failed=1
check "the lab's AWS ends when it is told to" kill "$pid"
wait "$pid"
same "without complaint" $? 0
finish
