/* SPDX-License-Identifier: Apache-2.0 */
/* kdisc.c - discovery: groups, versions, resources, in both forms; and what needs no resource. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"

static void strings(struct json *o, const char *key, const char *words, const char *seps,
		    struct arena *a)
{
	struct strs l = str_split(words, seps, a);
	struct json *list = json_array();

	for (size_t i = 0; i < l.n; i++)
		json_push_str(list, l.v[i]);
	json_add(o, key, list);
}

static const char verbs[] = "create delete deletecollection get list patch update watch";
static const char sub_verbs[] = "get patch update";

/* ---- the versions of a group, each once, in order of appearance */

struct version {
	const char *group, *name;
};
struct versions {
	struct version *v;
	size_t n;
};

static void note_version(struct versions *l, const char *group, const char *name, struct arena *a)
{
	struct version *grown;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].group, group) == 0 && strcmp(l->v[i].name, name) == 0)
			return;
	grown = arena_get(a, (l->n + 1) * sizeof(*grown));
	if (l->n)
		memcpy(grown, l->v, l->n * sizeof(*grown));
	grown[l->n++] = (struct version) { group, name };
	l->v = grown;
}

static struct versions all_versions(const struct kstore *s, struct arena *a)
{
	struct versions l = { 0 };
	const struct kres *r;

	for (size_t i = 0; (r = kstore_nth(s, i)); i++) {
		if (!kstore_served(s, r))
			continue;
		if (!r->custom)
			note_version(&l, r->group, r->version, a);
		for (const struct json *v = json_first(json_get(kstore_crd(s, r), "spec.versions"));
		     v; v = json_next(v))
			if (json_bool(v, "served", true))
				note_version(&l, r->group, json_str(v, "name", ""), a);
	}
	return l;
}

/* ---- the old form: APIResourceList */

static struct json *one(const struct kres *r, const char *name, const char *kind,
			const char *verb_list, struct arena *a)
{
	struct json *o = json_object();

	json_add_str(o, "name", name);
	json_add_str(o, "singularName", strchr(name, '/') ? "" : r->singular);
	json_add_bool(o, "namespaced", r->namespaced);
	json_add_str(o, "kind", kind);
	strings(o, "verbs", verb_list, " ", a);
	if (strchr(name, '/'))
		return o;
	if (*r->shorts)
		strings(o, "shortNames", r->shorts, " ", a);
	if (*r->categories)
		strings(o, "categories", r->categories, " ", a);
	return o;
}

static const struct {
	const char *plural, *sub, *kind, *group, *verbs;
} subs[] = {
	{ "pods", "log", "Pod", "", "get" },
	{ "pods", "exec", "PodExecOptions", "", "create get" },
	{ "pods", "attach", "PodAttachOptions", "", "create get" },
	{ "pods", "portforward", "PodPortForwardOptions", "", "create get" },
	{ "pods", "binding", "Binding", "", "create" },
	{ "pods", "eviction", "Eviction", "policy", "create" },
	{ "serviceaccounts", "token", "TokenRequest", "authentication.k8s.io", "create" },
};

static void add_subs(struct json *list, const struct kres *r, struct arena *a)
{
	if (r->scale) {
		struct json *o = one(r, arena_fmt(a, "%s/scale", r->plural), "Scale", sub_verbs, a);

		json_add_str(o, "group", "autoscaling");
		json_add_str(o, "version", "v1");
		json_push(list, o);
	}
	if (r->status)
		json_push(list,
			  one(r, arena_fmt(a, "%s/status", r->plural), r->kind, sub_verbs, a));
	for (size_t i = 0; i < COUNT(subs) && !r->custom; i++)
		if (strcmp(subs[i].plural, r->plural) == 0)
			json_push(list, one(r, arena_fmt(a, "%s/%s", r->plural, subs[i].sub),
					    subs[i].kind, subs[i].verbs, a));
}

static bool resources(struct kapi *k, struct httpd_call *c, const char *group, const char *version)
{
	auto_json struct json *o = json_object();
	struct json *list = json_array();
	const struct kres *r;
	bool any = false;

	json_add_str(o, "kind", "APIResourceList");
	json_add_str(o, "apiVersion", "v1");
	json_add_str(o, "groupVersion",
		     *group ? arena_fmt(&c->a, "%s/%s", group, version) : version);
	json_add(o, "resources", list);
	for (size_t i = 0; (r = kstore_nth(k->s, i)); i++) {
		if (strcmp(r->group, group) != 0 || !kstore_served(k->s, r) ||
		    !kstore_serves(k->s, r, version))
			continue;
		any = true;
		json_push(list, one(r, r->plural, r->kind, verbs, &c->a));
		add_subs(list, r, &c->a);
	}
	if (any)
		kreply_json(c, 200, o);
	return any;
}

static struct json *group_of(const struct versions *l, const char *group, struct arena *a)
{
	struct json *o = json_object(), *list = json_array(), *preferred = NULL;

	json_add_str(o, "name", group);
	for (size_t i = 0; i < l->n; i++) {
		struct json *v;

		if (strcmp(l->v[i].group, group) != 0)
			continue;
		v = json_object();
		json_add_str(v, "groupVersion", arena_fmt(a, "%s/%s", group, l->v[i].name));
		json_add_str(v, "version", l->v[i].name);
		if (!preferred)
			preferred = json_copy(v);
		json_push(list, v);
	}
	json_add(o, "versions", list);
	json_add(o, "preferredVersion", preferred);
	return o;
}

static bool first_of_group(const struct versions *l, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(l->v[j].group, l->v[i].group) == 0)
			return false;
	return true;
}

static void groups(struct kapi *k, struct httpd_call *c)
{
	auto_json struct json *o = json_object();
	struct versions l = all_versions(k->s, &c->a);
	struct json *list = json_array();

	json_add_str(o, "kind", "APIGroupList");
	json_add_str(o, "apiVersion", "v1");
	json_add(o, "groups", list);
	for (size_t i = 0; i < l.n; i++)
		if (*l.v[i].group && first_of_group(&l, i))
			json_push(list, group_of(&l, l.v[i].group, &c->a));
	kreply_json(c, 200, o);
}

static bool one_group(struct kapi *k, struct httpd_call *c, const char *group)
{
	struct versions l = all_versions(k->s, &c->a);
	auto_json struct json *o = group_of(&l, group, &c->a);

	if (!json_first(json_get(o, "versions")))
		return false;
	json_add_str(o, "kind", "APIGroup");
	json_add_str(o, "apiVersion", "v1");
	kreply_json(c, 200, o);
	return true;
}

/* ---- the rest */

static void api_versions(struct httpd_call *c)
{
	static const char text[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],"
				   "\"serverAddressByClientCIDRs\":[]}\n";

	kreply_text(c, 200, "application/json", text, sizeof(text) - 1);
}

static void review(struct httpd_call *c)
{
	struct err e;
	auto_json struct json *o = json_parse(c->body, c->body_len, &e);
	struct json *status = json_object();

	if (json_type(o) != JSON_OBJECT) {
		json_free(&status);
		kreply_fail(c, "BadRequest", "a review is wanted: %s", o ? "an object" : e.msg);
		return;
	}
	json_add_bool(status, "allowed", true);
	json_add(o, "status", status);
	kreply_json(c, 201, o);
}

static bool plain(struct httpd_call *c)
{
	static const char version[] =
		"{\n  \"major\": \"1\",\n  \"minor\": \"34\",\n  \"gitVersion\": "
		"\"v1.34.0-vpcbox\",\n"
		"  \"gitCommit\": \"\",\n  \"gitTreeState\": \"clean\",\n  \"buildDate\": "
		"\"1970-01-01T00:00:00Z\",\n  \"goVersion\": \"none\",\n  \"compiler\": \"cc\",\n"
		"  \"platform\": \"linux\"\n}";

	if (strcmp(c->path, "/version") == 0)
		kreply_text(c, 200, "application/json", version, sizeof(version) - 1);
	else if (strcmp(c->path, "/healthz") == 0 || strcmp(c->path, "/livez") == 0 ||
		 strcmp(c->path, "/readyz") == 0)
		kreply_text(c, 200, "text/plain; charset=utf-8", "ok", 2);
	else if (str_prefix(c->path, "/openapi/"))
		kreply_fail(c, "NotImplemented",
			    "this API server is vpcbox-lab's, which publishes no OpenAPI: use "
			    "kubectl with --validate=false");
	else if (strcmp(c->method, "POST") == 0 &&
		 (str_prefix(c->path, "/apis/authorization.k8s.io/v1/") ||
		  str_prefix(c->path, "/apis/authentication.k8s.io/v1/")))
		review(c);
	else
		return false;
	return true;
}

void kdisc_serve(struct kapi *k, struct httpd_call *c)
{
	struct strs p = str_split(c->path, "/", &c->a);
	bool get = strcmp(c->method, "GET") == 0, done = plain(c);

	if (done)
		return;
	if (get && p.n == 1 && strcmp(p.v[0], "api") == 0)
		api_versions(c);
	else if (get && p.n == 1 && strcmp(p.v[0], "apis") == 0)
		groups(k, c);
	else if (get && p.n == 2 && strcmp(p.v[0], "api") == 0)
		done = resources(k, c, "", p.v[1]) ||
		       (kreply_fail(c, "NotFound", "404 page not found"), 1);
	else if (get && p.n == 2 && strcmp(p.v[0], "apis") == 0)
		done = one_group(k, c, p.v[1]) ||
		       (kreply_fail(c, "NotFound", "404 page not found"), 1);
	else if (get && p.n == 3 && strcmp(p.v[0], "apis") == 0)
		done = resources(k, c, p.v[1], p.v[2]) ||
		       (kreply_fail(c, "NotFound", "404 page not found"), 1);
	else
		kreply_fail(c, "NotFound", "the server could not find the requested resource");
}
