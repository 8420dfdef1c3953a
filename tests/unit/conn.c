/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c - which of several addresses a connection is made to. A listener whose queue is full is an
 * address that never answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "clock.h"
#include "conn.h"
#include "lookup.h"
#include "test.h"
#include "web.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

/* 127.0.0.LAST:port added to the list. */
static void add(struct lookup *l, int last, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };

	at.sin_addr.s_addr = htonl(0x7f000000 | (uint32_t)last);
	memcpy(&l->v[l->n].at, &at, sizeof(at));
	l->v[l->n++].len = sizeof(at);
}

/* A listening socket at 127.0.0.LAST; *port 0: any. */
static int listener(int last, uint16_t *port)
{
	struct lookup at = { 0 };
	struct sockaddr_in got;
	socklen_t len = sizeof(got);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	web_loopback();
	add(&at, last, *port);
	CHECK(bind(fd, (struct sockaddr *)&at.v[0].at, at.v[0].len) == 0 && listen(fd, 0) == 0 &&
	      getsockname(fd, (struct sockaddr *)&got, &len) == 0);
	*port = ntohs(got.sin_port);
	return fd;
}

/* A listener whose queue two connections fill. */
struct deaf {
	int fd, a, b;
	uint16_t port;
};

static void deaf_open(struct deaf *d, int last)
{
	struct lookup at = { 0 };
	int *fds[] = { &d->a, &d->b };

	d->fd = listener(last, &d->port);
	add(&at, last, d->port);
	for (size_t i = 0; i < COUNT(fds); i++) {
		*fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		CHECK(connect(*fds[i], (struct sockaddr *)&at.v[0].at, at.v[0].len) == 0 ||
		      errno == EINPROGRESS);
	}
}

static void deaf_close(struct deaf *d)
{
	fd_free(&d->a);
	fd_free(&d->b);
	fd_free(&d->fd);
}
#define auto_deaf AUTO(deaf_close)

/* TCP's alone: a look-up that an earlier test left behind may still have a socket of its own. */
static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		int type = 0;
		socklen_t len = sizeof(type);

		n += getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
	}
	return n;
}

/* The last byte of the address that we are connected to; 0: not. */
static int winner(const struct conn *c)
{
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof(at);

	if (c->fd <= 0 || getpeername(c->fd, (struct sockaddr *)&at, &len) < 0)
		return 0;
	return (int)(ntohl(at.sin_addr.s_addr) & 0xff);
}

TEST(conn_takes_the_first_address_that_answers)
{
	auto_conn struct conn c = { .peer = "test" };
	struct lookup to = { 0 };
	uint16_t port = 0;
	auto_fd int a = listener(1, &port), b = listener(2, &port);
	struct err e = { 0 };

	add(&to, 2, port);
	add(&to, 1, port);
	CHECK(conn_open_any(&c, &to, soon(), &e) == 0);
	CHECK_INT(winner(&c), 2);
	(void)a;
	(void)b;
}

TEST(conn_goes_on_at_once_when_addresses_refuse)
{
	auto_deaf struct deaf d = { 0 };
	auto_conn struct conn c = { .peer = "test" };
	struct lookup to = { 0 };
	auto_fd int a = 0;
	struct err e = { 0 };

	deaf_open(&d, 1);
	a = listener(LOOKUP_MAX, &d.port);
	for (int i = 1; i <= LOOKUP_MAX; i++)
		add(&to, i, d.port);
	/* the first stays under way: pauses behind each of the others would take longer than this
	 */
	CHECK(conn_open_any(&c, &to, now_ms() + (LOOKUP_MAX - 2) * 250, &e) == 0);
	CHECK_INT(winner(&c), LOOKUP_MAX);
}

/* Addresses of no family, and one that a connect() is refused for at once. */
TEST(conn_goes_on_at_once_when_it_cannot_even_begin)
{
	auto_deaf struct deaf d = { 0 };
	auto_conn struct conn c = { .peer = "test" };
	struct lookup to = { 0 };
	auto_fd int a = 0;
	struct err e = { 0 };

	deaf_open(&d, 1);
	a = listener(LOOKUP_MAX, &d.port);
	add(&to, 1, d.port);
	for (int i = 2; i < LOOKUP_MAX; i++) {
		add(&to, i, d.port);
		if (i % 2)
			to.v[to.n - 1].at.ss_family = AF_UNSPEC; /* socket() */
		else
			to.v[to.n - 1].len = 1; /* connect() */
	}
	add(&to, LOOKUP_MAX, d.port);
	CHECK(conn_open_any(&c, &to, now_ms() + (LOOKUP_MAX - 2) * 250, &e) == 0);
	CHECK_INT(winner(&c), LOOKUP_MAX);
}

TEST(conn_does_not_wait_for_an_address_that_is_silent)
{
	auto_deaf struct deaf d = { 0 };
	auto_conn struct conn c = { .peer = "test" };
	struct lookup to = { 0 };
	auto_fd int a = 0;
	struct err e = { 0 };
	int before;

	deaf_open(&d, 2);
	a = listener(1, &d.port);
	before = open_fds();
	add(&to, 2, d.port);
	add(&to, 3, d.port); /* refuses, while the first is still under way */
	add(&to, 1, d.port);
	CHECK(conn_open_any(&c, &to, soon(), &e) == 0);
	CHECK_INT(winner(&c), 1);
	CHECK_INT(open_fds(), before + 1); /* the loser is closed */
}

TEST(conn_says_what_became_of_its_addresses)
{
	auto_deaf struct deaf d = { 0 };
	struct conn c = { .peer = "test:1" };
	struct lookup to = { 0 };
	struct err e = { 0 };
	int before;

	deaf_open(&d, 2);
	before = open_fds();
	CHECK(conn_open_any(&c, &to, soon(), &e) < 0); /* none at all */
	CHECK_INT(e.num, EADDRNOTAVAIL);
	add(&to, 1, d.port);
	add(&to, 3, d.port);
	CHECK(conn_open_any(&c, &to, soon(), &e) < 0);
	CHECK_INT(e.num, ECONNREFUSED);
	CHECK_STR(e.msg, "connect to test:1: Connection refused");
	add(&to, 2, d.port);
	CHECK(conn_open_any(&c, &to, now_ms() + 50, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK_STR(e.msg, "connect to test:1: Connection timed out");
	CHECK_INT(c.fd, 0);
	CHECK_INT(open_fds(), before);
}

TEST(conn_names_an_address_that_cannot_be_used)
{
	auto_conn struct conn c = { .peer = "test:1" };
	struct lookup to = { .n = 1 };
	struct err e = { 0 };

	to.v[0].at.ss_family = AF_UNSPEC;
	CHECK(conn_open_any(&c, &to, soon(), &e) < 0);
	CHECK_INT(e.num, EAFNOSUPPORT);
	CHECK(conn_open(&c, "127.0.0.1", "1", now_ms(), &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK_STR(e.msg, "no time left to connect to 127.0.0.1:1");
	CHECK(conn_open(&c, "::1", "1", now_ms() - 1, &e) < 0);
	CHECK_STR(e.msg, "no time left to connect to [::1]:1");
}
