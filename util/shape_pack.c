/* SPDX-License-Identifier: Apache-2.0 */
/* shape_pack.c - structs as few bytes: numbers of variable length, strings without pointers to
 * them. */
#include <string.h>

#include "shape.h"

/* ---- writing */

static void put_number(struct buf *out, uint64_t v)
{
	unsigned char b[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		b[n++] = (unsigned char)(v | 0x80);
	b[n++] = (unsigned char)v;
	buf_add(out, b, n);
}

/* Small ones of either sign are short. */
static void put_signed(struct buf *out, int64_t v)
{
	put_number(out, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

/* The length counted from 1, for 0 is NULL; with its NUL, so that it is read where it lies. */
static void put_string(struct buf *out, const char *s)
{
	size_t n = s ? strlen(s) + 1 : 0;

	put_number(out, n);
	buf_add(out, s ? s : "", n);
}

static void put_list(struct buf *out, const struct shape_field *f, const void *at)
{
	struct shape_list l = shape_list_at(at);
	size_t size = shape_element_size(f);
	const char *v = l.v;

	put_number(out, l.n);
	for (size_t i = 0; i < l.n; i++, v += size) {
		if (f->kind == SHAPE_LIST)
			shape_pack(f->sub, v, out);
		else if (f->kind == SHAPE_MAP)
			shape_pack(&tag_shape, v, out);
		else if (f->kind == SHAPE_STRS)
			put_string(out, shape_pointer_at(v));
		else
			buf_add(out, v, size);
	}
}

static void put_field(struct buf *out, const struct shape_field *f, const void *at)
{
	const struct shape_num *num = at;
	const struct int_or_str *port = at;
	const void *one;

	switch (f->kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
	case SHAPE_RAW:
		put_string(out, shape_pointer_at(at));
		break;
	case SHAPE_INT:
		put_signed(out, *(const int64_t *)at);
		break;
	case SHAPE_NUM:
		put_number(out, num->set);
		put_signed(out, num->v);
		break;
	case SHAPE_BOOL:
		put_number(out, *(const bool *)at);
		break;
	case SHAPE_FLAG:
		put_number(out, *(const enum shape_flag *)at);
		break;
	case SHAPE_PORT:
		put_string(out, port->s);
		put_signed(out, port->n);
		break;
	case SHAPE_IP:
		buf_add(out, at, sizeof(struct ip));
		break;
	case SHAPE_CIDR:
		buf_add(out, at, sizeof(struct cidr));
		break;
	case SHAPE_ONE:
		one = shape_pointer_at(at);
		put_number(out, one != NULL);
		if (one)
			shape_pack(f->sub, one, out);
		break;
	default:
		put_list(out, f, at);
	}
}

void shape_pack(const struct shape *s, const void *in, struct buf *out)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++)
		put_field(out, f, (const char *)in + f->at);
}

/* ---- reading: what we have written ourselves, so nothing is checked */

static uint64_t get_number(const char **at)
{
	uint64_t v = 0;

	for (int shift = 0;; shift += 7) {
		unsigned char b = (unsigned char)*(*at)++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
}

static int64_t get_signed(const char **at)
{
	uint64_t v = get_number(at);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

static const char *get_string(const char **at)
{
	size_t n = get_number(at);
	const char *s = *at;

	*at += n;
	return n ? s : NULL;
}

static void get_bytes(const char **at, void *to, size_t n)
{
	memcpy(to, *at, n);
	*at += n;
}

static void get_list(const char **at, const struct shape_field *f, void *to, struct arena *a)
{
	size_t size = shape_element_size(f);
	struct shape_list l = { .n = get_number(at) };
	char *v = l.n ? arena_get(a, l.n * size) : NULL;

	l.v = v;
	memcpy(to, &l, sizeof(l));
	for (size_t i = 0; i < l.n; i++, v += size) {
		if (f->kind == SHAPE_LIST)
			*at = shape_unpack(f->sub, *at, v, a);
		else if (f->kind == SHAPE_MAP)
			*at = shape_unpack(&tag_shape, *at, v, a);
		else if (f->kind == SHAPE_STRS)
			*(const char **)(void *)v = get_string(at);
		else
			get_bytes(at, v, size);
	}
}

static void get_one(const char **at, const struct shape_field *f, void *to, struct arena *a)
{
	void *one = get_number(at) ? arena_get(a, f->sub->size) : NULL;

	if (one)
		*at = shape_unpack(f->sub, *at, one, a);
	memcpy(to, &one, sizeof(one));
}

static void get_field(const char **at, const struct shape_field *f, void *to, struct arena *a)
{
	struct shape_num *num = to;
	struct int_or_str *port = to;

	switch (f->kind) {
	case SHAPE_STR:
	case SHAPE_OPT:
	case SHAPE_RAW:
		*(const char **)to = get_string(at);
		break;
	case SHAPE_INT:
		*(int64_t *)to = get_signed(at);
		break;
	case SHAPE_NUM:
		num->set = get_number(at);
		num->v = get_signed(at);
		break;
	case SHAPE_BOOL:
		*(bool *)to = get_number(at);
		break;
	case SHAPE_FLAG:
		*(enum shape_flag *)to = (enum shape_flag)get_number(at);
		break;
	case SHAPE_PORT:
		port->s = get_string(at);
		port->n = get_signed(at);
		break;
	case SHAPE_IP:
		get_bytes(at, to, sizeof(struct ip));
		break;
	case SHAPE_CIDR:
		get_bytes(at, to, sizeof(struct cidr));
		break;
	case SHAPE_ONE:
		get_one(at, f, to, a);
		break;
	default:
		get_list(at, f, to, a);
	}
}

const char *shape_unpack(const struct shape *s, const char *at, void *out, struct arena *a)
{
	for (const struct shape_field *f = s->f; f < s->f + s->n; f++)
		get_field(&at, f, (char *)out + f->at, a);
	return at;
}
