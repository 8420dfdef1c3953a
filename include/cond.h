/* SPDX-License-Identifier: Apache-2.0 */
/* cond.h - condition variables that wait until a deadline (clock.h). */
#pragma once
#include <pthread.h>

#include "base.h"

/* Of a clock that nobody sets. Free with pthread_cond_destroy(). */
void cond_init(pthread_cond_t *c);
/* Wait for a signal with the lock held: false when the deadline is past. Wakes without reason too.
 */
bool cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline);
