#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ipamd.sh - the agent's resident memory, at rest and with 250 pods on one node of the lab.
set -eu
VPCBOX_LAB=bench-ipamd-$$
export VPCBOX_LAB
lab=$OUT/vpcbox-lab
"$lab" up -d -n 1 -z 1 --subnet-prefix 21 -t m5.24xlarge -e WARM_ENI_TARGET=6 >/dev/null
trap '"$lab" down' EXIT

on() { "$lab" exec node1 -- "$@"; }
agent=$(on pidof aws-k8s-agent)
kib() { on awk -v key="$1:" '$1 == key { print $2 }' "/proc/$agent/status"; }
row() { # metric KiB goal
	met=-
	[ "$3" = - ] || { [ "$2" -le "$3" ] && met=yes || met=no; }
	[ "$3" = - ] && goal=- || goal="<= $3"
	printf 'ipamd.%s\t%s\tKiB\t%s\t%s\t-\t-\t-\n' "$1" "$2" "$goal" "$met"
}

idle=$(kib VmRSS)
tries=600
until [ "$("$lab" status | awk '$1 == "node1" { print $7 }')" -ge 270 ]; do
	[ $((tries -= 1)) -gt 0 ] || { echo "bench: the pool did not grow" >&2; exit 1; }
	sleep 0.1
done
i=0
while [ $i -lt 250 ]; do
	i=$((i + 1))
	"$lab" pod add node1 p$i >/dev/null
done
[ "$("$lab" status | grep -c '^pod ')" = 250 ]
row rss.at_start "$idle" -
row rss.250_pods "$(kib VmRSS)" 2048
row rss.peak "$(kib VmHWM)" -
