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
	/* A descriptor, the owner's: once it can be read, whatever waits here ends with ECANCELED,
	 * and so for good (an eventfd with which another thread ends the conversation). 0: none. A
	 * look-up of a name is not ended. */
	int stop;
};
/* Look host up (a literal address or a name; lookup.h) and connect, all before the deadline: its
 * addresses are tried in turn, the next one 250 ms after the last or at once when none is left
 * under way, and the first that answers wins (RFC 8305). ETIMEDOUT, ECONNREFUSED (of the address
 * that failed last), ENOENT (no such name) ... name host and port. */
MUST int conn_open(struct conn *c, const char *host, const char *port, int64_t deadline,
		   struct err *e);
/* The same for addresses that are known, in the order given. c is zero but for peer. */
struct lookup;
MUST int conn_open_any(struct conn *c, const struct lookup *to, int64_t deadline, struct err *e);
/* Speak TLS from here on (tls.h): the certificate must be for host. The second can resume sessions.
 */
MUST int conn_tls(struct conn *c, const char *host, int64_t deadline, struct err *e);
struct tls_peer;
MUST int conn_tls_as(struct conn *c, const struct tls_peer *peer, int64_t deadline, struct err *e);
/* All of it, or ETIMEDOUT / EPIPE. */
MUST int conn_write(struct conn *c, const void *data, size_t n, int64_t deadline, struct err *e);
/* At least one byte; *got 0: the peer has closed. What has already come is given even when the
 * deadline is past. */
MUST int conn_read(struct conn *c, void *data, size_t room, size_t *got, int64_t deadline,
		   struct err *e);
/* Open, and the peer has neither closed it nor said anything unasked, nor begun to: fit for another
 * request. Session tickets of TLS do not count. */
bool conn_idle(struct conn *c);
void conn_stop_at(struct conn *c, int stop); /* another stop from now on, or none */
void conn_close(struct conn *c);
#define auto_conn AUTO(conn_close)

/* Is an error of the way there one that may be over at the next try? */
bool conn_passing(int num);

/* Wait for events on a non-blocking descriptor, EINTR and all: 1 when one is there, 0 when the
 * deadline is past, below zero with errno. */
MUST int fd_wait(int fd, short events, int64_t deadline);
/* The same, but below zero with ECANCELED as soon as stop, unless it is 0, can be read. */
MUST int fd_wait_or(int fd, short events, int stop, int64_t deadline);
