/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_map.c - static addresses of a Service's load balancer, by subnet (spec-lbc-nlb 4).
 */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"

/* The list of an annotation: as many as subnets. 1, 0 (absent or empty), -1. */
static int one_each(struct service_build *b, enum annot_id id, const char *what, struct strs *out,
		    struct err *e)
{
	if (annot_list(&b->l, id, out, b->a) != 1 || !out->n)
		return 0;
	if (out->n == b->subnets.n)
		return 1;
	fail(e, EINVAL, "count of %s (%zu) and subnets (%zu) must match", what, out->n,
	     b->subnets.n);
	return annot_blame(&b->l, id, NULL, e);
}

static int refuse(struct service_build *b, enum annot_id id, const char *words, const char *value,
		  struct err *e)
{
	fail(e, EINVAL, "%s%s%.80s", words, *value ? ": " : "", value);
	return annot_blame(&b->l, id, NULL, e);
}

static int map_allocations(struct service_build *b, struct elb_subnet_mapping *m, struct err *e)
{
	struct strs l = { 0 };
	int r = one_each(b, A_NLB_EIP_ALLOCATIONS, "EIP allocations", &l, e);

	if (r == 1 && b->internal)
		return refuse(b, A_NLB_EIP_ALLOCATIONS,
			      "EIP allocations can only be set for internet facing load balancers",
			      "", e);
	for (size_t i = 0; r == 1 && i < l.n; i++) {
		if (!str_prefix(l.v[i], "eipalloc-"))
			return refuse(b, A_NLB_EIP_ALLOCATIONS, "no id of an EIP allocation",
				      l.v[i], e);
		m[i].allocation = l.v[i];
	}
	return r;
}

/* The block of a subnet that has the address. */
static bool in_subnet(const struct ec2_subnet *s, struct ip ip)
{
	if (ip.family == IP_V4)
		return s->cidr.ip.family && cidr_contains(s->cidr, ip);
	for (size_t i = 0; i < s->blocks6.n; i++)
		if (strcmp(s->blocks6.v[i].state, "associated") == 0 &&
		    cidr_contains(s->blocks6.v[i].cidr, ip))
			return true;
	return false;
}

static int addresses(struct service_build *b, enum annot_id id, uint8_t family,
		     const struct strs *l, struct ip *out, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!ip_parse(l->v[i], &out[i]) || out[i].family != family)
			return refuse(b, id,
				      family == IP_V4
					      ? "private IPv4 addresses must be valid IPv4 address"
					      : "IPv6 addresses must be valid IPv6 address",
				      l->v[i], e);
	return 0;
}

/* Each subnet has exactly one of them; *which: the list's index. */
static int place(struct service_build *b, enum annot_id id, const struct ec2_subnet *s,
		 const struct ip *ips, size_t n, size_t *which, struct err *e)
{
	size_t hits = 0;

	for (size_t i = 0; i < n; i++) {
		if (in_subnet(s, ips[i])) {
			*which = i;
			hits++;
		}
	}
	if (hits == 1)
		return 0;
	return refuse(b, id,
		      id == A_NLB_IPV6 ? "expect one IPv6 address configured for subnet"
				       : "expect one private IPv4 address configured for subnet",
		      s->id, e);
}

static int map_private(struct service_build *b, struct elb_subnet_mapping *m, struct err *e)
{
	struct strs l = { 0 };
	struct ip *ips;
	int r = one_each(b, A_NLB_PRIVATE_IPV4, "private IPv4 addresses", &l, e);

	if (r != 1)
		return r;
	if (!b->internal)
		return refuse(b, A_NLB_PRIVATE_IPV4,
			      "private IPv4 addresses can only be set for internal load balancers",
			      "", e);
	ips = arena_get(b->a, l.n * sizeof(*ips));
	if (addresses(b, A_NLB_PRIVATE_IPV4, IP_V4, &l, ips, e) < 0)
		return -1;
	for (size_t i = 0; i < b->subnets.n; i++) {
		size_t k = 0;

		if (place(b, A_NLB_PRIVATE_IPV4, b->subnets.v[i], ips, l.n, &k, e) < 0)
			return -1;
		m[i].private_ip = l.v[k];
	}
	return 0;
}

static int map_ipv6(struct service_build *b, struct elb_subnet_mapping *m, struct err *e)
{
	struct strs l = { 0 };
	struct ip *ips;
	int r = one_each(b, A_NLB_IPV6, "IPv6 addresses", &l, e);

	if (r != 1)
		return r;
	if (!b->dualstack)
		return refuse(b, A_NLB_IPV6,
			      "IPv6 addresses can only be set for dualstack load balancers", "", e);
	ips = arena_get(b->a, l.n * sizeof(*ips));
	if (addresses(b, A_NLB_IPV6, IP_V6, &l, ips, e) < 0)
		return -1;
	for (size_t i = 0; i < b->subnets.n; i++) {
		size_t k = 0;

		if (place(b, A_NLB_IPV6, b->subnets.v[i], ips, l.n, &k, e) < 0)
			return -1;
		m[i].ipv6 = l.v[k];
	}
	return 0;
}

static int check_prefix(struct service_build *b, const struct ec2_subnet *s, const char *v,
			struct err *e)
{
	struct cidr c;

	if (strcmp(v, "auto_assigned") == 0)
		return 0;
	if (!cidr_parse(v, &c) || c.ip.family != IP_V6)
		return refuse(b, A_NLB_SOURCE_NAT_PREFIXES,
			      "source NAT prefixes must be auto_assigned or valid IPv6 CIDRs", v,
			      e);
	if (c.len != 80)
		return refuse(b, A_NLB_SOURCE_NAT_PREFIXES,
			      "source NAT prefixes must have a length of 80", v, e);
	if (!in_subnet(s, c.ip))
		return refuse(
			b, A_NLB_SOURCE_NAT_PREFIXES,
			arena_fmt(b->a, "source NAT prefix is not within the CIDRs of %s", s->id),
			v, e);
	return 0;
}

static int map_prefixes(struct service_build *b, bool on, struct elb_subnet_mapping *m,
			struct err *e)
{
	struct strs l = { 0 };
	int r = one_each(b, A_NLB_SOURCE_NAT_PREFIXES, "source NAT prefixes", &l, e);

	if (r != 1)
		return r;
	if (!b->dualstack)
		return refuse(b, A_NLB_SOURCE_NAT_PREFIXES,
			      "source NAT prefixes can only be set for dualstack load balancers",
			      "", e);
	if (!on)
		return refuse(b, A_NLB_SOURCE_NAT_PREFIXES,
			      "source NAT prefixes can only be set with "
			      "enable-prefix-for-ipv6-source-nat on",
			      "", e);
	for (size_t i = 0; i < l.n; i++) {
		if (check_prefix(b, b->subnets.v[i], l.v[i], e) < 0)
			return -1;
		m[i].source_nat_prefix = l.v[i];
	}
	return 0;
}

int service_subnet_mappings(struct service_build *b, const char *source_nat,
			    struct elb_subnet_mappings *out, struct err *e)
{
	bool on = strcmp(source_nat, "on") == 0;

	*out = (struct elb_subnet_mappings) { arena_get(b->a, b->subnets.n * sizeof(*out->v)),
					      b->subnets.n };
	for (size_t i = 0; i < b->subnets.n; i++)
		out->v[i].subnet = b->subnets.v[i]->id;
	if (on && !b->dualstack) /* of dualstack, every subnet has IPv6 */
		return refuse(
			b, A_NLB_SOURCE_NAT,
			"source NAT prefixes can only be enabled for dualstack load balancers", "",
			e);
	if (map_allocations(b, out->v, e) < 0 || map_private(b, out->v, e) < 0 ||
	    map_ipv6(b, out->v, e) < 0)
		return -1;
	return map_prefixes(b, on, out->v, e) < 0 ? -1 : 0;
}
