/* SPDX-License-Identifier: Apache-2.0 */
/* aws_error.c - what AWS's refusals mean, and what of them may be shown. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws_session.h"
#include "str.h"

enum {
	MAX_READ = 16 * 1024, /* of a message */
	MAX_SAID = 240        /* so that the request id stays in view */
};

struct row {
	const char *code;
	int num;
};

int aws_errno(const char *code)
{
	static const struct row all[] = {
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

bool aws_throttled(const char *code)
{
	static const char *const codes[] = { "RequestLimitExceeded", "BandwidthLimitExceeded",
					     "TooManyRequestsException", "SlowDown",
					     "PriorRequestNotComplete" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return strstr(code, "Throttl");
}

/* ---- presentable */

static void blot(char *text, const char *secret)
{
	size_t n = strlen(secret);

	for (char *at = n ? strstr(text, secret) : NULL; at; at = strstr(at, secret)) {
		*at = '*';
		memmove(at + 1, at + n, strlen(at + n) + 1);
		at++;
	}
}

static void blot_all(char *text, const struct aws_secrets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		auto_buf struct buf encoded = { 0 };

		uri_encode(s->v[i], strlen(s->v[i]), "", &encoded);
		blot(text, s->v[i]);
		blot(text, encoded.len ? encoded.p : "");
	}
}

/* AWS quotes a request whose signature it refuses. */
const char *aws_presentable(const char *text, const struct aws_secrets *s, struct arena *a)
{
	static const char *const stops[] = { "The Canonical String", "The String-to-Sign",
					     "AWS4-HMAC-SHA256", "Credential=" };
	char *out = arena_fmt(a, "%.*s", MAX_READ, text);

	blot_all(out, s);
	for (size_t i = 0; i < COUNT(stops); i++) {
		char *at = strstr(out, stops[i]);

		if (at)
			*at = '\0';
	}
	if (strlen(out) > MAX_SAID)
		out[MAX_SAID] = '\0';
	for (char *p = out; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	return out;
}

/* ---- refusals */

struct refusal {
	const char *code, *message;
};

/* EC2 has Response/Errors/Error and RequestID, the others ErrorResponse/Error and RequestId. */
static struct refusal from_xml(const struct http_response *h, struct arena *a)
{
	struct err ignored;
	const struct xml *root = xml_parse(h->body, h->body_len, a, &ignored), *x;

	x = xml_get(root, "Errors/Error");
	x = x ? x : xml_get(root, "Error");
	return (struct refusal) { xml_text(x, "Code"), xml_text(x, "Message") };
}

/* "com.amazonaws.acm#NotFoundException:http://..." is NotFoundException. */
static const char *bare(const char *type, struct arena *a)
{
	const char *hash = strrchr(type, '#');

	type = hash ? hash + 1 : type;
	return arena_fmt(a, "%.*s", (int)strcspn(type, ":"), type);
}

static struct refusal from_json(const struct http_response *h, struct arena *a)
{
	struct err ignored;
	auto_json struct json *j = json_parse(h->body, h->body_len, &ignored);
	const char *type = http_header(&h->headers, "x-amzn-errortype");
	const char *message = json_str(j, "message", json_str(j, "Message", ""));

	if (!*type)
		type = json_str(j, "__type", json_str(j, "code", ""));
	return (struct refusal) { bare(type, a), arena_str(a, message) };
}

void aws_refusal(struct aws_call *c, const struct http_response *h, const struct aws_secrets *s,
		 struct arena *a, struct err *e)
{
	bool json = aws_services[c->q->service].protocol == AWS_JSON;
	struct refusal r = json ? from_json(h, a) : from_xml(h, a);
	bool busy = h->status >= 500 || h->status == 429;

	if (!*r.code) {
		fail(e, busy ? EAGAIN : EIO, "%s: status %d from something that is not AWS: %.100s",
		     c->q->action, h->status, aws_presentable(h->body, s, a));
		return;
	}
	r.code = arena_fmt(a, "%.59s", aws_presentable(r.code, s, a));
	fail(e, aws_errno(r.code), "%s: %s: %s (request id %s)", c->q->action, r.code,
	     aws_presentable(r.message, s, a), c->request_id);
	snprintf(e->code, sizeof(e->code), "%s", r.code);
}
