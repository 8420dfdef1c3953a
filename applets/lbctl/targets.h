/* SPDX-License-Identifier: Apache-2.0 */
/* targets.h - what is registered in target groups: read once, kept, and changed in batches
 * (spec-lbc-nlb 10.7). The cache is thread-safe; comparing is pure. */
#pragma once
#include "elbv2.h"
#include "endpoints.h"

/* Who asks: keys NULL are the session's own. */
struct target_door {
	struct aws *aws;
	const struct aws_keys *keys;
	const char *arn;
	struct arena *a;
	int64_t deadline;
};

struct targets;
struct targets *targets_new(void);
void targets_free(struct targets **t);
/* All targets with their health. What is kept (5 minutes) costs a call only for those that are not
 * healthy, and only when they were asked for longer ago than max_age_ms. ENOENT: there is no such
 * target group. */
MUST int targets_list(struct targets *t, const struct target_door *d, int64_t max_age_ms,
		      struct elb_target_healths *out, struct err *e);
/* This target group has just been made: nothing is in it. */
void targets_empty(struct targets *t, const char *arn);
void targets_forget(struct targets *t, const char *arn);
/* In batches of 200, one after the other. What was done before one failed stays done, and known.
 * e->code InvalidTarget: some cannot be registered, and all others are. */
MUST int targets_register(struct targets *t, const struct target_door *d,
			  const struct elb_target *v, size_t n, struct err *e);
MUST int targets_deregister(struct targets *t, const struct target_door *d,
			    const struct elb_target *v, size_t n, struct err *e);

/* ---- comparing */

struct target_match {
	/* Of each endpoint its target, or NULL: it must be registered (is not there, or on its way
	 * out). */
	const struct elb_target_health **of;
	size_t missing;
	/* What nobody wants. */
	struct elb_target *extra;
	size_t nextra;
	size_t present; /* all, with those on their way out */
};
struct target_match targets_match(const struct endpoints *want,
				  const struct elb_target_healths *have, struct arena *a);
