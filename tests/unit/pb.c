/* SPDX-License-Identifier: Apache-2.0 */
/* pb.c - protobuf read and written. */
#include <errno.h>
#include <stdlib.h>

#include "pb.h"
#include "test.h"

#define PART(F, T)                \
	F(T, 1, STR, ipv4, 0)     \
	F(T, 3, INT32, device, 0) \
	F(T, 4, INT32, table, 0)
#define WHOLE(F, T)                    \
	F(T, 1, BOOL, success, 0)      \
	F(T, 2, MSGS, parts, &part_pb) \
	F(T, 6, STRS, cidrs, 0)        \
	F(T, 7, INT32, vlan, 0)        \
	F(T, 13, STR, mode, 0)

struct part {
	PART(PB_MEMBER, part)
};
struct whole {
	WHOLE(PB_MEMBER, whole)
};
static const struct pb_field part_f[] = { PART(PB_ROW, part) };
static const struct pb_msg part_pb = { "Part", sizeof(struct part), part_f, COUNT(part_f) };
static const struct pb_field whole_f[] = { WHOLE(PB_ROW, whole) };
static const struct pb_msg whole_pb = { "Whole", sizeof(struct whole), whole_f, COUNT(whole_f) };

static int decode(const struct pb_msg *m, void *out, const char *bytes, size_t n, struct arena *a,
		  struct err *e)
{
	void *exact = xalloc(n); /* so that the sanitizer sees one byte too far */
	int rc;

	memcpy(exact, bytes, n);
	rc = pb_decode(m, out, exact, n, a, e);
	free(exact);
	return rc;
}
#define DECODE(m, out, lit) decode(&m, out, lit, sizeof(lit) - 1, &a, &e)

static void fill(struct whole *w, struct arena *a)
{
	*w = (struct whole) { .success = true, .vlan = 7, .mode = "strict" };
	for (int i = 0; i < 5; i++) {
		struct part *p = pb_push(&w->parts, sizeof(*p), a);

		p->ipv4 = arena_fmt(a, "10.0.0.%d", i);
		p->device = -1;
		*(const char **)pb_push(&w->cidrs, sizeof(char *), a) = i ? "10.0.0.0/8" : "";
	}
}

TEST(messages_have_the_bytes_of_protobuf)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct whole w = { .success = true, .vlan = 300, .mode = "s" };
	struct part *p = pb_push(&w.parts, sizeof(*p), &a);

	p->device = -2;
	*(const char **)pb_push(&w.cidrs, sizeof(char *), &a) = "";
	pb_encode(&whole_pb, &w, &b);
	CHECK(b.len == 23);
	CHECK(memcmp(b.p,
		     "\x08\x01\x12\x0b\x18\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x32\x00\x38"
		     "\xac\x02\x6a\x01s",
		     23) == 0);
}

TEST(what_is_zero_is_not_on_the_wire)
{
	auto_buf struct buf b = { 0 };
	struct whole w = { .mode = "" };

	pb_encode(&whole_pb, &w, &b);
	CHECK(b.len == 0);
}

TEST(messages_come_back_as_they_were)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct whole w, back;
	struct err e = { 0 };
	struct part *p;

	fill(&w, &a);
	pb_encode(&whole_pb, &w, &b);
	CHECK(decode(&whole_pb, &back, b.p, b.len, &a, &e) == 0);
	p = back.parts.v;
	CHECK(back.success && back.vlan == 7 && back.parts.n == 5 && back.cidrs.n == 5);
	CHECK(p[4].device == -1 && p[4].table == 0);
	CHECK_STR(p[4].ipv4, "10.0.0.4");
	CHECK_STR(back.mode, "strict");
	CHECK_STR(((const char **)back.cidrs.v)[0], "");
	CHECK_STR(((const char **)back.cidrs.v)[4], "10.0.0.0/8");
}

TEST(a_cut_message_is_refused_or_shorter)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct whole w, back;
	size_t refused = 0;

	fill(&w, &a);
	pb_encode(&whole_pb, &w, &b);
	for (size_t i = 0; i < b.len; i++) {
		struct err e = { 0 };

		if (decode(&whole_pb, &back, b.p, i, &a, &e) < 0) {
			CHECK(e.num == EBADMSG && strncmp(e.msg, "Whole: ", 7) == 0);
			refused++;
		}
	}
	CHECK(refused > b.len / 2);
}

TEST(numbers_are_read_as_proto3_reads_them)
{
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	struct part p;

	CHECK(DECODE(part_pb, &p, "") == 0 && p.ipv4 && !*p.ipv4 && !p.device);
	CHECK(DECODE(part_pb, &p, "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") == 0);
	CHECK(p.device == -1);
	CHECK(DECODE(part_pb, &p, "\x18\x05\x18\x06") == 0 &&
	      p.device == 6); /* the last one wins */
	CHECK(DECODE(part_pb, &p, "\x18\x85\x80\x00") == 0 && p.device == 5); /* overlong */
	CHECK(DECODE(part_pb, &p, "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") <
	      0); /* 65 bits */
	CHECK(DECODE(part_pb, &p, "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") < 0);
	CHECK_STR(e.msg, "Part: field device is cut off");
	CHECK(DECODE(part_pb, &p, "\x18") < 0 && DECODE(part_pb, &p, "\x18\x80") < 0);
}

TEST(unknown_fields_are_passed_over)
{
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	struct part p;

	/* a known number with another wire type, fixed32, fixed64, bytes, varint */
	CHECK(DECODE(part_pb, &p, "\x1a\x01x\x20\x09") == 0 && p.device == 0 && p.table == 9);
	CHECK(DECODE(part_pb, &p,
		     "\x7d"
		     "abcd\x79"
		     "abcdefgh\x7a\x01z\x78\x01\x0a\x01p") == 0);
	CHECK_STR(p.ipv4, "p");
	CHECK(DECODE(part_pb, &p, "\xf8\xff\xff\xff\x0f\x01\x20\x09") == 0 && p.table == 9);
}

TEST(malformed_messages_are_refused)
{
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	struct whole w;
	struct part p;

	CHECK(DECODE(part_pb, &p,
		     "\x0a\x03"
		     "ab") < 0); /* length beyond the end */
	CHECK(DECODE(part_pb, &p, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x") < 0);
	CHECK(DECODE(part_pb, &p,
		     "\x0a\x02"
		     "a\0") < 0);
	CHECK_STR(e.msg, "Part: field ipv4 is not UTF-8 text");
	CHECK(DECODE(part_pb, &p, "\x0a\x02\xc3(") < 0 && DECODE(part_pb, &p, "\x0a\x01\xff") < 0);
	CHECK(DECODE(part_pb, &p, "\x0a\x01\xc3") < 0); /* half a character at the end */
	CHECK(DECODE(part_pb, &p, "\x02\x00") < 0);     /* field 0 */
	CHECK(DECODE(part_pb, &p, "\x80\x80\x80\x80\x80\x01\x00") < 0); /* field 2^32 */
	CHECK(DECODE(part_pb, &p,
		     "\x7d"
		     "abc") < 0);                   /* fixed32 cut off */
	CHECK(DECODE(part_pb, &p, "\x7b\x7c") < 0); /* groups */
	CHECK(DECODE(part_pb, &p, "\x7e\x00") < 0); /* no such wire type */
	CHECK(DECODE(whole_pb, &w, "\x12\x02\x0a\x05") < 0);
	CHECK_STR(e.msg, "Whole: Part: field ipv4 is cut off");
}

TEST(messages_print_for_logs)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct whole w = { .success = true, .mode = "a\"\x1b[31m" };
	struct part *p = pb_push(&w.parts, sizeof(*p), &a);

	p->device = -1;
	*(const char **)pb_push(&w.cidrs, sizeof(char *), &a) = "10.0.0.0/8";
	*(const char **)pb_push(&w.cidrs, sizeof(char *), &a) = "";
	pb_print(&whole_pb, &w, &b);
	CHECK_STR(b.p, "{\"success\":true,\"parts\":[{\"ipv4\":\"\",\"device\":-1,\"table\":0}],"
		       "\"cidrs\":[\"10.0.0.0/8\",\"\"],\"vlan\":0,\"mode\":\"a\\\"\\u001b[31m\"}");
}

TEST(noise_does_no_harm)
{
	for (int i = 0; i < 50000; i++) {
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };
		struct whole w;
		char b[64];
		size_t n = (size_t)rand() % sizeof(b);

		for (size_t k = 0; k < n; k++)
			b[k] = (char)(rand() % 3 ? rand() : rand() % 120);
		(void)(decode(&whole_pb, &w, b, n, &a, &e) < 0);
	}
}
