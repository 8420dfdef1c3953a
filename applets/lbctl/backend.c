/* SPDX-License-Identifier: Apache-2.0 */
/* backend.c - the security group that all load balancers share, when nobody needs it any more
 * (spec-lbc-nlb 7.3). While it is deleted no pass runs that could come to need it, so it is neither
 * deleted under somebody nor left behind, as the original does when two owners go at once. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lbctl.h"
#include "log.h"
#include "track.h"

enum { DELETE_MS = 120000, EVERY_MS = 2000, AGAIN_MS = 30000 };

struct backend_job {
	struct job job;
	struct lbctl *l;
	const struct passenv *env;
	int rc;
	struct err e;
};

static bool holds(const struct kubestore *s, enum kube_kind kind, const char *prefix)
{
	const struct kube_object *o = NULL;

	while ((o = kubestore_next(s, kind, "", o))) {
		const struct kube_meta *m = kube_meta(o);

		for (size_t i = 0; i < m->finalizers.n; i++)
			if (str_prefix(m->finalizers.v[i], prefix))
				return true;
	}
	return false;
}

/* What the original has made of Gateways may be in the group. */
static bool needed(const struct lbctl *l)
{
	return holds(l->store, KUBE_SERVICE, "service.k8s.aws/resources") ||
	       holds(l->store, KUBE_INGRESS, "ingress.k8s.aws/resources") ||
	       holds(l->store, KUBE_INGRESS, "group.ingress.k8s.aws/") ||
	       holds(l->store, KUBE_GATEWAY, "gateway.k8s.aws/");
}

static int delete_group(struct backend_job *b, const char *id, struct arena *a)
{
	int64_t until = now_ms() + DELETE_MS;

	while (ec2_delete_group(b->env->aws, id, a, until, &b->e) < 0) {
		if (strcmp(b->e.code, "DependencyViolation") != 0)
			return strcmp(b->e.code, "InvalidGroup.NotFound") == 0 ? 0 : -1;
		if (!pause_ms(EVERY_MS, until))
			return -1;
	}
	log_info("shared security group deleted id=%s", id);
	return 0;
}

static void run(struct job *j)
{
	struct backend_job *b = OWNER(j, struct backend_job, job);
	auto_arena struct arena a = { 0 };
	struct tags tags = track_backend_tags(b->env->c, &a);
	const char *vpc = b->env->c->vpc;
	struct ec2_filter f[] = { { "vpc-id", { &vpc, 1 } }, { 0 }, { 0 } };
	struct ec2_query q = { .filters = { f, 1 } };
	struct ec2_groups l;

	for (size_t i = 0; i < tags.n && q.filters.n < COUNT(f); i++) {
		const char *key = tags.v[i].key;

		if (strncmp(key, "elbv2.k8s.aws/", 14) == 0)
			f[q.filters.n++] = (struct ec2_filter) { arena_fmt(&a, "tag:%s", key),
								 { &tags.v[i].value, 1 } };
	}
	b->rc = ec2_describe_groups(b->env->aws, &q, &l, &a, now_ms() + DELETE_MS, &b->e);
	for (size_t i = 0; i < l.n && b->rc == 0; i++)
		b->rc = delete_group(b, l.v[i].id, &a);
	awsfacts_changed(b->env->facts);
}

static void done(struct job *j)
{
	struct backend_job *b = OWNER(j, struct backend_job, job);
	struct lbctl *l = b->l;
	struct err e;

	if (b->rc < 0) {
		log_warn("failed to delete securityGroup: %s", b->e.msg);
		if (timer_set(l->loop, &l->backend_later, AGAIN_MS, &e) < 0)
			die("timer: %s", e.msg);
	}
	l->backend_seen = false;
	l->backend_going = false;
	free(b);
	if (l->stopping)
		lbctl_maybe_end(l);
	else
		work_start(l);
}

void backend_later(struct timer *t)
{
	struct lbctl *l = OWNER(t, struct lbctl, backend_later);

	l->backend_seen = true;
	backend_check(l);
}

void backend_check(struct lbctl *l)
{
	struct backend_job *b;
	struct err e;

	if (!l->backend_seen || l->backend_going || l->passes || !work_ready(l) ||
	    *l->o.c.backend_sg_id || needed(l))
		return;
	b = xalloc(sizeof(*b));
	*b = (struct backend_job) { .job = { .run = run, .done = done }, .l = l, .env = &l->env };
	if (job_start(l->loop, &b->job, &e) < 0) {
		log_warn("no thread reason=\"%s\"", e.msg);
		free(b);
		return;
	}
	l->backend_going = true;
}
