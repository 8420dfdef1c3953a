/* SPDX-License-Identifier: Apache-2.0 */
/* kubestore.h - what the API server has told, by kind: objects that never change once they are
 * there, counted by reference, so that a job may keep what it has been given while the loop goes
 * on. The store is the loop thread's; references may be dropped by any thread. */
#pragma once
#include "kubeobj.h"

/* The head of an object; the kind's struct is behind it (kube_of()). One piece of memory. */
struct kube_object {
	_Atomic int refs;
	enum kube_kind kind;
};
const void *kube_of(const struct kube_object *o); /* struct kube_service * ... */
const struct kube_meta *kube_meta(const struct kube_object *o);
/* From the API's JSON: the fields of its kind's table, as far as kube_keep() leaves them. NULL and
 * EBADMSG with kind, namespace, name and field. One reference is the caller's. */
struct kube_object *kube_object(enum kube_kind kind, const struct json *j, struct err *e);
/* The same with the metadata alone, all else being absent: of an object that cannot be read, or is
 * gone. EBADMSG: it has no name. */
struct kube_object *kube_object_head(enum kube_kind kind, const struct json *j, struct err *e);
struct kube_object *kube_ref(struct kube_object *o);
void kube_unref(struct kube_object **o);
#define auto_object AUTO(kube_unref)
/* Leave out of a kind's struct what nobody here reads, before it is kept thirty thousand times: the
 * rules are a table in kubekeep.c. */
void kube_keep(enum kube_kind kind, void *object);

struct kubestore;
struct kubestore *kubestore_new(void);
void kubestore_free(struct kubestore **s);
#define auto_kubestore AUTO(kubestore_free)
/* Put o, whose reference is taken over, in the place of what has its kind, namespace and name.
 * *old: what was there (the reference is the caller's now), NULL: nothing. old may be NULL. */
void kubestore_put(struct kubestore *s, struct kube_object *o, struct kube_object **old);
void kubestore_del(struct kubestore *s, enum kube_kind kind, const char *ns, const char *name,
		   struct kube_object **old);
/* Borrowed: until the loop goes on. NULL: not there. ns "" for kinds without namespaces. */
struct kube_object *kubestore_get(const struct kubestore *s, enum kube_kind kind, const char *ns,
				  const char *name);
size_t kubestore_count(const struct kubestore *s, enum kube_kind kind);
/* All of a kind in the order of namespace and name (ns ""), or those of one namespace: begin with
 * at NULL; NULL at the end. What at was may have been put anew or deleted in between. */
struct kube_object *kubestore_next(const struct kubestore *s, enum kube_kind kind, const char *ns,
				   const struct kube_object *at);

/* ---- a store that follows a watch (kubewatch.h) */

/* KUBE_LIST: a list begins, perhaps in the place of one that was given up half-way; a KUBE_SET for
 * each of its objects; KUBE_SYNCED: it was complete, and what was there before and not among them
 * is no more. KUBE_KEEP: the object, which has its metadata alone, is there but cannot be read;
 * whoever has an older state of it keeps that. KUBE_GONE: deleted; of the object only the metadata
 * is sure to be there. */
enum kube_event { KUBE_LIST, KUBE_SET, KUBE_KEEP, KUBE_GONE, KUBE_SYNCED };
struct kube_change {
	enum kube_event event;
	struct kube_object *object; /* the receiver's reference; NULL for LIST and SYNCED */
};
/* Apply a batch, whose references are taken over. fn is told of each object that came, changed
 * (other resourceVersion) or went: old or new NULL. Both are borrowed. */
typedef void kube_changed_fn(void *arg, enum kube_kind kind, const struct kube_object *old,
			     const struct kube_object *new);
void kubestore_apply(struct kubestore *s, enum kube_kind kind, const struct kube_change *v,
		     size_t n, kube_changed_fn *fn, void *arg);
/* Has a KUBE_SYNCED been applied yet? */
bool kubestore_synced(const struct kubestore *s, enum kube_kind kind);
