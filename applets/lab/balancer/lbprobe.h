/* SPDX-License-Identifier: Apache-2.0 */
/* lbprobe.h - one health check: connect, and by HTTP or HTTPS ask. */
#pragma once
#include "elb.h"

enum probe_kind { PROBE_TCP, PROBE_HTTP, PROBE_HTTPS };
enum probe_found {
	PROBE_OK,
	PROBE_FAILED,  /* no connection, or no answer that can be read */
	PROBE_TIMEOUT, /* nothing in time */
	PROBE_MISMATCH /* another status than the matcher has */
};
/* Owns all that it needs: it is run in another thread. */
struct probe_ask {
	enum probe_kind kind;
	struct ip from, to;
	int port;
	char path[1025], codes[256];
	int64_t timeout_ms;
};
/* Blocks for timeout_ms at most. *status is what HTTP answered, 0: nothing. */
enum probe_found probe_run(const struct probe_ask *ask, int *status);
/* The status of an answer's first n bytes: 0: more is needed, -1: this is no HTTP/1.x. Pure. */
int probe_status(const char *p, size_t n);
/* Is it one of "200,202,300-399"? Pure. */
bool probe_matches(const char *codes, int status);
