/* SPDX-License-Identifier: Apache-2.0 */
/* wsframe.h - frames of WebSocket, the server's side (RFC 6455). Pure. */
#pragma once
#include "arena.h"
#include "buf.h"

enum ws_op { WS_MORE = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };
enum { WS_MAX = 1024 * 1024 };
struct wsframe {
	bool last; /* of its message */
	enum ws_op op;
	char *data; /* unmasked, in the bytes that were read */
	size_t n;
};
/* The frame that n bytes begin with: 1, and *used; 0: it is not all there. EBADMSG: unmasked,
 * reserved bits, an unknown operation, a control frame that is long or in parts; EFBIG: longer than
 * WS_MAX. */
MUST int ws_read(char *p, size_t n, struct wsframe *out, size_t *used, struct err *e);
/* Append a whole message, whose data are those of the two. */
void ws_put(enum ws_op op, const void *head, size_t nhead, const void *data, size_t n,
	    struct buf *out);
/* Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
const char *ws_accept(const char *key, struct arena *a);
