/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - objects and facts to a stack: pure functions, one for Services, one for groups of
 * Ingresses. */
#pragma once
#include "lbconfig.h"
#include "lbfacts.h"
#include "stack.h"

/* Other objects that the model may look at: Services that annotations and rules name, classes,
 * namespaces, secrets never. NULL: there is none. The returned object lives as long as the call. */
struct model_objects {
	const void *(*get)(void *arg, enum kube_kind kind, const char *ns, const char *name);
	/* The next of a kind behind `at` (NULL: the first). */
	const void *(*next)(void *arg, enum kube_kind kind, const void *at);
	void *arg;
};

/* ---- Services (spec-lbc-nlb 2.1, 5) */

bool service_ours(const struct lbconfig *c, const struct kube_service *s);
/* An empty stack when it is not ours (any more): everything goes. EINVAL: e->msg says which
 * annotation and value (build errors have the original's words). */
MUST int model_service(const struct lbconfig *c, const struct kube_service *s,
		       const struct model_objects *o, struct facts *f, struct stack *out,
		       struct arena *a, struct err *e);

/* ---- groups of Ingresses (spec-lbc-alb 2, 3, 9 to 17) */

struct ingress_group_id {
	const char *ns, *name; /* ns "": explicit */
};
/* One member: its class's parameters resolved. */
struct ingress_member {
	const struct kube_ingress *ingress;
	const struct kube_class_params *params; /* NULL: none */
	int64_t order;
	const char *wrong; /* what is wrong with its order, which counts as 0; NULL: nothing */
};
struct ingress_group {
	struct ingress_group_id id;
	struct ingress_member *members;       /* in order */
	const struct kube_ingress **inactive; /* leave the group: hold its finalizer still */
	size_t n, ninactive;
};
/* Which group an Ingress belongs to: 1, or 0: none of ours. -1: EINVAL, in words (an invalid class:
 * e->code "InvalidIngressClass"; an invalid group name: "InvalidIngressGroup"). */
MUST int ingress_group_of(const struct lbconfig *c, const struct model_objects *o,
			  const struct kube_ingress *i, struct ingress_group_id *id,
			  const struct kube_class_params **params, struct arena *a, struct err *e);
const char *ingress_finalizer(const struct ingress_group_id *id, struct arena *a);
/* All Ingresses of a group. */
MUST int ingress_group_load(const struct lbconfig *c, const struct model_objects *o,
			    const struct ingress_group_id *id, struct ingress_group *out,
			    struct arena *a, struct err *e);
/* What is wrong with one member. Its rules, its default backend and their target groups are then
 * left out of the model, which is marked as partial; the original gives up the whole group. What
 * the member says of listeners and of the load balancer counts still, as far as it can be read, so
 * that nothing it had is closed behind it. */
struct member_error {
	const struct kube_ingress *ingress;
	struct err e;
};
struct member_errors {
	struct member_error *v;
	size_t n;
};
/* -1: the group as a whole cannot be (conflicting schemes ...), or no member is right. *bad is set
 * in any case. Rules are not counted: see lblimits.h. */
MUST int model_ingress(const struct lbconfig *c, const struct ingress_group *g,
		       const struct model_objects *o, struct facts *f, struct stack *out,
		       struct member_errors *bad, struct arena *a, struct err *e);
