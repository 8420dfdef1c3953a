#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lbctl.sh - the controller between the real kube-apiserver and the lab's AWS: a Service becomes an NLB, an Ingress an
# ALB, targets follow endpoints, a restart writes nothing, and what is deleted leaves nothing behind. kubectl and the
# AWS CLI tell what is there. No controller but ours runs: endpoints and pods are made by hand.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
kubectl apply -f deploy/lbctl/crds >/dev/null
kubectl wait --for=condition=Established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws >/dev/null

AWS_REGION=ap-northeast-2 AWS_ACCESS_KEY_ID=AKIAVPCBOXLAB0000000
AWS_SECRET_ACCESS_KEY=vpcbox-lab/this-is-no-secret/00000000000
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY NO_PROXY no_proxy
k8s_start lab "$LAB" aws --call-ms 0 --provision-ms 0 --register-ms 0 --health-ms 500 --drain-ms 500 --release-ms 0 \
	--log "$tmp/calls"
soon 60 grep -q 'AWS at' "$tmp/lab.log"
AWS_ENDPOINT_URL=$(sed -n 's/.*AWS at //p' "$tmp/lab.log")
export AWS_ENDPOINT_URL
aws() { "$TOOLS/venv/bin/aws" --region $AWS_REGION --output text "$@"; }
vpc=$(aws ec2 describe-vpcs --query 'Vpcs[0].VpcId')
start() {
	k8s_start lbctl "$VPCBOX" lbctl --cluster-name=lab --aws-vpc-id="$vpc" --webhook-bind-port=0 \
		--targetgroupbinding-requeue-duration=1s
	lbctl=${k8s_pids%% *}
	soon 60 grep -q '"ready services' "$tmp/lbctl.log"
}
check 'the controller wins the lease and is ready' start
has 'the lease is its' "$(kubectl get lease -n default aws-load-balancer-controller-leader -o yaml)" 'holderIdentity:'

# ---- a Service of ip targets

# endpoints SERVICE PORT ADDRESS...: pods that are ready, and the slice that names them
endpoints() {
	service=$1 port=$2
	shift 2
	for ip in "$@"; do
		name=$service-$(echo "$ip" | tr . -)
		kubectl get pod "$name" >/dev/null 2>&1 && continue
		kubectl run "$name" --image=x --restart=Always -l app=web --overrides='{"spec":{"nodeName":"n"}}' >/dev/null
		kubectl patch pod "$name" --subresource=status -p "{\"status\":{\"phase\":\"Running\",\"podIP\":\"$ip\",
			\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"},{\"type\":\"ContainersReady\",\"status\":\"True\"}]}}" >/dev/null
	done
	for ip in "$@"; do
		printf '{"addresses":["%s"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","namespace":"default","name":"%s"}}\n' \
			"$ip" "$service-$(echo "$ip" | tr . -)"
	done | jq -s --arg s "$service" --argjson p "$port" '{apiVersion:"discovery.k8s.io/v1",kind:"EndpointSlice",
		metadata:{name:($s+"-1"),namespace:"default",labels:{"kubernetes.io/service-name":$s}},
		addressType:"IPv4",ports:[{port:$p,protocol:"TCP"}],endpoints:.}' | kubectl apply -f - >/dev/null
}
kubectl create -f - >/dev/null <<'END'
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
    service.beta.kubernetes.io/aws-load-balancer-cross-zone-load-balancing-enabled: "true"
    service.beta.kubernetes.io/aws-load-balancer-manage-backend-security-group-rules: "false"
    service.beta.kubernetes.io/aws-load-balancer-disable-nlb-sg: "true"
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, protocol: TCP}]
END
net=$(aws ec2 describe-subnets --query 'Subnets[0].CidrBlock' | sed 's|\.[0-9]*/.*||')
endpoints web 8080 "$net.100" "$net.101"
host() { kubectl get "$1" -o 'jsonpath={.status.loadBalancer.ingress[0].hostname}'; }
named() { [ -n "$(host "$1")" ]; }
check 'the Service gets a host name' soon 30 named service/web
same "it is the load balancer's" "$(host service/web)" "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].DNSName' | tr A-Z a-z)"
same 'a network load balancer, internet-facing' \
	"$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].[Type,Scheme]' | tr '\t' ' ')" 'network internet-facing'
lb=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[0].LoadBalancerArn')
group() { aws elbv2 describe-target-groups --load-balancer-arn "$lb" --query 'TargetGroups[0].TargetGroupArn'; }
targets() {
	aws elbv2 describe-target-health --target-group-arn "$(group)" \
		--query 'TargetHealthDescriptions[].[Target.Id,TargetHealth.State]' | sort | tr '\t\n' '  '
}
targets_are() { [ "$(targets)" = "$1" ]; }
check 'both pods are registered and become healthy' soon 30 targets_are "$net.100 healthy $net.101 healthy "
endpoints web 8080 "$net.100"
check 'scaled to one, the other goes' soon 30 targets_are "$net.100 healthy "
endpoints web 8080 "$net.100" "$net.102" "$net.103"
check 'scaled to three, the new ones come' soon 30 targets_are "$net.100 healthy $net.102 healthy $net.103 healthy "
kubectl annotate service web \
	service.beta.kubernetes.io/aws-load-balancer-target-group-attributes=deregistration_delay.timeout_seconds=60 >/dev/null
delay_is() {
	[ "$(aws elbv2 describe-target-group-attributes --target-group-arn "$(group)" \
		--query "Attributes[?Key=='deregistration_delay.timeout_seconds'].Value")" = "$1" ]
}
check 'an annotation becomes an attribute' soon 30 delay_is 60
has 'and an event says so' "$(kubectl get events --field-selector involvedObject.name=web)" SuccessfullyReconciled

# ---- an Ingress

kubectl create -f - >/dev/null <<'END'
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: {alb.ingress.kubernetes.io/target-type: ip, alb.ingress.kubernetes.io/scheme: internet-facing}
spec:
  ingressClassName: alb
  rules:
  - http:
      paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]
END
check 'the Ingress gets a host name' soon 30 named ingress/shop
alb=$(aws elbv2 describe-load-balancers --query "LoadBalancers[?Type=='application'].LoadBalancerArn")
listener=$(aws elbv2 describe-listeners --load-balancer-arn "$alb" --query 'Listeners[0].ListenerArn')
same 'one rule for its path, one for the rest' \
	"$(aws elbv2 describe-rules --listener-arn "$listener" --query 'Rules[].[Priority,Actions[0].Type]' | tr '\t\n' '  ')" \
	'1 forward default fixed-response '
kubectl annotate service web service.beta.kubernetes.io/aws-load-balancer-attributes=nonsense >/dev/null
warned() { kubectl get events --field-selector involvedObject.name=web,type=Warning | grep -q 'aws-load-balancer-attributes: nonsense'; }
check 'nonsense gets a Warning with annotation and value' soon 30 warned
same 'and the load balancer stays' "$(aws elbv2 describe-load-balancers --load-balancer-arns "$lb" --query 'LoadBalancers[0].Type')" network
kubectl annotate service web service.beta.kubernetes.io/aws-load-balancer-attributes- >/dev/null

# ---- a restart, and the end

writes() { grep -cE '"action": ?"(Create|Delete|Modify|Set|Add|Remove|Authorize|Revoke|Register|Deregister)' "$tmp/calls"; }
well() { [ "$(grep -c SuccessfullyReconciled "$tmp/lbctl.log")" -ge "$1" ]; }
kill -TERM "$lbctl"
wait "$lbctl"
same 'SIGTERM ends it cleanly' $? 0
before=$(writes)
check 'it starts again' start
check 'and looks at both' soon 60 well 2
same 'and writes nothing' "$(writes)" "$before"
kubectl delete ingress shop --wait=false >/dev/null
kubectl delete service web --wait=false >/dev/null
left() {
	{
		kubectl get services,ingresses,targetgroupbindings -o name | grep -v /kubernetes
		aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerArn'
		aws elbv2 describe-target-groups --query 'TargetGroups[].TargetGroupArn'
		aws ec2 describe-security-groups --query "SecurityGroups[?starts_with(GroupName,'k8s-')].GroupName"
	} | grep . | tr '\n' ' '
}
nothing() { [ -z "$(left)" ]; }
check 'what is deleted leaves nothing in AWS and Kubernetes' soon 60 nothing
same 'nothing at all' "$(left)" ''
finish
