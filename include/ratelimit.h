/* SPDX-License-Identifier: Apache-2.0 */
/* ratelimit.h - token buckets on our side, so that an account's limits are never found by hitting
 * them (spec-lbc-nlb 15.3), and the SDKs' quota of retries. Thread-safe. */
#pragma once
#include <pthread.h>

#include "aws.h"

struct ratelimit;
/* Defaults, and what text changes of them: "SERVICE ID:regex=rate:burst,..." with POSIX extended
 * regular expressions over the action's name; any entry for a service replaces all its defaults.
 * rate is per second and may have a point. EC2's defaults: describes that are narrowed by filters
 * or pages 20:100, the other describes 20:100 of their own, all else 5:50. EINVAL names the entry.
 * Services that the controller knows and we do not call may be named. */
MUST int ratelimit_new(struct ratelimit **out, const char *text, struct err *e);
void ratelimit_free(struct ratelimit **l);
#define auto_ratelimit AUTO(ratelimit_free)
/* Wait for a token of every bucket that the request matches (by service, action and parameters), in
 * the order in which threads come: 0, or ETIMEDOUT at once, and no token taken, when the deadline
 * would come first. */
MUST int ratelimit_wait(struct ratelimit *l, const struct aws_request *q, int64_t deadline,
			struct err *e);

/* 500 tokens; a retry costs 5, or 10 after a time-out; a call that succeeds pays back what its last
 * retry took, or 1. Zero-initialised it is full. */
struct retry_quota {
	pthread_mutex_t lock;
	int used;
};
/* How many were taken for one more attempt; 0: there are not so many. */
int retry_quota_take(struct retry_quota *q, bool timed_out);
void retry_quota_give(struct retry_quota *q, int n);
