/* SPDX-License-Identifier: Apache-2.0 */
/* kstore.c - what the lab's API server keeps, and how it changes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kstore.h"
#include "test.h"

struct seen {
	struct kwatcher w;
	char text[400];
};

static void note(struct kwatcher *w, enum kevent event, const struct kobj *o)
{
	struct seen *s = OWNER(w, struct seen, w);
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%c%s ", "+~-"[event], o -> name);
}

static struct json *parsed(const char *text)
{
	struct err e = { 0 };
	struct json *j = json_parse(text, strlen(text), &e);

	CHECK_STR(e.msg, "");
	return j;
}

static int create(struct kstore *s, const char *group, const char *plural, const char *ns,
		  const char *text, struct err *e)
{
	auto_json struct json *j = parsed(text);

	*e = (struct err) { 0 };
	return kstore_create(s, kstore_resource(s, group, plural), ns, j, NULL, e);
}

static int update(struct kstore *s, const char *group, const char *plural, const char *ns,
		  const char *text, struct err *e)
{
	auto_json struct json *j = parsed(text);

	*e = (struct err) { 0 };
	return kstore_update(s, kstore_resource(s, group, plural), ns, j, KSTORE_SPEC, NULL, e);
}

static struct kstore *with_default(void)
{
	struct kstore *s = kstore_new();
	struct err e;

	CHECK(create(s, "", "namespaces", "", "{\"metadata\":{\"name\":\"default\"}}", &e) == 0);
	return s;
}

#define DEPLOYMENT(name, image, more)                                                            \
	"{\"metadata\":{\"name\":\"" name "\"" more "},\"spec\":{\"selector\":{\"matchLabels\":" \
	"{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{"        \
	"\"containers\":[{\"name\":\"c\",\"image\":\"" image "\"}]}}}}"

TEST(kstore_keeps_objects_in_order_and_tells_of_each_change)
{
	struct kstore *s = with_default();
	struct seen seen = { .w.fn = note };
	struct err e;
	const struct kres *maps = kstore_resource(s, "", "configmaps");

	kstore_watch(s, &seen.w);
	CHECK(create(s, "", "configmaps", "default", "{\"metadata\":{\"name\":\"b\"}}", &e) == 0);
	CHECK(create(s, "", "configmaps", "default", "{\"metadata\":{\"name\":\"a\"}}", &e) == 0);
	CHECK(update(s, "", "configmaps", "default",
		     "{\"metadata\":{\"name\":\"a\"},\"data\":{\"x\":\"y\"}}", &e) == 0);
	CHECK(update(s, "", "configmaps", "default",
		     "{\"metadata\":{\"name\":\"a\"},\"data\":{\"x\":\"y\"}}", &e) == 0);
	CHECK(kstore_delete(s, maps, "default", "b", NULL, &e) == 0);
	CHECK_STR(seen.text, "+b +a ~a -b ");
	kstore_unwatch(s, &seen.w);
	CHECK_INT(kstore_count(s, maps), 1);
	CHECK(kstore_get(s, maps, "default", "b") == NULL);
	kstore_free(&s);
}

TEST(kstore_refuses_with_the_reasons_of_an_api_server)
{
	struct kstore *s = with_default();
	struct err e;

	CHECK(create(s, "", "configmaps", "nowhere", "{\"metadata\":{\"name\":\"b\"}}", &e) < 0);
	CHECK_STR(e.code, "NotFound");
	CHECK_STR(e.msg, "namespaces \"nowhere\" not found");
	CHECK(create(s, "", "configmaps", "default", "{\"metadata\":{\"name\":\"B\"}}", &e) < 0);
	CHECK_STR(e.code, "Invalid");
	CHECK(create(s, "", "configmaps", "default", "{}", &e) < 0);
	CHECK_STR(e.code, "Invalid");
	CHECK(create(s, "", "configmaps", "default", "{\"kind\":\"Pod\"}", &e) < 0);
	CHECK_STR(e.code, "BadRequest");
	CHECK(create(s, "", "configmaps", "default", "[1]", &e) < 0);
	CHECK_STR(e.code, "BadRequest");
	CHECK(create(s, "", "configmaps", "default",
		     "{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":1}}}", &e) < 0);
	CHECK_STR(e.code, "BadRequest");
	CHECK(create(s, "", "namespaces", "", "{\"metadata\":{\"name\":\"default\"}}", &e) < 0);
	CHECK_INT(e.num, EEXIST);
	CHECK_STR(e.msg, "namespaces \"default\" already exists");
	CHECK(update(s, "apps", "deployments", "default", DEPLOYMENT("d", "i", ""), &e) < 0);
	CHECK_STR(e.msg, "deployments.apps \"d\" not found");
	CHECK(create(s, "", "pods", "default", "{\"metadata\":{\"name\":\"p\"}}", &e) < 0);
	CHECK_STR(e.msg, "Pod \"p\" is invalid: spec.containers: Required value");
	kstore_free(&s);
}

TEST(kstore_counts_generations_and_refuses_stale_versions)
{
	struct kstore *s = with_default();
	const struct kres *r = kstore_resource(s, "apps", "deployments");
	struct json *j;
	struct err e;

	CHECK(create(s, "apps", "deployments", "default", DEPLOYMENT("d", "i", ""), &e) == 0);
	CHECK(update(s, "apps", "deployments", "default",
		     DEPLOYMENT("d", "i", ",\"labels\":{\"l\":\"1\"}"), &e) == 0);
	j = kstore_json(s, r, "default", "d");
	CHECK_INT(json_int(j, "metadata.generation", 0), 1);
	CHECK_INT(json_int(j, "spec.replicas", 0), 1);
	json_free(&j);
	CHECK(update(s, "apps", "deployments", "default", DEPLOYMENT("d", "k", ""), &e) == 0);
	j = kstore_json(s, r, "default", "d");
	CHECK_INT(json_int(j, "metadata.generation", 0), 2);
	json_free(&j);
	CHECK(update(s, "apps", "deployments", "default",
		     DEPLOYMENT("d", "k", ",\"resourceVersion\":\"1\""), &e) < 0);
	CHECK_STR(e.code, "Conflict");
	CHECK_INT(e.num, EAGAIN);
	kstore_free(&s);
}

TEST(kstore_lets_finalizers_and_grace_hold_what_is_deleted)
{
	struct kstore *s = with_default();
	const struct kres *maps = kstore_resource(s, "", "configmaps"),
			  *pods = kstore_resource(s, "", "pods");
	struct kdelete at_once = { .grace_s = 0 };
	struct json *j;
	struct err e;

	CHECK(create(s, "", "configmaps", "default",
		     "{\"metadata\":{\"name\":\"f\",\"finalizers\":[\"x/y\"]}}", &e) == 0);
	CHECK(kstore_delete(s, maps, "default", "f", NULL, &e) == 0);
	j = kstore_json(s, maps, "default", "f");
	CHECK(json_get(j, "metadata.deletionTimestamp"));
	json_free(&j);
	CHECK(update(s, "", "configmaps", "default", "{\"metadata\":{\"name\":\"f\"}}", &e) == 0);
	CHECK(kstore_get(s, maps, "default", "f") == NULL);
	CHECK(create(s, "", "pods", "default",
		     "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[{"
		     "\"name\":\"c\",\"image\":\"i\"}]}}",
		     &e) == 0);
	CHECK(kstore_delete(s, pods, "default", "p", NULL, &e) == 0);
	CHECK(kstore_get(s, pods, "default", "p"));
	CHECK(kstore_delete(s, pods, "default", "p", &at_once, &e) == 0);
	CHECK(kstore_get(s, pods, "default", "p") == NULL);
	CHECK(kstore_delete(s, pods, "default", "p", NULL, &e) < 0);
	CHECK_STR(e.msg, "pods \"p\" not found");
	kstore_free(&s);
}

TEST(kstore_remembers_what_happened_and_says_when_it_does_not)
{
	struct kstore *s = with_default();
	uint64_t from = kstore_rv(s), rv = from;
	const struct kchange *c;
	struct err e;
	bool gone;
	size_t n = 0;

	CHECK(create(s, "", "configmaps", "default", "{\"metadata\":{\"name\":\"a\"}}", &e) == 0);
	CHECK(kstore_delete(s, kstore_resource(s, "", "configmaps"), "default", "a", NULL, &e) ==
	      0);
	for (; (c = kstore_next(s, rv, &gone)); rv = c->rv)
		n++;
	CHECK_INT(n, 2);
	CHECK(!gone);
	for (int i = 0; i < KSTORE_PAST; i++) {
		char text[100];

		snprintf(text, sizeof(text),
			 "{\"metadata\":{\"name\":\"a\"},\"data\":{\"i\":\"%d\"}}", i);
		CHECK((i ? update : create)(s, "", "configmaps", "default", text, &e) == 0);
	}
	CHECK(kstore_next(s, from, &gone) == NULL);
	CHECK(gone);
	CHECK(kstore_next(s, rv, &gone));
	CHECK(!gone);
	kstore_free(&s);
}

TEST(kstore_serves_what_a_definition_defines)
{
	static const char crd[] =
		"{\"metadata\":{\"name\":\"toys.x.io\"},\"spec\":{\"group\":\"x.io\",\"scope\":"
		"\"Namespaced\",\"names\":{\"plural\":\"toys\",\"kind\":\"Toy\",\"shortNames\":["
		"\"t\"]"
		"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,"
		"\"subresources\":{"
		"\"status\":{}}}]}}";
	struct kstore *s = with_default();
	const struct kres *r;
	struct err e;

	CHECK(kstore_resource(s, "x.io", "toys") == NULL);
	CHECK(create(s, "apiextensions.k8s.io", "customresourcedefinitions", "", crd, &e) == 0);
	r = kstore_resource(s, "x.io", "toys");
	CHECK(r && r->status && r->namespaced && !r->scale);
	CHECK(create(s, "x.io", "toys", "default", "{\"metadata\":{\"name\":\"t\"}}", &e) == 0);
	CHECK_INT(kstore_count(s, r), 1);
	CHECK(kstore_delete(s,
			    kstore_resource(s, "apiextensions.k8s.io", "customresourcedefinitions"),
			    "", "toys.x.io", NULL, &e) == 0);
	CHECK(kstore_resource(s, "x.io", "toys") == NULL);
	CHECK_INT(kstore_count(s, r), 0);
	kstore_free(&s);
}
