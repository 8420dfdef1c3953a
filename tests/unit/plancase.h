/* SPDX-License-Identifier: Apache-2.0 */
/* plancase.h - a stack of the usual kind, the model of AWS, and a plan between them. */
#pragma once
#include <string.h>

#include "planworld.h"

struct plancase {
	struct planworld w;
	struct lbconfig c;
	struct stack want;
	struct plan p;
};

static inline void end(struct plancase *x)
{
	planworld_free(&x->w);
}
#define auto_plancase AUTO(end)

static inline const char *ref(struct plancase *x, const char *type, const char *id,
			      const char *field)
{
	return stack_ref(type, id, field, &x->w.a);
}

static inline void add_sg(struct plancase *x, int64_t port)
{
	struct ec2_range *range = NEW(&x->w.a, struct ec2_range);
	struct ec2_permission *p = NEW(&x->w.a, struct ec2_permission);
	struct stack_sg sg = { .id = "ManagedLBSecurityGroup",
			       .name = "k8s-sg",
			       .description = "d" };

	*range = (struct ec2_range) { "0.0.0.0/0", "" };
	*p = (struct ec2_permission) { .protocol = "tcp",
				       .from = { port, true },
				       .to = { port, true },
				       .ranges = { range, 1 } };
	sg.ingress = (struct ec2_permissions) { p, 1 };
	stack_add_sg(&x->want, &sg, &x->w.a);
}

static inline void add_lb(struct plancase *x, const char *type)
{
	struct stack_lb lb = { .id = "LoadBalancer",
			       .spec = { .name = "k8s-lb",
					 .type = type,
					 .scheme = "internal",
					 .ip_address_type = "ipv4" } };

	lb.spec.subnets.v = arena_get(&x->w.a, 2 * sizeof(*lb.spec.subnets.v));
	lb.spec.subnets.n = 2;
	lb.spec.subnets.v[0].subnet = "subnet-a";
	lb.spec.subnets.v[1].subnet = "subnet-b";
	strs_add(&lb.spec.security_groups, ref(x, STACK_SG, "ManagedLBSecurityGroup", "groupID"),
		 &x->w.a);
	strs_add(&lb.spec.security_groups, STACK_BACKEND_SG, &x->w.a);
	lb.attributes.v = NEW(&x->w.a, struct tag);
	lb.attributes.v[0] = (struct tag) { "idle_timeout.timeout_seconds", "30" };
	lb.attributes.n = 1;
	x->want.backend_sg = true;
	stack_add_lb(&x->want, &lb, &x->w.a);
}

static inline void add_tg(struct plancase *x, const char *id, const char *name)
{
	struct stack_tg tg = { .id = id,
			       .spec = { .name = name,
					 .target_type = "ip",
					 .port = 80,
					 .protocol = "HTTP",
					 .protocol_version = "HTTP1",
					 .ip_address_type = "ipv4",
					 .vpc = "vpc-1",
					 .health_enabled = FLAG_YES,
					 .health_protocol = "HTTP",
					 .health_port = "traffic-port",
					 .health_path = "/",
					 .health_interval_s = { 15, true },
					 .health_timeout_s = { 5, true },
					 .healthy_count = { 2, true },
					 .unhealthy_count = { 2, true },
					 .http_codes = "200" } };
	struct stack_binding b = { .id = id,
				   .spec = { .ns = "ns",
					     .name = name,
					     .target_type = "ip",
					     .service = "svc",
					     .port = { .n = 80 },
					     .vpc = "vpc-1" } };
	struct kube_networking *net = NEW(&x->w.a, struct kube_networking);
	struct kube_peer *peer = NEW(&x->w.a, struct kube_peer);

	net->ingress.v = NEW(&x->w.a, struct kube_net_rule);
	net->ingress.n = 1;
	peer->group = STACK_BACKEND_SG;
	net->ingress.v->from = (struct kube_peers) { peer, 1 };
	b.spec.networking = net;
	b.spec.arn = ref(x, STACK_TG, id, "targetGroupARN");
	stack_add_tg(&x->want, &tg, &x->w.a);
	stack_add_binding(&x->want, &b, &x->w.a);
}

static inline struct elb_actions forward(struct plancase *x, const char *tg)
{
	struct elb_action *act = NEW(&x->w.a, struct elb_action);
	struct elb_forward *f = NEW(&x->w.a, struct elb_forward);

	f->groups.v = NEW(&x->w.a, struct elb_weighted_group);
	f->groups.v->arn = ref(x, STACK_TG, tg, "targetGroupARN");
	f->groups.n = 1;
	*act = (struct elb_action) { .type = "forward", .order = 1, .forward = f };
	return (struct elb_actions) { act, 1 };
}

static inline struct elb_certificates certificates(struct plancase *x, const char *names)
{
	struct strs l = str_split(names, ",", &x->w.a);
	struct elb_certificates out = { arena_get(&x->w.a, l.n * sizeof(*out.v)), l.n };

	for (size_t i = 0; i < l.n; i++)
		out.v[i].arn = l.v[i];
	return out;
}

static inline struct stack_listener *add_listener(struct plancase *x, int64_t port, const char *tg)
{
	struct stack_listener l = { .id = arena_fmt(&x->w.a, "%lld", (long long)port),
				    .lb = "LoadBalancer",
				    .spec = { .port = port, .protocol = "HTTP" } };

	l.spec.load_balancer = ref(x, STACK_LB, "LoadBalancer", "loadBalancerARN");
	l.spec.actions = forward(x, tg);
	return stack_add_listener(&x->want, &l, &x->w.a);
}

static inline void add_rule(struct plancase *x, int64_t port, int64_t priority, const char *path,
			    const char *tg)
{
	struct stack_rule r = { .id = arena_fmt(&x->w.a, "%lld:%lld", (long long)port,
						(long long)priority),
				.port = port };
	struct elb_condition *c = NEW(&x->w.a, struct elb_condition);

	c->field = "path-pattern";
	strs_add(&c->paths, path, &x->w.a);
	r.spec.listener =
		ref(x, STACK_LISTENER, arena_fmt(&x->w.a, "%lld", (long long)port), "listenerARN");
	r.spec.priority = priority;
	r.spec.conditions = (struct elb_conditions) { c, 1 };
	r.spec.actions = forward(x, tg);
	stack_add_rule(&x->want, &r, &x->w.a);
}

static inline void empty(struct plancase *x)
{
	x->want = (struct stack) {
		.id = "ns/i", .ns = "ns", .name = "i", .prefix = "ingress.k8s.aws"
	};
}

static inline void usual(struct plancase *x)
{
	struct stack_listener *tls;

	empty(x);
	add_sg(x, 80);
	add_lb(x, "application");
	add_tg(x, "ns/i-svc-1:80", "k8s-tg1");
	add_tg(x, "ns/i-svc-2:80", "k8s-tg2");
	add_listener(x, 80, "ns/i-svc-1:80");
	add_listener(x, 443, "ns/i-svc-1:80");
	tls = &x->want.listeners[1];
	tls->spec.protocol = "HTTPS";
	tls->spec.ssl_policy = "policy";
	tls->spec.certificates = certificates(x, "cert-1,cert-3,cert-2,cert-1");
	add_rule(x, 80, 1, "/1", "ns/i-svc-1:80");
	add_rule(x, 80, 2, "/2", "ns/i-svc-2:80");
	add_rule(x, 443, 1, "/1", "ns/i-svc-1:80");
}

static inline void start(struct plancase *x)
{
	planworld_init(&x->w);
	x->c = lbconfig_default();
	x->c.cluster = "c";
	x->c.vpc = "vpc-1";
	usual(x);
}

static inline void plan(struct plancase *x)
{
	plan_make(&x->c, &x->want, &x->w.h, &x->p, &x->w.a);
}

static inline void carry_out(struct plancase *x, size_t steps)
{
	for (size_t i = 0; i < x->p.n && i < steps; i++)
		planworld_do(&x->w, &x->c, &x->p.v[i]);
}

static inline void deploy(struct plancase *x)
{
	plan(x);
	carry_out(x, x->p.n);
	planworld_forget(&x->w);
}

/* The actions of a plan, in order, each but once in a row. */
static inline const char *actions(struct plancase *x)
{
	auto_buf struct buf b = { 0 };
	const char *last = "";

	for (size_t i = 0; i < x->p.n; i++) {
		const struct step *s = &x->p.v[i];
		const char *name = s->action ? s->action->name : s->method;

		if (strcmp(name, last) != 0)
			buf_fmt(&b, "%s%s", b.len ? " " : "", name);
		last = name;
	}
	return arena_str(&x->w.a, b.len ? b.p : "");
}

static inline const char *actions_now(struct plancase *x)
{
	plan(x);
	return actions(x);
}
