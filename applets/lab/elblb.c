/* SPDX-License-Identifier: Apache-2.0 */
/* elblb.c - load balancers: CreateLoadBalancer with all that it refuses, and how they are shown. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "elb.h"
#include "elbzone.h"
#include "sgroup.h"

enum { MAX_NAME = 32, MAX_GROUPS = 5 };

/* ---- names ---- */

/* Route 53's zones of load balancers: by region. */
static const char *hosted_zone(const char *region, bool app)
{
	static const struct {
		const char *region, *app, *net;
	} known[] = {
		{ "ap-northeast-1", "Z14GRHDCWA56QT", "Z31USIVHYNEOWT" },
		{ "ap-northeast-2", "ZWKZPGTI48KDX", "ZIBE1TIR4HY56" },
		{ "eu-central-1", "Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90" },
		{ "eu-west-1", "Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F" },
		{ "us-east-1", "Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI" },
		{ "us-west-2", "Z1H1FL5HABSF5", "Z18D5FSROUN65G" },
	};
	size_t i = 0;

	while (i + 1 < COUNT(known) && strcmp(known[i].region, region) != 0)
		i++;
	return app ? known[i].app : known[i].net;
}

static const char *dns_name(struct elb *b, const struct lb_shown *v, const char *hex,
			    struct arena *a)
{
	const char *region = b->w->c.region;

	if (strcmp(v->type, "network") == 0)
		return arena_fmt(a, "%s-%s.elb.%s.amazonaws.com", v->name, hex, region);
	return arena_fmt(a, "%s%s-%llu.%s.elb.amazonaws.com",
			 strcmp(v->scheme, "internal") == 0 ? "internal-" : "", v->name,
			 strtoull(hex, NULL, 16) % 10000000000u, region);
}

static int name_check(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (!n || n > MAX_NAME)
		return world_refuse(e, "ValidationError",
				    "The load balancer name '%.100s' cannot be longer than '%d' "
				    "characters",
				    name, MAX_NAME);
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return world_refuse(e, "ValidationError",
					    "The load balancer name '%s' can only contain "
					    "characters that are alphanumeric characters and "
					    "hyphens(-)",
					    name);
	if (*name == '-' || name[n - 1] == '-')
		return world_refuse(e, "ValidationError",
				    "The load balancer name '%s' cannot begin or end with a "
				    "hyphen(-)",
				    name);
	if (str_prefix(name, "internal-"))
		return world_refuse(e, "ValidationError",
				    "The load balancer name '%s' cannot begin with 'internal-'",
				    name);
	return 0;
}

/* ---- what is asked for ---- */

int word_check(const char *what, const char *value, const char *values, struct arena *a,
	       struct err *e)
{
	struct strs all = str_split(values, "|", a);

	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.v[i], value) == 0)
			return 0;
	return world_refuse(e, "ValidationError",
			    "1 validation error detected: Value '%.100s' at '%s' failed to satisfy "
			    "constraint: Member must satisfy enum value set: [%s]",
			    value, what, values);
}

int security_groups_check(struct elb *b, const struct strs *ids, struct err *e)
{
	if (ids->n > MAX_GROUPS)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "A load balancer can have at most %d security groups",
				    MAX_GROUPS);
	for (size_t i = 0; i < ids->n; i++)
		if (!sgroup_find(b->w, ids->v[i]))
			return world_refuse(e, "InvalidSecurityGroup",
					    "The security group '%.100s' does not exist",
					    ids->v[i]);
	return 0;
}

int ip_address_type_check(const struct lb_shown *v, struct arena *a, struct err *e)
{
	bool app = strcmp(v->type, "application") == 0;

	if (word_check("ipAddressType", v->ip_address_type,
		       "ipv4|dualstack|dualstack-without-public-ipv4", a, e) < 0)
		return -1;
	if (strcmp(v->ip_address_type, "dualstack-without-public-ipv4") == 0 &&
	    (!app || strcmp(v->scheme, "internal") == 0))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "The IP address type '%s' is for internet-facing application "
				    "load balancers",
				    v->ip_address_type);
	return 0;
}

int source_nat_check(const struct lb_shown *v, const char *want, struct arena *a, struct err *e)
{
	if (!want || strcmp(want, "off") == 0)
		return 0;
	if (word_check("enablePrefixForIpv6SourceNat", want, "on|off", a, e) < 0)
		return -1;
	if (strcmp(v->type, "network") != 0 || strcmp(v->ip_address_type, "dualstack") != 0)
		return world_refuse(e, "InvalidConfigurationRequest",
				    "EnablePrefixForIpv6SourceNat is for dualstack network load "
				    "balancers");
	return 0;
}

static const char * or (const char *s, const char *def)
{
	return s && *s ? s : def;
}

/* Everything but names and ids. */
static int settings(struct elb *b, const struct lb_new *in, struct lb_shown *v, struct arena *a,
		    struct err *e)
{
	bool app;

	*v = (struct lb_shown) { .name = in->name ? in->name : "",
				 .type = or (in->type, "application"),
				 .scheme = or (in->scheme, "internet-facing"),
				 .vpc = b->w->vpc_id,
				 .ip_address_type = or (in->ip_address_type, "ipv4"),
				 .security_groups = in->security_groups,
				 .coip_pool = in->coip_pool,
				 .ipam_pool = in->ipam_pool };
	app = strcmp(v->type, "application") == 0;
	if (strcmp(v->type, "gateway") == 0)
		return world_refuse(e, "UnsupportedOperation",
				    "The lab has no gateway load balancers");
	if (word_check("type", v->type, "application|network|gateway", a, e) < 0 ||
	    word_check("scheme", v->scheme, "internet-facing|internal", a, e) < 0 ||
	    name_check(v->name, e) < 0 || ip_address_type_check(v, a, e) < 0 ||
	    source_nat_check(v, in->source_nat, a, e) < 0 ||
	    security_groups_check(b, &in->security_groups, e) < 0)
		return -1;
	if (app && !v->security_groups.n)
		strs_add(&v->security_groups, b->w->group, a);
	if (!app)
		v->source_nat = or (in->source_nat, "off");
	if (!app && v->security_groups.n)
		v->private_link = "on";
	return zones_settle(b, v, &(struct zones_asked) { in->subnets, in->subnet_ids }, a, e);
}

/* ---- create ---- */

static struct lb *named(const struct elb *b, const char *name)
{
	struct lb *lb = b->lbs;

	while (lb && strcmp(lb->v->name, name) != 0)
		lb = lb->next;
	return lb;
}

static int room_check(const struct elb *b, bool app, struct err *e)
{
	int n = 0, most = b->c.quota[app ? ELB_MAX_ALBS : ELB_MAX_NLBS];

	for (const struct lb *lb = b->lbs; lb; lb = lb->next)
		n += lb_is_app(lb) == app;
	if (n >= most)
		return world_refuse(e, "TooManyLoadBalancers",
				    "The maximum number of load balancers has been reached: %d",
				    most);
	return 0;
}

static bool same_settings(const struct lb_shown *have, const struct lb_shown *want)
{
	struct lb_shown v = *want;

	v.arn = have->arn;
	v.dns_name = have->dns_name;
	v.hosted_zone = have->hosted_zone;
	v.created = have->created;
	return elb_same(&lb_shown_shape, have, &v);
}

static struct lb *add(struct elb *b, struct lb_shown *v, struct arena *a)
{
	bool app = strcmp(v->type, "application") == 0;
	const char *hex = elb_hex(b, a);
	char *now = arena_get(a, 25);
	struct lb **at = &b->lbs;

	while (*at)
		at = &(*at)->next;
	time_iso(wall_ns(), now);
	v->arn = elb_arn(b, a,
			 arena_fmt(a, "loadbalancer/%s/%s/%s", app ? "app" : "net", v->name, hex));
	v->dns_name = dns_name(b, v, hex, a);
	v->hosted_zone = hosted_zone(b->w->c.region, app);
	v->created = now;
	*at = xalloc(sizeof(**at));
	**at = (struct lb) { .active_at = b->now + b->c.provision_ms };
	elb_replace(&lb_shown_shape, &(*at)->v, v);
	return *at;
}

int lb_create(struct elb *b, const struct lb_new *in, struct lb **out, struct arena *a,
	      struct err *e)
{
	struct lb_shown v;

	if (settings(b, in, &v, a, e) < 0 || tags_check_new(NULL, &in->tags, e) < 0)
		return -1;
	*out = named(b, v.name);
	if (*out && !same_settings((*out)->v, &v))
		return world_refuse(e, "DuplicateLoadBalancerName",
				    "A load balancer with the same name '%s' exists, but with "
				    "different settings",
				    v.name);
	if (*out)
		return 0; /* tags are not looked at, and stay */
	if (room_check(b, strcmp(v.type, "application") == 0, e) < 0)
		return -1;
	*out = add(b, &v, a);
	tags_add(b, &(*out)->tags, &in->tags);
	return 0;
}

/* ---- actions ---- */

static void show(struct api_call *c, const struct lb *lb)
{
	struct lb_shown v = *lb->v;

	v.state = lb_active(c->api->elb, lb) ? "active" : "provisioning";
	v.zones = zones_shown(v.zones, c->a);
	if (!v.security_groups.n && lb_is_app(lb))
		v.security_groups.v = list_shown;
	buf_str(c->out, "<member>");
	shape_xml(c->out, &lb_shown_shape, &v);
	buf_str(c->out, "</member>");
}

int lb_act_create(struct api_call *c, struct err *e)
{
	struct lb *lb;

	if (lb_create(c->api->elb, c->in, &lb, c->a, e) < 0)
		return -1;
	buf_str(c->out, "<LoadBalancers>");
	show(c, lb);
	buf_str(c->out, "</LoadBalancers>");
	return 0;
}

int lb_act_delete(struct api_call *c, struct err *e)
{
	const struct elb_load_balancer_ref *in = c->in;
	struct elb *b = c->api->elb;
	struct err none;
	struct lb *lb;

	if (!in->arn || !strstr(in->arn, ":loadbalancer/"))
		return world_refuse(e, "ValidationError",
				    "'%.200s' is not a valid load balancer ARN",
				    in->arn ? in->arn : "");
	if (elb_lb(b, in->arn, &lb, &none) < 0)
		return 0; /* "If the load balancer does not exist ... the call succeeds" */
	if (strcmp(attr_get(lb_attrs_on(lb), lb->attrs, "deletion_protection.enabled"), "true") ==
	    0)
		return world_refuse(e, "OperationNotPermitted",
				    "Load balancer '%s' cannot be deleted because deletion "
				    "protection is enabled",
				    in->arn);
	if (lb_is_target(b, lb))
		return world_refuse(
			e, "ResourceInUse",
			"Load balancer '%s' cannot be deleted because it is a target of "
			"a target group",
			in->arn);
	lb_delete(b, lb);
	elb_usage(b);
	return 0;
}

static int find_all(struct elb *b, const struct lb_query *in, struct lb **out, size_t *n,
		    struct err *e)
{
	if (in->arns.n && in->names.n)
		return world_refuse(
			e, "ValidationError",
			"Load balancer names and load balancer ARNs cannot be specified "
			"at the same time");
	*n = 0;
	for (size_t i = 0; i < in->arns.n; i++)
		if (elb_lb(b, in->arns.v[i], &out[(*n)++], e) < 0)
			return -1;
	for (size_t i = 0; i < in->names.n; i++) {
		out[*n] = named(b, in->names.v[i]);
		if (!out[(*n)++])
			return world_refuse(e, "LoadBalancerNotFound",
					    "Load balancers '[%.200s]' not found", in->names.v[i]);
	}
	for (struct lb *lb = b->lbs; lb && !in->arns.n && !in->names.n; lb = lb->next)
		out[(*n)++] = lb;
	return 0;
}

int lb_act_describe(struct api_call *c, struct err *e)
{
	const struct lb_query *in = c->in;
	struct elb *b = c->api->elb;
	size_t n = in->arns.n + in->names.n;
	struct elb_page p;
	struct lb **found;

	for (const struct lb *lb = b->lbs; lb; lb = lb->next)
		n++;
	found = arena_get(c->a, n * sizeof(*found));
	if (find_all(b, in, found, &n, e) < 0 ||
	    elb_page_read(in->marker, in->page_size, n, &p, e) < 0)
		return -1;
	buf_str(c->out, "<LoadBalancers>");
	for (size_t i = p.from; i < p.to; i++)
		show(c, found[i]);
	buf_str(c->out, "</LoadBalancers>");
	elb_page_end(c, &p, n);
	return 0;
}
