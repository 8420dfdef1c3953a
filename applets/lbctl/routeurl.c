/* SPDX-License-Identifier: Apache-2.0 */
/* routeurl.c - URLs of requests. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "routeurl.h"
#include "str.h"

static int authority(const char *text, const char *s, size_t n, struct route_url *r,
		     struct arena *a, struct err *e)
{
	const char *end = s + n, *colon = NULL, *close = memchr(s, ']', n);
	uint64_t port;

	for (const char *c = close ? close : s; c < end; c++)
		if (*c == ':')
			colon = c;
	if (colon && (!str_u64(arena_fmt(a, "%.*s", (int)(end - colon - 1), colon + 1), &port) ||
		      !port || port > 65535))
		return fail(e, EINVAL, "URL '%s': its port is none", text);
	if (colon)
		r->port = (int64_t)port;
	r->host = arena_fmt(a, "%.*s", (int)((colon ? colon : end) - s), s);
	return *r->host ? 0 : fail(e, EINVAL, "URL '%s': it has no host", text);
}

int route_url(const char *text, struct route_url *out, struct arena *a, struct err *e)
{
	bool https = strncasecmp(text, "https://", 8) == 0;
	const char *s = text + (https ? 8 : 7), *rest;
	size_t n;

	if (!https && strncasecmp(text, "http://", 7) != 0)
		return fail(e, EINVAL, "URL '%s': it begins with neither http:// nor https://",
			    text);
	*out = (struct route_url) { .https = https, .port = https ? 443 : 80, .path = "/" };
	n = strcspn(s, "/?#");
	if (authority(text, s, n, out, a, e) < 0)
		return -1;
	rest = arena_fmt(a, "%.*s", (int)strcspn(s + n, "#"), s + n);
	n = strcspn(rest, "?");
	if (n)
		out->path = arena_fmt(a, "%.*s", (int)n, rest);
	if (rest[n])
		out->query = rest + n + 1;
	return 0;
}
