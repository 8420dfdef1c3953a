/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that dies together: one arena per request, job or reconcile. */
#pragma once
#include "base.h"

struct arena {
	struct block *head;
};
void *arena_get(struct arena *a, size_t n); /* zeroed, 16-byte aligned */
char *arena_fmt(struct arena *a, const char *fmt, ...) FMT(2, 3);
char *arena_str(struct arena *a, const char *s);
void arena_free(struct arena *a);
#define auto_arena AUTO(arena_free)
#define NEW(a, type) ((type *)arena_get((a), sizeof(type)))
