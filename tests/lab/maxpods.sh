#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# maxpods.sh - max-pods-calculator.sh on a node of the lab: the type from IMDS, and EC2 asked with the node's keys.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up -n 1 -z 1 -t m5.large
on node1 sh -c 'mkdir -p /run/eks && ln -s /opt/vpcbox/vpcbox /run/eks/max-pods-calculator.sh'
script() { on node1 env AWS_ENDPOINT_URL="$EC2" /run/eks/max-pods-calculator.sh --cni-version 1.23.1 "$@" 2>"$tmp/err"; }
calls() { on vpc cat /run/vpcbox-lab/ec2.log | grep -c '"DescribeInstanceTypes"'; }

same "by IMDS the script says 29 on an m5.large" "$(script --instance-type-from-imds)" 29
same "with prefixes 110" "$(script --instance-type-from-imds --cni-prefix-delegation-enabled)" 110
same "IMDS wins over a type that is named" "$(script --instance-type t3.medium --instance-type-from-imds)" 29
same "maxpods --from-imds says the same" "$(on node1 /opt/vpcbox/vpcbox maxpods --from-imds -o number)" 29
same "for all that nobody has asked EC2" "$(calls)" 0
same "ipamd has as many addresses as it is said to have" \
	"$(on node1 /opt/vpcbox/vpcbox maxpods --from-imds -o json | jq '.explain[] | select(.by == "ipamd").addresses')" \
	"$(status '.nodes[0] | .max_enis * (.max_ips_per_eni - 1)')"

refuse "a type that nobody knows fails" script --instance-type x99.large
same "with nothing on stdout" "$(script --instance-type x99.large)" ""
has "EC2's own words are in the complaint" "$(cat "$tmp/err")" "InvalidInstanceType"
refuse "so it does with --describe" on node1 env AWS_ENDPOINT_URL="$EC2" /opt/vpcbox/vpcbox maxpods --describe x99.large
check "EC2 has been asked, with the node's keys" [ "$(calls)" -ge 3 ]
same "each call from node1, and its signature held" \
	"$(on vpc jq -r 'select(.action == "DescribeInstanceTypes") | .caller + " " + .code' /run/vpcbox-lab/ec2.log | sort -u)" \
	"node1 InvalidInstanceType"
same "vCPUs that nobody knows are asked for, and 110 is the answer when EC2 does not know either" \
	"$(script --instance-type g4ad.16xlarge)" 110
has "which is said" "$(cat "$tmp/err")" "nobody knows the vCPUs of g4ad.16xlarge"

on node1 sh -c 'printf "type\teni_limit\tipv4_limit\tvcpus\nm5.24xlarge\t15\t50\t-\n" >/run/new.tsv'
of_file() { on node1 env AWS_ENDPOINT_URL="$EC2" /opt/vpcbox/vpcbox maxpods -f /run/new.tsv -o number "$@" m5.24xlarge 2>"$tmp/err"; }
same "a file that knows no vCPUs: 110" "$(of_file)" 110
same "with --describe EC2 is asked for them: 250" "$(of_file --describe)" 250
same "and nothing is left to be said" "$(cat "$tmp/err")" ""

ec2 'DescribeInstanceTypes&InstanceType.1=t3.medium' >"$tmp/answer"
same "what the lab's EC2 says of a type is what the table says" \
	"$(for name in maximumNetworkInterfaces ipv4AddressesPerInterface defaultVCpus sizeInMiB hypervisor; do element $name <"$tmp/answer"; done | tr '\n' ' ')" \
	"3 6 2 4096 nitro "
finish
