/* SPDX-License-Identifier: Apache-2.0 */
/* kask.h - inside the API server: one request, taken apart, and what answers it. */
#pragma once
#include "kapi.h"
#include "kinner.h"
#include "kselect.h"

enum kform { KFORM_FULL, KFORM_TABLE, KFORM_PARTIAL };
/* A request for a resource. Strings "" when there is none; they live as long as the call. */
struct kask {
	struct kapi *k;
	struct kstore *s;
	struct httpd_call *c;
	const struct kres *r;
	const char *ns, *name, *sub; /* sub: subresource */
	bool all;                    /* no namespace in the path of something namespaced */
	const char *version;         /* as asked for, of r's group */
	enum kform form;
	bool dry;
};
struct kwatching;
struct kapi {
	struct loop *loop;
	struct kstore *s;
	char *token;
	int netns_fd;
	struct kwatcher watcher;
	struct post changed;
	struct timer tick;
	bool ticking;
	struct kwatching *watching;
	struct krelay *relays;
};

/* A parameter of the query, decoded, in the call's arena; NULL: not there. */
const char *kask_param(struct httpd_call *c, const char *name);
bool kask_flag(struct httpd_call *c, const char *name);

/* kreply.c: each answers the call. */
void kreply_json(struct httpd_call *c, int status, const struct json *j);
void kreply_text(struct httpd_call *c, int status, const char *type, const char *text, size_t n);
/* A Status of that failure: e->code is its reason. r and name, when there are any, go into its
 * details. */
void kreply_err(struct httpd_call *c, const struct kres *r, const char *name, const struct err *e);
void kreply_fail(struct httpd_call *c, const char *reason, const char *fmt, ...) FMT(3, 4);
void kreply_object(const struct kask *a, int status, const struct kobj *o);
/* The Status alone, as text: also an ERROR event's object. */
void kstatus_put(const struct kres *r, const char *name, const struct err *e, struct buf *out);
int kstatus_code(const char *reason);

/* An object's bytes as asked for: in that version, whole or in part. */
void kform_put(const struct kask *a, const struct kobj *o, struct buf *out);

void kdisc_serve(struct kapi *k,
		 struct httpd_call *c); /* kdisc.c: discovery and what needs no resource */
void kread_get(const struct kask *a);
void kread_list(const struct kask *a);
void kwatch_serve(const struct kask *a);
void kwatch_changed(struct kapi *k); /* some of what is new goes to the watches */
void kwatch_tick(struct kapi *k);
void kwatch_end(struct kapi *k);
void kchange_create(const struct kask *a);
void kchange_update(const struct kask *a);
void kchange_patch(const struct kask *a);
void kchange_delete(const struct kask *a);
void kchange_delete_all(const struct kask *a);
/* ksub.c: a subresource other than status; false: there is none of that name. */
bool ksub_serve(const struct kask *a);
void krelay_serve(const struct kask *a); /* log, exec, attach, portforward of a pod */
void krelay_end(struct kapi *k);

/* ktable.c */
void ktable_begin(const struct kask *a, const char *list_meta, struct buf *out);
void ktable_row(const struct kask *a, const struct kobj *o, bool first, struct buf *out);
void ktable_end(struct buf *out);

/* kpatch.c and kstrategic.c: of a parsed object, which changes; refused, it may have changed in
 * part. */
MUST int kpatch_json(struct json **o, const struct json *patch, struct err *e);
void kpatch_merge(struct json *o, const struct json *patch);
MUST int kpatch_strategic(struct json *o, const struct json *patch, struct err *e);
