/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c - objects held for a pass. */
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

void snapshot_add(struct snapshot *s, struct kube_object *o)
{
	enum kube_kind k = o->kind;

	if (s->n[k] == s->cap[k]) {
		s->cap[k] = s->cap[k] ? 2 * s->cap[k] : 16;
		s->v[k] = xgrow(s->v[k], s->cap[k] * sizeof(struct kube_object *));
	}
	s->v[k][s->n[k]++] = kube_ref(o);
}

void snapshot_take(struct snapshot *s, const struct kubestore *from, enum kube_kind kind,
		   const char *ns)
{
	struct kube_object *o = NULL;

	while ((o = kubestore_next(from, kind, ns ? ns : "", o)))
		snapshot_add(s, o);
}

void snapshot_free(struct snapshot *s)
{
	for (int k = 0; k < KUBE_KINDS; k++) {
		for (size_t i = 0; i < s->n[k]; i++)
			kube_unref(&s->v[k][i]);
		free(s->v[k]);
	}
	*s = (struct snapshot) { 0 };
}

static int compare(const struct kube_object *o, const char *ns, const char *name)
{
	const struct kube_meta *m = kube_meta(o);
	int c = strcmp(m->ns, ns);

	return c ? c : strcmp(m->name, name);
}

static int by_name(const void *a, const void *b)
{
	const struct kube_meta *m = kube_meta(*(struct kube_object *const *)b);

	return compare(*(struct kube_object *const *)a, m->ns, m->name);
}

void snapshot_sort(struct snapshot *s, enum kube_kind kind)
{
	struct kube_object **v = s->v[kind];
	size_t n = 0;

	if (s->n[kind])
		qsort(v, s->n[kind], sizeof(struct kube_object *), by_name);
	for (size_t i = 0; i < s->n[kind]; i++) {
		if (n && by_name(&v[n - 1], &v[i]) == 0)
			kube_unref(&v[i]);
		else
			v[n++] = v[i];
	}
	s->n[kind] = n;
}

/* The first that is not before it. */
static size_t place(const struct snapshot *s, enum kube_kind kind, const char *ns, const char *name)
{
	size_t from = 0, to = s->n[kind];

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (compare(s->v[kind][mid], ns, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void snapshot_put(struct snapshot *s, struct kube_object *o)
{
	const struct kube_meta *m = kube_meta(o);
	enum kube_kind k = o->kind;
	size_t i = place(s, k, m->ns, m->name);

	if (i < s->n[k] && compare(s->v[k][i], m->ns, m->name) == 0) {
		kube_unref(&s->v[k][i]);
		s->v[k][i] = kube_ref(o);
		return;
	}
	snapshot_add(s, o);
	memmove(&s->v[k][i + 1], &s->v[k][i], (s->n[k] - 1 - i) * sizeof(struct kube_object *));
	s->v[k][i] = o;
}

const void *snapshot_get(const struct snapshot *s, enum kube_kind kind, const char *ns,
			 const char *name)
{
	size_t i = place(s, kind, ns, name);

	return i < s->n[kind] && compare(s->v[kind][i], ns, name) == 0 ? kube_of(s->v[kind][i])
								       : NULL;
}

static const void *get(void *arg, enum kube_kind kind, const char *ns, const char *name)
{
	return snapshot_get(arg, kind, ns ? ns : "", name);
}

static const void *next(void *arg, enum kube_kind kind, const void *at)
{
	const struct snapshot *s = arg;
	const struct kube_meta *m = at;
	size_t i = m ? place(s, kind, m->ns, m->name) + 1 : 0;

	return i < s->n[kind] ? kube_of(s->v[kind][i]) : NULL;
}

struct model_objects snapshot_objects(struct snapshot *s)
{
	return (struct model_objects) { get, next, s };
}
