/* SPDX-License-Identifier: Apache-2.0 */
/* lbroom.h - what the files of the load balancers share: nodes, their sockets, and who owns what.
 */
#pragma once
#include "balancer.h"
#include "lbwant.h"
#include "nl.h"

enum { LB_ARN = 200, LB_FLOWS = 10000, LB_UDP_FLOWS = 2000 };

struct lb_socket {
	struct lb_socket *next;
	struct lb_node *node;
	char key[LB_ARN + 64]; /* want_socket.key */
	const struct listener *of;
	enum lb_kind kind;
	int port;
	struct watch w;           /* TCP and UDP */
	struct alb_listener *alb; /* HTTP */
	struct udp_flow *udp;     /* its flows */
};
struct lb_node {
	struct lb_node *next;
	struct balancer *b;
	char key[LB_ARN + WORLD_ID]; /* want_node.key */
	char lb[LB_ARN];
	char zone[WORLD_NAME];
	struct eni *eni;
	struct ip ip;    /* its private address */
	int64_t gone_at; /* 0: it is wanted; else its interface goes then */
	struct lb_socket *sockets;
};
struct balancer {
	struct loop *loop;
	struct world *w;
	struct elb *elb;
	struct nl nl, nft;
	struct lb_node *nodes;
	struct lb_check *checks;
	struct tcp_flow *flows;
	size_t nflows, max_flows, nudp;
	struct probe_job *jobs; /* health checks under way, so many */
	size_t probing;
	struct timer next, probe, sweep;
	bool sweeping;
	bool stale; /* the router's rules are not those of the nodes */
};
/* For what nobody waits for. */
void lb_tell(int rc, const struct err *e);

/* ---- lbnode.c */

/* Interfaces and addresses, as wanted; those that go keep theirs as long as AWS takes. */
MUST int lbnode_sync(struct balancer *b, const struct lb_want *want, struct err *e);
MUST int lbsocket_sync(struct balancer *b, const struct lb_want *want, struct err *e);
/* Interfaces whose time is over go; when the next does, 0: none. */
int64_t lbnode_bury(struct balancer *b);
void lbnode_free_all(struct balancer *b);
/* The node of a load balancer in a zone, else any; NULL: it has none. */
struct lb_node *lbnode_find(const struct balancer *b, const char *lb, const char *zone);

/* ---- lbwire.c: the router's part, as rules of nf_tables and of routing */

/* Once; then after each change of nodes: public addresses lead to private ones, from the Internet
 * and from the VPC; answers to clients' own addresses come back to us. */
MUST int lbwire_init(struct balancer *b, struct err *e);
MUST int lbwire_sync(struct balancer *b, struct err *e);

/* ---- nlbtcp.c, nlbudp.c: flows */

/* Who a flow goes to: it may leave the model while the flow lasts. */
struct lb_tid {
	char group[LB_ARN], id[LB_ARN];
	int port;
};
void lb_tid_set(struct lb_tid *out, const struct tgroup *g, const struct target *t);
bool lb_tid_is(const struct lb_tid *x, const struct tgroup *g, const struct target *t);
/* Must a flow to it end, because its deregistration is over? */
bool lb_tid_over(const struct balancer *b, const struct lb_tid *x);

void nlb_tcp_accept(struct lb_socket *s);
void nlb_udp_receive(struct lb_socket *s);
/* Of a target that has become unhealthy, of a node that goes, of targets that are gone, of
 * idleness. */
void nlb_tcp_failed(struct balancer *b, const struct tgroup *g, const struct target *t);
void nlb_tcp_drop(struct balancer *b, const struct lb_node *n);
void nlb_tcp_sweep(struct balancer *b, int64_t now);
void nlb_udp_close(struct lb_socket *s);
void nlb_udp_sweep(struct lb_socket *s, int64_t now);
void balancer_sweep_soon(struct balancer *b);
/* Where a node sends what is for a target. */
bool lb_target_at(const struct balancer *b, const struct lb_node *n, const struct tgroup *g,
		  const struct target *t, struct ip *ip);
/* A socket that reaches a target, from the node's address or, marked, from the client's; -1 with
 * errno. from NULL: the node's. */
struct sockaddr_in;
int lb_connect(const struct lb_node *n, int type, const struct sockaddr_in *from,
	       const struct sockaddr_in *to);

/* ---- lbcheck.c: health checks */

void lbcheck_sync(struct balancer *b, const struct lb_want *want);
struct elb_health lbcheck_health(void *arg, const struct tgroup *g, const struct target *t);
void lbcheck_node_gone(struct balancer *b, const struct lb_node *n);
void lbcheck_free_all(struct balancer *b);
