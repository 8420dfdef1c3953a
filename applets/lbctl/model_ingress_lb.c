/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_lb.c - the load balancer of a group: name, scheme, subnets, attributes
 * (spec-lbc-alb 7.2, 10, 11). What one member says counts for all. */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "tagset.h"
#include "track.h"

enum { NAME_MAX_LEN = 32 };

/* The words that members say, of their classes or by an annotation; sorted, each once. */
static struct strs said(struct ingress_build *b, enum annot_id id,
			const char *(*of_class)(const struct kube_class_params *p),
			const struct ingress_part **first)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const char *v = b->parts[i].p ? of_class(b->parts[i].p) : "";

		if (!*v && !annot_str(&b->parts[i].l, id, &v))
			continue;
		if (!*first)
			*first = &b->parts[i];
		strs_add(&out, v, b->a);
	}
	return ingress_set(&out, b->a);
}

/* As Go prints a set: "map[a:{} b:{}]". */
static const char *set_text(struct ingress_build *b, const struct strs *l)
{
	struct strs out = { 0 };

	for (size_t i = 0; i < l->n; i++)
		strs_add(&out, arena_fmt(b->a, "%s:{}", l->v[i]), b->a);
	return arena_fmt(b->a, "map%s", ingress_bracketed(&out, b->a));
}

static const char *class_scheme(const struct kube_class_params *p)
{
	return p->scheme;
}

static const char *class_address_type(const struct kube_class_params *p)
{
	return p->ip_address_type;
}

static const char *class_name(const struct kube_class_params *p)
{
	return p->load_balancer_name;
}

static int find_scheme(struct ingress_build *b, struct err *e)
{
	const struct ingress_part *first = NULL;
	struct strs l = said(b, A_SCHEME, class_scheme, &first);

	if (l.n > 1)
		return fail(e, EINVAL, "conflicting scheme: %s", set_text(b, &l));
	b->scheme = l.n ? l.v[0] : b->c->scheme;
	if (strcmp(b->scheme, "internal") == 0 || strcmp(b->scheme, "internet-facing") == 0)
		return 0;
	fail(e, EINVAL, "unknown scheme: %.60s", b->scheme);
	return first ? annot_blame(&first->l, A_SCHEME, NULL, e) : -1;
}

static int find_address_type(struct ingress_build *b, struct err *e)
{
	static const char *const types[] = { "ipv4", "dualstack", "dualstack-without-public-ipv4" };
	const struct ingress_part *first = NULL;
	struct strs l = said(b, A_IP_ADDRESS_TYPE, class_address_type, &first);

	if (l.n > 1)
		return fail(e, EINVAL, "conflicting IPAddressType: %s",
			    ingress_bracketed(&l, b->a));
	b->address_type = l.n ? l.v[0] : types[0];
	for (size_t i = 0; i < COUNT(types); i++) {
		if (strcmp(b->address_type, types[i]) == 0) {
			b->dualstack = i > 0;
			return 0;
		}
	}
	fail(e, EINVAL, "unknown IPAddressType: %.60s", b->address_type);
	return annot_blame(&first->l, A_IP_ADDRESS_TYPE, NULL, e);
}

int ingress_place(struct ingress_build *b, struct err *e)
{
	return find_scheme(b, e) < 0 ? -1 : find_address_type(b, e);
}

/* ---- */

static int find_name(struct ingress_build *b, const char **out, struct err *e)
{
	const struct ingress_part *first = NULL;
	struct strs l = said(b, A_LOAD_BALANCER_NAME, class_name, &first);
	const struct ingress_group_id *id = &b->g->id;
	const char *hash;

	if (l.n > 1)
		return fail(e, EINVAL, "conflicting load balancer name: %s", set_text(b, &l));
	if (l.n && (!*l.v[0] || strlen(l.v[0]) > NAME_MAX_LEN)) {
		fail(e, EINVAL,
		     *l.v[0] ? "load balancer name cannot be longer than 32 characters"
			     : "load balancer name cannot be empty");
		return annot_blame(&first->l, A_LOAD_BALANCER_NAME, NULL, e);
	}
	hash = track_hash(b->a, 10,
			  (const char *const[]) { b->c->cluster, b->out->id, b->scheme, NULL });
	if (l.n)
		*out = l.v[0];
	else if (*id->ns)
		*out = arena_fmt(b->a, "k8s-%s-%s-%s", track_part(id->ns, 8, b->a),
				 track_part(id->name, 8, b->a), hash);
	else
		*out = arena_fmt(b->a, "k8s-%s-%s", track_part(id->name, 17, b->a), hash);
	return 0;
}

static int find_coip_pool(struct ingress_build *b, const char **out, struct err *e)
{
	struct strs l = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const char *v = NULL;

		if (!annot_str(&b->parts[i].l, A_COIP_POOL, &v))
			continue;
		if (!*v)
			return fail(e, EINVAL,
				    "cannot use empty value for customer-owned-ipv4-pool "
				    "annotation, ingress: %s",
				    b->parts[i].key);
		strs_add(&l, v, b->a);
	}
	l = ingress_set(&l, b->a);
	if (l.n > 1)
		return fail(e, EINVAL, "conflicting CustomerOwnedIPv4Pool: %s",
			    ingress_bracketed(&l, b->a));
	if (l.n)
		*out = l.v[0];
	return 0;
}

static const char *pair_get(const struct kube_pairs *l, const char *key)
{
	for (size_t i = 0; l && i < l->n; i++)
		if (strcmp(l->v[i].key, key) == 0)
			return l->v[i].value;
	return NULL;
}

static int find_attributes(struct ingress_build *b, struct tags *out, struct err *e)
{
	const struct kube_pairs *of_class = b->parts[0].p ? &b->parts[0].p->attributes : NULL;
	struct tags all = { 0 }, over = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		struct tags own = { 0 };

		if (annot_map(&b->parts[i].l, A_LB_ATTRIBUTES, NULL, &own, b->a, e) < 0)
			return -1;
		for (size_t k = 0; k < own.n; k++) {
			const char *have = tag_get(&all, own.v[k].key);

			if (have && strcmp(have, own.v[k].value) != 0 &&
			    !pair_get(of_class, own.v[k].key))
				return fail(e, EINVAL,
					    "conflicting load balancer attributes %.80s: %.80s | "
					    "%.80s",
					    own.v[k].key, have, own.v[k].value);
			if (!have)
				tagset_put(&all, own.v[k].key, own.v[k].value, b->a);
		}
	}
	for (size_t i = 0; of_class && i < of_class->n; i++)
		tagset_put(&over, of_class->v[i].key, of_class->v[i].value, b->a);
	*out = tagset_merge(&all, &over, b->a);
	return 0;
}

static int capacity_of(const struct ingress_part *m, const struct tags *map, struct shape_num *out,
		       struct err *e)
{
	for (size_t i = 0; i < map->n; i++) {
		int64_t units;

		if (strcmp(map->v[i].key, "CapacityUnits") != 0) {
			fail(e, EINVAL,
			     "invalid key to set the capacity: %.60s, Expected key: CapacityUnits",
			     map->v[i].key);
			return annot_blame(&m->l, A_CAPACITY, NULL, e);
		}
		if (!str_i64(map->v[i].value, &units) || units < 0 || units > INT32_MAX) {
			fail(e, EINVAL, "invalid value to set the capacity: %.60s",
			     map->v[i].value);
			return annot_blame(&m->l, A_CAPACITY, NULL, e);
		}
		if (out->set && out->v != units)
			return fail(e, EINVAL,
				    "conflicting capacity reservation CapacityUnits: %lld | %lld",
				    (long long)out->v, (long long)units);
		*out = (struct shape_num) { units, true };
	}
	return 0;
}

static int find_capacity(struct ingress_build *b, struct shape_num *out, struct err *e)
{
	if (!b->c->gates[GATE_LB_CAPACITY])
		return 0;
	if (b->parts[0].p && b->parts[0].p->capacity_units.set) {
		*out = b->parts[0].p->capacity_units;
		return 0;
	}
	for (size_t i = 0; i < b->n; i++) {
		struct tags map = { 0 };

		if (annot_map(&b->parts[i].l, A_CAPACITY, NULL, &map, b->a, e) < 0 ||
		    capacity_of(&b->parts[i], &map, out, e) < 0)
			return -1;
	}
	return 0;
}

static int find_ipam_pool(struct ingress_build *b, const char **out, struct err *e)
{
	if (b->parts[0].p && *b->parts[0].p->ipam_pool) {
		*out = b->parts[0].p->ipam_pool;
		return 0;
	}
	for (size_t i = 0; i < b->n; i++) {
		const char *v = "";

		annot_str(&b->parts[i].l, A_IPAM_POOL, &v);
		if (!*v)
			continue;
		if (*out && strcmp(*out, v) != 0)
			return fail(e, EINVAL, "conflicting ipv4 ipam pools %.80s: %.80s", *out, v);
		*out = v;
	}
	return 0;
}

int ingress_load_balancer(struct ingress_build *b, struct err *e)
{
	struct stack_lb v = { .id = LB_ID };

	if (find_name(b, &v.spec.name, e) < 0 || ingress_subnets(b, &v.spec.subnets, e) < 0 ||
	    find_coip_pool(b, &v.spec.coip_pool, e) < 0 ||
	    find_attributes(b, &v.attributes, e) < 0 || find_capacity(b, &v.capacity, e) < 0 ||
	    find_ipam_pool(b, &v.spec.ipam_pool, e) < 0 ||
	    ingress_shared_tags(b, 0, &v.spec.tags, e) < 0)
		return -1;
	v.spec.type = "application";
	v.spec.scheme = b->scheme;
	v.spec.ip_address_type = b->address_type;
	v.spec.security_groups = b->groups;
	stack_add_lb(b->out, &v, b->a);
	return 0;
}
