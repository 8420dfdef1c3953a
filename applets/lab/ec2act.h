/* SPDX-License-Identifier: Apache-2.0 */
/* ec2act.h - the handlers of EC2's actions, for the table in ec2api.c. Each writes the inside of
 * its answer, or refuses and has changed nothing. */
#pragma once
#include "apicall.h"

/* ec2show.c */
int show_enis(struct api_call *c, struct err *e);
int show_instances(struct api_call *c, struct err *e);
int show_subnets(struct api_call *c, struct err *e);
int show_tags(struct api_call *c, struct err *e);
int show_types(struct api_call *c, struct err *e);
int show_vpcs(struct api_call *c, struct err *e);
int show_zones(struct api_call *c, struct err *e);

/* ec2eni.c */
int eni_create(struct api_call *c, struct err *e);
int eni_attach(struct api_call *c, struct err *e);
int eni_modify(struct api_call *c, struct err *e);
int eni_detach(struct api_call *c, struct err *e);
int eni_delete(struct api_call *c, struct err *e);
int eni_assign(struct api_call *c, struct err *e);
int eni_unassign(struct api_call *c, struct err *e);

/* ec2group.c */
int show_groups(struct api_call *c, struct err *e);
int group_create(struct api_call *c, struct err *e);
int group_remove(struct api_call *c, struct err *e);
int group_authorize(struct api_call *c, struct err *e);
int group_revoke(struct api_call *c, struct err *e);

/* ec2route.c */
int show_route_tables(struct api_call *c, struct err *e);

/* ec2tag.c */
int tags_create(struct api_call *c, struct err *e);
int tags_delete(struct api_call *c, struct err *e);
/* Put the tags at PREFIX.n.Key and PREFIX.n.Value on a list, or refuse them all. */
MUST int tags_put(struct api_call *c, const char *prefix, struct world_tag **tags, struct err *e);
