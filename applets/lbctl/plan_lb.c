/* SPDX-License-Identifier: Apache-2.0 */
/* plan_lb.c - load balancers (spec-lbc-nlb 9.3, spec-lbc-alb 20.5). */
#include <string.h>

#include "plan.h"
#include "track.h"

/* What a new load balancer has already (API reference, ModifyLoadBalancerAttributes). */
static struct tag new_values[] = { { "access_logs.s3.enabled", "false" },
				   { "deletion_protection.enabled", "false" },
				   { "load_balancing.cross_zone.enabled", "false" } };

static bool network(const struct stack_lb *w)
{
	return strcmp(w->spec.type, "network") == 0;
}

static void attributes(struct planner *p, const char *arn, const struct tags *want,
		       const struct tags *have, const char *title)
{
	const struct elb_modify_load_balancer_attributes in = {
		.arn = arn, .attributes = plan_attributes(p, want, have)
	};
	struct step *s;

	if (!in.attributes.n)
		return;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_load_balancer_attributes], &in,
		      title);
	for (size_t i = 0; i < in.attributes.n; i++)
		step_line(p, s, in.attributes.v[i].key, tag_get(have, in.attributes.v[i].key),
			  in.attributes.v[i].value);
}

static const char *joined(const struct strs *l, struct arena *a)
{
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&b, "%s%s", i ? ", " : "", l->v[i]);
	return arena_str(a, b.len ? b.p : "none");
}

static bool has(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static bool same_set(const struct strs *a, const struct strs *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!has(b, a->v[i]))
			return false;
	for (size_t i = 0; i < b->n; i++)
		if (!has(a, b->v[i]))
			return false;
	return true;
}

static struct strs values_of(const struct planner *p, const struct strs *l)
{
	struct strs out = { arena_get(p->a, l->n * sizeof(*out.v)), l->n };

	for (size_t i = 0; i < l->n; i++)
		out.v[i] = plan_value(p, l->v[i]);
	return out;
}

/* ---- groups and subnets */

/* private_link is only sent when it differs (spec-lbc-nlb 9.3). */
static void groups(struct planner *p, const char *arn, const struct stack_lb *w,
		   const struct elb_load_balancer *lb, const char *title)
{
	static const struct strs none;
	const struct strs *is = lb ? &lb->security_groups : &w->spec.security_groups;
	struct strs shall = values_of(p, &w->spec.security_groups);
	const char *linked = lb ? lb->private_link : "";
	struct elb_set_security_groups in = { .arn = arn, .security_groups = shall };
	struct step *s;

	if (w->private_link && strcmp(w->private_link, linked) != 0)
		in.private_link = w->private_link;
	if (lb ? same_set(is, &shall) && !in.private_link : !in.private_link)
		return;
	/* A network load balancer that was made without groups can never have any. */
	if (lb && network(w) && !lb->security_groups.n && !shall.n)
		return;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_set_security_groups], &in, title);
	if (lb && !same_set(is, &shall))
		step_line(p, s, "SecurityGroups", joined(lb ? is : &none, p->a),
			  joined(&shall, p->a));
	if (in.private_link)
		step_line(p, s, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
			  *linked ? linked : NULL, in.private_link);
}

static struct strs subnets_of(const struct elb_zones *z, struct arena *a)
{
	struct strs out = { arena_get(a, z->n * sizeof(*out.v)), z->n };

	for (size_t i = 0; i < z->n; i++)
		out.v[i] = z->v[i].subnet;
	return out;
}

static struct strs subnets_wanted(const struct elb_subnet_mappings *m, struct arena *a)
{
	struct strs out = { arena_get(a, m->n * sizeof(*out.v)), m->n };

	for (size_t i = 0; i < m->n; i++)
		out.v[i] = m->v[i].subnet;
	return out;
}

static bool same_prefixes(const struct elb_subnet_mappings *m, const struct elb_zones *z)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *shall = m->v[i].source_nat_prefix, *is = "";

		for (size_t k = 0; k < z->n; k++)
			if (strcmp(z->v[k].subnet, m->v[i].subnet) == 0 &&
			    z->v[k].source_nat_prefixes.n)
				is = z->v[k].source_nat_prefixes.v[0];
		/* Which one was assigned, nobody asked for. */
		if (shall && strcmp(shall, "auto_assigned") != 0 && strcmp(shall, is) != 0)
			return false;
	}
	return true;
}

static bool first_ipv6(const struct stack_lb *w, const struct elb_load_balancer *lb)
{
	if (!network(w) || strcmp(lb->ip_address_type, "ipv4") != 0 || !w->spec.ip_address_type ||
	    strcmp(w->spec.ip_address_type, "dualstack") != 0)
		return false;
	for (size_t i = 0; i < w->spec.subnets.n; i++)
		if (w->spec.subnets.v[i].ipv6)
			return true;
	return false;
}

static void subnets(struct planner *p, const struct stack_lb *w, const struct elb_load_balancer *lb,
		    const char *title)
{
	struct strs is = subnets_of(&lb->zones, p->a);
	struct strs shall = subnets_wanted(&w->spec.subnets, p->a);
	struct elb_set_subnets in = { .arn = lb->arn, .subnets = w->spec.subnets };
	bool nat = network(w) && w->spec.source_nat && *w->spec.source_nat &&
		   strcmp(w->spec.source_nat, *lb->source_nat ? lb->source_nat : "off") != 0;
	struct step *s;

	if (same_set(&is, &shall) && !nat && same_prefixes(&w->spec.subnets, &lb->zones) &&
	    !first_ipv6(w, lb))
		return;
	if (network(w))
		in.source_nat = w->spec.source_nat;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_set_subnets], &in, title);
	if (!same_set(&is, &shall))
		step_line(p, s, "Subnets", joined(&is, p->a), joined(&shall, p->a));
	if (nat)
		step_line(p, s, "EnablePrefixForIpv6SourceNat",
			  *lb->source_nat ? lb->source_nat : NULL, w->spec.source_nat);
	if (!s->nlines)
		step_lines_of(p, s);
}

static void address_type(struct planner *p, const struct stack_lb *w,
			 const struct elb_load_balancer *lb, const char *title)
{
	const struct elb_set_ip_address_type in = { lb->arn, w->spec.ip_address_type };

	if (!w->spec.ip_address_type || strcmp(w->spec.ip_address_type, lb->ip_address_type) == 0)
		return;
	step_line(p, plan_call(p, STEP_CHANGE, &elb_actions[ELB_set_ip_address_type], &in, title),
		  "IpAddressType", lb->ip_address_type, w->spec.ip_address_type);
}

/* ---- pools and capacity */

/* Away before all else, in at the end (spec-lbc-nlb 9.3). */
static void ipam_pool(struct planner *p, const struct stack_lb *w,
		      const struct elb_load_balancer *lb, bool away, const char *title)
{
	static const char *ipv4 = "ipv4";
	const char *shall = w->spec.ipam_pool ? w->spec.ipam_pool : "";
	struct elb_modify_ip_pools in = { .arn = lb->arn };

	if (away != !*shall || strcmp(shall, lb->ipam_pool) == 0)
		return;
	if (away)
		in.remove = (struct strs) { &ipv4, 1 };
	else
		in.ipam_pool = shall;
	step_line(p, plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_ip_pools], &in, title),
		  "Ipv4IpamPoolId", *lb->ipam_pool ? lb->ipam_pool : NULL, away ? NULL : shall);
}

static const char *units(struct planner *p, struct shape_num n)
{
	return n.set && n.v ? arena_fmt(p->a, "%lld", (long long)n.v) : NULL;
}

/* 0 takes the reservation away; what is not said is left alone. */
static void capacity(struct planner *p, const struct stack_lb *w, const struct have_lb *h,
		     const char *title)
{
	struct elb_modify_capacity in = { .arn = h->lb->arn };
	int64_t is = h->capacity.set ? h->capacity.v : 0;

	if (!w->capacity.set || !p->c->gates[GATE_LB_CAPACITY])
		return;
	if (strcmp(h->lb->state, "provisioning") == 0) {
		p->out->again = true;
		return;
	}
	if (w->capacity.v == is)
		return;
	in.reset = w->capacity.v == 0;
	if (!in.reset)
		in.units = w->capacity;
	step_line(p,
		  plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_capacity_reservation], &in,
			    title),
		  "CapacityUnits", units(p, h->capacity), units(p, w->capacity));
}

/* ---- */

static void create(struct planner *p, const struct stack_lb *w, const char *title)
{
	const char *ref = stack_ref(STACK_LB, w->id, "loadBalancerARN", p->a);
	const struct tags as_new = { new_values, COUNT(new_values) - !network(w) };
	struct elb_create_load_balancer in = w->spec;
	struct step *s;

	in.tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);
	s = plan_call(p, STEP_CREATE, &elb_actions[ELB_create_load_balancer], &in, title);
	s->gives = ref;
	step_lines_of(p, s);
	attributes(p, ref, &w->attributes, &as_new, title);
	if (network(w) && w->private_link)
		groups(p, ref, w, NULL, title);
	p->out->again = p->out->again ||
			(w->capacity.set && w->capacity.v && p->c->gates[GATE_LB_CAPACITY]);
}

static void update(struct planner *p, const struct stack_lb *w, const struct have_lb *h,
		   const char *title)
{
	struct tags tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);

	bool whole = !p->want->partial;

	if (whole)
		ipam_pool(p, w, h->lb, true, title);
	plan_tags(p, h->lb->arn, true, &tags, &h->tags, title);
	if (whole) {
		groups(p, h->lb->arn, w, h->lb, title);
		subnets(p, w, h->lb, title);
		address_type(p, w, h->lb, title);
		attributes(p, h->lb->arn, &w->attributes, &h->attributes, title);
		ipam_pool(p, w, h->lb, false, title);
	}
}

static void delete_others(struct planner *p)
{
	for (size_t i = 0; i < p->have->nlbs && !p->want->partial; i++) {
		const struct have_lb *h = &p->have->lbs[i];
		const struct elb_load_balancer_ref in = { h->lb->arn };
		bool wanted = false;

		for (size_t k = 0; k < p->want->nlbs && !wanted; k++)
			wanted = have_lb_is(h, &p->want->lbs[k]);
		if (!wanted)
			(void)plan_call(p, STEP_DELETE, &elb_actions[ELB_delete_load_balancer], &in,
					arena_fmt(p->a, "load balancer %s", h->lb->name));
	}
}

/* Every one that is a match is made right, as in the original; references mean the first. */
static void update_all(struct planner *p, const struct stack_lb *w)
{
	for (size_t i = 0; i < p->have->nlbs; i++) {
		const struct have_lb *h = &p->have->lbs[i];

		if (h == plan_lb(p, w->id) || have_lb_is(h, w))
			update(p, w, h, arena_fmt(p->a, "load balancer %s", h->lb->name));
	}
}

void plan_load_balancers(struct planner *p)
{
	delete_others(p);
	for (size_t i = 0; i < p->want->nlbs; i++)
		if (!plan_lb(p, p->want->lbs[i].id))
			create(p, &p->want->lbs[i],
			       arena_fmt(p->a, "load balancer %s", p->want->lbs[i].spec.name));
	for (size_t i = 0; i < p->want->nlbs; i++)
		update_all(p, &p->want->lbs[i]);
}

/* Behind all that traffic needs (spec-lbc-nlb 8: PostSynthesize). */
void plan_capacities(struct planner *p)
{
	for (size_t i = 0; i < p->want->nlbs && !p->want->partial; i++) {
		const struct stack_lb *w = &p->want->lbs[i];
		const struct have_lb *h = plan_lb(p, w->id);

		if (h)
			capacity(p, w, h, arena_fmt(p->a, "load balancer %s", h->lb->name));
	}
}
