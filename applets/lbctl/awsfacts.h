/* SPDX-License-Identifier: Apache-2.0 */
/* awsfacts.h - the model's facts from AWS: what all stacks ask for is asked once and kept for a
 * while. Thread-safe; each pass has a view of its own, which nothing changes under it. */
#pragma once
#include "elbindex.h"
#include "lbconfig.h"
#include "lbfacts.h"
#include "stack.h"

struct awsfacts;
struct awsfacts *awsfacts_new(struct aws *w, const struct lbconfig *c, struct elbindex *index);
void awsfacts_free(struct awsfacts **x);
/* Something of ours in the VPC has changed: security groups are read anew. */
void awsfacts_changed(struct awsfacts *x);

/* A pass's view. f is what the model is given; what it has loaded stays as it is until
 * awsfacts_close(). */
struct factview {
	struct facts f;
	struct awsfacts *x;
	const struct stack *owner; /* whose load balancer FACT_LOAD_BALANCER is */
	struct blob *blobs[FACTS];
	struct blob_held *held; /* renewed since */
	int64_t deadline;
};
void awsfacts_open(struct factview *v, struct awsfacts *x, const struct stack *owner,
		   struct arena *a, int64_t deadline);
/* A part is loaded anew when it is needed again; strings of the old one stay until
 * awsfacts_close(), for models are made of them. */
void awsfacts_renew(struct facts *f, enum fact which);
void awsfacts_close(struct factview *v);
#define auto_factview AUTO(awsfacts_close)
