/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.c - HTTPS_PROXY, http_proxy, NO_PROXY. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "ip.h"
#include "proxy.h"
#include "str.h"
#include "uri.h"

/* The first of two variables that is set to something; NULL and no name when neither is. */
static const char *variable(const char *one, const char *other, const char **name)
{
	const char *const names[] = { one, other };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *v = names[i] ? getenv(names[i]) : NULL;

		*name = names[i];
		if (v && *v)
			return v;
	}
	return NULL;
}

/* ---- whom not to reach by it */

/* host without the full stop that may end a name. */
static size_t name_len(const char *host)
{
	size_t n = strlen(host);

	return n && host[n - 1] == '.' ? n - 1 : n;
}

static bool loopback(const char *host, struct ip ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip.family == IP_V4)
		return ip.b[0] == 127;
	if (ip.family == IP_V6)
		return memcmp(ip.b, one, sizeof(one)) == 0;
	return name_len(host) == 9 && strncasecmp(host, "localhost", 9) == 0;
}

static bool below(const char *host, const char *rule)
{
	size_t n = name_len(host), m = name_len(rule);
	bool strict = *rule == '.';

	if (n < m || !m || strncasecmp(host + n - m, rule, m) != 0)
		return false;
	if (n == m)
		return !strict;
	return strict || host[n - m - 1] == '.';
}

/* Cut a port off: "host:port", "[address]:port", "[address]"; not off a bare IPv6 address. False
 * when the rule is for another port. */
static bool port_fits(char *rule, const char *port)
{
	char *colon = strrchr(rule, ':');

	if (*rule == '[') {
		char *end = strchr(rule, ']');

		if (!end)
			return false;
		colon = end[1] == ':' ? end + 1 : NULL;
		*end = '\0';
		memmove(rule, rule + 1, (size_t)(end - rule));
	} else if (colon && strchr(rule, ':') == colon) {
		*colon = '\0';
	} else {
		colon = NULL;
	}
	return !colon || strcmp(colon + 1, port) == 0;
}

static bool excludes(const char *text, const struct http_client *c, struct ip ip)
{
	char rule[sizeof(c->host) + sizeof(c->port) + 4];
	struct cidr net;
	struct ip other;

	if (strcmp(text, "*") == 0)
		return true;
	if (cidr_parse(text, &net))
		return ip.family && cidr_contains(net, ip);
	if ((size_t)snprintf(rule, sizeof(rule), "%s", text) >= sizeof(rule) ||
	    !port_fits(rule, c->port))
		return false;
	if (ip_parse(rule, &other))
		return ip_eq(other, ip);
	return !ip.family && below(c->host, rule + str_prefix(rule, "*."));
}

static bool excluded(const struct http_client *c)
{
	auto_arena struct arena a = { 0 };
	const char *name, *list = variable("NO_PROXY", "no_proxy", &name);
	struct ip ip = { 0 };
	struct strs rules;

	if (!ip_parse(c->host, &ip))
		ip = (struct ip) { 0 };
	if (loopback(c->host, ip))
		return true;
	rules = str_split(list ? list : "", ", \t", &a);
	for (size_t i = 0; i < rules.n; i++)
		if (excludes(rules.v[i], c, ip))
			return true;
	return false;
}

/* ---- the proxy */

static bool set_auth(struct http_via *via, const char *user, size_t n)
{
	auto_buf struct buf plain = { 0 }, coded = { 0 };
	const char *colon = memchr(user, ':', n);
	size_t len = colon ? (size_t)(colon - user) : n;
	bool good = uri_decode(user, len, &plain);

	buf_str(&plain, ":");
	good = good && (!colon || uri_decode(colon + 1, n - len - 1, &plain));
	base64(plain.p, plain.len, &coded);
	good = good && (size_t)snprintf(via->auth, sizeof(via->auth), "Basic %s", coded.p) <
			       sizeof(via->auth);
	explicit_bzero(plain.p, plain.len);
	explicit_bzero(coded.p, coded.len);
	return good;
}

/* "host[:port]" of n bytes, by the rules of a URL. */
static bool set_host(struct http_via *via, const char *s, size_t n)
{
	auto_buf struct buf url = { 0 };
	struct http_client c = { 0 };
	const char *path;
	struct err unused;

	buf_str(&url, "http://");
	buf_add(&url, s, n);
	if (http_url(&c, url.p, &path, &unused) < 0 || *path)
		return false;
	memcpy(via->host, c.host, sizeof(via->host));
	memcpy(via->port, c.port, sizeof(via->port));
	return true;
}

/* No message shows the text itself: any part of it may be the password. */
static int set_via(struct http_via *via, const char *text, const char *name, struct err *e)
{
	const char *rest = strstr(text, "://"), *at;
	size_t n;

	if (rest && (rest - text != 4 || strncasecmp(text, "http", 4) != 0))
		return fail(e, EINVAL,
			    "%s names a proxy of another kind than http://, which is "
			    "the only one that is supported",
			    name);
	rest = rest ? rest + 3 : text;
	n = strcspn(rest, "/?#");
	at = memrchr(rest, '@', n);
	if (at && !set_auth(via, rest, (size_t)(at - rest)))
		return fail(e, EINVAL, "%s: user and password are too long or not percent-encoded",
			    name);
	n -= at ? (size_t)(at + 1 - rest) : 0;
	if (!set_host(via, at ? at + 1 : rest, n))
		return fail(e, EINVAL, "%s: no usable host and port (want http://HOST:PORT)", name);
	return 0;
}

int http_proxy_at(struct http_client *c, const char *url, const char *name, struct err *e)
{
	c->via = (struct http_via) { 0 };
	if (set_via(&c->via, url, name, e) == 0)
		return 0;
	c->via = (struct http_via) { 0 };
	return -1;
}

int http_use_proxy(struct http_client *c, struct err *e)
{
	const char *name, *text;

	c->via = (struct http_via) { 0 };
	text = c->tls ? variable("HTTPS_PROXY", "https_proxy", &name)
		      : variable("http_proxy", getenv("REQUEST_METHOD") ? NULL : "HTTP_PROXY",
				 &name);
	return !text || excluded(c) ? 0 : http_proxy_at(c, text, name, e);
}
