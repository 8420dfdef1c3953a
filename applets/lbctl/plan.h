/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - from what a stack wants and what is there to steps: pure. A step is one request of AWS's
 * or the API server's, exactly as it will be sent; what is printed, written down and carried out
 * later
 * (`lbctl plan`, `lbctl apply --plan`), or at once by the controller, is the same list. */
#pragma once
#include "have.h"
#include "lbconfig.h"
#include "shape_call.h"
#include "stack.h"

enum step_effect { STEP_CREATE, STEP_CHANGE, STEP_DELETE };
struct step_line {
	const char *field, *from, *to; /* from NULL: it was not there; to NULL: it goes */
};
/* Strings anywhere in a request may be references (stack.h) to what an earlier step makes. */
struct step {
	enum step_effect effect;
	const char *title; /* "load balancer k8s-default-web-6b0ba8ff70" */
	struct step_line *lines;
	size_t nlines, cap;
	const char *gives; /* the reference that the answer resolves, NULL: none */

	const struct aws_action *action; /* NULL: of the API server's */
	const void *in;                  /* action->in */

	const char *method, *path, *body; /* of the API server's; body: JSON */
	const char *gone; /* wait until the object at this path is gone; NULL: do not */
};
struct plan {
	struct step *v;
	size_t n, cap;
	struct arena *a;
	/* Capacity must wait until its load balancer is active: look again after
	 * --lb-stabilization-monitor-interval (spec-lbc-nlb 9.3). Not part of the JSON. */
	bool again;
};

/* Every step to make `have` into `want`, in an order in which each can be done (spec-lbc-nlb 8,
 * spec-lbc-alb 20). Of a stack that is not whole nothing goes, load balancers and listeners that
 * are there keep their settings, and rules of nobody's keep their place among the others; only what
 * is missing is added. `want` without load balancers deletes all that is there. Nothing when
 * nothing differs. */
void plan_make(const struct lbconfig *c, const struct stack *want, const struct have *have,
	       struct plan *out, struct arena *a);

/* ---- as text */

/* "+ load balancer NAME (CreateLoadBalancer)" and its lines; colour as told. */
void plan_print(const struct plan *p, bool colour, struct buf *out);
/* {"steps":[{"effect","title","changes":[{"field","from","to"}],"service","action","params","gives"}
 * or {..., "method","path","body","gone"}]}; and back: EBADMSG names the step and the member. */
struct json *plan_json(const struct plan *p);
MUST int plan_read(const struct json *j, struct plan *out, struct arena *a, struct err *e);

/* ---- for the planners (plan_*.c) */

struct planner {
	const struct lbconfig *c;
	const struct stack *want;
	const struct have *have;
	struct plan *out;
	struct arena *a;
	struct plan_ref {
		const char *ref, *value;
	} * refs; /* what is known already, sorted */
	size_t nrefs;
	bool *kept; /* of each binding that is there: not to be deleted at the end */
};
/* What there is of a wanted load balancer: the match; of a stack that is not whole, whatever bears
 * its id. Of a listener: that of its port, on that load balancer. NULL: it must be made. */
const struct have_lb *plan_lb(const struct planner *p, const char *id);
const struct have_listener *plan_listener(const struct planner *p, const struct stack_listener *w);
/* What a reference stands for already; else the text itself. */
const char *plan_value(const struct planner *p, const char *text);
/* A copy of a rule's settings with all references that are known put in. */
const struct elb_create_rule *plan_settings(const struct planner *p,
					    const struct elb_create_rule *r);
/* Grant what is wanted and revoke what is not. */
void plan_rule_changes(struct planner *p, const char *group, const char *title,
		       const struct ec2_permissions *want, const struct ec2_permissions *have);
/* A copy of a request with all references that are known put in; gives: see struct step. */
struct step *plan_call(struct planner *p, enum step_effect effect, const struct aws_action *act,
		       const void *in, const char *title);
struct step *plan_kube(struct planner *p, enum step_effect effect, const char *method,
		       const char *path, const struct json *body, const char *title);
void step_line(struct planner *p, struct step *s, const char *field, const char *from,
	       const char *to);
/* Lines for all that a request has set. */
void step_lines_of(struct planner *p, struct step *s);
/* AddTags and RemoveTags, or CreateTags and DeleteTags of id "sg-...". */
void plan_tags(struct planner *p, const char *arn, bool legacy, const struct tags *want,
	       const struct tags *have, const char *title);
/* The attributes that differ; NULL known: none is known, all are sent. */
struct tags plan_attributes(struct planner *p, const struct tags *want, const struct tags *have);

void plan_groups(struct planner *p);      /* security groups: create, tags, rules */
void plan_groups_gone(struct planner *p); /* and delete */
void plan_target_groups(struct planner *p);
void plan_target_groups_gone(struct planner *p);
void plan_load_balancers(struct planner *p);
void plan_capacities(struct planner *p);
void plan_listeners(struct planner *p);
void plan_rules(struct planner *p);
void plan_bindings(struct planner *p);
void plan_bindings_gone(struct planner *p);
