/* SPDX-License-Identifier: Apache-2.0 */
/* kubelease.c - leading, waiting and losing, against a fake API server. */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "fakekube.h"
#include "kubelease.h"
#include "quiet.h"
#include "test.h"

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/sys/leases"
#define LEASE LEASES "/lead"

struct post_of {
	struct fakekube f;
	struct kube *k;
	struct loop *l;
	struct kubelease *lease;
	struct kubelease_options o;
	struct timer late;
	int won, lost;
	bool stop_then;
};

static void told(struct post_of *p)
{
	if (p->stop_then)
		kubelease_stop(&p->lease);
	loop_stop(p->l);
}

static void on_won(void *arg)
{
	struct post_of *p = arg;

	p->won++;
	told(p);
}

static void on_lost(void *arg)
{
	struct post_of *p = arg;

	p->lost++;
	told(p);
}

static void on_late(struct timer *t)
{
	CHECK(!"in time");
	loop_stop(t->w.loop);
}

static void post_open(struct post_of *p)
{
	struct err e = { 0 };

	fakekube_start(&p->f);
	p->k = fakekube_client(&p->f);
	p->l = loop_new(&e);
	p->late.fn = on_late;
	p->o.kube = p->k;
	p->o.loop = p->l;
	p->o.ns = "sys";
	p->o.name = "lead";
	p->o.holder = "me_1";
	p->o.won = on_won;
	p->o.lost = on_lost;
	p->o.arg = p;
	if (!p->o.times.retry_ms)
		p->o.times.retry_ms = 2;
}

static void post_start(struct post_of *p)
{
	struct err e = { 0 };

	CHECK(kubelease_start(&p->lease, &p->o, &e) == 0);
}

static void post_close(struct post_of *p)
{
	timer_stop(&p->late);
	kubelease_stop(&p->lease);
	kube_free(&p->k);
	loop_free(&p->l);
	fakekube_stop(&p->f);
}
#define auto_post AUTO(post_close)

/* Until won or lost is told. */
static void run(struct post_of *p)
{
	struct err e = { 0 };

	CHECK(timer_set(p->l, &p->late, 30000, &e) == 0);
	CHECK(loop_run(p->l, &e) == 0);
}

static void lease_put(struct post_of *p, const char *spec)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b,
		"{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{"
		"\"name\":\"lead\",\"namespace\":\"sys\",\"labels\":{\"keep\":\"me\"}},\"spec\":%"
		"s}",
		spec);
	fakekube_put(&p->f, b.p);
}

static struct json *lease_now(struct post_of *p)
{
	auto_arena struct arena a = { 0 };
	const char *text = fakekube_get(&p->f, LEASE, &a);
	struct err e;

	return json_parse(text, strlen(text), &e);
}

TEST(a_lease_that_is_not_there_is_made_and_renewed)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { 0 };
	auto_json struct json *j = NULL;

	post_open(&p);
	post_start(&p);
	run(&p);
	CHECK(p.won == 1 && p.lost == 0);
	CHECK(fakekube_counted(&p.f, "PUT " LEASE, 3, now_ms() + 20000));
	CHECK_INT((long long)fakekube_count(&p.f, "POST " LEASES), 1);
	CHECK_INT((long long)fakekube_count(&p.f, "GET " LEASE), 1);
	j = lease_now(&p);
	CHECK_STR(json_str(j, "spec.holderIdentity", ""), "me_1");
	CHECK_INT(json_int(j, "spec.leaseDurationSeconds", 0), 15);
	CHECK_INT(json_int(j, "spec.leaseTransitions", -1), 0);
	CHECK_INT((long long)strlen(json_str(j, "spec.renewTime", "")), 27); /* microseconds */
	CHECK(strcmp(json_str(j, "spec.renewTime", ""), json_str(j, "spec.acquireTime", "")) > 0);
	kubelease_stop(&p.lease);
	CHECK(p.won == 1 && p.lost == 0);
}

TEST(anothers_lease_is_waited_for_whatever_its_clock_says)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { 0 };
	auto_json struct json *j = NULL;

	post_open(&p);
	lease_put(&p, "{\"holderIdentity\":\"other\",\"leaseDurationSeconds\":1,"
		      "\"renewTime\":\"1999-01-01T00:00:00.000000Z\",\"leaseTransitions\":4,"
		      "\"acquireTime\":\"1999-01-01T00:00:00.000000Z\",\"preferredHolder\":\"x\"}");
	post_start(&p);
	CHECK(fakekube_counted(&p.f, "GET " LEASE, 3, now_ms() + 20000));
	CHECK_INT((long long)fakekube_count(&p.f, "PUT "), 0);
	run(&p);
	kubelease_stop(&p.lease);
	j = lease_now(&p);
	CHECK_STR(json_str(j, "spec.holderIdentity", ""), "me_1");
	CHECK_STR(json_str(j, "metadata.labels.keep", ""), "me");
	CHECK_INT(json_int(j, "spec.leaseTransitions", -1), 5);
	CHECK(strncmp(json_str(j, "spec.acquireTime", ""), "1999", 4) != 0);
}

TEST(a_lease_of_nobody_or_of_nonsense_is_taken)
{
	static const char *const specs[] = {
		"{\"holderIdentity\":\"\",\"leaseDurationSeconds\":3600}",
		"{\"holderIdentity\":\"other\",\"leaseDurationSeconds\":-5}",
		"{\"holderIdentity\":\"other\"}",
		"{\"holderIdentity\":[1],\"leaseTransitions\":\"x\",\"acquireTime\":7}",
		"\"text\"",
		"[]",
	};

	for (size_t i = 0; i < COUNT(specs); i++) {
		auto_quiet bool q = quiet();
		auto_post struct post_of p = { 0 };
		auto_json struct json *j = NULL;

		post_open(&p);
		lease_put(&p, specs[i]);
		post_start(&p);
		run(&p);
		j = lease_now(&p);
		CHECK(p.won == 1);
		CHECK_STR(json_str(j, "spec.holderIdentity", ""), "me_1");
		CHECK_INT(json_int(j, "spec.leaseTransitions", -1), 1);
	}
}

TEST(our_own_lease_of_before_is_ours_at_once)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { 0 };
	auto_json struct json *j = NULL;

	post_open(&p);
	lease_put(&p, "{\"holderIdentity\":\"me_1\",\"leaseDurationSeconds\":3600,"
		      "\"leaseTransitions\":2,\"acquireTime\":\"2026-01-01T00:00:00.000000Z\"}");
	post_start(&p);
	run(&p);
	j = lease_now(&p);
	CHECK_INT(json_int(j, "spec.leaseTransitions", -1), 2);
	CHECK_STR(json_str(j, "spec.acquireTime", ""), "2026-01-01T00:00:00.000000Z");
}

TEST(a_lease_that_another_takes_is_lost_at_once)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { .o.times.renew_ms = 3600000 };

	post_open(&p);
	post_start(&p);
	run(&p);
	lease_put(&p, "{\"holderIdentity\":\"other\",\"leaseDurationSeconds\":3600}");
	run(&p);
	CHECK(p.won == 1 && p.lost == 1);
}

TEST(a_lease_that_cannot_be_renewed_in_time_is_lost)
{
	static const struct fakekube_fault no[] = {
		{ .match = "PUT " LEASE, .status = 503, .times = 100000, .body = "<html>" },
		{ .match = "PUT " LEASE, .status = 200, .times = 100000, .body = "{}" },
		{ .match = "PUT " LEASE, .status = 200, .times = 100000, .body = "<html>" },
	};

	for (size_t i = 0; i < COUNT(no); i++) {
		auto_quiet bool q = quiet();
		auto_post struct post_of p = { .o = { .times.renew_ms = 2000, .release = true } };
		auto_json struct json *j = NULL;

		post_open(&p);
		post_start(&p);
		run(&p);
		p.o.times.renew_ms = 0;
		fakekube_order(&p.f, &no[i]);
		run(&p);
		CHECK(p.won == 1 && p.lost == 1);
		kubelease_stop(&p.lease); /* what is lost is not given back */
		j = lease_now(&p);
		CHECK_STR(json_str(j, "spec.holderIdentity", ""), "me_1");
	}
}

TEST(while_the_server_refuses_nobody_leads)
{
	static const struct fakekube_fault no[] = {
		{ .match = "GET " LEASE, .status = 403, .times = 2 },
		{ .match = "GET " LEASE, .status = 200, .times = 2, .body = "[" },
		{ .match = "POST " LEASES, .status = 200, .times = 2, .body = "{\"spec\":7}" },
	};

	for (size_t i = 0; i < COUNT(no); i++) {
		auto_quiet bool q = quiet();
		auto_post struct post_of p = { 0 };

		post_open(&p);
		fakekube_order(&p.f, &no[i]);
		post_start(&p);
		run(&p);
		CHECK(p.won == 1 && fakekube_count(&p.f, "GET " LEASE) >= 3);
	}
}

TEST(a_lease_is_given_back_when_asked)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { .o.release = true, .stop_then = true };
	auto_json struct json *j = NULL;

	post_open(&p);
	post_start(&p);
	run(&p);
	CHECK(!p.lease && p.lost == 0);
	j = lease_now(&p);
	CHECK_STR(json_str(j, "spec.holderIdentity", "?"), "");
	CHECK_INT(json_int(j, "spec.leaseDurationSeconds", 0), 1);
}

TEST(who_waits_for_a_lease_may_be_stopped)
{
	auto_quiet bool q = quiet();
	auto_post struct post_of p = { .o.times.retry_ms = 3600000 };

	post_open(&p);
	lease_put(&p, "{\"holderIdentity\":\"other\",\"leaseDurationSeconds\":3600}");
	post_start(&p);
	CHECK(fakekube_counted(&p.f, "GET " LEASE, 1, now_ms() + 20000));
	kubelease_stop(&p.lease);
	CHECK(p.won == 0 && p.lost == 0);
}
