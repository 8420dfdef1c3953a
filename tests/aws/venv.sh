#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# venv.sh - the virtual environment of tests/setup.sh has what requirements-aws.txt pins, and nothing else.
. "$(dirname "$0")/../lib.sh"
python=$TOOLS/venv/bin/python
check "its programs are there" test -x "$TOOLS/venv/bin/aws" -a -x "$TOOLS/venv/bin/moto_server"
same "the packages are those that are pinned" \
	"$("$python" -m pip --disable-pip-version-check list --format freeze --exclude pip --exclude setuptools | tr 'A-Z_' 'a-z-' | sort)" \
	"$(sed -n 's/^\([^ ]*==[^ ]*\) .*/\1/p' tests/requirements-aws.txt | tr 'A-Z_' 'a-z-' | sort)"
check "their needs are met" "$python" -m pip --disable-pip-version-check check
same "each package has hashes" "$(grep -c == tests/requirements-aws.txt)" \
	"$(awk '/==/ { p = $1 } /--hash=sha256:[0-9a-f]+/ && p { n++; p = "" } END { print n }' tests/requirements-aws.txt)"
same "what was asked for is among them" "$(grep -v '^#' tests/requirements-aws.in | sed 's/[[<=].*//' | while read -r p; do
	grep -q "^$p==" tests/requirements-aws.txt || echo "$p"
done)" ""
finish
