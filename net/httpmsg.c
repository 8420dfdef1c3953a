/* SPDX-License-Identifier: Apache-2.0 */
/* httpmsg.c - llhttp's callbacks gather one message within bounds. */
#include <ctype.h>
#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpmsg.h"

enum { MAX_COLLECTED = 1024 * 1024 };

struct httpmsg_parser {
	llhttp_t ll;
	struct httpmsg *m;
	struct err e; /* why a callback refused */
	size_t raw;   /* bytes since the last that mattered: headers, chunks' extensions ... */
	size_t marks; /* times that any mattered */
	bool headed, ended; /* headers complete; message complete */
	struct buf head;    /* target, names and values, each with its NUL */
	size_t n;           /* headers begun */
	bool in_name;
	size_t name[HTTP_MAX_HEADERS], value[HTTP_MAX_HEADERS]; /* offsets in head */
	size_t taken;                                           /* bytes of the body so far */
	struct buf body;
};

/* What a callback returns to make llhttp stop. */
static int refuse(struct httpmsg_parser *p, int num, const char *what, size_t limit)
{
	return fail(&p->e, num, "%s (limit %zu)", what, limit);
}

static int on_target(llhttp_t *ll, const char *at, size_t n)
{
	struct httpmsg_parser *p = ll->data;

	buf_add(&p->head, at, n);
	return 0;
}

static int on_end(llhttp_t *ll)
{
	struct httpmsg_parser *p = ll->data;

	if (!p->headed)
		buf_add(&p->head, "", 1);
	return 0;
}

static int on_name(llhttp_t *ll, const char *at, size_t n)
{
	struct httpmsg_parser *p = ll->data;

	if (p->headed)
		return 0; /* a trailer: nobody here needs one */
	if (!p->in_name) {
		if (p->n == HTTP_MAX_HEADERS)
			return refuse(p, E2BIG, "too many headers", HTTP_MAX_HEADERS);
		p->name[p->n++] = p->head.len;
		p->in_name = true;
	}
	for (size_t i = 0; i < n; i++) {
		char c = (char)tolower((unsigned char)at[i]);

		buf_add(&p->head, &c, 1);
	}
	return 0;
}

static int on_name_end(llhttp_t *ll)
{
	struct httpmsg_parser *p = ll->data;

	if (p->headed)
		return 0;
	p->in_name = false;
	buf_add(&p->head, "", 1);
	p->value[p->n - 1] = p->head.len;
	return 0;
}

static int on_value(llhttp_t *ll, const char *at, size_t n)
{
	struct httpmsg_parser *p = ll->data;

	if (!p->headed)
		buf_add(&p->head, at, n);
	return 0;
}

static int on_value_end(llhttp_t *ll)
{
	struct httpmsg_parser *p = ll->data;

	if (p->headed)
		return 0;
	while (p->head.len > p->value[p->n - 1] &&
	       isblank((unsigned char)p->head.p[p->head.len - 1]))
		p->head.len--;
	return on_end(ll);
}

static bool streams(const struct httpmsg_parser *p)
{
	return p->m->on_body && p->m->response && p->ll.status_code == 200;
}

/* A bound that was meant for a stream is too much for memory. */
static size_t body_limit(const struct httpmsg_parser *p)
{
	size_t max = p->m->max_body;

	return p->m->on_body && !streams(p) && max > MAX_COLLECTED ? MAX_COLLECTED : max;
}

static bool expects(const struct httpmsg_parser *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->head.p + p->name[i], "expect") == 0)
			return strcasecmp(p->head.p + p->value[i], "100-continue") == 0;
	return false;
}

static int on_head(llhttp_t *ll)
{
	struct httpmsg_parser *p = ll->data;
	struct httpmsg *m = p->m;

	p->headed = true;
	p->marks++;
	if (ll->http_major != 1)
		return fail(&p->e, EBADMSG, "not HTTP/1: version %d.%d", ll->http_major,
			    ll->http_minor);
	m->expects = !m->response && ll->http_minor == 1 && expects(p);
	if (m->no_body)
		return 1;
	if ((ll->flags & F_CONTENT_LENGTH) && ll->content_length > body_limit(p))
		return refuse(p, EFBIG, "body is too long", body_limit(p));
	return 0;
}

static int on_body(llhttp_t *ll, const char *at, size_t n)
{
	struct httpmsg_parser *p = ll->data;
	size_t max = body_limit(p);

	if (n > max - p->taken)
		return refuse(p, EFBIG, "body is too long", max);
	p->taken += n;
	p->marks++;
	if (streams(p))
		return p->m->on_body(at, n, p->m->on_body_arg, &p->e);
	buf_add(&p->body, at, n);
	return 0;
}

static int on_message(llhttp_t *ll)
{
	struct httpmsg_parser *p = ll->data;

	p->ended = true;
	p->m->keep_alive = llhttp_should_keep_alive(ll);
	return HPE_PAUSED;
}

static const llhttp_settings_t hooks = {
	.on_url = on_target,
	.on_url_complete = on_end,
	.on_header_field = on_name,
	.on_header_field_complete = on_name_end,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_end,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_message,
};

void httpmsg_start(struct httpmsg *m)
{
	m->p = xalloc(sizeof(*m->p));
	m->p->m = m;
	llhttp_init(&m->p->ll, m->response ? HTTP_RESPONSE : HTTP_REQUEST, &hooks);
	m->p->ll.data = m->p;
}

/* Everything moves into the arena; the parser's buffers may go. */
static void finish(struct httpmsg *m)
{
	struct httpmsg_parser *p = m->p;
	char *head = arena_get(m->a, p->head.len + 1), *body = arena_get(m->a, p->body.len + 1);

	if (p->head.len)
		memcpy(head, p->head.p, p->head.len);
	if (p->body.len)
		memcpy(body, p->body.p, p->body.len);
	m->body = body;
	m->body_len = p->body.len;
	m->headers.n = p->n;
	for (size_t i = 0; i < p->n; i++)
		m->headers.v[i] = (struct http_header) { head + p->name[i], head + p->value[i] };
	m->target = m->response ? "" : head;
	m->method = m->response ? "" : llhttp_method_name((llhttp_method_t)p->ll.method);
	m->status = m->response ? p->ll.status_code : 0;
	m->done = true;
}

static int malformed(struct httpmsg *m, struct err *e)
{
	const char *why = llhttp_get_error_reason(&m->p->ll);

	return fail(e, EBADMSG, "malformed HTTP %s: %s", m->response ? "response" : "request",
		    why && *why ? why : "unreadable");
}

int httpmsg_feed(struct httpmsg *m, const char *data, size_t n, size_t *used, struct err *e)
{
	struct httpmsg_parser *p = m->p;
	size_t marks = p->marks;
	llhttp_errno_t rc = llhttp_execute(&p->ll, data, n);

	*used = n;
	if (p->e.num) {
		*e = p->e;
		return -1;
	}
	if (p->ended) {
		*used = (size_t)(llhttp_get_error_pos(&p->ll) - data);
		finish(m);
		return 0;
	}
	if (rc != HPE_OK)
		return malformed(m, e);
	p->raw = p->marks == marks ? p->raw + n : 0;
	if (p->raw > HTTP_MAX_HEAD)
		return fail(e, E2BIG, "%s are too long (limit %d)",
			    p->headed ? "a chunk's head or the trailers" : "headers",
			    HTTP_MAX_HEAD);
	return 0;
}

int httpmsg_eof(struct httpmsg *m, struct err *e)
{
	llhttp_errno_t rc = llhttp_finish(&m->p->ll);

	if (!m->p->ended)
		return rc == HPE_OK ? fail(e, EBADMSG, "closed before anything was said")
				    : fail(e, EBADMSG, "closed in the middle of a message");
	m->keep_alive = false;
	finish(m);
	return 0;
}

void httpmsg_free(struct httpmsg *m)
{
	if (!m->p)
		return;
	buf_free(&m->p->head);
	buf_free(&m->p->body);
	free(TAKE(m->p));
}

static bool printable(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return false;
	return true;
}

int httpmsg_headers(const struct http_headers *h, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < h->n; i++) {
		const char *name = h->v[i].name, *value = h->v[i].value;

		if (!*name || strpbrk(name, ": \t\"") || !printable(name))
			return fail(e, EINVAL, "bad name of a header: '%s'", name);
		if (!printable(value))
			return fail(e, EINVAL, "header %s has control characters", name);
		buf_fmt(out, "%s: %s\r\n", name, value);
	}
	return 0;
}
