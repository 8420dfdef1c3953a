/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - growable bytes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

char *buf_room(struct buf *b, size_t n)
{
	if (n > SIZE_MAX / 4)
		die("out of memory (%zu bytes)", n);
	if (b->cap - b->len <= n) {
		size_t cap = b->cap ? b->cap * 2 : 256;

		while (cap - b->len <= n)
			cap *= 2;
		b->p = xgrow(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->len;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	char *to = buf_room(b, n);

	if (n)
		memcpy(to, data, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_int(struct buf *b, int64_t v)
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(digits + sizeof(digits) - at));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b->cap ? b->p + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("bad format '%s'", fmt);
	if ((size_t)n >= room) { /* most of the time it fits */
		va_start(ap, fmt);
		vsnprintf(buf_room(b, (size_t)n), (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf) { 0 };
}
