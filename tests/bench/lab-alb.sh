#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lab-alb.sh - requests a second that the lab's application load balancer passes on, beside nginx as the same proxy: both in front of one
# nginx, on loopback in a namespace of its own, by turns; wrk asks with 16 connections.
set -eu
[ "${BENCH_NS:-}" ] || sh tests/setup.sh bench
[ "${BENCH_NS:-}" ] || exec unshare -rn env BENCH_NS=1 sh "$0" "$@"
tmp=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || true; rm -rf "$tmp"' EXIT
ip link set lo up
ip addr add 10.9.0.1/32 dev lo
cat >"$tmp/conf" <<END
user root root;
master_process off;
daemon off;
pid $tmp/pid;
error_log $tmp/error.log;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path $tmp; proxy_temp_path $tmp; fastcgi_temp_path $tmp; uwsgi_temp_path $tmp; scgi_temp_path $tmp;
	keepalive_requests 1000000;
	upstream target { server 10.9.0.1:8001; keepalive 32; }
	server { listen 10.9.0.1:8001; location / { return 200 "ok\n"; } }
	server {
		listen 127.0.0.1:9000;
		location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host \$host; }
	}
}
END
nginx -c "$tmp/conf" 2>"$tmp/nginx.log" &
pids="$pids $!"
"$OUT/tools/albtool" 4566 >"$tmp/tool.log" &
pids="$pids $!"

until_up() {
	end=$(($(date +%s) + 30))
	until curl -s -o /dev/null -m 5 "$1"; do
		[ "$(date +%s)" -lt $end ] || { echo "lab-alb: nothing at $1" >&2; cat "$tmp"/*.log >&2; exit 1; }
	done
}
until_up http://127.0.0.1:4566/
until_up http://127.0.0.1:9000/
api() {
	curl -s -m 30 --aws-sigv4 "aws:amz:ap-northeast-2:$1" --user AKIAVPCBOXLAB0000000:vpcbox-lab/this-is-no-secret/00000000000 \
		-d "$2" http://127.0.0.1:4566/
}
elb() { api elasticloadbalancing "Version=2015-12-01&Action=$1"; }
element() { tr '>' '\n' | awk -v name="$1" 'found { sub(/<.*/, ""); print; exit } $0 ~ "<" name "$" { found = 1 }'; }
vpc=$(api ec2 'Version=2016-11-15&Action=DescribeVpcs' | element vpcId)
subnets=$(api ec2 'Version=2016-11-15&Action=DescribeSubnets' | grep -o '<subnetId>[^<]*' | cut -d'>' -f2 |
	awk '{ printf "&Subnets.member.%d=%s", NR, $1 }')
lb=$(elb "CreateLoadBalancer&Name=web&Type=application$subnets" | element LoadBalancerArn)
group=$(elb "CreateTargetGroup&Name=g&Protocol=HTTP&Port=8001&TargetType=ip&VpcId=$vpc" | element TargetGroupArn)
elb "RegisterTargets&TargetGroupArn=$group&Targets.member.1.Id=10.9.0.1&Targets.member.1.AvailabilityZone=all" >/dev/null
elb "CreateListener&LoadBalancerArn=$lb&Port=8080&Protocol=HTTP&DefaultActions.member.1.Type=forward&$(
	)DefaultActions.member.1.TargetGroupArn=$group" >/dev/null
until_up http://127.0.0.1:8080/

rate() { wrk -t 1 -c 16 -d 1s "$1" | awk '/Requests\/sec/ { print $2 } /Non-2xx/ { print "errors" }'; }
for round in 1 2 3 4 5; do
	rate http://127.0.0.1:8080/ >>"$tmp/alb"
	rate http://127.0.0.1:9000/ >>"$tmp/nginx"
done
for n in alb nginx; do sort -n "$tmp/$n" >"$tmp/$n.sorted"; done
row() {
	a=$(sed -n "$2p" "$tmp/alb.sorted") b=$(sed -n "$2p" "$tmp/nginx.sorted")
	awk -v m="$1" -v a="$a" -v b="$b" 'BEGIN { printf "lab-alb.proxy.%s\t%.0f\trequests/s\t-\t-\tnginx\t%.0f\t%.2f\n", m, a, b, a / b }'
}
row min 1
row median 3
row max 5
