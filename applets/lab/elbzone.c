/* SPDX-License-Identifier: Apache-2.0 */
/* elbzone.c - the subnets of a load balancer, and its addresses in them. */
#include "elbzone.h"

#include <string.h>

enum { LEAST_FREE = 8 };

bool lb_is_target(const struct elb *b, const struct lb *lb)
{
	for (const struct tgroup *g = b->groups; g; g = g->next)
		for (size_t i = 0; i < g->ntargets; i++)
			if (!g->targets[i].drained_at && strcmp(g->targets[i].id, lb->v->arn) == 0)
				return true;
	return false;
}

static int clash(struct err *e, const char *text)
{
	return world_refuse(e, "InvalidConfigurationRequest", "%s", text);
}

/* Elastic addresses are whatever looks like one: 203.0.113.100 and up. */
static int elastic_ip(const struct elb_subnet_mapping *m, struct elb_zone_ip *out, struct arena *a,
		      struct err *e)
{
	uint32_t sum = 0;

	if (!str_prefix(m->allocation, "eipalloc-") || strlen(m->allocation) > 40)
		return world_refuse(e, "AllocationIdNotFound",
				    "The allocation IDs '%.100s' do not exist", m->allocation);
	for (const char *p = m->allocation; *p; p++)
		sum = sum * 31 + (uint8_t)*p;
	out->allocation = m->allocation;
	out->ip = arena_str(a, ip_text(ip_v4(0xcb007100u + 100 + sum % 150)).s);
	return 0;
}

static int address(struct elb *b, const struct lb_shown *v, const struct elb_subnet_mapping *m,
		   struct elb_zone_ip *out, struct arena *a, struct err *e)
{
	const struct subnet *s = world_subnet(b->w, m->subnet);
	struct cidr six = world_subnet6(b->w, s);
	bool internal = strcmp(v->scheme, "internal") == 0;
	struct ip ip;

	if (strcmp(v->type, "network") != 0)
		return clash(e, "Addresses of subnets can only be specified for network load "
				"balancers");
	if (m->allocation && internal)
		return clash(e, "Elastic IP addresses are for internet-facing load balancers");
	if (m->allocation && elastic_ip(m, out, a, e) < 0)
		return -1;
	if (m->private_ip && !internal)
		return clash(e, "Private IPv4 addresses are for internal load balancers");
	if (m->private_ip && (!ip_parse(m->private_ip, &ip) || !cidr_contains(s->cidr, ip)))
		return world_refuse(e, "ValidationError",
				    "The address '%.60s' is not in the range of subnet '%s'",
				    m->private_ip, s->id);
	if (m->ipv6 && strcmp(v->ip_address_type, "dualstack") != 0)
		return clash(e, "IPv6 addresses are for dualstack load balancers");
	if (m->ipv6 && (!ip_parse(m->ipv6, &ip) || !cidr_contains(six, ip)))
		return world_refuse(e, "ValidationError",
				    "The address '%.60s' is not in the range of subnet '%s'",
				    m->ipv6, s->id);
	out->private_ip = m->private_ip;
	out->ipv6 = m->ipv6;
	return 0;
}

/* The second /80 of a subnet's block. */
static const char *source_prefix(struct cidr c, struct arena *a)
{
	c.ip.b[9] = 1;
	c.len = 80;
	return arena_str(a, cidr_text(c).s);
}

static int zone(struct elb *b, const struct lb_shown *v, const struct elb_subnet_mapping *m,
		struct elb_zone *out, struct arena *a, struct err *e)
{
	const char *id = m->subnet ? m->subnet : "", *prefix = m->source_nat_prefix;
	const struct subnet *s = world_subnet(b->w, id);

	if (!s)
		return world_refuse(e, "SubnetNotFound", "The subnet ID '%.100s' does not exist",
				    id);
	if (world_subnet_free(b->w, s) < LEAST_FREE)
		return world_refuse(e, "InvalidSubnet",
				    "Not enough IP space available in %s. ELB requires at least %d "
				    "free IP addresses in each subnet.",
				    s->id, LEAST_FREE);
	*out = (struct elb_zone) { .name = s->zone, .subnet = s->id };
	if (prefix && strcmp(prefix, "auto_assigned") == 0)
		prefix = source_prefix(world_subnet6(b->w, s), a);
	if (prefix)
		strs_add(&out->source_nat_prefixes, prefix, a);
	if (!m->allocation && !m->private_ip && !m->ipv6)
		return 0;
	out->addresses = (struct elb_zone_ips) { NEW(a, struct elb_zone_ip), 1 };
	return address(b, v, m, out->addresses.v, a, e);
}

int zones_settle(struct elb *b, struct lb_shown *v, const struct zones_asked *in, struct arena *a,
		 struct err *e)
{
	struct elb_subnet_mappings mappings = in->mappings;
	struct elb_zones *out = &v->zones;
	struct strs ids = in->ids;
	size_t n = mappings.n + ids.n;
	bool app = strcmp(v->type, "application") == 0;

	if (strcmp(v->ip_address_type, "ipv4") != 0 && !b->w->c.ipv6)
		return world_refuse(e, "ValidationError",
				    "You must specify subnets with an associated IPv6 CIDR block.");
	if (mappings.n && ids.n)
		return world_refuse(e, "ValidationError",
				    "You must specify either subnets or subnet mappings");
	if (!n)
		return world_refuse(e, "ValidationError", "At least one subnet must be specified");
	*out = (struct elb_zones) { arena_get(a, n * sizeof(*out->v)), n };
	for (size_t i = 0; i < n; i++) {
		const struct elb_subnet_mapping plain = { .subnet = ids.n ? ids.v[i] : NULL };

		if (zone(b, v, ids.n ? &plain : &mappings.v[i], &out->v[i], a, e) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(out->v[k].name, out->v[i].name) == 0)
				return clash(e, "A load balancer cannot be attached to multiple "
						"subnets in the same Availability Zone");
	}
	if (app && n < 2)
		return world_refuse(e, "ValidationError",
				    "At least two subnets in two different Availability Zones must "
				    "be specified");
	return 0;
}

struct elb_zones zones_shown(struct elb_zones z, struct arena *a)
{
	struct elb_zones out = { arena_get(a, z.n * sizeof(*z.v)), z.n };

	for (size_t i = 0; i < z.n; i++) {
		out.v[i] = z.v[i];
		if (!z.v[i].addresses.n)
			out.v[i].addresses.v = list_shown;
	}
	return out;
}
