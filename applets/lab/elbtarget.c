/* SPDX-License-Identifier: Apache-2.0 */
/* elbtarget.c - targets: registered, deregistered, and their health, a function of the time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elb.h"

enum { MAX_TARGETS = 200 };

/* ---- who is who ---- */

static bool is(const char *s, const char *word)
{
	return strcmp(s, word) == 0;
}

static struct target *find(struct tgroup *g, const struct elb_target *t)
{
	int64_t port = t->port ? t->port : g->v->port;

	for (size_t i = 0; i < g->ntargets; i++)
		if (g->targets[i].port == port && is(g->targets[i].id, t->id))
			return &g->targets[i];
	return NULL;
}

void targets_sweep(const struct elb *b, struct tgroup *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->ntargets; i++)
		if (!g->targets[i].drained_at || b->now < g->targets[i].drained_at)
			g->targets[n++] = g->targets[i];
	g->ntargets = n;
}

static const struct subnet *subnet_of(const struct world *w, struct ip ip)
{
	for (size_t i = 0; i < w->nsubnets; i++)
		if (cidr_contains(w->subnets[i].cidr, ip) ||
		    cidr_contains(world_subnet6(w, &w->subnets[i]), ip))
			return &w->subnets[i];
	return NULL;
}

/* Where addresses outside the VPC may be: RFC 1918 and 6598. */
static bool is_private(struct ip ip)
{
	static const struct cidr blocks[] = {
		{ { IP_V4, { 10 } }, 8 },
		{ { IP_V4, { 100, 64 } }, 10 },
		{ { IP_V4, { 172, 16 } }, 12 },
		{ { IP_V4, { 192, 168 } }, 16 },
	};

	for (size_t i = 0; i < COUNT(blocks); i++)
		if (cidr_contains(blocks[i], ip))
			return true;
	return false;
}

/* ---- what may be registered ---- */

/* A zone cannot be told otherwise. */
static int within(const struct elb_target *t, const struct subnet *s, struct err *e)
{
	if (!t->zone || !*t->zone || is(t->zone, s->zone))
		return 0;
	return world_refuse(
		e, "ValidationError",
		"The IP address '%s' is within the VPC, and cannot have its Availability "
		"Zone overridden to '%.60s' from '%s'",
		t->id, t->zone, s->zone);
}

static int address_check(const struct elb *b, const struct tgroup *g, const struct elb_target *t,
			 struct err *e)
{
	bool v6 = is(g->v->ip_address_type, "ipv6");
	const struct subnet *s;
	struct ip ip;

	if (!ip_parse(t->id, &ip) || (ip.family == IP_V6) != v6)
		return world_refuse(e, "ValidationError",
				    "The IP address '%.100s' is not a valid %s address", t->id,
				    v6 ? "IPv6" : "IPv4");
	s = subnet_of(b->w, ip);
	if (s)
		return within(t, s, e);
	if (!t->zone)
		return world_refuse(e, "ValidationError",
				    "The IP address '%s' is outside of the subnets of VPC '%s', so "
				    "you must specify an Availability Zone",
				    t->id, b->w->vpc_id);
	if (!v6 && !is_private(ip))
		return world_refuse(e, "ValidationError",
				    "The IP address '%s' is not in a supported range", t->id);
	return 0;
}

static int balancer_check(struct elb *b, const struct tgroup *g, const struct elb_target *t,
			  struct err *e)
{
	struct err why = { 0 };
	bool listens = false;
	struct lb *lb;

	if (elb_lb(b, t->id, &lb, &why) < 0 || !lb_is_app(lb))
		return world_refuse(e, "InvalidTarget",
				    "'%.200s' is not an application load balancer", t->id);
	if (!lb_active(b, lb))
		return world_refuse(e, "InvalidTarget", "Load balancer '%s' is not active", t->id);
	for (const struct listener *l = b->listeners; l; l = l->next)
		listens |= l->lb == lb && l->v->port == (t->port ? t->port : g->v->port);
	if (!listens)
		return world_refuse(e, "InvalidTarget",
				    "Load balancer '%s' has no listener on the target group's port",
				    t->id);
	if (g->ntargets && !is(g->targets[0].id, t->id))
		return world_refuse(e, "TooManyTargets",
				    "A target group of type alb has one target");
	return 0;
}

static int zone_check(const struct elb *b, const struct elb_target *t, struct err *e)
{
	bool known = !t->zone || is(t->zone, "all");

	for (size_t i = 0; i < b->w->nsubnets; i++)
		known |= t->zone && is(b->w->subnets[i].zone, t->zone);
	if (!known)
		return world_refuse(e, "ValidationError",
				    "The Availability Zone '%.60s' is not valid", t->zone);
	return 0;
}

static int target_check(struct elb *b, const struct tgroup *g, const struct elb_target *t,
			struct err *e)
{
	const char *type = g->v->target_type;

	if (!t->id || !*t->id)
		return world_refuse(e, "ValidationError", "A target must have an ID");
	if (strlen(t->id) >= sizeof(((struct target *)0)->id))
		return world_refuse(e, "ValidationError", "Target '%.100s' is not valid", t->id);
	if (t->port < 0 || t->port > 65535)
		return world_refuse(e, "ValidationError", "Port '%lld' must be between 1 and 65535",
				    (long long)t->port);
	if (t->quic_id && strlen(t->quic_id) >= sizeof(((struct target *)0)->quic_id))
		return world_refuse(e, "ValidationError", "QuicServerId '%.100s' is not valid",
				    t->quic_id);
	if (zone_check(b, t, e) < 0)
		return -1;
	if (is(type, "ip"))
		return address_check(b, g, t, e);
	if (is(type, "alb"))
		return balancer_check(b, g, t, e);
	if (str_prefix(t->id, "i-") && world_instance(b->w, t->id))
		return 0;
	return world_refuse(e, "InvalidTarget",
			    "The following targets are not in a running state and cannot be "
			    "registered: '%.100s'",
			    t->id);
}

static int list_check(struct elb *b, const struct elb_group_targets *in, struct tgroup **g,
		      struct err *e)
{
	if (elb_group(b, in->arn ? in->arn : "", g, e) < 0)
		return -1;
	if (!in->targets.n)
		return world_refuse(e, "ValidationError", "At least one target must be specified");
	if (in->targets.n > MAX_TARGETS)
		return world_refuse(e, "ValidationError",
				    "At most %d targets can be specified, and %zu were",
				    MAX_TARGETS, in->targets.n);
	targets_sweep(b, *g);
	return 0;
}

/* ---- register, deregister ---- */

/* Targets that the group, and every load balancer that uses it, will have. */
static int room_check(const struct elb *b, struct tgroup *g, const struct elb_targets *in,
		      struct arena *a, struct err *e)
{
	struct strs users = group_users(b, g, a);
	size_t new = 0, all = 0;
	int most = b->c.quota[ELB_MAX_GROUP_TARGETS];
	bool app = group_is_http(g);

	for (size_t i = 0; i < in->n; i++)
		new += !find(g, &in->v[i]);
	if (g->ntargets + new > (size_t)most)
		return world_refuse(e, "TooManyTargets",
				    "You've reached the limit on the number of targets per target "
				    "group: %d",
				    most);
	for (const struct tgroup *other = b->groups; other && users.n; other = other->next) {
		struct strs theirs = group_users(b, other, a);

		if (theirs.n && is(theirs.v[0], users.v[0]))
			all += other->ntargets;
	}
	most = b->c.quota[app ? ELB_MAX_ALB_TARGETS : ELB_MAX_NLB_TARGETS];
	if (all + new > (size_t)most)
		return world_refuse(e, "TooManyTargets",
				    "You've reached the limit on the number of targets per load "
				    "balancer: %d",
				    most);
	return 0;
}

static struct target *add(struct tgroup *g)
{
	if (g->ntargets == g->room) {
		g->room = g->room ? 2 * g->room : 8;
		g->targets = xgrow(g->targets, g->room * sizeof(*g->targets));
	}
	g->targets[g->ntargets] = (struct target) { 0 };
	return &g->targets[g->ntargets++];
}

static void put(const struct elb *b, struct tgroup *g, const struct elb_target *in)
{
	struct target *t = find(g, in);
	const struct subnet *s = NULL;
	struct ip ip;

	if (!t) {
		t = add(g);
		snprintf(t->id, sizeof(t->id), "%s", in->id);
		t->port = (int)(in->port ? in->port : g->v->port);
		t->since = b->now;
	} else if (t->drained_at) {
		t->since = b->now;
	}
	t->drained_at = 0;
	if (is(g->v->target_type, "ip") && ip_parse(in->id, &ip))
		s = subnet_of(b->w, ip);
	snprintf(t->zone, sizeof(t->zone), "%s", s ? s->zone : in->zone ? in->zone : "");
	snprintf(t->quic_id, sizeof(t->quic_id), "%s", in->quic_id ? in->quic_id : "");
}

int target_act_register(struct api_call *c, struct err *e)
{
	const struct elb_group_targets *in = c->in;
	struct elb *b = c->api->elb;
	struct tgroup *g;

	if (list_check(b, in, &g, e) < 0)
		return -1;
	for (size_t i = 0; i < in->targets.n; i++)
		if (target_check(b, g, &in->targets.v[i], e) < 0)
			return -1;
	if (room_check(b, g, &in->targets, c->a, e) < 0)
		return -1;
	for (size_t i = 0; i < in->targets.n; i++)
		put(b, g, &in->targets.v[i]);
	return 0;
}

static int64_t drain_ms(const struct elb *b, const struct tgroup *g)
{
	uint64_t s = 0;

	if (b->c.drain_ms >= 0)
		return b->c.drain_ms;
	if (!str_u64(attr_get(group_attrs_on(g), g->attrs, "deregistration_delay.timeout_seconds"),
		     &s))
		return 0;
	return (int64_t)s * 1000;
}

/* Those that are not there are passed over, as AWS does. */
int target_act_deregister(struct api_call *c, struct err *e)
{
	const struct elb_group_targets *in = c->in;
	struct elb *b = c->api->elb;
	struct tgroup *g;

	if (list_check(b, in, &g, e) < 0)
		return -1;
	for (size_t i = 0; i < in->targets.n; i++)
		if (!in->targets.v[i].id)
			return world_refuse(e, "ValidationError", "A target must have an ID");
	for (size_t i = 0; i < in->targets.n; i++) {
		struct target *t = find(g, &in->targets.v[i]);

		if (t && !t->drained_at)
			t->drained_at = b->now + (g->used_since ? drain_ms(b, g) : 0);
		if (t && !t->drained_at)
			t->drained_at = -1; /* at the beginning of time */
	}
	targets_sweep(b, g);
	return 0;
}

/* ---- health ---- */

/* The load balancer that sends a group its traffic; NULL: none. */
static const struct lb *balancer(const struct elb *b, const struct tgroup *g)
{
	for (const struct lb_rule *r = b->rules; r; r = r->next)
		for (size_t i = 0; i < r->nuses; i++)
			if (r->uses[i] == g)
				return r->listener->lb;
	return NULL;
}

static bool zone_enabled(const struct elb *b, const struct lb *lb, const struct tgroup *g,
			 const struct target *t)
{
	const struct instance *i =
		is(g->v->target_type, "instance") ? world_instance(b->w, t->id) : NULL;
	const char *zone = i ? i->subnet->zone : t->zone;

	if (!*zone || is(zone, "all") || is(g->v->target_type, "alb"))
		return true;
	for (size_t k = 0; k < lb->v->zones.n; k++)
		if (is(lb->v->zones.v[k].name, zone))
			return true;
	return false;
}

static void say(struct elb_target_health *out, const char *state, const char *reason,
		const char *description)
{
	out->state = state;
	out->reason = reason;
	out->description = description;
}

/* Of one that is registered with a group that lb uses. */
static void checked(const struct elb *b, const struct lb *lb, const struct tgroup *g,
		    const struct target *t, struct elb_target_health *out)
{
	int64_t from = t->since > g->used_since ? t->since : g->used_since;
	int64_t health = b->c.health_ms;
	struct elb_health found = { 0 };

	if (lb->active_at > from)
		from = lb->active_at;
	if (health < 0)
		health = g->v->health_interval_s.v * 1000;
	if (b->now < from + b->c.register_ms) {
		say(out, "initial", "Elb.RegistrationInProgress",
		    "Target registration is in progress");
		return;
	}
	if (b->health)
		found = b->health(b->health_arg, g, t);
	if (b->checks ? found.initial : b->now < from + b->c.register_ms + health) {
		say(out, "initial", "Elb.InitialHealthChecking",
		    "Initial health checks in progress");
		return;
	}
	if (found.reason)
		say(out, "unhealthy", found.reason, found.description);
	else
		say(out, "healthy", NULL, NULL);
}

bool target_health(const struct elb *b, const struct tgroup *g, const struct target *t,
		   struct elb_target_health *out, struct arena *a)
{
	const struct lb *lb = balancer(b, g);

	*out = (struct elb_target_health) { .id = t->id,
					    .port = t->port,
					    .zone = *t->zone ? t->zone : NULL,
					    .quic_id = *t->quic_id ? t->quic_id : NULL };
	out->health_port = is(g->v->health_port, "traffic-port") ? arena_fmt(a, "%d", t->port)
								 : g->v->health_port;
	if (t->drained_at && b->now >= t->drained_at)
		return false;
	if (t->drained_at)
		say(out, "draining", "Target.DeregistrationInProgress",
		    "Target deregistration is in progress");
	else if (!lb)
		say(out, "unused", "Target.NotInUse",
		    "Target group is not configured to receive traffic from the load balancer");
	else if (!zone_enabled(b, lb, g, t))
		say(out, "unused", "Target.NotInUse",
		    "Target is in an Availability Zone that is not enabled for the load balancer");
	else
		checked(b, lb, g, t, out);
	return true;
}

static void show(struct api_call *c, const struct tgroup *g, const struct target *t)
{
	struct elb_target_health h;

	if (!target_health(c->api->elb, g, t, &h, c->a))
		return;
	buf_str(c->out, "<member>");
	shape_xml(c->out, &elb_target_health_shape, &h);
	buf_str(c->out, "</member>");
}

static void show_stranger(struct api_call *c, const struct tgroup *g, const struct elb_target *t)
{
	struct elb_target_health h = { .id = t->id, .port = t->port ? t->port : g->v->port };

	h.health_port = is(g->v->health_port, "traffic-port") ? arena_fmt(c->a, "%d", (int)h.port)
							      : g->v->health_port;
	say(&h, "unused", "Target.NotRegistered", "Target is not registered to the target group");
	buf_str(c->out, "<member>");
	shape_xml(c->out, &elb_target_health_shape, &h);
	buf_str(c->out, "</member>");
}

int target_act_health(struct api_call *c, struct err *e)
{
	const struct health_query *in = c->in;
	struct elb *b = c->api->elb;
	struct tgroup *g;

	if (elb_group(b, in->arn ? in->arn : "", &g, e) < 0)
		return -1;
	for (size_t i = 0; i < in->targets.n; i++)
		if (!in->targets.v[i].id)
			return world_refuse(e, "ValidationError", "A target must have an ID");
	targets_sweep(b, g);
	buf_str(c->out, "<TargetHealthDescriptions>");
	for (size_t i = 0; i < in->targets.n; i++) {
		const struct target *t = find(g, &in->targets.v[i]);

		if (t)
			show(c, g, t);
		else
			show_stranger(c, g, &in->targets.v[i]);
	}
	for (size_t i = 0; i < g->ntargets && !in->targets.n; i++)
		show(c, g, &g->targets[i]);
	buf_str(c->out, "</TargetHealthDescriptions>");
	return 0;
}
