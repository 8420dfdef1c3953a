/* SPDX-License-Identifier: Apache-2.0 */
/* kcrd.c - a CustomResourceDefinition becomes a resource. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kinner.h"

static void condition(struct json *list, const char *type, const char *reason, const char *message)
{
	struct json *c = json_object();
	char now[21];

	time_rfc3339(wall_s(), now);
	json_add_str(c, "lastTransitionTime", now);
	json_add_str(c, "message", message);
	json_add_str(c, "reason", reason);
	json_add_str(c, "status", "True");
	json_add_str(c, "type", type);
	json_push(list, c);
}

/* The version that is kept: the one marked so. */
static const struct json *stored(const struct json *crd)
{
	const struct json *v = json_first(json_get(crd, "spec.versions"));

	while (v && !json_bool(v, "storage", false))
		v = json_next(v);
	return v;
}

void kcrd_accept(struct json *crd)
{
	struct json *status = json_object(), *conditions = json_array(), *kept = json_array();

	condition(conditions, "NamesAccepted", "NoConflicts", "no conflicts found");
	condition(conditions, "Established", "InitialNamesAccepted",
		  "the initial names have been accepted");
	json_push_str(kept, json_str(stored(crd), "name", "v1"));
	json_add(status, "acceptedNames", json_copy(json_get(crd, "spec.names")));
	json_add(status, "conditions", conditions);
	json_add(status, "storedVersions", kept);
	json_add(crd, "status", status);
}

static struct kstore_res *of(struct kstore *s, const struct json *crd)
{
	const char *group = json_str(crd, "spec.group", ""),
		   *plural = json_str(crd, "spec.names.plural", "");

	for (size_t i = 0; i < s->nres; i++)
		if (s->res[i]->r.custom && strcmp(s->res[i]->r.plural, plural) == 0 &&
		    strcmp(s->res[i]->r.group, group) == 0)
			return s->res[i];
	return NULL;
}

static void put_word(struct buf *b, size_t *at, const char *s)
{
	*at = b->len;
	buf_add(b, s, strlen(s) + 1);
}

static void join_words(const struct json *list, struct buf *b)
{
	for (const struct json *w = json_first(list); w; w = json_next(w))
		buf_fmt(b, b->len ? " %s" : "%s", json_text(w) ? json_text(w) : "");
	buf_add(b, "", 1);
}

/* Its strings live as long as the store, since others hold the resource: what they were before is
 * not freed. */
static void describe(struct kstore_res *k, const struct json *crd)
{
	auto_buf struct buf b = { 0 };
	auto_buf struct buf shorts = { 0 };
	auto_buf struct buf categories = { 0 };
	const struct json *v = stored(crd);
	size_t at[7];
	char *p;

	join_words(json_get(crd, "spec.names.shortNames"), &shorts);
	join_words(json_get(crd, "spec.names.categories"), &categories);
	put_word(&b, &at[0], json_str(crd, "spec.group", ""));
	put_word(&b, &at[1], json_str(v, "name", "v1"));
	put_word(&b, &at[2], json_str(crd, "spec.names.plural", ""));
	put_word(&b, &at[3], json_str(crd, "spec.names.singular", ""));
	put_word(&b, &at[4], json_str(crd, "spec.names.kind", ""));
	put_word(&b, &at[5], shorts.p);
	put_word(&b, &at[6], categories.p);
	p = k->words = TAKE(b.p);
	k->r.group = p + at[0];
	k->r.version = p + at[1];
	k->r.plural = p + at[2];
	k->r.singular = p + at[3];
	k->r.kind = p + at[4];
	k->r.shorts = p + at[5];
	k->r.categories = p + at[6];
	k->r.namespaced = strcmp(json_str(crd, "spec.scope", ""), "Cluster") != 0;
	k->r.custom = k->r.generation = true;
}

void kcrd_serve(struct kstore *s, const struct json *crd)
{
	struct kstore_res *k = of(s, crd);
	const struct json *v = stored(crd);

	if (!k) {
		k = xalloc(sizeof(*k));
		k->r.id = s->nres;
		s->res = xgrow(s->res, (s->nres + 1) * sizeof(struct kstore_res *));
		s->res[s->nres++] = k;
		describe(k, crd);
	}
	json_free(&k->crd);
	k->crd = json_copy(crd);
	k->gone = false;
	k->r.status = json_get(v, "subresources.status");
	k->r.scale = json_get(v, "subresources.scale");
}

void kcrd_gone(struct kstore *s, const struct json *crd)
{
	struct kstore_res *k = of(s, crd);

	if (!k)
		return;
	while (k->n) {
		const struct kobj *o = kstore_first(s, &k->r);

		kstore_remove(s, &k->r, o->ns, o->name);
	}
	k->gone = true;
}

bool kstore_serves(const struct kstore *s, const struct kres *r, const char *version)
{
	if (!r->custom)
		return strcmp(r->version, version) == 0;
	for (const struct json *v = json_first(json_get(kstore_crd(s, r), "spec.versions")); v;
	     v = json_next(v))
		if (strcmp(json_str(v, "name", ""), version) == 0)
			return json_bool(v, "served", true);
	return false;
}
