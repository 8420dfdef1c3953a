/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - the one growable byte buffer; NUL-terminated behind len by everything but buf_room(). */
#pragma once
#include "base.h"

struct buf {
	char *p;
	size_t len, cap;
};
void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_int(struct buf *b, int64_t v); /* decimal */
void buf_fmt(struct buf *b, const char *fmt, ...) FMT(2, 3);
/* n writable bytes at the end, and one for a NUL; then b->len += used. */
char *buf_room(struct buf *b, size_t n);
void buf_free(struct buf *b);
#define auto_buf AUTO(buf_free)
