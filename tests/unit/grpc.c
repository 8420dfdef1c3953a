/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c - framing, text encoding, and the client against servers that are not well. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "clock.h"
#include "h2.h"
#include "h2raw.h"
#include "rpc.h"
#include "tmpdir.h"

enum { LONG_MS = 20000, SHORT_MS = 60 };

TEST(grpc_message_text_is_percent_encoded)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },         { "%4%zz%", "%4%zz%" }, { "%41%7a", "Az" },
		{ "a%00b", "a?b" }, { "%", "%" },
	};
	auto_buf struct buf b = { 0 };
	char out[32];

	h2_escape(&b, "100% \xc3\xbc\n");
	CHECK_STR(b.p, "100%25 %C3%BC%0A");
	h2_unescape(out, sizeof(out), (const uint8_t *)b.p, b.len);
	CHECK_STR(out, "100% \xc3\xbc\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		h2_unescape(out, sizeof(out), (const uint8_t *)cases[i].in, strlen(cases[i].in));
		CHECK_STR(out, cases[i].out);
	}
	h2_unescape(out, 4, (const uint8_t *)"abcdef", 6);
	CHECK_STR(out, "abc");
}

TEST(grpc_body_must_be_exactly_one_message)
{
	auto_buf struct buf m = { 0 };
	size_t n = 0;

	CHECK(!h2_message(&m, &n));
	h2_open(&m);
	buf_add(&m, "hello", 5);
	h2_seal(&m);
	CHECK(h2_message(&m, &n) && n == 5);
	m.len--;
	CHECK(!h2_message(&m, &n));
	buf_add(&m, "o!", 2);
	CHECK(!h2_message(&m, &n));
	m.len = 4;
	CHECK(!h2_message(&m, &n));
	m.len = 10;
	m.p[0] = 1; /* compressed */
	CHECK(!h2_message(&m, &n));
}

/* ---- a server that answers every request with the same bytes, in a thread */

struct liar {
	struct dir dir;
	char path[96];
	struct buf say;
	bool hang_up; /* after saying it; else wait until the client goes */
	int fd;
	pthread_t thread;
};

static void *lie(void *arg)
{
	struct liar *l = arg;
	char in[4096];

	for (;;) {
		auto_fd int fd = 0;
		int got = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		bool more;

		if (got < 0)
			return NULL; /* shut down: the test is over */
		fd = got;
		more = recv(fd, in, sizeof(in), 0) > 0;
		for (size_t i = 0; more && i < l->say.len;) {
			ssize_t n = send(fd, l->say.p + i, l->say.len - i, MSG_NOSIGNAL);

			more = n > 0;
			i += more ? (size_t)n : 0;
		}
		while (more && !l->hang_up && recv(fd, in, sizeof(in), 0) > 0)
			;
	}
}

static void liar_start(struct liar *l)
{
	struct sockaddr_un at;

	l->dir = dir_new();
	snprintf(l->path, sizeof(l->path), "%s/s", l->dir.path);
	l->fd = raw_socket(l->path, &at);
	CHECK(bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(l->fd, 8) == 0);
	CHECK(pthread_create(&l->thread, NULL, lie, l) == 0);
}

static void liar_stop(struct liar *l)
{
	shutdown(l->fd, SHUT_RDWR);
	pthread_join(l->thread, NULL);
	fd_free(&l->fd);
	buf_free(&l->say);
	dir_free(&l->dir);
}

/* The error of a health check against it. */
static void ask(struct liar *l, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r;

	liar_start(l);
	*e = (struct err) { 0 };
	CHECK(grpc_call(l->path, &rpc_health, &q, &r, &a, deadline, e) < 0);
	liar_stop(l);
}

static void expect(struct liar *l, const char *code, int num, const char *words)
{
	struct err e;

	ask(l, now_ms() + LONG_MS, &e);
	CHECK_STR(e.code, code);
	CHECK_INT(e.num, num);
	if (!strstr(e.msg, words))
		CHECK_STR(e.msg, words);
}

static void headers(struct buf *b, int flags, const char *k, const char *v)
{
	auto_buf struct buf h = { 0 };

	raw_header(&h, k, v);
	raw_frame(b, h.len, H2_HEADERS, END_HEADERS | flags, 1, h.p);
}

TEST(grpc_client_reads_a_bare_http_answer_as_a_status)
{
	static const struct {
		const char *http, *code;
		int num;
	} cases[] = {
		{ "401", "Unauthenticated", EACCES }, { "403", "PermissionDenied", EACCES },
		{ "404", "Unimplemented", ENOSYS },   { "429", "Unavailable", EAGAIN },
		{ "503", "Unavailable", EAGAIN },     { "418", "Unknown", EIO },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct liar l = { 0 };

		raw_frame(&l.say, 0, H2_SETTINGS, 0, 0, "");
		headers(&l.say, END_STREAM, ":status", cases[i].http);
		expect(&l, cases[i].code, cases[i].num, cases[i].http);
	}
}

TEST(grpc_client_reads_a_reset_as_a_status)
{
	static const struct {
		const char *reset, *code;
		int num;
	} cases[] = {
		{ "\0\0\0\x07", "Unavailable", EAGAIN },       /* REFUSED_STREAM */
		{ "\0\0\0\x08", "Canceled", ECANCELED },       /* CANCEL */
		{ "\0\0\0\x0b", "ResourceExhausted", EDQUOT }, /* ENHANCE_YOUR_CALM */
		{ "\0\0\0\x02", "Internal", EPROTO },          /* INTERNAL_ERROR */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct liar l = { 0 };

		raw_frame(&l.say, 0, H2_SETTINGS, 0, 0, "");
		raw_frame(&l.say, 4, H2_RST, 0, 1, cases[i].reset);
		expect(&l, cases[i].code, cases[i].num, "stream ended without a status");
	}
}

/* :status and data, and then the trailers or nothing. */
static void answer(struct buf *b, const void *data, size_t n, const char *status, const char *text)
{
	auto_buf struct buf h = { 0 };

	raw_frame(b, 0, H2_SETTINGS, 0, 0, "");
	headers(b, 0, ":status", "200");
	for (size_t at = 0, part; at < n; at += part) {
		part = n - at < 16384 ? n - at : 16384;
		raw_frame(b, part, H2_DATA, status || at + part < n ? 0 : END_STREAM, 1,
			  (const char *)data + at);
	}
	if (!status)
		return;
	raw_header(&h, "grpc-status", status);
	raw_header(&h, "grpc-message", text);
	raw_frame(b, h.len, H2_HEADERS, END_HEADERS | END_STREAM, 1, h.p);
}

TEST(grpc_client_refuses_a_reply_that_is_not_one_message)
{
	static const struct {
		const char *data;
		size_t n;
	} cases[] = {
		{ "", 0 },
		{ "\0\0\0\0", 4 },
		{ "\0\0\0\0\x03\x08\x01", 7 },       /* says three bytes, has two */
		{ "\0\0\0\0\x01\x08\x01", 7 },       /* says one */
		{ "\x01\0\0\0\x02\x08\x01", 7 },     /* compressed */
		{ "\0\xff\xff\xff\xff\x08\x01", 7 }, /* says 4 GiB */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct liar l = { 0 };

		answer(&l.say, cases[i].data, cases[i].n, "0", "");
		expect(&l, "Internal", EPROTO, "reply is not one plain message");
	}
}

TEST(grpc_client_refuses_a_reply_beyond_64_KiB)
{
	static char big[200 * 1024];
	struct liar l = { 0 };

	big[2] = 3; /* honest about its length, as far as that goes */
	answer(&l.say, big, sizeof(big), "0", "");
	expect(&l, "Internal", EPROTO, "reply is not one plain message");
}

TEST(grpc_client_tells_status_and_message_as_grpc_go_does)
{
	static const struct {
		const char *status, *code;
		int num;
	} cases[] = { { "9", "FailedPrecondition", ESTALE },
		      { "17", "Unknown", EIO },
		      { "-3", "Unknown", EIO },
		      { "999999999999", "Unknown", EIO } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct liar l = { 0 };
		char want[128];

		answer(&l.say, "", 0, cases[i].status, "wrong client version %22x%22");
		snprintf(want, sizeof(want),
			 "rpc error: code = %s desc = wrong client version \"x\"", cases[i].code);
		expect(&l, cases[i].code, cases[i].num, want);
	}
}

TEST(grpc_client_names_a_server_that_hangs_up_or_babbles)
{
	struct liar gone = { .hang_up = true }, half = { .hang_up = true }, away = { 0 },
		    babble = { 0 };

	expect(&gone, "Unavailable", EAGAIN, "EOF");
	answer(&half.say, "\0\0\0\0\x02\x08\x01", 7, NULL, NULL);
	half.say.len -= 3;
	expect(&half, "Unavailable", EAGAIN, "EOF");
	raw_frame(&away.say, 0, H2_SETTINGS, 0, 0, "");
	raw_frame(&away.say, 8, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\x01");
	away.hang_up = true;
	ask(&away, now_ms() + LONG_MS, &(struct err) { 0 });
	buf_str(&babble.say, "HTTP/1.1 400 Bad Request\r\n\r\n");
	babble.hang_up = true;
	ask(&babble, now_ms() + LONG_MS, &(struct err) { 0 });
}

TEST(grpc_client_gives_up_at_the_deadline)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct liar mute = { 0 }, thinking = { 0 };
	struct grpc_to to;
	struct health_reply r;
	struct err e;

	liar_start(&mute); /* never said a word: not reached, though its socket accepts */
	to = (struct grpc_to) { mute.path, now_ms() + SHORT_MS, now_ms() + LONG_MS, true };
	CHECK(grpc_ask(&to, &rpc_health, &q, &r, &a, &e) < 0);
	CHECK(!to.reached);
	CHECK_STR(e.code, "Unavailable");
	CHECK_INT(e.num, ETIMEDOUT);
	liar_stop(&mute);

	raw_frame(&thinking.say, 0, H2_SETTINGS, 0, 0, "");
	liar_start(&thinking); /* there, and slow */
	to = (struct grpc_to) { thinking.path, now_ms() + SHORT_MS, now_ms() + SHORT_MS, false };
	CHECK(grpc_ask(&to, &rpc_health, &q, &r, &a, &e) < 0);
	CHECK(to.reached);
	CHECK_STR(e.msg, "rpc error: code = DeadlineExceeded desc = context deadline exceeded");
	CHECK_INT(e.num, ETIMEDOUT);
	liar_stop(&thinking);
}

TEST(grpc_client_names_a_socket_that_is_not_there)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r;
	char path[200];
	struct err e;

	CHECK(grpc_call("/nowhere/s", &rpc_health, &q, &r, &a, now_ms() + LONG_MS, &e) < 0);
	CHECK_STR(e.msg, "rpc error: code = Unavailable desc = connection error: desc = "
			 "\"transport: Error while dialing: dial unix /nowhere/s: connect: no such "
			 "file or directory\"");
	CHECK_INT(e.num, ENOENT);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(grpc_call(path, &rpc_health, &q, &r, &a, now_ms() + LONG_MS, &e) < 0);
	CHECK_INT(e.num, ENAMETOOLONG);
}
