/* SPDX-License-Identifier: Apache-2.0 */
/* admission.h - what the webhooks say of an object, without any server: AdmissionReview
 * (admission.k8s.io/v1) in, its answer out (spec-lbc-nlb 13, spec-lbc-alb 4.6). */
#pragma once
#include "elbv2.h"
#include "json.h"
#include "lbconfig.h"
#include "model.h"

/* Which objects a hook looks at: none; Services and TargetGroupBindings of the namespace; all
 * TargetGroupBindings; IngressClasses, their parameters, and namespaces. */
enum admission_looks { LOOKS_NOWHERE, LOOKS_NAMESPACE, LOOKS_BINDINGS, LOOKS_CLASSES };

enum admission_id {
#define HOOK(id, ...) HOOK_##id,
#define LATER HOOK
#include "admission.def"
#undef LATER
#undef HOOK
	HOOKS
};
struct admission;
struct admission_row {
	const char *path;
	const char *kind;                  /* "": any */
	int (*admit)(struct admission *q); /* NULL: not built yet */
	bool asks_aws, mutates;
	enum admission_looks looks;
};
extern const struct admission_row admission_rows[HOOKS];
/* -1: there is no such hook. */
int admission_find(const char *path);

struct admission_env {
	const struct lbconfig *c;
	bool inject_gates;
	struct model_objects objects;
	/* DescribeTargetGroups, in the role that the binding names. Blocking, so only for hooks
	 * that ask AWS; NULL for the others. */
	int (*target_groups)(void *arg, const struct kube_binding *as,
			     const struct elb_describe_target_groups *q,
			     struct elb_target_groups *out, struct arena *a, struct err *e);
	void *arg;
};

/* The namespace of a review, "" when there is none, for who must know it before. Never fails. */
const char *admission_namespace(const struct json *review);
/* Zero-initialise. */
struct admission_answer {
	struct buf text;      /* the AdmissionReview that answers */
	const char *category; /* of a refusal, for metrics; NULL: it was let pass */
};
/* EBADMSG: what came is no review that this hook is for, in words (HTTP 400). */
MUST int admission_answer(enum admission_id id, const struct admission_env *env,
			  const struct json *review, struct admission_answer *out, struct err *e);
void admission_answer_free(struct admission_answer *r);
#define auto_admission_answer AUTO(admission_answer_free)

/* ---- for the hooks: admission_pod.c, admission_binding.c, admission_class.c, admission_ingress.c
 */

struct admission {
	const struct admission_env *env;
	struct arena *a;
	bool create;                     /* else an update */
	const char *ns;                  /* of the request */
	const struct json *object, *old; /* old NULL when it is created */
	struct json *patch;              /* operations; array */
	struct json *warnings;           /* array of strings */
	const char *category, *why;      /* of a refusal */
};
/* Set a member to v, which is taken; path is a JSON pointer (RFC 6901). */
void admission_set(struct admission *q, const char *path, struct json *v);
void admission_warn(struct admission *q, const char *text);
/* Returns -1. */
int admission_refuse(struct admission *q, const char *category, const char *why);
/* The struct of a kind from the object or the old one; the request's namespace is put in. -1 is a
 * refusal. */
MUST int admission_read(struct admission *q, enum kube_kind kind, const struct json *j, void *out);

/* Each: 0, or the -1 of admission_refuse(). */
MUST int admit_pod(struct admission *q);
MUST int admit_service(struct admission *q);
MUST int admit_binding_defaults(struct admission *q);
MUST int admit_binding(struct admission *q);
MUST int admit_class_params(struct admission *q);
MUST int admit_ingress(struct admission *q);
