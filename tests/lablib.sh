# SPDX-License-Identifier: Apache-2.0
# lablib.sh - what scripts with a lab of their own share; source it after lib.sh. The lab has a name of its own, so
# that scripts may run side by side, and it ends with the script, whatever the script dies of.
VPCBOX_LAB=$(basename "$0" .sh)-$$
export VPCBOX_LAB
lab_pid=
AS= # a command that changes who calls
trap 'lab_down; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# lab_up OPTION...: a lab in the background, ready when this returns. Its table of nodes is in $tmp/up.
lab_up() {
	: >"$tmp/up"
	$AS setpriv --pdeathsig KILL "$LAB" up "$@" >"$tmp/up" 2>&1 &
	lab_pid=$!
	soon 40 lab_said || true
	grep -q '^NODE ' "$tmp/up" && return
	not_ok "a lab comes up: $*" "$(cat "$tmp/up")"
	finish
}
lab_said() { grep -q '^NODE ' "$tmp/up" || ! kill -0 "$lab_pid"; }
lab_down() {
	[ -z "$lab_pid" ] || kill "$lab_pid" 2>/dev/null
	[ -z "$lab_pid" ] || wait "$lab_pid" 2>/dev/null
	lab_pid=
}

# on PLACE COMMAND...: node1, node2, ..., vpc or internet. in_pod POD COMMAND...
on() { $AS "$LAB" exec "$@" </dev/null; }
in_pod() { $AS "$LAB" pod exec "$@" </dev/null; }
# status JQ-EXPRESSION: of the lab's own status.
status() { $AS "$LAB" status -o json | jq -r "$1"; }
node_ip() { status ".nodes[] | select(.name == \"$1\").ip"; }
pod_ip() { status ".nodes[].pods[] | select(.file == \"$1\").ip" | cut -d/ -f1; }
# eni NODE DEVICE: an attached ENI's addresses, the primary one first.
eni() { status ".nodes[] | select(.name == \"$1\").enis[] | select(.device == $2 and .attached).ips[]"; }
addresses() { status ".nodes[] | select(.name == \"$1\").enis | map(.ips | length) | add"; }

# pings PLACE ARGUMENT...: one packet is answered. pod_pings POD ARGUMENT...
pings() {
	from_=$1
	shift
	on "$from_" ping -n -c 1 -W 2 "$@"
}
pod_pings() {
	from_=$1
	shift
	in_pod "$from_" ping -n -c 1 -W 2 "$@"
}
# silent PLACE ARGUMENT...: a packet that is sent gets no answer, and no error either.
silent() {
	from_=$1
	shift
	on "$from_" ping -n -c 1 -W 0.3 "$@" >"$tmp/ping" 2>&1
	grep -q '1 packets transmitted, 0 received, 100% packet loss' "$tmp/ping"
}

# ec2 ACTION&PARAMETERS: EC2 asked from node1 by the lab's owner; curl signs. Region, service and key may be others.
EC2=http://ec2.ap-northeast-2.amazonaws.com/ KEY=AKIAVPCBOXLAB0000000 SECRET=vpcbox-lab/this-is-no-secret/00000000000
ec2() {
	on node1 curl -s -m 5 --aws-sigv4 "aws:amz:${region:-ap-northeast-2}:${service:-ec2}" --user "$KEY:$SECRET" \
		-w '\n%{http_code}\n' -d "Version=2016-11-15&Action=$1" "$EC2"
}
# element NAME: the text of the first one in XML.
element() { sed -n "s/.*<$1>\([^<]*\)<.*/\1/p" | head -n 1; }

# Counters: watch PLACE NAME HOOK PRIORITY MATCH makes one, counted PLACE NAME prints its packets.
watch() {
	on "$1" nft "add table ip spy; add chain ip spy $2 { type filter hook $3 priority $4; }; add rule ip spy $2 $5 counter"
}
counted() { on "$1" nft list chain ip spy "$2" | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'; }

# The daemon of a node, and its checkpoint: one line per allocation, "ADDRESS NAMESPACE/POD".
agent() { on "$1" pidof aws-k8s-agent; }
serves() { on "$1" /opt/vpcbox/vpcbox grpc-health-probe -addr=unix:///run/aws-node/ipamd.sock; }
leases() {
	on "$1" cat /run/aws-node/ipam.json |
		jq -r '.allocations[] | "\(.ipv4) \(.metadata.k8sPodNamespace)/\(.metadata.k8sPodName)"'
}
# restart NODE: kill -9 its daemon; back when a new one serves.
restart() {
	old=$(agent "$1")
	on "$1" kill -9 "$old"
	soon 60 another "$1" "$old"
}
another() { [ "$(agent "$1")" != "$2" ] && serves "$1"; }
# wiring NODE: rules, routes and links that pods have there.
wiring() { on "$1" sh -c "ip rule | grep -E '^(512|1536):'; ip route | grep 'dev eni'; ip -br link | grep '^eni'"; }

# untouched: this machine's own network and mounts are as they were when the script began. The kernel lists mounts
# in the order of their last change.
machine() {
	ip -br link
	ip -br addr
	ip rule
	ip route show table all
	nft list ruleset
	ls -l /run/netns
	sort /proc/self/mountinfo
	cat /proc/sys/net/ipv4/ip_forward
	hostname
}
untouched() { machine 2>&1 | diff "$tmp/machine" -; }
machine >"$tmp/machine" 2>&1
