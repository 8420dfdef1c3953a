#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agent.sh - ipamd killed, restarted and lied to: no pod loses its address, and no address has two pods.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 3 --instance-type m5.large
log=/var/log/aws-routed-eni/ipamd.log store=/run/aws-node/ipam.json

# What ipamd makes on a host, and its absence. On node3 it is left to the daemon's own round, twice a minute.
host_rules() {
	on "$1" sh -c 'ip rule | grep -c "^1024:.*fwmark 0x80/0x80 lookup main"
		for table in nat mangle; do iptables -w -t $table -S | grep -c AWS; done'
}
want=$(host_rules node3)
break_host() {
	on "$1" sh -c 'ip rule del prio 1024; iptables -w -t nat -F AWS-SNAT-CHAIN-0; iptables -w -t mangle -F PREROUTING'
}
mended() { [ "$(host_rules "$1")" = "$want" ]; }
has "a host has its rules" "$(echo "$want" | xargs)" "1 "
break_host node3
refuse "which can be deleted" mended node3

# ---- two agents on one node would give the same addresses

said=$(on node3 env AWS_VPC_K8S_CNI_LOG_FILE=/dev/null /opt/vpcbox/vpcbox ipamd 2>&1)
has "a second agent on a node does not start" "$? $said" \
	"1 ipamd: an agent runs here already: another process holds /var/run/aws-node/ipam.json.lock"
check "and the first one still serves" serves node3

# ---- kill -9 in a burst of ADDs

# burst NODE FIRST LAST: as a kubelet does, every failed ADD is repeated.
burst() {
	n=$2
	while [ "$n" -le "$3" ]; do
		soon 60 "$LAB" pod add "$1" "pod-$n" || echo "pod-$n" >>"$tmp/missing"
		n=$((n + 1))
	done
}
added() { [ "$(status ".nodes[] | select(.name == \"$1\").pods | length")" -ge "$2" ]; }
: >"$tmp/missing"
burst node1 1 10 &
burst1=$!
burst node2 11 20 &
burst2=$!
for count in 2 5 8; do
	for node in node1 node2; do
		soon 60 added $node $count
		on $node sh -c 'kill -9 $(pidof aws-k8s-agent)'
	done
done
wait $burst1 $burst2
same "20 pods are added while their daemons are killed six times" "$(cat "$tmp/missing")" ""
for node in node1 node2; do check "the daemon of $node is back" soon 60 serves $node; done

all=$(status '.nodes[0,1].pods[] | "\(.file) \(.ip)"' | sed 's|/32||' | sort)
same "there are 20" "$(echo "$all" | grep -c .)" 20
same "no address is given twice" "$(echo "$all" | cut -d' ' -f2 | sort | uniq -d)" ""
mute=
for n in 1 2 3 4 5 6 7 8 9 10; do
	pod_pings pod-$n "$(pod_ip pod-$((n + 10)))" >/dev/null || mute="$mute pod-$n"
	pod_pings pod-$((n + 10)) 8.8.8.8 >/dev/null || mute="$mute pod-$((n + 10))"
	"$LAB" pod check pod-$n >/dev/null 2>&1 && "$LAB" pod check pod-$((n + 10)) >/dev/null 2>&1 || mute="$mute check-$n"
done
same "each of them works, and CHECK finds each wired" "$mute" ""
# agree NODE: each pod has its line in the checkpoint. A line more is only from a call that was cut off between the
# checkpoint and the answer, and names a pod that is there: its address is taken back with the pod.
agree() {
	leases "$1" | sort >"$tmp/leases"
	status ".nodes[] | select(.name == \"$1\").pods[] | \"\(.ip) default/\(.name)\"" | sed 's|/32||' | sort >"$tmp/pods"
	[ -s "$tmp/pods" ] && ! comm -23 "$tmp/pods" "$tmp/leases" | grep . &&
		! comm -13 "$tmp/pods" "$tmp/leases" | cut -d' ' -f2 | grep -vxF "$(cut -d' ' -f2 "$tmp/pods")"
}
check "the checkpoint of node1 has these pods and no other" agree node1
check "so has node2's" agree node2

# ---- what a restart mends

break_host node1
check "a daemon that is killed is back" restart node1
check "its host's rules are back with it" soon 20 mended node1
gone=$(pod_ip pod-1)
on node1 sh -c "ip link del \$(ip route show $gone | sed 's/.* dev \\([^ ]*\\) .*/\\1/')"
refuse "a pod loses its link" pod_pings pod-1 169.254.1.1 -W 0.3
check "a daemon that starts then" restart node1
same "drops its address" "$(leases node1 | grep -c "^$gone ")" 0
same "and its rules" "$(on node1 ip rule | grep -cw "$gone")" 0
has "and says why" "$(on node1 grep "$gone" $log | tail -n 1)" "host-side veth not found for pod default/pod-1"
check "DEL of such a pod succeeds" "$LAB" pod del pod-1
check "the others keep theirs" agree node1

# ---- a checkpoint that is none

on node1 cp $store /run/good
serves_not() { ! serves node1; }
says() { on node1 tail -n 3 $log | grep -qF "$1"; }
# garbage CLAIM WORDS SCRIPT: the script writes another checkpoint
garbage() {
	on node1 sh -c "$3"
	on node1 sh -c "cp $store /run/garbage; : >$log; kill -9 \$(pidof aws-k8s-agent)"
	if soon 20 says "$2"; then ok "$1: the log says so"; else
		not_ok "$1: the log says so" "no '$2' in it"
		on node1 tail -n 3 $log | sed 's/^/# /'
	fi
	check "$1: nothing is served" serves_not
	check "$1: what is there stays there" on node1 cmp $store /run/garbage
}
garbage "garbage" "$store: " "echo garbage >$store"
garbage "half a file" "$store: " "head -c 300 /run/good >$store"
garbage "another version" "vpc-cni-ipam/9" "sed 's|vpc-cni-ipam/1|vpc-cni-ipam/9|' /run/good >$store"
garbage "an address that is none" "192.168.1.999" "jq -c '.allocations[3].ipv4 = \"192.168.1.999\"' /run/good >$store"
garbage "an address twice" "already in data store" "jq -c '.allocations[3].ipv4 = .allocations[2].ipv4' /run/good >$store"
on node1 cp /run/good $store
check "with the right one it serves again" soon 30 serves node1
check "with every address as before" agree node1
check "an empty place is a new node" on node1 sh -c "rm $store; kill -9 \$(pidof aws-k8s-agent)"
check "where it serves too" soon 30 serves node1
on node1 cp /run/good $store
check "and again with the old one" restart node1

# ---- SIGTERM

pid=$(agent node2)
on node2 strace -q -e trace=none -e signal=none -o /run/end -p "$pid" &
tracer=$!
traced() { on node2 grep -q '^TracerPid:.[1-9]' "/proc/$pid/status"; }
soon 30 traced
on node2 kill -TERM "$pid"
wait $tracer
same "SIGTERM: exit 0" "$(on node2 cat /run/end)" "+++ exited with 0 +++"
has "with a word in the log" "$(on node2 grep -c 'msg":"stopped' $log)" 1
soon 60 another node2 "$pid"
check "and the next one has all pods" agree node2

# ---- the daemon's own round

check "rules that somebody deletes are back within half a minute" soon 40 mended node3
check "a pod is added to that node" "$LAB" pod add node3 pod-21
check "and reaches the Internet" pod_pings pod-21 8.8.8.8
finish
