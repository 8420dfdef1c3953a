#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kapi.sh - one transcript of kubectl against the real kube-apiserver and against the lab's own API server gives, but for
# names, times and addresses that differ from run to run, the same output.
. "$(dirname "$0")/../k8slib.sh"
k8s_up --disable-admission-plugins=ServiceAccount,TaintNodesByCondition
real=$KUBECONFIG

# ---- ours

mkfifo "$tmp/in"
"$TOOLS/kapi" 0 "$tmp/ours" <"$tmp/in" >"$tmp/kapi.out" 2>"$tmp/kapi.err" &
kapi=$!
exec 4>"$tmp/in"
soon 20 test -s "$tmp/kapi.out"

# ---- manifests

cat >"$tmp/echo.yaml" <<'END'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: echo
  labels: {app: echo}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
      - name: echo
        image: registry.k8s.io/echoserver:1.10
        ports: [{containerPort: 8080}]
        env: [{name: A, value: b}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        readinessProbe: {httpGet: {path: /, port: 8080}}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata:
  name: echo
  annotations: {service.beta.kubernetes.io/aws-load-balancer-type: external}
spec:
  type: LoadBalancer
  selector: {app: echo}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: echo}
spec:
  ingressClassName: alb
  rules:
  - host: x.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}
END
cat >"$tmp/pod.yaml" <<'END'
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: one}}
spec:
  nodeName: n1
  containers: [{name: c, image: busybox, command: [sleep, "9"], resources: {limits: {cpu: 1, memory: 1Gi}}}]
END
cat >"$tmp/crd.yaml" <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: toys.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: toys, singular: toy, kind: Toy, shortNames: [ty], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    - {name: Wide, type: integer, priority: 1, jsonPath: .spec.replicas}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
END
echo '{"apiVersion":"example.com/v1","kind":"Toy","metadata":{"name":"car"},"spec":{"color":"red","replicas":2}}' >"$tmp/toy.json"
echo '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm"},"data":{"a":"b"}}' >"$tmp/cm.json"
echo '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"t"}}' >"$tmp/ns.json"
echo '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"Bad_Name"}}' >"$tmp/bad-name.json"
echo '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[]}}' >"$tmp/bad-pod.json"
echo '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held","finalizers":["example.com/hold"]}}' >"$tmp/held.json"
cat >"$tmp/node.json" <<'END'
{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","labels":{"kubernetes.io/hostname":"n1"}},"spec":{"providerID":"aws:///a/i-1"},
"status":{"addresses":[{"type":"InternalIP","address":"10.1.2.3"},{"type":"Hostname","address":"n1"}],"capacity":{"cpu":"2","memory":"4Gi","pods":"17"},
"allocatable":{"cpu":"2","memory":"4Gi","pods":"17"},"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"ok","lastHeartbeatTime":null,"lastTransitionTime":null}],
"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
"nodeInfo":{"kubeletVersion":"v1.34.0","osImage":"Lab","kernelVersion":"6","containerRuntimeVersion":"c://1","architecture":"amd64",
"bootID":"","containerRuntimeVersion":"c://1","kubeProxyVersion":"","machineID":"","operatingSystem":"linux","systemUUID":""}}}
END

# ---- the transcript

do_() {
	echo "\$ kubectl $*"
	kubectl "$@" 2>&1 </dev/null
}
transcript() {
	do_ create --validate=false -f "$tmp/ns.json"
	kubectl config set-context --current --namespace=t >/dev/null
	do_ create --validate=false -f "$tmp/node.json"
	do_ apply --validate=false -f "$tmp/echo.yaml"
	do_ apply --validate=false -f "$tmp/echo.yaml"
	do_ get deployments,services,ingresses
	do_ get deployments,services,ingresses -o wide
	do_ get deployment echo -o yaml
	do_ get service echo -o json
	do_ get ingress echo -o yaml
	do_ get deploy echo -o jsonpath='{.spec.template.spec.containers[*].image}{"\n"}'
	do_ get svc -o custom-columns=NAME:.metadata.name,TYPE:.spec.type
	do_ get svc -o name
	do_ describe deployment echo
	do_ describe service echo
	do_ describe ingress echo
	do_ scale deployment echo --replicas=5
	do_ scale deployment echo --current-replicas=2 --replicas=6
	do_ get deployment echo
	do_ patch deployment echo -p '{"spec":{"template":{"spec":{"containers":[{"name":"echo","image":"x:2"},{"name":"two","image":"y"}]}}}}'
	do_ patch deployment echo --type=merge -p '{"metadata":{"annotations":{"a":"b"}},"spec":{"minReadySeconds":3}}'
	do_ patch deployment echo --type=json -p '[{"op":"remove","path":"/spec/template/spec/containers/1"},{"op":"add","path":"/metadata/labels/x","value":"y"}]'
	do_ patch deployment echo -p '{"spec":{"template":{"spec":{"containers":[{"name":"echo","env":[{"name":"A","$patch":"delete"},{"name":"C","value":"d"}]}]}}}}'
	do_ patch deployment echo -p '{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}'
	do_ get deployment echo -o yaml
	do_ set image deployment/echo echo=z:3
	do_ set env deployment/echo E=f
	do_ rollout history deployment echo
	do_ rollout pause deployment echo
	do_ rollout resume deployment echo
	do_ label deployment echo l=1
	do_ label deployment echo l=2
	do_ label deployment echo l=2 --overwrite
	do_ label deployment echo l-
	do_ annotate deployment echo n=1
	do_ get deployments -l app=echo -o name
	do_ get deployments -l 'app in (echo,other),!none' -o name
	do_ get deployments -l 'app notin (echo)' -o name
	do_ get deployments --field-selector metadata.name=echo -o name
	do_ get deployments --field-selector metadata.name!=echo -o name
	do_ get pods --field-selector spec.wrong=1
	do_ create --validate=false -f "$tmp/pod.yaml"
	do_ patch pod one --subresource=status --type=merge -p '{"status":{"phase":"Running","podIP":"10.1.2.9","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":null}],"containerStatuses":[{"name":"c","image":"busybox","imageID":"","containerID":"c://1","ready":true,"restartCount":2,"lastState":{},"state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}}'
	do_ get pods
	do_ get pods -o wide
	do_ get pods --field-selector spec.nodeName=n1,status.phase=Running
	do_ get pod one -o yaml
	do_ describe pod one
	do_ get nodes
	do_ get nodes -o wide
	do_ cordon n1
	do_ get nodes
	do_ uncordon n1
	do_ taint node n1 k=v:NoSchedule
	do_ get node n1 -o yaml
	do_ create --validate=false -f "$tmp/cm.json"
	do_ create --validate=false -f "$tmp/cm.json"
	do_ get configmap cm
	do_ get configmap cm -o yaml
	do_ patch configmap cm --dry-run=server --type=merge -p '{"data":{"a":"dry"}}' -o jsonpath='{.data.a}{"\n"}'
	do_ get configmap cm -o jsonpath='{.data.a}{"\n"}'
	echo '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","resourceVersion":"1"}}' >"$tmp/stale.json"
	do_ replace --validate=false -f "$tmp/stale.json"
	do_ create --validate=false -f "$tmp/held.json"
	do_ delete configmap held --wait=false
	do_ get configmap held -o jsonpath='{.metadata.finalizers}{"\n"}'
	do_ patch configmap held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'
	do_ get configmap held
	do_ create --validate=false -f "$tmp/crd.yaml"
	do_ wait --for=condition=Established crd/toys.example.com
	do_ get crd toys.example.com -o jsonpath='{.status.acceptedNames}{"\n"}'
	soon 30 kubectl get toys >/dev/null 2>&1
	do_ create --validate=false -f "$tmp/toy.json"
	do_ patch toy car --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"Maybe"}]}}'
	do_ get toys
	do_ get ty -o wide
	do_ scale toy car --replicas=7
	do_ get toy car -o yaml
	do_ describe toy car
	do_ patch toy car -p '{}' --type=strategic
	do_ create --validate=false -f "$tmp/bad-name.json"
	do_ create --validate=false -f "$tmp/bad-pod.json"
	do_ create --validate=false -n nowhere -f "$tmp/cm.json"
	do_ patch deployment echo --type=merge -p '{"spec":{"selector":{"matchLabels":{"app":"other"}},"template":{"metadata":{"labels":{"app":"other"}}}}}'
	do_ patch deployment none -p '{}'
	do_ patch deployment echo --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'
	do_ get pod none
	do_ get nothing
	do_ delete toy car
	do_ delete crd toys.example.com
	do_ delete pod one --grace-period=0 --force
	do_ delete -f "$tmp/echo.yaml"
	do_ delete configmaps --all
	do_ get all
	do_ delete node n1
}
normal() {
	sed -E -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UID/g' \
		-e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' -e 's/[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9:. +]+/TIME/' \
		-e 's/(resourceVersion"?: ?)"[0-9]+"/\1RV/' -e 's/10\.(96|100)\.[0-9]+\.[0-9]+/IP/g' -e 's/\b3[0-9]{4}\b/PORT/g' \
		-e 's/ +[0-9]+(s|m)( |$)/ AGE\2/' -e 's/ +/ /g' -e 's/Resource Version: +[0-9]+/RV/' -e 's/ +$//' -e 's/(error in our request).*/\1/' -e 's/, application\/apply-patch.*//' "$1"
}
for who in real ours; do
	KUBECONFIG=$tmp/$who.config
	case $who in real) cp "$real" "$KUBECONFIG" ;; *) cp "$tmp/ours" "$KUBECONFIG" ;; esac
	sed -i "s|pki/ca.crt|$tmp/pki/ca.crt|" "$KUBECONFIG"
	export KUBECONFIG
	transcript >"$tmp/$who.raw"
	normal "$tmp/$who.raw" >"$tmp/$who.txt"
done
[ ! "${KEEP:-}" ] || cp "$tmp"/*.raw "$tmp"/*.txt "$KEEP"
same 'kubectl sees the same at both' "$(cat "$tmp/ours.txt")" "$(cat "$tmp/real.txt")"
exec 4>&-
wait "$kapi"
same 'our API server ends when it is told to, well' "$? $(cat "$tmp/kapi.err")" '0 '
finish
