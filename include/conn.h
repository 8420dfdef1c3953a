/* SPDX-License-Identifier: Apache-2.0 */
/* conn.h - a byte stream with deadlines: TCP, and TLS over it by the same calls. Blocking: for jobs
 * and one-shot programs. */
#pragma once
#include "base.h"

/* Zero is closed. */
struct conn {
	int fd;
	struct tls *tls; /* NULL: plain */
	char peer[80];   /* "host:port", for errors */
};
/* Resolve host (a literal address or a name) and connect to the first address that answers before
 * the deadline; each address gets an equal share of what time is left. ETIMEDOUT, ECONNREFUSED,
 * ENOENT (no such name) ... name host and port. Looking a name up obeys the resolver's own time-out
 * (resolv.conf), not the deadline. */
MUST int conn_open(struct conn *c, const char *host, const char *port, int64_t deadline,
		   struct err *e);
/* Speak TLS from here on (tls.h): the certificate must be for host. */
MUST int conn_tls(struct conn *c, const char *host, int64_t deadline, struct err *e);
/* All of it, or ETIMEDOUT / EPIPE. */
MUST int conn_write(struct conn *c, const void *data, size_t n, int64_t deadline, struct err *e);
/* At least one byte; *got 0: the peer has closed. What has already come is given even when the
 * deadline is past. */
MUST int conn_read(struct conn *c, void *data, size_t room, size_t *got, int64_t deadline,
		   struct err *e);
/* Open, and the peer has neither closed it nor said anything unasked: fit for another request. */
bool conn_idle(struct conn *c);
void conn_close(struct conn *c);
#define auto_conn AUTO(conn_close)

/* Wait for events on a non-blocking descriptor, EINTR and all: 1 when one is there, 0 when the
 * deadline is past, below zero with errno. */
MUST int fd_wait(int fd, short events, int64_t deadline);
