/* SPDX-License-Identifier: Apache-2.0 */
/* aws_answer.c - answers that are right, and all the ways in which they are not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "test.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int count_items(const struct xml *item, void *arg, struct err *e)
{
	struct buf *out = arg;

	buf_fmt(out, "%s;", item->text);
	return strcmp(item->text, "bad") == 0 ? fail(e, EDOM, "not this one") : 0;
}

TEST(aws_send_gives_the_items_of_an_answer_one_by_one)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, "<DescribeXResponse><s><i>1</i><i>2</i></s><t>n</t></DescribeXResponse>" },
		{ 200, "<DescribeXResponse><s><i>bad</i><i>2</i></s></DescribeXResponse>" },
	};
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
	auto_arena struct arena a = { 0 };
	auto_buf struct buf seen = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_request q = { .service = AWS_EC2,
				 .action = "DescribeX",
				 .items = "s/i",
				 .on_item = count_items,
				 .arg = &seen };
	auto_answer struct aws_answer r = { 0 };
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(xml_text(r.xml, "t"), "n");
	CHECK_STR(seen.p, "1;2;");
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0 && e.num == EDOM);
	CHECK_STR(seen.p, "1;2;bad;");
}

/* Each item would be at its place. The last document never ends. */
TEST(aws_send_gives_no_items_of_another_answer)
{
	static const char *const bodies[] = {
		"<html><s><i>1</i></s></html>",
		"<DescribeYResponse><s><i>1</i></s></DescribeYResponse>",
		"<Response><s><i>1</i><i>2</i></s><Errors/></Response>",
		"<DescribeX><s><i>1</i></s>",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct fakeaws_answer answer = { 200, bodies[i] };
		auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
		auto_buf struct buf seen = { 0 };
		const struct aws_request q = { .service = AWS_EC2,
					       .action = "DescribeX",
					       .items = "s/i",
					       .on_item = count_items,
					       .arg = &seen };
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(aws_send(w, &q, &r, &a, soon(), &e) < 0 && e.num == EBADMSG);
		CHECK(strstr(e.msg, "DescribeX: the answer cannot be read: ") == e.msg);
		CHECK(strstr(e.msg, ", not a <DescribeXResponse>; it begins with: <"));
		CHECK_INT((long long)seen.len, 0);
	}
}

TEST(aws_send_speaks_json_and_the_query_protocol_with_results)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, "{\"a\":1}" },
		{ 200, "" },
		{ 400, "{\"__type\":\"com.x#NotFoundException\",\"message\":\"m\"}" },
		{ 200, "<DescribeXResponse><DescribeXResult><y>1</y></DescribeXResult>"
		       "<ResponseMetadata><RequestId>r-9</RequestId></ResponseMetadata>"
		       "</DescribeXResponse>" },
	};
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 4 };
	struct aws_request q = { .service = AWS_ACM, .action = "DescribeX", .body = "{}" };
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK_INT(json_int(r.json, "a", 0), 1);
	aws_answer_free(&r);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0 && r.json);
	aws_answer_free(&r);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0 && e.num == ENOENT);
	CHECK_STR(e.code, "NotFoundException");
	q.service = AWS_ELBV2;
	q.body = NULL;
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(xml_text(r.xml, "y"), "1");
	CHECK_STR(r.request_id, "r-9");
	web_stop(&f.web);
	CHECK_INT(f.bad_signatures, 0);
}

static void say_again(void *arg)
{
	buf_str(arg, "again;");
}

/* The first answer breaks off behind its second item. */
TEST(aws_send_says_when_items_come_anew)
{
	static const struct web_step steps[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
			   "<DescribeXResponse><s><i>1</i><i>2</i>",
		  .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "1f\r\n<DescribeXResponse><s><i>1</i><\r\n"
			   "1d\r\ni>2</i></s></DescribeXRespons\r\n2\r\ne>\r\n0\r\n\r\n" },
	};
	auto_web struct web web = { 0 };
	auto_arena struct arena a = { 0 };
	auto_buf struct buf seen = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_request q = { .service = AWS_EC2,
				 .action = "DescribeX",
				 .items = "s/i",
				 .on_item = count_items,
				 .on_again = say_again,
				 .arg = &seen };
	auto_answer struct aws_answer r = { 0 };
	struct err e = { 0 };

	web_script(&web, steps, COUNT(steps));
	fakeaws_env(web.url);
	CHECK(aws_new(&w, NULL, 0, &e) == 0);
	w->pause_ms = 1;
	CHECK(aws_send(w, &q, &r, &a, soon(), &e) == 0);
	CHECK_STR(seen.p, "1;2;again;1;2;");
	aws_idle(w);
	fakeaws_env(NULL);
}

TEST(aws_send_finds_items_of_both_query_protocols)
{
	static const struct fakeaws_answer ok = {
		200, "<DescribeXResponse><DescribeXResult><L><member>1</member><member>2</member>"
		     "</L><NextMarker>n</NextMarker></DescribeXResult></DescribeXResponse>"
	};
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_buf struct buf seen = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_request q = { .service = AWS_ELBV2,
				 .action = "DescribeX",
				 .items = "L/member",
				 .on_item = count_items,
				 .arg = &seen };
	auto_answer struct aws_answer r = { 0 };
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(aws_send(w, &q, &r, &a, soon(), &e) == 0);
	CHECK_STR(seen.p, "1;2;");
	CHECK_STR(xml_text(r.xml, "NextMarker"), "n");
	CHECK(!xml_get(r.xml, "L/member"));
}

TEST(aws_send_finds_the_code_of_a_json_refusal_in_every_place)
{
	static const struct {
		const char *type, *body, *code, *text;
	} cases[] = {
		{ "", "{\"__type\":\"FooException\",\"message\":\"m\"}", "FooException", ": m (" },
		{ "", "{\"__type\":\"com.a.b#FooException\",\"Message\":\"M\"}", "FooException",
		  ": M (" },
		{ "FooException:http://internal/x", "{\"message\":null}", "FooException", ":  (" },
		{ "a.b#FooException:http://x", "<html>", "FooException", ":  (" },
		{ "", "{\"code\":\"Bar\"}", "Bar", ":  (" },
		{ "", "[1]", "", "not AWS: [1]" },
		{ "", "{\"__type\":7}", "", "not AWS: {" },
		{ "", "", "", "not AWS: " },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakeaws_answer answer = { 400, cases[i].body };
		struct http_headers h = { 0 };
		auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1, .headers = &h };
		const struct aws_request q = { .service = AWS_ACM, .action = "DeleteX" };
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		http_add(&h, "x-amzn-requestid", "j-1");
		if (*cases[i].type)
			http_add(&h, "x-amzn-ErrorType", cases[i].type);
		fakeaws_start(&f, &w);
		CHECK(aws_send(w, &q, &r, &a, soon(), &e) < 0);
		CHECK_STR(e.code, cases[i].code);
		CHECK(strstr(e.msg, cases[i].text));
		CHECK(!*cases[i].code || strstr(e.msg, "(request id j-1)"));
		CHECK_STR(f.target, "CertificateManager.DeleteX");
	}
}

/* All of them with status 200. */
TEST(aws_send_tells_what_an_answer_is_that_is_none)
{
	static const struct {
		enum aws_service s;
		const char *body, *want;
	} cases[] = {
		{ AWS_EC2, "<html><body>Log in</body></html>",
		  "it is a <html>, not a <DescribeXResponse>; it begins with: <html><body>Log in" },
		{ AWS_EC2, "<Response><Errors/></Response>",
		  "it is a <Response>, not a <Describe" },
		{ AWS_EC2, "<Foo/>", "it is a <Foo>, not a <DescribeXResponse>" },
		{ AWS_EC2, "<DescribeYResponse/>", "it is a <DescribeYResponse>, not a <Descr" },
		{ AWS_EC2, "<DescribeXResponses/>", "it is a <DescribeXResponses>, not a <Desc" },
		{ AWS_ELBV2, "<DescribeXResult/>", "it is a <DescribeXResult>, not a <Descr" },
		{ AWS_EC2,
		  "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
		  "it is a <ErrorResponse>, not a <DescribeXResponse>" },
		{ AWS_EC2, "<DescribeXResponse><a>",
		  "no element found; it is text/html and begins" },
		{ AWS_EC2, "<!DOCTYPE html><html>",
		  "a DTD are not accepted; it begins with: <!DOC" },
		{ AWS_EC2, "{}", "not well-formed (invalid token); it begins with: {}" },
		{ AWS_ACM, "<html>", "; it is text/html and begins with: <html>" },
		{ AWS_ACM, "[1]", "it is no JSON object, but of type " },
		{ AWS_ACM, "{\"a\":", "; it is text/html and begins with: {\"a\":" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakeaws_answer answer = { 200, cases[i].body };
		struct http_headers h = { 0 };
		auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1, .headers = &h };
		const struct aws_request q = { .service = cases[i].s, .action = "DescribeX" };
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		http_add(&h, "Content-Type", "text/html");
		fakeaws_start(&f, &w);
		CHECK(aws_send(w, &q, &r, &a, soon(), &e) < 0 && e.num == EBADMSG);
		CHECK(strstr(e.msg, "DescribeX: the answer cannot be read: ") == e.msg);
		if (!strstr(e.msg, cases[i].want))
			CHECK_STR(e.msg, cases[i].want);
		web_stop(&f.web);
		CHECK_INT(f.asked, 1);
	}
}

/* Keys that STS has just made may be in what cannot be read. */
TEST(aws_send_shows_nothing_of_what_sts_answers)
{
	static const struct fakeaws_answer answer = { 200, "{\"SecretAccessKey\":\"made\"}" };
	auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
	const struct aws_request q = { .service = AWS_STS, .action = "AssumeRole" };
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(aws_send(w, &q, &r, &a, soon(), &e) < 0 && e.num == EBADMSG);
	CHECK(strstr(e.msg, "AssumeRole: the answer cannot be read: ") == e.msg);
	CHECK(!strstr(e.msg, "made"));
}

/* A gibibyte is announced or sent; of neither more than the limit is taken. */
TEST(aws_send_takes_no_more_than_its_limit)
{
	static char piece[64 * 1024];
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n<DeleteXResponse>";
	const struct web_step cases[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n<",
		  .close = true },
		{ .head = head, .bytes = piece, .times = 16 * 1024, .close = true },
	};

	for (size_t i = 0; i < sizeof(piece) - 1; i++)
		piece[i] = "<a>text</a>\n"[i % 12];
	piece[sizeof(piece) - 1 - (sizeof(piece) - 1) % 12] = '\0';
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct aws_request q = { .service = AWS_EC2, .action = "DeleteX" };
		auto_answer struct aws_answer r = { 0 };
		auto_web struct web web = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		web_script(&web, &cases[i], 1);
		fakeaws_env(web.url);
		CHECK(aws_new(&w, NULL, 0, &e) == 0);
		CHECK(aws_send(w, &q, &r, &a, soon(), &e) < 0);
		CHECK(e.num == EFBIG || strstr(e.msg, "200000 elements"));
		CHECK(e.unsure);
		fakeaws_env(NULL);
	}
}
