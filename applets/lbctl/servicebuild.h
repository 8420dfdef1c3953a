/* SPDX-License-Identifier: Apache-2.0 */
/* servicebuild.h - a Service's stack while it is being built: what its parts tell each other. */
#pragma once
#include "annot.h"
#include "model.h"
#include "vpcnet.h"

#define LB_ID "LoadBalancer"
#define SG_ID "ManagedLBSecurityGroup"

/* What AWS never grants more of, whatever the quota; and what bounds our own work. */
enum { MOST_PORTS = 500, MOST_SG_RULES = 1000 };

struct service_build {
	const struct lbconfig *c;
	const struct kube_service *s;
	struct facts *f;
	struct stack *out;
	struct arena *a;
	struct annotations l;

	bool internal, dualstack;
	struct subnet_list subnets;
	struct tags tags;         /* of everything */
	struct strs groups;       /* security groups of the load balancer: ids and references */
	const char *peer;         /* the group that nodes and pods shall let in, or NULL */
	bool unmanaged;           /* no rules of nodes and pods are to be kept */
	struct strs certificates; /* ARNs */
	struct strs tls_ports;    /* of those, which ports; none: all */
	const char *ssl_policy;
};
/* A port that gets a listener: protocol is TCP, UDP or TCP_UDP. */
struct service_port {
	const struct kube_service_port *port;
	const char *protocol;
	struct int_or_str target; /* what EndpointSlices are asked for */
};
/* How a target group's health is asked for; port 0: the traffic's. */
struct service_health {
	const char *protocol, *path, *codes;
	int64_t port, interval_s, timeout_s, healthy, unhealthy;
};
/* What the rules for nodes and pods depend on. */
struct service_traffic {
	const char *protocol;     /* of the target group */
	struct int_or_str target; /* node port, or the Service's target port */
	int64_t health_port;      /* 0: the same */
	bool ipv6, preserve;      /* clients' addresses are seen */
};

/* scheme, address type, subnets */
MUST int service_place(struct service_build *b, struct err *e);
/* The load balancer; its security groups are there. */
MUST int service_load_balancer(struct service_build *b, struct err *e);
MUST int service_subnet_mappings(struct service_build *b, const char *source_nat,
				 struct elb_subnet_mappings *out, struct err *e);
MUST int service_groups(struct service_build *b, struct err *e);
MUST int service_listeners(struct service_build *b, struct err *e);
/* The target group of a port, made once, and its binding; *out is its id. protocol: TCP, UDP,
 * TCP_UDP, TLS. */
MUST int service_target_group(struct service_build *b, const struct service_port *p,
			      const char *protocol, const char **out, struct err *e);
MUST int service_health(struct service_build *b, bool ip_targets, struct service_health *out,
			struct err *e);
MUST int service_tg_attributes(struct service_build *b, int64_t port, bool ip_targets,
			       struct tags *out, bool *preserve, struct err *e);
/* *out NULL: no rules are ours. */
MUST int service_networking(struct service_build *b, const struct service_traffic *t,
			    const struct kube_networking **out, struct err *e);
/* Who may connect, as written: the Service's own list, else the annotation's, else none. Each is a
 * CIDR. */
MUST int service_sources(struct service_build *b, struct strs *out, struct err *e);

/* The value of an annotation that is one of those words; EINVAL: "unknown WHAT: VALUE". 1, 0, -1.
 */
MUST int service_word(struct service_build *b, enum annot_id id, const char *what,
		      const char *const *words, const char **out, struct err *e);
