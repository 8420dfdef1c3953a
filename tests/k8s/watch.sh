#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# watch.sh - a store that follows the real kube-apiserver, held against what kubectl did and sees.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
mkfifo "$tmp/in"

# follow KIND: begins; its lines go to $tmp/follow, its log to $tmp/follow.log
follow() {
	"$TOOLS/kubefollow" "$1" <"$tmp/in" >"$tmp/follow" 2>"$tmp/follow.log" 3>&- &
	follower=$!
	exec 3>"$tmp/in"
}
# as_seen CLAIM PLURAL: it ends, and what it had is what kubectl sees
as_seen() {
	kubectl get "$2" -A -o json | jq -r '.items[].metadata | "\(.namespace // "")/\(.name) \(.resourceVersion)"' |
		sort >"$tmp/theirs"
	exec 3>&-
	wait "$follower"
	same "$1" "$(sed -n 's/^= //p' "$tmp/follow" | sort)" "$(cat "$tmp/theirs")"
}
seen() { grep -qE "$1" "$tmp/follow"; }
lists() { grep -c '^list' "$tmp/follow"; }
marks() { sed -n 's/^\([-+~]\) default\/'"$1"' .*/\1/p' "$tmp/follow" | tr -d '\n'; }

# ---- create, update, delete

kubectl create service clusterip before --tcp=80 >/dev/null
follow Service
soon 30 seen '^synced'
kubectl create service clusterip one --tcp=80 >/dev/null
kubectl annotate service one a=b >/dev/null
kubectl patch service one --subresource=status --type=merge -p '{"status":{"conditions":[]}}' >/dev/null
kubectl annotate service one a=c --overwrite >/dev/null
kubectl delete service one >/dev/null
kubectl create service clusterip two --tcp=80 >/dev/null
check 'what kubectl creates is seen' soon 30 seen '^[+] default/two '
same 'each change once, in its order' "$(marks one)" '+~~-'
same 'what was there before came first' "$(marks before)" '+'
same 'one list was enough' "$(lists)" 1
as_seen 'the store is what kubectl sees' services

# ---- bookmarks: others' changes make our version newer, so that it is never too old

WATCH_S=4
export WATCH_S
follow Service
soon 30 seen '^synced'
kubectl create configmap noise >/dev/null
kubectl annotate configmap noise a=b >/dev/null
newest=$(kubectl get configmap noise -o 'jsonpath={.metadata.resourceVersion}')
resumed() { # a list brings the API server itself up to date
	kubectl get services >/dev/null
	sed -n 's/.*watch services from resourceVersion=\([0-9]*\) .*/\1/p' "$tmp/follow.log" |
		awk -v least="$newest" '$1 >= least { found = 1 } END { exit !found }'
}
check 'a watch goes on from a bookmark' soon 60 resumed
same 'without another list' "$(lists)" 1
same 'and without trouble' "$(grep -c '^trouble' "$tmp/follow")" 0
as_seen 'and the store is still what kubectl sees' services
unset WATCH_S

# ---- three thousand objects

slices() {
	awk -v from="$1" 'BEGIN { print "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
		for (i = from; i < from + 500; i++) printf "%s{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\"," \
			"\"metadata\":{\"name\":\"s%04d\",\"namespace\":\"default\"},\"addressType\":\"IPv4\"," \
			"\"endpoints\":[{\"addresses\":[\"10.0.0.1\"]}],\"ports\":[{\"port\":80}]}", (i > from ? "," : ""), i
		print "]}" }'
}
pids=
for i in 0 1 2 3 4 5; do
	slices $((i * 500)) | kubectl create -f - >/dev/null 2>"$tmp/create$i" &
	pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
follow EndpointSlice
check 'three thousand objects are listed' soon 60 seen '^synced 3[0-9][0-9][0-9]$'
as_seen 'and each has the version that kubectl sees' endpointslices

# ---- a past that is forgotten

# restart [OPTION]...: of the API server; before the follower, who stands still, can do anything, two is deleted and
# three made. What the first server has told last, bookmarks too, may still lie in the follower's socket; the noise
# between makes versions newer, which the second is too young to know.
restart() {
	kill -STOP "$follower"
	for noise in a b; do
		kill "$k8s_api_pid"
		wait "$k8s_api_pid" 2>/dev/null
		k8s_api "$@" 3>&-
		soon 60 k8s_ready
		kubectl create configmap "noise-$#-$noise" >/dev/null
	done
	kubectl delete service two >/dev/null
	kubectl create service clusterip three --tcp=80 >/dev/null
}
follow Service
soon 30 seen '^synced'
restart
kill -CONT "$follower"
check 'what went meanwhile is told' soon 60 seen '^- default/two '
check 'what came meanwhile is told' soon 60 seen '^[+] default/three '
same 'after a second list' "$(lists)" 2
has 'because the version was too old' "$(cat "$tmp/follow.log")" 'too old resource version'
kubectl annotate service three a=b >/dev/null
check 'and the watch goes on' soon 30 seen '^~ default/three '
as_seen 'the store is what kubectl sees again' services

# ---- compaction, with nothing between us and etcd

kubectl delete service three >/dev/null
kubectl create service clusterip two --tcp=80 >/dev/null
follow Service
soon 30 seen '^synced'
old=$(kubectl get --raw '/api/v1/services?limit=1' | jq -r .metadata.resourceVersion)
compacted() { # the list's version is gone from etcd
	kubectl get --raw "/api/v1/services?resourceVersion=$old&resourceVersionMatch=Exact" 2>&1 | grep -q 'too old\|compacted'
}
restart --watch-cache=false --etcd-compaction-interval=1s
check 'etcd compacts' soon 60 compacted
kill -CONT "$follower"
check 'a compacted version is listed anew: what went' soon 60 seen '^- default/two '
check 'a compacted version is listed anew: what came' soon 60 seen '^[+] default/three '
same 'by one more list' "$(lists)" 2
as_seen 'the store is what kubectl sees after the compaction' services
finish
