/* SPDX-License-Identifier: Apache-2.0 */
/* noderules.h - the rules that let load balancers reach nodes and pods: what each
 * TargetGroupBinding wants of which security group, all of it together, and what to change
 * (spec-lbc-nlb 12). */
#pragma once
#include "awsfacts.h"
#include "endpoints.h"
#include "podeni.h"
#include "sgsync.h"

/* ---- pure */

/* The rules of one binding for a security group behind which these endpoints are: one source each.
 * EINVAL names the port or the CIDR that is wrong. */
MUST int noderules_of(const struct kube_binding *b, const struct endpoint *const *v, size_t n,
		      struct ec2_permissions *out, struct arena *a, struct err *e);
/* All bindings' rules for one group as they are granted: those from security groups become one
 * range for each protocol and source unless unrestricted; each once. */
struct ec2_permissions noderules_merge(const struct ec2_permissions *all, size_t n,
				       bool unrestricted, struct arena *a);
/* The group of an interface that gets the rules: its only one, or that of the cluster (12.2). */
MUST int noderules_group(const struct lbconfig *c, const struct pod_eni *eni, struct facts *f,
			 const char **out, struct arena *a, struct err *e);

/* ---- */

struct noderules;
struct noderules *noderules_new(void);
void noderules_free(struct noderules **r);
/* Loop thread: which bindings there are. */
void noderules_list(struct noderules *r, const struct kubestore *all);

struct noderules_door {
	const struct lbconfig *c;
	struct aws *aws;
	struct awsfacts *facts;
	struct podenis *enis;
	struct arena *a;
	int64_t deadline;
};
/* Make it so for this binding, and for the groups that others' rules are in too. v NULL: it is let
 * go of, and wants nothing any more. Rules that nobody wants are revoked once every binding of the
 * cluster has been here. */
MUST int noderules_set(struct noderules *r, const struct noderules_door *d,
		       const struct kube_binding *b, const struct endpoints *v, struct err *e);
