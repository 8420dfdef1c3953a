#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pin.sh: renew deps/pins from Debian stable's signed package lists (`make pins`). A version that the lists name
# but the mirror does not serve yet keeps the row it has. Nothing on the system is changed: apt runs on
# lists, cache and status of its own, with the mirror, keys and proxies of the machine.
set -eu
cd "$(dirname "$0")/.."
suite=trixie
keys=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' |
	awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')}
[ -n "$mirror" ] || { echo "pins: apt knows no Debian mirror: run 'apt-get update', or set DEBIAN_MIRROR=URL" >&2; exit 1; }

# private ARCH: a configuration under which apt-get reads only $suite for ARCH.
private() {
	mkdir -p "$tmp/$1/lists/partial" "$tmp/$1/archives/partial" "$tmp/$1/etc"
	: >"$tmp/$1/status"
	for t in deb deb-src; do
		echo "$t [signed-by=$keys] $mirror $suite main"
	done >"$tmp/$1/etc/sources.list"
	cat >"$tmp/$1/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$tmp/$1/etc/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State::lists "$tmp/$1/lists";
		Dir::State::status "$tmp/$1/status";
		Dir::Cache "$tmp/$1";
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		Acquire::Languages "none";
		APT::Sandbox::User "root";
	EOF
	APT_CONFIG=$tmp/$1/apt.conf apt-get -qq update
}

# From apt's "'URI' FILE SIZE SHA256:HASH" to a row of pins.
rows() {
	sed -n "s|^'[^']*/pool/\([^']*\)' \([^ ]*\) [0-9]* SHA256:\([0-9a-f]*\)\$|\1 \2 \3|p" |
		sed 's/%7e/~/g; s/%2b/+/g' | awk -v name="$1" -v arch="$2" -v ends="$3" '
		substr($2, length($2) - length(ends) + 1) == ends {
			v = $2; sub(/^[^_]*_/, "", v); sub(/(\.orig|\.debian)?\.tar\.[a-z0-9]*$/, "", v)
			sub(/_[a-z0-9]*\.deb$/, "", v)
			printf "%-15s %-35s %-7s %s  %s\n", name, v, arch, $3, $1
		}'
}

source_rows() { # NAME DEBIAN-SOURCE ORIG-ENDING [patches]
	APT_CONFIG=$tmp/amd64/apt.conf apt-get source --print-uris --only-source "$2" >"$tmp/uris" 2>/dev/null
	rows "$1" all ".orig.$3" <"$tmp/uris"
	[ -z "${4:-}" ] || rows "$1-patches" all .debian.tar.xz <"$tmp/uris"
}

deb_rows() { # NAME PACKAGE [all]
	for arch in ${3:-amd64 arm64}; do
		(cd "$tmp" && APT_CONFIG=$tmp/$(echo "$arch" | sed s/all/amd64/)/apt.conf apt-get download --print-uris "$2") |
			rows "$1" "$arch" .deb
	done
}

private amd64
private arm64
{
	deb_rows musl musl-dev
	deb_rows mnl libmnl-dev
	deb_rows llhttp libllhttp-dev
	source_rows mbedtls mbedtls tar.bz2
	source_rows cjson cjson tar.gz patches
	source_rows expat expat tar.gz
	source_rows yaml libyaml tar.gz
	source_rows nghttp2 nghttp2 tar.gz patches
	deb_rows golang golang-1.24-go
	deb_rows golang-src golang-1.24-src all
} >"$tmp/new"

# Try each new row in a tree of its own before it replaces the old one.
mkdir "$tmp/deps"
cp deps/fetch.sh "$tmp/deps"
grep '^#' deps/pins >"$tmp/pins"
while read -r row; do
	set -- $row
	echo "$row" >"$tmp/deps/pins"
	if DEBIAN_MIRROR=$mirror sh "$tmp/deps/fetch.sh" "$1" "$3" >/dev/null 2>"$tmp/why"; then
		echo "$row"
	else
		echo "pins: $1 $3 stays: $(tail -n 1 "$tmp/why")" >&2
		awk -v n="$1" -v a="$3" '$1 == n && $3 == a' deps/pins
	fi
done <"$tmp/new" >>"$tmp/pins"
cp "$tmp/pins" deps/pins
