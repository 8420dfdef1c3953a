/* SPDX-License-Identifier: Apache-2.0 */
/* elbcase.h - for tests of ELBv2's wrappers: answers as ELBv2 writes them, calls of which only what
 * is sent counts. */
#pragma once
#include "awscase.h"
#include "elbv2.h"

#define XMLNS " xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n"
#define META "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\n"
#define SAYS(action, result)                                                                     \
	"<" action "Response" XMLNS "  <" action "Result>" result "</" action "Result>\n  " META \
	"</" action "Response>"
#define SENT(action) "Action=" action "&Version=2015-12-01"

/* One call of an action of whose answer nothing counts. */
static void elbcase_put(int (*call)(struct awscase *x), const char *action, const char *want)
{
	auto_awscase struct awscase x = { 0 };
	struct fakeaws_answer answer = { 200, NULL };

	answer.body = arena_fmt(&x.a, "<%sResponse" XMLNS "<%sResult/>" META "</%sResponse>",
				action, action, action);
	awscase_start(&x, &answer, 1);
	CHECK(call(&x) == 0);
	CHECK_STR(x.e.msg, "");
	awscase_sent(&x, arena_fmt(&x.a, "Action=%s&Version=2015-12-01&%s", action, want));
}
#define PUTS(fn, action, want, ...)                                                \
	static int fn##_try(struct awscase *x)                                     \
	{                                                                          \
		return elb_##fn(x->w, &__VA_ARGS__, &x->a, awscase_soon(), &x->e); \
	}                                                                          \
	TEST(elb_##fn##_sends_all)                                                 \
	{                                                                          \
		elbcase_put(fn##_try, action, want);                               \
	}
