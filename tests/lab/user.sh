#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# user.sh - a lab of somebody who is not root, where the kernel allows user namespaces.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

# Where somebody else may read: the tree may lie in a folder that only root enters.
chmod 755 "$tmp"
mkdir "$tmp/bin"
cp "$VPCBOX" "$LAB" "$tmp/bin"
LAB=$tmp/bin/vpcbox-lab
AS='setpriv --reuid 65534 --regid 65534 --clear-groups'
cd "$tmp" || exit 1

# A root folder of mode 700 shuts everybody else out of everything; then there is nobody who could have a lab.
if ! $AS /bin/true 2>/dev/null; then
	same "nobody but root can run anything here, for only root may enter /" "$(stat -c %a / | cut -c3)" 0
	finish
fi
if ! $AS unshare -Urn true 2>/dev/null; then
	said=$($AS "$LAB" up -d 2>&1)
	has "where the kernel refuses user namespaces, up says so" "$? $said" "user namespaces"
	finish
fi

lab_up
ok "somebody who is not root has a lab"
same "both nodes are ready" "$(status '[.nodes[].ready] | all')" true
check "a pod is added" $AS "$LAB" pod add node1 pod-1
check "and one on the other node" $AS "$LAB" pod add node2 pod-2
check "CHECK finds it wired" $AS "$LAB" pod check pod-1
check "pod to pod" pod_pings pod-1 "$(pod_ip pod-2)"
check "pod to the Internet" pod_pings pod-1 8.8.8.8
same "with the node's public address as source" "$(in_pod pod-1 curl -s -m 5 ifconfig.co)" "$(status '.nodes[0].public_ip')"
refuse "an address that nobody has is silent here too" pings node1 -W 0.3 192.168.1.3
same "the routes of a node" "$(on node1 ip route show dev ens5 | grep -c 'proto dhcp')" 3
two() { on node1 ip route show table 2 | grep -q default; }
check "an ENI is attached" soon 60 two
check "ip netns knows the pod" on node1 ip netns exec pod-1 true
said=$("$LAB" status 2>&1)
same "root does not find it: a lab's name is its owner's" "$? $said" \
	"1 vpcbox-lab: status: no lab named '$VPCBOX_LAB' is up; start one with 'vpcbox-lab up -d'"
said=$($AS "$LAB" tour 2>&1)
has "tour says why it needs root" "$? $said" "1 vpcbox-lab: tour: needs root"
check "a pod is deleted" $AS "$LAB" pod del pod-2
check "down" $AS "$LAB" down
wait "$lab_pid"
same "and up has ended well" $? 0
lab_pid=
theirs() { ps -U 65534 -o args= | grep -q "$tmp"; }
refuse "no process is left" theirs
check "this machine is as before" untouched
finish
