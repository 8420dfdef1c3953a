/* SPDX-License-Identifier: Apache-2.0 */
/* kubestore.c - objects by kind, namespace and name: sorted arrays, as the API server lists them in
 * nearly that order and look-ups are by far the most of what is done. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kubestore.h"

/* Of struct kube_object, rounded up as shape_copy() does it. */
enum { HEAD = (sizeof(struct kube_object) + 7) & ~(size_t)7 };

/* ---- objects */

const void *kube_of(const struct kube_object *o)
{
	return (const char *)o + HEAD;
}

const struct kube_meta *kube_meta(const struct kube_object *o)
{
	return kube_of(o);
}

static struct kube_object *copy(enum kube_kind kind, const void *from)
{
	struct kube_object *o = shape_copy(kube_kinds[kind].shape, from, sizeof(*o));

	o->kind = kind;
	atomic_init(&o->refs, 1);
	return o;
}

static struct kube_object *read_as(enum kube_kind kind, const struct shape *shape,
				   const struct json *j, struct err *e)
{
	auto_arena struct arena a = { 0 };
	void *s = arena_get(&a, kube_kinds[kind].shape->size);
	const struct kube_meta *m = s;

	if (json_type(j) != JSON_OBJECT)
		return fail(e, EBADMSG, "%s: not an object", kube_kinds[kind].kind), NULL;
	if (shape_get_json(shape, s, j, &a, e) < 0)
		return wrap(e, "%s %.100s/%.100s", kube_kinds[kind].kind,
			    json_str(j, "metadata.namespace", ""),
			    json_str(j, "metadata.name", "")),
		       NULL;
	if (!*m->name)
		return fail(e, EBADMSG, "%s without a name", kube_kinds[kind].kind), NULL;
	kube_keep(kind, s);
	return copy(kind, s);
}

struct kube_object *kube_object(enum kube_kind kind, const struct json *j, struct err *e)
{
	return read_as(kind, kube_kinds[kind].shape, j, e);
}

static void no_text(const struct shape *shape, char *s)
{
	for (const struct shape_field *f = shape->f; f < shape->f + shape->n; f++)
		if (f->kind == SHAPE_STR)
			*(const char **)(void *)(s + f->at) = "";
}

/* What is malformed may be in the metadata too. */
struct kube_object *kube_object_head(enum kube_kind kind, const struct json *j, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct kube_meta *m = arena_get(&a, kube_kinds[kind].shape->size);

	no_text(kube_kinds[kind].shape, (char *)m);
	m->ns = json_str(j, "metadata.namespace", "");
	m->name = json_str(j, "metadata.name", "");
	m->uid = json_str(j, "metadata.uid", "");
	m->version = json_str(j, "metadata.resourceVersion", "");
	if (!*m->name)
		return fail(e, EBADMSG, "%s without a name", kube_kinds[kind].kind), NULL;
	return copy(kind, m);
}

struct kube_object *kube_ref(struct kube_object *o)
{
	atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return o;
}

void kube_unref(struct kube_object **op)
{
	struct kube_object *o = TAKE(*op);

	if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
		free(o);
}

/* ---- the store */

struct slot {
	struct kube_object *o;
	uint32_t seen; /* in which list */
};
struct shelf {
	struct slot *v;
	size_t n, cap;
	uint32_t list; /* the present one, counted from 1 */
	bool synced;
};
struct kubestore {
	struct shelf of[KUBE_KINDS];
};

struct kubestore *kubestore_new(void)
{
	return xalloc(sizeof(struct kubestore));
}

void kubestore_free(struct kubestore **sp)
{
	struct kubestore *s = TAKE(*sp);

	for (size_t k = 0; s && k < KUBE_KINDS; k++) {
		for (size_t i = 0; i < s->of[k].n; i++)
			kube_unref(&s->of[k].v[i].o);
		free(s->of[k].v);
	}
	free(s);
}

static int compare(const struct kube_object *o, const char *ns, const char *name)
{
	int c = strcmp(kube_meta(o)->ns, ns);

	return c ? c : strcmp(kube_meta(o)->name, name);
}

/* Where it is, or would be. */
static size_t place(const struct shelf *f, const char *ns, const char *name, bool *there)
{
	size_t low = 0, high = f->n;

	*there = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare(f->v[mid].o, ns, name);

		if (c == 0) {
			*there = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t place_of(const struct shelf *f, const struct kube_object *o, bool *there)
{
	return place(f, kube_meta(o)->ns, kube_meta(o)->name, there);
}

static void give(struct kube_object **to, struct kube_object *o)
{
	if (to)
		*to = o;
	else
		kube_unref(&o);
}

static void insert(struct shelf *f, size_t at, struct kube_object *o)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap + f->cap / 2 : 16;
		f->v = xgrow(f->v, f->cap * sizeof(*f->v));
	}
	memmove(f->v + at + 1, f->v + at, (f->n - at) * sizeof(*f->v));
	f->v[at] = (struct slot) { o, f->list };
	f->n++;
}

static void take_out(struct shelf *f, size_t at)
{
	f->n--;
	memmove(f->v + at, f->v + at + 1, (f->n - at) * sizeof(*f->v));
}

void kubestore_put(struct kubestore *s, struct kube_object *o, struct kube_object **old)
{
	struct shelf *f = &s->of[o->kind];
	bool there;
	size_t at = place_of(f, o, &there);

	if (there)
		give(old, f->v[at].o);
	else
		give(old, NULL);
	if (there)
		f->v[at] = (struct slot) { o, f->list };
	else
		insert(f, at, o);
}

void kubestore_del(struct kubestore *s, enum kube_kind kind, const char *ns, const char *name,
		   struct kube_object **old)
{
	struct shelf *f = &s->of[kind];
	bool there;
	size_t at = place(f, ns, name, &there);

	give(old, there ? f->v[at].o : NULL);
	if (there)
		take_out(f, at);
}

struct kube_object *kubestore_get(const struct kubestore *s, enum kube_kind kind, const char *ns,
				  const char *name)
{
	bool there;
	size_t at = place(&s->of[kind], ns, name, &there);

	return there ? s->of[kind].v[at].o : NULL;
}

size_t kubestore_count(const struct kubestore *s, enum kube_kind kind)
{
	return s->of[kind].n;
}

struct kube_object *kubestore_next(const struct kubestore *s, enum kube_kind kind, const char *ns,
				   const struct kube_object *at)
{
	const struct shelf *f = &s->of[kind];
	bool there = false;
	size_t i = at ? place_of(f, at, &there) : place(f, ns, "", &there);

	i += at && there;
	if (i == f->n || (*ns && strcmp(kube_meta(f->v[i].o)->ns, ns) != 0))
		return NULL;
	return f->v[i].o;
}

bool kubestore_synced(const struct kubestore *s, enum kube_kind kind)
{
	return s->of[kind].synced;
}

/* ---- following */

struct follow {
	struct kubestore *s;
	struct shelf *f;
	enum kube_kind kind;
	kube_changed_fn *fn;
	void *arg;
};

static void tell(const struct follow *w, const struct kube_object *old,
		 const struct kube_object *new)
{
	if (w->fn)
		w->fn(w->arg, w->kind, old, new);
}

static void set(const struct follow *w, struct kube_object *o)
{
	auto_object struct kube_object *old = NULL;
	bool there;
	size_t at = place_of(w->f, o, &there);

	if (there && strcmp(kube_meta(w->f->v[at].o)->version, kube_meta(o)->version) == 0 &&
	    strcmp(kube_meta(w->f->v[at].o)->uid, kube_meta(o)->uid) == 0) {
		w->f->v[at].seen = w->f->list;
		kube_unref(&o);
		return;
	}
	kubestore_put(w->s, o, &old);
	tell(w, old, o);
}

static void keep(const struct follow *w, const struct kube_object *o)
{
	bool there;
	size_t at = place_of(w->f, o, &there);

	if (there)
		w->f->v[at].seen = w->f->list;
}

static void gone(const struct follow *w, const struct kube_object *o)
{
	auto_object struct kube_object *old = NULL;

	kubestore_del(w->s, w->kind, kube_meta(o)->ns, kube_meta(o)->name, &old);
	if (old)
		tell(w, old, NULL);
}

/* Objects are told of when the store has no trace of them any more: fn may look at it. */
static void synced(const struct follow *w)
{
	struct kube_object **dropped = xalloc((w->f->n + 1) * sizeof(*dropped));
	size_t n = 0, kept = 0;

	w->f->synced = true;
	for (size_t i = 0; i < w->f->n; i++) {
		if (w->f->v[i].seen == w->f->list)
			w->f->v[kept++] = w->f->v[i];
		else
			dropped[n++] = w->f->v[i].o;
	}
	w->f->n = kept;
	for (size_t i = 0; i < n; i++) {
		tell(w, dropped[i], NULL);
		kube_unref(&dropped[i]);
	}
	free(dropped);
}

void kubestore_apply(struct kubestore *s, enum kube_kind kind, const struct kube_change *v,
		     size_t n, kube_changed_fn *fn, void *arg)
{
	const struct follow w = { s, &s->of[kind], kind, fn, arg };

	for (size_t i = 0; i < n; i++) {
		struct kube_object *o = v[i].object;

		switch (v[i].event) {
		case KUBE_LIST:
			w.f->list++;
			break;
		case KUBE_SET:
			set(&w, TAKE(o));
			break;
		case KUBE_KEEP:
			keep(&w, o);
			break;
		case KUBE_GONE:
			gone(&w, o);
			break;
		case KUBE_SYNCED:
			synced(&w);
		}
		kube_unref(&o);
	}
}
