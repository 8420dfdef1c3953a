/* SPDX-License-Identifier: Apache-2.0 */
/* pass.h - one look at one owner: model, what is there, plan, steps, status, events. A pass runs in
 * a thread of its own and touches nothing but what it was given. */
#pragma once
#include "apply.h"
#include "awsfacts.h"
#include "kubeevent.h"
#include "lbconfig.h"
#include "lbmetrics.h"
#include "snapshot.h"

/* What all passes share; thread-safe, each part by itself. */
struct passenv {
	const struct lbconfig *c;
	struct aws *aws;
	struct kube *kube;
	struct kubeevents *events; /* NULL: nobody is told */
	struct elbindex *index;
	struct awsfacts *facts;
	struct metrics *metrics;   /* NULL: nothing is counted */
	struct bindings *bindings; /* NULL: nobody looks after TargetGroupBindings */
	int64_t stabilize_ms; /* until a load balancer is looked at again that is not active yet */
	bool dry;             /* plan, and no more: the plan is left in struct pass */
	/* Of a dry pass: who is told what would be an event; NULL: the log. */
	void (*told)(void *arg, enum kube_kind kind, const struct kube_meta *m, bool warning,
		     const char *reason, const char *text);
	void *told_arg;
	int64_t deadline;
};
struct pass {
	const struct passenv *env;
	struct snapshot objects;
	struct arena a;
	struct plan plan;         /* the last one that was made */
	struct stack stack;       /* and what it was made for */
	struct apply_values made; /* by carrying it out */
	bool cleaned;             /* the owner let go of everything */
	int64_t again_ms;         /* when to look again though all is well; 0: need not */
};
void pass_free(struct pass *p);

/* 0, or -1: look again later. */
MUST int pass_service(struct pass *p, const char *ns, const char *name, struct err *e);
MUST int pass_group(struct pass *p, const struct ingress_group_id *id, struct err *e);

/* ---- what they share (pass.c) */

/* AWS's limits, before anything is changed; of the account, when the usual ones are too few. */
MUST int pass_limits(struct pass *p, struct err *e);
/* What is there, plan, and steps, once more when the first plan was stale; dns gets the load
 * balancer's name when there is one. */
MUST int pass_deploy(struct pass *p, struct facts *f, const char **dns, struct err *e);
/* The stack is empty: is the owner's own annotation against it? (spec-lbc-nlb 2.3) */
void pass_say(struct pass *p, enum kube_kind kind, const void *object, bool warning,
	      const char *reason, const char *fmt, ...) FMT(6, 7);
bool pass_has_finalizer(const struct kube_meta *m, const char *finalizer);
/* PATCH of status.loadBalancer when it is not so yet. ports: in order; protocol may be "". hostname
 * NULL: empty it. */
MUST int pass_status(struct pass *p, enum kube_kind kind, const void *object, const char *hostname,
		     const struct kube_lb_ports *ports, struct err *e);
