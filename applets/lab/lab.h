/* SPDX-License-Identifier: Apache-2.0 */
/* lab.h - one running simulated VPC: the process that is its router, its AWS and its nodes' parent.
 */
#pragma once
#include "acmlab.h"
#include "httpd.h"
#include "labapi.h"
#include "loop.h"
#include "nl.h"
#include "world.h"

enum { LAB_MAX_NODES = 64, IMDS_PORT = 80, DNS_PORT = 53 };

/* One node's process: PID 1 of its namespaces. */
struct node {
	struct lab *lab;
	struct instance *i;
	int pid;      /* in the lab's pid namespace */
	int netns;    /* descriptor of its network namespace */
	int go;       /* writing a byte lets its agent start */
	struct nl nl; /* open inside it */
};

struct dns { /* one socket of the resolver */
	struct watch w;
	struct lab *lab;
};

struct lab {
	const char *name;   /* "default" */
	const char *vpcbox; /* the executable that the nodes run */
	const char *env;    /* for their agents: "NAME=VALUE NAME=VALUE" */
	struct world w;
	struct loop *loop;
	struct elb elb;
	struct acm acm;
	struct api api;
	struct nl nl; /* in the router's namespace, which is the process's own */
	int internet; /* descriptor of the Internet's network namespace */
	struct node nodes[LAB_MAX_NODES];
	size_t nnodes;
	struct httpd *imds, *aws, *echo, *control;
	struct dns dns[3];
	struct balancer *balancer;
	struct watch signals;
	bool stopping;
	struct fault *faults;
	int fault_ids;
};

struct lab_options {
	struct world_config world;
	const char *name, *vpcbox, *env;
	bool detach;
};
/* Build the world in namespaces of its own. Returns when every node is ready, after its summary was
 * printed; *pid is the lab's process, a child. Unless detached it is killed when the caller dies.
 */
MUST int lab_start(const struct lab_options *o, int *pid, struct err *e);
/* The same, and stay with it in the foreground until a signal ends it, or, detached, leave it. Exit
 * status. */
int lab_up(const struct lab_options *o);

/* The vpcbox that nodes run: given, or the one beside this program; NULL: there is none. out holds
 * PATH_MAX. */
const char *lab_vpcbox(const char *given, char out[]);

/* Where the control socket of a lab lies: an abstract address, so that nothing is left when the
 * process dies. */
void lab_socket(const char *name, char *out, size_t size);
/* Addresses of the services inside the VPC: base + 2 (resolver), base + 10 (AWS's endpoint). */
struct ip lab_vpc_ip(const struct world *w, uint32_t n);
struct cidr lab_public(void);    /* 203.0.113.0/24, RFC 5737 */
struct ip lab_echo_ip(void);     /* 198.51.100.80: ifconfig.co */
struct ip lab_internet_ip(void); /* 8.8.8.8 */
