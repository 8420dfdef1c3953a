/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_client.c - one connection of the HTTP server: read a request, hand it out, send the answer.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"
#include "httpd_client.h"

enum { READ = 16 * 1024 /* a TLS record at least */ };

void httpd_call_free(struct httpd_held *k)
{
	httpmsg_free(&k->m);
	arena_free(&k->c.a);
	free(k);
}

void httpd_client_free(struct httpd_client *c)
{
	struct httpd_pipe *pipe = TAKE(c->pipe);

	if (pipe)
		pipe->client = NULL;
	if (c->call && c->call->handed)
		c->call->client = NULL;
	else if (c->call)
		httpd_call_free(c->call);
	loop_unpost(c->d->loop, &c->again);
	watch_del(&c->w);
	tls_accepted_free(&c->tls);
	fd_free(&c->w.fd);
	buf_free(&c->in);
	buf_free(&c->out);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->d->nclients--;
	free(c);
	if (pipe)
		pipe->data(pipe, "", 0);
}

bool httpd_client_busy(const struct httpd_client *c)
{
	return c->call && c->call->handed;
}

static int await(struct httpd_client *c, uint32_t events)
{
	struct err e;

	if (c->events == events)
		return 0;
	c->events = events;
	return watch_mod(&c->w, events, &e);
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} all[] = {
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].status == status)
			return all[i].text;
	return "";
}

static bool no_body(int status)
{
	return status == 101 || status == 204 || status == 304;
}

static void put_head(struct httpd_client *c, int status, const struct http_headers *h, size_t n)
{
	time_t now = (time_t)wall_s();
	char date[40] = "";
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_fmt(&c->out, "HTTP/1.1 %d %s\r\n", status, reason(status));
	if (!c->d->bare || !*http_header(h, "Date"))
		buf_fmt(&c->out, "Date: %s\r\n", date);
	if (c->pieces)
		buf_str(&c->out, "Transfer-Encoding: chunked\r\n");
	else if (!no_body(status))
		buf_fmt(&c->out, "Content-Length: %zu\r\n", n);
	if (status != 101 && !c->d->bare && !*http_header(h, "Content-Type"))
		buf_str(&c->out, "Content-Type: text/plain\r\n");
	if (c->closing)
		buf_str(&c->out, "Connection: close\r\n");
}

void httpd_client_answer(struct httpd_client *c, int status, const struct http_headers *h,
			 const void *body, size_t n, bool head_only)
{
	static const struct http_headers none;
	auto_buf struct buf lines = { 0 };
	struct err e;

	h = h ? h : &none;
	if (httpmsg_headers(h, &lines, &e) < 0) { /* the handler's own mistake: show it */
		status = 500;
		h = &none;
		body = e.msg;
		n = strlen(e.msg);
		buf_free(&lines);
	}
	put_head(c, status, h, n);
	if (lines.len)
		buf_add(&c->out, lines.p, lines.len);
	buf_str(&c->out, "\r\n");
	if (n && !head_only && !no_body(status))
		buf_add(&c->out, body, n);
	c->served = true;
	c->since = now_ms();
}

/* ---- bytes, through TLS or not: as send() and recv() */

static ssize_t io_result(enum tls_did did, enum tls_did again, size_t n)
{
	if (did == TLS_DID)
		return (ssize_t)n;
	errno = did == again ? EAGAIN : ECONNRESET;
	return -1;
}

static ssize_t put(struct httpd_client *c, const void *p, size_t n)
{
	enum tls_did how;
	size_t did;

	if (!c->tls)
		return send(c->w.fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	how = tls_accepted_write(c->tls, p, n, &did);
	return io_result(how, TLS_WRITE, did);
}

static ssize_t take(struct httpd_client *c, void *p, size_t room)
{
	enum tls_did how;
	size_t got;

	if (!c->tls || c->draining)
		return recv(c->w.fd, p, room, MSG_DONTWAIT);
	how = tls_accepted_read(c->tls, p, room, &got);
	return io_result(how, TLS_READ, got);
}

/* Before the first request; false: the peer is gone. */
static bool shake(struct httpd_client *c)
{
	switch (tls_accepted_shake(c->tls)) {
	case TLS_DID:
		c->shaken = true;
		return await(c, EPOLLIN) == 0;
	case TLS_READ:
		return await(c, EPOLLIN) == 0;
	case TLS_WRITE:
		return await(c, EPOLLOUT) == 0;
	default:
		return false;
	}
}

/* Send what there is. 0: all gone, 1: must wait, below zero: the peer is gone. */
static int flush(struct httpd_client *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = put(c, c->out.p + c->sent, c->out.len - c->sent);

		if (n < 0 && errno == EAGAIN)
			return await(c, EPOLLOUT) < 0 ? -1 : 1;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			c->sent += (size_t)n;
			c->since = now_ms();
		}
	}
	c->sent = 0;
	buf_free(&c->out);
	return 0;
}

static void call_new(struct httpd_client *c)
{
	struct httpd_held *k = xalloc(sizeof(*k));

	k->client = c;
	k->m = (struct httpmsg) { .max_body = c->d->max_body, .a = &k->c.a };
	httpmsg_start(&k->m);
	c->call = k;
	c->continued = false;
	c->since = now_ms();
}

/* A request that cannot be read: say so and hear no more. */
static void refuse(struct httpd_client *c, const struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct httpd_refusal r = { .status = e->num == EFBIG   ? 413
					     : e->num == E2BIG ? 431
							       : 400,
				   .why = e->msg,
				   .peer = c->peer,
				   .peer_port = c->peer_port,
				   .a = &a };

	httpd_call_free(TAKE(c->call));
	c->closing = true;
	if (c->d->refuse)
		c->d->refuse(&r, c->d->arg);
	httpd_client_answer(c, r.status, &r.headers, r.why, strlen(r.why), false);
}

/* Origin form, or absolute form ("http://host/path") cut down to it; "*" stays. */
static void split_target(struct httpd_call *c, const char *target)
{
	const char *path = strstr(target, "://");
	size_t n;

	c->target = target;
	if (*target != '/' && path) {
		path += 3 + strcspn(path + 3, "/?");
		c->target = *path == '/' ? path : arena_fmt(&c->a, "/%s", path);
	}
	n = strcspn(c->target, "?");
	c->path = arena_fmt(&c->a, "%.*s", (int)n, c->target);
	c->query = c->target[n] ? c->target + n + 1 : "";
}

static void hand_out(struct httpd_client *c)
{
	struct httpd_held *k = c->call;

	c->closing = !k->m.keep_alive;
	k->handed = true;
	k->c.method = k->m.method;
	split_target(&k->c, k->m.target);
	k->c.headers = k->m.headers;
	k->c.body = k->m.body;
	k->c.body_len = k->m.body_len;
	k->c.peer = c->peer;
	k->c.peer_port = c->peer_port;
	k->c.arg = c->d->arg;
	c->inside = true;
	c->d->fn(&k->c);
	c->inside = false;
}

/* RFC 9110 10.1.1: it waits with the body for our consent. */
static void go_on(struct httpd_client *c)
{
	c->continued = true;
	buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void take_input(struct httpd_client *c)
{
	struct err e;
	size_t used;

	if (!c->call)
		call_new(c);
	if (httpmsg_feed(&c->call->m, c->in.p + c->at, c->in.len - c->at, &used, &e) < 0) {
		refuse(c, &e);
		return;
	}
	c->at += used;
	if (c->call->m.done)
		hand_out(c);
	else if (c->call->m.expects && !c->continued)
		go_on(c);
}

int httpd_client_pump(struct httpd_client *c)
{
	for (;;) {
		int rc = flush(c);

		if (rc)
			return rc < 0 ? -1 : 0;
		if (c->pipe)
			return await(c, c->paused ? 0 : EPOLLIN);
		if (httpd_client_busy(c))
			return await(c, c->pieces ? EPOLLRDHUP : 0);
		if (c->closing) {
			c->draining = true;
			buf_free(&c->in);
			if (c->tls)
				tls_accepted_farewell(c->tls);
			shutdown(c->w.fd, SHUT_WR);
			return await(c, EPOLLIN);
		}
		if (c->at == c->in.len) {
			c->at = 0;
			buf_free(&c->in);
			return await(c, EPOLLIN);
		}
		take_input(c);
	}
}

void httpd_client_ready(struct watch *w, uint32_t events)
{
	struct httpd_client *c = OWNER(w, struct httpd_client, w);
	bool gone = ((events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN)) ||
		    (c->pieces && events & EPOLLRDHUP);
	char in[READ];
	ssize_t n;

	if (c->tls && !c->shaken) {
		if (gone || !shake(c))
			httpd_client_free(c);
		return;
	}
	if (!gone && c->events == EPOLLIN && (events & EPOLLIN || !c->pipe)) {
		n = take(c, in, sizeof(in));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		gone = n <= 0;
		if (n > 0 && !c->draining)
			buf_add(&c->in, in, (size_t)n);
	}
	if (gone || (!c->draining && httpd_client_pump(c) < 0))
		httpd_client_free(c);
	else if (c->pipe)
		httpd_pipe_feed(c);
}

void httpd_reply(struct httpd_call *call, int status, const struct http_headers *headers,
		 const void *body, size_t n)
{
	struct httpd_held *k = OWNER(call, struct httpd_held, c);
	struct httpd_client *c = k->client;

	if (c) {
		httpd_client_answer(c, status, headers, body, n, strcmp(call->method, "HEAD") == 0);
		c->call = NULL;
	}
	httpd_call_free(k);
	if (c && !c->inside && httpd_client_pump(c) < 0)
		httpd_client_free(c);
}

void httpd_begin(struct httpd_call *call, int status, const struct http_headers *headers)
{
	struct httpd_client *c = OWNER(call, struct httpd_held, c)->client;

	if (!c)
		return;
	c->pieces = true;
	httpd_client_answer(c, status, headers, "", 0, true);
	if (!c->inside && httpd_client_pump(c) < 0)
		httpd_client_free(c);
}

bool httpd_piece(struct httpd_call *call, const void *p, size_t n)
{
	struct httpd_held *k = OWNER(call, struct httpd_held, c);
	struct httpd_client *c = k->client;

	if (!c || !n)
		return c;
	if (!c->out.len)
		c->since = now_ms();
	buf_fmt(&c->out, "%zx\r\n", n);
	buf_add(&c->out, p, n);
	buf_str(&c->out, "\r\n");
	if (!c->inside && httpd_client_pump(c) < 0)
		httpd_client_free(c);
	return k->client;
}

void httpd_end(struct httpd_call *call)
{
	struct httpd_held *k = OWNER(call, struct httpd_held, c);
	struct httpd_client *c = k->client;

	httpd_call_free(k);
	if (!c)
		return;
	buf_str(&c->out, "0\r\n\r\n");
	c->pieces = false;
	c->call = NULL;
	c->since = now_ms();
	if (!c->inside && httpd_client_pump(c) < 0)
		httpd_client_free(c);
}

void httpd_ttl(struct httpd_call *call, int ttl)
{
	struct httpd_client *c = OWNER(call, struct httpd_held, c)->client;

	if (!c)
		return;
	if (c->peer.family == IP_V6)
		setsockopt(c->w.fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl));
	else if (c->peer.family == IP_V4)
		setsockopt(c->w.fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

unsigned httpd_uid(struct httpd_call *call)
{
	const struct httpd_client *c = OWNER(call, struct httpd_held, c)->client;
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t n = sizeof(who);

	if (!c || c->peer.family)
		return (unsigned)-1;
	return getsockopt(c->w.fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 ? (unsigned)-1 : who.uid;
}
