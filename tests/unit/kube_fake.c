/* SPDX-License-Identifier: Apache-2.0 */
/* kube_fake.c - the fake API server is like the real one in what tests rely on (tests/k8s/api.sh
 * has the same claims of that one). */
#include <errno.h>

#include "clock.h"
#include "fakekube.h"
#include "test.h"

#define NODES "/api/v1/nodes"
#define NODE(name, rest) \
	"{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" name "\"}" rest "}"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static int ask(struct kube *k, const char *method, const char *path, const char *query,
	       const char *body, struct json **out, struct err *e)
{
	const struct kube_call c = { .method = method, .path = path, .query = query, .body = body };

	*e = (struct err) { 0 };
	return kube_do(k, &c, out, soon(), e);
}

TEST(fakekube_lists_in_chunks)
{
	static const char *const nodes[] = { NODE("c", ""), NODE("a", ""), NODE("e", ""),
					     NODE("b", ""), NODE("d", "") };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_buf struct buf names = { 0 }, query = { 0 };
	struct err e;

	fakekube_start(&f);
	k = fakekube_client(&f);
	for (size_t i = 0; i < COUNT(nodes); i++)
		fakekube_put(&f, nodes[i]);
	buf_str(&query, "limit=2");
	for (int pages = 0; pages < 4; pages++) {
		auto_json struct json *page = NULL;
		const char *more;

		CHECK(ask(k, "GET", NODES, query.p, NULL, &page, &e) == 0);
		for (const struct json *i = json_first(json_get(page, "items")); i;
		     i = json_next(i))
			buf_str(&names, json_str(i, "metadata.name", "?"));
		buf_str(&names, "|");
		more = json_str(page, "metadata.continue", NULL);
		if (!more)
			break;
		query.len = 0;
		buf_fmt(&query, "limit=2&continue=%s", more);
	}
	CHECK_STR(names.p, "ab|cd|e|");
}

TEST(fakekube_keeps_status_versions_and_generations)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_json struct json *made = NULL, *same = NULL, *spec = NULL, *status = NULL;
	struct err e;

	fakekube_start(&f);
	k = fakekube_client(&f);
	CHECK(ask(k, "POST", NODES, NULL, NODE("n", ",\"spec\":{\"x\":1}"), &made, &e) == 0);
	CHECK_STR(json_str(made, "metadata.resourceVersion", ""), "101");
	CHECK(ask(k, "POST", NODES, NULL, NODE("n", ""), NULL, &e) < 0 && e.num == EEXIST);
	CHECK(ask(k, "POST", NODES, NULL, "{}", NULL, &e) < 0 && e.num == EINVAL);
	CHECK(ask(k, "PUT", NODES "/n", NULL, NODE("n", ",\"spec\":{\"x\":1}"), &same, &e) == 0);
	CHECK_STR(json_str(same, "metadata.resourceVersion", ""), "101");
	CHECK(ask(k, "PUT", NODES "/n", NULL,
		  NODE("n", ",\"spec\":{\"x\":2},\"status\":{\"not\":\"taken\"}"), &spec, &e) == 0);
	CHECK_STR(json_str(spec, "metadata.resourceVersion", ""), "102");
	CHECK_INT(json_int(spec, "metadata.generation", 0), 2);
	CHECK(!json_get(spec, "status"));
	CHECK(ask(k, "PUT", NODES "/n/status", NULL,
		  NODE("n", ",\"spec\":{\"x\":9},\"status\":{\"s\":1}"), &status, &e) == 0);
	CHECK_INT(json_int(status, "spec.x", 0), 2);
	CHECK_INT(json_int(status, "status.s", 0), 1);
	CHECK_INT(json_int(status, "metadata.generation", 0), 2);
	CHECK(ask(k, "PUT", NODES "/n", NULL,
		  "{\"metadata\":{\"name\":\"n\",\"resourceVersion\":\"101\"}}", NULL, &e) < 0);
	CHECK_INT(e.num, EAGAIN);
	CHECK(ask(k, "PUT", NODES "/m", NULL, NODE("m", ""), NULL, &e) < 0 && e.num == ENOENT);
	CHECK(ask(k, "PATCH", NODES "/n", NULL, "{}", NULL, &e) < 0 && e.num == ENOTSUP);
	CHECK(ask(k, "DELETE", NODES "/n", NULL, NULL, NULL, &e) == 0);
	CHECK(ask(k, "DELETE", NODES "/n", NULL, NULL, NULL, &e) < 0 && e.num == ENOENT);
}

TEST(fakekube_merges_conditions_strategically)
{
	static const char *const patches[] = {
		"{\"status\":{\"conditions\":[{\"type\":\"A\",\"status\":\"True\"},"
		"{\"type\":\"B\",\"status\":\"True\"}]}}",
		"{\"status\":{\"conditions\":[{\"type\":\"B\",\"status\":\"False\"}]}}"
	};
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	fakekube_start(&f);
	k = fakekube_client(&f);
	fakekube_put(&f, NODE("n", ""));
	for (size_t i = 0; i < COUNT(patches); i++) {
		auto_json struct json *p = json_parse(patches[i], strlen(patches[i]), &e);

		CHECK(kube_patch(k, KUBE_STRATEGIC, NODES "/n/status", p, NULL, soon(), &e) == 0);
	}
	CHECK(strstr(fakekube_get(&f, NODES "/n", &a),
		     "\"conditions\":[{\"type\":\"A\",\"status\":\"True\"},{\"type\":\"B\","
		     "\"status\":\"False\"}]"));
}

/* A watch in a thread of its own; what came is text. */
struct watcher {
	struct kube *k;
	const char *query;
	pthread_t thread;
	struct buf got;
	struct err e;
	int rc;
};

static int take(const void *p, size_t n, void *arg, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

static void *watch(void *arg)
{
	struct watcher *w = arg;
	const struct kube_call c = { .method = "GET",
				     .path = NODES,
				     .query = w->query,
				     .on_body = take,
				     .on_body_arg = &w->got };

	w->rc = kube_do(w->k, &c, NULL, soon(), &w->e);
	return NULL;
}

static void watch_start(struct watcher *w, struct kube *k, const char *query)
{
	*w = (struct watcher) { .k = k, .query = query };
	CHECK(pthread_create(&w->thread, NULL, watch, w) == 0);
}

static void watch_join(struct watcher *w)
{
	CHECK(pthread_join(w->thread, NULL) == 0);
}

/* The types of the events, with the name or version of each object. */
static void expect(struct watcher *w, const char *want)
{
	auto_buf struct buf said = { 0 };
	const char *at = w->got.p ? w->got.p : "", *end;

	for (; (end = strchr(at, '\n')); at = end + 1) {
		struct err e;
		auto_json struct json *j = json_parse(at, (size_t)(end - at), &e);
		const char *version = json_str(j, "object.metadata.resourceVersion", "-");

		buf_fmt(&said, "%s %s;", json_str(j, "type", "?"),
			json_str(j, "object.metadata.name", version));
	}
	CHECK_STR(said.p ? said.p : "", want);
	buf_free(&w->got);
}

TEST(fakekube_watches_what_becomes_of_objects)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	struct watcher w;
	struct err e;

	fakekube_start(&f);
	k = fakekube_client(&f);
	fakekube_put(&f, NODE("a", "")); /* 101 */
	fakekube_put(&f, NODE("b", "")); /* 102 */
	watch_start(&w, k, "watch=1&resourceVersion=101&allowWatchBookmarks=true");
	CHECK(fakekube_watched(&f, 1, soon()));
	CHECK(fakekube_patch(&f, NODES "/a", "{\"spec\":{\"x\":1}}") == 200);
	CHECK(fakekube_patch(&f, NODES "/a", "{\"spec\":{\"x\":1}}") == 200); /* no change */
	CHECK(fakekube_patch(&f, NODES "/a", "{\"metadata\":{\"finalizers\":[\"x/y\"]}}") == 200);
	CHECK(fakekube_del(&f, NODES "/a") == 200);
	CHECK(fakekube_patch(&f, NODES "/a", "{\"metadata\":{\"finalizers\":null}}") == 200);
	fakekube_put(&f, "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"other kind\"}}");
	fakekube_bookmark(&f);
	fakekube_end(&f);
	watch_join(&w);
	CHECK_INT(w.rc, 0);
	expect(&w, "ADDED b;MODIFIED a;MODIFIED a;MODIFIED a;DELETED a;BOOKMARK 107;");

	watch_start(&w, k, "watch=true"); /* begins with what there is; has no bookmarks */
	CHECK(fakekube_watched(&f, 1, soon()));
	fakekube_bookmark(&f);
	fakekube_gone(&f);
	fakekube_end(&f);
	watch_join(&w);
	expect(&w, "ADDED b;ERROR -;");

	fakekube_compact(&f);
	CHECK(ask(k, "GET", NODES, "watch=1&resourceVersion=107", NULL, NULL, &e) < 0);
	CHECK_INT(e.num, ESTALE);
	CHECK_STR(e.code, "Expired");
	CHECK(ask(k, "GET", NODES, "watch=1&resourceVersion=x", NULL, NULL, &e) < 0);
	CHECK_INT(e.num, EINVAL);
}
