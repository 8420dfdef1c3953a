/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress.c - a group of Ingresses to a stack (spec-lbc-alb 9.0): each member by itself, then
 * what they share, then their rules. A member that is wrong by itself loses its rules, the others
 * go on. */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"

/* A failure of one member alone is noted, and the building goes on. */
static int note(struct ingress_build *b, struct ingress_part *m, const struct err *e)
{
	if (e->num != EINVAL)
		return -1;
	if (!m->wrong)
		b->bad->v[b->bad->n++] = (struct member_error) { m->i, *e };
	m->wrong = true;
	return 0;
}

/* ---- what was there before */

/* A load balancer that is protected keeps its Ingress, too. */
static int check_protection(const struct ingress_group *g, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < g->ninactive; i++) {
		const struct kube_ingress *in = g->inactive[i];
		const struct annotations l = { ANNOT_INGRESS, { &in->annotations, NULL } };
		struct tags map = { 0 };
		const char *v;
		bool on;

		if (!in->deleted)
			continue;
		if (annot_map(&l, A_LB_ATTRIBUTES, NULL, &map, a, e) < 0)
			return -1;
		v = tag_get(&map, "deletion_protection.enabled");
		if (v && str_bool(v, &on) && on)
			return fail(e, EINVAL,
				    "deletion_protection is enabled, cannot delete the ingress: %s",
				    in->name);
	}
	return 0;
}

/* ---- members by themselves */

static int by_itself(struct ingress_build *b, struct ingress_part *m, const char *wrong,
		     struct err *e)
{
	*e = (struct err) { 0 };
	if (wrong) {
		fail(e, EINVAL, "%s", wrong);
		if (note(b, m, e) < 0)
			return -1;
	}
	if (annot_built(&m->l, ON_INGRESS, e) < 0 && note(b, m, e) < 0)
		return -1;
	if (ingress_tags(b, m, e) < 0 && note(b, m, e) < 0)
		return -1;
	return ingress_ports(b, m, e) < 0 ? note(b, m, e) : 0;
}

static int read_members(struct ingress_build *b, struct err *e)
{
	const struct ingress_group *g = b->g;

	b->parts = arena_get(b->a, (g->n + 1) * sizeof(*b->parts));
	for (size_t i = 0; i < g->n; i++) {
		struct ingress_part *m = &b->parts[b->n++];

		m->i = g->members[i].ingress;
		m->p = g->members[i].params;
		m->key = arena_fmt(b->a, "%s/%s", m->i->ns, m->i->name);
		m->l = (struct annotations) { ANNOT_INGRESS, { &m->i->annotations, NULL } };
		if (by_itself(b, m, g->members[i].wrong, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- rules */

/* Whether a port of it has rules: all but those that redirect. */
static bool serves(const struct ingress_build *b, const struct ingress_part *m)
{
	for (size_t i = 0; i < m->nports; i++)
		if (m->ports[i].https || !b->redirect)
			return true;
	return false;
}

/* Target groups come to the stack only when all of the member's are right. */
static void take_over(struct ingress_build *b, const struct stack *from)
{
	for (size_t i = 0; i < from->ntgs; i++)
		stack_add_tg(b->out, &from->tgs[i], b->a);
	for (size_t i = 0; i < from->nbindings; i++)
		stack_add_binding(b->out, &from->bindings[i], b->a);
}

static int rules_of(struct ingress_build *b, struct ingress_part *m, struct err *e)
{
	struct stack own = { .id = b->out->id };
	int r = ingress_rules_of(b, m, &own, e);

	if (r == 0 && m->i->default_backend)
		r = ingress_fallback_of(b, m, &own, e);
	if (r == 0) {
		take_over(b, &own);
		return 0;
	}
	m->rules.n = 0;
	m->fallback = NULL;
	return note(b, m, e);
}

static int all_rules(struct ingress_build *b, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		*e = (struct err) { 0 };
		if (!b->parts[i].wrong && serves(b, &b->parts[i]) &&
		    rules_of(b, &b->parts[i], e) < 0)
			return -1;
	}
	return 0;
}

/* ---- */

/* Nothing is built of a group without a member that is right: its first failure is that of all. */
static int some_right(const struct ingress_build *b, struct err *e)
{
	if (b->bad->n < b->n)
		return 0;
	*e = b->bad->v[0].e;
	return -1;
}

static int build(struct ingress_build *b, struct err *e)
{
	if (read_members(b, e) < 0 || some_right(b, e) < 0 || ingress_merge_ports(b, e) < 0 ||
	    ingress_place(b, e) < 0 || ingress_groups(b, e) < 0 ||
	    ingress_load_balancer(b, e) < 0 || ingress_redirect(b, e) < 0)
		return -1;
	if (all_rules(b, e) < 0 || some_right(b, e) < 0 || ingress_listeners(b, e) < 0)
		return -1;
	b->out->partial = b->bad->n != 0;
	return 0;
}

int model_ingress(const struct lbconfig *c, const struct ingress_group *g,
		  const struct model_objects *o, struct facts *f, struct stack *out,
		  struct member_errors *bad, struct arena *a, struct err *e)
{
	struct ingress_build b = { .c = c, .g = g, .o = o, .f = f, .out = out, .bad = bad, .a = a };

	*out = (struct stack) { .ns = g->id.ns, .name = g->id.name, .prefix = "ingress.k8s.aws" };
	out->id = *g->id.ns ? arena_fmt(a, "%s/%s", g->id.ns, g->id.name) : g->id.name;
	*bad = (struct member_errors) { arena_get(a, (g->n + 1) * sizeof(*bad->v)), 0 };
	if (check_protection(g, a, e) < 0)
		return -1;
	if (!g->n)
		return 0;
	if (build(&b, e) == 0) {
		*e = (struct err) { 0 };
		return 0;
	}
	return -1;
}
