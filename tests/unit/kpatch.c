/* SPDX-License-Identifier: Apache-2.0 */
/* kpatch.c - the three kinds of patches, and those that nobody should send. */
#include <stdlib.h>

#include "kask.h"
#include "test.h"

static struct json *parsed(const char *text)
{
	struct err e = { 0 };
	struct json *j = json_parse(text, strlen(text), &e);

	CHECK_STR(e.msg, "");
	return j;
}

static const char *printed(const struct json *j, struct buf *b)
{
	b->len = 0;
	json_print(j, 0, b);
	return b->p;
}

/* What comes of it, or the reason why not. */
static const char *json_patched(const char *o, const char *patch, struct buf *b)
{
	auto_json struct json *j = parsed(o), *p = parsed(patch);
	struct err e = { 0 };
	int rc = kpatch_json(&j, p, &e);

	json_free(&p);
	if (rc == 0)
		return printed(j, b);
	CHECK(*e.msg);
	b->len = 0;
	buf_str(b, e.code);
	return b->p;
}

static const char *strategic(const char *o, const char *patch, struct buf *b)
{
	auto_json struct json *j = parsed(o), *p = parsed(patch);
	struct err e = { 0 };
	int rc = kpatch_strategic(j, p, &e);

	json_free(&p);
	if (rc == 0)
		return printed(j, b);
	b->len = 0;
	buf_str(b, e.code);
	return b->p;
}

TEST(kpatch_json_does_each_operation)
{
	auto_buf struct buf b = { 0 };

	CHECK_STR(json_patched("{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/1\",\"value\":9}]",
			       &b),
		  "{\"a\":[1,9,2]}");
	CHECK_STR(json_patched("{\"a\":[1,2]}", "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":9}]",
			       &b),
		  "{\"a\":[1,2,9]}");
	CHECK_STR(json_patched("{\"a\":[1,2]}",
			       "[{\"op\":\"replace\",\"path\":\"/a/0\",\"value\":9}]", &b),
		  "{\"a\":[9,2]}");
	CHECK_STR(json_patched("{\"x/y\":1,\"m~n\":2}",
			       "[{\"op\":\"remove\",\"path\":\"/x~1y\"},"
			       "{\"op\":\"move\",\"from\":\"/m~0n\",\"path\":\"/z\"}]",
			       &b),
		  "{\"z\":2}");
	CHECK_STR(json_patched("{\"a\":1}",
			       "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},"
			       "{\"op\":\"test\",\"path\":\"/b\",\"value\":1}]",
			       &b),
		  "{\"a\":1,\"b\":1}");
	CHECK_STR(json_patched("{\"a\":1}",
			       "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":2}}]", &b),
		  "{\"b\":2}");
}

TEST(kpatch_json_refuses_what_leads_nowhere)
{
	static const char *const bad[][2] = {
		{ "Invalid", "[{\"op\":\"remove\",\"path\":\"/b\"}]" },
		{ "Invalid", "[{\"op\":\"remove\",\"path\":\"\"}]" },
		{ "Invalid", "[{\"op\":\"add\",\"path\":\"/a/3\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"add\",\"path\":\"/a/-1\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"add\",\"path\":\"/a/01x\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"add\",\"path\":\"/a/0/b/c\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]" },
		{ "Invalid", "[{\"op\":\"move\",\"from\":\"/q\",\"path\":\"/a\"}]" },
		{ "Invalid", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]" },
		{ "Invalid", "[{\"op\":\"replace\",\"path\":\"/q\",\"value\":1}]" },
		{ "BadRequest", "[{\"op\":\"boil\",\"path\":\"/a\",\"value\":1}]" },
		{ "BadRequest", "[{\"op\":\"add\",\"path\":\"/a\"}]" },
		{ "BadRequest", "[{\"op\":\"add\"}]" },
		{ "BadRequest", "[3]" },
		{ "BadRequest", "{\"a\":1}" },
	};
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_STR(json_patched("{\"a\":[1,2]}", bad[i][1], &b), bad[i][0]);
}

/* Each copy doubles; thirty of them would be a gigabyte. */
TEST(kpatch_json_copies_no_more_than_a_mebibyte)
{
	auto_buf struct buf b = { 0 };
	auto_buf struct buf patch = { 0 };

	buf_str(&patch, "[");
	for (int i = 0; i < 30; i++)
		buf_fmt(&patch, "%s{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/-\"}",
			i ? "," : "");
	buf_str(&patch, "]");
	CHECK_STR(
		json_patched("{\"a\":[\"0123456789012345678901234567890123456789\"]}", patch.p, &b),
		"BadRequest");
}

TEST(kpatch_merge_adds_replaces_and_removes)
{
	auto_json struct json *o = parsed("{\"a\":{\"b\":1,\"c\":2},\"l\":[1]}"),
			      *p = parsed(
				      "{\"a\":{\"b\":null,\"d\":{\"e\":null,\"f\":3}},\"l\":[2]}");
	auto_buf struct buf b = { 0 };

	kpatch_merge(o, p);
	json_free(&p);
	CHECK_STR(printed(o, &b), "{\"a\":{\"c\":2,\"d\":{\"f\":3}},\"l\":[2]}");
}

TEST(kpatch_strategic_merges_lists_by_their_keys)
{
	auto_buf struct buf b = { 0 };
	const char *o = "{\"containers\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\","
			"\"image\":\"2\"}]}";

	CHECK_STR(strategic(o, "{\"containers\":[{\"name\":\"b\",\"image\":\"3\"}]}", &b),
		  "{\"containers\":[{\"name\":\"a\",\"image\":\"1\"},{\"name\":\"b\",\"image\":"
		  "\"3\"}]}");
	CHECK_STR(strategic(o, "{\"containers\":[{\"name\":\"a\",\"$patch\":\"delete\"}]}", &b),
		  "{\"containers\":[{\"name\":\"b\",\"image\":\"2\"}]}");
	CHECK_STR(strategic(o, "{\"containers\":[{\"$patch\":\"replace\"},{\"name\":\"c\"}]}", &b),
		  "{\"containers\":[{\"name\":\"c\"}]}");
	CHECK_STR(strategic(o,
			    "{\"$setElementOrder/containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}",
			    &b),
		  "{\"containers\":[{\"name\":\"b\",\"image\":\"2\"},{\"name\":\"a\",\"image\":"
		  "\"1\"}]}");
	CHECK_STR(strategic("{\"tolerations\":[{\"key\":\"a\"}]}",
			    "{\"tolerations\":[{\"key\":\"b\"}]}", &b),
		  "{\"tolerations\":[{\"key\":\"b\"}]}");
	CHECK_STR(
		strategic(
			"{\"finalizers\":[\"a\",\"b\"]}",
			"{\"$deleteFromPrimitiveList/finalizers\":[\"a\"],\"finalizers\":[\"c\"]}",
			&b),
		"{\"finalizers\":[\"c\",\"b\"]}");
	CHECK_STR(strategic("{\"strategy\":{\"type\":\"R\",\"rollingUpdate\":{\"x\":1}}}",
			    "{\"strategy\":{\"$retainKeys\":[\"type\"],\"type\":\"S\"}}", &b),
		  "{\"strategy\":{\"type\":\"S\"}}");
	CHECK_STR(strategic("{\"m\":{\"a\":1}}", "{\"m\":{\"$patch\":\"replace\",\"b\":2}}", &b),
		  "{\"m\":{\"b\":2}}");
}

TEST(kpatch_strategic_refuses_what_is_no_patch)
{
	auto_buf struct buf b = { 0 };

	CHECK_STR(strategic("{}", "{\"containers\":[{\"image\":\"1\"}]}", &b), "BadRequest");
	CHECK_STR(strategic("{}", "{\"containers\":[{\"name\":\"a\"},3]}", &b), "BadRequest");
	CHECK_STR(strategic("{}", "{\"m\":{\"$patch\":\"boil\"}}", &b), "BadRequest");
	CHECK_STR(strategic("{\"containers\":\"x\"}", "{\"$setElementOrder/containers\":[1]}", &b),
		  "{\"containers\":\"x\"}");
	CHECK_STR(strategic("{\"a\":1}",
			    "{\"$setElementOrder/\":3,\"$deleteFromPrimitiveList/a\":[1]}", &b),
		  "{\"a\":1}");
}
