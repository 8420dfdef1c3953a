/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - the order of the steps, and what the planners of each kind share. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "track.h"

/* ---- references */

static void known(struct planner *p, const char *type, const char *id, const char *field,
		  const char *value)
{
	p->refs[p->nrefs++] = (struct plan_ref) { stack_ref(type, id, field, p->a), value };
}

static int by_ref(const void *a, const void *b)
{
	return strcmp(((const struct plan_ref *)a)->ref, ((const struct plan_ref *)b)->ref);
}

/* What all that is there already stands for, once: a thousand rules ask. */
static void gather_refs(struct planner *p)
{
	const struct stack *w = p->want;

	p->refs = arena_get(p->a,
			    (w->nsgs + w->nlbs + w->ntgs + w->nlisteners + 1) * sizeof(*p->refs));
	for (size_t i = 0; i < w->nsgs; i++) {
		const struct have_sg *h = have_sg_match(p->have, &w->sgs[i]);

		if (h)
			known(p, STACK_SG, w->sgs[i].id, "groupID", h->group->id);
	}
	for (size_t i = 0; i < w->nlbs; i++) {
		const struct have_lb *h = plan_lb(p, w->lbs[i].id);

		if (h)
			known(p, STACK_LB, w->lbs[i].id, "loadBalancerARN", h->lb->arn);
	}
	for (size_t i = 0; i < w->ntgs; i++) {
		const struct have_tg *h = have_tg_match(p->have, p->c, &w->tgs[i]);

		if (h)
			known(p, STACK_TG, w->tgs[i].id, "targetGroupARN", h->tg->arn);
	}
	for (size_t i = 0; i < w->nlisteners; i++) {
		const struct have_listener *h = plan_listener(p, &w->listeners[i]);

		if (h)
			known(p, STACK_LISTENER, w->listeners[i].id, "listenerARN",
			      h->listener->arn);
	}
	if (p->have->backend_sg)
		p->refs[p->nrefs++] = (struct plan_ref) { STACK_BACKEND_SG, p->have->backend_sg };
	qsort(p->refs, p->nrefs, sizeof(*p->refs), by_ref);
}

const struct have_lb *plan_lb(const struct planner *p, const char *id)
{
	const struct stack_lb *w = NULL;
	const struct have_lb *h;

	for (size_t i = 0; i < p->want->nlbs && !w; i++)
		if (strcmp(p->want->lbs[i].id, id) == 0)
			w = &p->want->lbs[i];
	h = w ? have_lb_match(p->have, w) : NULL;
	/* Whatever the one that is missing says of it: it stays what it is. */
	for (size_t i = 0; w && !h && p->want->partial && i < p->have->nlbs; i++)
		if (strcmp(p->have->lbs[i].id, id) == 0)
			h = &p->have->lbs[i];
	return h;
}

const struct have_listener *plan_listener(const struct planner *p, const struct stack_listener *w)
{
	const struct have_lb *lb = plan_lb(p, w->lb);

	for (size_t i = 0; lb && i < p->have->nlisteners; i++) {
		const struct elb_listener *l = p->have->listeners[i].listener;

		if (l->port == w->spec.port && strcmp(l->load_balancer, lb->lb->arn) == 0)
			return &p->have->listeners[i];
	}
	return NULL;
}

const char *plan_value(const struct planner *p, const char *text)
{
	const struct plan_ref key = { text, NULL }, *hit;

	if (!stack_is_ref(text))
		return text;
	hit = bsearch(&key, p->refs, p->nrefs, sizeof(key), by_ref);
	return hit ? hit->value : text;
}

static void put_value(const char **text, void *planner)
{
	*text = plan_value(planner, *text);
}

/* ---- steps */

static struct step *add(struct planner *p, enum step_effect effect, const char *title)
{
	struct plan *l = p->out;

	if (l->n == l->cap) {
		struct step *old = l->v;

		l->cap = l->cap ? 2 * l->cap : 16;
		l->v = arena_get(p->a, l->cap * sizeof(*l->v));
		if (l->n)
			memcpy(l->v, old, l->n * sizeof(*l->v));
	}
	l->v[l->n] = (struct step) { .effect = effect, .title = title };
	return &l->v[l->n++];
}

struct step *plan_call(struct planner *p, enum step_effect effect, const struct aws_action *act,
		       const void *in, const char *title)
{
	struct step *s = add(p, effect, title);
	void *copy = shape_dup(act->in, in, p->a);

	shape_strings(act->in, copy, put_value, p);
	s->action = act;
	s->in = copy;
	return s;
}

struct step *plan_kube(struct planner *p, enum step_effect effect, const char *method,
		       const char *path, const struct json *body, const char *title)
{
	struct step *s = add(p, effect, title);
	auto_buf struct buf b = { 0 };

	s->method = method;
	s->path = path;
	if (body) {
		json_print(body, 0, &b);
		s->body = arena_str(p->a, b.p);
	}
	return s;
}

const struct elb_create_rule *plan_settings(const struct planner *p,
					    const struct elb_create_rule *r)
{
	struct elb_create_rule *copy = shape_dup(&elb_create_rule_shape, r, p->a);
	union {
		const void *in;
		void *arg;
	} u = { p };

	shape_strings(&elb_create_rule_shape, copy, put_value, u.arg);
	return copy;
}

void step_line(struct planner *p, struct step *s, const char *field, const char *from,
	       const char *to)
{
	if (s->nlines == s->cap) {
		struct step_line *old = s->lines;

		s->cap = s->cap ? 2 * s->cap : 8;
		s->lines = arena_get(p->a, s->cap * sizeof(*s->lines));
		if (s->nlines)
			memcpy(s->lines, old, s->nlines * sizeof(*s->lines));
	}
	s->lines[s->nlines++] = (struct step_line) { field, from, to };
}

/* What nobody may read in a log. */
static void plan_hide(struct json *j)
{
	struct json *m;

	if (json_type(j) == JSON_OBJECT && json_member(j, "ClientSecret"))
		json_add_str(j, "ClientSecret", "[REDACTED]");
	for (const struct json *k = json_first(j); k; k = json_next(k)) {
		m = (union {
			    const struct json *in;
			    struct json *out;
		    }) { k }
			    .out;
		plan_hide(m);
	}
}

void step_lines_of(struct planner *p, struct step *s)
{
	auto_json struct json *j = shape_json(s->action->in, s->in);

	plan_hide(j);
	for (const struct json *m = json_first(j); m; m = json_next(m))
		step_line(p, s, arena_str(p->a, json_key(m)), NULL, json_words(m, p->a));
}

/* ---- tags and attributes */

static void tag_lines(struct planner *p, struct step *s, const char *what, const struct tags *set,
		      const struct tags *have)
{
	for (size_t i = 0; i < set->n; i++)
		step_line(p, s, arena_fmt(p->a, "%s %s", what, set->v[i].key),
			  tag_get(have, set->v[i].key), set->v[i].value);
}

static void group_tags(struct planner *p, const char *id, const struct tags *set,
		       const struct strs *gone, const struct tags *have, const char *title)
{
	struct ec2_change in = { .resources = { &id, 1 }, .tags = *set };
	struct tags keys = { arena_get(p->a, gone->n * sizeof(*keys.v)), gone->n };
	struct step *s;

	if (set->n)
		tag_lines(p, plan_call(p, STEP_CHANGE, &ec2_actions[EC2_CREATE_TAGS], &in, title),
			  "tag", set, have);
	if (!gone->n)
		return;
	in.tags = keys;
	for (size_t i = 0; i < gone->n; i++)
		keys.v[i].key = gone->v[i];
	s = plan_call(p, STEP_CHANGE, &ec2_actions[EC2_DELETE_TAGS], &in, title);
	for (size_t i = 0; i < gone->n; i++)
		step_line(p, s, arena_fmt(p->a, "tag %s", gone->v[i]), tag_get(have, gone->v[i]),
			  NULL);
}

void plan_tags(struct planner *p, const char *arn, bool legacy, const struct tags *want,
	       const struct tags *have, const char *title)
{
	struct elb_add_tags in = { .arns = { &arn, 1 } };
	struct elb_remove_tags out = { .arns = { &arn, 1 } };
	struct strs gone = { 0 };
	struct step *s;

	track_diff(p->c, legacy, want, have, &in.tags, &gone, p->a);
	if (p->want->partial) /* they may be the missing member's */
		gone.n = 0;
	if (strncmp(arn, "sg-", 3) == 0) {
		group_tags(p, arn, &in.tags, &gone, have, title);
		return;
	}
	if (in.tags.n)
		tag_lines(p, plan_call(p, STEP_CHANGE, &elb_actions[ELB_add_tags], &in, title),
			  "tag", &in.tags, have);
	if (!gone.n)
		return;
	out.keys = gone;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_remove_tags], &out, title);
	for (size_t i = 0; i < gone.n; i++)
		step_line(p, s, arena_fmt(p->a, "tag %s", gone.v[i]), tag_get(have, gone.v[i]),
			  NULL);
}

struct tags plan_attributes(struct planner *p, const struct tags *want, const struct tags *have)
{
	struct tags out = { arena_get(p->a, want->n * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < want->n; i++) {
		const char *is = tag_get(have, want->v[i].key);

		if (!is || strcmp(is, want->v[i].value) != 0)
			out.v[out.n++] = want->v[i];
	}
	return out;
}

/* ---- the order */

void plan_make(const struct lbconfig *c, const struct stack *want, const struct have *have,
	       struct plan *out, struct arena *a)
{
	struct planner p = { .c = c, .want = want, .have = have, .out = out, .a = a };

	*out = (struct plan) { .a = a };
	gather_refs(&p);
	plan_groups(&p);
	plan_target_groups(&p);
	plan_load_balancers(&p);
	plan_listeners(&p);
	plan_rules(&p);
	plan_bindings(&p);
	/* What is wanted no more, from what uses to what is used. */
	plan_bindings_gone(&p);
	plan_capacities(&p);
	plan_target_groups_gone(&p);
	plan_groups_gone(&p);
}
