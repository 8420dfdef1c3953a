#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# imds.sh - the instance metadata service, asked with curl from nodes and pods; and that nobody writes down its secrets.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --imds-lag-ms 2000
"$LAB" pod add node1 pod-1 >/dev/null || not_ok "pod-1 is added"

at=http://169.254.169.254/latest
# new_token WHO TTL: WHO is node1 or "pod-1@", as everywhere here. code WHO PATH [CURL-OPTION...]: only the status.
ask() {
	who=$1 path=$2
	shift 2
	case $who in
	*@) in_pod "${who%@}" curl -s -m 2 "$@" "$at/$path" ;;
	*) on "$who" curl -s -m 2 "$@" "$at/$path" ;;
	esac
}
new_token() { ask "$1" api/token -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: $2"; }
code() {
	who=$1 path=$2
	shift 2
	ask "$who" "$path" -o /dev/null -w '%{http_code}' "$@"
}
with() { echo "X-aws-ec2-metadata-token: $1"; }

# ---- tokens

token1=$(new_token node1 60) token2=$(new_token node2 60)
same "a token is 56 letters of base64" "$(echo "$token1" | grep -cE '^[A-Za-z0-9+/]{54}==$')" 1
same "no token, no answer: 401" "$(code node1 meta-data/)" 401
same "a wrong token: 401" "$(code node1 meta-data/ -H "$(with AAAA"${token1#????}")")" 401
same "another node's token: 401" "$(code node1 meta-data/ -H "$(with "$token2")")" 401
same "the right one: 200" "$(code node1 meta-data/ -H "$(with "$token1")")" 200
for ttl in 0 21601 -1 soon ''; do
	same "a TTL of '$ttl' s: 400" "$(code node1 api/token -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: $ttl")" 400
done
same "a token asked for by GET: 405" "$(code node1 api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')" 405
same "a token asked for through a proxy: 403" \
	"$(code node1 api/token -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' -H 'X-Forwarded-For: 10.0.0.1')" 403
same "what is not there: 404" "$(code node1 meta-data/no-such -H "$(with "$token1")")" 404
short=$(new_token node1 1)
expired() { [ "$(code node1 meta-data/ -H "$(with "$short")")" = 401 ]; }
check "a token is good no longer than its TTL" soon 20 expired
same "while a longer one is" "$(code node1 meta-data/ -H "$(with "$token1")")" 200

# ---- hops: the token's answer may take two

token=$(new_token pod-1@ 60)
same "a pod, one hop further, gets a token" "$(code pod-1@ meta-data/ -H "$(with "$token")")" 200
# behind NAME: a network behind pod-1, as a container in a container has it
in_pod pod-1 sh -ec '
	echo 1 >/proc/sys/net/ipv4/ip_forward
	ip netns add behind
	ip link add in type veth peer name eth0 netns behind
	ip addr add 10.0.0.1/24 dev in && ip link set in up
	ip -n behind addr add 10.0.0.2/24 dev eth0 && ip -n behind link set eth0 up
	ip -n behind route add default via 10.0.0.1
	iptables -w -t nat -A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE' 2>"$tmp/err" ||
	not_ok "a network behind the pod" "$(cat "$tmp/err")"
ask_behind() { on node1 ip netns exec behind curl -s -m 1 "$@"; }
refuse "one more hop, and the token does not arrive" \
	ask_behind -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $at/api/token
same "though other answers do" "$(ask_behind -o /dev/null -w '%{http_code}' -H "$(with "$token")" $at/meta-data/)" 200

# ---- the tree: every name that a list has can be asked for

cat >"$tmp/walk.sh" <<'END'
# walk.sh TOKEN: "PATH STATUS" for everything below latest/. Folders are told by their slash, and the two at the top.
get() { curl -s -m 5 -H "X-aws-ec2-metadata-token: $1" "http://169.254.169.254/latest/$2"; }
walk() {
	for name in $(get "$1" "$2"); do
		case $name in
		*/) walk "$1" "$2$name" ;;
		dynamic | meta-data) walk "$1" "$2$name/" ;;
		*) curl -s -m 5 -o /dev/null -w "$2$name %{http_code} %{size_download}\n" -H "X-aws-ec2-metadata-token: $1" \
			"http://169.254.169.254/latest/$2$name" ;;
		esac
	done
}
walk "$1" ''
END
on node1 sh "/.host$tmp/walk.sh" "$token1" >"$tmp/tree"
same "nothing that is listed is missing" "$(grep -v ' 200 ' "$tmp/tree")" ""
same "or empty" "$(grep ' 0$' "$tmp/tree")" ""
check "there are 40 leaves and more" [ "$(wc -l <"$tmp/tree")" -ge 40 ]
value() { ask "$1" "$2" -H "$(with "$3")"; }
mac=$(value node1 meta-data/mac "$token1")
for leaf in device-number interface-id ipv4-associations/ local-hostname local-ipv4s mac owner-id public-hostname \
	public-ipv4s security-group-ids security-groups subnet-id subnet-ipv4-cidr-block vpc-id vpc-ipv4-cidr-block vpc-ipv4-cidr-blocks; do
	has "an ENI's $leaf is there" "$(cut -d' ' -f1 "$tmp/tree")" "meta-data/network/interfaces/macs/$mac/$leaf"
done

# ---- each node is told of itself

for n in 1 2; do
	eval "t=\$token$n"
	same "node$n is told its own address" "$(value node$n meta-data/local-ipv4 "$t")" "$(node_ip node$n)"
	same "node$n is told its own instance" "$(value node$n meta-data/instance-id "$t")" \
		"$(status ".nodes[] | select(.name == \"node$n\").instance")"
	same "node$n is told its own MAC" "$(value node$n meta-data/mac "$t")" "$(on node$n cat /sys/class/net/ens5/address)"
done
same "the identity document is JSON, of this node" \
	"$(value node2 dynamic/instance-identity/document "$token2" | jq -r '.instanceId, .privateIp, .instanceType')" \
	"$(status '.nodes[1] | .instance, .ip, .type')"
same "a pod is told of its node" "$(value pod-1@ meta-data/local-ipv4 "$token")" "$(node_ip node1)"
same "keys of nodes differ" "$(for n in 1 2; do
	eval "t=\$token$n"
	value node$n meta-data/iam/security-credentials/"$(value node$n meta-data/iam/security-credentials/ "$t")" "$t" | jq -r .AccessKeyId
done | sort -u | wc -l)" 2

# ---- behind EC2: an address is assigned, and IMDS does not know it yet

eni=$(ec2 "CreateNetworkInterface&SubnetId=$(status '.nodes[1].enis[0].subnet')" | element networkInterfaceId)
ec2 "AttachNetworkInterface&DeviceIndex=7&NetworkInterfaceId=$eni&InstanceId=$(status '.nodes[1].instance')" >"$tmp/attached"
has "an ENI is attached by hand" "$(cat "$tmp/attached")" "<attachmentId>eni-attach-"
linked() { on node2 test -e /sys/class/net/ens12; }
check "its link appears" soon 30 linked
mac=$(on node2 cat /sys/class/net/ens12/address)
knows() { value node2 meta-data/network/interfaces/macs/ "$token2" | grep -q "$mac"; }
refuse "IMDS does not know it at once" knows
check "but soon" soon 30 knows
ec2 "AssignPrivateIpAddresses&SecondaryPrivateIpAddressCount=1&NetworkInterfaceId=$eni" >"$tmp/assigned"
new=$(sed -n 's/.*<privateIpAddress>\([0-9.]*\)<.*/\1/p' "$tmp/assigned" | tail -n 1)
listed() { value node2 "meta-data/network/interfaces/macs/$mac/local-ipv4s" "$token2" | grep -qx "$new"; }
has "EC2 has assigned an address" "$(status '.nodes[1].enis[] | select(.device == 7).ips[]')" "$new"
refuse "IMDS does not know that either at once" listed
check "but soon as well" soon 30 listed

# ---- what must not be written anywhere

for n in 1 2; do
	eval "t=\$token$n"
	value node$n meta-data/iam/security-credentials/"$(value node$n meta-data/iam/security-credentials/ "$t")" "$t" |
		jq -r '.SecretAccessKey, .Token'
	echo "$t"
done >"$tmp/secrets"
same "six secrets are known here" "$(grep -c '^.\{40,\}$' "$tmp/secrets")" 6
for n in 1 2; do on node$n sh -c 'cat /var/log/aws-routed-eni/* /run/aws-node/ipam.json'; done >"$tmp/logs" 2>&1
on vpc cat /run/vpcbox-lab/ec2.log >>"$tmp/logs"
has "the logs are read" "$(cut -c1-200 "$tmp/logs")" AssignPrivateIpAddresses
same "no secret is in the logs of ipamd, the plugin and EC2" "$(grep -cF -f "$tmp/secrets" "$tmp/logs")" 0
same "nor a signature or a credential" "$(grep -ciE 'signature=|credential=|aws4-hmac|security-token:' "$tmp/logs")" 0
for n in 1 2; do
	on vpc jq -r "select(.caller == \"node$n\") | .action, .code" /run/vpcbox-lab/ec2.log >"$tmp/calls"
	has "EC2's log has the calls of node$n's ipamd, signed with its keys" "$(cat "$tmp/calls")" AssignPrivateIpAddresses
	same "none of which was refused" "$(sed -n 'n; /./p' "$tmp/calls")" ""
done
finish
