#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# runner.sh - tests/run.sh counts what holds, and lets nothing pass that failed or said nothing.
. "$(dirname "$0")/../lib.sh"

mkdir -p "$tmp/tests/golden" "$tmp/tests/netns"
cp tests/run.sh tests/lib.sh "$tmp/tests"
script() { printf '. "$(dirname "$0")/../lib.sh"\n%s\n' "$2" >"$tmp/tests/$1.sh"; }
script golden/good 'ok one; check two true; finish'
script golden/bad 'check three false; same four a b; finish'
script golden/crash 'ok five; exit 3'
script golden/silent 'true'
script netns/fine 'refuse six false; has seven abc b; finish'

out=$(OUT="$tmp/out" sh "$tmp/tests/run.sh" golden netns)
status=$?
same 'the last line counts every claim' "$(printf '%s\n' "$out" | tail -n 1)" '5 passed, 4 failed'
same 'a failure anywhere is a failure' "$status" 1
has 'a script that fails without a claim is told' "$out" '1 passed, 1 failed (exit status 3)'
has 'a script that claims nothing fails' "$out" '0 passed, 1 failed (it claimed nothing)'
has 'a failing script is shown' "$out" '    not ok three - status 1 from: false'
same 'a passing one is not' "$(printf '%s\n' "$out" | grep -c 'ok two')" 0
has 'its output is kept all the same' "$(cat "$tmp/out/test/golden-good.log")" 'ok two'
out=$(OUT="$tmp/out" sh "$tmp/tests/run.sh" netns)
same 'without a failure the status is 0' "$? $(printf '%s\n' "$out" | tail -n 1)" '0 2 passed, 0 failed'
out=$(OUT="$tmp/out" sh "$tmp/tests/run.sh" lab)
same 'no test at all is a failure' "$? $(printf '%s\n' "$out" | tail -n 1)" '1 0 passed, 0 failed'
finish
