/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_lb.c - where a Service's load balancer stands, and what it is (spec-lbc-nlb 4, 5.1,
 * 6). */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"
#include "tagset.h"
#include "track.h"

static const char *const schemes[] = { "internal", "internet-facing", NULL };
static const char *const address_types[] = { "ipv4", "dualstack", NULL };
static const char *const on_off[] = { "on", "off", NULL };

/* What the annotations say, else what the load balancer there is has, else the flag. */
static int find_scheme(struct service_build *b, struct err *e)
{
	const char *scheme = b->c->scheme;
	bool internal = false;
	int r = service_word(b, A_NLB_SCHEME, "scheme", schemes, &scheme, e);

	if (r == 0) {
		r = annot_bool(&b->l, A_NLB_INTERNAL, &internal, e);
		if (r == 1)
			scheme = schemes[!internal];
	}
	if (r < 0)
		return -1;
	if (r == 0 && b->f->existing)
		scheme = b->f->existing->scheme;
	b->internal = strcmp(scheme, "internal") == 0;
	return 0;
}

static int find_subnets(struct service_build *b, struct err *e)
{
	const struct elb_load_balancer *have = b->f->existing;
	struct subnet_ask q = { .internal = b->internal, .dualstack = b->dualstack };
	struct strs names = { 0 };

	if (annot_list(&b->l, A_NLB_SUBNETS, &names, b->a) == 1) {
		if (subnets_named(b->f, b->c, &q, &names, &b->subnets, b->a, e) < 0)
			return annot_blame(&b->l, A_NLB_SUBNETS, NULL, e);
		return 0;
	}
	if (!have || (strcmp(have->scheme, "internal") == 0) != b->internal)
		return subnets_found(b->f, b->c, &q, NULL, &b->subnets, b->a, e);
	for (size_t i = 0; i < have->zones.n; i++)
		strs_add(&names, have->zones.v[i].subnet, b->a);
	return subnets_named(b->f, b->c, &q, &names, &b->subnets, b->a, e);
}

int service_place(struct service_build *b, struct err *e)
{
	const char *type = "ipv4";

	if (facts_need(b->f, FACT_LOAD_BALANCER, e) < 0 || find_scheme(b, e) < 0)
		return -1;
	if (service_word(b, A_NLB_IP_ADDRESS_TYPE, "IPAddressType", address_types, &type, e) < 0)
		return -1;
	b->dualstack = strcmp(type, "dualstack") == 0;
	return find_subnets(b, e);
}

/* ---- attributes */

static int check_routing(struct service_build *b, const struct tags *attributes, struct err *e)
{
	static const char *const policies[] = { "any_availability_zone",
						"partial_availability_zone_affinity",
						"availability_zone_affinity" };
	const char *v = tag_get(attributes, "dns_record.client_routing_policy");

	for (size_t i = 0; v && i < COUNT(policies); i++)
		if (strcmp(v, policies[i]) == 0)
			return 0;
	if (!v)
		return 0;
	return fail(e, EINVAL,
		    "invalid dns_record.client_routing_policy set in annotation "
		    "%s/%s: got '%.60s' expected one of ['any_availability_zone', "
		    "'partial_availability_zone_affinity', 'availability_zone_affinity']",
		    b->l.prefix, annots[A_NLB_ATTRIBUTES].suffix, v);
}

/* The older annotations win over the map. */
static int find_attributes(struct service_build *b, struct tags *out, struct err *e)
{
	struct tags map = { 0 }, old = { 0 };
	const char *text;
	bool yes = false;
	int r;

	if (annot_map(&b->l, A_NLB_ATTRIBUTES, NULL, &map, b->a, e) < 0 ||
	    check_routing(b, &map, e) < 0 || annot_bool(&b->l, A_NLB_ACCESS_LOG, &yes, e) < 0)
		return -1;
	if (yes)
		tagset_put(&old, "access_logs.s3.enabled", "true", b->a);
	if (yes && annot_str(&b->l, A_NLB_ACCESS_LOG_BUCKET, &text))
		tagset_put(&old, "access_logs.s3.bucket", text, b->a);
	if (yes && annot_str(&b->l, A_NLB_ACCESS_LOG_PREFIX, &text))
		tagset_put(&old, "access_logs.s3.prefix", text, b->a);
	r = annot_bool(&b->l, A_NLB_CROSS_ZONE, &yes, e);
	if (r < 0)
		return -1;
	if (r)
		tagset_put(&old, "load_balancing.cross_zone.enabled", yes ? "true" : "false", b->a);
	*out = tagset_merge(&map, &old, b->a);
	return 0;
}

static int find_capacity(struct service_build *b, struct shape_num *out, struct err *e)
{
	struct tags map = { 0 };
	int64_t units;

	if (!b->c->gates[GATE_LB_CAPACITY])
		return 0;
	if (annot_map(&b->l, A_NLB_CAPACITY, NULL, &map, b->a, e) < 0)
		return -1;
	for (size_t i = 0; i < map.n; i++) {
		if (strcmp(map.v[i].key, "CapacityUnits") != 0)
			fail(e, EINVAL,
			     "invalid key to set the capacity: %.60s, Expected key: CapacityUnits",
			     map.v[i].key);
		else if (!str_i64(map.v[i].value, &units) || units < 0 || units > INT32_MAX)
			fail(e, EINVAL, "invalid value to set the capacity: %.60s", map.v[i].value);
		else
			continue;
		return annot_blame(&b->l, A_NLB_CAPACITY, NULL, e);
	}
	if (map.n)
		*out = (struct shape_num) { units, true };
	return 0;
}

static int find_name(struct service_build *b, const char **out, struct err *e)
{
	const struct kube_service *s = b->s;

	if (annot_str(&b->l, A_NLB_NAME, out)) {
		if (**out && strlen(*out) <= 32)
			return 0;
		fail(e, EINVAL,
		     **out ? "load balancer name cannot be longer than 32 characters"
			   : "load balancer name cannot be empty");
		return annot_blame(&b->l, A_NLB_NAME, NULL, e);
	}
	*out = arena_fmt(b->a, "k8s-%s-%s-%s", track_part(s->ns, 8, b->a),
			 track_part(s->name, 8, b->a),
			 track_hash(b->a, 10,
				    (const char *const[]) { b->c->cluster, s->uid,
							    schemes[!b->internal], NULL }));
	return 0;
}

int service_load_balancer(struct service_build *b, struct err *e)
{
	struct stack_lb v = { .id = LB_ID };

	v.spec.source_nat = "off";
	if (service_word(b, A_NLB_SOURCE_NAT, "value, on or off expected", on_off,
			 &v.spec.source_nat, e) < 0 ||
	    find_attributes(b, &v.attributes, e) < 0 || find_capacity(b, &v.capacity, e) < 0 ||
	    service_subnet_mappings(b, v.spec.source_nat, &v.spec.subnets, e) < 0 ||
	    find_name(b, &v.spec.name, e) < 0)
		return -1;
	if (service_word(b, A_NLB_PRIVATE_LINK, "value, on or off expected", on_off,
			 &v.private_link, e) < 0)
		return -1;
	v.spec.type = "network";
	v.spec.scheme = schemes[!b->internal];
	v.spec.ip_address_type = address_types[b->dualstack];
	v.spec.security_groups = b->groups;
	v.spec.tags = b->tags;
	stack_add_lb(b->out, &v, b->a);
	return 0;
}
