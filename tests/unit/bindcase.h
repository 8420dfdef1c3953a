/* SPDX-License-Identifier: Apache-2.0 */
/* bindcase.h - what a pass over a TargetGroupBinding meets: an API server, and an AWS with target
 * groups, instances and security groups that remember what was done to them. */
#pragma once
#include "bindpass.h"
#include "fakekube.h"

struct bindaws_target {
	char arn[100], id[64], state[24], reason[40], zone[24];
	int port;
};
enum { BINDAWS_TARGETS = 1200, BINDAWS_FAULTS = 8 };
/* One order for a bad answer to an action; code "" of DescribeTargetHealth: garbage. */
struct bindaws_fault {
	const char *action, *code, *message;
	int times; /* 0: for ever */
	int done;
};
struct bindaws {
	struct web web;
	pthread_mutex_t lock;
	struct bindaws_target v[BINDAWS_TARGETS];
	size_t n;
	const char *state;   /* of what is registered; NULL: "initial" */
	const char *invalid; /* an id that cannot be registered; NULL: none */
	/* Inner XML of answers. */
	const char *instances, *enis, *groups, *vpcs, *target_groups;
	struct bindaws_fault faults[BINDAWS_FAULTS];
	struct buf
		log; /* "ACTION body\n" of each call; " as the role" behind the body when it is */
};
struct bindcase {
	struct fakekube k;
	struct bindaws w;
	struct lbconfig c;
	struct aws *aws;
	struct kube *kube;
	struct elbindex *index;
	struct awsfacts *facts;
	struct bindings *all;
	struct kubestore *store;
	struct passenv env;
	struct arena a;
	char log[64]; /* file */
	/* of the last pass */
	struct err e;
	int64_t again_ms;
};
#define BINDCASE_ARN \
	"arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/k8s-default-web/0123"

/* Cluster "lab", VPC vpc-1 of 192.168.0.0/16, nodes node-a (i-a, sg-node) and node-b (i-b, sg-node)
 * in EC2 and in the cluster; a polling interval of 15 s, a sync period of 10 hours. */
struct bindcase *bindcase_new(void);
void bindcase_free(struct bindcase **c);
#define auto_bindcase AUTO(bindcase_free)

/* Manifests in which ' stands for ". */
void bindcase_put(struct bindcase *c, const char *fmt, ...) FMT(2, 3);
/* Service "web" of port 80 to 8080, a slice of it with these pods ("a", "b": of node-a and node-b
 * in turns, addresses 192.168.1.1 and so on), the pods themselves, ready, with a gate of this
 * binding ("": none). */
void bindcase_web(struct bindcase *c, size_t pods, const char *gate);
/* A TargetGroupBinding of ip targets of Service web; more of its spec, with a comma in front. */
void bindcase_bind(struct bindcase *c, const char *name, const char *more);

/* The store as the API server has it now; then a pass. */
int bindcase_pass(struct bindcase *c, const char *name);
int bindcase_pass_as_was(struct bindcase *c, const char *name); /* without looking again */
/* Calls of an action so far; all of them: "". */
int bindcase_calls(struct bindcase *c, const char *action);
/* The body of the last one, decoded; "" when there was none. */
const char *bindcase_sent(struct bindcase *c, const char *action);
void bindcase_fail(struct bindcase *c, const char *action, const char *code, const char *message,
		   int times);
/* Put every target into that state. */
void bindcase_all(struct bindcase *c, const char *state, const char *reason);
/* "ID:PORT STATE" of each target, sorted, with spaces between. */
const char *bindcase_targets(struct bindcase *c);
/* A member of the binding, or of a pod, in the API server. */
const char *bindcase_member(struct bindcase *c, const char *path, const char *member);
/* STATUS/REASON of a pod's condition for this binding; "" when it has none. */
const char *bindcase_gate(struct bindcase *c, const char *pod, const char *binding);
/* Whether the log has these words: events are logged too. */
bool bindcase_said(struct bindcase *c, const char *words);
#define PATH_OF(name) "/apis/elbv2.k8s.aws/v1beta1/namespaces/default/targetgroupbindings/" name
