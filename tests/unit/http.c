/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - the HTTP client against servers of every kind, most of them bad. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "clock.h"
#include "test.h"
#include "web.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int get(struct http_client *c, const char *method, const char *target,
	       struct http_response *r, struct arena *a, struct err *e)
{
	struct http_request q = { .method = method, .target = target };

	return http_do(c, &q, r, a, soon(), e);
}

TEST(http_url_splits)
{
	static const struct {
		const char *url, *host, *port, *path;
		bool tls;
	} cases[] = {
		{ "http://a", "a", "80", "", false },
		{ "https://a.b/", "a.b", "443", "/", true },
		{ "http://a:8080/b/c?d", "a", "8080", "/b/c?d", false },
		{ "http://[fd00:ec2::254]", "fd00:ec2::254", "80", "", false },
		{ "http://[::1]:81/x", "::1", "81", "/x", false },
		{ "http://a:/", "a", "80", "/", false },
		{ "http://a?x=1:2", "a", "80", "?x=1:2", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_client c = { 0 };
		const char *path = NULL;
		struct err e;

		CHECK(http_url(&c, cases[i].url, &path, &e) == 0);
		CHECK_STR(c.host, cases[i].host);
		CHECK_STR(c.port, cases[i].port);
		CHECK_STR(path, cases[i].path);
		CHECK(c.tls == cases[i].tls);
	}
}

TEST(http_url_refuses_and_names_the_url_but_no_password)
{
	static const char *const bad[] = { "",
					   "a",
					   "ftp://a",
					   "http://",
					   "http:///x",
					   "http://a:0",
					   "http://a:b",
					   "http://a:99999",
					   "http://[::1",
					   "http://[::1]x",
					   "http://u:p@h/",
					   "http://a b",
					   "http://:80",
					   "http://a:80:90" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_client c = { 0 };
		const char *path;
		struct err e = { 0 };

		CHECK(http_url(&c, bad[i], &path, &e) < 0 && e.num == EINVAL);
		CHECK(strchr(bad[i], '@') ? !strstr(e.msg, "u:p") : strstr(e.msg, bad[i]) != NULL);
	}
}

TEST(http_host_has_brackets_and_unusual_ports)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "http://a", "a" },
		{ "https://a:443", "a" },
		{ "https://a:80", "a:80" },
		{ "http://[::1]", "[::1]" },
		{ "http://[::1]:8", "[::1]:8" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct http_client c = { 0 };
		const char *path;
		struct err e;

		CHECK(http_url(&c, cases[i].url, &path, &e) == 0);
		CHECK_STR(http_host(&c, &a), cases[i].want);
	}
}

/* "METHOD target host length body" and all that the client added. */
static void echo(struct httpd_call *c)
{
	auto_buf struct buf out = { 0 };

	buf_fmt(&out, "%s %s host=%s length=%s %s", c->method, c->target,
		http_header(&c->headers, "host"), http_header(&c->headers, "content-length"),
		c->body);
	httpd_reply(c, 201, NULL, out.p, out.len);
}

TEST(http_sends_what_it_was_given)
{
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_request q = {
		.method = "POST", .target = "/t?u", .body = "abc", .body_len = 3
	};
	struct http_response r;
	const char *path;
	struct err e = { 0 };

	web_serve(&w, echo, NULL);
	CHECK(http_url(&c, w.url, &path, &e) == 0);
	CHECK(http_do(&c, &q, &r, &a, soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(r.status, 201);
	CHECK_STR(r.body, arena_fmt(&a, "POST /t?u host=127.0.0.1:%d length=3 abc", w.port));
	CHECK_INT(r.body_len, strlen(r.body));
	CHECK_STR(http_header(&r.headers, "content-TYPE"), "text/plain");
	CHECK_STR(http_header(&r.headers, "absent"), "");
	CHECK(c.conn.fd > 0);
}

TEST(http_refuses_requests_that_could_split)
{
	static const struct {
		const char *target, *name, *value;
	} cases[] = {
		{ "x", "A", "b" },         { "/a b", "A", "b" },   { "/\r\nX: y", "A", "b" },
		{ "/", "A", "b\r\nC: d" }, { "/", "A\r\nB", "c" }, { "/", "", "c" },
		{ "/", "A", "\x7f" },
	};
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { .host = "127.0.0.1", .port = "1" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_request q = { .method = "GET", .target = cases[i].target };
		struct http_response r;
		struct err e = { 0 };

		http_add(&q.headers, cases[i].name, cases[i].value);
		CHECK(http_do(&c, &q, &r, &a, soon(), &e) < 0 && e.num == EINVAL);
	}
}

/* One request to a server that answers with bytes. */
struct scripted {
	const char *bytes;
	size_t times;
	const char *method; /* NULL: GET */
	int num;            /* 0: success */
	const char *want;   /* body, or a part of the message */
	int status;
};

static void try_one(const struct scripted *s)
{
	struct web_step step = { .bytes = s->bytes, .times = s->times, .close = true };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_response r = { 0 };
	const char *path;
	struct err e = { 0 };

	web_script(&w, &step, 1);
	CHECK(http_url(&c, w.url, &path, &e) == 0);
	if (get(&c, s->method ? s->method : "GET", "/", &r, &a, &e) < 0) {
		CHECK_INT(e.num, s->num);
		CHECK(strstr(e.msg, s->want));
		if (!strstr(e.msg, s->want))
			printf("#   %s\n", e.msg);
		CHECK(strstr(e.msg, " 127.0.0.1/: "));
		return;
	}
	CHECK_INT(0, s->num);
	CHECK_INT(r.status, s->status);
	CHECK_STR(r.body, s->want);
}

TEST(http_reads_every_kind_of_body)
{
	static const struct scripted cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, NULL, 0, "hi", 200 },
		{ "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0, NULL, 0, "", 404 },
		{ "HTTP/1.1 302 See\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n", 0, NULL,
		  0, "", 302 },
		{ "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
		  "0\r\nTrailer: t\r\n\r\n",
		  0, NULL, 0, "abcde", 200 },
		{ "HTTP/1.1 200 OK\r\n\r\nuntil close", 0, NULL, 0, "until close", 200 },
		{ "HTTP/1.0 200 OK\r\n\r\nold", 0, NULL, 0, "old", 200 },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 0, NULL, 0, "", 204 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n", 0, "HEAD", 0, "", 200 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
		  0, NULL, 0, "x", 200 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		try_one(&cases[i]);
}

TEST(http_names_what_is_wrong_with_an_answer)
{
	static const struct scripted cases[] = {
		{ "", 0, NULL, ECONNRESET, "closed without an answer", 0 },
		{ "SSH-2.0-OpenSSH\r\n", 0, NULL, EBADMSG, "malformed HTTP response", 0 },
		{ "\x15\x03\x01", 0, NULL, EBADMSG, "malformed HTTP response", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", 0, NULL, EBADMSG, "middle", 0 },
		{ "HTTP/1.1 200 OK\r\nContent", 0, NULL, EBADMSG, "middle", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 0, NULL, EBADMSG,
		  "Content-Length", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0, NULL,
		  EBADMSG, "Content-Length", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", 0, NULL, EFBIG,
		  "limit 1048576", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 0, NULL, EBADMSG,
		  "chunk", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 0, NULL, EBADMSG,
		  "chunk", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 0, NULL,
		  EBADMSG, "malformed", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 0,
		  NULL, EBADMSG, "Chunk", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0, NULL,
		  EBADMSG, "middle", 0 },
		{ "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0, NULL,
		  EBADMSG, "protocol", 0 },
		{ "HTTP/2.0 200 OK\r\n\r\n", 0, NULL, EBADMSG, "HTTP", 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\n", 1000, NULL, EBADMSG, "no final answer", 0 },
		{ "HTTP/1.1 200 OK\r\nX: ", 1, NULL, EBADMSG, "middle", 0 },
		{ "HTTP/1.1 200 OK\r\n: y\r\n\r\n", 0, NULL, EBADMSG, "malformed", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		try_one(&cases[i]);
}

/* The first step answers without an end, the server then repeats one piece for ever. */
static void endless(const char *head, const char *piece, int num, const char *want)
{
	auto_buf struct buf all = { 0 };
	struct scripted s = { .times = 1, .num = num, .want = want };

	buf_str(&all, head);
	for (int i = 0; i < 2 * 1024 * 1024; i += (int)strlen(piece))
		buf_str(&all, piece);
	s.bytes = all.p;
	try_one(&s);
}

TEST(http_bounds_answers_without_end)
{
	endless("HTTP/1.1 200 OK\r\n", "A: b\r\n", E2BIG, "limit 64");
	endless("HTTP/1.1 200 OK\r\nA: ", "aaaaaaaaaaaaaaaa", E2BIG, "limit 65536");
	endless("HTTP/1.1 200 OK\r\nA:", "                ", E2BIG, "limit 65536");
	endless("HTTP/1.1 200 ", "OK OK OK OK OK OK OK", E2BIG, "limit 65536");
	endless("\r\n", "\r\n\r\n\r\n\r\n", E2BIG, "limit 65536");
	endless("HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef", EFBIG, "limit 1048576");
	endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "8\r\n01234567\r\n", EFBIG,
		"limit 1048576");
}

TEST(http_gives_up_a_silent_server_at_its_deadline)
{
	static const struct web_step steps[] = {
		{ .silent = true }, { .bytes = "HTTP/1.1 200 OK\r\nA: b", .silent = true }
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(steps); i++) {
		struct http_request q = { .method = "GET", .target = "/slow" };
		auto_web struct web w = { 0 };
		auto_http struct http_client c = { 0 };
		struct http_response r;
		const char *path;
		struct err e = { 0 };

		web_script(&w, &steps[i], 1);
		CHECK(http_url(&c, w.url, &path, &e) == 0);
		CHECK(http_do(&c, &q, &r, &a, now_ms() + 300, &e) < 0);
		CHECK_INT(e.num, ETIMEDOUT);
		CHECK(strstr(e.msg, "GET 127.0.0.1/slow: no answer from 127.0.0.1:") == e.msg);
		CHECK_INT(c.conn.fd, 0);
	}
}

#define OK_A "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"

/* Two requests over a kept connection that the server handles as the steps say. */
static void kept(const struct web_step *steps, size_t n, const char *method, int num, int asked,
		 int connected)
{
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_response r;
	const char *path;
	struct err e = { 0 };

	web_script(&w, steps, n);
	CHECK(http_url(&c, w.url, &path, &e) == 0);
	CHECK(get(&c, method, "/1", &r, &a, &e) == 0);
	if (steps[0].close) /* let its end arrive */
		CHECK(fd_wait(c.conn.fd, POLLIN, soon()) > 0);
	CHECK_INT(get(&c, method, "/2", &r, &a, &e) < 0 ? e.num : 0, num);
	http_close(&c);
	web_stop(&w);
	CHECK_INT(w.asked, asked);
	CHECK_INT(w.connected, connected);
}

TEST(http_keeps_connections_and_replaces_closed_ones)
{
	static const struct web_step keeps[] = { { .bytes = OK_A }, { .bytes = OK_A } };
	static const struct web_step closes[] = { { .bytes = OK_A, .close = true },
						  { .bytes = OK_A, .close = true } };
	static const struct web_step drops[] = { { .bytes = OK_A },
						 { .close = true },
						 { .bytes = OK_A } };
	static const struct web_step always[] = { { .bytes = OK_A },
						  { .close = true },
						  { .close = true } };
	static const struct web_step chatty[] = { { .bytes = OK_A "surplus" }, { .bytes = OK_A } };

	kept(keeps, COUNT(keeps), "GET", 0, 2, 1);
	kept(closes, COUNT(closes), "GET", 0, 2, 2);
	kept(closes, COUNT(closes), "POST", 0, 2, 2);
	kept(drops, COUNT(drops), "GET", 0, 3, 2);
	kept(drops, COUNT(drops), "POST", ECONNRESET, 2, 1);
	kept(always, COUNT(always), "GET", ECONNRESET, 3, 2);
	kept(chatty, COUNT(chatty), "GET", 0, 2, 2);
}

TEST(http_says_who_does_not_answer)
{
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_response r;
	const char *path;
	struct err e = { 0 };
	char want[64];

	web_serve(&w, echo, NULL);
	CHECK(http_url(&c, w.url, &path, &e) == 0);
	snprintf(want, sizeof(want), "GET 127.0.0.1/: connect to 127.0.0.1:%d:", w.port);
	web_stop(&w);
	CHECK(get(&c, "GET", "/", &r, &a, &e) < 0);
	CHECK_INT(e.num, ECONNREFUSED);
	CHECK(strstr(e.msg, want) == e.msg);
}
