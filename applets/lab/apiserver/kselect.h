/* SPDX-License-Identifier: Apache-2.0 */
/* kselect.h - label and field selectors of a list or watch. */
#pragma once
#include "kstore.h"

struct kterm {
	struct kterm *next;
	bool field;
	enum { KTERM_IN, KTERM_NOT_IN, KTERM_THERE, KTERM_NOT_THERE, KTERM_MORE, KTERM_LESS } op;
	const char *key;
	const char **v; /* values */
	size_t n;
};
struct kselect {
	struct kterm *terms;
};
/* NULL and "" select all. Strings go into the arena. BadRequest names what is no selector, or the
 * field by which this kind cannot be selected. */
MUST int kselect_parse(struct kselect *s, const struct kres *r, const char *labels,
		       const char *fields, struct arena *a, struct err *e);
bool kselect_match(const struct kselect *s, const struct kobj *o);
