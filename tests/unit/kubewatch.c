/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch.c - list and watch against a fake API server, and against what no server should say. */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "fakekube.h"
#include "kubewatch.h"
#include "log.h"
#include "test.h"

#define LIST "GET /api/v1/services?limit"
#define WATCH "GET /api/v1/services?watch=1"

/* A store that follows the Services of a fake API server. */
struct desk {
	struct fakekube f;
	struct kube *k;
	struct loop *l;
	struct kubewatch *w;
	struct kubestore *s;
	struct kubewatch_times times;
	struct buf log; /* "+name ~name -name |" */
	int synced, listed, bad, good;
	bool stop_at_once, stop_in_trouble;
	struct err why;
	struct timer late;
	bool (*until)(const struct desk *d);
};

static void note(void *arg, enum kube_kind kind, const struct kube_object *old,
		 const struct kube_object *new)
{
	struct desk *d = arg;

	CHECK(kind == KUBE_SERVICE);
	buf_fmt(&d->log, "%c%s ",
		old && new ? '~'
		: new      ? '+'
			   : '-',
		kube_meta(new ? new : old)->name);
}

static void look(struct desk *d)
{
	if (d->until && d->until(d))
		loop_stop(d->l);
}

static void on_changes(void *arg, enum kube_kind kind, const struct kube_change *v, size_t n)
{
	struct desk *d = arg;

	for (size_t i = 0; i < n; i++) {
		d->listed += v[i].event == KUBE_LIST;
		d->synced += v[i].event == KUBE_SYNCED;
	}
	kubestore_apply(d->s, kind, v, n, note, d);
	if (d->stop_at_once)
		kubewatch_stop(&d->w);
	look(d);
}

static void on_trouble(void *arg, enum kube_kind kind, const struct err *e)
{
	struct desk *d = arg;

	(void)kind;
	d->bad += e != NULL;
	d->good += !e;
	if (e)
		d->why = *e;
	if (d->stop_in_trouble)
		kubewatch_stop(&d->w);
	look(d);
}

static void on_late(struct timer *t)
{
	CHECK(!"in time");
	loop_stop(t->w.loop);
}

static void desk_close(struct desk *d)
{
	timer_stop(&d->late);
	kubewatch_stop(&d->w);
	kubestore_free(&d->s);
	kube_free(&d->k);
	loop_free(&d->l);
	if (d->f.web.d)
		fakekube_stop(&d->f);
	buf_free(&d->log);
	log_close();
}
#define auto_desk AUTO(desk_close)

static void desk_watch(struct desk *d)
{
	struct err e = { 0 };
	struct kubewatch_options o = { .kube = d->k,
				       .kind = KUBE_SERVICE,
				       .ns = "",
				       .changes = on_changes,
				       .trouble = on_trouble,
				       .arg = d,
				       .times = d->times };

	CHECK(log_open("/dev/null", LOG_DEBUG, &e) == 0);
	d->l = o.loop = loop_new(&e);
	d->s = kubestore_new();
	d->late.fn = on_late;
	CHECK(kubewatch_start(&d->w, &o, &e) == 0);
}

static void desk_open(struct desk *d)
{
	fakekube_start(&d->f);
	d->k = fakekube_client(&d->f);
	if (!d->times.pause_ms)
		d->times.pause_ms = 1;
}

/* What has changed until then. */
static const char *run_until(struct desk *d, bool (*until)(const struct desk *))
{
	struct err e = { 0 };

	d->log.len = 0;
	buf_str(&d->log, "");
	d->until = until;
	CHECK(timer_set(d->l, &d->late, 30000, &e) == 0);
	if (!until(d))
		CHECK(loop_run(d->l, &e) == 0);
	d->until = NULL;
	return d->log.p;
}

static void put(struct desk *d, const char *name, const char *type)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b,
		"{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\","
		"\"namespace\":\"a\"},\"spec\":{\"type\":%s}}",
		name, type);
	fakekube_put(&d->f, b.p);
}

static bool is_synced(const struct desk *d)
{
	return d->synced == 1;
}

static bool is_synced_again(const struct desk *d)
{
	return d->synced == 2;
}

static bool has_end(const struct desk *d)
{
	return strstr(d->log.p, "end");
}

static bool is_bad(const struct desk *d)
{
	return d->bad;
}

static bool is_good_again(const struct desk *d)
{
	return d->good;
}

static bool watched(struct desk *d)
{
	return fakekube_watched(&d->f, 1, now_ms() + 20000);
}

static size_t asked(struct desk *d, const char *prefix)
{
	return fakekube_count(&d->f, prefix);
}

TEST(a_watch_lists_then_tells_of_each_change)
{
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	put(&d, "x", "\"ClusterIP\"");
	put(&d, "y", "\"ClusterIP\"");
	desk_watch(&d);
	CHECK_STR(run_until(&d, is_synced), "+x +y ");
	CHECK(watched(&d));
	put(&d, "z", "\"NodePort\"");
	put(&d, "x", "\"LoadBalancer\"");
	CHECK_INT(fakekube_del(&d.f, "/api/v1/namespaces/a/services/y"), 200);
	put(&d, "end", "\"ClusterIP\"");
	CHECK_STR(run_until(&d, has_end), "+z ~x -y +end ");
	CHECK_INT((long long)asked(&d, LIST), 1);
	CHECK(d.bad == 0 && d.good == 0 && d.listed == 1);
}

TEST(a_long_list_comes_in_chunks)
{
	auto_desk struct desk d = { 0 };
	char name[16];

	desk_open(&d);
	for (int i = 0; i < 1203; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		put(&d, name, "\"ClusterIP\"");
	}
	desk_watch(&d);
	run_until(&d, is_synced);
	CHECK_INT((long long)kubestore_count(d.s, KUBE_SERVICE), 1203);
	CHECK_INT((long long)asked(&d, LIST "=500"), 3);
	CHECK_INT((long long)asked(&d, LIST "=500&continue="), 2);
}

TEST(chunks_that_are_no_more_are_listed_all_at_once)
{
	static const struct fakekube_fault old = { .match = LIST "=500&continue=", .status = 410 };
	auto_desk struct desk d = { 0 };
	char name[16];

	desk_open(&d);
	for (int i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		put(&d, name, "\"ClusterIP\"");
	}
	fakekube_order(&d.f, &old);
	desk_watch(&d);
	run_until(&d, is_synced);
	CHECK_INT((long long)kubestore_count(d.s, KUBE_SERVICE), 700);
	CHECK(d.listed == 2 && d.bad == 0);
	CHECK_INT((long long)asked(&d, LIST), 2);
}

TEST(a_watch_that_ends_goes_on_from_the_last_bookmark)
{
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	desk_watch(&d);
	run_until(&d, is_synced);
	CHECK(watched(&d));
	fakekube_say(&d.f, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{"
			   "\"resourceVersion\":\"9999/9\"}}}\n");
	fakekube_end(&d.f);
	CHECK(fakekube_counted(&d.f,
			       WATCH "&allowWatchBookmarks=true&resourceVersion=9999%2F9&"
				     "timeoutSeconds=",
			       1, now_ms() + 20000));
	run_until(&d, is_good_again); /* to the fake that version is nonsense */
	CHECK_STR(d.why.code, "BadRequest");
	CHECK_INT((long long)asked(&d, LIST), 2);
}

TEST(a_past_that_is_forgotten_is_listed_anew_and_what_went_is_told)
{
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	put(&d, "x", "\"ClusterIP\"");
	put(&d, "y", "\"ClusterIP\"");
	desk_watch(&d);
	run_until(&d, is_synced);
	CHECK(watched(&d));
	fakekube_gone(&d.f);
	CHECK_STR(run_until(&d, is_synced_again), "");
	CHECK(d.bad == 0);
	CHECK_INT((long long)asked(&d, LIST), 2);
}

TEST(a_watch_answered_410_is_listed_anew)
{
	static const struct fakekube_fault old = { .match = WATCH, .status = 410 };
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	put(&d, "x", "\"ClusterIP\"");
	fakekube_order(&d.f, &old);
	desk_watch(&d);
	run_until(&d, is_synced_again);
	CHECK(d.bad == 0 && watched(&d));
}

/* What is said to an open watch, and the trouble that it makes; a new list follows. */
TEST(garbage_is_told_and_listed_anew)
{
	static const struct {
		const char *say, *want;
		bool end; /* and it ends in good order */
	} cases[] = {
		{ "<html>\n", "something that is no object in a watch", false },
		{ "{\"type\":\"ADDED\"}\n", "an event without resourceVersion (type 'ADDED')",
		  false },
		{ "{\"type\":\"NEW\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n",
		  "an event of type 'NEW'", false },
		{ "{\"type\":7,\"object\":[]}\n", "an event without resourceVersion (type '')",
		  false },
		{ "{\"type\":tru}\n", "an object of the stream: JSON at offset 8: neither value",
		  false },
		{ "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"reason\":\"InternalError\","
		  "\"message\":\"m\"}}\n",
		  "the watch ends with 500 InternalError: m", false },
		{ "{\"type\":\"ERROR\"}\n", "the watch ends with 0 : ", false },
		{ "{\"type\":\"ADDED\",\"obj", "the stream ends inside an object", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_desk struct desk d = { 0 };

		desk_open(&d);
		put(&d, "x", "\"ClusterIP\"");
		desk_watch(&d);
		run_until(&d, is_synced);
		CHECK(watched(&d));
		fakekube_say(&d.f, cases[i].say);
		if (cases[i].end)
			fakekube_end(&d.f);
		run_until(&d, is_good_again);
		CHECK(d.bad == 1 && d.synced == 2);
		if (!strstr(d.why.msg, cases[i].want))
			CHECK_STR(d.why.msg, cases[i].want);
		put(&d, "end", "\"ClusterIP\"");
		CHECK_STR(run_until(&d, has_end), "+end ");
	}
}

TEST(lists_that_are_none_are_told)
{
	static const struct {
		int status;
		const char *body, *want;
	} cases[] = {
		{ 403, NULL, "GET /api/v1/services: Forbidden: as ordered" },
		{ 404, NULL, "GET /api/v1/services: NotFound: as ordered" },
		{ 200, "<html>", "GET services: a list: JSON at offset 0: neither value" },
		{ 200, "{\"items\":[]}", "GET services: a list without resourceVersion" },
		{ 200, "{\"items\":[1]}", "something that is no object in a list" },
		{ 200, "{\"items\":[", "GET services: the stream ends inside an object" },
		{ 200, "", "GET services: a list: JSON at offset 0: a value is missing" },
		{ 200, "{\"items\":{},\"metadata\":7}",
		  "GET services: a list without resourceVersion" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakekube_fault f = { .match = LIST,
						  .status = cases[i].status,
						  .body = cases[i].body };
		auto_desk struct desk d = { 0 };

		desk_open(&d);
		fakekube_order(&d.f, &f);
		put(&d, "x", "\"ClusterIP\"");
		desk_watch(&d);
		CHECK_STR(run_until(&d, is_good_again), "+x ");
		CHECK(d.bad == 1 && d.synced == 1 && d.listed == 2);
		if (!strstr(d.why.msg, cases[i].want))
			CHECK_STR(d.why.msg, cases[i].want);
	}
}

TEST(a_list_without_an_end_is_refused)
{
	static const struct fakekube_fault f = { .match = LIST,
						 .status = 200,
						 .times = 2,
						 .body = "{\"metadata\":{\"resourceVersion\":\"5\","
							 "\"continue\":\"a&b\"},\"items\":[]}" };
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	fakekube_order(&d.f, &f);
	desk_watch(&d);
	run_until(&d, is_good_again);
	CHECK_STR(d.why.msg, "GET services: a list without an end");
	CHECK_INT((long long)asked(&d, LIST "=500&continue=a%26b"), 1);
}

TEST(an_object_that_cannot_be_read_stops_nothing_and_is_kept_as_it_was)
{
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	put(&d, "bad", "[1]");
	put(&d, "was", "\"ClusterIP\"");
	desk_watch(&d);
	CHECK_STR(run_until(&d, is_synced), "+was ");
	CHECK(watched(&d));
	put(&d, "was", "7");
	put(&d, "x", "\"ClusterIP\"");
	fakekube_gone(&d.f);
	CHECK_STR(run_until(&d, is_synced_again), "+x ");
	CHECK_STR(
		((const struct kube_service *)kube_of(kubestore_get(d.s, KUBE_SERVICE, "a", "was")))
			->type,
		"ClusterIP");
	CHECK(watched(&d));
	CHECK_INT(fakekube_del(&d.f, "/api/v1/namespaces/a/services/was"), 200);
	put(&d, "end", "\"ClusterIP\"");
	CHECK_STR(run_until(&d, has_end), "-was +end ");
	CHECK(d.bad == 0);
}

TEST(a_server_that_stalls_is_left_at_the_deadline)
{
	static const struct web_step silent[] = { { .bytes = "", .silent = true },
						  { .bytes = "", .silent = true } };
	auto_desk struct desk d = { .times = { .pause_ms = 1, .list_ms = 20 } };
	auto_web struct web web = { 0 };
	struct kube_config config = { .ns = "default" };
	struct err e = { 0 };

	web_script(&web, silent, COUNT(silent));
	config.server = web.url;
	CHECK(kube_new(&d.k, &(struct kube_options) { .config = &config, .agent = "test" }, &e) ==
	      0);
	desk_watch(&d);
	run_until(&d, is_bad);
	CHECK_INT(d.why.num, ETIMEDOUT);
	kubewatch_stop(&d.w);
}

/* The fake never answers a watch that nothing happens to. */
TEST(a_watch_that_stalls_goes_on_from_where_it_was)
{
	auto_desk struct desk d = { .times = { .pause_ms = 1, .watch_s = -1, .grace_ms = 1100 } };

	desk_open(&d);
	put(&d, "x", "\"ClusterIP\"");
	desk_watch(&d);
	run_until(&d, is_bad);
	CHECK_INT(d.why.num, ETIMEDOUT);
	CHECK(fakekube_counted(&d.f, WATCH, 2, now_ms() + 20000));
	CHECK_INT((long long)asked(&d, LIST), 1);
}

TEST(a_watch_may_be_stopped_at_any_moment)
{
	for (int i = 0; i < 3; i++) {
		auto_desk struct desk d = { .stop_at_once = i == 1 };

		desk_open(&d);
		put(&d, "x", "\"ClusterIP\"");
		desk_watch(&d);
		if (i)
			run_until(&d, is_synced);
		CHECK(!d.w == (i == 1));
		if (i == 2)
			CHECK(watched(&d));
		kubewatch_stop(&d.w);
		CHECK(!d.w);
		kubewatch_stop(&d.w);
	}
}

TEST(trouble_may_stop_the_watch)
{
	static const struct fakekube_fault f = { .match = LIST, .status = 403 };
	auto_desk struct desk d = { .stop_in_trouble = true };

	desk_open(&d);
	fakekube_order(&d.f, &f);
	d.times.pause_ms = 60000; /* out of which it is called */
	desk_watch(&d);
	run_until(&d, is_bad);
	CHECK(!d.w);
}

/* Nobody takes what is listed: the thread waits, and is to be stopped all the same. */
TEST(a_full_queue_waits_for_the_loop)
{
	auto_desk struct desk d = { 0 };
	char name[16];

	desk_open(&d);
	for (int i = 0; i < 2100; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		put(&d, name, "\"ClusterIP\"");
	}
	desk_watch(&d);
	CHECK(fakekube_counted(&d.f, LIST, 3, now_ms() + 20000));
	CHECK_INT((long long)asked(&d, LIST), 3);
	kubewatch_stop(&d.w);
}
