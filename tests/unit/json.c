/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - reading, building and printing JSON values. */
#include <errno.h>
#include <stdlib.h>

#include "json.h"
#include "test.h"

/* Parse from memory that ends where the text ends, so that the sanitizer sees one byte too far. */
static struct json *parse_n(const char *text, size_t n, struct err *e)
{
	char *exact = xalloc(n);
	struct json *j;

	memcpy(exact, text, n);
	if (n == 0)
		e->msg[0] = '\0';
	j = json_parse(exact, n, e);
	free(exact);
	return j;
}

static struct json *parse(const char *text)
{
	struct err e = { 0 };
	struct json *j = parse_n(text, strlen(text), &e);

	CHECK_STR(e.msg, "");
	return j;
}

static const char *printed(const struct json *j, int indent, struct buf *b)
{
	b->len = 0;
	json_print(j, indent, b);
	return b->p;
}

TEST(values_print_as_they_were_read)
{
	static const char *const t[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"1.5",
		"\"\"",
		"\"a\\n\xc3\xbc\"",
		"[]",
		"{}",
		"[[],{},[{}]]",
		"{\"b\":1,\"a\":[1,2,3],\"\":null}",
		"9007199254740993",
		"-9223372036854775808",
		"9223372036854775807",
		"[1764000000123456789,1,1764000000123456790,\"1764000000123456791\"]",
	};
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(t); i++) {
		auto_json struct json *j = parse(t[i]);

		CHECK_STR(printed(j, 0, &b), t[i]);
	}
}

TEST(text_is_normalised_as_go_does)
{
	static const char *const t[][2] = {
		{ " [ 1 , 2 ]\n", "[1,2]" },
		{ "\"\\u0041\\/\\u00e9\\ud83d\\ude00\"", "\"A/\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\"<&>\"", "\"\\u003c\\u0026\\u003e\"" },
		{ "\"\xff\"", "\"\\ufffd\"" },
		{ "1.0", "1" },
		{ "1e2", "100" },
		{ "-0", "-0" },
		{ "1E-7", "1e-7" },
		{ "18446744073709551615", "18446744073709552000" },
		{ "9223372036854775808", "9223372036854776000" },
		{ "{\"<\":1}", "{\"\\u003c\":1}" },
	};
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(t); i++) {
		auto_json struct json *j = parse(t[i][0]);

		CHECK_STR(printed(j, 0, &b), t[i][1]);
	}
}

TEST(malformed_json_is_refused_with_its_offset)
{
	static const struct {
		const char *text, *error;
	} t[] = {
		{ "", "JSON at offset 0: a value is missing" },
		{ " \n ", "JSON at offset 3: a value is missing" },
		{ "{", "JSON at offset 1: a name in quotes or } is missing" },
		{ "[", "JSON at offset 1: a value or ] is missing" },
		{ "[1,2", "JSON at offset 4: a comma or the closing bracket is missing" },
		{ "{\"a\"", "JSON at offset 4: a colon is missing" },
		{ "{\"a\":", "JSON at offset 5: a value is missing" },
		{ "[1,]", "JSON at offset 3: a value is missing" },
		{ "[1 2]", "JSON at offset 3: a comma or the closing bracket is missing" },
		{ "{\"a\":1,}", "JSON at offset 7: a name in quotes is missing" },
		{ "{a:1}", "JSON at offset 1: neither value nor punctuation" },
		{ "{} x", "JSON at offset 3: neither value nor punctuation" },
		{ "{} {}", "JSON at offset 3: text behind the value" },
		{ "1 2", "JSON at offset 2: text behind the value" },
		{ "null,", "JSON at offset 4: text behind the value" },
		{ "truefalse", "JSON at offset 0: neither value nor punctuation" },
		{ "\"a\"\"b\"", "JSON at offset 3: text behind the value" },
		{ "{\"a\":01}", "JSON at offset 5: malformed number" },
		{ "[\"\\u0000\"]", "JSON at offset 2: NUL in a string" },
		{ "[1e400]", "JSON at offset 1: number out of range" },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = { 0 };
		auto_json struct json *j = parse_n(t[i].text, strlen(t[i].text), &e);

		CHECK(!j && e.num == EBADMSG);
		CHECK_STR(e.msg, t[i].error);
	}
}

TEST(a_nul_byte_behind_the_text_is_refused)
{
	struct err e = { 0 };

	CHECK(!parse_n("{}\0", 3, &e) && e.num == EBADMSG);
	CHECK(!parse_n("\0", 1, &e));
	CHECK(!parse_n("[\"a\0b\"]", 7, &e));
}

TEST(nesting_is_limited)
{
	char text[2001];
	struct err e = { 0 };
	auto_json struct json *j = NULL;

	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	j = parse_n(text, 64, &e);
	CHECK(j);
	CHECK(!parse_n(text, 32, &e));
	CHECK_STR(e.msg, "JSON at offset 32: a value or ] is missing");
	memset(text, '[', 1000);
	memset(text + 1000, ']', 1000);
	CHECK(!parse_n(text, 2000, &e));
	CHECK_STR(e.msg, "JSON at offset 32: nested deeper than 32 levels");
	memset(text, '[', 2000);
	CHECK(!parse_n(text, 2000, &e));
	for (int i = 0; i < 400; i++)
		memcpy(text + 5 * i, "{\"a\":", 5);
	CHECK(!parse_n(text, 2000, &e) && e.num == EBADMSG);
}

static const char CONF[] =
	"{\"cniVersion\":\"1.0.0\",\"name\":\"aws-cni\",\"mtu\":9001,\"on\":true,\"none\":null,"
	"\"runtimeConfig\":{\"dns\":{\"servers\":[\"10.0.0.2\",\"10.0.0.3\"]},\"a.b\":\"dotted\"},"
	"\"half\":1.5,\"big\":1e30,\"exp\":12e2,\"neg\":-3,\"huge\":99999999999999999999}";

TEST(members_are_reached_by_path)
{
	auto_json struct json *j = parse(CONF);
	const struct json *servers = json_get(j, "runtimeConfig.dns.servers");

	CHECK_STR(json_str(j, "name", "?"), "aws-cni");
	CHECK_STR(json_str(j, "Name", "?"), "?");
	CHECK_STR(json_str(j, "mtu", "?"), "?");
	CHECK_STR(json_str(j, "name.x", "?"), "?");
	CHECK(!json_str(j, "none", NULL) && !json_get(j, "runtimeConfig.dns.x.y"));
	CHECK(json_get(j, "") == j && json_get(servers, "") == servers);
	CHECK(!json_get(j, "runtimeConfig.a.b"));
	CHECK_STR(json_text(json_member(json_get(j, "runtimeConfig"), "a.b")), "dotted");
	CHECK(json_count(servers) == 2 && json_count(j) == 11);
	CHECK_STR(json_text(json_next(json_first(servers))), "10.0.0.3");
	CHECK(!json_next(json_next(json_first(servers))) && !json_next(j));
	CHECK_STR(json_key(json_first(j)), "cniVersion");
	CHECK(!json_key(json_first(servers)) && !json_get(servers, "0"));
}

TEST(values_have_types_and_defaults)
{
	static const char *const names[] = { "null",   "bool",  "bool",  "number",
					     "string", "array", "object" };
	auto_json struct json *j = parse(CONF), *k = parse("[null,true,false,1,\"\",[],{}]");
	const struct json *v = json_first(k);

	CHECK(json_int(j, "mtu", -1) == 9001 && json_int(j, "neg", -1) == -3);
	CHECK(json_int(j, "exp", -1) == 1200);
	CHECK(json_int(j, "half", -1) == -1 && json_int(j, "big", -1) == -1);
	CHECK(json_int(j, "huge", -1) == -1 && json_int(j, "name", -1) == -1);
	CHECK(json_int(j, "nothing", 7) == 7 && json_int(j, "on", 7) == 7);
	CHECK(json_bool(j, "on", false) && json_bool(j, "mtu", true) && !json_bool(j, "x", false));
	for (size_t i = 0; i < COUNT(names); i++, v = json_next(v))
		CHECK_STR(json_type_name(v), names[i]);
	CHECK(json_type(json_get(j, "big")) == JSON_NUMBER);
}

TEST(nothing_in_nothing_out)
{
	auto_buf struct buf b = { 0 };
	struct json *j = NULL;

	CHECK(!json_get(NULL, "a.b") && !json_member(NULL, "a") && !json_first(NULL));
	CHECK(!json_next(NULL) && !json_key(NULL) && !json_text(NULL) && json_count(NULL) == 0);
	CHECK(json_type(NULL) == JSON_NONE && !json_copy(NULL));
	CHECK_STR(json_type_name(NULL), "nothing");
	CHECK_STR(json_str(NULL, "a", "def"), "def");
	CHECK(json_int(NULL, "", 5) == 5 && json_bool(NULL, "", true));
	CHECK_STR(printed(NULL, 4, &b), "null");
	json_free(&j);
}

TEST(of_members_of_one_name_the_last_counts)
{
	auto_json struct json *j =
		parse("{\"a\":1,\"b\":{\"c\":1},\"a\":2,\"b\":{\"c\":3},\"a \":9}");

	CHECK(json_int(j, "a", 0) == 2 && json_int(j, "b.c", 0) == 3);
	json_drop(j, "a");
	CHECK(!json_member(j, "a") && json_count(j) == 3);
}

TEST(long_integers_keep_their_digits)
{
	auto_json struct json *j =
		parse("{\"s\":\"12345678901234567890 1\",\"a\":[1,1764000000123456789,"
		      "{\"b\":-1764000000123456789}],\"c\":1.764000000123456789,"
		      "\"d\":9223372036854775807}");
	auto_buf struct buf b = { 0 };

	CHECK(json_int(json_next(json_first(json_get(j, "a"))), "", 0) == 1764000000123456789);
	CHECK(json_int(json_next(json_next(json_first(json_get(j, "a")))), "b", 0) ==
	      -1764000000123456789);
	CHECK(json_int(j, "d", 0) == INT64_MAX && json_int(j, "c", -1) == -1);
	CHECK(json_type(json_get(j, "d")) == JSON_NUMBER && !json_text(json_get(j, "d")));
	CHECK_STR(json_type_name(json_get(j, "d")), "number");
	json_add_int(j, "s", INT64_MIN);
	json_add_int(j, "a", 1764000000123456789);
	CHECK_STR(printed(j, 0, &b), "{\"c\":1.7640000001234568,\"d\":9223372036854775807,"
				     "\"s\":-9223372036854775808,\"a\":1764000000123456789}");
	CHECK(json_int(j, "s", 0) == INT64_MIN);
}

TEST(values_are_built_and_indented_as_go_does)
{
	auto_json struct json *j = json_object(), *twin = NULL;
	auto_buf struct buf b = { 0 };
	struct json *list = json_array();

	json_add_str(j, "name", "eni <1>");
	json_add_int(j, "mtu", 9001);
	json_add(j, "ips", list);
	json_push_str(list, "10.0.0.1/32");
	json_push(list, json_object());
	json_push(list, NULL);
	json_add(j, "empty", json_array());
	json_add_bool(j, "up", true);
	json_add_str(j, "gone", NULL);
	CHECK_STR(printed(j, 4, &b), "{\n"
				     "    \"name\": \"eni \\u003c1\\u003e\",\n"
				     "    \"mtu\": 9001,\n"
				     "    \"ips\": [\n"
				     "        \"10.0.0.1/32\",\n"
				     "        {},\n"
				     "        null\n"
				     "    ],\n"
				     "    \"empty\": [],\n"
				     "    \"up\": true,\n"
				     "    \"gone\": null\n"
				     "}");
	twin = json_copy(j);
	json_add_int(j, "mtu", 1500); /* replaced, at the end */
	json_drop(j, "ips");
	json_drop(j, "never there");
	CHECK_STR(printed(j, 0, &b), "{\"name\":\"eni \\u003c1\\u003e\",\"empty\":[],\"up\":true,"
				     "\"gone\":null,\"mtu\":1500}");
	CHECK(json_int(twin, "mtu", 0) == 9001 && json_count(json_get(twin, "ips")) == 3);
}

TEST(a_string_is_quoted)
{
	auto_buf struct buf b = { 0 };

	json_quote("a\"b\n\x01\xff<", &b);
	CHECK_STR(b.p, "\"a\\\"b\\n\\u0001\\ufffd\\u003c\"");
}

/* Every cut of a text is refused, every damaged one is refused or read, and what was read prints to
 * something that reads and prints the same again. */
TEST(damaged_json_does_no_harm)
{
	size_t n = sizeof(CONF) - 1;

	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };

		CHECK(!parse_n(CONF, i, &e));
	}
	for (int i = 0; i < 20000; i++) {
		static const char noise[] = "{}[]\",:0123456789.eE+-\\u/tfn \x80\xff\n";
		auto_buf struct buf one = { 0 }, two = { 0 };
		auto_json struct json *j = NULL, *k = NULL;
		struct err e = { 0 };
		char text[sizeof(CONF)];

		memcpy(text, CONF, n);
		for (int hits = 1 + rand() % 3; hits; hits--)
			text[(size_t)rand() % n] = noise[(size_t)rand() % sizeof(noise)];
		j = parse_n(text, n, &e);
		if (!j)
			continue;
		json_print(j, 2, &one);
		k = parse_n(one.p, one.len, &e);
		CHECK(k);
		json_print(k, 2, &two);
		if (!strstr(one.p, "\\ufffd")) /* which is written as itself the second time */
			CHECK_STR(one.p, two.p);
	}
}
