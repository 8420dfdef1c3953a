/* SPDX-License-Identifier: Apache-2.0 */
/* lblimits.h - AWS's limits (lblimits.def), checked before anything is changed. */
#pragma once
#include "stack.h"

enum lblimit {
#define LIMIT(id, ...) LIMIT_##id,
#include "lblimits.def"
#undef LIMIT
	LBLIMITS
};
/* How many of each an account may have; 0: not checked. */
struct lblimits {
	int64_t max[LBLIMITS];
};
struct lblimits lblimits_default(void);
/* What DescribeAccountLimits says of one name; false when it is none of these. */
bool lblimits_set(struct lblimits *l, const char *quota, int64_t max);

/* The limits of a single rule, which nobody raises. EINVAL, code "LimitExceeded": which limit, how
 * many, and what to do. */
MUST int limits_rule(const struct elb_conditions *conditions, const struct elb_actions *actions,
		     struct err *e);
/* The limits of a load balancer and its security group: the same. Before it is taken for final, an
 * account's raised limits should have been set. */
MUST int limits_stack(const struct stack *s, const struct lblimits *l, struct err *e);
