#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# abuse.sh - callers that wait for our output to end or have closed theirs, and a root on a node who pulls out an ENI:
# the lab goes on.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

trap '"$LAB" down 2>/dev/null; lab_down; rm -rf "$tmp"' EXIT

background() { timeout 30 sh -c 'table=$("$0" up -d); case $table in NODE*) ;; *) exit 1 ;; esac' "$LAB"; }
check "up -d ends the pipe that it writes to" background
check "status with stdin closed" sh -c '"$0" status <&-' "$LAB"
check "exec with stdin closed" sh -c '"$0" exec node1 -- true <&-' "$LAB"
check "down with stdin closed" sh -c '"$0" down <&-' "$LAB"
check "up with stdin closed" sh -c '"$0" up -d -n 1 <&-' "$LAB"
"$LAB" down

refuse "a number that no int holds is refused" timeout 20 "$LAB" up --zones 4294967297
has "in words that name it" "$(cat "$tmp/check")" "--zones: 4294967297 is out of range"

lab_up
eni=$("$LAB" status -o json | jq -r '.nodes[] | select(.name == "node2").enis[0].id')
check "root on a node deletes its ENI's link" on node2 ip link del ens5
has "EC2 takes an address from that ENI all the same" \
	"$(ec2 "UnassignPrivateIpAddresses&NetworkInterfaceId=$eni&PrivateIpAddress.1=$(eni node2 0 | sed -n 2p)")" \
	"<return>true</return>"
has "and gives it another" \
	"$(ec2 "AssignPrivateIpAddresses&NetworkInterfaceId=$eni&SecondaryPrivateIpAddressCount=1")" "<return>true</return>"
check "the other node is none the worse" "$LAB" pod add node1 pod-1
finish
