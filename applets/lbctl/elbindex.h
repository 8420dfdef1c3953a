/* SPDX-License-Identifier: Apache-2.0 */
/* elbindex.h - the load balancers and target groups of this cluster in its VPC, with their tags:
 * read for all stacks at once, so that a hundred stacks cost what one does, and kept up to date by
 * what we do ourselves. Of others' no more is kept than that they are others'. Thread-safe. */
#pragma once
#include "elbv2.h"
#include "lbconfig.h"

struct elbindex;
/* c is borrowed: which VPC, which cluster. */
struct elbindex *elbindex_new(const struct lbconfig *c);
void elbindex_free(struct elbindex **x);

struct index_lb {
	struct elb_load_balancer lb;
	struct tags tags;
};
struct index_tg {
	struct elb_target_group tg;
	struct tags tags;
};
/* What is this cluster's by its tags, and has all of either tags; copied to a. The lists are read
 * anew when they are older than max_age_ms or in doubt, tags when they are older than 20 minutes.
 */
MUST int elbindex_find(struct elbindex *x, struct aws *w, const struct tags *either,
		       const struct tags * or, int64_t max_age_ms, struct index_lb **lbs,
		       size_t *nlbs, struct index_tg **tgs, size_t *ntgs, struct arena *a,
		       int64_t deadline, struct err *e);
/* Tags of any resources of ours (listeners, rules), kept for 20 minutes. */
MUST int elbindex_tags(struct elbindex *x, struct aws *w, const struct strs *arns, struct tags *out,
		       struct arena *a, int64_t deadline, struct err *e);

/* What we have done. Made: as AWS has answered, with the tags that it was made with. */
void elbindex_made_lb(struct elbindex *x, const struct elb_load_balancer *lb,
		      const struct tags *tags);
void elbindex_made_tg(struct elbindex *x, const struct elb_target_group *tg,
		      const struct tags *tags);
/* It is asked for again, alone. */
enum index_part { INDEX_OBJECT, INDEX_TAGS };
void elbindex_changed(struct elbindex *x, enum index_part what, const char *arn);
void elbindex_gone(struct elbindex *x, const char *arn);
/* AWS has said something that the lists do not know, or nobody knows what was done: they are read
 * anew. */
void elbindex_doubt(struct elbindex *x);
