#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh - every test, cheapest first; `make test` calls it after tests/setup.sh. Arguments limit it to kinds:
# build lint unit golden netns aws k8s lab e2e. Each script's whole output is in $OUT/test/NAME.log; the end of a failing
# one is shown. The last line says how many claims held: `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-build} DEPS=${DEPS:-$OUT/deps}
export OUT DEPS
make="make --no-print-directory OUT=$OUT DEPS=$DEPS"
kinds=${*:-build lint unit golden netns aws k8s lab e2e}
passed=0 failed=0
mkdir -p "$OUT/test"

# run NAME COMMAND...: count the claims that the command prints; one that fails or is silent without
# saying which claim did not hold counts as a failed claim itself.
run() {
	log=$OUT/test/$(echo "$1" | tr / -).log
	printf '%-34s ' "$1"
	name=$1 began=$(date +%s)
	shift
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	good=$(grep -c '^ok ' "$log") bad=$(grep -c '^not ok ' "$log")
	why=
	if [ "$bad" -eq 0 ] && [ $status -ne 0 ]; then
		bad=1 why=" (exit status $status)"
	elif [ "$bad" -eq 0 ] && [ "$good" -eq 0 ]; then
		bad=1 why=" (it claimed nothing)"
	fi
	passed=$((passed + good)) failed=$((failed + bad))
	echo "$good passed, $bad failed$why, $(($(date +%s) - began)) s"
	[ "$bad" -ne 0 ] || return 0
	[ "$(wc -l <"$log")" -le 40 ] || grep '^not ok ' "$log" | head -n 20 | sed 's/^/    /'
	tail -n 40 "$log" | sed 's/^/    /'
}

# built CLAIM TARGET...: make's targets come without an error.
built() {
	claim=$1
	shift
	$make "$@" && echo "ok $claim" || echo "not ok $claim - see above"
}

for kind in $kinds; do
	case $kind in
	build)
		run build/gcc built 'gcc builds all without a warning' all tools
		[ "$failed" -eq 0 ] || { echo "nothing else is worth running"; break; }
		run build/clang built 'clang builds all without a warning' all tools CC=clang OUT="$OUT/clang"
		;;
	lint) run lint $make lint ;;
	unit) run unit $make unit ;;
	*)
		for script in tests/"$kind"/*.sh; do
			# nothing may hang for ever; no claim depends on this
			[ ! -e "$script" ] || run "$kind/$(basename "$script" .sh)" timeout -k 9 900 sh "$script"
		done
		;;
	esac
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
