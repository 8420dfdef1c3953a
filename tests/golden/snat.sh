#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# snat.sh - what snat says, to the letter. A case is tests/golden/snat/NAME.cmd, a shell line in which vpcbox is the
# executable, and NAME.want: what it prints to stdout and stderr, and its exit status. UPDATE=1 writes these anew.
[ -n "${INSIDE:-}" ] || exec unshare -rn env INSIDE=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
cases=$PWD/tests/golden/snat
ip link add eth0 type veth peer name up0
ip link set eth0 address 02:00:00:00:00:01
F='--primary-if=eth0 --primary-ip=192.168.0.10 --vpc-cidr=192.168.0.0/16'

before=$(ip -o link; ip rule; nft list ruleset)
for cmd in "$cases"/*.cmd; do
	name=$(basename "$cmd" .cmd)
	got=$(env -i PATH="$(dirname "$VPCBOX"):$PATH" F="$F" sh "$cmd" 2>&1; echo "exit $?")
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$got" >"$cases/$name.want"
	same "snat $name" "$got" "$(cat "$cases/$name.want")"
done
same 'no golden case changes the kernel' "$(ip -o link; ip rule; nft list ruleset)" "$before"
finish
