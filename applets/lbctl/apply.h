/* SPDX-License-Identifier: Apache-2.0 */
/* apply.h - carry out a plan, step by step: the only code of the controller that changes anything
 * in AWS for a stack. */
#pragma once
#include "elbindex.h"
#include "kube.h"
#include "plan.h"

struct apply {
	struct aws *aws;
	struct kube *kube;      /* NULL: steps of the API server's are refused */
	struct elbindex *index; /* told of what has changed; NULL: there is none */
	int64_t deadline;
	/* Told before and after each step; NULL: nobody. done: its outcome, NULL before. */
	void (*tell)(void *arg, const struct step *s, size_t nth, const struct err *done);
	void *arg;
	/* Called while something must be waited for, with the time to wait; below zero ends the
	 * wait and the plan. NULL: apply sleeps. */
	int (*pause)(void *arg, int64_t ms);
};
/* What a step has made: an ARN, a group's id, by its reference; of a load balancer also its name,
 * by stack_ref(STACK_LB, id, "dnsName"). */
struct apply_value {
	const char *ref, *value;
};
struct apply_values {
	struct apply_value *v;
	size_t n, cap;
};
/* Stops at the first step that fails: what was done stays, and the next pass finds it by its tags
 * and goes on from there. e->num EAGAIN: what is there is not what the plan was made for (a rule
 * that exists already, a rule or group that is gone): read and plan again; EBUSY: it must wait.
 * What is to be deleted and is gone is success. Waits, as the original does, for what still uses a
 * target group (20 s) or a security group (10 s), and for listeners that have just been made (20
 * s). */
MUST int apply_plan(const struct apply *how, const struct plan *p, struct apply_values *made,
		    struct arena *a, struct err *e);
/* The value of a reference, NULL: unknown. */
const char *apply_value(const struct apply_values *made, const char *ref);
