#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cni.sh - ADD and DEL from exec to exit over 500 pods on a node of the lab with the real agent, beside the floor
# (floor.c: the same kernel changes and nothing else) and, where it is installed, Debian's ptp with host-local; all in
# one interleaved run (spawn.c).
set -eu
if [ -z "${INSIDE:-}" ]; then
	VPCBOX_LAB=bench-cni-$$
	export VPCBOX_LAB
	lab=$OUT/vpcbox-lab
	# enough addresses from the start, so that the pool does not grow while we measure
	"$lab" up -d -n 1 -z 1 --subnet-prefix 21 -t m5.24xlarge \
		-e "MINIMUM_IP_TARGET=200 WARM_IP_TARGET=100 IP_COOLDOWN_PERIOD=0" >/dev/null
	trap '"$lab" down' EXIT
	tries=600
	until [ "$("$lab" status | awk '$1 == "node1" { print $7 }')" -ge 205 ]; do
		[ $((tries -= 1)) -gt 0 ] || { echo "bench: the pool did not grow" >&2; exit 1; }
		sleep 0.1
	done
	"$lab" exec node1 -- env INSIDE=1 OUT="$OUT" sh "$0"
	exit
fi
ptp=/usr/lib/cni/ptp

# Installed as on a node, by copying: then the kernel has them in larger pieces of memory than the linker leaves.
bin=$OUT/bench-bin
rm -rf "$bin"
mkdir -p "$bin"
cp "$OUT/vpcbox" "$bin/aws-cni"
cp "$OUT/tools/floor" "$bin/floor"

checkpoint=/run/aws-node/ipam.json
"$bin/floor" /run/echo serve &
trap "kill $!" EXIT
tries=100
until [ -S /run/echo ] || [ $((tries -= 1)) -eq 0 ]; do sleep 0.05; done

cat >/run/aws.conf <<-END
	{"cniVersion":"1.0.0","name":"aws-cni","type":"aws-cni","vethPrefix":"eni","mtu":"9001",
	"podSGEnforcingMode":"strict","pluginLogFile":"/run/plugin.log","pluginLogLevel":"DEBUG"}
END
cat >/run/ptp.conf <<-END
	{"cniVersion":"1.0.0","name":"bench","type":"ptp","mtu":9001,
	"ipam":{"type":"host-local","subnet":"10.201.0.0/16","dataDir":"/run/host-local"}}
END
set -- floor "$bin/floor /run/echo $checkpoint" /run/aws.conf ours "$bin/aws-cni" /run/aws.conf
[ ! -x $ptp ] || set -- "$@" ptp $ptp /run/ptp.conf
"$OUT/tools/spawn" "${ROUNDS:-10}" "${PODS:-50}" "$@" >/run/times

awk -F '\t' '
BEGIN { split("min median p99", column, " "); goal["ADD", "median"] = 1.3 }
{ n[$1, $2] = $3; bad[$1, $2] = $4; for (i = 1; i <= 3; i++) us[$1, $2, column[i]] = $(4 + i) }
function row(verb, what, peer, suffix,   ours, theirs, ratio, g) {
	ours = us["ours", verb, what]; theirs = us[peer, verb, what]; ratio = ours / theirs
	g = peer == "floor" ? goal[verb, what] : 0
	printf "cni.%s.%s%s\t%d\tus\t%s\t%s\t%s\t%d\t%.2f\n", tolower(verb), what, suffix, ours,
		g ? "<= " g " x floor" : "-", g ? (ratio <= g ? "yes" : "no") : "-",
		peer == "ptp" ? "ptp+host-local" : peer, theirs, ratio
}
END {
	split("ADD DEL", verbs, " ")
	for (v = 1; v <= 2; v++) {
		for (i = 1; i <= 3; i++) row(verbs[v], column[i], "floor", "")
		if (n["ptp", verbs[v]]) for (i = 1; i <= 3; i++) row(verbs[v], column[i], "ptp", ".beside_ptp")
		printf "cni.%s.failed\t%d\tof %d\t0\t%s\t-\t-\t-\n", tolower(verbs[v]), bad["ours", verbs[v]],
			n["ours", verbs[v]], bad["ours", verbs[v]] ? "no" : "yes"
	}
}' /run/times
