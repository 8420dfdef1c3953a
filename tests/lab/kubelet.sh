#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kubelet.sh - the lab's kubelet on a node, against a small API server in the VPC: pods run, reach each other, tell their
# status, logs and exec; they survive the kubelet's kill -9 and go when they are deleted.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"

lab_up -n 1 -N "$VPCBOX_LAB"
token=0123456789abcdef
API=http://192.168.0.10:8001
node=$(status '.nodes[0].hostname')
ip=$(node_ip node1)
on vpc python3 tests/lab/fakeapi.py 192.168.0.10 8001 "$token" >"$tmp/api.log" 2>&1 &
on node1 sh -c "echo $token >/run/token"
kubelet() {
	on node1 setpriv --pdeathsig KILL "$LAB" kubelet --server "$API" --token-file /run/token --max-pods 8 "$@" >>"$tmp/kubelet.log" 2>&1 &
}

# ask METHOD PATH [BODY]; pod NAME SPEC: a manifest; get NAME JQ
ask() { on vpc curl -s -m 10 -H "Authorization: Bearer $token" -X "$1" "$API$2" -d "${3:-}"; }
pod() {
	ask PUT "/api/v1/namespaces/default/pods/$1" '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"'"$1"'","namespace":"default",
		"uid":"'"$(cat /proc/sys/kernel/random/uuid)"'"},"spec":{"nodeName":"'"$node"'","terminationGracePeriodSeconds":1,'"$2"'}}' >/dev/null
}
get() { ask GET "/api/v1/namespaces/default/pods/$1" | jq -r "$2"; }
is() { [ "$(get "$1" "$2")" = "$3" ]; }
ready='.status.conditions[] | select(.type == "Ready").status'
events() { ask GET /api/v1/namespaces/default/events | jq -r ".items[] | select(.involvedObject.name == \"$1\") | .reason + \" \" + .message"; }
relay() { on node1 curl -s -m 10 -H "Authorization: Bearer $token" "http://$ip:10250$1"; }
gone() { is "$1" .reason NotFound; }
soon 20 ask GET /api/v1/pods
kubelet

same "what it lacks is said" "$("$LAB" kubelet 2>&1)" \
	"vpcbox-lab: kubelet: --server is missing: the API server's URL; 'vpcbox-lab kubelet --help' lists options"
has "an option that is wrong too" "$("$LAB" kubelet --server x --max-pods 0 2>&1)" "--max-pods: '0' is less than 1"
has "and a CA that is none" "$(on node1 "$LAB" kubelet --server "$API" --ca /dev/null 2>&1)" "--ca: /dev/null is empty"
refuse "the parts that it runs are for nobody else" "$LAB" pod-shim
refuse "nor this one" "$LAB" pod-exec 0 ls
refuse "nor a server that is not there" "$LAB" pod-server none

# ---- the node

has_node() { [ "$(ask GET "/api/v1/nodes/$node" | jq -r .kind)" = Node ]; }
check "the node registers itself" soon 30 has_node
same "with its instance, room and port" "$(ask GET "/api/v1/nodes/$node" | jq -r '[.spec.providerID, .status.capacity.pods,
	.metadata.labels["node.kubernetes.io/instance-type"], .status.daemonEndpoints.kubeletEndpoint.Port] | join(" ")')" \
	"aws:///$(status '.nodes[0].zone')/$(status '.nodes[0].instance') 8 t3.medium 10250"
lease() { [ "$(ask GET "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/$node" | jq -r .spec.holderIdentity)" = "$node" ]; }
check "and renews its lease" soon 10 lease

# ---- pods

pod web '"containers":[{"name":"c","image":"k8s.gcr.io/echoserver:1.5","env":[{"name":"POD_NAME","valueFrom":{"fieldRef":
	{"fieldPath":"metadata.name"}}}],"readinessProbe":{"httpGet":{"port":8080},"periodSeconds":1}}]'
pod client '"containers":[{"name":"c","image":"nicolaka/netshoot","command":["tail"],"args":["-f","/dev/null"]}]'
check "a pod with a built-in server becomes ready by its probe" soon 30 is web "$ready" True
check "and one with a command of this machine" soon 30 is client "$ready" True
same "its state" "$(get client '[.status.phase, .status.qosClass, (.status.containerStatuses[0] | .restartCount, .ready, .started)] | join(" ")')" \
	"Running BestEffort 0 true true"
check "the lab knows its address" [ "$(pod_ip client)" = "$(get client .status.podIP)" ]
web=$(get web .status.podIP)
said=$(in_pod client curl -s -m 5 "http://$web:8080/a?b=c")
has "pods reach each other: Hostname" "$said" "Hostname: web"
has "the client's own address" "$said" "client_address=$(get client .status.podIP)"
has "what it was told of itself" "$said" "pod name:	web"
same "events of its start" "$(events client | sort)" "$(printf '%s\n' \
	'Created Created container: c' 'Pulled Container image "nicolaka/netshoot" already present on machine' 'Started Started container c')"

pod crash '"containers":[{"name":"c","image":"busybox","command":["sh","-c","echo to-out; echo to-err >&2; exit 3"]}]'
check "one that fails is started again, and then less often" soon 30 is crash '.status.containerStatuses[0].state.waiting.reason' CrashLoopBackOff
same "with its last state" "$(get crash '.status.containerStatuses[0] | [.restartCount, .lastState.terminated.exitCode, .lastState.terminated.reason] | join(" ")')" \
	"1 3 Error"
same "what it said" "$(relay "/containerLogs/default/crash/c" | sort)" "$(printf 'to-err\nto-out')"
same "the one before too" "$(relay "/containerLogs/default/crash/c?previous=true&tailLines=1" | wc -l)" 1
pod once '"restartPolicy":"Never","containers":[{"name":"c","image":"busybox","command":["true"]}]'
check "one that is done has succeeded" soon 30 is once .status.phase Succeeded
pod image '"containers":[{"name":"c","image":"example.com/unknown:1"}]'
check "an image that nobody has" soon 30 is image '.status.containerStatuses[0].state.waiting.reason' ImagePullBackOff
has "says what there is" "$(get image '.status.containerStatuses[0].state.waiting.message')" "nicolaka/netshoot"
pod nocmd '"containers":[{"name":"c","image":"busybox","command":["/nowhere"]}]'
check "a command that is not there" soon 30 is nocmd '.status.containerStatuses[0].lastState.terminated.reason' StartError
pod config '"containers":[{"name":"c","image":"busybox","command":["sleep","99"],"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"no","key":"k"}}}]}]'
check "a ConfigMap that is not there" soon 30 is config '.status.containerStatuses[0].state.waiting.reason' CreateContainerConfigError
pod host '"hostNetwork":true,"containers":[{"name":"c","image":"busybox","command":["sleep","999"]}]'
check "a pod in the node's network has its address" soon 30 is host .status.podIP "$ip"
pod full1 '"containers":[{"name":"c","image":"registry.k8s.io/pause:3.9"}]'
pod full2 '"containers":[{"name":"c","image":"registry.k8s.io/pause:3.9"}]'
check "more pods than it holds are refused" soon 30 is full2 .status.reason OutOfpods

# ---- probes, hooks, what comes before

for p in full1 full2 nocmd config image; do ask DELETE "/api/v1/namespaces/default/pods/$p" '{"gracePeriodSeconds":0}' >/dev/null; done
pod sick '"containers":[{"name":"c","image":"busybox","command":["sh","-c","trap exit TERM; while :; do sleep 0.1; done"],"livenessProbe":
	{"exec":{"command":["sh","-c","echo unwell; exit 1"]},"periodSeconds":1,"failureThreshold":2}}]'
check "a liveness probe that fails makes it start again" soon 30 is sick '.status.containerStatuses[0].restartCount' 1
has "and says so" "$(events sick)" "Unhealthy Liveness probe failed: unwell"
has "and why it was killed" "$(events sick)" "Killing Container c failed liveness probe, will be restarted"
ask DELETE /api/v1/namespaces/default/pods/sick >/dev/null
pod first '"initContainers":[{"name":"i","image":"busybox","command":["sh","-c","echo before >/run/init-was-here"]}],"readinessGates":
	[{"conditionType":"gate"}],"containers":[{"name":"c","image":"busybox","command":["sh","-c","trap exit TERM; cat /run/init-was-here; while :; do sleep 0.1; done"],
	"startupProbe":{"tcpSocket":{"port":1,"host":"127.0.0.1"},"periodSeconds":1,"failureThreshold":99},
	"lifecycle":{"preStop":{"exec":{"command":["sh","-c","echo hooked >/run/hook-was-here"]}}}}]'
logs_first() { [ "$(relay /containerLogs/default/first/c)" = before ]; }
check "init containers have run before the others" soon 30 logs_first
same "a startup probe that fails keeps it from being ready" "$(get first '.status.containerStatuses[0] | [.started, .ready] | join(" ")')" "false false"
ask DELETE /api/v1/namespaces/default/pods/first >/dev/null
check "deleted" soon 20 gone first
same "after its hook" "$(on node1 cat /run/hook-was-here)" hooked
pod gated '"readinessGates":[{"conditionType":"gate"}],"containers":[{"name":"c","image":"registry.k8s.io/pause:3.9"}]'
check "a readiness gate holds a pod back" soon 20 is gated '.status.conditions[] | select(.type == "Ready").reason' ReadinessGatesNotReady
ask PATCH /api/v1/namespaces/default/pods/gated/status '{"status":{"conditions":[{"type":"gate","status":"True"}]}}' >/dev/null
check "until somebody opens it" soon 20 is gated "$ready" True
ask DELETE /api/v1/namespaces/default/pods/gated >/dev/null

# ---- volumes

ask PUT /api/v1/namespaces/default/configmaps/conf '{"kind":"ConfigMap","metadata":{"name":"conf"},"data":{"a.conf":"in a file","n":"of a name"}}' >/dev/null
ask PUT /api/v1/namespaces/default/secrets/sec '{"kind":"Secret","metadata":{"name":"sec"},"data":{"s":"c2VjcmV0"}}' >/dev/null
# In the node's network, for addresses that were given back rest for 30 seconds.
vols='"hostNetwork":true,"restartPolicy":"Never","volumes":[{"name":"c","configMap":{"name":"conf"}},{"name":"s","secret":{"secretName":"sec"}},{"name":"e","emptyDir":{}}]'
pod vols "$vols"',"containers":[{"name":"c","image":"busybox","env":[{"name":"N","valueFrom":{"configMapKeyRef":{"name":"conf","key":"n"}}}],
	"command":["sh","-c","cat /run/conf/a.conf /run/sec/s; echo \" $N\"; mkdir -p /run/empty/a/b && touch /run/empty/a/b/c; touch /run/conf/x 2>/dev/null || echo ro"],
	"volumeMounts":[{"name":"c","mountPath":"/run/conf","readOnly":true},{"name":"s","mountPath":"/run/sec"},{"name":"e","mountPath":"/run/empty"}]}]'
check "ConfigMaps, Secrets and empty folders are mounted" soon 30 is vols .status.phase Succeeded
same "with what is in them" "$(relay /containerLogs/default/vols/c)" "$(printf 'in a filesecret of a name\nro')"
same "nowhere but there" "$(on node1 find /run/conf /run/sec /run/empty -type f)" ""
pod volbad "$vols"',"containers":[{"name":"c","image":"busybox","command":["true"],"volumeMounts":[{"name":"e","mountPath":"/usr/nowhere"}]}]'
check "nothing is made in this machine's own folders" soon 30 is volbad '.status.containerStatuses[0].state.terminated.reason' StartError
pod volno "$vols"',"containers":[{"name":"c","image":"busybox","command":["true"],"volumeMounts":[{"name":"no","mountPath":"/run/x"}]}]'
check "a volume that the pod has not is named" soon 30 is volno '.status.containerStatuses[0].state.waiting.message' "volume 'no' is not among the pod's"
for p in vols volbad volno; do ask DELETE "/api/v1/namespaces/default/pods/$p" '{"gracePeriodSeconds":0}' >/dev/null; done
ask PUT /api/v1/namespaces/default/configmaps/evil '{"kind":"ConfigMap","metadata":{"name":"evil"},"data":{"../x":"y"}}' >/dev/null
ask PUT /api/v1/namespaces/default/secrets/evil '{"kind":"Secret","metadata":{"name":"evil"},"data":{"s":"*"}}' >/dev/null
pod evil1 '"hostNetwork":true,"volumes":[{"name":"v","configMap":{"name":"evil"}}],"containers":[{"name":"c","image":"busybox","command":["true"],"volumeMounts":[{"name":"v","mountPath":"/run/x"}]}]'
check "a key that would leave its folder" soon 30 is evil1 '.status.containerStatuses[0].state.waiting.message' "volume 'v': key '../x' is no name for a file"
pod evil2 '"hostNetwork":true,"volumes":[{"name":"v","secret":{"secretName":"evil"}}],"containers":[{"name":"c","image":"busybox","command":["true"],"volumeMounts":[{"name":"v","mountPath":"/run/x"}]}]'
check "and a secret that is not base64" soon 30 is evil2 '.status.containerStatuses[0].state.waiting.message' "volume 'v': key 's' is not base64"
for p in evil1 evil2; do ask DELETE "/api/v1/namespaces/default/pods/$p" '{"gracePeriodSeconds":0}' >/dev/null; done

# ---- relayed

same "logs begin with the access of the probe" "$(relay '/containerLogs/default/web/c?tailLines=1&limitBytes=8' | wc -c)" 8
has "with times" "$(relay '/containerLogs/default/web/c?tailLines=1&timestamps=true')" "Z "
same "without the token: nothing" "$(on node1 curl -s "http://$ip:10250/containerLogs/default/web/c")" Unauthorized
same "of a pod that is not there" "$(relay /containerLogs/default/none/c)" 'pod "none" does not exist on this node'
same "/healthz" "$(on node1 curl -s "http://$ip:10250/healthz")" ok

# run QUERY [STDIN]: exec in the pod client
run() { on node1 python3 "$PWD/tests/lab/wsexec.py" "$ip" 10250 "$token" "/exec/default/client/c?$1" ${2+"$2"}; }
same "exec: output, errors and the status of each kind" \
	"$(run 'command=sh&command=-c&command=hostname;echo+x%20y+%3E%262;exit+7&stdout=1&stderr=1')" "$(printf '%s\n' '1 client' '' '2 x y' '' \
	'3 {"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: command terminated with exit code 7",'"\
"'"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}')"
same "exec: standard input, until it is closed" "$(run 'command=cat&stdin=1&stdout=1' 'some words')" \
	"$(printf '1 some words\n3 {"metadata":{},"status":"Success"}')"
has "exec: a terminal of the client's size" "$(run 'command=stty&command=size&stdin=1&stdout=1&tty=1' 'resize:77:33:')" "1 33 77"
has "exec: a command that is not there" "$(run 'command=/nowhere&stdout=1&stderr=1')" '"message":"127"'
same "exec: none at all" "$(run 'stdout=1')" "400 you must specify at least 1 command for the container"
same "exec: garbage ends it" "$(run 'command=sleep&command=99&stdin=1' garbage)" ""
check "and its command" soon 10 sh -c "! '$LAB' exec node1 -- pgrep -fx 'sleep 99'"
same "exec without WebSocket" "$(relay '/exec/default/client/c?command=ls')" \
	"the lab's exec speaks WebSocket (v4.channel.k8s.io, v5.channel.k8s.io) alone"

# ---- kill -9

id=$(get client '.status.containerStatuses[0].containerID')
on node1 sh -c 'for p in $(pidof vpcbox-lab); do grep -qa "kubelet.--server" /proc/$p/cmdline && kill -9 $p; done'
check "the pods go on without it" in_pod client curl -s -m 5 "http://$web:8080/"
ask DELETE /api/v1/namespaces/default/pods/host '{"gracePeriodSeconds":0}' >/dev/null
kubelet
check "the next one takes up what was deleted meanwhile" soon 30 gone host
pod later '"containers":[{"name":"c","image":"registry.k8s.io/pause:3.9"}]'
check "and new pods" soon 30 is later "$ready" True
same "those that ran were not started again" "$(get client '.status.containerStatuses[0] | [.containerID, .restartCount] | join(" ")')" "$id 0"

# ---- more pods than addresses, as when max-pods is wrong

on node1 sh -c 'for p in $(pidof vpcbox-lab); do grep -qa "kubelet.--server" /proc/$p/cmdline && kill $p; done'
kubelet --max-pods 99
many=
for n in $(seq 16); do
	many="$many many$n"
	pod "many$n" '"containers":[{"name":"c","image":"registry.k8s.io/pause:3.9"}]'
done
stuck() { ask GET /api/v1/namespaces/default/events | jq -r '.items[] | select(.reason == "FailedCreatePodSandBox").involvedObject.name' | sort -u; }
creating() { ask GET /api/v1/pods | jq -r '.items[] | select(.status.containerStatuses[0].state.waiting.reason == "ContainerCreating").metadata.name'; }
is_stuck() { [ "$(creating | wc -l)" = 5 ] && [ -n "$(stuck)" ]; }
check "pods without an address stay in ContainerCreating" soon 60 is_stuck
has "and the plugin's words are an event" "$(events "$(creating | head -n 1)")" \
	'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container'

# ---- the end

for p in web client crash once image nocmd config full1 full2 later $many; do
	ask DELETE "/api/v1/namespaces/default/pods/$p" >/dev/null
done
all_gone() { [ "$(ask GET /api/v1/pods | jq '.items | length')" = 0 ]; }
check "deleted pods leave the API" soon 40 all_gone
check "their wiring is gone" [ -z "$(wiring node1)" ]
nothing() { [ -z "$(on node1 find /run/vpcbox-lab/pods /var/log/pods /run/netns -mindepth 1)" ]; }
on node1 ls -l /run/vpcbox-lab/pods /var/log/pods /run/netns >"$tmp/left" 2>&1
check "and their files" soon 10 nothing
[ "$failed" = 0 ] || { tail -n 20 "$tmp/kubelet.log" "$tmp/api.log"; cat "$tmp/left"; }
finish
