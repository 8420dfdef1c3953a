/* SPDX-License-Identifier: Apache-2.0 */
/* kchange.c - create, update, patch, delete: bodies in, objects or Status out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"

static void refuse(const struct kask *a, const char *name, const struct err *e)
{
	kreply_err(a->c, a->r, name, e);
}

static struct json *body(const struct kask *a, struct err *e)
{
	struct err why;
	struct json *j = json_parse(a->c->body, a->c->body_len, &why);

	if (!j) {
		kfail(e, "BadRequest", "the body of the request is no JSON: %.300s", why.msg);
		return NULL;
	}
	if (json_type(j) != JSON_OBJECT && json_type(j) != JSON_ARRAY) {
		kfail(e, "BadRequest", "the body of the request must be an object, not %s",
		      json_type_name(j));
		json_free(&j);
	}
	return j;
}

static void reply_dry(const struct kask *a, int status, const struct json *j)
{
	auto_buf struct buf b = { 0 };
	struct kobj o = { .res = a->r, .ns = a->ns, .name = json_str(j, "metadata.name", "") };

	json_print(j, 0, &b);
	o.text = b.p;
	o.len = b.len;
	kreply_object(a, status, &o);
}

static int check_ns(const struct kask *a, const struct json *j, struct err *e)
{
	const char *ns = json_str(j, "metadata.namespace", "");

	if (!*ns || !a->r->namespaced || strcmp(ns, a->ns) == 0)
		return 0;
	return kfail(e, "BadRequest",
		     "the namespace of the provided object does not match the namespace sent on "
		     "the request");
}

void kchange_create(const struct kask *a)
{
	struct err e;
	auto_json struct json *j = body(a, &e), *made = NULL;
	const char *name = json_str(j, "metadata.name", "");
	const struct kobj *o;

	if (!j || check_ns(a, j, &e) < 0) {
		refuse(a, name, &e);
		return;
	}
	if (a->dry) {
		made = kstore_try_create(a->s, a->r, a->ns, j, &e);
		if (made)
			reply_dry(a, 201, made);
		else
			refuse(a, name, &e);
		json_free(&made);
		return;
	}
	if (kstore_create(a->s, a->r, a->ns, j, &o, &e) < 0)
		refuse(a, name, &e);
	else
		kreply_object(a, 201, o);
}

/* The object is complete: store it, or only try, and answer. */
static void put(const struct kask *a, const struct json *j)
{
	enum kstore_part part = strcmp(a->sub, "status") == 0 ? KSTORE_STATUS : KSTORE_SPEC;
	const struct kobj *o;
	struct json *made;
	struct err e;

	if (a->dry) {
		made = kstore_try_update(a->s, a->r, a->ns, j, part, &e);
		if (made)
			reply_dry(a, 200, made);
		else
			refuse(a, a->name, &e);
		json_free(&made);
		return;
	}
	if (kstore_update(a->s, a->r, a->ns, j, part, &o, &e) < 0)
		refuse(a, a->name, &e);
	else if (o)
		kreply_object(a, 200, o);
	else
		reply_dry(a, 200, j); /* it went with its last finalizer */
}

void kchange_update(const struct kask *a)
{
	struct err e;
	auto_json struct json *j = body(a, &e);
	const char *name = json_str(j, "metadata.name", a->name);

	if (j && strcmp(name, a->name) != 0)
		kfail(&e, "BadRequest",
		      "the name of the object (%.100s) does not match the name on the URL (%.100s)",
		      name, a->name);
	else if (j && check_ns(a, j, &e) == 0) {
		if (!json_get(j, "metadata.name"))
			json_add_str(kmeta(j), "name", a->name);
		put(a, j);
		return;
	}
	refuse(a, a->name, &e);
}

/* ---- patch */

static int apply(const struct kask *a, const char *type, struct json **o, const struct json *patch,
		 struct err *e)
{
	if (str_prefix(type, "application/json-patch+json"))
		return kpatch_json(o, patch, e);
	if (json_type(patch) != JSON_OBJECT)
		return kfail(e, "BadRequest", "a patch of type %.60s must be an object, not %s",
			     type, json_type_name(patch));
	if (str_prefix(type, "application/merge-patch+json")) {
		kpatch_merge(*o, patch);
		return 0;
	}
	if (str_prefix(type, "application/apply-patch+"))
		return kfail(e, "NotImplemented",
			     "this API server is vpcbox-lab's, which has no server-side apply: use "
			     "kubectl apply without --server-side");
	if (!str_prefix(type, "application/strategic-merge-patch+json"))
		return kfail(
			e, "UnsupportedMediaType",
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json-patch+json, application/merge-patch+json, "
			"application/strategic-merge-patch+json");
	if (a->r->custom)
		return kfail(
			e, "UnsupportedMediaType",
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json-patch+json, application/merge-patch+json");
	return kpatch_strategic(*o, patch, e);
}

void kchange_patch(const struct kask *a)
{
	const char *type = http_header(&a->c->headers, "content-type");
	struct err e;
	auto_json struct json *o = NULL;
	auto_json struct json *patch =
		str_prefix(type, "application/apply-patch+") ? json_object() : body(a, &e);

	if (!patch) {
		refuse(a, a->name, &e);
		return;
	}
	o = kstore_json(a->s, a->r, a->ns, a->name);
	if (!o) {
		knot_found(a->r, a->name, &e);
		refuse(a, a->name, &e);
		return;
	}
	if (apply(a, type, &o, patch, &e) < 0) {
		kreply_err(a->c, NULL, NULL, &e);
		return;
	}
	if (json_type(o) != JSON_OBJECT || strcmp(json_str(o, "metadata.name", ""), a->name) != 0) {
		kfail(&e, "BadRequest", "a patch may not change the name of \"%.100s\"", a->name);
		refuse(a, a->name, &e);
		return;
	}
	put(a, o);
}

/* ---- delete */

static int read_delete(const struct kask *a, const struct json *j, struct kdelete *how,
		       struct err *e)
{
	const char *grace = kask_param(a->c, "gracePeriodSeconds");
	const char *policy = kask_param(a->c, "propagationPolicy");

	*how = (struct kdelete) { .grace_s = json_int(j, "gracePeriodSeconds", -1),
				  .policy = json_str(j, "propagationPolicy", policy),
				  .uid = json_str(j, "preconditions.uid", NULL) };
	if (grace && !str_i64(grace, &how->grace_s))
		return kfail(e, "BadRequest", "gracePeriodSeconds: Invalid value: \"%.60s\"",
			     grace);
	if (json_bool(j, "orphanDependents", false))
		how->policy = "Orphan";
	if (json_type(json_get(j, "dryRun")) == JSON_ARRAY && json_first(json_get(j, "dryRun")))
		return 1;
	return a->dry;
}

static void reply_deleted(const struct kask *a, const char *name, const char *uid)
{
	auto_json struct json *s = json_object();
	struct json *details = json_object();

	json_add_str(s, "kind", "Status");
	json_add_str(s, "apiVersion", "v1");
	json_add(s, "metadata", json_object());
	json_add_str(s, "status", "Success");
	json_add_str(details, "name", name);
	if (*a->r->group)
		json_add_str(details, "group", a->r->group);
	json_add_str(details, "kind", a->r->plural);
	json_add_str(details, "uid", uid);
	json_add(s, "details", details);
	kreply_json(a->c, 200, s);
}

static int check_rv(const struct kask *a, const struct json *options, const struct kobj *o,
		    struct err *e)
{
	const char *rv = json_str(options, "preconditions.resourceVersion", "");
	uint64_t want;

	if (!o)
		return knot_found(a->r, a->name, e);
	if (!*rv || (str_u64(rv, &want) && want == o->rv))
		return 0;
	return kfail(e, "Conflict",
		     "Operation cannot be fulfilled on %s \"%s\": Precondition failed: "
		     "ResourceVersion in precondition: %.40s, ResourceVersion in object meta: %llu",
		     kres_name(a->r).s, a->name, rv, (unsigned long long)o->rv);
}

void kchange_delete(const struct kask *a)
{
	struct err e;
	auto_json struct json *options = a->c->body_len ? body(a, &e) : json_object();
	const struct kobj *o = kstore_get(a->s, a->r, a->ns, a->name);
	char uid[64] = "";
	struct kdelete how;
	int dry;

	if (!options || check_rv(a, options, o, &e) < 0 ||
	    (dry = read_delete(a, options, &how, &e)) < 0) {
		refuse(a, a->name, &e);
		return;
	}
	snprintf(uid, sizeof(uid), "%s", o->uid);
	if (dry) {
		kreply_object(a, 200, o);
		return;
	}
	if (kstore_delete(a->s, a->r, a->ns, a->name, &how, &e) < 0) {
		refuse(a, a->name, &e);
		return;
	}
	o = kstore_get(a->s, a->r, a->ns, a->name);
	if (o)
		kreply_object(a, 200, o); /* it is still going */
	else
		reply_deleted(a, a->name, uid);
}

struct doomed {
	struct kselect select;
	struct strs ns, names;
	struct arena *a;
};

static bool note_doomed(void *arg, const struct kobj *o)
{
	struct doomed *d = arg;

	if (kselect_match(&d->select, o)) {
		strs_add(&d->ns, o->ns, d->a);
		strs_add(&d->names, o->name, d->a);
	}
	return true;
}

void kchange_delete_all(const struct kask *a)
{
	struct err e;
	auto_json struct json *options = a->c->body_len ? body(a, &e) : json_object();
	struct doomed d = { .a = &a->c->a };
	struct kdelete how;
	int dry = options ? read_delete(a, options, &how, &e) : -1;

	if (dry < 0 || kselect_parse(&d.select, a->r, kask_param(a->c, "labelSelector"),
				     kask_param(a->c, "fieldSelector"), d.a, &e) < 0) {
		refuse(a, "", &e);
		return;
	}
	kstore_each(a->s, a->r, a->r->namespaced && !a->all ? a->ns : NULL, note_doomed, &d);
	for (size_t i = 0; i < d.names.n && !dry; i++)
		(void)!kstore_delete(a->s, a->r, d.ns.v[i], d.names.v[i], &how, &e);
	reply_deleted(a, "", "");
}
