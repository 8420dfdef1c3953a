/* SPDX-License-Identifier: Apache-2.0 */
/* h2frame.c - frames and header blocks as bytes (RFC 9113 4.1, 6; RFC 7541 6.2.2). */
#include "h2.h"

enum { HEAD = 9, PRIORITY = 5, SHORT = 126 };

void h2_put_frame(struct buf *out, uint8_t type, uint8_t flags, uint32_t stream, const void *p,
		  size_t n)
{
	const uint8_t head[HEAD] = { (uint8_t)(n >> 16),
				     (uint8_t)(n >> 8),
				     (uint8_t)n,
				     type,
				     flags,
				     (uint8_t)(stream >> 24),
				     (uint8_t)(stream >> 16),
				     (uint8_t)(stream >> 8),
				     (uint8_t)stream };

	buf_add(out, head, sizeof(head));
	buf_add(out, p, n);
}

static void put_text(struct buf *out, const char *s)
{
	size_t n = strlen(s);

	if (n > SHORT)
		die("HTTP/2 header of %zu bytes", n);
	buf_add(out, (const char[]) { (char)n }, 1);
	buf_add(out, s, n);
}

void h2_put_header(struct buf *out, const char *name, const char *value)
{
	buf_add(out, "", 1); /* literal, not indexed, the name is new */
	put_text(out, name);
	put_text(out, value);
}

uint32_t h2_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int h2_next(const uint8_t *p, size_t n, struct h2_frame *f)
{
	if (n < HEAD)
		return 0;
	f->n = h2_u32(p) >> 8;
	if (f->n > H2_MAX_FRAME)
		return -1;
	if (n - HEAD < f->n)
		return 0;
	f->type = p[3];
	f->flags = p[4];
	f->stream = h2_u32(p + 5) & INT32_MAX;
	f->p = p + HEAD;
	return (int)(HEAD + f->n);
}

bool h2_unpad(struct h2_frame *f)
{
	size_t front = 0, back = 0;

	if (f->type != NGHTTP2_DATA && f->type != NGHTTP2_HEADERS)
		return true;
	if (f->flags & NGHTTP2_FLAG_PADDED) {
		front = 1;
		back = f->n ? f->p[0] : 0;
	}
	if (f->type == NGHTTP2_HEADERS && f->flags & NGHTTP2_FLAG_PRIORITY)
		front += PRIORITY;
	if (front + back > f->n)
		return false;
	f->p += front;
	f->n -= front + back;
	return true;
}
