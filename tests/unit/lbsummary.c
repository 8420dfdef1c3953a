/* SPDX-License-Identifier: Apache-2.0 */
/* lbsummary.c - stacks as short text. */
#include <string.h>

#include "lbsummary.h"

static const char *short_ref(const char *s)
{
	if (!stack_is_ref(s))
		return s;
	return strstr(s, "SecurityGroup") ? "$SG" : strstr(s, "LoadBalancer/") ? "$LB" : "$TG";
}

static void put_strs(struct buf *o, const struct strs *l)
{
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(o, "%s%s", i ? "," : "", short_ref(l->v[i]));
}

static void put_map(struct buf *o, const struct tags *t)
{
	if (!t->n)
		return;
	buf_str(o, " {");
	for (size_t i = 0; i < t->n; i++)
		buf_fmt(o, "%s%s=%s", i ? "," : "", t->v[i].key, t->v[i].value);
	buf_str(o, "}");
}

static void put_sg(struct buf *o, const struct stack_sg *g)
{
	buf_fmt(o, "SG %s", g->name);
	for (size_t i = 0; i < g->ingress.n; i++) {
		const struct ec2_permission *p = &g->ingress.v[i];

		buf_fmt(o, " %s:%lld", p->protocol, (long long)p->from.v);
		if (p->to.v != p->from.v)
			buf_fmt(o, "-%lld", (long long)p->to.v);
		buf_fmt(o, "<%s",
			p->ranges.n         ? p->ranges.v[0].cidr
			: p->ranges6.n      ? p->ranges6.v[0].cidr
			: p->prefix_lists.n ? p->prefix_lists.v[0].id
					    : "?");
	}
	put_map(o, &g->tags);
	buf_str(o, "\n");
}

static void put_lb(struct buf *o, const struct stack_lb *b)
{
	buf_fmt(o, "LB %s %s %s", b->spec.name, b->spec.scheme, b->spec.ip_address_type);
	if (strcmp(b->spec.source_nat, "off") != 0)
		buf_fmt(o, " nat=%s", b->spec.source_nat);
	if (b->private_link)
		buf_fmt(o, " plink=%s", b->private_link);
	for (size_t i = 0; i < b->spec.subnets.n; i++) {
		const struct elb_subnet_mapping *m = &b->spec.subnets.v[i];
		const char *const extra[] = { m->allocation, m->private_ip, m->ipv6,
					      m->source_nat_prefix };

		buf_fmt(o, "%s%s", i ? "," : " ", m->subnet);
		for (size_t k = 0; k < COUNT(extra); k++)
			if (extra[k])
				buf_fmt(o, "=%s", extra[k]);
	}
	buf_str(o, " [");
	put_strs(o, &b->spec.security_groups);
	buf_str(o, "]");
	put_map(o, &b->attributes);
	if (b->capacity.set)
		buf_fmt(o, " cap=%lld", (long long)b->capacity.v);
	put_map(o, &b->spec.tags);
	buf_str(o, "\n");
}

static void put_listener(struct buf *o, const struct stack_listener *l)
{
	const char *tg = l->spec.actions.v[0].forward->groups.v[0].arn;

	buf_fmt(o, "L %lld %s %s", (long long)l->spec.port, l->spec.protocol, short_ref(tg));
	if (l->spec.ssl_policy)
		buf_fmt(o, " %s", l->spec.ssl_policy);
	for (size_t i = 0; i < l->spec.certificates.n; i++)
		buf_fmt(o, "%s%s", i ? "," : " ", l->spec.certificates.v[i].arn);
	for (size_t i = 0; i < l->spec.alpn.n; i++)
		buf_fmt(o, " %s", l->spec.alpn.v[i]);
	put_map(o, &l->attributes);
	put_map(o, &l->spec.tags);
	buf_str(o, "\n");
}

/* What follows the last ':' of "ns/name:80". */
static const char *port_of(const char *id)
{
	return strrchr(id, ':') + 1;
}

static void put_tg(struct buf *o, const struct stack_tg *t)
{
	const struct elb_create_target_group *s = &t->spec;

	buf_fmt(o, "TG %s %s %s:%lld/%s %s %s:%s", port_of(t->id), s->name, s->target_type,
		(long long)s->port, s->protocol, s->ip_address_type, s->health_protocol,
		s->health_port);
	if (s->health_path)
		buf_fmt(o, " %s", s->health_path);
	if (s->http_codes)
		buf_fmt(o, " %s", s->http_codes);
	buf_fmt(o, " %lld/%lld/%lld/%lld", (long long)s->health_interval_s.v,
		(long long)s->health_timeout_s.v, (long long)s->healthy_count.v,
		(long long)s->unhealthy_count.v);
	put_map(o, &t->attributes);
	put_map(o, &s->tags);
	buf_str(o, "\n");
}

static void put_rule(struct buf *o, const struct kube_net_rule *r)
{
	for (size_t k = 0; k < r->from.n; k++)
		buf_fmt(o, "%s%s", k ? "," : " ",
			*r->from.v[k].cidr ? r->from.v[k].cidr : short_ref(r->from.v[k].group));
	buf_str(o, ">");
	for (size_t k = 0; k < r->ports.n; k++) {
		buf_fmt(o, "%s%s", k ? "," : "", r->ports.v[k].protocol);
		if (r->ports.v[k].port.s)
			buf_fmt(o, ":%s", r->ports.v[k].port.s);
		else if (r->ports.v[k].port.n)
			buf_fmt(o, ":%lld", (long long)r->ports.v[k].port.n);
	}
}

static void put_binding(struct buf *o, const struct stack_binding *b)
{
	buf_fmt(o, "B %s", port_of(b->id));
	if (!b->spec.networking)
		buf_str(o, " -");
	for (size_t i = 0; b->spec.networking && i < b->spec.networking->ingress.n; i++)
		put_rule(o, &b->spec.networking->ingress.v[i]);
	if (b->spec.nodes)
		put_map(o, &b->spec.nodes->labels);
	buf_str(o, "\n");
}

const char *lbsummary(struct lbcase *c)
{
	const struct kube_service *s = lbcase_first(c, KUBE_SERVICE);
	auto_buf struct buf o = { 0 };
	struct stack out = { 0 };
	struct err e = { 0 };

	if (model_service(&c->config, s, &c->objects, &c->facts, &out, &c->a, &e) < 0)
		return arena_fmt(&c->a, "error: %s", e.msg);
	for (size_t i = 0; i < out.nsgs; i++)
		put_sg(&o, &out.sgs[i]);
	for (size_t i = 0; i < out.nlbs; i++)
		put_lb(&o, &out.lbs[i]);
	for (size_t i = 0; i < out.nlisteners; i++)
		put_listener(&o, &out.listeners[i]);
	for (size_t i = 0; i < out.ntgs; i++)
		put_tg(&o, &out.tgs[i]);
	for (size_t i = 0; i < out.nbindings; i++)
		put_binding(&o, &out.bindings[i]);
	return arena_str(&c->a, o.p ? o.p : "");
}

const char *lbsummary_line(struct lbcase *c, const char *begin)
{
	const char *all = lbsummary(c), *at = all;

	if (str_prefix(all, "error: "))
		return all;
	for (; *at; at += strcspn(at, "\n") + 1)
		if (str_prefix(at, begin))
			return arena_fmt(&c->a, "%.*s", (int)strcspn(at, "\n"), at);
	return "";
}
