/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.c - the HTTP server, also under clients that do not behave. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "netns.h"
#include "test.h"
#include "web.h"

/* What the handler was given, back as text. */
static void echo(struct httpd_call *c)
{
	struct http_headers h = { 0 };
	auto_buf struct buf out = { 0 };

	buf_fmt(&out, "%s %s ? %s from %s x=%s body=%zu:%s\n", c->method, c->path, c->query,
		ip_text(c->peer).s, http_header(&c->headers, "x"), c->body_len, c->body);
	http_add(&h, "Content-Type", "text/echo");
	httpd_reply(c, 200, &h, out.p, out.len);
}

static int64_t in_20_s(void)
{
	return now_ms() + 20000;
}

static void say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* Send text, then read until the server closes. */
static void tell(uint16_t port, const char *text, struct buf *out)
{
	auto_fd int fd = web_dial(port);

	say(fd, text);
	web_read_all(fd, out);
}

TEST(httpd_hands_out_what_was_sent)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&w, echo, NULL);
	tell(w.port,
	     "POST /a%20b?c=d HTTP/1.1\r\nX: y  \r\nContent-Length: 3\r\n"
	     "Connection: close\r\n\r\nxyz",
	     &out);
	CHECK(strstr(out.p, "HTTP/1.1 200 OK\r\n") == out.p);
	CHECK(strstr(out.p, "\r\nContent-Type: text/echo\r\n"));
	CHECK(strstr(out.p, "\r\nConnection: close\r\n"));
	CHECK(strstr(out.p, "\r\n\r\nPOST /a%20b ? c=d from 127.0.0.1 x=y body=3:xyz\n"));
}

TEST(httpd_takes_pipelined_requests_in_order)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	const char *one, *two, *three;

	web_serve(&w, echo, NULL);
	tell(w.port,
	     "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "2\r\nhi\r\n0\r\n\r\nGET /3 HTTP/1.0\r\n\r\n",
	     &out);
	one = strstr(out.p, "GET /1 ?  from 127.0.0.1 x= body=0:\n");
	two = strstr(out.p, "POST /2 ?  from 127.0.0.1 x= body=2:hi\n");
	three = strstr(out.p, "GET /3 ?  from 127.0.0.1 x= body=0:\n");
	CHECK(one && two && three && one < two && two < three);
}

TEST(httpd_answers_requests_that_come_byte_by_byte)
{
	static const char text[] = "PUT /x HTTP/1.1\r\nA:\r\nContent-Length: 2\r\nX: 1\r\n"
				   "Connection: close\r\n\r\nok";
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int fd = 0;

	web_serve(&w, echo, NULL);
	fd = web_dial(w.port);
	for (const char *p = text; *p; p++)
		CHECK(send(fd, p, 1, MSG_NOSIGNAL) == 1);
	web_read_all(fd, &out);
	CHECK(strstr(out.p, "PUT /x ?  from 127.0.0.1 x=1 body=2:ok\n"));
}

TEST(httpd_gives_head_a_length_but_no_body)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&w, echo, NULL);
	tell(w.port, "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n", &out);
	CHECK(strstr(out.p, "Content-Length: 36\r\n"));
	CHECK_STR(strstr(out.p, "\r\n\r\n"), "\r\n\r\n");
}

TEST(httpd_cuts_absolute_targets_down)
{
	static const struct {
		const char *target, *want;
	} cases[] = {
		{ "http://host:80/p?q", "GET /p ? q " },
		{ "http://host", "GET / ?  " },
		{ "http://host?a=b", "GET / ? a=b " },
		{ "*", "OPTIONS * ?  " },
		{ "/a?b?c", "GET /a ? b?c " },
		{ "/u?next=http://x/y", "GET /u ? next=http://x/y " },
	};
	auto_web struct web w = { 0 };

	web_serve(&w, echo, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_buf struct buf in = { 0 }, out = { 0 };

		buf_fmt(&in, "%s %s HTTP/1.1\r\nConnection: close\r\n\r\n",
			*cases[i].target == '*' ? "OPTIONS" : "GET", cases[i].target);
		tell(w.port, in.p, &out);
		CHECK(strstr(out.p, cases[i].want));
	}
}

TEST(httpd_refuses_what_is_not_http_and_says_why)
{
	static const struct {
		const char *text, *status, *why;
	} cases[] = {
		{ "\x16\x03\x01\x02", "400", "Invalid method" },
		{ "GET /\r\n\r\n", "400", "not HTTP/1" },
		{ "GET / HTTP/1.1\r\nA b: c\r\n\r\n", "400", "Invalid header token" },
		{ "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400", "Content-Length" },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400",
		  "Content-Length" },
		{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		  "400", "Content-Length" },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400", "chunk" },
		{ "POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "413", "limit 1048576" },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", "malformed HTTP request" },
	};
	auto_web struct web w = { 0 };

	web_serve(&w, echo, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_buf struct buf out = { 0 };

		tell(w.port, cases[i].text, &out);
		CHECK(out.len > 12 && strncmp(out.p + 9, cases[i].status, 3) == 0);
		CHECK(strstr(out.p, cases[i].why));
		CHECK(strstr(out.p, "Connection: close"));
	}
}

TEST(httpd_bounds_headers)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf many = { 0 }, large = { 0 }, out = { 0 }, out2 = { 0 };

	web_serve(&w, echo, NULL);
	buf_str(&many, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 65; i++)
		buf_fmt(&many, "H%d: 1\r\n", i);
	tell(w.port, many.p, &out);
	CHECK(strstr(out.p, " 431 ") && strstr(out.p, "limit 64"));
	buf_str(&large, "GET / HTTP/1.1\r\nH: ");
	for (int i = 0; i < 5000; i++)
		buf_str(&large, "aaaaaaaaaaaaaaaaaaaa");
	tell(w.port, large.p, &out2);
	CHECK(strstr(out2.p, " 431 ") && strstr(out2.p, "limit 65536"));
}

TEST(httpd_drops_peers_that_stall)
{
	static const char *const starts[] = { "", "GET", "GET / HTTP/1.1\r\nA: b\r\n",
					      "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab" };
	static const struct ip localhost = { IP_V4, { 127, 0, 0, 1 } };
	auto_web struct web w = { 0 };
	int fd[COUNT(starts)];

	web_serve_at(&w, &(struct httpd_at) { .ip = &localhost, .stall_ms = 50 }, echo, NULL);
	for (size_t i = 0; i < COUNT(starts); i++) {
		fd[i] = web_dial(w.port);
		say(fd[i], starts[i]);
	}
	for (size_t i = 0; i < COUNT(starts); i++) {
		char byte;

		CHECK(recv(fd[i], &byte, 1, 0) == 0);
		fd_free(&fd[i]);
	}
}

/* More than socket buffers hold. */
static void large(struct httpd_call *c)
{
	size_t n = 16 * 1024 * 1024;
	auto_ptr char *body = xalloc(n);

	memset(body, 'x', n);
	httpd_reply(c, 200, NULL, body, n);
}

TEST(httpd_drops_a_peer_that_does_not_read)
{
	static const struct ip localhost = { IP_V4, { 127, 0, 0, 1 } };
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int fd = 0, second = 0;
	char byte;

	web_serve_at(&w, &(struct httpd_at) { .ip = &localhost, .stall_ms = 50 }, large, NULL);
	fd = web_dial(w.port);
	say(fd, "GET / HTTP/1.1\r\n\r\n");
	recv(fd, &byte, 1, MSG_PEEK);
	/* a silent connection that is younger goes no sooner */
	second = web_dial(w.port);
	CHECK(recv(second, &byte, 1, 0) == 0);
	web_read_all(fd, &out);
	CHECK(out.len < 16 * 1024 * 1024);
}

TEST(httpd_sends_large_answers_whole)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&w, large, NULL);
	tell(w.port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", &out);
	CHECK(out.len > 16 * 1024 * 1024);
	CHECK(strlen(strstr(out.p, "\r\n\r\n") + 4) == 16 * 1024 * 1024);
}

TEST(httpd_makes_room_for_new_clients)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	int fd[300];

	web_serve(&w, echo, NULL);
	for (size_t i = 0; i < COUNT(fd); i++)
		fd[i] = web_dial(w.port);
	tell(w.port, "GET /late HTTP/1.1\r\nConnection: close\r\n\r\n", &out);
	CHECK(strstr(out.p, "GET /late "));
	for (size_t i = 0; i < COUNT(fd); i++)
		fd_free(&fd[i]);
}

/* Keeps the first two calls and answers them, last first, when the third comes. */
struct parking {
	struct httpd_call *held[2];
	int n;
};

static void park(struct httpd_call *c)
{
	struct parking *p = c->arg;

	if (p->n < 2) {
		p->held[p->n++] = c;
		return;
	}
	for (int i = 1; i >= 0; i--)
		httpd_reply(p->held[i], 200, NULL, p->held[i]->path, strlen(p->held[i]->path));
	httpd_reply(c, 200, NULL, "third", 5);
}

TEST(httpd_answers_later_even_to_nobody)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf third = { 0 };
	struct parking p = { 0 };
	auto_fd int one = 0, two = 0;

	web_serve(&w, park, &p);
	one = web_dial(w.port);
	say(one, "GET /one HTTP/1.1\r\nConnection: close\r\n\r\n");
	two = web_dial(w.port);
	say(two, "GET /two HTTP/1.1\r\nConnection: close\r\n\r\n");
	fd_free(&one);
	/* Until both are parked a third request parks itself: ask with that in mind. */
	for (int64_t end = in_20_s(); now_ms() < end && !third.len;) {
		auto_fd int fd = web_dial(w.port);
		struct timeval t = { .tv_usec = 200000 };

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
		say(fd, "GET /three HTTP/1.1\r\nConnection: close\r\n\r\n");
		web_read_all(fd, &third);
	}
	CHECK(strstr(third.p, "third"));
	web_stop(&w);
}

TEST(httpd_can_go_before_its_calls_are_answered)
{
	auto_web struct web w = { 0 };
	struct parking p = { 0 };
	auto_fd int fd = 0;
	char byte;

	web_serve(&w, park, &p);
	fd = web_dial(w.port);
	say(fd, "GET /one HTTP/1.1\r\n\r\nGET /one HTTP/1.1\r\n\r\n");
	shutdown(fd, SHUT_WR);
	while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
		auto_buf struct buf out = { 0 };
		auto_fd int other = web_dial(w.port);

		say(other, "nonsense\r\n\r\n");
		web_read_all(other, &out); /* the loop has been round */
		if (out.len)
			break;
	}
	web_stop(&w);
	CHECK_INT(p.n, 1);
	for (int i = 0; i < p.n; i++)
		httpd_reply(p.held[i], 200, NULL, "", 0);
}

static void bad_header(struct httpd_call *c)
{
	struct http_headers h = { 0 };

	http_add(&h, "X-A", "b\r\nInjected: yes");
	httpd_reply(c, 200, &h, "x", 1);
}

TEST(httpd_lets_no_header_be_injected)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&w, bad_header, NULL);
	tell(w.port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", &out);
	CHECK(strstr(out.p, " 500 ") && !strstr(out.p, "Injected"));
	CHECK(strstr(out.p, "X-A"));
}

TEST(httpd_serves_a_unix_socket_and_removes_it)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path, sizeof(to.sun_path), "/tmp/vpcbox-httpd-test.%d", (int)getpid());
	web_serve_at(&w, &(struct httpd_at) { .path = to.sun_path }, echo, NULL);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	say(fd, "GET /u HTTP/1.1\r\nConnection: close\r\n\r\n");
	web_read_all(fd, &out);
	CHECK(strstr(out.p, "GET /u ?  from  x="));
	web_stop(&w);
	CHECK(access(to.sun_path, F_OK) < 0 && errno == ENOENT);
}

TEST(httpd_names_an_address_that_is_taken)
{
	static const struct ip localhost = { IP_V4, { 127, 0, 0, 1 } };
	auto_web struct web w = { 0 };
	auto_loop struct loop *l = NULL;
	struct httpd_at at = { .ip = &localhost };
	char want[64];
	struct err e = { 0 };

	web_serve(&w, echo, NULL);
	l = loop_new(&e);
	at.port = w.port;
	CHECK(!httpd_new(l, &at, echo, NULL, &e) && e.num == EADDRINUSE);
	snprintf(want, sizeof(want), "listen on 127.0.0.1 port %d:", w.port);
	CHECK(strstr(e.msg, want) == e.msg);
}

TEST(httpd_listens_in_another_namespace)
{
	auto_web struct web w = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int ns = 0, fd = 0;
	int back = 0;
	struct ip any = { IP_V4, { 0 } };
	struct err e;

	if (netns_new(&ns, &e) < 0) {
		CHECK_STR(e.msg, "a new network namespace");
		return;
	}
	web_serve_at(&w, &(struct httpd_at) { .ip = &any, .netns_fd = ns }, echo, NULL);
	CHECK(netns_enter(ns, &back, &e) == 0);
	web_loopback();
	fd = web_dial(w.port);
	netns_leave(&back);
	say(fd, "GET /n HTTP/1.1\r\nConnection: close\r\n\r\n");
	web_read_all(fd, &out);
	CHECK(strstr(out.p, "GET /n "));
}
