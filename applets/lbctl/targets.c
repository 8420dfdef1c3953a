/* SPDX-License-Identifier: Apache-2.0 */
/* targets.c - target groups' targets: a cache, batches, differences. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "targets.h"

/* More than so many that are not healthy are asked for together with all others. */
enum { KEPT_MS = 5 * 60000, BATCH = 200, ASK_ONE_BY_ONE = 100 };

AWS_LIST(elb_target_health, "")

struct kept {
	char *arn;
	int64_t at, asked; /* read whole; and what is not healthy asked for again */
	uint64_t changes;  /* of the list since it was first read */
	struct elb_target_healths *l;
};
struct targets {
	pthread_mutex_t lock;
	struct kept *v;
	size_t n, cap;
	uint64_t changes;
};

struct targets *targets_new(void)
{
	struct targets *t = xalloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void drop(struct targets *t, size_t i)
{
	free(t->v[i].arn);
	free(t->v[i].l);
	t->v[i] = t->v[--t->n];
}

void targets_free(struct targets **at)
{
	struct targets *t = TAKE(*at);

	if (!t)
		return;
	while (t->n)
		drop(t, t->n - 1);
	free(t->v);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- the cache, under the lock */

static struct kept *find(struct targets *t, const char *arn)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].arn, arn) == 0)
			return &t->v[i];
	return NULL;
}

static struct kept *put(struct targets *t, const char *arn, const struct elb_target_healths *l,
			int64_t at)
{
	struct kept *k = find(t, arn);
	struct elb_target_healths *old;

	if (!k) {
		if (t->n == t->cap) {
			t->cap = t->cap ? 2 * t->cap : 16;
			t->v = xgrow(t->v, t->cap * sizeof(*t->v));
		}
		k = &t->v[t->n++];
		*k = (struct kept) { .arn = strdup(arn) };
		if (!k->arn)
			die("out of memory");
	}
	old = TAKE(k->l); /* some of l may point into it */
	k->l = shape_copy(&elb_target_healths_shape, l, 0);
	free(old);
	k->at = at;
	k->changes = ++t->changes;
	return k;
}

/* What nobody has looked at for that long is of a group that is gone, as a rule. */
static void sweep(struct targets *t)
{
	for (size_t i = t->n; i-- > 0;)
		if (now_ms() - t->v[i].at > 2 * KEPT_MS)
			drop(t, i);
}

void targets_forget(struct targets *t, const char *arn)
{
	struct kept *k;

	pthread_mutex_lock(&t->lock);
	k = find(t, arn);
	if (k)
		drop(t, (size_t)(k - t->v));
	pthread_mutex_unlock(&t->lock);
}

void targets_empty(struct targets *t, const char *arn)
{
	const struct elb_target_healths none = { 0 };

	pthread_mutex_lock(&t->lock);
	put(t, arn, &none, now_ms())->asked = now_ms();
	pthread_mutex_unlock(&t->lock);
}

/* A copy of what is kept and young enough, its list in the arena. */
static bool get(struct targets *t, const char *arn, struct kept *out, struct arena *a)
{
	const struct kept *k;
	bool good;

	pthread_mutex_lock(&t->lock);
	sweep(t);
	k = find(t, arn);
	good = k && now_ms() - k->at <= KEPT_MS;
	if (good) {
		*out = *k;
		out->l = shape_dup(&elb_target_healths_shape, k->l, a);
	}
	pthread_mutex_unlock(&t->lock);
	return good;
}

/* Keep what was read; unless somebody has changed the group meanwhile: then nothing is known. */
static void set(struct targets *t, const char *arn, const struct elb_target_healths *l, int64_t at,
		uint64_t changes)
{
	const struct kept *k;

	pthread_mutex_lock(&t->lock);
	k = find(t, arn);
	if ((k ? k->changes : 0) == changes)
		put(t, arn, l, at)->asked = now_ms();
	else if (k)
		drop(t, (size_t)(k - t->v));
	pthread_mutex_unlock(&t->lock);
}

/* ---- reading */

static int describe(const struct target_door *d, struct elb_targets ask,
		    struct elb_target_healths *out, struct err *e)
{
	const struct elb_group_targets in = { d->arn, ask };

	return aws_do_as(d->aws, d->keys, &elb_actions[ELB_describe_target_health], &in, out, d->a,
			 d->deadline, e);
}

static bool healthy(const struct elb_target_health *h)
{
	return strcmp(h->state, "healthy") == 0;
}

static bool not_registered(const struct elb_target_health *h)
{
	return strcmp(h->state, "unused") == 0 && strcmp(h->reason, "Target.NotRegistered") == 0;
}

static struct elb_targets unhealthy(const struct elb_target_healths *l, struct arena *a)
{
	struct elb_targets out = { arena_get(a, l->n * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < l->n; i++)
		if (!healthy(&l->v[i]))
			out.v[out.n++] =
				(struct elb_target) { .id = l->v[i].id, .port = l->v[i].port };
	return out;
}

/* The healthy ones stay as they were; of the others what is true now. */
static int refresh(const struct target_door *d, struct elb_target_healths *l, struct err *e)
{
	struct elb_targets ask = unhealthy(l, d->a);
	struct elb_target_healths now, out = { 0 };

	if (!ask.n)
		return 0;
	if (describe(d, ask, &now, e) < 0)
		return -1;
	out.v = arena_get(d->a, (l->n + now.n) * sizeof(*out.v));
	for (size_t i = 0; i < l->n; i++)
		if (healthy(&l->v[i]))
			out.v[out.n++] = l->v[i];
	for (size_t i = 0; i < now.n; i++)
		if (!not_registered(&now.v[i]))
			out.v[out.n++] = now.v[i];
	*l = out;
	return 0;
}

int targets_list(struct targets *t, const struct target_door *d, int64_t max_age_ms,
		 struct elb_target_healths *out, struct err *e)
{
	const struct elb_targets all = { 0 };
	struct kept is = { 0 };
	bool had = get(t, d->arn, &is, d->a);
	size_t doubtful;
	int rc;

	*out = had ? *is.l : (struct elb_target_healths) { 0 };
	doubtful = unhealthy(out, d->a).n;
	if (had && (!doubtful || now_ms() - is.asked < max_age_ms))
		return 0;
	if (had && doubtful <= ASK_ONE_BY_ONE) {
		rc = refresh(d, out, e);
	} else {
		is.at = now_ms();
		if (!had)
			targets_forget(t, d->arn);
		rc = describe(d, all, out, e);
	}
	if (rc < 0) {
		targets_forget(t, d->arn);
		return -1;
	}
	for (size_t i = 0; i < out->n; i++)
		out->v[i].health_port = "";
	set(t, d->arn, out, is.at, is.changes);
	return 0;
}

/* ---- changing */

static int by_target(const void *a, const void *b)
{
	const struct elb_target *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c ? c : (x->port > y->port) - (x->port < y->port);
}

/* What AWS says of a target that has just been registered, or let go of. */
static void settle(struct elb_target_health *h, bool add)
{
	h->state = add ? "initial" : "draining";
	h->reason = add ? "Elb.RegistrationInProgress" : "Target.DeregistrationInProgress";
	h->description =
		add ? "Target registration is in progress" : "Target deregistration is in progress";
}

/* Those that are not in the list yet come to it. */
static void mark(struct targets *t, const struct target_door *d, const struct elb_target *v,
		 size_t n, bool add)
{
	struct elb_target *sorted = arena_get(d->a, n * sizeof(*sorted));
	struct elb_target_healths l = { 0 };
	bool *seen = arena_get(d->a, n * sizeof(*seen));
	struct kept *k;
	int64_t asked;

	memcpy(sorted, v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_target);
	pthread_mutex_lock(&t->lock);
	k = find(t, d->arn);
	for (size_t i = 0; k && i < k->l->n; i++) {
		struct elb_target_health *h = &k->l->v[i];
		const struct elb_target key = { .id = h->id, .port = h->port };
		const struct elb_target *hit = bsearch(&key, sorted, n, sizeof(key), by_target);

		if (!hit)
			continue;
		seen[hit - sorted] = true;
		settle(h, add);
	}
	if (k) {
		l.v = arena_get(d->a, (k->l->n + n) * sizeof(*l.v));
		if (k->l->n)
			memcpy(l.v, k->l->v, k->l->n * sizeof(*l.v));
		l.n = k->l->n;
		for (size_t i = 0; add && i < n; i++) {
			if (seen[i])
				continue;
			l.v[l.n] = (struct elb_target_health) { .id = sorted[i].id,
								.port = sorted[i].port,
								.zone = sorted[i].zone,
								.quic_id = sorted[i].quic_id,
								.health_port = "" };
			settle(&l.v[l.n++], true);
		}
		asked = k->asked;
		put(t, d->arn, &l, k->at)->asked = asked;
	}
	pthread_mutex_unlock(&t->lock);
}

static int send(struct targets *t, const struct target_door *d, enum elb_action_row row,
		const struct elb_target *v, size_t n, struct err *e)
{
	struct elb_target part[BATCH];
	const struct elb_group_targets in = { d->arn, { part, n } };

	memcpy(part, v, n * sizeof(*part));
	if (aws_do_as(d->aws, d->keys, &elb_actions[row], &in, NULL, d->a, d->deadline, e) < 0) {
		if (e->unsure || e->num == ENOENT)
			targets_forget(t, d->arn);
		return -1;
	}
	mark(t, d, v, n, row == ELB_register_targets);
	return 0;
}

/* AWS refuses a batch for one target that cannot be (an instance that is stopped): the others are
 * found by halves, and do not suffer for it. */
static int send_good(struct targets *t, const struct target_door *d, enum elb_action_row row,
		     const struct elb_target *v, size_t n, struct err *e)
{
	struct err other;
	int rc;

	if (send(t, d, row, v, n, e) == 0)
		return 0;
	if (row != ELB_register_targets || n == 1 || strcmp(e->code, "InvalidTarget") != 0)
		return -1;
	rc = send_good(t, d, row, v, n / 2, e);
	if (rc < 0 && strcmp(e->code, "InvalidTarget") != 0)
		return -1;
	if (send_good(t, d, row, v + n / 2, n - n / 2, &other) == 0)
		return rc;
	*e = other;
	return -1;
}

static int change(struct targets *t, const struct target_door *d, enum elb_action_row row,
		  const struct elb_target *v, size_t n, struct err *e)
{
	struct err bad;
	int rc = 0;

	for (size_t done = 0; done < n; done += BATCH) {
		size_t now = n - done < BATCH ? n - done : BATCH;

		if (send_good(t, d, row, v + done, now, &bad) == 0)
			continue;
		*e = bad;
		rc = -1;
		if (strcmp(e->code, "InvalidTarget") != 0)
			return -1;
	}
	return rc;
}

int targets_register(struct targets *t, const struct target_door *d, const struct elb_target *v,
		     size_t n, struct err *e)
{
	return change(t, d, ELB_register_targets, v, n, e);
}

int targets_deregister(struct targets *t, const struct target_door *d, const struct elb_target *v,
		       size_t n, struct err *e)
{
	return change(t, d, ELB_deregister_targets, v, n, e);
}

/* ---- comparing */

struct known {
	struct endpoint key; /* canonical */
	const struct elb_target_health *h;
};

static bool leaving(const struct elb_target_health *h)
{
	return strcmp(h->state, "draining") == 0 || strcmp(h->state, "unhealthy.draining") == 0;
}

static int by_key(const void *a, const void *b)
{
	return endpoint_cmp(&((const struct known *)a)->key, &((const struct known *)b)->key);
}

/* Those that are not on their way out, sorted. */
static size_t staying(const struct elb_target_healths *have, struct known *out, struct arena *a)
{
	size_t n = 0;

	for (size_t i = 0; i < have->n; i++)
		if (!leaving(&have->v[i]))
			out[n++] = (struct known) { { .id = address_text(have->v[i].id, a),
						      .port = have->v[i].port },
						    &have->v[i] };
	qsort(out, n, sizeof(*out), by_key);
	return n;
}

struct target_match targets_match(const struct endpoints *want,
				  const struct elb_target_healths *have, struct arena *a)
{
	struct known *is = arena_get(a, have->n * sizeof(*is));
	size_t n = staying(have, is, a), w = 0;
	struct target_match m = { .of = arena_get(a, want->n * sizeof(*m.of)),
				  .extra = arena_get(a, n * sizeof(*m.extra)),
				  .missing = want->n,
				  .present = have->n };

	for (size_t i = 0; i < n; i++) {
		while (w < want->n && endpoint_cmp(&want->v[w], &is[i].key) < 0)
			w++;
		if (w < want->n && endpoint_cmp(&want->v[w], &is[i].key) == 0) {
			m.missing -= !m.of[w];
			m.of[w] = is[i].h;
		} else if (!want->nunknown || !bsearch(&is[i].key, want->unknown, want->nunknown,
						       sizeof(*want->unknown), endpoint_cmp)) {
			m.extra[m.nextra++] =
				(struct elb_target) { is[i].h->id, is[i].h->port, is[i].h->zone,
						      is[i].h->quic_id };
		}
	}
	return m;
}
