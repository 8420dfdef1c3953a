#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cnitool.sh - README's commands with the CNI project's own cnitool, on a lab node with its conflist.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up
# The routes and the rule of the ENI that comes meanwhile are not the pod's.
wired() { on node1 sh -c 'ip rule; ip -4 route show table all; ls /opt/cni/bin' | grep -v 'table 2\|lookup 2\|ens6'; }
wired >"$tmp/before"

# readme WORDS: README's command with these words, for the programs that are tested.
readme() {
	command=$(sed -n "s|^    \(build/vpcbox-lab exec .*$1.*\)|\1|p" README.md | sed "s|build/|$OUT/|g")
	[ "$(echo "$command" | grep -c .)" = 1 ] || not_ok "README has one command with '$1'" "$command"
	sh -c "$command" </dev/null
}
blue() { on node1 ip -n blue "$@"; }

readme 'ip netns add blue' || not_ok "README: ip netns add blue"
result=$(readme 'cnitool add')
same "cnitool add: exit 0" $? 0
same "its result: version, interfaces, address" \
	"$(echo "$result" | jq -r '[.cniVersion, .interfaces[1].name, .interfaces[1].sandbox, (.ips | length)] | join(" ")')" \
	"$(on node1 jq -r .cniVersion /etc/cni/net.d/10-aws.conflist) eth0 /run/netns/blue 1"
ip=$(echo "$result" | jq -r '.ips[0].address')
veth=$(echo "$result" | jq -r '.interfaces[0].name')
has "its address is one that EC2 has assigned to the node" "$(eni node1 0 | tail -n +2)" "${ip%/32}"
same "its address is that of eth0" "$(blue -4 -o addr show eth0 | awk '{ print $4 }')" "$ip"
same "its host link is there" "$(on node1 cat "/sys/class/net/$veth/mtu")" 9001
check "the pod reaches the other node" on node1 ip netns exec blue ping -n -c 1 -W 2 "$(node_ip node2)"
check "the pod reaches the Internet" on node1 ip netns exec blue ping -n -c 1 -W 2 8.8.8.8
check "cnitool check: exit 0" readme 'cnitool check'

blue route del default
said=$(readme 'cnitool check' 2>&1)
has "cnitool check names what is broken" "$? $said" "1 check cmd: pod has no default route via 169.254.1.1"
blue route add default via 169.254.1.1 dev eth0
check "cnitool check: content again" readme 'cnitool check'

check "libcni keeps the result on the node" on node1 sh -c 'ls /var/lib/cni/results/aws-cni-*-eth0'
refuse "and not on this machine" sh -c 'ls /var/lib/cni/results/aws-cni-*-eth0'
check "cnitool del: exit 0" readme 'cnitool del'
same "rules and routes are as before" "$(wired)" "$(cat "$tmp/before")"
same "no allocation is left" "$(leases node1)" ""
refuse "cnitool check after that fails" readme 'cnitool check'
check "cnitool del once more: exit 0" readme 'cnitool del'
lab_down
check "nothing of it is on this machine" untouched
finish
