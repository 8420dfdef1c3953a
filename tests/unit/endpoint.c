/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - where services are, by partition and by whoever has a say. tests/aws/endpoints.sh
 * compares with botocore. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "str.h"
#include "test.h"

static const char *const variables[] = {
	"AWS_ENDPOINT_URL",
	"AWS_ENDPOINT_URL_EC2",
	"AWS_EC2_ENDPOINT",
	"AWS_USE_FIPS_ENDPOINT",
	"AWS_USE_DUALSTACK_ENDPOINT",
	"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
	"AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API",
};

/* "NAME=value NAME=value"; "" takes all away. */
static void environment(const char *pairs)
{
	auto_arena struct arena a = { 0 };
	struct strs list = str_split(pairs, " ", &a);

	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	for (size_t i = 0; i < list.n; i++) {
		char *eq = strchr(list.v[i], '=');

		*eq = '\0';
		setenv(list.v[i], eq + 1, 1);
	}
}

TEST(endpoints_follow_partition_fips_and_dual_stack)
{
	static const struct {
		enum aws_service s;
		const char *region, *env, *want;
	} cases[] = {
		{ AWS_EC2, "eu-central-1", "", "https://ec2.eu-central-1.amazonaws.com" },
		{ AWS_ELBV2, "mx-central-1", "",
		  "https://elasticloadbalancing.mx-central-1.amazonaws.com" },
		{ AWS_STS, "cn-north-1", "", "https://sts.cn-north-1.amazonaws.com.cn" },
		{ AWS_ACM, "us-iso-east-1", "", "https://acm.us-iso-east-1.c2s.ic.gov" },
		{ AWS_EC2, "us-isob-east-1", "", "https://ec2.us-isob-east-1.sc2s.sgov.gov" },
		{ AWS_EC2, "eu-isoe-west-1", "", "https://ec2.eu-isoe-west-1.cloud.adc-e.uk" },
		{ AWS_EC2, "us-isof-south-1", "", "https://ec2.us-isof-south-1.csp.hci.ic.gov" },
		{ AWS_EC2, "eusc-de-east-1", "", "https://ec2.eusc-de-east-1.amazonaws.eu" },
		{ AWS_EC2, "us-east-1", "AWS_USE_FIPS_ENDPOINT=true",
		  "https://ec2-fips.us-east-1.amazonaws.com" },
		{ AWS_EC2, "us-gov-west-1", "AWS_USE_FIPS_ENDPOINT=True",
		  "https://ec2.us-gov-west-1.amazonaws.com" },
		{ AWS_TAGGING, "us-gov-west-1", "AWS_USE_FIPS_ENDPOINT=true",
		  "https://tagging-fips.us-gov-west-1.amazonaws.com" },
		{ AWS_EC2, "us-west-2", "AWS_USE_DUALSTACK_ENDPOINT=true",
		  "https://ec2.us-west-2.api.aws" },
		{ AWS_EC2, "us-gov-west-1",
		  "AWS_USE_DUALSTACK_ENDPOINT=true AWS_USE_FIPS_ENDPOINT=true",
		  "https://ec2-fips.us-gov-west-1.api.aws" },
		{ AWS_EC2, "cn-north-1",
		  "AWS_USE_DUALSTACK_ENDPOINT=true AWS_USE_FIPS_ENDPOINT=false",
		  "https://ec2.cn-north-1.api.amazonwebservices.com.cn" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct endpoint_conf c = { .region = cases[i].region };
		auto_arena struct arena a = { 0 };
		const char *url = "";
		struct err e = { 0 };

		environment(cases[i].env);
		CHECK(endpoint_url(cases[i].s, &c, &url, &a, &e) == 0);
		CHECK_STR(url, cases[i].want);
	}
	environment("");
}

TEST(partitions_have_the_names_of_arns)
{
	CHECK_STR(endpoint_partition("eu-north-1"), "aws");
	CHECK_STR(endpoint_partition("cn-northwest-1"), "aws-cn");
	CHECK_STR(endpoint_partition("us-gov-east-1"), "aws-us-gov");
	CHECK_STR(endpoint_partition("us-iso-west-1"), "aws-iso");
	CHECK_STR(endpoint_partition("us-isob-west-1"), "aws-iso-b");
	CHECK_STR(endpoint_partition(""), "aws");
}

static const char config[] =
	"[default]\nservices = s\nendpoint_url = http://profile\n"
	"[profile plain]\nendpoint_url = http://plain\n"
	"[profile deaf]\nignore_configured_endpoint_urls = true\nendpoint_url = http://no\n"
	"[profile fips]\nuse_fips_endpoint = true\n"
	"[profile odd]\nuse_dualstack_endpoint = perhaps\n"
	"[services s]\nec2 =\n  endpoint_url = http://section\n"
	"elastic_load_balancing_v2 =\n  endpoint_url = http://section-elb\n";

TEST(endpoints_are_set_by_who_comes_first)
{
#define OTHER "Elastic Load Balancing v2=elb.example/x"
	static const struct {
		enum aws_service s;
		const char *profile, *overrides, *env, *want;
	} cases[] = {
		{ AWS_EC2, "none", NULL, "", "https://ec2.us-east-1.amazonaws.com" },
		{ AWS_EC2, "default", NULL, "", "http://section" },
		{ AWS_ELBV2, "default", NULL, "", "http://section-elb" },
		{ AWS_STS, "default", NULL, "", "http://profile" },
		{ AWS_EC2, "plain", NULL, "", "http://plain" },
		{ AWS_EC2, "default", NULL, "AWS_EC2_ENDPOINT=http://cni", "http://cni" },
		{ AWS_STS, "none", NULL, "AWS_EC2_ENDPOINT=http://cni",
		  "https://sts.us-east-1.amazonaws.com" },
		{ AWS_EC2, "default", NULL,
		  "AWS_ENDPOINT_URL=http://all AWS_EC2_ENDPOINT=http://cni", "http://all" },
		{ AWS_EC2, "default", NULL,
		  "AWS_ENDPOINT_URL=http://all AWS_ENDPOINT_URL_EC2=http://ec2", "http://ec2" },
		{ AWS_ELBV2, "default", NULL,
		  "AWS_ENDPOINT_URL=http://all AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2=elb:81",
		  "https://elb:81" },
		{ AWS_TAGGING, "default", NULL,
		  "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API=http://[::1]:8", "http://[::1]:8" },
		{ AWS_EC2, "default", "EC2=http://flag," OTHER,
		  "AWS_ENDPOINT_URL=http://all AWS_ENDPOINT_URL_EC2=http://ec2", "http://flag" },
		{ AWS_ELBV2, "default", "EC2=http://flag," OTHER, "", "https://elb.example/x" },
		{ AWS_STS, "none", "EC2=http://flag," OTHER, "",
		  "https://sts.us-east-1.amazonaws.com" },
		{ AWS_EC2, "default", NULL,
		  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true AWS_ENDPOINT_URL=http://all",
		  "https://ec2.us-east-1.amazonaws.com" },
		{ AWS_EC2, "default", "EC2=http://flag", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
		  "http://flag" },
		{ AWS_EC2, "deaf", NULL, "AWS_ENDPOINT_URL=http://all",
		  "https://ec2.us-east-1.amazonaws.com" },
		{ AWS_EC2, "fips", NULL, "", "https://ec2-fips.us-east-1.amazonaws.com" },
		{ AWS_EC2, "fips", NULL, "AWS_USE_FIPS_ENDPOINT=false",
		  "https://ec2.us-east-1.amazonaws.com" },
	};
	auto_profiles struct profiles *p = NULL;
	struct err e = { 0 };

	CHECK(profiles_parse(&p, config, "", &e) == 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct endpoint_conf c = { cases[i].overrides, p, cases[i].profile,
						 "us-east-1" };
		auto_arena struct arena a = { 0 };
		const char *url = "";

		environment(cases[i].env);
		CHECK(endpoint_url(cases[i].s, &c, &url, &a, &e) == 0);
		CHECK_STR(url, cases[i].want);
	}
	CHECK_STR(e.msg, "");
	environment("");
}

TEST(endpoints_that_cannot_be_are_refused_by_where_they_came_from)
{
	static const struct {
		const char *profile, *overrides, *env;
		int num;
		const char *want;
	} cases[] = {
		{ "none", NULL, "AWS_ENDPOINT_URL=ftp://x", EINVAL, "AWS_ENDPOINT_URL: " },
		{ "none", NULL, "AWS_ENDPOINT_URL_EC2=http://", EINVAL, "AWS_ENDPOINT_URL_EC2: " },
		{ "none", NULL, "AWS_EC2_ENDPOINT=http://a:b", EINVAL, "AWS_EC2_ENDPOINT: " },
		{ "none", NULL, "AWS_ENDPOINT_URL=http://a/?b=c", EINVAL, "has a query" },
		{ "none", NULL, "AWS_ENDPOINT_URL=http://a/#b", EINVAL, "has a query" },
		{ "none", "EC2=x://y", "", EINVAL, "--aws-api-endpoints: " },
		{ "none", NULL, "AWS_USE_FIPS_ENDPOINT=yes", EINVAL,
		  "AWS_USE_FIPS_ENDPOINT: 'yes' is neither true nor false" },
		{ "odd", NULL, "", EINVAL, "use_dualstack_endpoint of profile odd: 'perhaps'" },
		{ "none", NULL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1", EINVAL, "neither true" },
		{ "plain", NULL, "AWS_USE_FIPS_ENDPOINT=true", ENOTSUP,
		  "endpoint_url of profile plain sets a URL, and a FIPS endpoint is wanted" },
		{ "none", NULL, "AWS_ENDPOINT_URL=http://a AWS_USE_DUALSTACK_ENDPOINT=true",
		  ENOTSUP, "AWS_ENDPOINT_URL sets a URL, and a dual-stack endpoint is wanted" },
	};
	auto_profiles struct profiles *p = NULL;
	struct err e = { 0 };

	CHECK(profiles_parse(&p, config, "", &e) == 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct endpoint_conf c = { cases[i].overrides, p, cases[i].profile,
						 "us-east-1" };
		auto_arena struct arena a = { 0 };
		const char *url = "";

		environment(cases[i].env);
		CHECK(endpoint_url(AWS_EC2, &c, &url, &a, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		if (!strstr(e.msg, cases[i].want))
			CHECK_STR(e.msg, cases[i].want);
	}
	environment("");
}

TEST(overrides_are_checked_as_a_whole)
{
	static const char *const good[] = { "", "EC2=http://x", "EC2=x,STS=https://y:1/z",
					    "WAF Regional=https://w,ec2imds=http://i" };
	static const char *const bad[] = {
		"EC2",       "EC2=",           "=http://x",    "ec2=http://x",  "EC2=ftp://x",
		"STS=x,EC2", "EC2=http://x?y", "EC3=http://x", "EC2=http://a b"
	};
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(aws_endpoints_check(good[i], &e) == 0);
	CHECK_STR(e.msg, "");
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *last = strrchr(bad[i], ',');

		CHECK(aws_endpoints_check(bad[i], &e) < 0 && e.num == EINVAL);
		CHECK(strstr(e.msg, last ? last + 1 : bad[i])); /* it names the pair */
	}
}
