/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - from a change of an object to the owners that must be looked at again
 * (spec-lbc-nlb 2.2, 10.2, spec-lbc-alb 4.5). */
#include <stdio.h>
#include <string.h>

#include "annot.h"
#include "clock.h"
#include "lbctl.h"
#include "log.h"

static void add(struct lbctl *l, enum queue q, const char *ns, const char *name)
{
	char key[600];

	snprintf(key, sizeof(key), "%s/%s", ns, name);
	workq_add(l->queues[q], key, now_ms());
}

/* ---- differences that count */

static bool same_maps(const struct tags *a, const struct tags *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const char *v = tag_get(b, a->v[i].key);

		if (!v || strcmp(v, a->v[i].value) != 0)
			return false;
	}
	return true;
}

/* generation counts changes of the spec; Services have none: of them all is compared but the
 * status, which is ours. */
static bool same_spec(const struct kube_object *old, const struct kube_object *new)
{
	const struct kube_meta *a = kube_meta(old), *b = kube_meta(new);
	struct kube_service x, y;

	if (old->kind != KUBE_SERVICE)
		return a->generation == b->generation;
	x = *(const struct kube_service *)kube_of(old);
	y = *(const struct kube_service *)kube_of(new);
	x.status = y.status = (struct kube_lb_ingresss) { 0 };
	return shape_same(kube_kinds[KUBE_SERVICE].shape, &x, &y, sizeof(struct kube_meta));
}

static bool same_owner(const struct kube_object *old, const struct kube_object *new)
{
	const struct kube_meta *a, *b;

	if (!old || !new)
		return false;
	a = kube_meta(old);
	b = kube_meta(new);
	return same_maps(&a->annotations, &b->annotations) && !a->deleted == !b->deleted &&
	       same_spec(old, new);
}

/* ---- Ingresses and what they refer to */

struct lookup {
	struct lbctl *l;
	struct snapshot s; /* classes, parameters and namespaces */
	struct arena a;
};

static void lookup_open(struct lookup *x, struct lbctl *l)
{
	*x = (struct lookup) { .l = l };
	snapshot_take(&x->s, l->store, KUBE_INGRESS_CLASS, NULL);
	snapshot_take(&x->s, l->store, KUBE_CLASS_PARAMS, NULL);
	snapshot_take(&x->s, l->store, KUBE_NAMESPACE, NULL);
}

static void lookup_close(struct lookup *x)
{
	snapshot_free(&x->s);
	arena_free(&x->a);
}
#define auto_lookup AUTO(lookup_close)

/* Groups whose finalizers it holds, and the one it belongs to. */
static void groups_of(struct lookup *x, const struct kube_ingress *i)
{
	static const char prefix[] = "group.ingress.k8s.aws/";
	const struct model_objects o = snapshot_objects(&x->s);
	const struct kube_class_params *params;
	const struct kube_about about = { KUBE_INGRESS, i->ns, i->name, i->uid, i->version };
	struct ingress_group_id id;
	struct err e;

	for (size_t k = 0; k < i->finalizers.n; k++) {
		const char *f = i->finalizers.v[k];

		if (strcmp(f, "ingress.k8s.aws/resources") == 0)
			add(x->l, QUEUE_GROUPS, i->ns, i->name);
		else if (str_prefix(f, prefix))
			add(x->l, QUEUE_GROUPS, "", f + sizeof(prefix) - 1);
	}
	switch (ingress_group_of(&x->l->o.c, &o, i, &id, &params, &x->a, &e)) {
	case 1:
		add(x->l, QUEUE_GROUPS, id.ns, id.name);
		break;
	case 0:
		break;
	default:
		log_warn("group unknown ingress=%s/%s reason=\"%s\"", i->ns, i->name, e.msg);
		kube_say(x->l->events, &about, "ingress", true, "FailedLoadGroupID",
			 "failed load groupID due to %s", e.msg);
	}
}

static void notice_ingress(struct lbctl *l, const struct kube_object *old,
			   const struct kube_object *new)
{
	auto_lookup struct lookup x = { 0 };

	if (old && new &&same_owner(old, new) &&
	    strcmp(kube_meta(old)->version, kube_meta(new)->version) != 0)
		return;
	lookup_open(&x, l);
	if (old)
		groups_of(&x, kube_of(old));
	if (new)
		groups_of(&x, kube_of(new));
}

static bool names_service(const struct kube_backend *b, const char *service)
{
	return b && b->service && strcmp(b->service->name, service) == 0;
}

/* Forward actions name Services in their JSON: any mention is enough to look again. */
static bool action_names(const struct kube_ingress *i, const char *service)
{
	for (size_t k = 0; k < i->annotations.n; k++)
		if (strstr(i->annotations.v[k].key, "/actions.") &&
		    strstr(i->annotations.v[k].value, service))
			return true;
	return false;
}

static bool uses_service(const struct kube_ingress *i, const char *service)
{
	if (names_service(i->default_backend, service))
		return true;
	for (size_t k = 0; k < i->rules.n; k++)
		for (size_t m = 0; m < i->rules.v[k].paths.n; m++)
			if (names_service(i->rules.v[k].paths.v[m].backend, service))
				return true;
	return action_names(i, service);
}

static void ingresses_using(struct lbctl *l, const struct kube_meta *service)
{
	const struct kube_object *o = NULL;
	auto_lookup struct lookup x = { 0 };

	lookup_open(&x, l);
	while ((o = kubestore_next(l->store, KUBE_INGRESS, service->ns, o)))
		if (uses_service(kube_of(o), service->name))
			groups_of(&x, kube_of(o));
}

static void all_ingresses(struct lbctl *l)
{
	const struct kube_object *o = NULL;
	auto_lookup struct lookup x = { 0 };

	lookup_open(&x, l);
	while ((o = kubestore_next(l->store, KUBE_INGRESS, "", o)))
		groups_of(&x, kube_of(o));
}

/* ---- TargetGroupBindings and what they refer to */

static bool ip_targets(const struct kube_binding *b)
{
	return b->target_type && strcmp(b->target_type, "ip") == 0;
}

static void bindings_of(struct lbctl *l, const char *ns, const char *service, bool ip,
			bool instance)
{
	const struct kube_object *o = NULL;

	while ((o = kubestore_next(l->store, KUBE_BINDING, ns, o))) {
		const struct kube_binding *b = kube_of(o);

		if (service && strcmp(b->service, service) != 0)
			continue;
		if (ip_targets(b) ? ip : instance)
			add(l, QUEUE_BINDINGS, b->ns, b->name);
	}
}

static bool node_ready(const struct kube_object *o)
{
	const struct kube_node *n = o ? kube_of(o) : NULL;

	for (size_t i = 0; n && i < n->conditions.n; i++)
		if (strcmp(n->conditions.v[i].type, "Ready") == 0)
			return strcmp(n->conditions.v[i].status, "True") == 0;
	return false;
}

static bool same_taints(const struct kube_node *a, const struct kube_node *b)
{
	if (a->taints.n != b->taints.n)
		return false;
	for (size_t i = 0; i < a->taints.n; i++)
		if (strcmp(a->taints.v[i].key, b->taints.v[i].key) != 0 ||
		    strcmp(a->taints.v[i].effect, b->taints.v[i].effect) != 0)
			return false;
	return true;
}

/* Heartbeats change nothing here. */
static void notice_node(struct lbctl *l, const struct kube_object *old,
			const struct kube_object *new)
{
	if (old && new &&node_ready(old) == node_ready(new) &&
	    same_maps(&kube_meta(old)->labels, &kube_meta(new)->labels) &&
	    same_taints(kube_of(old), kube_of(new)))
		return;
	bindings_of(l, "", NULL, false, true);
}

/* A pod that waits for a target group to be healthy (10.2). */
static void notice_pod(struct lbctl *l, const struct kube_object *new)
{
	static const char *const prefixes[] = { "target-health.elbv2.k8s.aws/",
						"target-health.alb.ingress.k8s.aws/" };
	const struct kube_pod *p = new ? kube_of(new) : NULL;

	for (size_t i = 0; p && i < p->gates.n; i++)
		for (size_t k = 0; k < COUNT(prefixes); k++)
			if (str_prefix(p->gates.v[i].type, prefixes[k]))
				add(l, QUEUE_BINDINGS, p->ns,
				    p->gates.v[i].type + strlen(prefixes[k]));
}

static void notice_slice(struct lbctl *l, const struct kube_object *old,
			 const struct kube_object *new)
{
	const struct kube_meta *m = kube_meta(new ? new : old);
	const char *service = tag_get(&m->labels, "kubernetes.io/service-name");

	if (service)
		bindings_of(l, m->ns, service, true, false);
}

/* ---- Services */

static void notice_service(struct lbctl *l, const struct kube_object *old,
			   const struct kube_object *new)
{
	const struct kube_meta *m = kube_meta(new ? new : old);

	if (old && new &&same_owner(old, new) && strcmp(kube_meta(old)->version, m->version) != 0)
		return;
	if (new && l->o.c.gates[GATE_SERVICE_CONTROLLER] &&
	    (service_ours(&l->o.c, kube_of(new)) ||
	     pass_has_finalizer(m, "service.k8s.aws/resources")))
		add(l, QUEUE_SERVICES, m->ns, m->name);
	ingresses_using(l, m);
	/* Of targets that are addresses the slices tell all (10.2). */
	bindings_of(l, m->ns, m->name, false, true);
}

/* ---- */

void notice_change(void *lbctl, enum kube_kind kind, const struct kube_object *old,
		   const struct kube_object *new)
{
	struct lbctl *l = lbctl;
	const struct kube_meta *m = kube_meta(new ? new : old);

	/* Before everything is known nothing is looked at; then all of it is. */
	if (!work_ready(l))
		return;
	switch (kind) {
	case KUBE_SERVICE:
		notice_service(l, old, new);
		break;
	case KUBE_INGRESS:
		notice_ingress(l, old, new);
		break;
	case KUBE_INGRESS_CLASS:
	case KUBE_CLASS_PARAMS:
		if (!same_owner(old, new))
			all_ingresses(l);
		break;
	case KUBE_BINDING:
		add(l, QUEUE_BINDINGS, m->ns, m->name);
		break;
	case KUBE_SLICE:
		notice_slice(l, old, new);
		break;
	case KUBE_NODE:
		notice_node(l, old, new);
		break;
	case KUBE_POD:
		notice_pod(l, new);
		break;
	default:
		later_notice(l, kind, old, new);
		break;
	}
	work_start(l);
	if (kind == KUBE_SERVICE || kind == KUBE_INGRESS)
		backend_check(l);
}

void notice_all(struct lbctl *l)
{
	const struct kube_object *o = NULL;

	while ((o = kubestore_next(l->store, KUBE_SERVICE, "", o)))
		notice_service(l, NULL, o);
	all_ingresses(l);
	bindings_of(l, "", NULL, true, true);
	later_all(l);
}
