/* SPDX-License-Identifier: Apache-2.0 */
/* kobject.c - create, update and delete as an API server does them: names, metadata, generations,
 * the status beside the rest, finalizers and grace. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "kinner.h"
#include "str.h"

struct kres_name kres_name(const struct kres *r)
{
	struct kres_name n;

	snprintf(n.s, sizeof(n.s), *r->group ? "%s.%s" : "%s", r->plural, r->group);
	return n;
}

int kfail(struct err *e, const char *reason, const char *fmt, ...)
{
	static const struct {
		const char *reason;
		int num;
	} nums[] = {
		{ "AlreadyExists", EEXIST }, { "NotFound", ENOENT },     { "Conflict", EAGAIN },
		{ "Forbidden", EPERM },      { "Expired", ESTALE },      { "BadRequest", EBADMSG },
		{ "Invalid", EINVAL },       { "Unauthorized", EACCES },
	};
	int num = EINVAL;
	va_list ap;

	for (size_t i = 0; i < COUNT(nums); i++)
		if (strcmp(nums[i].reason, reason) == 0)
			num = nums[i].num;
	*e = (struct err) { .num = num };
	snprintf(e->code, sizeof(e->code), "%s", reason);
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int kinvalid(struct err *e, const struct kres *r, const char *name, const char *field,
	     const char *fmt, ...)
{
	char what[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return kfail(e, "Invalid",
		     *r->group ? "%s.%s \"%s\" is invalid: %s: %s"
			       : "%s%s \"%s\" is invalid: %s: %s",
		     r->kind, r->group, name, field, what);
}

int knot_found(const struct kres *r, const char *name, struct err *e)
{
	return kfail(e, "NotFound", "%s \"%s\" not found", kres_name(r).s, name);
}

struct json *kmeta(struct json *obj)
{
	struct json *m = json_at(obj, "metadata");

	if (json_type(m) != JSON_OBJECT) {
		m = json_object();
		json_add(obj, "metadata", m);
	}
	return m;
}

bool kres_is(const struct kres *r, const char *plural)
{
	return strcmp(r->plural, plural) == 0 && !r->custom;
}

static void now_text(char out[21])
{
	time_rfc3339(wall_s(), out);
}

/* ---- create */

/* As the names that the API server generates: no vowels, no digits that look like letters. */
static void generate_name(struct json *meta)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	const char *base = json_str(meta, "generateName", "");
	uint8_t dice[5];
	char name[300];
	int n = snprintf(name, sizeof(name) - sizeof(dice), "%.248s", base);

	random_bytes(dice, sizeof(dice));
	for (size_t i = 0; i < sizeof(dice); i++)
		name[(size_t)n + i] = letters[dice[i] % (sizeof(letters) - 1)];
	name[(size_t)n + sizeof(dice)] = '\0';
	json_add_str(meta, "name", name);
}

static void set_uid(struct json *meta)
{
	uint8_t u[16];
	char uid[40];

	random_bytes(u, sizeof(u));
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
	snprintf(uid, sizeof(uid),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
	json_add_str(meta, "uid", uid);
}

/* Of a custom kind any of its versions is taken and the stored one kept; else what is not said is
 * filled in, and what is said must fit. */
static int fit_kind(const struct kstore *s, const struct kres *r, const struct json *obj,
		    struct err *e)
{
	const char *kind = json_str(obj, "kind", r->kind),
		   *version = json_str(obj, "apiVersion", NULL);
	size_t n = strlen(r->group);
	bool fits;

	(void)s;
	if (json_type(obj) != JSON_OBJECT)
		return kfail(e, "BadRequest", "an object is wanted, not %s", json_type_name(obj));
	if (strcmp(kind, r->kind) != 0)
		return kfail(e, "BadRequest", "%s is not the kind of %s, which is %s", kind,
			     kres_name(r).s, r->kind);
	fits = !version ||
	       (n == 0 ? strcmp(version, r->version) == 0
		       : strncmp(version, r->group, n) == 0 && version[n] == '/' &&
				 (r->custom || strcmp(version + n + 1, r->version) == 0));
	return fits ? 0
		    : kfail(e, "BadRequest", "%s is not the apiVersion of %s", version,
			    kres_name(r).s);
}

/* apiVersion, kind and metadata in front, so that a reader of bytes finds them. */
static struct json *canonical(const struct kres *r, const struct json *obj)
{
	struct json *out = json_object();
	char version[300];

	snprintf(version, sizeof(version), *r->group ? "%s/%s" : "%s%s", r->group, r->version);
	json_add_str(out, "apiVersion", version);
	json_add_str(out, "kind", r->kind);
	json_add(out, "metadata",
		 json_type(json_get(obj, "metadata")) == JSON_OBJECT
			 ? json_copy(json_get(obj, "metadata"))
			 : json_object());
	for (const struct json *m = json_first(obj); m; m = json_next(m)) {
		const char *k = json_key(m);

		if (strcmp(k, "apiVersion") && strcmp(k, "kind") && strcmp(k, "metadata"))
			json_add(out, k, json_copy(m));
	}
	for (size_t i = 0; i < 2; i++)
		json_drop(kmeta(out), (const char *const[]) { "managedFields", "selfLink" }[i]);
	return out;
}

static int namespace_takes(const struct kstore *s, const struct kres *r, const char *ns,
			   const char *name, struct err *e)
{
	const struct kres *all = kstore_resource(s, "", "namespaces");
	auto_json struct json *o = kstore_json(s, all, "", ns);

	if (!o)
		return knot_found(all, ns, e);
	if (json_get(o, "metadata.deletionTimestamp"))
		return kfail(e, "Forbidden",
			     "%s \"%s\" is forbidden: unable to create new content in namespace "
			     "%s because it is being terminated",
			     kres_name(r).s, name, ns);
	return 0;
}

static void new_meta(const struct kres *r, const char *ns, struct json *meta)
{
	static const char *const ours[] = { "deletionTimestamp", "deletionGracePeriodSeconds",
					    "resourceVersion", "generation" };
	char now[21];

	for (size_t i = 0; i < COUNT(ours); i++)
		json_drop(meta, ours[i]);
	json_drop(meta, "namespace");
	if (r->namespaced)
		json_add_str(meta, "namespace", ns);
	set_uid(meta);
	now_text(now);
	json_add_str(meta, "creationTimestamp", now);
	if (r->generation)
		json_add_int(meta, "generation", 1);
}

struct json *kstore_try_create(struct kstore *s, const struct kres *r, const char *ns,
			       const struct json *obj, struct err *e)
{
	auto_json struct json *o = NULL;
	struct json *meta;
	const char *name;

	if (fit_kind(s, r, obj, e) < 0)
		return NULL;
	o = canonical(r, obj);
	meta = kmeta(o);
	if (!*json_str(meta, "name", "") && *json_str(meta, "generateName", ""))
		generate_name(meta);
	name = json_str(meta, "name", "");
	if (!*name)
		return kinvalid(e, r, "", "metadata.name",
				"Required value: name or generateName is required"),
		       NULL;
	if (r->namespaced && namespace_takes(s, r, ns, name, e) < 0)
		return NULL;
	if (kvalid_name(r, name, e) < 0)
		return NULL;
	if (kstore_get(s, r, r->namespaced ? ns : "", name))
		return kfail(e, "AlreadyExists", "%s \"%s\" already exists", kres_name(r).s, name),
		       NULL;
	new_meta(r, ns, meta);
	if (r->status && !r->keeps_status)
		json_drop(o, "status");
	kdefault(s, r, o, NULL);
	if (kvalid(s, r, o, NULL, e) < 0)
		return NULL;
	return TAKE(o);
}

int kstore_create(struct kstore *s, const struct kres *r, const char *ns, const struct json *obj,
		  const struct kobj **out, struct err *e)
{
	auto_json struct json *o = kstore_try_create(s, r, ns, obj, e);
	const struct kobj *made;

	if (!o)
		return -1;
	made = kstore_put(s, r, o);
	if (kres_is(r, "customresourcedefinitions"))
		kcrd_serve(s, o);
	if (out)
		*out = made;
	return 0;
}

/* ---- update */

static int check_versions(const struct kres *r, const char *name, const struct json *obj,
			  const struct json *old, struct err *e)
{
	const char *rv = json_str(obj, "metadata.resourceVersion", ""),
		   *uid = json_str(obj, "metadata.uid", ""),
		   *now = json_str(old, "metadata.uid", "");

	if (*uid && strcmp(uid, now) != 0)
		return kfail(
			e, "Conflict",
			"Operation cannot be fulfilled on %s \"%s\": StorageError: invalid "
			"object, Code: 4, Precondition failed: UID in precondition: %s, UID in "
			"object meta: %s",
			kres_name(r).s, name, uid, now);
	if (*rv && strcmp(rv, "0") != 0 &&
	    strcmp(rv, json_str(old, "metadata.resourceVersion", "")) != 0)
		return kfail(e, "Conflict",
			     "Operation cannot be fulfilled on %s \"%s\": the object has been "
			     "modified; please apply your changes to the latest version and try "
			     "again",
			     kres_name(r).s, name);
	return 0;
}

static void keep(struct json *to, const struct json *from, const char *key)
{
	const struct json *v = json_member(from, key);

	json_drop(to, key);
	if (v)
		json_add(to, key, json_copy(v));
}

static void keep_meta(struct json *o, const struct json *old)
{
	static const char *const ours[] = { "name",
					    "namespace",
					    "uid",
					    "creationTimestamp",
					    "deletionTimestamp",
					    "deletionGracePeriodSeconds",
					    "generation",
					    "generateName",
					    "resourceVersion" };

	for (size_t i = 0; i < COUNT(ours); i++)
		keep(kmeta(o), json_get(old, "metadata"), ours[i]);
}

/* All but metadata and status. */
static bool same_spec(const struct json *a, const struct json *b, bool status_too)
{
	for (const struct json *m = json_first(a); m; m = json_next(m)) {
		const char *k = json_key(m);

		if (strcmp(k, "metadata") == 0 || strcmp(k, "apiVersion") == 0 ||
		    (strcmp(k, "status") == 0 && !status_too))
			continue;
		if (!json_same(m, json_member(b, k)))
			return false;
	}
	return true;
}

static void count_generation(const struct kres *r, struct json *o, const struct json *old)
{
	bool status_too = r->custom && !r->status,
	     same = same_spec(o, old, status_too) && same_spec(old, o, status_too);

	if (kres_is(r, "deployments") &&
	    !json_same(json_get(o, "metadata.annotations"), json_get(old, "metadata.annotations")))
		same = false;
	if (r->generation && !same)
		json_add_int(kmeta(o), "generation", json_int(old, "metadata.generation", 0) + 1);
}

static struct json *merged(const struct kres *r, const struct json *obj, const struct json *old,
			   enum kstore_part part)
{
	struct json *o;

	if (part == KSTORE_STATUS) {
		o = json_copy(old);
		keep(o, obj, "status");
		kdefault_status(r, o);
		return o;
	}
	o = canonical(r, obj);
	keep_meta(o, old);
	if (r->status)
		keep(o, old, "status");
	return o;
}

static struct json *updated(struct kstore *s, const struct kres *r, const char *name,
			    const struct json *obj, const struct json *old, enum kstore_part part,
			    struct err *e)
{
	auto_json struct json *o = NULL;

	if (check_versions(r, name, obj, old, e) < 0)
		return NULL;
	o = merged(r, obj, old, part);
	if (part == KSTORE_SPEC) {
		kdefault(s, r, o, old);
		if (kvalid(s, r, o, old, e) < 0)
			return NULL;
		count_generation(r, o, old);
	}
	return TAKE(o);
}

static struct json *try_update(struct kstore *s, const struct kres *r, const char *ns,
			       const struct json *obj, enum kstore_part part, struct json **old,
			       struct err *e)
{
	const char *name = json_str(obj, "metadata.name", "");

	if (fit_kind(s, r, obj, e) < 0)
		return NULL;
	*old = kstore_json(s, r, r->namespaced ? ns : "", name);
	if (!*old)
		return knot_found(r, name, e), NULL;
	return updated(s, r, name, obj, *old, part, e);
}

struct json *kstore_try_update(struct kstore *s, const struct kres *r, const char *ns,
			       const struct json *obj, enum kstore_part part, struct err *e)
{
	auto_json struct json *old = NULL;

	return try_update(s, r, ns, obj, part, &old, e);
}

/* Nothing holds one that is to go. */
static bool may_go(const struct json *o)
{
	const struct json *m = json_get(o, "metadata");

	return json_get(m, "deletionTimestamp") && !json_first(json_get(m, "finalizers")) &&
	       json_int(m, "deletionGracePeriodSeconds", 0) == 0 &&
	       !(strcmp(json_str(o, "kind", ""), "Namespace") == 0 &&
		 json_first(json_get(o, "spec.finalizers")));
}

int kstore_update(struct kstore *s, const struct kres *r, const char *ns, const struct json *obj,
		  enum kstore_part part, const struct kobj **out, struct err *e)
{
	auto_json struct json *old = NULL;
	auto_json struct json *o = try_update(s, r, ns, obj, part, &old, e);
	const char *name = json_str(o, "metadata.name", "");
	const struct kobj *now;

	if (!o)
		return -1;
	ns = r->namespaced ? ns : "";
	now = json_same(o, old) ? kstore_get(s, r, ns, name) : kstore_put(s, r, o);
	if (out)
		*out = now;
	if (kres_is(r, "customresourcedefinitions"))
		kcrd_serve(s, o);
	if (may_go(o)) {
		if (out)
			*out = NULL;
		kstore_remove(s, r, ns, name);
	}
	return 0;
}
