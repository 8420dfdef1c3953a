# SPDX-License-Identifier: Apache-2.0
# lib.sh - what every test script is written with. Source it first: . "$(dirname "$0")/../lib.sh"
# It moves to the tree's top, so paths are the same in every script, and makes $tmp, which goes at the end.
# A script ends with `finish`. Each claim prints one line: `ok CLAIM` or `not ok CLAIM - REASON`.
set -u
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-build}
case $OUT in /*) ;; *) OUT=$PWD/$OUT ;; esac
VPCBOX=$OUT/vpcbox LAB=$OUT/vpcbox-lab TOOLS=$OUT/tools
PATH=$PATH:/usr/sbin:/sbin
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

ok() { echo "ok $1"; }
not_ok() {
	failed=1
	echo "not ok $1 - ${2:-it does not hold}"
}

# check CLAIM COMMAND...: the command succeeds. What it printed is shown, indented, when it does not.
check() {
	claim=$1
	shift
	if "$@" >"$tmp/check" 2>&1; then
		ok "$claim"
	else
		not_ok "$claim" "status $? from: $*"
		sed 's/^/# /' "$tmp/check"
	fi
}
# refuse CLAIM COMMAND...: the command fails.
refuse() {
	claim=$1
	shift
	if "$@" >"$tmp/check" 2>&1; then
		not_ok "$claim" "succeeded: $*"
		sed 's/^/# /' "$tmp/check"
	else
		ok "$claim"
	fi
}
# same CLAIM GOT WANT: two texts are equal.
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "the texts differ"
		printf '%s\n' "$2" >"$tmp/got"
		printf '%s\n' "$3" >"$tmp/want"
		diff -u "$tmp/want" "$tmp/got" | sed 's/^/# /'
	fi
}
# has CLAIM TEXT WORDS: the text contains the words.
has() {
	case $2 in
	*"$3"*) ok "$1" ;;
	*)
		not_ok "$1" "no '$3' in it"
		printf '%s\n' "$2" | sed 's/^/# /'
		;;
	esac
}
# soon SECONDS COMMAND...: the command succeeds before the time is over, by the clock; it is tried up to ten times a second.
soon() {
	end_=$(($(uptime_s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(uptime_s)" -lt "$end_" ] || return 1
		sleep 0.1
	done
}
uptime_s() { cut -d. -f1 /proc/uptime; }
finish() { exit "$failed"; }
