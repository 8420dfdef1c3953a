/* SPDX-License-Identifier: Apache-2.0 */
/* annot.c - the table of annotations and what reads their values. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "annot.h"
#include "tagset.h"

const struct annot_row annots[ANNOTS] = {
#define ROW(id, scope, kind, suffix, def, words) \
	{ suffix, def, words, ANNOT_##kind, scope, NULL, NULL },
#define LATER(id, scope, kind, suffix, nothing, feature, words) \
	{ suffix, "", words, ANNOT_##kind, scope, feature, nothing },
#include "annotations.def"
#undef LATER
#undef ROW
};

/* What strings.TrimSpace of Go's takes away. */
static const char *const spaces[] = {
	" ",
	"\t",
	"\n",
	"\v",
	"\f",
	"\r",
	"\xc2\x85",
	"\xc2\xa0",
	"\xe1\x9a\x80",
	"\xe2\x80\x80",
	"\xe2\x80\x81",
	"\xe2\x80\x82",
	"\xe2\x80\x83",
	"\xe2\x80\x84",
	"\xe2\x80\x85",
	"\xe2\x80\x86",
	"\xe2\x80\x87",
	"\xe2\x80\x88",
	"\xe2\x80\x89",
	"\xe2\x80\x8a",
	"\xe2\x80\xa8",
	"\xe2\x80\xa9",
	"\xe2\x80\xaf",
	"\xe2\x81\x9f",
	"\xe3\x80\x80",
};

/* How many bytes of white space are at the end that is asked for. */
static size_t space_at(const char *s, size_t n, bool end)
{
	for (size_t i = 0; i < COUNT(spaces); i++) {
		size_t m = strlen(spaces[i]);

		if (m <= n && memcmp(end ? s + n - m : s, spaces[i], m) == 0)
			return m;
	}
	return 0;
}

static const char *trimmed(const char *s, size_t n, struct arena *a)
{
	size_t m;

	while ((m = space_at(s, n, false))) {
		s += m;
		n -= m;
	}
	while ((m = space_at(s, n, true)))
		n -= m;
	return memcpy(arena_get(a, n + 1), s, n);
}

struct strs annot_parse_list(const char *text, struct arena *a)
{
	struct strs out = { 0 };

	for (;;) {
		size_t n = strcspn(text, ",");
		const char *part = trimmed(text, n, a);

		if (*part)
			strs_add(&out, part, a);
		if (!text[n])
			return out;
		text += n + 1;
	}
}

static int add_pair(const char *s, size_t n, struct tags *out, struct arena *a)
{
	const char *eq = memchr(s, '=', n), *key;

	if (!eq)
		return -1;
	key = trimmed(s, (size_t)(eq - s), a);
	if (!*key)
		return -1;
	tagset_add(out, key, trimmed(eq + 1, n - (size_t)(eq + 1 - s), a), a);
	return 0;
}

static bool nothing_follows(const char *s, const char *end)
{
	size_t m;

	while ((m = space_at(s, (size_t)(end - s), false)))
		s += m;
	return s == end;
}

/* A comma ends a pair when another one follows; when nothing does, it is part of the value. Text
 * without '=' behind it is a pair that is malformed. */
int annot_parse_map(const char *text, struct tags *out, struct arena *a)
{
	const char *end = text + strlen(text);
	char *item = arena_get(a, strlen(text) + 1);
	size_t n = 0;

	*out = (struct tags) { 0 };
	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text == ',' && !nothing_follows(text + 1, end)) {
			if (!strchr(text + 1, '=') || add_pair(item, n, out, a) < 0)
				return -1;
			n = 0;
			continue;
		}
		if (*text == '\\' && !*++text)
			break;
		item[n++] = *text;
	}
	if (add_pair(item, n, out, a) < 0)
		return -1;
	tagset_settle(out, a);
	return 0;
}

/* ---- looking up */

/* Most keys differ in length, and all begin alike. */
const char *annot_raw(const struct annotations *l, enum annot_id id, const char *tail)
{
	const char *suffix = annots[id].suffix;
	size_t p = strlen(l->prefix), s = strlen(suffix), t = tail ? strlen(tail) : 0;
	size_t n = p + 1 + s + t;

	for (size_t i = 0; i < COUNT(l->v); i++) {
		for (size_t k = 0; l->v[i] && k < l->v[i]->n; k++) {
			const char *key = l->v[i]->v[k].key;

			if (strnlen(key, n + 1) == n && memcmp(key + p + 1, suffix, s) == 0 &&
			    (!t || memcmp(key + p + 1 + s, tail, t) == 0) && key[p] == '/' &&
			    memcmp(key, l->prefix, p) == 0)
				return l->v[i]->v[k].value;
		}
	}
	return NULL;
}

int annot_str(const struct annotations *l, enum annot_id id, const char **out)
{
	const char *raw = annot_raw(l, id, NULL);

	if (!raw)
		return 0;
	*out = raw;
	return 1;
}

static int nonsense(const struct annotations *l, enum annot_id id, const char *tail,
		    const char *kind, struct err *e)
{
	return fail(e, EINVAL, "failed to parse %s annotation, %s/%s%s: %.200s", kind, l->prefix,
		    annots[id].suffix, tail ? tail : "", annot_raw(l, id, tail));
}

/* Put the cause behind. */
static int because(struct err *e, const char *fn, const char *raw, const char *cause)
{
	size_t n = strlen(e->msg);

	snprintf(e->msg + n, sizeof(e->msg) - n, ": %s: parsing \"%.80s\": %s", fn, raw, cause);
	return -1;
}

int annot_bool(const struct annotations *l, enum annot_id id, bool *out, struct err *e)
{
	const char *raw = annot_raw(l, id, NULL);

	if (!raw)
		return 0;
	if (str_bool(raw, out))
		return 1;
	nonsense(l, id, NULL, "bool", e);
	return because(e, "strconv.ParseBool", raw, "invalid syntax");
}

int annot_int_at(const struct annotations *l, enum annot_id id, const char *tail, int64_t *out,
		 struct err *e)
{
	const char *raw = annot_raw(l, id, tail), *digits;
	int64_t v;

	if (!raw)
		return 0;
	if (str_i64(raw, &v) && v >= INT32_MIN && v <= INT32_MAX) {
		*out = v;
		return 1;
	}
	digits = raw + (*raw == '-' || *raw == '+');
	nonsense(l, id, tail, "int32", e);
	return because(e, "strconv.ParseInt", raw,
		       *digits && strspn(digits, "0123456789") == strlen(digits)
			       ? "value out of range"
			       : "invalid syntax");
}

int annot_int(const struct annotations *l, enum annot_id id, int64_t *out, struct err *e)
{
	return annot_int_at(l, id, NULL, out, e);
}

int annot_list(const struct annotations *l, enum annot_id id, struct strs *out, struct arena *a)
{
	const char *raw = annot_raw(l, id, NULL);

	if (!raw)
		return 0;
	*out = annot_parse_list(raw, a);
	return 1;
}

int annot_map(const struct annotations *l, enum annot_id id, const char *tail, struct tags *out,
	      struct arena *a, struct err *e)
{
	const char *raw = annot_raw(l, id, tail);
	struct tags map;

	if (!raw)
		return 0;
	if (annot_parse_map(raw, &map, a) < 0)
		return nonsense(l, id, tail, "stringMap", e);
	*out = map;
	return 1;
}

int annot_json(const struct annotations *l, enum annot_id id, const char *tail, struct json **out,
	       struct err *e)
{
	const char *raw = annot_raw(l, id, tail);
	struct err why = { 0 };
	struct json *j;

	if (!raw)
		return 0;
	j = json_parse(raw, strlen(raw), &why);
	if (!j) {
		size_t n;

		nonsense(l, id, tail, "json", e);
		n = strlen(e->msg);
		snprintf(e->msg + n, sizeof(e->msg) - n, ": %.100s", why.msg);
		return -1;
	}
	*out = j;
	return 1;
}

const struct json *annot_member(const struct json *object, const char *name)
{
	const struct json *found = NULL;

	if (json_type(object) != JSON_OBJECT)
		return NULL;
	for (const struct json *m = json_first(object); m; m = json_next(m))
		if (strcasecmp(json_key(m), name) == 0)
			found = m;
	return found;
}

int annot_blame(const struct annotations *l, enum annot_id id, const char *tail, struct err *e)
{
	const char *raw = annot_raw(l, id, tail);
	char key[400];
	size_t n = strlen(e->msg);

	snprintf(key, sizeof(key), "%s/%s%s", l->prefix, annots[id].suffix, tail ? tail : "");
	if (raw && !strstr(e->msg, key))
		snprintf(e->msg + n, sizeof(e->msg) - n, " (%s: %.100s)", key, raw);
	return -1;
}

/* ---- what is not built */

/* The row of a key, and what follows its suffix. */
static enum annot_id row_of(const char *prefix, const char *key, int scope, const char **tail)
{
	size_t p = strlen(prefix);

	if (strncmp(key, prefix, p) != 0 || key[p] != '/')
		return ANNOTS;
	key += p + 1;
	for (int i = 0; i < ANNOTS; i++) {
		size_t n = strlen(annots[i].suffix);

		if (!(annots[i].scope & scope) || strncmp(key, annots[i].suffix, n) != 0)
			continue;
		*tail = key[n] ? key + n : NULL;
		if (!key[n] || annots[i].suffix[n - 1] == '.')
			return (enum annot_id)i;
	}
	return ANNOTS;
}

/* mutual-authentication: every port's mode is off. */
static bool all_off(const char *value)
{
	struct err e = { 0 };
	auto_json struct json *j = json_parse(value, strlen(value), &e);

	if (json_type(j) != JSON_ARRAY)
		return false;
	for (const struct json *m = json_first(j); m; m = json_next(m)) {
		const char *mode = json_text(annot_member(m, "mode"));

		if (!mode || strcmp(mode, "off") != 0)
			return false;
	}
	return true;
}

static bool asks(const struct annot_row *r, const char *value)
{
	bool yes = true;

	if (strcmp(r->nothing, "*") == 0)
		return false;
	switch (r->kind) {
	case ANNOT_BOOL:
		return !str_bool(value, &yes) || yes;
	case ANNOT_LIST:
		return value[strspn(value, ", \t")];
	case ANNOT_JSON:
		return !*r->nothing || !all_off(value);
	default:
		return strcmp(value, r->nothing) != 0;
	}
}

static const struct tag *first_later(const struct annotations *l, int scope, enum annot_id *id,
				     const char **tail)
{
	for (size_t i = 0; i < COUNT(l->v); i++) {
		for (size_t k = 0; l->v[i] && k < l->v[i]->n; k++) {
			const struct tag *t = &l->v[i]->v[k];

			*id = row_of(l->prefix, t->key, scope, tail);
			if (*id < ANNOTS && annots[*id].feature &&
			    annot_raw(l, *id, *tail) == t->value && asks(&annots[*id], t->value))
				return t;
		}
	}
	return NULL;
}

const char *annot_later(const struct annotations *l, int scope, const char **why)
{
	const char *tail = NULL;
	enum annot_id id;
	const struct tag *t = first_later(l, scope, &id, &tail);

	if (!t)
		return NULL;
	*why = annots[id].feature;
	return t->key;
}

static int parses(const struct annotations *l, enum annot_id id, const char *tail, struct err *e)
{
	auto_json struct json *j = NULL;
	bool yes;

	if (annots[id].kind == ANNOT_BOOL)
		return annot_bool(l, id, &yes, e);
	return annots[id].kind == ANNOT_JSON ? annot_json(l, id, tail, &j, e) : 1;
}

int annot_built(const struct annotations *l, int scope, struct err *e)
{
	const char *tail = NULL;
	enum annot_id id;
	const struct tag *t = first_later(l, scope, &id, &tail);

	if (!t)
		return 0;
	if (parses(l, id, tail, e) < 0)
		return -1;
	fail(e, EINVAL,
	     "%s: %.60s: %s: not built yet in vpcbox: take the annotation away, or leave the "
	     "object to aws-load-balancer-controller",
	     t->key, t->value, annots[id].feature);
	snprintf(e->code, sizeof(e->code), "NotBuiltYet");
	return -1;
}
