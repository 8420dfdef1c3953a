/* SPDX-License-Identifier: Apache-2.0 */
/* podwatch.c - the thread that lists and watches a node's pods. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "kubewatch_split.h"
#include "log.h"
#include "podwatch.h"
#include "thread.h"
#include "uri.h"

enum {
	PAUSE_MS = 200,
	PAUSE_MAX_MS = 10 * 1000,
	LIST_MS = 30 * 1000,
	WATCH_S = 300,
	GRACE_MS = 10 * 1000,
	SHORT_MS = 1000
};

struct news {
	struct news *next;
	struct json *pod; /* NULL: a list was complete */
	enum podwatch_how how;
};
struct podwatch {
	struct podwatch_options o;
	struct arena a; /* of the options */
	const char *selector;
	struct post post;
	pthread_t thread;
	int stop;

	/* the thread's */
	struct kube_split split;
	struct buf version;
	size_t heard;

	pthread_mutex_t lock; /* of what follows */
	struct news *first, **last;
};

static bool stopping(struct podwatch *w)
{
	return fd_wait(w->stop, POLLIN, 0) != 0;
}

static void tell(struct podwatch *w, const struct json *pod, enum podwatch_how how)
{
	struct news *n = xalloc(sizeof(*n));

	*n = (struct news) { .pod = pod ? json_copy(pod) : NULL, .how = how };
	pthread_mutex_lock(&w->lock);
	*w->last = n;
	w->last = &n->next;
	pthread_mutex_unlock(&w->lock);
	loop_post(w->o.loop, &w->post);
}

static struct news *take(struct podwatch *w)
{
	struct news *n;

	pthread_mutex_lock(&w->lock);
	n = w->first;
	w->first = n ? n->next : NULL;
	if (!w->first)
		w->last = &w->first;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static void news_free(struct news *n)
{
	json_free(&n->pod);
	free(n);
}

static void on_post(struct post *p)
{
	struct podwatch *w = OWNER(p, struct podwatch, post);
	struct news *n;

	while ((n = take(w))) {
		if (n->pod)
			w->o.changed(w->o.arg, n->pod, n->how);
		else
			w->o.listed(w->o.arg);
		news_free(n);
	}
}

/* ---- requests */

static void set_version(struct podwatch *w, const char *version)
{
	w->version.len = 0;
	buf_str(&w->version, version);
}

static int on_listed(void *arg, const struct json *j, struct err *e)
{
	(void)e;
	tell(arg, j, PODWATCH_LISTED);
	return 0;
}

static int on_event(void *arg, const struct json *j, struct err *e)
{
	const char *type = json_str(j, "type", "");
	const struct json *o = json_get(j, "object");
	struct podwatch *w = arg;

	if (strcmp(type, "ERROR") == 0)
		return fail(e, json_int(o, "code", 0) == 410 ? ESTALE : EIO, "the watch ends: %s",
			    json_str(o, "message", "no reason"));
	if (!*json_str(o, "metadata.resourceVersion", ""))
		return fail(e, EBADMSG, "an event of type '%.40s' without resourceVersion", type);
	w->heard++;
	set_version(w, json_str(o, "metadata.resourceVersion", ""));
	if (strcmp(type, "BOOKMARK") != 0)
		tell(w, o, strcmp(type, "DELETED") == 0 ? PODWATCH_GONE : PODWATCH_CHANGED);
	return 0;
}

static int on_body(const void *p, size_t n, void *arg, struct err *e)
{
	struct podwatch *w = arg;

	return kube_split_feed(&w->split, p, n, e);
}

static int ask(struct podwatch *w, const char *query, bool is_list, int64_t deadline, struct err *e)
{
	struct kube_call c = { .method = "GET",
			       .path = "/api/v1/pods",
			       .query = query,
			       .max_answer = SIZE_MAX / 2,
			       .on_body = on_body,
			       .on_body_arg = w,
			       .stop = w->stop };

	kube_split_free(&w->split);
	w->split = (struct kube_split) { .list = is_list,
					 .item = is_list ? on_listed : on_event,
					 .arg = w };
	w->heard = 0;
	return kube_do(w->o.kube, &c, NULL, deadline, e);
}

static int list(struct podwatch *w, struct err *e)
{
	auto_json struct json *head = NULL;
	const char *version;

	if (ask(w, w->selector, true, now_ms() + LIST_MS, e) < 0 ||
	    kube_split_end(&w->split, &head, e) < 0)
		return -1;
	version = json_str(head, "metadata.resourceVersion", "");
	if (!*version)
		return fail(e, EBADMSG, "a list without resourceVersion");
	set_version(w, version);
	tell(w, NULL, PODWATCH_LISTED);
	return 0;
}

static int watch(struct podwatch *w, struct err *e)
{
	auto_buf struct buf query = { 0 };
	int64_t since = now_ms();
	struct json *none;

	buf_fmt(&query, "%s&watch=1&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=",
		w->selector, WATCH_S);
	uri_encode(w->version.p, w->version.len, "", &query);
	if (ask(w, query.p, false, since + WATCH_S * 1000 + GRACE_MS, e) < 0) {
		/* The connection may break at any time; what it has said is known. */
		if (!conn_passing(e->num) && e->num != ETIMEDOUT)
			w->version.len = 0;
		return -1;
	}
	if (kube_split_end(&w->split, &none, e) < 0) {
		w->version.len = 0;
		return -1;
	}
	return w->heard || now_ms() - since > SHORT_MS ? 0 : fail(e, EIO, "it ended at once");
}

static void *run(void *arg)
{
	struct podwatch *w = arg;
	struct backoff pause = { .start_ms = PAUSE_MS, .cap_ms = PAUSE_MAX_MS, .jitter = 0.5 };
	struct err e = { 0 };

	while (!stopping(w)) {
		if ((w->version.len ? watch(w, &e) : list(w, &e)) == 0) {
			pause.next_ms = 0;
			continue;
		}
		if (stopping(w))
			break;
		log_warn("the pods of this node are not to be had: %s", e.msg);
		if (w->heard)
			pause.next_ms = 0;
		(void)!fd_wait(w->stop, POLLIN, now_ms() + backoff_next(&pause));
	}
	return NULL;
}

static const char *selector(struct podwatch *w, const char *node)
{
	auto_buf struct buf q = { 0 };

	buf_str(&q, "fieldSelector=spec.nodeName%3D");
	uri_encode(node, strlen(node), "", &q);
	return arena_str(&w->a, q.p);
}

int podwatch_start(struct podwatch **out, const struct podwatch_options *o, struct err *e)
{
	struct podwatch *w = xalloc(sizeof(*w));

	*w = (struct podwatch) { .o = *o, .post.fn = on_post, .last = &w->first };
	w->selector = selector(w, o->node);
	pthread_mutex_init(&w->lock, NULL);
	w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->stop < 0)
		die("eventfd:");
	*out = w;
	return thread_start(&w->thread, run, w, e);
}

void podwatch_stop(struct podwatch **wp)
{
	struct podwatch *w = TAKE(*wp);
	uint64_t one = 1;
	struct news *n;

	if (!w)
		return;
	if (write(w->stop, &one, sizeof(one)) < 0)
		die("eventfd:");
	pthread_join(w->thread, NULL);
	loop_unpost(w->o.loop, &w->post);
	while ((n = take(w)))
		news_free(n);
	kube_split_free(&w->split);
	buf_free(&w->version);
	arena_free(&w->a);
	close(w->stop);
	free(w);
}
