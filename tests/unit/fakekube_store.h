/* SPDX-License-Identifier: Apache-2.0 */
/* fakekube_store.h - the objects of a fake API server, without threads or sockets: what each verb
 * does to them, and the events that watches are to see. Any kind, known by its path alone. */
#pragma once
#include "arena.h"
#include "json.h"

/* "/apis/apps/v1/namespaces/NS/deployments/NAME/status", taken apart; parts that are not there are
 * "". group: "/apis/apps/v1". */
struct fake_path {
	const char *group, *ns, *plural, *name, *sub;
};
bool fake_path_parse(struct fake_path *p, const char *path, struct arena *a);

struct fake_object {
	char *group, *plural, *ns, *name;
	struct json *j;
};
struct fake_event {
	int64_t version;
	const char *type; /* "ADDED", "MODIFIED", "DELETED" */
	char *group, *plural, *ns;
	char *object; /* JSON */
};
/* Zero-initialise. */
struct fake_store {
	struct fake_object *v; /* in the order of group, plural, namespace, name */
	size_t n, cap;
	struct fake_event *events;
	size_t nevents, events_cap;
	int64_t version;   /* the newest resourceVersion */
	int64_t compacted; /* watches and lists from before are answered 410 */
	int64_t uids;
};
void fake_store_free(struct fake_store *s);

/* Each returns the HTTP status; *out is the answer, the caller's to free. */
int fake_list(struct fake_store *s, const struct fake_path *p, size_t limit, const char *go_on,
	      struct json **out);
int fake_get(struct fake_store *s, const struct fake_path *p, struct json **out);
int fake_create(struct fake_store *s, const struct fake_path *p, const struct json *body,
		struct json **out);
/* The status subresource changes status alone; the others never do. A resourceVersion in the body
 * must be the object's. Nothing changes when the outcome is equal. */
int fake_update(struct fake_store *s, const struct fake_path *p, const struct json *body,
		struct json **out);
/* By RFC 7386; strategic: lists of conditions are merged by type, of finalizers united. */
int fake_patch(struct fake_store *s, const struct fake_path *p, const struct json *patch,
	       bool strategic, struct json **out);
/* An object with finalizers gets its deletionTimestamp, and goes with its last finalizer. */
int fake_delete(struct fake_store *s, const struct fake_path *p, struct json **out);

/* Is the event for a watch of this path? */
bool fake_event_fits(const struct fake_event *v, const struct fake_path *p);
/* A Status. */
struct json *fake_status(int code, const char *fmt, ...) FMT(2, 3);
