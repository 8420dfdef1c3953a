/* SPDX-License-Identifier: Apache-2.0 */
/* ingressgroup.c - which Ingresses are ours, and which of them share a load balancer (spec-lbc-alb
 * 2, 3). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "annot.h"
#include "model.h"

#define CLASS_ANNOTATION "kubernetes.io/ingress.class"
#define CONTROLLER "ingress.k8s.aws/alb"
#define DEFAULT_CLASS "ingressclass.kubernetes.io/is-default-class"
#define PARAMS_GROUP "elbv2.k8s.aws"
#define PARAMS_KIND "IngressClassParams"
#define BAD_CLASS "InvalidIngressClass"
#define BAD_GROUP "InvalidIngressGroup"

enum { NAME_MAX_LEN = 63, ORDER_MAX = 1000 };

static int coded(struct err *e, const char *code)
{
	snprintf(e->code, sizeof(e->code), "%s", code);
	return -1;
}

static struct annotations annotations_of(const struct kube_ingress *i)
{
	return (struct annotations) { ANNOT_INGRESS, { &i->annotations, NULL } };
}

/* ---- classes */

/* The legacy annotation against --ingress-class. */
static bool class_matches(const char *flag, const char *value)
{
	if (!*flag && strcmp(value, "alb") == 0)
		return true;
	return strcmp(flag, value) == 0;
}

static int default_class(const struct model_objects *o, const struct kube_ingress_class **out,
			 struct err *e)
{
	*out = NULL;
	for (const void *at = o->next(o->arg, KUBE_INGRESS_CLASS, NULL); at;
	     at = o->next(o->arg, KUBE_INGRESS_CLASS, at)) {
		const struct kube_ingress_class *k = at;
		const char *v = tag_get(&k->annotations, DEFAULT_CLASS);

		if (!v || strcmp(v, "true") != 0)
			continue;
		if (*out)
			return fail(e, EINVAL, "multiple default IngressClasses found");
		*out = k;
	}
	return 0;
}

static int no_class(struct err *e, const char *kind, const char *name)
{
	fail(e, EINVAL, "invalid ingress class: %s \"%s\" not found", kind, name);
	return coded(e, BAD_CLASS);
}

static int namespace_selected(const struct model_objects *o, const struct kube_class_params *p,
			      const char *ns, struct err *e)
{
	static const struct tags none;
	const struct kube_namespace *n;
	bool yes = false;

	if (!p->namespaces)
		return 0;
	n = o->get(o->arg, KUBE_NAMESPACE, "", ns);
	if (kube_selects(p->namespaces, n ? &n->labels : &none, &yes, e) < 0) {
		e->num = EINVAL;
		wrap(e, "invalid ingress class: namespaceSelector of IngressClassParams %s",
		     p->name);
		return coded(e, BAD_CLASS);
	}
	if (yes)
		return 0;
	fail(e, EINVAL,
	     "invalid ingress class: namespaceSelector of IngressClassParams %s mismatch", p->name);
	return coded(e, BAD_CLASS);
}

static int class_params(const struct model_objects *o, const struct kube_ingress_class *k,
			const char *ns, const struct kube_class_params **params, struct err *e)
{
	const struct kube_class_ref *r = k->parameters;

	if (!r)
		return 1;
	if (!r->api_group || strcmp(r->api_group, PARAMS_GROUP) != 0 ||
	    strcmp(r->kind, PARAMS_KIND) != 0) {
		fail(e, EINVAL,
		     "invalid ingress class: IngressClass %s references unknown parameters",
		     k->name);
		return coded(e, BAD_CLASS);
	}
	*params = o->get(o->arg, KUBE_CLASS_PARAMS, "", r->name);
	if (!*params)
		return no_class(e, PARAMS_KIND "." PARAMS_GROUP, r->name);
	return namespace_selected(o, *params, ns, e) < 0 ? -1 : 1;
}

/* 1: of a class of ours, or of none while that is ours too; *params may stay NULL. */
static int classify(const struct lbconfig *c, const struct model_objects *o,
		    const struct kube_ingress *i, const struct kube_class_params **params,
		    struct err *e)
{
	const char *legacy = tag_get(&i->annotations, CLASS_ANNOTATION);
	const struct kube_ingress_class *k;

	if (legacy)
		return class_matches(c->ingress_class, legacy);
	if (i->class) {
		k = o->get(o->arg, KUBE_INGRESS_CLASS, "", i->class);
		if (!k)
			return no_class(e, "IngressClass.networking.k8s.io", i->class);
	} else if (default_class(o, &k, e) < 0) {
		return -1;
	}
	if (!k)
		return !*c->ingress_class;
	if (strcmp(k->controller, CONTROLLER) != 0)
		return 0;
	return class_params(o, k, i->ns, params, e);
}

/* ---- groups */

static bool lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int check_name(const char *s, struct err *e)
{
	size_t n = strlen(s);
	bool ok = n && lower_or_digit(s[0]) && lower_or_digit(s[n - 1]);

	for (size_t i = 0; i < n; i++)
		ok = ok && (lower_or_digit(s[i]) || s[i] == '-' || s[i] == '.');
	if (!ok)
		return fail(e, EINVAL,
			    "invalid ingress group: groupName must consist of lower case "
			    "alphanumeric characters, '-' or '.', and must start and end with an "
			    "alphanumeric character");
	if (n > NAME_MAX_LEN)
		return fail(e, EINVAL,
			    "invalid ingress group: groupName must be no more than 63 characters");
	return 0;
}

int ingress_group_of(const struct lbconfig *c, const struct model_objects *o,
		     const struct kube_ingress *i, struct ingress_group_id *id,
		     const struct kube_class_params **params, struct arena *a, struct err *e)
{
	struct annotations l = annotations_of(i);
	const char *name = NULL;
	int r;

	*params = NULL;
	if (i->deleted)
		return 0;
	r = classify(c, o, i, params, e);
	if (r != 1)
		return r;
	*id = (struct ingress_group_id) { i->ns, i->name };
	if (*params && *(*params)->group)
		name = (*params)->group;
	else
		annot_str(&l, A_GROUP_NAME, &name);
	if (!name)
		return 1;
	if (check_name(name, e) < 0) {
		annot_blame(&l, A_GROUP_NAME, NULL, e);
		return coded(e, BAD_GROUP);
	}
	*id = (struct ingress_group_id) { "", arena_str(a, name) };
	return 1;
}

const char *ingress_finalizer(const struct ingress_group_id *id, struct arena *a)
{
	return *id->ns ? "ingress.k8s.aws/resources"
		       : arena_fmt(a, "group.ingress.k8s.aws/%s", id->name);
}

/* ---- all of a group */

struct load {
	const struct lbconfig *c;
	const struct model_objects *o;
	const struct ingress_group_id *id;
	const char *finalizer;
	struct ingress_group *out;
	struct arena *a;
};

static bool same_id(const struct ingress_group_id *a, const struct ingress_group_id *b)
{
	return strcmp(a->ns, b->ns) == 0 && strcmp(a->name, b->name) == 0;
}

/* Implicit groups' finalizer is the same for all: it counts on the Ingress that the group is. */
static bool holds_finalizer(const struct load *l, const struct kube_ingress *i)
{
	const struct ingress_group_id own = { i->ns, i->name };

	if (*l->id->ns && !same_id(l->id, &own))
		return false;
	for (size_t k = 0; k < i->finalizers.n; k++)
		if (strcmp(i->finalizers.v[k], l->finalizer) == 0)
			return true;
	return false;
}

static int read_order(const struct kube_ingress *i, int64_t *order, struct err *e)
{
	struct annotations l = annotations_of(i);

	if (annot_int(&l, A_GROUP_ORDER, order, e) < 0)
		return wrap(e, "failed to load Ingress group order for ingress: %s/%s", i->ns,
			    i->name);
	if (*order >= -ORDER_MAX && *order <= ORDER_MAX)
		return 0;
	fail(e, EINVAL,
	     "explicit Ingress group order must be within [-1000:1000], Ingress: %s/%s, order: "
	     "%lld",
	     i->ns, i->name, (long long)*order);
	return annot_blame(&l, A_GROUP_ORDER, NULL, e);
}

static void add_member(struct load *l, const struct kube_ingress *i,
		       const struct kube_class_params *params)
{
	struct ingress_member m = { .ingress = i, .params = params };
	struct err e = { 0 };

	if (read_order(i, &m.order, &e) < 0) {
		m.order = 0;
		m.wrong = arena_str(l->a, e.msg);
	}
	l->out->members[l->out->n++] = m;
}

static int sort_out(struct load *l, const struct kube_ingress *i, struct err *e)
{
	const struct kube_class_params *params;
	bool held = holds_finalizer(l, i);
	struct ingress_group_id id = { "", "" };
	struct err why = { 0 };
	int r = ingress_group_of(l->c, l->o, i, &id, &params, l->a, &why);

	if (r < 0 && strcmp(why.code, BAD_CLASS) == 0) {
		if (!held)
			return 0;
		*e = why;
		return wrap(e, "Ingress: %s/%s: Ingress has invalid IngressClass configuration",
			    i->ns, i->name);
	}
	if (r < 0 && strcmp(why.code, BAD_GROUP) != 0) {
		*e = why;
		return -1;
	}
	if (r == 1 && same_id(&id, l->id))
		add_member(l, i, params);
	else if (held)
		l->out->inactive[l->out->ninactive++] = i;
	return 0;
}

static int by_name(const struct kube_ingress *a, const struct kube_ingress *b)
{
	/* "ns/name" bytewise: '/' is below every other character of a name but '-' and '.'. */
	char ka[2 * 256 + 2], kb[2 * 256 + 2];

	snprintf(ka, sizeof(ka), "%s/%s", a->ns, a->name);
	snprintf(kb, sizeof(kb), "%s/%s", b->ns, b->name);
	return strcmp(ka, kb);
}

static int by_order(const void *va, const void *vb)
{
	const struct ingress_member *a = va, *b = vb;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return by_name(a->ingress, b->ingress);
}

int ingress_group_load(const struct lbconfig *c, const struct model_objects *o,
		       const struct ingress_group_id *id, struct ingress_group *out,
		       struct arena *a, struct err *e)
{
	struct load l = { c, o, id, ingress_finalizer(id, a), out, a };
	size_t n = 0;

	for (const void *at = o->next(o->arg, KUBE_INGRESS, NULL); at;
	     at = o->next(o->arg, KUBE_INGRESS, at))
		n++;
	*out = (struct ingress_group) {
		.id = { arena_str(a, id->ns), arena_str(a, id->name) },
		.members = arena_get(a, (n + 1) * sizeof(*out->members)),
		.inactive = arena_get(a, (n + 1) * sizeof(*out->inactive)),
	};
	for (const void *at = o->next(o->arg, KUBE_INGRESS, NULL); at;
	     at = o->next(o->arg, KUBE_INGRESS, at))
		if (sort_out(&l, at, e) < 0)
			return -1;
	qsort(out->members, out->n, sizeof(*out->members), by_order);
	return 0;
}
