/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c - the TLS client against a server whose certificates can be bad. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "clock.h"
#include "file.h"
#include "test.h"
#include "tls.h"
#include "tls_cache.h"
#include "tlsserver.h"
#include "web.h"

#define NAME TLS_SERVER_NAME

static int64_t soon(void)
{
	return now_ms() + 20000;
}

/* Connect to the server and believe it to be `host`. */
static int open_as(const struct tls_server *s, struct conn *c, const char *host, struct err *e)
{
	char port[8];

	snprintf(port, sizeof(port), "%d", s->port);
	if (conn_open(c, "127.0.0.1", port, soon(), e) < 0)
		return -1;
	return conn_tls(c, host, soon(), e);
}

static int greet(struct conn *c, char answer[512], struct err *e)
{
	size_t got;

	if (conn_write(c, "GET / HTTP/1.1\r\n\r\n", 18, soon(), e) < 0 ||
	    conn_read(c, answer, 511, &got, soon(), e) < 0)
		return -1;
	answer[got] = '\0';
	return 0;
}

TEST(tls_speaks_1_2_and_1_3)
{
	static const mbedtls_ssl_protocol_version versions[] = { MBEDTLS_SSL_VERSION_TLS1_2,
								 MBEDTLS_SSL_VERSION_TLS1_3 };
	static const char *const hosts[] = { NAME, "127.0.0.1" };

	for (size_t i = 0; i < 4; i++) {
		struct tls_server s = { .version = versions[i / 2] };
		auto_conn struct conn c = { 0 };
		char answer[512] = "";
		struct err e = { 0 };

		tls_server_start(&s);
		CHECK(open_as(&s, &c, hosts[i % 2], &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK(conn_idle(&c));
		CHECK(greet(&c, answer, &e) == 0);
		CHECK(strstr(answer, "\r\n\r\nhello"));
		CHECK(conn_idle(&c));
		conn_close(&c);
		tls_server_stop(&s);
	}
}

TEST(tls_refuses_certificates_each_with_its_reason)
{
	static const struct {
		struct tls_server s;
		const char *host, *want;
	} cases[] = {
		{ { .name = "wrong.test" }, NAME, "is for another name" },
		{ { 0 }, "wrong.test", "is for another name" },
		{ { 0 }, "127.0.0.2", "is for another address" },
		{ { .name = "127.0.0.2" }, "127.0.0.2", "is for another address" },
		{ { .name = "*.right.test" }, "a.b.right.test", "is for another name" },
		{ { .until = "20210101000000" }, NAME, "has expired" },
		{ { .from = "20980101000000" }, NAME, "is not valid yet" },
		{ { .self_signed = true }, NAME, "is signed by itself alone" },
		{ { .name = "wrong.test", .until = "20210101000000" },
		  NAME,
		  "has expired, is for another name" },
	};

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct tls_server s = cases[i / 2].s;
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		s.version = i % 2 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
		tls_server_start(&s);
		CHECK(open_as(&s, &c, cases[i / 2].host, &e) < 0);
		CHECK_INT(e.num, EACCES);
		CHECK(strstr(e.msg, cases[i / 2].want));
		if (!strstr(e.msg, cases[i / 2].want))
			printf("#   %s\n", e.msg);
		CHECK(strstr(e.msg, cases[i / 2].host) && strstr(e.msg, tls_server_bundle()));
		conn_close(&c);
		tls_server_stop(&s);
	}
}

TEST(tls_accepts_one_level_of_wildcard)
{
	struct tls_server s = { .name = "*.right.test" };
	auto_conn struct conn c = { 0 };
	struct err e = { 0 };

	tls_server_start(&s);
	CHECK(open_as(&s, &c, "a.right.test", &e) == 0);
	CHECK_STR(e.msg, "");
	conn_close(&c);
	tls_server_stop(&s);
}

TEST(tls_tells_servers_that_do_not_speak_it)
{
#define RAW(text) text, sizeof(text) - 1
	static const struct {
		const char *raw;
		size_t n;
		int num;
		const char *want;
	} cases[] = {
		{ RAW("HTTP/1.1 400 Bad Request\r\n\r\n"), EPROTO, "does not speak TLS" },
		/* alert: protocol_version */
		{ RAW("\x15\x03\x01\0\x02\x02\x46"), EPROTO, "refuses" },
		/* ServerHello of TLS 1.1 */
		{ RAW("\x16\x03\x02\0\x2a\x02\0\0\x26\x03\x02"
		      "0123456789abcdef0123456789abcdef\0\xc0\x13\0"),
		  EPROTO, "neither TLS 1.2 nor 1.3" },
		{ RAW(""), ECONNRESET, "closed" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tls_server s = { .raw = cases[i].raw, .raw_len = cases[i].n };
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		tls_server_start(&s);
		CHECK(open_as(&s, &c, NAME, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
		CHECK(strstr(e.msg, "TLS with 127.0.0.1:") == e.msg);
		conn_close(&c);
		tls_server_stop(&s);
	}
}

TEST(tls_gives_up_a_silent_server_at_its_deadline)
{
	auto_conn struct conn c = { 0 };
	auto_fd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct tls_server s = { .raw = "" };
	socklen_t len = sizeof(at);
	struct err e = { 0 };
	char port[8];

	tls_server_start(&s);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 1) == 0 &&
	      getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
	CHECK(conn_open(&c, "127.0.0.1", port, soon(), &e) == 0);
	CHECK(conn_tls(&c, NAME, now_ms() + 50, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	tls_server_stop(&s);
}

TEST(tls_does_not_take_a_cut_for_an_end)
{
	struct tls_server s = { .abrupt = true };
	auto_conn struct conn c = { 0 };
	char answer[512] = "";
	struct err e = { 0 };
	size_t got = 1;

	tls_server_start(&s);
	CHECK(open_as(&s, &c, NAME, &e) == 0);
	CHECK(greet(&c, answer, &e) == 0);
	CHECK(conn_read(&c, answer, sizeof(answer), &got, soon(), &e) < 0);
	CHECK_INT(e.num, ECONNRESET);
	CHECK(strstr(e.msg, "without a TLS farewell"));
	CHECK(!conn_idle(&c));
	conn_close(&c);
	tls_server_stop(&s);
}

/* The key under which tls.c keeps the sessions of NAME and this server. */
static void session_key(const struct tls_server *s, struct buf *out)
{
	struct stat st;

	CHECK(stat(tls_server_bundle(), &st) == 0);
	buf_fmt(out, "%s\n%d\n%s\n%llu %llu %lld %lld.%ld", NAME, s->port, tls_server_bundle(),
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino, (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static int open_resuming(const struct tls_server *s, struct conn *c, struct tls_cache *sessions,
			 struct err *e)
{
	char port[8];

	snprintf(port, sizeof(port), "%d", s->port);
	if (conn_open(c, "127.0.0.1", port, soon(), e) < 0)
		return -1;
	return conn_tls_as(c,
			   &(struct tls_peer) { .host = NAME, .port = port, .sessions = sessions },
			   soon(), e);
}

TEST(tls_sessions_are_not_trusted_beyond_their_certificates)
{
	struct tls_server s = { .version = MBEDTLS_SSL_VERSION_TLS1_2 };
	auto_tls_cache struct tls_cache sessions = { 0 };
	auto_buf struct buf key = { 0 }, session = { 0 };
	auto_conn struct conn c = { 0 };
	char until[17], digits[17] = "";
	struct err e = { 0 };
	int64_t trust = 0;

	time_basic(wall_s() + 600, until); /* 20260102T030405Z */
	snprintf(digits, sizeof(digits), "%.8s%.6s", until, until + 9);
	s.until = digits;
	tls_server_start(&s);
	CHECK(open_resuming(&s, &c, &sessions, &e) == 0);
	CHECK_STR(e.msg, "");
	session_key(&s, &key);
	CHECK(tls_cache_take(&sessions, key.p, &session) && session.len > sizeof(trust));
	memcpy(&trust, session.p, sizeof(trust));
	CHECK(trust > now_ms() + 500000 && trust <= now_ms() + 600000);
	conn_close(&c);
	tls_server_stop(&s);
}

TEST(tls_begins_anew_when_a_session_is_damaged_or_refused)
{
	static const char junk[40] = { 1, 2, 3 };
	static const mbedtls_ssl_protocol_version versions[] = { MBEDTLS_SSL_VERSION_TLS1_2,
								 MBEDTLS_SSL_VERSION_TLS1_3 };

	for (size_t i = 0; i < COUNT(versions); i++) {
		struct tls_server s = { .version = versions[i] };
		auto_tls_cache struct tls_cache sessions = { 0 };
		auto_buf struct buf key = { 0 };
		struct err e = { 0 };

		tls_server_start(&s);
		session_key(&s, &key);
		for (size_t n = 0; n <= sizeof(junk); n += 8) {
			auto_conn struct conn c = { 0 };
			auto_buf struct buf b = { 0 };
			char answer[512] = "";

			/* the server's own session, which it does not keep, comes between */
			buf_add(&b, junk, n);
			if (n % 16 == 0)
				tls_cache_put(&sessions, key.p, &b, INT64_MAX);
			CHECK(open_resuming(&s, &c, &sessions, &e) == 0);
			CHECK(greet(&c, answer, &e) == 0 && strstr(answer, "hello"));
			CHECK_STR(e.msg, "");
		}
		tls_server_stop(&s);
	}
}

/* Far more than anybody would send: they are read as they come, and then the answer. */
TEST(tls_reads_any_number_of_tickets)
{
	static const uint16_t counts[] = { 1, 4, 20, 2000 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct tls_server s = { .tickets = counts[i] };
		auto_tls_cache struct tls_cache sessions = { 0 };
		auto_conn struct conn c = { 0 };
		char answer[512] = "";
		struct err e = { 0 };

		tls_server_start(&s);
		CHECK(open_resuming(&s, &c, &sessions, &e) == 0);
		CHECK(greet(&c, answer, &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK(strstr(answer, "hello"));
		CHECK(conn_idle(&c));
		conn_close(&c);
		tls_server_stop(&s);
	}
}

/* They have come before anything is sent: on a connection that was kept, as it were. */
TEST(tls_writes_behind_tickets_that_nobody_has_read)
{
	struct tls_server s = { .tickets = 3 };
	auto_conn struct conn c = { 0 };
	char answer[512] = "";
	struct err e = { 0 };
	int64_t until = soon();

	tls_server_start(&s);
	CHECK(open_as(&s, &c, NAME, &e) == 0);
	CHECK(fd_wait(c.fd, POLLIN, soon()) == 1);
	while (!conn_idle(&c) && now_ms() < until) /* one more may just be coming */
		;
	CHECK(now_ms() < until);
	CHECK(greet(&c, answer, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK(strstr(answer, "hello"));
	conn_close(&c);
	tls_server_stop(&s);
}

/* Bytes that have come and nobody has read. */
static int waiting(const struct conn *c)
{
	int n = 0;

	CHECK(ioctl(c->fd, FIONREAD, &n) == 0);
	return n;
}

TEST(tls_does_not_read_tickets_for_ever)
{
	enum { MANY = 32 * 1024 };
	struct tls_server s = { .tickets = 2000 };
	auto_conn struct conn c = { 0 };
	int64_t until = soon();
	char answer[512] = "";
	struct err e = { 0 };
	size_t got;

	tls_server_start(&s);
	CHECK(open_as(&s, &c, NAME, &e) == 0);
	while (waiting(&c) < MANY && now_ms() < until)
		;
	CHECK(conn_read(&c, answer, sizeof(answer), &got, 0, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK(waiting(&c) > MANY / 2);
	CHECK(!conn_idle(&c));
	conn_close(&c);
	tls_server_stop(&s);
}

TEST(tls_with_half_a_record_in_hand_is_not_idle)
{
	static const struct {
		const char *tail;
		size_t n;
	} cases[] = { { RAW("\x17") },
		      { RAW("\x17\x03\x03\0") },
		      { RAW("\x17\x03\x03\0\x20") },
		      { RAW("\x17\x03\x03\0\x20half of it") } };

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct tls_server s = { .tail = cases[i / 2].tail, .tail_len = cases[i / 2].n };
		auto_conn struct conn c = { 0 };
		char answer[512] = "";
		struct err e = { 0 };

		s.version = i % 2 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3;
		tls_server_start(&s);
		CHECK(open_as(&s, &c, NAME, &e) == 0);
		CHECK(greet(&c, answer, &e) == 0);
		CHECK(fd_wait(c.fd, POLLIN, soon()) == 1);
		CHECK(!conn_idle(&c));
		CHECK(!conn_idle(&c)); /* nor when it is looked at again */
		conn_close(&c);
		tls_server_stop(&s);
	}
}

TEST(tls_carries_http)
{
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { .host = "127.0.0.1", .tls = true };
	struct http_request q = { .method = "GET", .target = "/" };
	struct http_response r = { 0 };
	struct tls_server s = { 0 };
	struct err e = { 0 };

	tls_server_start(&s);
	snprintf(c.port, sizeof(c.port), "%d", s.port);
	for (int i = 0; i < 3; i++)
		CHECK(http_do(&c, &q, &r, &a, soon(), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(r.body, "hello");
	http_close(&c);
	tls_server_stop(&s);
}

TEST(tls_names_a_bundle_that_is_of_no_use)
{
	static const struct {
		const char *text;
		int num;
		const char *want;
	} cases[] = { { NULL, ENOENT, "No such file" },
		      { "no certificates here\n", EBADMSG, "has none" },
		      { "", EBADMSG, "has none" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tls_server s = { 0 };
		auto_conn struct conn c = { 0 };
		struct err e = { 0 };

		tls_server_start(&s);
		unlink(tls_server_bundle());
		if (cases[i].text)
			CHECK(file_replace(tls_server_bundle(), cases[i].text,
					   strlen(cases[i].text), 0600, false, &e) == 0);
		CHECK(open_as(&s, &c, NAME, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, tls_server_bundle()) && strstr(e.msg, cases[i].want));
		conn_close(&c);
		tls_server_stop(&s);
	}
}
