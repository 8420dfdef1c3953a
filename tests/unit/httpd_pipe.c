/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_pipe.c - a connection that leaves HTTP. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "web.h"

struct echo {
	struct web web;
	struct httpd_pipe p;
	size_t rooms;
	bool gone;
};

/* Says everything twice; "q" ends it. */
static void on_data(struct httpd_pipe *p, const void *bytes, size_t n)
{
	struct echo *o = OWNER(p, struct echo, p);

	if (!n) {
		o->gone = true;
		CHECK(!httpd_pipe_write(p, "x", 1));
		loop_stop(o->web.loop);
		return;
	}
	CHECK(httpd_pipe_write(p, bytes, n));
	CHECK(httpd_pipe_write(p, bytes, n));
	CHECK(httpd_pipe_waiting(p) >= 2 * n);
	if (memchr(bytes, 'q', n))
		httpd_pipe_close(p);
}

static void on_room(struct httpd_pipe *p)
{
	OWNER(p, struct echo, p)->rooms++;
}

static void handle(struct httpd_call *c)
{
	struct echo *o = c->arg;
	struct http_headers headers = { 0 };
	bool raw = strcmp(c->path, "/raw") == 0;

	o->p = (struct httpd_pipe) { .data = on_data, .room = on_room };
	http_add(&headers, "Connection", "Upgrade");
	http_add(&headers, "Upgrade", "echo");
	CHECK(httpd_switch(c, raw ? 0 : 101, &headers, &o->p));
	if (raw)
		CHECK(httpd_pipe_write(&o->p, "own words\n", 10));
}

#define UPGRADE " HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"

static void ask(const struct web *w, const char *text, struct buf *out)
{
	auto_fd int fd = web_dial(w->port);

	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	web_read_all(fd, out);
}

TEST(httpd_hands_a_connection_over)
{
	struct echo o = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&o.web, handle, &o);
	ask(&o.web, "GET /x" UPGRADE "early q", &out);
	CHECK(strstr(out.p, "HTTP/1.1 101 Switching Protocols\r\n") == out.p);
	CHECK(!strstr(out.p, "Content-"));
	CHECK(strstr(out.p, "\r\nUpgrade: echo\r\n\r\nearly qearly q"));
	web_stop(&o.web);
	CHECK(!o.gone);
}

TEST(httpd_hands_a_connection_over_without_a_word)
{
	struct echo o = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&o.web, handle, &o);
	ask(&o.web, "GET /raw" UPGRADE "q", &out);
	CHECK_STR(out.p, "own words\nqq");
	web_stop(&o.web);
}

TEST(httpd_tells_a_pipe_when_its_peer_has_gone)
{
	struct echo o = { 0 };
	char in[600];
	int fd;

	web_serve(&o.web, handle, &o);
	fd = web_dial(o.web.port);
	CHECK(send(fd, "GET /x" UPGRADE, strlen("GET /x" UPGRADE), MSG_NOSIGNAL) > 0);
	CHECK(recv(fd, in, sizeof(in), 0) > 0);
	close(fd);
	pthread_join(o.web.thread, NULL);
	CHECK(o.gone && !o.p.client);
	o.web.port = 0;
	watch_close(&o.web.stop);
	httpd_free(&o.web.d);
	loop_free(&o.web.loop);
}
