/* SPDX-License-Identifier: Apache-2.0 */
/* httppool.c - connections that are handed on, and those that must not be. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "clock.h"
#include "httppool.h"
#include "test.h"
#include "tls.h"
#include "web.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static void hello(struct httpd_call *c)
{
	httpd_reply(c, 200, NULL, "hello", 5);
}

/* Everywhere on loopback, so that there are many origins. */
static void serve(struct web *w)
{
	static const struct ip any = { IP_V4, { 0 } };

	web_serve_at(w, &(struct httpd_at) { .ip = &any }, hello, NULL);
}

static void origin(struct http_client *c, const struct web *w, int host)
{
	*c = (struct http_client) { 0 };
	snprintf(c->host, sizeof(c->host), "127.0.0.%d", host);
	snprintf(c->port, sizeof(c->port), "%d", w->port);
}

/* One request; the local port, by which connections can be told apart, or 0. */
static int ask(struct http_client *c)
{
	auto_arena struct arena a = { 0 };
	struct http_request q = { .method = "GET", .target = "/" };
	struct sockaddr_in self = { 0 };
	socklen_t len = sizeof(self);
	struct http_response r;
	struct err e = { 0 };

	if (http_do(c, &q, &r, &a, soon(), &e) < 0 || r.status != 200) {
		printf("#   %s\n", e.msg);
		return 0;
	}
	return getsockname(c->conn.fd, (struct sockaddr *)&self, &len) < 0 ? 0
									   : ntohs(self.sin_port);
}

TEST(http_pool_hands_a_connection_on)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	struct http_client c;
	int port[3];

	serve(&w);
	for (size_t i = 0; i < COUNT(port); i++) {
		origin(&c, &w, 1);
		http_pool_take(&p, &c);
		CHECK(c.sessions == &p.sessions);
		CHECK((c.conn.fd > 0) == (i > 0));
		port[i] = ask(&c);
		http_pool_give(&p, &c);
		CHECK_INT(c.conn.fd, 0);
	}
	CHECK(port[0] > 0);
	CHECK_INT(port[1], port[0]);
	CHECK_INT(port[2], port[0]);
	http_pool_give(&p, &c); /* nothing to give */
	http_pool_take(&p, &c);
	CHECK(c.conn.fd > 0);
	http_close(&c);
	http_pool_take(&p, &c);
	CHECK_INT(c.conn.fd, 0);
}

TEST(http_pool_keeps_origins_apart)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	static const struct tls_terms terms;
	struct http_client c, other[6];

	serve(&w);
	origin(&c, &w, 1);
	CHECK(ask(&c) > 0);
	for (size_t i = 0; i < COUNT(other); i++)
		other[i] = c, other[i].conn = (struct conn) { 0 };
	http_pool_give(&p, &c);
	other[0].host[8] = '2';
	other[1].port[0]++;
	other[2].tls = true;
	snprintf(other[3].via.host, sizeof(other[3].via.host), "proxy");
	snprintf(other[4].via.auth, sizeof(other[4].via.auth), "Basic eA==");
	other[5].terms = &terms;
	for (size_t i = 0; i < COUNT(other); i++) {
		http_pool_take(&p, &other[i]);
		CHECK_INT(other[i].conn.fd, 0);
	}
	http_pool_take(&p, &c);
	CHECK(c.conn.fd > 0);
	http_close(&c);
}

TEST(http_pool_never_hands_out_what_the_server_closed)
{
	static const struct web_step steps[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .close = true }
	};
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	struct http_client c;

	web_script(&w, steps, COUNT(steps));
	origin(&c, &w, 1);
	CHECK(ask(&c) > 0);
	CHECK(fd_wait(c.conn.fd, POLLIN, soon()) > 0);
	http_pool_give(&p, &c);
	CHECK(p.first);
	http_pool_take(&p, &c);
	CHECK_INT(c.conn.fd, 0);
	CHECK(!p.first);
}

TEST(http_pool_connections_are_stopped_by_who_has_them)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	auto_fd int stop = eventfd(1, EFD_CLOEXEC); /* can be read at once */
	auto_arena struct arena a = { 0 };
	struct http_request q = { .method = "GET", .target = "/" };
	struct http_response r;
	struct http_client c;
	struct err e = { 0 };

	serve(&w);
	origin(&c, &w, 1);
	CHECK(ask(&c) > 0);
	http_pool_give(&p, &c);
	origin(&c, &w, 1);
	c.stop = stop;
	http_pool_take(&p, &c);
	CHECK(c.conn.fd > 0 && c.conn.stop == stop);
	CHECK(http_do(&c, &q, &r, &a, soon(), &e) < 0 && e.num == ECANCELED);
	origin(&c, &w, 1);
	CHECK(ask(&c) > 0);
	c.stop = c.conn.stop = stop;
	http_pool_give(&p, &c);
	origin(&c, &w, 1);
	http_pool_take(&p, &c);
	CHECK(c.conn.fd > 0 && !c.conn.stop);
	CHECK(ask(&c) > 0);
	http_close(&c);
}

TEST(http_pool_closes_what_was_idle_too_long)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { .idle_ms = 1 };
	struct http_client c;
	int64_t given;

	serve(&w);
	origin(&c, &w, 1);
	CHECK(ask(&c) > 0);
	http_pool_give(&p, &c);
	given = now_ms();
	CHECK(pause_ms(2, soon()) && now_ms() > given);
	http_pool_take(&p, &c);
	CHECK_INT(c.conn.fd, 0);
	CHECK(!p.first);
}

/* Give n connections to one origin; how many of them the pool has afterwards. */
static int kept(struct http_pool *p, const struct web *w, int host, int n)
{
	struct http_client c[8];
	int found = 0;

	for (int i = 0; i < n; i++) {
		origin(&c[i], w, host);
		CHECK(ask(&c[i]) > 0);
	}
	for (int i = 0; i < n; i++)
		http_pool_give(p, &c[i]);
	for (;; found++) {
		origin(&c[found], w, host);
		http_pool_take(p, &c[found]);
		if (!c[found].conn.fd)
			break;
	}
	for (int i = 0; i < found; i++)
		http_pool_give(p, &c[i]);
	return found;
}

TEST(http_pool_is_bounded_per_origin_and_in_all)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	struct http_client c;

	serve(&w);
	for (int host = 1; host <= HTTP_POOL_MAX / HTTP_POOL_ORIGIN_MAX + 1; host++)
		CHECK_INT(kept(&p, &w, host, HTTP_POOL_ORIGIN_MAX + 2), HTTP_POOL_ORIGIN_MAX);
	origin(&c, &w, 1); /* the oldest made room */
	http_pool_take(&p, &c);
	CHECK_INT(c.conn.fd, 0);
	origin(&c, &w, 2);
	http_pool_take(&p, &c);
	CHECK(c.conn.fd > 0);
	http_close(&c);
	http_pool_free(&p);
	http_pool_take(&p, &c);
	CHECK_INT(c.conn.fd, 0);
}

struct worker {
	struct http_pool *p;
	const struct web *w;
	pthread_t thread;
	int good;
};

static void *work(void *arg)
{
	struct worker *k = arg;

	for (int i = 0; i < 40; i++) {
		struct http_client c;

		origin(&c, k->w, 1 + i % 2);
		http_pool_take(k->p, &c);
		k->good += ask(&c) > 0;
		if (i % 10 == 9)
			http_close(&c);
		http_pool_give(k->p, &c);
	}
	return NULL;
}

TEST(http_pool_serves_threads_at_once)
{
	auto_web struct web w = { 0 };
	auto_http_pool struct http_pool p = { 0 };
	struct worker k[4];

	serve(&w);
	for (size_t i = 0; i < COUNT(k); i++) {
		k[i] = (struct worker) { .p = &p, .w = &w };
		CHECK(pthread_create(&k[i].thread, NULL, work, &k[i]) == 0);
	}
	for (size_t i = 0; i < COUNT(k); i++) {
		CHECK(pthread_join(k[i].thread, NULL) == 0);
		CHECK_INT(k[i].good, 40);
	}
}
