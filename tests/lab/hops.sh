#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# hops.sh - IMDS with a hop limit of 1, as security guides recommend: the node is served, a pod is not.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 1 --hop-limit 1
ok "an agent on the host network comes up with a hop limit of 1"
token() {
	curl='curl -s -m 1 -X PUT http://169.254.169.254/latest/api/token -H X-aws-ec2-metadata-token-ttl-seconds:60'
	"$@" $curl
}
same "the node gets a token" "$(token on node1 | grep -c .)" 1
check "a pod is added" "$LAB" pod add node1 pod-1
check "it reaches the Internet" pod_pings pod-1 8.8.8.8
same "but IMDS's token does not reach it" "$(token in_pod pod-1)" ""
refuse "0 hops are none" timeout 20 "$LAB" up --hop-limit 0 -N hops-none-$$
finish
