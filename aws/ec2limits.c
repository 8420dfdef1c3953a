/* SPDX-License-Identifier: Apache-2.0 */
/* ec2limits.c - the table of instance types: six bytes each, places in lists of the values there
 * are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ec2limits.h"

/* The names by which rows refer to the lists. */
enum {
#define SIZE(name, text) SIZE_##name,
#include "limits.def"
};
enum {
#define NET(name, ...) NET_##name,
#include "limits.def"
};
enum {
#define KIND(name, ...) KIND_##name,
#include "limits.def"
};
enum {
#define VCPUS(name, n) VCPUS_##name,
#include "limits.def"
};
enum {
#define MIB(name, n) MIB_##name,
#include "limits.def"
};
enum {
#define BRANCH(name, n) BRANCH_##name,
#include "limits.def"
};
/* Where each family's types begin. */
enum {
#define FAMILY(name, text, n) FIRST_##name, LAST_##name = FIRST_##name + (n)-1,
#include "limits.def"
};

enum { SIZE_ROOM = 11, FAMILY_ROOM = 14 };
static const char sizes[][SIZE_ROOM] = {
#define SIZE(name, text) text,
#include "limits.def"
};
static const struct net {
	uint8_t enis, ipv4, cards, default_card;
} nets[] = {
#define NET(name, enis, ipv4, cards, card) { enis, ipv4, cards, card },
#include "limits.def"
};
static const struct kind {
	uint8_t hypervisor, bare_metal, archs;
} kinds[] = {
#define KIND(name, hypervisor, bare, archs) { hypervisor, bare, archs },
#include "limits.def"
};
static const int16_t vcpus[] = {
#define VCPUS(name, n) n,
#include "limits.def"
};
static const int32_t mib[] = {
#define MIB(name, n) n,
#include "limits.def"
};
static const int16_t branch[] = {
#define BRANCH(name, n) n,
#include "limits.def"
};
static const struct family {
	char name[FAMILY_ROOM];
	uint16_t first;
} families[] = {
#define FAMILY(name, text, n) { text, FIRST_##name },
#include "limits.def"
};
static const struct row {
	uint8_t size, net, kind, vcpus, mib, branch;
} rows[] = {
#define T(size, net, kind, vcpus, mib, branch) \
	{ SIZE_##size, NET_##net, KIND_##kind, VCPUS_##vcpus, MIB_##mib, BRANCH_##branch },
#include "limits.def"
};

/* The lists' places fit a byte, the names their rooms. */
_Static_assert(COUNT(sizes) <= 256 && COUNT(nets) <= 256 && COUNT(kinds) <= 256 &&
		       COUNT(vcpus) <= 256 && COUNT(mib) <= 256 && COUNT(branch) <= 256,
	       "a list of limits.def is too long for a byte");
#define SIZE(name, text) _Static_assert(sizeof(text) <= SIZE_ROOM, text " is too long");
#define FAMILY(name, text, n) _Static_assert(sizeof(text) <= FAMILY_ROOM, text " is too long");
#include "limits.def"

static int by_first(const void *key, const void *member)
{
	const struct family *f = member;
	size_t i = *(const size_t *)key;

	if (i < f->first)
		return -1;
	return f + 1 < families + COUNT(families) && i >= f[1].first;
}

struct limits limits_at(size_t i)
{
	const struct family *f =
		bsearch(&i, families, COUNT(families), sizeof(families[0]), by_first);
	const struct row *r = &rows[i];
	const struct net *n = &nets[r->net];
	const struct kind *k = &kinds[r->kind];
	struct limits l = { .memory_mib = mib[r->mib],
			    .vcpus = vcpus[r->vcpus],
			    .branch_enis = branch[r->branch],
			    .enis = n->enis,
			    .ipv4 = n->ipv4,
			    .cards = n->cards,
			    .default_card = n->default_card,
			    .bare_metal = k->bare_metal,
			    .hypervisor = k->hypervisor,
			    .archs = k->archs };

	snprintf(l.type, sizeof(l.type), "%s.%s", f->name, sizes[r->size]);
	return l;
}

/* Names are in order with their dot: "m7i-flex." is before "m7i.". */
static int by_name(const void *key, const void *member)
{
	const struct family *f = member;
	const char *type = key;
	size_t n = strlen(f->name);
	int d = strncmp(type, f->name, n);

	return d ? d : (unsigned char)type[n] - '.';
}

bool limits_of(const char *type, struct limits *out)
{
	const struct family *f =
		bsearch(type, families, COUNT(families), sizeof(families[0]), by_name);
	size_t i, end;

	if (!f)
		return false;
	type += strlen(f->name) + 1;
	end = f + 1 < families + COUNT(families) ? f[1].first : COUNT(rows);
	for (i = f->first; i < end && strcmp(sizes[rows[i].size], type) != 0; i++)
		;
	if (i == end)
		return false;
	if (out)
		*out = limits_at(i);
	return true;
}

size_t limits_count(void)
{
	return COUNT(rows);
}

const char *limits_as_of(void)
{
#define AS_OF(month) return month;
#include "limits.def"
}
