/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_config.c - ipamd's settings: Amazon's variables, their defaults, and what is refused. */
#include <errno.h>
#include <stdlib.h>

#include "config.h"
#include "test.h"

static const char *const variables[] = { "WARM_ENI_TARGET",
					 "WARM_IP_TARGET",
					 "MINIMUM_IP_TARGET",
					 "WARM_PREFIX_TARGET",
					 "MAX_ENI",
					 "IP_COOLDOWN_PERIOD",
					 "AWS_VPC_K8S_CNI_BACKING_STORE",
					 "NETWORK_POLICY_ENFORCING_MODE",
					 "ENABLE_IPv4",
					 "ENABLE_IPv6",
					 "ENABLE_PREFIX_DELEGATION",
					 "ENABLE_POD_ENI",
					 "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
					 "ENABLE_MULTI_NIC",
					 "ANNOTATE_POD_IP",
					 "ADDITIONAL_ENI_TAGS",
					 "CLUSTER_NAME",
					 "MANAGE_UNTAGGED_ENI",
					 "ENABLE_SUBNET_DISCOVERY",
					 "ENABLE_V6_EGRESS",
					 "DISABLE_NETWORK_RESOURCE_PROVISIONING",
					 "ENABLE_IMDS_ONLY_MODE",
					 "AWS_VPC_K8S_CNI_LOGLEVEL",
					 "AWS_VPC_K8S_CNI_LOG_FILE",
					 "HTTP_TIMEOUT",
					 "VPCBOX_AWS_API_ENDPOINTS",
					 "VPCBOX_AWS_API_THROTTLE",
					 "DISABLE_METRICS" };

struct settings {
	struct config c;
	struct buf complaints;
	struct err e;
	int rc;
};

static void settings_free(struct settings *s)
{
	config_free(&s->c);
	buf_free(&s->complaints);
}
#define auto_settings AUTO(settings_free)

/* As started with name=value alone in the environment; NULL: nothing. */
static void settings_read(struct settings *s, const char *name, const char *value)
{
	char ipamd[] = "ipamd", *argv[] = { ipamd, NULL };

	*s = (struct settings) { 0 };
	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	if (name)
		setenv(name, value, 1);
	s->rc = config_read(&s->c, 1, argv, &s->complaints, &s->e);
	buf_add(&s->complaints, "", 0);
	if (name)
		unsetenv(name);
}

TEST(ipamd_settings_have_amazons_defaults)
{
	auto_settings struct settings s;

	settings_read(&s, NULL, NULL);
	CHECK_INT(s.rc, 0);
	CHECK_INT(s.c.target.warm_eni, 1);
	CHECK_INT(s.c.target.warm_ip, 0);
	CHECK_INT(s.c.target.min_ip, 0);
	CHECK_INT(s.c.max_eni, 0);
	CHECK_INT(s.c.cooldown_s, 30);
	CHECK(s.c.subnet_discovery);
	CHECK(s.c.manage_untagged && !s.c.aws_log);
	CHECK_STR(s.c.cluster, "");
	CHECK_STR(s.c.policy_mode, "");
	CHECK_STR(s.c.store, "/var/run/aws-node/ipam.json");
	CHECK_STR(s.c.log_file, "/host/var/log/aws-routed-eni/ipamd.log");
	CHECK_STR(s.complaints.p, "");
}

TEST(ipamd_passes_on_what_it_is_told_about_calls_to_aws)
{
	auto_settings struct settings none;
	auto_settings struct settings s;

	settings_read(&none, NULL, NULL);
	CHECK_STR(none.c.aws_endpoints, "");
	CHECK_STR(none.c.aws_throttle, "");
	CHECK_INT(none.c.http_timeout_s, 10);
	settings_read(&s, "VPCBOX_AWS_API_ENDPOINTS", "EC2=http://x");
	CHECK_STR(s.c.aws_endpoints, "EC2=http://x");
	settings_free(&s);
	settings_read(&s, "VPCBOX_AWS_API_THROTTLE", "EC2:.=1:1");
	CHECK_STR(s.c.aws_throttle, "EC2:.=1:1");
}

TEST(ipamd_refuses_endpoints_and_rates_that_are_none)
{
	static const struct {
		const char *name, *value, *msg;
	} cases[] = {
		{ "VPCBOX_AWS_API_ENDPOINTS", "STS=http://x,EC3=http://y",
		  "--aws-api-endpoints: 'EC3=http://y': no such service" },
		{ "VPCBOX_AWS_API_THROTTLE", "EC2:.=1:1,EC2:^A=fast:1",
		  "--aws-api-throttle: 'EC2:^A=fast:1': its rate is not a number above zero" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_settings struct settings s;

		settings_read(&s, cases[i].name, cases[i].value);
		CHECK_INT(s.rc, -1);
		CHECK_INT(s.e.num, EINVAL);
		CHECK_STR(s.e.msg, cases[i].msg);
	}
}

TEST(ipamd_logs_calls_to_aws_on_demand)
{
	auto_settings struct settings s;

	settings_read(&s, "VPCBOX_AWS_LOG", "true");
	CHECK(s.c.aws_log);
}

TEST(ipamd_numbers_that_are_none_become_their_default)
{
	static const struct {
		const char *name, *value;
		size_t off;
		int want;
		bool complains;
	} cases[] = {
#define AT(m) offsetof(struct config, m)
		{ "WARM_IP_TARGET", "5", AT(target.warm_ip), 5, false },
		{ "WARM_IP_TARGET", "non-integer-string", AT(target.warm_ip), 0, true },
		{ "WARM_IP_TARGET", "", AT(target.warm_ip), 0, false },
		{ "WARM_IP_TARGET", " 5", AT(target.warm_ip), 0, true },
		{ "MINIMUM_IP_TARGET", "10", AT(target.min_ip), 10, false },
		{ "MINIMUM_IP_TARGET", "0", AT(target.min_ip), 0, false },
		{ "MINIMUM_IP_TARGET", "-5", AT(target.min_ip), 0, true },
		{ "MINIMUM_IP_TARGET", "invalid", AT(target.min_ip), 0, true },
		{ "HTTP_TIMEOUT", "15", AT(http_timeout_s), 15, false },
		{ "HTTP_TIMEOUT", "9", AT(http_timeout_s), 10, true },
		{ "HTTP_TIMEOUT", "soon", AT(http_timeout_s), 10, true },
		{ "WARM_ENI_TARGET", "0", AT(target.warm_eni), 0, false },
		{ "WARM_ENI_TARGET", "3", AT(target.warm_eni), 3, false },
		{ "WARM_ENI_TARGET", "x", AT(target.warm_eni), 1, true },
		{ "WARM_ENI_TARGET", "-1", AT(target.warm_eni), 1, true },
		{ "WARM_ENI_TARGET", "99999999999999999999", AT(target.warm_eni), 1, true },
		{ "IP_COOLDOWN_PERIOD", "0", AT(cooldown_s), 0, false },
		{ "IP_COOLDOWN_PERIOD", "5s", AT(cooldown_s), 30, true },
		{ "MAX_ENI", "2", AT(max_eni), 2, false },
		{ "MAX_ENI", "2147483648", AT(max_eni), 0, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_settings struct settings s;

		settings_read(&s, cases[i].name, cases[i].value);
		CHECK_INT(s.rc, 0);
		CHECK_INT(*(const int *)(const void *)((const char *)&s.c + cases[i].off),
			  cases[i].want);
		CHECK((strstr(s.complaints.p, cases[i].name) != NULL) == cases[i].complains);
	}
}

TEST(ipamd_booleans_are_gos_or_their_default)
{
	static const struct {
		const char *value;
		bool want, complains;
	} cases[] = { { "false", false, false }, { "0", false, false }, { "F", false, false },
		      { "true", true, false },   { "no", true, true },  { "", true, false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_settings struct settings s;

		settings_read(&s, "MANAGE_UNTAGGED_ENI", cases[i].value);
		CHECK_INT(s.rc, 0);
		CHECK(s.c.manage_untagged == cases[i].want);
		CHECK((strstr(s.complaints.p, "MANAGE_UNTAGGED_ENI") != NULL) ==
		      cases[i].complains);
	}
}

TEST(ipamd_backing_store_is_taken_as_it_is)
{
	auto_settings struct settings s;

	settings_read(&s, "AWS_VPC_K8S_CNI_BACKING_STORE", "/custom/path/ipam.json");
	CHECK_STR(s.c.store, "/custom/path/ipam.json");
}

TEST(ipamd_policy_mode_is_kept_verbatim_or_refused)
{
	static const struct {
		const char *value;
		int rc;
	} cases[] = { { "strict", 0 }, { "Standard", 0 }, { "NONE", 0 }, { "", -1 }, { "x", -1 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_settings struct settings s;

		settings_read(&s, "NETWORK_POLICY_ENFORCING_MODE", cases[i].value);
		CHECK_INT(s.rc, cases[i].rc);
		if (s.rc == 0)
			CHECK_STR(s.c.policy_mode, cases[i].value);
		else
			CHECK(strstr(s.e.msg, "NETWORK_POLICY_ENFORCING_MODE") != NULL);
	}
}

TEST(ipamd_refuses_what_is_not_built_and_names_it)
{
	static const char *const names[] = { "ENABLE_IPv6",
					     "ENABLE_PREFIX_DELEGATION",
					     "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
					     "ENABLE_POD_ENI",
					     "ENABLE_MULTI_NIC",
					     "ANNOTATE_POD_IP",
					     "ENABLE_V6_EGRESS",
					     "DISABLE_NETWORK_RESOURCE_PROVISIONING",
					     "ENABLE_IMDS_ONLY_MODE" };

	for (size_t i = 0; i < COUNT(names); i++) {
		auto_settings struct settings yes, no, odd;

		settings_read(&yes, names[i], "true");
		CHECK(yes.rc < 0);
		CHECK_INT(yes.e.num, EOPNOTSUPP);
		CHECK(strstr(yes.e.msg, names[i]) != NULL);
		settings_read(&no, names[i], "false");
		CHECK_INT(no.rc, 0);
		CHECK_STR(no.complaints.p, "");
		settings_read(&odd, names[i], "perhaps");
		CHECK_INT(odd.rc, 0);
		CHECK(strstr(odd.complaints.p, names[i]) != NULL);
	}
}

TEST(ipamd_refuses_a_node_without_ipv4)
{
	auto_settings struct settings s;

	settings_read(&s, "ENABLE_IPv4", "false");
	CHECK(s.rc < 0);
	CHECK(strstr(s.e.msg, "ENABLE_IPv4=false") != NULL);
}

TEST(ipamd_tells_which_settings_change_nothing_yet)
{
	auto_settings struct settings s;

	settings_read(&s, "DISABLE_METRICS", "true");
	CHECK_INT(s.rc, 0);
	CHECK_STR(s.complaints.p, "settings without effect yet: DISABLE_METRICS\n");
}

TEST(ipamd_extra_tags_are_taken_whole_or_not_at_all)
{
	static const struct {
		const char *value;
		size_t n;
		const char *complaint; /* NULL: none */
	} cases[] = {
		{ "{}", 0, NULL },
		{ "{\"a\":\"b\",\"c\":\"\"}", 2, NULL },
		{ "{\"a\":\"b\"", 0, "ignored" },
		{ "[\"a\"]", 0, "not a JSON object" },
		{ "{\"a\":\"b\",\"n\":1}", 0, "'n' is a number" },
		{ "{\"node.k8s.amazonaws.com/x\":\"y\"}", 0, "reserved" },
		{ "{\"k8s.amazonaws.com/x\":\"y\",\"a\":\"b\"}", 1, "reserved" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_settings struct settings s;

		settings_read(&s, "ADDITIONAL_ENI_TAGS", cases[i].value);
		CHECK_INT(s.rc, 0);
		CHECK_INT((long long)s.c.extra_tags.n, (long long)cases[i].n);
		if (cases[i].n)
			CHECK_STR(tag_get(&s.c.extra_tags, "a"), "b");
		if (cases[i].complaint)
			CHECK(strstr(s.complaints.p, cases[i].complaint) != NULL);
		else
			CHECK_STR(s.complaints.p, "");
	}
}

TEST(ipamd_options_beat_the_environment)
{
	char ipamd[] = "ipamd", warm[] = "--warm-ip-target=7", *argv[] = { ipamd, warm, NULL };
	auto_settings struct settings s;

	settings_read(&s, NULL, NULL);
	config_free(&s.c);
	setenv("WARM_IP_TARGET", "5", 1);
	CHECK(config_read(&s.c, 2, argv, &s.complaints, &s.e) == 0);
	CHECK_INT(s.c.target.warm_ip, 7);
	unsetenv("WARM_IP_TARGET");
}

TEST(ipamd_takes_no_operands_and_no_unknown_options)
{
	static const char *const bad[] = { "now", "--warm-ip", "--warm-ip-target" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		char ipamd[] = "ipamd", word[32], *argv[] = { ipamd, word, NULL };
		auto_settings struct settings s;

		settings_read(&s, NULL, NULL);
		config_free(&s.c);
		snprintf(word, sizeof(word), "%s", bad[i]);
		CHECK(config_read(&s.c, 2, argv, &s.complaints, &s.e) < 0);
		CHECK_INT(s.e.num, EINVAL);
		CHECK(strstr(s.e.msg, "now") || strstr(s.e.msg, "warm-ip"));
	}
}
