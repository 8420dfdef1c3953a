/* SPDX-License-Identifier: Apache-2.0 */
/* lab_elb_tag.c - tags and attributes of the lab's load balancers, listeners and target groups. */
#include "labask.h"

TEST(elb_tags_are_added_replaced_and_removed)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "web", "network", "");
	const char *group = elb_new_group(f, "g", "TCP", "");
	const struct xml *x;

	CHECK(elb_ask(f, "AddTags",
		      "ResourceArns.member.1=%s&ResourceArns.member.2=%s&Tags.member.1.Key=a"
		      "&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value=2",
		      lb, group));
	CHECK(elb_ask(f, "AddTags",
		      "ResourceArns.member.1=%s&Tags.member.1.Key=a&Tags.member.1.Value=3", lb));
	x = elb_ask(f, "DescribeTags", "ResourceArns.member.1=%s&ResourceArns.member.2=%s", lb,
		    group);
	CHECK(xml_count(x, "TagDescriptions/member") == 2);
	CHECK_STR(xml_text(x, "TagDescriptions/member/ResourceArn"), lb);
	CHECK(xml_count(x, "TagDescriptions/member/Tags/member") == 2);
	CHECK_STR(xml_text(x, "TagDescriptions/member/Tags/member/Value"), "3");
	CHECK(elb_ask(f, "RemoveTags",
		      "ResourceArns.member.1=%s&TagKeys.member.1=a&TagKeys.member.2=none", lb));
	x = elb_ask(f, "DescribeTags", "ResourceArns.member.1=%s", lb);
	CHECK_STR(xml_text(x, "TagDescriptions/member/Tags/member/Key"), "b");
}

TEST(elb_listeners_and_rules_have_tags_too)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "web", "application", "");
	const char *l = elb_new_listener(f, lb, "HTTP", 80, elb_new_group(f, "g", "HTTP", ""));
	const char *rule = f->elb.rules->v->arn;

	CHECK(elb_ask(f, "AddTags",
		      "ResourceArns.member.1=%s&ResourceArns.member.2=%s&Tags.member.1.Key=a", l,
		      rule));
	CHECK(f->elb.listeners->tags && f->elb.rules->tags);
	CHECK_STR(f->elb.rules->tags->value, "");
}

TEST(elb_refuses_tags_all_or_none)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "web", "network", "");
	auto_buf struct buf many = { 0 }, arns = { 0 };
	char key[200] = { 0 };

#define ADD_ONE "ResourceArns.member.1=%s&Tags.member.1.Key=%s&Tags.member.1.Value=%s"
	memset(key, 'k', 129);
	CHECK_REFUSED(f, "ValidationError", "1 to 128", "AddTags", ADD_ONE, lb, key, "");
	CHECK_REFUSED(f, "ValidationError", "1 to 128", "AddTags", ADD_ONE, lb, "", "v");
	CHECK_REFUSED(f, "ValidationError", "reserved: 'AWS:x'", "AddTags", ADD_ONE, lb, "AWS:x",
		      "v");
	CHECK_REFUSED(f, "ValidationError", "at most 256", "AddTags", ADD_ONE "%s%s", lb, "k", key,
		      key, key);
	CHECK_REFUSED(f, "DuplicateTagKeys", "'k'", "AddTags", ADD_ONE "&Tags.member.2.Key=k", lb,
		      "k", "v");
	CHECK_REFUSED(f, "TargetGroupNotFound", "/gone/", "AddTags",
		      ADD_ONE "&ResourceArns.member.2=arn:x:targetgroup/gone/1", lb, "k", "v");
	CHECK_REFUSED(f, "ValidationError", "not a valid ARN", "AddTags", ADD_ONE, "arn:x", "k",
		      "v");
	CHECK_REFUSED(f, "ValidationError", "At least one tag", "AddTags",
		      "ResourceArns.member.1=%s", lb);
	CHECK_REFUSED(f, "ValidationError", "At least one tag key", "RemoveTags",
		      "ResourceArns.member.1=%s", lb);
	CHECK_REFUSED(f, "ValidationError", "At least one resource", "DescribeTags", "%s", "");
	for (int i = 1; i <= 51; i++)
		buf_fmt(&many, "&Tags.member.%d.Key=k%d", i, i);
	CHECK_REFUSED(f, "TooManyTags", ": 50", "AddTags", "ResourceArns.member.1=%s%s", lb,
		      many.p);
	for (int i = 1; i <= 21; i++)
		buf_fmt(&arns, "&ResourceArns.member.%d=%s", i, lb);
	CHECK_REFUSED(f, "ValidationError", "more than 20 resources", "DescribeTags", "%s",
		      arns.p + 1);
	CHECK(!f->elb.lbs->tags);
#undef ADD_ONE
}

TEST(elb_attributes_have_the_defaults_of_their_type)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *app = elb_new_lb(f, "a", "application", "");
	const char *net = elb_new_lb(f, "n", "network", "");
	const char *inside = elb_new_lb(f, "i", "application", "Scheme=internal");

	CHECK(elb_ask(f, "DescribeLoadBalancerAttributes", "LoadBalancerArn=%s", app));
	CHECK_INT(xml_count(f->x->first, "Attributes/member"), 23);
	CHECK_STR(elb_attr(f, "idle_timeout.timeout_seconds"), "60");
	CHECK_STR(elb_attr(f, "routing.http2.enabled"), "true");
	CHECK_STR(elb_attr(f, "load_balancing.cross_zone.enabled"), "true");
	CHECK_STR(elb_attr(f, "ipv6.deny_all_igw_traffic"), "false");
	CHECK(elb_ask(f, "DescribeLoadBalancerAttributes", "LoadBalancerArn=%s", net));
	CHECK_INT(xml_count(f->x->first, "Attributes/member"), 9);
	CHECK_STR(elb_attr(f, "load_balancing.cross_zone.enabled"), "false");
	CHECK_STR(elb_attr(f, "dns_record.client_routing_policy"), "any_availability_zone");
	CHECK(elb_ask(f, "DescribeLoadBalancerAttributes", "LoadBalancerArn=%s", inside));
	CHECK_STR(elb_attr(f, "ipv6.deny_all_igw_traffic"), "true");
}

TEST(elb_target_groups_preserve_the_clients_address_by_type_and_protocol)
{
	static const struct {
		const char *protocol, *rest, *preserve, *terminate;
		int n;
	} cases[] = {
		{ "TCP", "", "false", "false", 13 },
		{ "TLS", "TargetType=instance", "true", "false", 13 },
		{ "UDP", "", "true", "true", 13 },
		{ "TCP_UDP", "TargetType=instance", "true", "true", 13 },
		{ "HTTP", "", "", "", 14 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fix struct fix *f = fix_new("t3.medium");
		const struct xml *x =
			elb_ask(f, "CreateTargetGroup", "Name=g&Protocol=%s&Port=80&VpcId=%s&%s",
				cases[i].protocol, f->w.vpc_id,
				*cases[i].rest ? cases[i].rest : "TargetType=ip");

		CHECK(elb_ask(f, "DescribeTargetGroupAttributes", "TargetGroupArn=%s",
			      xml_text(x, "TargetGroups/member/TargetGroupArn")));
		CHECK_INT(xml_count(f->x->first, "Attributes/member"), cases[i].n);
		CHECK_STR(elb_attr(f, "preserve_client_ip.enabled"), cases[i].preserve);
		CHECK_STR(elb_attr(f, "deregistration_delay.connection_termination.enabled"),
			  cases[i].terminate);
		CHECK_STR(elb_attr(f, "deregistration_delay.timeout_seconds"), "300");
	}
}

TEST(elb_attributes_are_checked_all_before_any_is_set)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf many = { 0 };
	const char *app = elb_new_lb(f, "a", "application", "");

#define SET                             \
	"ModifyLoadBalancerAttributes", \
		"LoadBalancerArn=%s&Attributes.member.1.Key=%s&Attributes.member.1.Value=%s"
	CHECK(elb_ask(f, SET, app, "idle_timeout.timeout_seconds", "4000"));
	CHECK_STR(elb_attr(f, "idle_timeout.timeout_seconds"), "4000");
	CHECK_REFUSED(f, "ValidationError", "value '4001'", SET, app,
		      "idle_timeout.timeout_seconds", "4001");
	CHECK_REFUSED(f, "ValidationError", "value '1e2'", SET, app, "idle_timeout.timeout_seconds",
		      "1e2");
	CHECK_REFUSED(f, "ValidationError", "'colour' is not recognized", SET, app, "colour",
		      "red");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "not supported", SET, app,
		      "dns_record.client_routing_policy", "any_availability_zone");
	CHECK_REFUSED(f, "ValidationError", "must be one of: true", SET, app,
		      "load_balancing.cross_zone.enabled", "false");
	CHECK_REFUSED(f, "ValidationError", "monitor|defensive|strictest", SET, app,
		      "routing.http.desync_mitigation_mode", "def");
	CHECK_REFUSED(f, "ValidationError", "'colour'", SET "&Attributes.member.2.Key=colour", app,
		      "routing.http2.enabled", "false");
	CHECK_REFUSED(f, "ValidationError", "At least one", "ModifyLoadBalancerAttributes",
		      "LoadBalancerArn=%s", app);
	for (int i = 1; i <= 21; i++)
		buf_fmt(&many, "&Attributes.member.%d.Key=waf.fail_open.enabled", i);
	CHECK_REFUSED(f, "ValidationError", "less than or equal to 20",
		      "ModifyLoadBalancerAttributes", "LoadBalancerArn=%s%s", app, many.p);
	CHECK(elb_ask(f, "DescribeLoadBalancerAttributes", "LoadBalancerArn=%s", app));
	CHECK_STR(elb_attr(f, "routing.http2.enabled"), "true");
#undef SET
}

TEST(elb_target_group_and_listener_attributes_too)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", ""),
		   *group = elb_new_group(f, "g", "UDP", "");
	const char *l = elb_new_listener(f, lb, "UDP", 53, group);

#define GROUP                          \
	"ModifyTargetGroupAttributes", \
		"TargetGroupArn=%s&Attributes.member.1.Key=%s&Attributes.member.1.Value=%s"
	CHECK(elb_ask(f, GROUP, group, "deregistration_delay.timeout_seconds", "60"));
	CHECK_STR(elb_attr(f, "deregistration_delay.timeout_seconds"), "60");
	CHECK(elb_ask(f, GROUP, group,
		      "target_group_health.dns_failover.minimum_healthy_targets.count", "off"));
	CHECK_REFUSED(f, "ValidationError", "one of: true", GROUP, group,
		      "preserve_client_ip.enabled", "false");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "Target group", GROUP, group,
		      "slow_start.duration_seconds", "30");
	CHECK_REFUSED(f, "TargetGroupNotFound", "/gone/", GROUP, "arn:x:targetgroup/gone/1", "a",
		      "b");
	/* A UDP listener has none, and shows an empty list. */
	CHECK(elb_ask(f, "DescribeListenerAttributes", "ListenerArn=%s", l));
	CHECK(xml_get(f->x->first, "Attributes") && !xml_get(f->x->first, "Attributes/member"));
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "Listener", "ModifyListenerAttributes",
		      "ListenerArn=%s&Attributes.member.1.Key=tcp.idle_timeout.seconds"
		      "&Attributes.member.1.Value=60",
		      l);
	l = elb_new_listener(f, lb, "TCP", 80, elb_new_group(f, "t", "TCP", ""));
	CHECK(elb_ask(f, "ModifyListenerAttributes",
		      "ListenerArn=%s&Attributes.member.1.Key=tcp.idle_timeout.seconds"
		      "&Attributes.member.1.Value=60",
		      l));
	CHECK_STR(elb_attr(f, "tcp.idle_timeout.seconds"), "60");
#undef GROUP
}

TEST(elb_refuses_names_of_parameters_that_are_none)
{
	static const char *const forms[] = {
		"Tags.member.1=x",
		"Tags.member.3.Key=x",
		"Tags.member.0.Key=x",
		"Tags.member.01.Key=x",
		"Tags.member.1.Key.x=y",
		"Tags.member.1.key=x",
		"Tags.1.Key=x",
		"Tags.member.99999999999999999999.Key=x",
		"Tags..member.1.Key=x",
		"Tags.member.1.Key.=x",
		".=x",
		"=x",
		"ResourceArns.member.1.x=y",
		"Tags=x",
	};
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "web", "network", "");

	for (size_t i = 0; i < COUNT(forms); i++)
		CHECK_REFUSED(f, "ValidationError", "'", "AddTags",
			      "ResourceArns.member.1=%s&Tags.member.1.Key=a&%s", lb, forms[i]);
	CHECK(!f->elb.lbs->tags);
	CHECK_REFUSED(f, "ValidationError", "'Tags.member.1.Key'", "AddTags",
		      "ResourceArns.member.1=%s&Tags.member.1.Key=a&Tags.member.1.Key=b", lb);
}
