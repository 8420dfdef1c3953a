/* SPDX-License-Identifier: Apache-2.0 */
/* ktable.c - server-side Tables: columns of a kind, and a row for each object. What kubectl prints
 * is kcells.c's; of custom resources the definition says which fields. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kask.h"
#include "kcells.h"
#include "str.h"

/* additionalPrinterColumns of the version asked for; NULL: none. */
static const struct json *custom_columns(const struct kask *a)
{
	for (const struct json *v = json_first(json_get(kstore_crd(a->s, a->r), "spec.versions"));
	     v; v = json_next(v))
		if (strcmp(json_str(v, "name", ""), a->version) == 0)
			return json_first(json_get(v, "additionalPrinterColumns"));
	return NULL;
}

static void put_column(struct buf *out, bool first, const char *name, const char *type,
		       const char *format, int64_t priority)
{
	buf_str(out, first ? "{\"name\":" : ",{\"name\":");
	json_quote(name, out);
	buf_str(out, ",\"type\":");
	json_quote(type, out);
	buf_str(out, ",\"format\":");
	json_quote(format, out);
	buf_fmt(out, ",\"description\":\"\",\"priority\":%" PRId64 "}", priority);
}

static void put_columns(const struct kask *a, struct buf *out)
{
	const struct kcolumns *k = kcells_of(a->r);
	const struct json *c = a->r->custom ? custom_columns(a) : NULL;

	if (!c) {
		for (size_t i = 0; i < KCELLS_MAX && k->names[i]; i++)
			put_column(out, i == 0, k->names[i] + (*k->names[i] == '+'), "string",
				   i ? "" : "name", *k->names[i] == '+');
		return;
	}
	put_column(out, true, "Name", "string", "name", 0);
	for (; c; c = json_next(c))
		put_column(out, false, json_str(c, "name", ""), json_str(c, "type", "string"),
			   json_str(c, "format", ""), json_int(c, "priority", 0));
}

void ktable_begin(const struct kask *a, const char *list_meta, struct buf *out)
{
	buf_fmt(out,
		"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":%s,"
		"\"columnDefinitions\":[",
		list_meta);
	put_columns(a, out);
	buf_str(out, "],\"rows\":[");
}

/* ---- JSONPath, as far as printer columns use it: .a.b, [n], [*], ['k'], [?(@.k=="v")] */

struct pick {
	struct buf *out;
	bool any;
};

static void pick(const struct json *j, const char *path, struct pick *p);

static void pick_value(const struct json *j, struct pick *p)
{
	if (!j || json_type(j) == JSON_NULL)
		return;
	if (p->any)
		buf_str(p->out, ",");
	p->any = true;
	if (json_text(j))
		buf_str(p->out, json_text(j));
	else
		json_print(j, 0, p->out);
}

/* ?(@.KEY=="VALUE")] */
static void pick_filter(const struct json *j, const char *path, const char *end, struct pick *p)
{
	char key[64] = "", value[64] = "";

	if (sscanf(path, "?(@.%63[^=]==\"%63[^\"]\")", key, value) != 2 &&
	    sscanf(path, "?(@.%63[^=]=='%63[^']')", key, value) != 2)
		return;
	for (const struct json *m = json_first(j); m; m = json_next(m))
		if (strcmp(json_str(m, key, ""), value) == 0)
			pick(m, end, p);
}

static void pick_bracket(const struct json *j, const char *path, struct pick *p)
{
	const char *end = path[0] == '?' ? strstr(path, ")]") : strchr(path, ']');
	char key[128];
	uint64_t n = 0;

	if (!end)
		return;
	end += path[0] == '?';
	snprintf(key, sizeof(key), "%.*s", (int)(end - path), path);
	end++;
	if (*key == '?') {
		pick_filter(j, path, end, p);
	} else if (*key == '\'' || *key == '"') {
		key[strlen(key) - 1] = '\0';
		pick(json_member(j, key + 1), end, p);
	} else if (strcmp(key, "*") == 0) {
		for (const struct json *m = json_first(j); m; m = json_next(m))
			pick(m, end, p);
	} else if (str_u64(key, &n) && json_type(j) == JSON_ARRAY) {
		j = json_first(j);
		while (j && n--)
			j = json_next(j);
		pick(j, end, p);
	}
}

/* A key may have escaped dots: "a\.b". */
static void pick(const struct json *j, const char *path, struct pick *p)
{
	char key[256];
	size_t n = 0;

	if (!j)
		return;
	if (!*path) {
		pick_value(j, p);
		return;
	}
	if (*path == '[') {
		pick_bracket(j, path + 1, p);
		return;
	}
	if (*path == '.')
		path++;
	for (; *path && *path != '.' && *path != '[' && n < sizeof(key) - 1; path++) {
		if (*path == '\\' && path[1])
			path++;
		key[n++] = *path;
	}
	key[n] = '\0';
	pick(strcmp(key, "") == 0 ? j : json_member(j, key), path, p);
}

static void custom_row(const struct kobj *o, const struct json *j, const struct json *c,
		       struct buf *out)
{
	json_quote(o->name, out);
	for (; c; c = json_next(c)) {
		auto_buf struct buf text = { 0 };
		struct pick p = { .out = &text };

		pick(j, json_str(c, "jsonPath", ""), &p);
		buf_str(out, ",");
		if (p.any && strcmp(json_str(c, "type", ""), "date") == 0)
			json_quote(kcells_age(text.p).s, out);
		else
			json_quote(p.any ? text.p : "", out);
	}
}

static void put_object(const struct kask *a, const struct kobj *o, const struct json *j,
		       struct buf *out)
{
	const char *include = kask_param(a->c, "includeObject");

	if (include && strcmp(include, "None") == 0) {
		buf_str(out, "null");
	} else if (include && strcmp(include, "Object") == 0) {
		struct kask full = *a;

		full.form = KFORM_FULL;
		kform_put(&full, o, out);
	} else {
		buf_str(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":"
			     "\"meta.k8s.io/v1\",\"metadata\":");
		json_print(json_get(j, "metadata"), 0, out);
		buf_str(out, "}");
	}
}

void ktable_row(const struct kask *a, const struct kobj *o, bool first, struct buf *out)
{
	auto_json struct json *j = NULL;
	const struct json *c = a->r->custom ? custom_columns(a) : NULL;
	struct err e;

	j = json_parse(o->text, o->len, &e);
	buf_str(out, first ? "{\"cells\":[" : ",{\"cells\":[");
	if (c)
		custom_row(o, j, c, out);
	else
		kcells_put(a->r, j, out);
	buf_str(out, "],\"object\":");
	put_object(a, o, j, out);
	buf_str(out, "}");
}

void ktable_end(struct buf *out)
{
	buf_str(out, "]}");
}
