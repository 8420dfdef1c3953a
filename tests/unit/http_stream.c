/* SPDX-License-Identifier: Apache-2.0 */
/* http_stream.c - bodies that are handed on as they come, and answers that would never end. */
#include <errno.h>
#include <sys/resource.h>

#include "clock.h"
#include "test.h"
#include "web.h"

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* What a request with on_body met. */
struct sink {
	struct buf got;
	size_t bytes, pieces;
	size_t refuse_at; /* the piece that is refused; 0: none */
	bool keep;
};

static int sink_add(const void *p, size_t n, void *arg, struct err *e)
{
	struct sink *s = arg;

	s->bytes += n;
	if (s->keep)
		buf_add(&s->got, p, n);
	if (++s->pieces == s->refuse_at)
		return fail(e, ENOSPC, "the sink is full");
	return 0;
}

/* One GET to a server of one step. */
static int stream(const struct web_step *step, size_t max_body, struct sink *s,
		  struct http_response *r, struct arena *a, struct err *e)
{
	struct http_request q = { .method = "GET",
				  .target = "/",
				  .max_body = max_body,
				  .on_body = sink_add,
				  .on_body_arg = s };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	const char *path;
	int rc;

	web_script(&w, step, 1);
	if (http_url(&c, w.url, &path, e) < 0)
		return -1;
	rc = http_do(&c, &q, r, a, now_ms() + 20000, e);
	CHECK(rc == 0 || c.conn.fd == 0);
	return rc;
}

TEST(http_streams_the_body_of_a_200)
{
	static const struct {
		const char *bytes, *want, *body;
		int status;
	} cases[] = {
		{ CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: t\r\n\r\n", "abcde", "", 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", "", 200 },
		{ "HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", "", 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", "", 200 },
		{ "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi",
		  "", 200 },
		{ "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nerror", "", "error", 400 },
		{ "HTTP/1.1 206 Part\r\nContent-Length: 4\r\n\r\npart", "", "part", 206 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_step step = { .bytes = cases[i].bytes, .close = true };
		auto_arena struct arena a = { 0 };
		struct sink s = { .keep = true };
		struct http_response r = { 0 };
		struct err e = { 0 };

		CHECK(stream(&step, 10, &s, &r, &a, &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK_INT(r.status, cases[i].status);
		CHECK_STR(s.got.p ? s.got.p : "", cases[i].want);
		CHECK_STR(r.body, cases[i].body);
		buf_free(&s.got);
	}
}

TEST(http_stream_that_its_taker_refuses_ends_with_his_words)
{
	struct web_step step = { .head = CHUNKED, .bytes = "1\r\na\r\n", .times = SIZE_MAX };
	auto_arena struct arena a = { 0 };
	struct sink s = { .refuse_at = 3 };
	struct http_response r;
	struct err e = { 0 };

	CHECK(stream(&step, 0, &s, &r, &a, &e) < 0);
	CHECK_INT(e.num, ENOSPC);
	CHECK_STR(e.msg, "GET 127.0.0.1/: the sink is full");
	CHECK_INT(s.pieces, 3);
}

/* The most memory that this process has had, in KiB. */
static long peak(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) < 0 ? 0 : u.ru_maxrss;
}

TEST(http_cuts_a_gibibyte_at_the_bound_and_holds_none_of_it)
{
	enum { MAX = 64 * 1024 * 1024, PIECE = 64 * 1024 };
	static const struct {
		const char *head, *frame;
		size_t most; /* bytes that may have reached the taker */
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", "", 0 },
		{ CHUNKED, "10000\r\n", MAX },
		{ CHUNKED "40000000\r\n", "", MAX },
		{ "HTTP/1.1 200 OK\r\n\r\n", "", MAX },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_buf struct buf piece = { 0 };
		auto_arena struct arena a = { 0 };
		struct sink s = { 0 };
		struct web_step step = { .head = cases[i].head, .times = SIZE_MAX };
		struct http_response r;
		struct err e = { 0 };
		long before = peak();

		buf_str(&piece, cases[i].frame);
		memset(buf_room(&piece, PIECE), 'x', PIECE);
		piece.len += PIECE;
		buf_str(&piece, *cases[i].frame ? "\r\n" : "");
		step.bytes = piece.p;
		CHECK(stream(&step, MAX, &s, &r, &a, &e) < 0);
		CHECK_INT(e.num, EFBIG);
		CHECK(strstr(e.msg, "body is too long (limit 67108864)"));
		CHECK(s.bytes <= cases[i].most && (!cases[i].most || s.bytes > MAX - 64 * 1024));
		CHECK(peak() - before < 16 * 1024);
	}
}

TEST(http_bounds_what_is_collected_in_place_of_a_stream)
{
	static const char *const heads[] = {
		"HTTP/1.1 500 Oh\r\n\r\n",
		"HTTP/1.1 500 Oh\r\nContent-Length: 1048577\r\n\r\n",
	};

	for (size_t i = 0; i < COUNT(heads); i++) {
		struct web_step step = { .head = heads[i], .bytes = "xxxxxxxx", .times = SIZE_MAX };
		auto_arena struct arena a = { 0 };
		struct sink s = { 0 };
		struct http_response r;
		struct err e = { 0 };

		CHECK(stream(&step, 1 << 30, &s, &r, &a, &e) < 0);
		CHECK_INT(e.num, EFBIG);
		CHECK(strstr(e.msg, "limit 1048576"));
		CHECK_INT(s.pieces, 0);
	}
}
