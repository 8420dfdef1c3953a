#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unpack.sh NAME ARCH DIR: unpack NAME's pinned archive into DIR, afresh, with Debian's patches where they are pinned too,
# and with our own deps/NAME.patch where there is one.
# Needs nothing that a minimal Debian lacks: apt and dpkg bring the decompressors.
set -eu
name=$1 arch=$2 dir=$3
here=$(cd "$(dirname "$0")" && pwd)

# The source's own top folder goes: tar's --strip-components=1.
unpack() {
	case $1 in
	*.deb) dpkg-deb -x "$1" "$2" ;;
	*.tar.*) /usr/lib/apt/apt-helper cat-file "$1" | tar -C "$2" -x --no-same-owner --strip-components="$3" ;;
	esac
}

apply() { (cd "$dir" && awk -f "$here/patch.awk" "$1") || exit 1; }

archive=$(sh "$here/fetch.sh" "$name" "$arch")
rm -rf "$dir"
mkdir -p "$dir"
unpack "$archive" "$dir" 1
if grep -q "^$name-patches[[:space:]]" "$here/pins"; then
	patches=$(sh "$here/fetch.sh" "$name-patches" "$arch")
	unpack "$patches" "$dir" 0
	grep -v '^#' "$dir/debian/patches/series" | while read -r p _; do
		apply "debian/patches/$p"
	done
fi
[ ! -e "$here/$name.patch" ] || apply "$here/$name.patch"
