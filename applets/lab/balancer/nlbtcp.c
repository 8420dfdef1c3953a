/* SPDX-License-Identifier: Apache-2.0 */
/* nlbtcp.c - TCP through a network load balancer: accepted, connected to a target, relayed both
 * ways with half-close; what one side does not take stays in one buffer, and the other is not read
 * meanwhile. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "lbroom.h"
#include "nlb.h"

enum { ACCEPTS = 32, PIECE = 64 * 1024, PIECES = 4, CONNECT_MS = 10000 };

struct end {
	struct watch w; /* w.loop NULL: nothing is waited for */
	uint32_t events;
	bool eof;       /* it will say no more */
	bool shut;      /* it has been told that no more comes */
	struct buf out; /* still to be sent to it, from sent on */
	size_t sent;
};
struct tcp_flow {
	struct tcp_flow *next, **at;
	struct lb_node *node;
	struct lb_tid tid;
	struct end client, target;
	bool connecting;
	int64_t moved, idle_ms;
};

/* ---- the life of a flow ---- */

static void end_free(struct end *x, bool reset)
{
	const struct linger now = { .l_onoff = 1 };

	if (reset && x->w.fd > 0)
		(void)setsockopt(x->w.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	watch_del(&x->w);
	fd_free(&x->w.fd);
	buf_free(&x->out);
}

static void flow_free(struct tcp_flow *f, bool reset)
{
	struct balancer *b = f->node->b;

	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	b->nflows--;
	end_free(&f->client, reset);
	end_free(&f->target, reset);
	free(f);
}

/* Nothing is watched without events: a peer that has hung up would be told of again and again. */
static bool expect(struct tcp_flow *f, struct end *x, uint32_t events)
{
	struct err e = { 0 };
	int rc = 0;

	if (events == x->events)
		return true;
	if (!events) {
		int fd = x->w.fd;

		watch_del(&x->w);
		x->w.fd = fd;
	} else if (!x->events) {
		rc = watch_add(f->node->b->loop, &x->w, x->w.fd, events, &e);
	} else {
		rc = watch_mod(&x->w, events, &e);
	}
	x->events = events;
	lb_tell(rc, &e);
	return rc == 0;
}

static uint32_t events_of(const struct tcp_flow *f, const struct end *x, const struct end *peer)
{
	uint32_t events = 0;

	if (f->connecting)
		return x == &f->target ? EPOLLOUT : 0;
	if (!x->eof && !peer->out.len)
		events |= EPOLLIN;
	if (x->out.len)
		events |= EPOLLOUT;
	return events;
}

static void settle(struct tcp_flow *f)
{
	bool over = f->client.shut && f->target.shut;

	if (over || !expect(f, &f->client, events_of(f, &f->client, &f->target)) ||
	    !expect(f, &f->target, events_of(f, &f->target, &f->client)))
		flow_free(f, !over);
}

/* ---- relaying: false, and the flow is to be reset ---- */

static bool passing(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void shut_after(struct end *from, struct end *to)
{
	if (!from->eof || to->out.len || to->shut)
		return;
	(void)shutdown(to->w.fd, SHUT_WR);
	to->shut = true;
}

static bool flush(struct end *from, struct end *to)
{
	ssize_t n;

	if (!to->out.len)
		return true;
	n = send(to->w.fd, to->out.p + to->sent, to->out.len - to->sent, MSG_NOSIGNAL);
	if (n < 0)
		return passing();
	to->sent += (size_t)n;
	if (to->sent < to->out.len)
		return true;
	buf_free(&to->out);
	to->sent = 0;
	shut_after(from, to);
	return true;
}

static bool pass(struct end *to, const char *p, size_t n)
{
	ssize_t did = send(to->w.fd, p, n, MSG_NOSIGNAL);

	if (did < 0 && !passing())
		return false;
	if (did < 0)
		did = 0;
	if ((size_t)did < n)
		buf_add(&to->out, p + did, n - (size_t)did);
	return true;
}

static bool pump(struct end *from, struct end *to)
{
	static char piece[PIECE]; /* the loop has one thread */

	for (int i = 0; i < PIECES && !from->eof && !to->out.len; i++) {
		ssize_t n = recv(from->w.fd, piece, sizeof(piece), 0);

		if (n < 0)
			return passing();
		from->eof = !n;
		if (n && !pass(to, piece, (size_t)n))
			return false;
		if (n < PIECE && n)
			break;
	}
	shut_after(from, to);
	return true;
}

static bool broken(const struct end *x)
{
	socklen_t len = sizeof(int);
	int error = 0;

	return getsockopt(x->w.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error;
}

static void on_client(struct watch *w, uint32_t events)
{
	struct tcp_flow *f = OWNER(w, struct tcp_flow, client.w);

	f->moved = now_ms();
	if ((events & EPOLLERR && broken(&f->client)) || !flush(&f->target, &f->client) ||
	    !pump(&f->client, &f->target))
		flow_free(f, true);
	else
		settle(f);
}

static void on_target(struct watch *w, uint32_t events)
{
	struct tcp_flow *f = OWNER(w, struct tcp_flow, target.w);

	f->moved = now_ms();
	if (f->connecting && (events & (EPOLLERR | EPOLLHUP) || broken(&f->target))) {
		flow_free(f, true);
		return;
	}
	f->connecting = false;
	if ((events & EPOLLERR && broken(&f->target)) || !flush(&f->client, &f->target) ||
	    !pump(&f->target, &f->client) || !pump(&f->client, &f->target))
		flow_free(f, true);
	else
		settle(f);
}

/* ---- accepting ---- */

static struct ip ip_of(const struct sockaddr_in *at)
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.b, &at->sin_addr, 4);
	return ip;
}

static void refuse(int fd)
{
	struct end x = { .w.fd = fd };

	end_free(&x, true);
}

static int64_t idle_ms(const struct listener *l)
{
	uint64_t s;

	if (!str_u64(attr_get(listener_attrs_on(l), l->attrs, "tcp.idle_timeout.seconds"), &s))
		s = 350;
	return (int64_t)s * 1000;
}

static void flow_start(struct lb_socket *s, int client, int target, const struct nlb_choice *to,
		       const struct nlb_key *k)
{
	struct tcp_flow *f = xalloc(sizeof(*f));
	struct balancer *b = s->node->b;
	uint8_t header[NLB_PP2];
	int one = 1;

	*f = (struct tcp_flow) { .next = b->flows, .at = &b->flows, .node = s->node };
	if (f->next)
		f->next->at = &f->next;
	b->flows = f;
	b->nflows++;
	f->client.w = (struct watch) { .fd = client, .fn = on_client };
	f->target.w = (struct watch) { .fd = target, .fn = on_target };
	f->connecting = true;
	f->moved = now_ms();
	f->idle_ms = idle_ms(s->of);
	lb_tid_set(&f->tid, to->g, to->t);
	(void)setsockopt(client, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(target, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	if (group_flag(to->g, "proxy_protocol_v2.enabled")) {
		nlb_pp2(k, header);
		buf_add(&f->target.out, header, sizeof(header));
	}
	balancer_sweep_soon(b);
	settle(f);
}

static void accepted(struct lb_socket *s, int client, const struct sockaddr_in *from)
{
	const struct nlb_key k = { .from = ip_of(from),
				   .from_port = ntohs(from->sin_port),
				   .to = s->node->ip,
				   .to_port = (uint16_t)s->port };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct balancer *b = s->node->b;
	struct nlb_choice choice;
	int target = -1;
	struct ip ip;

	b->elb->now = now_ms();
	if (b->nflows < b->max_flows && nlb_choose(b->elb, s->of, s->node->zone, &k, &choice) &&
	    lb_target_at(b, s->node, choice.g, choice.t, &ip)) {
		bool keep = group_flag(choice.g, "preserve_client_ip.enabled");

		memcpy(&to.sin_addr, ip.b, 4);
		to.sin_port = htons((uint16_t)choice.t->port);
		target = lb_connect(s->node, SOCK_STREAM, keep ? from : NULL, &to);
	}
	if (target < 0)
		refuse(client);
	else
		flow_start(s, client, target, &choice, &k);
}

void nlb_tcp_accept(struct lb_socket *s)
{
	struct sockaddr_in from;
	struct err e;

	for (int i = 0; i < ACCEPTS; i++) {
		socklen_t len = sizeof(from);
		int fd = accept4(s->w.fd, (struct sockaddr *)&from, &len,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			accepted(s, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE) {
			/* until the next sweep, which is due */
			(void)!watch_mod(&s->w, 0, &e);
			balancer_sweep_soon(s->node->b);
		}
		return;
	}
}

/* ---- from above ---- */

void nlb_tcp_failed(struct balancer *b, const struct tgroup *g, const struct target *t)
{
	struct tcp_flow *next;

	if (!group_flag(g, "target_health_state.unhealthy.connection_termination.enabled"))
		return;
	for (struct tcp_flow *f = b->flows; f; f = next) {
		next = f->next;
		if (lb_tid_is(&f->tid, g, t))
			flow_free(f, true);
	}
}

void nlb_tcp_drop(struct balancer *b, const struct lb_node *n)
{
	struct tcp_flow *next;

	for (struct tcp_flow *f = b->flows; f; f = next) {
		next = f->next;
		if (f->node == n)
			flow_free(f, true);
	}
}

void nlb_tcp_sweep(struct balancer *b, int64_t now)
{
	struct tcp_flow *next;
	struct err e;

	for (struct tcp_flow *f = b->flows; f; f = next) {
		int64_t most = f->connecting ? CONNECT_MS : f->idle_ms;

		next = f->next;
		if (now - f->moved > most || lb_tid_over(b, &f->tid))
			flow_free(f, true);
	}
	for (struct lb_node *n = b->nodes; n; n = n->next)
		for (struct lb_socket *s = n->sockets; s; s = s->next)
			if (s->kind == LB_TCP)
				(void)!watch_mod(&s->w, EPOLLIN, &e);
}
