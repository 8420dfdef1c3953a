/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trust.c - TLS on terms of one's own: CAs in memory, certificates of clients, other names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "test.h"
#include "tls.h"
#include "tls_cache.h"
#include "tls_trust.h"
#include "tlsserver.h"

static int64_t soon(void)
{
	return now_ms() + 20000;
}

static const char *text(const unsigned char *pem)
{
	return (const char *)pem;
}

/* Connect on terms and ask for a greeting. */
static int greet(const struct tls_server *s, const char *host, const struct tls_terms *terms,
		 struct tls_cache *sessions, struct err *e)
{
	auto_conn struct conn c = { 0 };
	char port[8], answer[512];
	struct tls_peer peer = { .host = host, .port = port, .terms = terms, .sessions = sessions };
	size_t got;

	snprintf(port, sizeof(port), "%d", s->port);
	*e = (struct err) { 0 };
	if (conn_open(&c, "127.0.0.1", port, soon(), e) < 0 ||
	    conn_tls_as(&c, &peer, soon(), e) < 0 ||
	    conn_write(&c, "GET / HTTP/1.1\r\n\r\n", 18, soon(), e) < 0 ||
	    conn_read(&c, answer, sizeof(answer), &got, soon(), e) < 0)
		return -1;
	return got ? 0 : fail(e, ECONNRESET, "nothing came");
}

/* The server's CA is in no bundle. */
static void start(struct tls_server *s)
{
	tls_server_start(s);
	setenv("AWS_CA_BUNDLE", "/dev/null", 1);
}

static const mbedtls_ssl_protocol_version versions[] = { MBEDTLS_SSL_VERSION_TLS1_2,
							 MBEDTLS_SSL_VERSION_TLS1_3 };

TEST(tls_terms_bring_cas_and_a_name)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct tls_server s = { .version = versions[i] };
		struct tls_terms terms = { 0 };
		struct err e;

		start(&s);
		CHECK(greet(&s, TLS_SERVER_NAME, NULL, NULL, &e) < 0 && strstr(e.msg, "/dev/null"));
		terms.ca = text(s.ca_pem);
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) == 0);
		CHECK(greet(&s, "127.0.0.1", &terms, NULL, &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK(greet(&s, "wrong.test", &terms, NULL, &e) < 0);
		CHECK(strstr(e.msg, "wrong.test is for another name (CA certificates: those of the "
				    "configuration)"));
		terms.name = TLS_SERVER_NAME;
		CHECK(greet(&s, "wrong.test", &terms, NULL, &e) == 0);
		terms.name = "other.test";
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) < 0);
		CHECK_INT(e.num, EACCES);
		CHECK(strstr(e.msg, "other.test is for another name"));
		terms.name = "127.0.0.2";
		CHECK(greet(&s, "127.0.0.1", &terms, NULL, &e) < 0);
		CHECK(strstr(e.msg, "127.0.0.2 is for another address"));
		tls_server_stop(&s);
	}
}

TEST(tls_terms_may_waive_all_checks)
{
	static const struct tls_server bad[] = { { .self_signed = true },
						 { .until = "20210101000000" },
						 { .name = "wrong.test" } };

	for (size_t i = 0; i < 2 * COUNT(bad); i++) {
		const struct tls_terms terms = { .insecure = true };
		struct tls_server s = bad[i / 2];
		struct err e;

		s.version = versions[i % 2];
		start(&s);
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) == 0);
		CHECK_STR(e.msg, "");
		tls_server_stop(&s);
	}
}

TEST(tls_shows_a_certificate_to_who_asks)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct tls_server s = { .version = versions[i], .wants_client = true };
		struct tls_terms terms = { 0 };
		struct err e;

		start(&s);
		terms.ca = text(s.ca_pem);
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) < 0);
		terms.cert = text(s.client_pem);
		terms.key = text(s.client_key_pem);
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) == 0);
		CHECK_STR(e.msg, "");
		s.wants_client = false;
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) == 0);
		tls_server_stop(&s);
	}
}

/* In which words: tests/netns/tls.sh, whose server says why in TLS 1.3 too. */
TEST(tls_certificate_that_the_server_does_not_know_is_refused)
{
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct tls_server s = { .version = versions[i], .wants_client = true },
				  other = { 0 };
		struct tls_terms terms = { 0 };
		struct err e;

		start(&other);
		tls_server_stop(&other);
		start(&s);
		terms.ca = text(s.ca_pem);
		terms.cert = text(other.client_pem);
		terms.key = text(other.client_key_pem);
		CHECK(greet(&s, TLS_SERVER_NAME, &terms, NULL, &e) < 0);
		tls_server_stop(&s);
	}
}

TEST(tls_terms_that_cannot_be_read_are_told_and_not_shown)
{
	struct tls_server s = { 0 }, other = { 0 };
	const struct {
		struct tls_terms t;
		const char *want;
	} cases[] = {
		{ { .ca = "" }, "the configuration has none that can be used" },
		{ { .ca = "hush" }, "the configuration has none that can be used" },
		{ { .insecure = true, .cert = text(s.client_pem) }, "there is no key for it" },
		{ { .insecure = true, .cert = "hush", .key = text(s.client_key_pem) },
		  "no PEM certificate" },
		{ { .insecure = true, .cert = text(s.client_pem), .key = "hush" },
		  "no PEM key that can be used" },
		{ { .insecure = true,
		    .cert = text(s.client_pem),
		    .key = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
			   "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\naHVzaA==\n"
			   "-----END EC PRIVATE KEY-----\n" },
		  "client key: " },
		{ { .insecure = true,
		    .cert = text(s.client_pem),
		    .key = text(other.client_key_pem) },
		  "it is not the certificate's" },
	};

	start(&other);
	tls_server_stop(&other);
	start(&s);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e;

		CHECK(greet(&s, TLS_SERVER_NAME, &cases[i].t, NULL, &e) < 0);
		CHECK(strstr(e.msg, cases[i].want) && !strstr(e.msg, "hush"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
	}
	tls_server_stop(&s);
}

/* What was agreed upon on other terms must not be resumed on these. */
TEST(tls_sessions_differ_by_their_terms)
{
	static const struct tls_terms all[] = {
		{ 0 },
		{ .ca = "a" },
		{ .ca = "b" },
		{ .ca = "a", .name = "n" },
		{ .ca = "a", .name = "m" },
		{ .ca = "a", .cert = "c" },
		{ .ca = "a", .cert = "d" },
		{ .insecure = true },
		{ .ca = "a", .insecure = true },
	};
	struct buf marks[COUNT(all)] = { { 0 } };
	struct tls_server s = { 0 };

	tls_server_start(&s);
	for (size_t i = 0; i < COUNT(all); i++) {
		struct tls_trust t;

		tls_trust_set(&t, &all[i]);
		CHECK(tls_trust_mark(&t, &marks[i]));
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(marks[k].p, marks[i].p) != 0);
	}
	for (size_t i = 0; i < COUNT(all); i++)
		buf_free(&marks[i]);
	tls_server_stop(&s);
}

TEST(tls_conversation_ends_when_it_is_stopped)
{
	struct tls_server s = { 0 };
	auto_conn struct conn c = { 0 };
	auto_fd int stop = eventfd(0, EFD_CLOEXEC);
	uint64_t one = 1;
	char port[8], byte;
	struct err e = { 0 };
	size_t got;

	tls_server_start(&s);
	snprintf(port, sizeof(port), "%d", s.port);
	c.stop = stop;
	CHECK(conn_open(&c, "127.0.0.1", port, soon(), &e) == 0);
	CHECK(conn_tls_as(&c, &(struct tls_peer) { .host = TLS_SERVER_NAME, .stop = stop }, soon(),
			  &e) == 0);
	CHECK(write(stop, &one, sizeof(one)) == sizeof(one));
	CHECK(conn_read(&c, &byte, 1, &got, now_ms() + 600000, &e) < 0);
	CHECK_INT(e.num, ECANCELED);
	conn_stop_at(&c, 0);
	CHECK(conn_idle(&c));
	conn_close(&c);
	c.stop = stop;
	CHECK(conn_open(&c, "127.0.0.1", port, now_ms() + 600000, &e) < 0);
	CHECK_INT(e.num, ECANCELED);
	tls_server_stop(&s);
}
