/* SPDX-License-Identifier: Apache-2.0 */
/* ec2limits.c - the table of instance types, by binary search. */
#include <stdlib.h>
#include <string.h>

#include "ec2limits.h"

static const struct limits table[] = {
#define L(type, enis, ipv4, cards, card, nitro, bare, branch, vcpus, mib) \
	{ type, mib, vcpus, branch, enis, ipv4, cards, card, nitro, bare },
#include "limits.def"
#undef L
};

static int by_type(const void *key, const void *row)
{
	const struct limits *l = row;

	return strcmp(key, l->type);
}

const struct limits *limits_of(const char *type)
{
	return bsearch(type, table, COUNT(table), sizeof(table[0]), by_type);
}

size_t limits_count(void)
{
	return COUNT(table);
}

const struct limits *limits_at(size_t i)
{
	return &table[i];
}
