/* SPDX-License-Identifier: Apache-2.0 */
/* have.h - what is there of a stack: found by its tags, in AWS and among the TargetGroupBindings.
 */
#pragma once
#include "ec2sg.h"
#include "elbindex.h"
#include "kubeobj.h"
#include "stack.h"

struct have_sg {
	const char *id; /* the resource tag */
	const struct ec2_group *group;
};
struct have_lb {
	const char *id;
	const struct elb_load_balancer *lb;
	struct tags tags, attributes; /* attributes: read only when some are wanted */
	struct shape_num capacity;    /* units reserved; read only when wanted, and active */
};
struct have_tg {
	const char *id;
	const struct elb_target_group *tg;
	struct tags tags, attributes;
};
/* certificates: besides the default one. */
struct have_listener {
	const struct elb_listener *listener;
	const char *lb; /* id of its load balancer */
	struct tags tags, attributes;
	struct elb_certificates certificates;
};
struct have_rule {
	const struct elb_rule *rule;
	const char *listener; /* ARN */
	struct tags tags;
};
struct have {
	struct have_sg *sgs;
	struct have_lb *lbs;
	struct have_tg *tgs;
	struct have_listener *listeners;
	struct have_rule *rules;
	const struct kube_binding **bindings;
	size_t nsgs, nlbs, ntgs, nlisteners, nrules, nbindings;
	const char *backend_sg; /* NULL: there is none */
};

/* What of it is the wanted resource; NULL: it must be made, because there is none, or because the
 * one that is there cannot be made into it (another type, scheme, protocol ...: spec-lbc-nlb 2.6).
 */
bool have_lb_is(const struct have_lb *h, const struct stack_lb *want);
bool have_tg_is(const struct have_tg *h, const struct lbconfig *c, const struct stack_tg *want);
/* The first of those. */
const struct have_sg *have_sg_match(const struct have *h, const struct stack_sg *want);
const struct have_lb *have_lb_match(const struct have *h, const struct stack_lb *want);
const struct have_tg *have_tg_match(const struct have *h, const struct lbconfig *c,
				    const struct stack_tg *want);

/* Read it. groups: all of the VPC. bindings: all of the cluster with the stack's labels, given by
 * the caller. Of load balancers with one id only the first match's listeners are read. Of what the
 * stack does not want nothing but its existence is read. EBADMSG: an object with the stack's tags
 * has no resource tag. */
MUST int have_read(struct have *out, struct aws *w, struct elbindex *index,
		   const struct lbconfig *c, const struct stack *want,
		   const struct ec2_groups *groups, struct arena *a, int64_t deadline,
		   struct err *e);
