/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - a host's addresses, by a deadline that the resolver itself does not know. */
#pragma once
#include <sys/socket.h>

#include "base.h"

enum {
	LOOKUP_MAX = 16,      /* addresses of a host; more are not looked at */
	LOOKUP_ABANDONED = 16 /* look-ups given up whose resolver is still at work */
};
struct lookup_addr {
	struct sockaddr_storage at;
	socklen_t len;
};
struct lookup {
	struct lookup_addr v[LOOKUP_MAX];
	size_t n;
};
/* The addresses of host (a name, or a literal, which is only read) with port (a number), in the
 * order in which to try them: as the system prefers them (RFC 6724), the families alternating (RFC
 * 8305 section 4). ENOENT: no such name; EAGAIN: the resolver failed or LOOKUP_ABANDONED threads
 * still wait for it; ETIMEDOUT: the name server did not answer by the deadline. Thread-safe. */
MUST int lookup(struct lookup *out, const char *host, const char *port, int64_t deadline,
		struct err *e);
/* What lookup() does with the order: the first address stays in front. */
void lookup_alternate(struct lookup *l);
