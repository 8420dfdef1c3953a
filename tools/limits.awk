# SPDX-License-Identifier: Apache-2.0
# limits.awk - aws/limits.def from a table of instance types:
#   LC_ALL=C awk -v month=2026-08 -f tools/limits.awk instance-limits.tsv >aws/limits.def
# Columns are found by the names in the first line: type, eni_limit, ipv4_limit, default_card_index, network_cards
# ("0:4,1:4": index and maximum of each), hypervisor, bare_metal, vcpus, memory_mib, arch, branch_enis; "-" is not
# known. `vpcbox maxpods --list -o tsv` prints such a table, with --limits=FILE also from what
# `aws ec2 describe-instance-types` has printed:
#   vpcbox maxpods --limits=ec2.json --list -o tsv | LC_ALL=C awk -v month=2026-09 -f tools/limits.awk >aws/limits.def
#
# Each value that a column has is written once, as a list; a type is a row of places in those lists, by names such as
# VCPUS_4 that ec2limits.c makes of them. So 1,391 types fit where one struct for each would take four times as much.
BEGIN { FS = "\t" }

function die(what) {
	print FILENAME ":" FNR ": " what > "/dev/stderr"
	failed = 1
	exit 1
}

function number(name,   v) {
	v = $col[name]
	if (v == "-") return "unknown"
	if (v !~ /^[0-9]+$/) die(name " '" v "' is not a number")
	return v + 0
}

# A word that may stand in a C name.
function word(s) {
	gsub(/[^a-z0-9]/, "_", s)
	return s
}

# Remember that a list has this value; lists keep the order of their values.
function member(list, key, text) {
	if ((list, key) in seen) return
	seen[list, key] = 1
	n[list]++
	for (k = n[list]; k > 1 && before(list, text, value[list, k - 1]); k--) {
		value[list, k] = value[list, k - 1]
		name[list, k] = name[list, k - 1]
	}
	value[list, k] = text
	name[list, k] = key
}

function before(list, a, b) {
	return list == "size" || list == "kind" || list == "net" ? a < b : a + 0 < b + 0
}

# Every card is alike, as on all types so far; the number of cards is enough then.
function cards(   i, many, card, pair) {
	many = split($col["network_cards"], card, ",")
	if (many == 0 || $col["network_cards"] == "-") die("network_cards are not known: the table has no room for that")
	for (i = 1; i <= many; i++) {
		split(card[i], pair, ":")
		if (pair[1] != i - 1 || pair[2] != number("eni_limit"))
			die("network_cards '" $col["network_cards"] "' are not all alike: the table has no room for that")
	}
	return many
}

# hypervisor, bare metal and architectures, which mostly come together.
function kind(   hypervisor, metal, arch, known, key, many, part, i) {
	hypervisor = $col["hypervisor"]
	metal = $col["bare_metal"]
	if (hypervisor !~ /^(nitro|xen|unknown)$/) die("hypervisor '" hypervisor "' is none")
	if (metal !~ /^(true|false)$/) die("bare_metal '" metal "' is neither true nor false")
	arch = $col["arch"] == "-" ? "0" : "ARCH_" toupper($col["arch"])
	gsub(/\+/, " | ARCH_", arch)
	arch = toupper(arch)
	known = "0 ARCH_X86_64 ARCH_ARM64 ARCH_I386 ARCH_X86_64_MAC ARCH_ARM64_MAC"
	many = split(arch, part, " \\| ")
	for (i = 1; i <= many; i++) if (index(" " known " ", " " part[i] " ") == 0) die("arch '" $col["arch"] "' is none")
	key = hypervisor (metal == "true" ? "_metal_" : "_") word($col["arch"] == "-" ? "unknown" : $col["arch"])
	member("kind", key, "HYPERVISOR_" toupper(hypervisor) ", " metal ", " arch)
	return key
}

FNR == 1 {
	for (i = 1; i <= NF; i++) col[$i] = i
	many = split("type eni_limit ipv4_limit default_card_index network_cards hypervisor bare_metal " \
		"vcpus memory_mib arch branch_enis", want, " ")
	for (i = 1; i <= many; i++) if (!(want[i] in col)) die("no column " want[i])
	if (month !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]$/) die("say -v month=YYYY-MM, the table's date")
	next
}

{
	type = $col["type"]
	if (type !~ /^[a-z0-9-]+\.[a-z0-9-]+$/) die("type '" type "' is not one")
	if (type <= last) die("not sorted: '" type "' after '" last "'")
	last = type
	if (number("eni_limit") < 1 || number("ipv4_limit") < 1) die(type " has no ENI or address limit")
	split(type, half, ".")
	if (half[1] != family[families]) family[++families] = half[1]
	size = word(half[2])
	net = number("eni_limit") "x" number("ipv4_limit") "x" cards()
	member("size", size, half[2])
	member("net", net, number("eni_limit") ", " number("ipv4_limit") ", " cards() ", " number("default_card_index"))
	if (number("default_card_index") != 0) die(type ": a default card other than 0 needs a name of its own here")
	vcpus = number("vcpus"); mib = number("memory_mib"); branch = number("branch_enis")
	member("vcpus", vcpus, vcpus == "unknown" ? -1 : vcpus)
	member("mib", mib, mib == "unknown" ? -1 : mib)
	member("branch", branch, branch == "unknown" ? -1 : branch)
	row[families] = row[families] sprintf("T(%s, %s, %s, %s, %s, %s)\n", size, net, kind(), vcpus, mib, branch)
	rows[families]++
}

function list(macro, which,   k) {
	for (k = 1; k <= n[which]; k++)
		printf "%s(%s, %s)\n", macro, name[which, k], which == "size" ? "\"" value[which, k] "\"" : value[which, k]
}

END {
	if (failed) exit 1
	if (last == "") {
		print FILENAME ": no rows" > "/dev/stderr"
		exit 1
	}
	print "/* SPDX-License-Identifier: Apache-2.0 */"
	print "/* limits.def - generated by tools/limits.awk from facts of VPC CNI v1.23.1, EC2's DescribeInstanceTypes"
	print " * and the VPC resource controller, as of AS_OF; in order of type. Not known: -1."
	print " * SIZE(name, behind the dot), NET(name, ENIs, IPv4 addresses per ENI, cards, default card), KIND(name,"
	print " * hypervisor, bare metal, architectures), VCPUS(name, number), MIB(name, memory), BRANCH(name, branch ENIs),"
	print " * FAMILY(name, before the dot, number of types) and after it its types: T(size, net, kind, vCPUs, MiB, branch). */"
	many = split("AS_OF SIZE NET KIND VCPUS MIB BRANCH FAMILY T", macro, " ")
	for (i = 1; i <= many; i++) printf "#ifndef %s\n#define %s(...)\n#endif\n", macro[i], macro[i]
	printf "AS_OF(\"%s\")\n", month
	list("SIZE", "size")
	list("NET", "net")
	list("KIND", "kind")
	list("VCPUS", "vcpus")
	list("MIB", "mib")
	list("BRANCH", "branch")
	for (i = 1; i <= families; i++) printf "FAMILY(%s, \"%s\", %d)\n%s", word(family[i]), family[i], rows[i], row[i]
	for (i = 1; i <= many; i++) printf "#undef %s\n", macro[i]
}
