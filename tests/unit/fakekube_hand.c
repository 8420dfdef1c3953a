/* SPDX-License-Identifier: Apache-2.0 */
/* fakekube_hand.c - the fake API server in the hands of a test: objects, faults, questions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cond.h"
#include "fakekube.h"
#include "str.h"

enum { LOOK_MS = 20 };

static void poke(struct fakekube *f)
{
	uint64_t one = 1;

	(void)!write(f->poke.fd, &one, sizeof(one));
}

struct kube_config fakekube_config(const struct fakekube *f)
{
	return (struct kube_config) { .server = f->web.url, .ns = "default", .token = f->token };
}

struct kube *fakekube_client(struct fakekube *f)
{
	struct kube_config config = fakekube_config(f);
	const struct kube_options o = { .config = &config, .agent = "test" };
	struct kube *k = NULL;
	struct err e;

	if (kube_new(&k, &o, &e) < 0)
		die("client of the fake API server: %s", e.msg);
	return k;
}

#define LOCKED(f, code)                           \
	do {                                      \
		pthread_mutex_lock(&(f)->lock);   \
		code;                             \
		pthread_mutex_unlock(&(f)->lock); \
		poke(f);                          \
	} while (0)

void fakekube_token(struct fakekube *f, const char *token)
{
	LOCKED(f, f->token = token);
}

/* Where a manifest belongs. */
static const char *home(const struct json *j, struct arena *a)
{
	static const char *const more[][3] = { { "Event", "events", "v1" },
					       { "Secret", "secrets", "v1" },
					       { "ConfigMap", "configmaps", "v1" },
					       { "Deployment", "deployments", "apps/v1" },
					       { "Lease", "leases", "coordination.k8s.io/v1" } };
	const char *kind = json_str(j, "kind", ""), *plural = NULL, *group = NULL;
	const char *ns = json_str(j, "metadata.namespace", "default");
	bool namespaced = true;

	for (size_t i = 0; i < KUBE_KINDS; i++)
		if (strcmp(kube_kinds[i].kind, kind) == 0) {
			plural = kube_kinds[i].plural;
			group = kube_kinds[i].group_version;
			namespaced = kube_kinds[i].namespaced;
		}
	for (size_t i = 0; i < COUNT(more); i++)
		if (strcmp(more[i][0], kind) == 0) {
			plural = more[i][1];
			group = more[i][2];
		}
	if (!plural)
		die("fake API server: no kind '%s'", kind);
	return arena_fmt(a, "/api%s/%s/%s%s%s%s", strchr(group, '/') ? "s" : "", group,
			 namespaced ? "namespaces/" : "", namespaced ? ns : "",
			 namespaced ? "/" : "", plural);
}

static void put(struct fakekube *f, const struct json *j, struct arena *a)
{
	auto_json struct json *out = NULL, *again = NULL, *clean = json_copy(j);
	struct fake_path p;

	if (!fake_path_parse(&p, home(j, a), a))
		die("fake API server: no path for %s", json_str(j, "kind", ""));
	if (fake_create(&f->store, &p, j, &out) != 409)
		return;
	p.name = json_str(j, "metadata.name", "");
	json_free(&out);
	if (json_get(j, "metadata.resourceVersion"))
		die("fake API server: a manifest with a resourceVersion");
	if (fake_update(&f->store, &p, clean, &out) != 200)
		die("fake API server: %s", json_str(out, "message", "?"));
	if (!json_member(j, "status"))
		return;
	p.sub = "status";
	if (fake_update(&f->store, &p, clean, &again) != 200)
		die("fake API server: %s", json_str(again, "message", "?"));
}

void fakekube_put(struct fakekube *f, const char *manifest)
{
	auto_arena struct arena a = { 0 };
	struct err e;
	auto_json struct json *j = json_parse(manifest, strlen(manifest), &e);

	if (!j)
		die("fake API server: %s", e.msg);
	LOCKED(f, put(f, j, &a));
}

static struct fake_path at(const char *path, struct arena *a)
{
	struct fake_path p;

	if (!fake_path_parse(&p, path, a))
		die("fake API server: no path: %s", path);
	return p;
}

int fakekube_del(struct fakekube *f, const char *path)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *out = NULL;
	struct fake_path p = at(path, &a);
	int status;

	LOCKED(f, status = fake_delete(&f->store, &p, &out));
	return status;
}

int fakekube_patch(struct fakekube *f, const char *path, const char *merge_patch)
{
	auto_arena struct arena a = { 0 };
	struct err e;
	auto_json struct json *out = NULL, *j = json_parse(merge_patch, strlen(merge_patch), &e);
	struct fake_path p = at(path, &a);
	int status;

	if (!j)
		die("fake API server: %s", e.msg);
	LOCKED(f, status = fake_patch(&f->store, &p, j, false, &out));
	return status;
}

const char *fakekube_get(struct fakekube *f, const char *path, struct arena *a)
{
	auto_json struct json *out = NULL;
	auto_buf struct buf b = { 0 };
	struct fake_path p = at(path, a);
	int status;

	LOCKED(f, status = fake_get(&f->store, &p, &out));
	if (status != 200)
		return "";
	json_print(out, 0, &b);
	return arena_str(a, b.p);
}

void fakekube_bookmark(struct fakekube *f)
{
	LOCKED(f, f->bookmark = true);
}

void fakekube_say(struct fakekube *f, const char *text)
{
	LOCKED(f, buf_str(&f->say, text));
}

void fakekube_gone(struct fakekube *f)
{
	auto_json struct json *j = fake_status(410, "too old resource version");
	auto_buf struct buf b = { 0 };

	buf_str(&b, "{\"type\":\"ERROR\",\"object\":");
	json_print(j, 0, &b);
	buf_str(&b, "}\n");
	fakekube_say(f, b.p);
}

void fakekube_end(struct fakekube *f)
{
	LOCKED(f, f->end = true);
}

void fakekube_compact(struct fakekube *f)
{
	LOCKED(f, f->store.compacted = ++f->store.version);
}

bool fakekube_watched(struct fakekube *f, size_t n, int64_t deadline)
{
	bool good;

	for (;;) {
		poke(f); /* a peer that has gone is seen only then */
		pthread_mutex_lock(&f->lock);
		if (f->nwatches != n)
			cond_wait(&f->changed, &f->lock, now_ms() + LOOK_MS);
		good = f->nwatches == n;
		pthread_mutex_unlock(&f->lock);
		if (good || now_ms() >= deadline)
			return good;
	}
}

void fakekube_order(struct fakekube *f, const struct fakekube_fault *order)
{
	bool done = false;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < FAKEKUBE_FAULTS && !done; i++)
		if (f->faults[i].times <= 0) {
			f->faults[i] = *order;
			f->faults[i].times = order->times ? order->times : 1;
			done = true;
		}
	pthread_mutex_unlock(&f->lock);
	if (!done)
		die("fake API server: more than %d faults", FAKEKUBE_FAULTS);
}

static size_t count(const struct fakekube *f, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nasked; i++)
		n += str_prefix(f->asked[i].what, prefix);
	return n;
}

bool fakekube_counted(struct fakekube *f, const char *prefix, size_t n, int64_t deadline)
{
	bool good;

	pthread_mutex_lock(&f->lock);
	while (count(f, prefix) < n && cond_wait(&f->changed, &f->lock, deadline))
		;
	good = count(f, prefix) >= n;
	pthread_mutex_unlock(&f->lock);
	return good;
}

size_t fakekube_count(struct fakekube *f, const char *prefix)
{
	size_t n;

	LOCKED(f, n = count(f, prefix));
	return n;
}

static const struct fakekube_asked *last(const struct fakekube *f, const char *prefix)
{
	static const struct fakekube_asked none = { .what = NULL };

	for (size_t i = f->nasked; i-- > 0;)
		if (str_prefix(f->asked[i].what, prefix))
			return &f->asked[i];
	return &none;
}

const char *fakekube_body(struct fakekube *f, const char *prefix, struct arena *a)
{
	const char *s;

	LOCKED(f, s = last(f, prefix)->body; s = arena_str(a, s ? s : ""));
	return s;
}

const char *fakekube_header(struct fakekube *f, const char *prefix, const char *name,
			    struct arena *a)
{
	const char *s;

	LOCKED(f, s = arena_str(a, http_header(&last(f, prefix)->headers, name)));
	return s;
}
