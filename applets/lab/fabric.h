/* SPDX-License-Identifier: Apache-2.0 */
/* fabric.h - the VPC on the wire: a router namespace with one link per ENI. A packet enters only
 * with a source that EC2 has assigned to that ENI (strict reverse path filter) and leaves only
 * towards the ENI that has its destination (one host route and one permanent neighbour per
 * address); everything else falls into a black hole. */
#pragma once
#include "lab.h"

/* Sysctls, service addresses, the Internet's namespace and link. The caller's namespace becomes the
 * router. */
MUST int fabric_init(struct lab *lab, struct err *e);
/* Link, routes and neighbours of an attached ENI; the node's end is born in its namespace as
 * ens<5+device>. */
MUST int fabric_attach(struct lab *lab, struct node *n, struct eni *eni, struct err *e);
MUST int fabric_detach(struct lab *lab, struct eni *eni, struct err *e);
MUST int fabric_address(struct lab *lab, struct eni *eni, struct ip ip, bool add, struct err *e);
/* What EC2's DHCP leaves on the primary ENI: address and the four routes with metric 1024. */
MUST int fabric_dhcp(struct node *n, struct err *e);
/* Name of the router's end of an ENI's link. */
void fabric_link(const struct eni *eni, char out[16]);
/* Name of the node's end: ens5 for device 0. */
void fabric_ifname(const struct eni *eni, char out[16]);
