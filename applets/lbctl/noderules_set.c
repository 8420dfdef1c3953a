/* SPDX-License-Identifier: Apache-2.0 */
/* noderules_set.c - the rules of all TargetGroupBindings, and making AWS's like them. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "noderules.h"
#include "sgsync.h"

AWS_LIST(ec2_permission, "")

/* What one binding wants of one group. */
struct share {
	char *group;
	struct ec2_permissions *rules;
};
struct entry {
	char *ns, *name;
	struct share *v;
	size_t n;
};
struct noderules {
	pthread_mutex_t lock; /* of what the loop thread sets */
	struct kube_object **listed;
	size_t nlisted;

	pthread_mutex_t busy; /* of the rest; held while AWS is asked */
	struct entry *v;
	size_t n, cap;
	struct sgsync *groups;
};
struct run {
	struct noderules *r;
	const struct noderules_door *d;
	struct sgsync_door door;
};

struct noderules *noderules_new(void)
{
	struct noderules *r = xalloc(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->busy, NULL);
	r->groups = sgsync_new();
	return r;
}

static void shares_free(struct entry *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->v[i].group);
		free(x->v[i].rules);
	}
	free(x->v);
	x->v = NULL;
	x->n = 0;
}

static void entry_free(struct entry *x)
{
	shares_free(x);
	free(x->ns);
	free(x->name);
}

static void unlist(struct kube_object **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kube_unref(&v[i]);
	free(v);
}

void noderules_free(struct noderules **at)
{
	struct noderules *r = TAKE(*at);

	if (!r)
		return;
	unlist(r->listed, r->nlisted);
	for (size_t i = 0; i < r->n; i++)
		entry_free(&r->v[i]);
	free(r->v);
	sgsync_free(&r->groups);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->busy);
	free(r);
}

static char *copy(const char *s)
{
	char *out = strdup(s);

	if (!out)
		die("out of memory");
	return out;
}

/* ---- which bindings there are */

static bool has_rules(const struct kube_object *o)
{
	return ((const struct kube_binding *)kube_of(o))->networking != NULL;
}

void noderules_list(struct noderules *r, const struct kubestore *all)
{
	struct kube_object **v = xalloc((kubestore_count(all, KUBE_BINDING) + 1) * sizeof(*v));
	struct kube_object *o = NULL, **old;
	size_t n = 0, nold;

	while ((o = kubestore_next(all, KUBE_BINDING, "", o)))
		if (has_rules(o))
			v[n++] = kube_ref(o);
	pthread_mutex_lock(&r->lock);
	old = r->listed;
	nold = r->nlisted;
	r->listed = v;
	r->nlisted = n;
	pthread_mutex_unlock(&r->lock);
	unlist(old, nold);
}

/* ---- entries, sorted by namespace and name as the store is */

static int compare(const struct entry *x, const char *ns, const char *name)
{
	int c = strcmp(x->ns, ns);

	return c ? c : strcmp(x->name, name);
}

static size_t place(const struct noderules *r, const char *ns, const char *name, bool *there)
{
	size_t from = 0, to = r->n;

	*there = false;
	while (from < to) {
		size_t mid = (from + to) / 2;
		int c = compare(&r->v[mid], ns, name);

		*there = *there || c == 0;
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* Takes over the shares of x. */
static void put(struct noderules *r, const struct kube_binding *b, struct entry *x)
{
	bool there;
	size_t i = place(r, b->ns, b->name, &there);

	if (!there) {
		if (r->n == r->cap) {
			r->cap = r->cap ? 2 * r->cap : 16;
			r->v = xgrow(r->v, r->cap * sizeof(*r->v));
		}
		memmove(&r->v[i + 1], &r->v[i], (r->n - i) * sizeof(*r->v));
		r->v[i] = (struct entry) { .ns = copy(b->ns), .name = copy(b->name) };
		r->n++;
	}
	shares_free(&r->v[i]);
	r->v[i].v = TAKE(x->v);
	r->v[i].n = TAKE(x->n);
}

static bool take_out(struct noderules *r, const struct kube_binding *b)
{
	bool there;
	size_t i = place(r, b->ns, b->name, &there);

	if (!there)
		return false;
	entry_free(&r->v[i]);
	r->n--;
	memmove(&r->v[i], &r->v[i + 1], (r->n - i) * sizeof(*r->v));
	return true;
}

/* Forget those that are no more; true: of all that there are something is known. */
static bool sync_entries(struct noderules *r)
{
	size_t kept = 0, k = 0;
	bool complete;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n; i++) {
		int c = 1;

		for (; k < r->nlisted; k++) {
			const struct kube_meta *m = kube_meta(r->listed[k]);

			c = compare(&r->v[i], m->ns, m->name);
			if (c <= 0)
				break;
		}
		if (c == 0)
			r->v[kept++] = r->v[i];
		else
			entry_free(&r->v[i]);
	}
	r->n = kept;
	complete = r->n == r->nlisted;
	pthread_mutex_unlock(&r->lock);
	return complete;
}

/* ---- all groups */

static struct ec2_permissions wanted(struct run *x, const char *id)
{
	struct ec2_permissions *all = arena_get(x->d->a, x->r->n * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < x->r->n; i++)
		for (size_t k = 0; k < x->r->v[i].n; k++)
			if (strcmp(x->r->v[i].v[k].group, id) == 0)
				all[n++] = *x->r->v[i].v[k].rules;
	return noderules_merge(all, n, x->d->c->unrestricted_rules, x->d->a);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Groups that bindings want rules in, sorted. */
static struct strs used(struct run *x)
{
	struct strs out = { 0 };
	size_t most = 0, n = 0;

	for (size_t i = 0; i < x->r->n; i++)
		most += x->r->v[i].n;
	out.v = arena_get(x->d->a, (most + 1) * sizeof(*out.v));
	for (size_t i = 0; i < x->r->n; i++)
		for (size_t k = 0; k < x->r->v[i].n; k++)
			out.v[out.n++] = x->r->v[i].v[k].group;
	qsort(out.v, out.n, sizeof(*out.v), by_text);
	for (size_t i = 0; i < out.n; i++)
		if (!n || strcmp(out.v[n - 1], out.v[i]) != 0)
			out.v[n++] = out.v[i];
	out.n = n;
	return out;
}

/* What concerns this binding's own groups is its error; others' are logged. */
static int reconcile_all(struct run *x, const struct strs *own, struct err *e)
{
	struct strs all = used(x);
	int rc = 0;

	for (size_t i = 0; i < all.n; i++) {
		struct ec2_permissions want = wanted(x, all.v[i]);
		struct err why;

		if (sgsync_make(x->r->groups, &x->door, all.v[i], &want, &why) == 0)
			continue;
		if (bsearch(&all.v[i], own->v, own->n, sizeof(*own->v), by_text)) {
			*e = why;
			rc = -1;
		} else {
			log_warn("rules not set group=%s reason=\"%s\"", all.v[i], why.msg);
		}
	}
	if (rc < 0 || !x->door.complete)
		return rc;
	return sgsync_rest(x->r->groups, &x->door, &all, e);
}

/* ---- one binding's shares */

struct behind {
	const char *group;
	const struct endpoint *t;
};

static int by_group(const void *a, const void *b)
{
	return strcmp(((const struct behind *)a)->group, ((const struct behind *)b)->group);
}

/* Endpoints by the groups that they are behind. */
static int sort_out(const struct noderules_door *d, struct factview *view,
		    const struct endpoints *v, struct behind **out, size_t *n, struct err *e)
{
	const struct podeni_door door = { d->aws, d->c->vpc, d->a, d->deadline };
	struct pod_eni *enis = arena_get(d->a, v->n * sizeof(*enis));

	*out = arena_get(d->a, v->n * sizeof(**out));
	*n = 0;
	if (podenis_find(d->enis, &door, v->v, v->n, enis, e) < 0)
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		struct behind *at = &(*out)[*n];

		if (!enis[i].id)
			continue;
		at->t = &v->v[i];
		if (noderules_group(d->c, &enis[i], &view->f, &at->group, d->a, e) < 0)
			return -1;
		++*n;
	}
	qsort(*out, *n, sizeof(**out), by_group);
	return 0;
}

static int make_shares(const struct noderules_door *d, struct factview *view,
		       const struct kube_binding *b, const struct endpoints *v, struct entry *out,
		       struct err *e)
{
	const struct endpoint **l = arena_get(d->a, v->n * sizeof(*l));
	struct behind *all;
	size_t n, m;

	if (sort_out(d, view, v, &all, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i += m) {
		struct ec2_permissions rules;

		for (m = 0; i + m < n && strcmp(all[i].group, all[i + m].group) == 0; m++)
			l[m] = all[i + m].t;
		if (noderules_of(b, l, m, &rules, d->a, e) < 0)
			return -1;
		out->v = xgrow(out->v, (out->n + 1) * sizeof(*out->v));
		out->v[out->n++] = (struct share) { copy(all[i].group),
						    shape_copy(&ec2_permissions_shape, &rules, 0) };
	}
	return 0;
}

static int set(struct run *x, const struct kube_binding *b, struct entry *shares, struct err *e)
{
	struct strs own = { arena_get(x->d->a, (shares->n + 1) * sizeof(char *)), 0 };
	bool change_it = b->networking != NULL;

	for (size_t i = 0; i < shares->n; i++)
		own.v[own.n++] = arena_str(x->d->a, shares->v[i].group);
	pthread_mutex_lock(&x->r->busy);
	if (b->networking)
		put(x->r, b, shares);
	else
		change_it = take_out(x->r, b) || !sgsync_swept(x->r->groups);
	x->door.complete = sync_entries(x->r);
	change_it = change_it && reconcile_all(x, &own, e) < 0;
	pthread_mutex_unlock(&x->r->busy);
	return change_it ? -1 : 0;
}

int noderules_set(struct noderules *r, const struct noderules_door *d, const struct kube_binding *b,
		  const struct endpoints *v, struct err *e)
{
	auto_factview struct factview view = { 0 };
	struct run x = { r, d, { d->c, d->aws, d->facts, &view, false, d->a, d->deadline } };
	struct entry shares = { 0 };
	int rc = 0;

	awsfacts_open(&view, d->facts, NULL, d->a, d->deadline);
	if (v && b->networking)
		rc = make_shares(d, &view, b, v, &shares, e);
	if (rc == 0)
		rc = set(&x, b, &shares, e);
	shares_free(&shares);
	return rc;
}
