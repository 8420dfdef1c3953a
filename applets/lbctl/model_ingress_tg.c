/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_tg.c - the target group of a Service's port and its binding (spec-lbc-alb 17). What
 * the Service says counts before what the Ingress says. */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "tagset.h"
#include "track.h"

/* A target group while it is being made. */
struct making {
	struct ingress_build *b;
	const struct ingress_part *m;
	struct annotations l; /* Service, Ingress */
	const struct kube_service *s;
	const struct kube_service_port *port;
	struct int_or_str target; /* the port of pods */
	const char *written;      /* the port as the Ingress names it */
	int64_t health_port;      /* 0: the traffic's */
	bool ip;
	struct stack_tg tg;
};

static bool names_port(const struct kube_service_port *p, const struct int_or_str *port)
{
	return port->s ? strcmp(p->name, port->s) == 0 : p->port == port->n;
}

static const struct kube_service_port *find_port(const struct kube_service *s,
						 const struct int_or_str *port)
{
	for (size_t i = 0; i < s->ports.n; i++)
		if (names_port(&s->ports.v[i], port))
			return &s->ports.v[i];
	return NULL;
}

static struct int_or_str target_of(const struct kube_service_port *p)
{
	if (p->target_port.s || p->target_port.n)
		return p->target_port;
	return (struct int_or_str) { NULL, p->port };
}

/* One of these words; what is said for what is none. */
static int word(const struct annotations *l, enum annot_id id, const char *what,
		const char *const *words, const char **out, struct err *e)
{
	annot_str(l, id, out);
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], *out) == 0)
			return 0;
	fail(e, EINVAL, "%s: %.60s", what, *out);
	return annot_blame(l, id, NULL, e);
}

static int find_kind(struct making *x, struct err *e)
{
	static const char *const types[] = { "instance", "ip", NULL };
	static const char *const protocols[] = { "HTTP", "HTTPS", NULL };
	static const char *const versions[] = { "HTTP1", "HTTP2", "GRPC", NULL };
	const struct kube_class_params *p = x->m->p;
	struct elb_create_target_group *t = &x->tg.spec;

	t->target_type = x->b->c->target_type;
	t->protocol = "HTTP";
	t->protocol_version = "HTTP1";
	if (p && *p->target_type)
		t->target_type = p->target_type;
	else if (word(&x->l, A_TARGET_TYPE, "unknown targetType", types, &t->target_type, e) < 0)
		return -1;
	x->ip = strcmp(t->target_type, "ip") == 0;
	if (!x->ip && strcmp(t->target_type, "instance") != 0)
		return fail(e, EINVAL, "unknown targetType: %.60s", t->target_type);
	if (x->ip && !x->b->c->gates[GATE_IP_TARGET_TYPE])
		return fail(e, EINVAL,
			    "unsupported targetType: ip when EnableIPTargetType is false");
	if (word(&x->l, A_BACKEND_PROTOCOL, "backend protocol must be within [HTTP, HTTPS]",
		 protocols, &t->protocol, e) < 0)
		return -1;
	return word(&x->l, A_BACKEND_VERSION,
		    "backend protocol version must be within [HTTP1, HTTP2, GRPC]", versions,
		    &t->protocol_version, e);
}

static int find_numbers(struct making *x, struct err *e)
{
	struct elb_create_target_group *t = &x->tg.spec;
	int64_t control = 0;
	const char *tail = arena_fmt(x->b->a, "%s.%s", x->s->name, x->written);
	int r = annot_int_at(&x->l, A_CONTROL_PORT, tail, &control, e);

	t->port = !x->ip ? x->port->node_port : x->target.s ? 1 : x->target.n;
	if (!t->port)
		return fail(e, EINVAL,
			    x->ip ? "TargetGroup port is empty. Are you using the correct service "
				    "type?"
				  : "TargetGroup port is empty. When using Instance targets, your "
				    "service be must of type 'NodePort' or 'LoadBalancer'");
	if (r < 0)
		return -1;
	if (r && !x->ip) {
		fail(e, EINVAL,
		     "target control port is not supported for instance target target group");
		return annot_blame(&x->l, A_CONTROL_PORT, tail, e);
	}
	if (r && (control < 1 || control > 65535)) {
		fail(e, EINVAL, "target control port must be within [1, 65535]: %lld",
		     (long long)control);
		return annot_blame(&x->l, A_CONTROL_PORT, tail, e);
	}
	t->control_port = control;
	return 0;
}

static int find_family(struct making *x, struct err *e)
{
	bool ipv6 = ingress_has(&x->s->ip_families, "IPv6");

	if (ipv6 && !x->b->dualstack)
		return fail(e, EINVAL, "unsupported IPv6 configuration, lb not dual-stack");
	x->tg.spec.ip_address_type = ipv6 ? "ipv6" : "ipv4";
	return 0;
}

/* ---- health */

static int named_health_port(struct making *x, const char *raw, struct err *e)
{
	const struct int_or_str name = { raw, 0 };
	const struct kube_service_port *p = find_port(x->s, &name);
	struct int_or_str target;

	if (!p)
		return fail(e, EINVAL,
			    "failed to resolve healthCheckPort: unable to find port %.60s on "
			    "service %s/%s",
			    raw, x->s->ns, x->s->name);
	target = target_of(p);
	if (x->ip && target.s)
		return fail(e, EINVAL,
			    "cannot use named healthCheckPort for IP TargetType when service's "
			    "targetPort is a named port");
	x->health_port = x->ip ? target.n : p->node_port;
	if (!x->health_port)
		return fail(e, EINVAL,
			    "failed to resolve healthCheckPort: port %.60s of service %s/%s has "
			    "no node port",
			    raw, x->s->ns, x->s->name);
	return 0;
}

static int find_health_port(struct making *x, struct err *e)
{
	const char *raw = "traffic-port";
	int64_t n;

	annot_str(&x->l, A_HC_PORT, &raw);
	x->tg.spec.health_port = "traffic-port";
	if (strcmp(raw, "traffic-port") == 0)
		return 0;
	if (!str_i64(raw, &n)) {
		if (named_health_port(x, raw, e) < 0)
			return annot_blame(&x->l, A_HC_PORT, NULL, e);
	} else if (n < 1 || n > 65535) {
		fail(e, EINVAL, "healthCheckPort must be within [1, 65535]: %lld", (long long)n);
		return annot_blame(&x->l, A_HC_PORT, NULL, e);
	} else {
		x->health_port = n;
	}
	x->tg.spec.health_port = arena_fmt(x->b->a, "%lld", (long long)x->health_port);
	return 0;
}

static int find_number(struct making *x, enum annot_id id, int64_t def, struct shape_num *out,
		       struct err *e)
{
	*out = (struct shape_num) { def, true };
	return annot_int(&x->l, id, &out->v, e) < 0 ? -1 : 0;
}

static int find_health(struct making *x, struct err *e)
{
	static const char *const protocols[] = { "HTTP", "HTTPS", NULL };
	struct elb_create_target_group *t = &x->tg.spec;
	bool grpc = strcmp(t->protocol_version, "GRPC") == 0;
	const char *codes = grpc ? "12" : "200";

	t->health_enabled = FLAG_YES;
	t->health_protocol = t->protocol;
	t->health_path = grpc ? "/AWS.ALB/healthcheck" : "/";
	if (find_health_port(x, e) < 0 ||
	    word(&x->l, A_HC_PROTOCOL, "healthCheckProtocol must be within [HTTP, HTTPS]",
		 protocols, &t->health_protocol, e) < 0)
		return -1;
	annot_str(&x->l, A_HC_PATH, &t->health_path);
	annot_str(&x->l, A_HC_CODES, &codes);
	*(grpc ? &t->grpc_codes : &t->http_codes) = codes;
	if (find_number(x, A_HC_INTERVAL, 15, &t->health_interval_s, e) < 0 ||
	    find_number(x, A_HC_TIMEOUT, 5, &t->health_timeout_s, e) < 0 ||
	    find_number(x, A_HC_HEALTHY, 2, &t->healthy_count, e) < 0)
		return -1;
	return find_number(x, A_HC_UNHEALTHY, 2, &t->unhealthy_count, e);
}

/* ---- tags, name */

static int find_tags(struct making *x, struct err *e)
{
	struct tags own = { 0 }, of_class = { 0 }, all, ignored;

	if (annot_map(&x->l, A_TAGS, NULL, &own, x->b->a, e) < 0)
		return -1;
	if (track_user_tags(x->b->c, &own, &ignored, x->b->a, e) < 0) {
		wrap(e, "failed build tags for Ingress %s and Service %s/%s", x->m->key, x->s->ns,
		     x->s->name);
		return annot_blame(&x->l, A_TAGS, NULL, e);
	}
	for (size_t i = 0; x->m->p && i < x->m->p->tags.n; i++)
		tagset_put(&of_class, x->m->p->tags.v[i].key, x->m->p->tags.v[i].value, x->b->a);
	all = tagset_merge(&own, &of_class, x->b->a);
	return track_user_tags(x->b->c, &all, &x->tg.spec.tags, x->b->a, e);
}

static const char *decimal(struct making *x, int64_t n)
{
	return arena_fmt(x->b->a, "%lld", (long long)n);
}

static const char *name_of(struct making *x)
{
	const struct elb_create_target_group *t = &x->tg.spec;
	const char *const parts[] = { x->b->c->cluster,
				      x->b->out->id,
				      x->m->i->ns,
				      x->m->i->name,
				      x->s->uid,
				      x->written,
				      decimal(x, t->port),
				      t->target_type,
				      t->protocol,
				      t->protocol_version,
				      t->control_port ? decimal(x, t->control_port) : NULL,
				      NULL };

	return arena_fmt(x->b->a, "k8s-%s-%s-%s", track_part(x->s->ns, 8, x->b->a),
			 track_part(x->s->name, 8, x->b->a), track_hash(x->b->a, 10, parts));
}

/* ---- the binding */

static void add_net_rule(struct making *x, struct kube_networking *n, struct int_or_str port)
{
	struct kube_net_rule *r = &n->ingress.v[n->ingress.n++];

	r->from = (struct kube_peers) { NEW(x->b->a, struct kube_peer), 1 };
	r->from.v[0].group = x->b->peer;
	r->ports = (struct kube_net_ports) { NEW(x->b->a, struct kube_net_port), 1 };
	r->ports.v[0] = (struct kube_net_port) { "TCP", port };
}

static const struct kube_networking *networking(struct making *x)
{
	const struct int_or_str all = { NULL, 0 };
	struct kube_networking *n;

	if (!x->b->peer)
		return NULL;
	n = NEW(x->b->a, struct kube_networking);
	n->ingress.v = arena_get(x->b->a, 3 * sizeof(*n->ingress.v));
	if (x->b->c->unrestricted_rules) {
		add_net_rule(x, n, all);
		return n;
	}
	add_net_rule(x, n, x->ip ? x->target : (struct int_or_str) { NULL, x->port->node_port });
	if (x->health_port)
		add_net_rule(x, n, (struct int_or_str) { NULL, x->health_port });
	if (x->tg.spec.control_port)
		add_net_rule(x, n, (struct int_or_str) { NULL, x->tg.spec.control_port });
	return n;
}

static int node_selector(struct making *x, const struct kube_selector **out, struct err *e)
{
	struct tags labels = { 0 };
	struct kube_selector *s;

	if (annot_map(&x->l, A_NODE_LABELS, NULL, &labels, x->b->a, e) < 0)
		return -1;
	if (x->ip || !labels.n)
		return 0;
	s = NEW(x->b->a, struct kube_selector);
	s->labels = labels;
	*out = s;
	return 0;
}

static int add_binding(struct making *x, struct stack *to, const struct int_or_str *port,
		       struct err *e)
{
	const struct elb_create_target_group *t = &x->tg.spec;
	struct stack_binding v = { .id = x->tg.id };

	if (node_selector(x, &v.spec.nodes, e) < 0)
		return -1;
	v.spec.ns = x->s->ns;
	v.spec.name = t->name;
	v.spec.arn = stack_ref(STACK_TG, x->tg.id, "targetGroupARN", x->b->a);
	v.spec.target_type = t->target_type;
	v.spec.protocol = t->protocol;
	v.spec.service = x->s->name;
	v.spec.port = *port;
	v.spec.networking = networking(x);
	v.spec.ip_address_type = t->ip_address_type;
	v.spec.vpc = x->b->c->vpc;
	stack_add_binding(to, &v, x->b->a);
	return 0;
}

/* ---- */

static int make(struct making *x, const struct ingress_target *t, struct stack *to, struct err *e)
{
	const struct annotations own = { x->l.prefix, { &x->s->annotations, NULL } };

	if (annot_built(&own, ON_BACKEND, e) < 0)
		return wrap(e, "Service %s/%s", x->s->ns, x->s->name);
	x->port = find_port(x->s, &t->port);
	if (!x->port)
		return fail(e, EINVAL, "unable to find port %s on service %s/%s", x->written,
			    x->s->ns, x->s->name);
	x->target = target_of(x->port);
	if (find_kind(x, e) < 0 || find_health(x, e) < 0 ||
	    annot_map(&x->l, A_TG_ATTRIBUTES, NULL, &x->tg.attributes, x->b->a, e) < 0 ||
	    find_tags(x, e) < 0 || find_family(x, e) < 0 || find_numbers(x, e) < 0)
		return -1;
	x->tg.spec.name = name_of(x);
	x->tg.spec.vpc = x->b->c->vpc;
	if (add_binding(x, to, &t->port, e) < 0)
		return -1;
	stack_add_tg(to, &x->tg, x->b->a);
	return 0;
}

int ingress_target_group(struct ingress_build *b, const struct ingress_part *m, struct stack *to,
			 const struct ingress_target *t, const char **id, struct err *e)
{
	const struct kube_ingress *i = m->i;
	struct making x = { .b = b, .m = m };

	x.written = t->port.s ? t->port.s : arena_fmt(b->a, "%lld", (long long)t->port.n);
	x.tg.id = arena_fmt(b->a, "%s-%s:%s", m->key, t->service, x.written);
	*id = x.tg.id;
	if (stack_tg(to, x.tg.id))
		return 0;
	x.s = b->o->get(b->o->arg, KUBE_SERVICE, i->ns, t->service);
	if (!x.s)
		return fail(e, ENOENT, "Service \"%s\" not found", t->service);
	x.l = (struct annotations) { ANNOT_INGRESS, { &x.s->annotations, &i->annotations } };
	return make(&x, t, to, e);
}
