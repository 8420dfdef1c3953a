/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - a peer's bytes as the HTTP client and server take them in. The first byte chooses how,
 * by its low bits: 1 the answer to HEAD, 2 the body is streamed, 4 a request instead of answers, 8
 * byte by byte. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpmsg.h"

enum { MAX_BODY = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

static int count(const void *p, size_t n, void *arg, struct err *e)
{
	size_t *total = arg;

	must(p && n, "an empty piece");
	*total += n;
	return *total > MAX_BODY / 2 && *total % 7 == 0 ? fail(e, ENOSPC, "enough") : 0;
}

/* What a caller may rely on in a message that is done. */
static void inspect(const struct httpmsg *m, size_t streamed)
{
	must(m->headers.n <= HTTP_MAX_HEADERS, "too many headers");
	must(strlen(m->body) <= m->body_len && m->body_len <= MAX_BODY, "body");
	must(m->body[m->body_len] == '\0', "end of the body");
	must(!streamed || (m->status == 200 && !m->body_len), "streamed and kept");
	must(streamed <= MAX_BODY, "streamed too much");
	must(*m->target || m->response, "a request for nothing");
	for (size_t i = 0; i < m->headers.n; i++) {
		must(*m->headers.v[i].name, "a header without a name");
		must(!strpbrk(m->headers.v[i].value, "\r\n"), "a header of several lines");
		must(strlen(http_header(&m->headers, m->headers.v[i].name)) <= HTTP_MAX_HEAD * 2,
		     "a header that is too long");
	}
}

/* One message of the bytes at *at; false when nothing more can follow. */
static bool message(const uint8_t *data, size_t size, size_t *at)
{
	auto_arena struct arena a = { 0 };
	uint8_t how = data[0];
	size_t streamed = 0, used;
	auto_httpmsg struct httpmsg m = { .response = !(how & 4),
					  .no_body = how & 1,
					  .max_body = MAX_BODY,
					  .on_body = how & 2 ? count : NULL,
					  .on_body_arg = &streamed,
					  .a = &a };
	struct err e = { 0 };

	httpmsg_start(&m);
	while (!m.done && *at < size) {
		size_t n = how & 8 ? 1 : size - *at;

		if (httpmsg_feed(&m, (const char *)data + *at, n, &used, &e) < 0) {
			must(e.num && *e.msg, "a failure without words");
			return false;
		}
		must(used <= n && (used == n || m.done), "bytes left over");
		*at += used;
	}
	if (!m.done && httpmsg_eof(&m, &e) < 0) {
		must(e.num == EBADMSG, "a cut message");
		return false;
	}
	inspect(&m, streamed);
	return m.keep_alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 1;

	for (size_t before = 0; at < size && at > before;) {
		before = at;
		if (!message(data, size, &at))
			break;
	}
	return 0;
}
