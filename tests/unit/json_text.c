/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - tokens, escapes, numbers. */
#include <stdlib.h>

#include "buf.h"
#include "json_text.h"
#include "test.h"

TEST(tokens_are_told_apart)
{
	static const char text[] = " {\"a\\u00e9\\\"\":[true,-0.5e+3 ,null],\"\":false}\r\n\t";
	static const char *const want[] = { "{",       "\"a\\u00e9\\\"\"",
					    ":",       "[",
					    "true",    ",",
					    "-0.5e+3", ",",
					    "null",    "]",
					    ",",       "\"\"",
					    ":",       "false",
					    "}" };
	struct json_scan s = { .text = text, .n = sizeof(text) - 1 };

	for (size_t i = 0; i < COUNT(want); i++) {
		enum json_token t = json_scan(&s);

		CHECK(t != JSON_BAD && t != JSON_END);
		CHECK(s.at - s.from == strlen(want[i]));
		CHECK(strncmp(text + s.from, want[i], strlen(want[i])) == 0);
	}
	CHECK(json_scan(&s) == JSON_END && json_scan(&s) == JSON_END && s.depth == 0);
}

struct refusal {
	const char *text, *why;
	size_t at;
};

static void check_refusals(const struct refusal *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *exact = strdup(t[i].text); /* the sanitizer sees one byte too far */
		struct json_scan s = { .text = exact, .n = strlen(exact) };
		enum json_token k;

		do
			k = json_scan(&s);
		while (k != JSON_BAD && k != JSON_END);
		CHECK(k == JSON_BAD && s.from == t[i].at);
		CHECK_STR(s.bad ? s.bad : "", t[i].why);
		free(exact);
	}
}

TEST(bad_tokens_are_named_with_their_offset)
{
	static const struct refusal t[] = {
		{ "\x01", "neither value nor punctuation", 0 },
		{ " nul", "neither value nor punctuation", 1 },
		{ "nulll", "neither value nor punctuation", 0 },
		{ "True", "neither value nor punctuation", 0 },
		{ "NaN", "neither value nor punctuation", 0 },
		{ "'a'", "neither value nor punctuation", 0 },
		{ "/* */", "neither value nor punctuation", 0 },
		{ "\xef\xbb\xbf{}", "neither value nor punctuation", 0 },
		{ "+1", "neither value nor punctuation", 0 },
		{ ".5", "neither value nor punctuation", 0 },
		{ "\v", "neither value nor punctuation", 0 },
		{ "-", "malformed number", 0 },
		{ "  01", "malformed number", 2 },
		{ "-01", "malformed number", 0 },
		{ "1.", "malformed number", 0 },
		{ "1.e5", "malformed number", 0 },
		{ "1e", "malformed number", 0 },
		{ "1e+", "malformed number", 0 },
		{ "-a", "malformed number", 0 },
		{ "1e999", "number out of range", 0 },
		{ "-1e309", "number out of range", 0 },
		{ "1234567890123456789012345678901234567890123456789012345678901234",
		  "number of more than 63 characters", 0 },
		{ "\"", "string without an end", 0 },
		{ "\"abc", "string without an end", 0 },
		{ "\"abc\\\"", "string without an end", 0 },
		{ "\"a\nb\"", "control character in a string", 2 },
		{ "\"a\\", "bad escape", 2 },
		{ "\"\\x41\"", "bad escape", 1 },
		{ "\"\\u12\"", "bad escape", 1 },
		{ "\"\\u12g4\"", "bad escape", 1 },
		{ "\"\\u", "bad escape", 1 },
		{ "\"ab\\u0000\"", "NUL in a string", 3 },
		{ "\"\\ud800\"", "half a surrogate pair", 1 },
		{ "\"\\udc00\\ud800\"", "half a surrogate pair", 1 },
		{ "\"\\udc00\\udc00\"", "half a surrogate pair", 1 },
		{ "\"\\ud800\\u0041\"", "half a surrogate pair", 1 },
		{ "\"\\ud800\\n\"", "half a surrogate pair", 1 },
	};

	check_refusals(t, COUNT(t));
}

TEST(bad_grammar_is_named_with_its_offset)
{
	static const struct refusal t[] = {
		{ "", "a value is missing", 0 },
		{ "]", "a value is missing", 0 },
		{ "{}}", "text behind the value", 2 },
		{ "[1,]", "a value is missing", 3 },
		{ "[,", "a value or ] is missing", 1 },
		{ "{,", "a name in quotes or } is missing", 1 },
		{ "{1", "a name in quotes or } is missing", 1 },
		{ "{\"a\":1,}", "a name in quotes is missing", 7 },
		{ "{\"a\" 1", "a colon is missing", 5 },
		{ "{\"a\"::", "a value is missing", 5 },
		{ "[1 2", "a comma or the closing bracket is missing", 3 },
		{ "[1}", "a comma or the closing bracket is missing", 2 },
		{ "{\"a\":1]", "a comma or the closing bracket is missing", 6 },
		{ "[{\"a\":[]},[{}", "a comma or the closing bracket is missing", 13 },
	};

	check_refusals(t, COUNT(t));
}

TEST(a_nul_byte_is_no_white_space)
{
	struct json_scan s = { .text = "{}\0", .n = 3 };

	CHECK(json_scan(&s) == JSON_MARK && json_scan(&s) == JSON_MARK);
	CHECK(json_scan(&s) == JSON_BAD && s.from == 2);
	s = (struct json_scan) { .text = "\"a\0b\"", .n = 5 };
	CHECK(json_scan(&s) == JSON_BAD && s.from == 2);
}

TEST(brackets_may_be_32_deep)
{
	char deep[33];
	struct json_scan s = { .text = deep, .n = 33 };

	memset(deep, '[', sizeof(deep));
	for (int i = 0; i < 32; i++)
		CHECK(json_scan(&s) == JSON_MARK);
	CHECK(json_scan(&s) == JSON_BAD && s.from == 32);
	CHECK_STR(s.bad, "nested deeper than 32 levels");
}

static void escape(struct buf *b, const char *s, bool html)
{
	char c[8];

	b->len = 0;
	buf_str(b, "");
	while (*s) {
		size_t n = json_escape(&s, html, c);

		CHECK(n && strlen(c) == n);
		buf_add(b, c, n);
	}
}

TEST(text_is_escaped_as_go_does_or_as_a_terminal_needs)
{
	static const char *const t[][3] = {
		{ "plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
		  "plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
		  "plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\"\\/", "\\\"\\\\/", "\\\"\\\\/" },
		{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t", "\\b\\f\\n\\r\\t" },
		{ "\x01\x1f", "\\u0001\\u001f", "\\u0001\\u001f" },
		{ "<a&b>", "\\u003ca\\u0026b\\u003e", "<a&b>" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029", "\xe2\x80\xa8\xe2\x80\xa9" },
		{ "\x7f\xc2\x85\xc2\xa0", "\x7f\xc2\x85\xc2\xa0", "\\u007f\\u0085\xc2\xa0" },
		{ "a\xff\xfe", "a\\ufffd\\ufffd", "a\\ufffd\\ufffd" },
		{ "\xe2\x82", "\\ufffd\\ufffd", "\\ufffd\\ufffd" },
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd", "\\ufffd\\ufffd\\ufffd" },
	};
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(t); i++) {
		escape(&b, t[i][0], true);
		CHECK_STR(b.p, t[i][1]);
		escape(&b, t[i][0], false);
		CHECK_STR(b.p, t[i][2]);
	}
}

TEST(plain_text_ends_where_either_way_of_escaping_begins)
{
	static const char special[] = "\x01\x1f\x7f\x80\xff\"\\<>&\n";

	CHECK_INT(json_plain("", SIZE_MAX), 0);
	CHECK_INT(json_plain("a b~!'/", SIZE_MAX), 7);
	CHECK_INT(json_plain("abcdef", 4), 4);
	CHECK_INT(json_plain("abc", 0), 0);
	CHECK_INT(json_plain("ab\0cd", 5), 2);
	for (size_t i = 0; i < sizeof(special) - 1; i++) {
		const char s[] = { 'a', 'b', special[i], 'c', '\0' };

		CHECK_INT(json_plain(s, SIZE_MAX), 2);
		CHECK_INT(json_plain(s + 2, SIZE_MAX), 0);
	}
	for (int c = ' '; c < 0x7f; c++) { /* what is plain is what both leave alone */
		const char s[] = { (char)c, '\0' };
		const char *at = s;
		char go[8], here[8];
		bool same;

		json_escape(&at, true, go);
		at = s;
		json_escape(&at, false, here);
		same = strcmp(go, s) == 0 && strcmp(here, s) == 0;
		CHECK_INT(json_plain(s, SIZE_MAX), same);
	}
}

TEST(numbers_print_as_go_prints_them)
{
	static const struct {
		double v;
		const char *s;
	} t[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ -9001, "-9001" },
		{ 100, "100" },
		{ 0.5, "0.5" },
		{ -12.25, "-12.25" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 123456.789, "123456.789" },
		{ 0.000001, "0.000001" },
		{ 0.0000012345, "0.0000012345" },
		{ 0.0000001, "1e-7" },
		{ 0.00000012345, "1.2345e-7" },
		{ 1e20, "100000000000000000000" },
		{ 1.2345678901234567e20, "123456789012345670000" },
		{ 1e21, "1e+21" },
		{ -1.5e300, "-1.5e+300" },
		{ 1e-300, "1e-300" },
		{ 1e-10, "1e-10" },
		{ 5e-324, "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 9007199254740992, "9007199254740992" },
		{ 9007199254740993.0, "9007199254740992" },
		{ 123456789012345680, "123456789012345680" },
		{ 2.5e15, "2500000000000000" },
	};

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK_STR(json_number(t[i].v).s, t[i].s);
}

TEST(any_number_reads_back_as_itself)
{
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		double v;
		char *end;

		memcpy(&v, &bits, sizeof(v));
		if ((bits >> 52 & 0x7ff) == 0x7ff)
			continue;
		CHECK(strtod(json_number(v).s, &end) == v && !*end);
		CHECK(strlen(json_number(v).s) < 30);
	}
}
