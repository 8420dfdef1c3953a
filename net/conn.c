/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c - connect, read and write with deadlines. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "lookup.h"
#include "tls.h"

enum { STAGGER_MS = 250 };

int fd_wait_or(int fd, short events, int stop, int64_t deadline)
{
	struct pollfd p[] = { { .fd = fd, .events = events }, { .fd = stop, .events = POLLIN } };
	int n;

	do
		n = poll(p, stop ? 2 : 1, deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	if (n > 0 && p[1].revents)
		return errno = ECANCELED, -1;
	return n;
}

int fd_wait(int fd, short events, int64_t deadline)
{
	return fd_wait_or(fd, events, 0, deadline);
}

/* ---- connect: happy eyeballs, RFC 8305 */

/* Attempts under way; a descriptor below zero is one that failed. */
struct race {
	struct pollfd p[LOOKUP_MAX + 1]; /* and behind the last what would end all */
	size_t n, open;
	int why;  /* errno of the last that failed */
	int stop; /* 0: nothing would */
};

static void race_lost(struct race *r, struct pollfd *p, int why)
{
	r->why = why;
	close(p->fd);
	p->fd = -1;
	r->open--;
}

/* Begin to connect to the next address; false when it fails at once. */
static bool race_start(struct race *r, const struct lookup_addr *to)
{
	struct pollfd *p = &r->p[r->n++];
	int one = 1;

	p->events = POLLOUT;
	p->fd = socket(to->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0) {
		r->why = errno;
		return false;
	}
	r->open++;
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(p->fd, (const struct sockaddr *)&to->at, to->len) == 0 || errno == EINPROGRESS)
		return true;
	race_lost(r, p, errno);
	return false;
}

/* A connected descriptor, whose place in the race is then empty; or 0. */
static int race_winner(struct race *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct pollfd *p = &r->p[i];
		socklen_t len = sizeof(int);
		int why = 0;

		if (p->fd < 0 || !p->revents)
			continue;
		if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
			why = errno;
		if (why == 0) {
			int fd = p->fd;

			p->fd = -1;
			return fd;
		}
		race_lost(r, p, why);
	}
	return 0;
}

/* The next address has its turn when none is under way, or the last one had its time. */
static int race_run(struct race *r, const struct lookup *to, int64_t deadline)
{
	int64_t turn = 0;

	for (;;) {
		int64_t until = deadline;
		size_t open = r->open;
		int fd, n;

		if (r->n < to->n && (!r->open || now_ms() >= turn)) {
			turn = race_start(r, &to->v[r->n]) ? now_ms() + STAGGER_MS : 0;
			continue;
		}
		if (!r->open)
			return errno = r->why, -1;
		if (r->n < to->n && turn < until)
			until = turn;
		r->p[r->n] = (struct pollfd) { .fd = r->stop ? r->stop : -1, .events = POLLIN };
		n = poll(r->p, (nfds_t)r->n + 1, deadline_left(until));
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0 && r->p[r->n].revents)
			return errno = ECANCELED, -1;
		fd = n > 0 ? race_winner(r) : 0;
		if (fd > 0)
			return fd;
		if (r->open < open)
			turn = 0;
		if (n == 0 && deadline_left(deadline) == 0)
			return errno = ETIMEDOUT, -1;
	}
}

int conn_open_any(struct conn *c, const struct lookup *to, int64_t deadline, struct err *e)
{
	struct race r = { .why = EADDRNOTAVAIL, .stop = c->stop };
	int fd = race_run(&r, to, deadline), why = errno;

	for (size_t i = 0; i < r.n; i++)
		if (r.p[i].fd >= 0)
			close(r.p[i].fd);
	if (fd < 0)
		return fail(e, why, "connect to %s:", c->peer);
	c->fd = fd;
	return 0;
}

int conn_open(struct conn *c, const char *host, const char *port, int64_t deadline, struct err *e)
{
	struct lookup to;

	*c = (struct conn) { .stop = c->stop };
	snprintf(c->peer, sizeof(c->peer), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	if (deadline_left(deadline) == 0)
		return fail(e, ETIMEDOUT, "no time left to connect to %s", c->peer);
	if (lookup(&to, host, port, deadline, e) < 0)
		return -1;
	return conn_open_any(c, &to, deadline, e);
}

/* ---- bytes */

int conn_tls_as(struct conn *c, const struct tls_peer *peer, int64_t deadline, struct err *e)
{
	return tls_open(&c->tls, c->fd, peer, deadline, e) < 0 ? wrap(e, "TLS with %s", c->peer)
							       : 0;
}

int conn_tls(struct conn *c, const char *host, int64_t deadline, struct err *e)
{
	return conn_tls_as(c, &(struct tls_peer) { .host = host }, deadline, e);
}

int conn_write(struct conn *c, const void *data, size_t n, int64_t deadline, struct err *e)
{
	const char *p = data;

	if (c->tls)
		return tls_write(c->tls, data, n, deadline, e) < 0 ? wrap(e, "%s", c->peer) : 0;
	while (n) {
		ssize_t did = send(c->fd, p, n, MSG_NOSIGNAL);
		int ready = 1;

		if (did > 0) {
			p += did;
			n -= (size_t)did;
			continue;
		}
		if (errno == EAGAIN)
			ready = fd_wait_or(c->fd, POLLOUT, c->stop, deadline);
		if (ready == 0)
			return fail(e, ETIMEDOUT, "%s does not take what is sent to it in time",
				    c->peer);
		if (ready < 0 || (errno != EAGAIN && errno != EINTR))
			return fail(e, errno, "write to %s:", c->peer);
	}
	return 0;
}

int conn_read(struct conn *c, void *data, size_t room, size_t *got, int64_t deadline, struct err *e)
{
	*got = 0;
	if (c->tls)
		return tls_read(c->tls, data, room, got, deadline, e) < 0 ? wrap(e, "%s", c->peer)
									  : 0;
	for (;;) {
		ssize_t did = recv(c->fd, data, room, 0);
		int ready = 1;

		if (did >= 0) {
			*got = (size_t)did;
			return 0;
		}
		if (errno == EAGAIN)
			ready = fd_wait_or(c->fd, POLLIN, c->stop, deadline);
		if (ready == 0)
			return fail(e, ETIMEDOUT, "no answer from %s in time", c->peer);
		if (ready < 0 || (errno != EAGAIN && errno != EINTR))
			return fail(e, errno, "read from %s:", c->peer);
	}
}

bool conn_passing(int num)
{
	return num == EAGAIN || num == ECONNREFUSED || num == ECONNRESET || num == EPIPE ||
	       num == EHOSTUNREACH || num == ENETUNREACH;
}

bool conn_idle(struct conn *c)
{
	struct err e;
	size_t got;
	char byte;

	return c->fd > 0 && conn_read(c, &byte, 1, &got, 0, &e) < 0 && e.num == ETIMEDOUT &&
	       (!c->tls || tls_resting(c->tls));
}

void conn_stop_at(struct conn *c, int stop)
{
	c->stop = stop;
	if (c->tls)
		tls_stop_at(c->tls, stop);
}

void conn_close(struct conn *c)
{
	tls_free(&c->tls);
	fd_free(&c->fd);
}
