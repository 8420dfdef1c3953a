/* SPDX-License-Identifier: Apache-2.0 */
/* lab_elb_target.c - target groups of the lab's load balancers, and the health of their targets. */
#include "labask.h"

TEST(elb_target_groups_have_the_defaults_of_their_protocol)
{
	static const struct {
		const char *protocol, *rest, *check, *timeout, *path, *codes, *grpc, *version;
	} cases[] = {
		{ "HTTP", "", "HTTP", "5", "/", "200", "", "HTTP1" },
		{ "HTTPS", "", "HTTP", "5", "/", "200", "", "HTTP1" },
		{ "HTTP", "ProtocolVersion=GRPC", "HTTP", "5", "/AWS.ALB/healthcheck", "", "12",
		  "GRPC" },
		{ "TCP", "", "TCP", "10", "", "", "", "" },
		{ "UDP", "", "TCP", "10", "", "", "", "" },
		{ "TLS", "HealthCheckProtocol=HTTP", "HTTP", "6", "/", "200-399", "", "" },
		{ "TCP", "HealthCheckProtocol=HTTPS", "HTTPS", "10", "/", "200-399", "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fix struct fix *f = fix_new("t3.medium");
		const struct xml *x;

		elb_new_group(f, "g", cases[i].protocol, cases[i].rest);
		x = xml_get(f->x->first, "TargetGroups/member");
		CHECK_STR(xml_text(x, "HealthCheckProtocol"), cases[i].check);
		CHECK_STR(xml_text(x, "HealthCheckTimeoutSeconds"), cases[i].timeout);
		CHECK_STR(xml_text(x, "HealthCheckPath"), cases[i].path);
		CHECK_STR(xml_text(x, "Matcher/HttpCode"), cases[i].codes);
		CHECK_STR(xml_text(x, "Matcher/GrpcCode"), cases[i].grpc);
		CHECK_STR(xml_text(x, "ProtocolVersion"), cases[i].version);
		CHECK_STR(xml_text(x, "HealthCheckEnabled"), "true");
		CHECK_STR(xml_text(x, "HealthCheckPort"), "traffic-port");
		CHECK_STR(xml_text(x, "HealthCheckIntervalSeconds"), "30");
		CHECK_STR(xml_text(x, "HealthyThresholdCount"), "5");
		CHECK_STR(xml_text(x, "UnhealthyThresholdCount"), "2");
		CHECK_STR(xml_text(x, "IpAddressType"), "ipv4");
		CHECK(xml_get(x, "LoadBalancerArns"));
	}
}

static const struct {
	const char *form, *code, *words;
} cannot_be[] = {
	{ "Name=g&Protocol=SCTP&Port=80", "ValidationError", "protocol" },
	{ "Name=g&Port=80", "ValidationError", "A protocol must" },
	{ "Name=g&Protocol=TCP", "ValidationError", "Port '0'" },
	{ "Name=-g&Protocol=TCP&Port=80", "ValidationError", "hyphen" },
	{ "Name=g.g&Protocol=TCP&Port=80", "ValidationError", "alphanumeric" },
	{ "Name=&Protocol=TCP&Port=80", "ValidationError", "'32'" },
	{ "Name=g&Protocol=TCP&Port=80&TargetType=pod", "ValidationError", "targetType" },
	{ "Name=g&TargetType=lambda", "UnsupportedOperation", "Lambda" },
	{ "Name=g&Protocol=UDP&Port=80&TargetType=alb", "InvalidConfigurationRequest", "'alb'" },
	{ "Name=g&Protocol=TCP&Port=80&IpAddressType=ipx", "ValidationError", "ipAddressType" },
	{ "Name=g&Protocol=TCP&Port=80&ProtocolVersion=HTTP2", "InvalidConfigurationRequest",
	  "Protocol version" },
	{ "Name=g&Protocol=HTTP&Port=80&ProtocolVersion=HTTP3", "ValidationError",
	  "protocolVersion" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckProtocol=TCP", "InvalidConfigurationRequest",
	  "'TCP' is not supported" },
	{ "Name=g&Protocol=TCP&Port=80&HealthCheckProtocol=UDP", "InvalidConfigurationRequest",
	  "'UDP' is not supported" },
	{ "Name=g&Protocol=TCP&Port=80&HealthCheckProtocol=X", "ValidationError",
	  "healthCheckProtocol" },
	{ "Name=g&Protocol=TCP&Port=80&HealthCheckPath=/", "InvalidConfigurationRequest",
	  "path or matcher" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckPath=x", "ValidationError", "path 'x'" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckPort=http", "ValidationError", "port 'http'" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckEnabled=false", "ValidationError",
	  "must be true" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckIntervalSeconds=4", "ValidationError",
	  "between 5 and 300" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckTimeoutSeconds=121", "ValidationError",
	  "between 2 and 120" },
	{ "Name=g&Protocol=HTTP&Port=80&HealthCheckTimeoutSeconds=30", "ValidationError",
	  "greater than the timeout" },
	{ "Name=g&Protocol=TCP&Port=80&HealthyThresholdCount=11", "ValidationError",
	  "between 2 and 10" },
	{ "Name=g&Protocol=TCP&Port=80&UnhealthyThresholdCount=1", "ValidationError",
	  "between 2 and 10" },
	{ "Name=g&Protocol=HTTP&Port=80&Matcher.HttpCode=199", "ValidationError",
	  "HTTP code '199'" },
	{ "Name=g&Protocol=HTTP&Port=80&Matcher.HttpCode=300-200", "ValidationError", "HTTP code" },
	{ "Name=g&Protocol=HTTP&Port=80&Matcher.HttpCode=,", "ValidationError", "HTTP code" },
	{ "Name=g&Protocol=HTTP&Port=80&Matcher.GrpcCode=1", "InvalidConfigurationRequest",
	  "GrpcCode is for" },
	{ "Name=g&Protocol=HTTP&Port=80&ProtocolVersion=GRPC&Matcher.GrpcCode=100",
	  "ValidationError", "GRPC code" },
	{ "Name=g&Protocol=HTTP&Port=80&ProtocolVersion=GRPC&Matcher.HttpCode=200",
	  "InvalidConfigurationRequest", "HttpCode is not" },
	{ "Name=g&Protocol=HTTP&Port=x", "ValidationError", "'Port'" },
};
TEST(elb_refuses_target_groups_that_cannot_be)
{
	auto_fix struct fix *f = fix_new("t3.medium");

	for (size_t i = 0; i < COUNT(cannot_be); i++)
		CHECK_REFUSED(f, cannot_be[i].code, cannot_be[i].words, "CreateTargetGroup",
			      "%s&VpcId=%s", cannot_be[i].form, f->w.vpc_id);
	CHECK_REFUSED(f, "ValidationError", "A VPC ID must", "CreateTargetGroup",
		      "Name=g&Protocol=TCP&Port=80");
	CHECK_REFUSED(f, "ValidationError", "'vpc-0' is not found", "CreateTargetGroup",
		      "Name=g&Protocol=TCP&Port=80&VpcId=vpc-0");
	CHECK(!f->elb.groups);
}

TEST(elb_target_groups_are_found_changed_and_made_once)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_group(f, "g", "HTTP", "");
	const struct xml *x;

	CHECK_STR(elb_new_group(f, "g", "HTTP", ""), arn);
	CHECK_REFUSED(f, "DuplicateTargetGroupName", "'g'", "CreateTargetGroup",
		      "Name=g&Protocol=HTTP&Port=81&VpcId=%s&TargetType=ip", f->w.vpc_id);
	f->elb.c.quota[ELB_MAX_GROUPS] = 1;
	CHECK_REFUSED(f, "TooManyTargetGroups", ": 1", "CreateTargetGroup",
		      "Name=h&Protocol=HTTP&Port=81&VpcId=%s", f->w.vpc_id);
	x = elb_ask(f, "ModifyTargetGroup",
		    "TargetGroupArn=%s&HealthCheckPath=/live&Matcher.HttpCode=200,204"
		    "&HealthCheckIntervalSeconds=10&HealthCheckPort=8080",
		    arn);
	CHECK_STR(xml_text(x, "TargetGroups/member/HealthCheckPath"), "/live");
	CHECK_STR(xml_text(x, "TargetGroups/member/Matcher/HttpCode"), "200,204");
	CHECK_STR(xml_text(x, "TargetGroups/member/HealthCheckTimeoutSeconds"), "5");
	CHECK_REFUSED(f, "ValidationError", "greater than", "ModifyTargetGroup",
		      "TargetGroupArn=%s&HealthCheckTimeoutSeconds=10", arn);
	x = elb_ask(f, "DescribeTargetGroups", "Names.member.1=g");
	CHECK_STR(xml_text(x, "TargetGroups/member/HealthCheckIntervalSeconds"), "10");
	CHECK_REFUSED(f, "TargetGroupNotFound", "One or more", "DescribeTargetGroups",
		      "Names.member.1=h");
	CHECK_REFUSED(f, "ValidationError", "either", "DescribeTargetGroups",
		      "Names.member.1=g&TargetGroupArns.member.1=%s", arn);
	CHECK(elb_ask(f, "DeleteTargetGroup", "TargetGroupArn=%s", arn));
	CHECK(elb_ask(f, "DeleteTargetGroup", "TargetGroupArn=%s", arn));
	CHECK_REFUSED(f, "ValidationError", "target group ARN", "DeleteTargetGroup",
		      "TargetGroupArn=g");
}

TEST(elb_a_tcp_check_becomes_one_of_http_and_back)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_group(f, "g", "TCP", "");
	const struct xml *x =
		elb_ask(f, "ModifyTargetGroup", "TargetGroupArn=%s&HealthCheckProtocol=HTTP", arn);

	CHECK_STR(xml_text(x, "TargetGroups/member/HealthCheckPath"), "/");
	x = elb_ask(f, "ModifyTargetGroup", "TargetGroupArn=%s&HealthCheckProtocol=TCP", arn);
	CHECK(x && !xml_get(x, "TargetGroups/member/HealthCheckPath"));
}

/* ---- targets ---- */

#define TARGET "TargetGroupArn=%s&Targets.member.1.Id=%s&Targets.member.1.Port=%d"

static struct elb_health sick(void *arg, const struct tgroup *g, const struct target *t)
{
	(void)arg;
	(void)g;
	return strcmp(t->id, "192.168.1.50") == 0
		       ? (struct elb_health) { "Target.Timeout", "Request timed out", false }
		       : (struct elb_health) { 0 };
}

TEST(elb_a_target_goes_from_initial_to_healthy_and_drains)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", ""), *g = elb_new_group(f, "g", "TCP", "");

	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "192.168.1.50", 8080));
	CHECK_STR(elb_state(f, g), "unused/Target.NotInUse");
	elb_new_listener(f, lb, "TCP", 80, g);
	CHECK_STR(elb_state(f, g), "initial/Elb.RegistrationInProgress");
	f->elb.now += f->elb.c.provision_ms + f->elb.c.register_ms - 1;
	CHECK_STR(elb_state(f, g), "initial/Elb.RegistrationInProgress");
	f->elb.now += 1;
	CHECK_STR(elb_state(f, g), "initial/Elb.InitialHealthChecking");
	f->elb.now += 30000; /* one interval */
	CHECK_STR(elb_state(f, g), "healthy/");
	f->elb.health = sick;
	CHECK_STR(elb_state(f, g), "unhealthy/Target.Timeout");
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.1.50", 8080));
	CHECK_STR(elb_state(f, g), "draining/Target.DeregistrationInProgress");
	f->elb.now += 299999;
	CHECK_STR(elb_state(f, g), "draining/Target.DeregistrationInProgress");
	f->elb.now += 1;
	CHECK_STR(elb_state(f, g), "");
	CHECK(elb_ask(f, "DescribeTargetHealth", TARGET, g, "192.168.1.50", 8080));
	CHECK_STR(xml_text(f->x->first, "TargetHealthDescriptions/member/TargetHealth/Reason"),
		  "Target.NotRegistered");
}

TEST(elb_drains_as_long_as_the_group_says_and_not_at_all_when_nobody_uses_it)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", ""), *g = elb_new_group(f, "g", "TCP", "");

	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "192.168.1.50", 80));
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.1.50", 80));
	CHECK(f->elb.groups->ntargets == 0);
	elb_new_listener(f, lb, "TCP", 80, g);
	CHECK(elb_ask(f, "ModifyTargetGroupAttributes",
		      "TargetGroupArn=%s"
		      "&Attributes.member.1.Key=deregistration_delay.timeout_seconds"
		      "&Attributes.member.1.Value=60",
		      g));
	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "192.168.1.50", 80));
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.1.50", 80));
	f->elb.now += 59999;
	CHECK_STR(elb_state(f, g), "draining/Target.DeregistrationInProgress");
	/* Registered again, it begins anew. */
	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "192.168.1.50", 80));
	CHECK_STR(elb_state(f, g), "initial/Elb.RegistrationInProgress");
	f->elb.c.drain_ms = 0;
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.1.50", 80));
	CHECK_STR(elb_state(f, g), "");
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.9.9", 80));
}

TEST(elb_targets_are_told_apart_by_address_and_port)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *g = elb_new_group(f, "g", "TCP", "");
	const struct xml *x;

	CHECK(elb_ask(f, "RegisterTargets", TARGET "&Targets.member.2.Id=192.168.1.50", g,
		      "192.168.1.50", 8080));
	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "192.168.1.50", 80));
	x = elb_ask(f, "DescribeTargetHealth", "TargetGroupArn=%s", g);
	CHECK(xml_count(x, "TargetHealthDescriptions/member") == 2);
	x = xml_get(x, "TargetHealthDescriptions/member");
	CHECK_STR(xml_text(x, "Target/Port"), "8080");
	CHECK_STR(xml_text(x, "Target/AvailabilityZone"), "ap-northeast-2a");
	CHECK_STR(xml_text(x, "HealthCheckPort"), "8080");
	CHECK_STR(xml_text(xml_next(x), "Target/Port"), "80");
}

TEST(elb_addresses_outside_the_vpc_need_a_zone)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *g = elb_new_group(f, "g", "TCP", "");

#define ZONE TARGET "&Targets.member.1.AvailabilityZone=%s"
	CHECK_REFUSED(f, "ValidationError", "you must specify an Availability Zone",
		      "RegisterTargets", TARGET, g, "10.1.2.3", 80);
	CHECK_REFUSED(f, "ValidationError", "not in a supported range", "RegisterTargets", ZONE, g,
		      "8.8.8.8", 80, "all");
	CHECK_REFUSED(f, "ValidationError", "'nowhere-1a' is not valid", "RegisterTargets", ZONE, g,
		      "10.1.2.3", 80, "nowhere-1a");
	CHECK_REFUSED(f, "ValidationError", "you must specify an Availability Zone",
		      "RegisterTargets", TARGET, g, "192.168.99.3", 80);
	CHECK_REFUSED(f, "ValidationError", "overridden to 'all' from 'ap-northeast-2a'",
		      "RegisterTargets", ZONE, g, "192.168.1.9", 80, "all");
	CHECK(elb_ask(f, "RegisterTargets", ZONE, g, "192.168.1.9", 80, "ap-northeast-2a"));
	CHECK(elb_ask(f, "DeregisterTargets", TARGET, g, "192.168.1.9", 80));
	CHECK(elb_ask(f, "RegisterTargets", ZONE, g, "10.1.2.3", 80, "all"));
	CHECK_STR(f->elb.groups->targets[0].zone, "all");
	CHECK(elb_ask(f, "RegisterTargets", ZONE, g, "100.64.2.3", 80, "ap-northeast-2a"));
#undef ZONE
}

TEST(elb_ipv6_targets_are_in_the_vpcs_block)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *g = elb_new_group(f, "g", "TCP", "IpAddressType=ipv6");

	CHECK_REFUSED(f, "ValidationError", "you must specify an Availability Zone",
		      "RegisterTargets", TARGET, g, "2001:db8:0:102::9", 80);
	f->w.c.ipv6 = true;
	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, "2001:db8:0:102::9", 80));
	CHECK_STR(f->elb.groups->targets[0].zone, "ap-northeast-2b");
}

TEST(elb_refuses_targets_all_or_none)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *g = elb_new_group(f, "g", "TCP", ""), *six, *i;
	auto_buf struct buf many = { 0 };

	six = elb_new_group(f, "six", "TCP", "IpAddressType=ipv6");
	i = elb_new_group(f, "i", "TCP", "TargetControlPort=1");
	CHECK_REFUSED(f, "ValidationError", "'web' is not a valid IPv4", "RegisterTargets",
		      TARGET "&Targets.member.2.Id=web", g, "192.168.1.9", 80);
	CHECK_REFUSED(f, "ValidationError", "not a valid IPv6", "RegisterTargets", TARGET, six,
		      "192.168.1.9", 80);
	CHECK_REFUSED(f, "ValidationError", "Port '65536'", "RegisterTargets", TARGET, g,
		      "192.168.1.9", 65536);
	CHECK_REFUSED(f, "ValidationError", "must have an ID", "RegisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Port=1", g);
	CHECK_REFUSED(f, "ValidationError", "must have an ID", "DeregisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Port=1", g);
	CHECK_REFUSED(f, "ValidationError", "must have an ID", "DescribeTargetHealth",
		      "TargetGroupArn=%s&Targets.member.1.Port=1", g);
	CHECK_REFUSED(f, "ValidationError", "At least one target", "RegisterTargets",
		      "TargetGroupArn=%s", g);
	CHECK_REFUSED(f, "ValidationError", "QuicServerId", "RegisterTargets",
		      TARGET "&Targets.member.1.QuicServerId=0x0123456789abcdef0123456789", i,
		      "192.168.1.9", 80);
	for (int k = 1; k <= 201; k++)
		buf_fmt(&many, "&Targets.member.%d.Id=192.168.1.%d", k, k);
	CHECK_REFUSED(f, "ValidationError", "At most 200", "RegisterTargets", "TargetGroupArn=%s%s",
		      g, many.p);
	CHECK_REFUSED(f, "TargetGroupNotFound", "/x/", "RegisterTargets", TARGET,
		      "arn:x:targetgroup/x/1", "192.168.1.9", 80);
	f->elb.c.quota[ELB_MAX_GROUP_TARGETS] = 1;
	CHECK_REFUSED(f, "TooManyTargets", "per target group: 1", "RegisterTargets",
		      TARGET "&Targets.member.2.Id=192.168.1.10", g, "192.168.1.9", 80);
	CHECK(!f->elb.groups->ntargets);
}

TEST(elb_counts_the_targets_of_a_load_balancer)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", "");
	const char *a = elb_new_group(f, "a", "TCP", ""), *b = elb_new_group(f, "b", "TCP", "");

	elb_new_listener(f, lb, "TCP", 80, a);
	elb_new_listener(f, lb, "TCP", 81, b);
	f->elb.c.quota[ELB_MAX_NLB_TARGETS] = 1;
	CHECK(elb_ask(f, "RegisterTargets", TARGET, a, "192.168.1.9", 80));
	CHECK(elb_ask(f, "RegisterTargets", TARGET, a, "192.168.1.9", 80));
	CHECK_REFUSED(f, "TooManyTargets", "per load balancer: 1", "RegisterTargets", TARGET, b,
		      "192.168.1.9", 80);
}

TEST(elb_instances_are_targets_and_zones_count)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb, *g, *id = f->w.instances[1].id; /* in the second zone */
	const struct xml *x = elb_ask(f, "CreateTargetGroup",
				      "Name=g&Protocol=TCP&Port=30080&VpcId=%s", f->w.vpc_id);

	g = xml_text(x, "TargetGroups/member/TargetGroupArn");
	CHECK_STR(xml_text(x, "TargetGroups/member/TargetType"), "instance");
	CHECK(elb_ask(f, "RegisterTargets", "TargetGroupArn=%s&Targets.member.1.Id=%s", g, id));
	CHECK_REFUSED(f, "InvalidTarget", "'i-0'", "RegisterTargets", TARGET, g, "i-0", 80);
	CHECK_REFUSED(f, "InvalidTarget", "'192.168.1.9'", "RegisterTargets", TARGET, g,
		      "192.168.1.9", 80);
	x = elb_ask(f, "CreateLoadBalancer", "Name=n&Type=network&Subnets.member.1=%s",
		    f->w.subnets[0].id);
	lb = xml_text(x, "LoadBalancers/member/LoadBalancerArn");
	elb_new_listener(f, lb, "TCP", 80, g);
	CHECK_STR(elb_state(f, g), "unused/Target.NotInUse");
	CHECK(strstr(f->r.body, "not enabled for the load balancer"));
	CHECK(elb_ask(f, "SetSubnets", "LoadBalancerArn=%s&Subnets.member.1=%s&Subnets.member.2=%s",
		      lb, f->w.subnets[0].id, f->w.subnets[1].id));
	CHECK_STR(elb_state(f, g), "initial/Elb.RegistrationInProgress");
}

TEST(elb_a_load_balancer_can_be_a_target)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *app = elb_new_lb(f, "a", "application", ""), *g;
	const char *other = elb_new_lb(f, "b", "application", "");
	const struct xml *x =
		elb_ask(f, "CreateTargetGroup",
			"Name=g&Protocol=TCP&Port=80&TargetType=alb&VpcId=%s", f->w.vpc_id);

	g = xml_text(x, "TargetGroups/member/TargetGroupArn");
	CHECK_STR(xml_text(x, "TargetGroups/member/HealthCheckProtocol"), "HTTP");
	CHECK_REFUSED(f, "InvalidTarget", "not active", "RegisterTargets", TARGET, g, app, 80);
	f->elb.now += f->elb.c.provision_ms;
	CHECK_REFUSED(f, "InvalidTarget", "no listener", "RegisterTargets", TARGET, g, app, 80);
	CHECK_REFUSED(f, "InvalidTarget", "not an application", "RegisterTargets", TARGET, g, "x",
		      80);
	elb_new_listener(f, app, "HTTP", 80, elb_new_group(f, "h", "HTTP", ""));
	elb_new_listener(f, other, "HTTP", 80, elb_new_group(f, "i", "HTTP", ""));
	CHECK(elb_ask(f, "RegisterTargets", TARGET, g, app, 80));
	CHECK_REFUSED(f, "TooManyTargets", "one target", "RegisterTargets", TARGET, g, other, 80);
	CHECK_REFUSED(f, "ResourceInUse", "target of a target group", "DeleteLoadBalancer",
		      "LoadBalancerArn=%s", app);
}
