/* SPDX-License-Identifier: Apache-2.0 */
/* sgwire.h - security groups on packets: every ENI's link in the router carries the number of its
 * group (IFLA_GROUP), and one chain a group says what may go out to such links; load balancers,
 * which have no links, are known by their addresses. Stateful, silent to what it drops, as in AWS.
 * Egress is open: the model has no other. */
#pragma once
#include "lab.h"
#include "sgroup.h"

/* The rules anew, in one batch, from the model. */
MUST int sgwire_sync(struct lab *lab, struct err *e);
/* The number of an ENI's group on its link. */
uint32_t sgwire_number(const struct world *w, const struct eni *eni);
/* One rule of a group as the matches of nftables; false: of what never comes (IPv6, prefix lists).
 * Pure. */
bool sgwire_match(const struct world *w, const struct sg_rule *r, struct buf *x);
