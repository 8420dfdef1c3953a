#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kapi-client-go.sh - a program on client-go (tests/e2e/client-go) sees no difference between kube-apiserver and ours:
# informer, lister, pages, conflicts, patches, scale and status, preconditions, leader election.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
mkfifo "$tmp/in"
"$TOOLS/kapi" 0 "$tmp/ours" <"$tmp/in" >"$tmp/kapi.out" 2>"$tmp/kapi.err" &
kapi=$!
exec 4>"$tmp/in"
soon 20 test -s "$tmp/kapi.out"
"$TOOLS/client-go" >"$tmp/theirs.txt" 2>"$tmp/theirs.log"
KUBECONFIG=$tmp/ours "$TOOLS/client-go" >"$tmp/ours.txt" 2>"$tmp/ours.log"
same 'client-go sees the same at both' "$(cat "$tmp/ours.txt")" "$(cat "$tmp/theirs.txt")"
has 'all of it' "$(cat "$tmp/ours.txt")" 'leading
done'
exec 4>&-
wait "$kapi"
same 'our API server ends when it is told to, well' "$? $(cat "$tmp/kapi.err")" '0 '
finish
