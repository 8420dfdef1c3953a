/* SPDX-License-Identifier: Apache-2.0 */
/* planworld.c - a small model of AWS and of the API server for tests of plans. */
#include <stdlib.h>
#include <string.h>

#include "kubebinding.h"
#include "planworld.h"
#include "tagset.h"
#include "test.h"

void planworld_init(struct planworld *w)
{
	struct have *h = &w->h;

	*w = (struct planworld) { 0 };
	h->sgs = arena_get(&w->a, 64 * sizeof(*h->sgs));
	h->lbs = arena_get(&w->a, 64 * sizeof(*h->lbs));
	h->tgs = arena_get(&w->a, PLANWORLD_MAX * sizeof(*h->tgs));
	h->listeners = arena_get(&w->a, 64 * sizeof(*h->listeners));
	h->rules = arena_get(&w->a, PLANWORLD_MAX * sizeof(*h->rules));
	h->bindings = arena_get(&w->a, PLANWORLD_MAX * sizeof(*h->bindings));
}

void planworld_free(struct planworld *w)
{
	arena_free(&w->a);
}

void planworld_forget(struct planworld *w)
{
	w->nvalues = 0;
}

/* ---- requests */

static void put_value(const char **text, void *arg)
{
	struct planworld *w = arg;

	for (size_t i = 0; i < w->nvalues; i++)
		if (strcmp(w->values[i].ref, *text) == 0)
			*text = w->values[i].value;
	if (stack_is_ref(*text))
		test_failed(__FILE__, __LINE__, *text);
}

static void fill(const struct shape *s, void *at);

/* What is read has "" where nothing is. */
static void fill_field(const struct shape_field *f, char *at)
{
	struct shape_list l;

	if (f->kind == SHAPE_STR && !*(const char **)(void *)at)
		*(const char **)(void *)at = "";
	if (f->kind == SHAPE_ONE && *(void **)(void *)at)
		fill(f->sub, *(void **)(void *)at);
	if (f->kind != SHAPE_LIST)
		return;
	l = shape_list_at(at);
	for (size_t i = 0; i < l.n; i++)
		fill(f->sub, (char *)l.v + i * f->sub->size);
}

static void fill(const struct shape *s, void *at)
{
	for (size_t i = 0; i < s->n; i++)
		fill_field(&s->f[i], (char *)at + s->f[i].at);
}

/* What was sent, as it is read afterwards: members of the same name. */
void *planworld_read(struct planworld *w, const struct shape *from, const void *in,
		     const struct shape *to)
{
	auto_json struct json *j = shape_json(from, in);
	void *out = arena_get(&w->a, to->size);
	struct err e;

	CHECK(shape_get_sent(to, out, j, &w->a, &e) == 0);
	fill(to, out);
	return out;
}

bool planworld_is(const struct step *s, const char *name)
{
	return s->action && strcmp(s->action->name, name) == 0;
}

const char *planworld_arn(struct planworld *w, const struct step *s, const char *what)
{
	const char *arn = arena_fmt(&w->a, "arn:aws:elb:%s/%06d", what, ++w->made);

	if (strcmp(what, "sg") == 0)
		arn = arena_fmt(&w->a, "sg-%06d", w->made);
	if (s->gives) {
		CHECK(w->nvalues < COUNT(w->values));
		w->values[w->nvalues++] =
			(struct planworld_value) { arena_str(&w->a, s->gives), arn };
	}
	return arn;
}

const char *planworld_resource(const struct tags *t)
{
	const char *id = tag_get(t, "ingress.k8s.aws/resource");

	return id ? id : tag_get(t, "service.k8s.aws/resource");
}

struct tags planworld_tags(struct planworld *w, const struct tags *have, const struct tags *set)
{
	return tagset_merge(have, set, &w->a);
}

static struct tags drop_tags(struct planworld *w, const struct tags *have, const struct strs *keys)
{
	struct tags out = { 0 };

	for (size_t i = 0; i < have->n; i++) {
		bool gone = false;

		for (size_t k = 0; k < keys->n; k++)
			gone = gone || strcmp(keys->v[k], have->v[i].key) == 0;
		if (!gone)
			tagset_put(&out, have->v[i].key, have->v[i].value, &w->a);
	}
	return out;
}

/* ---- security groups */

static struct ec2_group *group_at(struct planworld *w, const struct step *s, const char *arn)
{
	size_t at = 0;

	FIND(w->h.sgs, w->h.nsgs, group->id)
	return (union {
		       const struct ec2_group *in;
		       struct ec2_group *out;
	       }) { w->h.sgs[at].group }
		.out;
}

static const char *source(const struct ec2_permission *r)
{
	return r->ranges.n    ? r->ranges.v[0].cidr
	       : r->ranges6.n ? r->ranges6.v[0].cidr
	       : r->peers.n   ? r->peers.v[0].id
			      : r->prefix_lists.v[0].id;
}

static bool same_rule(const struct ec2_permission *x, const struct ec2_permission *y)
{
	return strcmp(x->protocol, y->protocol) == 0 && x->from.v == y->from.v &&
	       x->to.v == y->to.v && strcmp(source(x), source(y)) == 0;
}

static void permissions(struct planworld *w, struct ec2_group *g, const struct ec2_permissions *l,
			bool add)
{
	struct ec2_permission *v = arena_get(&w->a, (g->ingress.n + l->n) * sizeof(*g->ingress.v));
	size_t n = 0, hits = 0;

	for (size_t i = 0; i < g->ingress.n; i++) {
		bool hit = false;

		for (size_t k = 0; k < l->n; k++)
			hit = hit || same_rule(&l->v[k], &g->ingress.v[i]);
		hits += hit;
		if (add || !hit)
			v[n++] = g->ingress.v[i];
	}
	CHECK_INT(hits, add ? 0 : l->n);
	for (size_t i = 0; i < l->n && add; i++)
		v[n++] = l->v[i];
	g->ingress = (struct ec2_permissions) { v, n };
}

static void do_group(struct planworld *w, const struct lbconfig *c, const struct step *s, void *in)
{
	struct ec2_group_change *q = in;
	const struct ec2_change *t = in;
	struct ec2_group *g;

	if (planworld_is(s, "CreateSecurityGroup")) {
		struct tags tags = q->specs.v[0].tags;
		const char *id;

		g = NEW(&w->a, struct ec2_group);
		fill(&ec2_group_shape, g);
		g->name = q->name;
		g->vpc = q->vpc;
		g->tags = tags;
		CHECK_STR(q->vpc, c->vpc);
		for (size_t i = 0; i < w->h.nsgs; i++)
			CHECK(strcmp(w->h.sgs[i].group->name, q->name) != 0);
		id = g->id = planworld_arn(w, s, "sg");
		if (planworld_resource(&tags))
			w->h.sgs[w->h.nsgs++] = (struct have_sg) { planworld_resource(&tags), g };
		else
			w->h.backend_sg = id;
		return;
	}
	if (planworld_is(s, "CreateTags") || planworld_is(s, "DeleteTags")) {
		struct strs keys = { arena_get(&w->a, t->tags.n * sizeof(char *)), t->tags.n };

		g = group_at(w, s, t->resources.v[0]);
		for (size_t i = 0; i < keys.n; i++)
			keys.v[i] = t->tags.v[i].key;
		g->tags = planworld_is(s, "CreateTags") ? planworld_tags(w, &g->tags, &t->tags)
							: drop_tags(w, &g->tags, &keys);
		return;
	}
	g = group_at(w, s, q->id);
	if (planworld_is(s, "DeleteSecurityGroup")) {
		for (size_t i = 0; i < w->h.nsgs; i++)
			if (w->h.sgs[i].group == g) {
				DROP(w->h.sgs, w->h.nsgs, i);
				break;
			}
		for (size_t i = 0; i < w->h.nlbs; i++)
			for (size_t k = 0; k < w->h.lbs[i].lb->security_groups.n; k++)
				CHECK(strcmp(w->h.lbs[i].lb->security_groups.v[k], q->id) != 0);
		return;
	}
	permissions(w, g, &q->permissions, planworld_is(s, "AuthorizeSecurityGroupIngress"));
}

/* ---- load balancers */

static void zones(struct planworld *w, struct elb_load_balancer *lb,
		  const struct elb_subnet_mappings *m)
{
	lb->zones = (struct elb_zones) { arena_get(&w->a, m->n * sizeof(*lb->zones.v)), m->n };
	for (size_t i = 0; i < m->n; i++) {
		fill(&elb_zone_shape, &lb->zones.v[i]);
		lb->zones.v[i].subnet = m->v[i].subnet;
	}
}

static void do_new_lb(struct planworld *w, const struct step *s, void *in)
{
	struct elb_create_load_balancer *q = in;
	struct elb_load_balancer *lb =
		planworld_read(w, &elb_create_load_balancer_shape, q, &elb_load_balancer_shape);

	for (size_t i = 0; i < w->h.nlbs; i++)
		CHECK(strcmp(w->h.lbs[i].lb->name, q->name) != 0);
	lb->arn = planworld_arn(w, s, "loadbalancer");
	lb->name = q->name;
	lb->state = "active";
	if (!*lb->ip_address_type)
		lb->ip_address_type = "ipv4";
	zones(w, lb, &q->subnets);
	w->h.lbs[w->h.nlbs++] =
		(struct have_lb) { .id = planworld_resource(&q->tags), .lb = lb, .tags = q->tags };
}

void planworld_drop_listener(struct planworld *w, size_t at)
{
	const char *arn = w->h.listeners[at].listener->arn;

	for (size_t i = w->h.nrules; i-- > 0;)
		if (strcmp(w->h.rules[i].listener, arn) == 0)
			DROP(w->h.rules, w->h.nrules, i);
	DROP(w->h.listeners, w->h.nlisteners, at);
}

static void do_lb(struct planworld *w, const struct step *s, void *in)
{
	const char *arn = ((struct elb_load_balancer_ref *)in)->arn;
	struct elb_load_balancer *lb;
	struct have_lb *h;
	size_t at = 0;

	FIND(w->h.lbs, w->h.nlbs, lb->arn)
	h = &w->h.lbs[at];
	lb = (union {
		     const struct elb_load_balancer *in;
		     struct elb_load_balancer *out;
	     }) { h->lb }
		     .out;
	if (planworld_is(s, "DeleteLoadBalancer")) {
		for (size_t i = w->h.nlisteners; i-- > 0;)
			if (strcmp(w->h.listeners[i].listener->load_balancer, arn) == 0)
				planworld_drop_listener(w, i);
		DROP(w->h.lbs, w->h.nlbs, at);
	} else if (planworld_is(s, "ModifyLoadBalancerAttributes")) {
		h->attributes = planworld_tags(
			w, &h->attributes,
			&((struct elb_modify_load_balancer_attributes *)in)->attributes);
	} else if (planworld_is(s, "SetSecurityGroups")) {
		struct elb_set_security_groups *q = in;

		lb->security_groups = q->security_groups;
		if (q->private_link)
			lb->private_link = q->private_link;
	} else if (planworld_is(s, "SetSubnets")) {
		zones(w, lb, &((struct elb_set_subnets *)in)->subnets);
		if (((struct elb_set_subnets *)in)->source_nat)
			lb->source_nat = ((struct elb_set_subnets *)in)->source_nat;
	} else if (planworld_is(s, "SetIpAddressType")) {
		lb->ip_address_type = ((struct elb_set_ip_address_type *)in)->ip_address_type;
	} else if (planworld_is(s, "ModifyIpPools")) {
		const char *pool = ((struct elb_modify_ip_pools *)in)->ipam_pool;

		lb->ipam_pool = pool ? pool : "";
	} else if (planworld_is(s, "ModifyCapacityReservation")) {
		h->capacity = ((struct elb_modify_capacity *)in)->units;
	} else {
		test_failed(__FILE__, __LINE__, s->action->name);
	}
}

/* ---- tags, and bindings */

static struct tags *tags_at(struct planworld *w, const char *arn)
{
	struct have *h = &w->h;

	for (size_t i = 0; i < h->nlbs; i++)
		if (strcmp(h->lbs[i].lb->arn, arn) == 0)
			return &h->lbs[i].tags;
	for (size_t i = 0; i < h->ntgs; i++)
		if (strcmp(h->tgs[i].tg->arn, arn) == 0)
			return &h->tgs[i].tags;
	for (size_t i = 0; i < h->nlisteners; i++)
		if (strcmp(h->listeners[i].listener->arn, arn) == 0)
			return &h->listeners[i].tags;
	for (size_t i = 0; i < h->nrules; i++)
		if (strcmp(h->rules[i].rule->arn, arn) == 0)
			return &h->rules[i].tags;
	die("no %s to tag", arn);
}

static void do_tags(struct planworld *w, const struct step *s, void *in)
{
	const struct elb_add_tags *add = in;
	struct tags *t = tags_at(w, add->arns.v[0]);

	*t = planworld_is(s, "AddTags") ? planworld_tags(w, t, &add->tags)
					: drop_tags(w, t, &((struct elb_remove_tags *)in)->keys);
}

static struct json *merged(const struct json *have, const struct json *patch)
{
	struct json *out = json_type(have) == JSON_OBJECT ? json_copy(have) : json_object();

	if (json_type(patch) != JSON_OBJECT) {
		json_free(&out);
		return json_copy(patch);
	}
	for (const struct json *m = json_first(patch); m; m = json_next(m)) {
		if (json_type(m) == JSON_NULL)
			json_drop(out, json_key(m));
		else
			json_add(out, json_key(m), merged(json_member(out, json_key(m)), m));
	}
	return out;
}

static struct json *binding_json(const struct kube_binding *b)
{
	struct json *j = json_object(), *meta = json_object(), *labels = json_object();

	json_add_str(meta, "namespace", b->ns);
	json_add_str(meta, "name", b->name);
	for (size_t i = 0; i < b->labels.n; i++)
		json_add_str(labels, b->labels.v[i].key, b->labels.v[i].value);
	json_add(meta, "labels", labels);
	json_add(j, "metadata", meta);
	json_add(j, "spec", kube_binding_spec(b));
	return j;
}

static void do_binding(struct planworld *w, const struct step *s)
{
	const char *name = strrchr(s->path, '/') + 1;
	auto_json struct json *old = NULL, *now = NULL, *body = NULL;
	struct kube_binding *b = NEW(&w->a, struct kube_binding);
	size_t at = 0;
	struct err e;
	char *text = arena_str(&w->a, s->body ? s->body : "{}");

	for (size_t i = 0; i < w->nvalues; i++) {
		char *hit = strstr(text, arena_fmt(&w->a, "\"%s\"", w->values[i].ref));

		if (hit)
			text = arena_fmt(&w->a, "%.*s\"%s\"%s", (int)(hit - text), text,
					 w->values[i].value, hit + strlen(w->values[i].ref) + 2);
	}
	CHECK(!strstr(text, "\"#/"));
	body = json_parse(text, strlen(text), &e);
	if (strcmp(s->method, "POST") == 0)
		name = arena_str(&w->a, json_str(body, "metadata.name", ""));
	while (at < w->h.nbindings && strcmp(w->h.bindings[at]->name, name) != 0)
		at++;
	CHECK((at == w->h.nbindings) == (strcmp(s->method, "POST") == 0));
	if (strcmp(s->method, "DELETE") == 0) {
		CHECK_STR(s->gone, s->path);
		DROP(w->h.bindings, w->h.nbindings, at);
		return;
	}
	if (at < w->h.nbindings)
		old = binding_json(w->h.bindings[at]);
	else
		w->h.nbindings++;
	now = merged(old, body);
	CHECK(shape_get_json(&kube_binding_shape, b, now, &w->a, &e) == 0);
	w->h.bindings[at] = b;
}

void planworld_do(struct planworld *w, const struct lbconfig *c, const struct step *s)
{
	void *in;

	if (!s->action) {
		do_binding(w, s);
		return;
	}
	in = shape_dup(s->action->in, s->in, &w->a);
	shape_strings(s->action->in, in, put_value, w);
	if (s->action->service == AWS_EC2)
		do_group(w, c, s, in);
	else if (planworld_is(s, "CreateLoadBalancer"))
		do_new_lb(w, s, in);
	else if (planworld_is(s, "AddTags") || planworld_is(s, "RemoveTags"))
		do_tags(w, s, in);
	else if (strstr(s->action->name, "TargetGroup"))
		planworld_do_tg(w, s, in);
	else if (strstr(s->action->name, "Listener"))
		planworld_do_listener(w, s, in);
	else if (strstr(s->action->name, "Rule"))
		planworld_do_rule(w, s, in);
	else
		do_lb(w, s, in);
}
