/* SPDX-License-Identifier: Apache-2.0 */
/* sgrules.c - security groups' rules one source each. */
#include <stdlib.h>
#include <string.h>

#include "sgrules.h"

static int64_t port_of(struct shape_num n)
{
	return n.set ? n.v : 0;
}

/* What makes two rules the same: descriptions do not. */
static const char *key_of(const struct ec2_permission *r, struct arena *a)
{
	const char *source = r->ranges.n                      ? r->ranges.v[0].cidr
			     : r->ranges6.n                   ? r->ranges6.v[0].cidr
			     : r->prefix_lists.n              ? r->prefix_lists.v[0].id
			     : r->peers.n && r->peers.v[0].id ? r->peers.v[0].id
							      : "";

	return arena_fmt(a, "%s %lld-%lld %s", r->protocol, (long long)port_of(r->from),
			 (long long)port_of(r->to), source);
}

struct sgrules sgrules_for(size_t cap, struct arena *a)
{
	return (struct sgrules) { arena_get(a, cap * sizeof(struct ec2_permission)),
				  arena_get(a, cap * sizeof(char *)), 0, cap };
}

void sgrules_add(struct sgrules *l, const struct ec2_permission *r, struct arena *a)
{
	l->keys[l->n] = key_of(r, a);
	l->v[l->n++] = *r;
}

struct sgrules sgrules_expand(const struct ec2_permissions *all, struct arena *a)
{
	struct sgrules out;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->v[i].ranges.n + all->v[i].ranges6.n + all->v[i].prefix_lists.n +
		     all->v[i].peers.n;
	out = sgrules_for(n, a);
	for (size_t i = 0; i < all->n; i++) {
		const struct ec2_permission *r = &all->v[i];
		struct ec2_permission one = { .protocol = r->protocol,
					      .from = r->from,
					      .to = r->to };

		for (size_t k = 0; k < r->ranges.n; k++) {
			one.ranges = (struct ec2_ranges) { r->ranges.v + k, 1 };
			sgrules_add(&out, &one, a);
		}
		one.ranges.n = 0;
		for (size_t k = 0; k < r->ranges6.n; k++) {
			one.ranges6 = (struct ec2_range6s) { r->ranges6.v + k, 1 };
			sgrules_add(&out, &one, a);
		}
		one.ranges6.n = 0;
		for (size_t k = 0; k < r->prefix_lists.n; k++) {
			one.prefix_lists = (struct ec2_prefix_lists) { r->prefix_lists.v + k, 1 };
			sgrules_add(&out, &one, a);
		}
		one.prefix_lists.n = 0;
		for (size_t k = 0; k < r->peers.n; k++) {
			one.peers = (struct ec2_peers) { r->peers.v + k, 1 };
			sgrules_add(&out, &one, a);
		}
	}
	return out;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of equal ones the first stays the first. */
static int by_key(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a;
	const char *const *y = *(const char *const *const *)b;
	int c = strcmp(*x, *y);

	return c ? c : (x > y) - (x < y);
}

struct sgrules sgrules_without(const struct sgrules *all, const struct sgrules *other,
			       struct arena *a)
{
	struct sgrules out = sgrules_for(all->n, a);
	const char **sorted = arena_get(a, other->n * sizeof(*sorted));
	const char ***order = arena_get(a, all->n * sizeof(*order));

	if (other->n)
		memcpy(sorted, other->keys, other->n * sizeof(*sorted));
	qsort(sorted, other->n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < all->n; i++)
		order[i] = &all->keys[i];
	qsort(order, all->n, sizeof(*order), by_key);
	for (size_t i = 0; i < all->n; i++) {
		bool twice = i && strcmp(*order[i - 1], *order[i]) == 0;

		if (!twice && !bsearch(order[i], sorted, other->n, sizeof(*sorted), by_text))
			sgrules_add(&out, &all->v[order[i] - all->keys], a);
	}
	return out;
}

const char *sgrules_description(const struct ec2_permission *r)
{
	const char *d = r->ranges.n         ? r->ranges.v[0].description
			: r->ranges6.n      ? r->ranges6.v[0].description
			: r->prefix_lists.n ? r->prefix_lists.v[0].description
			: r->peers.n        ? r->peers.v[0].description
					    : NULL;

	return d ? d : "";
}
