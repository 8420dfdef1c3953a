/* SPDX-License-Identifier: Apache-2.0 */
/* shape_copy.c - a struct of every kind of field in one piece of memory; IntOrString. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"
#include "test.h"

#define LEAF(F, T)                    \
	F(T, STR, name, 0, "name")    \
	F(T, PORT, port, 0, "port")   \
	F(T, STRS, words, 0, "words") \
	F(T, MAP, labels, 0, "labels")
SHAPE_STRUCT(leaf, LEAF)
SHAPE_TABLE(leaf, LEAF)
#define TREE(F, T)                    \
	F(T, STR, id, 0, "id")        \
	F(T, OPT, owner, 0, "owner")  \
	F(T, NUM, count, 0, "count")  \
	F(T, FLAG, on, 0, "on")       \
	F(T, IPS, ips, 0, "ips")      \
	F(T, RAW, raw, 0, "", "raw")  \
	F(T, ONE, one, leaf, "one")   \
	F(T, ONE, none, leaf, "none") \
	F(T, LIST, many, leaf, "many")
SHAPE_STRUCT(tree, TREE)
SHAPE_TABLE(tree, TREE)

static const char TEXT[] =
	"{\"raw\":{\"k\":[1,\"x\"]},\"id\":\"t\",\"owner\":\"\",\"count\":0,\"on\":false,\"ips\":["
	"\"10.0.0.1\",\"fd00::1\"],"
	"\"one\":{\"name\":\"n\",\"port\":80,\"words\":[\"a\",\"bc\"],\"labels\":{\"k\":\"v\"}},"
	"\"many\":[{\"name\":\"x\",\"port\":\"http\"},{\"name\":\"y\",\"labels\":{\"l\":\"\",\"m\":"
	"\"2\"}}]}";

struct head {
	int counter;
	char pad[5];
};

static void *read_and_copy(const char *text, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = json_parse(text, strlen(text), e);
	struct tree t;

	if (!j || shape_get_json(&tree_shape, &t, j, &a, e) < 0)
		return NULL;
	return shape_copy(&tree_shape, &t, sizeof(struct head));
}

TEST(shape_copy_needs_nothing_of_the_original)
{
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	auto_ptr char *p = read_and_copy(TEXT, &e);
	const struct head *h = (const void *)p;
	const struct tree *t = (const void *)(p + 16);
	auto_json struct json *j = NULL;

	CHECK_STR(e.msg, "");
	CHECK(h->counter == 0);
	CHECK(t->none == NULL && t->on == FLAG_NO && t->count.set);
	CHECK_STR(t->owner, "");
	CHECK_STR(t->raw, "{\"k\":[1,\"x\"]}");
	j = shape_json(&tree_shape, t);
	json_print(j, 0, &b);
	/* An empty string that was there is there, one that was not is "". */
	CHECK_STR(b.p, "{\"id\":\"t\",\"owner\":\"\",\"count\":0,\"on\":false,\"ips\":[\"10.0.0."
		       "1\",\"fd00::1\"],"
		       "\"one\":{\"name\":\"n\",\"port\":80,\"words\":[\"a\",\"bc\"],\"labels\":{"
		       "\"k\":\"v\"}},"
		       "\"many\":[{\"name\":\"x\",\"port\":\"http\"},"
		       "{\"name\":\"y\",\"labels\":{\"l\":\"\",\"m\":\"2\"}}]}");
}

TEST(what_is_packed_is_unpacked_as_it_was)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	auto_ptr char *p = read_and_copy(TEXT, &e);
	struct tree t = *(const struct tree *)(const void *)(p + 16), back;

	t.count.v = INT64_MIN;
	t.raw = NULL;
	shape_pack(&tree_shape, &t, &b);
	CHECK(shape_unpack(&tree_shape, b.p, &back, &a) == b.p + b.len);
	CHECK(shape_same(&tree_shape, &t, &back, 0));
	CHECK(back.count.v == INT64_MIN && back.on == FLAG_NO && !back.none && !back.raw);
	CHECK_STR(back.owner, "");
}

TEST(a_port_is_a_number_or_a_name_and_nothing_else)
{
	struct err e = { 0 };
	auto_ptr char *p = read_and_copy("{\"one\":{\"port\":\"80\"}}", &e);
	const struct tree *t = (const void *)(p + 16);

	CHECK_STR(t->one->port.s, "80");
	CHECK(read_and_copy("{\"one\":{\"port\":1.5}}", &e) == NULL);
	CHECK(e.num == EBADMSG);
	CHECK(strstr(e.msg, "port '1.5' is not a whole number"));
	CHECK(read_and_copy("{\"one\":{\"port\":true}}", &e) == NULL);
	CHECK(strstr(e.msg, "port is not a string but of type"));
}

static void upper(const char **text, void *arg)
{
	if (strcmp(*text, "x") == 0 || strcmp(*text, "bc") == 0 || strcmp(*text, "http") == 0)
		*text = arg;
}

TEST(every_string_of_a_copy_can_be_replaced)
{
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	auto_ptr char *p = read_and_copy(TEXT, &e);
	auto_json struct json *j = NULL;
	char other[] = "other";

	shape_strings(&tree_shape, p + 16, upper, other);
	j = shape_json(&tree_shape, p + 16);
	json_print(j, 0, &b);
	CHECK(strstr(b.p, "\"words\":[\"a\",\"other\"]"));
	CHECK(strstr(b.p, "{\"name\":\"other\",\"port\":\"other\"}"));
}

#define DOTTED(F, T)                                               \
	F(T, STR, code, 0, "Matcher.HttpCode", "Matcher/HttpCode") \
	F(T, STRS, words, 0, "Words", "words/item")
SHAPE_STRUCT(dotted, DOTTED)
SHAPE_TABLE(dotted, DOTTED)

TEST(what_was_written_as_json_is_read_by_the_names_it_was_sent_by)
{
	auto_arena struct arena a = { 0 };
	const char *words[] = { "a" };
	struct dotted d = { "200", { words, 1 } }, back;
	auto_json struct json *j = shape_json(&dotted_shape, &d);
	struct err e = { 0 };

	CHECK(shape_get_sent(&dotted_shape, &back, j, &a, &e) == 0);
	CHECK_STR(back.code, "200");
	CHECK(back.words.n == 1);
	CHECK(shape_get_json(&dotted_shape, &back, j, &a, &e) == 0);
	CHECK_STR(back.code, "");
}

TEST(equal_strings_of_a_copy_share_their_bytes)
{
	static const char text[] =
		"{\"id\":\"same\",\"owner\":\"same\",\"many\":[{\"name\":\"same\","
		"\"words\":[\"other\",\"\",\"other\"]}]}";
	struct err e = { 0 };
	auto_ptr char *p = read_and_copy(text, &e);
	const struct tree *t = (const void *)(p + 16);

	CHECK_STR(t->id, "same");
	CHECK(t->owner == t->id && t->many.v[0].name == t->id);
	CHECK_STR(t->many.v[0].words.v[0], "other");
	CHECK_STR(t->many.v[0].words.v[1], "");
	CHECK(t->many.v[0].words.v[2] == t->many.v[0].words.v[0]);
}
