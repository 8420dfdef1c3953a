/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_tg.c - a port's target group and its binding (spec-lbc-nlb 5.3, 5.5). */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"
#include "tagset.h"
#include "track.h"

#define PROXY "proxy_protocol_v2.enabled"
#define PRESERVE "preserve_client_ip.enabled"

static const char *const bools[] = { "false", "true" };

/* ---- attributes: later ones win */

static void overlay(struct tags *out, const struct tags *over, bool empty_too, struct arena *a)
{
	for (size_t i = 0; i < over->n; i++)
		if (empty_too || *over->v[i].value)
			tagset_put(out, over->v[i].key, over->v[i].value, a);
}

static int proxy_by_port(struct service_build *b, int64_t port, struct tags *out, struct err *e)
{
	struct strs l = { 0 };
	bool on = false;

	if (annot_list(&b->l, A_NLB_PROXY_PROTOCOL_PORTS, &l, b->a) != 1)
		return 0;
	for (size_t i = 0; i < l.n; i++) {
		int64_t n;

		if (!str_i64(l.v[i], &n)) {
			fail(e, EINVAL, "failed to parse port: %.60s", l.v[i]);
			return annot_blame(&b->l, A_NLB_PROXY_PROTOCOL_PORTS, NULL, e);
		}
		on = on || n == port;
	}
	tagset_put(out, PROXY, bools[on], b->a);
	return 0;
}

static int proxy_for_all(struct service_build *b, struct tags *out, struct err *e)
{
	const char *v = "";

	if (!annot_str(&b->l, A_NLB_PROXY_PROTOCOL, &v))
		return 0;
	if (strcmp(v, "*") != 0) {
		fail(e, EINVAL,
		     "invalid value %.60s for Load Balancer proxy protocol v2 annotation, only "
		     "value currently supported is *",
		     v);
		return annot_blame(&b->l, A_NLB_PROXY_PROTOCOL, NULL, e);
	}
	tagset_put(out, PROXY, "true", b->a);
	return 0;
}

static void drop_empty_proxy(struct tags *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].key, PROXY) == 0 && !*t->v[i].value) {
			memmove(&t->v[i], &t->v[i + 1], (t->n - i - 1) * sizeof(*t->v));
			t->n--;
			return;
		}
	}
}

int service_tg_attributes(struct service_build *b, int64_t port, bool ip_targets, struct tags *out,
			  bool *preserve, struct err *e)
{
	const char *tail = arena_fmt(b->a, "%lld", (long long)port), *v;
	struct tags base = { 0 }, own = { 0 };

	tagset_put(out, PROXY, "false", b->a);
	if (annot_map(&b->l, A_NLB_TG_ATTRIBUTES, NULL, &base, b->a, e) < 0 ||
	    annot_map(&b->l, A_NLB_TG_ATTRIBUTES_PORT, tail, &own, b->a, e) < 0)
		return -1;
	overlay(out, &base, true, b->a);
	overlay(out, &own, false, b->a);
	if (proxy_by_port(b, port, out, e) < 0 || proxy_for_all(b, out, e) < 0)
		return -1;
	drop_empty_proxy(out);
	tagset_sort(out);
	*preserve = !ip_targets;
	v = tag_get(out, PRESERVE);
	if (!v || str_bool(v, preserve))
		return 0;
	fail(e, EINVAL, "failed to parse attribute " PRESERVE "=%.60s", v);
	if (tag_get(&own, PRESERVE) && *tag_get(&own, PRESERVE))
		return annot_blame(&b->l, A_NLB_TG_ATTRIBUTES_PORT, tail, e);
	return annot_blame(&b->l, A_NLB_TG_ATTRIBUTES, NULL, e);
}

/* ---- targets */

static int find_target_type(struct service_build *b, const struct service_port *p, bool *ip,
			    struct err *e)
{
	const char *type = "", *target = b->c->target_type;

	annot_str(&b->l, A_NLB_TYPE, &type);
	annot_str(&b->l, A_NLB_TARGET_TYPE, &target);
	*ip = strcmp(type, "nlb-ip") == 0 || strcmp(target, "ip") == 0;
	if (*ip) {
		if (b->c->gates[GATE_IP_TARGET_TYPE])
			return 0;
		fail(e, EINVAL, "unsupported targetType: ip when EnableIPTargetType is false");
		return annot_blame(&b->l, A_NLB_TARGET_TYPE, NULL, e);
	}
	if (strcmp(b->s->type, "ClusterIP") == 0 || !*b->s->type)
		return fail(e, EINVAL,
			    "unsupported service type \"ClusterIP\" for load balancer target type "
			    "\"instance\"");
	if (!p->port->node_port && b->s->allocate_node_ports == FLAG_NO)
		return fail(e, EINVAL,
			    "unable to support instance targets: port %lld of service %s/%s has no "
			    "node port, and allocateLoadBalancerNodePorts is false",
			    (long long)p->port->port, b->s->ns, b->s->name);
	return 0;
}

/* Pods behind a named port may have it at several numbers: then it is 1, and targets have their
 * own. */
static int find_port(const struct service_port *p, bool ip, int64_t *out, struct err *e)
{
	*out = !ip ? p->port->node_port : p->target.s ? 1 : p->target.n;
	if (*out)
		return 0;
	return fail(e, EINVAL,
		    ip ? "TargetGroup port is empty. Are you using the correct service type?"
		       : "TargetGroup port is empty. When using Instance targets, your service be "
			 "must of type 'NodePort' or 'LoadBalancer'");
}

static int find_family(struct service_build *b, bool *ipv6, struct err *e)
{
	*ipv6 = false;
	for (size_t i = 0; i < b->s->ip_families.n; i++)
		*ipv6 = *ipv6 || strcmp(b->s->ip_families.v[i], "IPv6") == 0;
	if (*ipv6 && !b->dualstack)
		return fail(e, EINVAL, "unsupported IPv6 configuration, lb not dual-stack");
	return 0;
}

static const char *decimal(struct service_build *b, int64_t n)
{
	return arena_fmt(b->a, "%lld", (long long)n);
}

static const char *name_of(struct service_build *b, const struct service_port *p,
			   const struct elb_create_target_group *t)
{
	const struct kube_service *s = b->s;
	const char *const parts[] = { b->c->cluster,
				      s->uid,
				      decimal(b, t->port),
				      decimal(b, p->port->port),
				      t->target_type,
				      t->protocol,
				      t->health_protocol,
				      decimal(b, t->health_interval_s.v),
				      NULL };

	return arena_fmt(b->a, "k8s-%s-%s-%s", track_part(s->ns, 8, b->a),
			 track_part(s->name, 8, b->a), track_hash(b->a, 10, parts));
}

static void set_health(struct service_build *b, const struct service_health *h,
		       struct elb_create_target_group *t)
{
	t->health_enabled = FLAG_YES;
	t->health_protocol = h->protocol;
	t->health_port = h->port ? decimal(b, h->port) : "traffic-port";
	t->health_path = h->path;
	t->http_codes = h->codes;
	t->health_interval_s = (struct shape_num) { h->interval_s, true };
	t->health_timeout_s = (struct shape_num) { h->timeout_s, true };
	t->healthy_count = (struct shape_num) { h->healthy, true };
	t->unhealthy_count = (struct shape_num) { h->unhealthy, true };
}

/* ---- the binding */

static int node_selector(struct service_build *b, bool ip, const struct kube_selector **out,
			 struct err *e)
{
	struct tags labels = { 0 };
	struct kube_selector *s;

	if (annot_map(&b->l, A_NLB_NODE_LABELS, NULL, &labels, b->a, e) < 0)
		return -1;
	if (ip || !labels.n)
		return 0;
	s = NEW(b->a, struct kube_selector);
	s->labels = labels;
	*out = s;
	return 0;
}

static int add_binding(struct service_build *b, const struct service_port *p,
		       const struct stack_tg *t, const struct service_traffic *traffic,
		       struct err *e)
{
	struct stack_binding v = { .id = t->id };
	bool ip = strcmp(t->spec.target_type, "ip") == 0;

	if (node_selector(b, ip, &v.spec.nodes, e) < 0 ||
	    service_networking(b, traffic, &v.spec.networking, e) < 0)
		return -1;
	v.spec.ns = b->s->ns;
	v.spec.name = t->spec.name;
	v.spec.arn = stack_ref(STACK_TG, t->id, "targetGroupARN", b->a);
	v.spec.target_type = t->spec.target_type;
	v.spec.protocol = t->spec.protocol;
	v.spec.service = b->s->name;
	v.spec.port = (struct int_or_str) { NULL, p->port->port };
	v.spec.ip_address_type = t->spec.ip_address_type;
	v.spec.vpc = b->c->vpc;
	stack_add_binding(b->out, &v, b->a);
	return 0;
}

int service_target_group(struct service_build *b, const struct service_port *p,
			 const char *protocol, const char **out, struct err *e)
{
	struct stack_tg v = { .id = arena_fmt(b->a, "%s/%s:%lld", b->s->ns, b->s->name,
					      (long long)p->port->port) };
	struct service_traffic traffic = { .protocol = protocol };
	struct service_health h;
	bool ip;

	if (find_target_type(b, p, &ip, e) < 0 || find_port(p, ip, &v.spec.port, e) < 0 ||
	    service_tg_attributes(b, p->port->port, ip, &v.attributes, &traffic.preserve, e) < 0 ||
	    service_health(b, ip, &h, e) < 0 || find_family(b, &traffic.ipv6, e) < 0)
		return -1;
	v.spec.target_type = ip ? "ip" : "instance";
	v.spec.protocol = protocol;
	v.spec.vpc = b->c->vpc;
	v.spec.ip_address_type = traffic.ipv6 ? "ipv6" : "ipv4";
	set_health(b, &h, &v.spec);
	v.spec.name = name_of(b, p, &v.spec);
	v.spec.tags = b->tags;
	traffic.target = ip ? p->target : (struct int_or_str) { NULL, p->port->node_port };
	traffic.health_port = h.port;
	*out = v.id;
	stack_add_tg(b->out, &v, b->a);
	return add_binding(b, p, &v, &traffic, e);
}
