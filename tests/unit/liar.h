/* SPDX-License-Identifier: Apache-2.0 */
/* liar.h - a server, in a thread, that answers every request with the same bytes, and what a health
 * check makes of them. */
#pragma once
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "h2raw.h"
#include "rpc.h"
#include "tmpdir.h"

enum { LONG_MS = 20000, SHORT_MS = 60 };

struct liar {
	struct dir dir;
	char path[96];
	struct buf say;
	bool hang_up;     /* after saying it; else wait until the client goes */
	struct buf heard; /* of the last request, what came first; from liar_halt() on the test's */
	int fd;
	pthread_t thread;
};

static inline void *lie(void *arg)
{
	struct liar *l = arg;
	char in[4096];

	for (;;) {
		auto_fd int fd = 0;
		int got = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		ssize_t asked;
		bool more;

		if (got < 0)
			return NULL; /* shut down: the test is over */
		fd = got;
		asked = recv(fd, in, sizeof(in), 0);
		more = asked > 0;
		l->heard.len = 0;
		buf_add(&l->heard, in, more ? (size_t)asked : 0);
		for (size_t i = 0; more && i < l->say.len;) {
			ssize_t n = send(fd, l->say.p + i, l->say.len - i, MSG_NOSIGNAL);

			more = n > 0;
			i += more ? (size_t)n : 0;
		}
		while (more && !l->hang_up && recv(fd, in, sizeof(in), 0) > 0)
			;
	}
}

static inline void liar_start(struct liar *l)
{
	struct sockaddr_un at;

	l->dir = dir_new();
	snprintf(l->path, sizeof(l->path), "%s/s", l->dir.path);
	l->fd = raw_socket(l->path, &at);
	CHECK(bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(l->fd, 8) == 0);
	CHECK(pthread_create(&l->thread, NULL, lie, l) == 0);
}

static inline void liar_halt(struct liar *l)
{
	shutdown(l->fd, SHUT_RDWR);
	pthread_join(l->thread, NULL);
	fd_free(&l->fd);
	dir_free(&l->dir);
}

static inline void liar_stop(struct liar *l)
{
	liar_halt(l);
	buf_free(&l->say);
	buf_free(&l->heard);
}

/* The error of a health check against it. */
static inline void ask(struct liar *l, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r;

	liar_start(l);
	*e = (struct err) { 0 };
	CHECK(grpc_call(l->path, &rpc_health, &q, &r, &a, deadline, e) < 0);
	liar_stop(l);
}

static inline void expect(struct liar *l, const char *code, int num, const char *words)
{
	struct err e;

	ask(l, now_ms() + LONG_MS, &e);
	CHECK_STR(e.code, code);
	CHECK_INT(e.num, num);
	if (!strstr(e.msg, words))
		CHECK_STR(e.msg, words);
}

static inline void headers(struct buf *b, int flags, const char *k, const char *v)
{
	auto_buf struct buf h = { 0 };

	raw_header(&h, k, v);
	raw_frame(b, h.len, H2_HEADERS, END_HEADERS | flags, 1, h.p);
}

/* :status and data, and then the trailers or nothing. */
static inline void answer(struct buf *b, const void *data, size_t n, const char *status,
			  const char *text)
{
	auto_buf struct buf h = { 0 };

	raw_frame(b, 0, H2_SETTINGS, 0, 0, "");
	headers(b, 0, ":status", "200");
	for (size_t at = 0, part; at < n; at += part) {
		part = n - at < 16384 ? n - at : 16384;
		raw_frame(b, part, H2_DATA, status || at + part < n ? 0 : END_STREAM, 1,
			  (const char *)data + at);
	}
	if (!status)
		return;
	raw_header(&h, "grpc-status", status);
	raw_header(&h, "grpc-message", text);
	raw_frame(b, h.len, H2_HEADERS, END_HEADERS | END_STREAM, 1, h.p);
}
