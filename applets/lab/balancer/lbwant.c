/* SPDX-License-Identifier: Apache-2.0 */
/* lbwant.c - which nodes, sockets and health checks there should be, and until when. */
#include "lbwant.h"

#include <string.h>

/* ---- facts of targets ---- */

bool target_at(const struct elb *b, const struct tgroup *g, const struct target *t, struct ip *ip)
{
	const struct instance *i;

	if (strcmp(g->v->target_type, "ip") == 0)
		return ip_parse(t->id, ip) && ip->family == IP_V4;
	i = strcmp(g->v->target_type, "instance") == 0 ? world_instance(b->w, t->id) : NULL;
	if (i)
		*ip = i->primary->ips[0].ip;
	return i;
}

bool group_flag(const struct tgroup *g, const char *key)
{
	return strcmp(attr_get(group_attrs_on(g), g->attrs, key), "true") == 0;
}

/* ---- the three lists ---- */

static void at_latest(int64_t *next, int64_t now, int64_t at)
{
	if (at > now && (!*next || at < *next))
		*next = at;
}

static const char *node_key(const struct lb *lb, const struct elb_zone *z, struct arena *a)
{
	return arena_fmt(a, "%s %s", lb->v->arn, z->subnet);
}

static void want_nodes(const struct elb *b, struct lb_want *out, struct arena *a)
{
	size_t room = 0;

	for (const struct lb *lb = b->lbs; lb; lb = lb->next)
		room += lb->v->zones.n;
	out->nodes = arena_get(a, (room + 1) * sizeof(*out->nodes));
	for (const struct lb *lb = b->lbs; lb; lb = lb->next) {
		at_latest(&out->next, b->now, lb->active_at);
		for (size_t i = 0; i < lb->v->zones.n; i++) {
			const struct elb_zone *z = &lb->v->zones.v[i];

			out->nodes[out->nnodes++] =
				(struct want_node) { node_key(lb, z, a), lb, z };
		}
	}
}

static void want_socket(struct lb_want *out, const struct listener *l, const struct elb_zone *z,
			enum lb_kind kind, struct arena *a)
{
	static const char *const names[] = { "tcp", "udp", "http" };
	struct want_socket *s = &out->sockets[out->nsockets++];

	s->node = node_key(l->lb, z, a);
	s->of = l;
	s->kind = kind;
	s->port = (int)l->v->port;
	s->key = arena_fmt(a, "%s %s %s %d", l->v->arn, z->subnet, names[kind], s->port);
}

static void want_sockets(const struct elb *b, struct lb_want *out, struct arena *a)
{
	size_t room = 0;

	for (const struct listener *l = b->listeners; l; l = l->next)
		room += 2 * l->lb->v->zones.n;
	out->sockets = arena_get(a, (room + 1) * sizeof(*out->sockets));
	for (const struct listener *l = b->listeners; l; l = l->next) {
		const char *p = l->v->protocol;

		for (size_t i = 0; i < l->lb->v->zones.n && lb_active(b, l->lb); i++) {
			const struct elb_zone *z = &l->lb->v->zones.v[i];

			if (lb_is_app(l->lb))
				want_socket(out, l, z, LB_HTTP, a);
			if (strcmp(p, "TCP") == 0 || strcmp(p, "TCP_UDP") == 0)
				want_socket(out, l, z, LB_TCP, a);
			if (strcmp(p, "UDP") == 0 || strcmp(p, "TCP_UDP") == 0)
				want_socket(out, l, z, LB_UDP, a);
		}
	}
}

/* Those that wait for their first check, or are checked. */
static bool is_checked(const struct elb *b, const struct tgroup *g, const struct target *t,
		       struct arena *a)
{
	struct elb_target_health h;

	if (!target_health(b, g, t, &h, a) || strcmp(h.state, "draining") == 0 ||
	    strcmp(h.state, "unused") == 0)
		return false;
	return !h.reason || strcmp(h.reason, "Elb.RegistrationInProgress") != 0;
}

static const struct lb *user(const struct elb *b, const struct tgroup *g)
{
	for (const struct lb_rule *r = b->rules; r; r = r->next)
		for (size_t i = 0; i < r->nuses; i++)
			if (r->uses[i] == g)
				return r->listener->lb;
	return NULL;
}

/* When the registration of a target is over; see elbtarget.c. */
static int64_t registered_at(const struct elb *b, const struct tgroup *g, const struct target *t)
{
	const struct lb *lb = user(b, g);
	int64_t from = t->since > g->used_since ? t->since : g->used_since;

	if (!lb)
		return 0;
	return (lb->active_at > from ? lb->active_at : from) + b->c.register_ms;
}

static void want_checks(struct elb *b, struct lb_want *out, struct arena *a)
{
	size_t room = 0;

	for (const struct tgroup *g = b->groups; g; g = g->next)
		room += g->ntargets;
	out->checks = arena_get(a, (room + 1) * sizeof(*out->checks));
	for (struct tgroup *g = b->groups; g; g = g->next)
		for (size_t i = 0; i < g->ntargets; i++) {
			struct target *t = &g->targets[i];

			at_latest(&out->next, b->now, t->drained_at);
			at_latest(&out->next, b->now, registered_at(b, g, t));
			if (!is_checked(b, g, t, a))
				continue;
			out->checks[out->nchecks++] =
				(struct want_check) { arena_fmt(a, "%s %s %d %lld", g->v->arn,
								t->id, t->port,
								(long long)t->since),
						      g, t };
		}
}

void lb_want(struct elb *b, struct lb_want *out, struct arena *a)
{
	*out = (struct lb_want) { 0 };
	want_nodes(b, out, a);
	want_sockets(b, out, a);
	want_checks(b, out, a);
}
