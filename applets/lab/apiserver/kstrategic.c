/* SPDX-License-Identifier: Apache-2.0 */
/* kstrategic.c - strategic merge patches: lists of the built-in kinds that merge by a key, and the
 * directives $patch, $retainKeys, $setElementOrder/X and $deleteFromPrimitiveList/X. Keys are those
 * of the patchMergeKey tags in k8s.io/api. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"

/* By the list's name, which suffices but for ports. "": elements are words, a set. */
static const struct {
	const char *list, *key;
} keys[] = {
	{ "containers", "name" },
	{ "initContainers", "name" },
	{ "ephemeralContainers", "name" },
	{ "env", "name" },
	{ "volumes", "name" },
	{ "volumeMounts", "mountPath" },
	{ "volumeDevices", "devicePath" },
	{ "imagePullSecrets", "name" },
	{ "conditions", "type" },
	{ "ownerReferences", "uid" },
	{ "finalizers", "" },
	{ "secrets", "name" },
	{ "hostAliases", "ip" },
	{ "topologySpreadConstraints", "topologyKey" },
	{ "taints", "key" },
	{ "addresses", "type" },
	{ "podIPs", "ip" },
	{ "hostIPs", "ip" },
	{ "podCIDRs", "" },
	{ "resourceClaims", "name" },
	{ "webhooks", "name" },
	{ "matchConditions", "name" },
};

/* NULL: the list is replaced. */
static const char *key_of(const char *list, const struct json *have, const struct json *patch)
{
	const struct json *first = json_first(patch) ? json_first(patch) : json_first(have);

	if (strcmp(list, "ports") == 0)
		return json_get(first, "containerPort") ? "containerPort"
		       : json_get(first, "port")        ? "port"
							: NULL;
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(keys[i].list, list) == 0)
			return json_type(first) == JSON_STRING && *keys[i].key ? NULL : keys[i].key;
	return NULL;
}

static struct json *by_key(struct json *list, const char *key, const struct json *value)
{
	for (const struct json *m = json_first(list); m; m = json_next(m))
		if (*key ? json_same(json_member(m, key), value) : json_same(m, value))
			return json_edit(list, m);
	return NULL;
}

static int merge(struct json *o, const struct json *patch, struct err *e);

static bool directive(const char *k)
{
	return *k == '$';
}

/* What a new value of a patch is without directives. */
static struct json *clean(const struct json *v, struct err *e)
{
	struct json *o;

	if (json_type(v) == JSON_OBJECT) {
		o = json_object();
		return merge(o, v, e) < 0 ? (json_free(&o), NULL) : o;
	}
	return json_copy(v);
}

static int merge_element(struct json *list, const char *key, const struct json *m, struct err *e)
{
	const char *what = json_str(m, "$patch", "");
	const struct json *id = json_member(m, key);
	struct json *had, *gone, *v;

	if (json_type(m) != JSON_OBJECT || !id) {
		if (strcmp(what, "replace") == 0)
			return 0;
		return kfail(e, "BadRequest", "a map of the patch does not contain key: %s", key);
	}
	had = by_key(list, key, id);
	if (strcmp(what, "delete") == 0) {
		gone = had ? json_take(list, had) : NULL;
		json_free(&gone);
		return 0;
	}
	if (had)
		return merge(had, m, e);
	v = clean(m, e);
	if (!v)
		return -1;
	json_push(list, v);
	return 0;
}

/* A list with an element {"$patch": "replace"} takes the place of the old one. */
static bool replaces(const struct json *patch)
{
	for (const struct json *m = json_first(patch); m; m = json_next(m))
		if (strcmp(json_str(m, "$patch", ""), "replace") == 0 && json_count(m) == 1)
			return true;
	return false;
}

static size_t index_of(const struct json *ids, const struct json *id)
{
	size_t i = 0;

	for (const struct json *m = json_first(ids); m; m = json_next(m), i++)
		if (json_same(m, id))
			return i;
	return SIZE_MAX;
}

static const struct json *id_of(const struct json *m, const char *key)
{
	return *key ? json_member(m, key) : m;
}

static struct json *ids_of(const struct json *list, const char *key)
{
	struct json *ids = json_array();

	for (const struct json *m = json_first(list); m; m = json_next(m))
		json_push(ids, json_copy(id_of(m, key)));
	return ids;
}

/* As the original orders a merged list: what `order` names comes in its order, what it does not in
 * the order it had; of two that were there before, the one that was in front stays there, and else
 * what is named goes first. */
static void arrange(struct json *list, const char *key, const struct json *before,
		    const struct json *order)
{
	struct json *named = json_array(), *other = json_array(), *m;

	for (const struct json *w = json_first(order); w; w = json_next(w)) {
		m = by_key(list, key, id_of(w, key));
		if (m)
			json_push(named, json_take(list, m));
	}
	while (json_first(list))
		json_push(other, json_take(list, json_first(list)));
	while (json_first(named) || json_first(other)) {
		const struct json *l = json_first(other), *r = json_first(named);
		size_t li = index_of(before, id_of(l, key)), ri = index_of(before, id_of(r, key));
		bool left = !r || (l && li != SIZE_MAX && ri != SIZE_MAX && li < ri);

		json_push(list, json_take(left ? other : named, left ? l : r));
	}
	json_free(&named);
	json_free(&other);
}

/* order NULL: the patch's own. */
static int merge_list(struct json *o, const char *name, const struct json *patch,
		      const struct json *order, struct err *e)
{
	struct json *had = json_at(o, name);
	const char *key = key_of(name, had, patch);
	auto_json struct json *before = NULL;

	if (!key) {
		json_add(o, name, json_copy(patch));
		return 0;
	}
	before = ids_of(had, key);
	if (json_type(had) != JSON_ARRAY || replaces(patch)) {
		had = json_array();
		json_add(o, name, had);
	}
	for (const struct json *m = json_first(patch); m; m = json_next(m)) {
		if (*key) {
			if (merge_element(had, key, m, e) < 0)
				return -1;
		} else if (!by_key(had, "", m)) {
			json_push(had, json_copy(m));
		}
	}
	arrange(had, key, before, order ? order : patch);
	return 0;
}

/* ---- directives that name a list */

static void delete_words(struct json *o, const char *list, const struct json *words)
{
	struct json *had = json_at(o, list), *gone;

	for (const struct json *w = json_first(words); w && json_type(had) == JSON_ARRAY;
	     w = json_next(w)) {
		struct json *m = by_key(had, "", w);

		gone = m ? json_take(had, m) : NULL;
		json_free(&gone);
	}
}

/* The order of a list that the patch does not change otherwise. */
static void set_order(struct json *o, const char *list, const struct json *order)
{
	struct json *had = json_at(o, list);
	const char *key = key_of(list, had, NULL);
	auto_json struct json *before = NULL;

	if (json_type(had) != JSON_ARRAY || !key)
		return;
	before = ids_of(had, key);
	arrange(had, key, before, order);
}

static void retain(struct json *o, const struct json *names)
{
	const struct json *m = json_first(o), *next, *n;

	for (; m; m = next) {
		next = json_next(m);
		for (n = json_first(names); n; n = json_next(n))
			if (json_text(n) && strcmp(json_text(n), json_key(m)) == 0)
				break;
		if (!n)
			json_drop(o, json_key(m));
	}
}

static void clear(struct json *o)
{
	struct json *gone;

	while (json_first(o)) {
		gone = json_take(o, json_first(o));
		json_free(&gone);
	}
}

static const struct json *order_of(const struct json *patch, const char *list)
{
	char name[200];

	snprintf(name, sizeof(name), "$setElementOrder/%.180s", list);
	return json_member(patch, name);
}

static int merge_member(struct json *o, const struct json *patch, const struct json *m,
			struct err *e)
{
	const char *k = json_key(m);
	struct json *had = json_at(o, k), *v;

	if (json_type(m) == JSON_NULL) {
		json_drop(o, k);
		return 0;
	}
	if (json_type(m) == JSON_ARRAY)
		return merge_list(o, k, m, order_of(patch, k), e);
	if (json_type(m) == JSON_OBJECT && json_type(had) == JSON_OBJECT) {
		if (strcmp(json_str(m, "$patch", ""), "delete") == 0) {
			json_drop(o, k);
			return 0;
		}
		return merge(had, m, e);
	}
	v = clean(m, e);
	if (!v)
		return -1;
	json_add(o, k, v);
	return 0;
}

static int merge(struct json *o, const struct json *patch, struct err *e)
{
	const char *what = json_str(patch, "$patch", "");

	if (*what && strcmp(what, "replace") && strcmp(what, "merge") && strcmp(what, "delete"))
		return kfail(e, "BadRequest", "unknown patch type: %.40s", what);
	if (strcmp(what, "replace") == 0 || strcmp(what, "delete") == 0)
		clear(o);
	if (strcmp(what, "delete") == 0)
		return 0;
	if (json_member(patch, "$retainKeys"))
		retain(o, json_member(patch, "$retainKeys"));
	for (const struct json *m = json_first(patch); m; m = json_next(m))
		if (str_prefix(json_key(m), "$deleteFromPrimitiveList/"))
			delete_words(o, strchr(json_key(m), '/') + 1, m);
	for (const struct json *m = json_first(patch); m; m = json_next(m))
		if (!directive(json_key(m)) && merge_member(o, patch, m, e) < 0)
			return -1;
	for (const struct json *m = json_first(patch); m; m = json_next(m))
		if (str_prefix(json_key(m), "$setElementOrder/") &&
		    !json_member(patch, strchr(json_key(m), '/') + 1))
			set_order(o, strchr(json_key(m), '/') + 1, m);
	return 0;
}

int kpatch_strategic(struct json *o, const struct json *patch, struct err *e)
{
	return merge(o, patch, e);
}
