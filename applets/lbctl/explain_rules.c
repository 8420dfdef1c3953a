/* SPDX-License-Identifier: Apache-2.0 */
/* explain_rules.c - listeners, certificates, rules and target groups of a model. */
#include <string.h>

#include "explain.h"
#include "routeshow.h"

/* ---- certificates */

/* "*.rest" is for every name with one label in front of rest. */
static bool covers(const char *name, const char *host)
{
	const char *rest = strchr(host, '.');

	return strcmp(name, host) == 0 ||
	       (rest && strncmp(name, "*.", 2) == 0 && strcmp(name + 1, rest) == 0);
}

static const struct acm_detail *detail_of(const struct explain *x, const char *arn)
{
	const struct acm_details *all = &x->facts.f.certificates;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].arn, arn) == 0)
			return &all->v[i];
	return NULL;
}

static bool certifies(const struct explain *x, const char *arn, const char *host)
{
	const struct acm_detail *d = detail_of(x, arn);

	for (size_t i = 0; d && i < d->names.n; i++)
		if (covers(d->names.v[i], host))
			return true;
	return false;
}

static const char *given_by(struct explain *x)
{
	enum annot_id id = x->kind == KUBE_SERVICE ? A_NLB_CERTIFICATES : A_CERTIFICATES;

	if (x->params && x->params->certificates.n)
		return arena_fmt(&x->a, "IngressClassParams %s", x->params->name);
	if (annot_raw(&x->l, id, NULL))
		return arena_fmt(&x->a, "annotation %s/%s", x->l.prefix, annots[id].suffix);
	return "found in ACM by host names, or given by another member of the group";
}

static void add_host(struct explain *x, const struct elb_certificates *l, const char *host,
		     struct json *list)
{
	struct json *j = json_object(), *arns = json_array();

	json_add_str(j, "host", host);
	for (size_t i = 0; i < l->n; i++)
		if (certifies(x, l->v[i].arn, host))
			json_push_str(arns, l->v[i].arn);
	json_add(j, "certificates", arns);
	json_push(list, j);
}

static void add_hosts(struct explain *x, const struct elb_certificates *l, struct json *to)
{
	const struct kube_ingress *in = (const void *)x->m;
	struct json *list = json_array();

	for (size_t i = 0; x->kind == KUBE_INGRESS && i < in->rules.n; i++)
		if (*in->rules.v[i].host)
			add_host(x, l, in->rules.v[i].host, list);
	for (size_t i = 0; x->kind == KUBE_INGRESS && i < in->tls.n; i++)
		for (size_t k = 0; k < in->tls.v[i].hosts.n; k++)
			add_host(x, l, in->tls.v[i].hosts.v[k], list);
	json_add(to, "hosts", list);
}

static int add_certificates(struct explain *x, const struct elb_certificates *l, struct json *to,
			    struct err *e)
{
	struct json *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_push_str(list, l->v[i].arn);
	json_add(to, "certificates", list);
	if (!l->n)
		return 0;
	json_add_str(to, "certificatesFrom", given_by(x));
	if (facts_need(&x->facts.f, FACT_CERTIFICATES, e) < 0)
		return -1;
	add_hosts(x, l, to);
	return 0;
}

/* ---- rules */

static const char *does(struct explain *x, const struct elb_actions *l)
{
	auto_json struct json *list = json_array();
	auto_buf struct buf out = { 0 };

	for (size_t i = 0; i < l->n; i++)
		json_push(list, shape_json(&elb_action_shape, &l->v[i]));
	buf_str(&out, route_actions(list, &x->a));
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; l->v[i].forward && k < l->v[i].forward->groups.n; k++) {
			const struct elb_weighted_group *g = &l->v[i].forward->groups.v[k];
			const char *type, *id;

			buf_fmt(&out, " %s",
				stack_ref_split(g->arn, &type, &id, &x->a) ? id : g->arn);
			if (g->weight.set)
				buf_fmt(&out, "=%lld", (long long)g->weight.v);
		}
	return arena_str(&x->a, out.p ? out.p : "");
}

static void add_rules(struct explain *x, const struct stack_listener *at, struct json *to)
{
	const struct stack *s = &x->pass.stack;
	struct json *list = json_array();

	for (size_t i = 0; i < s->nrules; i++) {
		const struct stack_rule *r = &s->rules[i];
		struct json *j, *conditions;

		if (r->port != at->spec.port)
			continue;
		j = json_object();
		conditions = json_array();
		json_add_int(j, "priority", r->spec.priority);
		json_add_str(j, "from", r->from ? r->from : "");
		for (size_t k = 0; k < r->spec.conditions.n; k++)
			json_push_str(conditions, route_condition(&r->spec.conditions.v[k], &x->a));
		json_add(j, "conditions", conditions);
		json_add_str(j, "action", does(x, &r->spec.actions));
		json_push(list, j);
	}
	json_add(to, "rules", list);
}

/* ---- target groups */

static void add_groups(struct explain *x)
{
	const struct stack *s = &x->pass.stack;
	struct json *list = json_array();

	for (size_t i = 0; i < s->ntgs; i++) {
		const struct elb_create_target_group *g = &s->tgs[i].spec;
		struct json *j = json_object();

		json_add_str(j, "id", s->tgs[i].id);
		json_add_str(j, "name", g->name);
		json_add_str(j, "targetType", g->target_type);
		json_add_str(j, "protocol", g->protocol);
		json_add_int(j, "port", g->port);
		json_add_str(j, "healthCheck",
			     arena_fmt(&x->a, "%s %s%s%s", g->health_protocol, g->health_port,
				       g->health_path ? " " : "",
				       g->health_path ? g->health_path : ""));
		json_push(list, j);
	}
	json_add(x->root, "targetGroups", list);
}

int explain_listeners(struct explain *x, struct err *e)
{
	const struct stack *s = &x->pass.stack;
	struct json *list = json_array();

	json_add(x->root, "listeners", list);
	for (size_t i = 0; i < s->nlisteners; i++) {
		const struct stack_listener *at = &s->listeners[i];
		struct json *j = json_object();

		json_push(list, j);
		json_add_str(j, "protocol", at->spec.protocol);
		json_add_int(j, "port", at->spec.port);
		json_add_str(j, "default", does(x, &at->spec.actions));
		if (add_certificates(x, &at->spec.certificates, j, e) < 0)
			return -1;
		add_rules(x, at, j);
	}
	add_groups(x);
	return 0;
}
