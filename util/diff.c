/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - merge two sorted arrays into additions, changes and deletions. */
#include <stdlib.h>

#include "diff.h"

struct side {
	char *at;
	size_t left;
};

static const void *peek(const struct side *s)
{
	return s->left ? s->at : NULL;
}

static void next(struct side *s, size_t size)
{
	s->at += size;
	s->left--;
}

static int step(const struct diff *d, const void *w, const void *h, bool adding, void *ctx,
		struct err *e)
{
	if (!h)
		return adding ? d->add(ctx, w, e) : 0;
	if (!w)
		return adding ? 0 : d->del(ctx, h, e);
	return adding && d->same && !d->same(w, h) ? d->change(ctx, w, h, e) : 0;
}

static int pass(const struct diff *d, struct side w, struct side h, bool adding, void *ctx,
		struct err *e)
{
	struct err later;
	int rc = 0;

	while (w.left || h.left) {
		const void *a = peek(&w), *b = peek(&h);
		int order = !a ? 1 : !b ? -1 : d->cmp(a, b);

		if (step(d, order > 0 ? NULL : a, order < 0 ? NULL : b, adding, ctx,
			 rc ? &later : e) < 0)
			rc = -1;
		if (order <= 0)
			next(&w, d->size);
		if (order >= 0)
			next(&h, d->size);
	}
	return rc;
}

int diff_apply(const struct diff *d, void *want, size_t nwant, void *have, size_t nhave, void *ctx,
	       struct err *e)
{
	struct side w = { want, nwant }, h = { have, nhave };
	struct err later;
	int first, second;

	if (nwant)
		qsort(want, nwant, d->size, d->cmp);
	if (nhave)
		qsort(have, nhave, d->size, d->cmp);
	first = pass(d, w, h, d->add_first, ctx, e);
	second = pass(d, w, h, !d->add_first, ctx, first ? &later : e);
	return first || second ? -1 : 0;
}
