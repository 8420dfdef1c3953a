/* SPDX-License-Identifier: Apache-2.0 */
/* kinner.h - inside the store: kstore.c keeps bytes, kobject.c knows what an API server does with
 * them, kdefault.c and kvalid.c what their kinds want. */
#pragma once
#include "kstore.h"

struct kentry; /* a stored object, counted by those who hold it: the store, the past */

struct kstore_res {
	struct kres r;
	struct kentry **v; /* in order of namespace and name */
	size_t n, cap;
	bool gone;
	struct json *crd;
	char *words; /* what the strings of r point into, of a custom one */
};
struct kstore {
	struct kstore_res **res;
	size_t nres;
	uint64_t rv;
	struct kwatcher *watchers;
	struct kpast *past; /* KSTORE_PAST places, that of a change at rv % KSTORE_PAST */
	uint64_t first;     /* rv of the oldest that is kept; none when above rv */
	size_t dead;        /* bytes that only the past holds */
	uint32_t next_ip, next_port;
};

/* Write obj, which has its final metadata but for the resourceVersion, and tell. obj's
 * resourceVersion is set. */
const struct kobj *kstore_put(struct kstore *s, const struct kres *r, struct json *obj);
const struct kobj *kstore_first(const struct kstore *s, const struct kres *r); /* or NULL */
void kstore_remove(struct kstore *s, const struct kres *r, const char *ns, const char *name);

struct json *kmeta(struct json *obj); /* made when it is not there */
/* "pods", "deployments.apps" */
struct kres_name {
	char s[320];
};
struct kres_name kres_name(const struct kres *r);
/* Refuse with a reason: e->code, and the errno that goes with it. */
int kfail(struct err *e, const char *reason, const char *fmt, ...) FMT(3, 4);
/* `Pod "x" is invalid: FIELD: WHAT` */
int kinvalid(struct err *e, const struct kres *r, const char *name, const char *field,
	     const char *fmt, ...) FMT(5, 6);

int knot_found(const struct kres *r, const char *name, struct err *e);
bool kres_is(const struct kres *r, const char *plural); /* the built-in kind of that name */

/* kcrd.c: before and after a CustomResourceDefinition is stored, and when it goes. */
void kcrd_accept(struct json *crd);
void kcrd_serve(struct kstore *s, const struct json *crd);
void kcrd_gone(struct kstore *s, const struct json *crd);

/* kdefault.c: what is not said. old NULL: obj is new. */
void kdefault(struct kstore *s, const struct kres *r, struct json *obj, const struct json *old);
/* Of an object, unless it has that member; the member object, made when it is not there. */
void kset_str(struct json *o, const char *key, const char *v);
void kset_flag(struct json *o, const char *key, bool v);
struct json *kset_object(struct json *o, const char *key);
void kdefault_service(struct kstore *s, struct json *o, const struct json *old);
void kdefault_status(const struct kres *r, struct json *o);
/* kvalid.c: what may not be said. */
MUST int kvalid(const struct kstore *s, const struct kres *r, const struct json *obj,
		const struct json *old, struct err *e);
MUST int kvalid_name(const struct kres *r, const char *name, struct err *e);
