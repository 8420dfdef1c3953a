/* SPDX-License-Identifier: Apache-2.0 */
/* sgsync.h - the rules of ours in security groups: what is in them, and making it what it should
 * be (spec-lbc-nlb 12.3, 12.4). Whoever calls holds a lock of his own. */
#pragma once
#include "awsfacts.h"

#define NODERULES_DESCRIPTION "elbv2.k8s.aws/targetGroupBinding=shared"

struct sgsync;
struct sgsync *sgsync_new(void);
void sgsync_free(struct sgsync **s);

struct sgsync_door {
	const struct lbconfig *c;
	struct aws *aws;
	struct awsfacts *facts;
	struct factview *view; /* of facts */
	bool complete;         /* all that is wanted is known: what is not wanted may go */
	struct arena *a;
	int64_t deadline;
};
/* These rules, one source each, and of ours no others. What is in a group is read once in 10
 * minutes at most. ENOENT: there is no such group. */
MUST int sgsync_make(struct sgsync *s, const struct sgsync_door *d, const char *group,
		     const struct ec2_permissions *want, struct err *e);
/* Of ours none in any other of the cluster's groups than these, sorted ones. */
MUST int sgsync_rest(struct sgsync *s, const struct sgsync_door *d, const struct strs *in_use,
		     struct err *e);
bool sgsync_swept(const struct sgsync *s); /* sgsync_rest() has seen the cluster's groups */
