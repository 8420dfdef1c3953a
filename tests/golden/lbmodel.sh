#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lbmodel.sh - the load-balancer controller's models, to the letter: tests/golden/lbctl/README.md. UPDATE=1 writes the
# wanted output anew.
. "$(dirname "$0")/../lib.sh"
cases=$PWD/tests/golden/lbctl

for file in "$cases"/*.json "$cases"/*.yaml; do
	[ -e "$file" ] || continue
	name=$(basename "${file%.*}")
	got=$("$TOOLS/lbmodel" "$cases/vpc.case" "$file" 2>&1) || got="$got
exit $?"
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$got" >"$cases/$name.want"
	same "model $name" "$got" "$(cat "$cases/$name.want")"
done

# refused WORDS: the case on stdin is, with these words.
refused() {
	cat >"$tmp/case"
	said=$("$TOOLS/lbmodel" "$tmp/case" 2>&1) && said="accepted: $said"
	has "lbmodel refuses $1" "$said" "$1"
}
echo '{' | refused 'case: '
echo '{"kind":"Bucket"}' | refused "'Bucket' is no kind of object"
echo '{"kind":"Case","flags":{"colour":"red"}}' | refused 'no flag --colour'
echo '{"kind":"Case","flags":{"feature-gates":{"Nothing":true}}}' | refused 'no feature gate Nothing'
echo '{"kind":"Case","facts":{"fail":{"weather":"x"}}}' | refused 'no part of the facts is called weather'
echo '{"kind":"Service","spec":{"ports":[{"port":"x"}]}}' | refused 'port'
finish
