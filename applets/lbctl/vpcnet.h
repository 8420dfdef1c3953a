/* SPDX-License-Identifier: Apache-2.0 */
/* vpcnet.h - which subnets and security groups a load balancer gets: pure, of facts (spec-lbc-nlb
 * 6, 7.1, spec-lbc-alb 11, 12.2). */
#pragma once
#include "lbconfig.h"
#include "lbfacts.h"

struct subnet_ask {
	bool application; /* ALB: two zones at least */
	bool internal, dualstack;
};
bool subnet_has_ipv6(const struct ec2_subnet *s); /* a block that is associated */
bool subnet_has_role(const struct ec2_subnet *s, const struct subnet_ask *q);
/* Why discovery passes it over, role and zone aside; NULL: it does not. */
const char *subnet_against(const struct lbconfig *c, const struct subnet_ask *q,
			   const struct ec2_subnet *s);
struct subnet_list {
	const struct ec2_subnet **v;
	size_t n;
};
/* By ids and Name tags, in their order (6.1). */
MUST int subnets_named(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
		       const struct strs *names, struct subnet_list *out, struct arena *a,
		       struct err *e);
/* By role tags, else by their routes (6.2); those with these tags when tags is not NULL (an object
 * of lists). */
MUST int subnets_found(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
		       const struct json *tags, struct subnet_list *out, struct arena *a,
		       struct err *e);
/* Ids first, then all that bear one of the names. */
MUST int groups_named(struct facts *f, const struct strs *names, struct strs *ids, struct arena *a,
		      struct err *e);
