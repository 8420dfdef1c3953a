/* SPDX-License-Identifier: Apache-2.0 */
/* bindwrite.c - what is written to a TargetGroupBinding: checkpoint, observed generation, and why
 * it cannot be cleaned up. */
#include <stdio.h>
#include <string.h>

#include "bindcheck.h"
#include "bindpass.h"
#include "clock.h"

/* The store may not have what we wrote last. */
static bool behind(const struct bindpass *x)
{
	uint64_t is;

	return x->wrote || (x->memo.version && str_u64(x->b->version, &is) && is < x->memo.version);
}

static int patch(struct bindpass *x, const char *sub, struct json *j, struct err *e)
{
	auto_json struct json *in = j, *out = NULL;
	const char *path = kube_path(KUBE_BINDING, x->b->ns, x->b->name, sub, &x->p->a);
	uint64_t version;

	if (kube_patch(x->p->env->kube, KUBE_MERGE, path, in, &out, x->p->env->deadline, e) < 0)
		return -1;
	/* A version that is no number cannot be compared: then the store is believed. */
	if (!str_u64(json_str(out, "metadata.resourceVersion", ""), &version))
		version = 0;
	if (!behind(x)) {
		const char *is = tag_get(&x->b->annotations, CHECKPOINT);

		snprintf(x->memo.checkpoint, sizeof(x->memo.checkpoint), "%s", is ? is : "");
		x->memo.observed = x->b->observed;
	}
	x->memo.version = version;
	x->wrote = true;
	return 0;
}

const char *bindpass_checkpoint(const struct bindpass *x)
{
	const char *is = tag_get(&x->b->annotations, CHECKPOINT);

	return behind(x) ? x->memo.checkpoint : is ? is : "";
}

int bindpass_set_checkpoint(struct bindpass *x, const char *text, struct err *e)
{
	struct json *root, *meta, *l;

	if (strcmp(bindpass_checkpoint(x), text) == 0)
		return 0;
	root = json_object();
	meta = json_object();
	l = json_object();
	json_add_str(l, CHECKPOINT, text);
	json_add_str(l, CHECKPOINT_TIME, arena_fmt(&x->p->a, "%lld", (long long)wall_s()));
	json_add(meta, "annotations", l);
	json_add(root, "metadata", meta);
	if (patch(x, NULL, root, e) < 0)
		return wrap(e, "checkpoint of %s/%s", x->b->ns, x->b->name);
	snprintf(x->memo.checkpoint, sizeof(x->memo.checkpoint), "%s", text);
	return 0;
}

int bindpass_set_observed(struct bindpass *x, struct err *e)
{
	struct json *root, *status;

	if ((behind(x) ? x->memo.observed : x->b->observed) == x->b->generation)
		return 0;
	root = json_object();
	status = json_object();
	json_add_int(status, "observedGeneration", x->b->generation);
	json_add(root, "status", status);
	if (patch(x, "status", root, e) < 0)
		return -1;
	x->memo.observed = x->b->generation;
	return 0;
}

/* Ready=False is the only condition that is ever written (10.1). */
int bindpass_set_failed(struct bindpass *x, const char *message, struct err *e)
{
	struct json *root, *status, *l, *c;
	char now[21];

	for (size_t i = 0; i < x->b->conditions.n; i++) {
		const struct kube_condition *is = &x->b->conditions.v[i];

		if (strcmp(is->type, "Ready") == 0 && strcmp(is->status, "False") == 0 &&
		    strcmp(is->message, message) == 0)
			return 0;
	}
	root = json_object();
	status = json_object();
	l = json_array();
	c = json_object();
	time_rfc3339(wall_s(), now);
	json_add_str(c, "type", "Ready");
	json_add_str(c, "status", "False");
	json_add_int(c, "observedGeneration", x->b->generation);
	json_add_str(c, "reason", "FailedCleanup");
	json_add_str(c, "message", message);
	json_add_str(c, "lastTransitionTime", now);
	json_push(l, c);
	json_add(status, "conditions", l);
	json_add(root, "status", status);
	return patch(x, "status", root, e);
}
