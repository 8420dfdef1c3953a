/* SPDX-License-Identifier: Apache-2.0 */
/* tls_accept.c - the HTTP server over TLS, against our own client and against peers that misbehave.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "test.h"
#include "tls.h"
#include "tls_cert.h"
#include "tlsserver.h"
#include "web.h"

enum { LONG = 20000, BIG = 3 * 1024 * 1024 };

static const char *const names[] = { "hook.test" };

struct site {
	struct tls_pair ca, own;
	struct tls_identity *id, *next;
	struct web web;
};

static void make(struct site *s, const char *client_ca)
{
	int64_t now = wall_s();
	struct err e;

	if (tls_cert_ca(&s->ca, "CA", now - 60, now + 600, &e) < 0 ||
	    tls_cert_issue(&s->own, &s->ca, names, 1, now - 60, now + 600, &e) < 0 ||
	    tls_identity_new(&s->id, s->own.cert.p, s->own.key.p, client_ca, &e) < 0)
		die("%s", e.msg);
}

static void echo(struct httpd_call *c)
{
	struct site *s = c->arg;

	if (strcmp(c->body, "change") == 0)
		httpd_identity(s->web.d, s->next);
	httpd_reply(c, 200, NULL, c->body, c->body_len);
}

static void serve(struct site *s, struct httpd_at *at)
{
	static const struct ip localhost = { IP_V4, { 127, 0, 0, 1 } };

	at->ip = &localhost;
	at->tls = s->id;
	web_serve_at(&s->web, at, echo, s);
}

static void site_end(struct site *s)
{
	if (s->web.thread)
		web_stop(&s->web);
	tls_identity_unref(&s->id);
	tls_pair_free(&s->ca);
	tls_pair_free(&s->own);
}
#define auto_site AUTO(site_end)

static int post(struct http_client *c, const struct site *s, const struct tls_terms *terms,
		const char *body, size_t n, struct http_response *r, struct arena *a, struct err *e)
{
	struct http_request q = { .method = "POST",
				  .target = "/",
				  .body = body,
				  .body_len = n,
				  .max_body = 8 * 1024 * 1024 };

	c->tls = true;
	c->terms = terms;
	snprintf(c->host, sizeof(c->host), "127.0.0.1");
	snprintf(c->port, sizeof(c->port), "%d", s->web.port);
	return http_do(c, &q, r, a, now_ms() + LONG, e);
}

static struct tls_terms terms_of(const struct site *s)
{
	return (struct tls_terms) { .ca = s->ca.cert.p, .name = "hook.test" };
}

TEST(requests_over_tls_are_answered_one_after_the_other)
{
	auto_site struct site s = { 0 };
	auto_http struct http_client c = { 0 };
	auto_arena struct arena a = { 0 };
	struct http_response r;
	struct tls_terms terms;
	struct err e = { 0 };

	make(&s, NULL);
	serve(&s, &(struct httpd_at) { 0 });
	terms = terms_of(&s);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(post(&c, &s, &terms, "hello", 5, &r, &a, &e), 0);
		CHECK_STR(e.msg, "");
		CHECK_INT(r.status, 200);
		CHECK_STR(r.body, "hello");
	}
}

TEST(megabytes_go_both_ways_and_no_more_than_is_allowed)
{
	auto_site struct site s = { 0 };
	auto_http struct http_client c = { 0 };
	auto_arena struct arena a = { 0 };
	auto_ptr char *body = xalloc(BIG + 1);
	struct http_response r;
	struct tls_terms terms;
	struct err e = { 0 };

	for (size_t i = 0; i < BIG; i++)
		body[i] = (char)('a' + i % 23);
	make(&s, NULL);
	serve(&s, &(struct httpd_at) { .max_body = BIG });
	terms = terms_of(&s);
	CHECK_INT(post(&c, &s, &terms, body, BIG, &r, &a, &e), 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(r.body_len, BIG);
	CHECK(r.body_len == BIG && memcmp(r.body, body, BIG) == 0);
	http_close(&c);
	body[BIG] = 'x';
	if (post(&c, &s, &terms, body, BIG + 1, &r, &a, &e) == 0)
		CHECK_INT(r.status, 413);
}

TEST(another_identity_is_shown_from_the_next_connection_on)
{
	auto_site struct site s = { 0 }, next = { 0 };
	auto_http struct http_client kept = { 0 }, fresh = { 0 };
	auto_arena struct arena a = { 0 };
	struct tls_terms terms, other;
	struct http_response r;
	struct err e = { 0 };

	make(&s, NULL);
	make(&next, NULL);
	serve(&s, &(struct httpd_at) { 0 });
	terms = terms_of(&s);
	other = terms_of(&next);
	CHECK_INT(post(&kept, &s, &terms, "a", 1, &r, &a, &e), 0);
	CHECK_INT(post(&fresh, &s, &other, "a", 1, &r, &a, &e), -1);
	CHECK_INT(e.num, EACCES);
	s.next = next.id;
	CHECK_INT(post(&kept, &s, &terms, "change", 6, &r, &a, &e), 0);
	CHECK_INT(post(&kept, &s, &terms, "goes on", 7, &r, &a, &e), 0);
	CHECK_INT(post(&fresh, &s, &other, "b", 1, &r, &a, &e), 0);
}

TEST(clients_without_the_right_certificate_are_turned_away)
{
	auto_site struct site s = { 0 };
	auto_http struct http_client c = { 0 };
	auto_arena struct arena a = { 0 };
	struct http_response r;
	struct tls_terms terms;
	struct err e = { 0 };
	auto_pair struct tls_pair stranger = { 0 };
	struct tls_server issuer = { 0 }; /* of certificates for clients */

	tls_server_start(&issuer);
	tls_server_stop(&issuer);
	make(&s, (char *)issuer.ca_pem);
	serve(&s, &(struct httpd_at) { 0 });
	terms = terms_of(&s);
	CHECK_INT(post(&c, &s, &terms, "a", 1, &r, &a, &e), -1);
	http_close(&c);
	if (tls_cert_ca(&stranger, "stranger", wall_s() - 60, wall_s() + 600, &e) < 0)
		die("%s", e.msg);
	terms.cert = stranger.cert.p;
	terms.key = stranger.key.p;
	CHECK_INT(post(&c, &s, &terms, "a", 1, &r, &a, &e), -1);
	http_close(&c);
	terms.cert = (char *)issuer.client_pem;
	terms.key = (char *)issuer.client_key_pem;
	e = (struct err) { 0 };
	CHECK_INT(post(&c, &s, &terms, "a", 1, &r, &a, &e), 0);
	CHECK_STR(e.msg, "");
}

static void say(const struct site *s, const void *p, size_t n, struct buf *answer)
{
	auto_fd int fd = web_dial(s->web.port);

	CHECK_INT(send(fd, p, n, MSG_NOSIGNAL), (long long)n);
	web_read_all(fd, answer);
}

TEST(whoever_does_not_speak_tls_is_hung_up_on_and_others_are_served)
{
	static const char hello[] = "\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff";
	auto_site struct site s = { 0 };
	auto_http struct http_client c = { 0 };
	auto_arena struct arena a = { 0 };
	auto_buf struct buf out = { 0 };
	struct http_response r;
	struct tls_terms terms;
	struct err e = { 0 };

	make(&s, NULL);
	serve(&s, &(struct httpd_at) { 0 });
	terms = terms_of(&s);
	say(&s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, &out);
	CHECK(!out.len || !strstr(out.p, "HTTP"));
	say(&s, hello, sizeof(hello) - 1, &out);
	CHECK_INT(post(&c, &s, &terms, "still", 5, &r, &a, &e), 0);
	CHECK_STR(r.body, "still");
}

TEST(a_handshake_that_does_not_come_is_not_waited_for_for_ever)
{
	auto_site struct site s = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int fd = 0;

	make(&s, NULL);
	serve(&s, &(struct httpd_at) { .stall_ms = 50 });
	fd = web_dial(s.web.port);
	CHECK_INT(send(fd, "\x16\x03", 2, MSG_NOSIGNAL), 2);
	web_read_all(fd, &out); /* returns: the server has closed */
	CHECK_INT(out.len, 0);
}

TEST(connections_beyond_the_limit_cost_the_longest_idle_one)
{
	auto_site struct site s = { 0 };
	auto_http struct http_client c = { 0 };
	auto_arena struct arena a = { 0 };
	auto_buf struct buf out = { 0 };
	auto_fd int first = 0;
	struct http_response r;
	struct tls_terms terms;
	struct err e = { 0 };

	make(&s, NULL);
	serve(&s, &(struct httpd_at) { .max_clients = 1 });
	terms = terms_of(&s);
	first = web_dial(s.web.port);
	CHECK_INT(post(&c, &s, &terms, "mine", 4, &r, &a, &e), 0);
	CHECK_STR(r.body, "mine");
	web_read_all(first, &out);
	CHECK_INT(out.len, 0);
}

TEST(an_identity_that_cannot_be_used_is_named_without_its_key)
{
	static const struct {
		const char *cert, *key, *ca, *why;
	} rows[] = {
		{ "nonsense", NULL, NULL, "certificate: not PEM" },
		{ NULL, "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n",
		  NULL, "key: no PEM key" },
		{ NULL,
		  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE "
		  "KEY-----\n",
		  NULL, "key: " },
		{ NULL, NULL, "nonsense", "CA of clients: not PEM" },
		{ NULL, "other", NULL, "key: it is not the certificate's" },
	};
	auto_site struct site s = { 0 }, t = { 0 };

	make(&s, NULL);
	make(&t, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *key = rows[i].key ? rows[i].key : s.own.key.p;
		struct tls_identity *id = NULL;
		struct err e = { 0 };

		if (strcmp(key, "other") == 0)
			key = t.own.key.p;
		CHECK_INT(tls_identity_new(&id, rows[i].cert ? rows[i].cert : s.own.cert.p, key,
					   rows[i].ca, &e),
			  -1);
		if (strncmp(e.msg, rows[i].why, strlen(rows[i].why)) != 0)
			CHECK_STR(e.msg, rows[i].why);
		CHECK(!strstr(e.msg, "c2Vj"));
		CHECK(!id);
	}
}
