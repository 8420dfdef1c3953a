/* SPDX-License-Identifier: Apache-2.0 */
/* h2raw.h - HTTP/2 by hand, so that tests can get it wrong. */
#pragma once
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "buf.h"
#include "test.h"

enum {
	H2_DATA,
	H2_HEADERS,
	H2_RST = 3,
	H2_SETTINGS,
	H2_PUSH_PROMISE,
	H2_PING,
	H2_GOAWAY,
	H2_CONTINUATION = 9
};
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, PRIORITY = 32 };

static inline void raw_frame(struct buf *b, size_t n, int type, int flags, uint32_t stream,
			     const void *payload)
{
	const uint8_t h[9] = {
		(uint8_t)(n >> 16),      (uint8_t)(n >> 8),      (uint8_t)n,
		(uint8_t)type,           (uint8_t)flags,         (uint8_t)(stream >> 24),
		(uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream
	};

	buf_add(b, h, sizeof(h));
	if (n)
		buf_add(b, payload, n);
}

/* A literal header, never indexed. */
static inline void raw_header(struct buf *b, const char *k, const char *v)
{
	buf_fmt(b, "%c%c%s%c%s", 0x10, (int)strlen(k), k, (int)strlen(v), v);
}

static inline void raw_preface(struct buf *b)
{
	buf_str(b, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	raw_frame(b, 0, H2_SETTINGS, 0, 0, "");
}

static inline int raw_socket(const char *path, struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_un) { .sun_family = AF_UNIX };
	snprintf(at->sun_path, sizeof(at->sun_path), "%s", path);
	CHECK(fd > 0);
	return fd;
}

static inline int raw_dial(const char *path)
{
	struct sockaddr_un at;
	int fd = raw_socket(path, &at);

	CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}
