/* SPDX-License-Identifier: Apache-2.0 */
/* admission_pod.c - a pod gets its readiness gates, a Service its class (spec-lbc-nlb 13.1, 13.2).
 */
#include <string.h>

#include "admission.h"

#define GATE "target-health.elbv2.k8s.aws/"
#define OLD_GATE "target-health.alb.ingress.k8s.aws" /* of the controller's first version */

/* ---- pods */

static bool selects(const struct tags *selector, const struct tags *labels)
{
	for (size_t i = 0; i < selector->n; i++) {
		const char *v = tag_get(labels, selector->v[i].key);

		if (!v || strcmp(v, selector->v[i].value) != 0)
			return false;
	}
	return selector->n;
}

/* Does the binding register the pod by its address? */
static bool binds(const struct admission *q, const struct kube_binding *b, const struct kube_pod *p)
{
	const struct model_objects *o = &q->env->objects;
	const struct kube_service *s;

	if (strcmp(b->ns, q->ns) != 0 || !b->target_type || strcmp(b->target_type, "ip") != 0)
		return false;
	s = o->get(o->arg, KUBE_SERVICE, b->ns, b->service);
	return s && selects(&s->selector, &p->labels);
}

static bool listed(const struct json *gates, const char *type)
{
	for (const struct json *g = json_first(gates); g; g = json_next(g))
		if (strcmp(json_str(g, "conditionType", ""), type) == 0)
			return true;
	return false;
}

static void add_gate(struct json *gates, const char *type)
{
	struct json *g = json_object();

	if (listed(gates, type)) {
		json_free(&g);
		return;
	}
	json_add_str(g, "conditionType", type);
	json_push(gates, g);
}

int admit_pod(struct admission *q)
{
	const struct model_objects *o = &q->env->objects;
	const struct json *have = json_get(q->object, "spec.readinessGates");
	auto_json struct json *want = json_array();
	struct kube_pod pod;
	size_t found = 0;

	if (!q->create || !q->env->inject_gates)
		return 0;
	if (admission_read(q, KUBE_POD, q->object, &pod) < 0)
		return -1;
	for (const struct json *g = json_first(have); g; g = json_next(g))
		if (!str_prefix(json_str(g, "conditionType", ""), OLD_GATE))
			json_push(want, json_copy(g));
	for (const void *at = o->next(o->arg, KUBE_BINDING, NULL); at;
	     at = o->next(o->arg, KUBE_BINDING, at)) {
		const struct kube_binding *b = at;

		if (!binds(q, b, &pod))
			continue;
		add_gate(want, arena_fmt(q->a, GATE "%s", b->name));
		found++;
	}
	if (found && !json_same(have, want))
		admission_set(q, "/spec/readinessGates", TAKE(want));
	return 0;
}

/* ---- Services */

static bool has_class(const struct kube_service *s)
{
	return s->class && *s->class;
}

int admit_service(struct admission *q)
{
	struct kube_service now, before;
	const char *class = q->env->c->lb_class;
	auto_json struct json *text = json_array();

	if (admission_read(q, KUBE_SERVICE, q->object, &now) < 0)
		return -1;
	if (strcmp(now.type, "LoadBalancer") != 0 || has_class(&now))
		return 0;
	if (!q->create) {
		if (admission_read(q, KUBE_SERVICE, q->old, &before) < 0)
			return -1;
		if (!has_class(&before))
			return 0;
		class = before.class;
	}
	json_push_str(text, class);
	admission_set(q, "/spec/loadBalancerClass", json_copy(json_first(text)));
	return 0;
}
