/* SPDX-License-Identifier: Apache-2.0 */
/* ratelimit.c - token buckets by service and action. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ratelimit.h"
#include "test.h"

static int turn(struct ratelimit *l, const char *action, int64_t deadline, struct err *e)
{
	const struct aws_request q = { .service = AWS_EC2, .action = action };

	return ratelimit_wait(l, &q, deadline, e);
}

/* How many calls pass at once. */
static int burst(const char *text, enum aws_service s, const char *action, int most)
{
	const struct aws_request q = { .service = s, .action = action };
	auto_ratelimit struct ratelimit *l = NULL;
	struct err e = { 0 };
	int n = 0;

	CHECK(ratelimit_new(&l, text, &e) == 0);
	CHECK_STR(e.msg, "");
	while (l && n < most && ratelimit_wait(l, &q, 0, &e) == 0)
		n++;
	return n;
}

/* The rates are so low, or the bursts so large, that no token is added meanwhile. */
TEST(each_family_of_actions_has_its_burst)
{
	static const struct {
		const char *text;
		enum aws_service s;
		const char *action;
		int least, most;
	} cases[] = {
		{ "", AWS_EC2, "DescribeSubnets", 100, 110 },
		{ "", AWS_EC2, "CreateTags", 50, 55 },
		{ "", AWS_ELBV2, "RegisterTargets", 20, 22 },
		{ "", AWS_ELBV2, "DeregisterTargets", 20, 22 },
		{ "", AWS_ELBV2, "ModifyRule", 20, 22 },
		{ "", AWS_ELBV2, "DescribeRules", 200, 220 },
		{ "", AWS_ELBV2, "CreateRule", 300, 300 },
		{ "", AWS_STS, "AssumeRole", 300, 300 },
		{ "EC2:^Create=0.001:2", AWS_EC2, "CreateTags", 2, 2 },
		{ "EC2:^Create=0.001:2", AWS_EC2, "DescribeSubnets", 300, 300 },
		{ "EC2:^Create=0.001:2", AWS_ELBV2, "ModifyRule", 20, 22 },
		{ "EC2:Tags=0.001:3,EC2:^Create=0.001:2,STS:.=0.001:1", AWS_EC2, "CreateTags", 2,
		  2 },
		{ "EC2:Tags=0.001:3,EC2:^Create=0.001:2,STS:.=0.001:1", AWS_EC2, "DeleteTags", 3,
		  3 },
		{ "EC2:Tags=0.001:3,EC2:^Create=0.001:2,STS:.=0.001:1", AWS_STS, "AssumeRole", 1,
		  1 },
		{ "Elastic Load Balancing v2:^A|^B=0.001:1", AWS_ELBV2, "BX", 1, 1 },
		{ "WAFV2:^AssociateWebACL=0.5:1", AWS_EC2, "CreateTags", 50, 55 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int n = burst(cases[i].text, cases[i].s, cases[i].action, 300);

		CHECK(n >= cases[i].least && n <= cases[i].most);
	}
}

/* One kind of describe uses up its tokens; the other still has its own. */
TEST(describes_that_are_narrowed_have_a_bucket_of_their_own)
{
	static const struct {
		const char *body;
		bool narrow;
	} cases[] = {
		{ NULL, false },
		{ "NetworkInterfaceId.1=eni-1", false },
		{ "DryRun=true&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1", true },
		{ "MaxResults=1000", true },
		{ "InstanceId.1=i&NextToken=t", true },
		{ "NoFilter.1.Name=x&NetworkInterfaceId.1=MaxResults", false },
	};

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		auto_ratelimit struct ratelimit *l = NULL;
		const struct aws_request one = { .service = AWS_EC2,
						 .action = "DescribeX",
						 .body = i % 2 ? "Filter.1.Name=x" : NULL };
		const struct aws_request q = { .service = AWS_EC2,
					       .action = "DescribeX",
					       .body = cases[i / 2].body };
		struct err e = { 0 };

		CHECK(ratelimit_new(&l, NULL, &e) == 0);
		for (int n = 0; n < 200 && ratelimit_wait(l, &one, 0, &e) == 0;)
			n++;
		CHECK((ratelimit_wait(l, &q, 0, &e) == 0) == (cases[i / 2].narrow != (i % 2 == 1)));
	}
}

TEST(a_throttle_that_is_malformed_is_refused_by_name)
{
	static const char *const bad[] = {
		"a=b=c",
		"a:b:c=4.2:5",
		"EC2:b=4.2:5:6",
		"EC2:b=x:5",
		"EC2:b=4.2:x",
		"EC2:(=1:1",
		"EC2:=1:1",
		"EC2:a=0:1",
		"EC2:a=1:0",
		"EC2:a=-1:1",
		"EC2:a=1:1.5",
		"EC2:a=1e9:1",
		"EC2:a=0.00000000000000000001:1",
		"EC2:a=inf:1",
		"EC2:a=1.:1",
		"EC2:a=.5:1",
		"EC2:a=9999999:1",
		"Nobody:a=1:1",
		"ec2:a=1:1",
		"EC2:a=1",
		":a=1:1",
		"EC2:a=1:1,EC2:b",
		"STS:a=1:1,EC2:x=1=1:2",
		"EC2:a=0x10:1",
		"EC2",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_ratelimit struct ratelimit *l = NULL;
		const char *last = strrchr(bad[i], ',');
		struct err e = { 0 };

		CHECK(ratelimit_new(&l, bad[i], &e) < 0 && e.num == EINVAL && !l);
		e.num = 0;
		CHECK(aws_throttle_check(bad[i], &e) < 0 && e.num == EINVAL);
		if (!strstr(e.msg, "regular expression:"))
			CHECK(strstr(e.msg, last ? last + 1 : bad[i]));
	}
}

TEST(a_throttle_that_is_well_formed_passes)
{
	struct err e = { 0 };

	CHECK(aws_throttle_check("", &e) == 0);
	CHECK(aws_throttle_check("WAF Regional:^AssociateWebACL|DisassociateWebACL=0.5:1,"
				 "Elastic Load Balancing v2:^RegisterTargets=4:20",
				 &e) == 0);
	CHECK_STR(e.msg, "");
}

TEST(a_call_waits_for_its_token_and_nobody_overtakes)
{
	auto_ratelimit struct ratelimit *l = NULL;
	int64_t began = now_ms();
	struct err e = { 0 };

	CHECK(ratelimit_new(&l, "EC2:.=20:1", &e) == 0);
	for (int i = 0; i < 5; i++) /* 0, 50, 100, 150, 200 ms */
		CHECK(turn(l, "X", now_ms() + 20000, &e) == 0);
	CHECK(now_ms() - began >= 200);
}

TEST(a_call_that_would_wait_too_long_takes_no_token)
{
	auto_ratelimit struct ratelimit *l = NULL;
	struct err e = { 0 };

	CHECK(ratelimit_new(&l, "EC2:A=0.1:1,EC2:AB=0.001:2", &e) == 0);
	CHECK(turn(l, "A", 0, &e) == 0);
	for (int i = 0; i < 100; i++)
		CHECK(turn(l, "AB", 0, &e) < 0 && e.num == ETIMEDOUT);
	CHECK(strstr(e.msg, "AB: our own rate limit"));
}
