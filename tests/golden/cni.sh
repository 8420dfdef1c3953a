#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cni.sh - what the plugin answers to the letter. A case is tests/golden/cni/NAME.want: what it prints and its exit
# status; NAME.in (default: default.in) goes to stdin; NAME.env adds to and replaces default.env. A case whose name
# begins with "egress" calls egress-cni. No daemon runs here: these are the answers that need none.
# UPDATE=1 writes the .want files anew.
[ -n "${INSIDE:-}" ] || exec unshare -rnm env INSIDE=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
cases=$PWD/tests/golden/cni
mount -t tmpfs tmpfs /run && ip netns add pod || not_ok "a network namespace to name in CNI_NETNS"
ln -s "$VPCBOX" "$tmp/aws-cni"
ln -s "$VPCBOX" "$tmp/egress-cni"

# call CASE: stdout, the exit status, and what stderr has beside the log.
call() {
	plugin=aws-cni in=$cases/$1.in
	case $1 in egress*) plugin=egress-cni ;; esac
	[ -e "$in" ] || in=$cases/default.in
	cat "$cases/default.env" "$cases/$1.env" 2>/dev/null | {
		set --
		while IFS= read -r line; do set -- "$@" "$line"; done
		env -i "$@" "$tmp/$plugin" <"$in" 2>"$tmp/err"
		printf '\nexit %d\n' $?
	}
	sed '/^{"level":/d; s/^\(AWS CNI\|egress CNI plugin\) [0-9.]*$/\1 VERSION/' "$tmp/err"
}

before=$(ip rule; ip route show table all; ip -o link)
for want in "$cases"/*.want; do
	name=$(basename "$want" .want)
	got=$(call "$name")
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$got" >"$want"
	same "cni $name" "$got" "$(cat "$want")"
done
got=$(head -c 1100000 /dev/zero | tr '\0' x | env -i $(cat "$cases/default.env") "$tmp/aws-cni")
has "cni refuses a configuration of more than a megabyte" "$got" '"code": 5'
same "no golden case changes the kernel's state" "$(ip rule; ip route show table all; ip -o link)" "$before"
finish
