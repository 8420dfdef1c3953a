/* SPDX-License-Identifier: Apache-2.0 */
/* elblbset.c - what a load balancer is changed to: attributes, subnets, security groups, address
 * type, capacity; and the account's limits. */
#include <string.h>

#include "elb.h"
#include "elbzone.h"

enum { MAX_ATTRIBUTES = 20, DECREASES = 2, LEAST_UNITS = 100, MOST_UNITS = 100000 };

static int find(struct api_call *c, const char *arn, struct lb **out, struct err *e)
{
	return elb_lb(c->api->elb, arn ? arn : "", out, e);
}

/* ---- attributes ---- */

static int show_attributes(struct api_call *c, const struct lb *lb)
{
	struct attributes all = attrs_all(lb_attrs_on(lb), lb->attrs, c->a);

	shape_xml(c->out, &attributes_shape, &all);
	return 0;
}

int lb_act_attributes(struct api_call *c, struct err *e)
{
	const struct elb_load_balancer_ref *in = c->in;
	struct lb *lb;

	return find(c, in->arn, &lb, e) < 0 ? -1 : show_attributes(c, lb);
}

int lb_act_modify_attributes(struct api_call *c, struct err *e)
{
	const struct elb_modify_load_balancer_attributes *in = c->in;
	struct lb *lb;

	if (in->attributes.n > MAX_ATTRIBUTES)
		return world_refuse(
			e, "ValidationError",
			"1 validation error detected: Value at 'attributes' failed to "
			"satisfy constraint: Member must have length less than or equal "
			"to %d",
			MAX_ATTRIBUTES);
	if (find(c, in->arn, &lb, e) < 0 || attrs_set(c->api->elb, lb_attrs_on(lb), "Load balancer",
						      &lb->attrs, &in->attributes, e) < 0)
		return -1;
	return show_attributes(c, lb);
}

/* ---- where it is ---- */

int lb_act_subnets(struct api_call *c, struct err *e)
{
	const struct lb_subnets *in = c->in;
	const struct zones_asked asked = { in->subnets, in->subnet_ids };
	struct lb_set out = { 0 };
	struct lb_shown v;
	struct lb *lb;

	if (find(c, in->arn, &lb, e) < 0)
		return -1;
	v = *lb->v;
	if (in->ip_address_type)
		v.ip_address_type = in->ip_address_type;
	if (in->source_nat)
		v.source_nat = in->source_nat;
	if (ip_address_type_check(&v, c->a, e) < 0 ||
	    source_nat_check(&v, in->source_nat, c->a, e) < 0 ||
	    zones_settle(c->api->elb, &v, &asked, c->a, e) < 0)
		return -1;
	elb_replace(&lb_shown_shape, &lb->v, &v);
	out.zones = zones_shown(lb->v->zones, c->a);
	out.ip_address_type = lb->v->ip_address_type;
	out.source_nat = lb->v->source_nat;
	shape_xml(c->out, &lb_set_shape, &out);
	return 0;
}

/* Network load balancers have groups from the beginning, or never. */
static int groups_may_be(const struct lb *lb, const struct elb_set_security_groups *in,
			 struct err *e)
{
	if (lb_is_app(lb) && !in->security_groups.n)
		return world_refuse(e, "ValidationError",
				    "At least one security group must be specified");
	if (!lb_is_app(lb) && !lb->v->security_groups.n && in->security_groups.n)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "Security groups cannot be added to load balancer '%s', which "
				    "was created without any",
				    lb->v->arn);
	if (!lb_is_app(lb) && lb->v->security_groups.n && !in->security_groups.n)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "The security groups of load balancer '%s' cannot all be "
				    "removed",
				    lb->v->arn);
	if (lb_is_app(lb) && in->private_link)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic is for "
				    "network load balancers");
	return 0;
}

int lb_act_security_groups(struct api_call *c, struct err *e)
{
	const struct elb_set_security_groups *in = c->in;
	struct lb_set out = { 0 };
	struct lb_shown v;
	struct lb *lb;

	if (find(c, in->arn, &lb, e) < 0 || groups_may_be(lb, in, e) < 0 ||
	    security_groups_check(c->api->elb, &in->security_groups, e) < 0)
		return -1;
	if (in->private_link && word_check("enforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
					   in->private_link, "on|off", c->a, e) < 0)
		return -1;
	v = *lb->v;
	v.security_groups = in->security_groups;
	if (in->private_link)
		v.private_link = in->private_link;
	elb_replace(&lb_shown_shape, &lb->v, &v);
	out.security_groups = lb->v->security_groups;
	out.private_link = lb->v->private_link;
	shape_xml(c->out, &lb_set_shape, &out);
	return 0;
}

int lb_act_ip_address_type(struct api_call *c, struct err *e)
{
	const struct elb_set_ip_address_type *in = c->in;
	struct lb_set out = { 0 };
	struct lb_shown v;
	struct lb *lb;

	if (find(c, in->arn, &lb, e) < 0)
		return -1;
	v = *lb->v;
	v.ip_address_type = in->ip_address_type ? in->ip_address_type : "";
	if (ip_address_type_check(&v, c->a, e) < 0)
		return -1;
	if (strcmp(v.ip_address_type, "ipv4") != 0 && !c->w->c.ipv6)
		return world_refuse(e, "ValidationError",
				    "You must specify subnets with an associated IPv6 CIDR block.");
	elb_replace(&lb_shown_shape, &lb->v, &v);
	out.ip_address_type = lb->v->ip_address_type;
	shape_xml(c->out, &lb_set_shape, &out);
	return 0;
}

int lb_act_ip_pools(struct api_call *c, struct err *e)
{
	const struct elb_modify_ip_pools *in = c->in;
	struct lb_shown v;
	struct lb *lb;

	if (find(c, in->arn, &lb, e) < 0)
		return -1;
	if (!lb_is_app(lb))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "IPAM pools are for application load balancers");
	for (size_t i = 0; i < in->remove.n; i++)
		if (word_check("removeIpamPools", in->remove.v[i], "ipv4", c->a, e) < 0)
			return -1;
	v = *lb->v;
	if (in->ipam_pool || in->remove.n)
		v.ipam_pool = in->ipam_pool;
	elb_replace(&lb_shown_shape, &lb->v, &v);
	if (lb->v->ipam_pool) {
		buf_str(c->out, "<IpamPools>");
		xml_el(c->out, "Ipv4IpamPoolId", lb->v->ipam_pool);
		buf_str(c->out, "</IpamPools>");
	}
	return 0;
}

/* ---- capacity ---- */

static int show_capacity(struct api_call *c, const struct lb *lb)
{
	struct lb_capacity_shown out = { .decreases = { DECREASES, true } };
	const struct elb_zones *z = &lb->v->zones;

	out.zones = (struct lb_capacity_zones) { list_shown, 0 };
	if (lb->units) {
		out.modified = lb->changed;
		out.units = (struct shape_num) { lb->units, true };
		out.zones.v = arena_get(c->a, z->n * sizeof(*out.zones.v));
		for (size_t i = 0; i < z->n; i++)
			out.zones.v[out.zones.n++] = (struct lb_capacity_zone) {
				z->v[i].name, "provisioned", { lb->units / (int64_t)z->n, true }
			};
	}
	shape_xml(c->out, &lb_capacity_shown_shape, &out);
	return 0;
}

int lb_act_capacity(struct api_call *c, struct err *e)
{
	const struct elb_load_balancer_ref *in = c->in;
	struct lb *lb;

	return find(c, in->arn, &lb, e) < 0 ? -1 : show_capacity(c, lb);
}

int lb_act_modify_capacity(struct api_call *c, struct err *e)
{
	const struct lb_capacity *in = c->in;
	struct lb *lb;

	if (find(c, in->arn, &lb, e) < 0)
		return -1;
	if (!lb_active(c->api->elb, lb))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "Load balancer '%s' is not active", lb->v->arn);
	if (in->reset == in->units.set)
		return world_refuse(e, "ValidationError",
				    "You must specify either MinimumLoadBalancerCapacity or "
				    "ResetCapacityReservation");
	if (in->units.set && (in->units.v < LEAST_UNITS || in->units.v > MOST_UNITS))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "CapacityUnits '%lld' must be between %d and %d",
				    (long long)in->units.v, LEAST_UNITS, MOST_UNITS);
	lb->units = in->reset ? 0 : in->units.v;
	time_iso(wall_ns(), lb->changed);
	return show_capacity(c, lb);
}

int lb_act_limits(struct api_call *c, struct err *e)
{
	static const char *const names[] = {
#define QUOTA(id, name, def) name,
#include "elbquota.def"
#undef QUOTA
	};

	(void)e;
	buf_str(c->out, "<Limits>");
	for (size_t i = 0; i < COUNT(names); i++) {
		buf_str(c->out, "<member>");
		xml_el(c->out, "Name", names[i]);
		xml_el_int(c->out, "Max", c->api->elb->c.quota[i]);
		buf_str(c->out, "</member>");
	}
	buf_str(c->out, "</Limits>");
	return 0;
}
