#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seed.sh - an NLB for a Service and an ALB for an Ingress as a walk through EKS shows them: its manifests, kubectl and the AWS
# CLI as they are, between the real API server and controllers, `vpcbox lbctl` and `vpcbox-lab aws`. The script is the kubelet.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
PATH=$TOOLS/venv/bin:$PATH

# ---- a cluster

k8s_start controllers kube-controller-manager --kubeconfig="$KUBECONFIG" --leader-elect=false --bind-address=127.0.0.1 \
	--cert-dir="$tmp" --controllers=deployment-controller,replicaset-controller,endpointslice-controller,endpoints-controller,namespace-controller,garbage-collector-controller
# Targets drain as long as their target group says.
k8s_start aws "$LAB" aws --call-ms=5 --provision-ms=4000 --register-ms=12000 --health-ms=1000 --release-ms=2000
soon 60 grep -q 'AWS at' "$tmp/aws.log"
AWS_ENDPOINT_URL=$(sed -n 's/.*AWS at //p' "$tmp/aws.log")
AWS_DEFAULT_REGION=ap-northeast-2 AWS_ACCESS_KEY_ID=AKIAVPCBOXLAB0000000
AWS_SECRET_ACCESS_KEY=vpcbox-lab/this-is-no-secret/00000000000 PYTHONWARNINGS=ignore
export AWS_ENDPOINT_URL AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY PYTHONWARNINGS

check 'deploy/ is taken' kubectl apply -f deploy/lbctl/crds -f deploy/lbctl/rbac.yaml -f deploy/lbctl/deployment.yaml \
	-f deploy/lbctl/webhooks.yaml
check 'the CRDs are established' kubectl wait --for=condition=Established --timeout=60s \
	crd/targetgroupbindings.elbv2.k8s.aws crd/ingressclassparams.elbv2.k8s.aws
check 'and the class' kubectl apply -f deploy/lbctl/ingressclass.yaml
ip addr add "$(kubectl get service -n kube-system aws-load-balancer-webhook-service -o 'jsonpath={.spec.clusterIP}')/32" dev lo
k8s_config "$tmp/sa" https://127.0.0.1:6443 'certificate-authority: pki/ca.crt' \
	"token: $(kubectl create token -n kube-system aws-load-balancer-controller)"
sed -i 's/user: u}/user: u, namespace: kube-system}/' "$tmp/sa"
aws ec2 describe-instances | jq '.Reservations[].Instances[] | {apiVersion: "v1", kind: "Node",
	metadata: {name: .PrivateDnsName, labels: {"topology.kubernetes.io/zone": .Placement.AvailabilityZone}},
	spec: {providerID: "aws:///\(.Placement.AvailabilityZone)/\(.InstanceId)"}}' >"$tmp/nodes"
check 'the instances are nodes' kubectl create -f "$tmp/nodes"
for node in $(kubectl get nodes -o name); do
	check "$node is ready" kubectl patch "$node" --subresource=status --type=strategic \
		-p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
done
vpc=$(aws ec2 describe-vpcs | jq -r '.Vpcs[0].VpcId')
k8s_start lbctl env KUBECONFIG="$tmp/sa" "$VPCBOX" lbctl --cluster-name=vpcbox-lab --aws-region=ap-northeast-2 \
	--aws-vpc-id="$vpc" --webhook-bind-port=443 \
	--aws-api-endpoints="Elastic Load Balancing v2=$AWS_ENDPOINT_URL,EC2=$AWS_ENDPOINT_URL,ACM=$AWS_ENDPOINT_URL,STS=$AWS_ENDPOINT_URL"
ready() { [ "$(curl -s http://127.0.0.1:61779/readyz)" = ok ]; }
soon 60 ready || { not_ok 'lbctl becomes ready' 'see below'; tail -n 20 "$tmp/lbctl.log"; finish; }

# ours: what a controller may leave behind in AWS
ours() {
	aws elbv2 describe-load-balancers --query 'LoadBalancers[*].LoadBalancerArn' --output text
	aws elbv2 describe-target-groups --query 'TargetGroups[*].TargetGroupArn' --output text
	aws ec2 describe-security-groups | jq -cS '.SecurityGroups[] | [.GroupId, .IpPermissions, .Tags]'
}
ours >"$tmp/before"
left() { ours | cmp - "$tmp/before"; }

# pods NAMESPACE FILTER: the names of those that jq's filter selects
pods() { kubectl get pod -n "$1" -o json | jq -r ".items[] | select($2) | .metadata.name"; }
# kubelet NAMESPACE: new pods get a node and an address of its interface, and are ready; those that are to go are gone
kubelet() {
	for pod in $(pods "$1" .metadata.deletionTimestamp); do
		kubectl delete pod -n "$1" "$pod" --force --grace-period=0
	done
	for pod in $(pods "$1" '.metadata.deletionTimestamp == null and .status.podIP == null'); do
		node=$(aws ec2 describe-network-interfaces --filters Name=attachment.device-index,Values=0 | jq -r \
			'.NetworkInterfaces | min_by(.PrivateIpAddresses | length) | .NetworkInterfaceId, .PrivateDnsName, .PrivateIpAddress')
		eni=$(echo "$node" | sed -n 1p) name=$(echo "$node" | sed -n 2p) host=$(echo "$node" | sed -n 3p)
		address=$(aws ec2 assign-private-ip-addresses --network-interface-id "$eni" --secondary-private-ip-address-count 1 |
			jq -r '.AssignedPrivateIpAddresses[0].PrivateIpAddress')
		echo "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"$pod\"},\"target\":{\"kind\":\"Node\",\"name\":\"$name\"}}" |
			kubectl create --raw "/api/v1/namespaces/$1/pods/$pod/binding" -f -
		kubectl patch pod -n "$1" "$pod" --subresource=status --type=strategic -p "{\"status\":{\"phase\":\"Running\",
			\"hostIP\":\"$host\",\"podIP\":\"$address\",\"podIPs\":[{\"ip\":\"$address\"}],\"conditions\":[
			{\"type\":\"ContainersReady\",\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"True\"}],\"containerStatuses\":[$(kubectl get pod -n "$1" "$pod" -o json |
			jq -c '.spec.containers[0] | {name, image, imageID: .image, ready: true, restartCount: 0}')]}}"
	done
}
# running NAMESPACE DEPLOYMENT COUNT: so many pods are ready, and there are no others
running() {
	kubelet "$1"
	[ "$(kubectl get deploy -n "$1" "$2" -o 'jsonpath={.status.replicas}/{.status.readyReplicas}')" = "$3/$3" ] &&
		[ "$(pods "$1" true | wc -l)" = "$3" ]
}
addresses() { kubectl get pod -n "$1" -o json | jq -r '.items[].status.podIP' | sort; }
# targets STATE...: the addresses in these states
targets() {
	aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" | jq -r --arg states " $* " \
		'.TargetHealthDescriptions[] | select(.TargetHealth.State as $s | $states | contains(" \($s) ")) | .Target.Id' | sort
}
# follow NAMESPACE STATE...: they are the pods
follow() {
	namespace=$1
	shift
	[ "$(targets "$@")" = "$(addresses "$namespace")" ]
}
# zones PORT: each target is told with that port and the zone of its address
zones() {
	aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" | jq -e --argjson port "$1" \
		'.TargetHealthDescriptions | length > 0 and all(.Target.Port == $port and .HealthCheckPort == ($port | tostring) and
		.Target.AvailabilityZone == {"1": "ap-northeast-2a", "2": "ap-northeast-2b"}[.Target.Id | split(".")[2]])'
}
active() { [ "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[*].State.Code' --output text)" = active ]; }
listed() { kubectl get targetgroupbindings -n "$1" -o name | grep -c . | grep -qx 1; }

# ---- 6. Service & AWS LoadBalancer Controller

service() {
	cat <<END
apiVersion: apps/v1
kind: Deployment
metadata:
  name: deploy-echo
spec:
  replicas: 2
  selector:
    matchLabels:
      app: deploy-websrv
  template:
    metadata:
      labels:
        app: deploy-websrv
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: aews-websrv
        image: k8s.gcr.io/echoserver:1.5
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: svc-nlb-ip-type
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
    service.beta.kubernetes.io/aws-load-balancer-healthcheck-port: "8080"
    service.beta.kubernetes.io/aws-load-balancer-cross-zone-load-balancing-enabled: "true"
$1
spec:
  ports:
    - port: 80
      targetPort: 8080
      protocol: TCP
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  selector:
    app: deploy-websrv
END
}
service '' >"$tmp/echo-service-nlb.yaml"
check 'NLB: the manifest is taken' kubectl apply -f "$tmp/echo-service-nlb.yaml"
check 'NLB: two pods run' soon 60 running default deploy-echo 2
provisioning() { [ "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[*].State.Code' --output text)" ]; }
check 'NLB: there is a load balancer' soon 60 provisioning
check 'NLB: it becomes active' soon 60 active
check 'NLB: a TargetGroupBinding is there' soon 30 listed default
has 'NLB: of the Service, by addresses' "$(kubectl get targetgroupbindings -o json | jq -c '.items[].spec | .serviceRef, .targetType')" \
	'{"name":"svc-nlb-ip-type","port":80}
"ip"'
everything() { kubectl get svc,ep,ingressclassparams,targetgroupbindings -o name 2>"$tmp/err"; }
for thing in service/svc-nlb-ip-type endpoints/svc-nlb-ip-type ingressclassparams.elbv2.k8s.aws/alb \
	targetgroupbinding.elbv2.k8s.aws/k8s-default-svcnlbip; do
	has "NLB: kubectl get has $thing" "$(everything)" "$thing"
done

ALB_ARN=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[?contains(LoadBalancerName, `k8s-default-svcnlbip`) == `true`].LoadBalancerArn' | jq -r '.[0]')
has 'NLB: its name says whose it is' "$ALB_ARN" ':loadbalancer/net/k8s-default-svcnlbip-'
same 'NLB: it is open to the Internet, in three zones' "$(aws elbv2 describe-load-balancers | jq -r '.LoadBalancers[] | .Type, .Scheme,
	(.AvailabilityZones | length)' | tr '\n' ' ')" 'network internet-facing 3 '
has 'NLB: across zones' "$(aws elbv2 describe-load-balancer-attributes --load-balancer-arn "$ALB_ARN" | jq -c '.Attributes[] | [.Key, .Value]')" \
	'["load_balancing.cross_zone.enabled","true"]'
same 'NLB: its target group' "$(aws elbv2 describe-target-groups --load-balancer-arn "$ALB_ARN" | jq -r '.TargetGroups[] | .TargetType, .Protocol,
	.Port, .HealthCheckProtocol, .HealthCheckPort' | tr '\n' ' ')" 'ip TCP 8080 TCP 8080 '
TARGET_GROUP_ARN=$(aws elbv2 describe-target-groups --load-balancer-arn "$ALB_ARN" | jq -r '.TargetGroups[0].TargetGroupArn')
same 'NLB: its listener' "$(aws elbv2 describe-listeners --load-balancer-arn "$ALB_ARN" | jq -r '.Listeners[] | .Protocol, .Port,
	.DefaultActions[0].TargetGroupArn' | tr '\n' ' ')" "TCP 80 $TARGET_GROUP_ARN "
check 'NLB: the pods are its targets' soon 30 follow default initial healthy
check 'NLB: at port 8080, in their zones' zones 8080
check 'NLB: they become healthy' soon 60 follow default healthy
hostname=$(kubectl get svc svc-nlb-ip-type -o jsonpath='{.status.loadBalancer.ingress[0].hostname}' | awk '{ print "Pod Web URL = http://"$1 }')
same "NLB: the Service's status has its name" "$hostname" "Pod Web URL = http://$(aws elbv2 describe-load-balancers | jq -r '.LoadBalancers[0].DNSName')"

delay() {
	[ "$(aws elbv2 describe-target-group-attributes --target-group-arn "$TARGET_GROUP_ARN" |
		jq -r '.Attributes[] | select(.Key == "deregistration_delay.timeout_seconds") | .Value')" = "$1" ]
}
check 'NLB: targets drain for 300 s' delay 300
service '    service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: deregistration_delay.timeout_seconds=60' \
	>"$tmp/echo-service-nlb.yaml"
check 'NLB: the edited manifest is taken' kubectl apply -f "$tmp/echo-service-nlb.yaml"
check 'NLB: targets drain for 60 s' soon 30 delay 60
same 'NLB: in the target group that was there' "$(aws elbv2 describe-target-groups | jq -r '.TargetGroups[].TargetGroupArn')" "$TARGET_GROUP_ARN"

addresses default >"$tmp/two"
kubectl scale deployment deploy-echo --replicas=1 >"$tmp/out"
check 'NLB: one pod runs' soon 60 running default deploy-echo 1
gone=$(addresses default | comm -13 - "$tmp/two")
draining() { [ "$gone" ] && [ "$(targets draining)" = "$gone" ]; }
check 'NLB: the target that went is draining' soon 30 draining
check 'NLB: the other stays healthy' follow default healthy
kubectl scale deployment deploy-echo --replicas=3 >"$tmp/out"
check 'NLB: three pods run' soon 60 running default deploy-echo 3
new() {
	aws elbv2 describe-target-health --target-group-arn "$TARGET_GROUP_ARN" | jq -c '.TargetHealthDescriptions[].TargetHealth' |
		grep -F '{"State":"initial","Reason":"Elb.RegistrationInProgress","Description":"Target registration is in progress"}'
}
check 'NLB: new targets are initial and say why' soon 30 new
check 'NLB: three are healthy' soon 60 follow default healthy
drained() { [ -z "$(targets draining)" ]; }
check 'NLB: nothing drains after a minute' soon 90 drained
check 'NLB: three targets are left' follow default healthy

has 'it has a service account' "$(kubectl describe deploy -n kube-system aws-load-balancer-controller | grep -i 'Service Account')" \
	aws-load-balancer-controller
has 'with a role' "$(kubectl describe clusterrolebindings.rbac.authorization.k8s.io aws-load-balancer-controller-rolebinding)" \
	aws-load-balancer-controller-role
has 'that has TargetGroupBindings' "$(kubectl describe clusterroles.rbac.authorization.k8s.io aws-load-balancer-controller-role)" \
	targetgroupbindings.elbv2.k8s.aws

check 'NLB: all is deleted' timeout 120 sh -c 'kubectl delete deploy deploy-echo; kubectl delete svc svc-nlb-ip-type'
check 'NLB: nothing of it is left in AWS' soon 60 left
same 'NLB: nor of TargetGroupBindings' "$(kubectl get targetgroupbindings -A -o name)" ''

# ---- 7. Ingress

cat >"$tmp/2048.yaml" <<END
apiVersion: v1
kind: Namespace
metadata:
  name: game-2048
---
apiVersion: apps/v1
kind: Deployment
metadata:
  namespace: game-2048
  name: deployment-2048
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: app-2048
  replicas: 2
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-2048
    spec:
      containers:
      - image: public.ecr.aws/l6m2t8p7/docker-2048:latest
        imagePullPolicy: Always
        name: app-2048
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  namespace: game-2048
  name: service-2048
spec:
  ports:
    - port: 80
      targetPort: 80
      protocol: TCP
  type: NodePort
  selector:
    app.kubernetes.io/name: app-2048
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  namespace: game-2048
  name: ingress-2048
  annotations:
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
        - path: /
          pathType: Prefix
          backend:
            service:
              name: service-2048
              port:
                number: 80
END
game() { kubectl apply -f "$tmp/2048.yaml"; }
check 'ALB: the manifests are taken' soon 60 game
check 'ALB: two pods run' soon 60 running game-2048 deployment-2048 2
check 'ALB: it becomes active' soon 60 active
check 'ALB: a TargetGroupBinding is there' soon 30 listed game-2048
same 'ALB: it is open to the Internet, in three zones' "$(aws elbv2 describe-load-balancers --query 'LoadBalancers[?contains(LoadBalancerName, `k8s-game2048`) == `true`]' |
	jq -r '.[] | .Type, .Scheme, (.AvailabilityZones | length)' | tr '\n' ' ')" 'application internet-facing 3 '
ALB_ARN=$(aws elbv2 describe-load-balancers --query 'LoadBalancers[?contains(LoadBalancerName, `k8s-game2048`) == `true`].LoadBalancerArn' | jq -r '.[0]')
has 'ALB: its name says whose it is' "$ALB_ARN" ':loadbalancer/app/k8s-game2048-ingress2-'
same 'ALB: its target group' "$(aws elbv2 describe-target-groups --load-balancer-arn "$ALB_ARN" | jq -r '.TargetGroups[] | .TargetType, .Protocol,
	.Port, .HealthCheckPath' | tr '\n' ' ')" 'ip HTTP 80 / '
TARGET_GROUP_ARN=$(aws elbv2 describe-target-groups --load-balancer-arn "$ALB_ARN" | jq -r '.TargetGroups[0].TargetGroupArn')
listener=$(aws elbv2 describe-listeners --load-balancer-arn "$ALB_ARN")
same 'ALB: its listener answers 404' "$(echo "$listener" | jq -r '.Listeners[] | .Protocol, .Port, .DefaultActions[0].FixedResponseConfig.StatusCode' |
	tr '\n' ' ')" 'HTTP 80 404 '
same 'ALB: but for the rule of all paths' "$(aws elbv2 describe-rules --listener-arn "$(echo "$listener" | jq -r '.Listeners[0].ListenerArn')" |
	jq -c '.Rules[] | select(.IsDefault | not) | .Priority, [.Conditions[] | [.Field, .PathPatternConfig.Values]], .Actions[0].TargetGroupArn')" \
	"\"1\"
[[\"path-pattern\",[\"/*\"]]]
\"$TARGET_GROUP_ARN\""
check 'ALB: the pods are its targets' soon 30 follow game-2048 initial healthy
check 'ALB: they become healthy' soon 60 follow game-2048 healthy
status=$(kubectl get ingress -n game-2048 ingress-2048 -o jsonpath="{.status.loadBalancer.ingress[*].hostname}{'\n'}")
same "ALB: the Ingress's status has its name" "$status" "$(aws elbv2 describe-load-balancers | jq -r '.LoadBalancers[0].DNSName')"
described() { kubectl describe ingress -n game-2048 ingress-2048; }
has 'ALB: kubectl describe has the name' "$(described)" "$status"
told() { described | grep SuccessfullyReconciled; }
check 'ALB: and the event' soon 30 told

check 'ALB: the Ingress is deleted' timeout 120 kubectl delete ingress -n game-2048 ingress-2048
check 'ALB: nothing of it is left in AWS' soon 60 left
kubectl delete namespace game-2048 --wait=false >"$tmp/out"
namespace_gone() {
	kubelet game-2048
	! kubectl get namespace game-2048
}
check 'ALB: and of the namespace nothing here' soon 60 namespace_gone
finish
