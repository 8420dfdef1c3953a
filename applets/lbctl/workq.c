/* SPDX-License-Identifier: Apache-2.0 */
/* workq.c - keyed work with retries. */
#include <stdlib.h>
#include <string.h>

#include "workq.h"

enum { FIRST_MS = 5 };

struct work {
	char *key;
	bool waits, runs, dirty; /* dirty: added while it ran */
	int failures;
	uint64_t turn; /* order of adding */
	int64_t due;
};
struct workq {
	struct work *v; /* by key */
	size_t n, cap, running;
	size_t limit;
	int64_t max_ms;
	uint64_t turns;
};

struct workq *workq_new(int limit, int64_t max_ms)
{
	struct workq *q = xalloc(sizeof(*q));

	*q = (struct workq) { .limit = (size_t)limit, .max_ms = max_ms };
	return q;
}

void workq_free(struct workq **at)
{
	struct workq *q = TAKE(*at);

	for (size_t i = 0; q && i < q->n; i++)
		free(q->v[i].key);
	if (q)
		free(q->v);
	free(q);
}

static size_t place(const struct workq *q, const char *key)
{
	size_t from = 0, to = q->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(q->v[mid].key, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct work *find(const struct workq *q, const char *key)
{
	size_t i = place(q, key);

	return i < q->n && strcmp(q->v[i].key, key) == 0 ? &q->v[i] : NULL;
}

static struct work *insert(struct workq *q, const char *key)
{
	size_t i = place(q, key);

	if (q->n == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 16;
		q->v = xgrow(q->v, q->cap * sizeof(*q->v));
	}
	memmove(&q->v[i + 1], &q->v[i], (q->n++ - i) * sizeof(*q->v));
	q->v[i] = (struct work) { .key = strdup(key) };
	if (!q->v[i].key)
		die("out of memory");
	return &q->v[i];
}

void workq_add(struct workq *q, const char *key, int64_t now)
{
	struct work *w = find(q, key);

	if (!w)
		w = insert(q, key);
	if (w->runs) {
		w->dirty = true;
		return;
	}
	if (!w->waits)
		w->turn = ++q->turns;
	w->waits = true;
	if (!w->due || w->due > now)
		w->due = now;
}

const char *workq_take(struct workq *q, int64_t now)
{
	struct work *best = NULL;

	if (q->running >= q->limit)
		return NULL;
	for (struct work *w = q->v; w < q->v + q->n; w++)
		if (w->waits && w->due <= now && (!best || w->turn < best->turn))
			best = w;
	if (!best)
		return NULL;
	best->waits = false;
	best->runs = true;
	best->due = 0;
	q->running++;
	return best->key;
}

static int64_t penalty(const struct workq *q, int failures)
{
	int64_t ms = FIRST_MS;

	while (--failures > 0 && ms < q->max_ms)
		ms *= 2;
	return ms < q->max_ms ? ms : q->max_ms;
}

void workq_done(struct workq *q, const char *key, int64_t again_ms, int64_t now)
{
	struct work *w = find(q, key);
	bool dirty = w->dirty;

	q->running--;
	w->runs = w->dirty = false;
	w->failures = again_ms == 0 ? w->failures + 1 : 0;
	if (again_ms < 0 && !dirty) {
		free(w->key);
		memmove(w, w + 1, (size_t)(q->v + --q->n - w) * sizeof(*w));
		return;
	}
	w->waits = true;
	w->turn = ++q->turns;
	/* What has changed meanwhile may be the cure: then it need not wait. */
	w->due = now;
	if (!dirty)
		w->due += again_ms ? again_ms : penalty(q, w->failures);
}

int64_t workq_wait(const struct workq *q, int64_t now)
{
	int64_t best = -1;

	if (q->running >= q->limit)
		return -1;
	for (const struct work *w = q->v; w < q->v + q->n; w++) {
		int64_t ms = w->due > now ? w->due - now : 0;

		if (w->waits && (best < 0 || ms < best))
			best = ms;
	}
	return best;
}

size_t workq_running(const struct workq *q)
{
	return q->running;
}

size_t workq_size(const struct workq *q)
{
	return q->n;
}
