/* SPDX-License-Identifier: Apache-2.0 */
/* ksub.c - subresources: scale, binding, eviction, tokens; the rest of a pod's is relayed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "kask.h"
#include "str.h"

static void put_selector(const struct json *o, struct json *status)
{
	const struct json *labels = json_get(o, "spec.selector.matchLabels");
	auto_buf struct buf b = { 0 };

	for (const struct json *m = json_first(labels); m; m = json_next(m))
		buf_fmt(&b, "%s%s=%s", b.len ? "," : "", json_key(m),
			json_text(m) ? json_text(m) : "");
	if (b.len)
		json_add_str(status, "selector", b.p);
}

/* Where a custom resource keeps them (".spec.replicas" in its definition), or the usual places. */
static const char *scale_path(const struct kask *a, const char *which, const char *usual)
{
	const struct json *crd = kstore_crd(a->s, a->r);
	const char *path;

	for (const struct json *v = json_first(json_get(crd, "spec.versions")); v;
	     v = json_next(v)) {
		path = json_str(json_get(v, "subresources.scale"), which, "");
		if (*path == '.')
			return path + 1;
	}
	return usual;
}

static struct json *scale_of(const struct kask *a, const struct json *o)
{
	static const char *const kept[] = { "name", "namespace", "uid", "resourceVersion",
					    "creationTimestamp" };
	struct json *s = json_object(), *meta = json_object(), *spec = json_object(),
		    *status = json_object();

	json_add_str(s, "kind", "Scale");
	json_add_str(s, "apiVersion", "autoscaling/v1");
	for (size_t i = 0; i < COUNT(kept); i++)
		if (json_get(json_get(o, "metadata"), kept[i]))
			json_add(meta, kept[i],
				 json_copy(json_get(json_get(o, "metadata"), kept[i])));
	json_add_int(spec, "replicas",
		     json_int(o, scale_path(a, "specReplicasPath", "spec.replicas"), 0));
	json_add_int(status, "replicas",
		     json_int(o, scale_path(a, "statusReplicasPath", "status.replicas"), 0));
	put_selector(o, status);
	json_add(s, "metadata", meta);
	json_add(s, "spec", spec);
	json_add(s, "status", status);
	return s;
}

static int patched_scale(const struct kask *a, struct json **scale, const struct json *body,
			 struct err *e)
{
	const char *type = http_header(&a->c->headers, "content-type");

	if (strcmp(a->c->method, "PUT") == 0) {
		json_free(scale);
		*scale = json_copy(body);
		return 0;
	}
	if (str_prefix(type, "application/json-patch+json"))
		return kpatch_json(scale, body, e);
	kpatch_merge(*scale, body);
	return 0;
}

static int set_replicas(const struct kask *a, struct json *o, const struct json *scale,
			struct err *e)
{
	const char *path = scale_path(a, "specReplicasPath", "spec.replicas"),
		   *rv = json_str(scale, "metadata.resourceVersion", NULL);
	int64_t n = json_int(scale, "spec.replicas", 0);
	char name[64];

	if (n < 0)
		return kinvalid(e, a->r, a->name, "spec.replicas",
				"Invalid value: %lld: must be greater than or equal to 0",
				(long long)n);
	if (rv)
		json_add_str(kmeta(o), "resourceVersion", rv);
	while (strchr(path, '.')) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "."), path);
		if (json_type(json_at(o, name)) != JSON_OBJECT)
			json_add(o, name, json_object());
		o = json_at(o, name);
		path = strchr(path, '.') + 1;
	}
	json_add_int(o, path, n);
	return 0;
}

static void scale(const struct kask *a)
{
	struct err e;
	auto_json struct json *o = kstore_json(a->s, a->r, a->ns, a->name), *s = NULL, *body = NULL;
	auto_json struct json *now = NULL;
	bool get = strcmp(a->c->method, "GET") == 0;

	if (!o) {
		knot_found(a->r, a->name, &e);
		kreply_err(a->c, a->r, a->name, &e);
		return;
	}
	s = scale_of(a, o);
	if (!get) {
		body = json_parse(a->c->body, a->c->body_len, &e);
		if (!body)
			kfail(&e, "BadRequest", "the body of the request is no JSON");
		if (!body || patched_scale(a, &s, body, &e) < 0 || set_replicas(a, o, s, &e) < 0 ||
		    (!a->dry && kstore_update(a->s, a->r, a->ns, o, KSTORE_SPEC, NULL, &e) < 0)) {
			kreply_err(a->c, a->r, a->name, &e);
			json_free(&s);
			json_free(&body);
			return;
		}
		json_free(&s);
		json_free(&body);
		now = a->dry ? json_copy(o) : kstore_json(a->s, a->r, a->ns, a->name);
		s = scale_of(a, now);
	}
	kreply_json(a->c, 200, s);
	json_free(&s);
}

static void success(const struct kask *a)
{
	static const char text[] = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
				   "\"status\":\"Success\",\"code\":201}\n";

	kreply_text(a->c, 201, "application/json", text, sizeof(text) - 1);
}

static void bind_condition(struct json *o)
{
	struct json *c = json_object(), *list = json_array(), *status = json_at(o, "status");
	char now[21];

	time_rfc3339(wall_s(), now);
	json_add_str(c, "type", "PodScheduled");
	json_add_str(c, "status", "True");
	json_add(c, "lastProbeTime", NULL);
	json_add_str(c, "lastTransitionTime", now);
	json_push(list, c);
	if (json_type(status) == JSON_OBJECT)
		json_add(status, "conditions", list);
}

/* A pod gets its node: once. */
static int bind(const struct kask *a, struct err *e)
{
	auto_json struct json *body = json_parse(a->c->body, a->c->body_len, e);
	auto_json struct json *o = kstore_json(a->s, a->r, a->ns, a->name);
	const char *node = json_str(body, "target.name", "");
	struct json *spec;

	if (!o)
		return knot_found(a->r, a->name, e);
	if (!*node)
		return kfail(e, "BadRequest", "a Binding must have target.name");
	if (*json_str(o, "spec.nodeName", ""))
		return kfail(
			e, "Conflict",
			"Operation cannot be fulfilled on pods/binding \"%s\": pod %s is already "
			"assigned to node \"%s\"",
			a->name, a->name, json_str(o, "spec.nodeName", ""));
	spec = json_at(o, "spec");
	json_add_str(spec, "nodeName", node);
	bind_condition(o);
	if (kstore_update(a->s, a->r, a->ns, o, KSTORE_SPEC, NULL, e) < 0)
		return -1;
	json_drop(kmeta(o), "resourceVersion");
	return kstore_update(a->s, a->r, a->ns, o, KSTORE_STATUS, NULL, e);
}

static int evict(const struct kask *a, struct err *e)
{
	auto_json struct json *body = json_parse(a->c->body, a->c->body_len, e);
	struct kdelete how = {
		.grace_s = json_int(body, "deleteOptions.gracePeriodSeconds", -1),
		.uid = json_str(body, "deleteOptions.preconditions.uid", NULL),
	};

	return kstore_delete(a->s, a->r, a->ns, a->name, &how, e);
}

static void token(const struct kask *a)
{
	struct err e;
	auto_json struct json *o = json_parse(a->c->body, a->c->body_len, &e);
	struct json *status = json_object();
	char when[21], word[65];
	uint8_t dice[32];

	if (json_type(o) != JSON_OBJECT || !kstore_get(a->s, a->r, a->ns, a->name)) {
		json_free(&status);
		knot_found(a->r, a->name, &e);
		kreply_err(a->c, a->r, a->name, &e);
		return;
	}
	random_bytes(dice, sizeof(dice));
	hex(dice, sizeof(dice), word);
	time_rfc3339(wall_s() + json_int(o, "spec.expirationSeconds", 3600), when);
	json_add_str(status, "token", word);
	json_add_str(status, "expirationTimestamp", when);
	json_add(o, "status", status);
	kreply_json(a->c, 201, o);
}

bool ksub_serve(const struct kask *a)
{
	static const char *const relayed[] = { "log", "exec", "attach", "portforward" };
	bool post = strcmp(a->c->method, "POST") == 0, pods = kres_is(a->r, "pods");
	struct err e;

	for (size_t i = 0; i < COUNT(relayed) && pods; i++)
		if (strcmp(relayed[i], a->sub) == 0) {
			krelay_serve(a);
			return true;
		}
	if (strcmp(a->sub, "scale") == 0 && a->r->scale) {
		scale(a);
		return true;
	}
	if (post && kres_is(a->r, "serviceaccounts") && strcmp(a->sub, "token") == 0) {
		token(a);
		return true;
	}
	if (!post || !pods || (strcmp(a->sub, "binding") && strcmp(a->sub, "eviction")))
		return false;
	if ((strcmp(a->sub, "binding") == 0 ? bind(a, &e) : evict(a, &e)) < 0)
		kreply_err(a->c, a->r, a->name, &e);
	else
		success(a);
	return true;
}
