/* SPDX-License-Identifier: Apache-2.0 */
/* kdelete.c - deletion as an API server does it: finalizers and grace hold what is to go. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kinner.h"

static void add_finalizer(struct json *meta, const char *name)
{
	struct json *list = json_at(meta, "finalizers");

	if (json_type(list) != JSON_ARRAY) {
		list = json_array();
		json_add(meta, "finalizers", list);
	}
	for (const struct json *f = json_first(list); f; f = json_next(f))
		if (json_text(f) && strcmp(json_text(f), name) == 0)
			return;
	json_push_str(list, name);
}

static void apply_policy(struct json *meta, const char *policy)
{
	const char *want = !policy                             ? NULL
			   : strcmp(policy, "Foreground") == 0 ? "foregroundDeletion"
			   : strcmp(policy, "Orphan") == 0     ? "orphan"
							       : NULL;

	if (want)
		add_finalizer(meta, want);
}

/* Seconds that a pod has to end: none when no kubelet runs it. */
static int64_t grace_of(const struct kres *r, const struct json *o, int64_t asked)
{
	const char *phase = json_str(o, "status.phase", "");

	if (!kres_is(r, "pods") || !*json_str(o, "spec.nodeName", "") ||
	    strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
		return 0;
	return asked >= 0 ? asked : json_int(o, "spec.terminationGracePeriodSeconds", 30);
}

/* True when something has changed. */
static bool mark_deleted(const struct kres *r, struct json *o, int64_t grace_s)
{
	struct json *meta = kmeta(o);
	const struct json *before = json_get(meta, "deletionTimestamp");
	char at[21];

	if (before && grace_s >= json_int(meta, "deletionGracePeriodSeconds", 0))
		return false;
	time_rfc3339(wall_s() + grace_s, at);
	json_add_str(meta, "deletionTimestamp", at);
	json_add_int(meta, "deletionGracePeriodSeconds", grace_s);
	if (json_get(meta, "generation") && !before)
		json_add_int(meta, "generation", json_int(meta, "generation", 0) + 1);
	if (kres_is(r, "namespaces")) {
		struct json *status = json_object();

		json_add_str(status, "phase", "Terminating");
		json_add(o, "status", status);
		json_drop(meta, "deletionGracePeriodSeconds");
	}
	return true;
}

int kstore_delete(struct kstore *s, const struct kres *r, const char *ns, const char *name,
		  const struct kdelete *how, struct err *e)
{
	static const struct kdelete usual = { .grace_s = -1 };
	auto_json struct json *o = NULL;
	int64_t grace_s;
	bool held;

	how = how ? how : &usual;
	ns = r->namespaced ? ns : "";
	o = kstore_json(s, r, ns, name);
	if (!o)
		return knot_found(r, name, e);
	if (how->uid && strcmp(how->uid, json_str(o, "metadata.uid", "")) != 0)
		return kfail(e, "Conflict",
			     "Operation cannot be fulfilled on %s \"%s\": Precondition failed: UID "
			     "in precondition: %s, UID in object meta: %s",
			     kres_name(r).s, name, how->uid, json_str(o, "metadata.uid", ""));
	apply_policy(kmeta(o), how->policy);
	grace_s = grace_of(r, o, how->grace_s);
	held = grace_s > 0 || json_first(json_get(o, "metadata.finalizers")) ||
	       (kres_is(r, "namespaces") && json_first(json_get(o, "spec.finalizers")));
	if (!held) {
		kstore_remove(s, r, ns, name);
		return 0;
	}
	if (mark_deleted(r, o, grace_s))
		kstore_put(s, r, o);
	return 0;
}
