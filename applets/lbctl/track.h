/* SPDX-License-Identifier: Apache-2.0 */
/* track.h - whose an object is: names with hashes, tracking tags, labels (spec-lbc-nlb 1.3, 1.4,
 * spec-lbc-alb 7, 8). */
#pragma once
#include "lbconfig.h"
#include "stack.h"

/* The first n characters of s without what is no ASCII letter or digit; in a. */
const char *track_part(const char *s, size_t n, struct arena *a);
/* The first n (at most 64) hex digits of SHA-256 over all of them, end to end; NULL ends the list.
 */
const char *track_hash(struct arena *a, size_t n, const char *const *parts);
/* "k8s-traffic-CLUSTER-HASH" */
const char *track_backend_sg(const struct lbconfig *c, struct arena *a);

/* Stack tags, resource tag, then tags: earlier ones win. Sorted by key. */
struct tags track_tags(const struct lbconfig *c, const struct stack *s, const char *resource,
		       const struct tags *tags, struct arena *a);
struct tags track_stack_tags(const struct lbconfig *c, const struct stack *s, struct arena *a);
struct tags track_legacy_tags(const struct lbconfig *c, const struct stack *s, struct arena *a);
struct tags track_backend_tags(const struct lbconfig *c, struct arena *a); /* of the shared group */
bool track_has(const struct tags *all, const struct tags *wanted);
/* Do they say that it is this cluster's, whichever stack's? */
bool track_ours(const struct lbconfig *c, const struct tags *t);
/* The labels of a TargetGroupBinding. */
struct tags track_labels(const struct stack *s, struct arena *a);
/* What to set and what to remove so that have becomes want; "aws:", --external-managed-tags and,
 * for load balancers, target groups and security groups, the legacy keys are left alone. Sorted. */
void track_diff(const struct lbconfig *c, bool legacy, const struct tags *want,
		const struct tags *have, struct tags *set, struct strs *gone, struct arena *a);
/* User tags and --default-tags, whichever wins; EINVAL: a key of --external-managed-tags. */
MUST int track_user_tags(const struct lbconfig *c, const struct tags *user, struct tags *out,
			 struct arena *a, struct err *e);
