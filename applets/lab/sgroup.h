/* SPDX-License-Identifier: Apache-2.0 */
/* sgroup.h - the simulated VPC's security groups and their rules, as EC2 keeps them. */
#pragma once
#include "world.h"

enum sg_peer { SG_CIDR, SG_CIDR6, SG_PREFIX_LIST, SG_GROUP };
/* One source of one permission: what EC2 counts, finds and takes away. */
struct sg_rule {
	struct sg_rule *next;
	char id[WORLD_ID]; /* "sgr-..." */
	char protocol[12]; /* "tcp", "udp", "icmp", "icmpv6", "-1", or a number */
	int64_t from, to;  /* -1: all of ICMP; protocols without ports: both unset */
	bool ports;        /* whether from and to are there */
	enum sg_peer kind;
	char peer[80];     /* a CIDR in canonical form, or an id */
	char *description; /* NULL: none */
};
struct sgroup {
	struct sgroup *next;
	uint64_t serial; /* as of ENIs: the order of pages */
	char id[WORLD_ID], name[260], description[260];
	struct world_tag *tags;
	struct sg_rule *ingress, *egress;
	int shut; /* faults that were asked for: while there is one it lets nothing in */
};

struct sgroup *sgroup_find(const struct world *w, const char *id);
/* By name; NULL: none has it. */
struct sgroup *sgroup_named(const struct world *w, const char *name);
/* The VPC's default group: everything from its own members. */
void sgroups_init(struct world *w);
void sgroups_free(struct world *w);
MUST int sgroup_create(struct world *w, const char *name, const char *description,
		       struct sgroup **out, struct err *e);
/* DependencyViolation while an ENI, another group's rule or (used) something that the world does
 * not know refers to it. */
MUST int sgroup_delete(struct world *w, struct sgroup *g, bool used, struct err *e);
/* All n rules are there (or gone) afterwards, or none; add is copied. */
MUST int sgroup_authorize(struct world *w, struct sgroup *g, const struct sg_rule *add, size_t n,
			  struct err *e);
MUST int sgroup_revoke(struct world *w, struct sgroup *g, const struct sg_rule *gone, size_t n,
		       struct err *e);
/* Tell the wire: a group has changed, or which one an ENI has. */
void sgroup_changed(struct world *w);
bool sg_rule_same(const struct sg_rule *x, const struct sg_rule *y); /* but for descriptions */
