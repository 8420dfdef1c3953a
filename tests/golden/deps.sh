#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deps.sh - how the libraries come: what deps/fetch.sh accepts, keeps and refuses, and what deps/patch.awk does.
. "$(dirname "$0")/../lib.sh"

# A mirror of one archive and one patch, on this disk; a cache and a list of pins beside it.
cp -r deps "$tmp/deps"
mkdir -p "$tmp/mirror/pool/main/t" "$tmp/tiny-1/lib" "$tmp/debian/patches"
seq 1 30 >"$tmp/tiny-1/lib/tiny.c"
tar -C "$tmp" -czf "$tmp/mirror/pool/main/t/tiny_1+a.orig.tar.gz" tiny-1
cat >"$tmp/debian/patches/fix" <<'EOF'
--- a/lib/tiny.c
+++ b/lib/tiny.c
@@ -9,4 +9,5 @@
 10
 11
-12
+twelve
+and a half
 13
--- a/doc/not-code.txt
+++ b/doc/not-code.txt
@@ -1 +1 @@
-a
+b
EOF
echo fix >"$tmp/debian/patches/series"
tar -C "$tmp" -czf "$tmp/mirror/pool/main/t/tiny_1-2.debian.tar.gz" debian

sum() { sha256sum "$tmp/mirror/pool/main/t/$1" | cut -d' ' -f1; }
pin() {
	echo "tiny 1+a all ${1:-$(sum tiny_1+a.orig.tar.gz)} main/t/tiny_1+a.orig.tar.gz"
	echo "tiny-patches 1-2 all $(sum tiny_1-2.debian.tar.gz) main/t/tiny_1-2.debian.tar.gz"
}
cp "$tmp/mirror/pool/main/t/tiny_1+a.orig.tar.gz" "$tmp/mirror/pool/main/t/tiny_1%2ba.orig.tar.gz"
export VPCBOX_CACHE="$tmp/cache" DEBIAN_MIRROR="copy:$tmp/mirror"
fetch() { sh "$tmp/deps/fetch.sh" "$1" amd64 2>&1; }

pin >"$tmp/deps/pins"
has 'an archive is fetched from the mirror' "$(fetch tiny)" 'FETCH   tiny_1+a.orig.tar.gz'
kept=$(DEBIAN_MIRROR=copy:/nowhere fetch tiny)
check 'a second time it comes from the cache, without a mirror' test -s "$kept"
echo damage >>"$kept"
has 'a damaged file in the cache is fetched again' "$(fetch tiny)" FETCH
same 'and is whole then' "$(sha256sum "$kept" | cut -d' ' -f1)" "$(sum tiny_1+a.orig.tar.gz)"

check 'an archive is unpacked without its top folder' sh "$tmp/deps/unpack.sh" tiny amd64 "$tmp/src"
same 'the patch is applied where its lines have moved to' "$(sed -n 11,15p "$tmp/src/lib/tiny.c" | tr '\n' ' ')" \
	'11 twelve and a half 13 14 '
same 'and changes nothing else' "$(grep -c . "$tmp/src/lib/tiny.c")" 31
(cd "$tmp/src" && awk -f ../deps/patch.awk debian/patches/fix) >"$tmp/twice" 2>&1 &&
	not_ok 'a patch that does not fit is refused' 'it was taken' ||
	has 'a patch that does not fit is refused' "$(cat "$tmp/twice")" 'hunk at line 9 does not fit lib/tiny.c'
same 'and leaves the file as it was' "$(grep -c . "$tmp/src/lib/tiny.c")" 31

rm -r "$tmp/cache"
pin 0000 >"$tmp/deps/pins"
has 'an archive with another hash is refused, both hashes named' "$(fetch tiny)" \
	"has sha256 $(sum tiny_1+a.orig.tar.gz), deps/pins wants 0000: not used"
refuse 'and not kept' ls "$tmp/cache/archives/"*tiny*
pin | sed 's/tiny_1/tiny_0/g' >"$tmp/deps/pins"
has 'a version that the mirror no longer has is named, with the remedy' "$(fetch tiny)" \
	"the mirror copy:$tmp/mirror no longer has version 1+a: 'make pins' takes"
has 'a name without a pin is refused' "$(fetch other)" 'deps: other: deps/pins has no row for amd64'
finish
