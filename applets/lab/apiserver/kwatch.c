/* SPDX-License-Identifier: Apache-2.0 */
/* kwatch.c - watches: each has a place in the past, and goes on from there when something is new.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kask.h"
#include "str.h"

enum { DEFAULT_S = 3600, BOOKMARK_MS = 10000, PIECE = 256 * 1024 };

struct kwatching {
	struct kwatching *next;
	struct kask a;
	struct kselect select;
	uint64_t rv; /* told up to here */
	uint64_t marked;
	bool bookmarks;
	int64_t until, mark_at;
};

static void put_event(const struct kask *a, const char *type, const struct kobj *o, struct buf *out)
{
	buf_fmt(out, "{\"type\":\"%s\",\"object\":", type);
	if (a->form == KFORM_TABLE) {
		char meta[60];

		snprintf(meta, sizeof(meta), "{\"resourceVersion\":\"%" PRIu64 "\"}", o->rv);
		ktable_begin(a, meta, out);
		ktable_row(a, o, true, out);
		ktable_end(out);
	} else {
		kform_put(a, o, out);
	}
	buf_str(out, "}\n");
}

static void put_bookmark(const struct kwatching *w, bool initial, struct buf *out)
{
	const struct kres *r = w->a.r;

	buf_fmt(out,
		"{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\","
		"\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\",\"creationTimestamp\":null%s}",
		w->a.form == KFORM_TABLE ? "Table" : r->kind,
		w->a.form == KFORM_TABLE ? "meta.k8s.io" : r->group,
		*r->group || w->a.form == KFORM_TABLE ? "/" : "",
		w->a.form == KFORM_TABLE ? "v1" : w->a.version, w->rv,
		initial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	buf_str(out, w->a.form == KFORM_TABLE ? ",\"rows\":[]}}\n" : "}}\n");
}

static void put_error(const struct err *e, struct buf *out)
{
	buf_str(out, "{\"type\":\"ERROR\",\"object\":");
	kstatus_put(NULL, NULL, e, out);
	buf_str(out, "}\n");
}

static bool concerns(const struct kwatching *w, const struct kobj *o)
{
	return o->res == w->a.r &&
	       (!w->a.r->namespaced || w->a.all || strcmp(o->ns, w->a.ns) == 0) &&
	       (!*w->a.name || strcmp(o->name, w->a.name) == 0);
}

/* What a change is to one who sees only what his selector matches. */
static void put_change(const struct kwatching *w, const struct kchange *c, struct buf *out)
{
	bool was = c->before && kselect_match(&w->select, c->before),
	     is = c->event != KEVENT_DELETED && kselect_match(&w->select, c->now);

	if (is || was)
		put_event(&w->a, is && was ? "MODIFIED" : is ? "ADDED" : "DELETED", c->now, out);
}

/* False: it has ended. */
static bool send_piece(struct kwatching *w, struct buf *out)
{
	bool there = !out->len || httpd_piece(w->a.c, out->p, out->len);

	buf_free(out);
	return there;
}

static bool follow(struct kwatching *w)
{
	auto_buf struct buf out = { 0 };
	const struct kchange *c;
	struct err e;
	bool gone = false;

	while ((c = kstore_next(w->a.s, w->rv, &gone))) {
		if (concerns(w, c->now))
			put_change(w, c, &out);
		w->rv = c->rv;
		if (out.len > PIECE && !send_piece(w, &out))
			return false;
	}
	if (gone) {
		kfail(&e, "Expired", "too old resource version: %" PRIu64 " (%" PRIu64 ")", w->rv,
		      kstore_rv(w->a.s));
		put_error(&e, &out);
		(void)!send_piece(w, &out);
		return false;
	}
	return send_piece(w, &out);
}

static void finish(struct kwatching **at)
{
	struct kwatching *w = *at;

	*at = w->next;
	httpd_end(w->a.c);
	free(w);
}

void kwatch_changed(struct kapi *k)
{
	struct kwatching **at = &k->watching;

	while (*at) {
		if (follow(*at))
			at = &(*at)->next;
		else
			finish(at);
	}
}

void kwatch_tick(struct kapi *k)
{
	struct kwatching **at = &k->watching;
	int64_t now = now_ms();

	while (*at) {
		struct kwatching *w = *at;
		bool over = now >= w->until, there = true;

		if (w->bookmarks && w->marked != w->rv && (over || now >= w->mark_at)) {
			auto_buf struct buf out = { 0 };

			put_bookmark(w, false, &out);
			w->marked = w->rv;
			w->mark_at = now + BOOKMARK_MS;
			there = send_piece(w, &out);
		}
		if (over || !there)
			finish(at);
		else
			at = &w->next;
	}
}

void kwatch_end(struct kapi *k)
{
	while (k->watching)
		finish(&k->watching);
}

/* ---- the beginning */

struct initial {
	struct kwatching *w;
	struct buf out;
};

static bool put_initial(void *arg, const struct kobj *o)
{
	struct initial *i = arg;

	if (concerns(i->w, o) && kselect_match(&i->w->select, o))
		put_event(&i->w->a, "ADDED", o, &i->out);
	return true;
}

static int read_options(struct kwatching *w, bool *initial, struct err *e)
{
	struct httpd_call *c = w->a.c;
	const char *rv = kask_param(c, "resourceVersion"), *s = kask_param(c, "timeoutSeconds");
	bool send = kask_flag(c, "sendInitialEvents");
	uint64_t seconds = DEFAULT_S;

	if (s && *s && !str_u64(s, &seconds))
		return kfail(e, "BadRequest", "timeoutSeconds: Invalid value: \"%.60s\"", s);
	if (rv && *rv && !str_u64(rv, &w->rv))
		return kfail(e, "BadRequest", "resourceVersion: Invalid value: \"%.60s\"", rv);
	*initial = !w->rv || send;
	if (*initial)
		w->rv = kstore_rv(w->a.s);
	w->bookmarks = kask_flag(c, "allowWatchBookmarks");
	w->until =
		now_ms() + (int64_t)(seconds && seconds < DEFAULT_S ? seconds : DEFAULT_S) * 1000;
	w->mark_at = now_ms() + BOOKMARK_MS;
	w->marked = w->rv;
	return kselect_parse(&w->select, w->a.r, kask_param(c, "labelSelector"),
			     kask_param(c, "fieldSelector"), &c->a, e);
}

void kwatch_serve(const struct kask *a)
{
	struct kwatching *w = xalloc(sizeof(*w));
	struct http_headers h = { 0 };
	struct initial i = { .w = w };
	bool initial = false;
	struct err e;

	w->a = *a;
	if (read_options(w, &initial, &e) < 0) {
		kreply_err(a->c, NULL, NULL, &e);
		free(w);
		return;
	}
	http_add(&h, "Content-Type", "application/json");
	http_add(&h, "Cache-Control", "no-cache, private");
	httpd_begin(a->c, 200, &h);
	w->next = a->k->watching;
	a->k->watching = w;
	if (initial) {
		kstore_each(a->s, a->r, NULL, put_initial, &i);
		if (kask_flag(a->c, "sendInitialEvents"))
			put_bookmark(w, true, &i.out);
		if (!send_piece(w, &i.out)) {
			finish(&a->k->watching);
			return;
		}
	}
	if (!follow(w))
		finish(&a->k->watching);
}
