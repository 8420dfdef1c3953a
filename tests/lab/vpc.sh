#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vpc.sh - what makes the lab's network a VPC and not a switch: who hears whom, and who does not.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

# node1 and node3 in one subnet, node2 in another.
lab_up --nodes 3 --zones 2
check "nothing of the machine's own changes while a lab is up" untouched
node1=$(node_ip node1) node2=$(node_ip node2) node3=$(node_ip node3)
gw1=${node1%.*}.1
check "pod-1 is added on node1" "$LAB" pod add node1 pod-1
check "pod-2 is added on node2" "$LAB" pod add node2 pod-2
check "pod-3 is added on node3" "$LAB" pod add node3 pod-3
pod1=$(pod_ip pod-1) pod2=$(pod_ip pod-2)
second() { on node1 ip route show table 2 | grep -q default; }
check "with its first pod, node1 gets a second ENI" soon 60 second

# ---- the node's network, as the seed shows it

same "routes of a node: those of EC2's DHCP" "$(on node1 ip route show dev ens5 | sed 's/ *$//')" \
	"default via $gw1 proto dhcp src $node1 metric 1024
192.168.0.2 via $gw1 proto dhcp src $node1 metric 1024
${node1%.*}.0/24 proto kernel scope link src $node1 metric 1024
$gw1 proto dhcp scope link src $node1 metric 1024"
has "ens5 has the primary address, metric 1024 and an MTU of 9001" "$(on node1 ip addr show ens5)" \
	"inet $node1/24 metric 1024 brd ${node1%.*}.255 scope global ens5"
same "an ENI's MAC is the one that EC2 says" "$(on node1 cat /sys/class/net/ens5/address)" \
	"$(status '.nodes[0].enis[] | select(.device == 0).mac')"
same "a host name as EC2 gives it" "$(on node1 hostname)" "ip-$(echo "$node1" | tr . -).ap-northeast-2.compute.internal"
same "/run of a node is a tmpfs" "$(on node1 stat -f -c %T /run)" tmpfs

# ---- who reaches whom

check "node to node in another subnet" pings node1 "$node2"
check "node to node in the same subnet" pings node1 "$node3"
check "pod to pod in another subnet" pod_pings pod-1 "$pod2"
check "pod to pod in the same subnet" pod_pings pod-1 "$(pod_ip pod-3)"
check "pod to another node" pod_pings pod-1 "$node2"
check "node to a pod of another node" pings node2 "$pod1"
check "node to a pod of its own" pings node1 "$pod1"
check "a packet of 9001 bytes passes whole" pod_pings pod-1 -M do -s 8973 "$pod2"
refuse "one of 9002 does not" pod_pings pod-1 -W 0.3 -M do -s 8974 "$pod2"

# ---- names

resolved() { on "$1" getent hosts "$2" | awk '{ print $1 }'; }
same "the resolver knows EC2" "$(resolved node1 ec2.ap-northeast-2.amazonaws.com)" 192.168.0.10
same "the resolver knows a node" "$(resolved node2 "$(on node1 hostname)")" "$node1"
same "and a node by its address" "$(on node2 getent hosts "$node1" | awk '{ print $2 }')" "$(on node1 hostname)"
same "an unknown name is nobody's" "$(resolved node1 nobody.example.com)" ""
same "a pod asks the same resolver" "$(in_pod pod-1 getent hosts ifconfig.co | awk '{ print $1 }')" 198.51.100.80
# lookup SERVER: the question for ifconfig.co as bytes, and whether its address is in the answer.
cat >"$tmp/lookup.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(bytes.fromhex("beef01000001000000000000") + b"\x08ifconfig\x02co\x00\x00\x01\x00\x01", (sys.argv[1], 53))
answer = s.recv(512)
sys.exit(answer[:2] != b"\xbe\xef" or socket.inet_aton("198.51.100.80") not in answer)
PY
for at in 192.168.0.2 169.254.169.253; do
	check "a resolver answers at $at" on node1 python3 "/.host$tmp/lookup.py" $at
done

# ---- the source/destination check. The counters tell what came to the router and what it let pass.

other=${node1%.*}.3 # EC2 never gives this one
watch vpc came prerouting -300 "ip daddr $node2 icmp type echo-request"
watch vpc passed forward -1 "ip daddr $node2 icmp type echo-request"
# sent_from CLAIM CAME PASSED COMMAND...: of the one packet that the command sends
sent_from() {
	claim=$1
	want="$2 came, $3 passed"
	shift 3
	came=$(counted vpc came) passed=$(counted vpc passed)
	"$@" >"$tmp/ping" 2>&1
	same "$claim" "$(($(counted vpc came) - came)) came, $(($(counted vpc passed) - passed)) passed" "$want"
}
sent_from "a packet with the node's own address is let through" 1 1 pings node1 "$node2"
on node1 ip addr add "$other/32" dev lo
sent_from "one with an address that EC2 has not assigned is not" 1 0 silent node1 -I "$other" "$node2"
on node1 ip addr del "$other/32" dev lo
sent_from "nor one with another node's address" 1 0 on node1 sh -c \
	"ip addr add $node3/32 dev lo; ping -n -c 1 -W 0.3 -I $node3 $node2; ip addr del $node3/32 dev lo"
sent_from "a pod's packet with the pod's address is let through" 1 1 pod_pings pod-1 "$node2"
in_pod pod-1 ip addr add "$(pod_ip pod-3)/32" dev eth0
sent_from "one with the address of a pod elsewhere does not even leave its node" 0 0 \
	in_pod pod-1 ping -n -c 1 -W 0.3 -I "$(pod_ip pod-3)" "$node2"
eni1=$(eni node1 1 | head -n 1)
sent_from "the second ENI's address passes its own ENI" 1 1 pings node1 -I "$eni1" "$node2"
on node1 ip rule add from "$eni1" lookup main prio 1000
sent_from "it does not pass the first ENI" 1 0 silent node1 -I "$eni1" "$node2"
on node1 ip rule del prio 1000

watch node2 came prerouting -300 "ip daddr $other"
on node1 ip route add "$other" via "$gw1" src "$node1"
silent node1 "$other"
same "a packet to an address that nobody has comes to nobody" "$?" 0
same "not even to a node that would take it" "$(counted node2 came)" 0
on node1 ip route del "$other"

# ---- ARP: the router answers for what is assigned, and for nothing else

on vpc nft 'add table arp spy; add chain arp spy out { type filter hook output priority 0; }'
for who in "$other" "$node3"; do
	on vpc nft "add rule arp spy out arp operation reply arp saddr ip $who counter comment \"$who\""
done
answered() { on vpc nft list chain arp spy out | sed -n "s/.*counter packets \([0-9]*\) .*\"$1\"/\1/p"; }
lladdr() { on node1 ip neigh show "$1" dev ens5 | awk '{ print $3 }'; }
on node1 ip neigh flush dev ens5
silent node1 "$other"
pings node1 "$node3" >/dev/null
pings node1 "$gw1" >/dev/null
same "ARP for an address that nobody has is not answered" "$(answered "$other")" 0
same "ARP for a neighbour of the subnet is" "$(answered "$node3")" 1
same "by the router" "$(lladdr "$node3")" "$(lladdr "$gw1")"

# ---- the Internet gateway

dropped() { on vpc nft list chain ip igw gate | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'; }
check "a node reaches the Internet" pings node1 8.8.8.8
check "a pod does, through its node's SNAT" pod_pings pod-1 8.8.8.8
same "the outside sees the node's public address" "$(in_pod pod-1 curl -s -m 5 ifconfig.co)" \
	"$(status '.nodes[0].public_ip')"
before=$(dropped)
on node1 iptables -w -t nat -I AWS-SNAT-CHAIN-0 -d 8.8.8.8 -j RETURN
in_pod pod-1 ping -n -c 1 -W 0.3 8.8.8.8 >"$tmp/ping"
has "without SNAT a pod does not" "$(cat "$tmp/ping")" "1 packets transmitted, 0 received"
same "because the gateway drops what has no public address" "$(($(dropped) - before))" 1
on node1 iptables -w -t nat -D AWS-SNAT-CHAIN-0 -d 8.8.8.8 -j RETURN
watch node1 came prerouting -300 "ip saddr 8.8.8.8 ip daddr $node1 icmp type echo-request"
group=$(ec2 DescribeSecurityGroups | sed -n 's/.*<groupId>\(sg-[0-9a-f]*\)<.*/\1/p' | head -n 1)
check "the Internet does not reach a node whose group lets nobody in" silent internet -I 8.8.8.8 "$(status '.nodes[0].public_ip')"
ec2 "AuthorizeSecurityGroupIngress&GroupId=$group&IpPermissions.1.IpProtocol=icmp&IpPermissions.1.FromPort=8&IpPermissions.1.ToPort=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0" >/dev/null
check "the Internet reaches a node at its public address" pings internet -I 8.8.8.8 "$(status '.nodes[0].public_ip')"
same "where it arrives with the private one" "$(counted node1 came)" 1
refuse "but no private address" pings internet -W 0.3 "$node1"

# ---- the end

for pod in pod-1 pod-2 pod-3; do "$LAB" pod del $pod >/dev/null || not_ok "pod del $pod"; done
check "nothing of the machine's own has changed after it all" untouched
lab_down
check "and nothing when the lab has ended" untouched
finish
