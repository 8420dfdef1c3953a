/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_pieces.c - answers that come in pieces, whenever the handler has them. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "test.h"
#include "web.h"

/* A call that waits for the test to go on. */
struct held {
	struct web web;
	struct httpd_call *c;
	struct timer t;
	bool ended, alive;
};

static void on_timer(struct timer *t)
{
	struct held *h = OWNER(t, struct held, t);
	struct err e;

	h->alive = httpd_piece(h->c, "later", 5);
	if (h->alive && strcmp(h->c->path, "/until-gone") == 0) {
		CHECK(timer_set(h->web.loop, t, 1, &e) == 0);
		return;
	}
	httpd_end(h->c);
	h->ended = true;
	timer_stop(t);
	loop_stop(h->web.loop);
}

static void handle(struct httpd_call *c)
{
	struct held *h = c->arg;
	struct http_headers headers = { 0 };
	struct err e;

	http_add(&headers, "Content-Type", "x/y");
	httpd_begin(c, 200, &headers);
	CHECK(httpd_piece(c, "now,", 4));
	CHECK(httpd_piece(c, "", 0)); /* would be the end, if it were sent */
	if (strcmp(c->path, "/at-once") == 0) {
		httpd_end(c);
		return;
	}
	h->c = c;
	h->t.fn = on_timer;
	CHECK(timer_set(h->web.loop, &h->t, 1, &e) == 0);
}

static void ask(const struct web *w, const char *text, struct buf *out)
{
	auto_fd int fd = web_dial(w->port);

	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	web_read_all(fd, out);
}

TEST(httpd_answers_in_pieces)
{
	struct held h = { 0 };
	auto_buf struct buf out = { 0 };

	web_serve(&h.web, handle, &h);
	ask(&h.web, "GET /at-once HTTP/1.1\r\n\r\nGET /later HTTP/1.1\r\nConnection: close\r\n\r\n",
	    &out);
	CHECK(strstr(out.p, "HTTP/1.1 200 OK\r\n") == out.p);
	CHECK(strstr(out.p, "\r\nTransfer-Encoding: chunked\r\n"));
	CHECK(strstr(out.p, "\r\nContent-Type: x/y\r\n"));
	CHECK(!strstr(out.p, "Content-Length"));
	CHECK(strstr(out.p, "\r\n\r\n4\r\nnow,\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
	CHECK(strstr(out.p, "\r\n\r\n4\r\nnow,\r\n5\r\nlater\r\n0\r\n\r\n"));
	web_stop(&h.web);
	CHECK(h.ended && h.alive);
}

TEST(httpd_tells_when_the_peer_of_a_long_answer_has_gone)
{
	struct held h = { 0 };
	char in[64];
	int fd;

	web_serve(&h.web, handle, &h);
	fd = web_dial(h.web.port);
	CHECK(send(fd, "GET /until-gone HTTP/1.1\r\n\r\n", 28, MSG_NOSIGNAL) == 28);
	CHECK(recv(fd, in, sizeof(in), 0) > 0);
	close(fd);
	pthread_join(h.web.thread, NULL); /* the handler stops the loop when it is told */
	CHECK(h.ended && !h.alive);
	h.web.port = 0;
	watch_close(&h.web.stop);
	httpd_free(&h.web.d);
	loop_free(&h.web.loop);
}
