/* SPDX-License-Identifier: Apache-2.0 */
/* fakekube_store.c - a list in order, and a log of what became of it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fakekube_store.h"
#include "str.h"

static char *copy(const char *s)
{
	return memcpy(xalloc(strlen(s) + 1), s, strlen(s) + 1);
}

bool fake_path_parse(struct fake_path *p, const char *path, struct arena *a)
{
	struct strs s = str_split(path, "/", a);
	bool core = s.n && strcmp(s.v[0], "api") == 0;
	size_t at = core ? 2 : 3;
	const char *part[3] = { "", "", "" };

	*p = (struct fake_path) { "", "", "", "", "" };
	if (s.n <= at || (!core && strcmp(s.v[0], "apis") != 0))
		return false;
	p->group = core ? arena_fmt(a, "/api/%s", s.v[1])
			: arena_fmt(a, "/apis/%s/%s", s.v[1], s.v[2]);
	if (strcmp(s.v[at], "namespaces") == 0 && s.n >= at + 3 &&
	    strcmp(s.v[at + 2], "status") != 0) {
		p->ns = s.v[at + 1];
		at += 2;
	}
	if (s.n - at > 3)
		return false;
	for (size_t i = 0; at + i < s.n; i++)
		part[i] = s.v[at + i];
	p->plural = part[0];
	p->name = part[1];
	p->sub = part[2];
	return true;
}

struct json *fake_status(int code, const char *fmt, ...)
{
	static const struct {
		int code;
		const char *reason;
	} all[] = { { 400, "BadRequest" },       { 401, "Unauthorized" },
		    { 403, "Forbidden" },        { 404, "NotFound" },
		    { 405, "MethodNotAllowed" }, { 409, "Conflict" },
		    { 410, "Expired" },          { 415, "UnsupportedMediaType" },
		    { 422, "Invalid" },          { 429, "TooManyRequests" },
		    { 500, "InternalError" },    { 503, "ServiceUnavailable" } };
	struct json *j = json_object();
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_add_str(j, "kind", "Status");
	json_add_str(j, "apiVersion", "v1");
	json_add_str(j, "status", code < 300 ? "Success" : "Failure");
	json_add_str(j, "message", text);
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].code == code)
			json_add_str(j, "reason", all[i].reason);
	json_add_int(j, "code", code);
	return j;
}

/* ---- objects */

static int order(const struct fake_object *o, const struct fake_path *p)
{
	int c = strcmp(o->group, p->group);

	c = c ? c : strcmp(o->plural, p->plural);
	c = c ? c : strcmp(o->ns, p->ns);
	return c ? c : strcmp(o->name, p->name);
}

/* Where it is or would be. */
static size_t place(const struct fake_store *s, const struct fake_path *p)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (order(&s->v[mid], p) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct fake_object *find(const struct fake_store *s, const struct fake_path *p)
{
	size_t i = place(s, p);

	return i < s->n && order(&s->v[i], p) == 0 ? &s->v[i] : NULL;
}

static void object_free(struct fake_object *o)
{
	free(o->group);
	free(o->plural);
	free(o->ns);
	free(o->name);
	json_free(&o->j);
}

void fake_store_free(struct fake_store *s)
{
	for (size_t i = 0; i < s->n; i++)
		object_free(&s->v[i]);
	for (size_t i = 0; i < s->nevents; i++) {
		free(s->events[i].group);
		free(s->events[i].plural);
		free(s->events[i].ns);
		free(s->events[i].object);
	}
	free(s->v);
	free(s->events);
	*s = (struct fake_store) { 0 };
}

static void insert(struct fake_store *s, const struct fake_path *p, struct json *j)
{
	size_t at = place(s, p);

	if (s->n == s->cap)
		s->v = xgrow(s->v, (s->cap = s->cap ? 2 * s->cap : 16) * sizeof(*s->v));
	memmove(s->v + at + 1, s->v + at, (s->n - at) * sizeof(*s->v));
	s->v[at] = (struct fake_object) { copy(p->group), copy(p->plural), copy(p->ns),
					  copy(p->name), j };
	s->n++;
}

static void log_event(struct fake_store *s, const char *type, const struct fake_object *o)
{
	struct buf text = { 0 };

	if (s->nevents == s->events_cap)
		s->events =
			xgrow(s->events, (s->events_cap = s->events_cap ? 2 * s->events_cap : 16) *
						 sizeof(*s->events));
	json_print(o->j, 0, &text);
	s->events[s->nevents++] =
		(struct fake_event) { s->version,      type,        copy(o->group),
				      copy(o->plural), copy(o->ns), text.p };
}

bool fake_event_fits(const struct fake_event *v, const struct fake_path *p)
{
	return strcmp(v->group, p->group) == 0 && strcmp(v->plural, p->plural) == 0 &&
	       (!*p->ns || strcmp(v->ns, p->ns) == 0);
}

/* ---- metadata */

static void set_meta(struct json *object, const char *key, const char *value)
{
	struct json *meta = json_copy(json_member(object, "metadata"));

	meta = meta ? meta : json_object();
	if (value)
		json_add_str(meta, key, value);
	else
		json_drop(meta, key);
	json_add(object, "metadata", meta);
}

static void keep_meta(struct json *to, const struct json *from, const char *key)
{
	char path[64];

	snprintf(path, sizeof(path), "metadata.%s", key);
	set_meta(to, key, json_str(from, path, NULL));
}

static void set_version(struct fake_store *s, struct json *object)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, ++s->version);
	set_meta(object, "resourceVersion", text);
}

static void set_generation(struct json *object, int64_t v)
{
	struct json *meta = json_copy(json_member(object, "metadata"));

	json_add_int(meta, "generation", v);
	json_add(object, "metadata", meta);
}

/* Whatever the order of members. */
static bool equal(const struct json *a, const struct json *b)
{
	const struct json *x, *y = json_first(b);
	auto_buf struct buf s = { 0 }, t = { 0 };

	if (json_type(a) != json_type(b) || json_count(a) != json_count(b))
		return false;
	if (json_type(a) != JSON_OBJECT && json_type(a) != JSON_ARRAY) {
		json_print(a, 0, &s);
		json_print(b, 0, &t);
		return strcmp(s.p, t.p) == 0;
	}
	for (x = json_first(a); x; x = json_next(x), y = json_next(y))
		if (!equal(x, json_type(a) == JSON_OBJECT ? json_member(b, json_key(x)) : y))
			return false;
	return true;
}

/* ---- verbs */

static int answer(struct json **out, int code, struct json *j)
{
	*out = j;
	return code;
}

static int not_found(const struct fake_path *p, struct json **out)
{
	return answer(out, 404, fake_status(404, "%s \"%s\" not found", p->plural, p->name));
}

static struct json *list_head(const struct fake_store *s, const char *go_on, size_t left)
{
	struct json *j = json_object(), *meta = json_object();
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, s->version);
	json_add_str(j, "kind", "List");
	json_add_str(j, "apiVersion", "v1");
	json_add_str(meta, "resourceVersion", text);
	if (go_on)
		json_add_str(meta, "continue", go_on);
	if (left)
		json_add_int(meta, "remainingItemCount", (int64_t)left);
	json_add(j, "metadata", meta);
	return j;
}

/* go_on: "NAMESPACE/NAME" of the last object given. */
int fake_list(struct fake_store *s, const struct fake_path *p, size_t limit, const char *go_on,
	      struct json **out)
{
	struct json *items = json_array();
	char last[256] = "";
	size_t given = 0, left = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct fake_object *o = &s->v[i];
		char key[256];

		if (strcmp(o->group, p->group) != 0 || strcmp(o->plural, p->plural) != 0 ||
		    (*p->ns && strcmp(o->ns, p->ns) != 0))
			continue;
		snprintf(key, sizeof(key), "%.100s/%.150s", o->ns, o->name);
		if (go_on && strcmp(key, go_on) <= 0)
			continue;
		if (limit && given == limit) {
			left++;
			continue;
		}
		json_push(items, json_copy(o->j));
		given++;
		snprintf(last, sizeof(last), "%s", key);
	}
	*out = list_head(s, left ? last : NULL, left);
	json_add(*out, "items", items);
	return 200;
}

int fake_get(struct fake_store *s, const struct fake_path *p, struct json **out)
{
	const struct fake_object *o = find(s, p);

	return o ? answer(out, 200, json_copy(o->j)) : not_found(p, out);
}

int fake_create(struct fake_store *s, const struct fake_path *p, const struct json *body,
		struct json **out)
{
	const char *prefix = json_str(body, "metadata.generateName", NULL);
	char name[128], uid[64], now[21];
	struct fake_path to = *p;
	struct json *j;

	snprintf(name, sizeof(name), "%s", json_str(body, "metadata.name", ""));
	if (!*name && prefix)
		snprintf(name, sizeof(name), "%.100s%05" PRId64, prefix, s->uids);
	if (!*name)
		return answer(out, 422,
			      fake_status(422,
					  "%s is invalid: metadata.name: Required "
					  "value: name or generateName is required",
					  p->plural));
	to.name = name;
	if (find(s, &to)) {
		*out = fake_status(409, "%s \"%s\" already exists", p->plural, name);
		json_add_str(*out, "reason", "AlreadyExists");
		return 409;
	}
	j = json_copy(body);
	snprintf(uid, sizeof(uid), "00000000-0000-4000-8000-%012" PRId64, ++s->uids);
	time_rfc3339(wall_s(), now);
	set_meta(j, "name", name);
	if (*p->ns)
		set_meta(j, "namespace", p->ns);
	set_meta(j, "uid", uid);
	set_meta(j, "creationTimestamp", now);
	set_generation(j, 1);
	set_version(s, j);
	insert(s, &to, j);
	log_event(s, "ADDED", find(s, &to));
	return answer(out, 201, json_copy(j));
}

static void removed(struct fake_store *s, struct fake_object *o)
{
	set_version(s, o->j);
	log_event(s, "DELETED", o);
	object_free(o);
	memmove(o, o + 1, (size_t)(s->v + --s->n - o) * sizeof(*o));
}

/* Put next, which is taken over, into the place of o's value. */
static int replace(struct fake_store *s, struct fake_object *o, const struct fake_path *p,
		   struct json *next, struct json **out)
{
	static const char *const kept[] = { "name",
					    "namespace",
					    "uid",
					    "creationTimestamp",
					    "resourceVersion",
					    "deletionTimestamp" };
	bool status = strcmp(p->sub, "status") == 0;
	int64_t generation = json_int(o->j, "metadata.generation", 1);
	const char *was = json_str(next, "metadata.resourceVersion", NULL);

	if (was && *was && strcmp(was, json_str(o->j, "metadata.resourceVersion", "")) != 0) {
		json_free(&next);
		return answer(out, 409,
			      fake_status(409,
					  "Operation cannot be fulfilled on %s \"%s\": the object "
					  "has been modified; please apply your changes to the "
					  "latest version and try again",
					  p->plural, p->name));
	}
	if (status) {
		struct json *whole = json_copy(o->j);

		json_add(whole, "status", json_copy(json_member(next, "status")));
		json_free(&next);
		next = whole;
	} else if (json_member(o->j, "status")) {
		json_add(next, "status", json_copy(json_member(o->j, "status")));
	} else {
		json_drop(next, "status");
	}
	for (size_t i = 0; i < COUNT(kept); i++)
		keep_meta(next, o->j, kept[i]);
	set_generation(next,
		       generation + !equal(json_member(next, "spec"), json_member(o->j, "spec")));
	if (equal(next, o->j)) {
		json_free(&next);
		return answer(out, 200, json_copy(o->j));
	}
	json_free(&o->j);
	o->j = next;
	if (json_get(next, "metadata.deletionTimestamp") &&
	    !json_count(json_get(next, "metadata.finalizers"))) {
		*out = json_copy(next);
		removed(s, o);
		return 200;
	}
	set_version(s, next);
	log_event(s, "MODIFIED", o);
	return answer(out, 200, json_copy(next));
}

int fake_update(struct fake_store *s, const struct fake_path *p, const struct json *body,
		struct json **out)
{
	struct fake_object *o = find(s, p);

	return o ? replace(s, o, p, json_copy(body), out) : not_found(p, out);
}

static struct json *merge(const struct json *to, const struct json *patch, bool strategic,
			  const char *key);

static struct json *merge_lists(const struct json *to, const struct json *patch)
{
	struct json *all = json_array();

	for (const struct json *o = json_first(to); o; o = json_next(o)) {
		const struct json *by = NULL;

		for (const struct json *n = json_first(patch); n; n = json_next(n))
			if (strcmp(json_str(n, "type", json_text(n) ? json_text(n) : ""),
				   json_str(o, "type", json_text(o) ? json_text(o) : "")) == 0)
				by = n;
		json_push(all, by ? merge(o, by, true, "") : json_copy(o));
	}
	for (const struct json *n = json_first(patch); n; n = json_next(n)) {
		bool there = false;

		for (const struct json *o = json_first(to); o; o = json_next(o))
			there |= strcmp(json_str(n, "type", json_text(n) ? json_text(n) : ""),
					json_str(o, "type", json_text(o) ? json_text(o) : "")) == 0;
		if (!there)
			json_push(all, json_copy(n));
	}
	return all;
}

static struct json *merge(const struct json *to, const struct json *patch, bool strategic,
			  const char *key)
{
	struct json *j;

	if (strategic && json_type(to) == JSON_ARRAY && json_type(patch) == JSON_ARRAY &&
	    (strcmp(key, "conditions") == 0 || strcmp(key, "finalizers") == 0))
		return merge_lists(to, patch);
	if (json_type(patch) != JSON_OBJECT)
		return json_copy(patch);
	j = json_type(to) == JSON_OBJECT ? json_copy(to) : json_object();
	for (const struct json *m = json_first(patch); m; m = json_next(m)) {
		const char *k = json_key(m);

		if (json_type(m) == JSON_NULL)
			json_drop(j, k);
		else
			json_add(j, k, merge(json_member(to, k), m, strategic, k));
	}
	return j;
}

int fake_patch(struct fake_store *s, const struct fake_path *p, const struct json *patch,
	       bool strategic, struct json **out)
{
	struct fake_object *o = find(s, p);

	return o ? replace(s, o, p, merge(o->j, patch, strategic, ""), out) : not_found(p, out);
}

int fake_delete(struct fake_store *s, const struct fake_path *p, struct json **out)
{
	struct fake_object *o = find(s, p);
	char now[21];

	if (!o)
		return not_found(p, out);
	if (json_count(json_get(o->j, "metadata.finalizers"))) {
		if (!json_get(o->j, "metadata.deletionTimestamp")) {
			time_rfc3339(wall_s(), now);
			set_meta(o->j, "deletionTimestamp", now);
			set_version(s, o->j);
			log_event(s, "MODIFIED", o);
		}
		return answer(out, 200, json_copy(o->j));
	}
	removed(s, o);
	return answer(out, 200, fake_status(200, "%s", ""));
}
