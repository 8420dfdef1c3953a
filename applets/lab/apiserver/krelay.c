/* SPDX-License-Identifier: Apache-2.0 */
/* krelay.c - logs, exec, attach and port forwarding: relayed to the kubelet of the pod's node. What
 * it answers is passed on as it comes; once it switches protocols (WebSocket, SPDY), bytes go both
 * ways as they are. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpmsg.h"
#include "kask.h"
#include "kpodat.h"
#include "netns.h"
#include "str.h"

enum { FULL = 1024 * 1024, HEAD = 64 * 1024, READ = 32 * 1024 };

struct krelay {
	struct krelay *next, **prev;
	struct kapi *k;
	struct httpd_call *call; /* not answered yet, or answered in pieces */
	bool begun;
	struct httpmsg m; /* the answer, when it is no switch */
	bool reading;     /* m has begun */
	struct arena a;
	struct httpd_pipe pipe; /* after the switch */
	bool piped;
	struct watch w; /* to the kubelet */
	bool connected;
	uint32_t events;
	struct buf out;  /* to it */
	struct buf head; /* of its answer */
	char peer[80];
};

static void relay_free(struct krelay *r)
{
	watch_del(&r->w);
	fd_free(&r->w.fd);
	httpmsg_free(&r->m);
	arena_free(&r->a);
	buf_free(&r->out);
	buf_free(&r->head);
	*r->prev = r->next;
	if (r->next)
		r->next->prev = r->prev;
	free(r);
}

/* No more to be had from the kubelet. */
static void relay_end(struct krelay *r, const char *why)
{
	if (r->call && r->begun)
		httpd_end(r->call);
	else if (r->call)
		kreply_fail(r->call, "InternalError", "error dialing backend: %s: %s", r->peer,
			    why);
	httpd_pipe_close(&r->pipe);
	relay_free(r);
}

static void await(struct krelay *r)
{
	bool full = httpd_pipe_waiting(&r->pipe) > FULL;
	uint32_t want = (full ? 0 : EPOLLIN) | (r->out.len || !r->connected ? EPOLLOUT : 0);
	struct err e;

	if (want != r->events && watch_mod(&r->w, want, &e) == 0)
		r->events = want;
}

/* False: the kubelet is gone, and so is the relay. */
static bool flush(struct krelay *r)
{
	ssize_t n =
		r->out.len ? send(r->w.fd, r->out.p, r->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		relay_end(r, strerror(errno));
		return false;
	}
	if (n > 0) {
		r->out.len -= (size_t)n;
		memmove(r->out.p, r->out.p + n, r->out.len);
	}
	if (r->piped)
		httpd_pipe_pause(&r->pipe, r->out.len > FULL);
	await(r);
	return true;
}

/* ---- from the client, after the switch */

static void on_data(struct httpd_pipe *p, const void *bytes, size_t n)
{
	struct krelay *r = OWNER(p, struct krelay, pipe);

	if (!n) {
		relay_free(r);
		return;
	}
	buf_add(&r->out, bytes, n);
	flush(r);
}

static void on_room(struct httpd_pipe *p)
{
	await(OWNER(p, struct krelay, pipe));
}

/* ---- from the kubelet */

static int on_body(const void *p, size_t n, void *arg, struct err *e)
{
	struct krelay *r = arg;
	struct http_headers h = { 0 };

	if (!r->begun) {
		http_add(&h, "Content-Type", "text/plain");
		httpd_begin(r->call, 200, &h);
		r->begun = true;
	}
	return httpd_piece(r->call, p, n) ? 0 : fail(e, EPIPE, "the client has gone");
}

static void pass_refusal(struct krelay *r)
{
	const char *reason = r->m.status == 400   ? "BadRequest"
			     : r->m.status == 404 ? "NotFound"
			     : r->m.status == 403 ? "Forbidden"
						  : "InternalError";
	size_t n = strcspn(r->m.body, "\r\n");

	kreply_fail(TAKE(r->call), reason, "%.*s", (int)(n > 380 ? 380 : n), r->m.body);
	relay_free(r);
}

/* False: it has ended. */
static bool feed(struct krelay *r, const char *p, size_t n)
{
	struct err e;
	size_t used;

	if (!r->reading) {
		r->m = (struct httpmsg) { .response = true,
					  .max_body = 1024 * 1024,
					  .on_body = on_body,
					  .on_body_arg = r,
					  .a = &r->a };
		httpmsg_start(&r->m);
		r->reading = true;
	}
	if ((n ? httpmsg_feed(&r->m, p, n, &used, &e) : httpmsg_eof(&r->m, &e)) < 0) {
		relay_end(r, e.msg);
		return false;
	}
	if (!r->m.done)
		return true;
	if (r->m.status != 200) {
		pass_refusal(r);
		return false;
	}
	if (!r->begun)
		kreply_text(TAKE(r->call), 200, "text/plain", "", 0);
	relay_end(r, "");
	return false;
}

/* Until the head of the answer is there nobody knows what it will be. */
static bool look_at_head(struct krelay *r, const char *p, size_t n)
{
	auto_buf struct buf head = { 0 };
	const char *end;

	buf_add(&r->head, p, n);
	end = memmem(r->head.p, r->head.len, "\r\n\r\n", 4);
	if (!end && r->head.len < HEAD && n)
		return true;
	head = r->head;
	r->head = (struct buf) { 0 };
	if (!end || !str_prefix(head.p, "HTTP/1.1 101"))
		return (!head.len || feed(r, head.p, head.len)) && (n || feed(r, "", 0));
	if (!httpd_switch(TAKE(r->call), 0, NULL, &r->pipe)) {
		relay_free(r);
		return false;
	}
	r->piped = true;
	return httpd_pipe_write(&r->pipe, head.p, head.len);
}

static bool take(struct krelay *r, const char *p, size_t n)
{
	if (r->piped) {
		if (n)
			httpd_pipe_write(&r->pipe, p, n);
		else
			relay_end(r, "");
		return n;
	}
	if (r->reading)
		return feed(r, p, n);
	return look_at_head(r, p, n);
}

static void on_kubelet(struct watch *w, uint32_t events)
{
	struct krelay *r = OWNER(w, struct krelay, w);
	socklen_t len = sizeof(int);
	char in[READ];
	int why = 0;
	ssize_t n;

	if (!r->connected) {
		if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why) {
			relay_end(r, strerror(why));
			return;
		}
		r->connected = true;
	}
	if (!flush(r) || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(w->fd, in, sizeof(in), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (take(r, in, n > 0 ? (size_t)n : 0))
		await(r);
}

/* ---- the beginning */

static void put_request(struct krelay *r, const struct kask *a, const struct kpodat *at)
{
	static const char *const passed[] = { "connection",
					      "upgrade",
					      "sec-websocket-key",
					      "sec-websocket-version",
					      "sec-websocket-protocol",
					      "sec-websocket-extensions",
					      "origin" };
	const struct http_headers *h = &a->c->headers;
	bool upgrade = *http_header(h, "upgrade");

	buf_fmt(&r->out, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", a->c->method,
		at->target, r->peer, a->k->token);
	for (size_t i = 0; i < COUNT(passed) && upgrade; i++)
		if (*http_header(h, passed[i]))
			buf_fmt(&r->out, "%s: %s\r\n", passed[i], http_header(h, passed[i]));
	for (size_t i = 0; i < h->n; i++) /* SPDY: one or more */
		if (strcmp(h->v[i].name, "x-stream-protocol-version") == 0)
			buf_fmt(&r->out, "X-Stream-Protocol-Version: %s\r\n", h->v[i].value);
	if (!upgrade)
		buf_str(&r->out, "Connection: close\r\n");
	if (strcmp(a->c->method, "POST") == 0)
		buf_str(&r->out, "Content-Length: 0\r\n");
	buf_str(&r->out, "\r\n");
}

static int dial(struct krelay *r, const struct kpodat *at, struct err *e)
{
	auto_netns int back = 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(at->port) };
	auto_fd int fd = 0;

	memcpy(&to.sin_addr, at->ip.b, 4);
	if (r->k->netns_fd && netns_enter(r->k->netns_fd, &back, e) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(e, errno, "socket:");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		return fail(e, errno, "connect to %s:", r->peer);
	r->events = EPOLLIN | EPOLLOUT;
	return watch_add(r->k->loop, &r->w, TAKE(fd), r->events, e);
}

void krelay_serve(const struct kask *a)
{
	struct krelay *r;
	struct kpodat at;
	struct err e;

	if (kpodat_find(&at, a, &e) < 0) {
		kreply_err(a->c, a->r, a->name, &e);
		return;
	}
	if (!at.ip.family) {
		kreply_text(a->c, 200, "text/plain", "", 0);
		return;
	}
	r = xalloc(sizeof(*r));
	*r = (struct krelay) {
		.k = a->k, .call = a->c, .next = a->k->relays, .prev = &a->k->relays
	};
	if (r->next)
		r->next->prev = &r->next;
	a->k->relays = r;
	r->w.fn = on_kubelet;
	r->pipe.data = on_data;
	r->pipe.room = on_room;
	snprintf(r->peer, sizeof(r->peer), "%s:%d", ip_text(at.ip).s, at.port);
	put_request(r, a, &at);
	if (dial(r, &at, &e) < 0)
		relay_end(r, e.msg);
}

void krelay_end(struct kapi *k)
{
	while (k->relays)
		relay_end(k->relays, "the API server ends");
}
