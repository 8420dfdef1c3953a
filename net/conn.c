/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c - connect, read and write with deadlines. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "conn.h"
#include "tls.h"

int fd_wait(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	return n;
}

/* A connected descriptor, or below zero with errno. */
static int dial(const struct addrinfo *to, int64_t deadline)
{
	auto_fd int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(int);
	int one = 1, why = 0, n;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			return -1;
		n = fd_wait(fd, POLLOUT, deadline);
		if (n == 0)
			errno = ETIMEDOUT;
		if (n <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
			return -1;
		if (why) {
			errno = why;
			return -1;
		}
	}
	return TAKE(fd);
}

static int gai_errno(int rc)
{
	switch (rc) {
	case EAI_NONAME:
	case EAI_NODATA:
		return ENOENT;
	case EAI_AGAIN:
		return EAGAIN;
	case EAI_SYSTEM:
		return errno;
	default:
		return EIO;
	}
}

/* The first address that answers; a dead one may not use up the others' time. */
static int dial_any(const struct addrinfo *list, int64_t deadline)
{
	int64_t left = 0;

	for (const struct addrinfo *i = list; i; i = i->ai_next)
		left++;
	for (const struct addrinfo *i = list; i; i = i->ai_next, left--) {
		int64_t now = now_ms();
		int fd = dial(i, now + (deadline - now) / left);

		if (fd > 0)
			return fd;
	}
	return -1;
}

int conn_open(struct conn *c, const char *host, const char *port, int64_t deadline, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int rc, fd;

	*c = (struct conn) { 0 };
	snprintf(c->peer, sizeof(c->peer), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	if (deadline_left(deadline) == 0)
		return fail(e, ETIMEDOUT, "no time left to connect to %s", c->peer);
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0)
		return fail(e, gai_errno(rc), "look up %s: %s", host, gai_strerror(rc));
	fd = dial_any(list, deadline);
	rc = errno;
	freeaddrinfo(list);
	if (fd < 0)
		return fail(e, rc, "connect to %s:", c->peer);
	c->fd = fd;
	return 0;
}

int conn_tls(struct conn *c, const char *host, int64_t deadline, struct err *e)
{
	return tls_open(&c->tls, c->fd, host, deadline, e) < 0 ? wrap(e, "TLS with %s", c->peer)
							       : 0;
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
			ready = fd_wait(c->fd, POLLOUT, deadline);
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
			ready = fd_wait(c->fd, POLLIN, deadline);
		if (ready == 0)
			return fail(e, ETIMEDOUT, "no answer from %s in time", c->peer);
		if (ready < 0 || (errno != EAGAIN && errno != EINTR))
			return fail(e, errno, "read from %s:", c->peer);
	}
}

bool conn_idle(struct conn *c)
{
	struct err e;
	size_t got;
	char byte;

	return c->fd > 0 && conn_read(c, &byte, 1, &got, 0, &e) < 0 && e.num == ETIMEDOUT;
}

void conn_close(struct conn *c)
{
	tls_free(&c->tls);
	fd_free(&c->fd);
}
