/* SPDX-License-Identifier: Apache-2.0 */
/* later.c - Gateways and global accelerators of this controller's, for which nothing is built yet:
 * each is told so in an event, and nothing of theirs is touched. Whose they are: spec-lbc-alb 23.1,
 * 24. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lbctl.h"
#include "log.h"

enum { EVERY_MS = 60000, ASK_MS = 30000 };

/* ---- which kinds are served */

struct ask_job {
	struct job job;
	struct lbctl *l;
	struct kube *kube;
	bool wanted[KUBE_KINDS], served[KUBE_KINDS];
};

static bool serves(struct kube *k, const struct kube_kind_row *row, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	const struct kube_call c = { .method = "GET",
				     .path = arena_fmt(&a, "/apis/%s", row->group_version) };

	if (kube_do(k, &c, &j, now_ms() + ASK_MS, e) < 0)
		return false;
	for (const struct json *r = json_first(json_get(j, "resources")); r; r = json_next(r))
		if (strcmp(json_str(r, "name", ""), row->plural) == 0)
			return true;
	fail(e, ENOENT, "%s has no %s", row->group_version, row->plural);
	return false;
}

static void run(struct job *j)
{
	struct ask_job *q = OWNER(j, struct ask_job, job);

	for (int k = 0; k < KUBE_KINDS; k++) {
		struct err e = { 0 };

		if (!q->wanted[k])
			continue;
		q->served[k] = serves(q->kube, &kube_kinds[k], &e);
		if (!q->served[k])
			log_debug("not watched kind=%s reason=\"%s\"", kube_kinds[k].kind, e.msg);
	}
}

static void again(struct lbctl *l, int64_t ms)
{
	struct err e;

	if (timer_set(l->loop, &l->later, ms, &e) < 0)
		die("timer: %s", e.msg);
}

static void done(struct job *j)
{
	struct ask_job *q = OWNER(j, struct ask_job, job);
	struct lbctl *l = q->l;
	struct err e;

	for (int k = 0; k < KUBE_KINDS && !l->stopping; k++)
		if (q->served[k] && lbctl_watch(l, (enum kube_kind)k, &e) < 0)
			log_warn("%s", e.msg);
	free(q);
	again(l, EVERY_MS);
}

static void ask(struct timer *t)
{
	struct lbctl *l = OWNER(t, struct lbctl, later);
	struct ask_job *q = xalloc(sizeof(*q));
	bool any = false;
	struct err e;

	*q = (struct ask_job) { .job = { .run = run, .done = done }, .l = l, .kube = l->kube };
	for (int k = 0; k < KUBE_KINDS; k++) {
		q->wanted[k] = kube_kinds[k].optional && !l->watches[k];
		any |= q->wanted[k];
	}
	if (any && job_start(l->loop, &q->job, &e) == 0)
		return;
	free(q);
	again(l, EVERY_MS);
}

int later_start(struct lbctl *l, struct err *e)
{
	l->later.fn = ask;
	return timer_set(l->loop, &l->later, 0, e);
}

/* ---- what is said */

static void say(struct lbctl *l, enum kube_kind kind, const struct kube_object *o,
		const char *component, const char *what)
{
	const struct kube_meta *m = kube_meta(o);
	const struct kube_about about = { kind, m->ns, m->name, m->uid, m->version };

	log_warn("%s %s/%s reason=\"%s are not built yet\"", kube_kinds[kind].kind, m->ns, m->name,
		 what);
	kube_say(l->events, &about, component, true, "FailedBuildModel",
		 "vpcbox lbctl does not build %s yet: nothing is made, changed or deleted for this "
		 "one",
		 what);
}

/* The controller's name when it is one of ours, NULL else. */
static const char *ours(const struct lbctl *l, const struct kube_gateway *g)
{
	const struct kube_object *o = kubestore_get(l->store, KUBE_GATEWAY_CLASS, "", g->class);
	const char *name = o ? ((const struct kube_gateway_class *)kube_of(o))->controller : "";

	if (l->o.c.gates[GATE_NLB_GATEWAY_API] && strcmp(name, "gateway.k8s.aws/nlb") == 0)
		return name;
	if (l->o.c.gates[GATE_ALB_GATEWAY_API] && strcmp(name, "gateway.k8s.aws/alb") == 0)
		return name;
	return NULL;
}

static void say_gateway(struct lbctl *l, const struct kube_object *o)
{
	auto_arena struct arena a = { 0 };
	const struct kube_gateway *g = kube_of(o);
	const char *name = ours(l, g);

	if (name)
		say(l, KUBE_GATEWAY, o, "gateway",
		    arena_fmt(&a, "Gateways of class %s (%s)", g->class, name));
}

/* class NULL: all. */
static void say_gateways(struct lbctl *l, const char *class)
{
	const struct kube_object *o = NULL;

	if (!l->synced[KUBE_GATEWAY] || !l->synced[KUBE_GATEWAY_CLASS])
		return;
	while ((o = kubestore_next(l->store, KUBE_GATEWAY, "", o)))
		if (!class || strcmp(((const struct kube_gateway *)kube_of(o))->class, class) == 0)
			say_gateway(l, o);
}

/* Its gate, which is closed unless somebody opens it, does not matter: who has made one waits. */
static void say_accelerators(struct lbctl *l)
{
	const struct kube_object *o = NULL;

	while ((o = kubestore_next(l->store, KUBE_ACCELERATOR, "", o)))
		say(l, KUBE_ACCELERATOR, o, "globalAccelerator", "global accelerators");
}

/* ---- when */

void later_all(struct lbctl *l)
{
	say_gateways(l, NULL);
	say_accelerators(l);
}

void later_synced(struct lbctl *l, enum kube_kind kind)
{
	if (!work_ready(l) || !kube_kinds[kind].optional)
		return;
	if (kind == KUBE_ACCELERATOR)
		say_accelerators(l);
	else
		say_gateways(l, NULL);
}

void later_notice(struct lbctl *l, enum kube_kind kind, const struct kube_object *old,
		  const struct kube_object *new)
{
	/* What the first list tells is looked at when it is complete. */
	if (!new || !l->synced[kind] ||
	    (old && kube_meta(old)->generation == kube_meta(new)->generation))
		return;
	if (kind == KUBE_GATEWAY_CLASS)
		say_gateways(l, kube_meta(new)->name);
	else if (kind == KUBE_GATEWAY && l->synced[KUBE_GATEWAY_CLASS])
		say_gateway(l, new);
	else if (kind == KUBE_ACCELERATOR)
		say(l, kind, new, "globalAccelerator", "global accelerators");
}
