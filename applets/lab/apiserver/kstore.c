/* SPDX-License-Identifier: Apache-2.0 */
/* kstore.c - objects as bytes in order, the past of each change, and who is told. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinner.h"

enum { DEAD_BYTES = 8 * 1024 * 1024 };

struct kentry {
	struct kobj o;
	uint32_t refs;
	bool live;
	char bytes[]; /* text, namespace, name, uid: each with its NUL */
};
struct kpast {
	struct kchange c;
	struct kentry *now, *before;
};

/* ---- resources */

static void res_add(struct kstore *s, const struct kres *r)
{
	struct kstore_res *k = xalloc(sizeof(*k));

	k->r = *r;
	k->r.id = s->nres;
	s->res = xgrow(s->res, (s->nres + 1) * sizeof(struct kstore_res *));
	s->res[s->nres++] = k;
}

struct kstore *kstore_new(void)
{
	enum { N = 1, S = 2, C = 4, G = 8, K = 16 };
#define RES(g, v, p, s_, k, sh, cat, flags) \
	{ .group = (g),                     \
	  .version = (v),                   \
	  .plural = (p),                    \
	  .singular = (s_),                 \
	  .kind = (k),                      \
	  .shorts = (sh),                   \
	  .categories = (cat),              \
	  .namespaced = (flags)&N,          \
	  .status = (flags)&S,              \
	  .scale = (flags)&C,               \
	  .generation = (flags)&G,          \
	  .keeps_status = (flags)&K },
	static const struct kres built_in[] = {
#include "apires.def"
	};
#undef RES
	struct kstore *s = xalloc(sizeof(*s));

	for (size_t i = 0; i < COUNT(built_in); i++)
		res_add(s, &built_in[i]);
	s->past = xalloc(KSTORE_PAST * sizeof(*s->past));
	s->rv = 1;
	s->first = 2;
	return s;
}

const struct kres *kstore_nth(const struct kstore *s, size_t id)
{
	return id < s->nres ? &s->res[id]->r : NULL;
}

bool kstore_served(const struct kstore *s, const struct kres *r)
{
	return !s->res[r->id]->gone;
}

const struct json *kstore_crd(const struct kstore *s, const struct kres *r)
{
	return s->res[r->id]->crd;
}

size_t kstore_count(const struct kstore *s, const struct kres *r)
{
	return s->res[r->id]->n;
}

const struct kres *kstore_resource(const struct kstore *s, const char *group, const char *plural)
{
	for (size_t i = 0; i < s->nres; i++)
		if (!s->res[i]->gone && strcmp(s->res[i]->r.plural, plural) == 0 &&
		    strcmp(s->res[i]->r.group, group) == 0)
			return &s->res[i]->r;
	return NULL;
}

const struct kres *kstore_kind(const struct kstore *s, const char *group, const char *kind)
{
	for (size_t i = 0; i < s->nres; i++)
		if (!s->res[i]->gone && strcmp(s->res[i]->r.kind, kind) == 0 &&
		    strcmp(s->res[i]->r.group, group) == 0)
			return &s->res[i]->r;
	return NULL;
}

/* ---- entries */

static char *lay(char **at, const char *s, size_t n)
{
	char *p = *at;

	memcpy(p, s, n);
	p[n] = '\0';
	*at += n + 1;
	return p;
}

static struct kentry *entry_new(const struct kres *r, const struct json *obj, uint64_t rv)
{
	const char *ns = json_str(obj, "metadata.namespace", ""),
		   *name = json_str(obj, "metadata.name", ""),
		   *uid = json_str(obj, "metadata.uid", "");
	auto_buf struct buf b = { 0 };
	struct kentry *k;
	char *at;

	json_print(obj, 0, &b);
	k = xalloc(sizeof(*k) + b.len + strlen(ns) + strlen(name) + strlen(uid) + 4);
	at = k->bytes;
	k->o = (struct kobj) { .res = r, .rv = rv, .len = b.len };
	k->o.text = lay(&at, b.p, b.len);
	k->o.ns = lay(&at, ns, strlen(ns));
	k->o.name = lay(&at, name, strlen(name));
	k->o.uid = lay(&at, uid, strlen(uid));
	k->refs = 1;
	k->live = true;
	return k;
}

static void entry_drop(struct kstore *s, struct kentry **kp)
{
	struct kentry *k = TAKE(*kp);

	if (!k || --k->refs)
		return;
	if (!k->live)
		s->dead -= k->o.len;
	free(k);
}

static struct kentry *entry_hold(struct kentry *k)
{
	if (k)
		k->refs++;
	return k;
}

/* No longer stored. */
static void entry_bury(struct kstore *s, struct kentry *k)
{
	k->live = false;
	s->dead += k->o.len;
	entry_drop(s, &k);
}

/* ---- the past */

static void forget(struct kstore *s)
{
	struct kpast *p = &s->past[s->first++ % KSTORE_PAST];

	entry_drop(s, &p->now);
	entry_drop(s, &p->before);
}

static void remember(struct kstore *s, enum kevent event, struct kentry *now, struct kentry *before)
{
	struct kpast *p = &s->past[s->rv % KSTORE_PAST];

	if (s->rv - s->first >= KSTORE_PAST)
		forget(s);
	p->now = entry_hold(now);
	p->before = entry_hold(before);
	p->c = (struct kchange) {
		.rv = s->rv, .event = event, .now = &now->o, .before = before ? &before->o : NULL
	};
}

static void tell(struct kstore *s, enum kevent event, const struct kobj *o)
{
	struct kwatcher *next;

	for (struct kwatcher *w = s->watchers; w; w = next) {
		next = w->next;
		w->fn(w, event, o);
	}
	while (s->dead > DEAD_BYTES && s->first < s->rv)
		forget(s);
}

uint64_t kstore_rv(const struct kstore *s)
{
	return s->rv;
}

const struct kchange *kstore_next(const struct kstore *s, uint64_t rv, bool *gone)
{
	*gone = rv + 1 < s->first;
	return rv >= s->rv || *gone ? NULL : &s->past[(rv + 1) % KSTORE_PAST].c;
}

void kstore_watch(struct kstore *s, struct kwatcher *w)
{
	struct kwatcher **p = &s->watchers;

	while (*p)
		p = &(*p)->next;
	w->next = NULL;
	*p = w;
}

void kstore_unwatch(struct kstore *s, struct kwatcher *w)
{
	for (struct kwatcher **p = &s->watchers; *p; p = &(*p)->next) {
		if (*p == w) {
			*p = w->next;
			return;
		}
	}
}

/* ---- in order */

static int compare(const struct kentry *k, const char *ns, const char *name)
{
	int d = strcmp(k->o.ns, ns);

	return d ? d : strcmp(k->o.name, name);
}

/* The place of the first that is not before that name. */
static size_t place(const struct kstore_res *k, const char *ns, const char *name)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (compare(k->v[mid], ns, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct kentry **find(const struct kstore *s, const struct kres *r, const char *ns,
			    const char *name)
{
	const struct kstore_res *k = s->res[r->id];
	size_t i = place(k, ns, name);

	return i < k->n && compare(k->v[i], ns, name) == 0 ? &k->v[i] : NULL;
}

const struct kobj *kstore_get(const struct kstore *s, const struct kres *r, const char *ns,
			      const char *name)
{
	struct kentry **k = find(s, r, ns ? ns : "", name);

	return k ? &(*k)->o : NULL;
}

struct json *kstore_json(const struct kstore *s, const struct kres *r, const char *ns,
			 const char *name)
{
	const struct kobj *o = kstore_get(s, r, ns, name);
	struct err e;

	return o ? json_parse(o->text, o->len, &e) : NULL;
}

void kstore_each(const struct kstore *s, const struct kres *r, const char *ns,
		 bool (*fn)(void *arg, const struct kobj *o), void *arg)
{
	kstore_each_from(s, r, ns, "", "", fn, arg);
}

void kstore_each_from(const struct kstore *s, const struct kres *r, const char *ns,
		      const char *from_ns, const char *from_name,
		      bool (*fn)(void *arg, const struct kobj *o), void *arg)
{
	const struct kstore_res *k = s->res[r->id];
	size_t i = place(k, ns && strcmp(ns, from_ns) > 0 ? ns : from_ns, from_name);

	for (; i < k->n && (!ns || strcmp(k->v[i]->o.ns, ns) == 0); i++)
		if (!fn(arg, &k->v[i]->o))
			return;
}

const struct kobj *kstore_first(const struct kstore *s, const struct kres *r)
{
	const struct kstore_res *k = s->res[r->id];

	return k->n ? &k->v[0]->o : NULL;
}

static void insert(struct kstore_res *k, struct kentry *new)
{
	size_t i = place(k, new->o.ns, new->o.name);

	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 8;
		k->v = xgrow(k->v, k->cap * sizeof(struct kentry *));
	}
	memmove(&k->v[i + 1], &k->v[i], (k->n - i) * sizeof(struct kentry *));
	k->v[i] = new;
	k->n++;
}

static void set_version(struct kstore *s, struct json *obj)
{
	char rv[24];

	snprintf(rv, sizeof(rv), "%" PRIu64, ++s->rv);
	json_add_str(kmeta(obj), "resourceVersion", rv);
}

const struct kobj *kstore_put(struct kstore *s, const struct kres *r, struct json *obj)
{
	struct kentry **at = find(s, r, json_str(obj, "metadata.namespace", ""),
				  json_str(obj, "metadata.name", ""));
	struct kentry *old = at ? *at : NULL, *new;

	set_version(s, obj);
	new = entry_new(r, obj, s->rv);
	remember(s, old ? KEVENT_MODIFIED : KEVENT_ADDED, new, old);
	if (at)
		*at = new;
	else
		insert(s->res[r->id], new);
	if (old)
		entry_bury(s, old);
	tell(s, old ? KEVENT_MODIFIED : KEVENT_ADDED, &new->o);
	return &new->o;
}

void kstore_remove(struct kstore *s, const struct kres *r, const char *ns, const char *name)
{
	struct kstore_res *k = s->res[r->id];
	struct kentry **at = find(s, r, ns, name), *old, *last;
	auto_json struct json *obj = at ? kstore_json(s, r, ns, name) : NULL;

	if (!at)
		return;
	old = *at;
	set_version(s, obj);
	last = entry_new(r, obj, s->rv);
	remember(s, KEVENT_DELETED, last, old);
	k->n--;
	memmove(at, at + 1, (size_t)(&k->v[k->n] - at) * sizeof(struct kentry *));
	entry_bury(s, old);
	entry_hold(last);
	entry_bury(s, last);
	tell(s, KEVENT_DELETED, &last->o);
	entry_drop(s, &last);
	if (strcmp(r->plural, "customresourcedefinitions") == 0)
		kcrd_gone(s, obj);
}

static void res_free(struct kstore *s, struct kstore_res *k)
{
	for (size_t i = 0; i < k->n; i++)
		entry_bury(s, k->v[i]);
	free(k->v);
	json_free(&k->crd);
	free(k->words);
	free(k);
}

void kstore_free(struct kstore **sp)
{
	struct kstore *s = TAKE(*sp);

	if (!s)
		return;
	for (size_t i = 0; i < s->nres; i++)
		res_free(s, s->res[i]);
	while (s->first <= s->rv)
		forget(s);
	free(s->res);
	free(s->past);
	free(s);
}
