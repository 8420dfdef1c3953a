/* SPDX-License-Identifier: Apache-2.0 */
/* kube_finalizer.c - finalizers put there and taken away while others write too. */
#include <errno.h>

#include "clock.h"
#include "fakekube.h"
#include "test.h"

#define WEB "/api/v1/namespaces/a/services/web"
#define SERVICE                                                                       \
	"{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\"," \
	"\"namespace\":\"a\"}}"
#define FINALIZER "service.k8s.aws/resources"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static const char *finalizers(struct fakekube *f, struct arena *a)
{
	const char *text = fakekube_get(f, WEB, a);
	struct err e;
	auto_json struct json *j = json_parse(text, strlen(text), &e);
	auto_buf struct buf b = { 0 };

	json_print(json_get(j, "metadata.finalizers"), 0, &b);
	return arena_str(a, b.p);
}

static int finalizer(struct kube *k, bool present, struct err *e)
{
	return kube_finalizer(k, KUBE_SERVICE, "a", "web", FINALIZER, present, soon(), e);
}

TEST(kube_finalizers_come_and_go_beside_others)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	fakekube_start(&f);
	fakekube_put(&f, SERVICE);
	k = fakekube_client(&f);
	CHECK(finalizer(k, true, &e) == 0);
	CHECK_STR(finalizers(&f, &a), "[\"" FINALIZER "\"]");
	CHECK(finalizer(k, true, &e) == 0);
	CHECK_INT(fakekube_count(&f, "PATCH"), 1);
	CHECK(fakekube_patch(&f, WEB,
			     "{\"metadata\":{\"finalizers\":[\"x/y\",\"" FINALIZER "\",\"" FINALIZER
			     "\"]}}") == 200);
	CHECK(finalizer(k, false, &e) == 0);
	CHECK_STR(finalizers(&f, &a), "[\"x/y\"]");
	CHECK(finalizer(k, false, &e) == 0);
	CHECK(finalizer(k, true, &e) == 0);
	CHECK_INT(fakekube_count(&f, "PATCH"), 3);
	CHECK(fakekube_patch(&f, WEB, "{\"metadata\":{\"finalizers\":[\"" FINALIZER "\"]}}") ==
	      200);
	CHECK(fakekube_del(&f, WEB) == 200);
	CHECK(strstr(fakekube_get(&f, WEB, &a), "deletionTimestamp"));
	CHECK(finalizer(k, false, &e) == 0);
	CHECK_STR(fakekube_get(&f, WEB, &a), "");
	CHECK(finalizer(k, false, &e) == 0); /* it is not there any more */
	CHECK(finalizer(k, true, &e) < 0 && e.num == ENOENT);
}

TEST(kube_finalizer_tries_four_times_against_others)
{
	static const struct fakekube_fault conflicts[] = { { "PATCH", 409, 3, NULL, NULL, NULL },
							   { "PATCH", 409, 4, NULL, NULL, NULL },
							   { "PATCH", 404, 1, NULL, NULL, NULL } };
	auto_fakekube struct fakekube f = { 0 };
	auto_kube struct kube *k = NULL;
	struct err e = { 0 };

	fakekube_start(&f);
	fakekube_put(&f, SERVICE);
	k = fakekube_client(&f);
	fakekube_order(&f, &conflicts[0]);
	CHECK(finalizer(k, true, &e) == 0);
	CHECK_INT(fakekube_count(&f, "PATCH"), 4);
	fakekube_order(&f, &conflicts[1]);
	CHECK(finalizer(k, false, &e) < 0 && e.num == EAGAIN);
	CHECK(strstr(e.msg, "remove finalizer " FINALIZER ": PATCH " WEB ": Conflict: "));
	CHECK_INT(fakekube_count(&f, "PATCH"), 8);
	fakekube_order(&f, &conflicts[2]);
	CHECK(finalizer(k, false, &e) == 0); /* it went meanwhile */
}
