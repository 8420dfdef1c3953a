/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - strict readers. */
#include <stdlib.h>

#include "str.h"
#include "test.h"

TEST(unsigned_numbers_are_read_strictly)
{
	static const struct {
		const char *s;
		bool ok;
		uint64_t v;
	} t[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "00000000000000000000000001", true, 1 },
		{ "18446744073709551616", false, 0 },
		{ "18446744073709551620", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "+1", false, 0 },
		{ "-1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1\n", false, 0 },
		{ "0x10", false, 0 },
		{ "1e3", false, 0 },
		{ "1.0", false, 0 },
		{ "\xd9\xa1", false, 0 }, /* an Arabic one */
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		uint64_t v = 42;

		CHECK(str_u64(t[i].s, &v) == t[i].ok);
		CHECK(v == (t[i].ok ? t[i].v : 42));
	}
}

TEST(signed_numbers_are_read_strictly)
{
	static const struct {
		const char *s;
		bool ok;
		int64_t v;
	} t[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "+5", true, 5 },
		{ "-5", true, -5 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551615", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+", false, 0 },
		{ "--1", false, 0 },
		{ "+-1", false, 0 },
		{ "- 1", false, 0 },
		{ "one", false, 0 },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		int64_t v = 42;

		CHECK(str_i64(t[i].s, &v) == t[i].ok);
		CHECK(v == (t[i].ok ? t[i].v : 42));
	}
}

TEST(booleans_are_those_of_go)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	static const char *const bad[] = { "", "yes", "on", "tRUE", "true ", "10", "2", "falsey" };
	bool b;

	for (size_t i = 0; i < COUNT(yes); i++)
		CHECK((b = false, str_bool(yes[i], &b)) && b);
	for (size_t i = 0; i < COUNT(no); i++)
		CHECK((b = true, str_bool(no[i], &b)) && !b);
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK((b = true, !str_bool(bad[i], &b)) && b);
}

TEST(prefixes_and_suffixes)
{
	CHECK(str_prefix("eni0abc", "eni") && str_prefix("eni", "eni") && str_prefix("x", ""));
	CHECK(!str_prefix("en", "eni") && !str_prefix("", "e"));
	CHECK(str_suffix("a.conflist", ".conflist") && str_suffix("x", "") && str_suffix("", ""));
	CHECK(!str_suffix("t", "list") && !str_suffix("lists", "list"));
}

static const char *joined(struct strs l, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < l.n; i++)
		out = arena_fmt(a, "%s[%s]", out, l.v[i]);
	return out;
}

TEST(split_drops_empty_parts)
{
	auto_arena struct arena a = { 0 };

	CHECK_STR(joined(str_split("a,b,c", ",", &a), &a), "[a][b][c]");
	CHECK_STR(joined(str_split(",, a , b", ", ", &a), &a), "[a][b]");
	CHECK_STR(joined(str_split("one", ",", &a), &a), "[one]");
	CHECK_STR(joined(str_split("", ",", &a), &a), "");
	CHECK_STR(joined(str_split(",,,", ",", &a), &a), "");
	CHECK_STR(joined(str_split("a b", "", &a), &a), "[a b]");
}

TEST(lists_grow_and_own_their_words)
{
	auto_arena struct arena a = { 0 };
	struct strs l = str_split("x y z", " ", &a);
	char word[8];

	for (int i = 0; i < 500; i++) {
		snprintf(word, sizeof(word), "w%d", i);
		strs_add(&l, word, &a);
	}
	CHECK(l.n == 503);
	CHECK_STR(l.v[2], "z");
	CHECK_STR(l.v[3], "w0");
	CHECK_STR(l.v[502], "w499");
}

TEST(distance_counts_edits)
{
	static const struct {
		const char *a, *b;
		size_t n;
	} t[] = {
		{ "", "", 0 },        { "abc", "abc", 0 },        { "", "abc", 3 },
		{ "abc", "", 3 },     { "kitten", "sitting", 3 }, { "ipamd", "ipmad", 2 },
		{ "snat", "nat", 1 }, { "flaw", "lawn", 2 },
	};
	char big[100];

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK(str_distance(t[i].a, t[i].b) == t[i].n);
	memset(big, 'x', sizeof(big));
	big[99] = '\0';
	CHECK(str_distance(big, "x") == 99 && str_distance("x", big) == 99);
	CHECK(str_distance(big, big) == 0);
	CHECK(str_distance(big + 36, big + 37) == 1); /* 63 and 62 letters, the longest compared */
}

TEST(utf8_is_read_strictly)
{
	static const struct {
		const char *s;
		size_t n;
		uint32_t rune;
	} t[] = {
		{ "a", 1, 'a' },
		{ "\xc3\xbc", 2, 0xfc },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\xef\xbf\xbd", 3, 0xfffd },
		{ "\xf4\x90\x80\x80", 0, 0xfffd }, /* beyond Unicode */
		{ "\xf8\x88\x80\x80\x80", 0, 0xfffd },
		{ "\xc0\xaf", 0, 0xfffd }, /* overlong */
		{ "\xc1\xbf", 0, 0xfffd },
		{ "\xe0\x9f\xbf", 0, 0xfffd },
		{ "\xf0\x8f\xbf\xbf", 0, 0xfffd },
		{ "\xed\xa0\x80", 0, 0xfffd }, /* surrogate */
		{ "\x80", 0, 0xfffd },         /* a tail alone */
		{ "\xe2\x82", 0, 0xfffd },     /* cut off */
		{ "\xe2\x82"
		  "a",
		  0, 0xfffd },
		{ "\xff", 0, 0xfffd },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		uint32_t rune = 0;
		char *exact = strdup(t[i].s); /* the sanitizer sees one byte too far */

		CHECK(str_rune(exact, &rune) == t[i].n && rune == t[i].rune);
		free(exact);
	}
}
