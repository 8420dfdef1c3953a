/* SPDX-License-Identifier: Apache-2.0 */
/* kube_finalizer.c - one finalizer of an object, put there or taken away, whoever else writes. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "kube.h"

enum { TRIES = 4, FIRST_MS = 10, FACTOR = 5 };

static bool has(const struct json *list, const char *finalizer)
{
	for (const struct json *f = json_first(list); f; f = json_next(f))
		if (json_text(f) && strcmp(json_text(f), finalizer) == 0)
			return true;
	return false;
}

/* The list as it should be; null when nothing is left. */
static struct json *without(const struct json *list, const char *finalizer)
{
	auto_json struct json *out = json_array();

	for (const struct json *f = json_first(list); f; f = json_next(f))
		if (json_text(f) && strcmp(json_text(f), finalizer) != 0)
			json_push(out, json_copy(f));
	return json_count(out) ? TAKE(out) : NULL;
}

static struct json *with(const struct json *list, const char *finalizer)
{
	struct json *out = list ? json_copy(list) : json_array();

	json_push_str(out, finalizer);
	return out;
}

/* Our list stands only if nobody has changed the object since we read it. */
static struct json *patch_of(const struct json *object, const char *finalizer, bool present)
{
	const struct json *list = json_get(object, "metadata.finalizers");
	struct json *patch = json_object(), *meta = json_object();

	json_add_str(meta, "resourceVersion", json_str(object, "metadata.resourceVersion", ""));
	json_add(meta, "finalizers", present ? with(list, finalizer) : without(list, finalizer));
	json_add(patch, "metadata", meta);
	return patch;
}

static int change(struct kube *k, const char *path, const char *finalizer, bool present,
		  int64_t deadline, struct err *e)
{
	const struct kube_call c = { .method = "GET", .path = path };
	auto_json struct json *object = NULL, *patch = NULL;

	if (kube_do(k, &c, &object, deadline, e) < 0)
		return -1;
	if (has(json_get(object, "metadata.finalizers"), finalizer) == present)
		return 0;
	patch = patch_of(object, finalizer, present);
	return kube_patch(k, KUBE_MERGE, path, patch, NULL, deadline, e);
}

int kube_finalizer(struct kube *k, enum kube_kind kind, const char *ns, const char *name,
		   const char *finalizer, bool present, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	const char *path = kube_path(kind, ns, name, NULL, &a);
	int64_t wait = FIRST_MS;

	for (int i = 1;; i++) {
		struct backoff jitter = { .start_ms = wait, .cap_ms = wait, .jitter = 0.1 };

		if (change(k, path, finalizer, present, deadline, e) == 0)
			return 0;
		if (e->num == ENOENT && !present)
			return 0;
		if (e->num != EAGAIN || i == TRIES || !pause_ms(backoff_next(&jitter), deadline))
			return wrap(e, "%s finalizer %s", present ? "add" : "remove", finalizer);
		wait *= FACTOR;
	}
}
