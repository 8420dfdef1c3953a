/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - the steps from have to want. */
#include <errno.h>
#include <stdlib.h>

#include "buf.h"
#include "diff.h"
#include "test.h"

struct item {
	int id, val;
};

static int cmp(const void *a, const void *b)
{
	return ((const struct item *)a)->id - ((const struct item *)b)->id;
}

static bool same(const void *a, const void *b)
{
	return ((const struct item *)a)->val == ((const struct item *)b)->val;
}

static int add(void *ctx, const void *w, struct err *e)
{
	const struct item *i = w;

	if (i->id == 13 || i->id == 15)
		return fail(e, i->id == 13 ? EBUSY : ENOSPC, "add %d", i->id);
	buf_fmt(ctx, "+%d ", i->id);
	return 0;
}

static int change(void *ctx, const void *w, const void *h, struct err *e)
{
	(void)h;
	(void)e;
	buf_fmt(ctx, "~%d ", ((const struct item *)w)->id);
	return 0;
}

static int del(void *ctx, const void *h, struct err *e)
{
	if (((const struct item *)h)->id == 99)
		return fail(e, EPERM, "del 99");
	buf_fmt(ctx, "-%d ", ((const struct item *)h)->id);
	return 0;
}

TEST(diff_plans_every_case)
{
	static const struct {
		struct item want[4], have[4];
		size_t nw, nh;
		bool add_first;
		const char *steps;
		int rc;
	} t[] = {
		{ { { 0, 0 } }, { { 0, 0 } }, 0, 0, false, "", 0 },
		{ { { 2, 0 }, { 1, 0 } }, { { 0, 0 } }, 2, 0, false, "+1 +2 ", 0 },
		{ { { 0, 0 } }, { { 3, 0 }, { 1, 0 } }, 0, 2, false, "-1 -3 ", 0 },
		{ { { 1, 5 }, { 4, 0 } }, { { 1, 6 }, { 2, 0 } }, 2, 2, false, "-2 ~1 +4 ", 0 },
		{ { { 1, 5 }, { 4, 0 } }, { { 1, 6 }, { 2, 0 } }, 2, 2, true, "~1 +4 -2 ", 0 },
		{ { { 13, 0 }, { 14, 0 } }, { { 2, 0 } }, 2, 1, true, "+14 -2 ", -1 },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct diff d = {
			sizeof(struct item), cmp, same, add, change, del, t[i].add_first
		};
		auto_buf struct buf b = { 0 };
		struct item want[4], have[4];
		struct err e = { 0 };

		memcpy(want, t[i].want, sizeof(want));
		memcpy(have, t[i].have, sizeof(have));
		buf_str(&b, "");
		CHECK(diff_apply(&d, want, t[i].nw, have, t[i].nh, &b, &e) == t[i].rc);
		CHECK_STR(b.p, t[i].steps);
		CHECK(t[i].rc == 0 || e.num == EBUSY);
	}
}

TEST(the_first_of_several_failures_is_told)
{
	static const struct {
		bool add_first;
		const char *steps, *error;
	} t[] = {
		{ true, "+14 +16 -98 ", "add 13" },
		{ false, "-98 +14 +16 ", "del 99" },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct item want[] = { { 16, 0 }, { 15, 0 }, { 14, 0 }, { 13, 0 } };
		struct item have[] = { { 99, 0 }, { 98, 0 } };
		struct diff d = { sizeof(struct item), cmp, NULL, add, NULL, del, t[i].add_first };
		auto_buf struct buf b = { 0 };
		struct err e = { 0 };

		CHECK(diff_apply(&d, want, 4, have, 2, &b, &e) == -1);
		CHECK_STR(b.p, t[i].steps);
		CHECK_STR(e.msg, t[i].error);
	}
}

TEST(without_same_identity_is_all_there_is)
{
	struct item want[] = { { 1, 5 } }, have[] = { { 1, 6 } };
	struct diff d = { sizeof(struct item), cmp, NULL, add, change, del, false };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };

	CHECK(diff_apply(&d, want, 1, have, 1, &b, &e) == 0);
	CHECK(b.len == 0);
	CHECK(diff_apply(&d, NULL, 0, NULL, 0, &b, &e) == 0);
}
