/* SPDX-License-Identifier: Apache-2.0 */
/* vpcnet.c - subnets by name, by tags and by routes; security groups by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vpcnet.h"

enum {
	LEAST_FREE = 8, /* addresses that AWS asks for in a load balancer's subnet */
	MOST_NAMES = 100
};

#define CLUSTER_TAG "kubernetes.io/cluster"

/* As Go prints a list. */
static const char *bracketed(const struct strs *l, const char *sep, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	buf_str(&out, "[");
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(&out, "%s%s", i ? sep : "", l->v[i]);
	buf_str(&out, "]");
	return arena_str(a, out.p);
}

static const char *ids_of(const struct subnet_list *l, struct arena *a)
{
	struct strs ids = { 0 };

	for (size_t i = 0; i < l->n; i++)
		strs_add(&ids, l->v[i]->id, a);
	return bracketed(&ids, " ", a);
}

static bool among(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int check_number(const struct strs *names, const char *what, struct err *e)
{
	if (names->n <= MOST_NAMES)
		return 0;
	return fail(e, EINVAL, "%zu %s are asked for, a load balancer has at most %d", names->n,
		    what, MOST_NAMES);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_once(struct strs *l, const char *s, struct arena *a)
{
	if (!among(l, s))
		strs_add(l, s, a);
}

static void sort_strs(struct strs *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
}

static int by_id(const void *a, const void *b)
{
	const struct ec2_subnet *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static struct subnet_list room_for(size_t n, struct arena *a)
{
	return (struct subnet_list) { arena_get(a, n * sizeof(const struct ec2_subnet *)), 0 };
}

/* ---- what a set of subnets must be */

bool subnet_has_ipv6(const struct ec2_subnet *s)
{
	for (size_t i = 0; i < s->blocks6.n; i++)
		if (strcmp(s->blocks6.v[i].state, "associated") == 0)
			return true;
	return false;
}

static int locale_of(struct facts *f, const struct ec2_subnet *s, const char **out, struct err *e)
{
	static const struct {
		const char *type, *locale;
	} types[] = { { "availability-zone", "availabilityZone" },
		      { "local-zone", "localZone" },
		      { "wavelength-zone", "wavelengthZone" } };
	const char *type = "";

	*out = "outpost";
	if (*s->outpost)
		return 0;
	if (facts_need(f, FACT_ZONES, e) < 0)
		return -1;
	for (size_t i = 0; i < f->zones.n; i++)
		if (strcmp(f->zones.v[i].id, s->zone_id) == 0)
			type = f->zones.v[i].type;
	for (size_t i = 0; i < COUNT(types); i++) {
		*out = types[i].locale;
		if (strcmp(type, types[i].type) == 0)
			return 0;
	}
	return fail(e, EINVAL, "unknown zone type for subnet %s: %s", s->id, type);
}

/* All in one kind of place, and enough of them. */
static int check_places(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
			const struct subnet_list *l, struct arena *a, struct err *e)
{
	struct strs locales = { 0 };
	size_t least = 1;

	for (size_t i = 0; i < l->n; i++) {
		const char *locale;

		if (locale_of(f, l->v[i], &locale, e) < 0)
			return -1;
		add_once(&locales, locale, a);
	}
	sort_strs(&locales);
	if (locales.n > 1)
		return fail(e, EINVAL, "subnets in multiple locales: %s",
			    bracketed(&locales, " ", a));
	if (q->application && strcmp(locales.v[0], "availabilityZone") == 0 &&
	    !c->gates[GATE_ALB_SINGLE_SUBNET])
		least = 2;
	if (l->n < least)
		return fail(e, EINVAL, "subnets count less than minimal required count: %zu < %zu",
			    l->n, least);
	return 0;
}

static int check_zones(const struct subnet_list *l, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		struct subnet_list same = room_for(l->n, a);

		for (size_t k = 0; k < l->n; k++)
			if (strcmp(l->v[k]->zone, l->v[i]->zone) == 0)
				same.v[same.n++] = l->v[k];
		if (same.n > 1)
			return fail(e, EINVAL, "multiple subnets in same Availability Zone %s: %s",
				    l->v[i]->zone, ids_of(&same, a));
	}
	return 0;
}

static int check_ipv6(const struct subnet_list *l, struct arena *a, struct err *e)
{
	struct subnet_list without = room_for(l->n, a);

	for (size_t i = 0; i < l->n; i++)
		if (!subnet_has_ipv6(l->v[i]))
			without.v[without.n++] = l->v[i];
	if (without.n)
		return fail(e, EINVAL,
			    "subnets %s do not have an associated IPv6 CIDR block, which is "
			    "required for dualstack load balancers",
			    ids_of(&without, a));
	return 0;
}

/* ---- by id and Name */

static const struct ec2_subnet *subnet_of(const struct facts *f, const char *id)
{
	for (size_t i = 0; i < f->subnets.n; i++)
		if (strcmp(f->subnets.v[i].id, id) == 0)
			return &f->subnets.v[i];
	return NULL;
}

static struct subnet_list subnets_with_name(const struct facts *f, const char *name,
					    struct arena *a)
{
	struct subnet_list out = room_for(f->subnets.n, a);

	for (size_t i = 0; i < f->subnets.n; i++) {
		const char *v = tag_get(&f->subnets.v[i].tags, "Name");

		if (v && strcmp(v, name) == 0)
			out.v[out.n++] = &f->subnets.v[i];
	}
	if (out.n)
		qsort(out.v, out.n, sizeof(const struct ec2_subnet *), by_id);
	return out;
}

static size_t times(const struct strs *l, size_t upto, const char *s)
{
	size_t n = 0;

	for (size_t i = 0; i < upto; i++)
		n += strcmp(l->v[i], s) == 0;
	return n;
}

/* The same Name again takes the next of those that have it. */
static int pick(struct facts *f, const struct lbconfig *c, const struct strs *names,
		struct subnet_list *out, struct arena *a, struct err *e)
{
	struct strs missing = { 0 };

	*out = room_for(names->n, a);
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		const struct ec2_subnet *s = NULL;
		size_t before = times(names, i, name);
		struct subnet_list named = { 0 };

		if (str_prefix(name, "subnet-")) {
			s = subnet_of(f, name);
			if (!s)
				return fail(e, EINVAL,
					    "no subnet %s in VPC %s (InvalidSubnetID.NotFound)",
					    name, c->vpc);
			if (before)
				return fail(e, EINVAL,
					    "couldn't find all subnets, want: %s: %s is there "
					    "twice",
					    bracketed(names, " ", a), name);
		} else {
			named = subnets_with_name(f, name, a);
		}
		if (!s && !named.n)
			add_once(&missing, name, a);
		else if (!s && before >= named.n)
			return fail(e, EINVAL,
				    "subnet with Name tag \"%s\" requested %zu times but only %zu "
				    "subnet(s) found with that name",
				    name, times(names, names->n, name), named.n);
		else
			out->v[out->n++] = s ? s : named.v[before];
	}
	if (missing.n)
		return fail(e, EINVAL, "couldn't find all subnets, missing names: %s",
			    bracketed(&missing, " ", a));
	return 0;
}

int subnets_named(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
		  const struct strs *names, struct subnet_list *out, struct arena *a, struct err *e)
{
	if (facts_need(f, FACT_SUBNETS, e) < 0 || check_number(names, "subnets", e) < 0)
		return -1;
	if (pick(f, c, names, out, a, e) < 0)
		return wrap(e, "failed to list subnets by names or IDs");
	if (!out->n)
		return fail(e, EINVAL, "unable to resolve at least one subnet");
	if (check_zones(out, a, e) < 0 || check_places(f, c, q, out, a, e) < 0)
		return -1;
	return q->dualstack ? check_ipv6(out, a, e) : 0;
}

/* ---- discovery */

bool subnet_has_role(const struct ec2_subnet *s, const struct subnet_ask *q)
{
	const char *v = tag_get(&s->tags, q->internal ? "kubernetes.io/role/internal-elb"
						      : "kubernetes.io/role/elb");

	return v && (!*v || strcmp(v, "1") == 0);
}

/* Every key with one of its values; without values, the key. */
static bool has_tags(const struct ec2_subnet *s, const struct json *tags)
{
	for (const struct json *m = json_first(tags); m; m = json_next(m)) {
		const char *have = tag_get(&s->tags, json_key(m));
		bool hit = have && !json_count(m);

		for (const struct json *v = json_first(m); have && v && !hit; v = json_next(v))
			hit = json_text(v) && strcmp(json_text(v), have) == 0;
		if (!hit)
			return false;
	}
	return true;
}

/* NULL: there is no main table either. */
static const struct ec2_route_table *routes_of(const struct facts *f, const char *subnet)
{
	const struct ec2_route_table *main_table = NULL;

	for (size_t i = 0; i < f->route_tables.n; i++) {
		const struct ec2_route_table *t = &f->route_tables.v[i];

		for (size_t k = 0; k < t->associations.n; k++) {
			if (strcmp(t->associations.v[k].subnet, subnet) == 0)
				return t;
			if (t->associations.v[k].main)
				main_table = t;
		}
	}
	return main_table;
}

static bool is_public(const struct ec2_route_table *t)
{
	for (size_t i = 0; i < t->routes.n; i++)
		if (str_prefix(t->routes.v[i].gateway, "igw"))
			return true;
	return false;
}

static int by_routes(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
		     struct subnet_list *out, struct err *e)
{
	if (facts_need(f, FACT_ROUTES, e) < 0)
		return -1;
	for (size_t i = 0; i < f->subnets.n; i++) {
		const struct ec2_route_table *t = routes_of(f, f->subnets.v[i].id);

		if (!t)
			return fail(e, EINVAL,
				    "VPC %s has no main route table, so nothing tells whether "
				    "subnet %s is public: tag the subnets for load balancers",
				    c->vpc, f->subnets.v[i].id);
		if (is_public(t) != q->internal)
			out->v[out->n++] = &f->subnets.v[i];
	}
	return 0;
}

static bool has_own_tag(const struct lbconfig *c, const struct ec2_subnet *s)
{
	size_t n = strlen(CLUSTER_TAG "/");

	for (size_t i = 0; i < s->tags.n; i++)
		if (str_prefix(s->tags.v[i].key, CLUSTER_TAG "/") &&
		    strcmp(s->tags.v[i].key + n, c->cluster) == 0)
			return true;
	return false;
}

static bool others(const struct lbconfig *c, const struct ec2_subnet *s)
{
	if (!c->gates[GATE_SUBNETS_CLUSTER_TAG] || has_own_tag(c, s))
		return false;
	for (size_t i = 0; i < s->tags.n; i++)
		if (str_prefix(s->tags.v[i].key, CLUSTER_TAG))
			return true;
	return false;
}

const char *subnet_against(const struct lbconfig *c, const struct subnet_ask *q,
			   const struct ec2_subnet *s)
{
	if (others(c, s))
		return "it is tagged for other clusters";
	if (s->free < LEAST_FREE)
		return "it has fewer than 8 free addresses";
	return q->dualstack && !subnet_has_ipv6(s) ? "it has no IPv6 block" : NULL;
}

/* Of two in a zone: the one with the cluster's tag, then the lower id. */
static bool better(const struct lbconfig *c, const struct ec2_subnet *s, const struct ec2_subnet *t)
{
	bool own = has_own_tag(c, s);

	return own != has_own_tag(c, t) ? own : strcmp(s->id, t->id) < 0;
}

static void keep_best(const struct lbconfig *c, const struct ec2_subnet *s, struct subnet_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i]->zone, s->zone) == 0) {
			if (better(c, s, l->v[i]))
				l->v[i] = s;
			return;
		}
	}
	l->v[l->n++] = s;
}

static int choose(const struct lbconfig *c, const struct subnet_ask *q,
		  const struct subnet_list *from, struct subnet_list *out, struct arena *a,
		  struct err *e)
{
	size_t tagged = 0, full = 0, v4 = 0;

	*out = room_for(from->n, a);
	for (size_t i = 0; i < from->n; i++) {
		if (others(c, from->v[i]))
			tagged++;
		else if (from->v[i]->free < LEAST_FREE)
			full++;
		else if (q->dualstack && !subnet_has_ipv6(from->v[i]))
			v4++;
		else
			keep_best(c, from->v[i], out);
	}
	if (!out->n && q->dualstack)
		return fail(e, EINVAL,
			    "unable to resolve at least one subnet. Evaluated %zu subnets: %zu are "
			    "tagged for other clusters, %zu have insufficient available IP "
			    "addresses, and %zu do not have an associated IPv6 CIDR block",
			    from->n, tagged, full, v4);
	if (!out->n)
		return fail(e, EINVAL,
			    "unable to resolve at least one subnet. Evaluated %zu subnets: %zu are "
			    "tagged for other clusters, and %zu have insufficient available IP "
			    "addresses",
			    from->n, tagged, full);
	qsort(out->v, out->n, sizeof(const struct ec2_subnet *), by_id);
	return 0;
}

int subnets_found(struct facts *f, const struct lbconfig *c, const struct subnet_ask *q,
		  const struct json *tags, struct subnet_list *out, struct arena *a, struct err *e)
{
	struct subnet_list from;

	if (facts_need(f, FACT_SUBNETS, e) < 0)
		return -1;
	from = room_for(f->subnets.n, a);
	for (size_t i = 0; i < f->subnets.n; i++)
		if (tags ? has_tags(&f->subnets.v[i], tags) : subnet_has_role(&f->subnets.v[i], q))
			from.v[from.n++] = &f->subnets.v[i];
	if (!from.n && !tags && c->gates[GATE_SUBNETS_BY_REACHABILITY] &&
	    by_routes(f, c, q, &from, e) < 0)
		return -1;
	if (choose(c, q, &from, out, a, e) < 0)
		return -1;
	return check_places(f, c, q, out, a, e);
}

/* ---- security groups */

/* Those of the ids that are there, once each. */
static struct strs groups_by_id(const struct facts *f, const struct strs *ids, struct arena *a)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < f->groups.n; i++)
		if (among(ids, f->groups.v[i].id))
			strs_add(&out, f->groups.v[i].id, a);
	return out;
}

static struct strs groups_by_name(const struct facts *f, const struct strs *names,
				  struct strs *found, struct arena *a)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < f->groups.n; i++) {
		const char *v = tag_get(&f->groups.v[i].tags, "Name");

		if (!v || !among(names, v))
			continue;
		strs_add(&out, f->groups.v[i].id, a);
		add_once(found, v, a);
	}
	return out;
}

int groups_named(struct facts *f, const struct strs *names, struct strs *ids, struct arena *a,
		 struct err *e)
{
	struct strs by = { 0 }, called = { 0 }, found = { 0 }, more;
	const char *bad_ids = "", *bad_names = "";

	if (facts_need(f, FACT_GROUPS, e) < 0 || check_number(names, "security groups", e) < 0)
		return -1;
	for (size_t i = 0; i < names->n; i++) {
		if (str_prefix(names->v[i], "sg-"))
			strs_add(&by, names->v[i], a);
		else
			add_once(&called, names->v[i], a);
	}
	*ids = groups_by_id(f, &by, a);
	if (ids->n != by.n)
		bad_ids = arena_fmt(a, "requested ids %s but found %s", bracketed(&by, ", ", a),
				    bracketed(ids, ", ", a));
	more = groups_by_name(f, &called, &found, a);
	if (found.n != called.n)
		bad_names = arena_fmt(a, "requested names %s but found %s",
				      bracketed(&called, ", ", a), bracketed(&found, ", ", a));
	if (*bad_ids || *bad_names)
		return fail(e, EINVAL, "couldn't find all security groups: %s%s%s", bad_ids,
			    *bad_ids && *bad_names ? ", " : "", bad_names);
	*ids = by;
	for (size_t i = 0; i < more.n; i++)
		strs_add(ids, more.v[i], a);
	return 0;
}
