/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c - one unary call on its own connection: everything out in one write, then listen. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "clock.h"
#include "grpc.h"
#include "h2.h"
#include "str.h"

enum { READ = 16 * 1024 };

struct grpc_pending {
	struct grpc_to own, *to; /* own: for those who gave only a deadline */
	const struct grpc_method *m;
	nghttp2_session *h2;
	struct h2_pool pool; /* the session's memory, in the caller's arena */
	int fd;
	struct h2_body req;
	struct buf out; /* serialised frames, of which sent are on the wire */
	size_t sent;
	struct buf reply;
	int http, status; /* -1 until the header arrives */
	char text[400];   /* grpc-message */
	bool closed;      /* the stream ended, for this reason: */
	uint32_t why;
};

static void clear(struct grpc_pending *c)
{
	nghttp2_session_del(c->h2);
	fd_free(&c->fd);
	buf_free(&c->req.b);
	buf_free(&c->out);
	buf_free(&c->reply);
}

static const struct {
	const char *name;
	int num;
} statuses[] = {
#define ROW(id, name, num) { name, num },
	GRPC_STATUSES(ROW)
};

/* The text is grpc-go's, because it ends up in CNI results that people grep. */
static int refused(struct err *e, int status, const char *text)
{
	if (status < 0 || (size_t)status >= COUNT(statuses))
		status = GRPC_UNKNOWN;
	fail(e, statuses[status].num, "rpc error: code = %s desc = %s", statuses[status].name,
	     text);
	snprintf(e->code, sizeof(e->code), "%s", statuses[status].name);
	return -1;
}

static nghttp2_ssize on_read(nghttp2_session *s, int32_t id, uint8_t *to, size_t room,
			     uint32_t *flags, nghttp2_data_source *src, void *arg)
{
	size_t n;

	(void)s;
	(void)id;
	(void)arg;
	if (h2_body_read(src->ptr, to, room, &n))
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (nghttp2_ssize)n;
}

/* Text that ends in a NUL; def when it is no number of a reasonable size. */
static int number(const uint8_t *text, int def)
{
	uint64_t v;

	return str_u64((const char *)text, &v) && v < 1000 ? (int)v : def;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t nlen,
		     const uint8_t *v, size_t vlen, uint8_t flags, void *arg)
{
	struct grpc_pending *c = arg;

	(void)s;
	(void)f;
	(void)flags; /* values end in a NUL behind vlen */
	if (h2_is(name, nlen, ":status"))
		c->http = number(v, 0);
	else if (h2_is(name, nlen, "grpc-status"))
		c->status = number(v, GRPC_UNKNOWN);
	else if (h2_is(name, nlen, "grpc-message"))
		h2_unescape(c->text, sizeof(c->text), v, vlen);
	return 0;
}

/* One byte too many is kept, so that an oversized reply is seen as such. */
static int on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
		   void *arg)
{
	struct grpc_pending *c = arg;
	size_t room = H2_PREFIX + H2_MAX_MESSAGE + 1 - c->reply.len;

	(void)s;
	(void)flags;
	(void)id;
	buf_add(&c->reply, p, n < room ? n : room);
	return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t why, void *arg)
{
	struct grpc_pending *c = arg;

	(void)s;
	(void)id;
	c->closed = true;
	c->why = why;
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	(void)s;
	if (f->hd.type == NGHTTP2_SETTINGS)
		((struct grpc_pending *)arg)->to->reached = true;
	return 0;
}

static int session_new(struct grpc_pending *c, struct err *e)
{
	nghttp2_mem mem = h2_pool_mem(&c->pool);
	nghttp2_session_callbacks *cb;
	int rc;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		die("out of memory");
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	rc = nghttp2_session_client_new3(&c->h2, cb, c, NULL, &mem);
	nghttp2_session_callbacks_del(cb);
	return rc ? fail(e, EPROTO, "http2: %s", nghttp2_strerror(rc)) : 0;
}

/* grpc-timeout: at most eight digits are allowed, in any unit. */
static void timeout_text(char *out, size_t size, int left_ms)
{
	if (left_ms < 100000000)
		snprintf(out, size, "%dm", left_ms);
	else
		snprintf(out, size, "%dS", left_ms / 1000);
}

/* Nothing has to be heard from the server before a request may be sent, so queue it all. */
static int submit(struct grpc_pending *c, struct err *e)
{
	const nghttp2_settings_entry set[] = { { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 } };
	nghttp2_data_provider2 body = { { .ptr = &c->req }, on_read };
	char timeout[16] = "";
	nghttp2_nv nv[] = {
		H2_NV(":method", "POST"),
		H2_NV(":scheme", "http"),
		H2_NV(":path", c->m->path),
		H2_NV(":authority", "localhost"), /* what grpc-go says on a Unix socket */
		H2_NV("content-type", "application/grpc"),
		H2_NV("te", "trailers"),
		H2_NV("grpc-timeout", timeout),
	};
	int32_t rc;

	timeout_text(timeout, sizeof(timeout), deadline_left(c->to->deadline));
	nv[COUNT(nv) - 1].valuelen = strlen(timeout);
	rc = nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, set, COUNT(set));
	if (rc == 0)
		rc = nghttp2_submit_request2(c->h2, NULL, nv, COUNT(nv), &body, NULL);
	return rc < 0 ? fail(e, EPROTO, "http2: %s", nghttp2_strerror(rc)) : 0;
}

/* In the words of grpc-go, whose errno texts start with a small letter. */
static int not_there(struct err *e, const char *sock, int num)
{
	const char *why = strerror(num);
	char text[300];

	snprintf(text, sizeof(text),
		 "connection error: desc = \"transport: Error while dialing: dial unix %s: "
		 "connect: %c%s\"",
		 sock, *why | 0x20, why + 1);
	refused(e, GRPC_UNAVAILABLE, text);
	e->num = num;
	return -1;
}

/* A blocking connect waits while the backlog is full; a non-blocking one would fail. */
static int dial(struct grpc_pending *c, struct err *e)
{
	int left_ms = deadline_left(c->to->dial);
	struct timeval tv = { left_ms / 1000, left_ms % 1000 * 1000 + 1 }; /* 0 is for ever */
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *sock = c->to->sock;
	int fd;

	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", sock) >= sizeof(to.sun_path))
		return not_there(e, sock, ENAMETOOLONG);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(e, errno, "socket:");
	c->fd = fd;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return not_there(e, sock, errno == EAGAIN ? ETIMEDOUT : errno);
	return 0;
}

/* Send what is queued as far as the socket takes it. */
static int push(struct grpc_pending *c, struct err *e)
{
	ssize_t n;

	if (c->sent == c->out.len) {
		c->sent = c->out.len = 0;
		if (h2_gather(c->h2, &c->out, e) < 0)
			return -1;
	}
	if (c->sent == c->out.len)
		return 0;
	n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		c->sent += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR && errno != EPIPE) /* EPIPE: read why first */
		return refused(e, GRPC_UNAVAILABLE, strerror(errno));
	return 0;
}

static int late(const struct grpc_pending *c, struct err *e)
{
	if (c->to->reached || now_ms() >= c->to->deadline)
		return refused(e, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
	return not_there(e, c->to->sock, ETIMEDOUT);
}

/* Wait for the next bytes and take them in. */
static int pull(struct grpc_pending *c, struct err *e)
{
	short want = c->sent < c->out.len ? POLLIN | POLLOUT : POLLIN;
	struct pollfd p = { .fd = c->fd, .events = want };
	uint8_t in[READ];
	nghttp2_ssize used;
	ssize_t n;

	n = poll(&p, 1, deadline_left(c->to->reached ? c->to->deadline : c->to->dial));
	if (n == 0)
		return late(c, e);
	if (n > 0 && !(p.revents & ~POLLOUT))
		return 0;
	n = n < 0 ? n : recv(c->fd, in, sizeof(in), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A reset is an end too: of a peer that went without having read all. */
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return refused(e, GRPC_UNAVAILABLE, "error reading from server: EOF");
	if (n < 0)
		return refused(e, GRPC_UNAVAILABLE, strerror(errno));
	used = nghttp2_session_mem_recv2(c->h2, in, (size_t)n);
	return used < 0 ? refused(e, GRPC_INTERNAL, nghttp2_strerror((int)used)) : 0;
}

/* Reset codes and bare HTTP answers become the statuses that the gRPC documents assign. */
static int without_status(const struct grpc_pending *c, struct err *e)
{
	int s = GRPC_INTERNAL;
	char text[100];

	if (c->why == NGHTTP2_REFUSED_STREAM)
		s = GRPC_UNAVAILABLE;
	else if (c->why == NGHTTP2_CANCEL)
		s = GRPC_CANCELLED;
	else if (c->why == NGHTTP2_ENHANCE_YOUR_CALM)
		s = GRPC_RESOURCE_EXHAUSTED;
	if (c->why || c->http == 200 || c->http < 0) {
		snprintf(text, sizeof(text), "stream ended without a status, error code: %s",
			 nghttp2_http2_strerror(c->why));
		return refused(e, s, text);
	}
	snprintf(text, sizeof(text), "unexpected HTTP status code received from server: %d",
		 c->http);
	s = c->http == 401                         ? GRPC_UNAUTHENTICATED
	    : c->http == 403                       ? GRPC_PERMISSION_DENIED
	    : c->http == 404                       ? GRPC_UNIMPLEMENTED
	    : c->http == 429 || c->http / 10 == 50 ? GRPC_UNAVAILABLE
						   : GRPC_UNKNOWN;
	return refused(e, s, text);
}

/* The answer is complete: its status, or its message. */
static int take(const struct grpc_pending *c, void *out, struct arena *a, struct err *e)
{
	const char *msg;
	size_t n;

	if (c->status < 0)
		return without_status(c, e);
	if (c->status != GRPC_OK)
		return refused(e, c->status, c->text);
	msg = h2_message(&c->reply, &n);
	if (!msg)
		return refused(e, GRPC_INTERNAL, "reply is not one plain message");
	return pb_decode(c->m->out, out, msg, n, a, e);
}

/* Connected first, so that the server wakes up while the request is being made. */
static int begin(struct grpc_pending *c, const void *in, struct arena *a, struct err *e)
{
	c->http = c->status = -1;
	c->to->reached = false;
	if (c->to->dial > c->to->deadline)
		c->to->dial = c->to->deadline;
	if (dial(c, e) < 0)
		return -1;
	c->pool.p = arena_get(a, H2_POOL);
	h2_open(&c->req.b);
	pb_encode(c->m->in, in, &c->req.b);
	h2_seal(&c->req.b);
	if (session_new(c, e) < 0 || submit(c, e) < 0)
		return -1;
	return push(c, e);
}

static int end(struct grpc_pending *c, void *out, struct arena *a, struct err *e)
{
	while (!c->closed) {
		if (pull(c, e) < 0 || (!c->closed && push(c, e) < 0))
			return -1;
		/* a server that keeps talking must not keep us */
		if (!c->closed && now_ms() >= c->to->deadline)
			return late(c, e);
	}
	return take(c, out, a, e);
}

int grpc_ask(struct grpc_to *to, const struct grpc_method *m, const void *in, void *out,
	     struct arena *a, struct err *e)
{
	AUTO(clear) struct grpc_pending c = { .to = to, .m = m };

	return begin(&c, in, a, e) < 0 ? -1 : end(&c, out, a, e);
}

int grpc_call(const char *sock, const struct grpc_method *m, const void *in, void *out,
	      struct arena *a, int64_t deadline, struct err *e)
{
	struct grpc_to to = { .sock = sock, .dial = deadline, .deadline = deadline };

	return grpc_ask(&to, m, in, out, a, e);
}

void grpc_end(struct grpc_pending **p)
{
	if (*p)
		clear(*p);
	*p = NULL;
}

struct grpc_pending *grpc_start(const char *sock, const struct grpc_method *m, const void *in,
				struct arena *a, int64_t deadline, struct err *e)
{
	auto_grpc struct grpc_pending *c = NEW(a, struct grpc_pending);

	c->own = (struct grpc_to) { .sock = sock, .dial = deadline, .deadline = deadline };
	c->to = &c->own;
	c->m = m;
	return begin(c, in, a, e) < 0 ? NULL : TAKE(c);
}

int grpc_finish(struct grpc_pending *p, void *out, struct arena *a, struct err *e)
{
	return end(p, out, a, e);
}
