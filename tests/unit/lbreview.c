/* SPDX-License-Identifier: Apache-2.0 */
/* lbreview.c - one AdmissionReview through a hook. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "lbreview.h"
#include "test.h"

static void keep(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
}

static bool among(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static void translate(const char *text, struct buf *out)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			buf_str(out, "\"");
		else if (strncmp(p, "AI/", 3) == 0 && (p += 2))
			buf_str(out, "alb.ingress.kubernetes.io/");
		else
			buf_add(out, p, 1);
	}
}

static struct json *parse(const char *text)
{
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	struct json *j;

	translate(text, &b);
	j = json_parse(b.p, b.len, &e);
	if (!j)
		die("%s: %s", b.p, e.msg);
	return j;
}

static int target_groups(void *arg, const struct kube_binding *as,
			 const struct elb_describe_target_groups *q, struct elb_target_groups *out,
			 struct arena *a, struct err *e)
{
	struct lbreview *r = arg;
	auto_json struct json *j = NULL;

	r->asked++;
	keep(r->role, sizeof(r->role), as->role);
	*out = (struct elb_target_groups) { 0 };
	if (!r->groups)
		return fail(e, EACCES, "DescribeTargetGroups: AccessDenied: no");
	j = parse(r->groups);
	out->v = arena_get(a, json_count(j) * sizeof(*out->v));
	for (const struct json *m = json_first(j); m; m = json_next(m)) {
		struct elb_target_group *g = &out->v[out->n];

		if (shape_get_json(&elb_target_group_shape, g, m, a, e) < 0)
			die("%s", e->msg);
		out->n += among(&q->arns, g->arn) || among(&q->names, g->name);
	}
	return 0;
}

void lbreview_start(struct lbreview *r)
{
	lbcase_init(&r->cluster);
	r->env = (struct admission_env) { .c = &r->cluster.config,
					  .inject_gates = true,
					  .target_groups = target_groups,
					  .arg = r };
}

static void read_answer(struct lbreview *r, const struct admission_answer *out)
{
	auto_buf struct buf patch = { 0 };
	const struct json *warnings;

	r->answer = json_parse(out->text.p, out->text.len, &r->e);
	CHECK(r->answer);
	CHECK_STR(json_str(r->answer, "apiVersion", ""), "admission.k8s.io/v1");
	CHECK_STR(json_str(r->answer, "response.uid", ""), "u-1");
	keep(r->why, sizeof(r->why), json_str(r->answer, "response.status.message", ""));
	CHECK(base64_decode(json_str(r->answer, "response.patch", ""), &patch));
	keep(r->patch, sizeof(r->patch), patch.len ? patch.p : "");
	warnings = json_get(r->answer, "response.warnings");
	if (warnings)
		keep(r->warning, sizeof(r->warning), json_text(json_first(warnings)));
	keep(r->category, sizeof(r->category), out->category ? out->category : "");
}

static bool ask(struct lbreview *r, enum admission_id id, const struct json *review)
{
	auto_admission_answer struct admission_answer out = { 0 };

	r->env.objects = r->cluster.objects;
	*r->why = *r->patch = *r->warning = *r->category = '\0';
	json_free(&r->answer);
	r->e = (struct err) { 0 };
	r->rc = admission_answer(id, &r->env, review, &out, &r->e);
	if (r->rc < 0)
		return false;
	read_answer(r, &out);
	return json_bool(r->answer, "response.allowed", false);
}

bool lbreview_raw(struct lbreview *r, enum admission_id id, const char *review)
{
	auto_json struct json *j = parse(review);

	return ask(r, id, j);
}

bool lbreview_ask(struct lbreview *r, enum admission_id id, const char *object, const char *old)
{
	auto_json struct json *review = json_object();
	struct json *q = json_object(), *kind = json_object();

	json_add_str(review, "apiVersion", "admission.k8s.io/v1");
	json_add_str(review, "kind", "AdmissionReview");
	json_add_str(q, "uid", "u-1");
	json_add_str(q, "operation", old ? "UPDATE" : "CREATE");
	json_add_str(q, "namespace", "ns");
	json_add_str(kind, "kind", admission_rows[id].kind);
	json_add(q, "kind", kind);
	json_add(q, "object", parse(object));
	if (old)
		json_add(q, "oldObject", parse(old));
	json_add(review, "request", q);
	return ask(r, id, review);
}

void lbreview_free(struct lbreview *r)
{
	json_free(&r->answer);
	lbcase_free(&r->cluster);
}
