/* SPDX-License-Identifier: Apache-2.0 */
/* kube.c - calls of the Kubernetes API: one attempt, when to try again, and what is made of calls.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "conn.h"
#include "kube_client.h"

enum {
	MAX_ANSWER = 64 * 1024 * 1024,
	BUSY_TRIES = 10,
	BROKEN_TRIES = 4,
	BUSY_MS = 1000 /* a 429 that does not say how long */
};

/* One call, over all its attempts. */
struct doing {
	struct kube *k;
	const struct kube_call *c;
	int64_t deadline;
	struct backoff pause; /* after broken connections */
	int busy, broken;     /* how often that was */
	bool renewed, given;  /* the token; a piece of the body */

	/* of the last attempt */
	struct arena a;
	struct buf token;
	struct http_response r;
	int64_t wait_ms; /* before the next; below zero: no next one */
};

static void attempt_clear(struct doing *d)
{
	arena_free(&d->a);
	if (d->token.p)
		explicit_bzero(d->token.p, d->token.len);
	d->token.len = 0;
	d->wait_ms = -1;
}

static void doing_free(struct doing *d)
{
	attempt_clear(d);
	buf_free(&d->token);
}

static int on_body(const void *p, size_t n, void *arg, struct err *e)
{
	struct doing *d = arg;

	d->given = true;
	return d->c->on_body(p, n, d->c->on_body_arg, e);
}

static void compose(struct doing *d, struct http_request *q)
{
	const struct kube_call *c = d->c;
	const char *mark = c->query ? "?" : "", *query = c->query ? c->query : "";

	*q = (struct http_request) { .method = c->method,
				     .target = arena_fmt(&d->a, "%s%s%s%s", d->k->base, c->path,
							 mark, query),
				     .body = c->body,
				     .body_len = c->body ? strlen(c->body) : 0,
				     .max_body = c->max_answer ? c->max_answer : MAX_ANSWER,
				     .on_body = c->on_body ? on_body : NULL,
				     .on_body_arg = d };
	http_add(&q->headers, "User-Agent", d->k->agent);
	http_add(&q->headers, "Accept", "application/json");
	if (c->body)
		http_add(&q->headers, "Content-Type", c->type ? c->type : "application/json");
	if (d->token.len)
		http_add(&q->headers, "Authorization", arena_fmt(&d->a, "Bearer %s", d->token.p));
}

/* What the server was asked is surely not done, or may be done again. */
static void after_broken(struct doing *d, int num)
{
	bool passing = conn_passing(num) && num != EAGAIN;

	if (passing && !d->given && strcmp(d->c->method, "GET") == 0 && d->broken++ < BROKEN_TRIES)
		d->wait_ms = backoff_next(&d->pause);
}

static void after_refusal(struct doing *d)
{
	int64_t wait = kube_retry_after(&d->r);

	if (d->r.status == 401 && !d->renewed && kube_token_refused(d->k, d->token.p)) {
		d->renewed = true;
		d->wait_ms = 0;
	} else if (d->r.status == 429 || (d->r.status >= 500 && wait >= 0)) {
		if (d->busy++ < BUSY_TRIES)
			d->wait_ms = wait >= 0 ? wait : BUSY_MS;
	}
}

static int attempt(struct doing *d, struct err *e)
{
	auto_http struct http_client client = d->k->at;
	struct http_request q;

	attempt_clear(d);
	if (kube_token(d->k, &d->token, e) < 0)
		return -1;
	compose(d, &q);
	client.stop = d->c->stop;
	http_pool_take(&d->k->pool, &client);
	if (http_do(&client, &q, &d->r, &d->a, d->deadline, e) < 0) {
		after_broken(d, e->num);
		return -1;
	}
	http_pool_give(&d->k->pool, &client);
	if (d->r.status / 100 == 2)
		return 0;
	kube_refusal(d->c, &d->r, d->token.len ? d->token.p : "", e);
	after_refusal(d);
	return -1;
}

/* False: there will be no other attempt. */
static bool wait_for_next(struct doing *d, struct err *e)
{
	int64_t until = now_ms() + d->wait_ms;

	if (d->wait_ms < 0 || until >= d->deadline)
		return false;
	if (!d->c->stop)
		return pause_ms(d->wait_ms, d->deadline);
	if (fd_wait(d->c->stop, POLLIN, until) == 0)
		return true;
	fail(e, ECANCELED, "%s %s: stopped", d->c->method, d->c->path);
	return false;
}

static int decode(const struct doing *d, struct json **out, struct err *e)
{
	struct err why;

	if (!out || (d->c->on_body && d->r.status == 200))
		return 0;
	*out = json_parse(d->r.body, d->r.body_len, &why);
	if (*out)
		return 0;
	return fail(e, EBADMSG, "%s %s: the answer of %zu bytes is not JSON: %s", d->c->method,
		    d->c->path, d->r.body_len, why.msg);
}

int kube_do(struct kube *k, const struct kube_call *c, struct json **out, int64_t deadline,
	    struct err *e)
{
	AUTO(doing_free)
	struct doing d = { .k = k,
			   .c = c,
			   .deadline = deadline,
			   .pause = { .start_ms = 50, .cap_ms = 2000, .jitter = 0.2 } };

	if (out)
		*out = NULL;
	while (attempt(&d, e) < 0)
		if (!wait_for_next(&d, e))
			return -1;
	return decode(&d, out, e);
}

int kube_get(struct kube *k, enum kube_kind kind, const char *ns, const char *name, void *out,
	     struct arena *a, int64_t deadline, struct err *e)
{
	auto_json struct json *j = NULL;
	const struct kube_call c = { .method = "GET", .path = kube_path(kind, ns, name, NULL, a) };

	if (kube_do(k, &c, &j, deadline, e) < 0)
		return -1;
	if (shape_get_json(kube_kinds[kind].shape, out, j, a, e) < 0)
		return wrap(e, "%s %s/%s", kube_kinds[kind].kind, ns ? ns : "", name);
	return 0;
}

int kube_patch(struct kube *k, enum kube_patch how, const char *path, const struct json *patch,
	       struct json **out, int64_t deadline, struct err *e)
{
	static const char *const types[] = { "application/merge-patch+json",
					     "application/strategic-merge-patch+json",
					     "application/json-patch+json" };
	auto_buf struct buf body = { 0 };
	struct kube_call c = { .method = "PATCH", .path = path, .type = types[how] };

	json_print(patch, 0, &body);
	c.body = body.p;
	return kube_do(k, &c, out, deadline, e);
}
