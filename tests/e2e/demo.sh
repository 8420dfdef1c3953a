#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh - the tour that `make demo` ends with: twice in a row, and right after one that was killed.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

# family PID: it and all that come from it. gone PIDS: they have ended. A tour's lab has the name "tour-PID".
family() {
	ps -eo pid=,ppid= | awk -v top="$1" '
		{ parent[$1] = $2 }
		END { for (p in parent) for (q = p; q in parent; q = parent[q]) if (q == top) { print p; break } }'
}
gone() { for p in $1; do [ ! -e "/proc/$p" ] || [ "$(ps -o stat= -p "$p" | cut -c1)" = Z ] || return 1; done; }
nothing_left() { untouched && ! grep "/tour-$pid\$" /proc/net/unix; }

# tour CLAIM: from its first line to its last
tour() {
	"$LAB" tour >"$tmp/tour" 2>&1 </dev/null &
	pid=$!
	wait $pid
	same "$1: exit 0" $? 0
	last=$(tail -n 1 "$tmp/tour")
	check "$1: it ends with N passed, 0 failed: $last" expr "$last" : '[1-9][0-9]* passed, 0 failed$'
	same "$1: as many claims as it counts" \
		"$(grep -c '^  ok ' "$tmp/tour") passed, $(grep -c '^  not ok ' "$tmp/tour") failed" "$last"
	grep '^  not ok ' "$tmp/tour" | sed 's/^/# /'
	check "$1: nothing is left" soon 30 nothing_left
}
tour "a tour"
tour "another right after it"
same "what a tour shows has no colours when nobody looks" "$(grep -c "$(printf '\033')" "$tmp/tour")" 0
for chapter in "The node's network" "Pods get VPC addresses" "Pod to the Internet" "The agent dies" "Nothing is left"; do
	check "it has the chapter '$chapter'" grep -q "^== [0-9]. $chapter ==" "$tmp/tour"
done
for seen in "dev ens5 proto dhcp src" "169.254.1.1" "mtu 9001" "ICMP echo request" "AWS-SNAT-CHAIN-0" "mark=128"; do
	check "it shows '$seen'" grep -qF "$seen" "$tmp/tour"
done

# killed CLAIM WORDS: kill -9 of a tour that has come to these words
killed() {
	"$LAB" tour >"$tmp/killed" 2>&1 </dev/null &
	pid=$!
	check "$1: it comes to: $2" soon 60 grep -qF "$2" "$tmp/killed"
	all=$(family $pid)
	check "$1: it has processes" [ "$(echo "$all" | wc -l)" -ge 2 ]
	kill -9 $pid
	wait $pid 2>/dev/null
	check "$1: no process is left" soon 30 gone "$all"
	check "$1: nothing else is left" soon 30 nothing_left
}
killed "a tour killed at its start" "Starting a VPC"
killed "a tour killed in the middle" "4. Pod to the Internet"
tour "a tour right after that"
finish
