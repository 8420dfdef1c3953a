/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cache.h - TLS sessions that may be resumed: a few opaque texts by key, each for its life.
 * Thread-safe. */
#pragma once
#include <pthread.h>

#include "buf.h"

enum {
	TLS_CACHE_MAX = 32,              /* one more makes the oldest go */
	TLS_CACHE_BYTES = 16 * 1024,     /* of one session; a longer one is not kept */
	TLS_CACHE_LIFE_MS = 3600 * 1000, /* none is kept for longer */
};
/* Zero-initialise. */
struct tls_cache {
	pthread_mutex_t lock;
	struct tls_cached *first; /* the newest */
};
/* Keep a copy until then, at most TLS_CACHE_LIFE_MS from now, in place of the key's earlier one. */
void tls_cache_put(struct tls_cache *c, const char *key, const struct buf *session, int64_t until);
/* The key's session, if its life is not over: it is appended to out and leaves the cache, because a
 * ticket of TLS 1.3 should not be shown twice (RFC 8446 appendix C.4) and a session that was
 * refused is then gone. */
bool tls_cache_take(struct tls_cache *c, const char *key, struct buf *out);
void tls_cache_free(struct tls_cache *c); /* sessions hold secrets: they are wiped */
#define auto_tls_cache AUTO(tls_cache_free)
