/* SPDX-License-Identifier: Apache-2.0 */
/* kube_answer.c - what the API server's refusals mean: a Status, or what a proxy says in its place.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kube_client.h"
#include "str.h"

enum { MAX_WAIT_S = 600, SHOWN = 100 };

/* A reason tells more than the status that came with it. */
static int number(int status, const char *reason)
{
	static const struct {
		const char *reason;
		int status, num;
	} all[] = { { "AlreadyExists", 0, EEXIST },
		    { "Conflict", 409, EAGAIN },
		    { "NotFound", 404, ENOENT },
		    { "Unauthorized", 401, EACCES },
		    { "Forbidden", 403, EACCES },
		    { "BadRequest", 400, EINVAL },
		    { "Invalid", 422, EINVAL },
		    { "Expired", 410, ESTALE },
		    { "Gone", 410, ESTALE },
		    { "TooManyRequests", 429, EBUSY },
		    { "", 503, EBUSY },
		    { "MethodNotAllowed", 405, ENOTSUP },
		    { "NotAcceptable", 406, ENOTSUP },
		    { "UnsupportedMediaType", 415, ENOTSUP },
		    { "RequestEntityTooLarge", 413, EFBIG } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (*reason && strcmp(all[i].reason, reason) == 0)
			return all[i].num;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].status == status)
			return all[i].num;
	return EIO;
}

/* At most about max bytes, in one line, nothing that a terminal would obey, and without the secret.
 */
static void add_clean(const char *s, size_t max, const char *secret, struct buf *out)
{
	size_t n = strlen(secret), from = out->len;

	while (*s && out->len - from < max) {
		if (n && strncmp(s, secret, n) == 0) {
			buf_str(out, "***");
			s += n;
			continue;
		}
		if ((unsigned char)*s > ' ' && *s != 127)
			buf_add(out, s, 1);
		else if (out->len && out->p[out->len - 1] != ' ')
			buf_str(out, " ");
		s++;
	}
	while (out->len > from && out->p[out->len - 1] == ' ')
		out->p[--out->len] = '\0';
}

/* Causes are most often in the message already. */
static void add_causes(const struct json *status, const char *message, const char *secret,
		       struct buf *out)
{
	const struct json *c = json_first(json_get(status, "details.causes"));

	for (; c; c = json_next(c)) {
		const char *field = json_str(c, "field", ""), *text = json_str(c, "message", "");

		if (strstr(message, text))
			continue;
		buf_str(out, "; ");
		add_clean(field, 60, secret, out);
		buf_str(out, *field ? ": " : "");
		add_clean(text, 2 * SHOWN, secret, out);
	}
}

static void add_status(const struct json *status, const char *reason, const char *secret,
		       struct buf *out)
{
	const char *message = json_str(status, "message", "");

	buf_fmt(out, "%s%s", reason, *reason && *message ? ": " : "");
	add_clean(message, 4 * SHOWN, secret, out);
	add_causes(status, message, secret, out);
}

static void add_other(const struct http_response *r, const char *secret, struct buf *out)
{
	const char *type = http_header(&r->headers, "content-type"),
		   *to = http_header(&r->headers, "location");

	buf_fmt(out, "HTTP status %d", r->status);
	if (*type) {
		buf_str(out, ", ");
		add_clean(type, 40, secret, out);
	}
	if (r->status / 100 == 3 && *to) {
		buf_str(out, ", a redirection, which is not followed, to ");
		add_clean(to, SHOWN, secret, out);
	} else if (*r->body) {
		buf_str(out, ": ");
		add_clean(r->body, SHOWN, secret, out);
	}
}

/* As all reasons of Kubernetes are. */
static bool is_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n && !s[n] && n < sizeof(((struct err *)0)->code);
}

void kube_refusal(const struct kube_call *c, const struct http_response *r, const char *secret,
		  struct err *e)
{
	struct err unused;
	auto_json struct json *status = json_parse(r->body, r->body_len, &unused);
	const char *reason = json_str(status, "reason", "");
	auto_buf struct buf text = { 0 };

	if (strcmp(json_str(status, "kind", ""), "Status") != 0 || !is_word(reason))
		reason = "";
	if (*reason || *json_str(status, "message", ""))
		add_status(status, reason, secret, &text);
	else
		add_other(r, secret, &text);
	fail(e, number(r->status, reason), "%s %s: %s", c->method, c->path, text.p);
	snprintf(e->code, sizeof(e->code), "%s", reason);
}

int64_t kube_retry_after(const struct http_response *r)
{
	uint64_t s;

	if (!str_u64(http_header(&r->headers, "retry-after"), &s) || s > MAX_WAIT_S)
		return -1;
	return (int64_t)s * 1000;
}
