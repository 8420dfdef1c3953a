/* SPDX-License-Identifier: Apache-2.0 */
/* elbindex.h - the VPC's load balancers and target groups with their tags: read for all stacks at
 * once, so that a hundred stacks cost what one does. Thread-safe. */
#pragma once
#include "elbv2.h"
#include "lbconfig.h"

struct elbindex;
struct elbindex *elbindex_new(void);
void elbindex_free(struct elbindex **x);

struct index_lb {
	struct elb_load_balancer lb;
	struct tags tags;
};
struct index_tg {
	struct elb_target_group tg;
	struct tags tags;
};
/* What has all of either tags, copied to a. The lists are read anew when they are older than
 * max_age_ms or something of ours has been made, changed or deleted since; tags of an ARN when they
 * are older than 20 minutes or were changed by us. */
MUST int elbindex_find(struct elbindex *x, struct aws *w, const char *vpc,
		       const struct tags *either, const struct tags * or, int64_t max_age_ms,
		       struct index_lb **lbs, size_t *nlbs, struct index_tg **tgs, size_t *ntgs,
		       struct arena *a, int64_t deadline, struct err *e);
/* Tags of any resources (listeners, rules), through the same cache. */
MUST int elbindex_tags(struct elbindex *x, struct aws *w, const struct strs *arns, struct tags *out,
		       struct arena *a, int64_t deadline, struct err *e);
/* We have done something: which lists are old now, and whose tags (arn NULL: nobody's). */
enum { INDEX_LBS = 1, INDEX_TGS = 2 };
void elbindex_changed(struct elbindex *x, int lists, const char *arn);
