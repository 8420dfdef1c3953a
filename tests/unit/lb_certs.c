/* SPDX-License-Identifier: Apache-2.0 */
/* lb_certs.c - the webhooks' own certificate: made, kept, renewed, and what keeps it from that. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "certs.h"
#include "clock.h"
#include "fakekube.h"
#include "hash.h"
#include "test.h"

#define CONFIGS "/apis/admissionregistration.k8s.io/v1/"
#define SECRETS "/api/v1/namespaces/kube-system/secrets"
#define NAME "aws-load-balancer-webhook-service.kube-system.svc"

enum { DAY_S = 86400, LONG = 20000 };

/* The API server has the configurations, and takes any patch of them. */
static void install(struct fakekube *f)
{
	static const struct fakekube_fault answers[] = {
		{ .match = "GET " CONFIGS "mutating",
		  .status = 200,
		  .times = 1000,
		  .body = "{\"webhooks\":[{\"name\":\"a\",\"clientConfig\":{\"caBundle\":\"old\"}},"
			  "{\"name\":\"b\",\"clientConfig\":{}}]}" },
		{ .match = "GET " CONFIGS "validating", .status = 404, .times = 1000 },
		{ .match = "PATCH " CONFIGS "mutating",
		  .status = 200,
		  .times = 1000,
		  .body = "{}" },
	};

	fakekube_start(f);
	for (size_t i = 0; i < COUNT(answers); i++)
		fakekube_order(f, &answers[i]);
}

static int look(struct kube *k, bool leading, int64_t now, struct certs *out, struct err *e)
{
	*e = (struct err) { 0 };
	return certs_look(k, "kube-system", leading, now, out, now_ms() + LONG, e);
}

TEST(without_webhook_configurations_no_certificate_is_made)
{
	static const struct fakekube_fault none = { .match = "GET " CONFIGS,
						    .status = 404,
						    .times = 1000 };
	auto_fakekube struct fakekube f = { 0 };
	auto_certs struct certs c = { 0 };
	auto_kube struct kube *k = NULL;
	struct err e;

	fakekube_start(&f);
	fakekube_order(&f, &none);
	k = fakekube_client(&f);
	CHECK_INT(look(k, true, wall_s(), &c, &e), 0);
	CHECK_STR(e.msg, e.num == ENOENT ? e.msg : "");
	CHECK(!c.installed && !c.own.cert.len);
	CHECK_INT(fakekube_count(&f, "GET " SECRETS), 0);
	CHECK_INT(fakekube_count(&f, "POST "), 0);
}

TEST(the_leader_makes_a_certificate_and_the_others_read_it)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_certs struct certs mine = { 0 }, theirs = { 0 }, again = { 0 };
	auto_kube struct kube *k = NULL;
	auto_buf struct buf bundle = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e;

	install(&f);
	k = fakekube_client(&f);
	CHECK_INT(look(k, false, wall_s(), &theirs, &e), 0);
	CHECK(theirs.installed && !theirs.own.cert.len);
	CHECK_INT(look(k, true, wall_s(), &mine, &e), 0);
	CHECK(tls_cert_serves(mine.own.cert.p, mine.ca.p, NAME));
	base64(mine.ca.p, mine.ca.len, &bundle);
	CHECK(strstr(fakekube_body(&f, "PATCH " CONFIGS "mutating", &a), bundle.p));
	CHECK_INT(fakekube_count(&f, "PATCH " CONFIGS "validating"), 0);
	certs_free(&theirs);
	CHECK_INT(look(k, false, wall_s(), &theirs, &e), 0);
	CHECK_STR(theirs.own.cert.p, mine.own.cert.p);
	CHECK_STR(theirs.own.key.p, mine.own.key.p);
	CHECK_INT(look(k, true, wall_s(), &again, &e), 0);
	CHECK_STR(again.own.cert.p, mine.own.cert.p);
	CHECK_INT(fakekube_count(&f, "POST " SECRETS), 1);
	CHECK_INT(fakekube_count(&f, "PUT " SECRETS), 0);
}

TEST(after_two_thirds_of_its_life_it_is_renewed_and_the_old_ca_stays_believed)
{
	auto_fakekube struct fakekube f = { 0 };
	auto_certs struct certs first = { 0 }, kept = { 0 }, next = { 0 };
	auto_kube struct kube *k = NULL;
	struct err e;

	install(&f);
	k = fakekube_client(&f);
	CHECK_INT(look(k, true, wall_s(), &first, &e), 0);
	CHECK_INT(look(k, true, wall_s() + 240 * DAY_S, &kept, &e), 0);
	CHECK_STR(kept.own.cert.p, first.own.cert.p);
	/* one that follows goes on with it until the leader has done so */
	certs_free(&kept);
	CHECK_INT(look(k, false, wall_s() + 250 * DAY_S, &kept, &e), 0);
	CHECK_STR(kept.own.cert.p, first.own.cert.p);
	CHECK_INT(look(k, true, wall_s() + 250 * DAY_S, &next, &e), 0);
	CHECK(next.own.cert.p && strcmp(next.own.cert.p, first.own.cert.p) != 0);
	CHECK_INT(fakekube_count(&f, "PUT " SECRETS), 1);
	CHECK(tls_cert_serves(first.own.cert.p, next.ca.p, NAME));
}

TEST(a_secret_that_cannot_be_used_is_replaced_by_the_leader_alone)
{
	static const char *const rows[] = {
		"{}",
		"{\"data\":{\"tls.crt\":\"!\",\"tls.key\":\"!\",\"ca.crt\":\"!\"}}",
		"{\"data\":{\"tls.crt\":7,\"tls.key\":[],\"ca.crt\":{}}}",
		"{\"data\":{\"tls.crt\":\"YQ==\",\"tls.key\":\"YQ==\",\"ca.crt\":\"YQ==\"}}",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fakekube_fault garbage = {
			.match = "GET " SECRETS, .status = 200, .times = 1000, .body = rows[i]
		};
		const struct fakekube_fault taken = { .match = "PUT " SECRETS,
						      .status = 200,
						      .body = "{}" };
		auto_fakekube struct fakekube f = { 0 };
		auto_certs struct certs c = { 0 };
		auto_kube struct kube *k = NULL;
		struct err e;

		install(&f);
		fakekube_order(&f, &garbage);
		fakekube_order(&f, &taken);
		k = fakekube_client(&f);
		CHECK_INT(look(k, false, wall_s(), &c, &e), 0);
		CHECK(!c.own.cert.len);
		CHECK_INT(look(k, true, wall_s(), &c, &e), 0);
		CHECK(tls_cert_serves(c.own.cert.p, c.ca.p, NAME));
		CHECK_INT(fakekube_count(&f, "PUT " SECRETS), 1);
	}
}

TEST(what_the_api_server_refuses_is_said_and_nothing_is_shown)
{
	static const struct {
		const char *match, *words;
	} rows[] = {
		{ "GET " CONFIGS "validating", "webhook configurations: " },
		{ "GET " SECRETS, "the webhooks' certificate: " },
		{ "PATCH " CONFIGS, "the CA of the webhooks: " },
		{ "POST " SECRETS, "the webhooks' certificate: " },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fakekube_fault no = { .match = rows[i].match,
						   .status = 403,
						   .times = 1000 };
		auto_fakekube struct fakekube f = { 0 };
		auto_certs struct certs c = { 0 };
		auto_kube struct kube *k = NULL;
		struct err e;

		fakekube_start(&f);
		fakekube_order(&f, &no); /* before install()'s: the first that fits is taken */
		fakekube_order(&f, &(struct fakekube_fault) {
					   .match = "GET " CONFIGS,
					   .status = 200,
					   .times = 1000,
					   .body = "{\"webhooks\":[{\"name\":\"a\"}]}" });
		fakekube_order(&f, &(struct fakekube_fault) { .match = "PATCH " CONFIGS,
							      .status = 200,
							      .times = 1000,
							      .body = "{}" });
		k = fakekube_client(&f);
		CHECK_INT(look(k, true, wall_s(), &c, &e), -1);
		CHECK_INT(e.num, EACCES);
		if (strncmp(e.msg, rows[i].words, strlen(rows[i].words)) != 0)
			CHECK_STR(e.msg, rows[i].words);
		CHECK(!strstr(e.msg, "PRIVATE"));
		CHECK(!c.own.key.len);
	}
}
