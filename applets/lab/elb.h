/* SPDX-License-Identifier: Apache-2.0 */
/* elb.h - the lab's Elastic Load Balancing v2: what there is, in memory, on the loop thread, and
 * the actions that change it (ELBv2 API reference, 2015-12-01). What a caller sees is a function of
 * the model and of elb.now: load balancers become active, targets healthy, drained ones vanish
 * without anything having to happen. Traffic is balancer.h's. */
#pragma once
#include "elbact.h"
#include "elbshape.h"

enum elb_quota {
#define QUOTA(id, name, def) ELB_MAX_##id,
#include "elbquota.def"
#undef QUOTA
	ELB_QUOTAS
};

struct elb_config {
	int provision_ms; /* until a load balancer is active */
	int register_ms;  /* until a target's health is checked */
	int health_ms;  /* and until it is known; -1: one interval of its target group. Where health
			 * is checked for real (elb.checks): a check's interval, -1 as its group's */
	int drain_ms;   /* -1: the target group's deregistration delay */
	int release_ms; /* a deleted load balancer's security groups are in use, as its ENIs are */
	int certificate_ms; /* until a requested certificate is issued (ACM) */
	int quota[ELB_QUOTAS];
};
struct elb_config elb_defaults(void);   /* as AWS, roughly */
struct elb_config elb_in_a_hurry(void); /* the same for people who wait: seconds, not minutes */

struct lb {
	struct lb *next;
	struct lb_shown *v;             /* without state */
	struct world_tag *tags, *attrs; /* attributes: those that were set */
	int64_t active_at;
	int64_t units;    /* capacity reserved; 0: none */
	char changed[25]; /* when, for LastModifiedTime */
};
struct listener {
	struct listener *next;
	struct lb *lb;
	struct listener_shown *v;
	struct strs sni; /* certificates beside the default one */
	struct world_tag *tags, *attrs;
};
struct lb_rule {
	struct lb_rule *next;
	struct listener *listener;
	struct rule_shown *v; /* without priority */
	int priority;         /* 0: the listener's default, whose actions are DefaultActions */
	struct tgroup **uses; /* target groups that its actions forward to */
	size_t nuses;
	struct world_tag *tags;
};
struct lb_check;
struct target {
	char id[200]; /* an address, an instance, a load balancer's ARN */
	int port;
	char zone[WORLD_NAME], quic_id[24];
	int64_t since;          /* it was registered */
	int64_t drained_at;     /* 0: it is registered; else it is gone by then */
	struct lb_check *check; /* the balancer's, which checks its health; NULL: nobody does */
};
struct tgroup {
	struct tgroup *next;
	struct elb_target_group *v; /* without load balancers */
	struct world_tag *tags, *attrs;
	struct target *targets; /* in the order in which they came */
	size_t ntargets, room;
	int64_t used_since; /* 0: no load balancer uses it */
	int mark;
};

/* What a health check has found. reason NULL: healthy; else as in AWS ("Target.Timeout"). */
struct elb_health {
	const char *reason, *description;
	bool initial; /* nothing is known yet */
};
/* Security groups of load balancers that are gone. */
struct elb_linger {
	struct elb_linger *next;
	char id[WORLD_ID];
	int64_t until;
};
struct elb {
	struct world *w;
	struct acm *acm; /* where certificates are looked up */
	int access_log;  /* where ALBs write a line for each request (alb.h); 0: nowhere */
	struct elb_config c;
	int64_t now;    /* ms of any steady clock; the caller sets it before each action */
	struct lb *lbs; /* in the order in which they came, like the others */
	struct listener *listeners;
	struct lb_rule *rules;
	struct tgroup *groups;
	struct elb_linger *lingers;
	/* The outcome of the checks of a target that has been checked long enough; NULL: healthy.
	 */
	struct elb_health (*health)(void *arg, const struct tgroup *g, const struct target *t);
	void *health_arg;
	bool checks;                /* health tells what checks have found, initial ones too */
	void (*changed)(void *arg); /* after each action; NULL: nobody wants to know */
	void *changed_arg;
};
void elb_free(struct elb *b);

/* ---- who is who; errors have AWS's codes (LoadBalancerNotFound ...) */

MUST int elb_lb(struct elb *b, const char *arn, struct lb **out, struct err *e);
MUST int elb_listener(struct elb *b, const char *arn, struct listener **out, struct err *e);
MUST int elb_rule(struct elb *b, const char *arn, struct lb_rule **out, struct err *e);
MUST int elb_group(struct elb *b, const char *arn, struct tgroup **out, struct err *e);
bool lb_is_app(const struct lb *lb);
bool lb_active(const struct elb *b, const struct lb *lb);
bool group_is_http(const struct tgroup *g);
struct lb_rule *listener_default(struct elb *b, const struct listener *l);
/* ARNs of load balancers that use a target group, or a security group. */
struct strs group_users(const struct elb *b, const struct tgroup *g, struct arena *a);
bool elb_uses_security_group(struct elb *b, const char *id);
struct strs elb_certificate_users(const struct elb *b, const char *arn, struct arena *a);
/* "arn:aws:elasticloadbalancing:REGION:ACCOUNT:REST" */
const char *elb_arn(struct elb *b, struct arena *a, const char *rest);
const char *elb_hex(struct elb *b, struct arena *a); /* 16 digits, never the same */

/* ---- changes: in is what the action takes; refused, nothing has changed */

MUST int lb_create(struct elb *b, const struct lb_new *in, struct lb **out, struct arena *a,
		   struct err *e);
void lb_delete(struct elb *b, struct lb *lb);
void listener_delete(struct elb *b, struct listener *l);
void rule_delete(struct elb *b, struct lb_rule *r);
void group_delete(struct elb *b, struct tgroup *g);
/* Actions as AWS keeps them (order, weights, the parts of a redirect), and the target groups that
 * they forward to. Of the listener load balancer and protocol count. */
struct elb_settled {
	struct elb_actions actions;
	struct tgroup **uses;
	size_t nuses;
};
MUST int actions_settle(struct elb *b, const struct listener *l, struct elb_actions in,
			struct elb_settled *out, struct arena *a, struct err *e);
/* Conditions as AWS shows them, of hosts and paths in both forms. */
MUST int conditions_settle(const struct elb *b, struct rule_conditions in,
			   struct rule_conditions *out, struct arena *a, struct err *e);
/* Let a rule use what its actions use; then, and whenever rules are gone, elb_usage() says since
 * when each target group is used. */
void rule_use(struct lb_rule *r, const struct elb_settled *s);
void elb_usage(struct elb *b);
/* Put a copy of v in the place of *at (a pointer to such a struct), which is freed. v may point
 * into it. */
void elb_replace(const struct shape *s, void *at, const void *v);
/* Of the members that are sent. */
bool elb_same(const struct shape *s, const void *x, const void *y);

/* Health of one target as DescribeTargetHealth tells it; false: it is not there any more. */
bool target_health(const struct elb *b, const struct tgroup *g, const struct target *t,
		   struct elb_target_health *out, struct arena *a);
/* Forget those that are drained. */
void targets_sweep(const struct elb *b, struct tgroup *g);

/* ---- attributes, tags */

/* All of them or none; what is "Load balancer", in refusals. on: one of the three below. */
MUST int attrs_set(struct elb *b, unsigned on, const char *what, struct world_tag **attrs,
		   const struct tags *set, struct err *e);
const char *attr_get(unsigned on, const struct world_tag *attrs, const char *key);
struct attributes attrs_all(unsigned on, const struct world_tag *attrs, struct arena *a);
/* Which rows of elbattr.def a thing has. */
unsigned lb_attrs_on(const struct lb *lb);
unsigned listener_attrs_on(const struct listener *l);
unsigned group_attrs_on(const struct tgroup *g);

/* Can they be added? */
MUST int tags_check_new(const struct world_tag *have, const struct tags *add, struct err *e);
void tags_add(struct elb *b, struct world_tag **tags, const struct tags *add);

/* ---- for the handlers (elbact.h) */

/* Which of n items are asked for: markers are their numbers. end writes NextMarker if there are
 * more. */
struct elb_page {
	size_t from, to;
};
MUST int elb_page_read(const char *marker, struct shape_num size, size_t n, struct elb_page *p,
		       struct err *e);
void elb_page_end(struct api_call *c, const struct elb_page *p, size_t n);
