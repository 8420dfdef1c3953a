/* SPDX-License-Identifier: Apache-2.0 */
/* balancer.c - load balancers that carry traffic: want from the model, step by step on the wire,
 * again when the model changes; and what their names resolve to. */
#include "balancer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "lbroom.h"
#include "nlb.h"
#include "sgroup.h"

enum { SPARE_FDS = 1000, SWEEP_MS = 500 };

void lb_tell(int rc, const struct err *e)
{
	if (rc < 0)
		dprintf(2, "vpcbox-lab: %s\n", e->msg);
}

/* ---- targets of flows ---- */

void lb_tid_set(struct lb_tid *out, const struct tgroup *g, const struct target *t)
{
	snprintf(out->group, sizeof(out->group), "%s", g->v->arn);
	snprintf(out->id, sizeof(out->id), "%s", t->id);
	out->port = t->port;
}

bool lb_tid_is(const struct lb_tid *x, const struct tgroup *g, const struct target *t)
{
	return x->port == t->port && strcmp(x->id, t->id) == 0 && strcmp(x->group, g->v->arn) == 0;
}

bool lb_tid_over(const struct balancer *b, const struct lb_tid *x)
{
	for (const struct tgroup *g = b->elb->groups; g; g = g->next) {
		if (strcmp(g->v->arn, x->group) != 0)
			continue;
		for (size_t i = 0; i < g->ntargets; i++)
			if (lb_tid_is(x, g, &g->targets[i]) &&
			    (!g->targets[i].drained_at || b->elb->now < g->targets[i].drained_at))
				return false;
		return group_flag(g, "deregistration_delay.connection_termination.enabled");
	}
	return false;
}

bool lb_target_at(const struct balancer *b, const struct lb_node *n, const struct tgroup *g,
		  const struct target *t, struct ip *ip)
{
	const struct lb_node *alb;

	if (strcmp(g->v->target_type, "alb") != 0)
		return target_at(b->elb, g, t, ip);
	alb = lbnode_find(b, t->id, n->zone);
	if (alb)
		*ip = alb->ip;
	return alb;
}

/* From a client's address and, if nobody has it, port. */
static int bind_source(int fd, const struct lb_node *n, const struct sockaddr_in *from)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int one = 1, mark = LB_MARK;

	if (!from) {
		memcpy(&at.sin_addr, n->ip.b, 4);
		(void)setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		return bind(fd, (struct sockaddr *)&at, sizeof(at));
	}
	at = *from;
	if (setsockopt(fd, SOL_IP, IP_TRANSPARENT, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return 0;
	at.sin_port = 0;
	return errno == EADDRINUSE ? bind(fd, (struct sockaddr *)&at, sizeof(at)) : -1;
}

int lb_connect(const struct lb_node *n, int type, const struct sockaddr_in *from,
	       const struct sockaddr_in *to)
{
	struct sockaddr_in any;

	for (int tries = 0; tries < 2; tries++) {
		auto_fd int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd < 0 || bind_source(fd, n, from) < 0)
			return -1;
		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 ||
		    errno == EINPROGRESS)
			return TAKE(fd);
		/* another flow of this client has this port and goes to the same target */
		if ((errno != EADDRNOTAVAIL && errno != EADDRINUSE) || !from)
			return -1;
		any = *from;
		any.sin_port = 0;
		from = &any;
	}
	return -1;
}

/* ---- sweeping ---- */

static void on_sweep(struct timer *t)
{
	struct balancer *b = OWNER(t, struct balancer, sweep);
	int64_t now = now_ms();

	b->sweeping = false;
	nlb_tcp_sweep(b, now);
	for (struct lb_node *n = b->nodes; n; n = n->next)
		for (struct lb_socket *s = n->sockets; s; s = s->next)
			nlb_udp_sweep(s, now);
	if (b->nflows || b->nudp)
		balancer_sweep_soon(b);
}

void balancer_sweep_soon(struct balancer *b)
{
	struct err e = { 0 };

	if (b->sweeping)
		return;
	b->sweeping = timer_set(b->loop, &b->sweep, SWEEP_MS, &e) == 0;
	lb_tell(b->sweeping ? 0 : -1, &e);
}

/* ---- sync ---- */

static void on_next(struct timer *t)
{
	balancer_sync(OWNER(t, struct balancer, next));
}

void balancer_sync(struct balancer *b)
{
	auto_arena struct arena a = { 0 };
	struct lb_want want;
	struct err e = { 0 };
	int64_t bury;

	b->elb->now = now_ms();
	lb_want(b->elb, &want, &a);
	lb_tell(lbnode_sync(b, &want, &e), &e);
	lb_tell(lbsocket_sync(b, &want, &e), &e);
	bury = lbnode_bury(b);
	if (b->stale) {
		lb_tell(lbwire_sync(b, &e), &e);
		sgroup_changed(b->w);
	}
	lbcheck_sync(b, &want);
	if (b->nflows || b->nudp)
		balancer_sweep_soon(b);
	if (bury && (!want.next || bury < want.next))
		want.next = bury;
	if (want.next)
		lb_tell(timer_set(b->loop, &b->next, want.next - b->elb->now, &e), &e);
}

static void on_changed(void *arg)
{
	balancer_sync(arg);
}

/* Two descriptors for each connection. Root may have more than it was given. */
static size_t flows_possible(void)
{
	const rlim_t want = 2 * LB_FLOWS + SPARE_FDS;
	struct rlimit r, more;
	size_t n;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 0;
	more = (struct rlimit) { want, r.rlim_max > want ? r.rlim_max : want };
	if (r.rlim_cur < want && setrlimit(RLIMIT_NOFILE, &more) == 0)
		return LB_FLOWS;
	if (r.rlim_cur < want && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	n = r.rlim_cur > SPARE_FDS ? (size_t)(r.rlim_cur - SPARE_FDS) / 2 : 10;
	return n < LB_FLOWS ? n : LB_FLOWS;
}

struct balancer *balancer_new(struct loop *l, struct world *w, struct elb *elb, struct err *e)
{
	struct balancer *b = xalloc(sizeof(*b));

	*b = (struct balancer) { .loop = l, .w = w, .elb = elb };
	b->max_flows = flows_possible();
	b->next.fn = on_next;
	b->sweep.fn = on_sweep;
	if (lbwire_init(b, e) < 0) {
		balancer_free(&b);
		return NULL;
	}
	elb->health = lbcheck_health;
	elb->health_arg = b;
	elb->checks = true;
	elb->changed = on_changed;
	elb->changed_arg = b;
	balancer_sweep_soon(b); /* its descriptor is there when others run out */
	return b;
}

void balancer_free(struct balancer **bp)
{
	struct balancer *b = *bp;

	if (!b)
		return;
	b->elb->health = NULL;
	b->elb->changed = NULL;
	b->elb->checks = false;
	lbcheck_free_all(b);
	lbnode_free_all(b);
	timer_stop(&b->next);
	timer_stop(&b->sweep);
	timer_stop(&b->probe);
	nl_close(&b->nl);
	nl_close(&b->nft);
	free(b);
	*bp = NULL;
}

/* ---- names ---- */

/* "NAME", "dualstack.NAME" or "ZONE.NAME"; zone is empty but for the last. */
static bool is_name(const struct lb *lb, const char *name, char zone[WORLD_NAME])
{
	const char *full = lb->v->dns_name, *dot;

	zone[0] = '\0';
	if (strcasecmp(name, full) == 0)
		return true;
	dot = strchr(name, '.');
	if (!dot || strcasecmp(dot + 1, full) != 0 || dot - name >= WORLD_NAME)
		return false;
	if (strncasecmp(name, "dualstack.", 10) == 0)
		return true;
	snprintf(zone, WORLD_NAME, "%.*s", (int)(dot - name), name);
	return true;
}

static bool public_scheme(const struct lb *lb)
{
	return strcmp(lb->v->scheme, "internal") != 0;
}

static size_t addresses(struct balancer *b, const struct lb *lb, const char *zone, bool healthy,
			struct ip out[], size_t max)
{
	size_t n = 0;

	for (const struct lb_node *at = b->nodes; at && n < max; at = at->next) {
		struct ip ip = public_scheme(lb) ? at->eni->public_ip : at->ip;

		if (at->gone_at || strcmp(at->lb, lb->v->arn) != 0 || !ip.family ||
		    (*zone && strcasecmp(at->zone, zone) != 0) ||
		    (healthy && !lb_zone_healthy(b->elb, lb, at->zone)))
			continue;
		out[n++] = ip;
	}
	return n;
}

size_t balancer_resolve(struct balancer *b, const char *name, struct ip out[], size_t max)
{
	char zone[WORLD_NAME];

	b->elb->now = now_ms();
	for (const struct lb *lb = b->elb->lbs; lb; lb = lb->next) {
		size_t n;

		if (!is_name(lb, name, zone))
			continue;
		n = *zone ? 0 : addresses(b, lb, zone, true, out, max);
		return n ? n : addresses(b, lb, zone, false, out, max);
	}
	return 0;
}
