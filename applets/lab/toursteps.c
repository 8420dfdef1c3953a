/* SPDX-License-Identifier: Apache-2.0 */
/* toursteps.c - the seed's first chapters, on two simulated nodes. */
#include "toursteps.h"

#define PROBE "/opt/vpcbox/vpcbox grpc-health-probe -addr=unix:///var/run/aws-node/ipamd.sock"

const struct step tour_steps[] = {
	{ .chapter = "1. The node's network",
	  .text = "A VPC {vpc} with a subnet per zone, two EC2 instances, each with one ENI, and "
		  "on each "
		  "instance the address daemon ipamd, talking to IMDS and to EC2 with signed "
		  "requests.",
	  .place = "you",
	  .command = "vpcbox-lab status",
	  .claims = { { "both nodes are ready", "node1 .* yes.*node2 .* yes" } } },
	{ .text = "The primary ENI is ens5 (the lab makes it of one end of a pair, hence the @). "
		  "It has one "
		  "address of its subnet. The others that EC2 has assigned to it are for pods, and "
		  "stand "
		  "nowhere on the node itself.",
	  .place = "node1",
	  .command = "ip -br addr",
	  .claims = { { "ens5 has the node's address {node1}", "ens5@[a-z0-9]+ +UP +{node1}/24" },
		      { "and no other",
			"!{node1}/24[^\n]* [0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+/" } } },
	{ .text = "These routes are what EC2's DHCP leaves: a default route, the resolver (VPC + "
		  "2) and the "
		  "gateway (subnet + 1) as /32.",
	  .place = "node1",
	  .command = "ip route",
	  .claims = { { "default via subnet + 1",
			"default via {node1.gw} dev ens5 proto dhcp src {node1} metric 1024" },
		      { "the resolver as a /32 route",
			"{vpc.dns} via {node1.gw} dev ens5 proto dhcp src {node1} metric 1024" },
		      { "the gateway as a /32 route",
			"{node1.gw} dev ens5 proto dhcp scope link src {node1} metric 1024" } } },
	{ .text = "A node knows its ENIs from the instance metadata service, version 2: first a "
		  "token, then the "
		  "questions. ipamd asks the same. The first address is the node's, the rest are "
		  "for pods.",
	  .place = "node1",
	  .command = "M=http://169.254.169.254/latest/meta-data\n"
		     "T=$(curl -s -X PUT http://169.254.169.254/latest/api/token "
		     "-H 'X-aws-ec2-metadata-token-ttl-seconds: 60')\n"
		     "m=$(curl -s -H \"X-aws-ec2-metadata-token: $T\" $M/mac); echo $m\n"
		     "curl -s -H \"X-aws-ec2-metadata-token: $T\" "
		     "$M/network/interfaces/macs/$m/local-ipv4s; echo\n"
		     "curl -s -o /dev/null -w 'without a token: %{http_code}\\n' $M/mac",
	  .wait = true,
	  .claims = { { "the node's own address and five more", "{node1}\n([0-9.]+\n){5}" },
		      { "without a token IMDS says nothing", "without a token: 401" } } },

	{ .chapter = "2. Pods get VPC addresses",
	  .text = "A container runtime runs the plugins of /etc/cni/net.d/10-aws.conflist: aws-cni "
		  "asks ipamd "
		  "for an address and wires the pod. Here vpcbox-lab plays the runtime.",
	  .place = "you",
	  .command = "vpcbox-lab pod add node1 pod-1\nvpcbox-lab pod add node2 pod-2",
	  .claims = { { "pod-1 has an address", "pod-1 [0-9.]+/32" },
		      { "pod-2 has an address", "pod-2 [0-9.]+/32" } } },
	{ .text = "Inside the pod: a /32, so no neighbour is on the link, and an MTU of 9001.",
	  .place = "pod-1@node1",
	  .command = "ip addr show eth0",
	  .claims = { { "the pod's address is a /32", "inet {pod-1}/32 scope global eth0" },
		      { "MTU 9001", "mtu 9001" } } },
	{ .text = "The next hop 169.254.1.1 belongs to nobody. A permanent neighbour entry gives "
		  "it the MAC "
		  "address of the pair's other end on the node, so every packet lands there.",
	  .place = "pod-1@node1",
	  .command = "route -n\nip neigh",
	  .claims = { { "default via 169.254.1.1",
			"0\\.0\\.0\\.0 +169\\.254\\.1\\.1 +0\\.0\\.0\\.0 +UG .*eth0" },
		      { "169.254.1.1 is on the link",
			"169\\.254\\.1\\.1 +0\\.0\\.0\\.0 +255\\.255\\.255\\.255 +UH" },
		      { "its neighbour entry is permanent",
			"169\\.254\\.1\\.1 dev eth0 lladdr [0-9a-f:]+ PERMANENT" } } },
	{ .text = "On the node: a /32 route to the pod's end of the pair, and rule 512 that finds "
		  "it whatever "
		  "else the rules say. 1024 keeps answers to marked connections on the primary "
		  "ENI.",
	  .place = "node1",
	  .command = "ip route | grep eni\nip rule",
	  .claims = { { "a host route to the pod", "{pod-1} dev {pod-1.veth} scope link" },
		      { "rule 512 to the pod", "512:.*from all to {pod-1} lookup main" },
		      { "rule 1024 for the mark",
			"1024:.*from all fwmark 0x80/0x80 lookup main" } } },
	{ .text = "The pod took one of the five addresses that ipamd keeps warm, so ipamd asked "
		  "EC2 for a second "
		  "ENI: created, attached, found by its MAC, given an address, a table and rule "
		  "32765.",
	  .place = "node1",
	  .command = "ip -br addr show dev ens6\nip route show table 2\nip rule | grep 32765",
	  .wait = true,
	  .claims = { { "the second ENI is up", "ens6@[a-z0-9]+ +UP" },
		      { "its table has a default route", "default via {node1.gw} dev ens6" },
		      { "its rule stands", "32765:.*lookup 2" } } },
	{ .text = "EC2's side of it. Every call was signed, and the simulator checked each "
		  "signature.",
	  .place = "vpc",
	  .command = "grep '\"caller\":\"node1\"' /run/vpcbox-lab/ec2.log | grep -oE "
		     "'\"action\":\"[A-Za-z]+\"'",
	  .claims = { { "AssignPrivateIpAddresses", "AssignPrivateIpAddresses" },
		      { "CreateNetworkInterface", "CreateNetworkInterface" },
		      { "AttachNetworkInterface", "AttachNetworkInterface" } } },

	{ .chapter = "3. Pod to pod",
	  .text = "pod-1 on node1 pings pod-2 on node2. There is no overlay: the capture is of "
		  "node2's ENI, and the "
		  "packets carry the pods' own addresses, because EC2 has assigned them to the "
		  "ENIs.",
	  .capture = "node2",
	  .dev = "ens5",
	  .place = "pod-1@node1",
	  .command = "ping -c 1 {pod-2}",
	  .claims = { { "the answer comes back",
			"1 packets transmitted, 1 received, 0% packet loss" },
		      { "the request travels as it is", "IP {pod-1} > {pod-2}: ICMP echo request" },
		      { "and so does the answer", "IP {pod-2} > {pod-1}: ICMP echo reply" },
		      { "nothing is wrapped around them", "!UDP|VXLAN|GRE|IPIP" } } },

	{ .chapter = "4. Pod to the Internet",
	  .text = "Outside the VPC a pod's address means nothing. The node translates the source "
		  "to its primary "
		  "address: see the capture of its ENI.",
	  .capture = "node1",
	  .dev = "ens5",
	  .place = "pod-1@node1",
	  .command = "ping -c 1 8.8.8.8",
	  .claims = { { "8.8.8.8 answers", "1 packets transmitted, 1 received, 0% packet loss" },
		      { "the source is the node's primary address",
			"IP {node1} > 8\\.8\\.8\\.8: ICMP echo request" },
		      { "the pod's address does not leave", "!{pod-1} > 8" } } },
	{ .text = "The Internet gateway translates once more, to the instance's public address. "
		  "That is what the "
		  "outside sees.",
	  .place = "pod-1@node1",
	  .command = "curl -s ifconfig.co",
	  .claims = { { "node1's public address {node1.public}", "^{node1.public}\n$" } } },
	{ .text = "The rules that do it, as the real iptables prints them. One chain: what goes to "
		  "the VPC returns, "
		  "the rest is translated. Older releases wrote the same as two chains, which the "
		  "seed shows: chain "
		  "0 with \"! -d VPC -j AWS-SNAT-CHAIN-1\", and the translation in chain 1.",
	  .place = "node1",
	  .command = "iptables -t nat -S | grep AWS",
	  .claims = { { "the VPC is exempt",
			"-A AWS-SNAT-CHAIN-0 -d {vpc} -m comment --comment \"AWS SNAT "
			"CHAIN\" -j RETURN" },
		      { "the rest is translated",
			"-A AWS-SNAT-CHAIN-0 ! -o vlan\\+ -m comment --comment \"AWS, SNAT\" -m "
			"addrtype ! "
			"--dst-type LOCAL -j SNAT --to-source {node1} --random-fully" } } },
	{ .text = "The connection as the kernel remembers it: from the pod to 8.8.8.8 one way, "
		  "from 8.8.8.8 to the "
		  "node the other. Mark 128 is 0x80: the answer finds rule 1024.",
	  .place = "node1",
	  .command = "conntrack -L -p icmp -d 8.8.8.8 2>/dev/null",
	  .claims = { { "both directions",
			"src={pod-1} dst=8\\.8\\.8\\.8 .*src=8\\.8\\.8\\.8 dst={node1} " },
		      { "marked", "mark=128" } } },
	{ .text = "And without SNAT? Exempt 8.8.8.8: the packet leaves with the pod's address, and "
		  "the Internet "
		  "gateway, which has no public address for it, drops it. This is a VPC, not a "
		  "switch.",
	  .place = "node1",
	  .command = "iptables -t nat -I AWS-SNAT-CHAIN-0 -d 8.8.8.8 -j RETURN\n"
		     "ip netns exec pod-1 ping -c 1 -W 1 8.8.8.8\n"
		     "iptables -t nat -D AWS-SNAT-CHAIN-0 -d 8.8.8.8 -j RETURN",
	  .claims = { { "nothing comes back",
			"1 packets transmitted, 0 received, 100% packet loss" } } },

	{ .chapter = "5. The agent dies",
	  .text = "kill -9. Who holds which address is in a checkpoint, in Amazon's own format, "
		  "written before any "
		  "answer. The pods notice nothing.",
	  .place = "node1",
	  .command = "kill -9 $(pidof aws-k8s-agent)\n"
		     "ip netns exec pod-1 ping -c 1 {pod-2} | grep received\n"
		     "cat /var/run/aws-node/ipam.json",
	  .claims = { { "pods go on talking", "1 received" },
		      { "the checkpoint knows the pod",
			"\"ipv4\":\"{pod-1}\".*\"k8sPodName\":\"pod-1\"" } } },
	{ .text = "The node starts a new agent, as the kubelet would. It serves when it has read "
		  "the checkpoint and "
		  "found everything in place.",
	  .place = "node1",
	  .command = PROBE,
	  .wait = true,
	  .claims = { { "the new agent serves", "SERVING" } } },
	{ .text = "A third pod gets an address that nobody has, and pod-1 is still wired as it "
		  "was.",
	  .place = "you",
	  .command = "vpcbox-lab pod add node1 pod-3\nvpcbox-lab pod check pod-1",
	  .claims = { { "an address of its own", "pod-3 [0-9.]+/32" },
		      { "not pod-1's", "!pod-3 {pod-1}/" },
		      { "CHECK finds pod-1's wiring intact", "pod-1 is wired as it should be" } } },

	{ .chapter = "6. Nothing is left",
	  .text = "Deletion.",
	  .place = "you",
	  .command = "vpcbox-lab pod del pod-1\nvpcbox-lab pod del pod-2\nvpcbox-lab pod del pod-3",
	  .claims = { { "pod-1 is gone", "pod-1 deleted" },
		      { "pod-2 is gone", "pod-2 deleted" },
		      { "pod-3 is gone", "pod-3 deleted" } } },
	{ .text = "No link, no route, no rule, no lease.",
	  .place = "node1",
	  .command = "ip -br link | grep -c eni\n"
		     "ip route | grep -c eni\n"
		     "ip rule | grep -cE '^(512|1536):'\n"
		     "cat /var/run/aws-node/ipam.json",
	  .wait = true,
	  .claims = { { "links, routes and rules: none", "^0\n0\n0\n" },
		      { "the checkpoint is empty", "\"allocations\":\\[\\]" } } },
};
const size_t tour_nsteps = COUNT(tour_steps);
