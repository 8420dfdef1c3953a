/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - HTTP/1.1 client: one blocking request at a time, keep-alive. RFC 9110, 9112. */
#pragma once
#include "arena.h"
#include "buf.h"
#include "conn.h"

enum {
	HTTP_MAX_HEADERS = 64, /* more, or more than HTTP_MAX_HEAD bytes of them, is an error */
	HTTP_MAX_HEAD = 64 * 1024
};
struct http_header {
	const char *name, *value; /* names in lower case when received */
};
struct http_headers {
	struct http_header v[HTTP_MAX_HEADERS];
	size_t n;
};
const char *http_header(const struct http_headers *h, const char *name); /* "" when absent */
void http_add(struct http_headers *h, const char *name,
	      const char *value); /* strings are borrowed */

struct http_request {
	const char *method, *target; /* "GET", "/path?query" */
	struct http_headers headers; /* Host and Content-Length are added when absent */
	const void *body;
	size_t body_len;
	size_t max_body; /* of the answer; more is EFBIG. 0: 1 MiB */
	/* The body of a 200 goes here piece by piece as it comes, chunks decoded, instead of into
	 * the response. Below zero, with *e set: http_do() fails so and closes the connection.
	 * Other answers are collected all the same, of at most 1 MiB. */
	int (*on_body)(const void *p, size_t n, void *arg, struct err *e);
	void *on_body_arg;
};
struct http_response {
	bool sent; /* also when the call fails: some of the request may have reached the server */
	int status;
	struct http_headers headers; /* strings live in the arena of the call */
	const char *body;            /* NUL-terminated, in the arena; "" when it went to on_body */
	size_t body_len;
};

/* The proxy between a client and its origin (proxy.h). */
struct http_via {
	char host[256], port[8]; /* host "": none */
	char auth[512];          /* value of Proxy-Authorization, secret; "": none */
};
/* A client of one origin; the connection is kept between calls and remade when the server has
 * closed it. Zero-initialise, then set host, port and tls. */
struct http_client {
	char host[256], port[8]; /* host: a name or an address, IPv6 without brackets */
	bool tls;
	struct http_via via;
	struct tls_cache *sessions; /* borrowed: TLS sessions to resume (httppool.h). NULL: none */
	const struct tls_terms *terms; /* borrowed: of TLS, in place of the usual (tls.h). NULL */
	int stop;                      /* as in struct conn */
	struct conn conn;
};
/* Split "http://host[:port]/base"; EINVAL names the URL. path gets what follows the authority (""
 * or
 * "/...") and points into url. An open connection is closed, a proxy forgotten. */
MUST int http_url(struct http_client *c, const char *url, const char **path, struct err *e);
/* Host as the Host header has it: brackets, and the port unless it is the scheme's own. */
const char *http_host(const struct http_client *c, struct arena *a);
/* Any status is success here, redirects too: none is followed. e is for what went wrong on the way:
 * EBADMSG malformed answer, E2BIG headers or chunk extensions, EFBIG body, ETIMEDOUT, ECONNRESET
 * (closed before an answer), and what conn.h says; it names method, host and target. A kept
 * connection that proves to be closed is replaced once: before anything was sent, or, unless the
 * method is POST or PATCH, when no byte of an answer came. */
MUST int http_do(struct http_client *c, const struct http_request *q, struct http_response *r,
		 struct arena *a, int64_t deadline, struct err *e);
void http_close(struct http_client *c);
#define auto_http AUTO(http_close)
