/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - libyaml's events to JSON values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml.h"
#include "yaml_scalar.h"

enum { NODE = 64 }; /* bytes of a value, about */

struct anchor {
	char *name;
	struct json *v;
};
struct reader {
	yaml_parser_t p;
	yaml_event_t ev; /* the present one */
	struct anchor *anchors;
	size_t nanchors;
	size_t aliased; /* bytes */
};

/* ---- events */

static int refuse(const yaml_mark_t *at, const char *why, struct err *e)
{
	return fail(e, EBADMSG, "YAML line %zu, column %zu: %s", at->line + 1, at->column + 1, why);
}

static int next(struct reader *r, struct err *e)
{
	const yaml_parser_t *p = &r->p;

	yaml_event_delete(&r->ev);
	if (yaml_parser_parse(&r->p, &r->ev))
		return 0;
	memset(&r->ev, 0, sizeof(r->ev));
	if (p->error == YAML_MEMORY_ERROR)
		die("out of memory");
	if (p->error == YAML_READER_ERROR)
		return fail(e, EBADMSG, "YAML at byte %zu: %s", p->problem_offset, p->problem);
	return fail(e, EBADMSG, "YAML line %zu, column %zu: %s%s%s", p->problem_mark.line + 1,
		    p->problem_mark.column + 1, p->problem, p->context ? " " : "",
		    p->context ? p->context : "");
}

static const char *text_of(const yaml_char_t *s)
{
	return (const char *)s;
}

/* ---- anchors and aliases */

static size_t cost(const struct json *j)
{
	const char *key = json_key(j), *text = json_text(j);
	size_t n = NODE + (key ? strlen(key) : 0) + (text ? strlen(text) : 0);

	for (const struct json *k = json_first(j); k; k = json_next(k))
		n += cost(k);
	return n;
}

static void forget(struct reader *r)
{
	for (size_t i = 0; i < r->nanchors; i++) {
		free(r->anchors[i].name);
		json_free(&r->anchors[i].v);
	}
	free(r->anchors);
	r->anchors = NULL;
	r->nanchors = 0;
}

/* Copies count too, so that no chain of anchors grows beyond the bound. */
static int charge(struct reader *r, const struct json *v, const yaml_mark_t *at, struct err *e)
{
	r->aliased += cost(v);
	return r->aliased > YAML_ALIASED ? refuse(at, "aliases make this too large", e) : 0;
}

/* name, NULL: none, is v from now on. */
static int remember(struct reader *r, char *name, const struct json *v, const yaml_mark_t *at,
		    struct err *e)
{
	if (!name)
		return 0;
	r->anchors = xgrow(r->anchors, (r->nanchors + 1) * sizeof(*r->anchors));
	r->anchors[r->nanchors++] = (struct anchor) { strdup(name), v ? json_copy(v) : NULL };
	if (!r->anchors[r->nanchors - 1].name)
		die("out of memory");
	return charge(r, v, at, e);
}

/* What the present alias stands for; the last anchor of that name counts. */
static int alias(struct reader *r, struct json **out, struct err *e)
{
	const char *name = text_of(r->ev.data.alias.anchor);

	for (size_t i = r->nanchors; i-- > 0;)
		if (strcmp(r->anchors[i].name, name) == 0) {
			const struct json *v = r->anchors[i].v;

			if (charge(r, v, &r->ev.start_mark, e) < 0)
				return -1;
			*out = v ? json_copy(v) : NULL;
			return 0;
		}
	return refuse(&r->ev.start_mark, "an alias of what is not there, or not at its end", e);
}

/* ---- values */

static int scalar(struct reader *r, struct json **out, struct err *e)
{
	const yaml_mark_t at = r->ev.start_mark;
	const char *s = text_of(r->ev.data.scalar.value), *tag = text_of(r->ev.data.scalar.tag);
	bool plain = r->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct err why;
	int rc;

	if (strlen(s) != r->ev.data.scalar.length)
		return refuse(&at, "a string with NUL", e);
	if (!tag && plain)
		rc = yaml_plain(s, out, &why);
	else
		rc = yaml_tagged(tag ? tag : "!", s, out, &why);
	return rc < 0 ? refuse(&at, why.msg, e) : 0;
}

static int is_tagged(struct reader *r, const yaml_char_t *tag, const char *want, struct err *e)
{
	const char *s = text_of(tag);

	if (!s || strcmp(s, want) == 0 || strcmp(s, "!") == 0)
		return 0;
	return refuse(&r->ev.start_mark, "a tag that does not fit or is not supported", e);
}

/* A key's text, appended. *merge: it is a plain <<. */
static int key(struct reader *r, struct buf *out, bool *merge, struct err *e)
{
	const yaml_mark_t at = r->ev.start_mark;
	auto_json struct json *v = NULL;

	*merge = false;
	if (r->ev.type == YAML_SCALAR_EVENT) {
		*merge = r->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			 !r->ev.data.scalar.tag &&
			 strcmp(text_of(r->ev.data.scalar.value), "<<") == 0;
		if (scalar(r, &v, e) < 0)
			return -1;
		if (remember(r, (char *)r->ev.data.scalar.anchor, v, &at, e) < 0)
			return -1;
	} else if (r->ev.type != YAML_ALIAS_EVENT) {
		return refuse(&at, "a key that is a list or a mapping", e);
	} else if (alias(r, &v, e) < 0) {
		return -1;
	}
	switch (json_type(v)) {
	case JSON_STRING:
		buf_str(out, json_text(v));
		return 0;
	case JSON_NUMBER:
	case JSON_BOOL:
		json_print(v, 0, out);
		return strpbrk(out->p, ".") ? refuse(&at, "a key that is a float", e) : 0;
	default:
		return refuse(&at, "a key that is null, a list or a mapping", e);
	}
}

static int value(struct reader *r, unsigned depth, struct json **out, struct err *e);

static int sequence(struct reader *r, unsigned depth, struct json **out, struct err *e)
{
	*out = json_array();
	for (;;) {
		struct json *v = NULL;

		if (next(r, e) < 0)
			return -1;
		if (r->ev.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (value(r, depth, &v, e) < 0)
			return -1;
		json_push(*out, v);
	}
}

/* Members of from that are not in to. */
static int merge_one(struct json *to, const struct json *from, const yaml_mark_t *at, struct err *e)
{
	if (json_type(from) != JSON_OBJECT)
		return refuse(at, "<< wants a mapping, or a list of mappings", e);
	for (const struct json *m = json_first(from); m; m = json_next(m))
		if (!json_member(to, json_key(m)))
			json_add(to, json_key(m), json_copy(m));
	return json_count(to) > 2 * YAML_KEYS ? refuse(at, "<< makes this too large", e) : 0;
}

static int merge(struct reader *r, struct json *to, const struct json *from, const yaml_mark_t *at,
		 struct err *e)
{
	if (charge(r, from, at, e) < 0)
		return -1;
	if (json_type(from) != JSON_ARRAY)
		return merge_one(to, from, at, e);
	for (const struct json *m = json_first(from); m; m = json_next(m))
		if (merge_one(to, m, at, e) < 0)
			return -1;
	return 0;
}

/* One key and its value, into out, or into merged. */
static int member(struct reader *r, unsigned depth, struct json *out, struct json *merged,
		  struct err *e)
{
	const yaml_mark_t at = r->ev.start_mark;
	auto_json struct json *v = NULL;
	auto_buf struct buf name = { 0 };
	bool is_merge;

	if (key(r, &name, &is_merge, e) < 0 || next(r, e) < 0 || value(r, depth, &v, e) < 0)
		return -1;
	if (is_merge)
		return merge(r, merged, v, &at, e);
	if (json_member(out, name.p))
		return refuse(&at, "this key has been there already", e);
	json_add(out, name.p, TAKE(v));
	return 0;
}

static int mapping(struct reader *r, unsigned depth, struct json **out, struct err *e)
{
	auto_json struct json *merged = json_object();
	const yaml_mark_t at = r->ev.start_mark;

	*out = json_object();
	for (size_t n = 0;; n++) {
		if (next(r, e) < 0)
			return -1;
		if (r->ev.type == YAML_MAPPING_END_EVENT)
			break;
		if (n == YAML_KEYS)
			return refuse(&at, "more than 4096 keys in one mapping", e);
		if (member(r, depth, *out, merged, e) < 0)
			return -1;
	}
	return merge_one(*out, merged, &at, e);
}

/* The value that begins with the present event; NULL for null. */
static int collection(struct reader *r, unsigned depth, struct json **out, struct err *e)
{
	bool list = r->ev.type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *tag =
		list ? r->ev.data.sequence_start.tag : r->ev.data.mapping_start.tag;
	yaml_char_t **anchor =
		list ? &r->ev.data.sequence_start.anchor : &r->ev.data.mapping_start.anchor;
	const yaml_mark_t at = r->ev.start_mark;
	auto_ptr char *name = NULL;

	if (depth == YAML_DEPTH)
		return refuse(&at, "nested deeper than 64 levels", e);
	if (is_tagged(r, tag, list ? YAML_SEQ_TAG : YAML_MAP_TAG, e) < 0)
		return -1;
	name = (char *)TAKE(*anchor);
	if ((list ? sequence : mapping)(r, depth + 1, out, e) < 0)
		return -1;
	return remember(r, name, *out, &at, e);
}

static int value(struct reader *r, unsigned depth, struct json **out, struct err *e)
{
	const yaml_mark_t at = r->ev.start_mark;
	int rc;

	*out = NULL;
	switch (r->ev.type) {
	case YAML_ALIAS_EVENT:
		return alias(r, out, e);
	case YAML_SCALAR_EVENT:
		rc = scalar(r, out, e);
		if (rc == 0)
			rc = remember(r, (char *)r->ev.data.scalar.anchor, *out, &at, e);
		break;
	default:
		rc = collection(r, depth, out, e);
	}
	if (rc < 0)
		json_free(out);
	return rc;
}

/* ---- documents */

static int documents(struct reader *r, struct json *out, struct err *e)
{
	for (;;) {
		struct json *v = NULL;

		if (next(r, e) < 0)
			return -1;
		if (r->ev.type == YAML_STREAM_END_EVENT)
			return 0;
		if (r->ev.type != YAML_DOCUMENT_START_EVENT)
			continue; /* the stream's beginning, a document's end */
		if (next(r, e) < 0 || value(r, 0, &v, e) < 0)
			return -1;
		if (v)
			json_push(out, v);
		forget(r);
	}
}

static struct json *from_yaml(const char *text, size_t n, struct err *e)
{
	auto_json struct json *out = json_array();
	struct reader r = { .anchors = NULL };
	int rc;

	if (!yaml_parser_initialize(&r.p))
		die("out of memory");
	yaml_parser_set_input_string(&r.p, (const unsigned char *)text, n);
	rc = documents(&r, out, e);
	forget(&r);
	yaml_event_delete(&r.ev);
	yaml_parser_delete(&r.p);
	return rc < 0 ? NULL : TAKE(out);
}

struct json *yaml_parse(const char *text, size_t n, struct err *e)
{
	struct json *j = NULL, *out;
	struct err unused;

	if (n > YAML_MAX)
		return fail(e, EFBIG, "YAML: %zu bytes are too many", n), NULL;
	for (size_t i = 0; i < n && strchr(" \t\r\n{", text[i]) && text[i] && !j; i++)
		if (text[i] == '{')
			j = json_parse(text, n, &unused);
	if (!j)
		return from_yaml(text, n, e);
	out = json_array();
	json_push(out, j);
	return out;
}

struct json *yaml_parse_one(const char *text, size_t n, struct err *e)
{
	auto_json struct json *all = yaml_parse(text, n, e);

	if (!all)
		return NULL;
	if (json_count(all) != 1)
		return fail(e, EBADMSG, "YAML: %zu documents where one is wanted", json_count(all)),
		       NULL;
	return json_copy(json_first(all));
}
