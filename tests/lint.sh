#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh - the rules of the tree that a machine can hold, one `ok` or `not ok` line each, offenders beneath.
# Needs sh, awk, grep, nm, the compiler and clang-format 14; `make lint` builds the objects that it looks at.
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-build} DEPS=${DEPS:-$OUT/deps}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

# rule NAME COMMAND...: what the command prints are offenders; silence is success.
rule() {
	name=$1
	shift
	"$@" >"$tmp/offenders" 2>&1
	if [ ! -s "$tmp/offenders" ]; then
		echo "ok lint: $name"
	else
		echo "not ok lint: $name - $(grep -c . "$tmp/offenders") found"
		sed 's/^/# /' "$tmp/offenders"
		failed=1
	fi
}

rooms='util net aws k8s node'
find . -name build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||' | sort >"$tmp/all"
grep -E '\.[ch]$' "$tmp/all" >"$tmp/c"
grep -E '^(main\.c|(include|applets|util|net|aws|k8s|node)/.*\.[ch])$' "$tmp/all" >"$tmp/ours"
# vpcbox's own sources: all but the simulator's and the tests'.
grep -v '^applets/lab/' "$tmp/ours" >"$tmp/box"

# Code alone, as file:line:text: comments, strings and characters are taken out, so that words in them do not count.
code() {
	xargs awk '
		FNR == 1 { within = 0 }
		{
			s = $0
			if (within) { if (!match(s, /\*\//)) next; s = substr(s, RSTART + 2); within = 0 }
			if (s !~ /^#include/) { gsub(/"([^"\\]|\\.)*"/, "\"\"", s); gsub(/\047([^\047\\]|\\.)+\047/, "0", s) }
			gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", s)
			if (match(s, /\/\*/)) { s = substr(s, 1, RSTART - 1); within = 1 }
			sub(/\/\/.*/, "", s)
			if (s ~ /[^ \t]/) print FILENAME ":" FNR ":" s
		}' <"$1"
}
code "$tmp/c" >"$tmp/code"
code "$tmp/ours" >"$tmp/code.ours"
code "$tmp/box" >"$tmp/code.box"

# include/X.h belongs to the room of X.c, or X.def, or else of X_*.c.
owners() {
	for h in include/*.h include/*.def; do
		n=${h#include/} o=
		for d in $rooms; do
			for f in "$d/${n%.*}.c" "$d/${n%.*}.def" "$d/${n%.*}"_*.c; do
				[ ! -e "$f" ] || { o=$d; break 2; }
			done
		done
		case $n in applet.h | applets.def) o=applets ;; esac
		echo "$n ${o:-nobody}"
	done
	for h in applets/*/*.h applets/*/*.def applets/lab/*/*.h applets/lab/*/*.def aws/*.def util/*.def net/*.def k8s/*.def node/*.def; do
		[ ! -e "$h" ] || echo "${h##*/} ${h%/*}"
	done
}
owners >"$tmp/owners"

owned() {
	awk '$2 == "nobody" { print "include/" $1 ": no room has a file of that name" }
		{ if (seen[$1]++) print $1 ": two headers of that name" }' "$tmp/owners"
	# glibc'"'"'s <limits.h> would find ours when it looks for its own other half, without a word.
	# A library of deps/ lies before all of the system's: <yaml.h> is libyaml's whatever is installed.
	while read -r h owner; do
		[ ! -e "$DEPS/include/$h" ] || continue
		echo "#include <$h>" | ${CC:-gcc} -E -xc - >/dev/null 2>&1 && echo "$h: the C library has a header of that name"
	done <"$tmp/owners"
	true
}

layers() {
	awk '
	BEGIN { n = split("util 0 net 1 aws 2 k8s 2 node 3 applets 4 main 5", r, " "); for (i = 1; i < n; i += 2) level[r[i]] = r[i + 1] }
	FNR == NR { owner[$1] = $2; next }
	FNR == 1 {
		split(FILENAME, p, "/"); me = p[1]
		if (me == "main.c") me = "main"
		if (me == "applets") folder = p[1] "/" p[2]
		alone = FILENAME ~ "^applets/lab/apiserver/" ? "applets/lab/apiserver" : ""
		if (me == "include") me = owner[p[2]]
	}
	/^#include "/ {
		split($0, q, "\""); d = owner[q[2]]
		if (q[2] ~ /\//) print FILENAME ":" FNR ": a path in an include"
		else if (d == "") print FILENAME ":" FNR ": no header " q[2]
		else if (d ~ /^applets\//) {
			if (me != "applets" || (d != folder && index(d, folder "/") != 1) || (alone && d != alone)) print FILENAME ":" FNR ": " q[2] " is of " d " alone"
		}
		else if (me != "nobody" && d != "nobody" && d != me && level[d] >= level[me] && !(d == "applets" && me == "applets"))
			print FILENAME ":" FNR ": " me "/ may not include " q[2] " of " d "/"
	}' "$tmp/owners" $(cat "$tmp/ours")
}

# door LIBRARY-HEADER FILES: only they include it. A header of include/ counts as its own.
door() { grep -nE "^#include <$1" $(cat "$tmp/ours") /dev/null | grep -vE "^($2):"; }
doors() {
	door 'cJSON' 'util/json\.c'
	door 'expat' 'util/xml\.c'
	door 'yaml' 'util/yaml\.c'
	door '(mbedtls|psa)/' '(util/hash|net/tls(_[a-z]+)?)\.c'
	door 'llhttp' 'net/http[a-z_]*\.c'
	door 'nghttp2' '(net/(grpc[a-z_]*|h2)\.c|include/(h2|grpcd?)\.h)'
	door 'libmnl' "net/[a-z_0-9]+\.c|$(awk '$2 == "net" { printf "%sinclude/%s", s, $1; s = "|" }' "$tmp/owners")"
}

sockets() { grep -E '^util/.*[^a-zA-Z_](socket|connect|bind|listen|accept4?|mnl_[a-z_]+) ?\(' "$tmp/code"; }

calls() { grep -E "[^a-zA-Z0-9_>.](($1)) ?\\(" "$2"; }
banned() {
	calls 'strcpy|strcat|sprintf|vsprintf|strncpy|atoi|atol|gets|system|popen|alloca|strtok|signal|vfork|sleep' "$tmp/code.ours"
	grep -E '[^a-zA-Z0-9_](goto|alloca) ' "$tmp/code"
}
processes() { calls 'fork|_Fork|execv[a-z]*|execl[a-z]*|fexecve|posix_spawn[a-z]*|clone' "$tmp/code.box"; }
typedefs() { grep -E ':typedef ' "$tmp/code.ours" | grep -vE '\(\*?[a-z_]+\)\(|:typedef [a-z][a-z_ ]+[ *][a-z_]+\('; }

file_sizes() { xargs wc -l <"$tmp/c" | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'; }
functions() {
	xargs awk '/^{/ { s = FNR } /^}/ && s { if (FNR - s > 60) print FILENAME ":" s ": a function of " FNR - s " lines"; s = 0 }' <"$tmp/c"
}

headers() {
	grep -E '^(include|applets)/.*\.h$' "$tmp/all" | while read -r h; do
		echo "#include \"${h##*/}\"" | ${CC:-gcc} -std=c11 -D_GNU_SOURCE -DVERSION='""' -iquote include -iquote "${h%/*}" -iquote applets/lab \
			-isystem "$DEPS/include" -fsyntax-only -xc - 2>&1 | sed "s|^|$h alone: |"
	done
}

applets() {
	sed -n 's/^APPLET(\([a-z]*\),.*/\1/p' include/applets.def >"$tmp/applets"
	sort -c "$tmp/applets" 2>&1
	while read -r a; do
		[ -e "applets/$a/main.c" ] || echo "applets/$a/main.c is missing"
	done <"$tmp/applets"
	for d in applets/*/; do
		a=$(basename "$d")
		[ "$a" = lab ] || grep -qx "$a" "$tmp/applets" || echo "$d is not in applets.def"
	done
}

# The logger's level and sink, and the count of look-ups given up, are the only state below the applets. Constants with addresses in them are
# read-only here, because the executable is not position-independent.
globals() {
	for f in $(grep -E '^(util|net|aws|k8s|node)/.*\.c$' "$tmp/all"); do
		o=$OUT/obj/${f%.c}.o
		case $f in util/log.c | net/lookup.c) continue ;; esac
		[ -e "$o" ] || { echo "$f: not built"; continue; }
		nm "$o" | awk -v f="$f" '$2 ~ /^[bBdDC]$/ { print f ": " $3 " is mutable" }'
	done
}

spdx() {
	grep -E '\.([chs]|sh|def|awk|mk|ya?ml)$|^\.ci/run$|Makefile$' "$tmp/all" | while read -r f; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f: no SPDX line"
	done
}
purpose() {
	while read -r f; do
		head -n 2 "$f" | grep -q "^/\* ${f##*/} - " || echo "$f: its second line does not say what it is for"
	done <"$tmp/c"
}

todos() { xargs grep -nIwE 'TODO|FIXME|XXX' <"$tmp/all" | grep -vE 'TODO\(#[0-9]+\)|^tests/lint\.sh:'; }
# Nothing of the machine where it was written, no mirror's or registry's name.
places() {
	xargs grep -nIE '(^|[^[:alnum:]_}])/(work|root|home)/|deb\.debia[n]\.|pyp[i]\.org|proxy\.golan[g]|snapshot\.debia[n]' <"$tmp/all"
}
shells() {
	grep -E '\.sh$|^\.ci/run$' "$tmp/all" | while read -r f; do
		case $(head -n 1 "$f") in *bash*) bash -n "$f" ;; *) sh -n "$f" ;; esac
	done
}

format() {
	cf=$OUT/tools/clang-format
	[ -x "$cf" ] || cf=clang-format
	case $($cf --version 2>/dev/null) in
	*'version 14.'*) ;;
	*) echo "no clang-format 14: run tests/setup.sh"; return ;;
	esac
	xargs "$cf" --dry-run <"$tmp/c" 2>&1 | sed -n 's/^\([^:]*\):\([0-9]*\):.*\(warning\|error\):.*/\1:\2/p' | uniq |
		awk -F: '{ n[$1]++; if (n[$1] == 1) first[$1] = $2 } END { for (f in n) print f ": " n[f] " lines, the first is " first[f] }' | sort
}

# tests/conformance.tsv: id, claim, shown by: `unit:NAME`, `script:FILE:WORDS of its ok line` (several with
# `; ` between them), `differs: REASON` or `open: WHAT`.
conformance() {
	grep -ohE '^TEST\([a-z0-9_]+\)' tests/unit/*.c | sed 's/TEST(\(.*\))/\1/' >"$tmp/units"
	awk -F '\t' -v units="$tmp/units" -v counts="$tmp/counts" '
	BEGIN { while ((getline u < units) > 0) unit[u] = 1 }
	/^#/ || $1 == "id" { next }
	{
		at = FILENAME ":" FNR ": "; rows++
		if (NF != 3) { print at NF " columns, not 3"; next }
		if (seen[$1]++) print at "a second row for " $1
		if ($3 ~ /^differs: ./) { differs++; next }
		if ($3 ~ /^open: ./) { open++; next }
		n = split($3, by, /; /)
		if (!n) print at "nothing shows " $1
		for (i = 1; i <= n; i++) {
			if (by[i] ~ /^unit:/) { if (!(substr(by[i], 6) in unit)) print at "no unit test " substr(by[i], 6) }
			else if (by[i] ~ /^script:[^:]+:./) {
				f = substr(by[i], 8); w = f; sub(/:.*/, "", f); sub(/^[^:]*:/, "", w); found = 0
				while ((getline line < f) > 0) if (index(line, w)) found = 1
				close(f)
				if (!found) print at f " has no line with: " w
			} else print at "not unit:, script:, differs: or open: " by[i]
		}
		shown++
	}
	END { printf "%d shown, %d differ, %d open of %d\n", shown, differs, open, rows > counts }' tests/conformance.tsv
}

# What is made of a table is what the table makes.
made() { LC_ALL=C awk -f tools/annotations.awk applets/lbctl/annotations.def | diff docs/annotations.md - | sed -n 's/^[<>]/docs\/annotations.md (make docs): &/p'; }

rule 'every header has one owner and a name of its own' owned
rule 'a file includes only headers of its own room or one below' layers
rule 'each library has one door' doors
rule 'util opens no socket' sockets
rule 'no banned call, no goto' banned
rule 'vpcbox never forks or executes' processes
rule 'no typedef but for function types' typedefs
rule 'files have at most 500 lines' file_sizes
rule 'functions have at most 60 lines' functions
rule 'every header compiles alone' headers
rule 'applets.def is sorted and true' applets
rule 'no mutable globals below the applets' globals
rule 'every file has its SPDX line' spdx
rule 'every file says what it is for' purpose
rule 'no loose ends without an issue number' todos
rule 'no names of machines, mirrors or registries' places
rule 'scripts parse' shells
rule 'what is made of tables is current' made
rule 'clang-format 14 is content' format
rule 'every conformance row is shown, differs or is open' conformance
[ ! -e "$tmp/counts" ] || echo "# conformance: $(cat "$tmp/counts")"
exit $failed
