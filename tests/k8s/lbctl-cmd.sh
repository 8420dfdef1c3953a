#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lbctl-cmd.sh - lbctl's commands for people with a cluster: a real API server, and the lab's AWS.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
k8s_start lab "$LAB" aws --call-ms 0 --provision-ms 0 --register-ms 0 --health-ms 0 --drain-ms 0 --release-ms 0
soon 60 grep -q 'AWS at' "$tmp/lab.log" || { not_ok 'the lab comes up' "$(cat "$tmp/lab.log")"; finish; }
AWS_ENDPOINT_URL=$(sed -n 's/.*AWS at //p' "$tmp/lab.log") AWS_REGION=ap-northeast-2
AWS_ACCESS_KEY_ID=AKIAVPCBOXLAB0000000 AWS_SECRET_ACCESS_KEY=vpcbox-lab/this-is-no-secret/00000000000
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export AWS_ENDPOINT_URL AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY NO_PROXY no_proxy
vpc=$("$TOOLS/venv/bin/aws" ec2 describe-vpcs --region $AWS_REGION --query 'Vpcs[0].VpcId' --output text)

lbctl() {
	command=$1
	shift
	"$VPCBOX" lbctl "$command" --cluster-name=demo --aws-vpc-id="$vpc" "$@" 2>&1
	echo "exit $?"
}

check 'the CRDs are taken' kubectl apply -f deploy/lbctl/crds
check 'and established' kubectl wait --for=condition=established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws
sed 's/, uid: [0-9a-f]*//; s/, nodePort: [0-9]*//' tests/golden/lbctl-cmd/shop.yaml >"$tmp/shop.yaml"
check 'the objects are taken' kubectl apply -f "$tmp/shop.yaml"

said=$(lbctl plan --cluster)
has 'a plan of the cluster has the Service' "$said" 'Service default/web'
has 'and the Ingress' "$said" 'Ingress group default/shop'
has 'and there are changes' "$said" 'exit 2'
"$VPCBOX" lbctl plan --cluster --cluster-name=demo --aws-vpc-id="$vpc" -o json >"$tmp/plan.json" 2>"$tmp/err"

sed -E 's/"kubeSystem": "[^"]*"/"kubeSystem": "1-2"/' "$tmp/plan.json" >"$tmp/other.json"
has 'a plan of another cluster is refused by its kube-system' "$(lbctl apply --plan "$tmp/other.json")" \
	'was made for the cluster whose kube-system has UID 1-2'
has 'without an API server it is refused too' "$(KUBECONFIG=$tmp/none lbctl apply --plan "$tmp/plan.json")" 'kubeconfig: open'
same 'nothing of that was changed' "$(lbctl status)" "lbctl status: cluster demo has no load balancers in $vpc
exit 0"
said=$(lbctl apply --plan "$tmp/plan.json")
has 'the plan is carried out' "$said" 'exit 0'
same 'with its TargetGroupBindings' "$(kubectl get targetgroupbindings --no-headers | wc -l)" 2
said=$(lbctl plan --cluster)
has 'then nothing is to do' "$said" 'nothing to do: everything is as it should be'
has 'which the exit status says' "$said" 'exit 0'

has 'explain asks the API server' "$(lbctl explain service/web)" 'ours: its loadBalancerClass'
binding=$(kubectl get targetgroupbindings -o name | head -n 1)
said=$(lbctl explain "targetgroupbinding/${binding##*/}")
has 'a binding is explained' "$said" 'targetGroup: arn:aws:elasticloadbalancing'
has 'a route through the cluster' "$(lbctl route http://shop.example.com/old --cluster)" 'rule             1'
has 'files come over the cluster' \
	"$(sed 's|path: /old|path: /older|' "$tmp/shop.yaml" >"$tmp/file.yaml"; lbctl plan --cluster -f "$tmp/file.yaml")" '/older'

check 'the Service goes' kubectl delete service web
has 'who is gone is not there' "$(lbctl explain service/web)" 'there is no Service web in namespace default'
k8s_config "$tmp/nobody" https://127.0.0.1:6443 "certificate-authority: pki/ca.crt" "token: $(k8s_token nobody)"
has 'who may not list learns what' "$(KUBECONFIG=$tmp/nobody lbctl plan --cluster)" 'listing '
finish
