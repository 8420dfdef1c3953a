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
	name=$1 san=${2:-DNS:none.test}
	shift 2
	openssl req -x509 -nodes -newkey "$@" -keyout "$name.key" -out "$name.crt" -subj "/CN=$name" \
		-addext "subjectAltName=$san" -days 2 2>openssl.log || cat openssl.log
}
cert rsa DNS:localhost,IP:127.0.0.1 rsa:2048
cert ec DNS:localhost ec -pkeyopt ec_paramgen_curve:P-384
cert other DNS:other.test rsa:2048
# validities of the past and of the future: issued by an authority whose clock can be set
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
# issued NAME FROM UNTIL: the same for a validity of one's own
issued() {
	openssl req -nodes -newkey rsa:2048 -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" \
		-addext subjectAltName=DNS:localhost 2>openssl.log
	openssl ca -batch -config ca.conf -selfsign -keyfile "$1.key" -in "$1.csr" -out "$1.crt" -notext \
		-startdate "$2" -enddate "$3" 2>>openssl.log || cat openssl.log
}
issued old 20200101000000Z 20210101000000Z
issued new 20980101000000Z 20990101000000Z
# signed by a CA: for servers, and for clients alone
cert root '' rsa:2048
for kind in server client; do
	openssl req -nodes -newkey rsa:2048 -keyout $kind.key -out $kind.csr -subj /CN=$kind 2>openssl.log
	printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=%sAuth\n' $kind >$kind.ext
	openssl x509 -req -in $kind.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 -extfile $kind.ext \
		-out $kind.crt 2>>openssl.log || cat openssl.log
done

# serve SERVER-OPTION...: start OpenSSL's server at a new $port
serve() {
	port=$((port + 1))
	openssl s_server -accept "127.0.0.1:$port" "$@" >server.log 2>&1 &
	server=$!
	soon 30 sh -c "ss -Hltn sport = :$port | grep -q ." || cat server.log
}
unserve() {
	kill "$server"
	wait "$server" 2>/dev/null
}
# answer HOST BUNDLE SERVER-OPTION...: what httpget says of a server with these options, $times requests
times=1
answer() {
	host=$1 bundle=$2
	shift 2
	serve -quiet -www "$@"
	AWS_CA_BUNDLE=$bundle "$TOOLS/httpget" "https://$host:$port/" "$times"
	unserve
}
show() { answer "$1" "$2.crt" -cert "$3.crt" -key "$3.key"; }

has 'TLS 1.3 with an RSA certificate' "$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_3)" 200
has 'TLS 1.2 with an RSA certificate, signed by PSS' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -sigalgs RSA-PSS+SHA256)" 200
has 'TLS 1.2 with an RSA certificate, signed by PKCS 1' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -sigalgs RSA+SHA256)" 200
has 'an ECDSA certificate' "$(show localhost ec ec)" 200
has 'a certificate for an address' "$(show 127.0.0.1 rsa rsa)" 200
has 'a certificate that a CA of the bundle has signed, for servers' "$(show localhost root server)" 200
has 'a server that closes its sessions without tickets' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -num_tickets 0)" 200
cat other.crt ec.crt rsa.crt >many.crt
has 'a bundle of several certificates' "$(answer localhost many.crt -cert rsa.crt -key rsa.key)" 200

# The server's page says New or Reused of each connection.
# kinds SERVER-OPTION...: one word per connection
kinds() {
	# a list
	echo $(answer "$name" rsa.crt -cert rsa.crt -key rsa.key "$@" | grep -oE '^(New|Reused), TLS' | sed 's/,.*//')
}
times=4
for name in localhost 127.0.0.1; do
	same "TLS 1.2 resumes a session with $name by a ticket" "$(kinds -tls1_2)" 'New Reused Reused Reused'
	same "TLS 1.2 resumes a session with $name by its id" "$(kinds -tls1_2 -no_ticket)" 'New Reused Reused Reused'
	same "TLS 1.3 resumes a session with $name" "$(kinds -tls1_3)" 'New Reused Reused Reused'
done
name=localhost
same 'TLS 1.3 without tickets begins anew each time' "$(kinds -tls1_3 -num_tickets 0)" 'New New New New'
same 'TLS 1.2 without tickets or ids begins anew each time' "$(kinds -tls1_2 -no_ticket -no_cache)" 'New New New New'
export TOUCH=rsa.crt
same 'a session is not resumed when the CA bundle has changed: TLS 1.2' "$(kinds -tls1_2)" 'New New New New'
same 'a session is not resumed when the CA bundle has changed: TLS 1.3' "$(kinds -tls1_3)" 'New New New New'
unset TOUCH
times=1

# sni HOST: the server name that the server saw, or nothing
sni() {
	serve -www -cert rsa.crt -key rsa.key -tlsextdebug
	AWS_CA_BUNDLE=rsa.crt "$TOOLS/httpget" "https://$1:$port/" >/dev/null
	unserve
	grep -o 'TLS client extension "server name"' server.log
}
same 'a name is sent to the server' "$(sni localhost)" 'TLS client extension "server name"'
same 'an address is not' "$(sni 127.0.0.1)" ''

for version in -tls1_2 -tls1_3; do
	# shown HOST BUNDLE CERTIFICATE
	shown() { answer "$1" "$2.crt" -cert "$3.crt" -key "$3.key" $version; }
	has "a wrong name is refused ($version)" "$(shown localhost other other)" \
		'the certificate shown for localhost is for another name (CA certificates: other.crt)'
	has "a wrong address is refused ($version)" "$(shown 127.0.0.1 ec ec)" \
		'the certificate shown for 127.0.0.1 is for another address (CA certificates: ec.crt)'
	has "an expired certificate is refused ($version)" "$(shown localhost old old)" \
		'the certificate shown for localhost has expired'
	has "one that is not valid yet is refused ($version)" "$(shown localhost new new)" \
		'the certificate shown for localhost is not valid yet (is the clock right?)'
	has "an unknown CA is refused ($version)" "$(shown localhost rsa server)" \
		'the certificate shown for localhost has no signature of a known CA (CA certificates: rsa.crt)'
	has "a certificate signed by itself is refused ($version)" "$(shown localhost rsa ec)" \
		'the certificate shown for localhost is signed by itself alone (CA certificates: rsa.crt)'
	has "a certificate for clients is refused ($version)" "$(shown localhost root client)" \
		'the certificate shown for localhost is not for servers'
done
has 'TLS 1.1 is refused' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_1 -cipher ALL:@SECLEVEL=0)" \
	'the server refuses: it speaks neither TLS 1.2 nor 1.3'
has 'a cipher without authentication of its own is refused' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -cipher AES128-SHA)" \
	'the server refuses: most often, it has no cipher in common with us'
has 'a server that wants a certificate of ours is told (TLS 1.2)' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_2 -Verify 1)" 'or wants a certificate of ours'
has 'a server that wants a certificate of ours is told (TLS 1.3)' \
	"$(answer localhost rsa.crt -cert rsa.crt -key rsa.key -tls1_3 -Verify 1)" 'it wants a certificate of ours'
has 'a server that does not know the name is told' "$(answer localhost rsa.crt -cert rsa.crt -key rsa.key \
	-servername elsewhere.test -servername_fatal -cert2 rsa.crt -key2 rsa.key)" 'it does not know the name'

# Terms of our own: who we are, whom we believe.
for version in -tls1_2 -tls1_3; do
	asks="-cert server.crt -key server.key $version -Verify 2 -verify_return_error -CAfile root.crt"
	# $asks is a list
	has "a certificate of ours is shown ($version)" \
		"$(CA=root.crt CERT=client.crt KEY=client.key answer localhost none.crt $asks)" 200
	has "one whose CA the server does not know is told ($version)" \
		"$(CA=root.crt CERT=other.crt KEY=other.key answer localhost none.crt $asks)" \
		'the server refuses the certificate that we show'
	times=4
	has "a session is resumed with a certificate of ours ($version)" \
		"$(CA=root.crt CERT=client.crt KEY=client.key answer localhost none.crt $asks)" Reused
	times=1
	has "a server may have another name ($version)" \
		"$(CA=other.crt NAME=other.test answer 127.0.0.1 none.crt -cert other.crt -key other.key $version)" 200
	has "any certificate is taken when asked to ($version)" \
		"$(INSECURE=1 answer localhost none.crt -cert old.crt -key old.key $version)" 200
done
cat rsa.crt other.crt >two.crt
has 'several CAs in memory' "$(CA=two.crt answer localhost none.crt -cert rsa.crt -key rsa.key)" 200

# A port that does not speak TLS, and one that says nothing.
cat >port.py <<'END'
import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c = s.accept()[0]
    c.recv(4096)
    if len(sys.argv) > 2:
        c.sendall(sys.argv[2].encode())
        c.close()
    else:
        c.recv(4096)
END
# other WORDS...: what httpget says of that port
other() {
	port=$((port + 1))
	python3 port.py "$port" "$@" &
	server=$!
	soon 30 sh -c "ss -Hltn sport = :$port | grep -q ."
	PATIENCE_MS=300 AWS_CA_BUNDLE=rsa.crt "$TOOLS/httpget" "https://localhost:$port/"
	unserve
}
has 'plain HTTP on the port of TLS is told' "$(other 'HTTP/1.1 400 Bad Request')" 'the server does not speak TLS'
has 'a handshake that stalls ends at its deadline' "$(other)" 'no answer in time'
has 'a bundle that is not there is named' "$(answer localhost none.crt -cert rsa.crt -key rsa.key)" \
	'CA certificates: open none.crt: No such file or directory'
has 'a bundle without certificates is named' "$(answer localhost rsa.key -cert rsa.crt -key rsa.key)" \
	'CA certificates: rsa.key has none that can be used'
finish
