#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# elb.sh - the other services of AWS in a lab: by their own names, at EC2's address, for whoever may ask.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lablib.sh"
lab_up
ELB=http://elasticloadbalancing.ap-northeast-2.amazonaws.com/

# aws URL SERVICE FORM-OR-JSON [CURL-OPTION...]: from node1, signed by the lab's owner.
aws() {
	url=$1 service=$2 form=$3
	shift 3
	on node1 curl -s -m 5 --aws-sigv4 "aws:amz:ap-northeast-2:$service" --user "$KEY:$SECRET" "$@" -d "$form" "$url"
}
elb() { aws $ELB elasticloadbalancing "Version=2015-12-01&Action=$1"; }

vpc=$(ec2 DescribeVpcs | element vpcId)
subnets=$(ec2 DescribeSubnets | grep -o '<subnetId>[^<]*' | cut -d'>' -f2)
members=$(echo "$subnets" | awk '{ printf "&Subnets.member.%d=%s", NR, $1 }')
made=$(elb "CreateLoadBalancer&Name=web&Type=network$members")
lb=$(echo "$made" | element LoadBalancerArn)
same "a load balancer begins by being made" "$(echo "$made" | element Code)" provisioning
group=$(elb "CreateTargetGroup&Name=web&Protocol=TCP&Port=80&TargetType=ip&VpcId=$vpc" | element TargetGroupArn)
same "its listener forwards" "$(elb "CreateListener&LoadBalancerArn=$lb&Port=80&Protocol=TCP&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=$group" |
	element TargetGroupArn)" "$group"
elb "RegisterTargets&TargetGroupArn=$group&Targets.member.1.Id=$(node_ip node1)" >/dev/null
same "a target is registered" "$(elb "DescribeTargetHealth&TargetGroupArn=$group" | element Reason)" Elb.RegistrationInProgress
same "what is not there is refused" "$(elb "DescribeLoadBalancers&Names.member.1=none" | element Code)" LoadBalancerNotFound
has "STS knows who asks" \
	"$(aws http://sts.ap-northeast-2.amazonaws.com/ sts 'Version=2011-06-15&Action=GetCallerIdentity' | element Arn)" ":user/lab"
has "Certificate Manager speaks JSON" "$(aws http://acm.ap-northeast-2.amazonaws.com/ acm '{"DomainName":"a.example.com"}' \
	-H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: CertificateManager.RequestCertificate')" '"CertificateArn":"arn:aws:acm:'
same "each call is in the log" "$(on vpc cat /run/vpcbox-lab/ec2.log | jq -r .service | sort -u | xargs)" \
	"acm ec2 elasticloadbalancing sts"
same "an instance's role may ask too" "$(on node1 sh -c '
	token=$(curl -s -m 5 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)
	role=$(curl -s -m 5 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/iam/security-credentials/vpcbox-lab-node)
	field() { echo "$role" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }
	curl -s -m 5 --aws-sigv4 aws:amz:ap-northeast-2:elasticloadbalancing --user "$(field AccessKeyId):$(field SecretAccessKey)" \
		-H "X-Amz-Security-Token: $(field Token)" -d "Version=2015-12-01&Action=DescribeTargetGroups" '$ELB | element TargetGroupName)" web
finish
