/* SPDX-License-Identifier: Apache-2.0 */
/* h2.h - what the two ends of gRPC share; only grpc*.c and h2*.c include it. */
#pragma once
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "buf.h"

enum {
	H2_PREFIX = 5,             /* compressed flag and big-endian length before each message */
	H2_MAX_MESSAGE = 64 * 1024 /* ten times the largest honest one */
};
/* A header pair; both live at least until the frame is serialised. */
#define H2_PAIR(k, v, vlen)                                                            \
	(nghttp2_nv)                                                                   \
	{                                                                              \
		(uint8_t *)(uintptr_t)(k), (uint8_t *)(uintptr_t)(v), strlen(k), vlen, \
			NGHTTP2_NV_FLAG_NONE                                           \
	}
#define H2_NV(k, v) H2_PAIR(k, v, strlen(v))

struct h2_body { /* bytes on their way into DATA frames */
	struct buf b;
	size_t sent;
};
/* Copy the next bytes; true when these were the last. */
bool h2_body_read(struct h2_body *b, uint8_t *to, size_t room, size_t *n);
/* Append everything the session wants to send. */
MUST int h2_gather(nghttp2_session *s, struct buf *out, struct err *e);
/* Frame a message: leave room for the prefix, append the message, seal. */
void h2_open(struct buf *b);
void h2_seal(struct buf *b);
/* Unframe: exactly one uncompressed message of len bytes, or NULL. */
const char *h2_message(const struct buf *b, size_t *len);
/* The first memory of a session, in one piece: nearly all calls need no other, and what a short
 * connection needs is not worth a dozen requests to the kernel. Zero is empty. It can be used again
 * when its session is gone. */
enum { H2_POOL = 64 * 1024 };
struct h2_pool {
	char *p;
	size_t used;
};
nghttp2_mem h2_pool_mem(struct h2_pool *pool);
void h2_pool_free(struct h2_pool *pool);

/* Frames by hand, for the client: one call needs little of HTTP/2. */
enum { H2_MAX_FRAME = 16384 }; /* larger ones must be asked for (RFC 9113 4.2) */
struct h2_frame {
	uint8_t type, flags; /* NGHTTP2_DATA ..., NGHTTP2_FLAG_* */
	uint32_t stream;
	const uint8_t *p;
	size_t n;
};
void h2_put_frame(struct buf *out, uint8_t type, uint8_t flags, uint32_t stream, const void *p,
		  size_t n);
/* Into a header block; a name or value of more than 126 bytes is a bug and dies. */
void h2_put_header(struct buf *out, const char *name, const char *value);
uint32_t h2_u32(const uint8_t *p); /* big-endian */
/* The frame at p: how many bytes it takes, 0 when it is not all there, -1 when it is too large. */
int h2_next(const uint8_t *p, size_t n, struct h2_frame *f);
/* Take padding and priority off the payload of DATA and HEADERS; false when they overlap. */
MUST bool h2_unpad(struct h2_frame *f);
bool h2_is(const uint8_t *s, size_t n, const char *word);
/* grpc-message is percent-encoded UTF-8. */
void h2_escape(struct buf *out, const char *text);
void h2_unescape(char *out, size_t size, const uint8_t *s, size_t n);
