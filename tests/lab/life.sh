#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# life.sh - however a lab ends, nothing of it is left; and what the program says when there is none, or one already.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

trap 'for name in "$VPCBOX_LAB" "$VPCBOX_LAB-b"; do "$LAB" down -N "$name" 2>/dev/null; done; lab_down; rm -rf "$tmp"' EXIT

# ---- who belongs to the lab: its command line has the name, or an ancestor's has

members() {
	ps -eo pid=,ppid=,args= | awk -v name="-N $VPCBOX_LAB" '
		{ parent[$1] = $2; line[$1] = $0 }
		END {
			for (p in parent)
				for (q = p; q in parent; q = parent[q])
					if (index(line[q], name) && !index(line[q], "awk")) { print p; break }
		}'
}
# A process is its number and the time of its start, for numbers come again. Zombies are not left, only unread.
alive() { awk '{ sub(/.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null; }
# note: remember the lab's processes and namespaces. left: those that are still there.
note() {
	for p in $(members); do echo "$p $(alive "$p")"; done >"$tmp/members"
	lsns -n -o NS,PID | awk 'NR == FNR { mine[$1]; next } $2 in mine { print $1 }' "$tmp/members" - >"$tmp/spaces"
}
left() {
	while read -r p start; do
		[ "$(alive "$p")" != "$start" ] || echo "process $p: $(tr '\0' ' ' <"/proc/$p/cmdline")"
	done <"$tmp/members"
	for p in $(members); do echo "process $p"; done
	lsns -n -o NS,TYPE,PID,COMMAND | awk 'NR == FNR { mine[$1]; next } $1 in mine' "$tmp/spaces" - | grep -e "-N $VPCBOX_LAB"
	grep "/$VPCBOX_LAB\$" /proc/net/unix
	untouched
}
nothing_left() { [ -z "$(left)" ]; }

up=
# begin HOW [OPTION...]: a lab with a pod, and what belongs to it noted. Its process 1 is $first.
begin() {
	how=$1
	shift
	if [ "$how" = detached ]; then
		"$LAB" up -d -N "$VPCBOX_LAB" "$@" >"$tmp/up" 2>&1 || not_ok "a lab comes up in the background" "$(cat "$tmp/up")"
		up=
	else
		lab_up -N "$VPCBOX_LAB" "$@"
		up=$lab_pid
	fi
	"$LAB" pod add node1 pod-1 >"$tmp/pod" 2>&1 || not_ok "a pod is added" "$(cat "$tmp/pod")"
	note
	first=$(cut -d' ' -f1 "$tmp/members" | while read -r p; do
		[ "$(awk '/^NSpid/ { print NF, $3 }' "/proc/$p/status")" != "3 1" ] || echo "$p"
	done)
	[ "$(wc -l <"$tmp/members")" -ge 4 ] && [ "$(wc -l <"$tmp/spaces")" -ge 10 ] && [ -n "$first" ] ||
		not_ok "its processes and namespaces are found" "$(cat "$tmp/members" "$tmp/spaces")"
}
# ended CLAIM [STATUS]: nothing is left, and `up` has exited so.
ended() {
	if soon 30 nothing_left; then ok "$1: nothing is left"; else
		not_ok "$1: nothing is left" "see below"
		left | sed 's/^/# /'
	fi
	[ -n "$up" ] || return 0
	wait "$up" 2>/dev/null
	same "$1: the exit status of up" "$?" "$2"
	lab_pid=
}

begin detached
check "down ends a lab in the background" "$LAB" down
ended "down"
begin foreground
check "down ends a lab in the foreground" "$LAB" down
ended "down of one in the foreground" 0
for sig in INT TERM HUP; do
	begin foreground -n 1
	kill -$sig "$up"
	ended "SIG$sig" 0
done
begin foreground
kill -9 "$up"
ended "kill -9 of up" 137
begin foreground
kill -9 "$first"
ended "kill -9 of the lab's process 1" 1
same "which up tells" "$(tail -n 1 "$tmp/up")" "vpcbox-lab: up: the lab was ended by signal 9"
begin detached
kill -9 "$first"
ended "kill -9 of the process 1 of a lab in the background"

begin foreground
"$LAB" exec node1 -- sleep 1000 &
inside=$!
"$LAB" pod exec pod-1 -- ping 8.8.8.8 >"$tmp/ping" &
pinger=$!
running() { on node1 pidof sleep && [ -s "$tmp/ping" ]; }
check "commands run in the lab" soon 30 running
note
check "down with commands that run inside" "$LAB" down
ended "down with commands that run inside" 0
wait "$inside"
same "a command that is killed with the lab: exit 128 + 9" $? 137
wait "$pinger"
same "one in a pod too" $? 137

# A child exists before the lab is ready.
setpriv --pdeathsig KILL "$LAB" up -N "$VPCBOX_LAB" >"$tmp/up" 2>&1 &
lab_pid=$! up=$!
has_child() { [ -n "$(cat /proc/$up/task/$up/children)" ]; }
soon 20 has_child
note
kill -9 $up
ended "kill -9 of up before it is ready" 137

# ---- one name, one lab

begin foreground
said=$("$LAB" up -d -N "$VPCBOX_LAB" 2>&1)
same "a second lab of the same name is refused" "$? $said" \
	"1 vpcbox-lab: up: a lab named '$VPCBOX_LAB' is up already; 'vpcbox-lab down' ends it"
check "the first one goes on" pod_pings pod-1 8.8.8.8
check "one of another name comes up beside it" "$LAB" up -d -N "$VPCBOX_LAB-b"
refuse "pods of one are not the other's" "$LAB" pod exec -N "$VPCBOX_LAB-b" pod-1 -- true
check "and goes down alone" "$LAB" down -N "$VPCBOX_LAB-b"
said=$("$LAB" exec node9 -- true 2>&1)
same "a node that is not there: which ones are" "$? $said" \
	"1 vpcbox-lab: exec: no node 'node9'; there are node1 to node2, vpc and internet"
said=$("$LAB" pod exec pod-9 -- true 2>&1)
same "a pod that is not there: which ones are" "$? $said" "1 vpcbox-lab: pod: no pod 'pod-9'; there pod-1"
said=$("$LAB" pod add node1 pod-1 2>&1)
has "a second pod of the same name is refused" "$said" "there is a pod of that name already"
check "and the first is still wired" "$LAB" pod check pod-1
on node1 sh -c 'exit 7'
same "exec gives the command's own status" $? 7
on node1 sh -c 'kill -TERM $$'
same "or 128 and the signal" $? 143
on node1 /nowhere 2>"$tmp/err"
same "or 127 and words" "$? $(cat "$tmp/err")" "127 vpcbox-lab: /nowhere: No such file or directory"
lab_down

# ---- and without

for verb in status 'exec node1 -- true' 'pod add node1 pod-1' 'pod exec pod-1 -- true' 'pod del pod-1' 'down'; do
	said=$("$LAB" $verb 2>&1)
	same "$verb without a lab says how to get one" "$? $said" \
		"1 vpcbox-lab: ${verb%% *}: no lab named '$VPCBOX_LAB' is up; start one with 'vpcbox-lab up -d'"
done
finish
