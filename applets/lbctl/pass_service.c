/* SPDX-License-Identifier: Apache-2.0 */
/* pass_service.c - a Service and its network load balancer (spec-lbc-nlb 2.3). */
#include <errno.h>
#include <string.h>

#include "pass.h"

#define FINALIZER "service.k8s.aws/resources"

static int build(struct pass *p, const struct kube_service *s, struct facts *f, struct err *e)
{
	const struct model_objects o = snapshot_objects(&p->objects);

	if (model_service(p->env->c, s, &o, f, &p->stack, &p->a, e) == 0 && pass_limits(p, e) == 0)
		return 0;
	pass_say(p, KUBE_SERVICE, s, true, "FailedBuildModel", "Failed build model due to %s",
		 e->msg);
	return -1;
}

/* What belongs to it goes, then the finalizer. */
static int cleanup(struct pass *p, const struct kube_service *s, struct facts *f, struct err *e)
{
	const char *dns;

	if (pass_deploy(p, f, &dns, e) < 0) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedDeployModel",
			 "Failed deploy model due to %s", e->msg);
		return -1;
	}
	if (p->env->dry)
		return 0;
	if (pass_status(p, KUBE_SERVICE, s, NULL, NULL, e) < 0 && e->num != ENOENT) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedCleanupStatus",
			 "Failed update status due to %s", e->msg);
		return -1;
	}
	if (kube_finalizer(p->env->kube, KUBE_SERVICE, s->ns, s->name, FINALIZER, false,
			   p->env->deadline, e) < 0) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedRemoveFinalizer",
			 "Failed remove finalizer due to %s", e->msg);
		return -1;
	}
	p->cleaned = true;
	return 0;
}

static int finish(struct pass *p, const struct kube_service *s, const char *dns, struct err *e)
{
	struct kube_lb_ports ports = { arena_get(&p->a, s->ports.n * sizeof(*ports.v)),
				       s->ports.n };

	for (size_t i = 0; i < s->ports.n; i++)
		ports.v[i] = (struct kube_lb_port) { s->ports.v[i].port, s->ports.v[i].protocol };
	if (!dns)
		return fail(e, EIO, "load balancer of %s/%s: AWS told no DNS name", s->ns, s->name);
	if (pass_status(p, KUBE_SERVICE, s, dns, &ports, e) < 0) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedUpdateStatus",
			 "Failed update status due to failed to update service status: %s/%s: %s",
			 s->ns, s->name, e->msg);
		return -1;
	}
	pass_say(p, KUBE_SERVICE, s, false, "SuccessfullyReconciled", "Successfully reconciled");
	return 0;
}

static int deploy(struct pass *p, const struct kube_service *s, struct facts *f, struct err *e)
{
	const char *dns;

	if (!p->env->dry && !pass_has_finalizer((const void *)s, FINALIZER) &&
	    kube_finalizer(p->env->kube, KUBE_SERVICE, s->ns, s->name, FINALIZER, true,
			   p->env->deadline, e) < 0) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedAddFinalizer",
			 "Failed add finalizer due to %s", e->msg);
		return -1;
	}
	if (pass_deploy(p, f, &dns, e) < 0) {
		pass_say(p, KUBE_SERVICE, s, true, "FailedDeployModel",
			 "Failed deploy model due to %s", e->msg);
		return -1;
	}
	return p->env->dry ? 0 : finish(p, s, dns, e);
}

int pass_service(struct pass *p, const char *ns, const char *name, struct err *e)
{
	const struct kube_service *s = snapshot_get(&p->objects, KUBE_SERVICE, ns, name);
	auto_factview struct factview v = { 0 };

	if (!s)
		return 0;
	if (!service_ours(p->env->c, s) && !pass_has_finalizer((const void *)s, FINALIZER))
		return 0;
	awsfacts_open(&v, p->env->facts, &p->stack, &p->a, p->env->deadline);
	if (build(p, s, &v.f, e) < 0)
		return -1;
	return p->stack.nlbs ? deploy(p, s, &v.f, e) : cleanup(p, s, &v.f, e);
}
