/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c - framing, text encoding, and the client against servers that are not well. */
#include <errno.h>

#include "h2.h"
#include "liar.h"

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
	expect(&l, "ResourceExhausted", EDQUOT, "the reply is longer than 64 KiB");
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

TEST(grpc_client_waits_in_line_for_a_busy_server_and_gives_up)
{
	auto_arena struct arena a = { 0 };
	auto_dir struct dir dir = dir_new();
	struct health_request q = { "" };
	struct health_reply r;
	struct sockaddr_un at;
	char path[96];
	struct grpc_to to = { .sock = path };
	auto_fd int fd = 0, before = 0;
	struct err e;

	snprintf(path, sizeof(path), "%s/s", dir.path);
	fd = raw_socket(path, &at);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 0) == 0);
	before = raw_dial(path); /* and never accepted */
	to.dial = now_ms() + SHORT_MS;
	to.deadline = now_ms() + LONG_MS;
	CHECK(grpc_ask(&to, &rpc_health, &q, &r, &a, &e) < 0);
	CHECK(!to.reached && now_ms() >= to.dial);
	CHECK_STR(e.code, "Unavailable");
	CHECK_INT(e.num, ETIMEDOUT);
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
