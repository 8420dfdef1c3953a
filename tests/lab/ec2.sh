#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ec2.sh - EC2 as the outside sees it (curl signs), and a t3.medium filled to its last address.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up
node1=$(node_ip node1) public=$(status '.nodes[0].public_ip')

# ---- who may ask

# code: EC2's and HTTP's, of an answer
code() { sed -n -e 's/.*<Code>\([^<]*\).*/\1/p' -e '$p' | xargs; }

said=$(on node1 curl -s -m 5 -w '\n%{http_code}\n' -d 'Version=2016-11-15&Action=DescribeVpcs' "$EC2")
same "without a signature: refused" "$(echo "$said" | code)" "MissingAuthenticationToken 403"
same "in EC2's XML" "$(echo "$said" | sed -e 's/<RequestID>[-0-9a-f]\{36\}</<RequestID>?</' -e '/^403$/d' | tr -d '\n')" \
	'<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token</Message></Error></Errors><RequestID>?</RequestID></Response>'
same "curl's signature is right" "$(ec2 DescribeVpcs | tail -n 1)" 200
same "with another secret: refused" "$(SECRET=wrong ec2 DescribeVpcs | code)" "SignatureDoesNotMatch 403"
same "with an unknown key: refused" "$(KEY=AKIANOBODY0000000000 ec2 DescribeVpcs | code)" "AuthFailure 401"
same "signed for another region: refused" "$(region=eu-west-1 ec2 DescribeVpcs | code)" "SignatureDoesNotMatch 403"
same "signed for another service: refused" "$(service=s3 ec2 DescribeVpcs | code)" "SignatureDoesNotMatch 403"
cat >"$tmp/other.sh" <<'END'
# other.sh URL KEY SECRET ACTION: what curl signs for DescribeVpcs is sent with another action.
auth=$(curl -sv -m 5 --aws-sigv4 aws:amz:ap-northeast-2:ec2 --user "$2:$3" -d "Version=2016-11-15&Action=DescribeVpcs" \
	"$1" 2>&1 >/dev/null | sed -n 's/^> \(\(Authorization\|X-Amz-Date\): .*\)\r*$/\1/p' | tr -d '\r')
curl -s -m 5 -w '\n%{http_code}\n' -H "$(echo "$auth" | sed -n 1p)" -H "$(echo "$auth" | sed -n 2p)" \
	-d "Version=2016-11-15&Action=$4" "$1"
END
same "another action than was signed: refused" \
	"$(on node1 sh "/.host$tmp/other.sh" $EC2 $KEY $SECRET DescribeSubnets | code)" "SignatureDoesNotMatch 403"
same "the same sent as it was signed: accepted" \
	"$(on node1 sh "/.host$tmp/other.sh" $EC2 $KEY $SECRET DescribeVpcs | tail -n 1)" 200
same "an unknown action: refused" "$(ec2 RebootEverything | code)" "InvalidAction 400"
has "all of it is in the log, one JSON object a line" \
	"$(on vpc jq -r '[.action, .caller, .code] | join(" ")' /run/vpcbox-lab/ec2.log)" "DescribeVpcs lab SignatureDoesNotMatch"

# ---- as many pods as there are addresses: 3 ENIs with 6 each, one of which is the ENI's own

check "other is added on node2" "$LAB" pod add node2 other
other=$(pod_ip other)
filled=0
while [ $filled -lt 15 ] && soon 30 "$LAB" pod add node1 "pod-$((filled + 1))"; do filled=$((filled + 1)); done
same "a t3.medium takes 15 pods" $filled 15
same "on 3 ENIs with 18 addresses" "$(status '.nodes[0] | "\(.enis | length) \(.enis | map(.ips | length) | add)"')" "3 18"
leases node1 | cut -d' ' -f1 | sort >"$tmp/leases"
same "no address twice" "$(uniq -d "$tmp/leases")" ""
for d in 0 1 2; do eni node1 $d | tail -n +2; done | sort >"$tmp/pool"
same "all of those that EC2 has assigned" "$(cat "$tmp/leases")" "$(cat "$tmp/pool")"

said=$("$LAB" pod add node1 pod-16 2>&1)
has "the 16th fails, and says why" "$? $said" \
	"1 vpcbox-lab: pod add pod-16: plugin aws-cni: add cmd: failed to assign an IP address to container"
on node1 ip netns add bare
plugin() { # COMMAND: aws-cni by hand
	on node1 sh -c 'jq -c ".plugins[0] + {name: .name, cniVersion: .cniVersion}" /etc/cni/net.d/10-aws.conflist |
		CNI_COMMAND=$0 CNI_CONTAINERID=bare CNI_NETNS=/run/netns/bare CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin /opt/cni/bin/aws-cni' "$1"
}
same "as an error object that says where to look" "$(plugin ADD | jq -r '[.code, .msg, .details] | join("; ")')" \
	"999; add cmd: failed to assign an IP address to container; ipamd: AssignPodIPAddress: no available IP/Prefix addresses; the pool cannot grow: the node has all ENIs and addresses that it may have; /var/log/aws-routed-eni/ipamd.log says more"
same "with nothing in the pod's namespace" "$(on node1 ip -n bare -br link | cut -d' ' -f1)" lo
has "ipamd's log has the reason" "$(on node1 grep pod-16 /var/log/aws-routed-eni/ipamd.log)" \
	"no available IP/Prefix addresses"
has "and why there are no more" "$(on node1 grep 'pool is low' /var/log/aws-routed-eni/ipamd.log)" \
	"cannot grow addresses=15 "
same "the node has 15 links of pods, not more" "$(on node1 ip -br link | grep -c '^eni')" 15
refuse "and no namespace for the 16th" on node1 test -e /run/netns/pod-16

# ---- EC2's own limits are what holds

instance=$(status '.nodes[0].instance')
eni=$(status '.nodes[0].enis[] | select(.device == 2).id')
same "a seventh address for an ENI: refused" \
	"$(ec2 "AssignPrivateIpAddresses&SecondaryPrivateIpAddressCount=1&NetworkInterfaceId=$eni" | code)" \
	"PrivateIpAddressLimitExceeded 400"
spare=$(ec2 "CreateNetworkInterface&SubnetId=$(status '.nodes[0].enis[0].subnet')" | element networkInterfaceId)
same "a fourth ENI: refused" \
	"$(ec2 "AttachNetworkInterface&DeviceIndex=9&InstanceId=$instance&NetworkInterfaceId=$spare" | code)" \
	"AttachmentLimitExceeded 400"
same "an ENI in use cannot be deleted" "$(ec2 "DeleteNetworkInterface&NetworkInterfaceId=$eni" | code)" "InvalidParameterValue 400"
same "an unused one can" "$(ec2 "DeleteNetworkInterface&NetworkInterfaceId=$spare" | tail -n 1)" 200
same "but once" "$(ec2 "DeleteNetworkInterface&NetworkInterfaceId=$spare" | code)" "InvalidNetworkInterfaceID.NotFound 400"

# ---- pods on secondary ENIs

for d in 1 2; do
	dev=ens$((5 + d)) table=$((1 + d))
	ip=$(eni node1 $d | sed -n 2p)
	pod=$(status ".nodes[0].pods[] | select(.ip == \"$ip/32\").file")
	watch node1 "vpc$d" postrouting 300 "oifname $dev ip saddr $ip ip daddr $other"
	watch node1 "net$d" postrouting 300 "oifname ens5 ip saddr $node1 ip daddr 8.8.8.8"
	has "$pod of ENI $d: rule 1536 leads to table $table" "$(on node1 ip rule)" "1536:	from $ip lookup $table"
	has "$pod of ENI $d: whose way is $dev" "$(on node1 ip route show table $table)" "default via ${node1%.*}.1 dev $dev"
	check "$pod of ENI $d reaches a pod elsewhere" pod_pings "$pod" "$other"
	same "by its own ENI, as itself" "$(counted node1 "vpc$d")" 1
	check "$pod of ENI $d is reached from there" pod_pings other "$ip"
	check "$pod of ENI $d reaches the Internet" pod_pings "$pod" 8.8.8.8
	same "by the primary ENI, as the node" "$(counted node1 "net$d")" 1
done
reached=0 seen=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	pod_pings pod-$i "$other" >/dev/null && reached=$((reached + 1))
	[ "$(in_pod pod-$i curl -s -m 5 ifconfig.co)" = "$public" ] && seen=$((seen + 1))
done
same "all 15 reach the other node's pod" $reached 15
same "all 15 are node1 to the Internet" $seen 15
first=$(status '.nodes[0].pods[] | select(.file == "pod-1").ip')
check "two pods of different ENIs of one node reach each other" pod_pings pod-15 "${first%/*}"

# ---- given back

check "a pod is deleted" "$LAB" pod del pod-1
refuse "its address is not given to the next one at once: it cools down" "$LAB" pod add node1 pod-17
old=$(pod_ip other)
check "deleted and added again" sh -c "'$LAB' pod del other && '$LAB' pod add node2 other"
check "a pod has another address than before" [ "$(pod_ip other)" != "$old" ]
for i in 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do "$LAB" pod del pod-$i >/dev/null || not_ok "pod-$i is deleted"; done
unwired() { [ -z "$(wiring node1)" ]; }
check "when all are deleted, no rule, route or link is left" soon 20 unwired
same "and no allocation" "$(leases node1)" ""
same "EC2 still has the ENIs for the next ones" "$(status '.nodes[0].enis | length')" 3
finish
