#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cni.sh - the plugin against a real kernel, with a scripted daemon and policy agent (tests/tools/fakeipamd.c):
# what ADD makes, what DEL leaves, and what each failure costs.
if [ -z "${INSIDE:-}" ]; then
	make -s -C "$(dirname "$0")/../.." OUT="${OUT:-build}" DEPS="${DEPS:-build/deps}" tools || exit 1
	exec unshare -rnm env INSIDE=1 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib.sh"
mount -t tmpfs tmpfs /run || not_ok "a /run of its own"
ip link set lo up
plugin=$tmp/aws-cni
ln -s "$VPCBOX" "$plugin"
log=$tmp/requests
sock=/run/aws-node/ipamd.sock npa=/run/aws-node/npa.sock
export CNI_CONTAINERID=c0ffee CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin
POD='K8S_POD_NAME=sample-pod;K8S_POD_NAMESPACE=default;K8S_POD_INFRA_CONTAINER_ID=c0ffee;K8S_POD_UID=u-1'
export CNI_ARGS="$POD"
agent=

# ---- the stage: a fresh pod namespace, a daemon that answers as told

stop() {
	[ -z "$agent" ] || kill "$agent"
	[ -z "$agent" ] || wait "$agent"
	agent=
}
# daemon KEY=VALUE...: the scripted daemon of tests/tools/fakeipamd.c, its requests in $log.
daemon() {
	stop
	: >"$log"
	"$TOOLS/fakeipamd" log="$log" "$@" &
	agent=$!
	soon 30 test -S "$sock" || not_ok "the scripted daemon listens"
}
# The kernel takes its time with the links of a namespace that is gone: take them away first.
no_pod() {
	for link in $(ip -br link | sed -n 's/^\(eni[^@ ]*\).*/\1/p'); do ip link del "$link"; done
	[ ! -e /run/netns/pod ] || ip netns del pod
}
pod() {
	no_pod
	ip netns add pod
}
# conf [VERSION [MEMBERS]]
conf() { printf '{"cniVersion":"%s","name":"aws-cni","type":"aws-cni","mtu":"9001","pluginLogFile":"/run/plugin.log"%s}' "${1:-1.0.0}" "${2:-}"; }
# call VERB [CONFIGURATION]: stdout in $out, exit status in $status. RUN goes in front of the plugin.
call() {
	out=$(printf '%s' "${2:-$(conf)}" | CNI_COMMAND=$1 ${RUN:-} "$plugin")
	status=$?
}
with_result() { conf 1.0.0 ",\"prevResult\":$1"; }
count() { grep -c "^$1 " "$log"; }
field() { grep "^$1 " "$log" | grep -c -F "$2"; } # field METHOD TEXT: how many requests have it
state() {
	ip rule
	ip -6 rule
	ip route show table all
	ip -br link | awk '{ print $1 }'
	ip -n pod -br link 2>/dev/null | awk '{ print $1 }'
}
is() { same "$1" "$2" "$3"; }
# Routes, as ip prints them; it learns only a moment later that a link has a carrier.
routes() { ip "$@" | sed 's/linkdown //'; }
# A rule that is still there, as ip prints it: rule PRIORITY SELECTOR.
rule() { ip rule | grep -c "^$1:	$2 *$"; }
clean=$(state)
# weak COMMAND...: with a plugin that may not touch the network. bare COMMAND...: without CNI_NETNS.
weak() {
	RUN='setpriv --bounding-set=-net_admin'
	"$@"
	RUN=
}
bare() {
	CNI_NETNS=
	"$@"
	CNI_NETNS=/run/netns/pod
}

# ---- ADD

daemon ip=10.0.1.15,4,5 npa=$npa policy=none
pod
call ADD "$(conf 0.4.0)"
is "ADD: exit 0" $status 0
is "ADD: the result names links, table and device" "$(echo "$out" | tr -d ' \n')" \
	'{"cniVersion":"0.4.0","interfaces":[{"name":"enicc21c2d7785"},{"name":"eth0","mac":"5","sandbox":"/run/netns/pod"},{"name":"dummycc21c2d7785","mac":"0","sandbox":"4"}],"ips":[{"version":"4","interface":1,"address":"10.0.1.15/32"}],"dns":{}}'
is "ADD: AddNetwork carries the ids of the call" "$(grep ^AddNetwork "$log")" \
	'AddNetwork {"pod_name":"sample-pod","pod_namespace":"default","infra_container":"c0ffee","netns":"/run/netns/pod","ifname":"eth0","network_name":"aws-cni","container_id":"c0ffee","client_version":"","multi_nic":false}'
is "ADD: policy mode none tells the agent once" "$(count EnforceNpToPod)" 1
is "ADD: the agent is told mode and number of interfaces" \
	"$(field EnforceNpToPod '"policy_mode":"none","interfaces":1')" 1
is "ADD: pod routes" "$(routes -n pod route)" "default via 169.254.1.1 dev eth0 
169.254.1.1 dev eth0 scope link "
is "ADD: host route" "$(routes route show table main)" "10.0.1.15 dev enicc21c2d7785 scope link "
is "ADD: rule 512 to the pod" "$(rule 512 'from all to 10.0.1.15 lookup main')" 1
is "ADD: rule 1536 from the pod into the ENI's table" "$(rule 1536 'from 10.0.1.15 lookup 5')" 1
has "ADD: MTU 9001 on both ends" "$(ip -o link show enicc21c2d7785; ip -n pod -o link show eth0)" "mtu 9001"
has "ADD: the hop is a permanent neighbour with the host end's MAC" "$(ip -n pod neigh)" \
	"169.254.1.1 dev eth0 lladdr $(ip -br link show enicc21c2d7785 | awk '{ print $3 }') PERMANENT"
has "ADD: the log has the call" "$(cat /run/plugin.log)" '"msg":"ADD container=c0ffee netns=/run/netns/pod ifname=eth0'
is "ADD: the log is one JSON object a line" \
	"$(grep -vc '^{"level":"[a-z]*","ts":"[-0-9T:.]*Z","caller":"cni/[a-z]*.c:[0-9]*","msg":".*"}$' /run/plugin.log)" 0

call ADD
is "ADD again for the same pod succeeds" $status 0
is "ADD again: still one host link" "$(ip -br link | grep -c ^eni)" 1
result=$out

pod
RUN="strace -o $tmp/trace -e trace=/^(open|openat|sendto)\$"
call ADD
RUN=
is "ADD: the host's end distrusts the pod before any link comes up" \
	"$(grep -oE '/(accept_ra|accept_redirects|forwarding)"|ifi_flags=IFF_UP' "$tmp/trace" | tr -d '"' | uniq | xargs)" \
	'/accept_ra /accept_redirects /forwarding ifi_flags=IFF_UP'

# ---- CHECK

call CHECK "$(with_result "$result")"
is "CHECK: exit 0 for what ADD made" "$status $out" "0 "
check_finds() { # CLAIM WORDS COMMAND...: after the command CHECK fails with the words
	claim=$1 words=$2
	shift 2
	pod
	call ADD
	"$@" || not_ok "$claim" "cannot do: $*"
	call CHECK "$(with_result "$out")"
	has "CHECK: $claim" "$status $out" "$words"
}
check_finds "a missing rule 512" "512" ip rule del prio 512
check_finds "a missing rule 1536" "1536" ip rule del prio 1536
check_finds "a missing host route" "10.0.1.15" ip route del 10.0.1.15
check_finds "a missing default route" "169.254.1.1" ip -n pod route del default
check_finds "a missing address" "10.0.1.15" ip -n pod addr flush dev eth0
check_finds "another MTU" "1500" ip -n pod link set eth0 mtu 1500
check_finds "a missing host link" "enicc21c2d7785" ip link del enicc21c2d7785
check_finds "a link that is down" "enicc21c2d7785" ip link set enicc21c2d7785 down
check_finds "a foreign neighbour" "169.254.1.1" \
	ip -n pod neigh replace 169.254.1.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
has "CHECK: a difference has code 999" "$out" '"code": 999'

# ---- DEL

pod
call ADD
result=$out
: >"$log"
call DEL
is "DEL: exit 0 and no output" "$status $out" "0 "
is "DEL: DelNetwork once, with reason and UID" \
	"$(count DelNetwork) $(field DelNetwork '"reason":"PodDeleted"') $(field DelNetwork '"pod_uid":"u-1"')" "1 1 1"
is "DEL: policy mode none tells the agent once" "$(count DeletePodNp)" 1
is "DEL: rules are gone" "$(rule 512 '.*') $(rule 1536 '.*')" "0 0"
is "DEL: the host route is gone" "$(ip route show table main)" ""
ip netns del pod
as_before() { [ "$(state)" = "$clean" ]; }
check "DEL and the namespace's end leave nothing" soon 20 as_before

daemon ip=10.0.1.15,4,5 npa=$npa
pod
call ADD
is "ADD: an empty policy mode does not call the agent" "$status $(count EnforceNpToPod)" "0 0"
has "ADD: an empty policy mode: there is a result" "$out" '"address": "10.0.1.15/32"'
call DEL
is "DEL: an empty policy mode does not call the agent" "$status $(count DeletePodNp)" "0 0"

daemon ip=10.0.1.15,4,5 npa=$npa policy=strict
pod
call ADD
is "ADD: policy mode strict calls the agent" "$status $(field EnforceNpToPod '"policy_mode":"strict"')" "0 1"
call DEL
is "DEL: policy mode strict calls the agent" "$status $(count DeletePodNp)" "0 1"

daemon del='2:1 error occurred: datastore: unknown pod'
pod
call DEL
is "DEL: an unknown pod is success" "$status $out" "0 "

# ---- families

daemon ip=10.0.1.15+2600::15,4,5
pod
call ADD
is "ADD: of an allocation with two addresses IPv4 is taken" \
	"$status $(echo "$out" | grep -c '"address": "10.0.1.15/32"') $(ip -6 rule | grep -c 2600)" "0 1 0"
call DEL
daemon ip=2600::15,4,5
pod
call ADD
is "ADD: an IPv6 allocation is a /128" "$status $(echo "$out" | grep '"address"' | tr -d ' ,')" '0 "address":"2600::15/128"'
is "ADD: an IPv6 pod has a hop of its own" "$(routes -n pod -6 route show default | xargs)" \
	"default via fe80::1 dev eth0 metric 1024 pref medium"
call DEL
is "DEL: the rules of IPv6 are gone" "$status $(ip -6 rule | grep -c 2600)" "0 0"

# ---- several interfaces

daemon ip=10.0.1.15,4,5 ip=10.0.1.30,4,9 npa=$npa policy=standard
pod
nics=',"runtimeConfig":{"io.kubernetes.cri.pod-annotations":{"k8s.amazonaws.com/nicConfig":"multi-nic-attachment"}}'
export CNI_ARGS=
call ADD "$(conf 1.0.0 "$nics")"
is "ADD: two allocations, exit 0" $status 0
is "ADD: the annotation is passed on" "$(field AddNetwork '"multi_nic":true')" 1
is "ADD: both pairs have their names" "$(ip -br link | sed -n 's/^\(eni[^@]*\)@.*/\1/p' | sort | xargs) $(ip -n pod -br link | sed -n 's/^\([em][^@]*\)@.*/\1/p' | sort | xargs)" \
	"eni3a52ce78095 enice799470a46 eth0 mNicIf1"
is "ADD: each address has its ENI's table" "$(rule 1536 'from 10.0.1.15 lookup 5') $(rule 1536 'from 10.0.1.30 lookup 9')" "1 1"
is "ADD: the second interface has a rule and a table of its own in the pod" \
	"$(ip -n pod rule | grep -c '^1:	from 10.0.1.30 lookup 1') $(routes -n pod route show table 1 | xargs)" \
	"1 default via 169.254.1.2 dev mNicIf1 169.254.1.2 dev mNicIf1 scope link"
is "ADD: the agent is told of two interfaces" "$(field EnforceNpToPod '"policy_mode":"standard","interfaces":2')" 1
has "ADD: two-interface result" "$(echo "$out" | tr -d ' \n')" '{"address":"10.0.1.30/32","interface":3}'
result=$out
call CHECK "$(with_result "$result")"
is "CHECK: two interfaces" "$status $out" "0 "
call DEL
is "DEL: two interfaces" "$status $(rule 512 '.*') $(rule 1536 '.*')" "0 0 0"

# ---- ADD that fails

# fails CLAIM WORDS N [COMMAND...]: after the command, ADD fails with the words, gives the address back N times and
# leaves no trace.
fails() {
	claim=$1 words=$2 back=$3
	shift 3
	pod
	"$@"
	before=$(state)
	: >"$log"
	call ADD
	has "ADD: $claim: the error says so" "$status $out" "$words"
	is "ADD: $claim: addresses given back" "$(field DelNetwork '"reason":"SetupNSFailed"') of $(count DelNetwork)" "$back of $back"
	is "ADD: $claim: the kernel is as before" "$(state)" "$before"
}
export CNI_ARGS="$POD"
occupied() { ip -n pod link add "$1" type veth peer name other; }
daemon add=false
fails "Success=false" '"msg": "add cmd: failed to assign an IP address to container"' 0
has "and where to look, for Amazon's daemon gives no reason" "$out" \
	'"details": "ipamd gave no address; /var/log/aws-routed-eni/ipamd.log says why"'
daemon add=false reason="Create: Full: \"all\" of it	(request id r-1)"
fails "Success=false and a reason" '"msg": "add cmd: failed to assign an IP address to container"' 0
same "the reason is told as it is" "$(printf %s "$out" | jq -r .details)" \
	'ipamd: Create: Full: "all" of it	(request id r-1); /var/log/aws-routed-eni/ipamd.log says more'
daemon add=false
fails "Success=false beside an old host link" 'failed to assign an IP address' 0 ip link add enicc21c2d7785 type bridge
wired() { daemon ip=10.0.1.15,4,5; call ADD; daemon add=false; }
fails "Success=false for a pod that is wired" 'failed to assign an IP address' 0 wired
daemon ip=10.0.1.15,4,5
call DEL
daemon add='9:wrong client version "x"'
fails "a status of the daemon" 'add cmd: Error received from AddNetwork gRPC call: rpc error: code = FailedPrecondition desc = wrong client version' 0
daemon ip=10.0.1.15,4,5
fails "an eth0 that is there" '"msg": "add command: failed to setup network: SetupPodNetwork: failed to setup veth pair' 1 occupied eth0
daemon ip=10.0.1.15,4,5 ip=10.0.1.30,4,9
fails "the second of two interfaces" 'failed to setup network: SetupPodNetwork' 1 occupied mNicIf1
lo6=/proc/sys/net/ipv6/conf/lo/disable_ipv6
in_pod() { nsenter --net=/run/netns/pod "$@"; }
daemon ip=2600::15,4,5
fails "IPv6 that the pod's lo refuses" "setupVeth network: failed to enable IPv6 on container's lo interface: set sysctl" 1 \
	in_pod mount --bind /proc/version $lo6
in_pod umount $lo6
daemon ip=10.0.1.15,4,5 vlan=7
fails "a branch ENI" 'PodVlanId is 7: branch ENIs (security groups for pods) are not supported yet' 1
daemon ip=10.0.1.300,4,5
fails "an address that is none" '10.0.1.300\" is not an IP address' 1
daemon ip=,4,5
fails "an allocation without address" 'allocation 0 has no address' 1
daemon ip=10.0.1.15,4,-3
fails "a negative table" 'RouteTableId -3 is out of range' 1
set --
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do set -- "$@" ip=10.0.1.$i,4,5; done
daemon "$@"
fails "seventeen interfaces" 'AddNetwork reply has 17 addresses, not 1 to 16' 1
stop
fails "no daemon" 'connect: no such file or directory' 0
daemon ip=10.0.1.15,4,5
weak fails "no right to do it" 'Operation not permitted' 1

for how in '13:no' false; do
	daemon ip=10.0.1.15,4,5 npa=$npa policy=strict npadd="$how"
	pod
	call ADD
	has "ADD: a policy agent that answers $how: ADD fails" "$status $out" '"msg": "add cmd: failed to setup network policy'
	is "ADD: a policy agent that answers $how: no result" "$(echo "$out" | grep -c interfaces)" 0
	is "ADD: a policy agent that answers $how: the address stays, for DEL must tell the agent" "$(count DelNetwork)" 0
	call DEL
	is "DEL after that: exit 0, nothing left" "$status $(count DeletePodNp) $(rule 512 '.*')" "0 1 0"
done
daemon ip=10.0.1.15,4,5 policy=strict
pod
call ADD
has "ADD: no policy agent: ADD fails" "$status $out" '"msg": "add cmd: failed to setup network policy'
call DEL
has "DEL: no policy agent: DEL fails, to be repeated" "$status $out" '"msg": "del cmd: failed to connect to network policy agent'
is "DEL: no policy agent: the rules are gone all the same" "$(rule 512 '.*') $(rule 1536 '.*')" "0 0"
daemon ip=10.0.1.15,4,5 npa=$npa policy=strict npdel='13:no'
call DEL
is "DEL: the agent's own failure is only logged" "$status $out $(count DeletePodNp)" "0  1"
has "DEL: the agent's own failure is in the log" "$(tail -n 2 /run/plugin.log)" "the network policy agent failed"

daemon add=never
pod
before=$(state)
(soon 30 grep -q ^AddNetwork "$log"; soon 30 ip -n pod link show eth0; ip -n pod link show eth0 >"$tmp/early"; kill -9 "$agent") &
call ADD
wait $!
agent=
has "ADD: a daemon that dies over the call" "$status $out" 'error reading from server: EOF'
has "ADD: a daemon that dies over the call: the pair was there before any answer" "$(cat "$tmp/early")" 'eth0@'
is "ADD: a daemon that dies over the call: the kernel is as before" "$(state)" "$before"
rm -f "$sock"

# ---- DEL that fails or has to do without the daemon

daemon ip=10.0.1.15,4,5
pod
call ADD
result=$out
weak call DEL
has "DEL: teardown fails: DEL fails" "$status $out" '"msg": "del cmd: failed on tear down pod network'
daemon ip=10.0.1.15,4,5 del=false
call DEL
has "DEL: Success=false" "$status $out" '"msg": "del cmd: failed to process delete request"'
daemon del='14:busy'
call DEL
is "DEL: a failing daemon and no prevResult: success, nothing removed" \
	"$status $out $(rule 512 '.*') $(rule 1536 '.*')" "0  1 1"
stop
weak call DEL "$(with_result "$result")"
is "DEL: no daemon, and the teardown fails: success" "$status $out $(rule 512 '.*')" "0  1"
call DEL "$(with_result "$result")"
is "DEL: no daemon: rules go as prevResult names them" "$status $out $(rule 512 '.*') $(rule 1536 '.*')" "0  0 0"
has "DEL: no daemon: the log says so" "$(tail -n 2 /run/plugin.log)" "the address daemon cannot be asked"

# prev CLAIM RESULT RULES: with these rules in the kernel and no daemon, DEL with the result leaves the others.
eth0='{"name":"eth0","mac":"%s"}' one='"ips":[{"address":"192.168.1.1/32","interface":1}]'
prev() {
	ip rule add to 192.168.1.1 lookup main prio 512
	ip rule add to 192.168.1.2 lookup main prio 512
	for table in 6 14; do ip rule add from 192.168.1.1 lookup $table prio 1536; done
	ip rule add from 192.168.1.2 lookup 14 prio 1536
	call DEL "$(with_result "{\"cniVersion\":\"1.0.0\",$2}")"
	is "DEL by prevResult: $1" "$status $out$(ip rule | sed -n 's/^512:.* to \([0-9.]*\).*/ \1/p; s/^1536:	from \([0-9.]*\) lookup \([0-9]*\).*/ \1>\2/p' | tr -d '\n')" "0 $3"
	while ip rule del prio 512 || ip rule del prio 1536; do :; done 2>/dev/null
}
host='{"name":"enicc21c2d7785"}' two='"ips":[{"address":"192.168.1.1/32","interface":1},{"address":"192.168.1.2/32","interface":3}]'
all=' 192.168.1.1 192.168.1.2 192.168.1.1>6 192.168.1.1>14 192.168.1.2>14'
dummy() { printf '{"name":"dummycc21c2d7785","mac":"%s","sandbox":"%s"}' "$1" "$2"; }
prev "without a table the device's number makes it" "\"interfaces\":[$host,{\"name\":\"eth0\"},$(dummy 0 5)],$one" \
	" 192.168.1.2 192.168.1.1>14 192.168.1.2>14"
prev "two interfaces have their own tables" \
	"\"interfaces\":[$host,{\"name\":\"eth0\",\"mac\":\"6\"},{\"name\":\"h1\"},{\"name\":\"mNicIf1\",\"mac\":\"14\"},$(dummy 0 5)],$two" \
	" 192.168.1.1>14"
prev "no dummy interface: nothing is touched" "\"interfaces\":[$host,{\"name\":\"eth0\",\"mac\":\"6\"}],$one" "$all"
prev "a dummy without device number: nothing is touched" "\"interfaces\":[$host,{\"name\":\"eth0\",\"mac\":\"6\"},$(dummy 0 '')],$one" "$all"
prev "a table that is no number: nothing is touched" "\"interfaces\":[$host,{\"name\":\"eth0\",\"mac\":\"x\"},$(dummy 0 5)],$one" "$all"
prev "egress-cni's two more interfaces do not disturb" \
	"\"interfaces\":[$host,{\"name\":\"eth0\",\"mac\":\"6\"},$(dummy 0 5),{\"name\":\"veth1\"},{\"name\":\"v6if0\"}],$one" \
	" 192.168.1.2 192.168.1.1>14 192.168.1.2>14"

# ---- branch ENI pods that Amazon's plugin has made

branch_rules() {
	while ip rule del prio 10 || ip rule del prio 512 || ip rule del prio 1536; do :; done 2>/dev/null
	ip rule add iif lo lookup $((100 + $1)) prio 10
	ip rule add iif eth9 lookup $((100 + $1)) prio 10
	ip rule add iif eth9 lookup 199 prio 10
	ip rule add to 10.0.1.15 lookup main prio 512
	ip rule add from 10.0.1.15 lookup $((100 + $1)) prio 1536
}
daemon ip=10.0.1.15,4,5 npa=$npa policy=none
pod
export CNI_ARGS=
branch_rules 4
result='{"cniVersion":"1.0.0","interfaces":[{"name":"vlan3a52ce78095"},{"name":"eth0","mac":"0"},{"name":"dummy3a52ce78095","mac":"4"}],"ips":[{"address":"10.0.1.15/32","interface":1}]}'
bare call DEL "$(with_result "$result")"
is "DEL: a branch pod without CNI_NETNS: success, nothing touched" "$status $out $(rule 10 '.*')" "0  3"
call DEL "$(with_result "$result")"
is "DEL: a branch pod by prevResult: its rules go, others stay" \
	"$status $out $(rule 10 '.*lookup 104') $(rule 10 '.*lookup 199') $(rule 512 '.*') $(rule 1536 '.*')" "0  0 1 0 0"
is "DEL: a branch pod by prevResult: the daemon is never asked" "$(wc -l <"$log") requests" "0 requests"
branch_rules 4
weak call DEL "$(with_result "$result")"
has "DEL: a branch pod's teardown fails: DEL fails" "$status $out" '"msg": "del cmd: failed to delete with prevResult'

for mode in strict standard; do
	branch_rules 4
	ip link add vlan.eth.4 type bridge
	call DEL "$(conf 1.0.0 ",\"podSGEnforcingMode\":\"$mode\",\"prevResult\":$result")"
	is "DEL: a branch pod in mode $mode: its link goes, and the rules of both modes" \
		"$status $out $(ip -br link | grep -c vlan) $(rule 10 '.*lookup 104') $(rule 512 '.*') $(rule 1536 '.*')" "0  0 0 0 0"
done
ip -6 rule add iif lo lookup 104 prio 10
ip -6 rule add to 2600::15 lookup main prio 512
ip -6 rule add from 2600::15 lookup 104 prio 1536
branch_rules 4
call DEL "$(with_result "$(echo "$result" | sed 's|10.0.1.15/32|2600::15/128|')")"
is "DEL: a branch pod of IPv6: its rules go, those of IPv4 stay" \
	"$status $out $(ip -6 rule | grep -cE '2600|lookup 104') $(rule 10 '.*lookup 104') $(rule 512 '.*')" "0  0 2 1"

daemon ip=10.0.1.15,-1,0 vlan=1 npa=$npa policy=strict
branch_rules 1
bare call DEL
is "DEL: the daemon says branch, no CNI_NETNS: success, nothing touched" "$status $out $(rule 10 '.*')" "0  3"
call DEL
is "DEL: the daemon says branch: its rules go" "$status $out $(rule 10 '.*lookup 101') $(rule 512 '.*') $(rule 1536 '.*')" "0  0 0 0"
is "DEL: the daemon says branch: the agent is told" "$(count DeletePodNp)" 1

# ---- STATUS

daemon health=ok
call STATUS "$(conf 1.1.0)"
is "STATUS: a serving daemon is success" "$status $out" "0 "
daemon health=false
call STATUS "$(conf 1.1.0)"
has "STATUS: a daemon that does not serve is code 50" "$status $out" '"code": 50'
stop
finish
