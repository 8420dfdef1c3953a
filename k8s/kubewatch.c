/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch.c - the thread that lists and watches one kind. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "hash.h"
#include "kubewatch_queue.h"
#include "kubewatch_split.h"
#include "log.h"
#include "thread.h"
#include "uri.h"

enum {
	CHUNK = 500,
	MAX_CHUNKS = 10000,
	PAUSE_MS = 800,
	PAUSE_MAX_MS = 30 * 1000,
	PEACE_MS = 60 * 1000, /* after which pauses begin small again */
	WATCH_MIN_S = 300,
	WATCH_MAX_S = 600,
	GRACE_MS = 10 * 1000,
	LIST_MS = 60 * 1000,
	SHORT_MS = 1000, /* a watch that ends sooner, and without a word, is none */
	UNREAD = 64      /* undecodable objects that are remembered */
};

struct kubewatch {
	struct kube_queue q;
	char *ns;
	int stop; /* an eventfd: readable when the thread is to end */
	pthread_t thread;

	/* the thread's */
	struct arena a; /* of one request */
	struct kube_split split;
	struct backoff pause;
	int64_t failed_at;
	struct buf version; /* that the watch goes on from; empty: list */
	size_t heard;       /* items of the present request */
	bool garbage;       /* it cannot be gone on from there */
	uint64_t unread[UNREAD];
	size_t nunread;
};

static const struct kube_kind_row *row(const struct kubewatch *w)
{
	return &kube_kinds[w->q.o.kind];
}

static int stopped(struct err *e)
{
	return fail(e, ECANCELED, "stopped");
}

static int add(struct kubewatch *w, enum kube_event event, struct kube_object *o, struct err *e)
{
	return kube_queue_add(&w->q, event, o) ? 0 : stopped(e);
}

/* ---- objects */

/* FNV-1a. */
static uint64_t mix(uint64_t h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	while (*s++);
	return h;
}

static bool is_news(struct kubewatch *w, const struct json *j)
{
	uint64_t h = mix(14695981039346656037u, json_str(j, "metadata.namespace", ""));

	h = mix(h, json_str(j, "metadata.name", ""));
	h = mix(h, json_str(j, "metadata.resourceVersion", ""));
	for (size_t i = 0; i < UNREAD; i++)
		if (w->unread[i] == h)
			return false;
	w->unread[w->nunread++ % UNREAD] = h;
	return true;
}

/* It is there, but what it is we do not know. */
static int unreadable(struct kubewatch *w, const struct json *j, const struct err *why,
		      struct err *e)
{
	struct err none;
	struct kube_object *o = kube_object_head(w->q.o.kind, j, &none);

	if (is_news(w, j))
		log_warn("an object is passed over, for it cannot be read: %s", why->msg);
	return o ? add(w, KUBE_KEEP, o, e) : 0;
}

static int there(struct kubewatch *w, const struct json *j, struct err *e)
{
	struct err why;
	struct kube_object *o = kube_object(w->q.o.kind, j, &why);

	return o ? add(w, KUBE_SET, o, e) : unreadable(w, j, &why, e);
}

static int gone(struct kubewatch *w, const struct json *j, struct err *e)
{
	struct err why;
	struct kube_object *o = kube_object(w->q.o.kind, j, &why);

	if (!o)
		o = kube_object_head(w->q.o.kind, j, &why);
	return o ? add(w, KUBE_GONE, o, e) : 0;
}

static void set_version(struct kubewatch *w, const char *version)
{
	w->version.len = 0;
	buf_str(&w->version, version);
}

/* ---- one request, whose body is cut into items */

static int on_body(const void *p, size_t n, void *arg, struct err *e)
{
	struct kubewatch *w = arg;

	if (kube_split_feed(&w->split, p, n, e) < 0) {
		w->garbage = true;
		return -1;
	}
	/* Of a watch at once; a list is long. */
	return w->split.list || kube_queue_flush(&w->q) ? 0 : stopped(e);
}

static int ask(struct kubewatch *w, const char *query, int64_t deadline, struct err *e)
{
	const char *path = kube_path(w->q.o.kind, w->ns, NULL, NULL, &w->a);
	const struct kube_call c = { .method = "GET",
				     .path = path,
				     .query = query,
				     .max_answer = SIZE_MAX / 2,
				     .on_body = on_body,
				     .on_body_arg = w,
				     .stop = w->stop };

	w->heard = 0;
	w->garbage = false;
	return kube_do(w->q.o.kube, &c, NULL, deadline, e);
}

static const char *encoded(struct kubewatch *w, const char *s)
{
	auto_buf struct buf b = { 0 };

	buf_str(&b, "");
	uri_encode(s, strlen(s), "", &b);
	return arena_str(&w->a, b.p);
}

/* ---- list */

static int on_listed(void *arg, const struct json *j, struct err *e)
{
	struct kubewatch *w = arg;

	w->heard++;
	return there(w, j, e);
}

static void split_begin(struct kubewatch *w, bool list,
			int (*item)(void *, const struct json *, struct err *))
{
	kube_split_free(&w->split);
	w->split = (struct kube_split) { .list = list, .item = item, .arg = w };
}

/* go_on: what the next chunk begins with, empty at the end. chunked false: all at once. */
static int list_chunk(struct kubewatch *w, bool chunked, struct buf *go_on, struct err *e)
{
	auto_json struct json *head = NULL;
	const char *query = chunked ? arena_fmt(&w->a, "limit=%d", CHUNK) : NULL;
	int64_t ms = w->q.o.times.list_ms ? w->q.o.times.list_ms : LIST_MS;
	const char *version, *more;

	if (go_on->len)
		query = arena_fmt(&w->a, "%s&continue=%s", query, encoded(w, go_on->p));
	split_begin(w, true, on_listed);
	if (ask(w, query, now_ms() + ms, e) < 0)
		return -1;
	if (kube_split_end(&w->split, &head, e) < 0)
		return wrap(e, "GET %s", row(w)->plural);
	version = json_str(head, "metadata.resourceVersion", "");
	more = json_str(head, "metadata.continue", "");
	if (!*version || (*more && go_on->len && strcmp(more, go_on->p) == 0))
		return fail(e, EBADMSG, "GET %s: a list without %s", row(w)->plural,
			    *version ? "an end" : "resourceVersion");
	set_version(w, version);
	go_on->len = 0;
	buf_str(go_on, more);
	return 0;
}

/* 1: what a chunk would go on from is too old. */
static int list_all(struct kubewatch *w, bool chunked, struct err *e)
{
	auto_buf struct buf go_on = { 0 };

	if (add(w, KUBE_LIST, NULL, e) < 0)
		return -1;
	for (int i = 0; i < MAX_CHUNKS; i++) {
		int rc = list_chunk(w, chunked, &go_on, e);

		arena_free(&w->a);
		if (rc < 0)
			return go_on.len && e->num == ESTALE ? 1 : -1;
		if (go_on.len)
			continue;
		if (add(w, KUBE_SYNCED, NULL, e) < 0 || !kube_queue_flush(&w->q))
			return stopped(e);
		return 0;
	}
	return fail(e, EBADMSG, "GET %s: more than %d chunks", row(w)->plural, MAX_CHUNKS);
}

/* When the chunks are no more (a slow reader, a compaction): all at once, as client-go does. */
static int list(struct kubewatch *w, struct err *e)
{
	int rc = list_all(w, true, e);

	if (rc > 0)
		rc = list_all(w, false, e);
	if (rc == 0)
		return 0;
	w->version.len = 0;
	return -1;
}

/* ---- watch */

static int on_error(const struct json *status, struct err *e)
{
	int64_t code = json_int(status, "code", 0);

	return fail(e, code == 410 ? ESTALE : EIO, "the watch ends with %d %.50s: %.200s",
		    (int)code, json_str(status, "reason", ""), json_str(status, "message", ""));
}

static int on_event(void *arg, const struct json *j, struct err *e)
{
	struct kubewatch *w = arg;
	const char *type = json_str(j, "type", ""), *version;
	const struct json *o = json_get(j, "object");
	int rc;

	if (strcmp(type, "ERROR") == 0)
		return on_error(o, e);
	version = json_str(o, "metadata.resourceVersion", "");
	if (!*version)
		return fail(e, EBADMSG, "an event without resourceVersion (type '%.40s')", type);
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		rc = there(w, o, e);
	else if (strcmp(type, "DELETED") == 0)
		rc = gone(w, o, e);
	else if (strcmp(type, "BOOKMARK") == 0)
		rc = 0;
	else
		return fail(e, EBADMSG, "an event of type '%.40s'", type);
	if (rc < 0)
		return -1;
	w->heard++;
	set_version(w, version);
	return 0;
}

/* In good order and after a while, with or without events. */
static int watch_ended(struct kubewatch *w, int64_t since, struct err *e)
{
	struct json *none;

	if (kube_split_end(&w->split, &none, e) < 0) {
		w->garbage = true;
		return wrap(e, "watch %s", row(w)->plural);
	}
	if (!w->heard && now_ms() - since < SHORT_MS)
		return fail(e, EIO, "watch %s: it ended at once", row(w)->plural);
	return 0;
}

static int watch(struct kubewatch *w, struct err *e)
{
	int64_t s = w->q.o.times.watch_s, since = now_ms();
	int64_t grace = w->q.o.times.grace_ms ? w->q.o.times.grace_ms : GRACE_MS;
	const char *query;
	uint32_t dice;
	int rc;

	random_bytes(&dice, sizeof(dice));
	if (!s)
		s = WATCH_MIN_S + dice % (WATCH_MAX_S - WATCH_MIN_S + 1);
	query = arena_fmt(&w->a,
			  "watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%d",
			  encoded(w, w->version.p), (int)s);
	log_debug("watch %s from resourceVersion=%s for seconds=%d", row(w)->plural, w->version.p,
		  (int)s);
	split_begin(w, false, on_event);
	rc = ask(w, query, since + s * 1000 + grace, e);
	if (rc == 0)
		rc = watch_ended(w, since, e);
	arena_free(&w->a);
	if (rc < 0 && (w->garbage || e->num == ESTALE || e->num == EINVAL || e->num == ENOENT))
		w->version.len = 0;
	return rc;
}

/* ---- the thread */

/* That the past is forgotten is nobody's trouble. */
static void failed(struct kubewatch *w, const struct err *e)
{
	if (e->num == ESTALE)
		log_info("%s are listed anew: %s", row(w)->plural, e->msg);
	else if (kube_queue_trouble(&w->q, e))
		log_warn("%s are not to be had: %s", row(w)->plural, e->msg);
}

/* False: the end. */
static bool rest(struct kubewatch *w)
{
	int64_t now = now_ms();

	if (now - w->failed_at > PEACE_MS)
		w->pause.next_ms = 0;
	w->failed_at = now;
	return fd_wait(w->stop, POLLIN, now + backoff_next(&w->pause)) == 0;
}

static void *run(void *arg)
{
	struct kubewatch *w = arg;
	struct err e;

	while (!kube_queue_stopping(&w->q)) {
		if ((w->version.len ? watch(w, &e) : list(w, &e)) == 0) {
			if (kube_queue_trouble(&w->q, NULL))
				log_info("%s are to be had again", row(w)->plural);
		} else if (!kube_queue_stopping(&w->q)) {
			failed(w, &e);
			if (!kube_queue_flush(&w->q) || !rest(w))
				break;
		}
	}
	return NULL;
}

static void release(struct kubewatch *w)
{
	kube_queue_free(&w->q);
	kube_split_free(&w->split);
	arena_free(&w->a);
	buf_free(&w->version);
	fd_free(&w->stop);
	free(w->ns);
	free(w);
}

static int open_stop(struct kubewatch *w, struct err *e)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return fail(e, errno, "eventfd:");
	w->stop = fd;
	return 0;
}

int kubewatch_start(struct kubewatch **out, const struct kubewatch_options *o, struct err *e)
{
	struct kubewatch *w = xalloc(sizeof(*w));
	int64_t pause = o->times.pause_ms ? o->times.pause_ms : PAUSE_MS;
	size_t n = strlen(o->ns) + 1;

	kube_queue_init(&w->q, o);
	w->ns = memcpy(xalloc(n), o->ns, n);
	w->pause = (struct backoff) { .start_ms = pause, .cap_ms = PAUSE_MAX_MS, .jitter = 1 };
	if (open_stop(w, e) < 0 || thread_start(&w->thread, run, w, e) < 0) {
		release(w);
		return wrap(e, "watch %s", kube_kinds[o->kind].plural);
	}
	*out = w;
	return 0;
}

void kubewatch_stop(struct kubewatch **wp)
{
	struct kubewatch *w = TAKE(*wp);
	uint64_t one = 1;

	if (!w)
		return;
	kube_queue_stop(&w->q);
	if (write(w->stop, &one, sizeof(one)) < 0)
		die("eventfd:");
	pthread_join(w->thread, NULL);
	release(w);
}
