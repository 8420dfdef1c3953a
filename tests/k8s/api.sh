#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# api.sh - our client and the real kube-apiserver: who it says we are, what it refuses, what kubectl sees of what we did.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
try=$TOOLS/kubetry
server=https://127.0.0.1:6443

# ---- configurations: kubectl is the judge

# whoami FILE: the user's name that the API server tells each of the two
review='{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'
ours() {
	KUBECONFIG=$1 BODY=$review "$try" do POST /apis/authentication.k8s.io/v1/selfsubjectreviews |
		jq -r '.status.userInfo.username // .' 2>&1
}
theirs() { KUBECONFIG=$1 kubectl auth whoami -o 'jsonpath={.status.userInfo.username}' 2>&1; }
both() { same "$1" "$(ours "$2")" "$(theirs "$2")"; }
one_line() { base64 -w0 "$1"; }
ca="certificate-authority-data: $(one_line "$tmp/pki/ca.crt")"

both 'a token, and a CA in a file beside the kubeconfig' "$KUBECONFIG"
k8s_config "$tmp/data" $server "$ca" "token: $(k8s_token nobody)"
both 'a CA inside the kubeconfig' "$tmp/data"
k8s_config "$tmp/cert" $server "$ca" 'client-certificate: pki/admin.crt, client-key: pki/admin.key'
both "a client's certificate in files" "$tmp/cert"
k8s_config "$tmp/certdata" $server "$ca" \
	"client-certificate-data: $(one_line "$tmp/pki/admin.crt"), client-key-data: $(one_line "$tmp/pki/admin.key")"
both "a client's certificate inside the kubeconfig" "$tmp/certdata"
has 'and it is the administrator' "$(ours "$tmp/certdata")" admin
k8s_token nobody >"$tmp/token"
k8s_config "$tmp/file" $server "$ca" 'tokenFile: token'
both 'a token in a file' "$tmp/file"
k8s_config "$tmp/name" $server "$ca, tls-server-name: kubernetes.default.svc" "token: $(k8s_token nobody)"
both 'another server name' "$tmp/name"
k8s_config "$tmp/insecure" $server 'insecure-skip-tls-verify: true' "token: $(k8s_token nobody)"
both 'no verification, when asked for' "$tmp/insecure"
k8s_config "$tmp/eks" $server "$ca" \
	'exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, r, eks, get-token, --cluster-name, c]}'
same 'a token that is signed in the place of the plugin' "$(EKS_TOKEN=$(k8s_token nobody) ours "$tmp/eks")" nobody
same 'the stanza of EKS is read' "$(KUBECONFIG=$tmp/eks "$try" config | grep eks)" 'eks_cluster=c
eks_region=r'

# a service account, as in a pod
kubectl create serviceaccount -n default robot >/dev/null
kubectl create token -n default robot >"$tmp/robot"
k8s_config "$tmp/robot.conf" $server "$ca" 'tokenFile: robot'
both "a service account's token" "$tmp/robot.conf"

# refused FILE: what our client says
refused() { KUBECONFIG=$1 "$try" do GET /api/v1/services; }
k8s_config "$tmp/wrong" $server "$ca, tls-server-name: elsewhere.test" 'token: hush'
has 'a certificate for another name is refused' "$(refused "$tmp/wrong")" \
	'the certificate shown for elsewhere.test is for another name'
k8s_config "$tmp/other" https://127.0.0.2:6443 "$ca" 'token: hush'
has 'a server that is not there is told' "$(refused "$tmp/other")" 'connect to 127.0.0.2:6443'
k8s_config "$tmp/ca" $server "certificate-authority: pki/admin.crt" 'token: hush'
has 'a CA that has not signed is refused' "$(refused "$tmp/ca")" 'has no signature of a known CA'
k8s_config "$tmp/bad" $server "$ca" 'token: hush'
has 'a token that is refused' "$(refused "$tmp/bad")" '13 Unauthorized GET /api/v1/services: Unauthorized: Unauthorized'
has 'what is not allowed is told in words' "$(refused "$tmp/data")" \
	'13 Forbidden GET /api/v1/services: Forbidden: services is forbidden: User "nobody" cannot list resource "services"'
for file in wrong other ca bad; do
	case $(refused "$tmp/$file") in *hush*) not_ok "no secret in messages: $file" ;; *) ok "no secret in messages: $file" ;; esac
done

# ---- objects: made by us, seen by kubectl, and the other way round

svc=/api/v1/namespaces/default/services
web='{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","annotations":{"a":"<&>é"}},
	"spec":{"selector":{"app":"web"},"ports":[{"name":"http","port":80,"targetPort":"web"},{"name":"two","port":81,"targetPort":8081}]}}'
BODY=$web "$try" do POST $svc >"$tmp/made"
same 'kubectl sees what we made' "$(kubectl get service web --show-managed-fields -o json | jq -cS .)" "$(jq -cS . "$tmp/made")"
kubectl annotate service web b=2 >/dev/null
same 'we see what kubectl changed' \
	"$("$try" do GET $svc/web | jq -cS .)" "$(kubectl get service web --show-managed-fields -o json | jq -cS .)"
same 'the fields that the controller reads' \
	"$("$try" get Service default web | jq -c '[.name,.uid]')" "$(kubectl get service web -o json | jq -c '[.metadata.name,.metadata.uid]')"
has 'a second one is told by EEXIST' "$(BODY=$web "$try" do POST $svc)" '17 AlreadyExists '
has 'an invalid one has its causes in one line' \
	"$(BODY='{"apiVersion":"v1","kind":"Service","metadata":{"name":"Bad_Name"},"spec":{"ports":[{"port":0}]}}' "$try" do POST $svc)" \
	'22 Invalid POST /api/v1/namespaces/default/services: Invalid: Service "Bad_Name" is invalid: '
has 'one that is no JSON' "$(BODY='{' "$try" do POST $svc)" '22 BadRequest '
has 'one that is not there' "$("$try" do GET $svc/none)" '2 NotFound GET '$svc'/none: NotFound: services "none" not found'
has 'a kind that is not there' "$("$try" get TargetGroupBinding default x)" \
	'2 - GET /apis/elbv2.k8s.aws/v1beta1/namespaces/default/targetgroupbindings/x: HTTP status 404, text/plain'
old=$(jq -c . "$tmp/made")
has 'an update of what has changed since is told by EAGAIN' "$(BODY=$old "$try" do PUT $svc/web)" '11 Conflict '
TYPE=application/strategic-merge-patch+json BODY='{"spec":{"ports":[{"port":81,"targetPort":8082}]}}' \
	"$try" do PATCH $svc/web >/dev/null
same 'a strategic merge patch' "$(kubectl get service web -o 'jsonpath={.spec.ports[*].targetPort}')" 'web 8082'
TYPE=application/json-patch+json BODY='[{"op":"remove","path":"/metadata/annotations/b"}]' "$try" do PATCH $svc/web >/dev/null
same 'a JSON patch' "$(kubectl get service web -o 'jsonpath={.metadata.annotations.b}')" ''
kubectl patch service web --type=merge -p '{"spec":{"type":"LoadBalancer"}}' >/dev/null
TYPE=application/merge-patch+json BODY='{"status":{"loadBalancer":{"ingress":[{"hostname":"x.elb.amazonaws.com"}]}}}' \
	"$try" do PATCH $svc/web/status >/dev/null
same 'a status' "$(kubectl get service web -o 'jsonpath={.status.loadBalancer.ingress[0].hostname}')" x.elb.amazonaws.com

# ---- lists in chunks

for i in $(seq 12); do
	printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c%02d"}}\n---\n' "$i"
done | kubectl create -f - >/dev/null
names() { jq -r '.items[].metadata.name'; }
"$try" do GET /api/v1/namespaces/default/configmaps limit=5 >"$tmp/page"
{
	names <"$tmp/page"
	next=$(jq -r '.metadata.continue' "$tmp/page")
	while [ -n "$next" ] && [ "$next" != null ]; do
		"$try" do GET /api/v1/namespaces/default/configmaps "limit=5&continue=$next" >"$tmp/page"
		names <"$tmp/page"
		next=$(jq -r '.metadata.continue' "$tmp/page")
	done
} >"$tmp/names"
same 'chunks of a list are the list' "$(cat "$tmp/names")" "$(kubectl get configmaps -o json | names)"

# ---- finalizers

final() { kubectl get service web -o 'jsonpath={.metadata.finalizers}'; }
check 'a finalizer is added' "$try" finalizer Service default web service.k8s.aws/resources add
has 'kubectl sees it' "$(final)" '"service.k8s.aws/resources"'
version=$(kubectl get service web -o 'jsonpath={.metadata.resourceVersion}')
check 'adding it again' "$try" finalizer Service default web service.k8s.aws/resources add
same 'changes nothing' "$(kubectl get service web -o 'jsonpath={.metadata.resourceVersion}')" "$version"
kubectl delete service web --wait=false >/dev/null
has 'the object stays as long as it is there' "$(kubectl get service web -o 'jsonpath={.metadata.deletionTimestamp}')" T
check 'it is removed' "$try" finalizer Service default web service.k8s.aws/resources remove
refuse 'and the object goes' kubectl get service web
check 'removing it from what is gone is no error' "$try" finalizer Service default web service.k8s.aws/resources remove

# many at once: each adds its own, none is lost
kubectl create service clusterip crowd --tcp=80 >/dev/null
pids=
for i in 1 2 3; do
	"$try" finalizer Service default crowd "example.com/f$i" add >"$tmp/crowd$i" &
	pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
same 'finalizers added at once are all there' \
	"$(kubectl get service crowd -o json | jq -r '.metadata.finalizers[]' | sort | tr '\n' ' ')" \
	'example.com/f1 example.com/f2 example.com/f3 '

# ---- 429: an eviction has to wait for a disruption budget that nobody here works on

kubectl run busy --image=none --labels=app=busy >/dev/null
TYPE=application/merge-patch+json BODY='{"status":{"phase":"Running"}}' \
	"$try" do PATCH /api/v1/namespaces/default/pods/busy/status >/dev/null
kubectl create poddisruptionbudget busy --selector=app=busy --min-available=1 >/dev/null
evict() {
	PATIENCE_MS=$1 BODY='{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"busy"}}' \
		"$try" do POST /api/v1/namespaces/default/pods/busy/eviction
}
has 'what is not to be had before the deadline is told by EBUSY, with its causes' "$(evict 1000)" \
	"16 TooManyRequests POST /api/v1/namespaces/default/pods/busy/eviction: TooManyRequests: Cannot evict pod as it would \
violate the pod's disruption budget.; The disruption budget busy is still being processed by the server."
evict 60000 >"$tmp/patient" &
patient=$!
soon 30 sh -c 'ss -Htn state established dport = :6443 | grep -q .'
kubectl delete poddisruptionbudget busy >/dev/null
wait "$patient"
same 'a call waits as long as it is asked to, and is let through' "$(jq -r .status "$tmp/patient")" Success

# ---- a server that goes away and comes back

kill "$k8s_api_pid"
wait "$k8s_api_pid" 2>/dev/null
has 'a server that has ended is told' "$("$try" do GET $svc)" '111 - GET 127.0.0.1/api/v1/namespaces/default/services: connect to'
k8s_api
soon 60 k8s_ready
has 'and is asked again when it is back' "$("$try" do GET $svc/crowd | jq -r .metadata.name)" crowd
finish
