/* SPDX-License-Identifier: Apache-2.0 */
/* lbcase.c - flags, facts and objects for the model, from JSON. */
#include <errno.h>
#include <string.h>

#include "annot.h"
#include "lbcase.h"
#include "tagset.h"

static const char *const fact_names[FACTS] = {
	[FACT_VPC] = "vpc",
	[FACT_SUBNETS] = "subnets",
	[FACT_ZONES] = "zones",
	[FACT_ROUTES] = "routes",
	[FACT_GROUPS] = "groups",
	[FACT_LOAD_BALANCER] = "loadBalancer",
	[FACT_CERTIFICATES] = "certificates",
	[FACT_BACKEND_SG] = "backendSecurityGroup",
};

static const char *text(struct lbcase *c, const struct json *j, const char *key, const char *def)
{
	const char *v = json_text(json_member(j, key));

	return arena_str(&c->a, v ? v : def);
}

static struct strs strings(struct lbcase *c, const struct json *list)
{
	struct strs out = { 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m))
		strs_add(&out, json_text(m) ? json_text(m) : "", &c->a);
	return out;
}

static struct tags map(struct lbcase *c, const struct json *object)
{
	struct tags out = { 0 };

	for (const struct json *m = json_first(object); m; m = json_next(m))
		tagset_put(&out, arena_str(&c->a, json_key(m)),
			   arena_str(&c->a, json_text(m) ? json_text(m) : ""), &c->a);
	tagset_sort(&out);
	return out;
}

/* ---- flags, by their names */

static bool flag_text(struct lbcase *c, const char *name, const struct json *v)
{
	const struct {
		const char *name, **at;
	} rows[] = {
		{ "cluster-name", &c->config.cluster },
		{ "aws-vpc-id", &c->config.vpc },
		{ "aws-region", &c->config.region },
		{ "default-target-type", &c->config.target_type },
		{ "default-load-balancer-scheme", &c->config.scheme },
		{ "default-ssl-policy", &c->config.ssl_policy },
		{ "load-balancer-class", &c->config.lb_class },
		{ "ingress-class", &c->config.ingress_class },
		{ "backend-security-group", &c->config.backend_sg_id },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (strcmp(name, rows[i].name) == 0 && json_text(v)) {
			*rows[i].at = arena_str(&c->a, json_text(v));
			return true;
		}
	}
	return false;
}

static bool flag_bool(struct lbcase *c, const char *name, const struct json *v)
{
	const struct {
		const char *name;
		bool *at;
	} rows[] = {
		{ "enable-backend-security-group", &c->config.backend_sg },
		{ "enable-manage-backend-security-group-rules", &c->config.manage_backend_rules },
		{ "disable-restricted-sg-rules", &c->config.unrestricted_rules },
		{ "disable-ingress-class-annotation", &c->config.no_class_annotation },
		{ "disable-ingress-group-name-annotation", &c->config.no_group_annotation },
		{ "tolerate-non-existent-backend-service", &c->config.tolerate_no_service },
		{ "tolerate-non-existent-backend-action", &c->config.tolerate_no_action },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (strcmp(name, rows[i].name) == 0 && json_type(v) == JSON_BOOL) {
			*rows[i].at = json_bool(v, "", false);
			return true;
		}
	}
	return false;
}

static int gates(struct lbcase *c, const struct json *object, struct err *e)
{
	static const char *const names[GATES] = {
#define GATE(id, name, on) name,
#include "gates.def"
#undef GATE
	};

	for (const struct json *m = json_first(object); m; m = json_next(m)) {
		size_t i = 0;

		while (i < GATES && strcmp(names[i], json_key(m)) != 0)
			i++;
		if (i == GATES)
			return fail(e, EINVAL, "no feature gate %s", json_key(m));
		c->config.gates[i] = json_bool(m, "", false);
	}
	return 0;
}

static int flags(struct lbcase *c, const struct json *object, struct err *e)
{
	for (const struct json *m = json_first(object); m; m = json_next(m)) {
		const char *name = json_key(m);

		if (flag_text(c, name, m) || flag_bool(c, name, m))
			continue;
		if (strcmp(name, "feature-gates") == 0) {
			if (gates(c, m, e) < 0)
				return -1;
		} else if (strcmp(name, "default-tags") == 0) {
			c->config.default_tags = map(c, m);
		} else if (strcmp(name, "external-managed-tags") == 0) {
			c->config.external_tags = strings(c, m);
		} else if (strcmp(name, "allowed-certificate-authority-arns") == 0) {
			c->config.authorities = strings(c, m);
		} else {
			return fail(e, EINVAL, "no flag --%s of that type", name);
		}
	}
	return 0;
}

/* ---- facts */

static struct ec2_blocks blocks(struct lbcase *c, const struct json *list)
{
	struct ec2_blocks out = { arena_get(&c->a, (json_count(list) + 1) * sizeof(*out.v)), 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		struct ec2_block *b = &out.v[out.n++];

		if (!json_text(m) || !cidr_parse(json_text(m), &b->cidr))
			die("not a CIDR in the facts: %s", json_text(m) ? json_text(m) : "?");
		b->state = "associated";
	}
	return out;
}

/* "-" in front: the block is still associating. */
static struct ec2_block6s blocks6(struct lbcase *c, const struct json *list)
{
	struct ec2_block6s out = { arena_get(&c->a, (json_count(list) + 1) * sizeof(*out.v)), 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		const char *s = json_text(m) ? json_text(m) : "";
		struct ec2_block6 *b = &out.v[out.n++];

		b->state = *s == '-' ? "associating" : "associated";
		if (!cidr_parse(s + (*s == '-'), &b->cidr))
			die("not an IPv6 CIDR in the facts: %s", s);
	}
	return out;
}

static void put_vpc(struct lbcase *c, const struct json *j)
{
	c->facts.vpc = (struct ec2_vpc) {
		.id = text(c, j, "id", c->config.vpc),
		.state = "available",
		.blocks = blocks(c, json_member(j, "cidrs")),
		.blocks6 = blocks6(c, json_member(j, "cidrs6")),
	};
	c->config.vpc = c->facts.vpc.id;
}

static void put_subnets(struct lbcase *c, const struct json *list)
{
	struct ec2_subnets out = { arena_get(&c->a, (json_count(list) + 1) * sizeof(*out.v)), 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		struct ec2_subnet *s = &out.v[out.n++];
		const char *cidr = text(c, m, "cidr", "");

		*s = (struct ec2_subnet) {
			.id = text(c, m, "id", ""),
			.vpc = c->config.vpc,
			.zone = text(c, m, "zone", ""),
			.zone_id = text(c, m, "zoneId", text(c, m, "zone", "")),
			.outpost = text(c, m, "outpost", ""),
			.blocks6 = blocks6(c, json_member(m, "cidrs6")),
			.free = json_int(m, "free", 1000),
			.tags = map(c, json_member(m, "tags")),
		};
		if (*cidr && !cidr_parse(cidr, &s->cidr))
			die("not a CIDR in the facts: %s", cidr);
	}
	c->facts.subnets = out;
}

/* Zones are ordinary ones unless "zones" says otherwise. */
static void put_zones(struct lbcase *c, const struct json *types)
{
	const struct ec2_subnets *s = &c->facts.subnets;
	struct ec2_zones out = { arena_get(&c->a, (s->n + 1) * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < s->n; i++)
		out.v[out.n++] = (struct ec2_zone) {
			.id = s->v[i].zone_id,
			.name = s->v[i].zone,
			.type = text(c, types, s->v[i].zone_id, "availability-zone"),
			.state = "available",
		};
	c->facts.zones = out;
}

/* {"main": ["igw-1"], "subnet-1": []}: where the routes of each lead. */
static void put_routes(struct lbcase *c, const struct json *object)
{
	struct ec2_route_tables out = { arena_get(&c->a, (json_count(object) + 1) * sizeof(*out.v)),
					0 };

	for (const struct json *m = json_first(object); m; m = json_next(m)) {
		struct ec2_route_table *t = &out.v[out.n++];
		bool is_main = strcmp(json_key(m), "main") == 0;

		t->associations.v = arena_get(&c->a, sizeof(*t->associations.v));
		t->associations.v[t->associations.n++] =
			(struct ec2_association) { is_main ? "" : arena_str(&c->a, json_key(m)),
						   is_main };
		t->routes.v = arena_get(&c->a, (json_count(m) + 1) * sizeof(*t->routes.v));
		for (const struct json *r = json_first(m); r; r = json_next(r))
			t->routes.v[t->routes.n++] = (struct ec2_route) {
				.gateway = arena_str(&c->a, json_text(r) ? json_text(r) : "")
			};
	}
	c->facts.route_tables = out;
}

static void put_groups(struct lbcase *c, const struct json *list)
{
	struct ec2_groups out = { arena_get(&c->a, (json_count(list) + 1) * sizeof(*out.v)), 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m))
		out.v[out.n++] = (struct ec2_group) {
			.id = text(c, m, "id", ""),
			.name = text(c, m, "name", ""),
			.vpc = c->config.vpc,
			.tags = map(c, json_member(m, "tags")),
		};
	c->facts.groups = out;
}

static void put_existing(struct lbcase *c, const struct json *j)
{
	struct elb_load_balancer *b = NEW(&c->a, struct elb_load_balancer);
	struct strs subnets = strings(c, json_member(j, "subnets"));

	c->facts.existing = NULL;
	if (json_type(j) != JSON_OBJECT)
		return;
	b->arn = text(c, j, "arn", "lb-1");
	b->name = text(c, j, "name", "");
	b->type = text(c, j, "type", "network");
	b->scheme = text(c, j, "scheme", "internal");
	b->ip_address_type = text(c, j, "ipAddressType", "ipv4");
	b->security_groups = strings(c, json_member(j, "securityGroups"));
	b->zones.v = arena_get(&c->a, (subnets.n + 1) * sizeof(*b->zones.v));
	for (size_t i = 0; i < subnets.n; i++)
		b->zones.v[b->zones.n++] = (struct elb_zone) { .name = "", .subnet = subnets.v[i] };
	c->facts.existing = b;
}

static void put_certificates(struct lbcase *c, const struct json *list)
{
	struct acm_details out = { arena_get(&c->a, (json_count(list) + 1) * sizeof(*out.v)), 0 };

	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		struct acm_detail *d = &out.v[out.n++];

		*d = (struct acm_detail) {
			.arn = text(c, m, "arn", ""),
			.names = strings(c, json_member(m, "names")),
			.status = text(c, m, "status", "ISSUED"),
			.type = text(c, m, "type", "AMAZON_ISSUED"),
			.authority = text(c, m, "authority", ""),
		};
		d->domain = d->names.n ? d->names.v[0] : "";
	}
	c->facts.certificates = out;
}

static void put_targets(struct lbcase *c, const struct json *object)
{
	c->targets = arena_get(&c->a, (json_count(object) + 1) * sizeof(*c->targets));
	c->ntargets = 0;
	for (const struct json *m = json_first(object); m; m = json_next(m))
		c->targets[c->ntargets++] = (struct lbtarget) { arena_str(&c->a, json_key(m)),
								text(c, object, json_key(m), "") };
}

static int put_failures(struct lbcase *c, const struct json *object, struct err *e)
{
	for (const struct json *m = json_first(object); m; m = json_next(m)) {
		size_t i = 0;

		while (i < FACTS && strcmp(fact_names[i], json_key(m)) != 0)
			i++;
		if (i == FACTS)
			return fail(e, EINVAL, "no part of the facts is called %s", json_key(m));
		c->fails[i] = text(c, object, json_key(m), "");
		c->facts.have[i] = false;
	}
	return 0;
}

static int put_facts(struct lbcase *c, const struct json *j, struct err *e)
{
	static const struct {
		const char *name;
		void (*put)(struct lbcase *c, const struct json *j);
	} parts[] = {
		{ "vpc", put_vpc },
		{ "subnets", put_subnets },
		{ "routes", put_routes },
		{ "groups", put_groups },
		{ "loadBalancer", put_existing },
		{ "certificates", put_certificates },
		{ "targetGroups", put_targets },
	};

	for (size_t i = 0; i < COUNT(parts); i++)
		if (json_member(j, parts[i].name))
			parts[i].put(c, json_member(j, parts[i].name));
	if (json_member(j, "subnets") || json_member(j, "zones"))
		put_zones(c, json_member(j, "zones"));
	c->facts.backend_sg = text(c, j, "backendSecurityGroup", c->facts.backend_sg);
	return put_failures(c, json_member(j, "fail"), e);
}

static int no_load(struct facts *f, enum fact which, struct err *e)
{
	const struct lbcase *c = f->arg;

	return fail(e, EIO, "%s", c->fails[which] ? c->fails[which] : "not to be asked for");
}

static int target_group(struct facts *f, const char *name, const char **arn, struct err *e)
{
	const struct lbcase *c = f->arg;

	for (size_t i = 0; i < c->ntargets; i++) {
		if (strcmp(c->targets[i].name, name) == 0) {
			*arn = c->targets[i].arn;
			return 0;
		}
	}
	return fail(e, ENOENT, "TargetGroupNotFound: One or more target groups not found");
}

/* ---- objects */

static const void *get(void *arg, enum kube_kind kind, const char *ns, const char *name)
{
	const struct lbcase *c = arg;

	for (size_t i = 0; i < c->n; i++) {
		const struct kube_meta *m = c->v[i].v;

		if (c->v[i].kind == kind && strcmp(m->name, name) == 0 &&
		    (!kube_kinds[kind].namespaced || strcmp(m->ns, ns) == 0))
			return m;
	}
	return NULL;
}

static const void *next(void *arg, enum kube_kind kind, const void *at)
{
	const struct lbcase *c = arg;
	bool behind = !at;

	for (size_t i = 0; i < c->n; i++) {
		if (behind && c->v[i].kind == kind)
			return c->v[i].v;
		if (c->v[i].v == at)
			behind = true;
	}
	return NULL;
}

static int add_object(struct lbcase *c, const struct json *j, struct err *e)
{
	const char *kind = json_str(j, "kind", "");
	struct lbobject *bigger;
	struct kube_meta *m;
	size_t k = 0;

	while (k < KUBE_KINDS && strcmp(kube_kinds[k].kind, kind) != 0)
		k++;
	if (k == KUBE_KINDS)
		return fail(e, EINVAL, "'%s' is no kind of object that is read here", kind);
	m = arena_get(&c->a, kube_kinds[k].shape->size);
	if (shape_get_json(kube_kinds[k].shape, m, j, &c->a, e) < 0)
		return -1;
	if (kube_kinds[k].namespaced && !*m->ns)
		m->ns = "default";
	bigger = arena_get(&c->a, (c->n + 1) * sizeof(*bigger));
	if (c->n)
		memcpy(bigger, c->v, c->n * sizeof(*bigger));
	bigger[c->n++] = (struct lbobject) { (enum kube_kind)k, m };
	c->v = bigger;
	return 0;
}

int lbcase_add(struct lbcase *c, const struct json *j, struct err *e)
{
	const char *kind = json_str(j, "kind", "");
	const struct json *items = json_type(j) == JSON_ARRAY ? j : json_member(j, "items");

	if (strcmp(kind, "Case") == 0) {
		if (flags(c, json_member(j, "flags"), e) < 0)
			return -1;
		return put_facts(c, json_member(j, "facts"), e);
	}
	if (!items)
		return add_object(c, j, e);
	for (const struct json *m = json_first(items); m; m = json_next(m))
		if (lbcase_add(c, m, e) < 0)
			return -1;
	return 0;
}

void lbcase_text(struct lbcase *c, const char *s)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *j = NULL;
	struct err e = { 0 };

	for (; *s; s++) {
		bool prefix = str_prefix(s, "SB/") || str_prefix(s, "AI/");

		if (prefix)
			buf_fmt(&text, "%s/", *s == 'S' ? ANNOT_SERVICE : ANNOT_INGRESS);
		else
			buf_add(&text, *s == '\'' ? "\"" : s, 1);
		s += prefix ? 2 : 0;
	}
	j = json_parse(text.p, text.len, &e);
	if (!j || lbcase_add(c, j, &e) < 0)
		die("%s: %s", text.p, e.msg);
}

const void *lbcase_first(const struct lbcase *c, enum kube_kind kind)
{
	return c->objects.next(c->objects.arg, kind, NULL);
}

void lbcase_init(struct lbcase *c)
{
	*c = (struct lbcase) { .config = lbconfig_default() };
	c->config.cluster = "my-cluster";
	c->config.vpc = "vpc-xxx";
	c->config.region = "us-west-2";
	c->objects = (struct model_objects) { get, next, c };
	c->facts = (struct facts) { .load = no_load,
				    .arg = c,
				    .a = &c->a,
				    .backend_sg = "sg-backend",
				    .target_group = target_group };
	for (size_t i = 0; i < FACTS; i++)
		c->facts.have[i] = true;
	lbcase_text(c, "{'kind':'Case','facts':{'vpc':{'cidrs':['192.168.0.0/16']}}}");
}

void lbcase_free(struct lbcase *c)
{
	arena_free(&c->a);
}
