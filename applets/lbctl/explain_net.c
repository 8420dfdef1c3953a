/* SPDX-License-Identifier: Apache-2.0 */
/* explain_net.c - which subnets and security groups a load balancer has, and why. */
#include <string.h>

#include "explain.h"
#include "vpcnet.h"

static const char *word(struct explain *x, enum annot_id service, enum annot_id ingress,
			const char *def)
{
	annot_str(&x->l, x->kind == KUBE_SERVICE ? service : ingress, &def);
	return def;
}

static const struct stack_lb *lb_of(const struct explain *x)
{
	return x->built && x->pass.stack.nlbs ? &x->pass.stack.lbs[0] : NULL;
}

/* What it is, or, when there is no model, what it would have been. */
static struct subnet_ask ask_of(struct explain *x)
{
	const struct stack_lb *lb = lb_of(x);
	const char *scheme = lb ? lb->spec.scheme : NULL;
	const char *type = lb ? lb->spec.ip_address_type : NULL;

	if (!scheme && x->params && *x->params->scheme)
		scheme = x->params->scheme;
	if (!scheme)
		scheme = word(x, A_NLB_SCHEME, A_SCHEME, x->p->o.c.scheme);
	if (!type)
		type = word(x, A_NLB_IP_ADDRESS_TYPE, A_IP_ADDRESS_TYPE, "ipv4");
	return (struct subnet_ask) { x->kind == KUBE_INGRESS, strcmp(scheme, "internal") == 0,
				     strncmp(type, "dualstack", 9) == 0 };
}

static bool taken(const struct explain *x, const char *id)
{
	const struct stack_lb *lb = lb_of(x);

	for (size_t i = 0; lb && i < lb->spec.subnets.n; i++)
		if (strcmp(lb->spec.subnets.v[i].subnet, id) == 0)
			return true;
	return false;
}

static const struct ec2_subnet *rival(const struct explain *x, const struct ec2_subnet *s)
{
	const struct ec2_subnets *all = &x->facts.f.subnets;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].zone, s->zone) == 0 && taken(x, all->v[i].id))
			return &all->v[i];
	return NULL;
}

/* Who names the subnets; NULL: they are discovered. */
static const char *named_by(struct explain *x)
{
	enum annot_id id = x->kind == KUBE_SERVICE ? A_NLB_SUBNETS : A_SUBNETS;

	if (x->params && (x->params->subnet_ids.n || x->params->subnet_tags))
		return arena_fmt(&x->a, "IngressClassParams %s", x->params->name);
	if (annot_raw(&x->l, id, NULL))
		return arena_fmt(&x->a, "annotation %s/%s", x->l.prefix, annots[id].suffix);
	return NULL;
}

static const char *why(struct explain *x, const struct subnet_ask *q, const struct ec2_subnet *s,
		       const char *by)
{
	const char *role =
		q->internal ? "kubernetes.io/role/internal-elb" : "kubernetes.io/role/elb";
	const char *against = subnet_against(&x->p->o.c, q, s);
	const struct ec2_subnet *other = rival(x, s);

	if (by)
		return arena_fmt(&x->a, "%s by %s", taken(x, s->id) ? "named" : "not named", by);
	if (taken(x, s->id) && x->facts.f.existing)
		return "the load balancer that is there has it";
	if (taken(x, s->id))
		return arena_fmt(&x->a,
				 subnet_has_role(s, q) ? "it has tag %s"
						       : "by its routes; no subnet has tag %s",
				 role);
	if (!subnet_has_role(s, q))
		return arena_fmt(&x->a, "it has no tag %s", role);
	if (against)
		return against;
	if (!x->built)
		return "nothing is against it";
	return other ? arena_fmt(&x->a, "%s is the one of its zone", other->id)
		     : "the load balancer that is there has others";
}

int explain_subnets(struct explain *x, struct err *e)
{
	struct facts *f = &x->facts.f;
	struct json *list = json_array();
	struct subnet_ask q = ask_of(x);
	const char *by = named_by(x);

	json_add(x->root, "subnets", list);
	if (facts_need(f, FACT_SUBNETS, e) < 0 ||
	    (x->built && facts_need(f, FACT_LOAD_BALANCER, e) < 0))
		return -1;
	for (size_t i = 0; i < f->subnets.n; i++) {
		const struct ec2_subnet *s = &f->subnets.v[i];
		struct json *j = json_object();

		json_add_str(j, "id", s->id);
		json_add_str(j, "zone", s->zone);
		json_add_int(j, "free", s->free);
		json_add_bool(j, "taken", taken(x, s->id));
		json_add_str(j, "why", why(x, &q, s, by));
		json_push(list, j);
	}
	return 0;
}

static const char *group_why(const struct explain *x, const char *id)
{
	if (strcmp(id, STACK_BACKEND_SG) == 0 ||
	    (x->facts.f.backend_sg && strcmp(x->facts.f.backend_sg, id) == 0))
		return "the group that all load balancers share, which nodes and pods let in";
	if (stack_is_ref(id))
		return "the controller's own, for this load balancer";
	return "named by annotation";
}

void explain_groups(struct explain *x)
{
	const struct stack_lb *lb = lb_of(x);
	struct json *list = json_array();
	struct err e;

	if (lb && x->pass.stack.backend_sg && facts_need(&x->facts.f, FACT_BACKEND_SG, &e) < 0)
		people_tell(x->p, "the shared security group: %s", e.msg);
	for (size_t i = 0; lb && i < lb->spec.security_groups.n; i++) {
		const char *id = lb->spec.security_groups.v[i];
		struct json *j = json_object();

		json_add_str(j, "id", stack_is_ref(id) ? "(ours)" : id);
		json_add_str(j, "why", group_why(x, id));
		json_push(list, j);
	}
	json_add(x->root, "securityGroups", list);
}
