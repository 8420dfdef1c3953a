/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - keys that are kept until they must be fetched again, by one thread for all. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "cond.h"
#include "creds_chain.h"
#include "str.h"

enum {
	AHEAD_S = 300,
	PAUSE_MS = 10000 /* while the keys are good: after a failure, when the new ones are as
			    short-lived, or when they are those that AWS had refused */
};

struct creds {
	const char *profile; /* in options_mem, as the next */
	struct creds_options o;
	struct arena options_mem;
	struct profiles *own; /* where none were lent */

	/* Of whoever is fetching. */
	struct imds imds;
	bool imds_ready;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool fetching;
	uint64_t rounds; /* fetches that have ended; how the last one did: */
	int rc;
	struct err failure;
	int64_t not_before;
	struct arena mem; /* of the keys */
	struct creds_got have;
	bool refused;          /* AWS says that these have expired */
	int64_t best_until_ms; /* the source has nothing better until then */
};

/* By AWS's clock, by which keys expire, as far as its answers have told. */
static int64_t now_s(const struct creds *c)
{
	return wall_s() + (c->o.session ? c->o.session->skew_s : 0);
}

static bool good(const struct creds *c)
{
	return c->have.keys.id && !c->refused && (!c->have.until || now_s(c) < c->have.until);
}

static bool due(const struct creds *c)
{
	return !c->have.keys.id || c->refused ||
	       (c->have.until && now_s(c) >= c->have.until - AHEAD_S);
}

static void keep(struct creds *c, const struct creds_got *got)
{
	struct arena mem = { 0 };

	if (c->refused && strcmp(got->keys.id, c->have.keys.id) == 0)
		c->best_until_ms = now_ms() + PAUSE_MS;
	c->refused = false;
	c->have = (struct creds_got) { { arena_str(&mem, got->keys.id),
					 arena_str(&mem, got->keys.secret),
					 arena_str(&mem, got->keys.token) },
				       got->until,
				       arena_str(&mem, got->source) };
	arena_free(&c->mem);
	c->mem = mem;
}

/* Locked when it comes and goes, but not meanwhile. */
static int fetch(struct creds *c, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	bool asked = c->o.profile_asked || *str_env("AWS_PROFILE");
	struct creds_ask q = { .profiles = c->o.profiles,
			       .profile = c->profile,
			       .must_exist = asked,
			       .no_imds = c->o.no_imds,
			       .session = c->o.session,
			       .imds = &c->imds,
			       .imds_ready = &c->imds_ready,
			       .a = &a,
			       .deadline = deadline };
	struct creds_got got;
	int rc;

	q.by_option = c->o.profile_asked && strcmp(c->profile, str_env("AWS_PROFILE")) != 0;
	if (good(c)) /* a silent source must leave time for the call that they are for */
		q.deadline = now_ms() + (deadline - now_ms()) / 2;
	c->fetching = true;
	pthread_mutex_unlock(&c->lock);
	rc = creds_fetch(&q, &got, e);
	if (rc == 0 && got.until && got.until <= now_s(c))
		rc = fail(e, EBADMSG, "%s: the credentials have expired already", got.source);
	pthread_mutex_lock(&c->lock);
	c->fetching = false;
	c->rounds++;
	c->rc = rc;
	if (rc == 0)
		keep(c, &got);
	else
		c->failure = *e;
	c->not_before = rc == 0 && !due(c) ? 0 : now_ms() + PAUSE_MS;
	pthread_cond_broadcast(&c->changed);
	return rc;
}

/* For the end of another thread's fetch. 1: it is worth another look, -1: it failed or lasts. */
static int await(struct creds *c, int64_t deadline, struct err *e)
{
	uint64_t rounds = c->rounds;

	while (c->rounds == rounds)
		if (!cond_wait(&c->changed, &c->lock, deadline) && c->rounds == rounds)
			return fail(e, ETIMEDOUT, "credentials: the fetch did not end in time");
	if (c->rc == 0 || (c->failure.num == ETIMEDOUT && now_ms() < deadline))
		return 1;
	*e = c->failure;
	return -1;
}

/* Under the lock. */
static int ensure(struct creds *c, int64_t deadline, struct err *e)
{
	for (;;) {
		if (good(c) && (!due(c) || c->fetching || now_ms() < c->not_before))
			return 0;
		if (!c->fetching)
			return fetch(c, deadline, e) == 0 || good(c) ? 0 : -1;
		if (await(c, deadline, e) < 0)
			return -1;
	}
}

int creds_new(struct creds **out, const struct creds_options *o, struct err *e)
{
	auto_creds struct creds *c = xalloc(sizeof(*c));
	const char *name = o->profile && *o->profile ? o->profile : str_env("AWS_PROFILE");

	pthread_mutex_init(&c->lock, NULL);
	cond_init(&c->changed);
	c->o = *o;
	c->o.profile_asked = o->profile_asked && o->profile;
	c->profile = arena_str(&c->options_mem, *name ? name : "default");
	if (!o->profiles && profiles_load(&c->own, e) < 0)
		return -1;
	if (!o->profiles)
		c->o.profiles = c->own;
	*out = TAKE(c);
	return 0;
}

void creds_free(struct creds **c)
{
	struct creds *gone = TAKE(*c);

	if (!gone)
		return;
	imds_free(&gone->imds);
	profiles_free(&gone->own);
	pthread_cond_destroy(&gone->changed);
	pthread_mutex_destroy(&gone->lock);
	arena_free(&gone->mem);
	arena_free(&gone->options_mem);
	free(gone);
}

int creds_get(struct creds *c, struct aws_keys *out, struct arena *a, int64_t deadline,
	      struct err *e)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = ensure(c, deadline, e);
	if (rc == 0)
		*out = (struct aws_keys) { arena_str(a, c->have.keys.id),
					   arena_str(a, c->have.keys.secret),
					   arena_str(a, c->have.keys.token) };
	pthread_mutex_unlock(&c->lock);
	return rc;
}

bool creds_expired(struct creds *c, const char *key_id)
{
	bool mine, others;

	pthread_mutex_lock(&c->lock);
	mine = c->have.keys.id && strcmp(key_id, c->have.keys.id) == 0;
	others = !mine || (c->have.until && now_ms() >= c->best_until_ms);
	if (mine && others)
		c->refused = true;
	pthread_mutex_unlock(&c->lock);
	return others;
}

int creds_due(struct creds *c)
{
	int64_t ms = -1, pause;

	pthread_mutex_lock(&c->lock);
	pause = c->not_before - now_ms();
	if (!c->have.keys.id)
		ms = 0;
	else if (c->have.until)
		ms = due(c) ? 0 : (c->have.until - AHEAD_S - now_s(c)) * 1000;
	if (ms >= 0 && ms < pause)
		ms = pause;
	pthread_mutex_unlock(&c->lock);
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

int creds_refresh(struct creds *c, int64_t deadline, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&c->lock);
	if (good(c) && due(c) && !c->fetching)
		rc = fetch(c, deadline, e);
	else
		rc = ensure(c, deadline, e);
	pthread_mutex_unlock(&c->lock);
	return rc;
}

const char *creds_source(struct creds *c, struct arena *a)
{
	const char *text;

	pthread_mutex_lock(&c->lock);
	text = arena_str(a, c->have.source ? c->have.source : "");
	pthread_mutex_unlock(&c->lock);
	return text;
}
