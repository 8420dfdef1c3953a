/* SPDX-License-Identifier: Apache-2.0 */
/* nodefacts.h - what IMDS says about this node, checked, and what its instance type allows
 * (spec-ipamd 6, 9). Blocking. */
#pragma once
#include "config.h"
#include "ec2limits.h"
#include "imds.h"
#include "pool.h"
#include "str.h"

enum { AWS_ID = 40 };

/* Read once at the start; constant afterwards, so jobs may look at it. */
struct nodefacts {
	char region[32], zone[64], instance[AWS_ID], type[64], vpc[AWS_ID];
	char eni[ENI_ID], subnet[AWS_ID]; /* of the primary ENI */
	struct mac mac;
	struct ip ip;
	int max_enis, ips_per_eni, max_pods;
};
/* Everything but region. EBADMSG names the item and what it said; ENOENT an unknown instance type.
 */
MUST int nodefacts_read(struct nodefacts *n, const struct config *c, struct imds *m, struct err *e);
/* The limits alone: max_enis, ips_per_eni, max_pods of n->type. */
MUST int nodefacts_limits(struct nodefacts *n, int max_eni, struct err *e);
/* The VPC's IPv4 CIDRs as they are now; at least one. */
MUST int nodefacts_vpc_cidrs(const struct nodefacts *n, struct imds *m, struct cidrs *out,
			     struct arena *a, struct err *e);
/* The primary ENI's security groups, sorted. */
MUST int nodefacts_groups(const struct nodefacts *n, struct imds *m, struct strs *out,
			  struct arena *a, struct err *e);

/* One item of IMDS below /latest/meta-data/, white space around it gone. */
MUST int imds_item(struct imds *m, const char **out, struct arena *a, struct err *e,
		   const char *path, ...) FMT(5, 6);
/* The same as a list of words; an item that does not exist is an empty list. */
MUST int imds_list(struct imds *m, struct strs *out, struct arena *a, struct err *e,
		   const char *path, ...) FMT(5, 6);
/* "eni-0a1b", "subnet-...": letters, digits and dashes, no more than room - 1. EBADMSG names what
 * and the text. */
MUST int copy_id(char *out, size_t room, const char *what, const char *text, struct err *e);
