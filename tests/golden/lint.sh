#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh - each rule of tests/lint.sh finds what it is there to find: offences planted in a copy of the tree.
. "$(dirname "$0")/../lib.sh"

tree=$tmp/tree
mkdir -p "$tree/build/obj/util"
cp -r Makefile main.c include util net node applets tests deps tools docs "$tree"
for room in aws k8s; do
	[ ! -d $room ] || cp -r $room "$tree"
done
cp .clang-format "$tree"
for room in util net aws k8s node; do
	[ ! -d "$OUT/obj/$room" ] || cp -r "$OUT/obj/$room" "$tree/build/obj"
done
ln -s "$OUT/tools" "$tree/build/tools"
cd "$tree" || exit 1
DEPS=${DEPS:-$OUT/deps}
case $DEPS in /*) ;; *) DEPS=$OLDPWD/$DEPS ;; esac
spdx='/* SPDX-License-Identifier: Apache-2.0 */'

# plant FILE TEXT...
plant() {
	file=$1
	shift
	{
		echo "$spdx"
		echo "/* ${file##*/} - planted. */"
		printf '%s\n' "$@"
	} >"$file"
}
plant util/planted_up.c '#include "nl.h"'
plant net/planted_door.c '#include <expat.h>'
plant util/planted_socket.c 'int f(void) { return socket(1, 2, 3); }'
plant util/planted_ban.c 'void f(char *a) { strcpy(a, "b"); }' '/* system("in a comment is fine") */'
plant node/planted_goto.c 'void f(void) { x: goto x; }'
plant net/planted_fork.c 'int f(void) { return fork(); }'
plant util/planted_typedef.c 'typedef struct s s_t;'
plant util/planted_long.c "$(seq 1 510 | sed 's|.*|/* & */|')"
plant util/planted_function.c 'void f(void)' '{' "$(seq 1 61 | sed 's|.*|	f();|')" '}'
plant util/planted_global.c 'int planted_state;'
plant include/planted_alone.h 'int f(struct nowhere x[sizeof(struct nowhere)]);'
plant include/stdio.h 'int f(void);'
plant include/planted_orphan.h 'int f(void);'
plant util/planted_todo.c '/* TO''DO: later */'
plant util/planted_place.c '/* see /roo''t/notes */'
plant util/planted_format.c 'int  f( void );'
plant applets/diag/planted_other.h 'int f(void);'
plant applets/snat/planted_other.c '#include "planted_other.h"'
: >util/planted_bare.c
echo planted >>docs/annotations.md
echo 'if then' >tests/planted.sh
mkdir applets/unlisted
printf 'id\tclaim\tshown by\nx1\ta\tunit:no_such_test\nx1\tb\tscript:tests/lib.sh:not a line of it\nx2\tc\tperhaps\n' >tests/conformance.tsv
"$DEPS/bin/musl-cc" -c -o build/obj/util/planted_global.o util/planted_global.c

lint=$(OUT=build DEPS="$DEPS" sh tests/lint.sh)
# finds RULE OFFENDER: under the rule's `not ok`, before the next rule, stands the offender.
finds() {
	found=$(printf '%s\n' "$lint" | awk -v rule="lint: $1 - " '
		/^(not )?ok / { on = index($0, rule) && /^not ok/ } on && /^#/')
	has "'$1' finds $2" "$found" "$2"
}
finds 'every header has one owner and a name of its own' 'include/planted_orphan.h: no room'
finds 'every header has one owner and a name of its own' 'stdio.h: the C library has a header of that name'
finds 'a file includes only headers of its own room or one below' 'util/planted_up.c:3: util/ may not include nl.h of net/'
finds 'a file includes only headers of its own room or one below' 'planted_other.c:3: planted_other.h is of applets/diag'
finds 'each library has one door' 'net/planted_door.c:3'
finds 'util opens no socket' 'util/planted_socket.c:3'
finds 'no banned call, no goto' 'util/planted_ban.c:3'
finds 'no banned call, no goto' 'node/planted_goto.c:3'
finds 'vpcbox never forks or executes' 'net/planted_fork.c:3'
finds 'no typedef but for function types' 'util/planted_typedef.c:3'
finds 'files have at most 500 lines' 'util/planted_long.c: 512 lines'
finds 'functions have at most 60 lines' 'util/planted_function.c:4: a function of'
finds 'every header compiles alone' 'include/planted_alone.h alone'
finds 'applets.def is sorted and true' 'applets/unlisted/ is not in applets.def'
finds 'no mutable globals below the applets' 'util/planted_global.c: planted_state is mutable'
finds 'every file has its SPDX line' 'util/planted_bare.c'
finds 'every file says what it is for' 'util/planted_bare.c'
finds 'no loose ends without an issue number' 'util/planted_todo.c:3'
finds 'no names of machines, mirrors or registries' 'util/planted_place.c:3'
finds 'scripts parse' 'tests/planted.sh'
finds 'what is made of tables is current' 'planted'
finds 'clang-format 14 is content' 'util/planted_format.c'
finds 'every conformance row is shown, differs or is open' 'no unit test no_such_test'
finds 'every conformance row is shown, differs or is open' 'a second row for x1'
finds 'every conformance row is shown, differs or is open' 'tests/lib.sh has no line with: not a line of it'
finds 'every conformance row is shown, differs or is open' 'not unit:, script:, differs: or open: perhaps'
finished=$(printf '%s\n' "$lint" | grep -c 'planted_ban.c:4')
same 'words in comments are no calls' "$finished" 0
finish
