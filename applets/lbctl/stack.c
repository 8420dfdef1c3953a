/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c - resources by type and id; references to them. */
#include <string.h>

#include "stack.h"

#define POINTER "#/resources/"
#define STATUS "/status/"

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* Every resource begins with its id. */
static const char *id_at(const void *v, size_t size, size_t i)
{
	return *(const char *const *)(const void *)((const char *)v + i * size);
}

/* The slot of an id, or the free one where it belongs. The index is never full. */
static uint32_t *slot_of(const struct stack_index *x, const void *v, size_t size, const char *id)
{
	size_t at = hash_of(id) & (x->n - 1);

	while (x->slot[at] && strcmp(id_at(v, size, x->slot[at] - 1), id) != 0)
		at = (at + 1) & (x->n - 1);
	return &x->slot[at];
}

static void index_grow(struct stack_index *x, const void *v, size_t size, size_t n, struct arena *a)
{
	x->n = x->n ? 2 * x->n : 16;
	x->slot = arena_get(a, x->n * sizeof(*x->slot));
	for (size_t i = 0; i < n; i++)
		*slot_of(x, v, size, id_at(v, size, i)) = (uint32_t)i + 1;
}

/* The element of that id: the one there is, or a copy of item at the end. */
static void *add(struct stack_index *x, void **v, size_t *n, size_t size, const void *item,
		 struct arena *a)
{
	const char *id = id_at(item, size, 0);
	uint32_t *slot;

	if (2 * *n >= x->n)
		index_grow(x, *v, size, *n, a);
	slot = slot_of(x, *v, size, id);
	if (!*slot) {
		if (!(*n & (*n - 1))) { /* full: empty, or a power of two */
			void *bigger = arena_get(a, (*n ? 2 * *n : 1) * size);

			if (*n)
				memcpy(bigger, *v, *n * size);
			*v = bigger;
		}
		memcpy((char *)*v + *n * size, item, size);
		*slot = (uint32_t)++ * n;
	}
	return (char *)*v + (*slot - 1) * size;
}

#define ADD(name, type, list, which)                                                          \
	struct name *stack_add_##type(struct stack *s, const struct name *v, struct arena *a) \
	{                                                                                     \
		void *at = s->list;                                                           \
		struct name *r = add(&s->index[which], &at, &s->n##list, sizeof(*v), v, a);   \
                                                                                              \
		s->list = at;                                                                 \
		return r;                                                                     \
	}
ADD(stack_sg, sg, sgs, IS_SG)
ADD(stack_lb, lb, lbs, IS_LB)
ADD(stack_tg, tg, tgs, IS_TG)
ADD(stack_listener, listener, listeners, IS_LISTENER)
ADD(stack_rule, rule, rules, IS_RULE)
ADD(stack_binding, binding, bindings, IS_BINDING)

struct stack_tg *stack_tg(const struct stack *s, const char *id)
{
	uint32_t slot = s->ntgs ? *slot_of(&s->index[IS_TG], s->tgs, sizeof(*s->tgs), id) : 0;

	return slot ? &s->tgs[slot - 1] : NULL;
}

const char *stack_ref(const char *type, const char *id, const char *field, struct arena *a)
{
	return arena_fmt(a, POINTER "%s/%s" STATUS "%s", type, id, field);
}

bool stack_is_ref(const char *text)
{
	return text && text[0] == '#';
}

/* Types have no '/', ids may. */
bool stack_ref_split(const char *ref, const char **type, const char **id, struct arena *a)
{
	const char *at, *end = NULL;

	if (!ref || !str_prefix(ref, POINTER))
		return false;
	ref += strlen(POINTER);
	at = strchr(ref, '/');
	for (const char *s = at; s && (s = strstr(s + 1, STATUS));)
		end = s;
	if (!end || end == at)
		return false;
	*type = arena_fmt(a, "%.*s", (int)(at - ref), ref);
	*id = arena_fmt(a, "%.*s", (int)(end - at - 1), at + 1);
	return true;
}
