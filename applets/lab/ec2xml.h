/* SPDX-License-Identifier: Apache-2.0 */
/* ec2xml.h - the things of the simulated VPC as EC2's API (2016-11-15) writes them. */
#pragma once
#include "buf.h"
#include "world.h"

/* The address that the Internet gateway translates to an ENI's primary one; no address: none. */
struct ip eni_public_ip(const struct eni *n);
/* "available" or "in-use". */
const char *eni_status(const struct eni *n);
/* "arm64" or "x86_64", by the name of the type. */
const char *type_arch(const char *type);
/* <tagSet>; nothing in it when there are no tags. */
void xml_tags(struct buf *b, const struct world_tag *tags);
/* What is inside an <item>, without the <item>. */
void xml_eni(struct buf *b, const struct world *w, const struct eni *n);
void xml_instance(struct buf *b, const struct world *w, const struct instance *i);
void xml_subnet(struct buf *b, const struct world *w, const struct subnet *s);
void xml_vpc(struct buf *b, const struct world *w);
void xml_zone(struct buf *b, const struct world *w, const struct subnet *s);
void xml_type(struct buf *b, const struct limits *l);
