/* SPDX-License-Identifier: Apache-2.0 */
/* httpmsg.h - one HTTP/1.1 message, request or response, read piece by piece with every length
 * bounded. Shared by http.c and httpd.c; httpmsg.c is the only door to llhttp. RFC 9112. */
#pragma once
#include "arena.h"
#include "http.h"

struct httpmsg {
	/* set before httpmsg_start() */
	bool response;   /* else a request */
	bool no_body;    /* a response to HEAD: its Content-Length announces nothing */
	size_t max_body; /* bytes */
	/* of a response with status 200: called with each piece of the body, which is not kept */
	int (*on_body)(const void *p, size_t n, void *arg, struct err *e);
	void *on_body_arg;
	struct arena *a; /* where all strings go */

	/* valid once done */
	bool done;
	bool expects;    /* from the headers on: the peer wants a "100 Continue" before the body */
	bool keep_alive; /* the peer will take another message on this connection */
	int status;
	const char *method, *target;
	struct http_headers headers;
	const char *body; /* NUL-terminated */
	size_t body_len;

	struct httpmsg_parser *p; /* on the heap */
};
void httpmsg_start(struct httpmsg *m);
/* Take n bytes in; *used is less than n only when the message is done. EBADMSG: malformed, E2BIG:
 * too many or too long headers, or chunk extensions or trailers, EFBIG: body over max_body. */
MUST int httpmsg_feed(struct httpmsg *m, const char *data, size_t n, size_t *used, struct err *e);
/* The peer has closed: done if the message ends so, else EBADMSG. */
MUST int httpmsg_eof(struct httpmsg *m, struct err *e);
void httpmsg_free(struct httpmsg *m); /* strings live on in the arena */
#define auto_httpmsg AUTO(httpmsg_free)

/* Append "Name: value" lines. EINVAL names a header that would break the message (control bytes).
 */
MUST int httpmsg_headers(const struct http_headers *h, struct buf *out, struct err *e);
