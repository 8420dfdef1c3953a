/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - YAML as Kubernetes' tools take it, and what they should not take. */
#include <errno.h>

#include "test.h"
#include "yaml.h"

/* The one document of text as JSON; a refusal's message. */
static void read_into(const char *text, struct buf *out)
{
	struct err e = { 0 };
	auto_json struct json *j = yaml_parse_one(text, strlen(text), &e);

	if (j)
		json_print(j, 0, out);
	else
		buf_str(out, e.msg);
}

static void expect(const char *text, const char *want)
{
	auto_buf struct buf out = { 0 };

	read_into(text, &out);
	CHECK_STR(out.p, want);
}

/* Established by running sigs.k8s.io/yaml v1.6.0 on each of these. */
static const struct {
	const char *text, *want; /* NULL: refused */
} scalars[] = { { "y", "true" },
		{ "Y", "true" },
		{ "yes", "true" },
		{ "YES", "true" },
		{ "yEs", "\"yEs\"" },
		{ "on", "true" },
		{ "On", "true" },
		{ "n", "false" },
		{ "off", "false" },
		{ "OFF", "false" },
		{ "true", "true" },
		{ "True", "true" },
		{ "tRUE", "\"tRUE\"" },
		{ "~", "null" },
		{ "null", "null" },
		{ "Null", "null" },
		{ "nULL", "\"nULL\"" },
		{ "", "null" },
		{ "12", "12" },
		{ "-12", "-12" },
		{ "+12", "12" },
		{ "0", "0" },
		{ "-0", "0" },
		{ "00", "0" },
		{ "007", "7" },
		{ "0777", "511" },
		{ "08", "8" },
		{ "0o17", "15" },
		{ "0O17", "15" },
		{ "0x1F", "31" },
		{ "0X1f", "31" },
		{ "0b101", "5" },
		{ "-0b101", "-5" },
		{ "-0x10", "-16" },
		{ "+0x10", "16" },
		{ "1_000", "1000" },
		{ "1__0", "10" },
		{ "_1", "\"_1\"" },
		{ "0_7", "7" },
		{ "0x_1", "1" },
		{ "1.5", "1.5" },
		{ "1.", "1" },
		{ ".5", "0.5" },
		{ ".5e3", "500" },
		{ "1e3", "1000" },
		{ "1E-3", "0.001" },
		{ "-1.5e+3", "-1500" },
		{ "+.5", "0.5" },
		{ "-.5", "-0.5" },
		{ ".e5", "\".e5\"" },
		{ "1e", "\"1e\"" },
		{ "1e999", "\"1e999\"" },
		{ "1.10", "1.1" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "-9223372036854775809", "-9223372036854776000" },
		{ "18446744073709551616", "18446744073709552000" },
		{ "123456789012345678901234567890", "1.2345678901234568e+29" },
		{ ".inf", NULL },
		{ "-.Inf", NULL },
		{ ".nan", NULL },
		{ "2001-01-01", "\"2001-01-01\"" },
		{ "2001-01-01T00:00:00Z", "\"2001-01-01T00:00:00Z\"" },
		{ "12:30:45", "\"12:30:45\"" },
		{ "1:20", "\"1:20\"" },
		{ "0.1.2", "\"0.1.2\"" },
		{ "10.0.0.0/8", "\"10.0.0.0/8\"" },
		{ "1.2.3.4", "\"1.2.3.4\"" },
		{ "0x", "\"0x\"" },
		{ "0b", "\"0b\"" },
		{ "0b2", "\"0b2\"" },
		{ "0xg", "\"0xg\"" },
		{ "--1", "\"--1\"" },
		{ "+", "\"+\"" },
		{ ".", "\".\"" },
		{ "..", "\"..\"" },
		{ "\"12\"", "\"12\"" },
		{ "'yes'", "\"yes\"" },
		{ "!!str 12", "\"12\"" },
		{ "!!str yes", "\"yes\"" },
		{ "!!int 12", "12" },
		{ "!!int \"12\"", "12" },
		{ "!!int 1.5", NULL },
		{ "!!int x", NULL },
		{ "!!float 1", "1" },
		{ "!!float \"1.5\"", "1.5" },
		{ "!!bool yes", "true" },
		{ "!!bool \"true\"", "true" },
		{ "!!bool 1", NULL },
		{ "!!null ~", "null" },
		{ "!!null \"null\"", "null" },
		{ "!!null x", NULL },
		{ "! 12", "\"12\"" },
		{ "<<", "\"\\u003c\\u003c\"" },
		{ "a b", "\"a b\"" },
		{ "1 2", "\"1 2\"" },
		{ "1e3_0", "1e+30" },
		{ "1_0.5", "10.5" },
		{ ".5_0", "0.5" },
		{ "._5", "\"._5\"" },
		{ "infinity", "\"infinity\"" },
		{ "nan", "\"nan\"" },
		{ "0x1p4", "\"0x1p4\"" },
		{ "1e5f", "\"1e5f\"" },
		{ "4_2e1_0", "420000000000" },
		{ "0b1_0", "2" },
		{ "0b", "\"0b\"" },
		{ "-0b", "\"-0b\"" },
		{ "+0b1", "1" },
		{ "0o", "\"0o\"" },
		{ "00o1", "\"00o1\"" },
		{ "0_", "0" },
		{ "1_", "1" },
		{ "0.", "0" },
		{ "0.e1", "0" },
		{ "00.5", "0.5" },
		{ "{a: 1}", "{\"a\":1}" },
		{ "[1, yes, ~]", "[1,true,null]" } };

TEST(yaml_scalars_are_what_kubernetes_takes_them_for)
{
	for (size_t i = 0; i < COUNT(scalars); i++) {
		auto_buf struct buf text = { 0 }, want = { 0 }, out = { 0 };

		buf_fmt(&text, "v: %s\n", scalars[i].text);
		read_into(text.p, &out);
		if (scalars[i].want) {
			buf_fmt(&want, "{\"v\":%s}", scalars[i].want);
			CHECK_STR(out.p, want.p);
		} else {
			CHECK(strstr(out.p, "YAML line 1, column 4: ") == out.p);
		}
	}
}

TEST(yaml_collections_become_json)
{
	expect("a:\n  - 1\n  - b: c\n    d: [x, {k: z}]\n",
	       "{\"a\":[1,{\"b\":\"c\",\"d\":[\"x\",{\"k\":\"z\"}]}]}");
	expect("- |\n  two\n  lines\n- >-\n  one\n  line\n- \"\\t\\u00e9\\x41\"\n- 'it''s'\n",
	       "[\"two\\nlines\\n\",\"one line\",\"\\t\xc3\xa9"
	       "A\",\"it's\"]");
	expect("{}", "{}");
	expect("[]", "[]");
	expect("plain", "\"plain\"");
	expect("{\"a\":\"\\ud83d\\ude00\\/\"}", "{\"a\":\"\xf0\x9f\x98\x80/\"}"); /* JSON */
	expect("\xef\xbb\xbf"
	       "a: 1",
	       "{\"a\":1}");
	expect("!!map {a: !!seq [1]}", "{\"a\":[1]}");
	expect("1: a\ntrue: b\n-0x10: c\n\"2\": d\n",
	       "{\"1\":\"a\",\"true\":\"b\",\"-16\":\"c\",\"2\":\"d\"}");
}

TEST(yaml_documents_are_told_apart)
{
	static const char text[] =
		"# nothing\n---\n---\na: 1\n...\n---\n# a comment\n--- [2]\n--- &x 3\n";
	struct err e = { 0 };
	auto_json struct json *all = yaml_parse(text, sizeof(text) - 1, &e), *none = NULL;
	auto_buf struct buf out = { 0 };

	json_print(all, 0, &out);
	CHECK_STR(out.p, "[{\"a\":1},[2],3]");
	CHECK_STR(e.msg, "");
	CHECK(!yaml_parse_one(text, sizeof(text) - 1, &e) && e.num == EBADMSG);
	CHECK_STR(e.msg, "YAML: 3 documents where one is wanted");
	CHECK(!yaml_parse_one("", 0, &e));
	CHECK_STR(e.msg, "YAML: 0 documents where one is wanted");
	none = yaml_parse("# a\n", 4, &e);
	CHECK_INT(json_type(none), JSON_ARRAY);
	CHECK_INT(json_count(none), 0);
}

TEST(yaml_anchors_and_merges)
{
	expect("a: &x {p: 1}\nb: *x\nc: &x 2\nd: *x\n&k e: *k\n",
	       "{\"a\":{\"p\":1},\"b\":{\"p\":1},\"c\":2,\"d\":2,\"e\":\"e\"}");
	expect("a: &n\nb: *n\n", "{\"a\":null,\"b\":null}");
	expect("- &a {p: 1, q: 2}\n- {<<: *a, q: 3}\n- {q: 4, <<: [*a, {r: 5, p: 6}]}\n",
	       "[{\"p\":1,\"q\":2},{\"q\":3,\"p\":1},{\"q\":4,\"p\":1,\"r\":5}]");
	expect("\"<<\": {a: 1}", "{\"\\u003c\\u003c\":{\"a\":1}}");
}

TEST(yaml_refusals_have_line_and_column)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", "YAML line 3, column 1: this key has been there already" },
		{ "{1: a, \"1\": b}", "YAML line 1, column 8: this key has been there already" },
		{ "a: 1\n b: 2\n",
		  "YAML line 2, column 3: mapping values are not allowed in this context" },
		{ "a: \"x\n", "YAML line 2, column 1: found unexpected end of stream while "
			      "scanning a quoted scalar" },
		{ "a: [1\n", "YAML line 2, column 1: did not find expected ',' or ']' while "
			     "parsing a flow sequence" },
		{ "\ta: 1", "YAML line 1, column 1: found character that cannot start any token "
			    "while scanning for the next token" },
		{ "a: \"\\0\"", "YAML line 1, column 4: a string with NUL" },
		{ "\n\n~: 1", "YAML line 3, column 1: a key that is null, a list or a mapping" },
		{ "1.5: x", "YAML line 1, column 1: a key that is a float" },
		{ "? [a]\n: b", "YAML line 1, column 3: a key that is a list or a mapping" },
		{ "- &a [1]\n- {*a : 2}",
		  "YAML line 2, column 4: a key that is null, a list or a mapping" },
		{ "a: *b",
		  "YAML line 1, column 4: an alias of what is not there, or not at its end" },
		{ "a: &b [*b]",
		  "YAML line 1, column 8: an alias of what is not there, or not at its end" },
		{ "--- &a 1\n--- *a\n",
		  "YAML line 2, column 5: an alias of what is not there, or not at its end" },
		{ "<<: 1", "YAML line 1, column 1: << wants a mapping, or a list of mappings" },
		{ "<<: [1]", "YAML line 1, column 1: << wants a mapping, or a list of mappings" },
		{ "a: !foo b", "YAML line 1, column 4: a tag that is not supported" },
		{ "a: !!binary aGk=", "YAML line 1, column 4: a tag that is not supported" },
		{ "a: !!set {b}",
		  "YAML line 1, column 4: a tag that does not fit or is not supported" },
		{ "a: !!map [b]",
		  "YAML line 1, column 4: a tag that does not fit or is not supported" },
		{ "a: !!int yes", "YAML line 1, column 4: this is no !!int" },
		{ "a: .inf", "YAML line 1, column 4: .inf is a number that JSON has not" },
		{ "%YAML 2.0\n---\na", "YAML line 1, column 1: found incompatible YAML document" },
		{ "a: \xff", "YAML at byte 3: invalid leading UTF-8 octet" },
		{ "a: \x01", "YAML at byte 3: control characters are not allowed" },
		{ "{\"a\":1} x", "YAML line 1, column 9: did not find expected <document start>" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].text, cases[i].want);
}

TEST(yaml_bounds_hold)
{
	auto_buf struct buf deep = { 0 }, laughs = { 0 }, keys = { 0 }, merges = { 0 }, out = { 0 };
	struct err e = { 0 };

	for (int i = 0; i < 64; i++)
		buf_str(&deep, "[");
	for (int i = 0; i < 64; i++)
		buf_str(&deep, "]");
	read_into(deep.p, &out);
	CHECK_STR(out.p, deep.p);
	buf_free(&deep);
	for (int i = 0; i < 100000; i++)
		buf_str(&deep, "[");
	expect(deep.p, "YAML line 1, column 65: nested deeper than 64 levels");

	buf_str(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++)
		buf_fmt(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
			i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	out.len = 0;
	read_into(laughs.p, &out);
	CHECK(strstr(out.p, ": aliases make this too large"));

	for (int i = 0; i <= YAML_KEYS; i++)
		buf_fmt(&keys, "k%d: 1\n", i);
	expect(keys.p, "YAML line 1, column 1: more than 4096 keys in one mapping");

	for (int m = 0; m < 3; m++) {
		buf_fmt(&merges, "%s", m ? "" : "<<:\n");
		for (int i = 0; i < YAML_KEYS; i++)
			buf_fmt(&merges, "%sk%d_%d: 1\n", i ? "    " : "  - ", m, i);
	}
	expect(merges.p, "YAML line 1, column 1: << makes this too large");

	CHECK(!yaml_parse(deep.p, (size_t)YAML_MAX + 1, &e) && e.num == EFBIG);
}
