/* SPDX-License-Identifier: Apache-2.0 */
/* awscase.h - for tests of wrappers: a fake AWS and a session with it; what was sent, whole. */
#pragma once
#include "clock.h"
#include "fakeaws.h"
#include "str.h"
#include "test.h"

struct awscase {
	struct fakeaws f;
	struct aws *w;
	struct arena a;
	struct err e;
};

static void awscase_start(struct awscase *x, const struct fakeaws_answer *answers, size_t n)
{
	x->f.answers = answers;
	x->f.n = n;
	fakeaws_start(&x->f, &x->w);
}
static void awscase_end(struct awscase *x)
{
	aws_free(&x->w);
	fakeaws_stop(&x->f);
	arena_free(&x->a);
}
#define auto_awscase AUTO(awscase_end)

static inline int64_t awscase_soon(void)
{
	return now_ms() + 20000;
}
/* The last request's body was this, and all were signed well. Ends the server. */
static inline void awscase_sent(struct awscase *x, const char *body)
{
	web_stop(&x->f.web);
	CHECK_STR(x->f.body.p, body);
	CHECK_INT(x->f.bad_signatures, 0);
}
/* Strings of a literal list as struct strs: LISTED("a", "b"). */
#define LISTED(...)                                                                     \
	{                                                                               \
		(const char *[]) { __VA_ARGS__ },                                       \
			sizeof((const char *[]) { __VA_ARGS__ }) / sizeof(const char *) \
	}
/* Structs as struct Ts: MANY(tag, { "k", "v" }, { "l", "w" }). */
#define MANY(T, ...)                                                            \
	{                                                                       \
		(struct T[]) { __VA_ARGS__ },                                   \
			sizeof((struct T[]) { __VA_ARGS__ }) / sizeof(struct T) \
	}
