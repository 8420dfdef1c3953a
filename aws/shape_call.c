/* SPDX-License-Identifier: Apache-2.0 */
/* shape_call.c - actions by their rows: one call, every page, every element of every page. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shape_call.h"

enum { MAX_PAGES = 1000 };

struct call {
	struct aws *w;
	const struct aws_action *act;
	const void *in;
	struct aws_request q;
	struct buf token; /* of the page to ask for; empty: the first */
	int page;         /* asked for, from 1 on */
	int64_t deadline;
};

static void call_end(struct call *c)
{
	buf_free(&c->token);
}
#define auto_call AUTO(call_end)

static enum aws_protocol protocol(const struct call *c)
{
	return aws_services[c->act->service].protocol;
}

static void body_json(const struct call *c, struct buf *out)
{
	auto_json struct json *j = c->act->in ? shape_json(c->act->in, c->in) : json_object();

	if (c->token.len)
		json_add_str(j, c->act->token_in, c->token.p);
	json_print(j, 0, out);
}

static void body_query(const struct call *c, struct aws_params *out)
{
	if (c->act->in)
		shape_put(c->act->in, c->in, protocol(c), out);
	if (c->token.len)
		aws_param(out, c->act->token_in, c->token.p);
}

static int ask(struct call *c, struct aws_answer *r, struct arena *a, struct err *e)
{
	auto_aws_params struct aws_params p = { 0 };

	if (protocol(c) == AWS_JSON)
		body_json(c, &p.body);
	else
		body_query(c, &p);
	c->q.service = c->act->service;
	c->q.action = c->act->name;
	c->q.repeatable = c->act->repeatable;
	c->q.body = p.body.p;
	return aws_send(c->w, &c->q, r, a, c->deadline, e);
}

static int take(const struct call *c, const struct aws_answer *r, void *out, struct arena *a,
		struct err *e)
{
	int rc = 0;

	if (protocol(c) == AWS_EC2_QUERY && strcmp(xml_text(r->xml, "return"), "false") == 0)
		return fail(e, EIO, "%s: EC2 answers false", c->act->name);
	if (!c->act->out)
		return 0;
	if (protocol(c) == AWS_JSON)
		rc = shape_get_json(c->act->out, out, r->json, a, e);
	else
		rc = shape_get(c->act->out, out, r->xml, protocol(c), a, e);
	if (rc == 0)
		return 0;
	e->unsure = true; /* done it is, whatever it says */
	return wrap(e, "%s", c->act->name);
}

int aws_do_as(struct aws *w, const struct aws_keys *keys, const struct aws_action *act,
	      const void *in, void *out, struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = {
		.w = w, .act = act, .in = in, .q = { .keys = keys }, .deadline = deadline
	};
	auto_answer struct aws_answer r = { 0 };

	if (ask(&c, &r, a, e) < 0)
		return -1;
	return take(&c, &r, out, a, e);
}

int aws_do(struct aws *w, const struct aws_action *act, const void *in, void *out, struct arena *a,
	   int64_t deadline, struct err *e)
{
	return aws_do_as(w, NULL, act, in, out, a, deadline, e);
}

int aws_useless(const struct aws_action *act, const char *why, struct err *e)
{
	fail(e, EBADMSG, "%s: %s", act->name, why);
	e->unsure = true;
	return -1;
}

/* ---- pages */

static const struct shape_field *list_of(const struct aws_action *act)
{
	for (size_t i = 0; act->list && i < act->out->n; i++) {
		const struct shape_field *f = &act->out->f[i];

		if (f->kind == SHAPE_LIST &&
		    strcmp(f->name[1] ? f->name[1] : f->name[0], act->list) == 0)
			return f;
	}
	die("%s has no pages", act->name);
}

/* 1 when there is another page. A server that names the same one again would do so for ever. */
static int turn(struct call *c, const struct aws_answer *r, struct err *e)
{
	const char *token = protocol(c) == AWS_JSON ? json_str(r->json, c->act->token_out, "")
						    : xml_text(r->xml, c->act->token_out);

	if (*token && c->token.len && strcmp(token, c->token.p) == 0)
		return fail(e, EBADMSG,
			    "%s: pages without end: page %d was asked for by %s '%.60s', and names "
			    "the same as the next",
			    c->act->name, c->page, c->act->token_out, token);
	if (*token && c->page == MAX_PAGES)
		return fail(e, EFBIG, "%s: more than %d pages", c->act->name, MAX_PAGES);
	c->token.len = 0;
	buf_str(&c->token, token);
	return *token ? 1 : 0;
}

/* Those of the pages before, and room for as many again. */
struct sofar {
	void *v;
	size_t n, cap;
};

/* The page's list goes behind those before it, and all of them back into the page. */
static void append(const struct shape_field *f, struct sofar *all, void *page, struct arena *a)
{
	struct shape_list list;
	size_t size = f->sub->size;

	memcpy(&list, (char *)page + f->at, sizeof(list));
	if (all->n + list.n > all->cap) {
		void *bigger;

		all->cap = 2 * (all->n + list.n);
		bigger = arena_get(a, all->cap * size);
		if (all->n)
			memcpy(bigger, all->v, all->n * size);
		all->v = bigger;
	}
	if (list.n)
		memcpy((char *)all->v + all->n * size, list.v, list.n * size);
	all->n += list.n;
	list.v = all->v;
	list.n = all->n;
	memcpy((char *)page + f->at, &list, sizeof(list));
}

int aws_all(struct aws *w, const struct aws_action *act, const void *in, void *out, struct arena *a,
	    int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .act = act, .in = in, .deadline = deadline };
	const struct shape_field *f = list_of(act);
	struct sofar all = { 0 };

	for (c.page = 1;; c.page++) {
		auto_answer struct aws_answer r = { 0 };
		int more;

		if (ask(&c, &r, a, e) < 0 || take(&c, &r, out, a, e) < 0)
			return -1;
		append(f, &all, out, a);
		more = turn(&c, &r, e);
		if (more <= 0)
			return more;
	}
}

struct each {
	const struct call *c;
	const struct shape *sub;
	int (*fn)(const void *item, void *arg, struct err *e);
	void *arg;
};

static int each_element(const struct xml *x, void *arg, struct err *e)
{
	auto_arena struct arena a = { 0 };
	const struct each *t = arg;
	void *item = arena_get(&a, t->sub->size);

	if (shape_get(t->sub, item, x, protocol(t->c), &a, e) < 0)
		return wrap(e, "%s", t->c->act->name);
	return t->fn(item, t->arg, e);
}

static int each_of_page(const struct each *t, const struct shape_field *f,
			const struct aws_answer *r, struct arena *a, struct err *e)
{
	struct shape_list list;
	char *page = arena_get(a, t->c->act->out->size);

	if (take(t->c, r, page, a, e) < 0)
		return -1;
	memcpy(&list, page + f->at, sizeof(list));
	for (size_t i = 0; i < list.n; i++)
		if (t->fn((const char *)list.v + i * f->sub->size, t->arg, e) < 0)
			return -1;
	return 0;
}

int aws_each(struct aws *w, const struct aws_action *act, const void *in,
	     int (*fn)(const void *item, void *arg, struct err *e), void *arg, int64_t deadline,
	     struct err *e)
{
	auto_call struct call c = { .w = w, .act = act, .in = in, .deadline = deadline };
	const struct shape_field *f = list_of(act);
	struct each t = { &c, f->sub, fn, arg };
	char items[128];

	snprintf(items, sizeof(items), "%s%s", act->list,
		 protocol(&c) == AWS_QUERY ? "/member" : "");
	if (protocol(&c) != AWS_JSON) {
		c.q.items = items;
		c.q.on_item = each_element;
		c.q.arg = &t;
	}
	for (c.page = 1;; c.page++) {
		auto_answer struct aws_answer r = { 0 };
		auto_arena struct arena a = { 0 };
		int more;

		if (ask(&c, &r, &a, e) < 0)
			return -1;
		if (!c.q.items && each_of_page(&t, f, &r, &a, e) < 0)
			return -1;
		more = turn(&c, &r, e);
		if (more <= 0)
			return more;
	}
}
