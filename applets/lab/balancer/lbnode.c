/* SPDX-License-Identifier: Apache-2.0 */
/* lbnode.c - load balancers in their zones: interfaces that EC2 shows, addresses on the router,
 * listening sockets. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "clock.h"
#include "diff.h"
#include "iface.h"
#include "lab.h"
#include "lbroom.h"

enum { BACKLOG = 1024, PUBLIC_FIRST = 75, PUBLIC_LAST = 253 };

struct lb_node *lbnode_find(const struct balancer *b, const char *lb, const char *zone)
{
	struct lb_node *any = NULL;

	for (struct lb_node *n = b->nodes; n; n = n->next) {
		if (n->gone_at || strcmp(n->lb, lb) != 0)
			continue;
		if (strcmp(n->zone, zone) == 0)
			return n;
		any = any ? any : n;
	}
	return any;
}

/* ---- addresses ---- */

static bool public_taken(const struct balancer *b, struct ip ip)
{
	for (const struct lb_node *n = b->nodes; n; n = n->next)
		if (ip_eq(n->eni->public_ip, ip))
			return true;
	return false;
}

/* Between those of nodes and elastic ones there are 25; then elastic ones that nobody has. */
static struct ip public_free(const struct balancer *b)
{
	for (uint32_t i = PUBLIC_FIRST; i <= PUBLIC_LAST; i++) {
		struct ip ip = ip_add(lab_public().ip, i);

		if (!public_taken(b, ip) && !world_by_ip(b->w, ip))
			return ip;
	}
	return (struct ip) { 0 };
}

/* What was asked for in each zone, if nobody has it. */
static void settle_addresses(struct balancer *b, struct eni *eni, const struct want_node *want)
{
	const struct elb_zone_ip *asked = want->zone->addresses.n ? want->zone->addresses.v : NULL;
	struct ip ip;

	if (asked && asked->private_ip && ip_parse(asked->private_ip, &ip) &&
	    !world_by_ip(b->w, ip))
		eni->ips[0].ip = ip;
	if (strcmp(want->lb->v->scheme, "internal") == 0)
		return;
	if (asked && asked->ip && ip_parse(asked->ip, &ip) && !public_taken(b, ip))
		eni->public_ip = ip;
	else
		eni->public_ip = public_free(b);
}

static int lo_addr(struct balancer *b, struct ip ip, bool there, struct err *e)
{
	struct addr a = { .ip = cidr_host(ip) };
	struct iface lo;

	if (iface_get(&b->nl, "lo", &lo, e) < 0)
		return -1;
	a.index = lo.index;
	return there ? addr_ensure(&b->nl, &a, e) : addr_remove(&b->nl, &a, e);
}

/* ---- interfaces ---- */

/* True: they were others. */
static bool eni_groups(struct eni *eni, const struct strs *groups)
{
	struct eni before = *eni;

	snprintf(eni->group, sizeof(eni->group), "%s", groups->n ? groups->v[0] : "");
	for (size_t i = 0; i < COUNT(eni->more_groups); i++)
		snprintf(eni->more_groups[i], sizeof(eni->more_groups[i]), "%s",
			 i + 1 < groups->n ? groups->v[i + 1] : "");
	return strcmp(before.group, eni->group) != 0 ||
	       memcmp(before.more_groups, eni->more_groups, sizeof(eni->more_groups)) != 0;
}

static void eni_delete(struct balancer *b, struct eni *eni)
{
	struct err e = { 0 };

	eni->service = NULL;
	lb_tell(world_delete(b->w, eni, &e), &e);
}

static int eni_make(struct balancer *b, const struct want_node *want, struct eni **out,
		    struct err *e)
{
	struct subnet *s = world_subnet(b->w, want->zone->subnet);
	const char *id = strstr(want->lb->v->arn, ":loadbalancer/");
	bool app = lb_is_app(want->lb);
	char text[256];
	struct eni *n;

	snprintf(text, sizeof(text), "ELB %s", id ? id + strlen(":loadbalancer/") : "");
	if (!s)
		return fail(e, ENOENT, "no subnet %s", want->zone->subnet);
	if (world_create(b->w, s, text, 0, &n, e) < 0)
		return -1;
	n->service = app ? "interface" : "network_load_balancer";
	n->attach_s = wall_s();
	world_id(b->w, "ela-attach-", n->attachment, sizeof(n->attachment));
	settle_addresses(b, n, want);
	if (lo_addr(b, n->ips[0].ip, true, e) < 0) {
		eni_delete(b, n);
		return wrap(e, "%s", text);
	}
	*out = n;
	return 0;
}

static int cmp_node(const void *a, const void *b)
{
	return strcmp(((const struct want_node *)a)->key, ((const struct want_node *)b)->key);
}

static struct lb_node *node_by_key(struct balancer *b, const char *key)
{
	struct lb_node *n = b->nodes;

	while (n && (n->gone_at || strcmp(n->key, key) != 0))
		n = n->next;
	return n;
}

static int node_add(void *ctx, const void *want, struct err *e)
{
	struct balancer *b = ctx;
	const struct want_node *w = want;
	struct lb_node **at = &b->nodes, *n;
	struct eni *eni;

	if (eni_make(b, w, &eni, e) < 0)
		return -1;
	while (*at)
		at = &(*at)->next;
	*at = n = xalloc(sizeof(*n));
	*n = (struct lb_node) { .b = b, .eni = eni, .ip = eni->ips[0].ip };
	snprintf(n->key, sizeof(n->key), "%s", w->key);
	snprintf(n->lb, sizeof(n->lb), "%s", w->lb->v->arn);
	snprintf(n->zone, sizeof(n->zone), "%s", w->zone->name);
	b->stale = true;
	return 0;
}

static void socket_free(struct lb_socket *s);

static int node_del(void *ctx, const void *have, struct err *e)
{
	struct balancer *b = ctx;
	struct lb_node *n = node_by_key(b, ((const struct want_node *)have)->key);

	(void)e;
	while (n->sockets) {
		struct lb_socket *s = n->sockets;

		n->sockets = s->next;
		socket_free(s);
	}
	nlb_tcp_drop(b, n);
	n->gone_at = b->elb->now + b->elb->c.release_ms;
	lbcheck_node_gone(b, n);
	return 0;
}

int lbnode_sync(struct balancer *b, const struct lb_want *want, struct err *e)
{
	static const struct diff d = {
		.size = sizeof(struct want_node), .cmp = cmp_node, .add = node_add, .del = node_del
	};
	auto_arena struct arena a = { 0 };
	struct want_node *have;
	size_t n = 0;
	int rc;

	for (const struct lb_node *at = b->nodes; at; at = at->next)
		n += !at->gone_at;
	have = arena_get(&a, (n + 1) * sizeof(*have));
	n = 0;
	for (const struct lb_node *at = b->nodes; at; at = at->next)
		if (!at->gone_at)
			have[n++].key = at->key;
	rc = diff_apply(&d, want->nodes, want->nnodes, have, n, b, e);
	for (size_t i = 0; i < want->nnodes; i++) {
		struct lb_node *at = node_by_key(b, want->nodes[i].key);

		if (at && eni_groups(at->eni, &want->nodes[i].lb->v->security_groups))
			b->stale = true;
	}
	return rc;
}

static void node_free(struct balancer *b, struct lb_node *n)
{
	struct err e = { 0 };

	lb_tell(lo_addr(b, n->ip, false, &e), &e);
	eni_delete(b, n->eni);
	free(n);
	b->stale = true;
}

int64_t lbnode_bury(struct balancer *b)
{
	struct lb_node **at = &b->nodes;
	int64_t next = 0;

	while (*at) {
		struct lb_node *n = *at;

		if (n->gone_at && n->gone_at <= b->elb->now) {
			*at = n->next;
			node_free(b, n);
			continue;
		}
		if (n->gone_at && (!next || n->gone_at < next))
			next = n->gone_at;
		at = &n->next;
	}
	return next;
}

void lbnode_free_all(struct balancer *b)
{
	struct lb_want none = { 0 };
	struct err e;

	(void)!lbnode_sync(b, &none, &e);
	while (b->nodes) {
		struct lb_node *n = b->nodes;

		b->nodes = n->next;
		node_free(b, n);
	}
}

/* ---- sockets ---- */

static void socket_free(struct lb_socket *s)
{
	nlb_udp_close(s);
	watch_close(&s->w);
	if (s->alb)
		alb_close(&s->alb);
	free(s);
}

static void on_socket(struct watch *w, uint32_t events)
{
	struct lb_socket *s = OWNER(w, struct lb_socket, w);

	(void)events;
	if (s->kind == LB_UDP)
		nlb_udp_receive(s);
	else
		nlb_tcp_accept(s);
}

static int bind_socket(const struct lb_socket *s, int *out, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port) };
	int type = s->kind == LB_UDP ? SOCK_DGRAM : SOCK_STREAM, one = 1;
	auto_fd int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(e, errno, "socket of a load balancer:");
	memcpy(&at.sin_addr, s->node->ip.b, 4);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		return fail(e, errno, "listen on %s port %d:", ip_text(s->node->ip).s, s->port);
	*out = TAKE(fd);
	return 0;
}

static int socket_open(struct lb_socket *s, struct err *e)
{
	struct balancer *b = s->node->b;
	int fd = 0;

	if (bind_socket(s, &fd, e) < 0)
		return -1;
	if (s->kind == LB_HTTP) {
		s->alb = alb_listen(b->loop, b->elb, s->of, s->node->ip, fd, e);
		return s->alb ? 0 : -1;
	}
	s->w.fn = on_socket;
	return watch_add(b->loop, &s->w, fd, EPOLLIN, e);
}

static int cmp_socket(const void *a, const void *b)
{
	return strcmp(((const struct want_socket *)a)->key, ((const struct want_socket *)b)->key);
}

static int socket_add(void *ctx, const void *want, struct err *e)
{
	const struct want_socket *w = want;
	struct lb_node *n = node_by_key(ctx, w->node);
	struct lb_socket *s;

	if (!n)
		return 0; /* its interface could not be made, which was said */
	s = xalloc(sizeof(*s));
	*s = (struct lb_socket) { .node = n, .of = w->of, .kind = w->kind, .port = w->port };
	snprintf(s->key, sizeof(s->key), "%s", w->key);
	if (socket_open(s, e) < 0) {
		socket_free(s);
		return -1;
	}
	s->next = n->sockets;
	n->sockets = s;
	return 0;
}

static int socket_del(void *ctx, const void *have, struct err *e)
{
	const struct want_socket *w = have;
	struct lb_socket **at = &node_by_key(ctx, w->node)->sockets, *s;

	(void)e;
	while (strcmp((*at)->key, w->key) != 0)
		at = &(*at)->next;
	s = *at;
	*at = s->next;
	socket_free(s);
	return 0;
}

int lbsocket_sync(struct balancer *b, const struct lb_want *want, struct err *e)
{
	static const struct diff d = { .size = sizeof(struct want_socket),
				       .cmp = cmp_socket,
				       .add = socket_add,
				       .del = socket_del };
	auto_arena struct arena a = { 0 };
	struct want_socket *have;
	size_t n = 0;
	int rc;

	for (struct lb_node *at = b->nodes; at; at = at->next)
		for (struct lb_socket *s = at->sockets; s; s = s->next)
			n++;
	have = arena_get(&a, (n + 1) * sizeof(*have));
	n = 0;
	for (struct lb_node *at = b->nodes; at; at = at->next)
		for (struct lb_socket *s = at->sockets; s; s = s->next)
			have[n++] = (struct want_socket) { .key = s->key, .node = at->key };
	rc = diff_apply(&d, want->sockets, want->nsockets, have, n, b, e);
	for (struct lb_node *at = b->nodes; at; at = at->next)
		for (struct lb_socket *s = at->sockets; s; s = s->next)
			if (s->alb)
				alb_changed(s->alb);
	return rc;
}
