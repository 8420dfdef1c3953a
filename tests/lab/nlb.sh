#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nlb.sh - network load balancers carry traffic: from the Internet, nodes and pods to pods, hashed by flow, with the client's
# address or a header, by zones, health and deregistration; and nothing of them stays. boto3 asks, inside the VPC.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up -n 2
python=$TOOLS/venv/bin/python
aws() { on vpc "$python" tests/lab/nlbaws.py "$@"; }
here=/.host$PWD # this tree, seen from a node
ask() {
	from_=$1
	shift
	case $from_ in
	internet) on internet python3 tests/lab/nlbask.py "$@" ;;
	node*) on "$from_" python3 "$here/tests/lab/nlbask.py" "$@" ;;
	*) in_pod "$from_" python3 "$here/tests/lab/nlbask.py" "$@" ;;
	esac
}

# pod NODE NAME: with the servers of nlbpod.py; its address is in ip_NAME.
pod() {
	"$LAB" pod add "$1" "$2" >/dev/null
	eval "ip_$2=\$(pod_ip $2)"
	echo 200 >"$tmp/$2.state"
	serve "$2"
}
serve() {
	: >"$tmp/$1.log"
	setpriv --pdeathsig KILL "$LAB" pod exec "$1" -- setpriv --pdeathsig KILL \
		python3 "$here/tests/lab/nlbpod.py" "$1" "/.host$tmp/$1.state" >"$tmp/$1.log" 2>&1 </dev/null &
	eval "pid_$1=$!"
	soon 20 grep -q ready "$tmp/$1.log" || not_ok "a server in $1" "$(cat "$tmp/$1.log")"
}
# healthy GROUP N: so many are.
healthy() { [ "$(aws health "$1" | grep -c ' healthy ')" -eq "$2" ]; }
is_state() { aws health "$1" | grep -q "^$2 $3 "; }
# hundred PLACE URL [CURL-OPTION...]: who answered a hundred requests, and how often: "a1 50", a line each.
hundred() {
	place=$1
	shift
	on "$place" sh -c 'for i in $(seq 100); do curl -s -m 10 "$@" || echo "Hostname: nobody"; done' curl "$@" |
		sed -n 's/^Hostname: //p' | sort | uniq -c | awk '{ print $2, $1 }'
}
# shared COUNTS MEMBERS: a hundred answers, of these members alone, each with at least a tenth of them.
shared() {
	echo "$1" | awk -v want="$2" '{ sum += $2; names = names s $1; s = " "; if ($2 < 10) few = 1 }
		END { exit !(sum == 100 && names == want && !few) }'
}

# reset PLACE URL: the connection is, before or after curl's request.
reset() {
	on "$1" curl -s -m 5 "$2"
	case $? in 7 | 55 | 56) ;; *) return 1 ;; esac
}

pod node1 a1
pod node1 a2
pod node2 b1
"$LAB" pod add node2 client >/dev/null
ip_client=$(pod_ip client)

# ---- interfaces, names, health

read -r lb group dns <<-END
	$(aws make web TCP 80 8080 ip)
END
id=${lb##*/}
same "a load balancer has an interface in each zone" "$(aws enis | cut -d' ' -f1-4,8 | sort | uniq -c | xargs)" \
	"3 ELB net/web/$id network_load_balancer in-use 0"
same "each has a private and a public address" "$(aws enis | awk '$6 ~ /^192\.168\./ && $7 ~ /^203\.0\.113\./' | wc -l)" 3
same "which is nobody else's to delete" "$(aws touch "$(aws enis | awk 'NR == 1 { print $9 }')")" OperationNotPermitted
aws register "$group" "$ip_a1" "$ip_a2" "$ip_b1"
check "whom the nodes' security group does not let in finds nobody healthy" soon 30 is_state "$group" "$ip_a1" unhealthy
sg=$(ec2 DescribeSecurityGroups | sed -n 's/.*<groupId>\(sg-[0-9a-f]*\)<.*/\1/p' | head -n 1)
ec2 "AuthorizeSecurityGroupIngress&GroupId=$sg&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0" >/dev/null
check "targets become healthy" soon 30 healthy "$group" 3
zone_a=$(aws enis | awk '$6 ~ /^192\.168\.1\./ { print $7 }')
zone_b=$(aws enis | awk '$6 ~ /^192\.168\.2\./ { print $7 }')
zone_c=$(aws enis | awk '$6 ~ /^192\.168\.3\./ { print $7 }')
same "its name has the zones with healthy targets" "$(ask node1 lookup 192.168.0.2 "$dns" | sort | xargs)" \
	"$(printf '%s\n' "$zone_a" "$zone_b" | sort | xargs)"
same "outside too" "$(ask internet lookup 8.8.8.8 "dualstack.$dns" | sort | xargs)" \
	"$(ask node1 lookup 169.254.169.253 "$dns" | sort | xargs)"
same "a zone has a name of its own" "$(ask node1 lookup 192.168.0.2 "ap-northeast-2c.$dns")" "$zone_c"
same "what is no name of a load balancer has no address" "$(ask node1 lookup 192.168.0.2 "x.y.$dns")" ""

# ---- a hundred requests

got=$(hundred internet "http://$zone_a/")
check "the Internet reaches the targets of a zone, shared ($(echo $got))" shared "$got" "a1 a2"
same "those of another zone" "$(hundred internet "http://$zone_b/")" "b1 100"
got=$(hundred node2 "http://$dns/")
check "a node finds them by name ($(echo $got))" test "$(echo "$got" | awk '{ n += $2 } /nobody/ { n = 0 } END { print n }')" -eq 100
check "a zone without targets resets" reset internet "http://$zone_c/"
aws lb_attr "$lb" load_balancing.cross_zone.enabled=true
got=$(hundred internet "http://$zone_c/")
check "cross-zone, it has them all ($(echo $got))" shared "$got" "a1 a2 b1"
same "and is in the name" "$(ask node1 lookup 192.168.0.2 "$dns" | wc -l)" 3
aws group_attr "$group" stickiness.enabled=true
same "with stickiness a client stays with one" "$(hundred internet "http://$zone_c/" | wc -l)" 1
aws group_attr "$group" stickiness.enabled=false
same "what is large arrives whole, to a slow reader" "$(ask internet big "$zone_c" 80)" 5000000

# ---- who asks

private_c=$(aws enis | awk '$6 ~ /^192\.168\.3\./ { print $6 }')
client() { sed -n 's/^Client: //p'; }
same "targets by address see the load balancer" "$(on internet curl -s -m 5 "http://$zone_c/" | client)" "$private_c"
aws group_attr "$group" preserve_client_ip.enabled=true
same "or the client, when it is preserved" "$(on internet curl -s -m 5 "http://$zone_c/" | client)" 198.18.0.2
same "a node inside by its public address" "$(on node1 curl -s -m 5 "http://$zone_c/" | client)" "$(status '.nodes[0].public_ip')"
same "a pod by that of its node" "$(in_pod client curl -s -m 5 "http://$zone_c/" | client)" "$(status '.nodes[1].public_ip')"
# Not of a target on the client's own node, whose answers do not come back this way: another port may find another one.
own() { [ "$(in_pod client curl -s -m 2 "http://$private_c/" | client)" = "$ip_client" ]; }
check "or its own, at the private address" soon 30 own
same "preserved or not, all arrive" "$(hundred internet "http://$zone_c/" | awk '{ n += $2 } /nobody/ { n = 0 } END { print n }')" 100

# ---- proxy protocol

read -r lb2 group2 dns2 <<-END
	$(aws make raw TCP 80 8081 ip Scheme=internal)
END
aws group_attr "$group2" proxy_protocol_v2.enabled=true
aws register "$group2" "$ip_a1"
soon 30 healthy "$group2" 1
private_a=$(aws enis | awk '/net\/raw/ && $6 ~ /^192\.168\.1\./ { print $6 }')
same "an internal one has private addresses" "$(ask node1 lookup 192.168.0.2 "$dns2")" "$private_a"
same "and no public ones" "$(aws enis | awk '/net\/raw/ && $7 == "-"' | wc -l)" 3
octets() { printf '%02x%02x%02x%02x' $(echo "$1" | tr . ' '); }
said=$(ask client raw "$private_a" 80 hello)
same "a header says who asks whom" "$(echo "$said" | sed 's/^\(a1 [^ ]* [0-9a-f]\{48\}\)....\(.*\)/\1\2/')" \
	"a1 $private_a 0d0a0d0a000d0a515549540a2111000c$(octets "$ip_client")$(octets "$private_a")005068656c6c6f"

# ---- UDP

read -r lb3 group3 dns3 <<-END
	$(aws make udp TCP_UDP 53 8082 ip Scheme=internal HealthCheckPort=8080)
END
aws register "$group3" "$ip_a1" "$ip_a2"
soon 30 healthy "$group3" 2
private3=$(aws enis | awk '/net\/udp/ && $6 ~ /^192\.168\.1\./ { print $6 }')
said=$(ask client udp "$private3" 53 one,two,six)
same "UDP: a flow stays with a target, which sees the client" "$(echo "$said" | sed 's/^a[12]/a/' | xargs)" \
	"a $ip_client 6f6e65 a $ip_client 74776f a $ip_client 736978"
same "all of it with one" "$(echo "$said" | cut -c1-2 | sort -u | wc -l)" 1
same "other flows with others" "$(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	ask client udp "$private3" 53 x
done | cut -d' ' -f1 | sort -u | xargs)" "a1 a2"
aws group_attr "$group3" proxy_protocol_v2.enabled=true
has "with a header, if it is asked for" "$(ask client udp "$private3" 53 x)" \
	"0d0a0d0a000d0a515549540a2112000c$(octets "$ip_client")"

# ---- deregistration: what is under way goes on until it is over

read -r lb4 group4 dns4 <<-END
	$(aws make echo TCP 80 8083 ip Scheme=internal)
END
aws group_attr "$group4" deregistration_delay.timeout_seconds=3600
aws register "$group4" "$ip_a1"
soon 30 healthy "$group4" 1
private4=$(aws enis | awk '/net\/echo/ && $6 ~ /^192\.168\.1\./ { print $6 }')
mkfifo "$tmp/say"
# hold: a connection; each line said to it is answered in $tmp/held.
hold() {
	: >"$tmp/held"
	setpriv --pdeathsig KILL "$LAB" pod exec client -- setpriv --pdeathsig KILL \
		python3 "$here/tests/lab/nlbask.py" hold "$private4" 80 "/.host$tmp/held" <"$tmp/say" &
	held_pid=$!
	exec 9>"$tmp/say"
}
lines() { [ "$(wc -l <"$tmp/held")" -ge "$1" ]; }
# say TEXT N: the Nth answer.
say() {
	echo "$1" >&9
	soon 20 lines "$2" || echo "no answer"
	sed -n "$2p" "$tmp/held"
}
hang_up() {
	exec 9>&-
	wait "$held_pid"
}
hold
same "a connection lives" "$(say one 1)" "a1 one"
aws deregister "$group4" "$ip_a1"
same "a target that is deregistered drains" "$(aws health "$group4" | cut -d' ' -f2,3)" "draining Target.DeregistrationInProgress"
same "its connections go on" "$(say two 2)" "a1 two"
check "new ones are reset" reset node1 "http://$private4/"
aws group_attr "$group4" deregistration_delay.connection_termination.enabled=true deregistration_delay.timeout_seconds=1
aws register "$group4" "$ip_a1"
aws deregister "$group4" "$ip_a1"
ended() { [ -z "$(aws health "$group4")" ]; }
check "until the delay is over" soon 30 ended
over() { echo more >&9; grep -q reset "$tmp/held"; }
check "then they are reset, if they shall be" soon 20 over
hang_up

# ---- health: a dead target, a wrong answer

aws group_attr "$group" preserve_client_ip.enabled=false
kill "$pid_a2"
wait "$pid_a2" 2>/dev/null
check "a dead target is unhealthy" soon 30 is_state "$group" "$ip_a2" unhealthy
has "and AWS's reason is told" "$(aws health "$group" | grep "^$ip_a2 ")" "Target.FailedHealthChecks Health checks failed"
got=$(hundred internet "http://$zone_c/")
check "nobody is sent there ($(echo $got))" shared "$got" "a1 b1"
aws modify "$group" HealthCheckProtocol=HTTP HealthCheckPath=/health
serve a2
check "it comes back" soon 30 healthy "$group" 3
echo 503 >"$tmp/a1.state"
check "a wrong status is unhealthy" soon 30 is_state "$group" "$ip_a1" unhealthy
echo 204 >"$tmp/a1.state"
check "one of the matcher is healthy" soon 30 healthy "$group" 3
for p in a1 a2 b1; do echo 500 >"$tmp/$p.state"; done
check "when all are unhealthy" soon 30 healthy "$group" 0
got=$(hundred internet "http://$zone_c/")
check "all are asked ($(echo $got))" shared "$got" "a1 a2 b1"
same "and all zones are in the name" "$(ask node1 lookup 192.168.0.2 "$dns" | wc -l)" 3

# ---- instances

read -r lb5 group5 dns5 <<-END
	$(aws make node TCP 80 10250 instance Scheme=internal)
END
on node1 setpriv --pdeathsig KILL python3 "$here/tests/lab/nlbpod.py" node "/.host$tmp/a1.state" >"$tmp/node.log" 2>&1 &
node_pid=$!
aws modify "$group5" HealthCheckPort=8080
aws register "$group5" "$(status '.nodes[0].instance')"
check "an instance is healthy" soon 30 healthy "$group5" 1
kill "$node_pid"
wait "$node_pid" 2>/dev/null

# ---- the end

aws delete "$lb" "$lb2" "$lb3" "$lb4" "$lb5"
same "its name is gone at once" "$(ask node1 lookup 192.168.0.2 "$dns")" ""
gone() { [ -z "$(aws enis)" ]; }
check "the interfaces a little later" soon 30 gone
addresses_left() { on vpc ip -o -4 addr show dev lo | grep -c '192\.168\.[123]\.[0-9]*/32'; }
same "the router has its own addresses again" "$(addresses_left)" 3
same "and no socket of theirs" "$(on vpc ss -Hltun | grep -c '192\.168\.[123]\.')" 0
same "nor a rule" "$(on vpc nft list table ip elb | grep -c 'dnat to')" 0
finish
