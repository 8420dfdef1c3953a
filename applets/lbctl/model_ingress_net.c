/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_net.c - the subnets and security groups of a group's load balancer (spec-lbc-alb
 * 11, 12). */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "track.h"

/* ---- subnets */

static bool has_subnets(const struct kube_class_params *p)
{
	return p && (p->subnet_ids.n || p->subnet_tags);
}

static bool same_subnets(const struct kube_class_params *a, const struct kube_class_params *b)
{
	if (!a->subnet_tags != !b->subnet_tags)
		return false;
	if (a->subnet_tags && strcmp(a->subnet_tags, b->subnet_tags) != 0)
		return false;
	return ingress_same(&a->subnet_ids, &b->subnet_ids);
}

static int class_subnets(struct ingress_build *b, const struct kube_class_params **out,
			 struct err *e)
{
	const struct kube_class_params *first = NULL;
	struct strs list = { 0 };
	bool by_annotation = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct kube_class_params *p = b->parts[i].p;

		if (has_subnets(p) && !first)
			first = p;
		else if (has_subnets(p) && !same_subnets(first, p))
			return fail(e, EINVAL,
				    "conflicting IngressClassParams subnet specifications");
		if (!has_subnets(p) && annot_list(&b->parts[i].l, A_SUBNETS, &list, b->a))
			by_annotation = true;
	}
	if (first && by_annotation)
		return fail(e, EINVAL,
			    "conflicting subnet specifications: IngressClassParams versus "
			    "annotation");
	*out = first;
	return 0;
}

/* The lists are equal whatever their order; the first one's order counts. */
static int named_subnets(struct ingress_build *b, struct strs *out, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i < b->n; i++) {
		struct strs l = { 0 }, x, y;

		if (!annot_list(&b->parts[i].l, A_SUBNETS, &l, b->a))
			continue;
		if (!found) {
			*out = l;
			found = true;
			continue;
		}
		x = ingress_set(out, b->a);
		y = ingress_set(&l, b->a);
		if (l.n != out->n || !ingress_same(&x, &y))
			return fail(e, EINVAL, "conflicting subnets: %s | %s",
				    ingress_bracketed(out, b->a), ingress_bracketed(&l, b->a));
	}
	return found;
}

static int by_class(struct ingress_build *b, const struct kube_class_params *p,
		    const struct subnet_ask *q, struct subnet_list *out, struct err *e)
{
	auto_json struct json *tags = NULL;

	if (p->subnet_ids.n)
		return subnets_named(b->f, b->c, q, &p->subnet_ids, out, b->a, e);
	tags = json_parse(p->subnet_tags, strlen(p->subnet_tags), e);
	if (!tags) {
		e->num = EINVAL;
		return wrap(e, "IngressClassParams %s: subnets.tags", p->name);
	}
	return subnets_found(b->f, b->c, q, tags, out, b->a, e);
}

/* Discovery does not move a load balancer that is there. */
static bool keep_subnets(struct ingress_build *b, struct elb_subnet_mappings *out)
{
	const struct elb_load_balancer *have = b->f->existing;

	if (!have || strcmp(have->scheme, b->scheme) != 0 || !have->zones.n)
		return false;
	*out = (struct elb_subnet_mappings) { arena_get(b->a, have->zones.n * sizeof(*out->v)),
					      have->zones.n };
	for (size_t i = 0; i < out->n; i++)
		out->v[i].subnet = have->zones.v[i].subnet;
	return true;
}

static int find_subnets(struct ingress_build *b, const struct subnet_ask *q,
			struct subnet_list *out, struct err *e)
{
	if (subnets_found(b->f, b->c, q, NULL, out, b->a, e) < 0)
		return wrap(e, "couldn't auto-discover subnets");
	return 0;
}

int ingress_subnets(struct ingress_build *b, struct elb_subnet_mappings *out, struct err *e)
{
	struct subnet_ask q = { true, strcmp(b->scheme, "internal") == 0, b->dualstack };
	const struct kube_class_params *p = NULL;
	struct subnet_list l = { 0 };
	struct strs names = { 0 };
	int r;

	if (class_subnets(b, &p, e) < 0)
		return -1;
	r = p ? 0 : named_subnets(b, &names, e);
	if (r < 0)
		return -1;
	if (!p && !r) {
		if (facts_need(b->f, FACT_LOAD_BALANCER, e) < 0)
			return -1;
		if (keep_subnets(b, out))
			return 0;
	}
	if (p)
		r = by_class(b, p, &q, &l, e);
	else if (r)
		r = subnets_named(b->f, b->c, &q, &names, &l, b->a, e);
	else
		r = find_subnets(b, &q, &l, e);
	if (r < 0)
		return -1;
	*out = (struct elb_subnet_mappings) { arena_get(b->a, l.n * sizeof(*out->v)), l.n };
	for (size_t i = 0; i < l.n; i++)
		out->v[i].subnet = l.v[i]->id;
	return 0;
}

/* ---- the managed group */

static void add_permission(struct ingress_build *b, struct ec2_permissions *l, int64_t port,
			   const char *source, bool list)
{
	struct ec2_permission *p = &l->v[l->n++];

	*p = (struct ec2_permission) { .protocol = "tcp",
				       .from = { port, true },
				       .to = { port, true } };
	if (list) {
		p->prefix_lists =
			(struct ec2_prefix_lists) { NEW(b->a, struct ec2_prefix_list), 1 };
		p->prefix_lists.v[0] = (struct ec2_prefix_list) { source, "" };
	} else if (strchr(source, ':')) {
		p->ranges6 = (struct ec2_range6s) { NEW(b->a, struct ec2_range6), 1 };
		p->ranges6.v[0] = (struct ec2_range6) { source, "" };
	} else {
		p->ranges = (struct ec2_ranges) { NEW(b->a, struct ec2_range), 1 };
		p->ranges.v[0] = (struct ec2_range) { source, "" };
	}
}

static struct ec2_permissions permissions(struct ingress_build *b)
{
	struct ec2_permissions out = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < b->nlisteners; i++)
		n += b->listeners[i].cidrs.n + b->listeners[i].lists.n;
	out.v = arena_get(b->a, (n + 1) * sizeof(*out.v));
	for (size_t i = 0; i < b->nlisteners; i++) {
		const struct ingress_listener *at = &b->listeners[i];

		for (size_t v6 = 0; v6 <= b->dualstack; v6++)
			for (size_t k = 0; k < at->cidrs.n; k++)
				if (!strchr(at->cidrs.v[k], ':') == !v6)
					add_permission(b, &out, at->port, at->cidrs.v[k], false);
		for (size_t k = 0; k < at->lists.n; k++)
			add_permission(b, &out, at->port, at->lists.v[k], true);
	}
	return out;
}

static int managed_group(struct ingress_build *b, struct err *e)
{
	const struct ingress_group_id *id = &b->g->id;
	const char *hash =
		track_hash(b->a, 10, (const char *const[]) { b->c->cluster, b->out->id, NULL });
	struct stack_sg v = { .id = SG_ID,
			      .description = "[k8s] Managed SecurityGroup for LoadBalancer" };

	if (ingress_shared_tags(b, 0, &v.tags, e) < 0)
		return -1;
	v.name = *id->ns ? arena_fmt(b->a, "k8s-%s-%s-%s", track_part(id->ns, 8, b->a),
				     track_part(id->name, 8, b->a), hash)
			 : arena_fmt(b->a, "k8s-%s-%s", track_part(id->name, 17, b->a), hash);
	v.ingress = permissions(b);
	stack_add_sg(b->out, &v, b->a);
	strs_add(&b->groups, stack_ref(STACK_SG, SG_ID, "groupID", b->a), b->a);
	return 0;
}

/* ---- which groups */

static int add_backend(struct ingress_build *b, struct err *e)
{
	if (facts_need(b->f, FACT_BACKEND_SG, e) < 0)
		return -1;
	strs_add(&b->groups, b->f->backend_sg, b->a);
	b->peer = b->groups.v[b->groups.n - 1];
	b->out->backend_sg = true;
	return 0;
}

static int given_groups(struct ingress_build *b, struct strs *out, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i < b->n; i++) {
		struct strs l = { 0 };

		if (!annot_list(&b->parts[i].l, A_SECURITY_GROUPS, &l, b->a))
			continue;
		if (found && !ingress_same(out, &l))
			return fail(e, EINVAL, "conflicting securityGroups: %s | %s",
				    ingress_bracketed(out, b->a), ingress_bracketed(&l, b->a));
		*out = l;
		found = true;
	}
	return 0;
}

static int managed_rules(struct ingress_build *b, bool *yes, struct err *e)
{
	bool found = false;

	*yes = b->c->manage_backend_rules;
	for (size_t i = 0; i < b->n; i++) {
		bool own;
		int r = annot_bool(&b->parts[i].l, A_MANAGE_RULES, &own, e);

		if (r < 0)
			return -1;
		if (!r)
			continue;
		if (found && own != *yes)
			return fail(e, EINVAL,
				    "conflicting manage backend security group rules settings");
		*yes = own;
		found = true;
	}
	return 0;
}

int ingress_groups(struct ingress_build *b, struct err *e)
{
	struct strs names = { 0 };
	bool manage;

	if (given_groups(b, &names, e) < 0)
		return -1;
	if (!names.n) {
		if (managed_group(b, e) < 0)
			return -1;
		b->peer = b->groups.v[0];
		return b->c->backend_sg ? add_backend(b, e) : 0;
	}
	if (managed_rules(b, &manage, e) < 0 || groups_named(b->f, &names, &b->groups, b->a, e) < 0)
		return -1;
	if (!manage)
		return 0;
	if (!b->c->backend_sg)
		return fail(e, EINVAL,
			    "backendSG feature is required to manage worker node SG rules when "
			    "frontendSG manually specified");
	return add_backend(b, e);
}
