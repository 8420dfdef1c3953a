/* SPDX-License-Identifier: Apache-2.0 */
/* albcount.c - numbers by name. */
#include <stdlib.h>
#include <string.h>

#include "alb.h"

struct alb_count {
	struct alb_count *next;
	int64_t n;
	char name[];
};

int64_t *alb_count(struct alb_counts *l, const char *name)
{
	size_t len = strlen(name);
	struct alb_count *c = l->first;

	while (c && strcmp(c->name, name) != 0)
		c = c->next;
	if (c)
		return &c->n;
	c = xalloc(sizeof(*c) + len + 1);
	memcpy(c->name, name, len + 1);
	c->next = l->first;
	l->first = c;
	return &c->n;
}

void alb_counts_trim(struct alb_counts *l, const char *keep)
{
	for (struct alb_count **at = &l->first; *at;) {
		struct alb_count *c = *at;

		if (keep && c->n && str_prefix(c->name, keep)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free(c);
	}
}
