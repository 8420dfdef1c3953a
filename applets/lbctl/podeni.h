/* SPDX-License-Identifier: Apache-2.0 */
/* podeni.h - which network interface traffic to a pod or a node comes in by (spec-lbc-nlb 12.2).
 * The cache is thread-safe. */
#pragma once
#include "ec2host.h"
#include "endpoints.h"

struct podenis;
struct podenis *podenis_new(void);
void podenis_free(struct podenis **k);

struct pod_eni {
	const char *id;     /* NULL: there is none (hybrid nodes) */
	struct strs groups; /* of the interface */
};
struct podeni_door {
	struct aws *aws;
	const char *vpc;
	struct arena *a;
	int64_t deadline;
};
/* One for each endpoint. What is asked of EC2, for all of them at once, is kept for 10 minutes; a
 * pod that does not show up on a node that was looked at earlier makes it ask again. ENOENT names
 * those that cannot be found. */
MUST int podenis_find(struct podenis *k, const struct podeni_door *d, const struct endpoint *v,
		      size_t n, struct pod_eni *out, struct err *e);
