/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch.h - list and watch: a thread a kind keeps a connection and decodes; the loop thread
 * gets changes in batches (kubestore.h has their kinds, and a store that follows them). Chunked
 * lists (limit 500, continue), watches with bookmarks, resumed from the last resourceVersion,
 * listed anew on 410, on any other ERROR event and on garbage, with backoff as client-go's
 * reflector has it (0.8 s to 30 s, doubled, up to as much again on top, afresh after a minute of
 * peace). A stalled server is found out by its silence: every watch has timeoutSeconds (5 to 10
 * minutes, random) and a deadline a little later, every chunk of a list a minute. Objects are
 * decoded one by one as they come, whatever the size of the list. */
#pragma once
#include "kube.h"
#include "kubestore.h"
#include "loop.h"

struct kubewatch;
/* Zero: the usual. Others are for tests. */
struct kubewatch_times {
	int64_t pause_ms; /* the first after trouble: 800 */
	int64_t watch_s;  /* timeoutSeconds: 300 to 600 */
	int64_t grace_ms; /* a watch's deadline after that: 10000 */
	int64_t list_ms;  /* a chunk's deadline: 60000 */
};
struct kubewatch_options {
	struct kube *kube;
	struct loop *loop;
	enum kube_kind kind;
	const char *ns; /* "": all; copied */
	/* On the loop thread: a batch in order. Its memory is the watch's, its objects the
	 * receiver's. An object that cannot be decoded is logged once a resourceVersion, and
	 * KUBE_KEEP: of what is not ours to read nothing stops. */
	void (*changes)(void *arg, enum kube_kind kind, const struct kube_change *v, size_t n);
	/* On the loop thread: the API server could not be asked, in words; then again when it can
	 * (e NULL). May be NULL. */
	void (*trouble)(void *arg, enum kube_kind kind, const struct err *e);
	void *arg;
	struct kubewatch_times times;
};
MUST int kubewatch_start(struct kubewatch **out, const struct kubewatch_options *o, struct err *e);
/* Ends the connection and waits for the thread, which is at once unless it waits for the look-up of
 * a name; nothing is called any more. May be called by what is called above. */
void kubewatch_stop(struct kubewatch **w);
#define auto_kubewatch AUTO(kubewatch_stop)
