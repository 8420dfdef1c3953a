/* SPDX-License-Identifier: Apache-2.0 */
/* httpget.c - one GET by our own HTTP client: httpget URL. Prints "STATUS BODY" and ends with 0, or
 * the error and ends with 1. */
#include <stdio.h>

#include "clock.h"
#include "http.h"

enum { PATIENCE_MS = 10000 };

static int get(const char *url, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { 0 };
	struct http_request q = { .method = "GET" };
	struct http_response r;

	if (http_url(&c, url, &q.target, e) < 0)
		return -1;
	if (!*q.target)
		q.target = "/";
	if (http_do(&c, &q, &r, &a, now_ms() + PATIENCE_MS, e) < 0)
		return -1;
	printf("%d %s\n", r.status, r.body);
	return 0;
}

int main(int argc, char **argv)
{
	struct err e;

	if (argc != 2) {
		fprintf(stderr, "usage: httpget URL\n");
		return 100;
	}
	if (get(argv[1], &e) == 0)
		return 0;
	printf("%s\n", e.msg);
	return 1;
}
