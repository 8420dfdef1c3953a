/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - actions, conditions and transforms in a form in which equal ones are equal text. */
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const char * or (const char *s, const char *def)
{
	return s ? s : def;
}

/* A tree of ours, which may be changed. */
union mutable
{
	const struct json *in;
	struct json *out;
};

/* What was read has "" where nothing was said, what is wanted has nothing there. */
static void drop_empty(struct json *j)
{
	const struct json *m = json_first(j), *next;

	for (; m; m = next) {
		next = json_next(m);
		if (json_type(m) == JSON_STRING && !*json_text(m) && json_type(j) == JSON_OBJECT)
			json_drop(j, json_key(m));
		else
			drop_empty((union mutable) { m }.out);
	}
}

/* ---- actions */

static int by_order(const void *a, const void *b)
{
	const struct elb_action *x = *(const struct elb_action *const *)a;
	const struct elb_action *y = *(const struct elb_action *const *)b;

	if (x->order != y->order)
		return x->order > y->order ? 1 : -1;
	return (x > y) - (x < y); /* of one list: as they stand there */
}

static int by_arn(const void *a, const void *b)
{
	const struct elb_weighted_group *x = a, *y = b;

	return strcmp(or (x->arn, ""), or (y->arn, ""));
}

static void put_forward(const struct elb_action *x, struct buf *out)
{
	struct elb_weighted_group one = { .arn = x->target_group };
	struct elb_weighted_groups l = { &one, 1 };
	auto_ptr struct elb_weighted_group *sorted = NULL;

	if (x->forward && x->forward->groups.n)
		l = x->forward->groups;
	sorted = xalloc(l.n * sizeof(*sorted));
	memcpy(sorted, l.v, l.n * sizeof(*sorted));
	qsort(sorted, l.n, sizeof(*sorted), by_arn);
	for (size_t i = 0; i < l.n; i++) {
		buf_fmt(out, " %s", or (sorted[i].arn, ""));
		if (l.n > 1)
			buf_fmt(out, "=%lld",
				sorted[i].weight.set ? (long long)sorted[i].weight.v : 1);
	}
}

static void put_redirect(const struct elb_redirect *r, struct buf *out)
{
	buf_fmt(out, " %s://%s:%s%s?%s %s", or (r->protocol, "#{protocol}"),
		or (r->host, "#{host}"), or (r->port, "#{port}"), or (r->path, "/#{path}"),
		or (r->query, "#{query}"), or (r->status, ""));
}

static void put_fixed(const struct elb_fixed_response *r, struct buf *out)
{
	buf_fmt(out, " %s %s ", or (r->status, ""), or (r->content_type, ""));
	json_quote(or (r->body, ""), out);
}

/* What is not compared member by member: all that is set, but for the secret, which AWS never tells
 * (settings_secret()). */
static void put_rest(const struct elb_action *x, struct buf *out)
{
	struct elb_action rest = *x;
	struct elb_oidc oidc;
	auto_json struct json *j = NULL;

	rest.order = 0;
	rest.target_group = NULL;
	rest.forward = NULL;
	rest.redirect = NULL;
	rest.fixed_response = NULL;
	if (rest.oidc) {
		oidc = *rest.oidc;
		oidc.client_secret = NULL;
		rest.oidc = &oidc;
	}
	j = shape_json(&elb_action_shape, &rest);
	drop_empty(j);
	json_print(j, 0, out);
}

void settings_actions(const struct elb_actions *l, struct buf *out)
{
	auto_ptr const struct elb_action **order = xalloc((l->n + 1) * sizeof(*order));

	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->v[i];
	qsort(order, l->n, sizeof(*order), by_order);
	for (size_t i = 0; i < l->n; i++) {
		put_rest(order[i], out);
		if (strcmp(order[i]->type, "forward") == 0)
			put_forward(order[i], out);
		if (order[i]->redirect)
			put_redirect(order[i]->redirect, out);
		if (order[i]->fixed_response)
			put_fixed(order[i]->fixed_response, out);
		buf_str(out, "\n");
	}
}

bool settings_secret(const struct elb_actions *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (want->v[i].oidc && want->v[i].oidc->client_secret)
			return true;
	return false;
}

static const struct elb_forward *forward_at(const struct elb_actions *l, size_t nth)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].forward && nth-- == 0)
			return l->v[i].forward;
	return NULL;
}

bool settings_sticky(const struct elb_actions *want, const struct elb_actions *have)
{
	const struct elb_forward *w, *h;

	for (size_t i = 0; (w = forward_at(want, i)); i++) {
		h = forward_at(have, i);
		if (w->sticky == FLAG_UNSET)
			continue;
		if (!h || (w->sticky == FLAG_YES) != (h->sticky == FLAG_YES))
			return false;
		if (w->sticky_s.set && w->sticky_s.v != h->sticky_s.v)
			return false;
	}
	return true;
}

/* ---- conditions and transforms */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each element as JSON, sorted: the type comes first in its text. */
static void put_sorted(const struct shape *s, const void *v, size_t n, struct buf *out)
{
	auto_ptr char **texts = xalloc((n + 1) * sizeof(*texts));

	for (size_t i = 0; i < n; i++) {
		auto_json struct json *j = shape_json(s, (const char *)v + i * s->size);
		struct buf b = { 0 };

		drop_empty(j);
		json_print(j, 0, &b);
		texts[i] = b.p;
	}
	qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		buf_fmt(out, "%s\n", texts[i]);
		free(texts[i]);
	}
}

void settings_conditions(const struct elb_conditions *l, struct buf *out)
{
	put_sorted(&elb_condition_shape, l->v, l->n, out);
}

void settings_transforms(const struct elb_transforms *l, struct buf *out)
{
	put_sorted(&elb_transform_shape, l->v, l->n, out);
}
