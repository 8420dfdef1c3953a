/* SPDX-License-Identifier: Apache-2.0 */
/* aws_attempt.c - one attempt at a call: credentials, signature, request, answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "str.h"

enum {
	MAX_ANSWER = 16 * 1024 * 1024,
	MAX_ITEMS = 256 * 1024 * 1024, /* of an answer that does not stay */
	SKEW_S = 240                   /* AWS takes five minutes */
};

struct attempt {
	struct aws_call *c;
	struct arena a; /* dies with the attempt */
	struct aws_keys keys;
	struct http_client client;
	struct http_request q;
	struct http_response h;
	struct aws_reader reader;
	struct aws_secrets secrets;
	int64_t signed_s; /* the time in the signature */
};

static void attempt_free(struct attempt *t)
{
	aws_reader_free(&t->reader);
	http_close(&t->client);
	arena_free(&t->a);
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
	add_secret(t, c->q->secret);
	return 0;
}

static int find_client(struct attempt *t, struct err *e)
{
	const struct aws_endpoint *p = &t->c->w->endpoints[t->c->q->service];

	if (p->e.num) {
		*e = p->e;
		return -1;
	}
	t->client = p->at;
	http_pool_take(&t->c->w->pool, &t->client);
	return 0;
}

static void sign(struct attempt *t)
{
	struct sigv4 s = { .keys = t->keys,
			   .region = t->c->w->region,
			   .service = t->c->service->prefix,
			   .unix_s = t->signed_s,
			   .key = &t->c->w->key };
	const char *signature;

	if (!*t->keys.id)
		return;
	sigv4_sign(&s, &t->q, &t->a);
	signature = strstr(http_header(&t->q.headers, "Authorization"), "Signature=");
	add_secret(t, signature ? signature + strlen("Signature=") : NULL);
}

static void compose(struct attempt *t)
{
	struct aws_call *c = t->c;
	struct http_headers *h = &t->q.headers;

	t->q = (struct http_request) { .method = "POST",
				       .target = c->w->endpoints[c->q->service].base,
				       .body = c->body.p,
				       .body_len = c->body.len,
				       .max_body = c->items ? MAX_ITEMS : MAX_ANSWER,
				       .on_body = aws_reader_take,
				       .on_body_arg = &t->reader };
	http_add(h, "Host", http_host(&t->client, &t->a));
	if (c->service->protocol == AWS_JSON) {
		http_add(h, "Content-Type", "application/x-amz-json-1.1");
		http_add(h, "X-Amz-Target",
			 arena_fmt(&t->a, "%s.%s", c->service->version, c->q->action));
	} else {
		http_add(h, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	}
	t->signed_s = wall_s() + c->w->skew_s;
	sign(t);
	http_add(h, "User-Agent", c->w->agent);
}

/* ---- the answer */

/* Learn AWS's time when the signature's is far from it. */
static bool set_clock(struct attempt *t)
{
	int64_t theirs = aws_date(http_header(&t->h.headers, "date"));

	if (theirs < 0 || llabs(theirs - t->signed_s) <= SKEW_S)
		return false;
	t->c->w->skew_s = theirs - wall_s();
	return true;
}

/* A refusal by which we have become wiser. */
static bool other_way(struct attempt *t, const char *code)
{
	struct aws_call *c = t->c;
	bool first = !c->renewed;

	if (aws_skewed(code) && set_clock(t))
		return true;
	if ((!str_prefix(code, "ExpiredToken") && strcmp(code, "RequestExpired") != 0) ||
	    c->q->keys || !creds_expired(c->w->creds, t->keys.id))
		return false;
	c->renewed = true;
	return first;
}

static enum aws_outcome refused(struct attempt *t, struct err *e)
{
	struct aws_call *c = t->c;

	aws_refusal(c, &t->h, &t->secrets, &t->a, e);
	c->wait_ms = aws_retry_after(&t->h.headers, wall_ns() / 1000000 + c->w->skew_s * 1000);
	c->at_once = other_way(t, e->code);
	if (c->at_once || aws_not_now(e->code) || t->h.status == 429)
		return AWS_NOT_EXECUTED;
	if (t->h.status >= 500 || str_prefix(e->code, "RequestTimeout"))
		return AWS_UNSURE;
	return AWS_REFUSED;
}

/* What an error of the transport means for the call. */
static enum aws_outcome transport(const struct attempt *t, int num)
{
	if (!t->h.sent) /* EAGAIN: no name server answered */
		return conn_passing(num) || num == ETIMEDOUT ? AWS_NOT_EXECUTED : AWS_REFUSED;
	return conn_passing(num) || num == ETIMEDOUT || num == EBADMSG ? AWS_UNSURE
								       : AWS_UNREADABLE;
}

static enum aws_outcome broken(struct attempt *t, struct err *e)
{
	if (t->reader.broken) {
		t->c->status = 200;
		return aws_reader_end(&t->reader, NULL, e);
	}
	wrap(e, "%s", t->c->q->action);
	t->c->timed_out = e->num == ETIMEDOUT;
	return transport(t, e->num);
}

enum aws_outcome aws_attempt(struct aws_call *c, struct err *e)
{
	AUTO(attempt_free) struct attempt t = { .c = c };
	int64_t until;

	c->status = 0;
	c->timed_out = c->given = c->at_once = false;
	c->wait_ms = 0;
	c->request_id[0] = '\0';
	if (find_keys(&t, e) < 0 || find_client(&t, e) < 0) {
		wrap(e, "%s", c->q->action);
		return AWS_REFUSED;
	}
	compose(&t);
	aws_reader_start(&t.reader, c, &t.secrets);
	until = now_ms() + c->w->attempt_ms;
	if (http_do(&t.client, &t.q, &t.h, &t.a, until < c->deadline ? until : c->deadline, e) < 0)
		return broken(&t, e);
	c->status = t.h.status;
	http_pool_give(&c->w->pool, &t.client);
	return t.h.status == 200 ? aws_reader_end(&t.reader, &t.h, e) : refused(&t, e);
}
