/* SPDX-License-Identifier: Apache-2.0 */
/* pass_group.c - a group of Ingresses and its application load balancer (spec-lbc-alb 4). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pass.h"

struct group_pass {
	struct pass *p;
	struct ingress_group group;
	struct member_errors bad;
	const char *finalizer;
};

/* One event for each active member; of a group that only has others nobody is told. */
static void say_all(struct group_pass *g, const char *reason, const char *what, const char *why)
{
	for (size_t i = 0; i < g->group.n; i++)
		pass_say(g->p, KUBE_INGRESS, g->group.members[i].ingress, true, reason,
			 "%s due to %s", what, why);
}

static bool is_bad(const struct group_pass *g, const struct kube_ingress *i)
{
	for (size_t k = 0; k < g->bad.n; k++)
		if (g->bad.v[k].ingress == i)
			return true;
	return false;
}

static void say_bad(struct group_pass *g)
{
	for (size_t k = 0; k < g->bad.n; k++)
		pass_say(g->p, KUBE_INGRESS, g->bad.v[k].ingress, true, "FailedBuildModel",
			 "Failed build model due to %s", g->bad.v[k].e.msg);
}

static int finalizer(struct group_pass *g, const struct kube_ingress *i, bool present,
		     struct err *e)
{
	if (pass_has_finalizer((const void *)i, g->finalizer) == present)
		return 0;
	return kube_finalizer(g->p->env->kube, KUBE_INGRESS, i->ns, i->name, g->finalizer, present,
			      g->p->env->deadline, e);
}

static int add_finalizers(struct group_pass *g, struct err *e)
{
	for (size_t i = 0; i < g->group.n; i++)
		if (finalizer(g, g->group.members[i].ingress, true, e) < 0) {
			say_all(g, "FailedAddFinalizer", "Failed add finalizer", e->msg);
			return -1;
		}
	return 0;
}

static int remove_finalizers(struct group_pass *g, struct err *e)
{
	for (size_t i = 0; i < g->group.ninactive; i++)
		if (finalizer(g, g->group.inactive[i], false, e) < 0) {
			say_all(g, "FailedRemoveFinalizer", "Failed remove finalizer", e->msg);
			return -1;
		}
	g->p->cleaned = g->group.ninactive && !g->group.n;
	return 0;
}

/* ---- status: every member shows the ports of all (4.4) */

static int by_port(const void *a, const void *b)
{
	const struct kube_lb_port *x = a, *y = b;

	return (x->port > y->port) - (x->port < y->port);
}

static int statuses(struct group_pass *g, const char *dns, struct err *e)
{
	const struct stack *s = &g->p->stack;
	struct kube_lb_ports ports = { arena_get(&g->p->a, s->nlisteners * sizeof(*ports.v)),
				       s->nlisteners };

	for (size_t i = 0; i < s->nlisteners; i++)
		ports.v[i] = (struct kube_lb_port) { s->listeners[i].spec.port, "" };
	qsort(ports.v, ports.n, sizeof(*ports.v), by_port);
	for (size_t i = 0; i < g->group.n && dns; i++) {
		const struct kube_ingress *m = g->group.members[i].ingress;

		if (is_bad(g, m) || pass_status(g->p, KUBE_INGRESS, m, dns, &ports, e) == 0)
			continue;
		say_all(g, "FailedUpdateStatus", "Failed update status", e->msg);
		return -1;
	}
	return 0;
}

/* ---- */

static int build(struct group_pass *g, struct facts *f, struct err *e)
{
	const struct model_objects o = snapshot_objects(&g->p->objects);

	if (model_ingress(g->p->env->c, &g->group, &o, f, &g->p->stack, &g->bad, &g->p->a, e) < 0 ||
	    pass_limits(g->p, e) < 0) {
		say_all(g, "FailedBuildModel", "Failed build model", e->msg);
		return -1;
	}
	say_bad(g);
	return 0;
}

static int deploy(struct group_pass *g, struct facts *f, struct err *e)
{
	const char *dns;

	if (pass_deploy(g->p, f, &dns, e) < 0) {
		say_all(g, "FailedDeployModel", "Failed deploy model", e->msg);
		return -1;
	}
	if (g->p->env->dry)
		return 0;
	if (statuses(g, dns, e) < 0 || remove_finalizers(g, e) < 0)
		return -1;
	for (size_t i = 0; i < g->group.n; i++)
		if (!is_bad(g, g->group.members[i].ingress))
			pass_say(g->p, KUBE_INGRESS, g->group.members[i].ingress, false,
				 "SuccessfullyReconciled", "Successfully reconciled");
	/* What was left out is looked at again: it may depend on what no watch tells. */
	return g->bad.n ? fail(e, EINVAL, "%zu of %zu members of group %s are wrong", g->bad.n,
			       g->group.n, g->p->stack.id)
			: 0;
}

int pass_group(struct pass *p, const struct ingress_group_id *id, struct err *e)
{
	const struct model_objects o = snapshot_objects(&p->objects);
	struct group_pass g = { .p = p, .finalizer = ingress_finalizer(id, &p->a) };
	auto_factview struct factview v = { 0 };

	if (ingress_group_load(p->env->c, &o, id, &g.group, &p->a, e) < 0)
		return -1;
	if (!g.group.n && !g.group.ninactive)
		return 0;
	if (!p->env->dry && add_finalizers(&g, e) < 0)
		return -1;
	awsfacts_open(&v, p->env->facts, &p->stack, &p->a, p->env->deadline);
	if (build(&g, &v.f, e) < 0)
		return -1;
	return deploy(&g, &v.f, e);
}
