/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - structs to JSON, to text, and to one piece of memory, by table. */
#include <stdio.h>
#include <string.h>

#include "shape.h"

SHAPE_TABLE(tag, TAG)

const char *tag_get(const struct tags *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].key, key) == 0)
			return t->v[i].value;
	return NULL;
}

struct shape_list shape_list_at(const void *at)
{
	struct shape_list l;

	memcpy(&l, at, sizeof(l));
	return l;
}

const void *shape_pointer_at(const void *at)
{
	const void *p;

	memcpy(&p, at, sizeof(p));
	return p;
}

/* ---- writing */

const char *shape_scalar(enum shape_kind kind, const void *at, struct shape_text *t)
{
	switch (kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
		return shape_pointer_at(at);
	case SHAPE_INT:
		snprintf(t->s, sizeof(t->s), "%lld", (long long)*(const int64_t *)at);
		return *(const int64_t *)at ? t->s : NULL;
	case SHAPE_NUM:
		snprintf(t->s, sizeof(t->s), "%lld", (long long)((const struct shape_num *)at)->v);
		return ((const struct shape_num *)at)->set ? t->s : NULL;
	case SHAPE_BOOL:
		return *(const bool *)at ? "true" : NULL;
	case SHAPE_FLAG:
		if (*(const enum shape_flag *)at == FLAG_UNSET)
			return NULL;
		return *(const enum shape_flag *)at == FLAG_YES ? "true" : "false";
	case SHAPE_IP:
		snprintf(t->s, sizeof(t->s), "%s", ip_text(*(const struct ip *)at).s);
		return *t->s ? t->s : NULL;
	case SHAPE_PORT:
		if (((const struct int_or_str *)at)->s)
			return ((const struct int_or_str *)at)->s;
		snprintf(t->s, sizeof(t->s), "%lld", (long long)((const struct int_or_str *)at)->n);
		return ((const struct int_or_str *)at)->n ? t->s : NULL;
	case SHAPE_CIDR:
		if (!((const struct cidr *)at)->ip.family)
			return NULL;
		snprintf(t->s, sizeof(t->s), "%s", cidr_text(*(const struct cidr *)at).s);
		return t->s;
	default: /* of more than one value */
		return NULL;
	}
}

const char *shape_element(enum shape_kind kind, struct shape_list l, size_t i, struct shape_text *t)
{
	if (kind == SHAPE_IPS)
		return shape_scalar(SHAPE_IP, (const struct ip *)l.v + i, t);
	if (kind == SHAPE_CIDRS)
		return shape_scalar(SHAPE_CIDR, (const struct cidr *)l.v + i, t);
	return ((const char **)l.v)[i];
}

static struct json *json_list(const struct shape_field *f, struct shape_list l)
{
	struct json *j = json_array();
	struct shape_text t;

	for (size_t i = 0; i < l.n; i++) {
		if (f->sub)
			json_push(j, shape_json(f->sub, (const char *)l.v + i * f->sub->size));
		else
			json_push_str(j, shape_element(f->kind, l, i, &t));
	}
	return j;
}

static struct json *json_map(const struct tags *t)
{
	struct json *j = json_object();

	for (size_t i = 0; i < t->n; i++)
		json_add_str(j, t->v[i].key, t->v[i].value);
	return j;
}

static void json_field(struct json *j, const struct shape_field *f, const void *at)
{
	const char *name = f->name[0], *v;
	struct shape_text t;

	switch (f->kind) {
	case SHAPE_STRS:
	case SHAPE_IPS:
	case SHAPE_CIDRS:
	case SHAPE_LIST:
		if (shape_list_at(at).n)
			json_add(j, name, json_list(f, shape_list_at(at)));
		return;
	case SHAPE_MAP:
		if (shape_list_at(at).n)
			json_add(j, name, json_map(at));
		return;
	case SHAPE_ONE:
		if (shape_pointer_at(at))
			json_add(j, name, shape_json(f->sub, shape_pointer_at(at)));
		return;
	default:
		v = shape_scalar(f->kind, at, &t);
	}
	if (!v)
		return;
	if (f->kind == SHAPE_INT)
		json_add_int(j, name, *(const int64_t *)at);
	else if (f->kind == SHAPE_NUM)
		json_add_int(j, name, ((const struct shape_num *)at)->v);
	else if (f->kind == SHAPE_PORT && !((const struct int_or_str *)at)->s)
		json_add_int(j, name, ((const struct int_or_str *)at)->n);
	else if (f->kind == SHAPE_BOOL || f->kind == SHAPE_FLAG)
		json_add_bool(j, name, *v == 't');
	else
		json_add_str(j, name, v);
}

struct json *shape_json(const struct shape *s, const void *in)
{
	struct json *j = json_object();

	for (size_t i = 0; i < s->n; i++)
		if (*s->f[i].name[0])
			json_field(j, &s->f[i], (const char *)in + s->f[i].at);
	return j;
}

/* ---- walking */

static void list_strings(const struct shape_field *f, struct shape_list l,
			 void (*fn)(const char **, void *), void *arg)
{
	for (size_t i = 0; i < l.n; i++) {
		if (f->kind == SHAPE_LIST) {
			shape_strings(f->sub, (char *)l.v + i * f->sub->size, fn, arg);
		} else if (f->kind == SHAPE_MAP) {
			fn(&((struct tag *)l.v)[i].key, arg);
			fn(&((struct tag *)l.v)[i].value, arg);
		} else if (f->kind == SHAPE_STRS) {
			fn((const char **)l.v + i, arg);
		}
	}
}

void shape_strings(const struct shape *s, void *at, void (*fn)(const char **, void *), void *arg)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++) {
		void *field = (char *)at + f->at;
		bool text = f->kind == SHAPE_STR || f->kind == SHAPE_OPT || f->kind == SHAPE_RAW;

		if (text && *(const char **)field)
			fn(field, arg);
		else if (f->kind == SHAPE_PORT && ((struct int_or_str *)field)->s)
			fn(&((struct int_or_str *)field)->s, arg);
		else if (f->kind == SHAPE_ONE && *(void **)field)
			shape_strings(f->sub, *(void **)field, fn, arg);
		else if (shape_is_list(f))
			list_strings(f, shape_list_at(field), fn, arg);
	}
}

/* ---- copying */

static size_t round_up(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Where copies go; at NULL: only counted. Strings from the end backwards, so that all else stays
 * aligned. Most of those that come again (names of nodes, namespaces) are met in seen, where each
 * has one place by its hash. */
enum { SEEN = 256 };
struct pack {
	char *at;
	size_t used, strings;
	char *end;
	const char *seen[SEEN];
};

static void *pack_get(struct pack *p, const void *from, size_t n)
{
	void *to = p->at ? p->at + p->used : NULL;

	p->used += round_up(n);
	return to ? memcpy(to, from, n) : NULL;
}

static const char **seen(struct pack *p, const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return &p->seen[(h ^ h >> 16) % SEEN];
}

/* Both passes see the same strings in the same order, and so come to the same. */
static void pack_str(struct pack *p, const char **s)
{
	const char **before = *s ? seen(p, *s) : NULL, *to = "";

	if (!before)
		return;
	if (**s && *before && strcmp(*before, *s) == 0) {
		to = *before;
	} else if (**s) {
		size_t n = strlen(*s) + 1;

		p->strings += n;
		to = *before = p->at ? memcpy(p->end - p->strings, *s, n) : *s;
	}
	if (p->at)
		*s = to;
}

static void pack_struct(struct pack *p, const struct shape *s, void *at);

/* at: the field, in the copy when there is one; else in the original, which stays as it is. */
static void pack_list(struct pack *p, const struct shape_field *f, void *at)
{
	struct shape_list l = shape_list_at(at);
	size_t size = shape_element_size(f);
	char *to = l.n ? pack_get(p, l.v, l.n * size) : NULL;
	char *v = to ? to : l.v;

	for (size_t i = 0; i < l.n; i++, v += size) {
		if (f->kind == SHAPE_LIST) {
			pack_struct(p, f->sub, v);
		} else if (f->kind == SHAPE_MAP) {
			pack_str(p, &((struct tag *)(void *)v)->key);
			pack_str(p, &((struct tag *)(void *)v)->value);
		} else if (f->kind == SHAPE_STRS) {
			pack_str(p, (const char **)(void *)v);
		}
	}
	if (!p->at)
		return;
	l.v = to;
	memcpy(at, &l, sizeof(l));
}

static void pack_one(struct pack *p, const struct shape_field *f, void *at)
{
	void *from = *(void **)at, *to = from ? pack_get(p, from, f->sub->size) : NULL;

	if (!from)
		return;
	pack_struct(p, f->sub, to ? to : from);
	if (to)
		memcpy(at, &to, sizeof(to));
}

static void pack_struct(struct pack *p, const struct shape *s, void *at)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++) {
		void *field = (char *)at + f->at;

		if (f->kind == SHAPE_STR || f->kind == SHAPE_OPT || f->kind == SHAPE_RAW)
			pack_str(p, field);
		else if (f->kind == SHAPE_PORT)
			pack_str(p, &((struct int_or_str *)field)->s);
		else if (f->kind == SHAPE_ONE)
			pack_one(p, f, field);
		else if (shape_is_list(f))
			pack_list(p, f, field);
	}
}

static size_t pack_size(const struct shape *s, void *at)
{
	struct pack count = { 0 };

	pack_struct(&count, s, at);
	return round_up(s->size) + count.used + count.strings;
}

static void pack_into(const struct shape *s, const void *in, char *to, size_t size)
{
	struct pack p = { .at = to, .end = to + size };

	pack_struct(&p, s, pack_get(&p, in, s->size));
}

/* Counting writes nothing, so that what is counted may be constant. */
union counted {
	const void *in;
	void *at;
};

void *shape_copy(const struct shape *s, const void *in, size_t head)
{
	size_t size = pack_size(s, (union counted) { in }.at);
	char *all;

	head = round_up(head);
	all = xalloc(head + size);
	memset(all, 0, head);
	pack_into(s, in, all + head, size);
	return all;
}

void *shape_dup(const struct shape *s, const void *in, struct arena *a)
{
	size_t size = pack_size(s, (union counted) { in }.at);
	char *to = arena_get(a, size);

	pack_into(s, in, to, size);
	return to;
}

/* ---- comparing */

static bool same_value(enum shape_kind kind, const void *a, const void *b)
{
	struct shape_text s, t;
	const char *x = shape_scalar(kind, a, &s), *y = shape_scalar(kind, b, &t);

	if (kind == SHAPE_RAW) {
		x = shape_pointer_at(a);
		y = shape_pointer_at(b);
	}
	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool same_list(const struct shape_field *f, struct shape_list a, struct shape_list b)
{
	size_t size = shape_element_size(f);
	struct shape_text s, t;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		const void *x = (const char *)a.v + i * size, *y = (const char *)b.v + i * size;

		if (f->kind == SHAPE_LIST  ? !shape_same(f->sub, x, y, 0)
		    : f->kind == SHAPE_MAP ? !shape_same(&tag_shape, x, y, 0)
					   : strcmp(shape_element(f->kind, a, i, &s),
						    shape_element(f->kind, b, i, &t)) != 0)
			return false;
	}
	return true;
}

bool shape_same(const struct shape *s, const void *a, const void *b, size_t from)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++) {
		const void *x = (const char *)a + f->at, *y = (const char *)b + f->at;
		const void *p, *q;

		if (f->at < from)
			continue;
		if (f->kind == SHAPE_ONE) {
			p = shape_pointer_at(x);
			q = shape_pointer_at(y);
			if (!p != !q || (p && !shape_same(f->sub, p, q, 0)))
				return false;
		} else if (shape_is_list(f)) {
			if (!same_list(f, shape_list_at(x), shape_list_at(y)))
				return false;
		} else if (!same_value(f->kind, x, y)) {
			return false;
		}
	}
	return true;
}
