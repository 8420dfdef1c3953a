/* SPDX-License-Identifier: Apache-2.0 */
/* imds.c - instance metadata by session tokens. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "imds.h"
#include "str.h"

#define TOKEN_PATH "/latest/api/token"
#define TOKEN_TTL "21600"

enum {
	ATTEMPTS = 3,
	PAUSE_MS = 100,
	PAUSE_CAP_MS = 1000,
	TOKEN_MS = 5000,   /* a token comes at once or never */
	MARGIN_MS = 60000, /* renewed so long before it expires, at most half its life */
	MAX_TIMEOUT_S = 3600,
	MAX_ATTEMPTS = 100,
};

/* Unknown is not without. */
static bool without_ipv4(void)
{
	struct ifaddrs *all;
	bool without = true;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		    !(i->ifa_flags & IFF_LOOPBACK))
			without = false;
	freeifaddrs(all);
	return without;
}

static int find_url(const struct imds *m, const char **url, struct err *e)
{
	const char *mode = str_env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	*url = str_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	if (**url)
		return 0;
	if (*mode && strcasecmp(mode, "IPv4") != 0 && strcasecmp(mode, "IPv6") != 0)
		return fail(
			e, EINVAL,
			"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE '%.40s' is neither IPv4 nor IPv6",
			mode);
	if (*mode ? strcasecmp(mode, "IPv6") == 0 : m->ipv6_alone && without_ipv4())
		*url = "http://[fd00:ec2::254]";
	else
		*url = "http://169.254.169.254";
	return 0;
}

static int number(const char *name, uint64_t usual, uint64_t most, uint64_t *out, struct err *e)
{
	const char *v = str_env(name);

	*out = usual;
	if (*v && (!str_u64(v, out) || !*out || *out > most))
		return fail(e, EINVAL, "%s '%.40s' is not a number from 1 to %llu", name, v,
			    (unsigned long long)most);
	return 0;
}

int imds_init(struct imds *m, struct err *e)
{
	uint64_t timeout_s, attempts;
	const char *url, *path;

	if (strcasecmp(str_env("AWS_EC2_METADATA_DISABLED"), "true") == 0)
		return fail(e, EACCES, "AWS_EC2_METADATA_DISABLED is true: IMDS may not be asked");
	if (find_url(m, &url, e) < 0 ||
	    number("AWS_METADATA_SERVICE_TIMEOUT", 0, MAX_TIMEOUT_S, &timeout_s, e) < 0 ||
	    number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", ATTEMPTS, MAX_ATTEMPTS, &attempts, e) < 0)
		return -1;
	if (http_url(&m->http, url, &path, e) < 0)
		return wrap(e, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
	if (strlen(path) >= sizeof(m->base))
		return fail(e, EINVAL, "AWS_EC2_METADATA_SERVICE_ENDPOINT '%s' is too long", url);
	snprintf(m->base, sizeof(m->base), "%s", path);
	if (str_suffix(m->base, "/"))
		m->base[strlen(m->base) - 1] = '\0';
	m->timeout_ms = (int64_t)timeout_s * 1000;
	m->attempts = (int)attempts;
	m->v1 = strcasecmp(str_env("AWS_EC2_METADATA_V1_DISABLED"), "false") == 0;
	return 0;
}

/* One request's share of the time. */
static int64_t soon(const struct imds *m, int64_t deadline)
{
	int64_t end = now_ms() + m->timeout_ms;

	return m->timeout_ms && end < deadline ? end : deadline;
}

/* Whoever answers a request without a token at all can be reached: a token that does not come then
 * was most likely lost on the way back. */
static bool answers(struct imds *m, struct arena *a, int64_t deadline)
{
	const char *path = arena_fmt(a, "%s/latest/meta-data/", m->base);
	struct http_request q = { .method = "GET", .target = path };
	struct http_response r;
	struct err e;

	return http_do(&m->http, &q, &r, a, soon(m, deadline), &e) == 0;
}

static int no_token(const struct http_response *r, struct err *e)
{
	switch (r->status) {
	case 403:
		return fail(e, EACCES,
			    "IMDS is switched off for this instance (403 on a token request)");
	case 404:
	case 405:
		return fail(e, EIO, "IMDS knows no session tokens (%d on PUT " TOKEN_PATH ")",
			    r->status);
	default:
		return fail(e, r->status == 429 || r->status >= 500 ? EAGAIN : EIO,
			    "IMDS gives no token: status %d", r->status);
	}
}

static int token_keep(struct imds *m, const struct http_response *r, struct err *e)
{
	size_t n = strcspn(r->body, "\r\n");
	uint64_t ttl_s = 0;
	int64_t life_ms;

	if (!n || n >= sizeof(m->token) || r->body_len > n + 2)
		return fail(e, EBADMSG, "IMDS gives a token of %zu bytes", r->body_len);
	if (!str_u64(http_header(&r->headers, "x-aws-ec2-metadata-token-ttl-seconds"), &ttl_s) ||
	    ttl_s > strtoul(TOKEN_TTL, NULL, 10))
		ttl_s = strtoul(TOKEN_TTL, NULL, 10);
	memcpy(m->token, r->body, n);
	m->token[n] = '\0';
	life_ms = (int64_t)ttl_s * 1000;
	m->token_until = now_ms() + life_ms - (life_ms / 2 < MARGIN_MS ? life_ms / 2 : MARGIN_MS);
	return 0;
}

static int token_fetch(struct imds *m, struct arena *a, int64_t deadline, struct err *e)
{
	struct http_request q = { .method = "PUT",
				  .target = arena_fmt(a, "%s" TOKEN_PATH, m->base) };
	int64_t now = now_ms(), wait = (soon(m, deadline) - now) * 2 / 3;
	struct http_response r;

	m->token[0] = '\0';
	http_add(&q.headers, "X-aws-ec2-metadata-token-ttl-seconds", TOKEN_TTL);
	if (http_do(&m->http, &q, &r, a, now + (wait < TOKEN_MS ? wait : TOKEN_MS), e) < 0) {
		if (e->num == ETIMEDOUT && answers(m, a, deadline))
			return fail(
				e, ETIMEDOUT,
				"IMDS answers, but its token does not arrive: most likely the "
				"instance's HttpPutResponseHopLimit is too low for where this runs "
				"(a container needs 2)");
		return -1;
	}
	return r.status == 200 ? token_keep(m, &r, e) : no_token(&r, e);
}

/* What stands for "this service knows no tokens", or they do not reach us; then version 1 may be
 * asked for, if that is wanted. */
static bool tokenless(const struct imds *m, int num)
{
	return m->v1 && (num == EACCES || num == EIO || num == ETIMEDOUT);
}

/* One GET with a token that should be valid. */
static int get(struct imds *m, const char *path, struct http_response *r, struct arena *a,
	       int64_t deadline, struct err *e)
{
	struct http_request q = { .method = "GET", .target = arena_fmt(a, "%s%s", m->base, path) };

	if ((!m->token[0] || now_ms() >= m->token_until) && token_fetch(m, a, deadline, e) < 0 &&
	    !tokenless(m, e->num))
		return -1;
	if (m->token[0])
		http_add(&q.headers, "X-aws-ec2-metadata-token", m->token);
	return http_do(&m->http, &q, r, a, soon(m, deadline), e);
}

static int attempt(struct imds *m, const char *path, const char **text, struct arena *a,
		   int64_t deadline, struct err *e)
{
	struct http_response r;

	if (get(m, path, &r, a, deadline, e) < 0)
		return -1;
	if (r.status == 401) {
		m->token[0] = '\0';
		if (get(m, path, &r, a, deadline, e) < 0)
			return -1;
	}
	if (r.status == 404)
		return fail(e, ENOENT, "IMDS has no %s", path);
	if (r.status != 200)
		return fail(e, r.status == 429 || r.status >= 500 ? EAGAIN : EIO,
			    "IMDS answers %s with status %d", path, r.status);
	if (strlen(r.body) != r.body_len)
		return fail(e, EBADMSG, "IMDS gives NUL bytes at %s", path);
	*text = r.body;
	return 0;
}

static bool again(const struct imds *m, int num)
{
	if (num == ETIMEDOUT) /* of one request, whose time was said */
		return m->timeout_ms > 0;
	return conn_passing(num);
}

int imds_get(struct imds *m, const char *path, const char **text, struct arena *a, int64_t deadline,
	     struct err *e)
{
	struct backoff b = { .start_ms = PAUSE_MS, .cap_ms = PAUSE_CAP_MS, .jitter = 0.15 };

	for (int i = 1;; i++) {
		if (attempt(m, path, text, a, deadline, e) == 0)
			return 0;
		if (i >= m->attempts || !again(m, e->num) || !pause_ms(backoff_next(&b), deadline))
			return -1;
	}
}

void imds_free(struct imds *m)
{
	http_close(&m->http);
	*m = (struct imds) { 0 };
}
