/* SPDX-License-Identifier: Apache-2.0 */
/* elbzone.h - what a load balancer may be told: checks that creating and changing one share. */
#pragma once
#include "elb.h"

/* The zones of mappings, or of plain ids: one subnet of each zone, with addresses that fit v's type
 * and scheme; into v. */
struct zones_asked {
	struct elb_subnet_mappings mappings;
	struct strs ids;
};
MUST int zones_settle(struct elb *b, struct lb_shown *v, const struct zones_asked *in,
		      struct arena *a, struct err *e);
/* With a list of addresses in each, if only an empty one. */
struct elb_zones zones_shown(struct elb_zones z, struct arena *a);
MUST int security_groups_check(struct elb *b, const struct strs *ids, struct err *e);
MUST int ip_address_type_check(const struct lb_shown *v, struct arena *a, struct err *e);
MUST int source_nat_check(const struct lb_shown *v, const char *want, struct arena *a,
			  struct err *e);
/* values: "on|off" */
MUST int word_check(const char *what, const char *value, const char *values, struct arena *a,
		    struct err *e);
/* Is it registered with a target group of type alb? */
bool lb_is_target(const struct elb *b, const struct lb *lb);
