#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# alb.sh - the lab's application load balancer between curl and Python's HTTP server, in a network namespace of its own: rules made
# through ELBv2's API, and for each request what came of it.
[ "${ALB_NS:-}" ] || exec unshare -rn env ALB_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
ip link set lo up
ip addr add 10.9.0.1/32 dev lo
ip addr add 10.9.0.2/32 dev lo
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT

# started NAME COMMAND...: wait for the line "ready"
started() {
	name=$1
	shift
	"$@" >"$tmp/$name.out" 2>&1 &
	pids="$pids $!"
	until=$(($(date +%s) + 60))
	until grep -q ready "$tmp/$name.out"; do
		[ "$(date +%s)" -lt $until ] || { not_ok "$name starts" "$(cat "$tmp/$name.out")"; finish; }
	done
}
started one python3 -B tests/aws/albtarget.py 10.9.0.1 8001 one
started two python3 -B tests/aws/albtarget.py 10.9.0.2 8002 two
started tool "$TOOLS/albtool" 4566 "$tmp/alb.log"

# api SERVICE FORM-OR-JSON [CURL-OPTION...]
api() {
	service=$1 form=$2
	shift 2
	curl -s -m 30 --aws-sigv4 "aws:amz:ap-northeast-2:$service" \
		--user AKIAVPCBOXLAB0000000:vpcbox-lab/this-is-no-secret/00000000000 "$@" -d "$form" http://127.0.0.1:4566/
}
elb() { api elasticloadbalancing "Version=2015-12-01&Action=$1"; }
# element NAME: the text of the first such element of standard input
element() { tr '>' '\n' | awk -v name="$1" 'found { sub(/<.*/, ""); print; exit } $0 ~ "<" name "$" { found = 1 }'; }

vpc=$(api ec2 'Version=2016-11-15&Action=DescribeVpcs' | element vpcId)
subnets=$(api ec2 'Version=2016-11-15&Action=DescribeSubnets' | grep -o '<subnetId>[^<]*' | cut -d'>' -f2 |
	awk '{ printf "&Subnets.member.%d=%s", NR, $1 }')
lb=$(elb "CreateLoadBalancer&Name=web&Type=application$subnets" | element LoadBalancerArn)
group() { elb "CreateTargetGroup&Name=$1&Protocol=${2:-HTTP}&Port=80&TargetType=ip&VpcId=$vpc" | element TargetGroupArn; }
register() { elb "RegisterTargets&TargetGroupArn=$1&Targets.member.1.Id=$2&Targets.member.1.Port=$3&Targets.member.1.AvailabilityZone=all" >/dev/null; }
one=$(group one) two=$(group two) none=$(group none) dead=$(group dead)
register "$one" 10.9.0.1 8001
register "$two" 10.9.0.2 8002
register "$dead" 10.9.0.1 8010
listener=$(elb "CreateListener&LoadBalancerArn=$lb&Port=8080&Protocol=HTTP&DefaultActions.member.1.Type=fixed-response&$(
	)DefaultActions.member.1.FixedResponseConfig.StatusCode=404&DefaultActions.member.1.FixedResponseConfig.MessageBody=nothing" |
	element ListenerArn)
# rule PRIORITY PATH ACTION-REST
rule() {
	elb "CreateRule&ListenerArn=$listener&Priority=$1&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=$2&$3" \
		>"$tmp/rule"
	grep -q RuleArn "$tmp/rule" || not_ok "rule $1 is made" "$(cat "$tmp/rule")"
}
F=Actions.member.1.ForwardConfig.TargetGroups.member
to() { echo "Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=$1"; }
rule 10 '/one*' "$(to "$one")"
rule 20 '/share' "Actions.member.1.Type=forward&$F.1.TargetGroupArn=$one&$F.1.Weight=9&$F.2.TargetGroupArn=$two&$F.2.Weight=1"
rule 30 '/none' "$(to "$none")"
rule 40 '/dead' "$(to "$dead")"
rule 50 '/old/*' "Actions.member.1.Type=redirect&Actions.member.1.RedirectConfig.Host=new.example.com&$(
	)Actions.member.1.RedirectConfig.StatusCode=HTTP_302"
rule 60 '/chunked' "$(to "$two")"
rule 70 '/count' "$(to "$two")"
at=http://127.0.0.1:8080
get() { curl -s -m 30 -H 'Host: www.example.com' "$@"; }

has "a rule forwards to its target" "$(get $at/one/x)" "one GET /one/x"
has "the target is told for whom" "$(get $at/one/x)" "X-Forwarded-For: 127.0.0.1"
same "the default action answers what no rule takes" "$(get -w ' %{http_code} %{content_type}' $at/else)" \
	"nothing 404 text/plain; charset=utf-8"
same "a redirect keeps what it does not change" "$(get -o /dev/null -w '%{http_code} %{redirect_url}' "$at/old/a?b=c")" \
	"302 http://new.example.com:8080/old/a?b=c"
same "a dead target is a 502" "$(get -o /dev/null -w '%{http_code}' $at/dead)" 502
same "a group without targets is a 503" "$(get -o /dev/null -w '%{http_code}' $at/none)" 503
has "its page is AWS's" "$(get -i $at/none)" "<center><h1>503 Service Temporarily Unavailable</h1></center>"
same "an answer in chunks arrives whole" "$(get $at/chunked)" "hello!"
same "HEAD has the length of the body that is not sent" \
	"$(get -I $at/one | tr -d '\r' | awk 'tolower($1) == "content-length:" { print ($2 > 100) }')" 1
seq 1 200 | sed "s|.*|url = $at/share|" >"$tmp/urls"
get -K "$tmp/urls" | awk '/ GET \/share$/ { n[$1]++ } END { print n["one"], n["two"] }' >"$tmp/shares"
same "weights share the requests" "$(cat "$tmp/shares")" "180 20"
before=$(get $at/count)
seq 1 50 | sed "s|.*|url = $at/count|" >"$tmp/urls"
same "connections to targets are kept" "$(get -K "$tmp/urls" | tail -n 1)" "$before"
head -c 3000000 /dev/urandom >"$tmp/body"
get -X POST --data-binary @"$tmp/body" -o "$tmp/back" $at/one
check "three megabytes go both ways" cmp "$tmp/body" "$tmp/back"
get -X POST -H 'Transfer-Encoding: chunked' --data-binary @"$tmp/body" -o "$tmp/back" $at/one
check "in chunks too" cmp "$tmp/body" "$tmp/back"

elb "ModifyTargetGroupAttributes&TargetGroupArn=$one&Attributes.member.1.Key=stickiness.enabled&Attributes.member.1.Value=true" >/dev/null
register "$one" 10.9.0.2 8002
get -c "$tmp/jar" -o /dev/null $at/one
same "a cookie keeps a client with its target" \
	"$(for i in 1 2 3 4 5 6; do get -b "$tmp/jar" -c "$tmp/jar" $at/one | head -n 1; done | sort -u | grep -c .)" 1
same "who has none goes to both" "$(for i in 1 2 3 4; do get $at/one | head -n 1; done | sort -u | grep -c .)" 2

arn=$(api acm '{"DomainName":"www.example.com","ValidationMethod":"DNS"}' -H 'Content-Type: application/x-amz-json-1.1' \
	-H 'X-Amz-Target: CertificateManager.RequestCertificate' | jq -r .CertificateArn)
elb "CreateListener&LoadBalancerArn=$lb&Port=8443&Protocol=HTTPS&Certificates.member.1.CertificateArn=$arn&$(
	)DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=$two" >"$tmp/https"
has "an HTTPS listener has the certificate's name" "$(echo | timeout 30 openssl s_client -connect 127.0.0.1:8443 2>/dev/null |
	openssl x509 -noout -ext subjectAltName)" "DNS:www.example.com"
more=$(api acm '{"DomainName":"more.example.com","ValidationMethod":"DNS"}' -H 'Content-Type: application/x-amz-json-1.1' \
	-H 'X-Amz-Target: CertificateManager.RequestCertificate' | jq -r .CertificateArn)
elb "AddListenerCertificates&ListenerArn=$(element ListenerArn <"$tmp/https")&Certificates.member.1.CertificateArn=$more" >/dev/null
has "and that of one that is added" "$(echo | timeout 30 openssl s_client -connect 127.0.0.1:8443 2>/dev/null |
	openssl x509 -noout -ext subjectAltName)" "DNS:more.example.com"
has "and tells the target so" "$(curl -s -k -m 30 https://127.0.0.1:8443/)" "X-Forwarded-Proto: https"

same "the log has a line for each rule that was met" \
	"$(awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^20.*Z"?$/ && i > 12) print $(i - 1) }' "$tmp/alb.log" | sort -nu | xargs)" \
	"0 10 20 30 40 50 60 70"
finish
