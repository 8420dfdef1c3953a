/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch_split.c - lists and watches cut into objects, wherever the pieces end. */
#include <errno.h>

#include "kubewatch_split.h"
#include "test.h"

struct cut {
	struct buf log;
	int left; /* items until one is refused; 0: none */
};

static int on_item(void *arg, const struct json *j, struct err *e)
{
	struct cut *c = arg;

	json_print(j, 0, &c->log);
	buf_str(&c->log, " ");
	return c->left && --c->left == 0 ? fail(e, EPERM, "no more") : 0;
}

/* What came, what the list is without it, or the error. */
static int cut(const char *text, bool list, size_t piece, struct cut *c, struct err *e)
{
	auto_split struct kube_split s = { .list = list, .item = on_item, .arg = c };
	auto_json struct json *head = NULL;
	size_t n = strlen(text);

	c->log.len = 0;
	buf_str(&c->log, "");
	for (size_t at = 0; at < n; at += piece)
		if (kube_split_feed(&s, text + at, piece < n - at ? piece : n - at, e) < 0)
			return -1;
	if (kube_split_end(&s, &head, e) < 0)
		return -1;
	CHECK(!head == !list);
	buf_str(&c->log, "| ");
	if (head)
		json_print(head, 0, &c->log);
	return 0;
}

TEST(a_list_is_cut_into_items_wherever_its_pieces_end)
{
	static const char text[] =
		" { \"items\" : [ {\"a\":\"}]\\\"{\",\"items\":[{}, [1]]} , {} "
		",\n{\"b\":{\"c\":\"\\\\\"}}"
		" ] ,\"metadata\":{\"items\":[7],\"continue\":\"\"}, \"x\":\"items\",\"y\":[{}]}\n";
	struct cut c = { 0 };
	struct err e = { 0 };

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		CHECK(cut(text, true, piece, &c, &e) == 0);
		CHECK_STR(c.log.p,
			  "{\"a\":\"}]\\\"{\",\"items\":[{},[1]]} {} {\"b\":{\"c\":\"\\\\\"}} | "
			  "{\"items\":[0,0,0],\"metadata\":{\"items\":[7],\"continue\":\"\"},"
			  "\"x\":\"items\",\"y\":[{}]}");
	}
	CHECK(cut("{\"items\":null}", true, 1, &c, &e) == 0);
	CHECK_STR(c.log.p, "| {\"items\":null}");
	CHECK(cut("{\"items\":[]}", true, 1, &c, &e) == 0);
	CHECK_STR(c.log.p, "| {\"items\":[]}");
	buf_free(&c.log);
}

TEST(a_watch_is_cut_into_events_wherever_its_pieces_end)
{
	static const char text[] = "{\"type\":\"ADDED\",\"object\":{\"items\":[{}]}}\n\n "
				   "{\"type\":\"X\"}{}\n";
	struct cut c = { 0 };
	struct err e = { 0 };

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		CHECK(cut(text, false, piece, &c, &e) == 0);
		CHECK_STR(c.log.p, "{\"type\":\"ADDED\",\"object\":{\"items\":[{}]}} "
				   "{\"type\":\"X\"} {} | ");
	}
	CHECK(cut("", false, 1, &c, &e) == 0);
	CHECK_STR(c.log.p, "| ");
	buf_free(&c.log);
}

TEST(managed_fields_are_not_even_parsed)
{
	static const char list[] =
		"{\"items\":[{\"metadata\":{\"managedFields\":[{\"f:a\":{\"k,}"
		"\":{}}}, 1],\"name\":\"n\"},\"managedFields\":1},"
		"{\"metadata\":{\"name\":\"m\",\"managedFields\" : {\"a\":[]}}}]}";
	static const char watch[] = "{\"object\":{\"metadata\":{\"managedFields\":\"}\",\"z\":1}}}";
	struct cut c = { 0 };
	struct err e = { 0 };

	for (size_t piece = 1; piece < 50; piece++) {
		CHECK(cut(list, true, piece, &c, &e) == 0);
		CHECK_STR(c.log.p, "{\"metadata\":{\"managedFields\":null,\"name\":\"n\"},"
				   "\"managedFields\":1} {\"metadata\":{\"name\":\"m\","
				   "\"managedFields\":null}} | {\"items\":[0,0]}");
		CHECK(cut(watch, false, piece, &c, &e) == 0);
		CHECK_STR(c.log.p,
			  "{\"object\":{\"metadata\":{\"managedFields\":null,\"z\":1}}} | ");
	}
	buf_free(&c.log);
}

TEST(a_stream_that_is_no_list_or_watch_is_refused_in_words)
{
	static const struct {
		const char *text;
		bool list;
		int num;
		const char *want;
	} cases[] = {
		{ "<html>", false, EBADMSG, "something that is no object in a watch" },
		{ "[1]", false, EBADMSG, "something that is no object in a watch" },
		{ "{},{}", false, EBADMSG, "something that is no object in a watch" },
		{ "{}}", false, EBADMSG, "something that is no object in a watch" },
		{ "{\"a\":1", false, EBADMSG, "the stream ends inside an object" },
		{ "{\"a\":\"", false, EBADMSG, "the stream ends inside an object" },
		{ "{\"a\":]}", false, EBADMSG,
		  "an object of the stream: JSON at offset 5: a value is missing" },
		{ "{\"a\" 1}", false, EBADMSG,
		  "an object of the stream: JSON at offset 5: a colon is missing" },
		{ "<html>", true, EBADMSG,
		  "a list: JSON at offset 0: neither value nor punctuation" },
		{ "", true, EBADMSG, "a list: JSON at offset 0: a value is missing" },
		{ "[]", true, EBADMSG, "a list that is no object" },
		{ "\"x", true, EBADMSG, "the stream ends inside an object" },
		{ "]", true, EBADMSG, "a closing bracket too many" },
		{ "{\"items\":[5]}", true, EBADMSG, "something that is no object in a list" },
		{ "{\"items\":[\"x\"]}", true, EBADMSG, "something that is no object in a list" },
		{ "{\"items\":[{}{}]}", true, EBADMSG,
		  "a list: JSON at offset 12: a comma or the closing bracket is missing" },
		{ "{\"items\":[{},]}", true, EBADMSG,
		  "a list: JSON at offset 13: a value is missing" },
		{ "{\"items\":[{}", true, EBADMSG, "the stream ends inside an object" },
		{ "{\"items\":[{}]}{}", true, EBADMSG,
		  "a list: JSON at offset 14: text behind the value" },
		{ "{\"items\":[{\"a\":tru}]}", true, EBADMSG,
		  "an object of the stream: JSON at offset 5: neither value nor punctuation" },
	};
	struct cut c = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };

		CHECK(cut(cases[i].text, cases[i].list, 1, &c, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK_STR(e.msg, cases[i].want);
	}
	buf_free(&c.log);
}

TEST(what_the_receiver_says_ends_the_stream)
{
	struct cut c = { .left = 2 };
	struct err e = { 0 };

	CHECK(cut("{}{\"a\":1}{\"b\":2}", false, 99, &c, &e) < 0 && e.num == EPERM);
	CHECK_STR(c.log.p, "{} {\"a\":1} ");
	buf_free(&c.log);
}

TEST(an_endless_object_or_list_head_is_refused)
{
	static char filler[64 * 1024];
	auto_split struct kube_split item = { .item = on_item };
	auto_split struct kube_split head = { .list = true, .item = on_item };
	struct err e = { 0 };
	int rc;

	memset(filler, 'x', sizeof(filler));
	rc = kube_split_feed(&item, "{\"a\":\"", 6, &e);
	for (int i = 0; i < 1000 && rc == 0; i++)
		rc = kube_split_feed(&item, filler, sizeof(filler), &e);
	CHECK(rc < 0 && e.num == EFBIG);
	CHECK_STR(e.msg, "an object of more than 16777216 bytes");
	rc = kube_split_feed(&head, "{\"a\":\"", 6, &e);
	for (int i = 0; i < 1000 && rc == 0; i++)
		rc = kube_split_feed(&head, filler, sizeof(filler), &e);
	CHECK(rc < 0 && e.num == EFBIG);
	CHECK_STR(e.msg, "a list around its items of more than 1048576 bytes");
}
