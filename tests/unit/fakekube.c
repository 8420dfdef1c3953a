/* SPDX-License-Identifier: Apache-2.0 */
/* fakekube.c - the fake API server's HTTP: requests to verbs, events to watches. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "cond.h"
#include "fakekube.h"
#include "str.h"
#include "uri.h"

struct fakekube_watch {
	struct fakekube_watch *next;
	struct httpd_call *c;
	struct fake_path p;
	int64_t version; /* sent up to here */
	bool bookmarks;
};

/* ---- requests */

/* A parameter of the query, decoded; NULL when absent. */
static const char *param(struct httpd_call *c, const char *name)
{
	struct strs all = str_split(c->query, "&", &c->a);
	size_t n = strlen(name);

	for (size_t i = 0; i < all.n; i++) {
		auto_buf struct buf b = { 0 };

		if (strncmp(all.v[i], name, n) != 0 || all.v[i][n] != '=')
			continue;
		if (!uri_decode(all.v[i] + n + 1, strlen(all.v[i] + n + 1), &b))
			return NULL;
		return arena_str(&c->a, b.p ? b.p : "");
	}
	return NULL;
}

static void reply(struct httpd_call *c, int status, struct json *j)
{
	auto_buf struct buf b = { 0 };
	struct http_headers h = { 0 };

	http_add(&h, "Content-Type", "application/json");
	json_print(j, 0, &b);
	json_free(&j);
	httpd_reply(c, status, &h, b.p, b.len);
}

static void remember(struct fakekube *f, const struct httpd_call *c)
{
	struct fakekube_asked *k;
	struct arena none = { 0 };

	f->asked = xgrow(f->asked, (f->nasked + 1) * sizeof(*f->asked));
	k = &f->asked[f->nasked++];
	*k = (struct fakekube_asked) { .a = none };
	k->what = arena_fmt(&k->a, "%s %s", c->method, c->target);
	k->body = arena_str(&k->a, c->body);
	for (size_t i = 0; i < c->headers.n; i++)
		http_add(&k->headers, arena_str(&k->a, c->headers.v[i].name),
			 arena_str(&k->a, c->headers.v[i].value));
	pthread_cond_broadcast(&f->changed);
}

/* A fault that was ordered for this request; true when it is answered. */
static bool fault(struct fakekube *f, struct httpd_call *c)
{
	const char *what = arena_fmt(&c->a, "%s %s", c->method, c->target);

	for (size_t i = 0; i < FAKEKUBE_FAULTS; i++) {
		struct fakekube_fault *t = &f->faults[i];
		struct http_headers h = { 0 };

		if (t->times <= 0 || !str_prefix(what, t->match))
			continue;
		t->times--;
		if (t->retry_after)
			http_add(&h, "Retry-After", t->retry_after);
		http_add(&h, "Content-Type", t->type ? t->type : "application/json");
		if (t->body) {
			httpd_reply(c, t->status, &h, t->body, strlen(t->body));
		} else {
			auto_json struct json *j = fake_status(t->status, "as ordered");
			auto_buf struct buf b = { 0 };

			json_print(j, 0, &b);
			httpd_reply(c, t->status, &h, b.p, b.len);
		}
		return true;
	}
	return false;
}

static bool allowed(const struct fakekube *f, struct httpd_call *c)
{
	return !f->token || strcmp(http_header(&c->headers, "authorization"),
				   arena_fmt(&c->a, "Bearer %s", f->token)) == 0;
}

/* ---- watches */

static void watch_end(struct fakekube *f, struct fakekube_watch **at)
{
	struct fakekube_watch *w = *at;

	*at = w->next;
	f->nwatches--;
	httpd_end(w->c);
	free(w);
	pthread_cond_broadcast(&f->changed);
}

/* What w has not seen yet; false: its peer has gone. */
static bool feed(struct fakekube *f, struct fakekube_watch *w)
{
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < f->store.nevents; i++) {
		const struct fake_event *v = &f->store.events[i];

		if (v->version > w->version && fake_event_fits(v, &w->p))
			buf_fmt(&b, "{\"type\":\"%s\",\"object\":%s}\n", v->type, v->object);
	}
	w->version = f->store.version;
	if (f->bookmark && w->bookmarks)
		buf_fmt(&b,
			"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":"
			"\"%" PRId64 "\"}}}\n",
			w->version);
	if (f->say.len)
		buf_add(&b, f->say.p, f->say.len);
	return httpd_piece(w->c, b.p, b.len);
}

static void feed_all(struct fakekube *f)
{
	for (struct fakekube_watch **at = &f->watches; *at;) {
		bool alive = feed(f, *at);

		if (!alive || f->end)
			watch_end(f, at);
		else
			at = &(*at)->next;
	}
	f->say.len = 0;
	f->bookmark = f->end = false;
}

/* As the API server does: no version, or "0", begins with all that there is. */
static void watch_begin(struct fakekube *f, struct httpd_call *c, const struct fake_path *p)
{
	const char *from = param(c, "resourceVersion"), *marks = param(c, "allowWatchBookmarks");
	struct fakekube_watch *w;
	struct http_headers h = { 0 };
	auto_json struct json *list = NULL;
	int64_t version = 0;

	if (from && (!str_i64(from, &version) || version < 0)) {
		reply(c, 400, fake_status(400, "invalid resource version \"%s\"", from));
		return;
	}
	if (version && version < f->store.compacted) {
		reply(c, 410, fake_status(410, "too old resource version: %s", from));
		return;
	}
	w = xalloc(sizeof(*w));
	*w = (struct fakekube_watch) { f->watches, c, *p, version, false };
	w->bookmarks = marks && strcmp(marks, "true") == 0;
	http_add(&h, "Content-Type", "application/json;stream=watch");
	httpd_begin(c, 200, &h);
	if (!version) {
		auto_buf struct buf b = { 0 };

		fake_list(&f->store, p, 0, NULL, &list);
		for (const struct json *i = json_first(json_get(list, "items")); i;
		     i = json_next(i)) {
			buf_str(&b, "{\"type\":\"ADDED\",\"object\":");
			json_print(i, 0, &b);
			buf_str(&b, "}\n");
		}
		w->version = f->store.version;
		(void)!httpd_piece(c, b.p, b.len);
	}
	f->watches = w;
	f->nwatches++;
	feed(f, w);
	pthread_cond_broadcast(&f->changed);
}

static void on_poke(struct watch *w, uint32_t events)
{
	struct fakekube *f = OWNER(w, struct fakekube, poke);
	uint64_t n;

	(void)events;
	(void)!read(w->fd, &n, sizeof(n));
	pthread_mutex_lock(&f->lock);
	feed_all(f);
	pthread_mutex_unlock(&f->lock);
}

/* ---- verbs */

static void get(struct fakekube *f, struct httpd_call *c, const struct fake_path *p)
{
	const char *watch = param(c, "watch"), *limit = param(c, "limit"),
		   *go_on = param(c, "continue");
	struct json *out = NULL;
	uint64_t n = 0;
	int status;

	if (watch && (strcmp(watch, "true") == 0 || strcmp(watch, "1") == 0)) {
		watch_begin(f, c, p);
		return;
	}
	if (limit && !str_u64(limit, &n))
		n = 0;
	status = *p->name ? fake_get(&f->store, p, &out)
			  : fake_list(&f->store, p, (size_t)n, go_on, &out);
	reply(c, status, out);
}

static void change(struct fakekube *f, struct httpd_call *c, const struct fake_path *p)
{
	const char *type = http_header(&c->headers, "content-type");
	bool strategic = str_prefix(type, "application/strategic-merge-patch+json");
	auto_json struct json *body = NULL;
	struct json *out = NULL;
	struct err e;
	int status;

	body = json_parse(c->body, c->body_len, &e);
	if (!body)
		status = 400, out = fake_status(400, "%s", e.msg);
	else if (strcmp(c->method, "POST") == 0)
		status = fake_create(&f->store, p, body, &out);
	else if (strcmp(c->method, "PUT") == 0)
		status = fake_update(&f->store, p, body, &out);
	else if (strategic || str_prefix(type, "application/merge-patch+json"))
		status = fake_patch(&f->store, p, body, strategic, &out);
	else
		status = 415, out = fake_status(415, "the body is of unknown type %s", type);
	reply(c, status, out);
}

static void serve_locked(struct fakekube *f, struct httpd_call *c)
{
	struct json *out = NULL;
	struct fake_path p;
	int status;

	remember(f, c);
	if (fault(f, c))
		return;
	if (!allowed(f, c)) {
		reply(c, 401, fake_status(401, "Unauthorized"));
	} else if (!fake_path_parse(&p, c->path, &c->a)) {
		reply(c, 404, fake_status(404, "the server could not find the requested resource"));
	} else if (strcmp(c->method, "GET") == 0) {
		get(f, c, &p);
	} else if (strcmp(c->method, "DELETE") == 0) {
		status = fake_delete(&f->store, &p, &out);
		reply(c, status, out);
	} else {
		change(f, c, &p);
	}
}

static void serve(struct httpd_call *c)
{
	struct fakekube *f = c->arg;

	pthread_mutex_lock(&f->lock);
	serve_locked(f, c);
	feed_all(f);
	pthread_mutex_unlock(&f->lock);
}

/* ---- for the test */

void fakekube_start(struct fakekube *f)
{
	struct err e;

	pthread_mutex_init(&f->lock, NULL);
	cond_init(&f->changed);
	f->store.version = 100;
	/* nobody comes before the watch is there */
	web_serve(&f->web, serve, f);
	f->poke.fn = on_poke;
	if (watch_add(f->web.loop, &f->poke, eventfd(0, EFD_CLOEXEC), EPOLLIN, &e) < 0)
		die("fake API server: %s", e.msg);
}

void fakekube_stop(struct fakekube *f)
{
	if (!f->web.port)
		return;
	web_stop(&f->web); /* the watch has gone with its loop */
	fd_free(&f->poke.fd);
	while (f->watches)
		watch_end(f, &f->watches);
	for (size_t i = 0; i < f->nasked; i++)
		arena_free(&f->asked[i].a);
	free(f->asked);
	f->asked = NULL;
	f->nasked = 0;
	fake_store_free(&f->store);
	buf_free(&f->say);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
}
