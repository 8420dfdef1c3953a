#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fetch.sh NAME ARCH: print the path of the archive that deps/pins names, fetching it when the cache lacks it.
# The mirror is that of the machine's own apt configuration (or $DEBIAN_MIRROR), so its proxies and
# certificates hold here too; the hash in deps/pins decides what is accepted.
set -eu
name=$1 arch=$2
pins=$(dirname "$0")/pins
cache=${VPCBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vpcbox}/archives
helper=/usr/lib/apt/apt-helper

die() { echo "deps: $name: $*" >&2; exit 1; }

row=$(awk -v n="$name" -v a="$arch" '$1 == n && ($3 == a || $3 == "all") { print $2, $4, $5 }' "$pins")
[ -n "$row" ] || die "deps/pins has no row for $arch"
read -r version sha path <<EOF
$row
EOF
file=$cache/$sha-${path##*/}

sha_of() { sha256sum "$1" | cut -d' ' -f1; }

[ ! -e "$file" ] || [ "$(sha_of "$file")" = "$sha" ] || rm -f "$file"
[ ! -e "$file" ] || { echo "$file"; exit; }

[ -x "$helper" ] || die "needs apt to fetch ${path##*/}; without it, put that file into $file"
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 2>/dev/null |
	awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')}
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | head -n 1)
[ -n "$mirror" ] || die "apt knows no Debian mirror: run 'apt-get update', or set DEBIAN_MIRROR=URL"

mkdir -p "$cache"
part=$(mktemp "$cache/part.XXXXXX")
trap 'rm -f "$part" "$part.log"' EXIT
# '+' is not safe in every mirror's paths; '~' is.
uri=${mirror%/}/pool/$(echo "$path" | sed 's/+/%2b/g')
echo "  FETCH   ${path##*/}" >&2
"$helper" -o APT::Sandbox::User=root download-file "$uri" "$part" >"$part.log" 2>&1 || {
	if grep -qE '404|No such file' "$part.log"; then
		die "the mirror ${mirror%/} no longer has version $version: 'make pins' takes what Debian stable has now"
	fi
	die "cannot fetch $uri: $(grep '^E:' "$part.log" | head -n 1)"
}
got=$(sha_of "$part")
[ "$got" = "$sha" ] || die "${path##*/} from ${mirror%/} has sha256 $got, deps/pins wants $sha: not used"
chmod 644 "$part"
mv "$part" "$file"
echo "$file"
