#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cni.sh - ADD and DEL from exec to exit over 500 pods, beside the floor (floor.c: the same kernel changes and
# nothing else) and, where it is installed, Debian's ptp with host-local; all in one interleaved run (spawn.c). The
# daemon is the tests' stand-in, which writes a checkpoint before each answer as the real one does.
[ -n "${INSIDE:-}" ] || exec unshare -rnm env INSIDE=1 sh "$0" "$@"
set -eu
ptp=/usr/lib/cni/ptp
mount -t tmpfs tmpfs /run
ip link set lo up
# A node's kernel forwards already; ptp would be charged with the first time.
echo 1 >/proc/sys/net/ipv4/ip_forward

# Installed as on a node, by copying: then the kernel has them in larger pieces of memory than the linker leaves.
bin=$OUT/bench-bin
rm -rf "$bin"
mkdir -p "$bin"
cp "$OUT/vpcbox" "$bin/aws-cni"
cp "$OUT/tools/floor" "$bin/floor"

socket=/run/aws-node/ipamd.sock checkpoint=/run/aws-node/ipam.json
"$OUT/tools/fakeipamd" checkpoint=$checkpoint &
servers=$!
"$bin/floor" /run/echo serve &
servers="$servers $!"
trap 'kill $servers' EXIT
for s in $socket /run/echo; do
	tries=100
	until [ -S $s ] || [ $((tries -= 1)) -eq 0 ]; do sleep 0.05; done
done

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
