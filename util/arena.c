/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - bump allocation in growing blocks. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

/* The first block is of the size of a buffer to read into, so that a short-lived program finds both
 * in the same pages. */
enum { ALIGN = 16, FIRST = 2048 };

struct block {
	struct block *next;
	size_t used, cap;
	_Alignas(ALIGN) char data[];
};

static struct block *block_new(size_t cap, struct block *next)
{
	struct block *b = xalloc(sizeof(*b) + cap);

	b->cap = cap;
	b->next = next;
	return b;
}

void *arena_get(struct arena *a, size_t n)
{
	struct block *b = a->head;
	void *p;

	if (n > SIZE_MAX / 4)
		die("out of memory (%zu bytes)", n);
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!b || b->cap - b->used < n) {
		size_t cap = b ? b->cap * 2 : FIRST;

		if (b && n > cap / 2) /* large: on its own, behind the block that still has room */
			b = b->next = block_new(n, b->next);
		else
			b = a->head = block_new(cap > n ? cap : n, b);
	}
	p = b->data + b->used;
	b->used += n;
	return p;
}

char *arena_str(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_get(a, n), s, n);
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("bad format '%s'", fmt);
	s = arena_get(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
}
