/* SPDX-License-Identifier: Apache-2.0 */
/* kubelease.c - a thread that holds a Lease, or waits for it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "hash.h"
#include "kubelease.h"
#include "log.h"
#include "thread.h"

enum {
	LEASE_S = 15,
	RENEW_MS = 10 * 1000,
	RETRY_MS = 2000,
	RELEASE_MS = 2000,
	MAX_LEASE_S = 24 * 3600 /* of another's: what claims more is not believed */
};
static const double JITTER = 1.2;

struct kubelease {
	struct kubelease_options o;
	struct kubelease_times t; /* without zeros */
	struct arena a;           /* of all strings */
	const char *folder, *path;
	int stop; /* an eventfd */
	pthread_t thread;
	struct post post;

	pthread_mutex_t lock; /* of the two */
	bool won, lost;       /* to be told */

	/* the thread's */
	struct json *lease; /* as last seen */
	struct buf spec;    /* its text: another is a sign of life */
	int64_t seen_at;
	bool ours;   /* the last that was seen names us */
	bool theirs; /* and it is valid, and names another */
	struct err why;
};

/* ---- the Lease */

static void now_text(char out[32])
{
	int64_t ns = wall_ns();
	char s[21];

	time_rfc3339(ns / 1000000000, s);
	snprintf(out, 32, "%.19s.%06dZ", s, (int)(ns / 1000 % 1000000));
}

static const char *holder(const struct kubelease *l)
{
	return json_str(l->lease, "spec.holderIdentity", "");
}

/* Takes j over. When it has changed, its holder was alive just now. */
static void saw(struct kubelease *l, struct json *j)
{
	auto_buf struct buf spec = { 0 };

	json_print(json_get(j, "spec"), 0, &spec);
	json_free(&l->lease);
	l->lease = j;
	l->ours = strcmp(holder(l), l->o.holder) == 0;
	if (l->spec.len && strcmp(l->spec.p, spec.p) == 0)
		return;
	l->spec.len = 0;
	buf_str(&l->spec, spec.p);
	l->seen_at = now_ms();
}

static bool runs(const struct kubelease *l)
{
	int64_t s = json_int(l->lease, "spec.leaseDurationSeconds", 0);

	if (s < 0 || s > MAX_LEASE_S)
		s = s < 0 ? 0 : MAX_LEASE_S;
	return now_ms() < l->seen_at + s * 1000;
}

/* What we want to write: the Lease as it was, or a new one, held by us from now on. */
static struct json *held(const struct kubelease *l)
{
	struct json *j = l->lease ? json_copy(l->lease) : json_object(), *spec, *meta;
	int64_t changes = json_int(l->lease, "spec.leaseTransitions", 0);
	char now[32];

	now_text(now);
	if (!l->lease) {
		json_add_str(j, "apiVersion", "coordination.k8s.io/v1");
		json_add_str(j, "kind", "Lease");
		meta = json_object();
		json_add_str(meta, "name", l->o.name);
		json_add_str(meta, "namespace", l->o.ns);
		json_add(j, "metadata", meta);
	}
	spec = json_type(json_get(j, "spec")) == JSON_OBJECT ? json_copy(json_get(j, "spec"))
							     : json_object();
	json_add_str(spec, "holderIdentity", l->o.holder);
	json_add_int(spec, "leaseDurationSeconds", l->t.lease_s);
	json_add_str(spec, "renewTime", now);
	if (!l->ours || !*json_str(spec, "acquireTime", ""))
		json_add_str(spec, "acquireTime", now);
	json_add_int(spec, "leaseTransitions", changes + (l->lease && !l->ours));
	json_add(j, "spec", spec);
	return j;
}

static int call(struct kubelease *l, const char *method, const char *path, const struct json *body,
		struct json **out, int64_t deadline, struct err *e)
{
	struct kube_call c = { .method = method, .path = path, .stop = l->stop };
	auto_buf struct buf text = { 0 };

	if (body) {
		json_print(body, 0, &text);
		c.body = text.p;
	}
	return kube_do(l->o.kube, &c, out, deadline, e);
}

static int write_held(struct kubelease *l, int64_t deadline, struct err *e)
{
	auto_json struct json *want = held(l), *got = NULL;
	bool new = !l->lease;

	if (call(l, new ? "POST" : "PUT", new ? l->folder : l->path, want, &got, deadline, e) < 0)
		return -1;
	if (json_type(json_get(got, "spec")) != JSON_OBJECT)
		return fail(e, EBADMSG, "the API server answers %s with no Lease", l->path);
	saw(l, TAKE(got));
	return 0;
}

/* One try to have it, or to have it longer. */
static int try(struct kubelease *l, int64_t deadline, struct err *e)
{
	struct json *j = NULL;

	if (l->ours && runs(l) && write_held(l, deadline, e) == 0)
		return 0;
	if (call(l, "GET", l->path, NULL, &j, deadline, e) == 0) {
		saw(l, j);
	} else if (e->num == ENOENT) {
		json_free(&l->lease);
		l->ours = false;
	} else {
		return -1;
	}
	l->theirs = *holder(l) && !l->ours && runs(l);
	if (l->theirs)
		return fail(e, EBUSY, "%s holds it", holder(l));
	return write_held(l, deadline, e);
}

/* ---- the thread */

static void tell(struct kubelease *l, bool won, bool lost)
{
	pthread_mutex_lock(&l->lock);
	l->won = l->won || won;
	l->lost = l->lost || lost;
	pthread_mutex_unlock(&l->lock);
	loop_post(l->o.loop, &l->post);
}

/* False: stopped. */
static bool rest(struct kubelease *l, double jitter)
{
	uint32_t dice;

	random_bytes(&dice, sizeof(dice));
	return fd_wait(l->stop, POLLIN,
		       now_ms() + l->t.retry_ms +
			       (int64_t)((double)l->t.retry_ms * jitter * dice / UINT32_MAX)) == 0;
}

static bool stopping(struct kubelease *l)
{
	return fd_wait(l->stop, POLLIN, 0) != 0;
}

static void note(struct kubelease *l, const struct err *e)
{
	if (strcmp(l->why.msg, e->msg) != 0)
		log_info("Lease %s/%s is not ours yet: %s", l->o.ns, l->o.name, e->msg);
	l->why = *e;
}

static bool acquire(struct kubelease *l)
{
	struct err e;

	while (!stopping(l)) {
		if (try(l, now_ms() + l->t.renew_ms / 2, &e) == 0)
			return true;
		if (stopping(l))
			break;
		note(l, &e);
		if (!rest(l, JITTER))
			break;
	}
	return false;
}

/* One period: as many tries as it takes, within the time there is. Below zero: lost. */
static int renew(struct kubelease *l, struct err *e)
{
	int64_t until = now_ms() + l->t.renew_ms;

	while (!stopping(l)) {
		int64_t now = now_ms();
		int64_t deadline = now + l->t.renew_ms / 2;

		if (try(l, deadline < until ? deadline : until, e) == 0)
			return 0;
		if (l->theirs)
			return -1;
		log_warn("Lease %s/%s cannot be renewed: %s", l->o.ns, l->o.name, e->msg);
		if (now_ms() >= until || !rest(l, 0))
			return -1;
	}
	return -1;
}

static void *run(void *arg)
{
	struct kubelease *l = arg;
	struct err e = { 0 };

	if (!acquire(l))
		return NULL;
	log_info("Lease %s/%s is ours: %s leads", l->o.ns, l->o.name, l->o.holder);
	tell(l, true, false);
	while (rest(l, 0) && renew(l, &e) == 0)
		continue;
	if (stopping(l))
		return NULL;
	log_error("Lease %s/%s is lost: %s", l->o.ns, l->o.name, e.msg);
	l->ours = false;
	tell(l, false, true);
	return NULL;
}

/* After the thread. As client-go: nobody's, for a second. */
static void give_back(struct kubelease *l)
{
	auto_json struct json *j = json_copy(l->lease), *got = NULL;
	struct json *spec = json_copy(json_get(j, "spec"));
	struct err e;

	json_add_str(spec, "holderIdentity", "");
	json_add_int(spec, "leaseDurationSeconds", 1);
	json_add(j, "spec", spec);
	l->stop = 0;
	if (call(l, "PUT", l->path, j, &got, now_ms() + RELEASE_MS, &e) < 0)
		log_warn("Lease %s/%s cannot be given back: %s", l->o.ns, l->o.name, e.msg);
}

/* ---- the loop's side */

static void on_post(struct post *p)
{
	struct kubelease *l = OWNER(p, struct kubelease, post);
	struct kubelease_options o = l->o;
	bool won, lost;

	pthread_mutex_lock(&l->lock);
	won = TAKE(l->won);
	lost = l->lost && !won;
	if (lost)
		l->lost = false;
	if (l->lost)
		loop_post(o.loop, p);
	pthread_mutex_unlock(&l->lock);
	if (won)
		o.won(o.arg);
	else if (lost)
		o.lost(o.arg);
}

static void release(struct kubelease *l)
{
	loop_unpost(l->o.loop, &l->post);
	json_free(&l->lease);
	buf_free(&l->spec);
	fd_free(&l->stop);
	pthread_mutex_destroy(&l->lock);
	arena_free(&l->a);
	free(l);
}

static void set(struct kubelease *l, const struct kubelease_options *o)
{
	l->o = *o;
	l->o.ns = arena_str(&l->a, o->ns);
	l->o.name = arena_str(&l->a, o->name);
	l->o.holder = arena_str(&l->a, o->holder);
	l->t.lease_s = o->times.lease_s ? o->times.lease_s : LEASE_S;
	l->t.renew_ms = o->times.renew_ms ? o->times.renew_ms : RENEW_MS;
	l->t.retry_ms = o->times.retry_ms ? o->times.retry_ms : RETRY_MS;
	l->folder = arena_fmt(&l->a, "/apis/coordination.k8s.io/v1/namespaces/%s/leases", o->ns);
	l->path = arena_fmt(&l->a, "%s/%s", l->folder, o->name);
	l->post.fn = on_post;
	pthread_mutex_init(&l->lock, NULL);
}

int kubelease_start(struct kubelease **out, const struct kubelease_options *o, struct err *e)
{
	struct kubelease *l = xalloc(sizeof(*l));
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	set(l, o);
	if (fd < 0)
		fail(e, errno, "eventfd:");
	else
		l->stop = fd;
	if (fd < 0 || thread_start(&l->thread, run, l, e) < 0) {
		release(l);
		return wrap(e, "Lease");
	}
	*out = l;
	return 0;
}

void kubelease_stop(struct kubelease **lp)
{
	struct kubelease *l = TAKE(*lp);
	uint64_t one = 1;
	int stop;

	if (!l)
		return;
	if (write(l->stop, &one, sizeof(one)) < 0)
		die("eventfd:");
	pthread_join(l->thread, NULL);
	stop = l->stop;
	if (l->o.release && l->ours)
		give_back(l);
	l->stop = stop;
	release(l);
}
