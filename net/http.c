/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - HTTP/1.1 client. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "http.h"
#include "httpmsg.h"
#include "str.h"
#include "tls.h"

enum { READ = 16 * 1024, MAX_BODY = 1024 * 1024, MAX_INTERIM = 8 };

const char *http_header(const struct http_headers *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcasecmp(h->v[i].name, name) == 0)
			return h->v[i].value;
	return "";
}

void http_add(struct http_headers *h, const char *name, const char *value)
{
	if (h->n == HTTP_MAX_HEADERS)
		die("more than %d headers", HTTP_MAX_HEADERS);
	h->v[h->n++] = (struct http_header) { name, value };
}

/* The authority's port, with its colon; "" means the scheme's own. */
static bool set_port(struct http_client *c, const char *colon, size_t n)
{
	char text[sizeof(c->port)];
	uint64_t port;

	snprintf(c->port, sizeof(c->port), "%s", c->tls ? "443" : "80");
	if (n && *colon != ':')
		return false;
	if (n <= 1)
		return true;
	if (n - 1 >= sizeof(text))
		return false;
	memcpy(text, colon + 1, n - 1);
	text[n - 1] = '\0';
	if (!str_u64(text, &port) || port < 1 || port > 65535)
		return false;
	snprintf(c->port, sizeof(c->port), "%d", (int)port);
	return true;
}

/* As errors show it: a password may be in it. */
static const char *shown(const char *url)
{
	return strchr(url, '@') ? "(not shown, for it has an @)" : url;
}

int http_url(struct http_client *c, const char *url, const char **path, struct err *e)
{
	const char *host, *end, *stop;
	bool bracket;
	size_t n;

	http_close(c);
	c->via = (struct http_via) { 0 };
	if (!str_prefix(url, "http://") && !str_prefix(url, "https://"))
		return fail(e, EINVAL, "URL '%s' does not begin with http:// or https://",
			    shown(url));
	c->tls = str_prefix(url, "https://");
	host = strchr(url, ':') + 3;
	stop = host + strcspn(host, "/?#");
	bracket = *host == '[';
	end = host + strcspn(host, bracket ? "]" : ":/?#");
	host += bracket;
	n = (size_t)(end - host);
	if (end > stop || (bracket && *end != ']') || !n || n >= sizeof(c->host) ||
	    strcspn(host, "@ \t\r\n") < n)
		return fail(e, EINVAL, "URL '%s' has no usable host", shown(url));
	memcpy(c->host, host, n);
	c->host[n] = '\0';
	end += bracket;
	if (!set_port(c, end, (size_t)(stop - end)))
		return fail(e, EINVAL, "URL '%s' has no usable port", shown(url));
	*path = stop;
	return 0;
}

const char *http_host(const struct http_client *c, struct arena *a)
{
	const char *host = arena_fmt(a, strchr(c->host, ':') ? "[%s]" : "%s", c->host);

	if (strcmp(c->port, c->tls ? "443" : "80") == 0)
		return host;
	return arena_fmt(a, "%s:%s", host, c->port);
}

static int compose(const struct http_client *c, const struct http_request *q, struct buf *out,
		   struct arena *a, struct err *e)
{
	struct http_headers more = { 0 };

	if (!*q->method || *q->target != '/' || strpbrk(q->target, " \t\r\n"))
		return fail(e, EINVAL, "not a request target: '%s'", q->target);
	if (!*http_header(&q->headers, "Host"))
		http_add(&more, "Host", http_host(c, a));
	if (!*http_header(&q->headers, "Content-Length") &&
	    (q->body_len || strcmp(q->method, "POST") == 0 || strcmp(q->method, "PUT") == 0))
		http_add(&more, "Content-Length", arena_fmt(a, "%zu", q->body_len));
	if (*c->via.host && !c->tls) {
		if (*c->via.auth)
			http_add(&more, "Proxy-Authorization", c->via.auth);
		buf_fmt(out, "%s http://%s%s HTTP/1.1\r\n", q->method, http_host(c, a), q->target);
	} else {
		buf_fmt(out, "%s %s HTTP/1.1\r\n", q->method, q->target);
	}
	if (httpmsg_headers(&more, out, e) < 0 || httpmsg_headers(&q->headers, out, e) < 0)
		return -1;
	buf_str(out, "\r\n");
	if (q->body_len)
		buf_add(out, q->body, q->body_len);
	return 0;
}

/* Bytes that have come but were not looked at yet. */
struct input {
	char bytes[READ];
	size_t at, got;
	bool heard; /* something came at all */
};
static void input_clear(struct input *in)
{
	in->at = in->got = 0;
	in->heard = false;
}

/* Have some input; in->got is 0 when the peer has closed. */
static int refill(struct conn *c, struct input *in, int64_t deadline, struct err *e)
{
	if (in->heard && deadline_left(deadline) == 0)
		return fail(e, ETIMEDOUT, "%s does not finish its answer in time", c->peer);
	in->at = 0;
	if (conn_read(c, in->bytes, sizeof(in->bytes), &in->got, deadline, e) < 0)
		return -1;
	if (!in->got && !in->heard)
		return fail(e, ECONNRESET, "%s closed without an answer", c->peer);
	in->heard = true;
	return 0;
}

/* One message, interim ones included. */
static int read_message(struct conn *c, struct httpmsg *m, struct input *in, int64_t deadline,
			struct err *e)
{
	size_t used;

	httpmsg_start(m);
	while (!m->done) {
		if (in->at == in->got && refill(c, in, deadline, e) < 0)
			return -1;
		if (!in->got)
			return httpmsg_eof(m, e);
		if (httpmsg_feed(m, in->bytes + in->at, in->got - in->at, &used, e) < 0)
			return -1;
		in->at += used;
	}
	return 0;
}

/* The final answer; interim ones (1xx) are passed over. */
static int receive(struct conn *c, struct httpmsg *m, struct input *in, int64_t deadline,
		   struct err *e)
{
	for (int i = 0; i < MAX_INTERIM; i++) {
		if (read_message(c, m, in, deadline, e) < 0)
			return -1;
		if (m->status == 101)
			return fail(e, EBADMSG, "%s changes the protocol unasked", c->peer);
		if (m->status >= 200) {
			m->keep_alive = m->keep_alive && in->at == in->got;
			return 0;
		}
		httpmsg_free(m);
		m->done = false;
	}
	return fail(e, EBADMSG, "%s sends no final answer", c->peer);
}

/* Ask the proxy for a tunnel to the origin. */
static int tunnel(struct http_client *c, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf text = { 0 };
	auto_httpmsg struct httpmsg m = { .response = true, .no_body = true, .a = &a };
	struct http_headers h = { 0 };
	struct input in;
	const char *to =
		arena_fmt(&a, strchr(c->host, ':') ? "[%s]:%s" : "%s:%s", c->host, c->port);

	input_clear(&in);
	http_add(&h, "Host", to);
	if (*c->via.auth)
		http_add(&h, "Proxy-Authorization", c->via.auth);
	buf_fmt(&text, "CONNECT %s HTTP/1.1\r\n", to);
	if (httpmsg_headers(&h, &text, e) < 0)
		return -1;
	buf_str(&text, "\r\n");
	if (conn_write(&c->conn, text.p, text.len, deadline, e) < 0 ||
	    receive(&c->conn, &m, &in, deadline, e) < 0)
		return -1;
	if (m.status / 100 != 2)
		return fail(e, m.status / 100 == 4 ? EACCES : ECONNREFUSED,
			    "%s refuses CONNECT %s: status %d%s", c->conn.peer, to, m.status,
			    m.status == 407 ? " (it wants another user or password)" : "");
	if (in.at < in.got)
		return fail(e, EBADMSG, "%s sends something of its own behind its consent",
			    c->conn.peer);
	snprintf(c->conn.peer, sizeof(c->conn.peer), "%s", to);
	return 0;
}

static int connected(struct http_client *c, int64_t deadline, struct err *e)
{
	const struct tls_peer peer = { c->host, c->port, c->sessions, c->terms, c->stop };
	bool via = *c->via.host;

	if (conn_idle(&c->conn))
		return 0;
	conn_close(&c->conn);
	c->conn.stop = c->stop;
	if (conn_open(&c->conn, via ? c->via.host : c->host, via ? c->via.port : c->port, deadline,
		      e) < 0 ||
	    (via && c->tls && tunnel(c, deadline, e) < 0))
		return via ? wrap(e, "proxy") : -1;
	return c->tls ? conn_tls_as(&c->conn, &peer, deadline, e) : 0;
}

struct fate {
	bool sent; /* we began to write the request */
	bool lost; /* the connection was closed before a byte of the answer */
};
static int attempt(struct http_client *c, const struct http_request *q, const struct buf *text,
		   struct httpmsg *m, struct fate *f, int64_t deadline, struct err *e)
{
	struct input in;

	if (connected(c, deadline, e) < 0)
		return -1;
	input_clear(&in);
	m->response = true;
	m->no_body = strcmp(q->method, "HEAD") == 0;
	m->max_body = q->max_body ? q->max_body : MAX_BODY;
	m->on_body = q->on_body;
	m->on_body_arg = q->on_body_arg;
	f->sent = true;
	if (conn_write(&c->conn, text->p, text->len, deadline, e) == 0 &&
	    receive(&c->conn, m, &in, deadline, e) == 0)
		return 0;
	f->lost = !in.heard && (e->num == EPIPE || e->num == ECONNRESET);
	return -1;
}

/* A response must not be read into by a later request, so only a clean end keeps the connection. */
static int exchange(struct http_client *c, const struct http_request *q, struct http_response *r,
		    struct arena *a, int64_t deadline, struct err *e)
{
	bool kept = c->conn.fd > 0;
	bool again = strcmp(q->method, "POST") != 0 && strcmp(q->method, "PATCH") != 0;
	auto_buf struct buf text = { 0 };
	auto_httpmsg struct httpmsg m = { .a = a };
	struct fate f = { 0 };
	int rc;

	r->sent = false;
	if (compose(c, q, &text, a, e) < 0)
		return -1;
	rc = attempt(c, q, &text, &m, &f, deadline, e);
	if (rc < 0 && f.lost && kept && again) {
		http_close(c);
		httpmsg_free(&m);
		rc = attempt(c, q, &text, &m, &f, deadline, e);
	}
	if (rc < 0 || !m.keep_alive)
		http_close(c);
	r->sent = f.sent;
	if (rc < 0)
		return -1;
	*r = (struct http_response) { true, m.status, m.headers, m.body, m.body_len };
	return 0;
}

int http_do(struct http_client *c, const struct http_request *q, struct http_response *r,
	    struct arena *a, int64_t deadline, struct err *e)
{
	if (exchange(c, q, r, a, deadline, e) < 0)
		return wrap(e, "%s %s%s", q->method, c->host, q->target);
	return 0;
}

void http_close(struct http_client *c)
{
	conn_close(&c->conn);
}
