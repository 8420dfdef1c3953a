/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c - what the passes of Services and of groups share. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "binding.h"
#include "have.h"
#include "lblimits.h"
#include "log.h"
#include "pass.h"
#include "track.h"

void pass_free(struct pass *p)
{
	snapshot_free(&p->objects);
	arena_free(&p->a);
}

bool pass_has_finalizer(const struct kube_meta *m, const char *finalizer)
{
	for (size_t i = 0; i < m->finalizers.n; i++)
		if (strcmp(m->finalizers.v[i], finalizer) == 0)
			return true;
	return false;
}

static const char *component(enum kube_kind kind)
{
	return kind == KUBE_SERVICE   ? "service"
	       : kind == KUBE_BINDING ? "targetGroupBinding"
				      : "ingress";
}

/* The category of a failure that is counted, by the reason that the event gives. */
static void count(struct pass *p, enum kube_kind kind, const char *reason)
{
	static const struct {
		const char *reason, *category;
	} rows[] = { { "FailedReconcile", "reconcile_targetgroupbinding_error" },
		     { "FailedBuildModel", "build_model_error" },
		     { "FailedDeployModel", "deploy_model_error" },
		     { "FailedAddFinalizer", "add_finalizers_error" },
		     { "FailedRemoveFinalizer", "remove_finalizers_error" },
		     { "FailedUpdateStatus", "update_status_error" },
		     { "FailedCleanupStatus", "cleanup_load_balancer_error" } };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].reason, reason) == 0)
			metric_add(p->env->metrics, M_RECONCILE_ERRORS, 1, component(kind),
				   rows[i].category);
}

void pass_say(struct pass *p, enum kube_kind kind, const void *object, bool warning,
	      const char *reason, const char *fmt, ...)
{
	const struct kube_meta *m = object;
	const struct kube_about about = { kind, m->ns, m->name, m->uid, m->version };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->env->told) {
		p->env->told(p->env->told_arg, kind, m, warning, reason, text);
		return;
	}
	log_line(warning ? LOG_WARN : LOG_INFO, __FILE__, __LINE__,
		 "%s %s/%s reason=%s message=\"%s\"", kube_kinds[kind].kind, m->ns, m->name, reason,
		 text);
	count(p, kind, reason);
	if (p->env->events && !p->env->dry)
		kube_say(p->env->events, &about, component(kind), warning, reason, "%s", text);
}

/* ---- deploying */

static void gather_bindings(struct pass *p, struct have *h)
{
	const struct snapshot *s = &p->objects;
	struct tags labels = track_labels(&p->stack, &p->a);

	h->bindings = arena_get(&p->a, s->n[KUBE_BINDING] * sizeof(*h->bindings));
	for (size_t i = 0; i < s->n[KUBE_BINDING]; i++) {
		const struct kube_binding *b = kube_of(s->v[KUBE_BINDING][i]);

		if (track_has(&b->labels, &labels))
			h->bindings[h->nbindings++] = b;
	}
}

static void tell(void *arg, const struct step *s, size_t nth, const struct err *done)
{
	const struct pass *p = arg;
	const char *arn = s->gives ? apply_value(&p->made, s->gives) : NULL;

	(void)nth;
	if (done && arn && p->env->bindings && s->action == &elb_actions[ELB_create_target_group])
		bindings_made(p->env->bindings, arn);
	if (done)
		log_line(done->num ? LOG_WARN : LOG_INFO, __FILE__, __LINE__,
			 "step stack=%s action=%s on=\"%s\"%s%s%s", p->stack.id,
			 s->action ? s->action->name : s->method, s->title,
			 done->num ? " failed=\"" : "", done->num ? done->msg : "",
			 done->num ? "\"" : "");
}

static bool touches_groups(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].action && p->v[i].action->service == AWS_EC2)
			return true;
	return false;
}

static const char *dns_of(struct pass *p, const struct have *h, const struct apply_values *made)
{
	for (size_t i = 0; i < p->stack.nlbs; i++) {
		const struct stack_lb *w = &p->stack.lbs[i];
		const struct have_lb *is = have_lb_match(h, w);

		if (is)
			return is->lb->dns_name;
		return apply_value(made, stack_ref(STACK_LB, w->id, "dnsName", &p->a));
	}
	return NULL;
}

static const char *lower(const char *s, struct arena *a)
{
	char *out = arena_str(a, s);

	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

static int deploy_once(struct pass *p, struct facts *f, const char **dns, struct err *e)
{
	const struct passenv *n = p->env;
	const struct apply how = { .aws = n->aws,
				   .kube = n->kube,
				   .index = n->index,
				   .deadline = n->deadline,
				   .tell = tell,
				   .arg = p };
	struct have h = { 0 };
	const char *name;
	int rc;

	if (facts_need(f, FACT_GROUPS, e) < 0 ||
	    have_read(&h, n->aws, n->index, n->c, &p->stack, &f->groups, &p->a, n->deadline, e) < 0)
		return -1;
	gather_bindings(p, &h);
	plan_make(n->c, &p->stack, &h, &p->plan, &p->a);
	if (n->dry)
		return 0;
	p->made = (struct apply_values) { 0 };
	rc = apply_plan(&how, &p->plan, &p->made, &p->a, e);
	if (touches_groups(&p->plan))
		awsfacts_changed(n->facts);
	if (rc < 0)
		return -1;
	if (p->plan.again)
		p->again_ms = n->stabilize_ms;
	name = dns_of(p, &h, &p->made);
	*dns = name ? lower(name, &p->a) : NULL;
	return 0;
}

int pass_limits(struct pass *p, struct err *e)
{
	static const struct elb_describe_limits all;
	struct lblimits limits = lblimits_default();
	struct elb_limits own;
	struct err why;
	int64_t max;

	if (limits_stack(&p->stack, &limits, e) == 0)
		return 0;
	/* An account's may be higher. Who may not ask learns it from AWS. */
	if (elb_describe_account_limits(p->env->aws, &all, &own, &p->a, p->env->deadline, &why) <
	    0) {
		log_warn("limits of the account unknown stack=%s reason=\"%s\"", p->stack.id,
			 why.msg);
		return why.num == EACCES ? 0 : -1;
	}
	for (size_t i = 0; i < own.n; i++)
		if (str_i64(own.v[i].max, &max))
			(void)lblimits_set(&limits, own.v[i].name, max);
	return limits_stack(&p->stack, &limits, e);
}

int pass_deploy(struct pass *p, struct facts *f, const char **dns, struct err *e)
{
	*dns = NULL;
	if (deploy_once(p, f, dns, e) == 0)
		return 0;
	if (e->num != EAGAIN || p->env->dry)
		return -1;
	log_info("planning again stack=%s reason=\"%s\"", p->stack.id, e->msg);
	awsfacts_changed(p->env->facts);
	elbindex_doubt(p->env->index);
	awsfacts_renew(f, FACT_GROUPS);
	return deploy_once(p, f, dns, e);
}

/* ---- status */

/* Only the numbers of ports count, in any order (spec-lbc-nlb 2.4, spec-lbc-alb 4.4). */
static bool same_ports(const struct kube_lb_ports *a, const struct kube_lb_ports *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		bool there = false;

		for (size_t k = 0; k < b->n; k++)
			there = there || a->v[i].port == b->v[k].port;
		if (!there)
			return false;
	}
	return true;
}

static struct json *status_json(const char *hostname, const struct kube_lb_ports *ports)
{
	struct json *status = json_object(), *lb = json_object(), *list = json_array();
	struct json *one = json_object(), *l = json_array(), *root = json_object();

	json_add(root, "status", status);
	json_add(status, "loadBalancer", lb);
	if (!hostname) {
		/* A merge patch takes members away by null. */
		json_add_str(lb, "ingress", NULL);
		json_free(&list);
		json_free(&one);
		json_free(&l);
		return root;
	}
	for (size_t i = 0; i < ports->n; i++) {
		struct json *port = json_object();

		json_add_int(port, "port", ports->v[i].port);
		json_add_str(port, "protocol", ports->v[i].protocol);
		json_push(l, port);
	}
	json_add_str(one, "hostname", hostname);
	json_add(one, "ports", l);
	json_push(list, one);
	json_add(lb, "ingress", list);
	return root;
}

int pass_status(struct pass *p, enum kube_kind kind, const void *object, const char *hostname,
		const struct kube_lb_ports *ports, struct err *e)
{
	const struct kube_meta *m = object;
	const struct kube_lb_ingresss *is =
		kind == KUBE_SERVICE ? &((const struct kube_service *)object)->status
				     : &((const struct kube_ingress *)object)->status;
	const char *path = kube_path(kind, m->ns, m->name, "status", &p->a);
	auto_json struct json *j = NULL;

	if (hostname && is->n == 1 && !*is->v[0].ip && strcmp(is->v[0].hostname, hostname) == 0 &&
	    same_ports(&is->v[0].ports, ports))
		return 0;
	j = status_json(hostname, ports);
	return kube_patch(p->env->kube, KUBE_MERGE, path, j, NULL, p->env->deadline, e);
}
