#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lab.sh - vpcbox-lab's command line: its help, and what it says when it is called wrongly. No lab comes up here.
. "$(dirname "$0")/../lib.sh"
VPCBOX_LAB=golden-lab-$$
export VPCBOX_LAB

same 'vpcbox-lab is static' "$(readelf -lW "$LAB" | grep -cE 'INTERP|DYNAMIC')" 0
same '--version says which' "$("$LAB" --version)" "vpcbox-lab $(sed -n 's/^VERSION = //p' Makefile)"
help=$("$LAB" --help)
for verb in up down status exec pod tour; do
	has "--help lists $verb" "$help" "
  vpcbox-lab $verb "
	has "$verb --help says how" "$("$LAB" $verb --help)" "usage: vpcbox-lab $verb"
	check "docs/lab.md has $verb" grep -qE "vpcbox-lab $verb|\| $verb" docs/lab.md
done
# Every option of up has its environment and default in the table.
for option in nodes zones instance-type vpc-cidr region call-ms attach-ms imds-lag-ms seed detach vpcbox name help; do
	has "up --help has --$option" "$("$LAB" up --help)" "--$option"
done

# wrong STATUS WORDS ARGUMENT...: one line on stderr, nothing on stdout
wrong() {
	want="$1 $2" status=$1
	shift 2
	got=$(timeout 10 "$LAB" "$@" 2>&1 >"$tmp/out" </dev/null)
	same "vpcbox-lab $*: exit $status and why" "$? $got" "$want"
	[ ! -s "$tmp/out" ] || not_ok "vpcbox-lab $*: nothing on stdout" "$(cat "$tmp/out")"
}
usage() { # WORDS VERB ARGUMENT...
	words=$1
	shift
	wrong 100 "vpcbox-lab $1: $words; see 'vpcbox-lab $1 --help'" "$@"
}
"$LAB" >"$tmp/out" 2>"$tmp/err"
same 'no verb: exit 100 and the help' "$? $(cat "$tmp/err")" "100 $help"
wrong 100 "vpcbox-lab: no verb 'frob'; 'vpcbox-lab --help' lists them" frob
usage "unknown option '--frob'" up --frob
for verb in up down status tour; do usage "unexpected argument 'extra'" $verb extra; done
usage "--nodes: 0 is not 1 to 64" up --nodes 0
usage "--nodes: 65 is not 1 to 64" up -n 65
usage "-n: 'x' is not a number" up -n x
usage "--vpc-cidr: 'x' is not a CIDR" up --vpc-cidr x
usage "--vpcbox /nowhere: No such file or directory" up --vpcbox /nowhere
usage "--output: 'xml' is neither table nor json" status -o xml
usage "--name: '' has not 1 to 64 letters" up -N ''
usage "needs a place and a command" exec
usage "needs a place and a command" exec node1
for wrong in '' frob 'add' 'add node1' 'add node1 pod-1 more' del 'exec pod-1'; do
	usage "needs add NODE POD, del POD, check POD, or exec POD -- COMMAND" pod $wrong
done
wrong 1 "vpcbox-lab: up: instance type: 't9.huge' is not known; did you mean t2.large?" up -t t9.huge
wrong 1 "vpcbox-lab: up: vpc cidr: '10.0.0.0/8' is not an IPv4 block of /16 to /20" up --vpc-cidr 10.0.0.0/8
wrong 1 "vpcbox-lab: up: vpc cidr: '192.168.1.0/16' has host bits; did you mean 192.168.0.0/16?" up --vpc-cidr 192.168.1.0/16
wrong 1 "vpcbox-lab: up: zones: 0 is not between 1 and 6" up --zones 0
wrong 1 "vpcbox-lab: up: region: 'here' is not like ap-northeast-2" up --region here
wrong 1 "vpcbox-lab: up: call-ms: -5 is below 0" up --call-ms -5
same 'none of these left a lab' "$(grep -c "/$VPCBOX_LAB\$" /proc/net/unix)" 0
finish
