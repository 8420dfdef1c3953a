/* SPDX-License-Identifier: Apache-2.0 */
/* httpget.c - GETs by our own HTTP client, with the environment's proxy: httpget URL [TIMES]. Each
 * has a connection of its own, their TLS sessions are kept in one pool. PATIENCE_MS: how long each
 * may take; TOUCH: a file that gets a new time stamp between them; CA, CERT, KEY: PEM files, NAME:
 * the server's, INSECURE: 1, as in struct tls_terms. Prints "STATUS BODY" and ends with 0, or the
 * error and ends with 1. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "clock.h"
#include "file.h"
#include "httppool.h"
#include "proxy.h"
#include "str.h"
#include "tls.h"

enum { PATIENCE_MS = 10000 };

static const char *text_of(const char *variable, struct arena *a)
{
	auto_buf struct buf b = { 0 };
	struct err e;

	if (!*str_env(variable))
		return NULL;
	if (file_read(str_env(variable), 1024 * 1024, &b, &e) < 0)
		die("%s", e.msg);
	return arena_str(a, b.p);
}

static struct tls_terms terms_of(struct arena *a)
{
	return (struct tls_terms) { .ca = text_of("CA", a),
				    .cert = text_of("CERT", a),
				    .key = text_of("KEY", a),
				    .name = getenv("NAME"),
				    .insecure = *str_env("INSECURE") };
}

static int get(const char *url, struct http_pool *pool, const struct tls_terms *terms,
	       int64_t patience_ms, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_request q = { .method = "GET" };
	struct http_response r;

	if (http_url(&c, url, &q.target, e) < 0 || http_use_proxy(&c, e) < 0)
		return -1;
	c.terms = terms;
	http_pool_take(pool, &c);
	if (!*q.target)
		q.target = "/";
	if (http_do(&c, &q, &r, &a, now_ms() + patience_ms, e) < 0)
		return -1;
	printf("%d %s\n", r.status, r.body);
	return 0;
}

int main(int argc, char **argv)
{
	auto_http_pool struct http_pool pool = { 0 };
	auto_arena struct arena a = { 0 };
	struct tls_terms terms = terms_of(&a);
	const char *patience = getenv("PATIENCE_MS"), *touch = getenv("TOUCH");
	uint64_t times = 1, ms = PATIENCE_MS;
	struct err e;

	if (argc < 2 || argc > 3 || (argc == 3 && !str_u64(argv[2], &times)) ||
	    (patience && !str_u64(patience, &ms))) {
		fprintf(stderr, "usage: httpget URL [TIMES]\n");
		return 100;
	}
	for (uint64_t i = 0; i < times; i++) {
		if (get(argv[1], &pool, &terms, (int64_t)ms, &e) < 0) {
			printf("%s\n", e.msg);
			return 1;
		}
		if (touch && utimensat(AT_FDCWD, touch, NULL, 0) < 0)
			return 100;
	}
	return 0;
}
