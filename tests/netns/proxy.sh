#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proxy.sh - our HTTP client, tinyproxy and servers behind it, in a network namespace of its own. (tests/unit/proxy.c
# has the rules of NO_PROXY, and proxies that misbehave.)
[ "${PROXY_NS:-}" ] || exec unshare -rn env PROXY_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
unset HTTPS_PROXY https_proxy HTTP_PROXY http_proxy NO_PROXY no_proxy REQUEST_METHOD
origin=198.51.100.1
ip link set lo up
ip addr add $origin dev lo
cd "$tmp" || exit 1
running=
trap 'kill $running 2>/dev/null; wait; rm -rf "$tmp"' EXIT

# listening PORT
listening() { soon 30 sh -c "ss -Hltn sport = :$1 | grep -q ." || echo "nothing listens at $1"; }
# proxy PORT LINE: one that listens at that port, and that line in its configuration
proxy() {
	printf 'Port %s\nListen 127.0.0.1\nLogFile "%s"\nLogLevel Connect\n%s\n' "$1" "$tmp/proxy.$1" "$2" >"conf.$1"
	: >"proxy.$1"
	tinyproxy -d -c "conf.$1" >"out.$1" 2>&1 &
	running="$running $!"
	listening "$1"
}
openssl req -x509 -nodes -newkey rsa:2048 -keyout key -out crt -subj /CN=origin -addext "subjectAltName=IP:$origin" \
	-days 2 2>openssl.log || cat openssl.log
openssl s_server -quiet -www -accept $origin:443 -cert crt -key key >server.log 2>&1 &
running="$running $!"
mkdir www && echo plain >www/index.html
python3 -m http.server --bind $origin --directory www 80 >www.log 2>&1 &
running="$running $!"
listening 443
listening 80
proxy 3128 ''
proxy 3129 'BasicAuth someone s3cret'
export AWS_CA_BUNDLE=crt

# get URL [TIMES] with variables in front
get() { "$TOOLS/httpget" "$@"; }
# asked PORT: how often that proxy was asked so far
asked() { grep -c 'Request' "proxy.$1"; }

has 'TLS through a tunnel' "$(HTTPS_PROXY=http://127.0.0.1:3128 get https://$origin/)" '200 <HTML>'
has 'the proxy was asked for it' "$(cat proxy.3128)" "CONNECT $origin:443"
same 'a session is resumed through a tunnel' "$(echo $(HTTPS_PROXY=127.0.0.1:3128 get https://$origin/ 2 |
	grep -oE '^(New|Reused), TLS' | sed 's/,.*//'))" 'New Reused'
same 'plain HTTP by the proxy' "$(http_proxy=http://127.0.0.1:3128 get http://$origin/)" '200 plain'
has 'the proxy was asked for that too' "$(cat proxy.3128)" "GET http://$origin/"
has 'user and password open a tunnel' "$(HTTPS_PROXY=http://someone:s3cret@127.0.0.1:3129 get https://$origin/)" '200 '
has 'user and password for plain HTTP' "$(HTTP_PROXY=http://someone:s3cret@127.0.0.1:3129 get http://$origin/)" '200 plain'

wrong=$(HTTPS_PROXY=http://someone:wr0ng@127.0.0.1:3129 get https://$origin/)
has 'a wrong password is told' "$wrong" "GET $origin/: proxy: 127.0.0.1:3129 refuses CONNECT $origin:443: status 4"
same 'and not shown' "$(echo "$wrong" | grep -cE 'wr0ng|c29tZW9uZT')" 0
has 'an origin that the proxy cannot reach' "$(HTTPS_PROXY=127.0.0.1:3128 get https://$origin:444/)" \
	"127.0.0.1:3128 refuses CONNECT $origin:444: status 5"
has 'a proxy that is not there' "$(HTTPS_PROXY=127.0.0.1:3130 get https://$origin/)" \
	'proxy: connect to 127.0.0.1:3130: Connection refused'
has 'a proxy of another kind' "$(HTTPS_PROXY=socks5://127.0.0.1:3128 get https://$origin/)" \
	'HTTPS_PROXY names a proxy of another kind than http://'

before=$(asked 3128)
export HTTPS_PROXY=http://127.0.0.1:3128
has 'NO_PROXY goes past it' "$(NO_PROXY=a.test,198.51.100.0/24 get https://$origin/)" '200 '
check 'without a word to it, which had heard of all the others' [ "$(asked 3128)" -eq "$before" -a "$before" -ge 4 ]
finish
