/* SPDX-License-Identifier: Apache-2.0 */
/* diff.h - the step from what is to what should be; every reconciler is one call of it. */
#pragma once
#include "base.h"

struct diff {
	size_t size;                                      /* of one element, in both arrays */
	int (*cmp)(const void *a, const void *b);         /* identity */
	bool (*same)(const void *want, const void *have); /* NULL: identity is all there is */
	int (*add)(void *ctx, const void *want, struct err *e);
	int (*change)(void *ctx, const void *want, const void *have, struct err *e);
	int (*del)(void *ctx, const void *have, struct err *e);
	bool add_first; /* no gap in service, at the price of room for both */
};
/* Sorts both arrays, takes every step it can, returns -1 with the first failure. No two elements of
 * one array may be of the same identity. A failed step does not keep the others from being taken.
 */
MUST int diff_apply(const struct diff *d, void *want, size_t nwant, void *have, size_t nhave,
		    void *ctx, struct err *e);
