#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cni.sh - the plugin on a node with the real daemon: what fails midway is undone, what is broken is named, and DEL
# never stands in a runtime's way.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 1 --instance-type m5.large

# call VERB [FILTER]: the plugin for the namespace $ns and the container $id, with the conflist's configuration passed
# through jq's FILTER. Output in $out, status in $status.
ns=/run/netns/blue id=c1 ifname=eth0 args='K8S_POD_NAMESPACE=default;K8S_POD_NAME=blue;K8S_POD_INFRA_CONTAINER_ID=c1'
call() {
	out=$(on node1 env CNI_COMMAND="$1" CNI_CONTAINERID="$id" CNI_NETNS="$ns" CNI_IFNAME="$ifname" CNI_ARGS="$args" \
		CNI_PATH=/opt/cni/bin sh -c 'jq -c "$0" /etc/cni/net.d/10-aws.conflist | /opt/cni/bin/aws-cni' \
		".plugins[0] + {name: .name, cniVersion: .cniVersion} | ${2:-.}")
	status=$?
}
with() { echo ". + {prevResult: $1}"; }
error() { echo "$out" | jq -r 'select(.code > 0) | .msg'; }
# All that a pod may change on the node, with the daemon's own view.
state() {
	on node1 sh -c 'ip rule; ip -4 route show table all; ip -br link | cut -d" " -f1 | sort
		jq -c ".allocations[]" /run/aws-node/ipam.json'
}
is_now() { state | diff "$tmp/$1" -; }
in_blue() { on node1 ip -n blue "$@"; }
fresh() { on node1 sh -c 'ip netns del blue 2>/dev/null; ip netns add blue'; }
# The pool's growth would show in the state: let it come to its end, with a first pod's.
check "a pod is added" "$LAB" pod add node1 pod-1
grown() { on node1 ip route show table 2 | grep -q default; }
check "and the pool has grown" soon 60 grown
state >"$tmp/clean"

# ---- ADD that fails midway

# undone CLAIM WORDS: ADD into what blue is now
undone() {
	call ADD
	same "$1: ADD fails" "$status" 1
	has "$1: and says so" "$(error)" "$2"
	check "$1: link, route, rule and address are as before" soon 20 is_now clean
}
fresh
in_blue link add eth0 type veth peer name other
undone "an eth0 that is there" "failed to setup veth pair"
fresh
in_blue link set lo up
in_blue route add default dev lo
undone "a default route that is there" "failed to add default route"
same "an ADD that failed leaves no eth0" "$(in_blue -br link | cut -d' ' -f1 | xargs)" lo
on node1 ip netns del blue
call ADD
has "a namespace that is not there" "$status $(error)" "1 add command: failed to setup network"
check "costs no address" is_now clean

# ---- ADD over what another left

fresh
call ADD
result=$out ip=$(echo "$out" | jq -r '.ips[0].address') veth=$(echo "$out" | jq -r '.interfaces[0].name')
same "ADD: exit 0" $status 0
call ADD
same "ADD again for the same container: the same result" "$(echo "$out" | jq -c .ips)" "$(echo "$result" | jq -c .ips)"
call DEL "$(with "$result")"
same "DEL: exit 0 and silence" "$status $out" "0 "
fresh
check "DEL leaves nothing" soon 20 is_now clean
on node1 ip link add "$veth" type veth peer name other
call ADD
same "ADD: a stale link of the same name makes way" "$status" 0
refuse "ADD: with its other end" on node1 ip link show other
refuse "ADD: an address that was given back is not given at once" [ "$(echo "$out" | jq -r '.ips[0].address')" = "$ip" ]
result=$out ip=$(echo "$out" | jq -r '.ips[0].address')

# ---- CHECK names what is broken

call CHECK "$(with "$result")"
same "CHECK: content with what ADD made" "$status $out" "0 "
mac=$(on node1 cat "/sys/class/net/$veth/address")
mend() {
	in_blue addr replace "$ip" dev eth0
	in_blue route replace 169.254.1.1 dev eth0 scope link
	in_blue route replace default via 169.254.1.1 dev eth0
	in_blue neigh replace 169.254.1.1 lladdr "$mac" dev eth0 nud permanent
	on node1 ip link set "$veth" mtu 9001 up
	on node1 ip route replace "${ip%/*}" dev "$veth" scope link
	on node1 sh -c "ip rule del prio 1536 from $ip; ip rule del prio 512 to $ip" 2>/dev/null
	on node1 ip rule add prio 512 to "$ip" lookup main
}
# finds WORDS COMMAND...: after the command CHECK fails with these words
finds() {
	words=$1
	shift
	"$@" || not_ok "break it: $*"
	call CHECK "$(with "$result")"
	has "CHECK finds out: $*" "$status $(error)" "$words"
	mend
}
finds "pod has no default route via 169.254.1.1" in_blue route del default
finds "pod has no route to 169.254.1.1/32" in_blue route del 169.254.1.1
finds "pod has no neighbour entry for 169.254.1.1" in_blue neigh del 169.254.1.1 dev eth0
finds "has the MAC 02:00:00:00:00:01" in_blue neigh replace 169.254.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
finds "pod has no address $ip" in_blue addr flush dev eth0
finds "is down" on node1 ip link set "$veth" down
finds "has MTU 1400, not 9001" on node1 ip link set "$veth" mtu 1400
finds "host has no route to $ip" on node1 ip route del "${ip%/*}"
finds "host has no rule 512 to $ip" on node1 ip rule del prio 512 to "$ip"
finds "host has a rule 1536 from $ip to table 2" on node1 ip rule add prio 1536 from "$ip" lookup 2
call CHECK "$(with "$result")"
same "CHECK: content when all is mended" "$status $out" "0 "
call CHECK
has "CHECK: needs a result to compare with" "$status $(error)" "prevResult"
call CHECK "$(with "$(echo "$result" | jq -c '.ips[0].address = "192.168.1.3/32"')")"
has "CHECK: another result than the kernel's" "$status $(error)" 192.168.1.3

# ---- what is malformed changes nothing

state >"$tmp/before"
# malformed CLAIM WORDS COMMAND...: the words are in the error object
malformed() {
	claim=$1 words=$2
	shift 2
	"$@"
	has "malformed: $claim" "$status $(echo "$out" | jq -r 'select(.code > 0) | .msg, .details')" "$words"
}
raw() { # STDIN [VERB]
	out=$(on node1 env CNI_COMMAND="${2:-ADD}" CNI_CONTAINERID=c2 CNI_NETNS=$ns CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin \
		sh -c 'printf %s "$0" | /opt/cni/bin/aws-cni' "$1")
	status=$?
}
other() { # VARIABLE VALUE: one thing else than it should be
	(
		eval "$1=\$2"
		call ADD
		echo "$status"
		echo "$out"
	) >"$tmp/other"
	status=$(head -n 1 "$tmp/other") out=$(tail -n +2 "$tmp/other")
}
malformed "nothing on stdin" "" raw ''
malformed "no JSON on stdin" "" raw '{"cniVersion":'
malformed "no object on stdin" "" raw '[]'
malformed "another cniVersion" 9.9.9 raw '{"cniVersion":"9.9.9","name":"aws-cni","type":"aws-cni"}'
malformed "another command" BREAK raw '{"cniVersion":"1.0.0","name":"aws-cni","type":"aws-cni"}' BREAK
malformed "no container" CNI_CONTAINERID other id ''
malformed "a container that is a path" "../x" other id ../x
malformed "no namespace" CNI_NETNS other ns ''
malformed "a namespace that is a file" /etc/hostname other ns /etc/hostname
malformed "no interface" CNI_IFNAME other ifname ''
malformed "an interface too long" interface-too-long other ifname interface-too-long
malformed "arguments that are none" garbage other args garbage
malformed "a vethPrefix too long" vethPrefix call ADD '.vethPrefix = "toolong"'
check "malformed: nothing has changed" is_now before

# ---- DEL succeeds

call DEL "$(with "$result")"
same "DEL: exit 0" "$status $out" "0 "
call DEL "$(with "$result")"
same "DEL again" "$status $out" "0 "
ns='' call DEL
ns=/run/netns/blue
same "DEL without a namespace" "$status $out" "0 "
id=c9 call DEL
id=c1
same "DEL of a container that never was" "$status $out" "0 "
fresh
check "nothing is left" soon 20 is_now clean

# stopped: the daemon is dead, and the node does not start another. The signal comes from outside the node.
init=$(status '.nodes[0].pid')
stopped() {
	on vpc kill -STOP "$init"
	on node1 sh -c 'kill -9 $(pidof aws-k8s-agent)'
	soon 20 dead
}
dead() { ! serves node1; }
call ADD
result=$out ip=$(echo "$out" | jq -r '.ips[0].address')
stopped
call ADD
has "without a daemon: ADD fails" "$status $(error)" "ipamd.sock: connect: connection refused"
call STATUS '.cniVersion = "1.1.0"'
same "without a daemon: STATUS says so" "$status $(echo "$out" | jq .code)" "1 50"
call DEL
same "without a daemon: DEL without a result succeeds" "$status $out" "0 "
same "without a daemon: and leaves what it does not know" "$(on node1 ip rule | grep -c "to ${ip%/*} ")" 1
call DEL "$(with "$result")"
same "without a daemon: DEL with a result succeeds" "$status $out" "0 "
same "without a daemon: and the rules are gone" "$(on node1 ip rule | grep -cw "${ip%/*}")" 0
has "without a daemon: the plugin's log tells" "$(on node1 tail -n 5 /var/log/aws-routed-eni/plugin.log)" \
	"the address daemon cannot be asked"
on node1 ip netns del blue
on vpc kill -CONT "$init"
check "the next daemon serves" soon 30 serves node1
check "and has taken the address back" soon 20 is_now clean
call STATUS '.cniVersion = "1.1.0"'
same "with a daemon: STATUS is content" "$status $out" "0 "
check "the first pod is as it was" "$LAB" pod check pod-1
finish
