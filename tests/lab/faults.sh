#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# faults.sh - security groups on packets, and misfortune on request: what shuts, fails, is late or lost does so, is told, and is over
# when it is cleared.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 2
fault() { $AS "$LAB" fault "$@"; }
node1=$(node_ip node1) node2=$(node_ip node2)
public1=$(status '.nodes[0].public_ip')
group=$(ec2 "DescribeSecurityGroups" | sed -n 's/.*<groupId>\(sg-[0-9a-f]*\)<.*/\1/p' | head -n 1)

# ---- security groups
serve='import socket
s = socket.create_server(("0.0.0.0", 8080))
while True:
    c, who = s.accept()
    c.sendall(who[0].encode() + b"\n")
    c.close()'
on node1 python3 -c "$serve" &
server=$!
ask() { on "$1" timeout 2 python3 -c 'import socket, sys
print(socket.create_connection((sys.argv[1], 8080), 1).makefile().readline().strip())' "$2"; }
answers() { [ "$(ask "$1" "$2" 2>/dev/null)" ]; }
check "members of the default group reach each other" soon 20 answers node2 "$node1"
check "what a node asks for comes back" pings node1 8.8.8.8
refuse "the Internet does not reach a node that lets nobody in" answers internet "$public1"
ingress="AuthorizeSecurityGroupIngress&GroupId=$group&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=8000&IpPermissions.1.ToPort=8080"
ec2 "$ingress&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0" >/dev/null
check "a rule lets it in" answers internet "$public1"
check "but no pings" silent internet "$public1"
ec2 "RevokeSecurityGroupIngress&GroupId=$group&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=8000&IpPermissions.1.ToPort=8080&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0" >/dev/null
refuse "without the rule it is out again" answers internet "$public1"
other=$(ec2 "CreateSecurityGroup&GroupName=other&GroupDescription=other&VpcId=$(status .vpc)" | sed -n 's/.*<groupId>\(sg-[0-9a-f]*\)<.*/\1/p')
eni2=$(status '.nodes[1].enis[0].id')
ec2 "ModifyNetworkInterfaceAttribute&NetworkInterfaceId=$eni2&SecurityGroupId.1=$other" >/dev/null
refuse "an ENI that has another group is no member any more" answers node2 "$node1"
ec2 "AuthorizeSecurityGroupIngress&GroupId=$group&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=8080&IpPermissions.1.ToPort=8080&IpPermissions.1.Groups.1.GroupId=$other" >/dev/null
check "until that group is let in" answers node2 "$node1"
ec2 "AuthorizeSecurityGroupIngress&GroupId=$other&IpPermissions.1.IpProtocol=icmp&IpPermissions.1.FromPort=8&IpPermissions.1.ToPort=-1&IpPermissions.1.IpRanges.1.CidrIp=$node1/32" >/dev/null
check "ICMP goes by type and source" pings node1 "$node2"
ec2 "ModifyNetworkInterfaceAttribute&NetworkInterfaceId=$eni2&SecurityGroupId.1=$group" >/dev/null

# ---- faults
has "nothing is wrong by itself" "$(fault list)" "ID   FAULT"
fault add shut node1 >/dev/null
refuse "a group that is shut lets nothing in" answers node2 "$node1"
check "a running connection and what is asked for go on" pings node1 8.8.8.8
fault clear 1 >/dev/null
check "cleared, it is as it was" answers node2 "$node1"

fault add route main >/dev/null
check "a route table without its route: no way out" silent node1 8.8.8.8
same "DescribeRouteTables shows it" "$(ec2 DescribeRouteTables | grep -c 0.0.0.0/0)" 0
fault clear 2 >/dev/null
check "cleared, there is a way" pings node1 8.8.8.8
has "and it is shown" "$(ec2 DescribeRouteTables)" "0.0.0.0/0"

token() { on "$1" curl -s -o /dev/null -w '%{http_code}' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token; }
fault add imds node1=401 >/dev/null
same "IMDS refuses a node" "$(token node1)" 401
same "and no other" "$(token node2)" 200
fault clear 3 >/dev/null
same "cleared, it answers" "$(token node1)" 200

fault add call DescribeVpcs:2=InternalError >/dev/null
has "the first call is answered" "$(ec2 DescribeVpcs)" "<vpcId>"
has "the second is refused" "$(ec2 DescribeVpcs)" "<Code>InternalError</Code>"
has "the third is answered" "$(ec2 DescribeVpcs)" "<vpcId>"
has "the list counts them" "$(fault list)" "4    call      3      DescribeVpcs:2=InternalError"
fault add call CreateTags=InternalError/done >/dev/null
has "an answer is lost" "$(ec2 "CreateTags&ResourceId.1=$eni2&Tag.1.Key=k&Tag.1.Value=v")" "<Code>InternalError</Code>"
has "what it told of was done" "$(ec2 "DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1=$eni2")" "<key>k</key>"
fault add call DescribeSubnets=1500ms >/dev/null
began=$(date +%s%N)
has "a late answer is the same" "$(ec2 DescribeSubnets)" "<subnetId>"
check "and late" [ $((($(date +%s%N) - began) / 1000000)) -ge 1500 ]
fault add throttle DescribeVpcs=0.001:1 >/dev/null
has "a full bucket serves" "$(ec2 DescribeVpcs)" "<vpcId>"
has "an empty one throttles" "$(ec2 DescribeVpcs)" "<Code>RequestLimitExceeded</Code>"
fault add attach node2 >/dev/null
eni=$(ec2 "CreateNetworkInterface&SubnetId=$(status '.nodes[1].enis[0].subnet')" | sed -n 's/.*<networkInterfaceId>\(eni-[0-9a-f]*\)<.*/\1/p')
attach="AttachNetworkInterface&NetworkInterfaceId=$eni&InstanceId=$(status '.nodes[1].instance')&DeviceIndex=3"
has "people attach all the same: the fault is node2's" "$(ec2 "$attach")" "<attachmentId>"
id=$(fault list -o json | jq '.[] | select(.kind == "attach").id')
fault clear >/dev/null
same "all are cleared at once" "$(fault list -o json)" "[]"
has "and gone" "$(ec2 DescribeVpcs; ec2 DescribeVpcs)" "<vpcId>"

# ---- nonsense
refused() {
	name=$1 want=$2
	shift 2
	said=$(fault "$@" 2>&1)
	same "$name: it fails" $? "${status_:-1}"
	has "$name: it says" "$said" "$want"
}
refused "an unknown kind" "no fault 'earthquake'; there are call, throttle, imds, route, shut, attach" add earthquake now
refused "a call without a code" "'DescribeVpcs' is not ACTION[:N]=CODE" add call DescribeVpcs
refused "a number that is none" "is not ACTION[:N]=CODE" add call DescribeVpcs:0=X
refused "a node that is not there" "no node 'node9'; there are node1 to node2" add attach node9
refused "a status that IMDS never has" "is not NODE|all=401" add imds node1=200
refused "a group that is not there" "no security group and no node 'sg-1'" add shut sg-1
refused "a route table that is not there" "there is main" add route other
refused "a fault that is not there" "there is no fault 77" clear 77
status_=100 refused "a number that is a word" "'x' is not the number of a fault" clear x
status_=100 refused "a verb that is none" "needs list, add KIND WHAT, or clear [ID]" maybe
fault add imds all=503 >/dev/null
refused "the same again" "already" add imds all=503
has "help lists them" "$(fault --help)" "shut      SG-ID|NODE"
kill "$server" 2>/dev/null
finish
