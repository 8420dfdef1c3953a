/* SPDX-License-Identifier: Apache-2.0 */
/* lb_workq.c - each key once, in order, and later and later after failures. */
#include "test.h"
#include "workq.h"

TEST(a_key_is_taken_once_and_in_the_order_of_adding)
{
	auto_workq struct workq *q = workq_new(3, 1000);

	workq_add(q, "b", 10);
	workq_add(q, "a", 10);
	workq_add(q, "b", 10);
	CHECK_STR(workq_take(q, 10), "b");
	CHECK_STR(workq_take(q, 10), "a");
	CHECK(workq_take(q, 10) == NULL);
	CHECK_INT(workq_wait(q, 10), -1);
	workq_done(q, "b", -1, 11);
	workq_done(q, "a", -1, 11);
	CHECK_INT(workq_size(q), 0);
}

TEST(no_more_keys_run_than_may)
{
	auto_workq struct workq *q = workq_new(1, 1000);

	workq_add(q, "a", 0);
	workq_add(q, "b", 0);
	CHECK_STR(workq_take(q, 5), "a");
	CHECK(workq_take(q, 5) == NULL);
	CHECK_INT(workq_wait(q, 5), -1);
	workq_done(q, "a", -1, 6);
	CHECK_INT(workq_wait(q, 6), 0);
	CHECK_STR(workq_take(q, 6), "b");
	workq_done(q, "b", -1, 6);
}

TEST(what_is_added_while_it_runs_runs_again_at_once)
{
	auto_workq struct workq *q = workq_new(2, 1000);

	workq_add(q, "a", 1);
	CHECK_STR(workq_take(q, 1), "a");
	workq_add(q, "a", 2);
	CHECK(workq_take(q, 2) == NULL);
	workq_done(q, "a", 0, 3);
	CHECK_STR(workq_take(q, 3), "a");
	workq_done(q, "a", -1, 4);
	CHECK_INT(workq_size(q), 0);
}

TEST(after_failures_a_key_waits_twice_as_long_each_time)
{
	static const int64_t waits[] = { 5, 10, 20, 40, 60, 60 };
	auto_workq struct workq *q = workq_new(2, 60);
	int64_t now = 100;

	workq_add(q, "a", now);
	for (size_t i = 0; i < 6; i++) {
		CHECK_STR(workq_take(q, now), "a");
		workq_done(q, "a", 0, now);
		CHECK_INT(workq_wait(q, now), waits[i]);
		CHECK(workq_take(q, now + waits[i] - 1) == NULL);
		now += waits[i];
	}
	CHECK_STR(workq_take(q, now), "a");
	workq_done(q, "a", 500, now); /* no failure: it is to come back */
	CHECK_INT(workq_wait(q, now), 500);
	workq_add(q, "a", now + 1); /* something has changed: now */
	CHECK_STR(workq_take(q, now + 1), "a");
	workq_done(q, "a", 0, now + 1);
	CHECK_INT(workq_wait(q, now + 1), 5);
}
