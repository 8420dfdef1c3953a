/* SPDX-License-Identifier: Apache-2.0 */
/* typefind.c - an instance type in the table or a file's rows, and what may have been meant. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "str.h"
#include "typefind.h"

static const char *const archs_known[] = { "x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac" };

int arch_bit(const char *name)
{
	for (size_t i = 0; i < COUNT(archs_known); i++)
		if (strcmp(name, archs_known[i]) == 0)
			return 1 << i;
	return 0;
}

const char *arch_names(int archs, const char *between, struct arena *a)
{
	/* EC2 lists i386 first. */
	static const int order[] = { ARCH_I386, ARCH_X86_64, ARCH_ARM64, ARCH_X86_64_MAC,
				     ARCH_ARM64_MAC };
	const char *out = "";

	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t k = 0; k < COUNT(archs_known); k++)
			if (order[i] == 1 << k && (archs & order[i]))
				out = arena_fmt(a, "%s%s%s", out, *out ? between : "",
						archs_known[k]);
	return *out ? out : "-";
}

const char *hypervisor_name(int hypervisor)
{
	static const char *const names[] = { [HYPERVISOR_UNKNOWN] = "unknown",
					     [HYPERVISOR_NITRO] = "nitro",
					     [HYPERVISOR_XEN] = "xen" };

	return names[hypervisor];
}

bool type_valid(const char *type)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t family = strspn(type, word), size;

	if (family == 0 || type[family] != '.')
		return false;
	size = strspn(type + family + 1, word);
	return size > 0 && !type[family + 1 + size] && family + 1 + size < LIMITS_TYPE;
}

const char *type_shown(const char *type, struct arena *a)
{
	auto_buf struct buf quoted = { 0 };

	json_quote(type, &quoted);
	return arena_fmt(a, "'%.*s'", (int)(quoted.len > 62 ? 60 : quoted.len - 2), quoted.p + 1);
}

/* ---- lookup */

void limits_fill(struct limits *told, const struct limits *known)
{
	if (told->memory_mib < 0)
		told->memory_mib = known->memory_mib;
	if (told->vcpus < 0)
		told->vcpus = known->vcpus;
	if (told->branch_enis < 0)
		told->branch_enis = known->branch_enis;
	if (told->hypervisor == HYPERVISOR_UNKNOWN)
		told->hypervisor = known->hypervisor;
	if (!told->archs)
		told->archs = known->archs;
	if (!told->cards) {
		told->cards = known->cards;
		told->cards_differ = known->cards_differ;
	}
}

static int by_type(const void *a, const void *b)
{
	return strcmp(((const struct limits *)a)->type, ((const struct limits *)b)->type);
}

bool types_find(const struct types *t, const char *type, struct limits *out, const char **from,
		struct arena *a)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].type, type) != 0)
			continue;
		*out = t->v[i];
		*from = t->file;
		return true;
	}
	*from = arena_fmt(a, "table of %s", limits_as_of());
	return limits_of(type, out);
}

struct limits *types_all(const struct types *t, size_t *n, struct arena *a)
{
	struct limits *all = arena_get(a, (t->n + limits_count()) * sizeof(*all));
	size_t k = 0;

	*n = 0;
	for (size_t i = 0; i < limits_count(); i++) {
		struct limits l = limits_at(i);

		while (k < t->n && strcmp(t->v[k].type, l.type) < 0)
			all[(*n)++] = t->v[k++];
		if (k == t->n || strcmp(t->v[k].type, l.type) != 0)
			all[(*n)++] = l;
	}
	while (k < t->n)
		all[(*n)++] = t->v[k++];
	qsort(all, *n, sizeof(*all), by_type);
	return all;
}

/* ---- what may have been meant */

static const char *nearest(const struct limits *all, size_t n, const char *lower)
{
	const char *best = NULL;
	size_t least = strlen(lower) / 5 + 1; /* more edits than one in five are another word */

	for (size_t i = 0; i < n; i++) {
		size_t d = str_distance(lower, all[i].type);

		if (d < least) {
			least = d;
			best = all[i].type;
		}
	}
	return best;
}

static const char *sizes_of(const struct limits *all, size_t n, const char *lower, struct arena *a)
{
	size_t family = strcspn(lower, ".") + 1;
	const char *out = NULL;

	if (!strchr(lower, '.'))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(all[i].type, lower, family) == 0)
			out = arena_fmt(a, "%s%s%s", out ? out : "", out ? " " : "",
					all[i].type + family);
	return out;
}

int types_unknown(const struct types *t, const char *type, struct arena *a, struct err *e)
{
	char *lower = arena_str(a, type);
	const char *shown = type_shown(type, a), *near, *sizes;
	size_t n;
	struct limits *all = types_all(t, &n, a);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	near = nearest(all, n, lower);
	sizes = sizes_of(all, n, lower, a);
	if (near)
		return fail(e, ENOENT, "no instance type %s in the table of %s; did you mean %s?",
			    shown, limits_as_of(), near);
	if (sizes)
		return fail(e, ENOENT, "no instance type %s in the table of %s; %.*s has %s", shown,
			    limits_as_of(), (int)strcspn(lower, "."), lower, sizes);
	return fail(e, ENOENT, "no instance type %s in the table of %s", shown, limits_as_of());
}
