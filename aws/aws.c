/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - sessions, and the query protocol: parameters, one signed POST, retries, errors. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "clock.h"
#include "creds.h"
#include "json.h"
#include "str.h"

enum {
	ATTEMPTS = 3,
	PAUSE_MS = 200,
	PAUSE_CAP_MS = 20000,
	MAX_ANSWER = 16 * 1024 * 1024,
	MAX_SAID = 240 /* of AWS's message, so that the request id stays in view */
};

/* ---- sessions */

static bool is_region(const char *s)
{
	return *s && strlen(s) < sizeof(((struct aws *)0)->region) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static int set_region(struct aws *w, const char *region, const char *from, struct err *e)
{
	if (!is_region(region))
		return fail(e, EINVAL, "%s: '%.64s' is not a region", from, region);
	snprintf(w->region, sizeof(w->region), "%s", region);
	return 0;
}

static int region_of_instance(struct aws *w, int64_t deadline, struct err *e)
{
	static const char path[] = "/latest/dynamic/instance-identity/document";
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	const char *text;

	if (imds_get(w->imds, path, &text, &a, deadline, e) < 0)
		return wrap(e, "the instance's region (AWS_REGION is not set)");
	j = json_parse(text, strlen(text), e);
	if (!j)
		return wrap(e, "instance identity document");
	return set_region(w, json_str(j, "region", ""), "region in the instance identity document",
			  e);
}

int aws_init(struct aws *w, struct imds *imds, int64_t deadline, struct err *e)
{
	static const char *const names[] = { "AWS_REGION", "AWS_DEFAULT_REGION" };

	w->imds = imds;
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return set_region(w, v, names[i], e);
	}
	if (!imds)
		return fail(e, EINVAL, "no region: set AWS_REGION");
	return region_of_instance(w, deadline, e);
}

void aws_free(struct aws *w)
{
	http_close(&w->http);
	*w = (struct aws) { 0 };
}

/* ---- parameters */

void aws_param(struct aws_params *p, const char *name, const char *value)
{
	if (p->body.len)
		buf_str(&p->body, "&");
	uri_encode(name, strlen(name), "", &p->body);
	buf_str(&p->body, "=");
	uri_encode(value, strlen(value), "", &p->body);
}

void aws_param_int(struct aws_params *p, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	aws_param(p, name, text);
}

void aws_param_list(struct aws_params *p, const char *name, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char key[128];

		snprintf(key, sizeof(key), "%s.%zu", name, i + 1);
		aws_param(p, key, v[i]);
	}
}

void aws_params_free(struct aws_params *p)
{
	buf_free(&p->body);
}

/* ---- errors */

int aws_errno(const char *code)
{
	static const struct {
		const char *code;
		int num;
	} all[] = {
#define E(code, num) { code, num },
#include "errors.def"
#undef E
	}, ends[] = { { ".NotFound", ENOENT },	    { "NotFoundException", ENOENT },
		      { "LimitExceeded", EDQUOT },  { "AlreadyExists", EEXIST },
		      { ".Duplicate", EEXIST },	    { ".Malformed", EINVAL },
		      { "LimitExceededException", EDQUOT } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(code, all[i].code) == 0)
			return all[i].num;
	for (size_t i = 0; i < COUNT(ends); i++)
		if (str_suffix(code, ends[i].code))
			return ends[i].num;
	if (str_prefix(code, "Insufficient"))
		return EDQUOT;
	return str_prefix(code, "Invalid") ? EINVAL : EIO;
}

/* One printable line. What AWS quotes of a signature that it refuses has secrets in it. */
static const char *presentable(const char *s, struct arena *a)
{
	static const char *const stops[] = { "The Canonical String", "The String-to-Sign",
					     "AWS4-HMAC-SHA256", "Credential=" };
	char *out = arena_fmt(a, "%.*s", MAX_SAID, s);

	for (size_t i = 0; i < COUNT(stops); i++) {
		char *at = strstr(out, stops[i]);

		if (at)
			*at = '\0';
	}
	for (char *p = out; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	return out;
}

/* EC2 has Response/Errors/Error and RequestID, the others ErrorResponse/Error and RequestId. */
static const struct xml *error_of(const struct xml *root)
{
	const struct xml *x = xml_get(root, "Errors/Error");

	return x ? x : xml_get(root, "Error");
}

static const char *request_id(const struct xml *root, const struct http_response *r)
{
	static const char *const paths[] = { "RequestID", "RequestId", "requestId" };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (*xml_text(root, paths[i]))
			return xml_text(root, paths[i]);
	return http_header(&r->headers, "x-amzn-requestid");
}

static int refused(const char *action, const struct http_response *r, struct arena *a,
		   struct err *e)
{
	struct err ignored;
	const struct xml *root = xml_parse(r->body, r->body_len, a, &ignored);
	const char *code = xml_text(error_of(root), "Code");

	if (!*code)
		return fail(e, r->status >= 500 || r->status == 429 ? EAGAIN : EIO,
			    "%s: status %d from something that is not AWS: %.100s", action,
			    r->status, presentable(r->body, a));
	fail(e, aws_errno(code), "%s: %.60s: %s (request id %.40s)", action, presentable(code, a),
	     presentable(xml_text(error_of(root), "Message"), a),
	     presentable(request_id(root, r), a));
	snprintf(e->code, sizeof(e->code), "%s", presentable(code, a));
	return -1;
}

/* ---- one call */

struct call {
	struct aws *w;
	const char *service, *version, *action;
	struct aws_params *p;
	struct arena *a;
	int64_t deadline;
};

static const char *endpoint(const struct call *c)
{
	const char *suffix = str_prefix(c->w->region, "cn-") ? ".cn" : "";
	const char *const names[] = { arena_fmt(c->a, "AWS_ENDPOINT_URL_%s", c->service),
				      "AWS_ENDPOINT_URL", "AWS_EC2_ENDPOINT" };
	size_t n = strcmp(c->service, "ec2") == 0 ? 3 : 2;

	for (size_t i = 0; i < n; i++) {
		char *name = arena_str(c->a, names[i]);
		const char *v;

		for (char *p = name; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		v = getenv(name);
		if (v && *v)
			return strstr(v, "://") ? v : arena_fmt(c->a, "https://%s", v);
	}
	return arena_fmt(c->a, "https://%s.%s.amazonaws.com%s", c->service, c->w->region, suffix);
}

static int choose_endpoint(const struct call *c, struct err *e)
{
	struct aws *w = c->w;
	const char *path;

	if (strcmp(w->http_service, c->service) == 0)
		return 0;
	w->http_service[0] = '\0';
	if (http_url(&w->http, endpoint(c), &path, e) < 0)
		return wrap(e, "endpoint of %s", c->service);
	if (strlen(path) >= sizeof(w->http_base) || strchr(path, '?'))
		return fail(e, EINVAL, "endpoint of %s: its path '%s' is of no use", c->service,
			    path);
	snprintf(w->http_base, sizeof(w->http_base), "%s", *path ? path : "/");
	snprintf(w->http_service, sizeof(w->http_service), "%s", c->service);
	return 0;
}

static int send_signed(const struct call *c, const struct buf *body, struct http_response *r,
		       struct err *e)
{
	struct aws *w = c->w;
	struct sigv4 s = { .keys = { w->key_id, w->secret, w->token },
			   .region = w->region,
			   .service = c->service,
			   .unix_s = wall_ns() / 1000000000 };
	struct http_request q = { .method = "POST",
				  .target = w->http_base,
				  .body = body->p,
				  .body_len = body->len,
				  .max_body = MAX_ANSWER };

	http_add(&q.headers, "Host", http_host(&w->http, c->a));
	http_add(&q.headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	sigv4_sign(&s, &q, c->a);
	http_add(&q.headers, "User-Agent", "vpcbox/" VERSION);
	return http_do(&w->http, &q, r, c->a, c->deadline, e);
}

enum outcome { DONE, NOT_EXECUTED, UNSURE, REFUSED };

static bool throttled(const char *code)
{
	static const char *const codes[] = { "RequestLimitExceeded", "BandwidthLimitExceeded",
					     "TooManyRequestsException", "SlowDown" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return strstr(code, "Throttl");
}

/* What an error of the transport means for the call. */
static enum outcome transport(int num)
{
	switch (num) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EAGAIN: /* no name server answered */
		return NOT_EXECUTED;
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
	case EBADMSG:
		return UNSURE;
	default:
		return REFUSED;
	}
}

static enum outcome attempt(const struct call *c, const struct buf *body, struct xml **out,
			    struct err *e)
{
	struct http_response r;

	if (creds_ensure(c->w, c->a, c->deadline, e) < 0 || choose_endpoint(c, e) < 0) {
		wrap(e, "%s", c->action);
		return REFUSED;
	}
	if (send_signed(c, body, &r, e) < 0) {
		wrap(e, "%s", c->action);
		return transport(e->num);
	}
	if (r.status == 200) {
		*out = xml_parse(r.body, r.body_len, c->a, e);
		if (*out)
			return DONE;
		wrap(e, "%s: the answer cannot be read", c->action);
		return REFUSED;
	}
	refused(c->action, &r, c->a, e);
	if (throttled(e->code) || r.status == 429)
		return NOT_EXECUTED;
	if (str_prefix(e->code, "ExpiredToken") && creds_expire(c->w))
		return NOT_EXECUTED;
	return r.status >= 500 ? UNSURE : REFUSED;
}

static bool repeatable(const struct call *c)
{
	return c->p->repeatable || str_prefix(c->action, "Describe") ||
	       str_prefix(c->action, "Get") || str_prefix(c->action, "List") ||
	       (c->p->body.len && strstr(c->p->body.p, "ClientToken="));
}

static bool again(const struct call *c, enum outcome o)
{
	return o == NOT_EXECUTED || (o == UNSURE && repeatable(c));
}

/* A refusal settles what an earlier attempt left open: it comes with the same token. */
static int perform(const struct call *c, struct xml **out, struct err *e)
{
	struct backoff b = { .start_ms = PAUSE_MS, .cap_ms = PAUSE_CAP_MS, .jitter = 1 };
	auto_buf struct buf body = { 0 };
	bool unsure = false;

	buf_fmt(&body, "Action=%s&Version=%s", c->action, c->version);
	if (c->p->body.len)
		buf_fmt(&body, "&%s", c->p->body.p);
	for (int i = 1;; i++) {
		enum outcome o = attempt(c, &body, out, e);

		if (o == DONE)
			return 0;
		unsure = o == UNSURE || (unsure && o == NOT_EXECUTED);
		if (!again(c, o) || i == ATTEMPTS || !pause_ms(backoff_next(&b), c->deadline))
			break;
	}
	if (unsure)
		e->code[0] = '\0';
	return -1;
}

int aws_query(struct aws *w, const char *service, const char *version, const char *action,
	      struct aws_params *p, struct arena *a, struct xml **out, int64_t deadline,
	      struct err *e)
{
	struct call c = { w, service, version, action, p, a, deadline };

	return perform(&c, out, e);
}
