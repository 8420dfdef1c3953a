/* SPDX-License-Identifier: Apache-2.0 */
/* kstore.h - what an API server keeps: objects as compact JSON by resource, namespace and name,
 * their revisions, and who is told of changes. On the loop thread; opens no socket. */
#pragma once
#include "json.h"

struct kstore;
/* A resource: a built-in one (apires.def) or one of a CustomResourceDefinition's. Stays as long as
 * the store. */
struct kres {
	const char *group, *version, *plural, *singular, *kind; /* group "" is core */
	const char *shorts;                                     /* "deploy", several with spaces */
	bool namespaced, status, scale; /* status, scale: has that subresource */
	bool generation, keeps_status;  /* counts generations; a new object may bring its status */
	const char *categories;         /* "all" */
	bool custom;                    /* of a CustomResourceDefinition */
	size_t id;                      /* its place in the store */
};
/* An object as it is stored. What it points to stays until that object changes or goes. */
struct kobj {
	const struct kres *res;
	const char *ns, *name, *uid; /* ns "" of what is cluster-wide */
	uint64_t rv;                 /* resourceVersion */
	const char *text;            /* JSON without spaces */
	size_t len;
};

struct kstore *kstore_new(void);
void kstore_free(struct kstore **s);

/* By its plural name; NULL: there is none. */
const struct kres *kstore_resource(const struct kstore *s, const char *group, const char *plural);
/* NULL: there is none. */
const struct kobj *kstore_get(const struct kstore *s, const struct kres *r, const char *ns,
			      const char *name);
/* Parsed, for the caller to free; NULL: there is none. */
struct json *kstore_json(const struct kstore *s, const struct kres *r, const char *ns,
			 const char *name);
/* Each object of a resource in order of namespace and name, of one namespace or (NULL) of all. fn
 * must not change the store; false ends it. */
void kstore_each(const struct kstore *s, const struct kres *r, const char *ns,
		 bool (*fn)(void *arg, const struct kobj *o), void *arg);
/* The same, from that namespace and name on. */
void kstore_each_from(const struct kstore *s, const struct kres *r, const char *ns,
		      const char *from_ns, const char *from_name,
		      bool (*fn)(void *arg, const struct kobj *o), void *arg);

/* The resource with that place, NULL behind the last. */
const struct kres *kstore_nth(const struct kstore *s, size_t id);
/* false: its CustomResourceDefinition is gone. */
bool kstore_served(const struct kstore *s, const struct kres *r);
/* Whether it is served in that version ("v1"). */
bool kstore_serves(const struct kstore *s, const struct kres *r, const char *version);
/* The CustomResourceDefinition of a custom resource, parsed; borrowed. NULL of others. */
const struct json *kstore_crd(const struct kstore *s, const struct kres *r);
size_t kstore_count(const struct kstore *s, const struct kres *r);
/* Whether objects have "group/kind" as their type: for references. NULL: there is none. */
const struct kres *kstore_kind(const struct kstore *s, const char *group, const char *kind);

/* ---- changes, as an API server's: refused, e->code is the reason of its Status ("AlreadyExists",
 * "NotFound", "Conflict", "Invalid"), e->num EEXIST, ENOENT, EAGAIN or EINVAL, and nothing has
 * changed. obj stays the caller's. out may be NULL. */

/* metadata.name or generateName counts; ns is put into it. uid, creationTimestamp, resourceVersion,
 * generation and the defaults of its kind are set; status is dropped where it is a subresource. */
MUST int kstore_create(struct kstore *s, const struct kres *r, const char *ns,
		       const struct json *obj, const struct kobj **out, struct err *e);
/* Put obj in the place of the object of its name. A metadata.resourceVersion that is not the stored
 * one's is a Conflict; none is taken as it is. Of KSTORE_STATUS only the status counts, without it
 * all but the status. generation goes up when the spec differs; nothing differs: nothing happens.
 * One whose deletionTimestamp is set goes with its last finalizer. */
enum kstore_part { KSTORE_SPEC, KSTORE_STATUS };
MUST int kstore_update(struct kstore *s, const struct kres *r, const char *ns,
		       const struct json *obj, enum kstore_part part, const struct kobj **out,
		       struct err *e);
/* What kstore_create() and kstore_update() would store, for the caller to free, and nothing
 * changes. */
MUST struct json *kstore_try_create(struct kstore *s, const struct kres *r, const char *ns,
				    const struct json *obj, struct err *e);
MUST struct json *kstore_try_update(struct kstore *s, const struct kres *r, const char *ns,
				    const struct json *obj, enum kstore_part part, struct err *e);
/* Finalizers, and for pods on a node a grace period, only set deletionTimestamp; what is left is
 * gone at once. policy: "Background" (NULL too), "Foreground", "Orphan". grace_s < 0: the object's
 * own; 0 of a pod: at once. uid, when not NULL, must be the object's (else Conflict). */
struct kdelete {
	const char *policy, *uid;
	int64_t grace_s;
};
MUST int kstore_delete(struct kstore *s, const struct kres *r, const char *ns, const char *name,
		       const struct kdelete *how, struct err *e);

/* ---- who is told. Every change, in its order, within the call that makes it: fn must not change
 * the store, it notes what to do and does it from the loop (loop_post()). o is the object as it is
 * now, or as it was when it went. */

enum kevent { KEVENT_ADDED, KEVENT_MODIFIED, KEVENT_DELETED };
struct kwatcher {
	struct kwatcher *next;
	void (*fn)(struct kwatcher *w, enum kevent event, const struct kobj *o);
};
void kstore_watch(struct kstore *s, struct kwatcher *w);
void kstore_unwatch(struct kstore *s, struct kwatcher *w);

/* ---- what happened: the last KSTORE_PAST changes, fewer when what they hold that is no longer
 * stored is more than a few MiB. Each change has a revision of its own, counted without gaps. */

enum { KSTORE_PAST = 8192 };
struct kchange {
	uint64_t rv;
	enum kevent event;
	const struct kobj *now;    /* as it went, of KEVENT_DELETED */
	const struct kobj *before; /* NULL of KEVENT_ADDED */
};
/* The revision of the last change. */
uint64_t kstore_rv(const struct kstore *s);
/* The change after that one; NULL: rv is the last, or (*gone) what followed is forgotten. */
const struct kchange *kstore_next(const struct kstore *s, uint64_t rv, bool *gone);
