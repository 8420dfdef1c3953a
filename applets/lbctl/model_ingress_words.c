/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_words.c - sets of words, as the original compares and prints them. */
#include <stdlib.h>
#include <string.h>

#include "ingressbuild.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct strs ingress_set(const struct strs *l, struct arena *a)
{
	struct strs out = { arena_get(a, (l->n + 1) * sizeof(*out.v)), 0 };

	if (!l->n)
		return out;
	memcpy(out.v, l->v, l->n * sizeof(*out.v));
	qsort(out.v, l->n, sizeof(*out.v), by_text);
	for (size_t i = 0; i < l->n; i++)
		if (!out.n || strcmp(out.v[out.n - 1], out.v[i]) != 0)
			out.v[out.n++] = out.v[i];
	return out;
}

bool ingress_same(const struct strs *a, const struct strs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

const char *ingress_bracketed(const struct strs *l, struct arena *a)
{
	auto_buf struct buf text = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_str(&text, " ");
		buf_str(&text, l->v[i]);
	}
	return arena_fmt(a, "[%s]", text.p ? text.p : "");
}

bool ingress_has(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}
