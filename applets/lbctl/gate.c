/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c - pods' readiness gates. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "gate.h"

const char *gate_type(const struct kube_binding *b, struct arena *a)
{
	return arena_fmt(a, GATE_PREFIX "%s", b->name);
}

bool gate_has(const struct kube_pod *p, const char *type)
{
	for (size_t i = 0; i < p->gates.n; i++)
		if (strcmp(p->gates.v[i].type, type) == 0)
			return true;
	return false;
}

struct kube_condition gate_want(const char *type, const struct elb_target_health *health)
{
	struct kube_condition c = { type, "Unknown", "", "", "" };

	if (!health || !*health->state)
		return c;
	c.status = strcmp(health->state, "healthy") == 0 ? "True" : "False";
	c.reason = health->reason;
	c.message = health->description;
	return c;
}

struct kube_condition gate_registered(const char *type)
{
	return (struct kube_condition) { type, "False", "Elb.RegistrationInProgress",
					 "Target registration is in progress", "" };
}

struct kube_condition gate_released(const char *type)
{
	return (struct kube_condition) { type, "True", "", "Target Group Binding is deleted", "" };
}

static const struct kube_condition *find(const struct kube_pod *p, const char *type)
{
	for (size_t i = 0; i < p->conditions.n; i++)
		if (strcmp(p->conditions.v[i].type, type) == 0)
			return &p->conditions.v[i];
	return NULL;
}

bool gate_same(const struct kube_pod *p, const struct kube_condition *want)
{
	const struct kube_condition *is = find(p, want->type);

	return is && strcmp(is->status, want->status) == 0 &&
	       strcmp(is->reason, want->reason) == 0 && strcmp(is->message, want->message) == 0;
}

bool gate_waits(const struct endpoints *v, const char *type)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct kube_condition *is = v->v[i].pod ? find(v->v[i].pod, type) : NULL;

		if (is && strcmp(is->status, "True") != 0)
			return true;
	}
	return false;
}

bool gate_closed(const struct endpoints *v, const char *type)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct kube_pod *p = v->v[i].pod;

		if (p && gate_has(p, type) &&
		    strcmp(pod_condition(&p->conditions, type), "True") != 0)
			return true;
	}
	return false;
}

/* null takes away what is there. */
static void add_or_drop(struct json *c, const char *key, const char *want, const char *is)
{
	if (*want || *is)
		json_add_str(c, key, *want ? want : NULL);
}

struct json *gate_patch(const struct kube_pod *p, const struct kube_condition *want,
			const char *now)
{
	const struct kube_condition *is = find(p, want->type);
	struct json *root = json_object(), *meta = json_object(), *status = json_object();
	struct json *order = json_array(), *only = json_object(), *l = json_array();
	struct json *c = json_object();
	bool kept = is && strcmp(is->status, want->status) == 0 && *is->since;

	/* Another pod of that name is not meant: the API server compares the uid. */
	json_add_str(meta, "uid", p->uid);
	json_add(root, "metadata", meta);
	json_add_str(only, "type", want->type);
	json_push(order, only);
	json_add(status, "$setElementOrder/conditions", order);
	json_add_str(c, "type", want->type);
	json_add_str(c, "status", want->status);
	add_or_drop(c, "reason", want->reason, is ? is->reason : "");
	add_or_drop(c, "message", want->message, is ? is->message : "");
	json_add_str(c, "lastTransitionTime", kept ? is->since : now);
	json_push(l, c);
	json_add(status, "conditions", l);
	json_add(root, "status", status);
	return root;
}

int gate_set(struct kube *k, const struct kube_pod *p, const struct kube_condition *want,
	     struct arena *a, int64_t deadline, struct err *e)
{
	auto_json struct json *patch = NULL;
	char now[21];

	if (gate_same(p, want))
		return 0;
	time_rfc3339(wall_s(), now);
	patch = gate_patch(p, want, now);
	if (kube_patch(k, KUBE_STRATEGIC, kube_path(KUBE_POD, p->ns, p->name, "status", a), patch,
		       NULL, deadline, e) == 0)
		return 0;
	return e->num == ENOENT || e->num == EAGAIN ? 0 : -1;
}
