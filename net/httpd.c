/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.c - HTTP/1.1 server on the loop: listen, accept, bound numbers and time. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "httpd_client.h"
#include "netns.h"

enum {
	MAX_CLIENTS = 256,
	ACCEPTS = 16, /* taken in one go */
	STALL_MS = 10000,
	IDLE_MS = 60000,
	SWEEPS = 8 /* in the time of one stall */
};

static bool stalled(const struct httpd_client *c, int64_t now)
{
	bool idle = !c->call && !c->out.len && !c->draining && c->served;

	if ((httpd_client_busy(c) || c->pipe) && !c->out.len)
		return false;
	return now - c->since > (idle ? IDLE_MS : c->d->stall_ms);
}

static void on_sweep(struct timer *t)
{
	struct httpd *d = OWNER(t, struct httpd, sweep);
	int64_t now = now_ms();
	struct httpd_client *next;
	struct err e;

	for (struct httpd_client *c = d->clients; c; c = next) {
		next = c->next;
		if (stalled(c, now))
			httpd_client_free(c);
	}
	d->sweeping = d->clients && timer_set(d->loop, t, d->stall_ms / SWEEPS + 1, &e) == 0;
}

/* Make room; false when every client has a call in a handler's hands. */
static bool evict(struct httpd *d)
{
	struct httpd_client *oldest = NULL;

	for (struct httpd_client *c = d->clients; c; c = c->next)
		if (!httpd_client_busy(c) && !c->pipe && (!oldest || c->since < oldest->since))
			oldest = c;
	if (oldest)
		httpd_client_free(oldest);
	return oldest;
}

/* sockaddr_in6 has its port in the same place. */
static uint16_t port_of(const struct sockaddr_storage *at)
{
	struct sockaddr_in in;

	if (at->ss_family != AF_INET && at->ss_family != AF_INET6)
		return 0;
	memcpy(&in, at, sizeof(in));
	return ntohs(in.sin_port);
}

static struct ip ip_of(const struct sockaddr_storage *from)
{
	struct ip ip = { 0 };

	if (from->ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		ip.family = IP_V4;
		memcpy(ip.b, &in.sin_addr, 4);
	} else if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		ip.family = IP_V6;
		memcpy(ip.b, &in6.sin6_addr, 16);
	}
	return ip;
}

static void client_new(struct httpd *d, int fd, const struct sockaddr_storage *from)
{
	struct httpd_client *c = xalloc(sizeof(*c));
	struct err e;

	*c = (struct httpd_client) {
		.d = d, .next = d->clients, .prev = &d->clients, .peer = ip_of(from)
	};
	c->peer_port = port_of(from);
	if (c->next)
		c->next->prev = &c->next;
	d->clients = c;
	d->nclients++;
	c->w.fn = httpd_client_ready;
	c->w.fd = fd;
	c->since = now_ms();
	c->events = EPOLLIN;
	c->tls = d->tls ? tls_accepted_new(d->tls, fd) : NULL;
	if (d->tls && !c->tls) {
		httpd_client_free(c);
		return;
	}
	if (watch_add(d->loop, &c->w, fd, EPOLLIN, &e) < 0)
		httpd_client_free(c);
}

static void on_listen(struct watch *w, uint32_t events)
{
	struct httpd *d = OWNER(w, struct httpd, listen);
	struct err e;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t n = sizeof(from);
		auto_fd int fd = 0;
		int one = 1;
		int got =
			accept4(w->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (got < 0) {
			/* out of descriptors: the listener stays readable, so give one back */
			if (errno == EMFILE || errno == ENFILE)
				evict(d);
			return;
		}
		fd = got;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (d->nclients >= d->max_clients && !evict(d))
			continue;
		client_new(d, TAKE(fd), &from);
		if (!d->sweeping)
			d->sweeping =
				timer_set(d->loop, &d->sweep, d->stall_ms / SWEEPS + 1, &e) == 0;
	}
}

static socklen_t address(struct sockaddr_storage *to, const struct httpd_at *at)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(at->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(at->port) };

	if (!at->ip) {
		memcpy(un.sun_path, at->path, strlen(at->path) + 1);
		memcpy(to, &un, sizeof(un));
		return sizeof(un);
	}
	if (at->ip->family == IP_V4) {
		memcpy(&in.sin_addr, at->ip->b, 4);
		memcpy(to, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, at->ip->b, 16);
	memcpy(to, &in6, sizeof(in6));
	return sizeof(in6);
}

static int open_socket(const struct httpd_at *at, int *out, struct err *e)
{
	auto_netns int back = 0;
	int family = at->ip ? at->ip->family : AF_UNIX;

	if (at->netns_fd && netns_enter(at->netns_fd, &back, e) < 0)
		return -1;
	*out = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *out < 0 ? fail(e, errno, "socket:") : 0;
}

static int listen_on(struct httpd *d, const struct httpd_at *at, struct err *e)
{
	struct sockaddr_storage to = { 0 };
	auto_fd int fd = 0;
	char name[160];
	int one = 1;

	d->listen.fn = on_listen;
	if (at->fd)
		return watch_add(d->loop, &d->listen, at->fd, EPOLLIN, e);
	if (!at->ip && strlen(at->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(e, ENAMETOOLONG, "%s:", at->path);
	if (open_socket(at, &fd, e) < 0)
		return -1;
	if (at->ip) {
		snprintf(name, sizeof(name), "%s port %d", ip_text(*at->ip).s, at->port);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	} else {
		snprintf(name, sizeof(name), "%s", at->path);
		/* The mode set now is the one the socket file is born with. */
		if (fchmod(fd, 0660) < 0)
			return fail(e, errno, "mode of %s:", name);
		if (unlink(name) < 0 && errno != ENOENT)
			return fail(e, errno, "remove stale %s:", name);
	}
	if (bind(fd, (struct sockaddr *)&to, address(&to, at)) < 0 || listen(fd, SOMAXCONN) < 0)
		return fail(e, errno, "listen on %s:", name);
	return watch_add(d->loop, &d->listen, TAKE(fd), EPOLLIN, e);
}

struct httpd *httpd_new(struct loop *l, const struct httpd_at *at, httpd_fn *fn, void *arg,
			struct err *e)
{
	auto_httpd struct httpd *d = xalloc(sizeof(*d));

	*d = (struct httpd) { .loop = l, .fn = fn, .arg = arg, .sweep.fn = on_sweep };
	d->stall_ms = at->stall_ms ? at->stall_ms : STALL_MS;
	d->max_clients = at->max_clients ? at->max_clients : MAX_CLIENTS;
	d->max_body = at->max_body ? at->max_body : HTTPD_MAX_BODY;
	d->refuse = at->refuse;
	d->bare = at->bare;
	d->tls = tls_identity_ref(at->tls);
	if (listen_on(d, at, e) < 0)
		return NULL;
	if (!at->ip && !at->fd) {
		d->path = xalloc(strlen(at->path) + 1);
		memcpy(d->path, at->path, strlen(at->path));
	}
	return TAKE(d);
}

void httpd_identity(struct httpd *d, struct tls_identity *id)
{
	tls_identity_unref(&d->tls);
	d->tls = tls_identity_ref(id);
}

uint16_t httpd_port(const struct httpd *d)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof(at);

	return getsockname(d->listen.fd, (struct sockaddr *)&at, &n) < 0 ? 0 : port_of(&at);
}

void httpd_free(struct httpd **dp)
{
	struct httpd *d = TAKE(*dp);

	if (!d)
		return;
	while (d->clients)
		httpd_client_free(d->clients);
	watch_del(&d->listen);
	fd_free(&d->listen.fd);
	timer_stop(&d->sweep);
	tls_identity_unref(&d->tls);
	if (d->path)
		unlink(d->path);
	free(d->path);
	free(d);
}
