/* SPDX-License-Identifier: Apache-2.0 */
/* shape_call.c - actions by their rows in every protocol: one call, every page, every element. */
#include <errno.h>

#include "ec2test.h"
#include "shape_call.h"

#define THING(F, T)                \
	F(T, STR, id, 0, "Id")     \
	F(T, INT, size, 0, "Size") \
	F(T, LIST, tags, tag, "Tags")
SHAPE_STRUCT(thing, THING)
SHAPE_TABLE(thing, THING)
#define LIST_THINGS(F, T)             \
	F(T, STRS, names, 0, "Names") \
	F(T, INT, max, 0, "MaxItems")
SHAPE_STRUCT(list_things, LIST_THINGS)
SHAPE_TABLE(list_things, LIST_THINGS)
#define THINGS(F, T)                        \
	F(T, LIST, things, thing, "Things") \
	F(T, STR, note, 0, "", "Note")
SHAPE_STRUCT(some_thing, THINGS)
SHAPE_TABLE(some_thing, THINGS)

static const struct aws_action by_json = { AWS_ACM,           "ListThings", &list_things_shape,
					   &some_thing_shape, false,        "NextToken",
					   "NextToken",       "Things" };
static const struct aws_action by_query = {
	AWS_ELBV2, "DescribeThings", &list_things_shape, &some_thing_shape,
	false,     "Marker",         "NextMarker",       "Things"
};
static const struct aws_action by_nothing = { AWS_ACM, "DropThings", NULL, NULL,
					      true,    NULL,         NULL, NULL };

#define QUERY_PAGE(inside)                                                                     \
	"<DescribeThingsResponse><DescribeThingsResult>" inside                                \
	"</DescribeThingsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>" \
	"</DescribeThingsResponse>"
static const struct fakeaws_answer json_pages[] = {
	{ 200, "{\"Things\":[{\"Id\":\"1\",\"Size\":7,\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]},"
	       "{\"Id\":\"2\"}],\"NextToken\":\"a/b=\",\"Note\":\"first\"}" },
	{ 200, "{\"Things\":[],\"NextToken\":\"c\"}" },
	{ 200, "{\"Things\":[{\"Id\":\"3\"}],\"Note\":\"last\"}" },
};
static const struct fakeaws_answer query_pages[] = {
	{ 200,
	  QUERY_PAGE("<Things><member><Id>1</Id><Size>7</Size><Tags><member><Key>k</Key><Value>v"
		     "</Value></member></Tags></member><member><Id>2</Id></member></Things>"
		     "<NextMarker>a/b=</NextMarker><Note>first</Note>") },
	{ 200, QUERY_PAGE("<Things/><NextMarker>c</NextMarker>") },
	{ 200, QUERY_PAGE("<Things><member><Id>3</Id></member></Things><Note>last</Note>") },
};

static const char *names[] = { "x", "y" };
static const struct list_things question = { { names, 2 }, 2 };

static void holds(const struct some_thing *l)
{
	CHECK_INT(l->things.n, 3);
	if (l->things.n != 3)
		return;
	CHECK_STR(l->things.v[0].id, "1");
	CHECK_INT(l->things.v[0].size, 7);
	CHECK_STR(tag_get(&l->things.v[0].tags, "k"), "v");
	CHECK_STR(l->things.v[1].id, "2");
	CHECK_STR(l->things.v[2].id, "3");
	CHECK_STR(l->note, "last");
}

TEST(aws_all_reads_every_page_of_json)
{
	auto_fixture struct fixture x = { 0 };
	struct some_thing l;

	start(&x, json_pages, 3);
	CHECK(aws_all(x.w, &by_json, &question, &l, &x.a, soon(), &x.e) == 0);
	holds(&l);
	web_stop(&x.f.web);
	CHECK_STR(x.f.body.p, "{\"Names\":[\"x\",\"y\"],\"MaxItems\":2,\"NextToken\":\"c\"}");
	CHECK_INT(x.f.asked, 3);
	CHECK_INT(x.f.bad_signatures, 0);
}

TEST(aws_all_reads_every_page_of_the_query_protocol)
{
	auto_fixture struct fixture x = { 0 };
	struct some_thing l;

	start(&x, query_pages, 3);
	CHECK(aws_all(x.w, &by_query, &question, &l, &x.a, soon(), &x.e) == 0);
	holds(&l);
	web_stop(&x.f.web);
	CHECK_STR(x.f.body.p, "Action=DescribeThings&Version=2015-12-01&Names.member.1=x"
			      "&Names.member.2=y&MaxItems=2&Marker=c");
	CHECK_INT(x.f.asked, 3);
}

TEST(aws_do_reads_the_first_page)
{
	auto_fixture struct fixture x = { 0 };
	struct some_thing l;

	start(&x, json_pages, 3);
	CHECK(aws_do(x.w, &by_json, &question, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.things.n, 2);
	CHECK_STR(l.note, "first");
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 1);
}

TEST(aws_do_sends_and_reads_nothing_where_there_is_nothing)
{
	static const struct fakeaws_answer answer = { 200, "" };
	auto_fixture struct fixture x = { 0 };

	start(&x, &answer, 1);
	CHECK(aws_do(x.w, &by_nothing, NULL, NULL, &x.a, soon(), &x.e) == 0);
	web_stop(&x.f.web);
	CHECK_STR(x.f.body.p, "{}");
}

struct seen {
	char ids[64];
	int fail_at;
};

static int see(const void *item, void *arg, struct err *e)
{
	const struct thing *t = item;
	struct seen *s = arg;
	size_t n = strlen(s->ids);

	snprintf(s->ids + n, sizeof(s->ids) - n, "%s:%lld ", t->id, (long long)t->size);
	return --s->fail_at == 0 ? fail(e, ECANCELED, "enough") : 0;
}

TEST(aws_each_meets_every_element_in_every_protocol)
{
	for (int i = 0; i < 2; i++) {
		auto_fixture struct fixture x = { 0 };
		struct seen s = { 0 };

		start(&x, i ? query_pages : json_pages, 3);
		CHECK(aws_each(x.w, i ? &by_query : &by_json, &question, see, &s, soon(), &x.e) ==
		      0);
		CHECK_STR(s.ids, "1:7 2:0 3:0 ");
		web_stop(&x.f.web);
		CHECK_INT(x.f.asked, 3);
	}
}

TEST(aws_each_ends_where_its_function_fails)
{
	for (int i = 0; i < 2; i++) {
		auto_fixture struct fixture x = { 0 };
		struct seen s = { .fail_at = 2 };

		start(&x, i ? query_pages : json_pages, 3);
		CHECK(aws_each(x.w, i ? &by_query : &by_json, &question, see, &s, soon(), &x.e) <
		      0);
		CHECK_INT(x.e.num, ECANCELED);
		CHECK_STR(s.ids, "1:7 2:0 ");
		web_stop(&x.f.web);
		CHECK_INT(x.f.asked, 1);
	}
}

TEST(aws_actions_name_what_cannot_be_read)
{
	static const struct {
		const struct aws_action *act;
		const char *body, *msg;
	} cases[] = {
		{ &by_json, "{\"Things\":[{\"Id\":\"1\",\"Size\":\"big\"}]}",
		  "ListThings: 1: Size is not a number but of type string" },
		{ &by_json, "{\"Things\":{}}",
		  "ListThings: Things is not a list but of type object" },
		{ &by_query,
		  QUERY_PAGE("<Things><member><Id>1</Id><Size>big</Size></member></Things>"),
		  "DescribeThings: 1: Size 'big' is not a whole number" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakeaws_answer answer = { 200, cases[i].body };
		auto_fixture struct fixture x = { 0 };
		struct some_thing l;
		struct seen s = { 0 };

		start(&x, &answer, 1);
		CHECK(aws_do(x.w, cases[i].act, &question, &l, &x.a, soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK_STR(x.e.msg, cases[i].msg);
		x.e = (struct err) { 0 };
		CHECK(aws_all(x.w, cases[i].act, &question, &l, &x.a, soon(), &x.e) < 0);
		CHECK_STR(x.e.msg, cases[i].msg);
		x.e = (struct err) { 0 };
		CHECK(aws_each(x.w, cases[i].act, &question, see, &s, soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK_STR(s.ids, "");
	}
}

TEST(aws_actions_pass_refusals_on)
{
	static const struct fakeaws_answer refusal = {
		400, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no such thing\"}"
	};
	auto_fixture struct fixture x = { 0 };
	struct some_thing l;

	start(&x, &refusal, 1);
	CHECK(aws_do(x.w, &by_json, &question, &l, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.code, "ResourceNotFoundException");
	CHECK_INT(x.e.num, ENOENT);
}

/* What an action does with a server that never comes to an end. Describes have a rate limit. */
static void asks(const struct aws_action *act, bool each, const struct fakeaws_answer *pages,
		 size_t n, int num, const char *msg, size_t asked)
{
	auto_fixture struct fixture x = { 0 };
	struct aws_action list = *act;
	struct some_thing l;
	struct seen s = { 0 };

	list.name = "ListThings";
	start(&x, pages, n);
	if (each)
		CHECK(aws_each(x.w, &list, &question, see, &s, soon(), &x.e) < 0);
	else
		CHECK(aws_all(x.w, &list, &question, &l, &x.a, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, num);
	CHECK_STR(x.e.msg, msg);
	web_stop(&x.f.web);
	CHECK_INT((long long)x.f.asked, (long long)asked);
}

#define JSON_NEXT(token) "{\"Things\":[],\"NextToken\":\"" token "\"}"
#define XML_NEXT(token)                                                     \
	"<ListThingsResponse><ListThingsResult><Things/><NextMarker>" token \
	"</NextMarker></ListThingsResult></ListThingsResponse>"

TEST(pages_that_come_again_and_again_are_refused)
{
	static const struct fakeaws_answer json[] = { { 200, JSON_NEXT("a") },
						      { 200, JSON_NEXT("b") },
						      { 200, JSON_NEXT("b") } };
	static const struct fakeaws_answer xml[] = { { 200, XML_NEXT("a") },
						     { 200, XML_NEXT("a") } };

	for (int each = 0; each < 2; each++) {
		asks(&by_json, each, json, 3, EBADMSG,
		     "ListThings: pages without end: page 3 was asked for by NextToken 'b', and "
		     "names the same as the next",
		     3);
		asks(&by_query, each, xml, 2, EBADMSG,
		     "ListThings: pages without end: page 2 was asked for by NextMarker 'a', and "
		     "names the same as the next",
		     2);
	}
}

TEST(more_than_a_thousand_pages_are_refused)
{
	static struct fakeaws_answer pages[2][1001];
	auto_arena struct arena a = { 0 };

	for (int i = 0; i < 1001; i++) {
		pages[0][i] = (struct fakeaws_answer) { 200, arena_fmt(&a, JSON_NEXT("%d"), i) };
		pages[1][i] = (struct fakeaws_answer) { 200, arena_fmt(&a, XML_NEXT("%d"), i) };
	}
	for (int i = 0; i < 2; i++)
		asks(i ? &by_query : &by_json, i, pages[i], 1001, EFBIG,
		     "ListThings: more than 1000 pages", 1000);
}

/* What it made is there, whatever its name. */
TEST(an_answer_that_is_read_badly_leaves_open_what_was_done)
{
	static const struct fakeaws_answer bad = { 200, "{\"Things\":{}}" };
	static const struct fakeaws_answer no = { 200,
						  "<XResponse><return>false</return></XResponse>" };
	static const struct aws_action ec2 = { AWS_EC2, "X", NULL, NULL, false, NULL, NULL, NULL };
	struct some_thing l;

	for (int i = 0; i < 2; i++) {
		auto_fixture struct fixture x = { 0 };

		start(&x, i ? &no : &bad, 1);
		CHECK(aws_do(x.w, i ? &ec2 : &by_json, &question, &l, &x.a, soon(), &x.e) < 0);
		CHECK_INT(x.e.unsure, !i);
	}
}
