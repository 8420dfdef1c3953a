/* SPDX-License-Identifier: Apache-2.0 */
/* nlb.c - flow hashing over healthy targets, zones and cross-zone, failing open; proxy protocol. */
#include "nlb.h"

#include <string.h>

#include "lbwant.h"

/* ---- hashing ---- */

static uint64_t mix(uint64_t h)
{
	h ^= h >> 30;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 27;
	h *= 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

uint64_t nlb_hash(const struct nlb_key *k, bool source_only)
{
	uint64_t h = hash_bytes(0xcbf29ce484222325u, k->from.b, sizeof(k->from.b));

	if (source_only)
		return mix(h);
	h = hash_bytes(h, &k->udp, 1);
	h = hash_bytes(h, &k->from_port, sizeof(k->from_port));
	h = hash_bytes(h, k->to.b, sizeof(k->to.b));
	return mix(hash_bytes(h, &k->to_port, sizeof(k->to_port)));
}

/* Rendezvous hashing: when targets come or go, flows of the others stay where they are. */
static uint64_t score(uint64_t flow, const struct target *t)
{
	return mix(hash_bytes(flow, t->id, strlen(t->id)) + (uint64_t)t->port);
}

/* ---- zones ---- */

static bool cross_zone(const struct lb *lb, const struct tgroup *g)
{
	static const char key[] = "load_balancing.cross_zone.enabled";
	const char *v = attr_get(group_attrs_on(g), g->attrs, key);

	if (strcmp(v, "true") == 0 || strcmp(v, "false") == 0)
		return strcmp(v, "true") == 0;
	return strcmp(attr_get(lb_attrs_on(lb), lb->attrs, key), "true") == 0;
}

static bool in_zone(const struct elb *b, const struct tgroup *g, const struct target *t,
		    const char *zone)
{
	const struct instance *i =
		strcmp(g->v->target_type, "instance") == 0 ? world_instance(b->w, t->id) : NULL;
	const char *theirs = i ? i->subnet->zone : t->zone;

	return !*theirs || strcmp(theirs, "all") == 0 || strcmp(theirs, zone) == 0;
}

/* ---- health ---- */

struct crowd {
	size_t registered, healthy;
};

static bool is_in(const struct elb *b, const struct tgroup *g, const struct target *t,
		  const char *zone, bool *healthy)
{
	auto_arena struct arena a = { 0 };
	struct elb_target_health h;

	if ((zone && !in_zone(b, g, t, zone)) || !target_health(b, g, t, &h, &a) ||
	    strcmp(h.state, "draining") == 0 || strcmp(h.state, "unused") == 0)
		return false;
	*healthy = strcmp(h.state, "healthy") == 0;
	return true;
}

/* zone NULL: all of them. */
static struct crowd count(const struct elb *b, const struct tgroup *g, const char *zone)
{
	struct crowd c = { 0 };

	for (size_t i = 0; i < g->ntargets; i++) {
		bool healthy;

		if (!is_in(b, g, &g->targets[i], zone, &healthy))
			continue;
		c.registered++;
		c.healthy += healthy;
	}
	return c;
}

/* "off", or a number that is the least. */
static bool below(const struct tgroup *g, const char *key, size_t have)
{
	uint64_t least;

	return str_u64(attr_get(group_attrs_on(g), g->attrs, key), &least) && have < least;
}

#define MINIMUM(what, unit) "target_group_health." what ".minimum_healthy_targets." unit

static bool fails_open(const struct tgroup *g, struct crowd c)
{
	return below(g, MINIMUM("unhealthy_state_routing", "count"), c.healthy) ||
	       below(g, MINIMUM("unhealthy_state_routing", "percentage"),
		     c.registered ? c.healthy * 100 / c.registered : 100);
}

bool lb_zone_healthy(const struct elb *b, const struct lb *lb, const char *zone)
{
	for (const struct lb_rule *r = b->rules; r; r = r->next) {
		if (r->listener->lb != lb)
			continue;
		for (size_t i = 0; i < r->nuses; i++) {
			const struct tgroup *g = r->uses[i];
			struct crowd c = count(b, g, cross_zone(lb, g) ? NULL : zone);

			if (g->ntargets &&
			    (below(g, MINIMUM("dns_failover", "count"), c.healthy) ||
			     below(g, MINIMUM("dns_failover", "percentage"),
				   c.registered ? c.healthy * 100 / c.registered : 0)))
				return false;
		}
	}
	return true;
}

/* ---- choosing ---- */

static const struct tgroup *group_named(const struct elb *b, const char *arn)
{
	const struct tgroup *g = b->groups;

	while (g && strcmp(g->v->arn, arn) != 0)
		g = g->next;
	return g;
}

static const struct tgroup *group_of(const struct elb *b, const struct listener *l, uint64_t hash)
{
	const struct elb_forward *f = l->v->actions.n ? l->v->actions.v[0].forward : NULL;
	int64_t total = 0, at;

	if (!f || !f->groups.n)
		return NULL;
	if (f->groups.n == 1)
		return group_named(b, f->groups.v[0].arn);
	for (size_t i = 0; i < f->groups.n; i++)
		total += f->groups.v[i].weight.v;
	if (total <= 0)
		return NULL;
	at = (int64_t)(hash % (uint64_t)total);
	for (size_t i = 0; i < f->groups.n; i++) {
		at -= f->groups.v[i].weight.v;
		if (at < 0)
			return group_named(b, f->groups.v[i].arn);
	}
	return NULL;
}

bool nlb_choose(const struct elb *b, const struct listener *l, const char *zone,
		const struct nlb_key *k, struct nlb_choice *out)
{
	uint64_t hash, best = 0;
	bool open;

	*out = (struct nlb_choice) { .g = group_of(b, l, mix(nlb_hash(k, false) + 1)) };
	if (!out->g)
		return false;
	if (cross_zone(l->lb, out->g))
		zone = NULL;
	hash = nlb_hash(k, group_flag(out->g, "stickiness.enabled"));
	open = fails_open(out->g, count(b, out->g, zone));
	for (size_t i = 0; i < out->g->ntargets; i++) {
		const struct target *t = &out->g->targets[i];
		bool healthy;

		if (!is_in(b, out->g, t, zone, &healthy) || (!healthy && !open))
			continue;
		if (out->t && score(hash, t) <= best)
			continue;
		best = score(hash, t);
		out->t = t;
	}
	return out->t;
}

/* ---- proxy protocol ---- */

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void nlb_pp2(const struct nlb_key *k, uint8_t out[NLB_PP2])
{
	static const uint8_t signature[] = { '\r', '\n', '\r', '\n', 0,   '\r',
					     '\n', 'Q',  'U',  'I',  'T', '\n' };

	memcpy(out, signature, sizeof(signature));
	out[12] = 0x21;                 /* version 2, PROXY */
	out[13] = k->udp ? 0x12 : 0x11; /* AF_INET, DGRAM or STREAM */
	put16(out + 14, 12);
	memcpy(out + 16, k->from.b, 4);
	memcpy(out + 20, k->to.b, 4);
	put16(out + 24, k->from_port);
	put16(out + 26, k->to_port);
}
