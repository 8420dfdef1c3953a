/* SPDX-License-Identifier: Apache-2.0 */
/* cloud.h - conversations with EC2 about ENIs (spec-ipamd 7, 8, 21). Blocking: for jobs. */
#pragma once
#include "attached.h"

/* What a job borrows; nobody else may use imds meanwhile. */
struct cloud {
	struct aws *aws;
	struct imds *imds;
	const struct nodefacts *node;
	const struct config *config;
};

/* The subnet has no address left: asking again soon is useless. */
bool cloud_insufficient(const struct err *e);
/* The tags of every ENI of ours (spec-ipamd 7); in a. */
struct tags cloud_tags(const struct config *c, const char *instance, struct arena *a);

/* The instance's ENIs as IMDS and EC2 have them. */
struct cloud_enis {
	struct attacheds list; /* without those that we must not manage */
	int unmanaged;         /* how many those are */
	/* Ours and attached, but IMDS does not list them yet: for attached_wait(). */
	struct late {
		char id[ENI_ID];
		size_t ips; /* besides the primary address */
	} * late;
	size_t nlate;
};
/* An ENI that an agent made and died before it was attached is deleted on the way. */
MUST int cloud_enis(struct cloud *w, struct cloud_enis *out, struct arena *a, struct err *e);
/* Give x up to so many more addresses; *got are those that it has now and had not. EC2 answering
 * that the limit is reached, or not at all, is settled by asking what the ENI has. */
MUST int cloud_assign(struct cloud *w, const struct attached *x, int count, struct ip **got,
		      size_t *ngot, struct arena *a, struct err *e);
/* Create, attach, DeleteOnTermination, and wait until IMDS shows it with its addresses. Whatever
 * fails, the new ENI is deleted again. */
MUST int cloud_create(struct cloud *w, int ips, struct attached *out, struct arena *a,
		      struct err *e);
