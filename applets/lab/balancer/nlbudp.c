/* SPDX-License-Identifier: Apache-2.0 */
/* nlbudp.c - UDP through a network load balancer: a flow is a client's address and port; it goes to
 * one target until it has been silent for 120 s. Answers leave from the load balancer's address.
 * With proxy protocol each datagram has its header. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "lbroom.h"
#include "nlb.h"

enum { IDLE_MS = 120000, DATAGRAMS = 64, DATAGRAM = 65536 };

struct udp_flow {
	struct udp_flow *next;
	struct lb_socket *s;
	struct lb_tid tid;
	struct sockaddr_in from;
	struct watch w; /* the socket to the target */
	bool header;
	struct nlb_key key;
	int64_t moved;
};

static char piece[NLB_PP2 + DATAGRAM]; /* the loop has one thread */

static void flow_free(struct udp_flow *f)
{
	struct udp_flow **at = &f->s->udp;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->s->node->b->nudp--;
	watch_close(&f->w);
	free(f);
}

/* Of all load balancers the one that was silent for the longest. */
static void make_room(struct balancer *b)
{
	struct udp_flow *oldest = NULL;

	for (struct lb_node *n = b->nodes; n; n = n->next)
		for (struct lb_socket *s = n->sockets; s; s = s->next)
			for (struct udp_flow *f = s->udp; f; f = f->next)
				if (!oldest || f->moved < oldest->moved)
					oldest = f;
	if (oldest)
		flow_free(oldest);
}

static void on_answer(struct watch *w, uint32_t events)
{
	struct udp_flow *f = OWNER(w, struct udp_flow, w);

	(void)events;
	for (int i = 0; i < DATAGRAMS; i++) {
		ssize_t n = recv(w->fd, piece, sizeof(piece), 0);

		if (n < 0 && errno == ECONNREFUSED)
			continue; /* the target has no such port; another datagram may find one */
		if (n < 0)
			return;
		f->moved = now_ms();
		(void)sendto(f->s->w.fd, piece, (size_t)n, 0, (struct sockaddr *)&f->from,
			     sizeof(f->from));
	}
}

static struct udp_flow *find(struct lb_socket *s, const struct sockaddr_in *from)
{
	struct udp_flow *f = s->udp;

	while (f && (f->from.sin_port != from->sin_port ||
		     f->from.sin_addr.s_addr != from->sin_addr.s_addr))
		f = f->next;
	return f;
}

static int open_socket(struct lb_socket *s, const struct sockaddr_in *from,
		       const struct nlb_choice *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->t->port) };
	bool keep = group_flag(c->g, "preserve_client_ip.enabled");
	struct ip ip;

	if (!lb_target_at(s->node->b, s->node, c->g, c->t, &ip))
		return -1;
	memcpy(&to.sin_addr, ip.b, 4);
	return lb_connect(s->node, SOCK_DGRAM, keep ? from : NULL, &to);
}

static struct udp_flow *start(struct lb_socket *s, const struct sockaddr_in *from)
{
	struct balancer *b = s->node->b;
	struct nlb_key k = { .udp = true,
			     .from = { .family = IP_V4 },
			     .from_port = ntohs(from->sin_port),
			     .to = s->node->ip,
			     .to_port = (uint16_t)s->port };
	struct nlb_choice c;
	struct udp_flow *f;
	struct err e = { 0 };
	int fd;

	memcpy(k.from.b, &from->sin_addr, 4);
	b->elb->now = now_ms();
	if (!nlb_choose(b->elb, s->of, s->node->zone, &k, &c))
		return NULL;
	if (b->nudp >= LB_UDP_FLOWS)
		make_room(b);
	fd = open_socket(s, from, &c);
	if (fd < 0)
		return NULL;
	f = xalloc(sizeof(*f));
	*f = (struct udp_flow) { .next = s->udp, .s = s, .from = *from, .key = k };
	f->header = group_flag(c.g, "proxy_protocol_v2.enabled");
	lb_tid_set(&f->tid, c.g, c.t);
	s->udp = f;
	b->nudp++;
	f->w.fn = on_answer;
	if (watch_add(b->loop, &f->w, fd, EPOLLIN, &e) < 0) {
		lb_tell(-1, &e);
		flow_free(f);
		return NULL;
	}
	balancer_sweep_soon(b);
	return f;
}

void nlb_udp_receive(struct lb_socket *s)
{
	struct sockaddr_in from;

	for (int i = 0; i < DATAGRAMS; i++) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(s->w.fd, piece + NLB_PP2, DATAGRAM, 0,
				     (struct sockaddr *)&from, &len);
		struct udp_flow *f;
		size_t skip;

		if (n < 0)
			return;
		f = find(s, &from);
		if (!f)
			f = start(s, &from);
		if (!f)
			continue;
		f->moved = now_ms();
		if (f->header)
			nlb_pp2(&f->key, (uint8_t *)piece);
		skip = f->header ? 0 : NLB_PP2;
		(void)send(f->w.fd, piece + skip, (size_t)n + NLB_PP2 - skip, 0);
	}
}

void nlb_udp_close(struct lb_socket *s)
{
	while (s->udp)
		flow_free(s->udp);
}

void nlb_udp_sweep(struct lb_socket *s, int64_t now)
{
	struct udp_flow *next;

	for (struct udp_flow *f = s->udp; f; f = next) {
		next = f->next;
		if (now - f->moved > IDLE_MS || lb_tid_over(s->node->b, &f->tid))
			flow_free(f);
	}
}
