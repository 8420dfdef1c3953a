/* SPDX-License-Identifier: Apache-2.0 */
/* kreply.c - answers: objects as they were asked for, and Status objects. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "str.h"
#include "uri.h"

const char *kask_param(struct httpd_call *c, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = c->query; *p; p += strcspn(p, "&"), p += *p == '&') {
		size_t len = strcspn(p, "&");
		auto_buf struct buf b = { 0 };

		if (strncmp(p, name, n) != 0 || (p[n] != '=' && p[n] != '&' && p[n]))
			continue;
		if (p[n] != '=')
			return "";
		for (size_t i = n + 1; i < len; i++) {
			size_t run = strcspn(p + i, "+&");

			run = run > len - i ? len - i : run;
			uri_decode(p + i, run, &b);
			i += run;
			if (i < len)
				buf_str(&b, " ");
		}
		return arena_str(&c->a, b.p ? b.p : "");
	}
	return NULL;
}

bool kask_flag(struct httpd_call *c, const char *name)
{
	const char *v = kask_param(c, name);

	return v && (strcmp(v, "true") == 0 || strcmp(v, "1") == 0);
}

void kreply_text(struct httpd_call *c, int status, const char *type, const char *text, size_t n)
{
	struct http_headers h = { 0 };

	http_add(&h, "Content-Type", type);
	http_add(&h, "Cache-Control", "no-cache, private");
	httpd_reply(c, status, &h, text, n);
}

void kreply_json(struct httpd_call *c, int status, const struct json *j)
{
	auto_buf struct buf b = { 0 };

	json_print(j, 0, &b);
	buf_str(&b, "\n");
	kreply_text(c, status, "application/json", b.p, b.len);
}

int kstatus_code(const char *reason)
{
	static const struct {
		const char *reason;
		int code;
	} codes[] = {
		{ "BadRequest", 400 },
		{ "Unauthorized", 401 },
		{ "Forbidden", 403 },
		{ "NotFound", 404 },
		{ "MethodNotAllowed", 405 },
		{ "NotAcceptable", 406 },
		{ "AlreadyExists", 409 },
		{ "Conflict", 409 },
		{ "Expired", 410 },
		{ "UnsupportedMediaType", 415 },
		{ "Invalid", 422 },
		{ "NotImplemented", 501 },
		{ "ServiceUnavailable", 503 },
	};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(codes[i].reason, reason) == 0)
			return codes[i].code;
	return 500;
}

/* `KIND "NAME" is invalid: FIELD: TYPE: WHAT`, whose last three are a cause. */
static void add_cause(struct json *details, const char *msg)
{
	static const struct {
		const char *begins, *reason;
	} types[] = {
		{ "Required value", "FieldValueRequired" },
		{ "Unsupported value", "FieldValueNotSupported" },
		{ "Forbidden", "FieldValueForbidden" },
		{ "Duplicate value", "FieldValueDuplicate" },
		{ "Invalid value", "FieldValueInvalid" },
	};
	const char *field = strstr(msg, "is invalid: "), *what;
	struct json *causes, *cause;
	char name[120];

	if (!field)
		return;
	field += strlen("is invalid: ");
	what = strstr(field, ": ");
	if (!what)
		return;
	causes = json_array();
	cause = json_object();
	snprintf(name, sizeof(name), "%.*s", (int)(what - field), field);
	for (size_t i = 0; i < COUNT(types); i++)
		if (str_prefix(what + 2, types[i].begins))
			json_add_str(cause, "reason", types[i].reason);
	json_add_str(cause, "message", what + 2);
	json_add_str(cause, "field", name);
	json_push(causes, cause);
	json_add(details, "causes", causes);
}

void kstatus_put(const struct kres *r, const char *name, const struct err *e, struct buf *out)
{
	auto_json struct json *s = json_object();
	const char *reason = *e->code ? e->code : "InternalError";
	struct json *details = json_object();
	bool invalid = strcmp(reason, "Invalid") == 0;

	json_add_str(s, "kind", "Status");
	json_add_str(s, "apiVersion", "v1");
	json_add(s, "metadata", json_object());
	json_add_str(s, "status", "Failure");
	json_add_str(s, "message", e->msg);
	json_add_str(s, "reason", reason);
	if (r) {
		json_add_str(details, "name", name);
		if (*r->group)
			json_add_str(details, "group", r->group);
		json_add_str(details, "kind", invalid ? r->kind : r->plural);
	}
	if (invalid)
		add_cause(details, e->msg);
	if (json_first(details) && strcmp(reason, "BadRequest") != 0)
		json_add(s, "details", details);
	else
		json_free(&details);
	json_add_int(s, "code", kstatus_code(reason));
	json_print(s, 0, out);
}

void kreply_err(struct httpd_call *c, const struct kres *r, const char *name, const struct err *e)
{
	auto_buf struct buf b = { 0 };

	kstatus_put(r, name, e, &b);
	buf_str(&b, "\n");
	kreply_text(c, kstatus_code(*e->code ? e->code : "InternalError"), "application/json", b.p,
		    b.len);
}

void kreply_fail(struct httpd_call *c, const char *reason, const char *fmt, ...)
{
	char text[400];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kfail(&e, reason, "%s", text);
	kreply_err(c, NULL, NULL, &e);
}

/* Objects begin with their apiVersion, which is the stored one. */
static void put_version(const struct kask *a, const struct kobj *o, struct buf *out)
{
	const char *rest = memchr(o->text, ',', o->len);

	buf_fmt(out, "{\"apiVersion\":\"%s/%s\"", a->r->group, a->version);
	buf_add(out, rest, o->len - (size_t)(rest - o->text));
}

static void put_partial(const struct kobj *o, struct buf *out)
{
	struct err e;
	auto_json struct json *j = json_parse(o->text, o->len, &e);

	buf_str(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\","
		     "\"metadata\":");
	json_print(json_get(j, "metadata"), 0, out);
	buf_str(out, "}");
}

void kform_put(const struct kask *a, const struct kobj *o, struct buf *out)
{
	if (a->form == KFORM_PARTIAL)
		put_partial(o, out);
	else if (a->r->custom && strcmp(a->version, a->r->version) != 0)
		put_version(a, o, out);
	else
		buf_add(out, o->text, o->len);
}

void kreply_object(const struct kask *a, int status, const struct kobj *o)
{
	auto_buf struct buf b = { 0 };
	char meta[60];

	if (a->form == KFORM_TABLE) {
		snprintf(meta, sizeof(meta), "{\"resourceVersion\":\"%llu\"}",
			 (unsigned long long)o->rv);
		ktable_begin(a, meta, &b);
		ktable_row(a, o, true, &b);
		ktable_end(&b);
	} else {
		kform_put(a, o, &b);
	}
	buf_str(&b, "\n");
	kreply_text(a->c, status, "application/json", b.p, b.len);
}
