/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cert.c - certificates that we make for ourselves. */
#include <errno.h>

#include "clock.h"
#include "test.h"
#include "tls_cert.h"

static const char *const names[] = { "hook.ns.svc", "hook.ns" };

TEST(a_certificate_serves_its_names_for_its_time_by_its_ca)
{
	auto_pair struct tls_pair ca = { 0 }, other = { 0 }, own = { 0 };
	int64_t now = wall_s(), from, until;
	struct err e;

	CHECK_INT(tls_cert_ca(&ca, "a CA", now - 60, now + 1000, &e), 0);
	CHECK_INT(tls_cert_ca(&other, "a CA", now - 60, now + 1000, &e), 0);
	CHECK_INT(tls_cert_issue(&own, &ca, names, 2, now - 60, now + 500, &e), 0);
	CHECK_INT(tls_cert_span(own.cert.p, &from, &until, &e), 0);
	CHECK_INT(from, now - 60);
	CHECK_INT(until, now + 500);
	CHECK(tls_cert_serves(own.cert.p, ca.cert.p, "hook.ns.svc"));
	CHECK(tls_cert_serves(own.cert.p, ca.cert.p, "hook.ns"));
	CHECK(!tls_cert_serves(own.cert.p, ca.cert.p, "hook.other"));
	CHECK(!tls_cert_serves(own.cert.p, other.cert.p, "hook.ns"));
	CHECK(!tls_cert_serves("", ca.cert.p, "hook.ns"));
	CHECK(!tls_cert_serves(own.cert.p, "garbage", "hook.ns"));
}

TEST(an_expired_certificate_serves_nothing)
{
	auto_pair struct tls_pair ca = { 0 }, own = { 0 };
	int64_t now = wall_s();
	struct err e;

	CHECK_INT(tls_cert_ca(&ca, "a CA", now - 600, now + 1000, &e), 0);
	CHECK_INT(tls_cert_issue(&own, &ca, names, 1, now - 600, now - 300, &e), 0);
	CHECK(!tls_cert_serves(own.cert.p, ca.cert.p, "hook.ns.svc"));
}

TEST(what_cannot_be_made_is_said)
{
	auto_pair struct tls_pair ca = { 0 }, own = { 0 };
	int64_t from, until;
	struct err e = { 0 };

	CHECK_INT(tls_cert_issue(&own, &ca, names, 1, 0, 1000, &e), -1);
	CHECK_STR(e.msg, "the CA's certificate cannot be read");
	buf_str(&ca.cert, "nonsense");
	CHECK_INT(tls_cert_issue(&own, &ca, names, 1, 0, 1000, &e), -1);
	CHECK_INT(e.num, EBADMSG);
	tls_pair_free(&ca);
	CHECK_INT(tls_cert_ca(&ca, "x,=", 0, 1000, &e), -1);
	CHECK_INT(tls_cert_ca(&ca, "ca", 0, 1000, &e), 0);
	CHECK_INT(tls_cert_issue(&own, &ca, names, 0, 0, 1000, &e), -1);
	CHECK_STR(e.msg, "making a certificate: 0 names, not 1 to 16");
	buf_free(&ca.key);
	CHECK_INT(tls_cert_issue(&own, &ca, names, 1, 0, 1000, &e), -1);
	CHECK_STR(e.msg, "the CA's key cannot be read");
	CHECK(!own.cert.p && !own.key.p);
	CHECK_INT(tls_cert_span("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
				&from, &until, &e),
		  -1);
	CHECK_INT(e.num, EBADMSG);
}
