/* SPDX-License-Identifier: Apache-2.0 */
/* wsframe.c - read and write WebSocket's frames. */
#include <errno.h>
#include <string.h>

#include "hash.h"
#include "wsframe.h"

enum { FIN = 0x80, RESERVED = 0x70, MASKED = 0x80, SHORT = 125, LONG16 = 126, LONG64 = 127 };

const char *ws_accept(const char *key, struct arena *a)
{
	const char *text = arena_fmt(a, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	auto_buf struct buf out = { 0 };
	uint8_t digest[SHA1_LEN];

	sha1(text, strlen(text), digest);
	base64(digest, sizeof(digest), &out);
	return arena_str(a, out.p);
}

static int check(const uint8_t *b, struct err *e)
{
	unsigned op = b[0] & 0x0f, len = b[1] & 0x7f;
	bool control = op & 8;

	if (b[0] & RESERVED)
		return fail(e, EBADMSG, "WebSocket: a frame with reserved bits 0x%02x", b[0]);
	if (!(b[1] & MASKED))
		return fail(e, EBADMSG, "WebSocket: a client's frame without a mask");
	if ((op > WS_BINARY && op < WS_CLOSE) || op > WS_PONG)
		return fail(e, EBADMSG, "WebSocket: a frame of the unknown kind %u", op);
	if (control && (len > SHORT || !(b[0] & FIN)))
		return fail(e, EBADMSG, "WebSocket: a control frame that is long or in parts");
	return 0;
}

int ws_read(char *p, size_t n, struct wsframe *out, size_t *used, struct err *e)
{
	const uint8_t *b = (const uint8_t *)p;
	size_t at = 2, more;
	uint64_t len;

	if (n < 2)
		return 0;
	if (check(b, e) < 0)
		return -1;
	len = b[1] & 0x7f;
	more = len == LONG16 ? 2 : len == LONG64 ? 8 : 0;
	if (n < at + more + 4)
		return 0;
	if (more)
		len = 0;
	for (size_t i = 0; i < more; i++)
		len = len << 8 | b[at++];
	if (len > WS_MAX)
		return fail(e, EFBIG, "WebSocket: a frame of more than %d bytes", WS_MAX);
	if (n < at + 4 + len)
		return 0;
	*out = (struct wsframe) { .last = b[0] & FIN,
				  .op = (enum ws_op)(b[0] & 0x0f),
				  .data = p + at + 4,
				  .n = (size_t)len };
	for (size_t i = 0; i < len; i++)
		out->data[i] = (char)(out->data[i] ^ (char)b[at + i % 4]);
	*used = at + 4 + (size_t)len;
	return 1;
}

void ws_put(enum ws_op op, const void *head, size_t nhead, const void *data, size_t n,
	    struct buf *out)
{
	size_t all = nhead + n;
	uint8_t h[10] = { (uint8_t)(FIN | op), (uint8_t)all };
	size_t len = 2;

	if (all > SHORT) {
		size_t bytes = all > UINT16_MAX ? 8 : 2;

		h[1] = bytes == 8 ? LONG64 : LONG16;
		for (size_t i = 0; i < bytes; i++)
			h[len++] = (uint8_t)(all >> 8 * (bytes - 1 - i));
	}
	buf_add(out, h, len);
	if (nhead)
		buf_add(out, head, nhead);
	if (n)
		buf_add(out, data, n);
}
