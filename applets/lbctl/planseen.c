/* SPDX-License-Identifier: Apache-2.0 */
/* planseen.c - digests of what AWS has of a stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "planseen.h"
#include "track.h"

enum { DIGEST = 16 };

struct seen {
	struct people *p;
	const struct stack *s;
	struct json *objects;
	struct arena *a;
	struct err *e;
};

/* ---- digests */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same text for the same values, in whatever order. */
static const char *canonical(const struct json *j, struct arena *a)
{
	bool object = json_type(j) == JSON_OBJECT;
	auto_buf struct buf out = { 0 };
	struct strs l = { 0 };

	if (!object && json_type(j) != JSON_ARRAY)
		return json_words(j, a);
	for (const struct json *m = json_first(j); m; m = json_next(m)) {
		const char *v = canonical(m, a);

		strs_add(&l, object ? arena_fmt(a, "%s:%s", json_key(m), v) : v, a);
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_text);
	buf_str(&out, object ? "{" : "[");
	for (size_t i = 0; i < l.n; i++)
		buf_fmt(&out, "%zu.%s", strlen(l.v[i]), l.v[i]);
	buf_str(&out, object ? "}" : "]");
	return arena_str(a, out.p);
}

static void add_tags(struct json *j, const char *key, const struct tags *t)
{
	struct json *o = json_object();

	for (size_t i = 0; i < t->n; i++)
		json_add_str(o, t->v[i].key, t->v[i].value);
	json_add(j, key, o);
}

/* Takes j. */
static void add_object(struct seen *x, const char *id, struct json *j)
{
	const char *text = canonical(j, x->a);
	char digest[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];

	sha256(text, strlen(text), sum);
	hex(sum, sizeof(sum), digest);
	digest[DIGEST] = '\0';
	json_add_str(x->objects, id, digest);
	json_free(&j);
}

/* ---- reading */

static int add_listener(struct seen *x, const struct elb_load_balancer *lb,
			const struct elb_listener *l)
{
	const struct elb_describe_rules in = { .listener = l->arn };
	struct elb_rules rules = { 0 };

	add_object(x, l->arn, shape_json(&elb_listener_shape, l));
	if (strcmp(lb->type, "application") != 0)
		return 0;
	if (elb_describe_rules(x->p->aws, &in, &rules, x->a, x->p->env.deadline, x->e) < 0)
		return -1;
	for (size_t i = 0; i < rules.n; i++)
		add_object(x, rules.v[i].arn, shape_json(&elb_rule_shape, &rules.v[i]));
	return 0;
}

static int add_lb(struct seen *x, const struct index_lb *h)
{
	const struct elb_describe_listeners in = { .load_balancer = h->lb.arn };
	const struct elb_load_balancer_ref ref = { h->lb.arn };
	struct json *j = shape_json(&elb_load_balancer_shape, &h->lb);
	struct tags attributes = { 0 };
	struct elb_listeners l = { 0 };
	int rc;

	json_drop(j, "State.Code");
	json_drop(j, "State.Reason");
	rc = elb_describe_load_balancer_attributes(x->p->aws, &ref, &attributes, x->a,
						   x->p->env.deadline, x->e);
	if (rc == 0)
		rc = elb_describe_listeners(x->p->aws, &in, &l, x->a, x->p->env.deadline, x->e);
	add_tags(j, "tags", &h->tags);
	add_tags(j, "attributes", &attributes);
	add_object(x, h->lb.arn, j);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = add_listener(x, &h->lb, &l.v[i]);
	return rc;
}

static int add_tg(struct seen *x, const struct index_tg *h)
{
	const struct elb_target_group_ref ref = { h->tg.arn };
	struct json *j = shape_json(&elb_target_group_shape, &h->tg);
	struct tags attributes = { 0 };
	int rc = elb_describe_target_group_attributes(x->p->aws, &ref, &attributes, x->a,
						      x->p->env.deadline, x->e);

	add_tags(j, "tags", &h->tags);
	add_tags(j, "attributes", &attributes);
	add_object(x, h->tg.arn, j);
	return rc;
}

static struct json *permissions_json(const struct ec2_permissions *l)
{
	struct json *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_push(list, shape_json(&ec2_permission_shape, &l->v[i]));
	return list;
}

static int add_groups(struct seen *x, const struct tags *own)
{
	const char *vpc = x->p->o.c.vpc;
	struct ec2_filter filter = { "vpc-id", { &vpc, 1 } };
	const struct ec2_query in = { .filters = { &filter, 1 } };
	struct ec2_groups l;

	if (ec2_describe_groups(x->p->aws, &in, &l, x->a, x->p->env.deadline, x->e) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		struct json *j;

		if (!track_has(&l.v[i].tags, own))
			continue;
		j = json_object();
		json_add(j, "ingress", permissions_json(&l.v[i].ingress));
		add_tags(j, "tags", &l.v[i].tags);
		add_object(x, l.v[i].id, j);
	}
	return 0;
}

static int read_all(struct seen *x)
{
	const struct lbconfig *c = &x->p->o.c;
	struct tags own = track_stack_tags(c, x->s, x->a);
	struct tags legacy = track_legacy_tags(c, x->s, x->a);
	struct index_lb *lbs;
	struct index_tg *tgs;
	size_t nlbs, ntgs;

	if (elbindex_find(x->p->index, x->p->aws, &own, &legacy, 60000, &lbs, &nlbs, &tgs, &ntgs,
			  x->a, x->p->env.deadline, x->e) < 0)
		return -1;
	for (size_t i = 0; i < nlbs; i++)
		if (add_lb(x, &lbs[i]) < 0)
			return -1;
	for (size_t i = 0; i < ntgs; i++)
		if (add_tg(x, &tgs[i]) < 0)
			return -1;
	return add_groups(x, &own);
}

int planseen_read(struct people *p, const struct stack *s, struct json **out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct json *stack = json_object();
	struct seen x = { .p = p, .s = s, .objects = json_object(), .a = &a, .e = e };

	*out = json_object();
	json_add(*out, "stack", stack);
	json_add(*out, "objects", x.objects);
	json_add_str(stack, "prefix", s->prefix);
	json_add_str(stack, "id", s->id);
	json_add_str(stack, "ns", s->ns);
	json_add_str(stack, "name", s->name);
	if (read_all(&x) == 0)
		return 0;
	json_free(out);
	return -1;
}

/* ---- then and now */

static int compare(const struct json *then, const struct json *now, const char *how, struct err *e)
{
	for (const struct json *m = json_first(then); m; m = json_next(m)) {
		const struct json *is = json_member(now, json_key(m));

		if (is && json_same(is, m))
			continue;
		return fail(e, ESTALE, "%.200s %s since the plan was made: make a new one",
			    json_key(m), is ? "has been changed" : how);
	}
	return 0;
}

int planseen_check(struct people *p, const struct json *seen, struct err *e)
{
	const struct json *then = json_member(seen, "objects");
	const struct stack s = { .prefix = json_str(seen, "stack.prefix", ""),
				 .id = json_str(seen, "stack.id", ""),
				 .ns = json_str(seen, "stack.ns", ""),
				 .name = json_str(seen, "stack.name", "") };
	auto_json struct json *now = NULL;

	if (!*s.prefix || !*s.id || json_type(then) != JSON_OBJECT)
		return fail(e, EBADMSG,
			    "it does not say what was there (seen); it is made by lbctl "
			    "plan -o json");
	if (planseen_read(p, &s, &now, e) < 0)
		return -1;
	if (compare(then, json_member(now, "objects"), "has gone", e) < 0)
		return -1;
	return compare(json_member(now, "objects"), then, "has been made", e);
}
