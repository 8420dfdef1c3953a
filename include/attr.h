/* SPDX-License-Identifier: Apache-2.0 */
/* attr.h - netlink attributes in a buffer that grows, for what does not fit a single request or is
 * kept. (A request in struct nl is written with nl_put() instead.) */
#pragma once
#include <libmnl/libmnl.h>

#include "buf.h"

/* Each appends one attribute, aligned. More than 64 KiB in one is a bug and dies. */
void attr_put(struct buf *b, uint16_t type, const void *data, size_t n);
void attr_str(struct buf *b, uint16_t type, const char *s); /* with its NUL */
void attr_be32(struct buf *b, uint16_t type, uint32_t v);
void attr_be64(struct buf *b, uint16_t type, uint64_t v);
/* What follows until attr_end() is inside. */
size_t attr_nest(struct buf *b, uint16_t type);
void attr_end(struct buf *b, size_t nest);

/* Big-endian values, as nf_tables has them; 0 when a is NULL or has another size. (Other values,
 * and nests: nl_u32(), nl_str(), nl_nested() of nl.h.) */
uint32_t attr_get_be32(const struct nlattr *a);
uint64_t attr_get_be64(const struct nlattr *a);
