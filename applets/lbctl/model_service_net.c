/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_net.c - what the security groups of nodes and pods shall let in (spec-lbc-nlb 5.7).
 */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"

static bool is_udp(const struct service_traffic *t)
{
	return strcmp(t->protocol, "UDP") == 0 || strcmp(t->protocol, "TCP_UDP") == 0;
}

/* A named target port is none of these numbers. */
static bool same_port(const struct service_traffic *t)
{
	return !t->health_port || (!t->target.s && t->health_port == t->target.n);
}

static void add_port(struct kube_net_rule *r, const char *protocol, struct int_or_str port)
{
	r->ports.v[r->ports.n++] = (struct kube_net_port) { protocol, port };
}

static void add_health_port(struct kube_net_rule *r, const struct service_traffic *t)
{
	add_port(r, "TCP",
		 t->health_port ? (struct int_or_str) { NULL, t->health_port } : t->target);
}

static struct kube_net_rule *new_rule(struct service_build *b, struct kube_networking *n,
				      size_t peers)
{
	struct kube_net_rule *r = &n->ingress.v[n->ingress.n++];

	r->from.v = arena_get(b->a, (peers + 1) * sizeof(*r->from.v));
	r->ports.v = arena_get(b->a, 4 * sizeof(*r->ports.v));
	return r;
}

static void add_cidrs(struct kube_net_rule *r, const struct strs *cidrs)
{
	for (size_t i = 0; i < cidrs->n; i++)
		r->from.v[r->from.n++] = (struct kube_peer) { cidrs->v[i], "" };
}

/* ---- from a security group */

static void from_group(struct service_build *b, const struct service_traffic *t,
		       struct kube_networking *n)
{
	struct kube_net_rule *r = new_rule(b, n, 1);
	bool both = strcmp(t->protocol, "TCP_UDP") == 0;

	r->from.v[r->from.n++] = (struct kube_peer) { "", b->peer };
	if (b->c->unrestricted_rules) {
		add_port(r, "TCP", (struct int_or_str) { 0 });
		if (is_udp(t))
			add_port(r, "UDP", (struct int_or_str) { 0 });
		return;
	}
	if (is_udp(t))
		add_port(r, "UDP", t->target);
	if (!is_udp(t) || both || same_port(t))
		add_port(r, "TCP", t->target);
	if (!same_port(t))
		add_health_port(r, t);
}

/* ---- from addresses: the load balancer has no group */

static void add_blocks6(const struct ec2_block6s *l, struct strs *out, struct arena *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].state, "associated") == 0)
			strs_add(out, cidr_text(l->v[i].cidr).s, a);
}

static struct strs subnet_cidrs(struct service_build *b, bool ipv6)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < b->subnets.n; i++) {
		if (ipv6)
			add_blocks6(&b->subnets.v[i]->blocks6, &out, b->a);
		else
			strs_add(&out, cidr_text(b->subnets.v[i]->cidr).s, b->a);
	}
	return out;
}

static int vpc_cidrs(struct service_build *b, bool ipv6, struct strs *out, struct err *e)
{
	if (facts_need(b->f, FACT_VPC, e) < 0)
		return -1;
	if (ipv6)
		add_blocks6(&b->f->vpc.blocks6, out, b->a);
	for (size_t i = 0; !ipv6 && i < b->f->vpc.blocks.n; i++)
		if (strcmp(b->f->vpc.blocks.v[i].state, "associated") == 0)
			strs_add(out, cidr_text(b->f->vpc.blocks.v[i].cidr).s, b->a);
	return 0;
}

/* Whose traffic arrives. *usual: nobody has said who may send. */
static int clients(struct service_build *b, const struct service_traffic *t,
		   const struct strs *subnets, struct strs *out, bool *usual, struct err *e)
{
	*usual = false;
	*out = *subnets;
	if (!is_udp(t) && !t->preserve)
		return 0;
	if (service_sources(b, out, e) < 0)
		return -1;
	*usual = !out->n;
	if (out->n)
		return 0;
	*out = (struct strs) { 0 };
	if (b->internal)
		return vpc_cidrs(b, t->ipv6, out, e);
	strs_add(out, t->ipv6 ? "::/0" : "0.0.0.0/0", b->a);
	return 0;
}

static bool anybody(const struct strs *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], "0.0.0.0/0") == 0 || strcmp(l->v[i], "::/0") == 0)
			return true;
	return false;
}

static int from_addresses(struct service_build *b, const struct service_traffic *t,
			  struct kube_networking *n, struct err *e)
{
	bool udp = strcmp(t->protocol, "UDP") == 0, usual;
	struct strs subnets = subnet_cidrs(b, t->ipv6), from;
	struct kube_net_rule *r;

	if (clients(b, t, &subnets, &from, &usual, e) < 0)
		return -1;
	r = new_rule(b, n, from.n);
	add_cidrs(r, &from);
	if (!udp)
		add_port(r, "TCP", t->target);
	if (is_udp(t))
		add_port(r, "UDP", t->target);
	if (!udp && same_port(t) && (!t->preserve || usual || anybody(&from)))
		return 0; /* health checks come through the first rule */
	r = new_rule(b, n, subnets.n);
	add_cidrs(r, &subnets);
	add_health_port(r, t);
	return 0;
}

int service_networking(struct service_build *b, const struct service_traffic *t,
		       const struct kube_networking **out, struct err *e)
{
	struct kube_networking *n = NEW(b->a, struct kube_networking);

	*out = NULL;
	n->ingress.v = arena_get(b->a, 2 * sizeof(*n->ingress.v));
	if (b->groups.n) {
		if (b->peer) {
			from_group(b, t, n);
			*out = n;
		}
		return 0;
	}
	if (b->unmanaged)
		return 0;
	if (from_addresses(b, t, n, e) < 0)
		return -1;
	*out = n;
	return 0;
}
