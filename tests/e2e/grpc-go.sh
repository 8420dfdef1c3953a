#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# grpc-go.sh - Google's gRPC for Go at the other end of our sockets: its client against our server, with unusual
# habits, and our plugin against its server. The program is tests/e2e/grpc-go, built by tests/setup.sh.
if [ -z "${INSIDE:-}" ]; then
	make -s -C "$(dirname "$0")/../.." OUT="${OUT:-build}" DEPS="${DEPS:-build/deps}" tools || exit 1
	exec unshare -rnm env INSIDE=1 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib.sh"
mount -t tmpfs tmpfs /run || not_ok "a /run of its own"
ip link set lo up
servers=
start() {
	"$@" &
	servers="$servers $!"
}

start "$TOOLS/fakeipamd" sock="$tmp/ok"
start "$TOOLS/fakeipamd" sock="$tmp/late" add=late
start "$TOOLS/fakeipamd" sock="$tmp/refusing" add="14:100% taken: übervoll
"
for name in ok late refusing; do soon 30 test -S "$tmp/$name" || not_ok "our server listens"; done
"$TOOLS/grpc-go" ask "$tmp/ok" "$tmp/late" "$tmp/refusing" || failed=1
for pid in $servers; do check "our server is still there" kill "$pid"; done

# Like aws-cni under a runtime: call VERB.
call() {
	printf '{"cniVersion":"1.1.0","name":"aws-cni","pluginLogFile":"/dev/null"}' |
		CNI_COMMAND=$1 CNI_CONTAINERID=c0ffee CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin \
			CNI_ARGS='K8S_POD_NAME=sample-pod;K8S_POD_NAMESPACE=default' "$VPCBOX" cni
}
servers=
start "$TOOLS/grpc-go" serve /run/aws-node/ipamd.sock
soon 30 test -S /run/aws-node/ipamd.sock || not_ok "grpc-go's server listens"
ip netns add pod
check "STATUS asks grpc-go's server" call STATUS
check "ADD asks grpc-go's server" call ADD
has "ADD wires what grpc-go's server answered" "$(ip rule)" "from 10.100.0.9 lookup 2"
check "DEL reads grpc-go's status: an unknown pod is success" call DEL
kill $servers
finish
