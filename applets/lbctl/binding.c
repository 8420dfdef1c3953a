/* SPDX-License-Identifier: Apache-2.0 */
/* binding.c - what outlives the passes over TargetGroupBindings, and what a pass is given. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bindpass.h"
#include "gate.h"

/* ---- what is remembered of each */

struct row {
	char *ns, *name, *uid;
	struct bindmemo m;
};
struct bindmemos {
	pthread_mutex_t lock;
	struct row *v; /* by namespace and name */
	size_t n, cap;
};

static char *copy(const char *s)
{
	char *out = strdup(s);

	if (!out)
		die("out of memory");
	return out;
}

static size_t place(const struct bindmemos *b, const char *ns, const char *name, bool *there)
{
	size_t from = 0, to = b->n;

	*there = false;
	while (from < to) {
		size_t mid = (from + to) / 2;
		int c = strcmp(b->v[mid].ns, ns);

		c = c ? c : strcmp(b->v[mid].name, name);
		*there = *there || c == 0;
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static void row_free(struct row *r)
{
	free(r->ns);
	free(r->name);
	free(r->uid);
}

struct bindmemo bindings_recall(struct bindings *b, const struct kube_binding *of)
{
	struct bindmemo out = { 0 };
	bool there;
	size_t i;

	pthread_mutex_lock(&b->memos->lock);
	i = place(b->memos, of->ns, of->name, &there);
	if (there && strcmp(b->memos->v[i].uid, of->uid) == 0)
		out = b->memos->v[i].m;
	pthread_mutex_unlock(&b->memos->lock);
	return out;
}

void bindings_remember(struct bindings *b, const struct kube_binding *of, const struct bindmemo *m)
{
	struct bindmemos *l = b->memos;
	bool there;
	size_t i;

	pthread_mutex_lock(&l->lock);
	i = place(l, of->ns, of->name, &there);
	if (!there) {
		if (l->n == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 16;
			l->v = xgrow(l->v, l->cap * sizeof(*l->v));
		}
		memmove(&l->v[i + 1], &l->v[i], (l->n - i) * sizeof(*l->v));
		l->v[i] = (struct row) { copy(of->ns), copy(of->name), copy(of->uid), *m };
		l->n++;
	} else {
		free(l->v[i].uid);
		l->v[i].uid = copy(of->uid);
		l->v[i].m = *m;
	}
	pthread_mutex_unlock(&l->lock);
}

void bindings_forget(struct bindings *b, const char *ns, const char *name)
{
	struct bindmemos *l = b->memos;
	bool there;
	size_t i;

	pthread_mutex_lock(&l->lock);
	i = place(l, ns, name, &there);
	if (there) {
		row_free(&l->v[i]);
		l->n--;
		memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(*l->v));
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- all of it */

struct bindings *bindings_new(int64_t again_ms, int64_t sync_ms)
{
	struct bindings *b = xalloc(sizeof(*b));

	*b = (struct bindings) { .again_ms = again_ms,
				 .sync_ms = sync_ms,
				 .targets = targets_new(),
				 .enis = podenis_new(),
				 .rules = noderules_new(),
				 .memos = xalloc(sizeof(*b->memos)),
				 .vpcs = vpcs_new(),
				 .roles = bindroles_new() };
	pthread_mutex_init(&b->memos->lock, NULL);
	return b;
}

void bindings_free(struct bindings **at)
{
	struct bindings *b = TAKE(*at);

	if (!b)
		return;
	targets_free(&b->targets);
	podenis_free(&b->enis);
	noderules_free(&b->rules);
	vpcs_free(&b->vpcs);
	bindroles_free(&b->roles);
	for (size_t i = 0; i < b->memos->n; i++)
		row_free(&b->memos->v[i]);
	free(b->memos->v);
	pthread_mutex_destroy(&b->memos->lock);
	free(b->memos);
	free(b);
}

void bindings_made(struct bindings *b, const char *arn)
{
	targets_empty(b->targets, arn);
}

/* ---- what a pass is given */

static void give(struct snapshot *s, const struct kubestore *all, enum kube_kind kind,
		 const char *ns, const char *name)
{
	struct kube_object *o = kubestore_get(all, kind, ns, name);

	if (o)
		snapshot_add(s, o);
}

static void give_pods_of(struct snapshot *s, const struct kubestore *all,
			 const struct kube_slice *l)
{
	for (size_t i = 0; i < l->endpoints.n; i++) {
		const struct kube_ref *t = l->endpoints.v[i].target;

		if (t && strcmp(t->kind, "Pod") == 0)
			give(s, all, KUBE_POD, *t->ns ? t->ns : l->ns, t->name);
	}
}

static void give_slices(struct snapshot *s, const struct kubestore *all,
			const struct kube_binding *b)
{
	struct kube_object *o = NULL;

	while ((o = kubestore_next(all, KUBE_SLICE, b->ns, o))) {
		const struct kube_slice *l = kube_of(o);
		const char *service = tag_get(&l->labels, "kubernetes.io/service-name");

		if (!service || strcmp(service, b->service) != 0)
			continue;
		snapshot_add(s, o);
		give_pods_of(s, all, l);
	}
}

/* Pods that wait for it: when it goes, they are let go of. */
static void give_waiting(struct snapshot *s, const struct kubestore *all,
			 const struct kube_binding *b)
{
	auto_arena struct arena a = { 0 };
	const char *type = gate_type(b, &a);
	struct kube_object *o = NULL;

	while ((o = kubestore_next(all, KUBE_POD, b->ns, o)))
		if (gate_has(kube_of(o), type))
			snapshot_add(s, o);
}

static void give_nodes_of_pods(struct snapshot *s, const struct kubestore *all)
{
	for (size_t i = 0; i < s->n[KUBE_POD]; i++) {
		const struct kube_pod *p = kube_of(s->v[KUBE_POD][i]);

		if (*p->node)
			give(s, all, KUBE_NODE, "", p->node);
	}
	snapshot_sort(s, KUBE_NODE);
}

void binding_give(struct bindings *b, struct snapshot *s, const struct kubestore *all,
		  const char *ns, const char *name)
{
	const struct kube_object *o = kubestore_get(all, KUBE_BINDING, ns, name);
	const struct kube_binding *of = o ? kube_of(o) : NULL;

	noderules_list(b->rules, all);
	if (!of)
		return;
	give(s, all, KUBE_BINDING, ns, name);
	give(s, all, KUBE_SERVICE, ns, of->service);
	if (endpoints_ip(of)) {
		const struct kube_object *service =
			kubestore_get(all, KUBE_SERVICE, ns, of->service);

		give_slices(s, all, of);
		if (of->deleted || !service || !endpoints_port(kube_of(service), of->port))
			give_waiting(s, all, of);
		snapshot_sort(s, KUBE_POD);
		give_nodes_of_pods(s, all);
	} else {
		snapshot_take(s, all, KUBE_NODE, NULL);
	}
}
