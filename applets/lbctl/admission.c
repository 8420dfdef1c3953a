/* SPDX-License-Identifier: Apache-2.0 */
/* admission.c - the frame of all webhooks: read the review, ask the hook, write the answer. */
#include <errno.h>
#include <string.h>

#include "admission.h"
#include "hash.h"

#define API "admission.k8s.io/v1"

enum { MAX_UID = 128, FORBIDDEN = 403, OK = 200 };

const struct admission_row admission_rows[HOOKS] = {
#define HOOK(id, path, kind, fn, aws, mutates, looks) \
	[HOOK_##id] = { path, kind, fn, aws, mutates, looks },
#define LATER(id, path) [HOOK_##id] = { path, "", NULL, false, false, LOOKS_NOWHERE },
#include "admission.def"
#undef LATER
#undef HOOK
};

int admission_find(const char *path)
{
	for (int i = 0; i < HOOKS; i++)
		if (strcmp(admission_rows[i].path, path) == 0)
			return i;
	return -1;
}

/* ---- for the hooks */

void admission_set(struct admission *q, const char *path, struct json *v)
{
	struct json *op = json_object();

	json_add_str(op, "op", "add"); /* of a member that is there: in its place */
	json_add_str(op, "path", path);
	json_add(op, "value", v);
	json_push(q->patch, op);
}

void admission_warn(struct admission *q, const char *text)
{
	json_push_str(q->warnings, text);
}

int admission_refuse(struct admission *q, const char *category, const char *why)
{
	q->category = category;
	q->why = why;
	return -1;
}

int admission_read(struct admission *q, enum kube_kind kind, const struct json *j, void *out)
{
	struct kube_meta *m = out; /* what every object begins with */
	struct err e;

	if (shape_get_json(kube_kinds[kind].shape, out, j, q->a, &e) < 0)
		return admission_refuse(q, "decode_error",
					arena_fmt(q->a, "%s: %s", kube_kinds[kind].kind, e.msg));
	if (!*m->ns)
		m->ns = q->ns;
	return 0;
}

/* ---- the review */

const char *admission_namespace(const struct json *review)
{
	return json_str(review, "request.namespace", "");
}

static int check(const struct admission_row *row, const struct json *review, struct err *e)
{
	const char *api = json_str(review, "apiVersion", "");
	const char *kind = json_str(review, "request.kind.kind", "");
	const char *uid = json_str(review, "request.uid", "");

	if (strcmp(json_str(review, "kind", ""), "AdmissionReview") != 0)
		return fail(e, EBADMSG, "the body is no AdmissionReview");
	if (strcmp(api, API) != 0)
		return fail(e, EBADMSG, "AdmissionReview of '%.60s', not of " API, api);
	if (!*uid || strlen(uid) > MAX_UID)
		return fail(e, EBADMSG, "request.uid is missing or too long");
	if (*row->kind && strcmp(kind, row->kind) != 0)
		return fail(e, EBADMSG, "request.kind is '%.60s', but %s is for %s", kind,
			    row->path, row->kind);
	return 0;
}

static int objects(struct admission *q, const struct json *request, struct err *e)
{
	q->object = json_member(request, "object");
	q->old = q->create ? NULL : json_member(request, "oldObject");
	if (json_type(q->object) != JSON_OBJECT)
		return fail(e, EBADMSG, "request.object is %s, not an object",
			    json_type_name(q->object));
	if (!q->create && json_type(q->old) != JSON_OBJECT)
		return fail(e, EBADMSG, "request.oldObject is %s, not an object",
			    json_type_name(q->old));
	return 0;
}

static int ask(const struct admission_row *row, struct admission *q, const struct json *request,
	       struct err *e)
{
	const char *op = json_str(request, "operation", "");

	q->create = strcmp(op, "CREATE") == 0;
	if (!q->create && strcmp(op, "UPDATE") != 0)
		return 0;
	if (*json_str(request, "subResource", ""))
		return 0;
	if (!row->admit) {
		admission_warn(q, arena_fmt(q->a, "%s is not built yet in vpcbox: nothing was done",
					    row->path));
		return 0;
	}
	if (objects(q, request, e) < 0)
		return -1;
	(void)!row->admit(q);
	return 0;
}

/* ---- the answer */

static void put_patch(const struct admission *q, struct json *response)
{
	auto_buf struct buf plain = { 0 };
	auto_buf struct buf coded = { 0 };

	json_print(q->patch, 0, &plain);
	base64(plain.p, plain.len, &coded);
	json_add_str(response, "patchType", "JSONPatch");
	json_add_str(response, "patch", coded.p);
}

static void put_status(const struct admission *q, struct json *response)
{
	struct json *status = json_object();

	json_add_int(status, "code", q->why ? FORBIDDEN : OK);
	if (q->why) {
		json_add_str(status, "message", q->why);
		json_add_str(status, "reason", "Forbidden");
	}
	json_add(response, "status", status);
}

static void write_answer(struct admission *q, const char *uid, struct buf *out)
{
	auto_json struct json *review = json_object();
	struct json *response = json_object();

	json_add_str(review, "apiVersion", API);
	json_add_str(review, "kind", "AdmissionReview");
	json_add_str(response, "uid", uid);
	json_add_bool(response, "allowed", !q->why);
	put_status(q, response);
	if (!q->why && json_count(q->patch))
		put_patch(q, response);
	if (json_count(q->warnings))
		json_add(response, "warnings", TAKE(q->warnings));
	json_add(review, "response", response);
	json_print(review, 0, out);
}

int admission_answer(enum admission_id id, const struct admission_env *env,
		     const struct json *review, struct admission_answer *out, struct err *e)
{
	const struct admission_row *row = &admission_rows[id];
	auto_arena struct arena a = { 0 };
	struct admission q = { .env = env,
			       .a = &a,
			       .ns = admission_namespace(review),
			       .patch = json_array(),
			       .warnings = json_array() };
	int rc = check(row, review, e);

	if (rc == 0)
		rc = ask(row, &q, json_member(review, "request"), e);
	if (rc == 0)
		write_answer(&q, json_str(review, "request.uid", ""), &out->text);
	out->category = q.category;
	json_free(&q.patch);
	json_free(&q.warnings);
	return rc;
}

void admission_answer_free(struct admission_answer *r)
{
	buf_free(&r->text);
	*r = (struct admission_answer) { 0 };
}
