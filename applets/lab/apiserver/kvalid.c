/* SPDX-License-Identifier: Apache-2.0 */
/* kvalid.c - what is refused: names, and the parts of a spec that are cheap to look at. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinner.h"

static bool lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label(const char *s, size_t n)
{
	if (n == 0 || n > 63 || !lower(s[0]) || !lower(s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!lower(s[i]) && s[i] != '-')
			return false;
	return true;
}

static bool subdomain(const char *s)
{
	if (strlen(s) > 253)
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (n == 0 || !lower(s[0]) || !lower(s[n - 1]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!lower(s[i]) && s[i] != '-')
				return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* How objects of a kind may be called. */
enum naming { SUBDOMAIN, LABEL, SERVICE, SEGMENT };

static enum naming naming(const struct kres *r)
{
	if (strcmp(r->group, "rbac.authorization.k8s.io") == 0)
		return SEGMENT;
	if (*r->group)
		return SUBDOMAIN;
	return strcmp(r->plural, "namespaces") == 0 ? LABEL
	       : strcmp(r->plural, "services") == 0 ? SERVICE
						    : SUBDOMAIN;
}

int kvalid_name(const struct kres *r, const char *name, struct err *e)
{
	switch (naming(r)) {
	case SEGMENT:
		if (strchr(name, '/') || strchr(name, '%') || strcmp(name, ".") == 0 ||
		    strcmp(name, "..") == 0)
			return kinvalid(e, r, name, "metadata.name",
					"Invalid value: \"%s\": may not contain '/' or '%%'", name);
		return 0;
	case SERVICE:
		if (!label(name, strlen(name)) || !isalpha((unsigned char)*name))
			return kinvalid(
				e, r, name, "metadata.name",
				"Invalid value: \"%s\": a DNS-1035 label must consist of lower "
				"case alphanumeric characters or '-', start with an alphabetic "
				"character, and end with an alphanumeric character (e.g. 'my-name',"
				"  or 'abc-123', regex used for validation is "
				"'[a-z]([-a-z0-9]*[a-z0-9])?')",
				name);
		return 0;
	case LABEL:
		if (!label(name, strlen(name)))
			return kinvalid(e, r, name, "metadata.name",
					"Invalid value: \"%s\": a lowercase RFC 1123 label must "
					"consist of lower case alphanumeric characters or '-', and "
					"must start and end with an alphanumeric character (e.g. "
					"'my-name',  or '123-abc', regex used for validation is "
					"'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
					name);
		return 0;
	default:
		if (!subdomain(name))
			return kinvalid(
				e, r, name, "metadata.name",
				"Invalid value: \"%s\": a lowercase RFC 1123 subdomain must "
				"consist of lower case alphanumeric characters, '-' or '.', and "
				"must start and end with an alphanumeric character (e.g. "
				"'example.com', regex used for validation is "
				"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
				"')",
				name);
		return 0;
	}
}

/* What is wrong with one object of a kind. */
struct look {
	const struct kres *r;
	const struct json *o, *old;
	const char *name;
};

static int need(const struct look *k, const char *path, struct err *e)
{
	const struct json *v = json_get(k->o, path);

	if (v && json_type(v) != JSON_NULL && (json_first(v) || json_type(v) != JSON_ARRAY) &&
	    !(json_text(v) && !*json_text(v)))
		return 0;
	return kinvalid(e, k->r, k->name, path, "Required value");
}

static int string_map(const struct look *k, const char *path, struct err *e)
{
	const struct json *map = json_get(k->o, path);

	if (map && json_type(map) != JSON_OBJECT && json_type(map) != JSON_NULL)
		return kfail(e, "BadRequest", "%s of \"%s\" must be an object, not %s", path,
			     k->name, json_type_name(map));
	for (const struct json *m = json_first(map); m; m = json_next(m))
		if (!json_text(m))
			return kfail(e, "BadRequest",
				     "%s of \"%s\": the value of %s must be a string, not %s", path,
				     k->name, json_key(m), json_type_name(m));
	return 0;
}

static int containers(const struct look *k, const char *at, struct err *e)
{
	char path[80];
	size_t i = 0;

	snprintf(path, sizeof(path), "%scontainers", at);
	if (need(k, path, e) < 0)
		return -1;
	for (const struct json *c = json_first(json_get(k->o, path)); c; c = json_next(c), i++) {
		char field[100];

		snprintf(field, sizeof(field), "%s[%zu].name", path, i);
		if (!*json_str(c, "name", ""))
			return kinvalid(e, k->r, k->name, field, "Required value");
		if (!label(json_str(c, "name", ""), strlen(json_str(c, "name", ""))))
			return kinvalid(
				e, k->r, k->name, field,
				"Invalid value: \"%s\": a lowercase RFC 1123 label must consist of "
				"lower case alphanumeric characters or '-', and must start and end "
				"with an alphanumeric character",
				json_str(c, "name", ""));
		snprintf(field, sizeof(field), "%s[%zu].image", path, i);
		if (!*json_str(c, "image", "") && strcmp(k->r->plural, "pods") == 0)
			return kinvalid(e, k->r, k->name, field, "Required value");
	}
	return 0;
}

/* Does the selector's matchLabels hold of the template? */
static int workload(const struct look *k, struct err *e)
{
	const struct json *labels = json_get(k->o, "spec.template.metadata.labels");
	const struct json *want = json_get(k->o, "spec.selector");
	auto_buf struct buf text = { 0 };

	if (need(k, "spec.selector", e) < 0)
		return -1;
	for (const struct json *m = json_first(json_get(want, "matchLabels")); m; m = json_next(m))
		if (!json_same(m, json_member(labels, json_key(m)))) {
			json_print(labels, 0, &text);
			return kinvalid(e, k->r, k->name, "spec.template.metadata.labels",
					"Invalid value: %s: `selector` does not match template "
					"`labels`",
					labels ? text.p : "null");
		}
	if (k->old && !json_same(want, json_get(k->old, "spec.selector"))) {
		json_print(want, 0, &text);
		return kinvalid(e, k->r, k->name, "spec.selector",
				"Invalid value: %s: field is immutable", text.p);
	}
	if (json_int(k->o, "spec.replicas", 0) < 0)
		return kinvalid(e, k->r, k->name, "spec.replicas",
				"Invalid value: %lld: must be greater than or equal to 0",
				(long long)json_int(k->o, "spec.replicas", 0));
	return containers(k, "spec.template.spec.", e);
}

static int service(const struct look *k, struct err *e)
{
	static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer",
					     "NodePort" };
	const char *type = json_str(k->o, "spec.type", ""),
		   *ip = json_str(k->o, "spec.clusterIP", "");
	bool known = false;
	size_t i = 0;

	for (size_t t = 0; t < COUNT(types); t++)
		known = known || strcmp(types[t], type) == 0;
	if (!known)
		return kinvalid(e, k->r, k->name, "spec.type",
				"Unsupported value: \"%s\": supported values: \"ClusterIP\", "
				"\"ExternalName\", \"LoadBalancer\", \"NodePort\"",
				type);
	if (k->old && *json_str(k->old, "spec.clusterIP", "") && strcmp(type, "ExternalName") &&
	    strcmp(ip, json_str(k->old, "spec.clusterIP", "")) != 0)
		return kinvalid(e, k->r, k->name, "spec.clusterIPs[0]",
				"Invalid value: [\"%s\"]: may not change once set", ip);
	if (strcmp(type, "ExternalName") == 0)
		return need(k, "spec.externalName", e);
	if (strcmp(ip, "None") != 0 && need(k, "spec.ports", e) < 0)
		return -1;
	for (const struct json *p = json_first(json_get(k->o, "spec.ports")); p;
	     p = json_next(p), i++) {
		int64_t port = json_int(p, "port", 0);
		char field[60];

		snprintf(field, sizeof(field), "spec.ports[%zu].port", i);
		if (port < 1 || port > 65535)
			return kinvalid(
				e, k->r, k->name, field,
				"Invalid value: %lld: must be between 1 and 65535, inclusive",
				(long long)port);
	}
	return 0;
}

static int definition(const struct look *k, struct err *e)
{
	static const char *const needed[] = { "spec.group", "spec.names.plural", "spec.names.kind",
					      "spec.scope", "spec.versions" };
	const char *group = json_str(k->o, "spec.group", ""),
		   *plural = json_str(k->o, "spec.names.plural", "");
	size_t n = strlen(plural), storage = 0;

	for (size_t i = 0; i < COUNT(needed); i++)
		if (need(k, needed[i], e) < 0)
			return -1;
	if (strncmp(k->name, plural, n) != 0 || k->name[n] != '.' ||
	    strcmp(k->name + n + 1, group) != 0)
		return kinvalid(e, k->r, k->name, "metadata.name",
				"Invalid value: \"%s\": must be spec.names.plural+\".\"+spec.group",
				k->name);
	for (const struct json *v = json_first(json_get(k->o, "spec.versions")); v;
	     v = json_next(v))
		storage += json_bool(v, "storage", false) && *json_str(v, "name", "");
	if (storage != 1)
		return kinvalid(e, k->r, k->name, "spec.versions",
				"Invalid value: must have exactly one version marked as storage "
				"version");
	return 0;
}

/* Who runs where may be said once. */
static int pod(const struct look *k, struct err *e)
{
	if (k->old && *json_str(k->old, "spec.nodeName", "") &&
	    !json_same(json_get(k->o, "spec.nodeName"), json_get(k->old, "spec.nodeName")))
		return kinvalid(
			e, k->r, k->name, "spec",
			"Forbidden: pod updates may not change fields other than "
			"`spec.containers[*].image`,`spec.initContainers[*].image`,"
			"`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
			"existing tolerations),`spec.terminationGracePeriodSeconds` (allow it "
			"to be set to 1 if it was previously negative)");
	return containers(k, "spec.", e);
}

int kvalid(const struct kstore *s, const struct kres *r, const struct json *o,
	   const struct json *old, struct err *e)
{
	static const struct {
		const char *plural;
		int (*fn)(const struct look *, struct err *);
	} rows[] = {
		{ "pods", pod },
		{ "services", service },
		{ "deployments", workload },
		{ "replicasets", workload },
		{ "daemonsets", workload },
		{ "statefulsets", workload },
		{ "customresourcedefinitions", definition },
	};
	struct look k = { .r = r, .o = o, .old = old, .name = json_str(o, "metadata.name", "") };

	(void)s;
	if (string_map(&k, "metadata.labels", e) < 0 ||
	    string_map(&k, "metadata.annotations", e) < 0)
		return -1;
	if (json_get(o, "spec") && json_type(json_get(o, "spec")) != JSON_OBJECT)
		return kfail(e, "BadRequest", "spec of \"%s\" must be an object, not %s", k.name,
			     json_type_name(json_get(o, "spec")));
	for (size_t i = 0; i < COUNT(rows) && !r->custom; i++)
		if (strcmp(rows[i].plural, r->plural) == 0)
			return rows[i].fn(&k, e);
	return 0;
}
