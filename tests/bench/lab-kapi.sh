#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lab-kapi.sh - the lab's API server beside kube-apiserver and etcd: 30,000 pods made, listed and watched, objects a second by
# one client of Python's (whose own time is in all of them), and the servers' resident memory then. PODS makes it smaller.
. "$(dirname "$0")/../k8slib.sh"
pods=${PODS:-30000}
mkfifo "$tmp/in"
"$TOOLS/kapi" 0 "$tmp/ours" <"$tmp/in" >"$tmp/kapi.out" 2>&1 &
kapi=$!
exec 4>"$tmp/in"
soon 20 test -s "$tmp/kapi.out"
read -r port token <"$tmp/kapi.out"
python3 -B tests/bench/lab-kapi.py "https://127.0.0.1:$port" "$token" "$pods" "$kapi" >"$tmp/ours.txt" || exit 1
exec 4>&-
wait "$kapi"
k8s_up >&2
python3 -B tests/bench/lab-kapi.py https://127.0.0.1:6443 "$(k8s_token admin)" "$pods" $k8s_pids >"$tmp/theirs.txt" || exit 1
paste "$tmp/ours.txt" "$tmp/theirs.txt" | awk -v pods="$pods" '{
	unit = $1 == "rss" ? "MiB" : "objects/s"
	printf "lab-kapi.%s_%s\t%s\t%s\t-\t-\tkube-apiserver\t%s\t%.2f\n", pods, $1, $2, unit, $4, $2 / $4 }'
