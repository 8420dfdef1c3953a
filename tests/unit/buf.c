/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - growable bytes. */
#include "buf.h"
#include "test.h"

TEST(buf_grows_and_stays_terminated)
{
	auto_buf struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "%d,", i);
	CHECK(b.len == 3890);
	CHECK(strlen(b.p) == b.len);
	CHECK(strncmp(b.p, "0,1,2,3,", 8) == 0);
}

TEST(buf_takes_nothing_and_any_bytes)
{
	auto_buf struct buf b = { 0 };

	buf_add(&b, NULL, 0);
	CHECK(b.len == 0);
	CHECK_STR(b.p, "");
	buf_add(&b, "a\0b", 3);
	CHECK(b.len == 3 && memcmp(b.p, "a\0b", 4) == 0);
	buf_free(&b);
	CHECK(!b.p && !b.len && !b.cap);
}

TEST(buf_room_leaves_space_for_the_terminator)
{
	auto_buf struct buf b = { 0 };

	for (size_t n = 1; n < 3000; n += 7) {
		memset(buf_room(&b, n), 'x', n);
		b.len += n;
		CHECK(b.cap > b.len);
		b.p[b.len] = '\0';
	}
	CHECK(strlen(b.p) == b.len);
}

TEST(buf_int_writes_every_number)
{
	static const struct {
		int64_t v;
		const char *text;
	} cases[] = { { 0, "0" },
		      { -1, "-1" },
		      { 1795520747123456789, "1795520747123456789" },
		      { INT64_MAX, "9223372036854775807" },
		      { INT64_MIN, "-9223372036854775808" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_buf struct buf b = { 0 };

		buf_int(&b, cases[i].v);
		CHECK_STR(b.p, cases[i].text);
	}
}
