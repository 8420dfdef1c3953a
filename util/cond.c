/* SPDX-License-Identifier: Apache-2.0 */
/* cond.c - condition variables with deadlines. */
#include <errno.h>
#include <time.h>

#include "clock.h"
#include "cond.h"

void cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

bool cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline)
{
	int left = deadline_left(deadline);
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += left / 1000;
	until.tv_nsec += left % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(c, lock, &until) != ETIMEDOUT;
}
