/* SPDX-License-Identifier: Apache-2.0 */
/* attr.c - netlink attributes in and out of memory. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "attr.h"
#include "nl.h"

static struct nlattr *at(const struct buf *b, size_t offset)
{
	return (struct nlattr *)(void *)(b->p + offset);
}

static void pad(struct buf *b)
{
	static const char zero[MNL_ALIGNTO] = { 0 };

	buf_add(b, zero, MNL_ALIGN(b->len) - b->len);
}

void attr_put(struct buf *b, uint16_t type, const void *data, size_t n)
{
	struct nlattr a = { .nla_type = type };

	if (n > UINT16_MAX - MNL_ATTR_HDRLEN)
		die("netlink attribute %u of %zu bytes is too large", type, n);
	a.nla_len = (uint16_t)(MNL_ATTR_HDRLEN + n);
	buf_add(b, &a, sizeof(a));
	if (n)
		buf_add(b, data, n);
	pad(b);
}

void attr_str(struct buf *b, uint16_t type, const char *s)
{
	attr_put(b, type, s, strlen(s) + 1);
}

void attr_be32(struct buf *b, uint16_t type, uint32_t v)
{
	v = htonl(v);
	attr_put(b, type, &v, sizeof(v));
}

void attr_be64(struct buf *b, uint16_t type, uint64_t v)
{
	v = htobe64(v);
	attr_put(b, type, &v, sizeof(v));
}

size_t attr_nest(struct buf *b, uint16_t type)
{
	size_t nest = b->len;

	attr_put(b, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void attr_end(struct buf *b, size_t nest)
{
	if (b->len - nest > UINT16_MAX)
		die("netlink nest of %zu bytes is too large", b->len - nest);
	at(b, nest)->nla_len = (uint16_t)(b->len - nest);
}

uint32_t attr_get_be32(const struct nlattr *a)
{
	return ntohl(nl_u32(a));
}

uint64_t attr_get_be64(const struct nlattr *a)
{
	uint64_t v = 0;

	return nl_bytes(a, &v, sizeof(v)) ? be64toh(v) : 0;
}
