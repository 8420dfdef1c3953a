/* SPDX-License-Identifier: Apache-2.0 */
/* work.c - passes as jobs: which start, what they are given, what becomes of their key. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lbctl.h"
#include "log.h"

/* A pass that has not come to its end by then gives up and is tried again. */
enum { PASS_MS = 10 * 60000 };

struct work_job {
	struct job job;
	struct lbctl *l;
	enum queue queue;
	char *key, *ns; /* ns: of the key; name behind it */
	const char *name;
	struct passenv env;
	struct pass pass;
	int rc;
	struct err e;
};

bool work_ready(const struct lbctl *l)
{
	if (!l->leading || l->stopping)
		return false;
	for (int k = 0; k < KUBE_KINDS; k++)
		if (!l->synced[k] && !kube_kinds[k].optional)
			return false;
	return true;
}

/* ---- what a pass is given */

static void give(struct work_job *w)
{
	struct snapshot *s = &w->pass.objects;
	const struct kubestore *all = w->l->store;

	switch (w->queue) {
	case QUEUE_SERVICES:
		snapshot_take(s, all, KUBE_SERVICE, w->ns);
		snapshot_take(s, all, KUBE_BINDING, NULL);
		break;
	case QUEUE_GROUPS:
		snapshot_take(s, all, KUBE_INGRESS, NULL);
		snapshot_take(s, all, KUBE_INGRESS_CLASS, NULL);
		snapshot_take(s, all, KUBE_CLASS_PARAMS, NULL);
		snapshot_take(s, all, KUBE_NAMESPACE, NULL);
		snapshot_take(s, all, KUBE_SERVICE, *w->ns ? w->ns : NULL);
		snapshot_take(s, all, KUBE_BINDING, NULL);
		break;
	default:
		binding_give(w->l->bindings, s, all, w->ns, w->name);
	}
}

/* ---- the job */

static void run(struct job *j)
{
	struct work_job *w = OWNER(j, struct work_job, job);
	const struct ingress_group_id id = { w->ns, w->name };

	if (w->queue == QUEUE_SERVICES)
		w->rc = pass_service(&w->pass, w->ns, w->name, &w->e);
	else if (w->queue == QUEUE_GROUPS)
		w->rc = pass_group(&w->pass, &id, &w->e);
	else
		w->rc = pass_binding(&w->pass, w->ns, w->name, &w->e);
}

static void work_free(struct work_job *w)
{
	pass_free(&w->pass);
	free(w->key);
	free(w->ns);
	free(w);
}

static void done(struct job *j)
{
	struct work_job *w = OWNER(j, struct work_job, job);
	struct lbctl *l = w->l;
	int64_t again = w->pass.again_ms ? w->pass.again_ms : -1;

	if (w->rc < 0)
		log_warn("pass failed of=%s key=%s reason=\"%s\"",
			 w->queue == QUEUE_SERVICES ? "service"
			 : w->queue == QUEUE_GROUPS ? "group"
						    : "binding",
			 w->key, w->e.msg);
	workq_done(l->queues[w->queue], w->key, w->rc < 0 ? 0 : again, now_ms());
	if (w->queue != QUEUE_BINDINGS) {
		l->passes--;
		l->backend_seen = l->backend_seen || w->pass.stack.backend_sg || w->pass.cleaned;
	}
	work_free(w);
	if (l->stopping) {
		lbctl_maybe_end(l);
		return;
	}
	work_start(l);
	backend_check(l);
}

static bool start(struct lbctl *l, enum queue q, const char *key)
{
	struct work_job *w = xalloc(sizeof(*w));
	const char *slash = strchr(key, '/');
	struct err e;

	*w = (struct work_job) {
		.job = { .run = run, .done = done }, .l = l, .queue = q, .env = l->env
	};
	w->key = strdup(key);
	w->ns = strndup(key, (size_t)(slash - key));
	if (!w->key || !w->ns)
		die("out of memory");
	w->name = w->key + (slash - key) + 1;
	w->env.deadline = now_ms() + PASS_MS;
	w->pass.env = &w->env;
	give(w);
	if (job_start(l->loop, &w->job, &e) < 0) {
		log_warn("no thread for key=%s reason=\"%s\"", key, e.msg);
		workq_done(l->queues[q], key, 1000, now_ms());
		work_free(w);
		return false;
	}
	l->passes += q != QUEUE_BINDINGS;
	return true;
}

static void wake_later(struct lbctl *l)
{
	int64_t best = -1;
	struct err e;

	for (int q = 0; q < QUEUES; q++) {
		int64_t ms = workq_wait(l->queues[q], now_ms());

		if (ms >= 0 && (best < 0 || ms < best))
			best = ms;
	}
	if (best >= 0 && timer_set(l->loop, &l->due, best, &e) < 0)
		die("timer: %s", e.msg);
}

void work_start(struct lbctl *l)
{
	const char *key;

	if (!work_ready(l))
		return;
	for (int q = 0; q < QUEUES; q++) {
		/* While the shared group is being deleted nobody may come to need it. */
		if (q != QUEUE_BINDINGS && l->backend_going)
			continue;
		while ((key = workq_take(l->queues[q], now_ms())))
			if (!start(l, (enum queue)q, key))
				break;
	}
	if (!l->backend_going)
		wake_later(l);
}
