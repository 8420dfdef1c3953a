/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - the daemon's day: facts, host, ENIs, pods, socket; then timers and signals. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hostnet.h"
#include "ipamd.h"
#include "log.h"

enum { TICK_MS = 5000, SYNC_MS = 30000, AWS_MS = 30000 };

/* kubelet's grace is 10 s. */
static const int64_t QUIT_MS = 5000;

/* ---- before the loop: blocking is fine */

static int learn(struct ipamd *d, struct err *e)
{
	const struct config *c = &d->config;
	const struct aws_options o = { .endpoints = c->aws_endpoints,
				       .throttle = c->aws_throttle,
				       .attempt_ms = (int64_t)c->http_timeout_s * 1000,
				       .log = c->aws_log };
	struct nodefacts *n = &d->node;

	if (imds_init(&d->imds, e) < 0)
		return wrap(e, "IMDS");
	if (aws_new(&d->aws, &o, now_ms() + AWS_MS, e) < 0)
		return wrap(e, "AWS session");
	if (nodefacts_read(n, &d->config, &d->imds, e) < 0 ||
	    nodefacts_vpc_cidrs(n, &d->imds, &d->host.vpc, &d->host_mem, e) < 0)
		return -1;
	snprintf(n->region, sizeof(n->region), "%s", aws_region(d->aws));
	d->host.primary_ip = n->ip;
	d->host.primary_mac = n->mac;
	log_info("node instance=%s type=%s region=%s zone=%s address=%s eni=%s max_enis=%d "
		 "addresses_per_eni=%d",
		 n->instance, n->type, n->region, n->zone, ip_text(n->ip).s, n->eni, n->max_enis,
		 n->ips_per_eni);
	return 0;
}

static void take_eni(struct ipamd *d, const struct attached *x)
{
	struct err e;
	bool ready = x->primary || hostnet_wire(&d->config, x, &e) == 0;

	/* Its pods keep their addresses; the first tick tries to wire it again. */
	if (!ready)
		log_error("ENI is not wired eni=%s reason=\"%s\"", x->id, e.msg);
	log_info("ENI eni=%s device=%d address=%s secondary=%zu", x->id, x->device,
		 ip_text(x->ip).s, x->nips);
	(void)pool_adopt(&d->pool, x, ready);
}

static int collect_enis(struct ipamd *d, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct cloud w = { d->aws, &d->imds, &d->node, &d->config };
	struct cloud_enis found;

	if (cloud_enis(&w, &found, &a, e) < 0)
		return wrap(e, "ENIs of %s", d->node.instance);
	for (size_t i = 0; i < found.list.n; i++)
		take_eni(d, &found.list.v[i]);
	d->unmanaged = found.unmanaged;
	d->late = arena_get(&d->mem, found.nlate * sizeof(*d->late));
	if (found.nlate)
		memcpy(d->late, found.late, found.nlate * sizeof(*d->late));
	d->nlate = found.nlate;
	return 0;
}

/* A node that can give no address must not look ready; one that has some need not wait for EC2. */
static int fill(struct ipamd *d, struct err *e)
{
	if (pool_stats(&d->pool, now_ms()).total || grow_first(d, e) == 0)
		return 0;
	return wrap(e, "no address for pods");
}

static int prepare(struct ipamd *d, struct err *e)
{
	d->pool.cooldown_ms = (int64_t)d->config.cooldown_s * 1000;
	d->grow_pause = (struct backoff) { 5000, 120000, 0.15, 0 };
	if (learn(d, e) < 0 || hostnet_start(&d->config, &d->host, e) < 0 ||
	    collect_enis(d, e) < 0 || state_load(d, e) < 0 || fill(d, e) < 0)
		return -1;
	aws_idle(d->aws);
	http_close(&d->imds.http);
	return 0;
}

/* ---- the loop */

static void rearm(struct ipamd *d, struct timer *t, int64_t ms)
{
	struct err e;

	if (timer_set(d->loop, t, ms, &e) < 0)
		die("timer: %s", e.msg);
}

static void on_tick(struct timer *t)
{
	struct ipamd *d = OWNER(t, struct ipamd, tick);

	grow_check(d);
	rearm(d, t, TICK_MS);
}

static void on_sync(struct timer *t)
{
	struct ipamd *d = OWNER(t, struct ipamd, sync);

	hostsync_start(d);
	refresh_check(d);
	rearm(d, t, SYNC_MS);
}

static void on_quit(struct timer *t)
{
	loop_stop(OWNER(t, struct ipamd, quit)->loop);
}

/* Every lease is on disk already. A growing job may come to its end; what it leaves half-made when
 * it does not, the next start finds by its tags. */
static void on_signal(struct watch *w, uint32_t events)
{
	struct ipamd *d = OWNER(w, struct ipamd, signals);
	int sig = signals_take(w);

	(void)events;
	if (!sig)
		return;
	log_info("stopping signal=%d growing=%s", sig, d->growing ? "true" : "false");
	if (d->growing && !d->stopping)
		rearm(d, &d->quit, QUIT_MS);
	else
		loop_stop(d->loop);
	d->stopping = true;
}

static int open_up(struct ipamd *d, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	d->tick.fn = on_tick;
	d->sync.fn = on_sync;
	d->quit.fn = on_quit;
	d->signals.fn = on_signal;
	d->loop = loop_new(e);
	if (!d->loop || signals_add(d->loop, &d->signals, &set, e) < 0 ||
	    timer_set(d->loop, &d->tick, 0, e) < 0 || timer_set(d->loop, &d->sync, SYNC_MS, e) < 0)
		return -1;
	return serve_start(d, IPAMD_SOCKET, e);
}

/* Two agents would give the same addresses from the same checkpoint, and the one that ends first
 * would take the other's socket along. */
static int be_alone(struct ipamd *d, struct err *e)
{
	auto_arena struct arena a = { 0 };
	const char *path = arena_fmt(&a, "%s.lock", d->config.store);

	if (mkdirs_for(path, 0755, e) < 0)
		return -1;
	if (file_lock(path, &d->lock, e) < 0)
		return e->num == EBUSY ? wrap(e, "an agent runs here already") : -1;
	return 0;
}

int ipamd_run(struct ipamd *d, struct err *e)
{
	if (be_alone(d, e) < 0)
		return -1;
	if (prepare(d, e) < 0 || open_up(d, e) < 0)
		return -1;
	log_info("serving socket=%s", IPAMD_SOCKET);
	if (loop_run(d->loop, e) < 0)
		return -1;
	log_info("stopped added=%llu deleted=%llu without_address=%llu",
		 (unsigned long long)d->count.add, (unsigned long long)d->count.del,
		 (unsigned long long)d->count.no_address);
	grpcd_free(&d->grpcd);
	/* A job that is still talking to EC2 would keep us for minutes. */
	if (d->growing || d->syncing || d->refreshing)
		_exit(0);
	return 0;
}

void ipamd_free(struct ipamd *d)
{
	grpcd_free(&d->grpcd);
	watch_close(&d->signals);
	timer_stop(&d->tick);
	timer_stop(&d->sync);
	timer_stop(&d->quit);
	loop_free(&d->loop);
	pool_free(&d->pool);
	buf_free(&d->checkpoint);
	aws_free(&d->aws);
	imds_free(&d->imds);
	arena_free(&d->host_mem);
	arena_free(&d->mem);
	fd_free(&d->lock);
	config_free(&d->config);
}
