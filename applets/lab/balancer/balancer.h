/* SPDX-License-Identifier: Apache-2.0 */
/* balancer.h - load balancers that carry traffic: what Elastic Load Balancing's model (elb.h) says
 * is turned into addresses, listening sockets, flows and health checks. On the loop thread. */
#pragma once
#include "elb.h"
#include "loop.h"

enum { LB_MARK = 0x2b1 }; /* of packets that leave with a client's own address (SO_MARK) */

struct balancer;
struct lb_node; /* one load balancer in one zone: its ENI's address and its sockets */

/* What lives in the namespace of the caller, the VPC's router. Health of targets is what is checked
 * from now on (elb.health). */
MUST struct balancer *balancer_new(struct loop *l, struct world *w, struct elb *elb, struct err *e);
void balancer_free(struct balancer **b);
/* Make sockets and checks what the model says now: after each action of ELBv2, and by itself when a
 * time comes at which the model changes. */
void balancer_sync(struct balancer *b);
/* Addresses of a load balancer's name, as its DNS answers: public ones when it is internet-facing
 * and asked from outside the VPC too, only zones with healthy targets unless there are none; n is
 * at most max. */
size_t balancer_resolve(struct balancer *b, const char *name, struct ip out[], size_t max);

/* ---- between an address and an ALB (alb.c) */

/* The sockets of an HTTP or HTTPS listener in one zone. fd is bound and listens, it is taken. */
struct alb_listener;
MUST struct alb_listener *alb_listen(struct loop *l, struct elb *elb, const struct listener *of,
				     struct ip node, int fd, struct err *e);
/* Rules, actions and attributes are looked up at each request; certificates when this is called. */
void alb_changed(struct alb_listener *a);
void alb_close(struct alb_listener **a);
