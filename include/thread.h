/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - threads beside the loop's: for what blocks for long. Short work is a job (loop.h). */
#pragma once
#include <pthread.h>

#include "base.h"

/* 512 KiB of stack; signals are the loop's, but those that the thread's own instructions raise. To
 * be joined or detached. */
MUST int thread_start(pthread_t *out, void *(*fn)(void *arg), void *arg, struct err *e);
