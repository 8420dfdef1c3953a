#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kapi-http.sh - the lab's API server asked in plain HTTP: chunks, watches, old versions, wrong input; relays to a kubelet
# (one of the test's own); our own client follows it.
[ "${K8S_NS:-}" ] || exec unshare -rn env K8S_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
ip link set lo up
PATH=$TOOLS/k8s:$PATH
mkfifo "$tmp/in"
"$TOOLS/kapi" 6443 "$tmp/kubeconfig" <"$tmp/in" >"$tmp/kapi.out" 2>"$tmp/kapi.err" &
kapi=$!
exec 4>"$tmp/in"
soon 20 test -s "$tmp/kapi.out"
read -r port token <"$tmp/kapi.out"
KUBECONFIG=$tmp/kubeconfig
export KUBECONFIG
api=https://127.0.0.1:$port

# ask PATH [CURL-OPTION]...: the answer's body, then its status
ask() {
	path=$1
	shift
	curl -sk -m 30 -H "Authorization: Bearer $token" -w '\n%{http_code}\n' "$@" "$api$path"
}
# says CLAIM STATUS REASON PATH [CURL-OPTION]...: refused so
says() {
	claim=$1 want="$2 $3"
	shift 3
	ask "$@" >"$tmp/said"
	same "$claim" "$(tail -n 1 "$tmp/said") $(head -n 1 "$tmp/said" | jq -r .reason)" "$want"
}
json='Content-Type: application/json'
cms=/api/v1/namespaces/default/configmaps
make_cm() { ask $cms -H "$json" -d '{"metadata":{"name":"'"$1"'"}}' >/dev/null; }

# ---- who may, and what is nothing

same 'health needs no token' "$(curl -sk $api/readyz)" ok
same 'all else does' "$(curl -sk $api/api/v1/pods | jq -r '"\(.code) \(.reason)"')" '401 Unauthorized'
same 'and the right one' "$(curl -sk -H 'Authorization: Bearer x' $api/api | jq -r .code)" 401
says 'a path that is none' 404 NotFound /api/v1/nothing
says 'a path that is far too long' 404 NotFound /api/v1/a/b/c/d/e/f/g/h/i/j/k
says 'a version that is not served' 404 NotFound /apis/apps/v2/deployments
says 'a method that is none' 405 MethodNotAllowed $cms -X PUT
says 'creation without a namespace' 405 MethodNotAllowed /api/v1/configmaps -H "$json" -d '{}'
says 'a body that is no JSON' 400 BadRequest $cms -H "$json" -d '{"a":'
says 'a body that is no object' 400 BadRequest $cms -H "$json" -d '3'
says 'a body of arrays in arrays' 400 BadRequest $cms -H "$json" -d "$(printf '%0100d' 0 | tr 0 '[')"
says 'protobuf' 415 UnsupportedMediaType $cms -H 'Content-Type: application/vnd.kubernetes.protobuf' -d 'k8s'
says 'an object of another kind' 400 BadRequest $cms -H "$json" -d '{"kind":"Pod","metadata":{"name":"x"}}'
says 'an object of another namespace' 400 BadRequest $cms -H "$json" -d '{"metadata":{"name":"x","namespace":"y"}}'
make_cm one
says 'another name than that of the path' 400 BadRequest $cms/one -X PUT -H "$json" -d '{"metadata":{"name":"two"}}'
says 'a patch of a kind that is none' 415 UnsupportedMediaType $cms/one -X PATCH -H "$json" -d '{}'
says 'server-side apply' 501 NotImplemented $cms/one -X PATCH -H 'Content-Type: application/apply-patch+yaml' -d '{}'
says 'OpenAPI' 501 NotImplemented /openapi/v2
says 'a patch that renames' 400 BadRequest $cms/one -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"name":"x"}}'
says 'a uid that is another' 409 Conflict $cms/one -X DELETE -H "$json" -d '{"preconditions":{"uid":"x"}}'
says 'a version that is another' 409 Conflict $cms/one -X DELETE -H "$json" -d '{"preconditions":{"resourceVersion":"1"}}'
says 'a pod nowhere has no exec' 404 NotFound '/api/v1/namespaces/default/pods/none/exec?command=x'
says 'a scale below zero' 404 NotFound /apis/apps/v1/namespaces/default/deployments/none/scale -X PATCH -d '{}'

# ---- lists in chunks

for i in a b c d e; do make_cm "chunk-$i"; done
first=$(ask "$cms?limit=2" | head -n 1)
next=$(echo "$first" | jq -r .metadata.continue)
same 'a chunk tells how many are left' "$(echo "$first" | jq '.metadata.remainingItemCount, (.items | length)' | tr '\n' ' ')" '4 2 '
make_cm chunk-0
second=$(ask "$cms?limit=9&continue=$next" | head -n 1)
same 'the next goes on where it ended' "$(echo "$second" | jq -r '[.items[].metadata.name] | join(" ")')" 'chunk-c chunk-d chunk-e one'
same 'and has the version of the first' "$(echo "$second" | jq -r .metadata.resourceVersion)" "$(echo "$first" | jq -r .metadata.resourceVersion)"
for bad in x "$(printf '9999999/a/b' | base64)" "$(printf 'a/b' | base64)" "$(printf '1' | base64)"; do
	says "a token that is none ($bad)" 400 BadRequest "$cms?limit=2&continue=$bad"
done
says 'a limit that is none' 400 BadRequest "$cms?limit=x"
says 'a version that is none' 400 BadRequest "$cms?resourceVersion=x"
says 'a version that is none, to watch' 400 BadRequest "$cms?watch=1&resourceVersion=x"
says 'a field that is none, to watch' 400 BadRequest "$cms?watch=1&fieldSelector=a%3Db"
same 'metadata alone' "$(ask $cms/one -H 'Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' | head -n 1 |
	jq -c '[.kind, .metadata.name, has("data")]')" '["PartialObjectMetadata","one",false]'

# ---- watches

rv=$(ask $cms | head -n 1 | jq -r .metadata.resourceVersion)
ask "$cms?watch=1&resourceVersion=$rv&timeoutSeconds=3&allowWatchBookmarks=true&labelSelector=x%3Dy" >"$tmp/watched" &
watcher=$!
merge='Content-Type: application/merge-patch+json'
ask $cms/one -X PATCH -H "$merge" -d '{"data":{"k":"1"}}' >/dev/null
ask $cms/one -X PATCH -H "$merge" -d '{"metadata":{"labels":{"x":"y"}}}' >/dev/null
ask $cms/one -X PATCH -H "$merge" -d '{"data":{"k":"2"}}' >/dev/null
ask $cms/one -X PATCH -H "$merge" -d '{"metadata":{"labels":{"x":"z"}}}' >/dev/null
wait "$watcher"
same 'a selector turns changes into comings and goings' "$(sed -n 's/^{"type":"\([A-Z]*\)".*/\1/p' "$tmp/watched" | tr '\n' ' ')" \
	'ADDED MODIFIED DELETED BOOKMARK '
same 'sendInitialEvents ends with its bookmark' "$(ask "$cms?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1" |
	jq -R 'fromjson? | select(.type == "BOOKMARK") | .object.metadata.annotations["k8s.io/initial-events-end"]' | head -n 1)" '"true"'
old=$rv
seq 9000 | awk -v u="$api$cms/one" '{ printf "%surl = \"%s\"\nrequest = \"PATCH\"\nheader = \"Content-Type: application/merge-patch+json\"\n", (NR > 1 ? "next\n" : ""), u
	printf "header = \"Authorization: Bearer %s\"\ndata = \"{\\\"data\\\":{\\\"n\\\":\\\"%d\\\"}}\"\noutput = /dev/null\ninsecure\nsilent\n", t, NR }' t="$token" >"$tmp/many"
curl -K "$tmp/many" >/dev/null 2>&1
same 'a past that is forgotten ends a watch' "$(ask "$cms?watch=1&resourceVersion=$old&timeoutSeconds=3" | head -n 1 |
	jq -c '[.type, .object.code, .object.reason]')" '["ERROR",410,"Expired"]'
says 'and a list' 410 Expired "$cms?limit=2&continue=$next"

# ---- our own client

mkfifo "$tmp/follow.in"
"$TOOLS/kubefollow" Service <"$tmp/follow.in" >"$tmp/follow" 2>"$tmp/follow.log" 4>&- &
follower=$!
exec 3>"$tmp/follow.in"
seen() { grep -qE "$1" "$tmp/follow"; }
soon 30 seen '^synced 0'
echo '{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}' |
	kubectl create --validate=false -f - >/dev/null
kubectl annotate service s a=b >/dev/null
kubectl delete service s >/dev/null
check 'our own client sees what comes' soon 30 seen '^[+] default/s '
check 'and what changes' soon 30 seen '^~ default/s '
check 'and what goes' soon 30 seen '^- default/s '
exec 3>&-
wait "$follower"
same 'without trouble' "$(grep -c '^trouble' "$tmp/follow")" 0

# ---- a kubelet: /containerLogs in chunks, an echo behind 101 at /exec

cat >"$tmp/kubelet.py" <<'END'
import socketserver, sys
class H(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode().split()
        head = {}
        while (l := self.rfile.readline().decode().strip()):
            k, v = l.split(": ", 1); head[k.lower()] = v
        print(line[0], line[1], head.get("authorization"), head.get("upgrade"), flush=True)
        if line[1].startswith("/containerLogs/default/p/c"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(2000):
                d = ("line %d " % i + "x" * 500 + "\n").encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(d), d))
            self.wfile.write(b"0\r\n\r\n")
        elif line[1].startswith("/exec/default/p/c?command=echo"):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello\n")
            while (d := self.connection.recv(65536)):
                self.wfile.write(d.upper())
                if b"q" in d: return
        elif line[1].startswith("/exec"):
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\n\r\nno such cmd")
        else:
            self.wfile.write(b"nonsense\r\n\r\n")
socketserver.ThreadingTCPServer.allow_reuse_address = True
s = socketserver.ThreadingTCPServer(("127.0.0.1", 10250), H)
s.daemon_threads = True
print("up", flush=True)
s.serve_forever()
END
python3 "$tmp/kubelet.py" >"$tmp/kubelet.log" 2>&1 4>&- &
kubelet=$!
soon 20 grep -q up "$tmp/kubelet.log"
ask /api/v1/nodes -H "$json" -d '{"metadata":{"name":"n"},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],
	"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}' >/dev/null
pods=/api/v1/namespaces/default/pods
pod() { ask $pods -H "$json" -d '{"metadata":{"name":"'"$1"'"},"spec":{"nodeName":"'"$2"'","containers":[{"name":"c","image":"i"}'"$3"']}}' >/dev/null; }
pod p n ''
pod two n ',{"name":"d","image":"i"}'
pod bound '' ''
pod lost away ''
same 'a log of a megabyte comes whole' "$(kubectl logs p | cksum)" "$(for i in $(seq 0 1999); do printf 'line %d %0500d\n' "$i" 0 | sed 's/0\{500\}/x/; s/x$/'"$(printf '%0500d' 0 | tr 0 x)"'/'; done | cksum)"
has 'the kubelet was asked with our token' "$(cat "$tmp/kubelet.log")" "GET /containerLogs/default/p/c Bearer $token None"
says 'two containers and no name' 400 BadRequest $pods/two/log
says 'a container that is none' 400 BadRequest "$pods/p/log?container=x"
says 'a node that is gone' 404 NotFound $pods/lost/log
same 'a pod without a node has no log' "$(ask $pods/bound/log)" "
200"
says 'but nor exec' 400 BadRequest "$pods/bound/exec?command=x"
says 'a kubelet that refuses' 400 BadRequest "$pods/p/exec?command=other" -H 'Connection: Upgrade' -H 'Upgrade: x'
says 'a kubelet that talks nonsense' 500 InternalError "$pods/p/attach"
cat >"$tmp/exec.py" <<'END'
import socket, ssl, sys
port, token = int(sys.argv[1]), sys.argv[2]
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
s = c.wrap_socket(socket.create_connection(("127.0.0.1", port), 20))
s.sendall(b"POST /api/v1/namespaces/default/pods/p/exec?command=echo&container=c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
          b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n" % token.encode())
got = b""
while b"hello\n" not in got: got += s.recv(65536)
big = b"a" * 300000
s.sendall(big); echo = b""
while len(echo) < len(big): echo += s.recv(65536)
s.sendall(b"q")
rest = b""
while (d := s.recv(100)): rest += d
print(got.split(b"\r\n")[0].decode(), echo == b"A" * len(big), rest.decode())
END
same 'after 101 bytes go both ways' "$(python3 "$tmp/exec.py" "$port" "$token")" 'HTTP/1.1 101 Switching Protocols True Q'
kill "$kubelet"
wait "$kubelet" 2>/dev/null
says 'a kubelet that is down' 500 InternalError $pods/p/log

exec 4>&-
wait "$kapi"
same 'the API server ends when it is told to, well' "$? $(cat "$tmp/kapi.err")" '0 '
finish
