/* SPDX-License-Identifier: Apache-2.0 */
/* elbindex.c - this cluster's load balancers and target groups, kept as AWS has them. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "elbentry.h"
#include "elbindex.h"
#include "track.h"

/* Of DescribeTags, and of ARNs of the other two. */
enum { FIND_TRIES = 3, BATCH = 20 };

/* Who waits for the lock with these ARNs: whoever has it asks for them too. */
struct waiting {
	struct waiting *next;
	const struct strs *arns;
};
struct elbindex {
	const struct lbconfig *c;
	pthread_mutex_t
		lock; /* held while AWS is asked: whoever else wants to know, waits for it */
	int64_t listed[ELBENTRY_LISTS]; /* when; 0: never, or not to be trusted any more */
	uint32_t list[ELBENTRY_LISTS];  /* the present one */
	struct elbentry *v;             /* by ARN */
	size_t n, cap;
	pthread_mutex_t queue; /* held for moments */
	struct waiting *waiting;
};
/* One question to AWS. */
struct asking {
	struct elbindex *x;
	struct aws *w;
	enum elbentry_kind kind;
	int64_t deadline;
	struct err *e;
};

struct elbindex *elbindex_new(const struct lbconfig *c)
{
	struct elbindex *x = xalloc(sizeof(*x));

	*x = (struct elbindex) { .c = c };
	pthread_mutex_init(&x->lock, NULL);
	pthread_mutex_init(&x->queue, NULL);
	return x;
}

void elbindex_free(struct elbindex **at)
{
	struct elbindex *x = TAKE(*at);

	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		elbentry_free(&x->v[i]);
	free(x->v);
	pthread_mutex_destroy(&x->lock);
	pthread_mutex_destroy(&x->queue);
	free(x);
}

/* ---- entries */

/* Where it is, or belongs. */
static size_t place(const struct elbindex *x, const char *arn, bool *there)
{
	size_t from = 0, to = x->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(x->v[mid].arn, arn) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	*there = from < x->n && strcmp(x->v[from].arn, arn) == 0;
	return from;
}

static struct elbentry *get(const struct elbindex *x, const char *arn)
{
	bool there;
	size_t i = place(x, arn, &there);

	return there ? &x->v[i] : NULL;
}

static struct elbentry *get_or_add(struct elbindex *x, const char *arn, enum elbentry_kind kind)
{
	bool there;
	size_t i = place(x, arn, &there);

	if (there)
		return &x->v[i];
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap + x->cap / 2 : 64;
		x->v = xgrow(x->v, x->cap * sizeof(*x->v));
	}
	memmove(&x->v[i + 1], &x->v[i], (x->n++ - i) * sizeof(*x->v));
	x->v[i] = elbentry_new(arn, kind);
	return &x->v[i];
}

static void drop_if(struct elbindex *x,
		    bool (*is)(const struct elbindex *, const struct elbentry *))
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		if (is(x, &x->v[i]))
			elbentry_free(&x->v[i]);
		else
			x->v[n++] = x->v[i];
	}
	x->n = n;
}

/* Of listeners that are gone nobody asks again. */
static bool outlived(const struct elbindex *x, const struct elbentry *t)
{
	(void)x;
	return t->kind == ELBENTRY_OTHER && elbentry_old(t);
}

static bool unlisted(const struct elbindex *x, const struct elbentry *t)
{
	return t->kind < ELBENTRY_LISTS && t->list != x->list[t->kind];
}

/* ---- tags */

static void set_tags(struct elbindex *x, struct elbentry *t, const struct tags *v)
{
	elbentry_set_tags(t, v, t->kind == ELBENTRY_OTHER || track_ours(x->c, v));
}

static int ask_tags(struct asking *q, const char **arns, size_t n)
{
	for (size_t i = 0; i < n; i += BATCH) {
		auto_arena struct arena a = { 0 };
		const struct elb_describe_tags in = { { arns + i, n - i < BATCH ? n - i : BATCH } };
		struct elb_resources out;

		if (elb_describe_tags(q->w, &in, &out, &a, q->deadline, q->e) < 0)
			return -1;
		for (size_t k = 0; k < out.n; k++)
			set_tags(q->x, get_or_add(q->x, out.v[k].arn, ELBENTRY_OTHER),
				 &out.v[k].tags);
	}
	return 0;
}

static bool among(const char *const *v, size_t n, const char *arn)
{
	while (n && strcmp(v[n - 1], arn) != 0)
		n--;
	return n > 0;
}

/* Of these ARNs the ones whose tags nobody knows, to out, which has n of max. */
static size_t unknown_of(const struct elbindex *x, const struct strs *arns, const char **out,
			 size_t n, size_t max)
{
	for (size_t i = 0; i < arns->n && n < max; i++) {
		const struct elbentry *t = get(x, arns->v[i]);

		if ((!t || elbentry_old(t)) && !among(out, n, arns->v[i]))
			out[n++] = arns->v[i];
	}
	return n;
}

static void wait_begin(struct elbindex *x, struct waiting *me)
{
	pthread_mutex_lock(&x->queue);
	me->next = x->waiting;
	x->waiting = me;
	pthread_mutex_unlock(&x->queue);
	pthread_mutex_lock(&x->lock);
}

/* Ours, and what there is room for beside them of those who wait. */
static size_t wait_end(struct elbindex *x, const struct waiting *me, const char **out, size_t *own)
{
	struct waiting **at = &x->waiting;
	size_t n = *own = unknown_of(x, me->arns, out, 0, me->arns->n);

	pthread_mutex_lock(&x->queue);
	while (*at != me)
		at = &(*at)->next;
	*at = me->next;
	for (const struct waiting *q = x->waiting; q && n % BATCH; q = q->next)
		n = unknown_of(x, q->arns, out, n, n + BATCH - n % BATCH);
	pthread_mutex_unlock(&x->queue);
	return n;
}

int elbindex_tags(struct elbindex *x, struct aws *w, const struct strs *arns, struct tags *out,
		  struct arena *a, int64_t deadline, struct err *e)
{
	struct asking q = { x, w, ELBENTRY_OTHER, deadline, e };
	const char **unknown = arena_get(a, (arns->n + BATCH) * sizeof(*unknown));
	struct waiting me = { .arns = arns };
	size_t n, own;
	int rc;

	wait_begin(x, &me);
	drop_if(x, outlived);
	n = wait_end(x, &me, unknown, &own);
	rc = ask_tags(&q, unknown, n);
	if (rc < 0 && own < n && e->num == ENOENT) {
		/* It may be what others asked for that is gone. */
		*e = (struct err) { 0 };
		rc = ask_tags(&q, unknown, own);
	}
	for (size_t i = 0; i < arns->n && rc == 0; i++)
		out[i] = elbentry_tags(get(x, arns->v[i]), a);
	pthread_mutex_unlock(&x->lock);
	return rc;
}

/* ---- lists */

static const char *vpc_of(enum elbentry_kind kind, const void *object)
{
	return kind == ELBENTRY_LB ? ((const struct elb_load_balancer *)object)->vpc
				   : ((const struct elb_target_group *)object)->vpc;
}

/* An element of a list. */
static int take(const void *object, void *arg, struct err *e)
{
	struct asking *q = arg;
	struct elbentry *t;

	(void)e;
	if (strcmp(vpc_of(q->kind, object), q->x->c->vpc) != 0)
		return 0;
	t = get_or_add(q->x, *(const char *const *)object, q->kind);
	t->list = q->x->list[t->kind];
	if (!t->tagged || t->tags)
		elbentry_set_object(t, object);
	return 0;
}

static int list(struct asking *q, enum elbentry_kind kind, int64_t max_age_ms)
{
	/* Both questions without anything in them are of the same form. */
	static const struct elb_describe_target_groups all_tgs;
	static const struct elb_describe_load_balancers all_lbs;
	struct elbindex *x = q->x;
	const void *all = kind == ELBENTRY_LB ? (const void *)&all_lbs : (const void *)&all_tgs;

	q->kind = kind;
	if (x->listed[kind] && now_ms() - x->listed[kind] < max_age_ms)
		return 0;
	x->listed[kind] = 0;
	x->list[kind]++;
	if (aws_each(q->w, &elb_actions[elbentry_kinds[kind].describe], all, take, q, q->deadline,
		     q->e) < 0)
		return -1;
	drop_if(x, unlisted);
	x->listed[kind] = now_ms();
	return 0;
}

static bool is_stale(const struct elbentry *t, enum elbentry_kind kind)
{
	return t->kind == kind && t->stale && t->tags;
}

static int describe(struct asking *q, const struct strs *arns)
{
	const struct elb_describe_load_balancers lbs = { .arns = *arns };
	const struct elb_describe_target_groups tgs = { .arns = *arns };
	const void *in = q->kind == ELBENTRY_LB ? (const void *)&lbs : (const void *)&tgs;

	return aws_each(q->w, &elb_actions[elbentry_kinds[q->kind].describe], in, take, q,
			q->deadline, q->e);
}

/* What AWS does not show any more, although it names no error, is gone. */
static int refresh(struct asking *q, enum elbentry_kind kind)
{
	struct elbindex *x = q->x;

	q->kind = kind;
	for (;;) {
		auto_arena struct arena a = { 0 };
		struct strs arns = { arena_get(&a, BATCH * sizeof(char *)), 0 };

		for (size_t i = 0; i < x->n && arns.n < BATCH; i++)
			if (is_stale(&x->v[i], kind))
				arns.v[arns.n++] = arena_str(&a, x->v[i].arn);
		if (!arns.n)
			return 0;
		if (describe(q, &arns) < 0)
			return -1;
		for (size_t i = 0; i < arns.n; i++) {
			struct elbentry *t = get(x, arns.v[i]);

			if (t->stale)
				t->list = x->list[kind] - 1;
		}
		drop_if(x, unlisted);
	}
}

static int learn_tags(struct asking *q)
{
	auto_arena struct arena a = { 0 };
	const char **arns = arena_get(&a, q->x->n * sizeof(*arns));
	size_t n = 0;

	for (size_t i = 0; i < q->x->n; i++)
		if (q->x->v[i].kind != ELBENTRY_OTHER && elbentry_old(&q->x->v[i]))
			arns[n++] = arena_str(&a, q->x->v[i].arn);
	return ask_tags(q, arns, n);
}

static int bring_up_to_date(struct asking *q, int64_t max_age_ms)
{
	/* One that is gone fails a call for many: then the lists are not true any more. */
	for (int try = 0; try < FIND_TRIES; try++) {
		if (list(q, ELBENTRY_LB, max_age_ms) < 0 || list(q, ELBENTRY_TG, max_age_ms) < 0)
			return -1;
		if (learn_tags(q) == 0 && refresh(q, ELBENTRY_LB) == 0 &&
		    refresh(q, ELBENTRY_TG) == 0) {
			*q->e = (struct err) { 0 };
			return 0;
		}
		q->x->listed[ELBENTRY_LB] = q->x->listed[ELBENTRY_TG] = 0;
		if (q->e->num != ENOENT)
			break;
	}
	return -1;
}

/* ---- finding */

struct search {
	const struct tags *either, * or ;
	struct index_lb *lbs;
	struct index_tg *tgs;
	size_t n[ELBENTRY_LISTS];
	struct arena *a;
};

static bool wanted(const struct search *s, const struct elbentry *t)
{
	return t->kind != ELBENTRY_OTHER && t->object &&
	       (elbentry_has(t, s->either) || elbentry_has(t, s->or));
}

static void find(const struct elbindex *x, struct search *s)
{
	size_t hits[ELBENTRY_LISTS] = { 0 };

	for (size_t i = 0; i < x->n; i++)
		if (wanted(s, &x->v[i]))
			hits[x->v[i].kind]++;
	s->lbs = arena_get(s->a, hits[ELBENTRY_LB] * sizeof(*s->lbs));
	s->tgs = arena_get(s->a, hits[ELBENTRY_TG] * sizeof(*s->tgs));
	for (size_t i = 0; i < x->n; i++) {
		const struct elbentry *t = &x->v[i];
		struct index_lb *lb = &s->lbs[s->n[ELBENTRY_LB]];
		struct index_tg *tg = &s->tgs[s->n[ELBENTRY_TG]];

		if (!wanted(s, t))
			continue;
		if (t->kind == ELBENTRY_LB)
			elbentry_copy(t, &lb->lb, &lb->tags, s->a);
		else
			elbentry_copy(t, &tg->tg, &tg->tags, s->a);
		s->n[t->kind]++;
	}
}

int elbindex_find(struct elbindex *x, struct aws *w, const struct tags *either,
		  const struct tags * or, int64_t max_age_ms, struct index_lb **lbs, size_t *nlbs,
		  struct index_tg **tgs, size_t *ntgs, struct arena *a, int64_t deadline,
		  struct err *e)
{
	struct asking q = { x, w, ELBENTRY_LB, deadline, e };
	struct search s = { .either = either, .or = or, .a = a };
	int rc;

	pthread_mutex_lock(&x->lock);
	rc = bring_up_to_date(&q, max_age_ms);
	if (rc == 0)
		find(x, &s);
	pthread_mutex_unlock(&x->lock);
	*lbs = s.lbs;
	*tgs = s.tgs;
	*nlbs = s.n[ELBENTRY_LB];
	*ntgs = s.n[ELBENTRY_TG];
	return rc;
}

/* ---- what we have done */

static void made(struct elbindex *x, enum elbentry_kind kind, const void *object,
		 const struct tags *tags)
{
	struct asking q = { .x = x, .kind = kind };
	struct elbentry *t;

	pthread_mutex_lock(&x->lock);
	(void)take(object, &q, NULL);
	t = get(x, *(const char *const *)object);
	if (t)
		set_tags(x, t, tags);
	else
		x->listed[kind] = 0; /* of which VPC it is was not said */
	pthread_mutex_unlock(&x->lock);
}

void elbindex_made_lb(struct elbindex *x, const struct elb_load_balancer *lb,
		      const struct tags *tags)
{
	made(x, ELBENTRY_LB, lb, tags);
}

void elbindex_made_tg(struct elbindex *x, const struct elb_target_group *tg,
		      const struct tags *tags)
{
	made(x, ELBENTRY_TG, tg, tags);
}

void elbindex_changed(struct elbindex *x, enum index_part what, const char *arn)
{
	struct elbentry *t;

	pthread_mutex_lock(&x->lock);
	t = get(x, arn);
	if (t && what == INDEX_TAGS)
		t->tagged = 0;
	else if (t)
		t->stale = true;
	pthread_mutex_unlock(&x->lock);
}

void elbindex_gone(struct elbindex *x, const char *arn)
{
	struct elbentry *t;

	pthread_mutex_lock(&x->lock);
	t = get(x, arn);
	if (t) {
		elbentry_free(t);
		memmove(t, t + 1, (size_t)(x->v + --x->n - t) * sizeof(*t));
	}
	pthread_mutex_unlock(&x->lock);
}

void elbindex_doubt(struct elbindex *x)
{
	pthread_mutex_lock(&x->lock);
	x->listed[ELBENTRY_LB] = x->listed[ELBENTRY_TG] = 0;
	pthread_mutex_unlock(&x->lock);
}
