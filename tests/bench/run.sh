#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [AREA]... - figures: tests/bench/AREA.sh prints a row for each, this puts the header over them, writes them to
# $OUT/bench.tsv and shows them as a table. Without an area, all of them. `make bench AREA=cni` calls it.
#
# Columns, separated by tabs: metric (begins with the area and a dot), value, unit, goal, met (yes, no or -), peer, the
# peer's value, ratio of ours to the peer's; "-" where there is none.
set -eu
cd "$(dirname "$0")/../.."
OUT=${OUT:-build}
case $OUT in /*) ;; *) OUT=$PWD/$OUT ;; esac
export OUT
PATH=$PATH:/usr/sbin:/sbin
tsv=$OUT/bench.tsv

areas=$*
[ -n "$areas" ] || for script in tests/bench/*.sh; do
	area=$(basename "$script" .sh)
	[ "$area" = run ] || areas="$areas $area"
done
printf 'metric\tvalue\tunit\tgoal\tmet\tpeer\tpeer_value\tratio\n' >"$tsv.part"
for area in $areas; do
	[ -e "tests/bench/$area.sh" ] || { echo "bench: no tests/bench/$area.sh" >&2; exit 1; }
	echo "bench: $area" >&2
	sh "tests/bench/$area.sh" >>"$tsv.part"
done
mv "$tsv.part" "$tsv"
awk -F '\t' '
{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > wide[i]) wide[i] = length($i) } columns = NF }
END {
	for (r = 1; r <= NR; r++) {
		line = ""
		for (i = 1; i <= columns; i++)
			line = line sprintf(i == 2 || i > 6 ? "%*s  " : "%-*s  ", wide[i], cell[r, i])
		sub(/ *$/, "", line)
		print line
	}
}' "$tsv"
