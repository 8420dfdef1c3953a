/* SPDX-License-Identifier: Apache-2.0 */
/* aws_attempt.c - one attempt at a call: credentials, signature, request, answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "str.h"

enum { MAX_ANSWER = 16 * 1024 * 1024 };

struct attempt {
	struct aws_call *c;
	struct arena a; /* dies with the attempt */
	struct aws_keys keys;
	struct http_client client;
	const char *base; /* path of the endpoint */
	struct http_request q;
	struct http_response h;
	struct aws_secrets secrets;
};

static void attempt_free(struct attempt *t)
{
	http_close(&t->client);
	arena_free(&t->a);
}

static const struct aws_service_row *row_of(const struct aws_call *c)
{
	return &aws_services[c->q->service];
}

/* ---- where to */

static const char *endpoint(const struct aws_call *c, struct arena *a)
{
	const struct aws_service_row *row = row_of(c);
	const char *suffix = str_prefix(c->w->region, "cn-") ? ".cn" : "";
	const char *const names[] = { arena_fmt(a, "AWS_ENDPOINT_URL_%s", row->sdk_id),
				      "AWS_ENDPOINT_URL", "AWS_EC2_ENDPOINT" };

	for (size_t i = 0; i < (c->q->service == AWS_EC2 ? 3 : 2); i++) {
		char *name = arena_str(a, names[i]);
		const char *v;

		for (char *p = name; *p; p++) {
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
			else if (*p == ' ')
				*p = '_';
		}
		v = getenv(name);
		if (v && *v)
			return strstr(v, "://") ? v : arena_fmt(a, "https://%s", v);
	}
	return arena_fmt(a, "https://%s.%s.amazonaws.com%s", row->prefix, c->w->region, suffix);
}

/* A client of the service's endpoint, connected already if one is idle. */
static int take_client(struct attempt *t, struct err *e)
{
	struct aws *w = t->c->w;
	const char *path;

	if (http_url(&t->client, endpoint(t->c, &t->a), &path, e) < 0)
		return wrap(e, "endpoint of %s", row_of(t->c)->prefix);
	if (strchr(path, '?'))
		return fail(e, EINVAL, "endpoint of %s: its path '%s' is of no use",
			    row_of(t->c)->prefix, path);
	t->base = *path ? path : "/";
	pthread_mutex_lock(&w->lock);
	if (w->idle.conn.fd > 0 && w->idle.tls == t->client.tls &&
	    strcmp(w->idle.host, t->client.host) == 0 &&
	    strcmp(w->idle.port, t->client.port) == 0) {
		t->client.conn = w->idle.conn;
		w->idle = (struct http_client) { 0 };
	}
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static void give_client(struct attempt *t)
{
	struct aws *w = t->c->w;

	pthread_mutex_lock(&w->lock);
	if (t->client.conn.fd > 0 && w->idle.conn.fd <= 0) {
		w->idle = t->client;
		t->client = (struct http_client) { 0 };
	}
	pthread_mutex_unlock(&w->lock);
}

/* ---- the request */

static void add_secret(struct attempt *t, const char *text)
{
	if (text && *text)
		t->secrets.v[t->secrets.n++] = text;
}

static int find_keys(struct attempt *t, struct err *e)
{
	struct aws_call *c = t->c;

	if (c->q->keys)
		t->keys = *c->q->keys;
	else if (creds_get(c->w->creds, &t->keys, &t->a, c->deadline, e) < 0)
		return -1;
	add_secret(t, t->keys.secret);
	add_secret(t, t->keys.token);
	return 0;
}

static void sign(struct attempt *t)
{
	struct sigv4 s = { .keys = t->keys,
			   .region = t->c->w->region,
			   .service = row_of(t->c)->prefix,
			   .unix_s = wall_ns() / 1000000000 };
	const char *signature;

	if (!*t->keys.id)
		return;
	sigv4_sign(&s, &t->q, &t->a);
	signature = strstr(http_header(&t->q.headers, "Authorization"), "Signature=");
	add_secret(t, signature ? signature + strlen("Signature=") : NULL);
}

static void compose(struct attempt *t)
{
	const struct aws_service_row *row = row_of(t->c);
	struct http_headers *h = &t->q.headers;

	t->q = (struct http_request) { .method = "POST",
				       .target = t->base,
				       .body = t->c->body.p,
				       .body_len = t->c->body.len,
				       .max_body = MAX_ANSWER };
	http_add(h, "Host", http_host(&t->client, &t->a));
	if (row->protocol == AWS_JSON) {
		http_add(h, "Content-Type", "application/x-amz-json-1.1");
		http_add(h, "X-Amz-Target",
			 arena_fmt(&t->a, "%s.%s", row->version, t->c->q->action));
	} else {
		http_add(h, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	}
	sign(t);
	http_add(h, "User-Agent", t->c->w->agent);
}

/* ---- the answer */

static void keep_request_id(struct attempt *t, const char *id)
{
	static const char fit[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=/+";

	snprintf(t->c->request_id, sizeof(t->c->request_id), "%.*s", (int)strspn(id, fit), id);
}

static const char *xml_request_id(const struct xml *root)
{
	static const char *const paths[] = { "requestId", "ResponseMetadata/RequestId", "RequestID",
					     "RequestId" };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (*xml_text(root, paths[i]))
			return xml_text(root, paths[i]);
	return "";
}

static int give_items(struct attempt *t, const struct xml *root, struct err *e)
{
	const struct aws_request *q = t->c->q;

	for (const struct xml *i = q->items ? xml_get(root, q->items) : NULL; i; i = xml_next(i))
		if (q->on_item(i, q->arg, e) < 0)
			return -1;
	return 0;
}

static int read_xml(struct attempt *t, struct err *e)
{
	struct aws_call *c = t->c;
	const struct xml *root = xml_parse(t->h.body, t->h.body_len, c->a, e), *result;

	if (!root)
		return -1;
	if (*xml_request_id(root))
		keep_request_id(t, xml_request_id(root));
	result = row_of(c)->protocol == AWS_QUERY
			 ? xml_get(root, arena_fmt(&t->a, "%sResult", c->q->action))
			 : NULL;
	c->r->xml = result ? result : root;
	return give_items(t, c->r->xml, e);
}

static int read_json(struct attempt *t, struct err *e)
{
	/* some actions answer nothing at all */
	const char *text = t->h.body_len ? t->h.body : "{}";

	t->c->r->json = json_parse(text, strlen(text), e);
	return t->c->r->json ? 0 : -1;
}

static enum aws_outcome success(struct attempt *t, struct err *e)
{
	struct aws_call *c = t->c;
	bool json = row_of(c)->protocol == AWS_JSON;

	if ((json ? read_json(t, e) : read_xml(t, e)) < 0) {
		wrap(e, "%s: the answer cannot be read", c->q->action);
		return AWS_REFUSED;
	}
	c->r->request_id = arena_str(c->a, c->request_id);
	return AWS_DONE;
}

static enum aws_outcome refused(struct attempt *t, struct err *e)
{
	struct aws_call *c = t->c;
	struct err ignored;
	const struct xml *root = xml_parse(t->h.body, t->h.body_len, &t->a, &ignored);

	if (*xml_request_id(root))
		keep_request_id(t, xml_request_id(root));
	aws_refusal(c, &t->h, &t->secrets, &t->a, e);
	if (aws_throttled(e->code) || t->h.status == 429)
		return AWS_NOT_EXECUTED;
	if (str_prefix(e->code, "ExpiredToken") && !c->q->keys &&
	    creds_expired(c->w->creds, t->keys.id))
		return AWS_NOT_EXECUTED;
	return t->h.status >= 500 ? AWS_UNSURE : AWS_REFUSED;
}

/* What an error of the transport means for the call. */
static enum aws_outcome transport(int num)
{
	switch (num) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EAGAIN: /* no name server answered */
		return AWS_NOT_EXECUTED;
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
	case EBADMSG:
		return AWS_UNSURE;
	default:
		return AWS_REFUSED;
	}
}

enum aws_outcome aws_attempt(struct aws_call *c, struct err *e)
{
	AUTO(attempt_free) struct attempt t = { .c = c };

	c->status = 0;
	c->request_id[0] = '\0';
	if (find_keys(&t, e) < 0 || take_client(&t, e) < 0) {
		wrap(e, "%s", c->q->action);
		return AWS_REFUSED;
	}
	compose(&t);
	if (http_do(&t.client, &t.q, &t.h, &t.a, c->deadline, e) < 0) {
		wrap(e, "%s", c->q->action);
		return transport(e->num);
	}
	c->status = t.h.status;
	keep_request_id(&t, http_header(&t.h.headers, "x-amzn-requestid"));
	give_client(&t);
	return t.h.status == 200 ? success(&t, e) : refused(&t, e);
}
