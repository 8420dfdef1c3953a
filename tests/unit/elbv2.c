/* SPDX-License-Identifier: Apache-2.0 */
/* elbv2.c - load balancers, target groups, targets and tags: what is sent, whole, and what is read
 * from answers as ELBv2 writes them. */
#include <errno.h>

#include "elbcase.h"

#define LB_1                                                                                       \
	"<LoadBalancerArn>arn:lb/1</LoadBalancerArn><Scheme>internet-facing</Scheme>\n"            \
	"<LoadBalancerName>k8s-one</LoadBalancerName><VpcId>vpc-1</VpcId>"                         \
	"<CanonicalHostedZoneId>Z1</CanonicalHostedZoneId><CreatedTime>2026-01-01T00:00:00.1Z"     \
	"</CreatedTime><AvailabilityZones><member><SubnetId>subnet-1</SubnetId><ZoneName>eu-1a"    \
	"</ZoneName><LoadBalancerAddresses><member><IpAddress>198.51.100.1</IpAddress>"            \
	"<AllocationId>eipalloc-1</AllocationId></member><member><PrivateIPv4Address>10.0.0.9"     \
	"</PrivateIPv4Address><IPv6Address>2001:db8::1</IPv6Address></member>"                     \
	"</LoadBalancerAddresses><SourceNatIpv6Prefixes><member>2001:db8::/80</member>"            \
	"</SourceNatIpv6Prefixes></member><member><SubnetId>subnet-2</SubnetId><ZoneName>eu-1b"    \
	"</ZoneName><LoadBalancerAddresses/></member></AvailabilityZones><SecurityGroups>"         \
	"<member>sg-1</member><member>sg-2</member></SecurityGroups><DNSName>one.elb.example"      \
	"</DNSName><State><Code>provisioning</Code><Reason>r</Reason></State><Type>network</Type>" \
	"<IpAddressType>dualstack</IpAddressType><CustomerOwnedIpv4Pool>coip-1"                    \
	"</CustomerOwnedIpv4Pool><IpamPools><Ipv4IpamPoolId>ipam-1</Ipv4IpamPoolId></IpamPools>"   \
	"<EnablePrefixForIpv6SourceNat>off</EnablePrefixForIpv6SourceNat>"                         \
	"<EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic>on"                                 \
	"</EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic>"

static void is_lb_1(const struct elb_load_balancer *l)
{
	CHECK_STR(l->arn, "arn:lb/1");
	CHECK_STR(l->name, "k8s-one");
	CHECK_STR(l->dns_name, "one.elb.example");
	CHECK_STR(l->hosted_zone, "Z1");
	CHECK_STR(l->type, "network");
	CHECK_STR(l->scheme, "internet-facing");
	CHECK_STR(l->vpc, "vpc-1");
	CHECK_STR(l->state, "provisioning");
	CHECK_STR(l->state_reason, "r");
	CHECK_STR(l->ip_address_type, "dualstack");
	CHECK_STR(l->coip_pool, "coip-1");
	CHECK_STR(l->ipam_pool, "ipam-1");
	CHECK_STR(l->source_nat, "off");
	CHECK_STR(l->private_link, "on");
	CHECK(l->security_groups.n == 2 && strcmp(l->security_groups.v[1], "sg-2") == 0);
	CHECK_INT(l->zones.n, 2);
	if (l->zones.n != 2 || l->zones.v[0].addresses.n != 2)
		return;
	CHECK_STR(l->zones.v[0].name, "eu-1a");
	CHECK_STR(l->zones.v[0].subnet, "subnet-1");
	CHECK_STR(l->zones.v[0].addresses.v[0].ip, "198.51.100.1");
	CHECK_STR(l->zones.v[0].addresses.v[0].allocation, "eipalloc-1");
	CHECK_STR(l->zones.v[0].addresses.v[1].private_ip, "10.0.0.9");
	CHECK_STR(l->zones.v[0].addresses.v[1].ipv6, "2001:db8::1");
	CHECK(l->zones.v[0].source_nat_prefixes.n == 1);
	CHECK(l->zones.v[1].addresses.n == 0 && l->zones.v[1].source_nat_prefixes.n == 0);
}

TEST(elb_describe_load_balancers_reads_every_page)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, SAYS("DescribeLoadBalancers",
			    "<LoadBalancers><member>" LB_1 "</member></LoadBalancers>"
			    "<NextMarker>m/1=</NextMarker>") },
		{ 200, SAYS("DescribeLoadBalancers",
			    "<LoadBalancers><member><LoadBalancerArn>arn:lb/2</LoadBalancerArn>"
			    "<State><Code>active</Code></State></member></LoadBalancers>") }
	};
	const struct elb_describe_load_balancers in = { .arns = LISTED("a", "b"),
							.names = LISTED("n") };
	auto_awscase struct awscase x = { 0 };
	struct elb_load_balancers l;

	awscase_start(&x, answers, 2);
	CHECK(elb_describe_load_balancers(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	is_lb_1(&l.v[0]);
	CHECK_STR(l.v[1].arn, "arn:lb/2");
	CHECK_STR(l.v[1].state, "active");
	CHECK_STR(l.v[1].private_link, "");
	awscase_sent(&x, SENT("DescribeLoadBalancers") "&LoadBalancerArns.member.1=a&"
						       "LoadBalancerArns.member.2=b"
						       "&Names.member.1=n&Marker=m%2F1%3D");
	CHECK_INT(x.f.asked, 2);
}

TEST(elb_create_load_balancer_sends_all_and_gives_the_one)
{
	static const struct fakeaws_answer answer = { 200, SAYS("CreateLoadBalancer",
								"<LoadBalancers>\n<member>" LB_1
								"</member></LoadBalancers>") };
	const struct elb_create_load_balancer in = {
		.name = "n",
		.type = "network",
		.scheme = "internal",
		.ip_address_type = "ipv4",
		.subnets =
			MANY(elb_subnet_mapping,
			     { .subnet = "subnet-1", .allocation = "eip", .ipv6 = "v6" },
			     { .subnet = "subnet-2", .private_ip = "p", .source_nat_prefix = "s" }),
		.security_groups = LISTED("sg-1"),
		.coip_pool = "coip",
		.ipam_pool = "ipam",
		.source_nat = "on",
		.tags = MANY(tag, { "a/b", "c" }, { "empty", "" }),
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_load_balancer l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_create_load_balancer(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	is_lb_1(&l);
	awscase_sent(
		&x,
		SENT("CreateLoadBalancer") "&Name=n&Type=network&Scheme=internal&IpAddressType=ipv4"
					   "&SubnetMappings.member.1.SubnetId=subnet-1&"
					   "SubnetMappings.member.1.AllocationId=eip"
					   "&SubnetMappings.member.1.IPv6Address=v6&SubnetMappings."
					   "member.2.SubnetId=subnet-2"
					   "&SubnetMappings.member.2.PrivateIPv4Address=p&"
					   "SubnetMappings.member.2.SourceNatIpv6Prefix=s"
					   "&SecurityGroups.member.1=sg-1&CustomerOwnedIpv4Pool="
					   "coip&IpamPools.Ipv4IpamPoolId=ipam"
					   "&EnablePrefixForIpv6SourceNat=on&Tags.member.1.Key=a%"
					   "2Fb&Tags.member.1.Value=c"
					   "&Tags.member.2.Key=empty&Tags.member.2.Value=");
}

TEST(elb_create_refuses_an_answer_without_exactly_one)
{
	static const struct {
		const char *members, *want;
	} cases[] = { { "", "CreateLoadBalancer: 0 LoadBalancers in the answer, not 1" },
		      { "<member/><member/>",
			"CreateLoadBalancer: 2 LoadBalancers in the answer, not 1" } };
	const struct elb_create_load_balancer in = { .name = "n" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_awscase struct awscase x = { 0 };
		struct fakeaws_answer answer = { 200, NULL };
		struct elb_load_balancer l;

		answer.body = arena_fmt(
			&x.a, SAYS("CreateLoadBalancer", "<LoadBalancers>%s</LoadBalancers>"),
			cases[i].members);
		awscase_start(&x, &answer, 1);
		CHECK(elb_create_load_balancer(x.w, &in, &l, &x.a, awscase_soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK_STR(x.e.msg, cases[i].want);
	}
}

/* Actions of whose answers nothing counts. */

PUTS(delete_load_balancer, "DeleteLoadBalancer", "LoadBalancerArn=a",
     (struct elb_load_balancer_ref) { "a" })
PUTS(modify_load_balancer_attributes, "ModifyLoadBalancerAttributes",
     "LoadBalancerArn=a&Attributes.member.1.Key=k&Attributes.member.1.Value=v"
     "&Attributes.member.2.Key=l&Attributes.member.2.Value=",
     (struct elb_modify_load_balancer_attributes) { "a", MANY(tag, { "k", "v" }, { "l", "" }) })
PUTS(set_subnets, "SetSubnets",
     "LoadBalancerArn=a&SubnetMappings.member.1.SubnetId=s&IpAddressType=dualstack"
     "&EnablePrefixForIpv6SourceNat=off",
     (struct elb_set_subnets) { "a", MANY(elb_subnet_mapping, { .subnet = "s" }), "dualstack",
				"off" })
PUTS(set_security_groups, "SetSecurityGroups",
     "LoadBalancerArn=a&SecurityGroups.member.1=g&SecurityGroups.member.2=h"
     "&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=off",
     (struct elb_set_security_groups) { "a", LISTED("g", "h"), "off" })
PUTS(set_ip_address_type, "SetIpAddressType", "LoadBalancerArn=a&IpAddressType=ipv4",
     (struct elb_set_ip_address_type) { "a", "ipv4" })
PUTS(modify_target_group, "ModifyTargetGroup",
     "TargetGroupArn=a&HealthCheckEnabled=false&HealthCheckProtocol=HTTP&HealthCheckPort=8080"
     "&HealthCheckPath=%2Fp&HealthCheckIntervalSeconds=0&HealthCheckTimeoutSeconds=6"
     "&HealthyThresholdCount=3&UnhealthyThresholdCount=2&Matcher.GrpcCode=0-99",
     (struct elb_modify_target_group) { .arn = "a",
					.health_enabled = FLAG_NO,
					.health_protocol = "HTTP",
					.health_port = "8080",
					.health_path = "/p",
					.health_interval_s = { 0, true },
					.health_timeout_s = { 6, true },
					.healthy_count = { 3, true },
					.unhealthy_count = { 2, true },
					.grpc_codes = "0-99" })
PUTS(delete_target_group, "DeleteTargetGroup", "TargetGroupArn=a",
     (struct elb_target_group_ref) { "a" })
PUTS(modify_target_group_attributes, "ModifyTargetGroupAttributes",
     "TargetGroupArn=a&Attributes.member.1.Key=k&Attributes.member.1.Value=v",
     (struct elb_modify_target_group_attributes) { "a", MANY(tag, { "k", "v" }) })
PUTS(register_targets, "RegisterTargets",
     "TargetGroupArn=a&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80"
     "&Targets.member.1.AvailabilityZone=all&Targets.member.2.Id=i-1&Targets.member.2.Port=81"
     "&Targets.member.2.QuicServerId=0x01",
     (struct elb_group_targets) {
	     "a", MANY(elb_target, { "10.0.0.1", 80, "all", NULL }, { "i-1", 81, NULL, "0x01" }) })
PUTS(deregister_targets, "DeregisterTargets", "TargetGroupArn=a&Targets.member.1.Id=i-1",
     (struct elb_group_targets) { "a", MANY(elb_target, { .id = "i-1" }) })
PUTS(add_tags, "AddTags",
     "ResourceArns.member.1=a&ResourceArns.member.2=b&Tags.member.1.Key=k&Tags.member.1.Value=",
     (struct elb_add_tags) { LISTED("a", "b"), MANY(tag, { "k", "" }) })
PUTS(remove_tags, "RemoveTags", "ResourceArns.member.1=a&TagKeys.member.1=k&TagKeys.member.2=l",
     (struct elb_remove_tags) { LISTED("a"), LISTED("k", "l") })

#define ATTRIBUTES                                                                       \
	"<Attributes><member><Value>true</Value><Key>a.b</Key></member><member><Key>c</" \
	"Key><Value/>"                                                                   \
	"</member></Attributes>"

static void are_attributes(const struct tags *t)
{
	CHECK_INT(t->n, 2);
	CHECK_STR(tag_get(t, "a.b"), "true");
	CHECK_STR(tag_get(t, "c"), "");
}

TEST(elb_describes_attributes_of_load_balancers_and_target_groups)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, SAYS("DescribeLoadBalancerAttributes", ATTRIBUTES) },
		{ 200, SAYS("DescribeTargetGroupAttributes", ATTRIBUTES) }
	};
	auto_awscase struct awscase x = { 0 };
	struct tags t;

	awscase_start(&x, answers, 2);
	CHECK(elb_describe_load_balancer_attributes(x.w, &(struct elb_load_balancer_ref) { "a" },
						    &t, &x.a, awscase_soon(), &x.e) == 0);
	are_attributes(&t);
	CHECK(fakeaws_got(&x.f, "Action=DescribeLoadBalancerAttributes") &&
	      fakeaws_got(&x.f, "LoadBalancerArn=a"));
	CHECK(elb_describe_target_group_attributes(x.w, &(struct elb_target_group_ref) { "g" }, &t,
						   &x.a, awscase_soon(), &x.e) == 0);
	are_attributes(&t);
	awscase_sent(&x, SENT("DescribeTargetGroupAttributes") "&TargetGroupArn=g");
}

#define TG_1                                                                                      \
	"<TargetGroupArn>arn:tg/1</TargetGroupArn><TargetGroupName>one</TargetGroupName>\n"       \
	"<Protocol>HTTP</Protocol><ProtocolVersion>GRPC</ProtocolVersion><Port>8080</Port>"       \
	"<VpcId>vpc-1</VpcId><TargetType>ip</TargetType><IpAddressType>ipv6</IpAddressType>"      \
	"<TargetControlPort>9000</TargetControlPort><HealthCheckProtocol>HTTP"                    \
	"</HealthCheckProtocol><HealthCheckPort>traffic-port</HealthCheckPort>"                   \
	"<HealthCheckEnabled>false</HealthCheckEnabled><HealthCheckPath>/h</HealthCheckPath>"     \
	"<HealthCheckIntervalSeconds>15</HealthCheckIntervalSeconds><HealthCheckTimeoutSeconds>5" \
	"</HealthCheckTimeoutSeconds><HealthyThresholdCount>2</HealthyThresholdCount>"            \
	"<UnhealthyThresholdCount>4</UnhealthyThresholdCount><Matcher><HttpCode>200</HttpCode>"   \
	"<GrpcCode>12</GrpcCode></Matcher><LoadBalancerArns><member>arn:lb/1</member>"            \
	"</LoadBalancerArns>"

static void is_tg_1(const struct elb_target_group *g)
{
	CHECK_STR(g->arn, "arn:tg/1");
	CHECK_STR(g->name, "one");
	CHECK_STR(g->protocol, "HTTP");
	CHECK_STR(g->protocol_version, "GRPC");
	CHECK_INT(g->port, 8080);
	CHECK_INT(g->control_port, 9000);
	CHECK_STR(g->vpc, "vpc-1");
	CHECK_STR(g->target_type, "ip");
	CHECK_STR(g->ip_address_type, "ipv6");
	CHECK_STR(g->health_protocol, "HTTP");
	CHECK_STR(g->health_port, "traffic-port");
	CHECK_STR(g->health_path, "/h");
	CHECK_INT(g->health_enabled, FLAG_NO);
	CHECK(g->health_interval_s.set && g->health_interval_s.v == 15);
	CHECK(g->health_timeout_s.set && g->health_timeout_s.v == 5);
	CHECK(g->healthy_count.set && g->healthy_count.v == 2);
	CHECK(g->unhealthy_count.set && g->unhealthy_count.v == 4);
	CHECK_STR(g->http_codes, "200");
	CHECK_STR(g->grpc_codes, "12");
	CHECK(g->load_balancers.n == 1 && strcmp(g->load_balancers.v[0], "arn:lb/1") == 0);
}

TEST(elb_describe_target_groups_reads_all)
{
	static const struct fakeaws_answer answer = {
		200, SAYS("DescribeTargetGroups",
			  "<TargetGroups><member>" TG_1 "</member><member><TargetGroupArn>arn:tg/2"
			  "</TargetGroupArn><LoadBalancerArns/></member></TargetGroups>")
	};
	const struct elb_describe_target_groups in = { "lb", LISTED("a"), LISTED("n") };
	auto_awscase struct awscase x = { 0 };
	struct elb_target_groups l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_target_groups(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	is_tg_1(&l.v[0]);
	CHECK(l.v[1].health_enabled == FLAG_UNSET && !l.v[1].healthy_count.set);
	awscase_sent(&x, SENT("DescribeTargetGroups") "&LoadBalancerArn=lb&TargetGroupArns.member."
						      "1=a&Names.member.1=n");
}

TEST(elb_create_target_group_sends_all_and_gives_the_one)
{
	static const struct fakeaws_answer answer = { 200, SAYS("CreateTargetGroup",
								"<TargetGroups><member>" TG_1
								"</member></TargetGroups>") };
	const struct elb_create_target_group in = { .name = "n",
						    .target_type = "ip",
						    .port = 80,
						    .protocol = "HTTP",
						    .protocol_version = "HTTP2",
						    .vpc = "vpc-1",
						    .ip_address_type = "ipv6",
						    .control_port = 9,
						    .health_enabled = FLAG_YES,
						    .http_codes = "200-399",
						    .tags = MANY(tag, { "k", "v" }) };
	auto_awscase struct awscase x = { 0 };
	struct elb_target_group g;

	awscase_start(&x, &answer, 1);
	CHECK(elb_create_target_group(x.w, &in, &g, &x.a, awscase_soon(), &x.e) == 0);
	is_tg_1(&g);
	awscase_sent(&x, SENT("CreateTargetGroup") "&Name=n&TargetType=ip&Port=80&Protocol=HTTP&"
						   "ProtocolVersion=HTTP2&VpcId=vpc-1"
						   "&IpAddressType=ipv6&TargetControlPort=9&"
						   "HealthCheckEnabled=true"
						   "&Matcher.HttpCode=200-399&Tags.member.1.Key=k&"
						   "Tags.member.1.Value=v");
}

TEST(elb_describe_target_health_reads_all)
{
	static const struct fakeaws_answer answer = {
		200, SAYS("DescribeTargetHealth",
			  "<TargetHealthDescriptions><member><HealthCheckPort>8081</"
			  "HealthCheckPort><Target><Id>10.0.0.1</Id>"
			  "<Port>80</Port><AvailabilityZone>all</AvailabilityZone></"
			  "Target><TargetHealth><State>initial</State>"
			  "<Reason>Elb.RegistrationInProgress</Reason><Description>d</"
			  "Description></TargetHealth></member><member>"
			  "<Target><Id>i-1</Id><QuicServerId>0x02</QuicServerId></Target></"
			  "member><member/>"
			  "</TargetHealthDescriptions>")
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_target_healths l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_target_health(x.w, &(struct elb_group_targets) { .arn = "g" }, &l, &x.a,
					 awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 3);
	if (l.n != 3)
		return;
	CHECK_STR(l.v[0].id, "10.0.0.1");
	CHECK_INT(l.v[0].port, 80);
	CHECK_STR(l.v[0].zone, "all");
	CHECK_STR(l.v[0].quic_id, NULL);
	CHECK_STR(l.v[0].health_port, "8081");
	CHECK_STR(l.v[0].state, "initial");
	CHECK_STR(l.v[0].reason, "Elb.RegistrationInProgress");
	CHECK_STR(l.v[0].description, "d");
	CHECK_STR(l.v[1].quic_id, "0x02");
	CHECK(!l.v[1].zone && !l.v[1].port);
	CHECK_STR(l.v[2].id, "");
	awscase_sent(&x, SENT("DescribeTargetHealth") "&TargetGroupArn=g");
}

/* ---- tags */

#define TAGGED(arn)                                                         \
	"<member><ResourceArn>" arn                                         \
	"</ResourceArn><Tags><member><Value>v</Value><Key>k</Key></member>" \
	"</Tags></member>"

TEST(elb_describe_tags_asks_for_twenty_at_a_time)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, SAYS("DescribeTags",
			    "<TagDescriptions>" TAGGED("1") TAGGED("2") "</TagDescriptions>") },
		{ 200, SAYS("DescribeTags", "<TagDescriptions/>") },
		{ 200,
		  SAYS("DescribeTags", "<TagDescriptions>" TAGGED("41") "</TagDescriptions>") }
	};
	struct elb_describe_tags in = { { 0 } };
	auto_awscase struct awscase x = { 0 };
	struct elb_resources l;

	awscase_start(&x, answers, 3);
	for (int i = 1; i <= 41; i++)
		strs_add(&in.arns, arena_fmt(&x.a, "%d", i), &x.a);
	CHECK(elb_describe_tags(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 3);
	if (l.n != 3)
		return;
	CHECK_STR(l.v[0].arn, "1");
	CHECK_STR(l.v[2].arn, "41");
	CHECK_STR(tag_get(&l.v[2].tags, "k"), "v");
	awscase_sent(&x, SENT("DescribeTags") "&ResourceArns.member.1=41");
	CHECK_INT(x.f.asked, 3);
}

TEST(elb_describe_tags_of_nothing_asks_nothing)
{
	static const struct fakeaws_answer answer = { 500, "" };
	auto_awscase struct awscase x = { 0 };
	struct elb_resources l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_tags(x.w, &(struct elb_describe_tags) { { 0 } }, &l, &x.a,
				awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 0);
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 0);
}

TEST(elb_describe_tags_refuses_more_than_it_asked_for)
{
	static const struct fakeaws_answer answer = {
		200, SAYS("DescribeTags",
			  "<TagDescriptions>" TAGGED("1") TAGGED("2") "</TagDescriptions>")
	};
	auto_awscase struct awscase x = { 0 };
	struct elb_resources l;

	awscase_start(&x, &answer, 1);
	CHECK(elb_describe_tags(x.w, &(struct elb_describe_tags) { LISTED("1") }, &l, &x.a,
				awscase_soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EBADMSG);
	CHECK_STR(x.e.msg, "DescribeTags: 2 resources in the answer for 1");
}

PUTS(modify_ip_pools, "ModifyIpPools",
     "LoadBalancerArn=lb&IpamPools.Ipv4IpamPoolId=p&RemoveIpamPools.member.1=ipv4",
     (struct elb_modify_ip_pools) { "lb", "p", LISTED("ipv4") })
PUTS(modify_capacity_reservation, "ModifyCapacityReservation",
     "LoadBalancerArn=lb&MinimumLoadBalancerCapacity.CapacityUnits=5"
     "&ResetCapacityReservation=true",
     (struct elb_modify_capacity) { "lb", { 5, true }, true })

TEST(a_capacity_reservation_is_read_and_none_is_none)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, SAYS("DescribeCapacityReservation",
			    "<MinimumLoadBalancerCapacity><CapacityUnits>7</CapacityUnits>"
			    "</MinimumLoadBalancerCapacity>") },
		{ 200, SAYS("DescribeCapacityReservation", "") },
	};
	auto_awscase struct awscase x = { 0 };
	const struct elb_load_balancer_ref in = { "lb" };
	struct elb_capacity out;

	awscase_start(&x, answers, 2);
	CHECK(elb_describe_capacity_reservation(x.w, &in, &out, &x.a, awscase_soon(), &x.e) == 0);
	CHECK(out.units.set && out.units.v == 7);
	CHECK(elb_describe_capacity_reservation(x.w, &in, &out, &x.a, awscase_soon(), &x.e) == 0);
	CHECK(!out.units.set);
}
