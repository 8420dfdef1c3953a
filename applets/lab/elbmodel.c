/* SPDX-License-Identifier: Apache-2.0 */
/* elbmodel.c - load balancers, listeners, rules and target groups: who is who, who uses whom, and
 * how they go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elb.h"

struct elb_config elb_defaults(void)
{
	return (struct elb_config) {
		.provision_ms = 120000,
		.register_ms = 5000,
		.health_ms = -1,
		.drain_ms = -1,
		.release_ms = 5000,
		.certificate_ms = 60000,
		.quota = {
#define QUOTA(id, name, def) [ELB_MAX_##id] = (def),
#include "elbquota.def"
#undef QUOTA
		},
	};
}

struct elb_config elb_in_a_hurry(void)
{
	struct elb_config c = elb_defaults();

	c.provision_ms = 3000;
	c.register_ms = 1000;
	c.health_ms = 500;
	c.release_ms = 2000;
	c.certificate_ms = 1000;
	return c;
}

/* ---- who is who ---- */

int elb_lb(struct elb *b, const char *arn, struct lb **out, struct err *e)
{
	struct lb *lb = b->lbs;

	while (lb && strcmp(lb->v->arn, arn) != 0)
		lb = lb->next;
	*out = lb;
	if (lb)
		return 0;
	if (!strstr(arn, ":loadbalancer/"))
		return world_refuse(e, "ValidationError",
				    "'%.200s' is not a valid load balancer ARN", arn);
	return world_refuse(e, "LoadBalancerNotFound", "Load balancer '%.200s' not found", arn);
}

int elb_listener(struct elb *b, const char *arn, struct listener **out, struct err *e)
{
	struct listener *l = b->listeners;

	while (l && strcmp(l->v->arn, arn) != 0)
		l = l->next;
	*out = l;
	if (l)
		return 0;
	if (!strstr(arn, ":listener/"))
		return world_refuse(e, "ValidationError", "'%.200s' is not a valid listener ARN",
				    arn);
	return world_refuse(e, "ListenerNotFound", "Listener '%.200s' not found", arn);
}

int elb_rule(struct elb *b, const char *arn, struct lb_rule **out, struct err *e)
{
	struct lb_rule *r = b->rules;

	while (r && strcmp(r->v->arn, arn) != 0)
		r = r->next;
	*out = r;
	if (r)
		return 0;
	if (!strstr(arn, ":listener-rule/"))
		return world_refuse(e, "ValidationError",
				    "'%.200s' is not a valid listener rule ARN", arn);
	return world_refuse(e, "RuleNotFound", "Rule '%.200s' not found", arn);
}

int elb_group(struct elb *b, const char *arn, struct tgroup **out, struct err *e)
{
	struct tgroup *g = b->groups;

	while (g && strcmp(g->v->arn, arn) != 0)
		g = g->next;
	*out = g;
	if (g)
		return 0;
	if (!strstr(arn, ":targetgroup/"))
		return world_refuse(e, "ValidationError",
				    "'%.200s' is not a valid target group ARN", arn);
	return world_refuse(e, "TargetGroupNotFound", "Target groups '%.200s' not found", arn);
}

bool lb_is_app(const struct lb *lb)
{
	return strcmp(lb->v->type, "application") == 0;
}

bool lb_active(const struct elb *b, const struct lb *lb)
{
	return b->now >= lb->active_at;
}

bool group_is_http(const struct tgroup *g)
{
	return str_prefix(g->v->protocol, "HTTP");
}

struct lb_rule *listener_default(struct elb *b, const struct listener *l)
{
	struct lb_rule *r = b->rules;

	while (r && (r->listener != l || r->priority))
		r = r->next;
	return r;
}

const char *elb_arn(struct elb *b, struct arena *a, const char *rest)
{
	const char *region = b->w->c.region;
	const char *partition = str_prefix(region, "cn-")       ? "aws-cn"
				: str_prefix(region, "us-gov-") ? "aws-us-gov"
								: "aws";

	return arena_fmt(a, "arn:%s:elasticloadbalancing:%s:%s:%s", partition, region,
			 b->w->account, rest);
}

const char *elb_hex(struct elb *b, struct arena *a)
{
	return arena_fmt(a, "%016llx", (unsigned long long)world_draw(&b->w->rng));
}

void elb_replace(const struct shape *s, void *at, const void *v)
{
	void *old, *new = shape_copy(s, v, 0);

	memcpy(&old, at, sizeof(old));
	memcpy(at, &new, sizeof(new));
	free(old);
}

bool elb_same(const struct shape *s, const void *x, const void *y)
{
	auto_json struct json *jx = shape_json(s, x), *jy = shape_json(s, y);
	auto_buf struct buf bx = { 0 }, by = { 0 };

	json_print(jx, 0, &bx);
	json_print(jy, 0, &by);
	return strcmp(bx.p, by.p) == 0;
}

/* ---- who uses whom ---- */

static bool rule_uses(const struct lb_rule *r, const struct tgroup *g)
{
	for (size_t i = 0; i < r->nuses; i++)
		if (r->uses[i] == g)
			return true;
	return false;
}

static bool holds(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

struct strs group_users(const struct elb *b, const struct tgroup *g, struct arena *a)
{
	struct strs out = { 0 };

	for (const struct lb_rule *r = b->rules; r; r = r->next)
		if (rule_uses(r, g) && !holds(&out, r->listener->lb->v->arn))
			strs_add(&out, r->listener->lb->v->arn, a);
	return out;
}

void rule_use(struct lb_rule *r, const struct elb_settled *s)
{
	free(r->uses);
	r->uses = xalloc((s->nuses + 1) * sizeof(struct tgroup *));
	memcpy(r->uses, s->uses, s->nuses * sizeof(struct tgroup *));
	r->nuses = s->nuses;
}

void elb_usage(struct elb *b)
{
	for (struct tgroup *g = b->groups; g; g = g->next)
		g->mark = 0;
	for (struct lb_rule *r = b->rules; r; r = r->next)
		for (size_t i = 0; i < r->nuses; i++)
			r->uses[i]->mark = 1;
	for (struct tgroup *g = b->groups; g; g = g->next) {
		if (!g->mark)
			g->used_since = 0;
		else if (!g->used_since)
			g->used_since = b->now > 0 ? b->now : 1;
	}
}

/* The groups of one that goes stay in use for a while. */
static void linger(struct elb *b, const struct strs *groups)
{
	for (size_t i = 0; i < groups->n && b->c.release_ms > 0; i++) {
		struct elb_linger *l = xalloc(sizeof(*l));

		*l = (struct elb_linger) { .next = b->lingers, .until = b->now + b->c.release_ms };
		snprintf(l->id, sizeof(l->id), "%s", groups->v[i]);
		b->lingers = l;
	}
}

static void lingers_sweep(struct elb *b, int64_t now)
{
	struct elb_linger **at = &b->lingers;

	while (*at) {
		struct elb_linger *l = *at;

		if (now < l->until) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

bool elb_uses_security_group(struct elb *b, const char *id)
{
	lingers_sweep(b, b->now);
	for (const struct elb_linger *l = b->lingers; l; l = l->next)
		if (strcmp(l->id, id) == 0)
			return true;
	for (const struct lb *lb = b->lbs; lb; lb = lb->next)
		if (holds(&lb->v->security_groups, id))
			return true;
	return false;
}

struct strs elb_certificate_users(const struct elb *b, const char *arn, struct arena *a)
{
	struct strs out = { 0 };

	for (const struct listener *l = b->listeners; l; l = l->next) {
		bool uses = holds(&l->sni, arn);

		for (size_t i = 0; i < l->v->certificates.n; i++)
			uses |= strcmp(l->v->certificates.v[i].arn, arn) == 0;
		if (uses && !holds(&out, l->lb->v->arn))
			strs_add(&out, l->lb->v->arn, a);
	}
	return out;
}

/* ---- how they go ---- */

void rule_delete(struct elb *b, struct lb_rule *r)
{
	struct lb_rule **at = &b->rules;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	free(r->v);
	free(r->uses);
	free(r);
}

void listener_delete(struct elb *b, struct listener *l)
{
	struct listener **at = &b->listeners;

	for (struct lb_rule *r = b->rules, *next; r; r = next) {
		next = r->next;
		if (r->listener == l)
			rule_delete(b, r);
	}
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l->v);
	free(l);
}

void lb_delete(struct elb *b, struct lb *lb)
{
	struct lb **at = &b->lbs;

	for (struct listener *l = b->listeners, *next; l; l = next) {
		next = l->next;
		if (l->lb == lb)
			listener_delete(b, l);
	}
	while (*at != lb)
		at = &(*at)->next;
	*at = lb->next;
	linger(b, &lb->v->security_groups);
	free(lb->v);
	free(lb);
}

void group_delete(struct elb *b, struct tgroup *g)
{
	struct tgroup **at = &b->groups;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	free(g->targets);
	free(g->v);
	free(g);
}

void elb_free(struct elb *b)
{
	while (b->lbs)
		lb_delete(b, b->lbs);
	while (b->groups)
		group_delete(b, b->groups);
	lingers_sweep(b, INT64_MAX);
}

/* ---- pages ---- */

enum { PAGE_MOST = 400 };

int elb_page_read(const char *marker, struct shape_num size, size_t n, struct elb_page *p,
		  struct err *e)
{
	uint64_t from = 0;

	if (size.set && (size.v < 1 || size.v > PAGE_MOST))
		return world_refuse(e, "ValidationError",
				    "Page size '%lld' must be between 1 and %d", (long long)size.v,
				    PAGE_MOST);
	if (marker && *marker && (!str_u64(marker, &from) || from > n))
		return world_refuse(e, "ValidationError", "Marker '%.100s' is not valid", marker);
	p->from = (size_t)from;
	p->to = p->from + (size.set ? (size_t)size.v : PAGE_MOST);
	if (p->to > n)
		p->to = n;
	return 0;
}

void elb_page_end(struct api_call *c, const struct elb_page *p, size_t n)
{
	if (p->to < n)
		xml_el(c->out, "NextMarker", arena_fmt(c->a, "%zu", p->to));
}
