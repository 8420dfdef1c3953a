/* SPDX-License-Identifier: Apache-2.0 */
/* quiet.h - code under test that logs, without its lines among the results: auto_quiet bool q =
 * quiet(); */
#pragma once
#include "log.h"
#include "test.h"

static inline bool quiet(void)
{
	struct err e;

	CHECK(log_open("/dev/null", LOG_DEBUG, &e) == 0);
	return true;
}

static inline void loud(bool *q)
{
	(void)q;
	log_close();
}
#define auto_quiet __attribute__((unused)) AUTO(loud)
