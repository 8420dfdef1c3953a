/* SPDX-License-Identifier: Apache-2.0 */
/* h2.c - message framing, text encoding, output gathering. */
#include <errno.h>
#include <stdlib.h>

#include "h2.h"

bool h2_body_read(struct h2_body *b, uint8_t *to, size_t room, size_t *n)
{
	*n = b->b.len - b->sent < room ? b->b.len - b->sent : room;
	memcpy(to, b->b.p + b->sent, *n);
	b->sent += *n;
	return b->sent == b->b.len;
}

int h2_gather(nghttp2_session *s, struct buf *out, struct err *e)
{
	const uint8_t *p;
	nghttp2_ssize n;

	while ((n = nghttp2_session_mem_send2(s, &p)) > 0)
		buf_add(out, p, (size_t)n);
	return n < 0 ? fail(e, EPROTO, "http2: %s", nghttp2_strerror((int)n)) : 0;
}

void h2_open(struct buf *b)
{
	buf_add(b, "\0\0\0\0", H2_PREFIX);
}

void h2_seal(struct buf *b)
{
	size_t n = b->len - H2_PREFIX;

	for (int i = H2_PREFIX - 1; i > 0; i--, n >>= 8)
		b->p[i] = (char)(n & 0xff);
}

const char *h2_message(const struct buf *b, size_t *len)
{
	const uint8_t *p = (const uint8_t *)b->p;

	if (b->len < H2_PREFIX || p[0])
		return NULL;
	*len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
	return *len == b->len - H2_PREFIX ? b->p + H2_PREFIX : NULL;
}

bool h2_is(const uint8_t *s, size_t n, const char *word)
{
	return n == strlen(word) && memcmp(s, word, n) == 0;
}

void h2_escape(struct buf *out, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if (*s < 0x20 || *s > 0x7e || *s == '%')
			buf_fmt(out, "%%%02X", *s);
		else
			buf_add(out, s, 1);
}

static int hex(uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c < 'A' ? c : c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* What is not a valid escape stays as it is. */
void h2_unescape(char *out, size_t size, const uint8_t *s, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used + 1 < size; i++) {
		int hi = s[i] == '%' && i + 2 < n ? hex(s[i + 1]) : -1;
		int lo = hi >= 0 ? hex(s[i + 2]) : -1;
		char c = lo >= 0 ? (char)(hi << 4 | lo) : (char)s[i];

		if (lo >= 0)
			i += 2;
		out[used++] = c ? c : '?';
	}
	out[used] = '\0';
}

enum { POOL_ALIGN = 16 };

static bool inside(const struct h2_pool *pool, const void *p)
{
	return pool->p && (const char *)p >= pool->p && (const char *)p < pool->p + H2_POOL;
}

/* Each piece has its size in front of it, for realloc. What the pool has no room for is malloc's.
 */
static void *pool_get(size_t n, void *arg)
{
	struct h2_pool *pool = arg;
	size_t room = H2_POOL - pool->used, need;
	char *at;

	if (n > room || room - n < (size_t)2 * POOL_ALIGN)
		return malloc(n);
	if (!pool->p)
		pool->p = xalloc(H2_POOL);
	need = POOL_ALIGN + (n + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	at = pool->p + pool->used;
	pool->used += need;
	memcpy(at, &n, sizeof(n));
	return at + POOL_ALIGN;
}

static void *pool_zeroed(size_t count, size_t size, void *arg)
{
	void *p = count && size > SIZE_MAX / count ? NULL : pool_get(count * size, arg);

	return p ? memset(p, 0, count * size) : NULL;
}

static void pool_drop(void *p, void *arg)
{
	if (!inside(arg, p))
		free(p);
}

static void *pool_resize(void *p, size_t n, void *arg)
{
	void *fresh;
	size_t old;

	if (p && !inside(arg, p))
		return realloc(p, n);
	fresh = pool_get(n, arg);
	if (p && fresh) {
		memcpy(&old, (char *)p - POOL_ALIGN, sizeof(old));
		memcpy(fresh, p, old < n ? old : n);
	}
	return fresh;
}

nghttp2_mem h2_pool_mem(struct h2_pool *pool)
{
	pool->used = 0;
	return (nghttp2_mem) { pool, pool_get, pool_drop, pool_zeroed, pool_resize };
}

void h2_pool_free(struct h2_pool *pool)
{
	free(pool->p);
	*pool = (struct h2_pool) { 0 };
}
