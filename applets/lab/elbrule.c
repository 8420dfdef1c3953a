/* SPDX-License-Identifier: Apache-2.0 */
/* elbrule.c - rules of listeners: priorities, conditions, actions, transforms. */
#include <stdlib.h>
#include <string.h>

#include "elb.h"
#include "elbzone.h"

enum { MOST_PRIORITY = 50000 };

/* ---- what is asked for ---- */

static int priority_check(int64_t priority, struct err *e)
{
	if (priority < 1 || priority > MOST_PRIORITY)
		return world_refuse(e, "ValidationError",
				    "Priority '%lld' must be between '1-%d' inclusive",
				    (long long)priority, MOST_PRIORITY);
	return 0;
}

static int in_use(int64_t priority, struct err *e)
{
	return world_refuse(e, "PriorityInUse", "Priority '%lld' is currently in use",
			    (long long)priority);
}

static int transforms_check(struct elb_transforms in, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < in.n; i++) {
		const struct elb_transform *t = &in.v[i];
		bool host = t->type && strcmp(t->type, "host-header-rewrite") == 0;
		const struct elb_rewrites *mine = host ? &t->hosts : &t->urls;

		if (word_check("type", t->type ? t->type : "", "host-header-rewrite|url-rewrite", a,
			       e) < 0)
			return -1;
		if (mine->n != 1 || t->hosts.n + t->urls.n != 1 || !mine->v->regex ||
		    !*mine->v->regex)
			return world_refuse(e, "ValidationError",
					    "A transform of type '%s' must have one rewrite",
					    t->type);
		for (size_t k = 0; k < i; k++)
			if (strcmp(in.v[k].type, t->type) == 0)
				return world_refuse(e, "ValidationError",
						    "A rule can only have one '%s' transform",
						    t->type);
	}
	return 0;
}

static int room_check(const struct elb *b, const struct lb *lb, struct err *e)
{
	int n = 0, most = b->c.quota[ELB_MAX_ALB_RULES];

	for (const struct lb_rule *r = b->rules; r; r = r->next)
		n += r->priority && r->listener->lb == lb;
	if (n >= most)
		return world_refuse(
			e, "TooManyRules",
			"The maximum number of rules has been reached for load balancer "
			"'%s': %d",
			lb->v->arn, most);
	return 0;
}

static struct lb_rule *with_priority(const struct elb *b, const struct listener *l,
				     int64_t priority)
{
	struct lb_rule *r = b->rules;

	while (r && (r->listener != l || r->priority != priority))
		r = r->next;
	return r;
}

/* ---- showing ---- */

static void show(struct api_call *c, const struct lb_rule *r)
{
	struct rule_shown v = *r->v;

	v.priority = r->priority ? arena_fmt(c->a, "%d", r->priority) : "default";
	if (!v.conditions.n)
		v.conditions.v = list_shown;
	buf_str(c->out, "<member>");
	shape_xml(c->out, &rule_shown_shape, &v);
	buf_str(c->out, "</member>");
}

static int show_one(struct api_call *c, const struct lb_rule *r)
{
	buf_str(c->out, "<Rules>");
	show(c, r);
	buf_str(c->out, "</Rules>");
	return 0;
}

/* ---- create, modify, delete ---- */

static void keep(struct elb *b, struct lb_rule *r, struct rule_shown *v,
		 const struct elb_settled *to)
{
	v->actions = to->actions;
	elb_replace(&rule_shown_shape, &r->v, v);
	rule_use(r, to);
	elb_usage(b);
}

static struct lb_rule *add(struct elb *b, struct listener *l, int64_t priority)
{
	struct lb_rule **at = &b->rules;

	while (*at)
		at = &(*at)->next;
	*at = xalloc(sizeof(**at));
	**at = (struct lb_rule) { .listener = l, .priority = (int)priority };
	return *at;
}

int rule_act_create(struct api_call *c, struct err *e)
{
	const struct rule_new *in = c->in;
	struct elb *b = c->api->elb;
	struct rule_shown v = { .transforms = in->transforms };
	struct elb_settled to;
	struct listener *l;
	struct lb_rule *r;

	if (elb_listener(b, in->listener ? in->listener : "", &l, e) < 0)
		return -1;
	if (!lb_is_app(l->lb))
		return world_refuse(e, "UnsupportedOperation",
				    "Rules are for listeners of application load balancers");
	if (priority_check(in->priority, e) < 0 ||
	    conditions_settle(b, in->conditions, &v.conditions, c->a, e) < 0 ||
	    actions_settle(b, l, in->actions, &to, c->a, e) < 0 ||
	    transforms_check(in->transforms, c->a, e) < 0 || tags_check_new(NULL, &in->tags, e) < 0)
		return -1;
	if (with_priority(b, l, in->priority))
		return in_use(in->priority, e);
	if (room_check(b, l->lb, e) < 0)
		return -1;
	v.arn = elb_arn(b, c->a,
			arena_fmt(c->a, "listener-rule/%s/%s",
				  strstr(l->v->arn, ":listener/") + strlen(":listener/"),
				  elb_hex(b, c->a)));
	r = add(b, l, in->priority);
	keep(b, r, &v, &to);
	tags_add(b, &r->tags, &in->tags);
	return show_one(c, r);
}

int rule_act_modify(struct api_call *c, struct err *e)
{
	const struct rule_change *in = c->in;
	struct elb *b = c->api->elb;
	struct elb_settled to;
	struct rule_shown v;
	struct lb_rule *r;

	if (elb_rule(b, in->arn ? in->arn : "", &r, e) < 0)
		return -1;
	if (!r->priority)
		return world_refuse(e, "OperationNotPermitted",
				    "Default rule '%s' cannot be modified", r->v->arn);
	if (in->reset_transforms && in->transforms.n)
		return world_refuse(e, "ValidationError",
				    "You must specify either Transforms or ResetTransforms");
	v = *r->v;
	if (in->transforms.n || in->reset_transforms)
		v.transforms = in->transforms;
	if (in->conditions.n && conditions_settle(b, in->conditions, &v.conditions, c->a, e) < 0)
		return -1;
	if (transforms_check(v.transforms, c->a, e) < 0 ||
	    actions_settle(b, r->listener, in->actions.n ? in->actions : v.actions, &to, c->a, e) <
		    0)
		return -1;
	keep(b, r, &v, &to);
	return show_one(c, r);
}

int rule_act_delete(struct api_call *c, struct err *e)
{
	const struct elb_rule_ref *in = c->in;
	struct elb *b = c->api->elb;
	struct lb_rule *r;

	if (elb_rule(b, in->arn ? in->arn : "", &r, e) < 0)
		return -1;
	if (!r->priority)
		return world_refuse(e, "OperationNotPermitted",
				    "Default rule '%s' cannot be deleted", r->v->arn);
	rule_delete(b, r);
	elb_usage(b);
	return 0;
}

/* ---- priorities: all of them or none ---- */

static int ranks_read(struct elb *b, const struct elb_set_rule_priorities *in,
		      struct lb_rule **moved, struct err *e)
{
	if (!in->rules.n)
		return world_refuse(e, "ValidationError", "At least one rule must be specified");
	for (size_t i = 0; i < in->rules.n; i++) {
		const struct elb_rule_rank *rank = &in->rules.v[i];

		if (elb_rule(b, rank->arn ? rank->arn : "", &moved[i], e) < 0 ||
		    priority_check(rank->priority, e) < 0)
			return -1;
		if (!moved[i]->priority)
			return world_refuse(e, "OperationNotPermitted",
					    "Default rule '%s' has no priority", rank->arn);
		if (moved[i]->listener != moved[0]->listener)
			return world_refuse(e, "ValidationError",
					    "All rules must be of the same listener");
		for (size_t k = 0; k < i; k++) {
			if (moved[k] == moved[i])
				return world_refuse(e, "ValidationError",
						    "Rule '%s' is there twice", rank->arn);
			if (in->rules.v[k].priority == rank->priority)
				return in_use(rank->priority, e);
		}
	}
	return 0;
}

int rule_act_priorities(struct api_call *c, struct err *e)
{
	const struct elb_set_rule_priorities *in = c->in;
	struct lb_rule **moved = arena_get(c->a, (in->rules.n + 1) * sizeof(struct lb_rule *));
	struct elb *b = c->api->elb;

	if (ranks_read(b, in, moved, e) < 0)
		return -1;
	for (size_t i = 0; i < in->rules.n; i++) {
		struct lb_rule *there =
			with_priority(b, moved[0]->listener, in->rules.v[i].priority);
		bool moves = !there;

		for (size_t k = 0; k < in->rules.n; k++)
			moves |= moved[k] == there;
		if (!moves)
			return in_use(in->rules.v[i].priority, e);
	}
	buf_str(c->out, "<Rules>");
	for (size_t i = 0; i < in->rules.n; i++) {
		moved[i]->priority = (int)in->rules.v[i].priority;
		show(c, moved[i]);
	}
	buf_str(c->out, "</Rules>");
	return 0;
}

/* ---- describe ---- */

static int by_priority(const void *x, const void *y)
{
	const struct lb_rule *const *a = x, *const *b = y;
	int pa = (*a)->priority ? (*a)->priority : MOST_PRIORITY + 1;
	int pb = (*b)->priority ? (*b)->priority : MOST_PRIORITY + 1;

	return pa - pb;
}

static int find_all(struct elb *b, const struct rule_query *in, struct lb_rule **out, size_t *n,
		    struct err *e)
{
	struct listener *l;

	*n = 0;
	if (!in->listener == !in->arns.n)
		return world_refuse(e, "ValidationError",
				    "You must specify either a listener ARN or rule ARNs");
	if (in->listener && elb_listener(b, in->listener, &l, e) < 0)
		return -1;
	for (size_t i = 0; i < in->arns.n; i++)
		if (elb_rule(b, in->arns.v[i], &out[(*n)++], e) < 0)
			return -1;
	for (struct lb_rule *r = b->rules; r && in->listener; r = r->next)
		if (r->listener == l)
			out[(*n)++] = r;
	if (in->listener)
		qsort(out, *n, sizeof(struct lb_rule *), by_priority);
	return 0;
}

int rule_act_describe(struct api_call *c, struct err *e)
{
	const struct rule_query *in = c->in;
	struct elb *b = c->api->elb;
	size_t n = in->arns.n;
	struct elb_page p;
	struct lb_rule **found;

	for (const struct lb_rule *r = b->rules; r; r = r->next)
		n++;
	found = arena_get(c->a, (n + 1) * sizeof(struct lb_rule *));
	if (find_all(b, in, found, &n, e) < 0 ||
	    elb_page_read(in->marker, in->page_size, n, &p, e) < 0)
		return -1;
	buf_str(c->out, "<Rules>");
	for (size_t i = p.from; i < p.to; i++)
		show(c, found[i]);
	buf_str(c->out, "</Rules>");
	elb_page_end(c, &p, n);
	return 0;
}
