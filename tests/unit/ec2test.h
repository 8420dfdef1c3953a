/* SPDX-License-Identifier: Apache-2.0 */
/* ec2test.h - a session with a fake EC2, and what went over the wire. */
#pragma once
#include <string.h>

#include "clock.h"
#include "fakeaws.h"
#include "str.h"
#include "test.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS " xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n    <requestId>r-1</requestId>\n"
/* What EC2 answers to an action, around what is inside. */
#define ANSWER(action, inside) HEAD "<" action "Response" NS inside "</" action "Response>"
#define YES(action) ANSWER(action, "    <return>true</return>\n")

struct fixture {
	struct fakeaws f;
	struct aws *w;
	struct arena a;
	struct err e;
};

static inline void start(struct fixture *x, const struct fakeaws_answer *answers, size_t n)
{
	x->f.answers = answers;
	x->f.n = n;
	fakeaws_start(&x->f, &x->w);
}

static inline void fixture_end(struct fixture *x)
{
	aws_free(&x->w);
	fakeaws_stop(&x->f);
	arena_free(&x->a);
}
#define auto_fixture AUTO(fixture_end)

static inline int64_t soon(void)
{
	return now_ms() + 20000;
}

/* The last request had these parameters, and no others but Action and Version. */
static inline void sent(struct fixture *x, const char *action, const char *pairs)
{
	struct strs want = str_split(pairs, " ", &x->a), got;

	web_stop(&x->f.web);
	got = str_split(x->f.body.p, "&", &x->a);
	CHECK(fakeaws_got(&x->f, arena_fmt(&x->a, "Action=%s", action)));
	CHECK(fakeaws_got(&x->f, "Version=2016-11-15"));
	for (size_t i = 0; i < want.n; i++)
		if (!fakeaws_got(&x->f, want.v[i]))
			CHECK_STR(x->f.body.p, want.v[i]);
	CHECK_INT(got.n, want.n + 2);
	CHECK_INT(x->f.bad_signatures, 0);
}
