/* SPDX-License-Identifier: Apache-2.0 */
/* aws_session.c - what a session is told, and what it refuses to be told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "test.h"

TEST(aws_new_takes_the_region_from_the_environment_first)
{
	static const struct {
		const char *region, *fallback, *want;
	} cases[] = { { "eu-west-1", "us-east-1", "eu-west-1" },
		      { "", "us-east-1", "us-east-1" },
		      { NULL, "cn-north-1", "cn-north-1" } };
	static const char *const bad[] = { "EU", "a.b", "x/y", "us east",
					   "a-very-long-region-name-indeed-1" };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_aws struct aws *w = NULL;

		if (cases[i].region)
			setenv("AWS_REGION", cases[i].region, 1);
		else
			unsetenv("AWS_REGION");
		setenv("AWS_DEFAULT_REGION", cases[i].fallback, 1);
		CHECK(aws_new(&w, NULL, 0, &e) == 0);
		CHECK_STR(aws_region(w), cases[i].want);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_aws struct aws *w = NULL;

		setenv("AWS_REGION", bad[i], 1);
		CHECK(aws_new(&w, NULL, 0, &e) < 0 && e.num == EINVAL);
		CHECK(strstr(e.msg, bad[i]) && strstr(e.msg, "AWS_REGION"));
	}
	unsetenv("AWS_REGION");
	unsetenv("AWS_DEFAULT_REGION");
}

TEST(aws_endpoint_follows_the_environment)
{
	static const struct {
		const char *name, *value, *where;
	} cases[] = {
		{ NULL, NULL, "POST ec2.eu-central-1.amazonaws.com/: " },
		{ "AWS_EC2_ENDPOINT", "http://127.0.0.1:1", "POST 127.0.0.1/: " },
		{ "AWS_EC2_ENDPOINT", "127.0.0.2", "POST 127.0.0.2/: " },
		{ "AWS_ENDPOINT_URL", "http://127.0.0.3:2/x", "POST 127.0.0.3/x: " },
		{ "AWS_ENDPOINT_URL_EC2", "http://127.0.0.4:3", "POST 127.0.0.4/: " },
	};
	const struct aws_request q = { .service = AWS_EC2, .action = "X" };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	fakeaws_env("");
	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_answer struct aws_answer r = { 0 };
		auto_aws struct aws *w = NULL;

		if (cases[i].name)
			setenv(cases[i].name, cases[i].value, 1);
		CHECK(aws_new(&w, NULL, 0, &e) == 0);
		/* too late to connect, but the choice is made */
		CHECK(aws_send(w, &q, &r, &a, 0, &e) < 0);
		CHECK(strstr(e.msg, cases[i].where));
	}
	for (size_t i = 0; i < COUNT(cases); i++)
		if (cases[i].name)
			unsetenv(cases[i].name);
	fakeaws_env(NULL);
}

TEST(aws_new_refuses_options_that_make_no_sense)
{
	static const struct {
		const char *name, *value; /* in the environment */
		struct aws_options o;
		const char *want;
	} cases[] = {
		{ "AWS_MAX_ATTEMPTS", "many", { 0 }, "AWS_MAX_ATTEMPTS: 'many' is not a number" },
		{ "AWS_MAX_ATTEMPTS", "0", { 0 }, "AWS_MAX_ATTEMPTS: '0' is not a number" },
		{ "A", "", { .region = "no region" }, "region: 'no region' is not a region" },
		{ "A", "", { .endpoints = "EC2" }, "--aws-api-endpoints: 'EC2' is not" },
		{ "A",
		  "",
		  { .endpoints = "S9=http://x" },
		  "--aws-api-endpoints: 'S9=http://x': no" },
		{ "A", "", { .throttle = "EC2:x=1" }, "--aws-api-throttle: 'EC2:x=1' is not" },
	};
	struct err e = { 0 };

	fakeaws_env("http://127.0.0.1:1");
	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_aws struct aws *w = NULL;

		setenv(cases[i].name, cases[i].value, 1);
		CHECK(aws_new(&w, &cases[i].o, 0, &e) < 0 && e.num == EINVAL && !w);
		e.msg[strlen(cases[i].want)] = '\0';
		CHECK_STR(e.msg, cases[i].want);
		unsetenv(cases[i].name);
	}
	fakeaws_env(NULL);
}

TEST(aws_new_wants_a_region_where_no_instance_may_be_asked)
{
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	CHECK(aws_new(&w, &(struct aws_options) { .no_imds = true }, 0, &e) < 0);
	CHECK(e.num == EINVAL && strstr(e.msg, "no region"));
}

TEST(aws_new_counts_attempts_by_option_then_environment)
{
	auto_aws struct aws *w = NULL, *other = NULL;
	struct err e = { 0 };

	fakeaws_env("http://127.0.0.1:1");
	setenv("AWS_MAX_ATTEMPTS", "7", 1);
	CHECK(aws_new(&w, NULL, 0, &e) == 0);
	CHECK_INT(w->attempts, 7);
	CHECK(aws_new(&other, &(struct aws_options) { .attempts = 2 }, 0, &e) == 0);
	CHECK_INT(other->attempts, 2);
	unsetenv("AWS_MAX_ATTEMPTS");
	fakeaws_env(NULL);
}

/* The other services go on. */
TEST(aws_send_names_the_variable_of_an_endpoint_that_cannot_be_used)
{
	static const struct fakeaws_answer ok = { 200, "<DescribeXResponse/>" };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	struct aws_request q = { .service = AWS_ELBV2, .action = "DescribeX" };
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "ftp://x", 1);
	fakeaws_start(&f, &w);
	unsetenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2");
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0 && e.num == EINVAL);
	CHECK(strstr(e.msg, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2"));
	q.service = AWS_EC2;
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
}
