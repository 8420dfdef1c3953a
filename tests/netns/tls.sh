#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tls.sh - our TLS client and OpenSSL's server, in a network namespace of its own: what must be accepted, and each
# refusal with its own words. (tests/unit/tls.c has a server of its own, which can also be rude.)
[ "${TLS_NS:-}" ] || exec unshare -rn env TLS_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
ip link set lo up
cd "$tmp" || exit 1
port=4433

# cert NAME SUBJECT-ALTERNATIVE-NAME KEY...: NAME.crt, signed by its own key NAME.key
cert() {
	name=$1 san=$2
	shift 2
	openssl req -x509 -nodes -newkey "$@" -keyout "$name.key" -out "$name.crt" -subj "/CN=$name" \
		-addext "subjectAltName=$san" -days 2 2>openssl.log || cat openssl.log
}
cert rsa DNS:localhost,IP:127.0.0.1 rsa:2048
cert ec DNS:localhost ec -pkeyopt ec_paramgen_curve:P-384
cert other DNS:other.test rsa:2048
# its validity ended: issued by an authority whose clock can be set
mkdir ca && : >ca/index && echo 01 >ca/serial
cat >ca.conf <<END
[ca]
default_ca = a
[a]
database = ca/index
serial = ca/serial
new_certs_dir = ca
policy = p
default_md = sha256
copy_extensions = copy
[p]
commonName = supplied
END
openssl req -nodes -newkey rsa:2048 -keyout old.key -out old.csr -subj /CN=old \
	-addext subjectAltName=DNS:localhost 2>openssl.log
openssl ca -batch -config ca.conf -selfsign -keyfile old.key -in old.csr -out old.crt -notext \
	-startdate 20200101000000Z -enddate 20210101000000Z 2>>openssl.log || cat openssl.log

# answer URL BUNDLE SERVER-OPTION...: what httpget says of a server with these options
answer() {
	url=$1 bundle=$2
	shift 2
	port=$((port + 1))
	openssl s_server -quiet -www -accept "127.0.0.1:$port" "$@" >server.log 2>&1 &
	server=$!
	soon 10 sh -c "ss -Hltn sport = :$port | grep -q ." || cat server.log
	AWS_CA_BUNDLE=$bundle "$TOOLS/httpget" "https://$url:$port/"
	kill "$server"
	wait "$server" 2>/dev/null
}
show() { answer "$1" "$2.crt" -cert "$3.crt" -key "$3.key"; }

has 'TLS 1.3 with an RSA certificate' "$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_3)" 200
has 'TLS 1.2 with an RSA certificate, signed by PSS' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -sigalgs RSA-PSS+SHA256)" 200
has 'TLS 1.2 with an RSA certificate, signed by PKCS 1' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -sigalgs RSA+SHA256)" 200
has 'an ECDSA certificate' "$(show localhost ec ec)" 200
has 'a certificate for an address' "$(show 127.0.0.1 rsa rsa)" 200
has 'a server that closes its sessions without tickets' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -num_tickets 0)" 200
cat other.crt ec.crt rsa.crt >many.crt
has 'a bundle of several certificates' "$(answer localhost many.crt -cert rsa.crt -key rsa.key)" 200

has 'a wrong name is refused' "$(show localhost other other)" \
	'the certificate shown for localhost is for another name (CA certificates: other.crt)'
has 'an expired certificate is refused' "$(show localhost old old)" 'the certificate shown for localhost has expired'
has 'an unknown CA is refused' "$(show localhost rsa ec)" \
	'the certificate shown for localhost has no signature of a known CA (CA certificates: rsa.crt)'
has 'TLS 1.1 is refused' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_1 -cipher ALL:@SECLEVEL=0)" 'the server refuses'
has 'a cipher without authentication of its own is refused' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -cipher AES128-SHA)" 'the server refuses'
finish
