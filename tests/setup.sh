#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh [demo] - bring what the tests (or the demo alone) need and the machine lacks: Debian packages by apt,
# clang-format 14, cnitool, Python's AWS and Kubernetes into $OUT/tools, kept in the cache for the next clone. Quick when all is there.
set -eu
cd "$(dirname "$0")/.."
OUT=${OUT:-build}
cache=${VPCBOX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vpcbox}/tools
tools=$OUT/tools
cnitool=v1.3.0
PATH=$PATH:/usr/sbin:/sbin:/usr/local/go/bin
export DEBIAN_FRONTEND=noninteractive

die() { echo "setup: $*" >&2; exit 1; }

# ---- Debian packages: command:package

demo='ip:iproute2 ping:iputils-ping route:net-tools curl:curl tcpdump:tcpdump iptables:iptables conntrack:conntrack'
tests='gcc:gcc make:make clang:clang nft:nftables ps:procps python3:python3 strace:strace jq:jq openssl:openssl tinyproxy:tinyproxy-bin
	/usr/lib/cni/ptp:containernetworking-plugins'

missing() {
	for pair in "$@"; do
		command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
	done
	[ "$what" = tests ] || return 0
	python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
	python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

# How much a package manager says is of interest only when it fails.
quietly() {
	"$@" >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; return 1; }
}

packages() {
	need=$(missing "$@" | sort -u | tr '\n' ' ')
	[ -n "$need" ] || return 0
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "missing packages, and this is not root: apt-get install $need"
		sudo=sudo
	fi
	command -v apt-get >/dev/null || die "no apt-get here; install yourself: $need"
	echo "setup: apt-get install $need"
	quietly $sudo apt-get -qq update || die "apt-get update failed"
	# $need is a list.
	quietly $sudo apt-get -qq install -y --no-install-recommends $need || die "apt-get install $need failed"
}

# ---- clang-format 14: one wheel for every Debian, whatever version its own package has

clang_format() {
	kept=$cache/clang-format-14.0.6-$(uname -m)
	if [ ! -x "$kept" ]; then
		echo "setup: clang-format 14.0.6"
		quietly python3 -m pip install --no-deps --require-hashes --disable-pip-version-check --target "$tmp/py" \
			-r tests/requirements.txt || die "pip could not install tests/requirements.txt"
		keep "$tmp/py/clang_format/data/bin/clang-format" "$kept"
	fi
	ln -sfn "$kept" "$tools/clang-format"
}

# ---- Python's AWS (moto, boto3, the AWS CLI), by hash: $OUT/tools/venv

# A virtual environment works only where it was made, so it is made in the cache, under a lock; .made says that all is there.
venv() {
	key=$({ cat tests/requirements-aws.txt && python3 -c 'import sys; print(sys.version, sys.base_prefix)'; } | sha256sum | cut -c1-16)
	kept=$cache/venv-$key-$(uname -m)
	mkdir -p "$cache"
	exec 9>"$kept.lock"
	flock 9
	if [ ! -e "$kept/.made" ] || ! "$kept/bin/python" -c ''; then
		echo "setup: moto, boto3 and the AWS CLI"
		quietly python3 -m venv --clear "$kept" || die "python3 cannot make a virtual environment in $kept"
		quietly "$kept/bin/python" -m pip install --require-hashes --only-binary :all: --disable-pip-version-check \
			-r tests/requirements-aws.txt || die "pip could not install tests/requirements-aws.txt"
		touch "$kept/.made"
	fi
	exec 9>&-
	ln -sfn "$kept" "$tools/venv"
}

# ---- Go programs: cnitool, and those of tests/e2e. A Go that is too old, or none, is replaced by Debian 13's,
# unpacked for this alone.

# The module grpc-go asks for 1.23.
go_works() { "$1" version 2>/dev/null | awk '{ split($3, v, /[.o]/); exit !(v[2] > 1 || v[3] >= 23) }'; }

go_find() {
	go=$(command -v go || true)
	[ -n "$go" ] && go_works "$go" && return 0
	[ ! -d "$tmp/go" ] || { go=$GOROOT/bin/go; return 0; }
	arch=$(dpkg --print-architecture)
	for name in golang golang-src; do
		archive=$(sh deps/fetch.sh "$name" "$arch")
		dpkg-deb -x "$archive" "$tmp/go"
	done
	GOROOT=$(echo "$tmp"/go/usr/lib/go-*)
	export GOROOT
	go=$GOROOT/bin/go
}

go_run() {
	go_find
	quietly env GOPATH="${GOPATH:-$tmp/gopath}" GOCACHE="${GOCACHE:-$tmp/gocache}" GOBIN="$tmp/gobin" \
		GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-modcacherw "$go" "$@"
}

cni_tool() {
	kept=$cache/cnitool-$cnitool-$(uname -m)
	if [ ! -x "$kept" ]; then
		echo "setup: cnitool $cnitool"
		go_run install -trimpath "github.com/containernetworking/cni/cnitool@$cnitool" || die "cannot build cnitool $cnitool"
		keep "$tmp/gobin/cnitool" "$kept"
	fi
	ln -sfn "$kept" "$tools/cnitool"
}

# go_program FOLDER: built again when one of its files has changed.
go_program() {
	name=$(basename "$1")
	kept=$cache/$name-$(cat "$1"/* | sha256sum | cut -c1-16)-$(uname -m)
	if [ ! -x "$kept" ]; then
		echo "setup: $name"
		go_run build -C "$1" -trimpath -o "$tmp/gobin/$name" . || die "cannot build $1"
		keep "$tmp/gobin/$name" "$kept"
	fi
	ln -sfn "$kept" "$tools/$name"
}

# ---- Kubernetes itself, from its published modules: $OUT/tools/k8s. Some eight minutes, once.

# programs of tests/k8s/MODULE: NAME:PACKAGE
k8s_kubernetes='kube-apiserver:k8s.io/kubernetes/cmd/kube-apiserver kubectl:k8s.io/kubernetes/cmd/kubectl
	kube-controller-manager:k8s.io/kubernetes/cmd/kube-controller-manager'
k8s_etcd='etcd:go.etcd.io/etcd/server/v3'

kubernetes() {
	key=$(cat tests/k8s/*/go.mod tests/k8s/*/go.sum | sha256sum | cut -c1-16)
	kept=$cache/k8s-$key-$(uname -m)
	mkdir -p "$kept"
	exec 9>"$kept.lock"
	flock 9
	version=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' tests/k8s/kubernetes/go.mod)
	minor=${version#v1.}
	flags='-s -w'
	for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		flags="$flags -X $p.gitVersion=$version -X $p.gitMajor=1 -X $p.gitMinor=${minor%%.*}"
		flags="$flags -X $p.gitTreeState=clean -X $p.gitCommit=modules -X $p.buildDate=2026-01-01T00:00:00Z"
	done
	for module in etcd kubernetes; do
		eval "programs=\$k8s_$module"
		for pair in $programs; do
			name=${pair%%:*}
			[ ! -x "$kept/$name" ] || continue
			echo "setup: $name"
			go_run build -C "tests/k8s/$module" -trimpath -ldflags "$flags" -o "$tmp/gobin/$name" "${pair#*:}" ||
				die "cannot build $name"
			keep "$tmp/gobin/$name" "$kept/$name"
		done
	done
	exec 9>&-
	ln -sfn "$kept" "$tools/k8s"
}

# keep FILE PATH: by rename, so that two setups at once do no harm.
keep() {
	mkdir -p "$cache"
	cp "$1" "$2.$$"
	chmod 755 "$2.$$"
	mv "$2.$$" "$2"
}

what=${1:-tests}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
case $what in
demo) packages $demo ;;
bench) packages nginx:nginx-light wrk:wrk ;;
tests)
	packages $demo $tests
	mkdir -p "$tools"
	clang_format
	venv
	cni_tool
	for mod in tests/e2e/*/go.mod; do
		[ ! -e "$mod" ] || go_program "$(dirname "$mod")"
	done
	kubernetes
	;;
*) die "no such set: $what (demo, bench, or nothing for the tests')" ;;
esac
