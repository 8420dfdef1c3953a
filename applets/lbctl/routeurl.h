/* SPDX-License-Identifier: Apache-2.0 */
/* routeurl.h - a URL's parts, as rules of listeners look at them. */
#pragma once
#include "arena.h"

struct route_url {
	bool https;
	int64_t port;
	const char *host, *path; /* host: without port, as written; path: "/" at least */
	const char *query;       /* behind '?', or NULL */
};
/* http:// and https://; what follows '#' is left out. EINVAL says what is wrong. */
MUST int route_url(const char *text, struct route_url *out, struct arena *a, struct err *e);
