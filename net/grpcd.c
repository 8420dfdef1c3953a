/* SPDX-License-Identifier: Apache-2.0 */
/* grpcd.c - the connections of the gRPC server: accept, read, write, limit, close. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "grpcd.h"

enum {
	MAX_PEERS = 256,   /* beyond it the longest idle one goes */
	MAX_STREAMS = 100, /* open calls on one connection */
	READ = 16 * 1024,
	STALL_MS = 10000, /* for a preface, a request, or room to write */
	SWEEP_MS = 2000,
	MODE = 0660
};

void peer_free(struct peer *p)
{
	while (p->calls)
		call_leave(p->calls);
	watch_del(&p->w);
	fd_free(&p->w.fd);
	nghttp2_session_del(p->h2);
	h2_pool_free(&p->d->spare);
	p->d->spare = p->pool;
	buf_free(&p->out);
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->d->npeers--;
	free(p);
}

/* Wait for room or for bytes, never both: who does not read is not read from. */
static int peer_wait(struct peer *p, bool blocked, struct err *e)
{
	if (p->blocked == blocked)
		return 0;
	p->blocked = blocked;
	watch_del(&p->w);
	return watch_add(p->d->loop, &p->w, p->w.fd, blocked ? EPOLLOUT : EPOLLIN, e);
}

/* Write until the socket is full or all is said; frames stay with nghttp2, which bounds them,
 * until the previous batch has left. Below zero the connection is to be freed. */
int peer_flush(struct peer *p)
{
	struct err e;

	for (;;) {
		ssize_t n;

		if (p->sent == p->out.len) {
			p->sent = p->out.len = 0;
			if (h2_gather(p->h2, &p->out, &e) < 0)
				return -1;
			if (!p->out.len)
				break;
		}
		n = send(p->w.fd, p->out.p + p->sent, p->out.len - p->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return peer_wait(p, true, &e);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p->sent += (size_t)n;
			p->active = now_ms();
		}
	}
	if (!nghttp2_session_want_read(p->h2) && !nghttp2_session_want_write(p->h2))
		return -1; /* GOAWAY is out and the last stream done */
	return peer_wait(p, false, &e);
}

static void on_peer(struct watch *w, uint32_t events)
{
	struct peer *p = OWNER(w, struct peer, w);
	uint8_t in[READ];
	ssize_t n;

	(void)events;
	if (!p->blocked) {
		n = recv(w->fd, in, sizeof(in), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0) {
			p->active = now_ms();
			p->inside = true;
			if (nghttp2_session_mem_recv2(p->h2, in, (size_t)n) < 0)
				n = -1;
			p->inside = false;
		}
		if (n <= 0) {
			peer_free(p);
			return;
		}
	}
	if (peer_flush(p) < 0)
		peer_free(p);
}

static bool stalled(const struct peer *p, int64_t now)
{
	if ((!p->greeted || p->blocked) && now - p->active > STALL_MS)
		return true;
	for (const struct grpc_call *k = p->calls; k; k = k->next)
		if (!k->handed && now - k->since > STALL_MS)
			return true;
	return false;
}

static void on_sweep(struct timer *t)
{
	struct grpcd *d = OWNER(t, struct grpcd, sweep);
	int64_t now = now_ms();
	struct peer *next;
	struct err e;

	for (struct peer *p = d->peers; p; p = next) {
		next = p->next;
		if (stalled(p, now))
			peer_free(p);
	}
	d->sweeping = d->peers && timer_set(d->loop, t, SWEEP_MS, &e) == 0;
}

static bool busy(const struct peer *p)
{
	for (const struct grpc_call *k = p->calls; k; k = k->next)
		if (k->handed)
			return true;
	return false;
}

/* Make room; false when every connection has a call in a handler's hands. */
static bool evict(struct grpcd *d)
{
	struct peer *oldest = NULL;

	for (struct peer *p = d->peers; p; p = p->next)
		if (!busy(p) && (!oldest || p->active < oldest->active))
			oldest = p;
	if (oldest)
		peer_free(oldest);
	return oldest;
}

static struct peer *peer_new(struct grpcd *d, int fd, struct err *e)
{
	nghttp2_settings_entry set[] = { { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS },
					 { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADERS } };
	struct peer *p = xalloc(sizeof(*p));
	nghttp2_mem mem;

	*p = (struct peer) { .d = d, .next = d->peers, .prev = &d->peers, .active = now_ms() };
	p->pool = d->spare;
	d->spare = (struct h2_pool) { 0 };
	mem = h2_pool_mem(&p->pool);
	if (p->next)
		p->next->prev = &p->next;
	d->peers = p;
	d->npeers++;
	p->w.fn = on_peer;
	p->w.fd = fd;
	if (nghttp2_session_server_new3(&p->h2, d->cb, p, d->opt, &mem) != 0 ||
	    nghttp2_submit_settings(p->h2, NGHTTP2_FLAG_NONE, set, COUNT(set)) != 0)
		die("out of memory");
	if (watch_add(d->loop, &p->w, fd, EPOLLIN, e) < 0) {
		peer_free(p);
		return NULL;
	}
	return p;
}

/* Root and our own user; nobody in another user namespace maps to either. */
static bool trusted(int fd)
{
	struct ucred u;
	socklen_t n = sizeof(u);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 &&
	       (u.uid == 0 || u.uid == geteuid());
}

/* One at a time: who comes next is told of at once, and who has come waits for an answer. */
static void on_listen(struct watch *w, uint32_t events)
{
	struct grpcd *d = OWNER(w, struct grpcd, listen);
	auto_fd int fd = 0;
	struct peer *p;
	struct err e;
	int got = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (got < 0) {
		/* out of descriptors: the listener stays readable, so give one back */
		if (errno == EMFILE || errno == ENFILE)
			evict(d);
		return;
	}
	fd = got;
	if (!trusted(fd) || (d->npeers >= MAX_PEERS && !evict(d)))
		return;
	if (!d->sweeping)
		d->sweeping = timer_set(d->loop, &d->sweep, SWEEP_MS, &e) == 0;
	p = peer_new(d, TAKE(fd), &e);
	if (p)
		on_peer(&p->w, EPOLLIN); /* most have said it all already */
}

static int listen_on(struct grpcd *d, const char *sock, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	auto_fd int fd = 0;

	if (strlen(sock) >= sizeof(at.sun_path))
		return fail(e, ENAMETOOLONG, "%s:", sock);
	memcpy(at.sun_path, sock, strlen(sock) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(e, errno, "socket:");
	/* born with at most this mode, less what umask takes; it gets the rest once it is bound */
	if (fchmod(fd, MODE) < 0)
		return fail(e, errno, "mode of %s:", sock);
	if (unlink(sock) < 0 && errno != ENOENT)
		return fail(e, errno, "remove stale %s:", sock);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || chmod(sock, MODE) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return fail(e, errno, "listen on %s:", sock);
	d->listen.fn = on_listen;
	return watch_add(d->loop, &d->listen, TAKE(fd), EPOLLIN, e);
}

struct grpcd *grpcd_new(struct loop *l, const char *sock, const struct grpc_handler *h, size_t n,
			struct err *e)
{
	auto_grpcd struct grpcd *d = xalloc(sizeof(*d));

	*d = (struct grpcd) { .loop = l, .h = h, .n = n, .sweep.fn = on_sweep };
	if (nghttp2_session_callbacks_new(&d->cb) != 0 || nghttp2_option_new(&d->opt) != 0)
		die("out of memory");
	calls_hook(d->cb);
	nghttp2_option_set_no_closed_streams(d->opt, 1); /* no memory for finished streams */
	nghttp2_option_set_max_outbound_ack(d->opt, 100);
	if (listen_on(d, sock, e) < 0)
		return NULL;
	d->path = xalloc(strlen(sock) + 1);
	memcpy(d->path, sock, strlen(sock));
	return TAKE(d);
}

void grpcd_free(struct grpcd **dp)
{
	struct grpcd *d = TAKE(*dp);

	if (!d)
		return;
	while (d->peers) {
		struct peer *p = d->peers;

		nghttp2_session_terminate_session(p->h2, NGHTTP2_NO_ERROR);
		peer_flush(p);
		peer_free(p);
	}
	watch_del(&d->listen);
	fd_free(&d->listen.fd);
	timer_stop(&d->sweep);
	if (d->path)
		unlink(d->path);
	free(d->path);
	h2_pool_free(&d->spare);
	nghttp2_session_callbacks_del(d->cb);
	nghttp2_option_del(d->opt);
	free(d);
}
