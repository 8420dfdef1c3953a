/* SPDX-License-Identifier: Apache-2.0 */
/* workq.h - what is to be looked at again: each key once, never two at a time of one key, after a
 * failure later and later (controller-runtime's work queue). Of the loop thread; asks no clock. */
#pragma once
#include "base.h"

struct workq;
/* limit: how many keys run at once. After the n-th failure in a row a key waits 5 ms * 2^(n-1), at
 * most max_ms. */
struct workq *workq_new(int limit, int64_t max_ms);
void workq_free(struct workq **q);
#define auto_workq AUTO(workq_free)
/* Look at key: now; or, if it runs, once more when it is done. Adding what waits changes nothing,
 * but that a wait after a failure ends. */
void workq_add(struct workq *q, const char *key, int64_t now);
/* The next key to run, in the order of adding; it runs until workq_done(). NULL: nothing is due, or
 * the limit is reached. Borrowed until workq_done(). */
const char *workq_take(struct workq *q, int64_t now);
/* again_ms < 0: it is well, and forgotten; 0: it has failed; else look again then (and the failures
 * are forgotten). */
void workq_done(struct workq *q, const char *key, int64_t again_ms, int64_t now);
/* Milliseconds until something is due; 0: it is, -1: nothing ever. */
int64_t workq_wait(const struct workq *q, int64_t now);
size_t workq_running(const struct workq *q);
size_t workq_size(const struct workq *q);
