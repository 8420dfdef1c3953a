/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.c - one unary call on its own connection: everything out in one write, then listen. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "clock.h"
#include "grpcask.h"

enum { READ = 1024 }; /* most answers have some hundred bytes */

/* In the words of grpc-go, whose errno texts start with a small letter. */
static int not_there(struct err *e, const char *sock, int num)
{
	const char *why = strerror(num);
	char text[300];
	int rc;

	snprintf(text, sizeof(text),
		 "connection error: desc = \"transport: Error while dialing: dial unix %s: "
		 "connect: %c%s\"",
		 sock, *why | 0x20, why + 1);
	rc = grpcask_refused(e, GRPC_UNAVAILABLE, text);
	e->num = num;
	return rc;
}

/* The backlog is full. Only a blocking connect waits for room in it. */
static int wait_in_line(const struct grpc_pending *c, const struct sockaddr_un *to)
{
	int left_ms = deadline_left(c->to->dial);
	struct timeval tv = { left_ms / 1000, left_ms % 1000 * 1000 + 1 }; /* 0 is for ever */

	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0 ||
	    fcntl(c->fd, F_SETFL, 0) < 0)
		return -1;
	return connect(c->fd, (const struct sockaddr *)to, sizeof(*to));
}

static int dial(struct grpc_pending *c, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *sock = c->to->sock;
	int fd;

	if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", sock) >= sizeof(to.sun_path))
		return not_there(e, sock, ENAMETOOLONG);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(e, errno, "socket:");
	c->fd = fd;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
	    (errno != EAGAIN || wait_in_line(c, &to) < 0))
		return not_there(e, sock, errno == EAGAIN ? ETIMEDOUT : errno);
	return 0;
}

/* Send what is queued as far as the socket takes it. */
static int push(struct grpc_pending *c, struct err *e)
{
	ssize_t n;

	if (c->sent == c->out.len)
		c->sent = c->out.len = 0;
	if (!c->out.len)
		return 0;
	n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		c->sent += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR && errno != EPIPE) /* EPIPE: read why first */
		return grpcask_refused(e, GRPC_UNAVAILABLE, strerror(errno));
	return 0;
}

static int late(const struct grpc_pending *c, struct err *e)
{
	if (c->to->reached || now_ms() >= c->to->deadline)
		return grpcask_refused(e, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
	return not_there(e, c->to->sock, ETIMEDOUT);
}

/* Until there are bytes, or room for ours. */
static int await(struct grpc_pending *c, struct err *e)
{
	short want = c->sent < c->out.len ? POLLIN | POLLOUT : POLLIN;
	struct pollfd p = { .fd = c->fd, .events = want };
	int n = poll(&p, 1, deadline_left(c->to->reached ? c->to->deadline : c->to->dial));

	return n == 0 ? late(c, e) : 0;
}

/* Take in what has come, which often is all, or wait for it. */
static int pull(struct grpc_pending *c, struct err *e)
{
	ssize_t n = recv(c->fd, buf_room(&c->in, READ), READ, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return await(c, e);
	if (n < 0 && errno == EINTR)
		return 0;
	/* A reset is an end too: of a peer that went without having read all. */
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return grpcask_refused(e, GRPC_UNAVAILABLE, "error reading from server: EOF");
	if (n < 0)
		return grpcask_refused(e, GRPC_UNAVAILABLE, strerror(errno));
	c->in.len += (size_t)n;
	return grpcask_frames(c, e);
}

/* The request is ready before there is a connection, so that the server finds it when it wakes up.
 */
static int begin(struct grpc_pending *c, const void *in, struct err *e)
{
	c->http = c->status = -1;
	c->to->reached = false;
	if (c->to->dial > c->to->deadline)
		c->to->dial = c->to->deadline;
	if (grpcask_request(c, in, e) < 0 || dial(c, e) < 0)
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
	return grpcask_answer(c, out, a, e);
}

int grpc_ask(struct grpc_to *to, const struct grpc_method *m, const void *in, void *out,
	     struct arena *a, struct err *e)
{
	AUTO(grpcask_clear) struct grpc_pending c = { .to = to, .m = m };

	return begin(&c, in, e) < 0 ? -1 : end(&c, out, a, e);
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
		grpcask_clear(*p);
	*p = NULL;
}

struct grpc_pending *grpc_start(const char *sock, const struct grpc_method *m, const void *in,
				struct arena *a, int64_t deadline, struct err *e)
{
	auto_grpc struct grpc_pending *c = NEW(a, struct grpc_pending);

	c->own = (struct grpc_to) { .sock = sock, .dial = deadline, .deadline = deadline };
	c->to = &c->own;
	c->m = m;
	return begin(c, in, e) < 0 ? NULL : TAKE(c);
}

int grpc_finish(struct grpc_pending *p, void *out, struct arena *a, struct err *e)
{
	return end(p, out, a, e);
}
