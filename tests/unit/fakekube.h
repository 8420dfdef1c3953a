/* SPDX-License-Identifier: Apache-2.0 */
/* fakekube.h - an API server for tests, on 127.0.0.1: lists in chunks, watches, the verbs, faults
 * to order, and a memory of what it was asked. Every function may be called from the test's own
 * thread at any time between start and stop. */
#pragma once
#include "fakekube_store.h"
#include "kube.h"
#include "web.h"

/* One order for a bad answer. Strings are borrowed. */
struct fakekube_fault {
	const char *match; /* "PATCH /api/v1/pods": how method and target begin; "": any */
	int status;
	int times;               /* 0: once */
	const char *retry_after; /* the header; NULL: none */
	const char *body, *type; /* NULL: a Status; application/json */
};
enum { FAKEKUBE_FAULTS = 8 };
struct fakekube {
	const char *token; /* asked of every request; NULL: none. May be changed by
			    * fakekube_token() alone */
	struct web web;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct fake_store store;
	struct watch poke;
	struct fakekube_watch *watches;
	size_t nwatches;
	struct fakekube_fault faults[FAKEKUBE_FAULTS];
	struct fakekube_asked *asked;
	size_t nasked;
	struct buf say; /* to every watch, as it is */
	bool bookmark, end;
};
struct fakekube_asked {
	char *what, *body; /* "METHOD target" */
	struct arena a;
	struct http_headers headers;
};
/* Zero-initialise, perhaps set token. */
void fakekube_start(struct fakekube *f);
void fakekube_stop(struct fakekube *f);
#define auto_fakekube AUTO(fakekube_stop)
/* A configuration for it; strings are f's own. */
struct kube_config fakekube_config(const struct fakekube *f);
/* A client of it, without a token of its own unless f->token is set. */
struct kube *fakekube_client(struct fakekube *f);
void fakekube_token(struct fakekube *f, const char *token);

/* ---- objects, as if somebody else had done it */

/* A manifest (JSON) of a kind in kubekinds.def, or Event, Lease, Secret, ConfigMap, Deployment:
 * created, or put in the place of what has its name, whatever the resourceVersion, status and
 * finalizers included. Dies of nonsense. */
void fakekube_put(struct fakekube *f, const char *manifest);
/* By path; returns the HTTP status. */
int fakekube_del(struct fakekube *f, const char *path);
int fakekube_patch(struct fakekube *f, const char *path, const char *merge_patch);
/* The object as JSON, "" when it is not there. */
const char *fakekube_get(struct fakekube *f, const char *path, struct arena *a);

/* ---- watches */

void fakekube_bookmark(struct fakekube *f); /* to those that allow them */
/* Any text into every open watch: events, garbage, half a line. */
void fakekube_say(struct fakekube *f, const char *text);
void fakekube_gone(struct fakekube *f); /* an ERROR event with code 410 */
void fakekube_end(struct fakekube *f);  /* ends every open watch in good order */
/* What was until now is forgotten: a watch from an older resourceVersion is answered 410. */
void fakekube_compact(struct fakekube *f);
/* Wait until n watches are open; false: not before the deadline. */
bool fakekube_watched(struct fakekube *f, size_t n, int64_t deadline);

/* ---- what it was asked */

void fakekube_order(struct fakekube *f, const struct fakekube_fault *fault);
/* Requests whose "METHOD target" begins so. */
size_t fakekube_count(struct fakekube *f, const char *prefix);
bool fakekube_counted(struct fakekube *f, const char *prefix, size_t n, int64_t deadline);
/* Of the last of those, the body or a header, in a; "" when there is none. */
const char *fakekube_body(struct fakekube *f, const char *prefix, struct arena *a);
const char *fakekube_header(struct fakekube *f, const char *prefix, const char *name,
			    struct arena *a);
