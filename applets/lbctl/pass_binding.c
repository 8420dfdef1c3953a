/* SPDX-License-Identifier: Apache-2.0 */
/* pass_binding.c - one look at a TargetGroupBinding (spec-lbc-nlb 10). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindcheck.h"
#include "bindpass.h"
#include "clock.h"
#include "gate.h"
#include "hash.h"
#include "lbmetrics.h"
#include "log.h"

#define FINALIZER "elbv2.k8s.aws/resources"
enum { DEFER_MS = 30 * 60000, DEFER_MORE_MS = 15 * 60000, MISSING_MS = 500, NAMED_MS = 20 * 60000 };

/* What became of it: all is well; put off; to be looked at again soon. */
enum result { DONE, DEFERRED, AGAIN };

static void say(struct bindpass *x, const char *reason, const char *what, const struct err *e)
{
	pass_say(x->p, KUBE_BINDING, x->b, true, reason, "%s%s", what, e->msg);
}

/* ---- the rules on nodes */

static int set_rules(struct bindpass *x, const struct endpoints *v, struct err *e)
{
	const struct passenv *n = x->p->env;
	const struct noderules_door d = { n->c,         n->aws,   n->facts,
					  x->all->enis, &x->p->a, n->deadline };

	return noderules_set(x->all->rules, &d, x->b, v, e);
}

/* ---- letting go */

static bool nothing_there(const struct err *e)
{
	return strcmp(e->code, "TargetGroupNotFound") == 0 ||
	       strcmp(e->code, "InvalidTarget") == 0 || strcmp(e->code, "ValidationError") == 0;
}

static int deregister_all(struct bindpass *x, struct err *e)
{
	const struct endpoints none = { 0 };
	struct elb_target_healths have;
	struct target_match m;

	if (targets_list(x->all->targets, &x->door, 0, &have, e) < 0)
		return nothing_there(e) ? 0 : -1;
	m = targets_match(&none, &have, &x->p->a);
	if (x->b->multi_cluster && bindpass_only_ours(x, &m, e) < 0)
		return -1;
	if (targets_deregister(x->all->targets, &x->door, m.extra, m.nextra, e) < 0)
		return nothing_there(e) ? 0 : -1;
	return 0;
}

static int release_pods(struct bindpass *x, struct err *e)
{
	const struct snapshot *s = &x->p->objects;
	const struct kube_condition released = gate_released(gate_type(x->b, &x->p->a));

	for (size_t i = 0; i < s->n[KUBE_POD]; i++) {
		const struct kube_pod *p = kube_of(s->v[KUBE_POD][i]);

		if (strcmp(p->ns, x->b->ns) == 0 && gate_has(p, released.type) &&
		    gate_set(x->p->env->kube, p, &released, &x->p->a, x->p->env->deadline, e) < 0)
			return -1;
	}
	return 0;
}

static int cleanup(struct bindpass *x, struct err *e)
{
	if (*x->door.arn && deregister_all(x, e) < 0)
		return -1;
	targets_forget(x->all->targets, x->door.arn);
	if (x->b->multi_cluster && bindpass_drop_list(x, e) < 0)
		return -1;
	if (set_rules(x, NULL, e) < 0)
		return -1;
	return release_pods(x, e);
}

/* ---- gates */

static int set_gate(struct bindpass *x, const struct kube_pod *p, const struct kube_condition *c,
		    struct err *e)
{
	const struct passenv *n = x->p->env;
	bool opens = strcmp(c->status, "True") == 0 &&
		     strcmp(pod_condition(&p->conditions, c->type), "True") != 0;

	if (gate_set(n->kube, p, c, &x->p->a, n->deadline, e) < 0)
		return wrap(e, "readiness gate of pod %s/%s", p->ns, p->name);
	if (opens && time_parse(p->created) >= 0)
		metric_observe(n->metrics, M_GATE_SECONDS,
			       (double)(wall_s() - time_parse(p->created)), x->b->ns, x->b->name);
	return 0;
}

/* Conditions of all pods behind it; *pending: some is not True. One that cannot be written does not
 * keep the others waiting. */
static int set_gates(struct bindpass *x, const struct endpoints *want, const struct target_match *m,
		     bool *pending, struct err *e)
{
	const char *type = gate_type(x->b, &x->p->a);
	int rc = 0;

	for (size_t i = 0; i < want->n; i++) {
		const struct kube_pod *p = want->v[i].pod;
		struct kube_condition c;
		struct err why;

		if (!p || !gate_has(p, type))
			continue;
		c = m->of[i] ? gate_want(type, m->of[i]) : gate_registered(type);
		*pending = *pending || strcmp(c.status, "True") != 0;
		/* Perhaps it is among those that there was no room for. */
		if (!m->of[i] && x->short_of_room)
			continue;
		if (set_gate(x, p, &c, &why) < 0) {
			*e = why;
			rc = -1;
		}
	}
	return rc;
}

static bool gates_differ(struct bindpass *x, const struct endpoints *want,
			 const struct target_match *m)
{
	const char *type = gate_type(x->b, &x->p->a);

	for (size_t i = 0; i < want->n; i++) {
		const struct kube_pod *p = want->v[i].pod;
		struct kube_condition c;

		if (!p || !m->of[i] || !gate_has(p, type))
			continue;
		c = gate_want(type, m->of[i]);
		if (strcmp(c.status, "True") != 0 || !gate_same(p, &c))
			return true;
	}
	return false;
}

/* ---- targets */

/* The new ones first, so that there is always somewhere to go; unless there is no room for them.
 * One that cannot be registered does not keep old ones in. */
static int change_targets(struct bindpass *x, const struct endpoints *want,
			  const struct target_match *m, struct err *e)
{
	struct err why;
	bool is_full, invalid;
	int rc = bindpass_register(x, want, m, &why);

	is_full = rc < 0 && strcmp(why.code, "TooManyTargets") == 0 && m->nextra;
	invalid = rc < 0 && strcmp(why.code, "InvalidTarget") == 0;
	if (rc < 0 && !is_full && !invalid)
		return *e = why, -1;
	if (targets_deregister(x->all->targets, &x->door, m->extra, m->nextra, e) < 0)
		return -1;
	if (is_full)
		return bindpass_register(x, want, m, e);
	if (rc < 0)
		*e = why;
	return rc;
}

/* A slice is ahead of the pods that it names: soon, then less and less soon. */
static void wait_for_pods(struct bindpass *x, const struct endpoints *want, enum result *r)
{
	int64_t ms = x->memo.wait_ms ? 2 * x->memo.wait_ms : MISSING_MS;

	if (!want->nunknown && !x->short_of_room) {
		x->memo.wait_ms = 0;
		return;
	}
	x->memo.wait_ms = ms < x->all->again_ms ? ms : x->all->again_ms;
	if (*r == DONE || x->memo.wait_ms < x->p->again_ms)
		x->p->again_ms = x->memo.wait_ms;
	*r = AGAIN;
}

static int make_so(struct bindpass *x, const struct endpoints *want, const char *text,
		   enum result *r, struct err *e)
{
	int64_t max_age_ms = x->all->again_ms;
	struct elb_target_healths have;
	struct target_match m;
	bool pending = false, blocked;
	struct err why;

	if (gate_closed(want, gate_type(x->b, &x->p->a)))
		max_age_ms = 0;
	if (targets_list(x->all->targets, &x->door, max_age_ms, &have, e) < 0)
		return -1;
	m = targets_match(want, &have, &x->p->a);
	blocked = set_rules(x, want, &why) < 0;
	if (blocked)
		say(x, "FailedNetworkReconcile", "", &why);
	if (blocked && !endpoints_ip(x->b))
		return *e = why, -1;
	/* From here on the old checkpoint does not hold. */
	if ((m.missing || m.nextra || blocked || gates_differ(x, want, &m)) &&
	    bindpass_set_checkpoint(x, "", e) < 0)
		return -1;
	if (change_targets(x, want, &m, e) < 0 || set_gates(x, want, &m, &pending, e) < 0)
		return -1;
	*r = pending || blocked ? AGAIN : DONE;
	x->p->again_ms = *r == AGAIN ? x->all->again_ms : 0;
	wait_for_pods(x, want, r);
	return *r == DONE ? bindpass_set_checkpoint(x, text, e) : 0;
}

/* After a restart everything is as it was left, and would be asked for at once: that is spread over
 * a quarter of an hour, half an hour later (10.11). */
static bool put_off(struct bindpass *x)
{
	int64_t now = now_ms();
	uint32_t chance;

	if (x->memo.processed_ms && now - x->memo.processed_ms < x->all->sync_ms)
		return true;
	if (!x->memo.due_ms) {
		random_bytes(&chance, sizeof(chance));
		x->memo.due_ms = now + DEFER_MS + chance % DEFER_MORE_MS;
	}
	if (x->memo.due_ms <= now)
		return false;
	x->p->again_ms = x->memo.due_ms - now;
	return true;
}

static int reconcile(struct bindpass *x, enum result *r, struct err *e)
{
	const char *type = gate_type(x->b, &x->p->a), *text;
	struct endpoints want;

	if (endpoints_find(x->p->env->c, &x->p->objects, x->b, &want, &x->p->a, e) < 0) {
		if (e->num != ENOENT)
			return -1;
		say(x, "BackendNotFound", "", e);
		if (cleanup(x, e) < 0)
			return -1;
		return bindpass_set_checkpoint(x, "", e);
	}
	text = bindcheck_text(&want, x->b, &x->p->a);
	if (strcmp(bindpass_checkpoint(x), text) == 0 && !want.nunknown &&
	    !(endpoints_ip(x->b) && gate_waits(&want, type)) && put_off(x)) {
		*r = DEFERRED;
		return 0;
	}
	return make_so(x, &want, text, r, e);
}

/* ---- */

/* What is not built is refused by name, and stays as it is. NULL: nothing. */
static const char *refused(const struct kube_binding *b)
{
	if (b->multi_cluster)
		return "spec.multiClusterTargetGroup: target groups that several clusters share "
		       "are not built yet";
	if (b->protocol && strstr(b->protocol, "QUIC"))
		return "spec.targetGroupProtocol: QUIC is not built yet";
	return NULL;
}

static int assume(struct bindpass *x, struct err *e)
{
	const struct passenv *n = x->p->env;

	if (!*x->b->role)
		return 0;
	if (bindroles_keys(x->all->roles, n->aws, n->c->cluster, x->b->role, x->b->external_id,
			   &x->keys, &x->p->a, n->deadline, e) < 0)
		return -1;
	x->door.keys = &x->keys;
	return 0;
}

/* Of a target group that is given by its name (no webhook has put the ARN in). */
static int arn_by_name(struct bindpass *x, const char **arn, struct err *e)
{
	struct bindmemo *m = &x->memo;

	if (!m->named_ms || now_ms() - m->named_ms > NAMED_MS ||
	    strcmp(m->target_group, x->b->target_group) != 0) {
		m->named_ms = 0;
		if (x->view.f.target_group(&x->view.f, x->b->target_group, arn, e) < 0)
			return -1;
		snprintf(m->target_group, sizeof(m->target_group), "%s", x->b->target_group);
		snprintf(m->arn, sizeof(m->arn), "%s", *arn);
		m->named_ms = now_ms();
	}
	*arn = m->arn;
	return 0;
}

static int open_group(struct bindpass *x, struct err *e)
{
	const struct kube_binding *b = x->b;
	const char *arn = b->arn;

	if (!b->target_type)
		return fail(e, EINVAL, "targetType is not specified: %s/%s", b->ns, b->name);
	if (!*arn && !*b->target_group)
		return fail(e, EINVAL, "neither spec.targetGroupARN nor targetGroupName: %s/%s",
			    b->ns, b->name);
	if (!*arn && arn_by_name(x, &arn, e) < 0)
		return -1;
	x->door = (struct target_door) {
		.aws = x->p->env->aws, .arn = arn, .a = &x->p->a, .deadline = x->p->env->deadline
	};
	return assume(x, e);
}

static int finalizer(struct bindpass *x, bool present, struct err *e)
{
	const struct kube_binding *b = x->b;

	if (pass_has_finalizer((const void *)b, FINALIZER) == present)
		return 0;
	if (kube_finalizer(x->p->env->kube, KUBE_BINDING, b->ns, b->name, FINALIZER, present,
			   x->p->env->deadline, e) == 0)
		return 0;
	say(x, present ? "FailedAddFinalizer" : "FailedRemoveFinalizer",
	    present ? "Failed add finalizer due to " : "Failed remove finalizer due to ", e);
	return -1;
}

/* Of what names no target group, or one that is gone, the rest goes all the same. */
static int clean_all(struct bindpass *x, struct err *e)
{
	if (open_group(x, e) < 0) {
		if (e->num != EINVAL && e->num != ENOENT)
			return -1;
		x->door.arn = "";
	}
	return cleanup(x, e);
}

static int let_go(struct bindpass *x, struct err *e)
{
	struct err other;

	if (!pass_has_finalizer((const void *)x->b, FINALIZER))
		return 0;
	if (clean_all(x, e) < 0) {
		say(x, "FailedCleanup", "Failed cleanup due to ", e);
		if (bindpass_set_failed(x, e->msg, &other) < 0)
			log_warn("condition not set binding=%s/%s reason=\"%s\"", x->b->ns,
				 x->b->name, other.msg);
		return -1;
	}
	if (finalizer(x, false, e) < 0)
		return -1;
	return 0;
}

static int update(struct bindpass *x, struct err *e)
{
	enum result r = DONE;
	const char *why = refused(x->b);

	if (why) {
		fail(e, ENOTSUP, "%s", why);
		say(x, "FailedReconcile", "Failed reconcile due to ", e);
		return 0;
	}
	if (finalizer(x, true, e) < 0)
		return -1;
	if (open_group(x, e) < 0 || reconcile(x, &r, e) < 0) {
		say(x, "FailedReconcile", "Failed reconcile due to ", e);
		return -1;
	}
	if (r != DONE)
		return 0;
	x->memo.processed_ms = now_ms();
	x->memo.due_ms = 0;
	if (bindpass_set_observed(x, e) < 0) {
		say(x, "FailedUpdateStatus", "Failed update status due to ", e);
		return -1;
	}
	pass_say(x->p, KUBE_BINDING, x->b, false, "SuccessfullyReconciled",
		 "Successfully reconciled");
	return 0;
}

int pass_binding(struct pass *p, const char *ns, const char *name, struct err *e)
{
	struct bindpass x = { .p = p,
			      .b = snapshot_get(&p->objects, KUBE_BINDING, ns, name),
			      .all = p->env->bindings };
	int rc;

	if (!x.b) {
		bindings_forget(x.all, ns, name);
		return 0;
	}
	awsfacts_open(&x.view, p->env->facts, &p->stack, &p->a, p->env->deadline);
	x.memo = bindings_recall(x.all, x.b);
	rc = x.b->deleted ? let_go(&x, e) : update(&x, e);
	if (rc < 0 && *x.b->role && str_prefix(e->code, "ExpiredToken"))
		bindroles_forget(x.all->roles, x.b->role, x.b->external_id);
	if (x.b->deleted && rc == 0)
		bindings_forget(x.all, ns, name);
	else
		bindings_remember(x.all, x.b, &x.memo);
	awsfacts_close(&x.view);
	return rc;
}
