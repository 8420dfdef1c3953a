#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# box.sh - the executable itself: what it is, its names, and what it says when it is called wrongly.
. "$(dirname "$0")/../lib.sh"

same 'vpcbox is static' "$(readelf -lW "$VPCBOX" | grep -cE 'INTERP|DYNAMIC')" 0
same 'vpcbox is stripped' "$(readelf -SW "$VPCBOX" | grep -cE ' \.(symtab|debug_info) ')" 0
has 'its symbols are kept apart' "$(nm "$VPCBOX.debug")" ' T main'
same 'the simulator is not in it' "$(nm "$VPCBOX.debug" | grep -c ' T lab_')" 0

version=$(sed -n 's/^VERSION = //p' Makefile)
same '--version says which' "$("$VPCBOX" --version)" "vpcbox $version"
help=$("$VPCBOX" --help)
for a in $(sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' include/applets.def); do
	has "--help lists $a" "$help" "
  $a "
done

# exits STATUS COMMAND...
exits() {
	want=$1
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	[ $? -eq "$want" ]
}
check 'an unknown applet exits 127' exits 127 "$VPCBOX" ipmad
same 'and is told what is near' "$(cat "$tmp/err")" \
	"vpcbox: no applet 'ipmad', did you mean 'ipamd'?; 'vpcbox --help' lists them"
check 'no applet at all exits 127' exits 127 "$VPCBOX"
same 'and prints the usage to stderr' "$(head -n 1 "$tmp/err")" 'usage: vpcbox APPLET [ARGUMENT...]'
check 'diag, not built yet, exits 111' exits 111 "$VPCBOX" diag
same 'and diag says so in one line' "$(cat "$tmp/err")" \
	"vpcbox diag: not built yet; 'vpcbox diag --help' says what it will do"
check 'diag --help exits 0' exits 0 "$VPCBOX" diag --help
check 'lbctl --help exits 0' exits 0 "$VPCBOX" lbctl --help
check 'lbctl without a cluster exits 100' exits 100 "$VPCBOX" lbctl
has 'and says what is missing' "$(cat "$tmp/err")" '--cluster-name is missing'
check 'lbctl with a command that is none exits 100' exits 100 "$VPCBOX" lbctl paln --cluster-name=x
has 'and says so' "$(cat "$tmp/err")" "'paln' is no command"

check 'make install succeeds' make --no-print-directory OUT="$OUT" ${DEPS:+DEPS="$DEPS"} install DESTDIR="$tmp/root" PREFIX=/opt
for name in $(sed -n 's/^APPLET([a-z]*, "\([^"]*\)".*/\1/p' include/applets.def); do
	check "make install leaves $name" test -x "$tmp/root/opt/bin/$name"
done
check 'by the name max-pods-calculator.sh it is maxpods, whatever the folder' \
	exits 0 "$tmp/root/opt/bin/max-pods-calculator.sh" --instance-type t3.medium --cni-version 1.12.0
same 'and prints a number' "$(cat "$tmp/out")" 17
finish
