/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - time stamps, deadlines, backoff. */
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "test.h"

TEST(time_stamps_have_three_forms)
{
	static const struct {
		int64_t s;
		const char *basic, *rfc;
	} t[] = {
		{ 0, "19700101T000000Z", "1970-01-01T00:00:00Z" },
		{ 951782399, "20000228T235959Z", "2000-02-28T23:59:59Z" },
		{ 951868799, "20000229T235959Z", "2000-02-29T23:59:59Z" },
		{ 1440938160, "20150830T123600Z", "2015-08-30T12:36:00Z" },
		{ 1767323045, "20260102T030405Z", "2026-01-02T03:04:05Z" },
		{ 2147483648, "20380119T031408Z", "2038-01-19T03:14:08Z" },
		{ 4107542399, "21000228T235959Z", "2100-02-28T23:59:59Z" },
		{ 4107542400, "21000301T000000Z", "2100-03-01T00:00:00Z" },
		{ 253402300799, "99991231T235959Z", "9999-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		char basic[17], rfc[21], iso[25], want[25];

		time_basic(t[i].s, basic);
		time_rfc3339(t[i].s, rfc);
		CHECK_STR(basic, t[i].basic);
		CHECK_STR(rfc, t[i].rfc);
		CHECK(time_parse(basic) == t[i].s && time_parse(rfc) == t[i].s);
		if (t[i].s > INT64_MAX / 1000000000 - 1)
			continue;
		time_iso(t[i].s * 1000000000 + 78999999, iso);
		snprintf(want, sizeof(want), "%.19s.078Z", t[i].rfc);
		CHECK_STR(iso, want);
		CHECK(time_parse(iso) == t[i].s);
	}
}

TEST(times_out_of_range_print_the_nearest)
{
	char basic[17], rfc[21], iso[25];

	time_basic(INT64_MAX, basic);
	time_rfc3339(-1, rfc);
	time_iso(INT64_MIN, iso);
	CHECK_STR(basic, "99991231T235959Z");
	CHECK_STR(rfc, "1970-01-01T00:00:00Z");
	CHECK_STR(iso, "1970-01-01T00:00:00.000Z");
	time_iso(INT64_MAX, iso);
	CHECK_STR(iso, "2262-04-11T23:47:16.854Z");
}

TEST(every_day_of_four_centuries_is_read_back)
{
	for (int64_t s = 12345; s < (int64_t)400 * 366 * 86400; s += 86400) {
		char rfc[21];

		time_rfc3339(s, rfc);
		if (time_parse(rfc) != s)
			CHECK_STR(rfc, "read back wrong");
	}
}

TEST(what_is_no_time_is_refused)
{
	static const char *const t[] = {
		"",
		"2026",
		"2026-01-02",
		"2026-01-02T03:04:05",
		"2026-01-02T03:04:05z",
		"2026-01-02t03:04:05Z",
		"2026-01-02 03:04:05Z",
		"2026-01-02T03:04:05+00:00",
		"2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05.12",
		"2026-01-02T03:04:05,12Z",
		"2026-01-02T03:04:05ZZ",
		" 2026-01-02T03:04:05Z",
		"2026-13-02T03:04:05Z",
		"2026-00-02T03:04:05Z",
		"2026-01-00T03:04:05Z",
		"2026-01-32T03:04:05Z",
		"2026-04-31T03:04:05Z",
		"2024-04-31T03:04:05Z",
		"2024-02-30T03:04:05Z",
		"2026-02-29T03:04:05Z",
		"2100-02-29T03:04:05Z",
		"2026-01-02T24:04:05Z",
		"2026-01-02T03:60:05Z",
		"2026-01-02T03:04:60Z",
		"1969-12-31T23:59:59Z",
		"2026-1-02T03:04:05Z",
		"-026-01-02T03:04:05Z",
		"20260102T030405",
		"20260102T0304",
		"20260102T03:04:05Z",
		"20261302T030405Z",
		"20260102T030405.5Z ",
		"never",
	};

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK(time_parse(t[i]) == -1);
	CHECK(time_parse("2024-02-29T00:00:00.123456789Z") == 1709164800);
}

TEST(clocks_run)
{
	int64_t a = now_ms(), w = wall_ns();

	CHECK(a > 0 && now_ms() >= a);
	CHECK(w / 1000000000 >= 1700000000 && llabs(w / 1000000000 - (int64_t)time(NULL)) <= 1);
}

TEST(a_deadline_leaves_what_poll_takes)
{
	int64_t now = now_ms();

	CHECK(deadline_left(0) == 0 && deadline_left(now - 1) == 0);
	CHECK(deadline_left(INT64_MAX) == INT32_MAX && deadline_left(INT64_MIN) == 0);
	CHECK(deadline_left(now + 3600000) > 3500000 && deadline_left(now + 3600000) <= 3600000);
}

TEST(backoff_doubles_up_to_its_cap)
{
	static const int64_t want[] = { 100, 200, 400, 800, 1000, 1000 };
	struct backoff b = { .start_ms = 100, .cap_ms = 1000 };

	for (size_t i = 0; i < COUNT(want); i++)
		CHECK(backoff_next(&b) == want[i]);
	b.next_ms = 0;
	CHECK(backoff_next(&b) == 100);
	b = (struct backoff) { .start_ms = 50, .cap_ms = 10 };
	CHECK(backoff_next(&b) == 10 && backoff_next(&b) == 10);
}

TEST(jitter_is_on_top_and_not_always_the_same)
{
	struct backoff b = { .start_ms = 10000, .cap_ms = 10000, .jitter = 0.15 };
	bool differs = false;

	for (int i = 0; i < 200; i++) {
		int64_t ms = backoff_next(&b);

		CHECK(ms >= 10000 && ms <= 11500);
		differs = differs || ms != 10000;
	}
	CHECK(differs);
}

TEST(a_pause_ends_at_the_deadline)
{
	int64_t now = now_ms();

	CHECK(pause_ms(1, now + 3600000));
	CHECK(now_ms() >= now + 1);
	CHECK(pause_ms(0, now + 3600000) && pause_ms(-5, now + 3600000));
	CHECK(!pause_ms(3600000, now_ms() + 2));
	CHECK(!pause_ms(3600000, now - 1) && !pause_ms(3600000, 0) && !pause_ms(0, 0));
	CHECK(pause_ms(1, INT64_MAX));
}
