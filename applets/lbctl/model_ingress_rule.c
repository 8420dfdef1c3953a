/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_rule.c - the rules of one Ingress, in their order, and what its backends do
 * (spec-lbc-alb 14.2, 15.1, 15.2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingressbuild.h"
#include "lblimits.h"

#define USE_ANNOTATION "use-annotation"

/* ---- actions */

static void one_action(struct ingress_build *b, const struct elb_action *v, struct elb_actions *out)
{
	*out = (struct elb_actions) { NEW(b->a, struct elb_action), 1 };
	out->v[0] = *v;
	out->v[0].order = 1;
}

static void unavailable(struct ingress_build *b, const char *body, struct elb_actions *out)
{
	struct elb_fixed_response *f = NEW(b->a, struct elb_fixed_response);
	struct elb_action v = { .type = "fixed-response", .fixed_response = f };

	*f = (struct elb_fixed_response) { "503", "text/plain", body };
	one_action(b, &v, out);
}

static int target_arn(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
		      const struct ingress_target *t, const char **arn, struct err *e)
{
	const char *id;

	if (t->arn) {
		*arn = t->arn;
		return 0;
	}
	if (t->service) {
		if (ingress_target_group(b, m, to, t, &id, e) < 0)
			return -1;
		*arn = stack_ref(STACK_TG, id, "targetGroupARN", b->a);
		return 0;
	}
	if (!b->f->target_group)
		fail(e, ENOENT, "there are no target groups");
	else if (b->f->target_group(b->f, t->name, arn, e) == 0)
		return 0;
	if (e->num == ENOENT)
		e->num = EINVAL; /* wrong in this member alone */
	return wrap(e, "searching TargetGroup with name %.60s", t->name);
}

/* -1 with ENOENT: the one Service of it is not there. */
static int forward(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
		   const struct ingress_action *a, struct elb_actions *out, struct err *e)
{
	struct elb_forward *f = NEW(b->a, struct elb_forward);
	struct elb_action v = { .type = "forward", .forward = f };

	if (a->ntargets > 1 && !b->c->gates[GATE_WEIGHTED_TARGET_GROUPS])
		return fail(e, EINVAL, "weighted target groups feature is disabled");
	f->groups.v = arena_get(b->a, a->ntargets * sizeof(*f->groups.v));
	for (size_t i = 0; i < a->ntargets; i++) {
		struct elb_weighted_group *g = &f->groups.v[f->groups.n++];

		g->weight = a->targets[i].weight;
		if (target_arn(b, m, to, &a->targets[i], &g->arn, e) < 0) {
			if (e->num == ENOENT && a->ntargets > 1)
				e->num = EINVAL;
			return -1;
		}
	}
	f->sticky = a->sticky;
	f->sticky_s = a->sticky_s;
	one_action(b, &v, out);
	return 0;
}

static int act(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
	       const struct ingress_action *a, struct elb_actions *out, struct err *e)
{
	struct elb_action v = { .redirect = a->redirect, .fixed_response = a->fixed_response };

	if (v.redirect || v.fixed_response) {
		v.type = v.redirect ? "redirect" : "fixed-response";
		one_action(b, &v, out);
		return 0;
	}
	if (forward(b, m, to, a, out, e) == 0)
		return 0;
	if (e->num != ENOENT)
		return -1;
	if (!b->c->tolerate_no_service) {
		e->num = EINVAL;
		return -1;
	}
	*e = (struct err) { 0 };
	unavailable(b, "Backend service does not exist", out);
	return 0;
}

int ingress_backend(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
		    const struct kube_backend *backend, struct elb_actions *out, struct err *e)
{
	const struct kube_backend_service *s = backend ? backend->service : NULL;
	struct ingress_target t = { 0 };
	struct ingress_action a = { .targets = &t, .ntargets = 1 };

	if (!s)
		return fail(e, EINVAL, "missing required \"service\" field");
	if (strcmp(s->port_name, USE_ANNOTATION) == 0) {
		if (annot_raw(&m->l, A_ACTIONS, s->name))
			return ingress_action(&m->l, s->name, &a, b->a, e) < 0
				       ? -1
				       : act(b, m, to, &a, out, e);
		if (!b->c->tolerate_no_action)
			return fail(e, EINVAL, "missing actions.%s configuration", s->name);
		unavailable(b, "Backend action does not exist", out);
		return 0;
	}
	t.service = s->name;
	if (*s->port_name)
		t.port.s = s->port_name;
	else
		t.port.n = s->port_number;
	return act(b, m, to, &a, out, e);
}

/* ---- rules */

static int rank(const struct kube_path *p, int *out, struct err *e)
{
	static const char *const types[] = { "Exact", "Prefix", "ImplementationSpecific" };

	for (int i = 0; i < (int)COUNT(types); i++) {
		if (strcmp(p->type ? p->type : types[2], types[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return fail(e, EINVAL, "unknown pathType for path %.200s", p->path);
}

struct ranked {
	const struct kube_path *p;
	size_t len, at;
	int rank;
};

static int by_rank(const void *va, const void *vb)
{
	const struct ranked *a = va, *b = vb;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->rank == 1 && a->len != b->len)
		return a->len > b->len ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Exact ones, then prefixes from the longest, then the rest. */
static int sorted_paths(struct ingress_build *b, const struct kube_paths *l, struct ranked **out,
			struct err *e)
{
	*out = arena_get(b->a, (l->n + 1) * sizeof(**out));
	for (size_t i = 0; i < l->n; i++) {
		(*out)[i] = (struct ranked) { &l->v[i], strlen(l->v[i].path), i, 0 };
		if (rank(&l->v[i], &(*out)[i].rank, e) < 0)
			return -1;
	}
	qsort(*out, l->n, sizeof(**out), by_rank);
	return 0;
}

static int one_rule(struct ingress_build *b, struct ingress_part *m, struct stack *to,
		    const struct kube_rule *r, const struct kube_path *p, struct err *e)
{
	struct ingress_rule *out = &m->rules.v[m->rules.n];

	if (ingress_conditions(b, m, r, p, &out->conditions, e) < 0 ||
	    ingress_backend(b, m, to, p->backend, &out->actions, e) < 0 ||
	    limits_rule(&out->conditions, &out->actions, e) < 0)
		return -1;
	out->tags = &m->rule_tags;
	out->from = arena_fmt(b->a, "Ingress %s, %s%s%s", m->key, *r->host ? r->host : "any host",
			      *p->path ? " " : "", p->path);
	m->rules.n++;
	return 0;
}

static int all_rules(struct ingress_build *b, struct ingress_part *m, struct stack *to,
		     struct err *e)
{
	const struct kube_rules *l = &m->i->rules;
	struct ranked *paths;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].paths.n;
	m->rules.v = arena_get(b->a, (n + 1) * sizeof(*m->rules.v));
	for (size_t i = 0; i < l->n; i++) {
		if (sorted_paths(b, &l->v[i].paths, &paths, e) < 0)
			return -1;
		for (size_t k = 0; k < l->v[i].paths.n; k++)
			if (one_rule(b, m, to, &l->v[i], paths[k].p, e) < 0)
				return -1;
	}
	return 0;
}

int ingress_rules_of(struct ingress_build *b, struct ingress_part *m, struct stack *to,
		     struct err *e)
{
	if (all_rules(b, m, to, e) == 0)
		return 0;
	m->rules.n = 0;
	return wrap(e, "ingress: %s", m->key);
}

/* Errors of the default backend bear no name, as the original's. */
int ingress_fallback_of(struct ingress_build *b, struct ingress_part *m, struct stack *to,
			struct err *e)
{
	static const struct elb_conditions none;
	struct elb_actions *out = NEW(b->a, struct elb_actions);

	if (ingress_backend(b, m, to, m->i->default_backend, out, e) < 0 ||
	    limits_rule(&none, out, e) < 0)
		return -1;
	m->fallback = out;
	return 0;
}
