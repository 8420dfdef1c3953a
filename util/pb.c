/* SPDX-License-Identifier: Apache-2.0 */
/* pb.c - protobuf wire format. Unknown fields are skipped, every length is checked. */
#include <errno.h>
#include <string.h>

#include "json_text.h"
#include "pb.h"
#include "str.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 }; /* 3 and 4, groups, are extinct */

struct rd {
	const uint8_t *p, *end;
};

/* At most ten bytes, and nothing above bit 63. */
static bool get_varint(struct rd *r, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t b = *r->p++;

		if (shift == 63 && b > 1)
			return false;
		*v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

static bool get_bytes(struct rd *r, struct rd *out)
{
	uint64_t n;

	if (!get_varint(r, &n) || n > (uint64_t)(r->end - r->p))
		return false;
	*out = (struct rd) { r->p, r->p + n };
	r->p += n;
	return true;
}

static bool skip(struct rd *r, unsigned wire)
{
	size_t n = wire == FIXED64 ? 8 : 4;
	struct rd ignored;
	uint64_t v;

	if (wire == VARINT)
		return get_varint(r, &v);
	if (wire == BYTES)
		return get_bytes(r, &ignored);
	if ((wire != FIXED64 && wire != FIXED32) || (size_t)(r->end - r->p) < n)
		return false;
	r->p += n;
	return true;
}

static bool is_bytes(enum pb_kind k)
{
	return k == PB_STR || k == PB_STRS || k == PB_MSGS;
}

void *pb_push(struct pb_list *l, size_t size, struct arena *a)
{
	if (!(l->n & (l->n - 1))) { /* full at 0 and at each power of two */
		void *bigger = arena_get(a, (l->n ? 2 * l->n : 1) * size);

		if (l->n)
			memcpy(bigger, l->v, l->n * size);
		l->v = bigger;
	}
	return (char *)l->v + size * l->n++;
}

/* NULL unless the bytes are UTF-8 without NUL: they become a C string. */
static const char *text(struct rd b, struct arena *a)
{
	size_t n = (size_t)(b.end - b.p), step;
	char *s = arena_get(a, n + 1);
	uint32_t rune;

	memcpy(s, b.p, n);
	for (const char *p = s; p < s + n; p += step) {
		step = *p ? str_rune(p, &rune) : 0;
		if (!step)
			return NULL;
	}
	return s;
}

static int get_field(const struct pb_field *f, char *at, struct rd *r, struct arena *a,
		     struct err *e)
{
	struct rd b = { 0 };
	uint64_t v = 0;

	if (is_bytes(f->kind) ? !get_bytes(r, &b) : !get_varint(r, &v))
		return fail(e, EBADMSG, "field %s is cut off", f->name);
	switch (f->kind) {
	case PB_BOOL:
		*(bool *)(void *)at = v != 0;
		return 0;
	case PB_INT32: /* negative numbers come as ten bytes; keep the low half, as proto3 does */
		*(int32_t *)(void *)at = (int32_t)(uint32_t)v;
		return 0;
	case PB_STR:
	case PB_STRS: {
		const char *s = text(b, a);

		if (!s)
			return fail(e, EBADMSG, "field %s is not UTF-8 text", f->name);
		if (f->kind == PB_STRS)
			at = pb_push((struct pb_list *)(void *)at, sizeof(s), a);
		*(const char **)(void *)at = s;
		return 0;
	}
	case PB_MSGS:
		return pb_decode(f->sub, pb_push((struct pb_list *)(void *)at, f->sub->size, a),
				 b.p, (size_t)(b.end - b.p), a, e);
	}
	return 0;
}

int pb_decode(const struct pb_msg *m, void *out, const void *data, size_t n, struct arena *a,
	      struct err *e)
{
	struct rd r = { data, (const uint8_t *)data + n };

	memset(out, 0, m->size);
	for (size_t i = 0; i < m->n; i++)
		if (m->f[i].kind == PB_STR)
			*(const char **)(void *)((char *)out + m->f[i].off) = "";
	while (r.p < r.end) {
		const struct pb_field *f = NULL;
		uint64_t key;

		if (!get_varint(&r, &key) || key >> 3 == 0 || key >> 32)
			return fail(e, EBADMSG, "%s: bad field number", m->name);
		for (size_t i = 0; i < m->n && !f; i++)
			if (m->f[i].num == key >> 3 &&
			    (key & 7) == (is_bytes(m->f[i].kind) ? BYTES : VARINT))
				f = &m->f[i];
		if (!f && !skip(&r, key & 7))
			return fail(e, EBADMSG, "%s: cannot skip field %u", m->name,
				    (unsigned)(key >> 3));
		if (f && get_field(f, (char *)out + f->off, &r, a, e) < 0)
			return wrap(e, "%s", m->name);
	}
	return 0;
}

static void put_varint(struct buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; v > 0x7f; v >>= 7)
		bytes[n++] = (uint8_t)(v | 0x80);
	bytes[n++] = (uint8_t)v;
	buf_add(b, bytes, n);
}

static void put_bytes(struct buf *b, uint32_t num, const void *p, size_t n)
{
	put_varint(b, num << 3 | BYTES);
	put_varint(b, n);
	buf_add(b, p, n);
}

static void put_number(struct buf *b, uint32_t num, uint64_t v)
{
	if (!v)
		return;
	put_varint(b, num << 3 | VARINT);
	put_varint(b, v);
}

static void put_list(struct buf *b, const struct pb_field *f, const struct pb_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (f->kind == PB_STRS) {
			const char *s = ((const char **)l->v)[i];

			put_bytes(b, f->num, s, strlen(s));
		} else {
			auto_buf struct buf one = { 0 };

			pb_encode(f->sub, (const char *)l->v + i * f->sub->size, &one);
			put_bytes(b, f->num, one.len ? one.p : "", one.len);
		}
	}
}

void pb_encode(const struct pb_msg *m, const void *in, struct buf *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct pb_field *f = &m->f[i];
		const void *at = (const char *)in + f->off;
		const char *s;

		switch (f->kind) {
		case PB_BOOL:
			put_number(out, f->num, *(const bool *)at);
			break;
		case PB_INT32:
			put_number(out, f->num, (uint64_t)(int64_t) * (const int32_t *)at);
			break;
		case PB_STR:
			s = *(const char *const *)at;
			if (s && *s)
				put_bytes(out, f->num, s, strlen(s));
			break;
		case PB_STRS:
		case PB_MSGS:
			put_list(out, f, at);
		}
	}
}

static void print_text(const char *s, struct buf *out)
{
	char c[8];

	buf_str(out, "\"");
	while (s && *s)
		buf_add(out, c, json_escape(&s, false, c));
	buf_str(out, "\"");
}

static void print_list(const struct pb_field *f, const struct pb_list *l, struct buf *out)
{
	buf_str(out, "[");
	for (size_t i = 0; i < l->n; i++) {
		buf_str(out, i ? "," : "");
		if (f->kind == PB_STRS)
			print_text(((const char **)l->v)[i], out);
		else
			pb_print(f->sub, (const char *)l->v + i * f->sub->size, out);
	}
	buf_str(out, "]");
}

void pb_print(const struct pb_msg *m, const void *in, struct buf *out)
{
	buf_str(out, "{");
	for (size_t i = 0; i < m->n; i++) {
		const struct pb_field *f = &m->f[i];
		const void *at = (const char *)in + f->off;

		buf_fmt(out, "%s\"%s\":", i ? "," : "", f->name);
		if (f->kind == PB_BOOL)
			buf_str(out, *(const bool *)at ? "true" : "false");
		else if (f->kind == PB_INT32)
			buf_fmt(out, "%d", (int)*(const int32_t *)at);
		else if (f->kind == PB_STR)
			print_text(*(const char *const *)at, out);
		else
			print_list(f, at, out);
	}
	buf_str(out, "}");
}
