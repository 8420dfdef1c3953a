/* SPDX-License-Identifier: Apache-2.0 */
/* elbindex.c - load balancers, target groups and tags, read once for all stacks. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "elbindex.h"
#include "track.h"

/* As long as the original remembers tags (spec-lbc-nlb 17). */
enum { TAGS_AGE_MS = 20 * 60 * 1000, FIND_TRIES = 3 };

struct tagged {
	char *arn;
	struct elb_resource *tags; /* one piece of memory */
	int64_t at;
};
struct elbindex {
	pthread_mutex_t
		lock; /* held while AWS is asked: whoever else wants to know, waits for it */
	struct arena lb_mem, tg_mem;
	struct elb_load_balancers lbs;
	struct elb_target_groups tgs;
	int64_t lbs_at, tgs_at; /* 0: never, or not to be trusted any more */
	struct tagged *v;       /* by ARN */
	size_t n, cap;
};

struct elbindex *elbindex_new(void)
{
	struct elbindex *x = xalloc(sizeof(*x));

	*x = (struct elbindex) { 0 };
	pthread_mutex_init(&x->lock, NULL);
	return x;
}

static void tagged_free(struct tagged *t)
{
	free(t->arn);
	free(t->tags);
}

void elbindex_free(struct elbindex **at)
{
	struct elbindex *x = TAKE(*at);

	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		tagged_free(&x->v[i]);
	free(x->v);
	arena_free(&x->lb_mem);
	arena_free(&x->tg_mem);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

/* ---- tags */

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

static void forget(struct elbindex *x, const char *arn)
{
	bool there;
	size_t i = place(x, arn, &there);

	if (!there)
		return;
	tagged_free(&x->v[i]);
	memmove(&x->v[i], &x->v[i + 1], (--x->n - i) * sizeof(*x->v));
}

static void keep(struct elbindex *x, const struct elb_resource *r)
{
	bool there;
	size_t i;

	forget(x, r->arn);
	i = place(x, r->arn, &there);
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 64;
		x->v = xgrow(x->v, x->cap * sizeof(*x->v));
	}
	memmove(&x->v[i + 1], &x->v[i], (x->n++ - i) * sizeof(*x->v));
	x->v[i] =
		(struct tagged) { strdup(r->arn), shape_copy(&elb_resource_shape, r, 0), now_ms() };
}

/* Of what is gone nobody asks again: what is old goes. */
static void forget_old(struct elbindex *x)
{
	int64_t before = now_ms() - TAGS_AGE_MS;
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		if (x->v[i].at < before)
			tagged_free(&x->v[i]);
		else
			x->v[n++] = x->v[i];
	}
	x->n = n;
}

static int learn_tags(struct elbindex *x, struct aws *w, const struct strs *arns, int64_t deadline,
		      struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct elb_describe_tags in = { { arena_get(&a, arns->n * sizeof(char *)), 0 } };
	struct elb_resources out;

	forget_old(x);
	for (size_t i = 0; i < arns->n; i++) {
		bool there;

		(void)place(x, arns->v[i], &there);
		if (!there)
			in.arns.v[in.arns.n++] = arns->v[i];
	}
	if (!in.arns.n)
		return 0;
	if (elb_describe_tags(w, &in, &out, &a, deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < out.n; i++)
		keep(x, &out.v[i]);
	return 0;
}

/* Borrowed. */
static const struct tags *tags_of(const struct elbindex *x, const char *arn)
{
	static const struct tags none;
	bool there;
	size_t i = place(x, arn, &there);

	return there ? &x->v[i].tags->tags : &none;
}

static struct tags tags_copy(const struct tags *t, struct arena *a)
{
	const struct elb_resource r = { "", *t };

	return ((struct elb_resource *)shape_dup(&elb_resource_shape, &r, a))->tags;
}

int elbindex_tags(struct elbindex *x, struct aws *w, const struct strs *arns, struct tags *out,
		  struct arena *a, int64_t deadline, struct err *e)
{
	int rc;

	pthread_mutex_lock(&x->lock);
	rc = learn_tags(x, w, arns, deadline, e);
	for (size_t i = 0; i < arns->n && rc == 0; i++)
		out[i] = tags_copy(tags_of(x, arns->v[i]), a);
	pthread_mutex_unlock(&x->lock);
	return rc;
}

/* ---- lists */

static int list_lbs(struct elbindex *x, struct aws *w, int64_t age, int64_t deadline, struct err *e)
{
	static const struct elb_describe_load_balancers all;

	if (x->lbs_at && now_ms() - x->lbs_at < age)
		return 0;
	x->lbs = (struct elb_load_balancers) { 0 };
	x->lbs_at = 0;
	arena_free(&x->lb_mem);
	if (elb_describe_load_balancers(w, &all, &x->lbs, &x->lb_mem, deadline, e) < 0)
		return -1;
	x->lbs_at = now_ms();
	return 0;
}

static int list_tgs(struct elbindex *x, struct aws *w, int64_t age, int64_t deadline, struct err *e)
{
	static const struct elb_describe_target_groups all;

	if (x->tgs_at && now_ms() - x->tgs_at < age)
		return 0;
	x->tgs = (struct elb_target_groups) { 0 };
	x->tgs_at = 0;
	arena_free(&x->tg_mem);
	if (elb_describe_target_groups(w, &all, &x->tgs, &x->tg_mem, deadline, e) < 0)
		return -1;
	x->tgs_at = now_ms();
	return 0;
}

static int learn_all_tags(struct elbindex *x, struct aws *w, const char *vpc, int64_t deadline,
			  struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct strs arns = { arena_get(&a, (x->lbs.n + x->tgs.n) * sizeof(char *)), 0 };

	for (size_t i = 0; i < x->lbs.n; i++)
		if (strcmp(x->lbs.v[i].vpc, vpc) == 0)
			arns.v[arns.n++] = x->lbs.v[i].arn;
	for (size_t i = 0; i < x->tgs.n; i++)
		if (strcmp(x->tgs.v[i].vpc, vpc) == 0)
			arns.v[arns.n++] = x->tgs.v[i].arn;
	return learn_tags(x, w, &arns, deadline, e);
}

static bool wanted(const struct tags *t, const struct tags *either, const struct tags * or)
{
	return track_has(t, either) || (or &&track_has(t, or));
}

static int find(struct elbindex *x, struct aws *w, const char *vpc, int64_t age, int64_t deadline,
		struct err *e)
{
	/* One that is gone fails the whole call: then the lists are not true any more. */
	for (int try = 0; try < FIND_TRIES; try++) {
		if (list_lbs(x, w, age, deadline, e) < 0 || list_tgs(x, w, age, deadline, e) < 0)
			return -1;
		if (learn_all_tags(x, w, vpc, deadline, e) == 0) {
			*e = (struct err) { 0 };
			return 0;
		}
		x->lbs_at = x->tgs_at = 0;
		if (e->num != ENOENT)
			break;
	}
	return -1;
}

int elbindex_find(struct elbindex *x, struct aws *w, const char *vpc, const struct tags *either,
		  const struct tags * or, int64_t max_age_ms, struct index_lb **lbs, size_t *nlbs,
		  struct index_tg **tgs, size_t *ntgs, struct arena *a, int64_t deadline,
		  struct err *e)
{
	int rc;

	*nlbs = *ntgs = 0;
	pthread_mutex_lock(&x->lock);
	rc = find(x, w, vpc, max_age_ms, deadline, e);
	*lbs = arena_get(a, x->lbs.n * sizeof(**lbs));
	*tgs = arena_get(a, x->tgs.n * sizeof(**tgs));
	for (size_t i = 0; i < x->lbs.n && rc == 0; i++) {
		const struct tags *t = tags_of(x, x->lbs.v[i].arn);

		if (strcmp(x->lbs.v[i].vpc, vpc) == 0 && wanted(t, either, or))
			(*lbs)[(*nlbs)++] = (struct index_lb) {
				*(struct elb_load_balancer *)shape_dup(&elb_load_balancer_shape,
								       &x->lbs.v[i], a),
				tags_copy(t, a)
			};
	}
	for (size_t i = 0; i < x->tgs.n && rc == 0; i++) {
		const struct tags *t = tags_of(x, x->tgs.v[i].arn);

		if (strcmp(x->tgs.v[i].vpc, vpc) == 0 && wanted(t, either, or))
			(*tgs)[(*ntgs)++] = (struct index_tg) {
				*(struct elb_target_group *)shape_dup(&elb_target_group_shape,
								      &x->tgs.v[i], a),
				tags_copy(t, a)
			};
	}
	pthread_mutex_unlock(&x->lock);
	return rc;
}

void elbindex_changed(struct elbindex *x, int lists, const char *arn)
{
	pthread_mutex_lock(&x->lock);
	if (lists & INDEX_LBS)
		x->lbs_at = 0;
	if (lists & INDEX_TGS)
		x->tgs_at = 0;
	if (arn)
		forget(x, arn);
	pthread_mutex_unlock(&x->lock);
}
