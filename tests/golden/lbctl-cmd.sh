#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lbctl-cmd.sh - lbctl's commands for people, to the letter, against the lab's AWS: tests/golden/lbctl-cmd/NAME.want.
# UPDATE=1 writes the wanted output anew.
. "$(dirname "$0")/../lib.sh"
cases=$PWD/tests/golden/lbctl-cmd

# lab PORT-FILE OPTION...: an AWS of its own; $AWS_ENDPOINT_URL says where.
lab() {
	"$LAB" aws --call-ms 0 --provision-ms 0 --register-ms 0 --health-ms 0 --drain-ms 0 --release-ms 0 \
		--certificate-ms 0 "$@" \
		>"$tmp/lab.log" 2>&1 &
	lab=$!
	trap 'kill $lab 2>/dev/null; rm -rf "$tmp"' EXIT
	soon 60 grep -q 'AWS at' "$tmp/lab.log" || { not_ok 'the lab comes up' "$(cat "$tmp/lab.log")"; finish; }
	AWS_ENDPOINT_URL=$(sed -n 's/.*AWS at //p' "$tmp/lab.log")
	export AWS_ENDPOINT_URL
}
AWS_REGION=ap-northeast-2 AWS_ACCESS_KEY_ID=AKIAVPCBOXLAB0000000
AWS_SECRET_ACCESS_KEY=vpcbox-lab/this-is-no-secret/00000000000
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY NO_PROXY no_proxy
lab --log "$tmp/calls"
vpc=$("$TOOLS/venv/bin/aws" ec2 describe-vpcs --region $AWS_REGION --query 'Vpcs[0].VpcId' --output text)

lbctl() {
	command=$1
	shift
	"$VPCBOX" lbctl "$command" --cluster-name=demo --aws-vpc-id="$vpc" "$@" 2>&1
	echo "exit $?"
}
# Ids, hashes in ARNs and dates are the lab's and the day's.
plain() {
	sed -E -e 's/(vpc|subnet|sg)-[0-9a-f]{17}/\1-ID/g' -e 's|(/)[0-9a-f]{16}|\1ID|g' -e 's/[0-9]{12}/ACCOUNT/g' \
		-e 's/[0-9-]{10}T[0-9:]{8}Z/DATE/' -e 's/request id [0-9a-f-]*/request id ID/'
}
# golden NAME TEXT
golden() {
	[ -z "${UPDATE:-}" ] || printf '%s\n' "$2" >"$cases/$1.want"
	same "lbctl $1" "$2" "$(cat "$cases/$1.want")"
}
run() {
	name=$1
	shift
	golden "$name" "$(lbctl "$@" | plain)"
}
writes() { grep -cE '"action": ?"(Create|Delete|Modify|Set|Add|Remove|Authorize|Revoke)' "$tmp/calls"; }

run status-nothing status
run plan-text plan -f "$cases/shop.yaml"
same 'a plan changes nothing' "$(writes)" 0
run plan-json plan -f "$cases/shop.yaml" -o json
has 'no colour in a pipe' "$(lbctl plan -f "$cases/shop.yaml" | grep -c "$(printf '\033')")" 0

"$VPCBOX" lbctl plan --cluster-name=demo --aws-vpc-id="$vpc" -f "$cases/shop.yaml" -o json >"$tmp/plan.json" 2>"$tmp/err"
# edit EXPRESSION: the plan, changed
edit() { sed -E "$1" "$tmp/plan.json" >"$tmp/edited.json"; }
apply() { "$VPCBOX" lbctl apply --plan "$tmp/edited.json" "$@" 2>&1; echo "exit $?"; }

edit 's/"account": "[0-9]*"/"account": "999999999999"/'
has 'a plan of another account is refused' "$(apply)" 'was made for account 999999999999'
edit 's/"cluster": "demo"/"cluster": "other"/'
has 'a plan of another cluster is refused' "$(apply --cluster-name=demo)" \
	'was made for cluster other, and --cluster-name is demo'
edit 's/^  "vpc": "[^"]*"/  "vpc": "vpc-1"/'
has 'a plan of another VPC is refused' "$(apply --aws-vpc-id="$vpc")" 'was made for vpc vpc-1'
edit 's/"region": "[^"]*"/"region": "eu-west-1"/'
has 'a plan of another region is refused' "$(apply --aws-region=ap-northeast-2)" 'was made for region eu-west-1'
edit 's/"version": 1/"version": 2/'
has 'a plan of another version is refused' "$(apply)" 'of version 2, this program reads version 1'
edit 's/^  "account".*//'
has 'a plan without an account is refused' "$(apply)" 'was made for account , and this one is'
edit 's/CreateRule/RunInstances/'
has 'a plan with a strange action is refused' "$(apply)" "'RunInstances' of 'Elastic Load Balancing v2' is none"
echo '{' >"$tmp/edited.json"
has 'what is no JSON is refused' "$(apply)" edited.json
echo '[]' >"$tmp/edited.json"
has 'what is no plan is refused' "$(apply)" 'no list of plans'
has 'apply wants a plan' "$("$VPCBOX" lbctl apply 2>&1; echo "exit $?")" 'exit 100'
same 'nothing of that was changed' "$(writes)" 0

# Without an API server the bindings stay out.
grep -v '^$' "$tmp/plan.json" | python3 -c '
import json, sys
root = json.load(sys.stdin)
for plan in root["plans"]:
    plan["steps"] = [step for step in plan["steps"] if "action" in step]
print(json.dumps(root))' >"$tmp/edited.json"
golden apply "$(apply | plain)"
has 'a plan that was carried out is stale' "$(apply)" 'has been made since the plan was made: make a new one'
run status status
run status-json status -o json
run plan-bindings plan -f "$cases/shop.yaml"

sed '0,/port: 80, targetPort: 8080/s//port: 81, targetPort: 8081/; s|path: /old|path: /older|' "$cases/shop.yaml" \
	>"$tmp/changed.yaml"
run plan-changed plan -f "$tmp/changed.yaml"

# now FILE: a plan of the file without its bindings, as it is at this moment
now() {
	"$VPCBOX" lbctl plan --cluster-name=demo --aws-vpc-id="$vpc" -f "$1" -o json 2>"$tmp/err" | python3 -c '
import json, sys
root = json.load(sys.stdin)
for plan in root["plans"]:
    plan["steps"] = [step for step in plan["steps"] if "action" in step]
print(json.dumps(root))' >"$tmp/edited.json"
}
aws() { "$TOOLS/venv/bin/aws" --region $AWS_REGION elbv2 "$@" --output text; }
sed 's/port: 80, targetPort: 8080, protocol: TCP}/port: 81, targetPort: 8081, protocol: TCP}/' "$cases/shop.yaml" >"$tmp/new.yaml"
tg=$(aws describe-target-groups --query "TargetGroups[?starts_with(TargetGroupName,'k8s-default-web')].TargetGroupArn")
before=$(writes)
now "$tmp/new.yaml"
aws modify-target-group-attributes --target-group-arn "$tg" \
	--attributes Key=deregistration_delay.timeout_seconds,Value=7 >/dev/null
has 'what was changed since is said' "$(apply | plain)" 'has been changed since the plan was made: make a new one'
same 'and nothing is done then' "$(writes)" $((before + 1))
now "$tmp/new.yaml"
lb=$(aws describe-load-balancers --query "LoadBalancers[?starts_with(LoadBalancerName,'k8s-default-web')].LoadBalancerArn")
aws delete-listener --listener-arn "$(aws describe-listeners --load-balancer-arn "$lb" --query 'Listeners[0].ListenerArn')"
has 'what is gone since is said' "$(apply | plain)" 'has gone since the plan was made: make a new one'
now "$tmp/new.yaml"
sed -i 's/"objects":/"things":/' "$tmp/edited.json"
has 'a plan that does not say what was there is refused' "$(apply)" 'it does not say what was there (seen)'
now "$tmp/new.yaml"
has 'a plan of this moment is carried out' "$(apply)" 'exit 0'

cat >"$tmp/bad.yaml" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: bad, annotations: {
  service.beta.kubernetes.io/aws-load-balancer-scheme: "inner\u001b[31m"}},
 spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{port: 80, protocol: TCP}]}}
END
run plan-bad plan -f "$tmp/bad.yaml"
has 'a file that is not there is named' "$(lbctl plan -f "$tmp/none")" "$tmp/none"
has 'what plan does not know is refused' "$(lbctl plan what)" "'what' is too much; files are given with -f"
has 'plan wants objects' "$(lbctl plan)" '-f FILE, or --cluster'
has 'a command that is nearly one' "$("$VPCBOX" lbctl staus 2>&1)" "did you mean 'status'?"
run route-model route http://shop.example.com/old/x -f "$cases/shop.yaml"
run route-why route 'http://shop.example.com/?q=1' -f "$cases/shop.yaml" -v --header 'X-A: 1'
run route-default route http://other.example.com/ -f "$cases/shop.yaml" -v
run route-json route http://shop.example.com/old -f "$cases/shop.yaml" -v -o json
alb=$(lbctl status -o json | sed -n 's/.*"name": "\(k8s-default-shop-8[^"]*\)".*/\1/p')
run route-aws route http://x/old --load-balancer "$alb" --header Host:SHOP.example.com -v
host=$(lbctl status -o json | sed -n 's/.*"dnsName": "\(k8s-default-web[^"]*\)".*/\1/p')
run route-dns route "http://$host:81/"
has 'what nobody listens on is said' "$(lbctl route http://x:99/ --load-balancer "$alb")" 'nothing listens on port 99'
has 'https does not reach a listener of HTTP' "$(lbctl route https://x:80/ --load-balancer "$alb")" 'nothing listens'
has 'a load balancer that is none' "$(lbctl route http://x/ --load-balancer nope)" LoadBalancerNotFound
has 'a host of nobody' "$(lbctl route http://x/)" 'no load balancer of this account and region is called x'
has 'a URL that is none' "$(lbctl route ftp://x/)" 'begins with neither http:// nor https://'
has 'a URL without a host' "$(lbctl route http:///x)" 'it has no host'
has 'a header that is none' "$(lbctl route http://x/ --header X)" "--header 'X' is not NAME:VALUE"
has 'a source that is none' "$(lbctl route http://x/ --source y)" "--source 'y' is no IP address"
has 'route wants a URL' "$(lbctl route)" 'one URL is what is needed'

run explain-ingress explain ingress/shop -f "$cases/shop.yaml"
run explain-service explain svc/web -f "$cases/shop.yaml" -v
run explain-json explain ing/shop -n default -f "$cases/shop.yaml" -o json
run explain-not-ours explain service/shop -f "$cases/shop.yaml"
run explain-wrong explain service/bad -f "$tmp/bad.yaml"
cat >"$tmp/more.yaml" <<'END'
{apiVersion: v1, kind: Service, metadata: {name: typo, annotations: {
  service.beta.kubernetes.io/aws-load-balancer-schema: internal,
  service.beta.kubernetes.io/aws-load-balancer-subnets: "subnet-0123"}},
 spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{port: 80, protocol: TCP}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: plain}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: old, annotations: {
  service.beta.kubernetes.io/aws-load-balancer-type: external}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: lost}, spec: {ingressClassName: nowhere}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: nobody}, spec: {}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: nginx, annotations: {
  kubernetes.io/ingress.class: nginx}}, spec: {}}
---
{apiVersion: elbv2.k8s.aws/v1beta1, kind: TargetGroupBinding, metadata: {name: mine},
 spec: {targetGroupARN: "arn:x", targetType: ip, serviceRef: {name: nothing, port: 80}}}
END
for object in svc/typo svc/plain svc/old ing/lost ing/nobody ing/nginx tgb/mine; do
	run "explain-$(echo $object | tr / -)" explain $object -f "$tmp/more.yaml"
done
acm() { "$TOOLS/venv/bin/aws" --region $AWS_REGION acm "$@" --output text; }
acm request-certificate --domain-name '*.example.com' >/dev/null
given=$(acm request-certificate --domain-name given.example.org)
cat >"$tmp/tls.yaml" <<END
{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: alb}, spec: {controller: ingress.k8s.aws/alb}}
---
{apiVersion: v1, kind: Service, metadata: {name: shop, uid: 0a1c}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: found, annotations: {
  alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]', alb.ingress.kubernetes.io/ssl-redirect: "443"}},
 spec: {ingressClassName: alb, rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {
  name: shop, port: {number: 80}}}}]}}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: given, annotations: {
  alb.ingress.kubernetes.io/group.name: g, alb.ingress.kubernetes.io/certificate-arn: "$given"}},
 spec: {ingressClassName: alb, tls: [{hosts: [given.example.org, b.example.com]}], rules: [{http: {paths: [{path: /b,
  pathType: Exact, backend: {service: {name: shop, port: {number: 80}}}}]}}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: wrong, annotations: {
  alb.ingress.kubernetes.io/group.name: g, alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'}},
 spec: {ingressClassName: alb, rules: [{host: nowhere.example.net, http: {paths: [{path: /, pathType: Prefix, backend: {service: {
  name: shop, port: {number: 80}}}}]}}]}}
END
# Certificates' ARNs are random.
named() { plain | sed -E 's|certificate/[0-9a-f-]{36}|certificate/ID|'; }
for object in found given wrong; do
	golden "explain-tls-$object" "$(lbctl explain ingress/$object -f "$tmp/tls.yaml" | named)"
done
has 'a route over TLS' "$(lbctl route https://a.example.com/x -f "$tmp/tls.yaml")" 'path-pattern /*'
has 'a redirect is shown' "$(lbctl route http://a.example.com/x -f "$tmp/tls.yaml")" 'redirect Protocol=HTTPS Port=443'

has 'an object that is not there' "$(lbctl explain svc/x -n y -f "$tmp/more.yaml")" 'there is no Service x in namespace y'
has 'a kind that is none' "$(lbctl explain pod/x -f "$tmp/more.yaml")" "'pod/x' is none of service/NAME"
has 'a name that is none' "$(lbctl explain svc/ -f "$tmp/more.yaml")" "'svc/' is none of service/NAME"
has 'explain wants an object' "$(lbctl explain -f "$tmp/more.yaml")" 'one KIND/NAME is what is needed'
has 'without files the API server is asked' "$(KUBECONFIG=$tmp/none lbctl explain svc/x)" 'kubeconfig: open'

for command in plan apply explain route status; do
	has "$command has help with examples" "$("$VPCBOX" lbctl $command --help)" 'examples:'
done
finish
