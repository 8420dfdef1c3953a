/* SPDX-License-Identifier: Apache-2.0 */
/* stack.h - what one owner (a Service, a group of Ingresses) wants of AWS and of Kubernetes: the
 * model of both front ends, one day of a third. Made by model_*(), compared with what is there and
 * turned into steps by plan.h. Everything lives in the arena of whoever builds it. Resources are
 * what their create actions send (elbv2.h, ec2sg.h), without the tracking tags, which whoever sends
 * adds (track.h).
 *
 * Where an ARN or a group id is not known before its resource is made, the field holds a reference:
 * the text of the JSON pointer that the stack's JSON shows for it,
 * "#/resources/TYPE/ID/status/NAME" (spec-lbc-nlb 1.1). No ARN and no id begins with '#'. */
#pragma once
#include "ec2sg.h"
#include "elbv2.h"
#include "kubeobj.h"

#define STACK_SG "AWS::EC2::SecurityGroup"
#define STACK_LB "AWS::ElasticLoadBalancingV2::LoadBalancer"
#define STACK_TG "AWS::ElasticLoadBalancingV2::TargetGroup"
#define STACK_LISTENER "AWS::ElasticLoadBalancingV2::Listener"
#define STACK_RULE "AWS::ElasticLoadBalancingV2::ListenerRule"
#define STACK_BINDING "K8S::ElasticLoadBalancingV2::TargetGroupBinding"

/* The group that all load balancers of the cluster share, when it is not there yet: deploying makes
 * it first. Never in the stack's JSON. */
#define STACK_BACKEND_SG "#/backend-security-group"

/* id: the resource tag. */
struct stack_sg {
	const char *id, *name, *description;
	struct tags tags;
	struct ec2_permissions ingress; /* single-source each: one range, range6, list or peer */
};
struct stack_lb {
	const char *id;
	struct elb_create_load_balancer spec;
	struct tags attributes;    /* only these are managed; sorted by key */
	const char *private_link;  /* "on", "off"; NULL: not managed */
	struct shape_num capacity; /* units; set and 0: reset */
};
/* spec.ip_address_type is always set; it is sent when it is "ipv6". */
struct stack_tg {
	const char *id;
	struct elb_create_target_group spec;
	struct tags attributes; /* sorted by key */
};
/* spec.load_balancer is a reference; spec.certificates: all of them, the default first.
 * keep_actions: whose default action it is was left out (see partial): where the listener is there,
 * its own stays. */
struct stack_listener {
	const char *id; /* "80" */
	const char *lb; /* id of its load balancer */
	struct elb_create_listener spec;
	struct tags attributes;
	bool keep_actions;
};
/* spec.listener is a reference. */
struct stack_rule {
	const char *id; /* "80:1" */
	int64_t port;
	struct elb_create_rule spec;
	const char *from; /* what asked for it, in words; NULL: nobody knows; never sent */
};
/* spec: ns, name, and the members that its spec has; arn and the peers' groups may be references.
 * Labels are added by whoever sends. */
struct stack_binding {
	const char *id;
	struct kube_binding spec;
};

enum stack_type { IS_SG, IS_LB, IS_TG, IS_LISTENER, IS_RULE, IS_BINDING, STACK_TYPES };
/* Places in a list, plus one, by the hash of their ids. */
struct stack_index {
	uint32_t *slot;
	size_t n;
};
struct stack {
	const char *id;        /* "default/web", "my-group" */
	const char *ns, *name; /* of the owner; ns "": an explicit group, whose name it is */
	const char *prefix;    /* "service.k8s.aws", "ingress.k8s.aws" */
	struct stack_sg *sgs;
	struct stack_lb *lbs;
	struct stack_tg *tgs;
	struct stack_listener *listeners;
	struct stack_rule *rules;
	struct stack_binding *bindings;
	size_t nsgs, nlbs, ntgs, nlisteners, nrules, nbindings;
	struct stack_index index[STACK_TYPES];
	bool backend_sg; /* the shared group is used, and shall stay */
	/* Some member's part is missing because it is wrong: rules, listeners, certificates,
	 * target groups, bindings and permissions of the managed group that are there and not
	 * wanted may be its own, and are left as they are. */
	bool partial;
};
/* What all front ends need of it: append, refusing nothing; the first of one id wins, as in the
 * original: the one that is there is returned (spec-lbc-nlb 1.1). The pointer holds until the next
 * one of its type is added. */
struct stack_sg *stack_add_sg(struct stack *s, const struct stack_sg *v, struct arena *a);
struct stack_lb *stack_add_lb(struct stack *s, const struct stack_lb *v, struct arena *a);
struct stack_tg *stack_add_tg(struct stack *s, const struct stack_tg *v, struct arena *a);
struct stack_listener *stack_add_listener(struct stack *s, const struct stack_listener *v,
					  struct arena *a);
struct stack_rule *stack_add_rule(struct stack *s, const struct stack_rule *v, struct arena *a);
struct stack_binding *stack_add_binding(struct stack *s, const struct stack_binding *v,
					struct arena *a);
struct stack_tg *stack_tg(const struct stack *s, const char *id); /* NULL: none of that id */

/* "#/resources/TYPE/ID/status/FIELD", ID as it is (it may have '/'): loadBalancerARN,
 * targetGroupARN, listenerARN, groupID. */
const char *stack_ref(const char *type, const char *id, const char *field, struct arena *a);
bool stack_is_ref(const char *text);
/* Type and id of a reference; false when it is none. */
bool stack_ref_split(const char *ref, const char **type, const char **id, struct arena *a);

/* The JSON that the original logs, member for member and in its order (spec-lbc-nlb 1.1,
 * spec-lbc-alb 21). */
struct json *stack_json(const struct stack *s);
