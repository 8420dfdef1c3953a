/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - bump allocation. */
#include "arena.h"
#include "test.h"

TEST(arena_keeps_everything_aligned_and_zeroed)
{
	auto_arena struct arena a = { 0 };

	for (size_t i = 1; i < 3000; i++) {
		char *p = arena_get(&a, i);

		CHECK(((uintptr_t)p & 15) == 0);
		CHECK(p[0] == 0 && p[i - 1] == 0 && p[i / 2] == 0);
		memset(p, 0xee, i);
	}
}

TEST(arena_takes_what_is_larger_than_a_block)
{
	auto_arena struct arena a = { 0 };
	char *small = arena_str(&a, "small"), *big = arena_get(&a, 1 << 20);

	memset(big, 'x', 1 << 20);
	CHECK_STR(small, "small");
	CHECK_STR(arena_str(&a, ""), "");
	CHECK(arena_get(&a, 0) != NULL);
}

TEST(arena_prints)
{
	auto_arena struct arena a = { 0 };
	char *s = arena_fmt(&a, "%6000d", 7);

	CHECK_STR(arena_fmt(&a, "eni-%04d", 7), "eni-0007");
	CHECK(strlen(s) == 6000 && s[5999] == '7');
	CHECK_STR(arena_fmt(&a, "%s", ""), "");
}

TEST(an_arena_may_be_freed_empty_twice_and_used_again)
{
	struct arena a = { 0 };

	arena_free(&a);
	CHECK_STR(arena_str(&a, "one"), "one");
	arena_free(&a);
	arena_free(&a);
	CHECK(!a.head);
	CHECK_STR(arena_str(&a, "two"), "two");
	arena_free(&a);
}
