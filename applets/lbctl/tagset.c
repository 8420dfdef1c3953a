/* SPDX-License-Identifier: Apache-2.0 */
/* tagset.c - lists of tags as maps. */
#include <stdlib.h>
#include <string.h>

#include "tagset.h"

/* The list is full when it is empty and at each power of two. */
void tagset_add(struct tags *t, const char *key, const char *value, struct arena *a)
{
	if (!(t->n & (t->n - 1))) {
		struct tag *bigger = arena_get(a, (t->n ? 2 * t->n : 1) * sizeof(*bigger));

		if (t->n)
			memcpy(bigger, t->v, t->n * sizeof(*bigger));
		t->v = bigger;
	}
	t->v[t->n++] = (struct tag) { key, value };
}

void tagset_put(struct tags *t, const char *key, const char *value, struct arena *a)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].key, key) == 0) {
			t->v[i].value = value;
			return;
		}
	}
	tagset_add(t, key, value, a);
}

static int by_key(const void *a, const void *b)
{
	const struct tag *x = a, *y = b;

	return strcmp(x->key, y->key);
}

void tagset_sort(struct tags *t)
{
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_key);
}

/* By key, then by the place that it had. */
static int by_key_and_place(const void *a, const void *b)
{
	const struct tag *const *x = a, *const *y = b;
	int c = strcmp((*x)->key, (*y)->key);

	return c ? c : (*x > *y) - (*x < *y);
}

void tagset_settle(struct tags *t, struct arena *a)
{
	const struct tag **order = arena_get(a, (t->n + 1) * sizeof(const struct tag *));
	struct tag *v = arena_get(a, (2 * t->n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		order[i] = &t->v[i];
	if (t->n)
		qsort(order, t->n, sizeof(*order), by_key_and_place);
	for (size_t i = 0; i < t->n; i++) {
		if (n && strcmp(v[n - 1].key, order[i]->key) == 0)
			n--;
		v[n++] = *order[i];
	}
	*t = (struct tags) { v, n };
}

struct tags tagset_merge(const struct tags *under, const struct tags *over, struct arena *a)
{
	struct tags out = { 0 };

	for (size_t i = 0; i < under->n; i++)
		tagset_add(&out, under->v[i].key, under->v[i].value, a);
	for (size_t i = 0; i < over->n; i++)
		tagset_add(&out, over->v[i].key, over->v[i].value, a);
	tagset_settle(&out, a);
	return out;
}
