/* SPDX-License-Identifier: Apache-2.0 */
/* tls_names.c - what certificates say of themselves. */
#include <errno.h>

#include "test.h"
#include "testcert.h"
#include "tls_names.h"

TEST(cert_names_are_its_dns_names)
{
	auto_arena struct arena a = { 0 };
	struct cert_facts c;
	struct err e = { 0 };

	CHECK(cert_facts(TEST_CERT_EC, &c, &a, &e) == 0);
	CHECK_STR(c.subject, "www.example.com");
	CHECK_STR(c.key_type, "EC_prime256v1");
	CHECK(c.names.n == 2);
	CHECK_STR(c.names.v[1], "*.example.com");
	CHECK(c.until_s - c.from_s == 36500LL * 86400);
}

TEST(cert_without_names_is_for_its_subject)
{
	auto_arena struct arena a = { 0 };
	struct cert_facts c;
	struct err e = { 0 };

	CHECK(cert_facts("junk in front\n" TEST_CERT_RSA, &c, &a, &e) == 0);
	CHECK_STR(c.key_type, "RSA_2048");
	CHECK(c.names.n == 1);
	CHECK_STR(c.names.v[0], "old.example.com");
}

TEST(cert_that_is_none_is_refused)
{
	static const char *const bad[] = {
		"",
		"hush",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n",
		TEST_CERT_ODD,
	};
	auto_arena struct arena a = { 0 };
	struct cert_facts c;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };

		CHECK(cert_facts(bad[i], &c, &a, &e) < 0 && e.num == EBADMSG);
	}
}
