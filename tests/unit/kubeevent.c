/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent.c - events on their way to a fake API server. */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "fakekube.h"
#include "file.h"
#include "kubeevent.h"
#include "quiet.h"
#include "test.h"
#include "tmpdir.h"

#define EVENTS "/api/v1/namespaces/a/events"

static const struct kube_about web = { KUBE_SERVICE, "a", "web", "u-1", "7" };

struct desk {
	struct fakekube f;
	struct kube *k;
	struct kubeevents *v;
};

static void desk_open(struct desk *d)
{
	struct err e = { 0 };

	fakekube_start(&d->f);
	d->k = fakekube_client(&d->f);
	CHECK(kubeevents_new(&d->v, d->k, "", &e) == 0);
}

static void desk_close(struct desk *d)
{
	kubeevents_free(&d->v);
	kube_free(&d->k);
	fakekube_stop(&d->f);
}
#define auto_desk AUTO(desk_close)

static bool counted(struct desk *d, const char *what, size_t n)
{
	return fakekube_counted(&d->f, what, n, now_ms() + 20000);
}

static struct json *body(struct desk *d, const char *what)
{
	auto_arena struct arena a = { 0 };
	const char *text = fakekube_body(&d->f, what, &a);
	struct err e;

	return json_parse(text, strlen(text), &e);
}

TEST(an_event_has_the_fields_of_client_gos_recorder)
{
	auto_desk struct desk d = { 0 };
	auto_json struct json *j = NULL, *about = NULL;
	auto_buf struct buf text = { 0 };
	const char *name;

	desk_open(&d);
	kube_say(d.v, &web, "service", true, "FailedBuildModel", "Failed due to %s %d", "x", 5);
	CHECK(counted(&d, "POST " EVENTS, 1));
	j = body(&d, "POST " EVENTS);
	name = json_str(j, "metadata.name", "");
	CHECK(strncmp(name, "web.", 4) == 0 && strlen(name) == 20);
	CHECK(strspn(name + 4, "0123456789abcdef") == 16);
	CHECK_STR(json_str(j, "metadata.namespace", ""), "a");
	json_print(json_get(j, "involvedObject"), 0, &text);
	CHECK_STR(text.p,
		  "{\"kind\":\"Service\",\"namespace\":\"a\",\"name\":\"web\",\"uid\":\"u-1\","
		  "\"apiVersion\":\"v1\",\"resourceVersion\":\"7\"}");
	CHECK_STR(json_str(j, "kind", ""), "Event");
	CHECK_STR(json_str(j, "apiVersion", ""), "v1");
	CHECK_STR(json_str(j, "reason", ""), "FailedBuildModel");
	CHECK_STR(json_str(j, "message", ""), "Failed due to x 5");
	CHECK_STR(json_str(j, "type", ""), "Warning");
	CHECK_STR(json_str(j, "source.component", ""), "service");
	CHECK(!json_get(j, "source.host"));
	CHECK_STR(json_str(j, "reportingComponent", ""), "service");
	CHECK_STR(json_str(j, "reportingInstance", "?"), "");
	CHECK_INT(json_int(j, "count", 0), 1);
	CHECK(time_parse(json_str(j, "firstTimestamp", "")) > 0);
	CHECK_STR(json_str(j, "firstTimestamp", ""), json_str(j, "lastTimestamp", "?"));
}

TEST(an_event_said_again_is_a_patch_and_made_anew_when_it_is_gone)
{
	auto_desk struct desk d = { 0 };
	auto_arena struct arena a = { 0 };
	auto_json struct json *first = NULL, *part = NULL, *again = NULL;
	const char *path;

	desk_open(&d);
	kube_say(d.v, &web, "service", false, "R", "m");
	kube_say(d.v, &web, "service", false, "R", "m");
	CHECK(counted(&d, "PATCH " EVENTS "/web.", 1));
	part = body(&d, "PATCH " EVENTS);
	CHECK_INT(json_int(part, "count", 0), 2);
	CHECK_STR(json_str(part, "message", ""), "m");
	CHECK(json_get(part, "lastTimestamp") && json_count(part) == 3);
	CHECK_STR(fakekube_header(&d.f, "PATCH " EVENTS, "content-type", &a),
		  "application/strategic-merge-patch+json");
	first = body(&d, "POST " EVENTS);
	CHECK_STR(json_str(first, "type", ""), "Normal");
	path = arena_fmt(&a, EVENTS "/%s", json_str(first, "metadata.name", ""));
	CHECK_INT(fakekube_del(&d.f, path), 200);
	kube_say(d.v, &web, "service", false, "R", "m");
	CHECK(counted(&d, "POST " EVENTS, 2));
	again = body(&d, "POST " EVENTS);
	CHECK_INT(json_int(again, "count", 0), 3);
	CHECK_STR(json_str(again, "metadata.name", ""), json_str(first, "metadata.name", "?"));
}

TEST(the_tenth_differing_event_says_that_it_is_combined)
{
	auto_desk struct desk d = { 0 };
	auto_json struct json *j = NULL;

	desk_open(&d);
	for (int i = 0; i < 10; i++)
		kube_say(d.v, &web, "service", true, "R", "m%d", i);
	CHECK(counted(&d, "POST " EVENTS, 10));
	j = body(&d, "POST " EVENTS);
	CHECK_STR(json_str(j, "message", ""), "(combined from similar events): m9");
	CHECK_STR(json_str(j, "reportingComponent", "?"), "");
}

TEST(an_event_that_is_refused_is_forgotten_and_the_next_is_sent)
{
	static const struct fakekube_fault no = { .match = "POST " EVENTS, .status = 403 };
	auto_quiet bool q = quiet();
	auto_desk struct desk d = { 0 };

	desk_open(&d);
	fakekube_order(&d.f, &no);
	kube_say(d.v, &web, "service", true, "R", "first");
	kube_say(d.v, &web, "service", true, "R", "second");
	CHECK(counted(&d, "POST " EVENTS, 2));
}

TEST(odd_events_are_sent_all_the_same)
{
	static char name[254], text[4000];
	const struct kube_about node = { KUBE_NODE, "", "n", "u", "" };
	const struct kube_about odd = { KUBE_BINDING, "a", name, "0123456789", "1" };
	auto_desk struct desk d = { 0 };
	auto_json struct json *j = NULL, *k = NULL;

	memset(name, 'n', sizeof(name) - 1);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	desk_open(&d);
	kube_say(d.v, &node, "c", false, "R", "\"quoted\" %s", "");
	CHECK(counted(&d, "POST /api/v1/namespaces/default/events", 1));
	j = body(&d, "POST /api/v1/namespaces/default/events");
	CHECK_STR(json_str(j, "message", ""), "\"quoted\" ");
	CHECK(!json_get(j, "involvedObject.namespace"));
	CHECK(!json_get(j, "involvedObject.resourceVersion"));
	kube_say(d.v, &odd, "c", false, "R", "%s", text);
	CHECK(counted(&d, "POST " EVENTS, 1));
	k = body(&d, "POST " EVENTS);
	CHECK(strlen(json_str(k, "message", "")) == 990);
	CHECK_STR(json_str(k, "involvedObject.apiVersion", ""), "elbv2.k8s.aws/v1beta1");
	CHECK(strncmp(json_str(k, "metadata.name", ""), "01234567-253.", 13) == 0);
}

/* Nobody listens: the thread pauses over the first, and all but a thousand of the rest are lost. */
TEST(too_many_waiting_events_are_dropped_and_stopping_does_not_wait)
{
	struct kube_config config = { .server = "http://127.0.0.1:9", .ns = "default" };
	auto_dir struct dir d = dir_new();
	auto_buf struct buf log = { 0 };
	auto_kube struct kube *k = NULL;
	auto_kubeevents struct kubeevents *v = NULL;
	struct err e = { 0 };
	char path[96];

	snprintf(path, sizeof(path), "%s/log", d.path);
	CHECK(log_open(path, LOG_WARN, &e) == 0);
	CHECK(kube_new(&k, &(struct kube_options) { .config = &config, .agent = "test" }, &e) == 0);
	CHECK(kubeevents_new(&v, k, "host", &e) == 0);
	for (int i = 0; i < 1100; i++)
		kube_say(v, &web, "service", true, "R", "m%d", i);
	kubeevents_free(&v);
	CHECK(!v);
	kubeevents_free(&v);
	log_close();
	CHECK(file_read(path, 65536, &log, &e) == 0);
	CHECK(strstr(log.p, "too many events wait to be written: those of Service a/web"));
	CHECK(!strstr(strstr(log.p, "too many") + 1, "too many")); /* said once */
}
