/* SPDX-License-Identifier: Apache-2.0 */
/* lbwant.h - what the model of Elastic Load Balancing asks for on the wire, at elb.now: pure. */
#pragma once
#include "elb.h"

/* One load balancer in one zone: an interface with its addresses. */
struct want_node {
	const char *key; /* "LB-ARN SUBNET": identity */
	const struct lb *lb;
	const struct elb_zone *zone;
};
enum lb_kind { LB_TCP, LB_UDP, LB_HTTP };
/* A listener in one zone of an active load balancer. */
struct want_socket {
	const char *key; /* "LISTENER-ARN SUBNET PROTOCOL PORT" */
	const char *node;
	const struct listener *of;
	enum lb_kind kind;
	int port;
};
/* A target whose health is checked, from the nodes of the load balancers that use its group. */
struct want_check {
	const char *key; /* "GROUP-ARN ID PORT SINCE" */
	const struct tgroup *g;
	struct target *t;
};
struct lb_want {
	struct want_node *nodes;
	size_t nnodes;
	struct want_socket *sockets;
	size_t nsockets;
	struct want_check *checks;
	size_t nchecks;
	int64_t next; /* when the model says something else by itself; 0: never */
};
void lb_want(struct elb *b, struct lb_want *out, struct arena *a);

/* Where a target is: its address and port (of an instance its primary one). Load balancers as
 * targets are no address. */
bool target_at(const struct elb *b, const struct tgroup *g, const struct target *t, struct ip *ip);
/* The attribute of a group is "true". */
bool group_flag(const struct tgroup *g, const char *key);
