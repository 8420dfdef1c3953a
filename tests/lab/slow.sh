#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# slow.sh - an EC2 that takes its time, a daemon that is told to go while it waits for it, and addresses that rest.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 1 -e IP_COOLDOWN_PERIOD=2 --call-ms 300 --attach-ms 500 --imds-lag-ms 500
ok "with calls that take 0.3 s and more, a lab comes up"
check "and a pod is added" "$LAB" pod add node1 pod-1
called() { on vpc grep -q "$1" /run/vpcbox-lab/ec2.log; }
check "the pool asks for an ENI" soon 60 called CreateNetworkInterface
pid=$(agent node1)
on node1 kill -TERM "$pid"
check "SIGTERM while a call is under way: the pods it has are safe, the next daemon serves" soon 60 another node1 "$pid"
two() { on node1 ip route show table 2 | grep -q default; }
check "and the second ENI comes" soon 60 two
same "no ENI is left over in EC2" "$(ec2 DescribeNetworkInterfaces | grep -o '<status>[a-z-]*' | sort | uniq -c | xargs)" \
	"2 <status>attached 2 <status>in-use"
check "the pod works" pod_pings pod-1 8.8.8.8
check "and is wired" "$LAB" pod check pod-1

old=$(pod_ip pod-1)
"$LAB" pod del pod-1 >/dev/null && "$LAB" pod add node1 pod-2 >/dev/null || not_ok "pod-1 goes, pod-2 comes"
refuse "an address that was given back is not given at once" [ "$(pod_ip pod-2)" = "$old" ]
again() {
	"$LAB" pod add node1 pod-3 && [ "$(pod_ip pod-3)" = "$old" ] && return
	"$LAB" pod del pod-3
	return 1
}
check "but when it has rested as long as the agent was told" soon 30 again
check "and works" pod_pings pod-3 "$(pod_ip pod-2)"
finish
