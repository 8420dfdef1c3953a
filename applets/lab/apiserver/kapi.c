/* SPDX-License-Identifier: Apache-2.0 */
/* kapi.c - who asks for what: tokens, paths, verbs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"
#include "uri.h"

enum { TICK_MS = 1000, MAX_PARTS = 10 };

static bool let_in(const struct kapi *k, struct httpd_call *c)
{
	const char *auth = http_header(&c->headers, "authorization");

	return (str_prefix(auth, "Bearer ") || str_prefix(auth, "bearer ")) &&
	       strcmp(auth + 7, k->token) == 0;
}

static bool open_to_all(const char *path)
{
	static const char *const paths[] = { "/version", "/healthz", "/livez", "/readyz" };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (strcmp(paths[i], path) == 0)
			return true;
	return false;
}

/* The path's parts, decoded. */
static struct strs parts_of(struct httpd_call *c)
{
	struct strs raw = str_split(c->path, "/", &c->a), out = { 0 };

	for (size_t i = 0; i < raw.n; i++) {
		auto_buf struct buf b = { 0 };

		uri_decode(raw.v[i], strlen(raw.v[i]), &b);
		strs_add(&out, b.p ? b.p : "", &c->a);
	}
	return out;
}

/* [namespaces NS] PLURAL [NAME [SUB]], of a group and version; false: no such resource. */
static bool take_apart(struct kask *a, const char *group, const char *version, const char *const *v,
		       size_t n)
{
	bool in_ns = n >= 3 && strcmp(v[0], "namespaces") == 0 && strcmp(v[2], "status") != 0 &&
		     strcmp(v[2], "finalize") != 0;
	size_t at = in_ns ? 2 : 0;

	a->ns = in_ns ? v[1] : "";
	a->r = kstore_resource(a->s, group, v[at]);
	if (!a->r || !kstore_serves(a->s, a->r, version) || (in_ns && !a->r->namespaced))
		return false;
	a->version = version;
	a->name = n > at + 1 ? v[at + 1] : "";
	a->sub = n > at + 2 ? v[at + 2] : "";
	a->all = a->r->namespaced && !in_ns;
	return n <= at + 3 && !(a->all && *a->name);
}

static enum kform form_of(const struct httpd_call *c)
{
	const char *accept = http_header(&c->headers, "accept");
	size_t n = strcspn(accept, ",");

	if (memmem(accept, n, "as=Table", 8))
		return KFORM_TABLE;
	return memmem(accept, n, "as=PartialObjectMetadata", 24) ? KFORM_PARTIAL : KFORM_FULL;
}

static void collection(const struct kask *a)
{
	const char *m = a->c->method;

	if (strcmp(m, "GET") == 0 && kask_flag(a->c, "watch"))
		kwatch_serve(a);
	else if (strcmp(m, "GET") == 0)
		kread_list(a);
	else if (strcmp(m, "POST") == 0 && !a->all)
		kchange_create(a);
	else if (strcmp(m, "DELETE") == 0)
		kchange_delete_all(a);
	else
		kreply_fail(a->c, "MethodNotAllowed",
			    "the server does not allow this method on the requested resource");
}

static void single(const struct kask *a)
{
	const char *m = a->c->method;

	if (strcmp(m, "GET") == 0 && kask_flag(a->c, "watch"))
		kwatch_serve(a);
	else if (strcmp(m, "GET") == 0)
		kread_get(a);
	else if (strcmp(m, "PUT") == 0)
		kchange_update(a);
	else if (strcmp(m, "PATCH") == 0)
		kchange_patch(a);
	else if (strcmp(m, "DELETE") == 0 && !*a->sub)
		kchange_delete(a);
	else
		kreply_fail(a->c, "MethodNotAllowed",
			    "the server does not allow this method on the requested resource");
}

static void no_such(struct httpd_call *c)
{
	kreply_fail(c, "NotFound", "the server could not find the requested resource");
}

static void resource(struct kask *a)
{
	const char *type = http_header(&a->c->headers, "content-type");

	if (str_prefix(type, "application/vnd.kubernetes.protobuf") ||
	    str_prefix(type, "application/cbor") || str_prefix(type, "application/yaml")) {
		kreply_fail(a->c, "UnsupportedMediaType",
			    "the body of the request was in an unknown format: this server reads "
			    "JSON alone, not %.60s; use kubectl create ... --dry-run=client -o "
			    "yaml | kubectl create --validate=false -f -",
			    type);
		return;
	}
	a->form = form_of(a->c);
	a->dry = kask_param(a->c, "dryRun") && *kask_param(a->c, "dryRun");
	if (!*a->name)
		collection(a);
	else if (!*a->sub || (strcmp(a->sub, "status") == 0 && a->r->status) ||
		 (strcmp(a->sub, "finalize") == 0 && kres_is(a->r, "namespaces")))
		single(a);
	else if (!ksub_serve(a))
		no_such(a->c);
}

static bool watch_path(struct strs *p, size_t skip)
{
	if (p->n <= skip || strcmp(p->v[skip], "watch") != 0)
		return false;
	return true;
}

void kapi_serve(struct httpd_call *c)
{
	struct kapi *k = c->arg;
	struct kask a = { .k = k, .s = k->s, .c = c };
	struct strs p = parts_of(c);
	bool core = p.n >= 1 && strcmp(p.v[0], "api") == 0;
	size_t skip = core ? 2 : 3;

	if (!open_to_all(c->path) && !let_in(k, c)) {
		kreply_fail(c, "Unauthorized", "Unauthorized");
		return;
	}
	if (p.n > MAX_PARTS || watch_path(&p, skip)) {
		no_such(c);
		return;
	}
	if (p.n > skip && (core || strcmp(p.v[0], "apis") == 0) &&
	    take_apart(&a, core ? "" : p.v[1], p.v[skip - 1], p.v + skip, p.n - skip)) {
		resource(&a);
		return;
	}
	kdisc_serve(k, c);
}

/* ---- from the store to the watches */

static void on_changed(struct post *p)
{
	kwatch_changed(OWNER(p, struct kapi, changed));
}

static void on_change(struct kwatcher *w, enum kevent event, const struct kobj *o)
{
	struct kapi *k = OWNER(w, struct kapi, watcher);

	(void)event;
	(void)o;
	if (k->watching)
		loop_post(k->loop, &k->changed);
}

static void on_tick(struct timer *t)
{
	struct kapi *k = OWNER(t, struct kapi, tick);
	struct err e;

	kwatch_tick(k);
	(void)(timer_set(k->loop, &k->tick, TICK_MS, &e) < 0);
}

struct kapi *kapi_new(struct loop *l, struct kstore *s, const struct kapi_config *config)
{
	struct kapi *k = xalloc(sizeof(*k));
	struct err e;

	*k = (struct kapi) { .loop = l,
			     .s = s,
			     .netns_fd = config->netns_fd,
			     .watcher.fn = on_change,
			     .changed.fn = on_changed,
			     .tick.fn = on_tick };
	k->token = xalloc(strlen(config->token) + 1);
	memcpy(k->token, config->token, strlen(config->token));
	kstore_watch(s, &k->watcher);
	if (timer_set(l, &k->tick, TICK_MS, &e) < 0)
		die("%s", e.msg);
	return k;
}

void kapi_free(struct kapi **kp)
{
	struct kapi *k = TAKE(*kp);

	if (!k)
		return;
	kwatch_end(k);
	krelay_end(k);
	timer_stop(&k->tick);
	loop_unpost(k->loop, &k->changed);
	kstore_unwatch(k->s, &k->watcher);
	free(k->token);
	free(k);
}
