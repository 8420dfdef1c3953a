/* SPDX-License-Identifier: Apache-2.0 */
/* grpcask.c - the client's reading of frames: the same answer in other ones, and damage. */
#include <errno.h>
#include <string.h>

#include "liar.h"

static const char GOOD[] = "\0\0\0\0\x02\x08\x01"; /* status: SERVING */

static void status_block(struct buf *h)
{
	raw_header(h, "grpc-status", "0");
	raw_header(h, "x-more", "of no interest");
}

static void start(struct buf *b)
{
	raw_frame(b, 0, H2_SETTINGS, 0, 0, "");
	headers(b, 0, ":status", "200");
}

static void expect_good(struct liar *l)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r = { 0 };
	struct err e = { 0 };

	l->hang_up = true;
	liar_start(l);
	CHECK(grpc_call(l->path, &rpc_health, &q, &r, &a, now_ms() + LONG_MS, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(r.status, HEALTH_SERVING);
	liar_stop(l);
}

TEST(grpc_client_reads_padding_priority_and_continuations)
{
	auto_buf struct buf h = { 0 }, padded = { 0 }, trailers = { 0 };
	struct liar l = { 0 };

	start(&l.say);
	buf_add(&padded, "\x03", 1);
	buf_add(&padded, GOOD, sizeof(GOOD) - 1);
	buf_add(&padded, "\0\0\0", 3);
	raw_frame(&l.say, padded.len, H2_DATA, PADDED, 1, padded.p);
	raw_frame(&l.say, 4, 77, 0xff, 1, "what?");  /* a type that nobody knows */
	raw_frame(&l.say, 4, 8, 0, 1, "\0\0\x01\0"); /* WINDOW_UPDATE */
	status_block(&h);
	buf_add(&trailers, "\x02\0\0\0\0\x10", 6); /* padding of two; a dependency and its weight */
	buf_add(&trailers, h.p, 1);
	buf_add(&trailers, "\0\0", 2);
	raw_frame(&l.say, trailers.len, H2_HEADERS, END_STREAM | PADDED | PRIORITY, 1, trailers.p);
	raw_frame(&l.say, 0, H2_CONTINUATION, 0, 1, "");
	for (size_t i = 1; i < h.len; i++)
		raw_frame(&l.say, 1, H2_CONTINUATION, i + 1 == h.len ? END_HEADERS : 0, 1, h.p + i);
	expect_good(&l);
}

TEST(grpc_client_reads_headers_that_begin_with_nothing)
{
	auto_buf struct buf h = { 0 };
	struct liar l = { 0 };

	start(&l.say);
	raw_frame(&l.say, sizeof(GOOD) - 1, H2_DATA, 0, 1, GOOD);
	status_block(&h);
	raw_frame(&l.say, 0, H2_HEADERS, END_STREAM, 1, "");
	raw_frame(&l.say, h.len, H2_CONTINUATION, END_HEADERS, 1, h.p);
	expect_good(&l);
}

/* The usual trailers are recognised as bytes; what else may follow a message is read. */
/* So that a server hangs up by itself, and is not woken when we go. */
TEST(grpc_client_says_goodbye_with_its_one_request)
{
	static const uint8_t goodbye[] = {
		0, 0, 8, H2_GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	};
	struct liar l = { 0 };
	struct err e;

	answer(&l.say, GOOD, sizeof(GOOD) - 1, "7", "no");
	l.hang_up = true;
	liar_start(&l);
	{
		auto_arena struct arena a = { 0 };
		struct health_request q = { "" };
		struct health_reply r;

		CHECK(grpc_call(l.path, &rpc_health, &q, &r, &a, now_ms() + LONG_MS, &e) < 0);
	}
	liar_halt(&l);
	CHECK(l.heard.len > sizeof(goodbye) &&
	      memcmp(l.heard.p + l.heard.len - sizeof(goodbye), goodbye, sizeof(goodbye)) == 0);
	buf_free(&l.say);
	buf_free(&l.heard);
}

TEST(grpc_client_believes_no_message_without_an_ok)
{
	static const char fine[] = "\x40\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x01\x30";
	static const char bad[] = "\x40\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x01\x35";
	struct liar ok = { 0 }, five = { 0 }, early = { 0 }, cut = { 0 };

	start(&ok.say);
	raw_frame(&ok.say, sizeof(GOOD) - 1, H2_DATA, 0, 1, GOOD);
	raw_frame(&ok.say, sizeof(fine) - 1, H2_HEADERS, END_HEADERS | END_STREAM, 1, fine);
	expect_good(&ok);
	start(&five.say);
	raw_frame(&five.say, sizeof(GOOD) - 1, H2_DATA, 0, 1, GOOD);
	raw_frame(&five.say, sizeof(bad) - 1, H2_HEADERS, END_HEADERS | END_STREAM, 1, bad);
	expect(&five, "NotFound", ENOENT, "code = NotFound");
	start(&early.say); /* not in the trailers: the message ends the stream */
	raw_frame(&early.say, sizeof(fine) - 1, H2_HEADERS, END_HEADERS, 1, fine);
	raw_frame(&early.say, 3, H2_DATA, END_STREAM, 1, GOOD);
	expect(&early, "Internal", EPROTO, "not one plain message");
	start(&cut.say);
	raw_frame(&cut.say, sizeof(GOOD) - 1, H2_DATA, 0, 1, GOOD);
	raw_frame(&cut.say, sizeof(fine) - 2, H2_HEADERS, END_HEADERS | END_STREAM, 1, fine);
	expect(&cut, "Internal", EPROTO, "rpc error");
}

TEST(grpc_client_refuses_frames_out_of_place)
{
	static const struct {
		size_t n;
		int type, flags;
		uint32_t stream;
		const char *code, *words;
	} cases[] = {
		{ 1, H2_CONTINUATION, END_HEADERS, 1, "Internal", "out of place" },
		{ 1, H2_DATA, 0, 3, "Internal", "out of place" },
		{ 1, H2_HEADERS, END_HEADERS, 2, "Internal", "out of place" },
		{ 1, H2_DATA, PADDED, 1, "Internal", "out of place" }, /* 0xff bytes of padding */
		{ 8, H2_PUSH_PROMISE, END_HEADERS, 1, "Internal", "out of place" },
		{ 3, H2_HEADERS, PRIORITY | END_HEADERS, 1, "Internal", "out of place" },
		{ 3, H2_HEADERS, END_HEADERS | END_STREAM, 1, "Internal", "rpc error" }, /* what? */
		{ 16385, H2_DATA, 0, 1, "Internal", "a frame is too large" },
	};
	static char ff[20000];

	memset(ff, 0xff, sizeof(ff));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct liar l = { 0 };

		start(&l.say);
		raw_frame(&l.say, cases[i].n, cases[i].type, cases[i].flags, cases[i].stream, ff);
		expect(&l, cases[i].code, EPROTO, cases[i].words);
	}
}

TEST(grpc_client_refuses_what_comes_between_the_parts_of_a_block)
{
	static const int types[] = { H2_DATA, H2_HEADERS, H2_PING, H2_SETTINGS };

	for (size_t i = 0; i < COUNT(types); i++) {
		struct liar l = { 0 };

		start(&l.say);
		raw_frame(&l.say, 1, H2_HEADERS, 0, 1, "\x88");
		raw_frame(&l.say, 8, types[i], 0, i < 2, "88888888");
		expect(&l, "Internal", EPROTO, "out of place");
	}
}

TEST(grpc_client_bounds_headers_and_floods)
{
	static char zeros[16000];
	struct liar fat = { 0 }, flood = { .hang_up = true };

	start(&fat.say);
	raw_frame(&fat.say, sizeof(zeros), H2_HEADERS, 0, 1, zeros);
	raw_frame(&fat.say, sizeof(zeros), H2_CONTINUATION, 0, 1, zeros);
	expect(&fat, "ResourceExhausted", EDQUOT, "headers are too long");
	start(&flood.say);
	for (int i = 0; i < 100000; i++)
		raw_frame(&flood.say, 8, H2_PING, 0, 0, "pingping");
	ask(&flood, now_ms() + LONG_MS, &(struct err) { 0 });
}

/* Bytes changed, cut off, said twice: an answer or an error, never a crash, never a wait. */
TEST(grpc_client_survives_damaged_answers)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct liar l = { .hang_up = true };
	auto_buf struct buf good = { 0 };

	answer(&good, GOOD, sizeof(GOOD) - 1, "0", "fine");
	srand(7);
	for (int i = 0; i < 400; i++) {
		struct health_reply r;
		struct err e;
		int rc;

		l.say.len = 0;
		buf_add(&l.say, good.p, good.len);
		for (int k = rand() % 4; k >= 0; k--)
			l.say.p[(size_t)rand() % l.say.len] = (char)rand();
		if (i % 5 == 0)
			l.say.len = (size_t)rand() % l.say.len;
		if (i % 7 == 0)
			buf_add(&l.say, good.p, good.len);
		liar_start(&l);
		rc = grpc_call(l.path, &rpc_health, &q, &r, &a, now_ms() + LONG_MS, &e);
		CHECK(rc == 0 || strstr(e.msg, "rpc error: code = "));
		liar_halt(&l);
	}
	buf_free(&l.say);
	buf_free(&l.heard);
}
