/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - clocks, time stamps, backoff. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hash.h"

static const int64_t YEAR_10000 = 253402300800;

/* Asked of the kernel itself: the plugin asks five times in its life, and to find and map the vDSO
 * costs more than that. */
static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	if (syscall(SYS_clock_gettime, id, &t) < 0)
		die("clock %d:", (int)id);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t now_ms(void)
{
	return clock_ns(CLOCK_BOOTTIME) / 1000000;
}

int64_t wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t wall_s(void)
{
	return wall_ns() / 1000000000;
}

int deadline_left(int64_t deadline)
{
	int64_t now = now_ms();

	if (deadline <= now)
		return 0;
	return deadline - now > INT32_MAX ? INT32_MAX : (int)(deadline - now);
}

static struct tm utc(int64_t unix_s)
{
	time_t t = unix_s < 0 ? 0 : unix_s >= YEAR_10000 ? YEAR_10000 - 1 : unix_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

void time_basic(int64_t unix_s, char out[17])
{
	struct tm t = utc(unix_s);

	strftime(out, 17, "%Y%m%dT%H%M%SZ", &t);
}

/* Every log line has a time, so these two do without strftime() and printf(). */
static char *put_digits(char *out, int v, int n, char behind)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
	out[n] = behind;
	return out + n + 1;
}

void time_rfc3339(int64_t unix_s, char out[21])
{
	struct tm t = utc(unix_s);

	out = put_digits(out, t.tm_year + 1900, 4, '-');
	out = put_digits(out, t.tm_mon + 1, 2, '-');
	out = put_digits(out, t.tm_mday, 2, 'T');
	out = put_digits(out, t.tm_hour, 2, ':');
	out = put_digits(out, t.tm_min, 2, ':');
	out = put_digits(out, t.tm_sec, 2, 'Z');
	*out = '\0';
}

void time_iso(int64_t unix_ns, char out[25])
{
	int64_t ms = unix_ns < 0 ? 0 : unix_ns / 1000000;

	time_rfc3339(ms / 1000, out);
	out[19] = '.';
	*put_digits(out + 20, (int)(ms % 1000), 3, 'Z') = '\0';
}

/* Digits up to the next other character of the pattern; the pattern's own characters stand for
 * themselves. */
static const char *fields(const char *s, const char *pattern, int v[6])
{
	for (int i = -1; *pattern; s++, pattern++) {
		if (*pattern >= '0' && *pattern <= '9') {
			if (*s < '0' || *s > '9')
				return NULL;
			i = *pattern - '0';
			v[i] = v[i] * 10 + (*s - '0');
		} else if (*s != *pattern) {
			return NULL;
		}
	}
	return s;
}

static bool valid(const int v[6])
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = v[0] % 4 == 0 && (v[0] % 100 != 0 || v[0] % 400 == 0);

	if (v[0] < 1970 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[3] > 23 || v[4] > 59 || v[5] > 59)
		return false;
	return v[2] <= days[v[1] - 1] + (leap && v[1] == 2);
}

/* Days since 1970 in the proleptic Gregorian calendar, with years that begin in March. */
static int64_t day_number(int y, int m, int d)
{
	int year = m <= 2 ? y - 1 : y, month = m <= 2 ? m + 9 : m - 3;

	return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 +
	       d - 1 - 719468;
}

int64_t time_parse(const char *s)
{
	int v[6] = { 0 };
	const char *end = fields(s, "0000-11-22T33:44:55", v);

	if (end && *end == '.') {
		size_t digits = strspn(end + 1, "0123456789");

		end = digits ? end + 1 + digits : NULL;
	} else if (!end) {
		memset(v, 0, sizeof(v));
		end = fields(s, "00001122T334455", v);
	}
	if (!end || strcmp(end, "Z") != 0 || !valid(v))
		return -1;
	return day_number(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
}

int64_t backoff_next(struct backoff *b)
{
	int64_t ms = b->next_ms ? b->next_ms : b->start_ms;
	uint32_t dice;

	b->next_ms = ms > b->cap_ms / 2 ? b->cap_ms : ms * 2;
	if (ms > b->cap_ms)
		ms = b->cap_ms;
	random_bytes(&dice, sizeof(dice));
	return ms + (int64_t)((double)ms * b->jitter * (dice / (UINT32_MAX + 1.0)));
}

bool pause_ms(int64_t ms, int64_t deadline)
{
	int64_t now = now_ms();
	int64_t until = ms > deadline - now ? deadline : now + ms;
	struct timespec t = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

	if (ms > 0 && until > now)
		while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
			continue;
	return now_ms() < deadline;
}
