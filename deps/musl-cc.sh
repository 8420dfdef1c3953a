#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# musl-cc.sh PREFIX COMPILER: write PREFIX/bin/musl-cc, which compiles and links statically against the musl
# unpacked in PREFIX/musl. The compiler behind it is $MUSL_CC (gcc or clang), COMPILER when that is not set.
set -eu
prefix=$(cd "$1" && pwd) default=$2
mkdir -p "$prefix/bin" "$prefix/kernel"

# musl ships no kernel headers. The system's come last, and alone: nothing else of /usr/include is seen.
version=$(echo '#include <linux/version.h>' | $default -E -xc - 2>/dev/null |
	sed -n 's|^# [0-9]* "\(/.*\)/linux/version.h".*|\1|p' | head -n 1)
asm=$(echo '#include <asm/types.h>' | $default -E -xc - 2>/dev/null |
	sed -n 's|^# [0-9]* "\(/.*\)/asm/types.h".*|\1|p' | head -n 1)
[ -n "$version" ] && [ -n "$asm" ] || {
	echo "deps: the kernel's headers are missing: apt-get install linux-libc-dev" >&2
	exit 1
}
ln -sfn "$version/linux" "$prefix/kernel/linux"
ln -sfn "$version/asm-generic" "$prefix/kernel/asm-generic"
ln -sfn "$asm/asm" "$prefix/kernel/asm"

cat >"$prefix/bin/musl-cc.part" <<EOF
#!/bin/sh
# Made by deps/musl-cc.sh.
cc=\${MUSL_CC:-$default}
case \$cc in
*clang*) own=\$(\$cc -print-resource-dir)/include quiet=-Qunused-arguments ;;
*) own=\$(\$cc -print-file-name=include) quiet= ;;
esac
libgcc=\$(\$cc -print-libgcc-file-name)
start="-static -no-pie -nostdlib $prefix/musl/lib/crt1.o $prefix/musl/lib/crti.o"
end="-L$prefix/musl/lib -Wl,--start-group -lc \$libgcc -Wl,--end-group $prefix/musl/lib/crtn.o"
for a; do
	case \$a in -c | -S | -E | -M | -MM | -fsyntax-only) start= end= ;; esac
done
exec \$cc \$quiet -fno-pie -nostdinc -isystem $prefix/musl/include -isystem "\$own" \\
	-idirafter $prefix/kernel \$start "\$@" \$end
EOF
chmod +x "$prefix/bin/musl-cc.part"
mv "$prefix/bin/musl-cc.part" "$prefix/bin/musl-cc"
