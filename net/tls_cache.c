/* SPDX-License-Identifier: Apache-2.0 */
/* tls_cache.c - a short list, newest first. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tls_cache.h"

struct tls_cached {
	struct tls_cached *next;
	int64_t until;
	struct buf key, session;
};

static void drop(struct tls_cached **at)
{
	struct tls_cached *t = *at;

	*at = t->next;
	explicit_bzero(t->session.p, t->session.len);
	buf_free(&t->session);
	buf_free(&t->key);
	free(t);
}

/* Of the sessions whose life is not over: the key's own, or NULL. The others go, as do those beyond
 * max. */
static struct tls_cached **find(struct tls_cache *c, const char *key, size_t max)
{
	struct tls_cached **at = &c->first, **found = NULL;
	int64_t now = now_ms();

	for (size_t n = 0; *at;) {
		if ((*at)->until <= now || n == max) {
			drop(at);
			continue;
		}
		if (!found && strcmp((*at)->key.p, key) == 0)
			found = at;
		n++;
		at = &(*at)->next;
	}
	return found;
}

void tls_cache_put(struct tls_cache *c, const char *key, const struct buf *session, int64_t until)
{
	struct tls_cached *t, **old;
	int64_t most = now_ms() + TLS_CACHE_LIFE_MS;

	if (!session->len || session->len > TLS_CACHE_BYTES)
		return;
	t = xalloc(sizeof(*t));
	t->until = until < most ? until : most;
	buf_str(&t->key, key);
	buf_add(&t->session, session->p, session->len);
	pthread_mutex_lock(&c->lock);
	old = find(c, key, TLS_CACHE_MAX);
	if (old)
		drop(old);
	t->next = c->first;
	c->first = t;
	find(c, key, TLS_CACHE_MAX);
	pthread_mutex_unlock(&c->lock);
}

bool tls_cache_take(struct tls_cache *c, const char *key, struct buf *out)
{
	struct tls_cached **at;

	pthread_mutex_lock(&c->lock);
	at = find(c, key, TLS_CACHE_MAX);
	if (at) {
		buf_add(out, (*at)->session.p, (*at)->session.len);
		drop(at);
	}
	pthread_mutex_unlock(&c->lock);
	return at;
}

void tls_cache_free(struct tls_cache *c)
{
	while (c->first)
		drop(&c->first);
}
