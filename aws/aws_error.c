/* SPDX-License-Identifier: Apache-2.0 */
/* aws_error.c - what AWS's refusals mean, and what of them may be shown. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "aws_session.h"
#include "str.h"
#include "uri.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	MIN_PART = 6,         /* of a secret: less tells nothing */
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

bool aws_not_now(const char *code)
{
	static const char *const codes[] = { "RequestLimitExceeded",     "BandwidthLimitExceeded",
					     "TooManyRequestsException", "SlowDown",
					     "PriorRequestNotComplete",  "IDPCommunicationError" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return strstr(code, "Throttl");
}

bool aws_skewed(const char *code)
{
	static const char *const codes[] = { "RequestTimeTooSkewed",      "RequestExpired",
					     "RequestInTheFuture",        "AuthFailure",
					     "InvalidSignatureException", "SignatureDoesNotMatch" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

int64_t aws_date(const char *text)
{
	struct tm t = { 0 };
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &t);

	return end && !*end ? timegm(&t) : -1;
}

int64_t aws_retry_after(const struct http_headers *h, int64_t wall_ms)
{
	const char *text = http_header(h, "retry-after");
	int64_t ms = 0, s = aws_date(text);
	uint64_t n;

	if (str_u64(http_header(h, "x-amz-retry-after"), &n))
		ms = n < DAY_MS ? (int64_t)n : DAY_MS;
	else if (str_u64(text, &n))
		ms = n < DAY_MS / 1000 ? (int64_t)n * 1000 : DAY_MS;
	else if (s >= 0)
		ms = s * 1000 - wall_ms;
	return ms > 0 ? ms : 0;
}

/* ---- presentable */

/* Wherever it stands, and its beginning where the text was cut. */
static void blot(char *text, const char *secret)
{
	size_t n = strlen(secret), len;

	for (char *at = n ? strstr(text, secret) : NULL; at; at = strstr(at, secret)) {
		*at = '*';
		memmove(at + 1, at + n, strlen(at + n) + 1);
		at++;
	}
	len = strlen(text);
	for (n = n < len ? n : len; n >= MIN_PART; n--)
		if (strncmp(text + len - n, secret, n) == 0) {
			text[len - n] = '\0';
			break;
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
static struct refusal from_xml(struct aws_call *c, const struct http_response *h, struct arena *a)
{
	struct err ignored;
	const struct xml *root = xml_parse(h->body, h->body_len, a, &ignored), *x;

	aws_note_request_id(c, h, root);
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

static struct refusal from_json(struct aws_call *c, const struct http_response *h, struct arena *a)
{
	struct err ignored;
	auto_json struct json *j = json_parse(h->body, h->body_len, &ignored);
	const char *type = http_header(&h->headers, "x-amzn-errortype");
	const char *message = json_str(j, "message", json_str(j, "Message", ""));

	aws_note_request_id(c, h, NULL);
	if (!*type)
		type = json_str(j, "__type", json_str(j, "code", ""));
	return (struct refusal) { bare(type, a), arena_str(a, message) };
}

/* No code, so no service of AWS has spoken. */
static void stranger(const struct aws_call *c, const struct http_response *h,
		     const struct aws_secrets *s, struct arena *a, struct err *e)
{
	bool busy = h->status >= 500 || h->status == 429;
	const char *to = http_header(&h->headers, "location");

	if (h->status / 100 == 3)
		fail(e, EIO,
		     "%s: status %d sends us to '%.120s', which is not followed: is the "
		     "endpoint right?",
		     c->q->action, h->status, aws_presentable(to, s, a));
	else
		fail(e, busy ? EAGAIN : EIO, "%s: status %d from something that is not AWS: %.100s",
		     c->q->action, h->status, aws_presentable(h->body, s, a));
}

void aws_refusal(struct aws_call *c, const struct http_response *h, const struct aws_secrets *s,
		 struct arena *a, struct err *e)
{
	bool json = c->service->protocol == AWS_JSON;
	struct refusal r = json ? from_json(c, h, a) : from_xml(c, h, a);

	if (!*r.code) {
		stranger(c, h, s, a, e);
		return;
	}
	r.code = arena_fmt(a, "%.59s", aws_presentable(r.code, s, a));
	fail(e, aws_errno(r.code), "%s: %s: %s (request id %s)", c->q->action, r.code,
	     aws_presentable(r.message, s, a), c->request_id);
	snprintf(e->code, sizeof(e->code), "%s", r.code);
}
