/* SPDX-License-Identifier: Apache-2.0 */
/* shape_get.c - XML and JSON to structs, by table: one reader for both. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"

struct node {
	const struct xml *x;
	const struct json *j;
};
struct get {
	enum aws_protocol p;
	bool sent; /* names are those that are sent, dots and all */
	struct arena *a;
	struct err *e;
};

bool shape_is_list(const struct shape_field *f)
{
	return f->kind == SHAPE_STRS || f->kind == SHAPE_IPS || f->kind == SHAPE_CIDRS ||
	       f->kind == SHAPE_LIST || f->kind == SHAPE_MAP;
}

/* The received name as a path of this protocol, in tmp where it must be made. */
static const char *path_of(const struct get *g, const struct shape_field *f, char tmp[128])
{
	const char *name = f->name[1] && !g->sent ? f->name[1] : f->name[0];

	if (g->p == AWS_QUERY && shape_is_list(f) && *name) {
		snprintf(tmp, 128, "%s/%s", name, f->kind == SHAPE_MAP ? "entry" : "member");
	} else if (g->p == AWS_EC2_QUERY && !f->name[1]) {
		snprintf(tmp, 128, "%s", name);
		tmp[0] = (char)tolower((unsigned char)tmp[0]);
	} else {
		return name;
	}
	return tmp;
}

/* What a field is read from: the elements of a list, in the document's order, or one. */
struct nodes {
	struct node *v;
	size_t n, cap;
};

static void nodes_free(struct nodes *l)
{
	free(l->v);
}
#define auto_nodes AUTO(nodes_free)

static void nodes_add(struct nodes *l, struct node n)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 4;
		l->v = xgrow(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = n;
}

/* All that match the path, at each of its steps. */
static void collect(const struct xml *x, const char *path, struct nodes *out)
{
	size_t n = strcspn(path, "/");

	if (!*path) {
		nodes_add(out, (struct node) { .x = x });
		return;
	}
	for (const struct xml *k = x->first; k; k = k->next)
		if (strncmp(k->name, path, n) == 0 && !k->name[n])
			collect(k, path + n + (path[n] == '/'), out);
}

static const struct json *json_path(const struct json *j, const char *path)
{
	for (size_t n; *path && j; path += n + (path[n] == '/')) {
		char key[128];

		n = strcspn(path, "/");
		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		j = json_type(j) == JSON_OBJECT ? json_member(j, key) : NULL;
	}
	return json_type(j) == JSON_NULL ? NULL : j;
}

static int json_is(const struct json *j, enum json_type want, const char *path, struct err *e)
{
	static const char *const names[] = { "",         "",       "a boolean", "a number",
					     "a string", "a list", "an object" };

	if (json_type(j) == want)
		return 0;
	return fail(e, EBADMSG, "%s is not %s but of type %s", path, names[want],
		    json_type_name(j));
}

static int find(const struct get *g, const struct shape_field *f, struct node from,
		const char *path, struct nodes *out)
{
	const struct json *j = json_path(from.j, path);
	const struct xml *x;

	if (from.x && shape_is_list(f)) {
		collect(from.x, path, out);
	} else if (from.x) {
		x = xml_get(from.x, path);
		if (x)
			nodes_add(out, (struct node) { .x = x });
	} else if (j && shape_is_list(f)) {
		if (json_is(j, f->kind == SHAPE_MAP ? JSON_OBJECT : JSON_ARRAY, path, g->e) < 0)
			return -1;
		for (j = json_first(j); j; j = json_next(j))
			nodes_add(out, (struct node) { .j = j });
	} else if (j) {
		nodes_add(out, (struct node) { .j = j });
	}
	return 0;
}

/* A single value as text: of an element, or of a JSON value that has the type of its kind. */
static const char *text_of(const struct get *g, enum shape_kind kind, struct node n,
			   const char *path)
{
	enum json_type type = JSON_STRING;
	auto_buf struct buf b = { 0 };

	if (n.x)
		return n.x->text;
	if (kind == SHAPE_PORT && json_type(n.j) == JSON_NUMBER)
		type = JSON_NUMBER;
	if (kind == SHAPE_INT || kind == SHAPE_NUM)
		type = JSON_NUMBER;
	if (kind == SHAPE_BOOL || kind == SHAPE_FLAG)
		type = JSON_BOOL;
	if (kind != SHAPE_RAW && json_is(n.j, type, path, g->e) < 0)
		return NULL;
	if (kind != SHAPE_RAW && type == JSON_STRING)
		return arena_str(g->a, json_text(n.j));
	json_print(n.j, 0, &b);
	return arena_str(g->a, b.p);
}

/* "" is absence but for strings. False: text is not of that kind, which what names. */
static bool parse(enum shape_kind kind, void *at, const char *text, const char **what)
{
	struct shape_num num = { 0, true };
	bool yes = false;

	*what = NULL;
	switch (kind) {
	case SHAPE_INT:
	case SHAPE_NUM:
		*what = "a whole number";
		if (!*text)
			return true;
		if (!str_i64(text, &num.v))
			return false;
		memcpy(at, &num, kind == SHAPE_INT ? sizeof(num.v) : sizeof(num));
		return true;
	case SHAPE_PORT:
		*what = "a whole number";
		return !*text || str_i64(text, &((struct int_or_str *)at)->n);
	case SHAPE_BOOL:
	case SHAPE_FLAG:
		*what = "true or false";
		if (!*text)
			return true;
		if (!str_bool(text, &yes))
			return false;
		if (kind == SHAPE_BOOL)
			*(bool *)at = yes;
		else
			*(enum shape_flag *)at = yes ? FLAG_YES : FLAG_NO;
		return true;
	case SHAPE_IP:
	case SHAPE_IPS:
		*what = "an address";
		return !*text || ip_parse(text, at);
	case SHAPE_CIDR:
	case SHAPE_CIDRS:
		*what = "a CIDR block";
		return !*text || cidr_parse(text, at);
	default: /* strings, and those of a list */
		*(const char **)at = text;
		return true;
	}
}

static int get_entry(const struct get *g, struct tag *at, struct node n, const char *path)
{
	if (n.x) {
		*at = (struct tag) { xml_text(n.x, "key"), xml_text(n.x, "value") };
		return 0;
	}
	at->key = arena_str(g->a, json_key(n.j));
	at->value = text_of(g, SHAPE_STR, n, path);
	return at->value ? 0 : -1;
}

static int get_struct(const struct get *g, const struct shape *s, void *out, struct node from);

static int get_one(const struct get *g, const struct shape_field *f, void *at, struct node n,
		   const char *path)
{
	const char *text, *what;

	if (f->kind == SHAPE_MAP)
		return get_entry(g, at, n, path);
	if (f->sub) {
		if (n.j && json_is(n.j, JSON_OBJECT, path, g->e) < 0)
			return -1;
		return get_struct(g, f->sub, at, n);
	}
	text = text_of(g, f->kind, n, path);
	if (!text)
		return -1;
	if (f->kind == SHAPE_PORT && json_type(n.j) == JSON_STRING) {
		((struct int_or_str *)at)->s = text;
		return 0;
	}
	if (!parse(f->kind, at, text, &what))
		return fail(g->e, EBADMSG, "%s '%.60s' is not %s", path, text, what);
	return 0;
}

size_t shape_element_size(const struct shape_field *f)
{
	switch (f->kind) {
	case SHAPE_IPS:
		return sizeof(struct ip);
	case SHAPE_CIDRS:
		return sizeof(struct cidr);
	case SHAPE_LIST:
		return f->sub->size;
	case SHAPE_MAP:
		return sizeof(struct tag);
	default:
		return sizeof(const char *);
	}
}

static int get_list(const struct get *g, const struct shape_field *f, void *at,
		    const struct nodes *from, const char *path)
{
	size_t size = shape_element_size(f);
	struct shape_list l = { from->n ? arena_get(g->a, from->n * size) : NULL, 0 };

	for (; l.n < from->n; l.n++)
		if (get_one(g, f, (char *)l.v + l.n * size, from->v[l.n], path) < 0)
			return -1;
	memcpy(at, &l, sizeof(l));
	return 0;
}

static int get_field(const struct get *g, const struct shape_field *f, void *at, struct node from)
{
	auto_nodes struct nodes found = { 0 };
	char tmp[128];
	const char *path = path_of(g, f, tmp);
	void *one = at;

	if (f->kind == SHAPE_STR && !g->sent)
		*(const char **)at = "";
	if (!*path)
		return 0;
	if (find(g, f, from, path, &found) < 0)
		return -1;
	if (shape_is_list(f))
		return get_list(g, f, at, &found, path);
	if (!found.n)
		return 0;
	if (f->kind == SHAPE_ONE) {
		one = arena_get(g->a, f->sub->size);
		memcpy(at, &one, sizeof(one));
	}
	return get_one(g, f, one, found.v[0], path);
}

static int get_struct(const struct get *g, const struct shape *s, void *out, struct node from)
{
	memset(out, 0, s->size);
	for (size_t i = 0; i < s->n; i++) {
		const char *id = NULL;

		if (get_field(g, &s->f[i], (char *)out + s->f[i].at, from) == 0)
			continue;
		if (i && s->f[0].kind == SHAPE_STR)
			id = *(const char *const *)(const void *)((char *)out + s->f[0].at);
		return id && *id ? wrap(g->e, "%.60s", id) : -1;
	}
	return 0;
}

int shape_get(const struct shape *s, void *out, const struct xml *x, enum aws_protocol p,
	      struct arena *a, struct err *e)
{
	struct get g = { p, false, a, e };

	return get_struct(&g, s, out, (struct node) { .x = x });
}

int shape_get_json(const struct shape *s, void *out, const struct json *j, struct arena *a,
		   struct err *e)
{
	struct get g = { AWS_JSON, false, a, e };

	return get_struct(&g, s, out, (struct node) { .j = j });
}

int shape_get_sent(const struct shape *s, void *out, const struct json *j, struct arena *a,
		   struct err *e)
{
	struct get g = { AWS_JSON, true, a, e };

	return get_struct(&g, s, out, (struct node) { .j = j });
}
