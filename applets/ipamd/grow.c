/* SPDX-License-Identifier: Apache-2.0 */
/* grow.c - when the pool is too low: addresses for an ENI that has room, else a new ENI. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eni.h"
#include "hostnet.h"
#include "ipamd.h"
#include "log.h"

/* After EC2 said that a subnet is full (spec-ipamd 20). */
static const int64_t INSUFFICIENT_MS = 120000;

enum work {
	WORK_NONE,
	WORK_LATE, /* an ENI that IMDS is yet to list */
	WORK_WIRE, /* an ENI whose host side is not wired */
	WORK_MORE  /* addresses */
};

struct grow {
	struct job job;
	struct ipamd *d; /* for done() */
	struct cloud cloud;
	/* The question: what we have and want. */
	enum work work;
	struct late late;
	struct attached unwired;
	struct attached *enis; /* those that could take more */
	size_t nenis;
	struct target_state state;
	/* The answer: an ENI, new or with its new addresses only. */
	struct attached got;
	bool wired;
	int rc;
	struct err err;
	struct arena a;
};

/* ---- between the pool and a job, which may not see it */

int pool_adopt(struct pool *p, const struct attached *x, bool ready)
{
	struct pool_eni eni = { .mac = x->mac,
				.ip = x->ip,
				.subnet = x->subnet,
				.device = x->device,
				.card = x->card,
				.table = eni_table(x->device, x->card),
				.primary = x->primary,
				.ready = ready };
	int taken = 0;
	struct err e;

	memcpy(eni.id, x->id, sizeof(eni.id));
	if (pool_eni_get(p, x->id)) {
		pool_eni_get(p, x->id)->ready |= ready;
	} else if (pool_eni_add(p, &eni, &e) < 0) {
		log_error("ENI left out eni=%s reason=\"%s\"", x->id, e.msg);
		return -1;
	}
	for (size_t i = 0; i < x->nips; i++) {
		if (pool_net_add(p, x->id, cidr_host(x->ips[i]), &e) == 0)
			taken++;
		else
			log_warn("address left out eni=%s address=%s reason=\"%s\"", x->id,
				 ip_text(x->ips[i]).s, e.msg);
	}
	return taken;
}

static struct attached copy_out(const struct pool_eni *eni, struct arena *a)
{
	struct attached x = { .mac = eni->mac,
			      .device = eni->device,
			      .card = eni->card,
			      .primary = eni->primary,
			      .ip = eni->ip,
			      .subnet = eni->subnet,
			      .ips = arena_get(a, eni->nnets * sizeof(*x.ips)),
			      .nips = eni->nnets };

	memcpy(x.id, eni->id, sizeof(x.id));
	for (size_t i = 0; i < eni->nnets; i++)
		x.ips[i] = eni->nets[i].ip;
	return x;
}

static struct target_state state_of(const struct ipamd *d)
{
	struct pool_stats s = pool_stats(&d->pool, now_ms());

	return (struct target_state) { (int)s.total,        (int)s.assigned,
				       (int)d->pool.nenis,  d->node.max_enis - d->unmanaged,
				       d->node.ips_per_eni, d->node.max_pods };
}

static bool can_grow(const struct grow *g)
{
	const struct target *t = &g->cloud.config->target;

	for (size_t i = 0; i < g->nenis; i++)
		if (target_for_eni(t, &g->state, (int)g->enis[i].nips) > 0)
			return true;
	return target_has_room(&g->state) && target_for_new_eni(t, &g->state) > 0;
}

static void grow_drop(struct grow *g)
{
	arena_free(&g->a);
	free(g);
}

static void take_stock(struct grow *g)
{
	const struct pool *p = &g->d->pool;

	g->state = state_of(g->d);
	g->enis = arena_get(&g->a, p->nenis * sizeof(*g->enis));
	for (size_t i = 0; i < p->nenis; i++) {
		struct attached x = copy_out(&p->enis[i], &g->a);

		if (p->enis[i].ready)
			g->enis[g->nenis++] = x;
		else if (!g->unwired.id[0])
			g->unwired = x;
	}
}

static enum work choose(struct ipamd *d, struct grow *g)
{
	bool low = target_too_low(&d->config.target, &g->state), full = low && !can_grow(g);

	if (full && !d->full)
		log_warn("pool is low and cannot grow addresses=%d assigned=%d enis=%d max_enis=%d",
			 g->state.total, g->state.assigned, g->state.enis, g->state.max_enis);
	d->full = full;
	if (d->nlate) {
		g->late = d->late[--d->nlate];
		return WORK_LATE;
	}
	/* An ENI that will not be wired must not keep the others from growing. */
	if (g->unwired.id[0] && !(d->wire_failed && low && !full))
		return WORK_WIRE;
	return low && !full ? WORK_MORE : WORK_NONE;
}

/* Asked with every pod, and mostly so: then nothing need be copied. */
static bool at_rest(const struct ipamd *d)
{
	struct target_state s = state_of(d);

	for (size_t i = 0; i < d->pool.nenis; i++)
		if (!d->pool.enis[i].ready)
			return false;
	return !d->nlate && !d->full && !target_too_low(&d->config.target, &s);
}

/* NULL: nothing to do, or nothing can be done. */
static struct grow *grow_plan(struct ipamd *d)
{
	struct grow *g;

	if (at_rest(d))
		return NULL;
	g = xalloc(sizeof(*g));
	*g = (struct grow) { .d = d, .cloud = { d->aws, &d->imds, &d->node, &d->config } };
	take_stock(g);
	g->work = choose(d, g);
	if (g->work != WORK_NONE)
		return g;
	grow_drop(g);
	return NULL;
}

/* ---- the job */

static int wire(struct grow *g, const struct attached *x)
{
	g->got = *x;
	if (hostnet_wire(g->cloud.config, x, &g->err) < 0)
		return -1;
	g->wired = true;
	return 0;
}

/* *done stays false when no ENI could take more. */
static int grow_existing(struct grow *g, bool *done)
{
	const struct config *c = g->cloud.config;

	for (size_t i = 0; i < g->nenis; i++) {
		struct attached x = g->enis[i];
		int n = target_for_eni(&c->target, &g->state, (int)x.nips);

		if (n <= 0)
			continue;
		if (cloud_assign(&g->cloud, &g->enis[i], n, &x.ips, &x.nips, &g->a, &g->err) == 0) {
			g->got = x;
			*done = true;
			return 0;
		}
		log_warn("addresses not assigned eni=%s wanted=%d reason=\"%s\"", x.id, n,
			 g->err.msg);
		if (!c->subnet_discovery || !cloud_insufficient(&g->err))
			return -1;
	}
	return 0;
}

static int grow_by_eni(struct grow *g)
{
	int n = target_for_new_eni(&g->cloud.config->target, &g->state);
	struct attached x = { 0 };

	if (!target_has_room(&g->state) || n <= 0)
		return *g->err.msg ? -1 : 0; /* every ENI's subnet was full */
	if (cloud_create(&g->cloud, n, &x, &g->a, &g->err) < 0)
		return -1;
	return wire(g, &x);
}

static int grow_late(struct grow *g)
{
	struct attached x;

	if (attached_wait(g->cloud.imds, g->cloud.node, g->late.id, g->late.ips, &x, &g->a,
			  &g->err) < 0)
		return -1;
	return wire(g, &x);
}

static int grow_more(struct grow *g)
{
	bool done = false;

	if (grow_existing(g, &done) < 0)
		return -1;
	return done ? 0 : grow_by_eni(g);
}

static void grow_run(struct job *j)
{
	struct grow *g = OWNER(j, struct grow, job);

	if (g->work == WORK_LATE)
		g->rc = grow_late(g);
	else if (g->work == WORK_WIRE)
		g->rc = wire(g, &g->unwired);
	else
		g->rc = grow_more(g);
	/* TLS buffers are most of our memory; the next call may be hours away. */
	aws_idle(g->cloud.aws);
	http_close(&g->cloud.imds->http);
}

/* ---- and what comes of it */

static void adopt(struct ipamd *d, struct grow *g)
{
	struct pool_stats s;
	int taken;

	if (!g->got.id[0])
		return;
	if (g->work == WORK_WIRE)
		g->got.nips = 0; /* the pool has them already */
	taken = pool_adopt(&d->pool, &g->got, g->wired);
	if (g->rc == 0 && (taken < 0 || (g->work == WORK_MORE && taken == 0)))
		g->rc = fail(&g->err, EEXIST, "nothing of %s is new to us", g->got.id);
	s = pool_stats(&d->pool, now_ms());
	log_info("pool grew eni=%s device=%d new_addresses=%d addresses=%zu assigned=%zu",
		 g->got.id, g->got.device, taken, s.total, s.assigned);
}

static void grow_take(struct ipamd *d, struct grow *g)
{
	adopt(d, g);
	d->wire_failed = g->work == WORK_WIRE && g->rc < 0;
	d->grow_err = g->rc < 0 ? g->err : (struct err) { 0 };
	if (g->rc == 0) {
		d->grow_pause.next_ms = 0;
		return;
	}
	if (!d->wire_failed)
		d->grow_at =
			now_ms() + (cloud_insufficient(&g->err) ? INSUFFICIENT_MS
								: backoff_next(&d->grow_pause));
	log_error("pool did not grow next_try_ms=%lld reason=\"%s\"",
		  (long long)(d->grow_at > now_ms() ? d->grow_at - now_ms() : 0), g->err.msg);
}

static void grow_done(struct job *j)
{
	struct grow *g = OWNER(j, struct grow, job);
	struct ipamd *d = g->d;

	bool ok;

	d->growing = false;
	grow_take(d, g);
	ok = g->rc == 0;
	grow_drop(g);
	if (d->stopping)
		loop_stop(d->loop);
	else if (ok) /* after a failure, at the next tick */
		grow_check(d);
}

void grow_check(struct ipamd *d)
{
	struct grow *g;
	struct err e;

	if (d->growing || d->stopping || now_ms() < d->grow_at)
		return;
	g = grow_plan(d);
	if (!g)
		return;
	g->job.run = grow_run;
	g->job.done = grow_done;
	if (job_start(d->loop, &g->job, &e) < 0) {
		log_error("pool cannot grow reason=\"%s\"", e.msg);
		grow_drop(g);
		return;
	}
	d->growing = true;
}

int grow_first(struct ipamd *d, struct err *e)
{
	struct grow *g = grow_plan(d);
	int rc;

	if (!g)
		return 0;
	grow_run(&g->job);
	grow_take(d, g);
	*e = g->err;
	rc = cloud_insufficient(&g->err) ? 0 : g->rc;
	grow_drop(g);
	return rc;
}
