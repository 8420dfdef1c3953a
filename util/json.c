/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - JSON values on cJSON, which builds the tree of a text that json_scan() found fit. */
#include <cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_text.h"
#include "str.h"

static const int64_t EXACT = (int64_t)1 << 53; /* integers that a double holds */

/* Before main(), so that no two threads meet here. */
__attribute__((constructor)) static void use_our_memory(void)
{
	cJSON_Hooks hooks = { .malloc_fn = xalloc, .free_fn = free };

	cJSON_InitHooks(&hooks);
}

static const cJSON *node(const struct json *j)
{
	return (const void *)j;
}

static cJSON *own(struct json *j)
{
	return (void *)j;
}

static struct json *value(cJSON *c)
{
	return (void *)c;
}

/* An integer of more digits than a double is sure to keep. */
static bool is_long(const struct json_scan *s)
{
	size_t n = s->at - s->from;

	for (size_t i = s->from; i < s->at; i++)
		if (s->text[i] != '-' && (s->text[i] < '0' || s->text[i] > '9'))
			return false;
	return n > 15 && n <= 20;
}

static int check(const char *text, size_t n, bool *long_numbers, struct err *e)
{
	struct json_scan s = { .text = text, .n = n };
	enum json_token t;

	while ((t = json_scan(&s)) != JSON_END) {
		if (t == JSON_BAD)
			return fail(e, EBADMSG, "JSON at offset %zu: %s", s.from, s.bad);
		if (t == JSON_NUM && is_long(&s))
			*long_numbers = true;
	}
	return 0;
}

/* Numbers stand in the tree in the order of the text; each long one gets its digits back. */
static void keep_digits(cJSON *c, struct json_scan *s)
{
	enum json_token t;
	char digits[24] = "";
	int64_t v;

	if (cJSON_IsNumber(c)) {
		do
			t = json_scan(s);
		while (t != JSON_NUM && t != JSON_END && t != JSON_BAD);
		if (t != JSON_NUM || !is_long(s))
			return;
		memcpy(digits, s->text + s->from, s->at - s->from);
		if (!str_i64(digits, &v))
			return;
		c->valuestring = memcpy(xalloc(sizeof(digits)), digits, sizeof(digits));
		c->type = cJSON_Raw;
	}
	for (cJSON *k = c->child; k; k = k->next)
		keep_digits(k, s);
}

struct json *json_parse(const char *text, size_t n, struct err *e)
{
	struct json_scan s = { .text = text, .n = n };
	bool long_numbers = false;
	cJSON *c;

	if (check(text, n, &long_numbers, e) < 0)
		return NULL;
	c = cJSON_ParseWithLength(text, n);
	if (!c)
		return fail(e, EBADMSG, "JSON: the parser refused it"), NULL;
	if (long_numbers)
		keep_digits(c, &s);
	return value(c);
}

void json_free(struct json **j)
{
	cJSON_Delete(own(TAKE(*j)));
}

/* Of members of one name the last counts, as in Go. */
static cJSON *find(const cJSON *c, const char *key, size_t n)
{
	cJSON *found = NULL;

	if (!cJSON_IsObject(c))
		return NULL;
	for (cJSON *m = c->child; m; m = m->next)
		if (strncmp(m->string, key, n) == 0 && !m->string[n])
			found = m;
	return found;
}

const struct json *json_member(const struct json *j, const char *key)
{
	return value(find(node(j), key, strlen(key)));
}

const struct json *json_get(const struct json *j, const char *path)
{
	while (j && *path) {
		size_t n = strcspn(path, ".");

		j = value(find(node(j), path, n));
		path += n + (path[n] == '.');
	}
	return j;
}

const struct json *json_first(const struct json *j)
{
	return j ? value(node(j)->child) : NULL;
}

const struct json *json_next(const struct json *j)
{
	return j ? value(node(j)->next) : NULL;
}

size_t json_count(const struct json *j)
{
	size_t n = 0;

	for (j = json_first(j); j; j = json_next(j))
		n++;
	return n;
}

const char *json_key(const struct json *j)
{
	return j ? node(j)->string : NULL;
}

enum json_type json_type(const struct json *j)
{
	switch (j ? node(j)->type & 0xff : cJSON_Invalid) {
	case cJSON_NULL:
		return JSON_NULL;
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
	case cJSON_Raw:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	}
	return JSON_NONE;
}

const char *json_type_name(const struct json *j)
{
	static const char *const names[] = { "nothing", "null",  "bool",  "number",
					     "string",  "array", "object" };

	return names[json_type(j)];
}

const char *json_text(const struct json *j)
{
	return json_type(j) == JSON_STRING ? node(j)->valuestring : NULL;
}

const char *json_str(const struct json *j, const char *path, const char *def)
{
	const char *s = json_text(json_get(j, path));

	return s ? s : def;
}

bool json_bool(const struct json *j, const char *path, bool def)
{
	const struct json *v = json_get(j, path);

	return json_type(v) == JSON_BOOL ? cJSON_IsTrue(node(v)) : def;
}

int64_t json_int(const struct json *j, const char *path, int64_t def)
{
	const struct json *v = json_get(j, path);
	int64_t out = def;
	double d;

	if (json_type(v) != JSON_NUMBER)
		return def;
	if (cJSON_IsRaw(node(v)))
		return str_i64(node(v)->valuestring, &out) ? out : def;
	d = node(v)->valuedouble;
	if (d < -0x1p63 || d >= 0x1p63 || (double)(int64_t)d != d)
		return def;
	return (int64_t)d;
}

struct json *json_object(void)
{
	return value(cJSON_CreateObject());
}

struct json *json_array(void)
{
	return value(cJSON_CreateArray());
}

struct json *json_copy(const struct json *j)
{
	return value(cJSON_Duplicate(node(j), true));
}

void json_drop(struct json *object, const char *key)
{
	cJSON *m, *dead = NULL; /* key may be the name of one of them */

	while ((m = find(node(object), key, strlen(key)))) {
		m = cJSON_DetachItemViaPointer(own(object), m);
		m->next = dead;
		dead = m;
	}
	cJSON_Delete(dead);
}

void json_add(struct json *object, const char *key, struct json *v)
{
	json_drop(object, key);
	cJSON_AddItemToObject(own(object), key, v ? own(v) : cJSON_CreateNull());
}

static struct json *string(const char *s)
{
	return s ? value(cJSON_CreateString(s)) : NULL;
}

void json_add_str(struct json *object, const char *key, const char *v)
{
	json_add(object, key, string(v));
}

void json_add_int(struct json *object, const char *key, int64_t v)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, v);
	json_add(object, key,
		 value(v < -EXACT || v > EXACT ? cJSON_CreateRaw(digits)
					       : cJSON_CreateNumber((double)v)));
}

void json_add_bool(struct json *object, const char *key, bool v)
{
	json_add(object, key, value(cJSON_CreateBool(v)));
}

void json_push(struct json *array, struct json *v)
{
	cJSON_AddItemToArray(own(array), v ? own(v) : cJSON_CreateNull());
}

void json_push_str(struct json *array, const char *v)
{
	json_push(array, string(v));
}

struct json *json_at(struct json *object, const char *key)
{
	return value(find(node(object), key, strlen(key)));
}

struct json *json_edit(struct json *parent, const struct json *child)
{
	for (cJSON *c = own(parent)->child; c; c = c->next)
		if (c == node(child))
			return value(c);
	return NULL;
}

struct json *json_take(struct json *parent, const struct json *child)
{
	struct json *c = json_edit(parent, child);

	return c ? value(cJSON_DetachItemViaPointer(own(parent), own(c))) : NULL;
}

void json_put(struct json *array, size_t at, struct json *v)
{
	if (at >= json_count(array))
		json_push(array, v);
	else
		cJSON_InsertItemInArray(own(array), (int)at, own(v));
}

void json_quote(const char *s, struct buf *out)
{
	char c[8];

	buf_add(out, "\"", 1);
	for (;;) {
		size_t n = json_plain(s, SIZE_MAX);

		buf_add(out, s, n);
		s += n;
		if (!*s)
			break;
		buf_add(out, c, json_escape(&s, true, c));
	}
	buf_add(out, "\"", 1);
}

static void new_line(int spaces, struct buf *out)
{
	if (spaces >= 0)
		buf_fmt(out, "\n%*s", spaces, "");
}

static void print(const cJSON *c, int indent, int level, struct buf *out);

static void print_children(const cJSON *c, int indent, int level, struct buf *out)
{
	int inner = indent ? (level + 1) * indent : -1, outer = indent ? level * indent : -1;

	for (const cJSON *k = c->child; k; k = k->next) {
		buf_str(out, k == c->child ? "" : ",");
		new_line(inner, out);
		if (cJSON_IsObject(c)) {
			json_quote(k->string, out);
			buf_str(out, indent ? ": " : ":");
		}
		print(k, indent, level + 1, out);
	}
	if (c->child)
		new_line(outer, out);
}

static void print(const cJSON *c, int indent, int level, struct buf *out)
{
	switch (c->type & 0xff) {
	case cJSON_Object:
	case cJSON_Array:
		buf_str(out, cJSON_IsObject(c) ? "{" : "[");
		print_children(c, indent, level, out);
		buf_str(out, cJSON_IsObject(c) ? "}" : "]");
		break;
	case cJSON_String:
		json_quote(c->valuestring, out);
		break;
	case cJSON_Raw:
		buf_str(out, c->valuestring);
		break;
	case cJSON_Number:
		buf_str(out, json_number(c->valuedouble).s);
		break;
	default:
		buf_str(out, cJSON_IsNull(c) ? "null" : cJSON_IsTrue(c) ? "true" : "false");
	}
}

void json_print(const struct json *j, int indent, struct buf *out)
{
	if (j)
		print(node(j), indent, 0, out);
	else
		buf_str(out, "null");
}

bool json_same(const struct json *a, const struct json *b)
{
	return a && b ? cJSON_Compare(node(a), node(b), true) : a == b;
}

const char *json_words(const struct json *j, struct arena *a)
{
	auto_buf struct buf b = { 0 };

	if (json_type(j) == JSON_STRING)
		return arena_str(a, json_text(j));
	json_print(j, 0, &b);
	return arena_str(a, b.p);
}
