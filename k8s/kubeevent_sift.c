/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent_sift.c - three small memories, searched from end to end: events are rare. */
#include <stdlib.h>
#include <string.h>

#include "kubeevent_sift.h"

enum { REMEMBERED = 4096, SIMILAR = 10, BURST = 25 };
static const int64_t SECOND = 1000000000;
static const int64_t SIMILAR_S = 600, REFILL_S = 300;

/* What each record begins with. */
struct record {
	uint64_t key;
	uint64_t used; /* the higher, the later */
};
struct bucket { /* of an object and type */
	struct record r;
	double tokens;
	int64_t at_ns;
};
struct group { /* of events that differ in their message alone */
	struct record r;
	int64_t last_ns;
	size_t n;
	uint64_t messages[SIMILAR];
};
struct series { /* of events that are counted up */
	struct record r;
	struct kube_sifted last;
};
struct memory {
	char *v;
	size_t n, cap, size;
};
struct kube_sift {
	struct memory buckets, groups, series;
	uint64_t used;
};

struct kube_sift *kube_sift_new(void)
{
	struct kube_sift *s = xalloc(sizeof(*s));

	s->buckets.size = sizeof(struct bucket);
	s->groups.size = sizeof(struct group);
	s->series.size = sizeof(struct series);
	return s;
}

void kube_sift_free(struct kube_sift **sp)
{
	struct kube_sift *s = TAKE(*sp);

	if (!s)
		return;
	free(s->buckets.v);
	free(s->groups.v);
	free(s->series.v);
	free(s);
}

/* A place for one more: at the end, or that of the record whose use is the longest ago. */
static struct record *place(struct memory *m, struct record *oldest)
{
	if (m->n == REMEMBERED)
		return oldest;
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 16;
		m->v = xgrow(m->v, m->cap * m->size);
	}
	return (void *)(m->v + m->n++ * m->size);
}

/* The record of a key, a new one being zero. */
static void *find(struct kube_sift *s, struct memory *m, uint64_t key)
{
	struct record *r, *oldest = NULL;

	for (size_t i = 0; i < m->n; i++) {
		r = (void *)(m->v + i * m->size);
		if (r->key == key) {
			r->used = ++s->used;
			return r;
		}
		if (!oldest || r->used < oldest->used)
			oldest = r;
	}
	r = place(m, oldest);
	memset(r, 0, m->size);
	r->key = key;
	r->used = ++s->used;
	return r;
}

/* FNV-1a, the NUL included, so that "a" "b" is not "ab" "". */
static uint64_t mix(uint64_t h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	while (*s++);
	return h;
}

static uint64_t object_key(const struct kube_said *v)
{
	const char *const parts[] = {
		v->component, v->host, v->kind,        v->ns,
		v->name,      v->uid,  v->api_version, v->warning ? "W" : "N"
	};
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < COUNT(parts); i++)
		h = mix(h, parts[i]);
	return h;
}

static bool within_rate(struct bucket *b, int64_t now)
{
	double passed = (double)(now - b->at_ns) / (double)SECOND;

	if (!b->at_ns)
		b->tokens = BURST;
	else if (passed > 0)
		b->tokens += passed / (double)REFILL_S;
	if (b->tokens > BURST)
		b->tokens = BURST;
	b->at_ns = now;
	if (b->tokens < 1)
		return false;
	b->tokens--;
	return true;
}

/* Is this message one too many of its group? */
static bool combines(struct group *g, uint64_t message, int64_t now)
{
	size_t i = 0;

	if (now - g->last_ns > SIMILAR_S * SECOND)
		g->n = 0;
	g->last_ns = now;
	while (i < g->n && g->messages[i] != message)
		i++;
	if (i == g->n)
		g->messages[g->n++] = message;
	if (g->n < SIMILAR)
		return false;
	g->n--;
	return true;
}

bool kube_sift(struct kube_sift *s, const struct kube_said *v, struct kube_sifted *out)
{
	uint64_t object = object_key(v), group = mix(object, v->reason);
	uint64_t message = mix(14695981039346656037u, v->message);
	struct series *series;
	struct bucket *b;
	bool combined = combines(find(s, &s->groups, group), message, v->at_ns);

	series = find(s, &s->series, combined ? group : mix(group, v->message));
	if (!series->last.count++) {
		series->last.combined = combined;
		series->last.first_ns = series->last.name_ns = v->at_ns;
	}
	*out = series->last;
	b = find(s, &s->buckets, object);
	return within_rate(b, v->at_ns);
}
