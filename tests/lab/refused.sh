#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# refused.sh - a subnet without addresses: who asks for a pod hears what EC2 said, as the kubelet would.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up --nodes 1 -e IP_COOLDOWN_PERIOD=2

# Others take what the subnet has.
subnet=$(status '.nodes[0].enis[0].subnet') made=0
for count in 40 8 1; do
	while [ $made -lt 60 ] && ec2 "CreateNetworkInterface&SubnetId=$subnet&SecondaryPrivateIpAddressCount=$count" |
		grep -q '^200$'; do made=$((made + 1)); done
done
ec2 "CreateNetworkInterface&SubnetId=$subnet" >/dev/null
has "a subnet is full" "$(ec2 "CreateNetworkInterface&SubnetId=$subnet")" "<Code>InsufficientFreeAddressesInSubnet</Code>"
filled=0
while [ $filled -lt 15 ] && "$LAB" pod add node1 "pod-$((filled + 1))"; do filled=$((filled + 1)); done
check "pods are added while the node has addresses" [ $filled -gt 0 ]
refuse "of which it had not 15" [ $filled -eq 15 ]
refused() { on node1 grep -q 'pool did not grow.*InsufficientFreeAddressesInSubnet' /var/log/aws-routed-eni/ipamd.log; }
check "the daemon asks for more, in vain" soon 60 refused

on node1 ip netns add bare
details() {
	on node1 sh -c 'jq -c ".plugins[0] + {name: .name, cniVersion: .cniVersion}" /etc/cni/net.d/10-aws.conflist |
		CNI_COMMAND=ADD CNI_CONTAINERID=bare CNI_NETNS=/run/netns/bare CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin /opt/cni/bin/aws-cni' |
		jq -r .details
}
refusals() { on vpc jq -r "select(.code == \"InsufficientFreeAddressesInSubnet\") | .request_id" /run/vpcbox-lab/ec2.log; }
said=$(details)
has "the error tells EC2's code" "$said" "InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses"
id=$(echo "$said" | sed -n 's/.*(request id \([-0-9a-f]*\)).*/\1/p')
check "and the id of a request that EC2 refused so" grep -qxF "${id:-none}" <<END
$(refusals)
END
has "and where there is more" "$said" "/var/log/aws-routed-eni/ipamd.log says more"

"$LAB" pod del pod-1 >/dev/null
check "an address that is given back serves the next pod" soon 60 "$LAB" pod add node1 after
finish
