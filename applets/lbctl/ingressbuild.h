/* SPDX-License-Identifier: Apache-2.0 */
/* ingressbuild.h - a group's stack while it is being built: what its parts tell each other. A
 * function that takes a part fails with EINVAL when that member is wrong by itself; every other
 * failure ends the whole. */
#pragma once
#include "annot.h"
#include "model.h"
#include "vpcnet.h"

#define LB_ID "LoadBalancer"
#define SG_ID "ManagedLBSecurityGroup"

/* What one member says of a port that it listens on. */
struct ingress_port {
	int64_t port;
	bool https;
	const char *ssl_policy;   /* NULL: nothing */
	struct strs certificates; /* ARNs */
	bool mutual_off;          /* mutual-authentication: its mode is off */
};
/* One rule, of every port on which its member listens. */
struct ingress_rule {
	struct elb_conditions conditions;
	struct elb_actions actions;
	const struct tags *tags;
	const char *from; /* "Ingress NS/NAME, HOST PATH", for people */
};
struct ingress_rules {
	struct ingress_rule *v;
	size_t n;
};
/* A member. */
struct ingress_part {
	const struct kube_ingress *i;
	const struct kube_class_params *p; /* NULL: none */
	const char *key;                   /* "ns/name" */
	struct annotations l;
	struct ingress_port *ports; /* sorted by port */
	size_t nports;
	struct strs cidrs, lists; /* who may connect; sorted sets; both empty: nothing is said */
	struct tags tags;         /* its own and its class's, without the defaults */
	struct tags rule_tags;
	struct ingress_rules rules;
	const struct elb_actions *fallback; /* of spec.defaultBackend */
	bool wrong;                         /* rules and fallback are left out */
};
/* A port of the load balancer: what its members say, merged. */
struct ingress_listener {
	int64_t port;
	bool https, mutual_off;
	const char *ssl_policy;
	struct strs cidrs, lists, certificates;
};

struct ingress_build {
	const struct lbconfig *c;
	const struct ingress_group *g;
	const struct model_objects *o;
	struct facts *f;
	struct stack *out;
	struct member_errors *bad;
	struct arena *a;

	struct ingress_part *parts;
	size_t n;
	struct ingress_listener *listeners; /* sorted by port */
	size_t nlisteners;
	struct ingress_names *names; /* of certificates; NULL: not looked at yet */

	const char *scheme, *address_type;
	bool dualstack;
	const char *redirect; /* the port to which HTTP listeners redirect, or NULL */
	struct strs groups;   /* security groups of the load balancer: ids and references */
	const char *peer;     /* the group that nodes and pods shall let in, or NULL */
};

/* ---- members by themselves (ports: model_ingress_port.c, certificates: _cert.c) */
MUST int ingress_tags(struct ingress_build *b, struct ingress_part *m, struct err *e);
MUST int ingress_ports(struct ingress_build *b, struct ingress_part *m, struct err *e);
/* What certificates the member names: 1 when it does. */
int ingress_certificates(struct ingress_build *b, const struct ingress_part *m, struct strs *out);
/* Those that ACM has for its hosts. */
MUST int ingress_found_certificates(struct ingress_build *b, const struct ingress_part *m,
				    struct strs *out, struct err *e);
/* NULL: it does not listen there. */
const struct ingress_port *ingress_port_of(const struct ingress_part *m, int64_t port);

/* ---- the whole */
MUST int ingress_merge_ports(struct ingress_build *b, struct err *e);
MUST int ingress_redirect(struct ingress_build *b, struct err *e); /* 9.4 */
/* scheme and address type */
MUST int ingress_place(struct ingress_build *b, struct err *e);
MUST int ingress_groups(struct ingress_build *b, struct err *e);
MUST int ingress_load_balancer(struct ingress_build *b, struct err *e);
MUST int ingress_subnets(struct ingress_build *b, struct elb_subnet_mappings *out, struct err *e);
MUST int ingress_listeners(struct ingress_build *b, struct err *e);
/* Tags of what the members on that port share (0: all of them), with the default ones. */
MUST int ingress_shared_tags(struct ingress_build *b, int64_t port, struct tags *out,
			     struct err *e);

/* ---- rules and what they lead to */
/* The rules and the fallback of a member; target groups and bindings go to `to`. */
MUST int ingress_rules_of(struct ingress_build *b, struct ingress_part *m, struct stack *to,
			  struct err *e);
MUST int ingress_fallback_of(struct ingress_build *b, struct ingress_part *m, struct stack *to,
			     struct err *e);
MUST int ingress_conditions(struct ingress_build *b, const struct ingress_part *m,
			    const struct kube_rule *r, const struct kube_path *p,
			    struct elb_conditions *out, struct err *e);
/* What annotations say in addition to a rule's host and path. */
struct ingress_extra {
	struct elb_conditions others; /* headers, methods, queries, sources, in their order */
	struct strs hosts, host_regexes, paths, path_regexes;
};
MUST int ingress_extra_conditions(struct ingress_build *b, const struct ingress_part *m,
				  const char *name, struct ingress_extra *out, struct err *e);
MUST int ingress_backend(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
			 const struct kube_backend *backend, struct elb_actions *out,
			 struct err *e);
/* actions.NAME: read and checked, not yet made of target groups. */
struct ingress_target {
	const char *arn, *name, *service; /* one of them */
	struct int_or_str port;           /* of a service */
	struct shape_num weight;
};
struct ingress_action {
	const struct elb_redirect *redirect; /* one of redirect, fixed_response, targets */
	const struct elb_fixed_response *fixed_response;
	struct ingress_target *targets;
	size_t ntargets;
	enum shape_flag sticky;
	struct shape_num sticky_s;
};
MUST int ingress_action(const struct annotations *l, const char *name, struct ingress_action *out,
			struct arena *a, struct err *e);
/* The target group of a Service's port: *id, made once in `to`. ENOENT: there is no such Service.
 */
MUST int ingress_target_group(struct ingress_build *b, const struct ingress_part *m,
			      struct stack *to, const struct ingress_target *t, const char **id,
			      struct err *e);
/* The rules that can still match, of a list in order (14.7); n shrinks. */
void ingress_optimise(const struct ingress_listener *at, struct ingress_rules *rules,
		      struct arena *a);

/* ---- words */
struct strs ingress_set(const struct strs *l, struct arena *a); /* sorted, each once */
bool ingress_same(const struct strs *a, const struct strs *b);
const char *ingress_bracketed(const struct strs *l, struct arena *a); /* "[a b]" */
bool ingress_has(const struct strs *l, const char *s);
