/* SPDX-License-Identifier: Apache-2.0 */
/* httppool.c - a list of idle connections, the one given last in front. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "httppool.h"

struct http_idle {
	struct http_idle *next;
	int64_t until;
	struct http_client c;
};

static bool same_origin(const struct http_client *a, const struct http_client *b)
{
	return a->tls == b->tls && a->terms == b->terms && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0 && strcmp(a->via.host, b->via.host) == 0 &&
	       strcmp(a->via.port, b->via.port) == 0 && strcmp(a->via.auth, b->via.auth) == 0;
}

/* Closing may write to the peer: not under the lock. */
static void close_all(struct http_idle *list)
{
	while (list) {
		struct http_idle *next = list->next;

		http_close(&list->c);
		explicit_bzero(&list->c.via, sizeof(list->c.via));
		free(list);
		list = next;
	}
}

static void move(struct http_idle **from, struct http_idle **to)
{
	struct http_idle *i = *from;

	*from = i->next;
	i->next = *to;
	*to = i;
}

/* Whatever is over a bound, into closed. */
static void prune(struct http_pool *p, const struct http_client *c, struct http_idle **closed)
{
	int64_t now = now_ms();
	size_t all = 0, own = 0;

	for (struct http_idle **at = &p->first; *at;) {
		bool mine = same_origin(&(*at)->c, c);

		if ((*at)->until <= now || all == HTTP_POOL_MAX ||
		    (mine && own == HTTP_POOL_ORIGIN_MAX)) {
			move(at, closed);
			continue;
		}
		all++;
		own += mine;
		at = &(*at)->next;
	}
}

/* One idle connection of c's origin, or NULL. */
static struct http_idle *pick(struct http_pool *p, const struct http_client *c,
			      struct http_idle **closed)
{
	struct http_idle *found = NULL, **at = &p->first;

	pthread_mutex_lock(&p->lock);
	prune(p, c, closed);
	while (*at && !same_origin(&(*at)->c, c))
		at = &(*at)->next;
	if (*at)
		move(at, &found);
	pthread_mutex_unlock(&p->lock);
	return found;
}

void http_pool_take(struct http_pool *p, struct http_client *c)
{
	struct http_idle *closed = NULL, *i;

	c->sessions = &p->sessions;
	while ((i = pick(p, c, &closed))) {
		if (conn_idle(&i->c.conn)) {
			c->conn = i->c.conn;
			i->c.conn = (struct conn) { 0 };
			conn_stop_at(&c->conn, c->stop);
			move(&i, &closed);
			break;
		}
		move(&i, &closed);
	}
	close_all(closed);
}

void http_pool_give(struct http_pool *p, struct http_client *c)
{
	struct http_idle *i, *closed = NULL;

	if (c->conn.fd <= 0)
		return;
	i = xalloc(sizeof(*i));
	i->c = *c;
	i->c.stop = 0;
	conn_stop_at(&i->c.conn, 0);
	i->until = now_ms() + (p->idle_ms ? p->idle_ms : HTTP_POOL_IDLE_MS);
	c->conn = (struct conn) { 0 };
	pthread_mutex_lock(&p->lock);
	i->next = p->first;
	p->first = i;
	prune(p, &i->c, &closed);
	pthread_mutex_unlock(&p->lock);
	close_all(closed);
}

void http_pool_close(struct http_pool *p)
{
	struct http_idle *all;

	pthread_mutex_lock(&p->lock);
	all = TAKE(p->first);
	pthread_mutex_unlock(&p->lock);
	close_all(all);
}

void http_pool_free(struct http_pool *p)
{
	http_pool_close(p);
	tls_cache_free(&p->sessions);
}
