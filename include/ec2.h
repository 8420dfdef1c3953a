/* SPDX-License-Identifier: Apache-2.0 */
/* ec2.h - the EC2 actions that ipamd calls (spec-ipamd 7): about 15 lines an action. */
#pragma once
#include "aws.h"
#include "ip.h"
#include "shape.h"

struct ec2_address {
	struct ip ip;
	bool primary;
};
struct ec2_eni {
	const char *id, *type, *description, *status, *subnet,
		*mac;           /* type: interface, trunk, efa, efa-only, branch */
	const char *attachment; /* id, "" when not attached */
	int device, card;
	bool delete_on_termination;
	struct ec2_address *ips;
	size_t nips;
	struct tags tags;
};
struct ec2_enis {
	struct ec2_eni *v;
	size_t n;
};
/* In EC2's order; none for no ids. One that does not exist fails the whole call (ENOENT, its id in
 * single quotes in e->msg). What cannot be read is EBADMSG, naming field and value, here and below.
 */
MUST int ec2_describe_enis(struct aws *w, const char *const *ids, size_t n, struct ec2_enis *out,
			   struct arena *a, int64_t deadline, struct err *e);

/* All that pass one filter ("tag:KEY", "status", "attachment.instance-id" ...), every page. */
MUST int ec2_find_enis(struct aws *w, const char *filter, const char *value, struct ec2_enis *out,
		       struct arena *a, int64_t deadline, struct err *e);

struct ec2_create_eni {
	const char *subnet, *description;
	const char *const *groups;
	size_t ngroups;
	int secondary_ips;
	struct tags tags;
};
/* Carries a ClientToken, so that no attempt makes a second one. */
MUST int ec2_create_eni(struct aws *w, const struct ec2_create_eni *q, struct ec2_eni *out,
			struct arena *a, int64_t deadline, struct err *e);
/* *attachment is the new attachment's id. As with addresses, not tried again when it may be done.
 */
MUST int ec2_attach_eni(struct aws *w, const char *eni, const char *instance, int device, int card,
			const char **attachment, struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_delete_on_termination(struct aws *w, const char *eni, const char *attachment,
				   struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_detach_eni(struct aws *w, const char *attachment, struct arena *a, int64_t deadline,
			struct err *e);
MUST int ec2_delete_eni(struct aws *w, const char *eni, struct arena *a, int64_t deadline,
			struct err *e);
/* Adds count addresses; *out are the new ones. Not tried again when EC2 may have done it (e->code
 * is empty then): ask what the ENI has. */
MUST int ec2_assign_ips(struct aws *w, const char *eni, int count, struct ip **out, size_t *n,
			struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_unassign_ips(struct aws *w, const char *eni, const struct ip *ips, size_t n,
			  struct arena *a, int64_t deadline, struct err *e);
/* Device indexes in use on a card of an instance: used[i] for i < 100. */
MUST int ec2_used_devices(struct aws *w, const char *instance, int card, bool used[100],
			  struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_create_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
			 int64_t deadline, struct err *e);

struct ec2_subnet {
	const char *id, *zone;
	struct cidr cidr;
	int free;
	struct tags tags;
};
MUST int ec2_describe_subnets(struct aws *w, const char *vpc, const char *zone,
			      struct ec2_subnet **out, size_t *n, struct arena *a, int64_t deadline,
			      struct err *e);
