/* SPDX-License-Identifier: Apache-2.0 */
/* httppool.h - idle connections of HTTP clients, for whoever asks the same origin next; and the TLS
 * sessions that new ones resume. Thread-safe. */
#pragma once
#include <pthread.h>

#include "http.h"
#include "tls_cache.h"

enum {
	HTTP_POOL_MAX = 32,           /* idle connections in all; one more makes the oldest go */
	HTTP_POOL_ORIGIN_MAX = 4,     /* ... to one origin */
	HTTP_POOL_IDLE_MS = 30 * 1000 /* longer idle: closed when the pool is next used */
};
/* Zero-initialise. It outlives every client that took from it. */
struct http_pool {
	int64_t idle_ms; /* 0: HTTP_POOL_IDLE_MS */
	pthread_mutex_t lock;
	struct http_idle *first;   /* the connection given last */
	struct tls_cache sessions; /* has a lock of its own */
};
/* Give c, whose origin and proxy are set (http_url(), http_use_proxy()) and which is not connected,
 * an idle connection to that origin by that proxy, if there is one that the server has left open;
 * else c connects at its next http_do(). From now on its TLS sessions come from the pool. */
void http_pool_take(struct http_pool *p, struct http_client *c);
/* Take the connection out of c, if http_do() left it open. c may be used or go. */
void http_pool_give(struct http_pool *p, struct http_client *c);
void http_pool_close(struct http_pool *p); /* the idle connections, at any time */
void http_pool_free(struct http_pool *p);  /* empty, and as good as new */
#define auto_http_pool AUTO(http_pool_free)
