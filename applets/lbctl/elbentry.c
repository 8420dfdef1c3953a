/* SPDX-License-Identifier: Apache-2.0 */
/* elbentry.c - ARN, tags and object in one piece of memory. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "elbentry.h"

/* As long as the original remembers tags (spec-lbc-nlb 17). */
enum { TAGS_AGE_MS = 20 * 60 * 1000 };

const struct elbentry_row elbentry_kinds[ELBENTRY_LISTS] = {
	{ &elb_load_balancer_shape, ELB_describe_load_balancers },
	{ &elb_target_group_shape, ELB_describe_target_groups },
};

struct elbentry elbentry_new(const char *arn, enum elbentry_kind kind)
{
	size_t n = strlen(arn) + 1;

	return (struct elbentry) { .arn = memcpy(xalloc(n), arn, n),
				   .size = (uint32_t)n,
				   .kind = kind };
}

void elbentry_free(struct elbentry *t)
{
	free(t->arn);
	*t = (struct elbentry) { 0 };
}

bool elbentry_old(const struct elbentry *t)
{
	return !t->tagged || now_ms() - t->tagged > TAGS_AGE_MS;
}

/* Tags are between the ARN and the object: key, value, ..., "". */
static uint32_t tags_end(const struct elbentry *t)
{
	return t->object > t->tags ? t->object : t->size;
}

/* Object and tags anew; NULL: none. */
static void fill(struct elbentry *t, const struct buf *object, const struct buf *tags)
{
	size_t n = strlen(t->arn) + 1, no = object ? object->len : 0, nt = tags ? tags->len : 0;
	char *all = xalloc(n + nt + no);

	memcpy(all, t->arn, n);
	if (nt)
		memcpy(all + n, tags->p, nt);
	if (no)
		memcpy(all + n + nt, object->p, no);
	free(t->arn);
	t->arn = all;
	t->tags = nt ? (uint32_t)n : 0;
	t->object = no ? (uint32_t)(n + nt) : 0;
	t->size = (uint32_t)(n + nt + no);
}

void elbentry_set_object(struct elbentry *t, const void *object)
{
	const struct shape *s = elbentry_kinds[t->kind].shape;
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct buf tags = { t->tags ? t->arn + t->tags : NULL, t->tags ? tags_end(t) - t->tags : 0,
			    0 };
	void *named = memcpy(arena_get(&a, s->size), object, s->size);

	*(const char **)named = ""; /* the ARN is the first member of both */
	shape_pack(s, named, &b);
	t->stale = false;
	fill(t, &b, &tags);
}

void elbentry_set_tags(struct elbentry *t, const struct tags *v, bool keep)
{
	auto_buf struct buf b = { 0 };
	struct buf object = { t->object ? t->arn + t->object : NULL,
			      t->object ? t->size - t->object : 0, 0 };

	for (size_t i = 0; i < v->n && keep; i++) {
		buf_add(&b, v->v[i].key, strlen(v->v[i].key) + 1);
		buf_add(&b, v->v[i].value, strlen(v->v[i].value) + 1);
	}
	if (keep)
		buf_add(&b, "", 1);
	t->tagged = now_ms();
	t->stale = t->stale || (keep && !t->object);
	fill(t, keep ? &object : NULL, &b);
}

static const char *next(const char *s)
{
	return s + strlen(s) + 1;
}

bool elbentry_has(const struct elbentry *t, const struct tags *wanted)
{
	size_t hits = 0;

	if (!t->tags || !wanted)
		return false;
	for (const char *k = t->arn + t->tags, *v; *k; k = next(v)) {
		v = next(k);
		for (size_t i = 0; i < wanted->n; i++)
			hits += strcmp(k, wanted->v[i].key) == 0 &&
				strcmp(v, wanted->v[i].value) == 0;
	}
	return hits == wanted->n;
}

/* text: as kept, in memory that stays. */
static struct tags read_tags(const char *text, struct arena *a)
{
	struct tags out = { 0 };

	for (const char *k = text; text && *k; k = next(next(k)))
		out.n++;
	out.v = arena_get(a, out.n * sizeof(*out.v));
	for (size_t i = 0; i < out.n; i++, text = next(next(text)))
		out.v[i] = (struct tag) { text, next(text) };
	return out;
}

struct tags elbentry_tags(const struct elbentry *t, struct arena *a)
{
	size_t n = t && t->tags ? tags_end(t) - t->tags : 0;

	return read_tags(n ? memcpy(arena_get(a, n), t->arn + t->tags, n) : NULL, a);
}

void elbentry_copy(const struct elbentry *t, void *object, struct tags *tags, struct arena *a)
{
	const char *all = memcpy(arena_get(a, t->size), t->arn, t->size);

	(void)shape_unpack(elbentry_kinds[t->kind].shape, all + t->object, object, a);
	*(const char **)object = all;
	*tags = read_tags(all + t->tags, a);
}
