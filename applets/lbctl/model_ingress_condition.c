/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_condition.c - the conditions of a rule: its host, its path, and the annotation
 * conditions.NAME (spec-lbc-alb 14.3 to 14.5, 15.4). */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "ingressjson.h"

/* ---- conditions.NAME */

struct reading {
	struct ingress_json r;
	struct ingress_extra *out;
};

static int invalid(struct reading *x, const char *config, const char *why, struct err *e)
{
	return ingress_json_refuse(&x->r, e, arena_fmt(x->r.a, "invalid %s: %s", config, why));
}

static const struct json *config_of(struct reading *x, const struct json *j, const char *config,
				    struct err *e)
{
	const struct json *o = ingress_json_member(j, config);

	if (!o) {
		ingress_json_refuse(&x->r, e, arena_fmt(x->r.a, "missing %s", config));
		return NULL;
	}
	if (json_type(o) == JSON_OBJECT)
		return o;
	ingress_json_wrong(&x->r, config, "object", e);
	return NULL;
}

/* One of values and regexValues. */
static int either(struct reading *x, const struct json *j, const char *config,
		  struct strs *const out[2], struct err *e)
{
	const struct json *o = config_of(x, j, config, e);
	size_t before[2] = { out[0]->n, out[1]->n };
	bool values, regexes;

	if (!o || ingress_json_strs(&x->r, o, "values", out[0], e) < 0 ||
	    ingress_json_strs(&x->r, o, "regexValues", out[1], e) < 0)
		return -1;
	values = out[0]->n > before[0];
	regexes = out[1]->n > before[1];
	if (values && regexes)
		return invalid(x, config,
			       "precisely one of values and regexValues can be specified", e);
	if (!values && !regexes)
		return invalid(x, config, "values or regexValues must be specified", e);
	return 0;
}

static struct elb_condition *add_other(struct reading *x, const char *field)
{
	struct elb_conditions *l = &x->out->others;
	struct elb_condition *bigger = arena_get(x->r.a, (l->n + 1) * sizeof(*bigger));

	if (l->n)
		memcpy(bigger, l->v, l->n * sizeof(*bigger));
	l->v = bigger;
	bigger[l->n].field = field;
	return &bigger[l->n++];
}

static int header(struct reading *x, const struct json *j, struct err *e)
{
	static const char *const config = "httpHeaderConfig";
	struct elb_condition *c = add_other(x, "http-header");
	struct strs *const lists[2] = { &c->header_values, &c->header_regexes };

	c->header = "";
	if (either(x, j, config, lists, e) < 0)
		return -1;
	if (ingress_json_str(&x->r, ingress_json_member(j, config), "httpHeaderName", &c->header,
			     e) < 0)
		return -1;
	return *c->header ? 0 : invalid(x, config, "httpHeaderName cannot be empty", e);
}

static int values_of(struct reading *x, const struct json *j, const char *config, struct strs *out,
		     struct err *e)
{
	const struct json *o = config_of(x, j, config, e);

	if (!o || ingress_json_strs(&x->r, o, "values", out, e) < 0)
		return -1;
	return out->n ? 0 : invalid(x, config, "values cannot be empty", e);
}

static int query_value(struct reading *x, const struct json *j, struct elb_query_value *out,
		       struct err *e)
{
	if (json_type(j) != JSON_OBJECT)
		return ingress_json_wrong(&x->r, "queryStringConfig: values", "list of objects", e);
	out->value = "";
	if (ingress_json_str(&x->r, j, "key", &out->key, e) < 0 ||
	    ingress_json_str(&x->r, j, "value", &out->value, e) < 0)
		return -1;
	return *out->value ? 0 : invalid(x, "queryStringConfig", "value cannot be empty", e);
}

static int query(struct reading *x, const struct json *j, struct err *e)
{
	static const char *const config = "queryStringConfig";
	struct elb_condition *c = add_other(x, "query-string");
	const struct json *o = config_of(x, j, config, e), *list;

	if (!o || ingress_json_list(&x->r, o, "values", &list, e) < 0)
		return -1;
	if (!json_count(list))
		return invalid(x, config, "Values cannot be empty", e);
	c->query.v = arena_get(x->r.a, json_count(list) * sizeof(*c->query.v));
	for (const struct json *q = json_first(list); q; q = json_next(q))
		if (query_value(x, q, &c->query.v[c->query.n++], e) < 0)
			return -1;
	return 0;
}

static int one(struct reading *x, const struct json *j, struct err *e)
{
	struct strs *const hosts[2] = { &x->out->hosts, &x->out->host_regexes };
	struct strs *const paths[2] = { &x->out->paths, &x->out->path_regexes };
	const char *field = "";

	if (json_type(j) != JSON_OBJECT)
		return ingress_json_wrong(&x->r, "", "list of objects", e);
	if (ingress_json_str(&x->r, j, "field", &field, e) < 0)
		return -1;
	if (strcmp(field, "host-header") == 0)
		return either(x, j, "hostHeaderConfig", hosts, e);
	if (strcmp(field, "path-pattern") == 0)
		return either(x, j, "pathPatternConfig", paths, e);
	if (strcmp(field, "http-header") == 0)
		return header(x, j, e);
	if (strcmp(field, "http-request-method") == 0)
		return values_of(x, j, "httpRequestMethodConfig",
				 &add_other(x, "http-request-method")->methods, e);
	if (strcmp(field, "query-string") == 0)
		return query(x, j, e);
	if (strcmp(field, "source-ip") == 0)
		return values_of(x, j, "sourceIPConfig", &add_other(x, "source-ip")->sources, e);
	return 0; /* as the original: unknown ones are passed over */
}

int ingress_extra_conditions(struct ingress_build *b, const struct ingress_part *m,
			     const char *name, struct ingress_extra *out, struct err *e)
{
	struct reading x = { { &m->l, A_CONDITIONS, name, b->a }, out };
	auto_json struct json *j = NULL;
	int r = annot_json(&m->l, A_CONDITIONS, name, &j, e);

	if (r != 1)
		return r;
	if (json_type(j) != JSON_ARRAY)
		return ingress_json_wrong(&x.r, "", "list", e);
	for (const struct json *c = json_first(j); c; c = json_next(c))
		if (one(&x, c, e) < 0)
			return -1;
	return 0;
}

/* ---- the path of a rule */

static int prefix_patterns(struct ingress_build *b, const char *path, struct strs *out,
			   struct err *e)
{
	size_t n = strlen(path);

	if (strcmp(path, "/") == 0) {
		strs_add(out, "/*", b->a);
		return 0;
	}
	if (path[strcspn(path, "*?")])
		return fail(e, EINVAL, "prefix path shouldn't contain wildcards: %.200s", path);
	n -= n && path[n - 1] == '/';
	strs_add(out, arena_fmt(b->a, "%.*s", (int)n, path), b->a);
	strs_add(out, arena_fmt(b->a, "%.*s/*", (int)n, path), b->a);
	return 0;
}

static int path_patterns(struct ingress_build *b, const struct kube_path *p, bool regex,
			 struct strs *out, struct strs *regexes, struct err *e)
{
	if (!*p->path)
		return 0;
	if (p->type && strcmp(p->type, "Prefix") == 0)
		return prefix_patterns(b, p->path, out, e);
	if (p->type && strcmp(p->type, "Exact") == 0) {
		if (p->path[strcspn(p->path, "*?")])
			return fail(e, EINVAL, "exact path shouldn't contain wildcards: %.200s",
				    p->path);
		strs_add(out, p->path, b->a);
	} else if (regex) {
		strs_add(regexes, p->path + 1, b->a);
	} else {
		strs_add(out, p->path, b->a);
	}
	return 0;
}

/* ---- all of a rule */

static void join(struct strs *l, const struct strs *more, struct arena *a)
{
	for (size_t i = 0; i < more->n; i++)
		strs_add(l, more->v[i], a);
}

static int both(struct ingress_build *b, const char *what, const struct strs *values,
		const struct strs *regexes, struct err *e)
{
	return fail(e, EINVAL,
		    "%s condition must specify exactly one of Values and RegexValues, got both "
		    "Values %s and RegexValues %s",
		    what, ingress_bracketed(values, b->a), ingress_bracketed(regexes, b->a));
}

struct pieces {
	struct strs hosts, host_regexes, paths, path_regexes;
};

static void assemble(struct ingress_build *b, const struct pieces *x,
		     const struct elb_conditions *others, struct elb_conditions *out)
{
	static const char *const everything[] = { "/*" };

	out->v = arena_get(b->a, (others->n + 3) * sizeof(*out->v));
	for (size_t i = 0; i < others->n; i++)
		out->v[out->n++] = others->v[i];
	if (x->hosts.n || x->host_regexes.n)
		out->v[out->n++] = (struct elb_condition) { .field = "host-header",
							    .hosts = x->hosts,
							    .host_regexes = x->host_regexes };
	if (x->paths.n || x->path_regexes.n)
		out->v[out->n++] = (struct elb_condition) { .field = "path-pattern",
							    .paths = x->paths,
							    .path_regexes = x->path_regexes };
	if (out->n)
		return;
	out->v[out->n] = (struct elb_condition) { .field = "path-pattern" };
	strs_add(&out->v[out->n++].paths, everything[0], b->a);
}

int ingress_conditions(struct ingress_build *b, const struct ingress_part *m,
		       const struct kube_rule *r, const struct kube_path *p,
		       struct elb_conditions *out, struct err *e)
{
	struct ingress_extra extra = { 0 };
	struct pieces x = { 0 };
	bool regex = false;

	if (annot_bool(&m->l, A_REGEX_PATHS, &regex, e) < 0)
		return -1;
	if (p->backend && p->backend->service &&
	    ingress_extra_conditions(b, m, p->backend->service->name, &extra, e) < 0)
		return -1;
	if (*r->host)
		strs_add(&x.hosts, r->host, b->a);
	join(&x.hosts, &extra.hosts, b->a);
	x.host_regexes = extra.host_regexes;
	if (path_patterns(b, p, regex, &x.paths, &x.path_regexes, e) < 0)
		return -1;
	join(&x.paths, &extra.paths, b->a);
	join(&x.path_regexes, &extra.path_regexes, b->a);
	if (x.hosts.n && x.host_regexes.n)
		return both(b, "host", &x.hosts, &x.host_regexes, e);
	if (x.paths.n && x.path_regexes.n)
		return both(b, "path", &x.paths, &x.path_regexes, e);
	assemble(b, &x, &extra.others, out);
	return 0;
}
