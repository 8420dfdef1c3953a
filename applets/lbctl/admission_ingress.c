/* SPDX-License-Identifier: Apache-2.0 */
/* admission_ingress.c - Ingresses: annotations that are forbidden here, classes that do not exist,
 * conditions that cannot be read (spec-lbc-alb 4.6 a). */
#include <string.h>

#include "admission.h"
#include "annot.h"
#include "ingressbuild.h"

#define CLASS "kubernetes.io/ingress.class"
#define GROUP ANNOT_INGRESS "/group.name"

/* An annotation that was not there before, or had another value. */
static bool newly(const struct kube_ingress *now, const struct kube_ingress *before,
		  const char *key)
{
	const char *v = tag_get(&now->annotations, key);
	const char *was = before ? tag_get(&before->annotations, key) : NULL;

	return v && (!was || strcmp(v, was) != 0);
}

static int check_annotations(struct admission *q, const struct kube_ingress *now,
			     const struct kube_ingress *before)
{
	if (q->env->c->no_class_annotation && newly(now, before, CLASS))
		return admission_refuse(q, "check_ingress_class_annotation_error",
					"new usage of `" CLASS "` annotation is forbidden");
	if (q->env->c->no_group_annotation && newly(now, before, GROUP))
		return admission_refuse(q, "check_group_name_annotation_error",
					"new usage of `" GROUP "` annotation is forbidden");
	return 0;
}

static bool class_newly(const struct kube_ingress *now, const struct kube_ingress *before)
{
	if (!now->class)
		return false;
	return !before || !before->class || strcmp(now->class, before->class) != 0;
}

static int check_conditions(struct admission *q, const struct kube_ingress *i,
			    const struct kube_path *p)
{
	struct ingress_build b = { .c = q->env->c, .o = &q->env->objects, .a = q->a };
	struct ingress_part m = { .i = i, .l = { ANNOT_INGRESS, { &i->annotations, NULL } } };
	struct ingress_extra extra = { 0 };
	struct err e = { 0 };

	if (!p->backend || !p->backend->service)
		return 0;
	if (ingress_extra_conditions(&b, &m, p->backend->service->name, &extra, &e) == 0)
		return 0;
	return admission_refuse(q, "check_ingress_conditions_error",
				arena_fmt(q->a,
					  "ignoring Ingress %s/%s since invalid " ANNOT_INGRESS
					  "/conditions.%s annotation: %s",
					  i->ns, i->name, p->backend->service->name, e.msg));
}

static int check_rules(struct admission *q, const struct kube_ingress *i)
{
	for (size_t r = 0; r < i->rules.n; r++)
		for (size_t k = 0; k < i->rules.v[r].paths.n; k++)
			if (check_conditions(q, i, &i->rules.v[r].paths.v[k]) < 0)
				return -1;
	return 0;
}

static void warn_later(struct admission *q, const struct kube_ingress *i)
{
	const struct annotations l = { ANNOT_INGRESS, { &i->annotations, NULL } };
	const char *why, *key = annot_later(&l, ON_INGRESS, &why);

	if (key)
		admission_warn(q, arena_fmt(q->a,
					    "%s: %s is not built yet, so the Ingress will be "
					    "refused when it is reconciled",
					    key, why));
}

int admit_ingress(struct admission *q)
{
	struct kube_ingress now, old;
	const struct kube_ingress *before = q->create ? NULL : &old;
	const struct kube_class_params *params;
	struct ingress_group_id id;
	struct err e = { 0 };
	int ours;

	if (admission_read(q, KUBE_INGRESS, q->object, &now) < 0 ||
	    (before && admission_read(q, KUBE_INGRESS, q->old, &old) < 0))
		return -1;
	ours = ingress_group_of(q->env->c, &q->env->objects, &now, &id, &params, q->a, &e);
	if (ours == 0)
		return 0;
	if (check_annotations(q, &now, before) < 0)
		return -1;
	if (ours < 0 && strcmp(e.code, "InvalidIngressClass") == 0 && class_newly(&now, before))
		return admission_refuse(q, "check_ingress_class_error", arena_str(q->a, e.msg));
	warn_later(q, &now);
	return check_rules(q, &now);
}
