/* SPDX-License-Identifier: Apache-2.0 */
/* http_bad.c - answers that are nonsense, lies, too much or too slow, each told in its own words.
 */
#include <errno.h>

#include "clock.h"
#include "test.h"
#include "web.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int drop(const void *p, size_t n, void *arg, struct err *e)
{
	(void)p;
	(void)n;
	(void)arg;
	(void)e;
	return 0;
}

/* One GET, collected and streamed, of a server of one step: both end alike. */
static void refused(const struct web_step *step, int num, const char *want, int64_t patience_ms)
{
	for (int i = 0; i < 2; i++) {
		struct http_request q = { .method = "GET", .target = "/", .max_body = 1 << 20 };
		auto_arena struct arena a = { 0 };
		auto_web struct web w = { 0 };
		auto_http struct http_client c = { 0 };
		struct http_response r;
		const char *path;
		struct err e = { 0 };

		q.on_body = i ? drop : NULL;
		web_script(&w, step, 1);
		CHECK(http_url(&c, w.url, &path, &e) == 0);
		CHECK(http_do(&c, &q, &r, &a, now_ms() + patience_ms, &e) < 0);
		CHECK_INT(e.num, num);
		CHECK(strstr(e.msg, "GET 127.0.0.1/: ") == e.msg && strstr(e.msg, want));
		if (!strstr(e.msg, want))
			printf("#   %.80s: %s\n", step->head ? step->head : step->bytes, e.msg);
		CHECK_INT(c.conn.fd, 0);
		CHECK(r.sent);
	}
}

TEST(http_says_when_nothing_was_sent)
{
	static const struct http_request cases[] = {
		{ .method = "POST", .target = "/" },          /* nobody listens */
		{ .method = "POST", .target = "/ HTTP/1.0" }, /* cannot be written */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_client c = { .host = "127.0.0.1", .port = "1" };
		struct http_response r = { .sent = true };
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		web_loopback();
		CHECK(http_do(&c, &cases[i], &r, &a, soon(), &e) < 0);
		CHECK_INT(e.num, i ? EINVAL : ECONNREFUSED);
		CHECK(!r.sent);
	}
}

TEST(http_refuses_nonsense)
{
#define RAW(s) s, sizeof(s) - 1
	static const struct {
		const char *bytes;
		size_t len;
		const char *want;
	} cases[] = {
		/* status lines */
		{ RAW("HTTP/1.1 two hundred\r\n\r\n"), "malformed" },
		{ RAW("HTTP/1.1 20 OK\r\n\r\n"), "malformed" },
		{ RAW("HTTP/1.1 2000 OK\r\n\r\n"), "malformed" },
		{ RAW("HTTP/1.1\r\n\r\n"), "malformed" },
		{ RAW("HTTP/9.9 200 OK\r\n\r\n"), "malformed" },
		{ RAW("HTTP/0.9 200 OK\r\n\r\n"), "HTTP" },
		{ RAW("http/1.1 200 OK\r\n\r\n"), "malformed" },
		{ RAW("GET / HTTP/1.1\r\n\r\n"), "malformed" },
		{ RAW("<html><body>hello</body></html>"), "malformed" },
		{ RAW("\0\0\0\0\0\0\0\0"), "malformed" },
		/* HTTP/2: a preface, and the SETTINGS that a server begins with */
		{ RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "malformed" },
		{ RAW("\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"), "malformed" },
		/* headers */
		{ RAW(OK "no colon\r\n\r\n"), "malformed" },
		{ RAW(OK "A\0B: c\r\n\r\n"), "malformed" },
		{ RAW(OK "A: b\0c\r\n\r\n"), "malformed" },
		{ RAW(OK "A: b\rc\r\n\r\n"), "malformed" },
		/* lengths */
		{ RAW(OK "Content-Length: -1\r\n\r\n"), "Content-Length" },
		{ RAW(OK "Content-Length: 0x10\r\n\r\n"), "Content-Length" },
		{ RAW(OK "Content-Length: 1 2\r\n\r\n"), "Content-Length" },
		{ RAW(OK "Content-Length:\r\n\r\n"), "Content-Length" },
		{ RAW(OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "Content-Length" },
		{ RAW(OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		  "malformed" },
		{ RAW(OK "Content-Length: 10\r\n\r\nshort"), "middle" },
		/* chunks */
		{ RAW(CHUNKED "\r\n"), "malformed" },
		{ RAW(CHUNKED "3"), "middle" },
		{ RAW(CHUNKED "g\r\n"), "chunk" },
		{ RAW(CHUNKED "-3\r\nabc\r\n"), "chunk" },
		{ RAW(CHUNKED " 3\r\nabc\r\n"), "chunk" },
		{ RAW(CHUNKED "0x3\r\nabc\r\n"), "malformed" },
		{ RAW(CHUNKED "3\r\nabc3\r\nabc\r\n0\r\n\r\n"), "malformed" },
		{ RAW(CHUNKED "3\r\nabcde\r\n0\r\n\r\n"), "malformed" },
		{ RAW(CHUNKED "3\nabc\n0\n\n"), "malformed" },
		{ RAW(CHUNKED "3\r\nab"), "middle" },
		{ RAW(CHUNKED "3\r\nabc\r\n0\r\n"), "middle" },
		{ RAW(CHUNKED "3\r\nabc\r\n0\r\nTrailer"), "middle" },
		{ RAW(CHUNKED "10000000000000000\r\n"), "hunk" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_step step = { .bytes = cases[i].bytes,
					 .len = cases[i].len,
					 .close = true };

		refused(&step, EBADMSG, cases[i].want, 20000);
	}
}

TEST(http_bounds_what_has_no_end)
{
	static const struct {
		const char *head, *piece;
		int num;
		const char *want;
	} cases[] = {
		{ CHUNKED "1;", "extension", E2BIG, "head or the trailers are too long" },
		{ CHUNKED "1;a=\"", "x", E2BIG, "head or the trailers are too long" },
		{ CHUNKED "1\r\na\r\n0\r\n", "Trailer: t\r\n", E2BIG,
		  "head or the trailers are too long" },
		{ CHUNKED, "00000000", E2BIG, "head or the trailers are too long" },
		{ CHUNKED "ffffffffffff\r\n", "xxxxxxxx", EFBIG, "body is too long" },
		{ OK "Content-Length: 1073741824\r\n\r\n", "xxxxxxxx", EFBIG, "body is too long" },
		{ OK, "A: b\r\n", E2BIG, "too many headers (limit 64)" },
		{ OK "A: ", "b", E2BIG, "headers are too long (limit 65536)" },
		{ "", "HTTP/1.1 100 Go on\r\n\r\n", EBADMSG, "no final answer" },
		{ "", "HTTP/1.1 102 Processing\r\nA: b\r\n\r\n", EBADMSG, "no final answer" },
		{ "HTTP/1.1 103 Hints\r\n", "Link: x\r\n", E2BIG, "too many headers (limit 64)" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_step step = { .head = cases[i].head,
					 .bytes = cases[i].piece,
					 .times = SIZE_MAX };

		refused(&step, cases[i].num, cases[i].want, 20000);
	}
}

TEST(http_deadline_counts_over_all_pieces_of_a_slow_answer)
{
	static const struct web_step steps[] = {
		{ .head = CHUNKED, .bytes = "1\r\nx\r\n", .times = SIZE_MAX },
		{ .head = OK "\r\n", .bytes = "x", .times = SIZE_MAX },
	};

	for (size_t i = 0; i < COUNT(steps); i++) {
		struct http_request q = {
			.method = "GET", .target = "/", .max_body = SIZE_MAX, .on_body = drop
		};
		auto_arena struct arena a = { 0 };
		auto_web struct web w = { 0 };
		auto_http struct http_client c = { 0 };
		struct http_response r;
		const char *path;
		struct err e = { 0 };

		web_script(&w, &steps[i], 1);
		CHECK(http_url(&c, w.url, &path, &e) == 0);
		CHECK(http_do(&c, &q, &r, &a, now_ms() + 100, &e) < 0);
		CHECK_INT(e.num, ETIMEDOUT);
		/* between two pieces, or waiting for the next */
		CHECK(strstr(e.msg, " in time"));
	}
}

/* One GET of a step that is answered; the connection is left open or not. */
static void answered(const struct web_step *step, struct http_response *r, bool kept,
		     struct arena *a)
{
	struct http_request q = { .method = "GET", .target = "/" };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	const char *path;
	struct err e = { 0 };

	web_script(&w, step, 1);
	CHECK(http_url(&c, w.url, &path, &e) == 0);
	CHECK(http_do(&c, &q, r, a, soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(c.conn.fd > 0, kept);
	web_stop(&w);
	CHECK_INT(w.asked, 1);
}

TEST(http_takes_the_most_headers_that_it_may_and_not_one_more)
{
	for (int n = HTTP_MAX_HEADERS; n <= HTTP_MAX_HEADERS + 1; n++) {
		auto_arena struct arena a = { 0 };
		auto_buf struct buf b = { 0 };
		struct http_response r = { 0 };
		struct web_step step = { .close = true };

		buf_str(&b, OK "Content-Length: 0\r\n");
		for (int i = 1; i < n; i++)
			buf_fmt(&b, "H%d: %d\r\n", i, i);
		buf_str(&b, "\r\n");
		step.bytes = b.p;
		if (n > HTTP_MAX_HEADERS) {
			refused(&step, E2BIG, "too many headers (limit 64)", 20000);
			continue;
		}
		answered(&step, &r, true, &a);
		CHECK_INT(r.headers.n, 64);
		CHECK_STR(http_header(&r.headers, "h63"), "63");
	}
}

static const struct {
	struct web_step step;
	int status;
	const char *type, *location, *body;
	bool kept;
} for_the_caller[] = {
	/* not followed: web_script() takes one request alone */
	{ { .bytes = "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n"
		     "Content-Length: 0\r\n\r\n" },
	  301,
	  "",
	  "http://127.0.0.1:1/",
	  "",
	  true },
	{ { .bytes = "HTTP/1.1 503 Slow Down\r\nContent-Type: text/html\r\n"
		     "Content-Length: 14\r\n\r\n<html>x</html>" },
	  503,
	  "text/html",
	  "",
	  "<html>x</html>",
	  true },
	{ { .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi" }, 200, "", "", "hi", false },
	{ { .bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
		     "Content-Length: 2\r\n\r\nhi" },
	  200,
	  "",
	  "",
	  "hi",
	  true },
	{ { .bytes = "HTTP/1.0 200 OK\r\n\r\nto the end", .close = true },
	  200,
	  "",
	  "",
	  "to the end",
	  false },
	{ { .bytes = OK "Connection: close\r\nContent-Length: 2\r\n\r\nhi" },
	  200,
	  "",
	  "",
	  "hi",
	  false },
	{ { .bytes = OK "Content-Length: 2\r\n\r\nhi and more than was announced" },
	  200,
	  "",
	  "",
	  "hi",
	  false },
};

TEST(http_hands_on_what_is_for_its_caller_to_judge)
{
	for (size_t i = 0; i < COUNT(for_the_caller); i++) {
		auto_arena struct arena a = { 0 };
		struct http_response r = { 0 };

		answered(&for_the_caller[i].step, &r, for_the_caller[i].kept, &a);
		CHECK_INT(r.status, for_the_caller[i].status);
		CHECK_STR(http_header(&r.headers, "content-type"), for_the_caller[i].type);
		CHECK_STR(http_header(&r.headers, "location"), for_the_caller[i].location);
		CHECK_STR(r.body, for_the_caller[i].body);
	}
}
