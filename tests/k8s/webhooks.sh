#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# webhooks.sh - deploy/lbctl applied to the real kube-apiserver, which then asks our webhooks; openssl and curl ask them too.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
arn=arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/tg-ip/0123456789abcdef
vpc=vpc-0123456789abcdef0

# ---- deploy/

check 'the CRDs are taken' kubectl apply -f deploy/lbctl/crds
check 'and are established' kubectl wait --for=condition=Established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws
check 'rbac.yaml is taken' kubectl apply -f deploy/lbctl/rbac.yaml
check 'deployment.yaml is taken' kubectl apply -f deploy/lbctl/deployment.yaml
check 'webhooks.yaml is taken' kubectl apply -f deploy/lbctl/webhooks.yaml
same 'iam-policy.json has a policy of statements with names of their own' \
	"$(jq -r '.Version, ([.Statement[].Sid] | length == (unique | length))' deploy/lbctl/iam-policy.json | tr '\n' ' ')" '2012-10-17 true '

# ---- the controller, as its own service account; the API server reaches it by the Service's address

ip addr add "$(kubectl get service -n kube-system aws-load-balancer-webhook-service -o 'jsonpath={.spec.clusterIP}')/32" dev lo
k8s_start elb python3 tests/k8s/fakeelb.py "$tmp/elb.port" "$tmp/elb.asked"
soon 60 test -s "$tmp/elb.port"
elb=http://127.0.0.1:$(cat "$tmp/elb.port")
admin=$KUBECONFIG
k8s_config "$tmp/sa" https://127.0.0.1:6443 'certificate-authority: pki/ca.crt' \
	"token: $(kubectl create token -n kube-system aws-load-balancer-controller)"
sed -i 's/user: u}/user: u, namespace: kube-system}/' "$tmp/sa"
lbctl() {
	env KUBECONFIG="$tmp/sa" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret "$VPCBOX" lbctl --cluster-name=c \
		--aws-region=eu-central-1 --aws-vpc-id=$vpc --aws-max-retries=1 \
		--aws-api-endpoints="Elastic Load Balancing v2=$elb,EC2=$elb" "$@"
}
k8s_start lbctl env KUBECONFIG="$tmp/sa" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret "$VPCBOX" lbctl \
	--cluster-name=c --aws-region=eu-central-1 --aws-vpc-id=$vpc --aws-max-retries=1 --webhook-bind-port=443 \
	--aws-api-endpoints="Elastic Load Balancing v2=$elb,EC2=$elb" --disable-ingress-class-annotation
ready() { [ "$(curl -s http://127.0.0.1:61779/readyz)" = ok ]; }
if soon 60 ready; then ok 'it becomes ready'; else
	not_ok 'it becomes ready' "$(curl -s http://127.0.0.1:61779/readyz)"
	sed 's/^/# /' "$tmp/lbctl.log" | tail -n 20
	finish
fi

# ---- the certificate

kubectl get secret -n kube-system aws-load-balancer-tls -o 'jsonpath={.data.ca\.crt}' | base64 -d >"$tmp/hook-ca"
host=aws-load-balancer-webhook-service.kube-system.svc
for kind in mutating validating; do
	same "the $kind configuration has its CA everywhere" "$(kubectl get ${kind}webhookconfiguration aws-load-balancer-webhook \
		-o json | jq -r '[.webhooks[].clientConfig.caBundle] | unique | .[] | @base64d')" "$(cat "$tmp/hook-ca")"
done
for version in tls1_2 tls1_3; do
	has "openssl believes it over $version" "$(openssl s_client -connect 127.0.0.1:443 -servername $host -verify_hostname $host \
		-CAfile "$tmp/hook-ca" -$version </dev/null 2>&1)" 'Verify return code: 0 (ok)'
done
refuse 'TLS 1.1 is refused' openssl s_client -connect 127.0.0.1:443 -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null
refuse 'a cipher without forward secrecy is refused' openssl s_client -connect 127.0.0.1:443 -tls1_2 -cipher AES128-GCM-SHA256 </dev/null
has 'it is for servers, a year long' "$(kubectl get secret -n kube-system aws-load-balancer-tls -o 'jsonpath={.data.tls\.crt}' |
	base64 -d | openssl x509 -noout -text)" 'TLS Web Server Authentication'

# hook PATH CURL-ARGUMENT...: the status, a blank, the body
hook() {
	path=$1
	shift
	curl -s --cacert "$tmp/hook-ca" --resolve $host:443:127.0.0.1 -w '\n%{http_code}' "$@" "https://$host$path" |
		awk '{ l[NR] = $0 } END { printf "%s ", l[NR]; for (i = 1; i < NR; i++) print l[i] }'
}
has 'no JSON is a bad request' "$(hook /mutate-v1-pod -d '{')" '400 '
has 'no review is a bad request' "$(hook /mutate-v1-pod -d '{}')" '400 the body is no AdmissionReview'
has 'another path is not there' "$(hook /mutate -d '{}')" '404 '
has 'GET is refused' "$(hook /mutate-v1-pod)" '405 '
head -c 5000000 /dev/zero | tr '\0' '[' >"$tmp/big"
has 'five megabytes of nonsense are a bad request' "$(hook /mutate-v1-pod --data-binary "@$tmp/big")" '400 '
head -c 8000000 /dev/zero | tr '\0' ' ' >"$tmp/bigger"
has 'eight megabytes are too much' "$(hook /mutate-v1-pod --data-binary "@$tmp/bigger" -H Expect:)" '413'

# ---- TargetGroupBindings

# binding NAME SPEC-FIELD...
binding() {
	echo "apiVersion: elbv2.k8s.aws/v1beta1"
	echo "kind: TargetGroupBinding"
	echo "metadata: {name: $1, namespace: gated}"
	echo "spec: {serviceRef: {name: web, port: 80}, $2}"
}
# applied SPEC: what kubectl says
applied() { binding "$1" "$2" | kubectl apply -f - 2>&1; }
kubectl create namespace gated >"$tmp/out"
kubectl label namespace gated elbv2.k8s.aws/pod-readiness-gate-inject=enabled >"$tmp/out"
has 'a binding needs a target group' "$(applied none 'targetType: ip')" 'spec.targetGroupARN or spec.targetGroupName must be set'
has 'that AWS has' "$(applied gone 'targetGroupName: gone')" 'searching TargetGroup with name gone: found 0, not exactly one'
has 'of a type that can be' "$(applied lambda 'targetGroupName: tg-lambda')" 'unsupported TargetType: lambda'
has 'in the VPC that it says' "$(applied vpc 'targetGroupName: tg-ip, vpcID: vpc-00000000')" "that of TargetGroup $arn is $vpc"
has 'a good one is made' "$(applied good 'targetGroupName: tg-ip')" created
same 'and what it left out is filled in' "$(kubectl get -n gated targetgroupbinding good -o json |
	jq -r '.spec | .targetGroupARN, .targetType, .ipAddressType, .vpcID, .targetGroupProtocol' | tr '\n' ' ')" "$arn ip ipv4 $vpc TCP "
# the store of the webhooks follows by a watch
second() { applied second "targetGroupARN: $arn" | grep -F "TargetGroup $arn is already bound to following TargetGroupBindings [gated/good]"; }
check 'a second one of the same target group is refused' soon 60 second
has 'what may not change does not' "$(kubectl patch -n gated targetgroupbinding good --type=merge -p '{"spec":{"targetType":"instance"}}' 2>&1)" \
	'may not change these immutable fields: spec.targetType'
has 'AWS was asked by name' "$(grep DescribeTargetGroups "$tmp/elb.asked")" Names.member.1=tg-ip

# ---- pods

kubectl create service clusterip -n gated web --tcp=80 >"$tmp/out"
pod() {
	kubectl run -n "$1" "$2" --image=x -l app=web --overrides='{"spec":{"automountServiceAccountToken":false}}' &&
		kubectl get pod -n "$1" "$2" -o 'jsonpath={.spec.readinessGates[*].conditionType}'
}
gated() {
	kubectl delete pod -n gated p --ignore-not-found --now
	[ "$(pod gated p | tail -n 1)" = target-health.elbv2.k8s.aws/good ]
}
check 'a pod that the binding selects gets its gate' soon 60 gated
has 'in other namespaces it gets none' "$(pod default p; echo "[$(kubectl get pod p -o 'jsonpath={.spec.readinessGates}')]")" '[]'

# ---- Services

kubectl create service loadbalancer lb --tcp=80 >"$tmp/out"
same 'a Service of type LoadBalancer gets the class' "$(kubectl get service lb -o 'jsonpath={.spec.loadBalancerClass}')" service.k8s.aws/nlb
same 'another does not' "$(kubectl get service -n gated web -o 'jsonpath={.spec.loadBalancerClass}')" ''

# ---- classes and Ingresses

check 'ingressclass.yaml is taken' kubectl apply -f deploy/lbctl/ingressclass.yaml
# What wears our own label is let pass unseen, so that it can be installed before the controller.
printf '%s\n' 'apiVersion: elbv2.k8s.aws/v1beta1' 'kind: IngressClassParams' 'metadata: {name: other}' 'spec: {}' >"$tmp/params"
check 'parameters of another class are taken' kubectl apply -f "$tmp/params"
params() { kubectl patch ingressclassparams other --type=merge -p "{\"spec\":$1}" 2>&1; }
has 'CIDRs with bits outside are refused' "$(params '{"inboundCIDRs":["10.0.0.1/8"]}')" 'did you mean "10.0.0.0/8"'
has 'subnets by ids and tags are refused' "$(params '{"subnets":{"ids":["subnet-1"],"tags":{"a":["b"]}}}')" \
	'spec.subnets.tags: Forbidden: may not have both `ids` and `tags` set'
has 'both names of prefix lists are refused' "$(params '{"prefixListsIDs":["a"],"PrefixListsIDs":["a"]}')" 'only one of'
has 'a good one is taken' "$(params '{"inboundCIDRs":["10.0.0.0/8"]}')" patched
# ingress NAME CLASS ANNOTATION...
ingress() {
	which=$1 class=$2
	shift 2
	kubectl create ingress "$which" --class="$class" --rule='a.b/=web:80' "$@" 2>&1
}
known() { ingress known alb --dry-run=server; }
check 'an Ingress of the class is taken' soon 60 known
has 'of no class it is refused' "$(ingress i nope)" 'invalid ingress class: IngressClass.networking.k8s.io "nope" not found'
has 'conditions that are no JSON are refused' "$(ingress i alb --annotation='alb.ingress.kubernetes.io/conditions.web={')" \
	'ignoring Ingress default/i since invalid alb.ingress.kubernetes.io/conditions.web annotation'
has 'the annotation that was forbidden is refused' "$(ingress i '' --annotation=kubernetes.io/ingress.class=alb)" \
	'new usage of `kubernetes.io/ingress.class` annotation is forbidden'
has 'what is not built yet is warned of' "$(ingress later alb --annotation=alb.ingress.kubernetes.io/auth-type=oidc)" 'Warning: alb.ingress.kubernetes.io/auth-type'

has 'refusals are counted' "$(curl -s http://127.0.0.1:8080/metrics)" \
	'awslbc_webhook_validation_failure_total{webhook_name="/validate-networking-v1-ingress",error_category="check_ingress_class_error"} 1'

# ---- a second replica, which does not lead, shows the same; and files are used when they are given

k8s_start second env KUBECONFIG="$tmp/sa" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret "$VPCBOX" lbctl \
	--cluster-name=c --aws-region=eu-central-1 --aws-vpc-id=$vpc --metrics-bind-addr=0 --health-probe-bind-addr=:61780 --webhook-bind-port=9443
serial() { openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
second_ready() { [ "$(curl -s http://127.0.0.1:61780/readyz)" = ok ]; }
check 'a second replica becomes ready' soon 60 second_ready
same 'and shows the same certificate' "$(serial 9443)" "$(serial 443)"

k8s_cert files /CN=files "subjectAltName=DNS:$host" extendedKeyUsage=serverAuth >"$tmp/out" 2>&1
k8s_start third env KUBECONFIG="$tmp/sa" AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret "$VPCBOX" lbctl \
	--cluster-name=c --aws-region=eu-central-1 --aws-vpc-id=$vpc --metrics-bind-addr=0 --health-probe-bind-addr=:61781 --webhook-bind-port=9444 \
	--webhook-cert-dir="$tmp/pki" --webhook-cert-file=files.crt --webhook-key-file=files.key --kube-ca-pem-filepath="$tmp/pki/ca.crt"
third_ready() { [ "$(curl -s http://127.0.0.1:61781/readyz)" = ok ]; }
check 'a third with certificate files becomes ready' soon 60 third_ready
client() { curl -s --cacert "$tmp/pki/ca.crt" --resolve "$host:9444:127.0.0.1" -d '{}' "$@" "https://$host:9444/mutate-v1-pod"; }
refuse 'clients without a certificate are turned away' client
has 'those with one are heard' "$(client --cert "$tmp/pki/admin.crt" --key "$tmp/pki/admin.key")" 'no AdmissionReview'
has 'a folder without them is an error' "$(lbctl --webhook-cert-dir="$tmp" --metrics-bind-addr=0 --health-probe-bind-addr=0 2>&1)" \
	"the webhooks' certificate: "
finish
