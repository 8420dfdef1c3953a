#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# maxpods.sh - what maxpods says, to the letter, and its numbers for all types in all modes. A case is
# tests/golden/maxpods/NAME.cmd, a shell line, and NAME.want: what it prints to stdout, to stderr (each such line behind
# "! "), and its exit status. all.tsv has a line for each type, a column for each mode. UPDATE=1 writes these anew; the
# script's own numbers in all.tsv (the first nine modes) were compared with what the original prints.
# It runs in a network namespace with nothing in it, so that nobody is asked.
[ -n "${INSIDE:-}" ] || exec unshare -rn env INSIDE=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
cases=$PWD/tests/golden/maxpods
mkdir "$tmp/bin"
ln -s "$VPCBOX" "$tmp/bin/vpcbox"
ln -s "$VPCBOX" "$tmp/bin/max-pods-calculator.sh"
printf 'type\teni_limit\tipv4_limit\tvcpus\nx99.large\t4\t15\t36\n' >"$tmp/new.tsv"
printf 'type\teni_limit\tipv4_limit\nx99.large\tmany\t15\n' >"$tmp/bad.tsv"
printf 'type\teni_limit\tipv4_limit\nx99.\033[31mlarge\t4\t15\n' >"$tmp/escapes.tsv"
printf '\357\273\277type\teni_limit\tipv4_limit\tvcpus\r\n\r\nx99.large\t4\t15\t36\r\n' >"$tmp/crlf.tsv"
printf 'type\teni_limit\tipv4_limit\tnetwork_cards\nx97.large\t4\t15\t0:4,1:4\nx98.large\t4\t15\t0:4,1:2\nx99.large\t4\t15\t\n' >"$tmp/cards.tsv"
printf 'type\teni_limit\tipv4_limit\tvcpus\nm5.large\t3\t10\t-\n' >"$tmp/known.tsv"
echo '{"InstanceTypes": [{"InstanceType": "m5.large", "NetworkInfo": {"MaximumNetworkInterfaces": 4, "Ipv4AddressesPerInterface": 12}}]}' \
	>"$tmp/known.json"

for cmd in "$cases"/*.cmd; do
	name=$(basename "$cmd" .cmd)
	got=$(
		cd "$tmp" || exit
		{
			env -i PATH="$tmp/bin:$PATH" sh "$cmd" 2>"$tmp/stderr"
			echo "exit $?"
		} | sed 's/^/  /'
		sed 's/^/! /' "$tmp/stderr"
	)
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$got" >"$cases/$name.want"
	same "maxpods $name" "$got" "$(cat "$cases/$name.want")"
done

# ---- every type, every mode

# mode NAME OPTION...: one column, "-" where the type is not listed.
mode() {
	name=$1
	shift
	"$VPCBOX" maxpods --list -o tsv --cni-version 1.12.0 "$@" 2>/dev/null | awk -F '\t' -v name="$name" -v before="$tmp/all" '
		FNR > 1 { pods[$1] = $8 }
		END {
			OFS = "\t"
			while ((getline < before) > 0) print $0, ($1 == "type" ? name : $1 in pods ? pods[$1] : "-")
		}' >"$tmp/next"
	mv "$tmp/next" "$tmp/all"
}
"$VPCBOX" maxpods --list -o tsv 2>/dev/null | cut -f1 >"$tmp/all"
prefix=--cni-prefix-delegation-enabled custom=--cni-custom-networking-enabled
mode plain
mode prefix $prefix
mode custom $custom
mode custom+prefix $custom $prefix
mode max-eni-2 --cni-max-eni 2
mode max-eni-2+prefix --cni-max-eni 2 $prefix
mode prefix,all $prefix --show-max-allowed
mode custom+prefix,all $custom $prefix --show-max-allowed
mode max-eni-2+custom,all --cni-max-eni 2 $custom --show-max-allowed
mode plain,all --show-max-allowed
mode ipv6 --ipv6
mode ipv6+prefix --ipv6 $prefix
mode old-cni --cni-version 1.8.0 $prefix --show-max-allowed
mode max-eni-0 --cni-max-eni 0
mode max-eni-1 --cni-max-eni 1
mode max-eni-1+custom --cni-max-eni 1 $custom
# What the others say, of each type: ipamd plainly, with prefixes, with a trunk; nodeadm's expression.
"$VPCBOX" maxpods --list -o json >"$tmp/list.json"
python3 -B tests/golden/maxpods_all.py "$VPCBOX" "$tmp/list.json" "$tmp/all" >"$tmp/next" || failed=1
grep -E '^(not )?ok |^#' "$tmp/next"
grep -vE '^(not )?ok |^#' "$tmp/next" >"$tmp/all"
[ -z "${UPDATE:-}" ] || cp "$tmp/all" "$cases/all.tsv"
check "all types in all modes are as they were" diff "$cases/all.tsv" "$tmp/all"
same "1391 types are in it" "$(tail -n +2 "$tmp/all" | wc -l)" 1391

# The same numbers by formula, from the facts that the table prints.
"$VPCBOX" maxpods --list -o tsv --show-max-allowed >"$tmp/facts"
awk -F '\t' '
	function least(a, b) { return a + 0 < b + 0 ? a : b }
	function cap(n, vcpus) { return least(vcpus != "-" && vcpus > 30 ? 250 : 110, n) }
	FNR == NR { if (FNR > 1) fact[$1] = $0; next }
	FNR > 1 {
		split(fact[$1], f, "\t")
		e = f[2]; i = f[3] - 1; x = f[6] == "nitro" ? 16 : 1; v = f[9]
		print $1, cap(e * i + 2, v), cap(e * i * x + 2, v), cap((e - 1) * i + 2, v), cap((e - 1) * i * x + 2, v),
			cap(least(e, 2) * i + 2, v), cap(least(e, 2) * i * x + 2, v), e * i * x + 2, (e - 1) * i * x + 2,
			(least(e, 2) - 1) * i + 2, e * i + 2
	}' "$tmp/facts" "$tmp/all" >"$tmp/formula"
tail -n +2 "$tmp/all" | cut -f 1-11 | tr '\t' ' ' >"$tmp/script"
check "the script's columns are its formula on the table's facts" diff "$tmp/formula" "$tmp/script"
check "max_pods uncapped is eni_limit * (ipv4_limit - 1) + 2, on every type" \
	awk -F '\t' 'FNR > 1 && $8 != $2 * ($3 - 1) + 2 { print; bad = 1 } END { exit bad }' "$tmp/facts"
check "what --list prints makes the same table again" sh -c \
	"LC_ALL=C awk -v month=\$(sed -n 's/^AS_OF(\"\\(.*\\)\")\$/\\1/p' aws/limits.def) -f tools/limits.awk '$tmp/facts' | cmp - aws/limits.def"
if [ -n "${VPCBOX_LIMITS_TSV:-}" ]; then
	check "and is the file that the table was made from" cmp "$tmp/facts" "$VPCBOX_LIMITS_TSV"
fi
# Of types whose vCPUs nobody knows EC2 would be asked, where the number depends on them.
"$tmp/bin/vpcbox" maxpods --list -o tsv >"$tmp/capped" 2>/dev/null
unsure=$(jq -r '.[] | select(.certain | not).type' "$tmp/list.json" | tr '\n' ' ')
check "the script by its name says the same of every type" sh -c "
	tail -n +2 '$tmp/capped' | while IFS='	' read -r type a b c d e f pods rest; do
		got=\$('$tmp/bin/max-pods-calculator.sh' --instance-type \$type --cni-version 1.12.0 2>/dev/null)
		case ' $unsure' in *\" \$type \"*) pods= ;; esac
		[ \"\$got\" = \"\$pods\" ] || { echo \"\$type: \$got, not \$pods\"; exit 1; }
	done"

# ---- from EC2's JSON to the next build's table

# As the AWS CLI prints it: no branch ENIs, and no word of what is not known.
jq '{InstanceTypes: map({InstanceType: .type, BareMetal: .bare_metal,
	NetworkInfo: {MaximumNetworkInterfaces: (.enis * .network_cards), Ipv4AddressesPerInterface: .ipv4_per_eni,
		DefaultNetworkCardIndex: 0, NetworkCards: [range(.network_cards) as $i |
			{NetworkCardIndex: $i, MaximumNetworkInterfaces: .enis}]}}
	+ (if .hypervisor == "unknown" then {} else {Hypervisor: .hypervisor} end)
	+ (if .vcpus then {VCpuInfo: {DefaultVCpus: .vcpus}} else {} end)
	+ (if .memory_mib then {MemoryInfo: {SizeInMiB: .memory_mib}} else {} end)
	+ (if .architectures == [] then {} else {ProcessorInfo: {SupportedArchitectures: .architectures}} end))}' "$tmp/list.json" >"$tmp/ec2.json"
again() {
	"$VPCBOX" maxpods --limits "$1" --list -o tsv 2>/dev/null >"$tmp/new.tsv" &&
		LC_ALL=C awk -v month="$(sed -n 's/^AS_OF("\(.*\)")$/\1/p' aws/limits.def)" -f tools/limits.awk "$tmp/new.tsv" >"$tmp/new.def"
}
check "EC2's JSON of all types becomes a table" again "$tmp/ec2.json"
check "which is limits.def again, to the byte" cmp "$tmp/new.def" aws/limits.def
jq '.InstanceTypes[0] as $t | {InstanceTypes: [$t + {InstanceType: "a0.new"}]}' "$tmp/ec2.json" >"$tmp/one.json"
check "and that of one new type" again "$tmp/one.json"
same "has one row more, without branch ENIs" "$(diff "$tmp/new.def" aws/limits.def | grep '^< ')" '< SIZE(new, "new")
< FAMILY(a0, "a0", 1)
< T(new, 4x15x1, nitro_arm64, 8, 16384, unknown)'

# ---- the generator refuses what it cannot hold

# refused WORDS: limits.awk says so of the table on stdin.
refused() {
	said=$(LC_ALL=C awk -v month=2026-08 -f tools/limits.awk 2>&1 >"$tmp/def") && said="accepted: $said"
	case $said in *"$1"*) ;; *) echo "$said"; return 1 ;; esac
}
row() { # COLUMN VALUE: the table with one row, one value of which is another
	head -n 2 "$tmp/facts" | awk -F '\t' -v c="$1" -v v="$2" 'BEGIN { OFS = FS } FNR == 1 { for (i = 1; i <= NF; i++) if ($i == c) n = i }
		FNR == 2 { $n = v } { print }' >"$tmp/one"
}
while read -r column value words; do
	row "$column" "$value"
	check "limits.awk refuses $column $value" refused "$words" <"$tmp/one"
done <<'END'
type M5.large type 'M5.large' is not one
eni_limit 0 has no ENI or address limit
ipv4_limit x ipv4_limit 'x' is not a number
network_cards 0:4,1:2 not all alike
network_cards - network_cards are not known
default_card_index 1 default card other than 0
hypervisor kvm hypervisor 'kvm' is none
bare_metal maybe neither true nor false
arch z80 arch 'z80' is none
vcpus -1 vcpus '-1' is not a number
END
check "limits.awk refuses a table out of order" refused "not sorted" <<END
$(sed -n '1p;3p' "$tmp/facts"; sed -n 2p "$tmp/facts")
END
check "limits.awk refuses a table without rows" refused "no rows" <<END
$(head -n 1 "$tmp/facts")
END
check "limits.awk refuses a table without a column" refused "no column arch" <<END
$(head -n 2 "$tmp/facts" | cut -f 1-10)
END

# ---- terminals

# on_terminal COMMAND...: its output when stdout is a terminal.
on_terminal() {
	python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" </dev/null
}
esc=$(printf '\033')
unset NO_COLOR
has "on a terminal the answer is bold" "$(TERM=xterm on_terminal "$VPCBOX" maxpods t3.medium)" "$esc[1mt3.medium: 17 pods$esc[0m"
same "with NO_COLOR there is no escape in it" "$(NO_COLOR=1 TERM=xterm on_terminal "$VPCBOX" maxpods --explain t3.medium | grep -c "$esc")" 0
same "nor on a dumb terminal" "$(TERM=dumb on_terminal "$VPCBOX" maxpods --explain t3.medium | grep -c "$esc")" 0
same "nor in a pipe" "$(TERM=xterm "$VPCBOX" maxpods --explain t3.medium | grep -c "$esc")" 0
check "an answer that cannot be written fails" sh -c "'$VPCBOX' maxpods --list >/dev/full 2>'$tmp/err'; [ \$? = 111 ]"
has "and says so" "$(cat "$tmp/err")" "vpcbox maxpods: writing the answer: No space left on device"
check "the JSON has stable keys" sh -c "'$VPCBOX' maxpods -o json t3.medium | jq -e '.max_pods == 17 and .limits.vcpus == 2 and
	.kube_reserved.memory_mib == 442 and ([.explain[].by] == [\"arithmetic\", \"script\", \"bootstrap\", \"nodeadm\", \"ipamd\"])'"
check "a list in JSON is an array of all types" sh -c "'$VPCBOX' maxpods --list -o json | jq -e 'length == 1391 and
	(map(select(.type == \"p5.48xlarge\"))[0] | .max_pods == 100 and .network_cards == 32)'"
finish
