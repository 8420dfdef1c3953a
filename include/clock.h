/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - time. Everything that may wait takes a deadline, never a timeout. */
#pragma once
#include "base.h"

/* Milliseconds on CLOCK_BOOTTIME: what deadlines are made of. */
int64_t now_ms(void);
/* Nanoseconds since 1970 (checkpoint, logs). */
int64_t wall_ns(void);
int64_t wall_s(void); /* the same in seconds */
/* Milliseconds left until deadline, never negative, capped to what poll() takes. */
int deadline_left(int64_t deadline);
/* Time stamps are UTC. Before 1970 or after 9999 there is nothing: the nearest second is written.
 */

/* "20260102T030405Z", as SigV4 wants it; out holds 17 bytes. */
void time_basic(int64_t unix_s, char out[17]);
/* "2026-01-02T03:04:05.678Z", as the logs want it; out holds 25 bytes. */
void time_iso(int64_t unix_ns, char out[25]);
/* RFC 3339 seconds in UTC, "2026-01-02T03:04:05Z"; out holds 21 bytes. */
void time_rfc3339(int64_t unix_s, char out[21]);
/* Seconds since 1970 from "2026-01-02T03:04:05[.678]Z" or "20260102T030405Z"; -1 when it is
 * neither, no day of the calendar, or before 1970. */
int64_t time_parse(const char *s);

/* Exponential backoff: the pauses double from start_ms to cap_ms. Zero-initialise and set the
 * three; next_ms = 0 starts afresh. */
struct backoff {
	int64_t start_ms, cap_ms;
	double jitter; /* 0.15: up to 15 % on top */
	int64_t next_ms;
};
/* Milliseconds to wait now; jitter comes on top of the cap. */
int64_t backoff_next(struct backoff *b);
/* Wait ms in a job thread, or only until the deadline when that comes first; true while the
 * deadline is still ahead. Never on the loop thread. */
bool pause_ms(int64_t ms, int64_t deadline);
