/* SPDX-License-Identifier: Apache-2.0 */
/* albtarget.c - the choice of a target group by weights, and of a target by health and turn. */
#include <string.h>

#include "alb.h"

static int64_t weight(const struct elb_forward *f, size_t i)
{
	return f->groups.v[i].weight.set ? f->groups.v[i].weight.v : 1;
}

static const struct tgroup *find(const struct alb_place *p, const char *arn)
{
	struct tgroup *g;
	struct err e;

	return elb_group(p->b, arn, &g, &e) < 0 ? NULL : g;
}

/* Whose weight is behind the most; so that every run of so many requests as the weights add up to
 * has each group as often as its weight says. */
static const char *by_turn(const struct alb_place *p, const struct lb_rule *r,
			   const struct elb_forward *f)
{
	int64_t all = 0, *best = NULL;
	size_t at = 0;

	for (size_t i = 0; i < f->groups.n; i++) {
		int64_t w = weight(f, i), *n;

		if (!w)
			continue;
		n = alb_count(p->counts, arena_fmt(p->a, "weight %s %s", r->v->arn ? r->v->arn : "",
						   f->groups.v[i].arn));
		*n += w;
		all += w;
		if (!best || *n > *best) {
			best = n;
			at = i;
		}
	}
	if (!best)
		return NULL;
	*best -= all;
	return f->groups.v[at].arn;
}

const struct tgroup *alb_group(const struct alb_place *p, const struct lb_rule *r,
			       const struct elb_forward *f)
{
	const char *arn = NULL;

	if (f->sticky == FLAG_YES)
		for (size_t i = 0; i < f->groups.n && !arn; i++)
			if (alb_sticks(p, "AWSALBTG", f->groups.v[i].arn))
				arn = f->groups.v[i].arn;
	if (!arn)
		arn = by_turn(p, r, f);
	return arn ? find(p, arn) : NULL;
}

/* ---- targets */

static bool address(const struct alb_place *p, const struct tgroup *g, const struct target *t,
		    struct ip *out)
{
	const struct instance *i;

	if (strcmp(g->v->target_type, "ip") == 0)
		return ip_parse(t->id, out);
	i = world_instance(p->b->w, t->id);
	if (!i || !i->primary || !i->primary->nips)
		return false;
	*out = i->primary->ips[0].ip;
	return true;
}

/* Of a group that may not cross zones, those of the node's own, and those of none. */
static bool in_reach(const struct alb_place *p, const struct tgroup *g, const struct target *t)
{
	const struct instance *i;
	const char *zone = t->zone;

	if (strcmp(alb_group_attr(g, "load_balancing.cross_zone.enabled"), "false") != 0)
		return true;
	i = strcmp(g->v->target_type, "instance") == 0 ? world_instance(p->b->w, t->id) : NULL;
	if (i)
		zone = i->subnet->zone;
	return !*zone || strcmp(zone, "all") == 0 || strcmp(zone, p->zone) == 0;
}

struct choice {
	const struct target **v;
	struct ip *ip;
	size_t n, healthy; /* the healthy ones come first */
};

static void put(struct choice *c, size_t at, const struct target *t, struct ip ip)
{
	c->v[c->n] = c->v[at];
	c->ip[c->n] = c->ip[at];
	c->v[at] = t;
	c->ip[at] = ip;
	c->n++;
}

static struct choice choose_from(const struct alb_place *p, const struct tgroup *g)
{
	struct choice c = { .v = arena_get(p->a, (g->ntargets + 1) * sizeof(*c.v)),
			    .ip = arena_get(p->a, (g->ntargets + 1) * sizeof(*c.ip)) };

	for (size_t i = 0; i < g->ntargets; i++) {
		const struct target *t = &g->targets[i];
		struct elb_target_health h;
		struct ip ip;

		if (!in_reach(p, g, t) || !target_health(p->b, g, t, &h, p->a) ||
		    strcmp(h.state, "draining") == 0 || strcmp(h.state, "unused") == 0 ||
		    !address(p, g, t, &ip))
			continue;
		if (strcmp(h.state, "healthy") == 0)
			put(&c, c.healthy++, t, ip);
		else
			put(&c, c.n, t, ip);
	}
	return c;
}

/* Fewer healthy ones than the attributes ask for: everybody gets requests. */
static bool too_few(const struct tgroup *g, const struct choice *c)
{
#define LEAST "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
	uint64_t count = 1, percent = 0;

	if (!str_u64(alb_group_attr(g, LEAST "count"), &count))
		count = 1;
	if (!str_u64(alb_group_attr(g, LEAST "percentage"), &percent))
		percent = 0; /* "off" */
#undef LEAST
	return c->healthy < count || c->healthy * 100 < percent * c->n;
}

static struct alb_target taken(const struct alb_place *p, const struct tgroup *g,
			       const struct choice *c, size_t i)
{
	return (struct alb_target) {
		c->v[i], c->ip[i],
		arena_fmt(p->a, ALB_BUSY "%s", alb_target_name(g, c->v[i], p->a)), false
	};
}

/* The cookie that may say which: the load balancer's, or beside the application's own. */
static const char *sticky_cookie(const struct alb_place *p, const struct tgroup *g)
{
	const char *own = alb_group_attr(g, "stickiness.app_cookie.cookie_name");

	if (strcmp(alb_group_attr(g, "stickiness.enabled"), "true") != 0)
		return NULL;
	if (strcmp(alb_group_attr(g, "stickiness.type"), "app_cookie") != 0)
		return "AWSALB";
	return *alb_cookie(p->q, own, p->a) ? "AWSALBAPP-0" : NULL;
}

/* In turn from where the last one was; of several as good, with the fewest requests under way, the
 * next in turn. */
static size_t next(const struct alb_place *p, const struct tgroup *g, const struct choice *c,
		   size_t n)
{
	const char *how = alb_group_attr(g, "load_balancing.algorithm.type");
	int64_t *turn = alb_count(p->counts, arena_fmt(p->a, "turn %s", g->v->arn)), least = 0;
	size_t from = (size_t)(*turn)++ % n, best = from;

	if (strcmp(how, "least_outstanding_requests") != 0)
		return from;
	for (size_t k = 0; k < n; k++) {
		size_t i = (from + k) % n;
		int64_t busy = *alb_count(p->counts, taken(p, g, c, i).busy);

		if (!k || busy < least) {
			least = busy;
			best = i;
		}
	}
	return best;
}

struct alb_target alb_target(const struct alb_place *p, const struct tgroup *g)
{
	struct choice c = choose_from(p, g);
	size_t n = too_few(g, &c) ? c.n : c.healthy;
	const char *cookie = sticky_cookie(p, g);

	for (size_t i = 0; cookie && i < n; i++)
		if (alb_sticks(p, cookie, alb_target_name(g, c.v[i], p->a))) {
			struct alb_target t = taken(p, g, &c, i);

			t.stuck = true;
			return t;
		}
	return n ? taken(p, g, &c, next(p, g, &c, n)) : (struct alb_target) { 0 };
}
