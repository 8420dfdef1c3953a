/* SPDX-License-Identifier: Apache-2.0 */
/* kpatch.c - JSON patches (RFC 6902, pointers RFC 6901) and merge patches (RFC 7386). */
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"

enum { MAX_STEPS = 10000, MAX_COPIED = 1024 * 1024 };

void kpatch_merge(struct json *o, const struct json *patch)
{
	for (const struct json *m = json_first(patch); m; m = json_next(m)) {
		const char *k = json_key(m);
		struct json *had = json_at(o, k);

		if (json_type(m) == JSON_NULL) {
			json_drop(o, k);
		} else if (json_type(m) != JSON_OBJECT) {
			json_add(o, k, json_copy(m));
		} else {
			if (json_type(had) != JSON_OBJECT) {
				had = json_object();
				json_add(o, k, had);
			}
			kpatch_merge(had, m);
		}
	}
}

/* ---- JSON patch */

/* Where a pointer points: into that parent, at a key or a place. */
struct target {
	struct json *parent;
	const char *key;
	size_t at;          /* of an array; its length: behind the last */
	struct json *value; /* NULL: not there */
};

static int bad_path(const char *path, struct err *e)
{
	return kfail(e, "Invalid",
		     "the server rejected our request due to an error in our request: the path "
		     "\"%.200s\" of the patch leads nowhere",
		     path);
}

static char *token(const char **p, struct arena *a)
{
	size_t n = strcspn(*p, "/"), w = 0;
	char *t = arena_fmt(a, "%.*s", (int)n, *p);

	*p += n;
	for (size_t i = 0; t[i]; i++) {
		bool escaped = t[i] == '~' && (t[i + 1] == '0' || t[i + 1] == '1');

		t[w++] = !escaped ? t[i] : t[i + 1] == '0' ? '~' : '/';
		i += escaped;
	}
	t[w] = '\0';
	return t;
}

static bool step_into(struct target *t, struct json *o, const char *key)
{
	uint64_t n;

	*t = (struct target) { .parent = o, .key = key };
	if (json_type(o) == JSON_OBJECT) {
		t->value = json_at(o, key);
		return true;
	}
	if (json_type(o) != JSON_ARRAY)
		return false;
	t->at = json_count(o);
	if (strcmp(key, "-") == 0)
		return true;
	if (!str_u64(key, &n) || n > t->at)
		return false;
	t->at = (size_t)n;
	for (const struct json *m = json_first(o); m; m = json_next(m))
		if (n-- == 0)
			t->value = json_edit(o, m);
	return true;
}

static int find(struct target *t, struct json *root, const char *path, struct arena *a,
		struct err *e)
{
	const char *p = path;
	struct json *o = root;

	*t = (struct target) { .value = root };
	while (*p) {
		if (*p++ != '/' || !step_into(t, o, token(&p, a)))
			return bad_path(path, e);
		o = t->value;
		if (*p && !o)
			return bad_path(path, e);
	}
	return 0;
}

static void remove_at(struct target *t)
{
	struct json *gone;

	if (json_type(t->parent) == JSON_OBJECT) {
		json_drop(t->parent, t->key);
		return;
	}
	gone = json_take(t->parent, t->value);
	json_free(&gone);
}

static void add_at(struct json **root, struct target *t, struct json *v)
{
	if (!t->parent) {
		json_free(root);
		*root = v;
	} else if (json_type(t->parent) == JSON_OBJECT) {
		json_add(t->parent, t->key, v);
	} else {
		json_put(t->parent, t->at, v);
	}
}

static int do_remove(struct json *root, const char *path, struct arena *a, struct err *e)
{
	struct target t;

	if (find(&t, root, path, a, e) < 0)
		return -1;
	if (!t.value || !t.parent)
		return bad_path(path, e);
	remove_at(&t);
	return 0;
}

static int do_add(struct json **root, const char *path, struct json *v, struct arena *a,
		  struct err *e)
{
	struct target t;

	if (find(&t, *root, path, a, e) < 0) {
		json_free(&v);
		return -1;
	}
	add_at(root, &t, v);
	return 0;
}

static struct json *copied(struct json *root, const char *from, size_t *budget, struct arena *a,
			   struct err *e)
{
	auto_buf struct buf b = { 0 };
	struct target t;

	if (find(&t, root, from, a, e) < 0)
		return NULL;
	if (!t.value)
		return bad_path(from, e), NULL;
	json_print(t.value, 0, &b);
	if (b.len > *budget)
		return kfail(e, "BadRequest", "the patch copies more than a MiB"), NULL;
	*budget -= b.len;
	return json_copy(t.value);
}

static int operate(struct json **root, const struct json *op, size_t *budget, struct arena *a,
		   struct err *e)
{
	const char *name = json_str(op, "op", ""), *path = json_str(op, "path", NULL),
		   *from = json_str(op, "from", "");
	const struct json *value = json_member(op, "value");
	struct target t;
	struct json *v;

	if (!path)
		return kfail(e, "BadRequest", "an operation of the patch has no path");
	if (strcmp(name, "remove") == 0)
		return do_remove(*root, path, a, e);
	if (strcmp(name, "move") == 0 || strcmp(name, "copy") == 0) {
		v = copied(*root, from, budget, a, e);
		if (!v)
			return -1;
		if (*name == 'm' && do_remove(*root, from, a, e) < 0) {
			json_free(&v);
			return -1;
		}
		return do_add(root, path, v, a, e);
	}
	if (!value)
		return kfail(e, "BadRequest",
			     "operation \"%.40s\" of the patch has no value, or is none", name);
	if (strcmp(name, "add") == 0)
		return do_add(root, path, json_copy(value), a, e);
	if (find(&t, *root, path, a, e) < 0)
		return -1;
	if (strcmp(name, "test") == 0)
		return json_same(t.value, value) || (!t.value && json_type(value) == JSON_NULL)
			       ? 0
			       : kfail(e, "Invalid",
				       "the server rejected our request due to an error in our "
				       "request: testing value %.200s failed",
				       path);
	if (strcmp(name, "replace") != 0)
		return kfail(e, "BadRequest", "\"%.40s\" is no operation of a JSON patch", name);
	if (!t.value)
		return bad_path(path, e);
	if (t.parent)
		remove_at(&t);
	add_at(root, &t, json_copy(value));
	return 0;
}

int kpatch_json(struct json **o, const struct json *patch, struct err *e)
{
	auto_arena struct arena a = { 0 };
	size_t budget = MAX_COPIED;

	if (json_type(patch) != JSON_ARRAY)
		return kfail(e, "BadRequest", "a JSON patch must be an array, not %s",
			     json_type_name(patch));
	if (json_count(patch) > MAX_STEPS)
		return kfail(e, "BadRequest", "a JSON patch of more than %d operations", MAX_STEPS);
	for (const struct json *op = json_first(patch); op; op = json_next(op))
		if (operate(o, op, &budget, &a, e) < 0)
			return -1;
	return 0;
}
