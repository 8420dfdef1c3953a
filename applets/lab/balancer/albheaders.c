/* SPDX-License-Identifier: Apache-2.0 */
/* albheaders.c - headers on their way to a target and back. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "alb.h"
#include "hash.h"

static const char *lb_attr(const struct alb_place *p, const char *key)
{
	return attr_get(lb_attrs_on(p->l->lb), p->l->lb->attrs, key);
}

static bool is_on(const struct alb_place *p, const char *key)
{
	return strcmp(lb_attr(p, key), "true") == 0;
}

static bool listed(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* RFC 9110 7.6.1: of one connection, by name or by what Connection lists. */
static bool is_hop(const struct http_headers *all, const char *name)
{
	static const char *const hop[] = { "connection", "keep-alive", "proxy-connection",
					   "te",         "trailer",    "transfer-encoding",
					   "upgrade",    "expect",     "content-length" };
	auto_arena struct arena a = { 0 };

	if (listed(name, hop, COUNT(hop)))
		return true;
	for (size_t i = 0; i < all->n; i++) {
		struct strs l = { 0 };

		if (strcasecmp(all->v[i].name, "connection") == 0)
			l = str_split(all->v[i].value, ", \t", &a);
		if (listed(name, l.v, l.n))
			return true;
	}
	return false;
}

static bool is_valid(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-')
			return false;
	return true;
}

/* ---- to the target */

const char *alb_trace(const struct alb_request *q, int64_t now_s, struct arena *a)
{
	const char *had = http_header(q->headers, "x-amzn-trace-id");
	uint8_t bytes[12];
	char text[2 * sizeof(bytes) + 1];

	random_bytes(bytes, sizeof(bytes));
	hex(bytes, sizeof(bytes), text);
	if (strstr(had, "Root="))
		return arena_fmt(a, "Self=1-%08llx-%s;%s", (unsigned long long)now_s, text,
				 strstr(had, "Root="));
	return arena_fmt(a, "Root=1-%08llx-%s%s%s", (unsigned long long)now_s, text,
			 *had ? ";" : "", had);
}

/* The port of the listener comes behind a host that has none, unless it is its protocol's own. */
static const char *host_of(const struct alb_place *p)
{
	const char *host = p->q->authority, *name = *host == '[' ? strchr(host, ']') : host;
	int port = (int)p->l->v->port;

	if (is_on(p, "routing.http.preserve_host_header.enabled") || port == 80 || port == 443 ||
	    !name || strchr(name, ':'))
		return host;
	return arena_fmt(p->a, "%s:%d", host, port);
}

static const char *forwarded_for(const struct alb_place *p)
{
	auto_buf struct buf b = { 0 };
	bool v6 = p->q->peer.family == IP_V6;

	for (size_t i = 0; i < p->q->headers->n; i++)
		if (strcasecmp(p->q->headers->v[i].name, "x-forwarded-for") == 0)
			buf_fmt(&b, "%s, ", p->q->headers->v[i].value);
	if (is_on(p, "routing.http.xff_client_port.enabled"))
		buf_fmt(&b, v6 ? "[%s]:%d" : "%s:%d", ip_text(p->q->peer).s, p->q->peer_port);
	else
		buf_str(&b, ip_text(p->q->peer).s);
	return arena_str(p->a, b.p);
}

bool alb_forward_headers(const struct alb_place *p, const char *trace, struct http_headers *out)
{
	static const char *const ours[] = { "host", "x-forwarded-proto", "x-forwarded-port",
					    "x-amzn-trace-id" };
	const char *xff = lb_attr(p, "routing.http.xff_header_processing.mode");
	bool strict = is_on(p, "routing.http.drop_invalid_header_fields.enabled");
	const struct http_headers *in = p->q->headers;

	http_add(out, "Host", host_of(p));
	for (size_t i = 0; i < in->n; i++) {
		const char *name = in->v[i].name;

		if (listed(name, ours, COUNT(ours)) || is_hop(in, name) ||
		    (strict && !is_valid(name)) ||
		    (strcmp(xff, "preserve") != 0 && strcasecmp(name, "x-forwarded-for") == 0))
			continue;
		if (out->n + ALB_SPARE >= HTTP_MAX_HEADERS)
			return false;
		http_add(out, name, in->v[i].value);
	}
	if (strcmp(xff, "append") == 0)
		http_add(out, "X-Forwarded-For", forwarded_for(p));
	http_add(out, "X-Forwarded-Proto",
		 strcmp(p->l->v->protocol, "HTTPS") == 0 ? "https" : "http");
	http_add(out, "X-Forwarded-Port", arena_fmt(p->a, "%d", (int)p->l->v->port));
	http_add(out, "X-Amzn-Trace-Id", trace);
	return true;
}

/* ---- to the client */

#define RESPONSE "routing.http.response."
static const struct {
	const char *key, *name;
} added[] = {
	{ RESPONSE "strict_transport_security.header_value", "Strict-Transport-Security" },
	{ RESPONSE "access_control_allow_origin.header_value", "Access-Control-Allow-Origin" },
	{ RESPONSE "access_control_allow_methods.header_value", "Access-Control-Allow-Methods" },
	{ RESPONSE "access_control_allow_headers.header_value", "Access-Control-Allow-Headers" },
	{ RESPONSE "access_control_allow_credentials.header_value",
	  "Access-Control-Allow-Credentials" },
	{ RESPONSE "access_control_expose_headers.header_value", "Access-Control-Expose-Headers" },
	{ RESPONSE "access_control_max_age.header_value", "Access-Control-Max-Age" },
	{ RESPONSE "content_security_policy.header_value", "Content-Security-Policy" },
	{ RESPONSE "x_content_type_options.header_value", "X-Content-Type-Options" },
	{ RESPONSE "x_frame_options.header_value", "X-Frame-Options" },
};

static const char *listener_attr(const struct alb_place *p, const char *key)
{
	return attr_get(listener_attrs_on(p->l), p->l->attrs, key);
}

static bool replaced(const struct alb_place *p, const char *name)
{
	if (strcasecmp(name, "server") == 0)
		return strcmp(listener_attr(p, RESPONSE "server.enabled"), "false") == 0;
	for (size_t i = 0; i < COUNT(added); i++)
		if (strcasecmp(name, added[i].name) == 0)
			return *listener_attr(p, added[i].key);
	return false;
}

void alb_listener_headers(const struct alb_place *p, struct http_headers *out)
{
	for (size_t i = 0; i < COUNT(added); i++) {
		const char *v = listener_attr(p, added[i].key);

		if (*v && out->n < HTTP_MAX_HEADERS)
			http_add(out, added[i].name, v);
	}
}

void alb_answer_headers(const struct alb_place *p, const struct http_headers *in,
			struct http_headers *out)
{
	for (size_t i = 0; i < in->n; i++)
		if (!is_hop(in, in->v[i].name) && !replaced(p, in->v[i].name) &&
		    out->n + ALB_SPARE < HTTP_MAX_HEADERS)
			http_add(out, in->v[i].name, in->v[i].value);
	alb_listener_headers(p, out);
}
