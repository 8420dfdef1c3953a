/* SPDX-License-Identifier: Apache-2.0 */
/* lbingress.c - stacks of groups of Ingresses as text. */
#include <string.h>

#include "lbingress.h"

static const char *short_ref(struct lbcase *c, const char *v)
{
	const char *type, *id;

	if (!stack_ref_split(v, &type, &id, &c->a))
		return v ? v : "-";
	if (strcmp(type, STACK_TG) == 0)
		return arena_fmt(&c->a, "$TG-%s", id);
	return strcmp(type, STACK_SG) == 0 ? "$SG" : "$LB";
}

static void put_strs(struct buf *out, const char *before, const struct strs *l)
{
	if (!l->n)
		return;
	buf_str(out, before);
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(out, "%s%s", i ? "," : "", l->v[i]);
}

static void put_tags(struct buf *out, const char *before, const struct tags *l)
{
	if (!l->n)
		return;
	buf_fmt(out, " %s{", before);
	for (size_t i = 0; i < l->n; i++)
		buf_fmt(out, "%s%s=%s", i ? "," : "", l->v[i].key, l->v[i].value);
	buf_str(out, "}");
}

static void put_opt(struct buf *out, const char *name, const char *v)
{
	if (v)
		buf_fmt(out, " %s=%s", name, v);
}

/* ---- actions and conditions */

static void put_action(struct lbcase *c, const struct elb_action *a, struct buf *out)
{
	buf_fmt(out, "%s", a->type);
	if (a->fixed_response) {
		buf_fmt(out, " %s", a->fixed_response->status);
		put_opt(out, "type", a->fixed_response->content_type);
		put_opt(out, "body", a->fixed_response->body);
	}
	if (a->redirect) {
		buf_fmt(out, " %s", a->redirect->status);
		put_opt(out, "protocol", a->redirect->protocol);
		put_opt(out, "host", a->redirect->host);
		put_opt(out, "port", a->redirect->port);
		put_opt(out, "path", a->redirect->path);
		put_opt(out, "query", a->redirect->query);
	}
	for (size_t i = 0; a->forward && i < a->forward->groups.n; i++) {
		const struct elb_weighted_group *g = &a->forward->groups.v[i];

		buf_fmt(out, " %s", short_ref(c, g->arn));
		if (g->weight.set)
			buf_fmt(out, "*%lld", (long long)g->weight.v);
	}
	if (a->forward && a->forward->sticky != FLAG_UNSET)
		buf_fmt(out, " sticky=%d/%lld", a->forward->sticky == FLAG_YES,
			(long long)a->forward->sticky_s.v);
}

static void put_actions(struct lbcase *c, const struct elb_actions *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		put_action(c, &l->v[i], out);
}

static void put_condition(const struct elb_condition *c, struct buf *out)
{
	if (c->header)
		buf_fmt(out, " header:%s", c->header);
	put_strs(out, " host=", &c->hosts);
	put_strs(out, " host~", &c->host_regexes);
	put_strs(out, " path=", &c->paths);
	put_strs(out, " path~", &c->path_regexes);
	put_strs(out, "=", &c->header_values);
	put_strs(out, "~", &c->header_regexes);
	put_strs(out, " method=", &c->methods);
	put_strs(out, " source=", &c->sources);
	for (size_t i = 0; i < c->query.n; i++)
		buf_fmt(out, " query:%s=%s", c->query.v[i].key ? c->query.v[i].key : "",
			c->query.v[i].value);
}

/* ---- resources */

static void put_sg(const struct stack_sg *g, struct buf *out)
{
	buf_fmt(out, "SG %s", g->name);
	for (size_t i = 0; i < g->ingress.n; i++) {
		const struct ec2_permission *p = &g->ingress.v[i];

		buf_fmt(out, " %s:%lld<%s", p->protocol, (long long)p->from.v,
			p->ranges.n    ? p->ranges.v[0].cidr
			: p->ranges6.n ? p->ranges6.v[0].cidr
				       : p->prefix_lists.v[0].id);
	}
	put_tags(out, "", &g->tags);
	buf_str(out, "\n");
}

static void put_lb(struct lbcase *c, const struct stack_lb *b, struct buf *out)
{
	buf_fmt(out, "LB %s %s %s ", b->spec.name, b->spec.scheme, b->spec.ip_address_type);
	for (size_t i = 0; i < b->spec.subnets.n; i++)
		buf_fmt(out, "%s%s", i ? "," : "", b->spec.subnets.v[i].subnet);
	buf_str(out, " [");
	for (size_t i = 0; i < b->spec.security_groups.n; i++)
		buf_fmt(out, "%s%s", i ? "," : "", short_ref(c, b->spec.security_groups.v[i]));
	buf_str(out, "]");
	put_tags(out, "attributes", &b->attributes);
	put_tags(out, "", &b->spec.tags);
	put_opt(out, "coip", b->spec.coip_pool);
	put_opt(out, "ipam", b->spec.ipam_pool);
	if (b->capacity.set)
		buf_fmt(out, " cap=%lld", (long long)b->capacity.v);
	buf_str(out, "\n");
}

static void put_listener(struct lbcase *c, const struct stack_listener *l, struct buf *out)
{
	buf_fmt(out, "L %s %s ", l->id, l->spec.protocol);
	put_actions(c, &l->spec.actions, out);
	if (l->spec.ssl_policy)
		buf_fmt(out, " %s [", l->spec.ssl_policy);
	for (size_t i = 0; i < l->spec.certificates.n; i++)
		buf_fmt(out, "%s%s", i ? "," : "", l->spec.certificates.v[i].arn);
	if (l->spec.ssl_policy)
		buf_str(out, "]");
	if (l->spec.mutual_auth)
		buf_fmt(out, " mtls=%s", l->spec.mutual_auth->mode);
	if (l->keep_actions)
		buf_str(out, " keep");
	put_tags(out, "attributes", &l->attributes);
	put_tags(out, "", &l->spec.tags);
	buf_str(out, "\n");
}

static void put_rule(struct lbcase *c, const struct stack_rule *r, struct buf *out)
{
	buf_fmt(out, "R %s", r->id);
	for (size_t i = 0; i < r->spec.conditions.n; i++)
		put_condition(&r->spec.conditions.v[i], out);
	buf_str(out, " > ");
	put_actions(c, &r->spec.actions, out);
	put_tags(out, "", &r->spec.tags);
	buf_str(out, "\n");
}

static void put_tg(const struct stack_tg *t, struct buf *out)
{
	const struct elb_create_target_group *s = &t->spec;

	buf_fmt(out, "TG %s %s %s:%lld/%s/%s %s %s:%s%s=%s%s %lld/%lld/%lld/%lld", t->id, s->name,
		s->target_type, (long long)s->port, s->protocol, s->protocol_version,
		s->ip_address_type, s->health_protocol, s->health_port, s->health_path,
		s->http_codes ? s->http_codes : "grpc-", s->grpc_codes ? s->grpc_codes : "",
		(long long)s->health_interval_s.v, (long long)s->health_timeout_s.v,
		(long long)s->healthy_count.v, (long long)s->unhealthy_count.v);
	if (s->control_port)
		buf_fmt(out, " control=%lld", (long long)s->control_port);
	put_tags(out, "attributes", &t->attributes);
	put_tags(out, "", &s->tags);
	buf_str(out, "\n");
}

static void put_port(struct buf *out, const struct int_or_str *p)
{
	if (p->s)
		buf_fmt(out, "\"%s\"", p->s);
	else if (p->n)
		buf_fmt(out, "%lld", (long long)p->n);
	else
		buf_str(out, "all");
}

static void put_binding(struct lbcase *c, const struct stack_binding *b, struct buf *out)
{
	const struct kube_networking *n = b->spec.networking;

	buf_fmt(out, "B %s %s:", b->id, b->spec.service);
	put_port(out, &b->spec.port);
	buf_str(out, n ? "" : " -");
	for (size_t i = 0; n && i < n->ingress.n; i++) {
		buf_fmt(out, " %s>", short_ref(c, n->ingress.v[i].from.v[0].group));
		put_port(out, &n->ingress.v[i].ports.v[0].port);
	}
	if (b->spec.nodes)
		put_tags(out, "nodes", &b->spec.nodes->labels);
	buf_str(out, "\n");
}

static void put_stack(struct lbcase *c, const struct stack *s, struct buf *out)
{
	for (size_t i = 0; i < s->nsgs; i++)
		put_sg(&s->sgs[i], out);
	for (size_t i = 0; i < s->nlbs; i++)
		put_lb(c, &s->lbs[i], out);
	for (size_t i = 0; i < s->nlisteners; i++)
		put_listener(c, &s->listeners[i], out);
	for (size_t i = 0; i < s->nrules; i++)
		put_rule(c, &s->rules[i], out);
	for (size_t i = 0; i < s->ntgs; i++)
		put_tg(&s->tgs[i], out);
	for (size_t i = 0; i < s->nbindings; i++)
		put_binding(c, &s->bindings[i], out);
}

/* ---- the model */

/* Of an Ingress that has left: the explicit group whose finalizer it holds, else its own. */
static struct ingress_group_id group_of(struct lbcase *c)
{
	static const char explicit[] = "group.ingress.k8s.aws/";
	const struct kube_ingress *i = lbcase_first(c, KUBE_INGRESS);
	struct ingress_group_id id = { i->ns, i->name };
	const struct kube_class_params *params;
	struct err e = { 0 };

	if (ingress_group_of(&c->config, &c->objects, i, &id, &params, &c->a, &e) == 1)
		return id;
	for (size_t k = 0; k < i->finalizers.n; k++)
		if (str_prefix(i->finalizers.v[k], explicit))
			return (struct ingress_group_id) { "", i->finalizers.v[k] +
								       sizeof(explicit) - 1 };
	return (struct ingress_group_id) { i->ns, i->name };
}

static int model(struct lbcase *c, struct stack *out, struct member_errors *bad, struct err *e)
{
	struct ingress_group_id id = group_of(c);
	struct ingress_group g;

	if (ingress_group_load(&c->config, &c->objects, &id, &g, &c->a, e) < 0)
		return -1;
	return model_ingress(&c->config, &g, &c->objects, &c->facts, out, bad, &c->a, e);
}

struct stack *lbingress_stack(struct lbcase *c)
{
	struct stack *s = NEW(&c->a, struct stack);
	struct member_errors bad = { 0 };
	struct err e = { 0 };

	if (model(c, s, &bad, &e) < 0)
		die("no model: %s", e.msg);
	return s;
}

/* Whether a line begins with one of the words. */
static bool asked(const char *line, const char *begin)
{
	size_t word = strcspn(line, " ");

	if (!*begin)
		return true;
	for (; *begin; begin += strspn(begin, " ")) {
		size_t n = strcspn(begin, " ");

		if (n == word && strncmp(begin, line, n) == 0)
			return true;
		begin += n;
	}
	return false;
}

const char *lbingress(struct lbcase *c, const char *begin)
{
	auto_buf struct buf all = { 0 }, some = { 0 };
	struct member_errors bad = { 0 };
	struct stack s = { 0 };
	struct err e = { 0 };

	if (model(c, &s, &bad, &e) < 0)
		return arena_fmt(&c->a, "error: %s", e.msg);
	put_stack(c, &s, &all);
	for (size_t i = 0; i < bad.n; i++)
		buf_fmt(&all, "out %s/%s: %s\n", bad.v[i].ingress->ns, bad.v[i].ingress->name,
			bad.v[i].e.msg);
	for (const char *l = all.p ? all.p : ""; *l;) {
		size_t n = strcspn(l, "\n") + 1;

		if (asked(l, begin))
			buf_fmt(&some, "%.*s", (int)n, l);
		l += n;
	}
	return arena_str(&c->a, some.p ? some.p : "");
}
