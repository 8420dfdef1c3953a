/* SPDX-License-Identifier: Apache-2.0 */
/* aws_log.c - what the log says of calls, and that it never says a secret. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "file.h"
#include "log.h"
#include "str.h"
#include "test.h"
#include "tmpdir.h"

#define TOKEN "FwoGZXIvYXdzEBYaDJ+tok/en=="
#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

/* AWS repeats what it was sent, in every place where it says something. */
static void gossip(struct httpd_call *c)
{
	const char *auth = http_header(&c->headers, "authorization");
	const char *said = arena_fmt(&c->a, "%s %s %s %s", *auth ? FAKE_SECRET : "",
				     *auth ? TOKEN : "", auth, c->body);
	auto_buf struct buf safe = { 0 }, out = { 0 };
	struct http_headers h = { 0 };
	int *asked = c->arg;
	static const int statuses[] = { 403, 400, 503, 500, 302, 200, 200 };
	size_t i = (size_t)(*asked)++ % COUNT(statuses);

	xml_escape(said, &safe);
	http_add(&h, "x-amzn-requestid", arena_fmt(&c->a, "id %s", said));
	http_add(&h, "Location", arena_fmt(&c->a, "http://x/?%.500s", said));
	if (i == COUNT(statuses) - 1)
		buf_fmt(&out, "<html>%s</html>", safe.p);
	else if (i != 4)
		buf_fmt(&out,
			"<R><Errors><Error><Code>SignatureDoesNotMatch</Code><Message>%s</Message>"
			"</Error></Errors><RequestID>%s</RequestID></R>",
			safe.p, safe.p);
	else
		buf_str(&out, safe.p);
	httpd_reply(c, statuses[i], &h, out.p, out.len);
}

static void forbid(const char *text, const char *secret)
{
	if (strstr(text, secret)) {
		CHECK_STR(text, secret);
		CHECK(!"shown");
	}
}

/* Signatures are runs of 64 hexadecimal digits. */
static bool has_signature(const char *text)
{
	for (; *text; text++)
		if (strspn(text, "0123456789abcdef") >= 64)
			return true;
	return false;
}

static void clean(const char *text)
{
	forbid(text, FAKE_SECRET);
	forbid(text, TOKEN);
	forbid(text, "FwoGZXIvYXdzEBYaDJ");
	forbid(text, "wJalrXUtnFEMI");
	forbid(text, "eyJhbGciOiJSUzI1NiJ9");
	forbid(text, "AWS4-HMAC");
	CHECK(!has_signature(text));
}

static void many_calls(struct aws *w)
{
	static const struct aws_keys own[] = { { "AKIAX", FAKE_SECRET, TOKEN }, { "", "", "" } };
	static const char *const bodies[] = { NULL, "A=b", "X=1&WebIdentityToken=" JWT "&Y=2",
					      "WebIdentityToken=" JWT };

	for (int i = 0; i < 80; i++) {
		struct aws_request q = { .service = (enum aws_service)(i % 3),
					 .action = i % 2 ? "DescribeX" : "AttachX",
					 .body = bodies[i % 4],
					 .secret = i % 4 > 1 ? JWT : NULL,
					 .keys = i % 5 ? NULL : &own[i % 2] };
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		if (aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0)
			clean(e.msg);
		clean(e.code);
	}
}

TEST(aws_log_and_errors_never_show_a_secret_whatever_aws_repeats)
{
	auto_dir struct dir dir = dir_new();
	auto_arena struct arena a = { 0 };
	auto_web struct web web = { 0 };
	auto_aws struct aws *w = NULL;
	auto_buf struct buf log = { 0 };
	const char *path = arena_fmt(&a, "%s/log", dir.path);
	struct strs lines;
	int asked = 0;
	struct err e = { 0 };

	web_serve(&web, gossip, &asked);
	fakeaws_env(web.url);
	setenv("AWS_SESSION_TOKEN", TOKEN, 1);
	CHECK(log_open(path, LOG_DEBUG, &e) == 0);
	CHECK(aws_new(&w, &(struct aws_options) { .log = true, .no_imds = true }, 0, &e) == 0);
	w->pause_ms = 1;
	many_calls(w);
	log_close();
	aws_idle(w);
	web_stop(&web);
	unsetenv("AWS_SESSION_TOKEN");
	fakeaws_env(NULL);
	CHECK(file_read(path, 1 << 20, &log, &e) == 0);
	clean(log.p);
	lines = str_split(log.p, "\n", &a);
	CHECK_INT(lines.n, 80);
	CHECK(asked > 80);
}

TEST(aws_log_has_one_line_for_a_call)
{
	static const struct fakeaws_answer answers[] = {
		{ 503, "<R><Errors><Error><Code>Throttling</Code></Error></Errors></R>" },
		{ 200, "<DescribeXResponse><requestId>r-1</requestId></DescribeXResponse>" },
		{ 400, "<R><Errors><Error><Code>Bad.One</Code></Error></Errors>"
		       "<RequestID>r-2</RequestID></R>" },
		{ 500, "<R><Errors><Error><Code>InternalError</Code></Error></Errors></R>" },
	};
	static const char *const want[] = {
		"AWS call service=ec2 action=DescribeX request_id=r-1 ms=",
		" attempts=2 status=200 code=\"}",
		"request_id=r-2 ms=",
		" attempts=1 status=400 code=Bad.One\"}",
		"action=AttachX request_id= ms=",
		" attempts=1 status=500 code=InternalError\"}",
		"status=0 code= error=\\\"Connection refused\\\"\"}",
	};
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 4 };
	struct aws_request q = { .service = AWS_EC2, .action = "DescribeX" };
	auto_dir struct dir dir = dir_new();
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	auto_buf struct buf log = { 0 };
	const char *path = arena_fmt(&a, "%s/log", dir.path);
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	w->log = true;
	CHECK(log_open(path, LOG_DEBUG, &e) == 0);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0);
	q.action = "AttachX";
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0);
	CHECK(e.unsure);
	aws_idle(w);
	web_stop(&f.web);
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0);
	log_close();
	CHECK(file_read(path, 1 << 20, &log, &e) == 0);
	for (size_t i = 0; i < COUNT(want); i++)
		if (!strstr(log.p, want[i]))
			CHECK_STR(log.p, want[i]);
}
