/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent.c - a queue of events, and the thread that sends them. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "kubeevent.h"
#include "kubeevent_sift.h"
#include "log.h"
#include "thread.h"
#include "uri.h"

enum {
	WAITING = 1000,
	TRIES = 12,
	PAUSE_MS = 10 * 1000,
	CALL_MS = 30 * 1000,
	LONGEST = 1023,
	LONGEST_NAME = 253
};

/* Strings are in its arena. */
struct waiting {
	struct waiting *next;
	struct arena a;
	struct kube_said said;
};
struct kubeevents {
	struct kube *kube;
	char *host;
	int stop, more; /* eventfds: the end; something waits */
	pthread_t thread;
	struct kube_sift *sift; /* the thread's */

	pthread_mutex_t lock; /* of what follows */
	struct waiting *first, **last;
	size_t n;
	bool full; /* and that was logged; until half of them are gone */
};

/* ---- what is sent */

/* Of a name that is too long with its suffix, a stand-in. */
static const char *event_name(const struct kube_said *v, int64_t ns, struct arena *a)
{
	const char *name = arena_fmt(a, "%s.%llx", v->name, (unsigned long long)ns);

	if (strlen(name) <= LONGEST_NAME)
		return name;
	return arena_fmt(a, "%.8s-%zu.%llx", v->uid, strlen(v->name), (unsigned long long)ns);
}

static const char *message(const struct kube_said *v, const struct kube_sifted *s, struct arena *a)
{
	return arena_fmt(a, "%s%s", s->combined ? "(combined from similar events): " : "",
			 v->message);
}

static void add_time(struct json *j, const char *key, int64_t ns)
{
	char s[21];

	time_rfc3339(ns / 1000000000, s);
	json_add_str(j, key, s);
}

static struct json *involved(const struct kube_said *v)
{
	struct json *j = json_object();

	json_add_str(j, "kind", v->kind);
	if (*v->ns)
		json_add_str(j, "namespace", v->ns);
	json_add_str(j, "name", v->name);
	json_add_str(j, "uid", v->uid);
	json_add_str(j, "apiVersion", v->api_version);
	if (*v->version)
		json_add_str(j, "resourceVersion", v->version);
	return j;
}

static const char *event_ns(const struct kube_said *v)
{
	return *v->ns ? v->ns : "default";
}

static struct json *event(const struct kube_said *v, const struct kube_sifted *s, const char *text,
			  struct arena *a)
{
	struct json *j = json_object(), *meta = json_object(), *source = json_object();

	json_add_str(j, "kind", "Event");
	json_add_str(j, "apiVersion", "v1");
	json_add_str(meta, "name", event_name(v, s->name_ns, a));
	json_add_str(meta, "namespace", event_ns(v));
	json_add(j, "metadata", meta);
	json_add(j, "involvedObject", involved(v));
	json_add_str(j, "reason", v->reason);
	json_add_str(j, "message", text);
	json_add_str(source, "component", v->component);
	if (*v->host)
		json_add_str(source, "host", v->host);
	json_add(j, "source", source);
	add_time(j, "firstTimestamp", s->first_ns);
	add_time(j, "lastTimestamp", v->at_ns);
	json_add_int(j, "count", s->count);
	json_add_str(j, "type", v->warning ? "Warning" : "Normal");
	json_add_str(j, "reportingComponent", s->combined ? "" : v->component);
	json_add_str(j, "reportingInstance", s->combined ? "" : v->host);
	return j;
}

static struct json *change(const struct kube_said *v, const struct kube_sifted *s, const char *text)
{
	struct json *j = json_object();

	json_add_int(j, "count", s->count);
	add_time(j, "lastTimestamp", v->at_ns);
	json_add_str(j, "message", text);
	return j;
}

static int call(struct kubeevents *k, const char *method, const char *path, const struct json *body,
		struct err *e)
{
	bool patch = strcmp(method, "PATCH") == 0;
	auto_buf struct buf text = { 0 };
	struct kube_call c = { .method = method,
			       .path = path,
			       .type = patch ? "application/strategic-merge-patch+json" : NULL,
			       .stop = k->stop };

	json_print(body, 0, &text);
	c.body = text.p;
	return kube_do(k->kube, &c, NULL, now_ms() + CALL_MS, e);
}

/* One that was counted up and is gone by now (they live an hour) is made anew. */
static int send_once(struct kubeevents *k, const struct kube_said *v, const struct kube_sifted *s,
		     struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf path = { 0 };
	const char *text = message(v, s, &a), *name = event_name(v, s->name_ns, &a);
	auto_json struct json *whole = event(v, s, text, &a), *part = change(v, s, text);

	buf_str(&path, "/api/v1/namespaces/");
	uri_encode(event_ns(v), strlen(event_ns(v)), "", &path);
	buf_str(&path, "/events");
	if (s->count > 1) {
		const char *of = arena_fmt(&a, "%s/%s", path.p, name);

		if (call(k, "PATCH", of, part, e) == 0)
			return 0;
		if (e->num != ENOENT)
			return -1;
	}
	return call(k, "POST", path.p, whole, e);
}

/* ---- the thread */

static bool stopping(struct kubeevents *k)
{
	return fd_wait(k->stop, POLLIN, 0) != 0;
}

/* Who has answered, has judged; else there may be an answer another time. */
static bool judged(const struct err *e)
{
	return *e->code || !(conn_passing(e->num) || e->num == ETIMEDOUT || e->num == EBUSY);
}

static void send(struct kubeevents *k, const struct kube_said *v)
{
	struct kube_sifted s;
	struct err e = { 0 };

	if (!kube_sift(k->sift, v, &s))
		return;
	for (int i = 0; i < TRIES; i++) {
		if (send_once(k, v, &s, &e) == 0 || stopping(k))
			return;
		if (judged(&e) || fd_wait(k->stop, POLLIN, now_ms() + PAUSE_MS) != 0)
			break;
	}
	log_warn("an event cannot be written: %s %s/%s %s: %s", v->kind, v->ns, v->name, v->reason,
		 e.msg);
}

static void waiting_free(struct waiting *w)
{
	arena_free(&w->a);
	free(w);
}

static struct waiting *next(struct kubeevents *k)
{
	struct waiting *w;

	pthread_mutex_lock(&k->lock);
	w = k->first;
	if (w) {
		k->first = w->next;
		if (--k->n <= WAITING / 2)
			k->full = false;
	}
	if (!k->first)
		k->last = &k->first;
	pthread_mutex_unlock(&k->lock);
	return w;
}

static void *run(void *arg)
{
	struct kubeevents *k = arg;
	uint64_t count;

	while (fd_wait_or(k->more, POLLIN, k->stop, INT64_MAX) >= 0) {
		struct waiting *w;

		if (read(k->more, &count, sizeof(count)) < 0)
			continue; /* it was poll(), which does not wait for ever */
		while (!stopping(k) && (w = next(k))) {
			send(k, &w->said);
			waiting_free(w);
		}
	}
	return NULL;
}

/* ---- for everybody */

static void fill(struct waiting *w, const struct kube_about *o, const struct kube_said *v)
{
	w->said = (struct kube_said) { .kind = kube_kinds[o->kind].kind,
				       .api_version = kube_kinds[o->kind].group_version,
				       .ns = arena_str(&w->a, o->ns),
				       .name = arena_str(&w->a, o->name),
				       .uid = arena_str(&w->a, o->uid),
				       .version = arena_str(&w->a, o->version),
				       .component = arena_str(&w->a, v->component),
				       .host = v->host,
				       .reason = arena_str(&w->a, v->reason),
				       .message = arena_str(&w->a, v->message),
				       .warning = v->warning,
				       .at_ns = wall_ns() };
}

/* False: too many wait. */
static bool append(struct kubeevents *k, struct waiting *w, bool *news)
{
	uint64_t one = 1;
	bool room;

	pthread_mutex_lock(&k->lock);
	room = k->n < WAITING;
	*news = !room && !k->full;
	k->full |= !room;
	if (room) {
		*k->last = w;
		k->last = &w->next;
		k->n++;
		if (write(k->more, &one, sizeof(one)) < 0)
			die("eventfd:");
	}
	pthread_mutex_unlock(&k->lock);
	return room;
}

/* Cut before a character, never inside one. */
static void cut(char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return;
	for (n = max; n && ((unsigned char)s[n] & 0xc0) == 0x80;)
		n--;
	s[n] = '\0';
}

void kube_say(struct kubeevents *k, const struct kube_about *o, const char *component, bool warning,
	      const char *reason, const char *fmt, ...)
{
	struct waiting *w = xalloc(sizeof(*w));
	char text[LONGEST + 8];
	va_list ap;
	bool news;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cut(text, LONGEST - strlen("(combined from similar events): "));
	fill(w, o,
	     &(struct kube_said) { .component = component,
				   .host = k->host,
				   .reason = reason,
				   .message = text,
				   .warning = warning });
	if (append(k, w, &news))
		return;
	if (news)
		log_warn("too many events wait to be written: those of %s %s/%s and after are lost",
			 w->said.kind, w->said.ns, w->said.name);
	waiting_free(w);
}

static void release(struct kubeevents *k)
{
	struct waiting *w;

	while ((w = next(k)))
		waiting_free(w);
	kube_sift_free(&k->sift);
	fd_free(&k->stop);
	fd_free(&k->more);
	free(k->host);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static int open_event(int *out, struct err *e)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return fail(e, errno, "events: eventfd:");
	*out = fd;
	return 0;
}

int kubeevents_new(struct kubeevents **out, struct kube *kube, const char *host, struct err *e)
{
	struct kubeevents *k = xalloc(sizeof(*k));

	k->kube = kube;
	k->host = memcpy(xalloc(strlen(host) + 1), host, strlen(host) + 1);
	k->last = &k->first;
	k->sift = kube_sift_new();
	pthread_mutex_init(&k->lock, NULL);
	if (open_event(&k->stop, e) < 0 || open_event(&k->more, e) < 0 ||
	    thread_start(&k->thread, run, k, e) < 0) {
		release(k);
		return -1;
	}
	*out = k;
	return 0;
}

void kubeevents_free(struct kubeevents **kp)
{
	struct kubeevents *k = TAKE(*kp);
	uint64_t one = 1;

	if (!k)
		return;
	if (write(k->stop, &one, sizeof(one)) < 0)
		die("eventfd:");
	pthread_join(k->thread, NULL);
	release(k);
}
