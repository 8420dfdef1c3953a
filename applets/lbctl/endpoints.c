/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.c - from a Service, its slices, pods and nodes to targets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "log.h"

bool endpoints_ip(const struct kube_binding *b)
{
	return b->target_type && strcmp(b->target_type, "ip") == 0;
}

const char *pod_condition(const struct kube_conditions *l, const char *type)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].type, type) == 0)
			return l->v[i].status;
	return "";
}

const char *node_instance(const struct kube_node *n)
{
	const char *slash = strrchr(n->provider_id, '/');
	const char *id = slash ? slash + 1 : n->provider_id;

	return str_prefix(id, "i-") && id[2] ? id : "";
}

const char *address_text(const char *address, struct arena *a)
{
	struct ip ip;
	struct ip_text t;

	if (!ip_parse(address, &ip))
		return address;
	t = ip_text(ip);
	return strcmp(t.s, address) == 0 ? address : arena_str(a, t.s);
}

int endpoint_cmp(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c ? c : (x->port > y->port) - (x->port < y->port);
}

static size_t sort_once(struct endpoint *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), endpoint_cmp);
	for (size_t i = 0; i < n; i++)
		if (!kept || endpoint_cmp(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	return kept;
}

const struct kube_service_port *endpoints_port(const struct kube_service *s, struct int_or_str p)
{
	for (size_t i = 0; i < s->ports.n; i++) {
		const struct kube_service_port *at = &s->ports.v[i];

		if (p.s ? strcmp(at->name, p.s) == 0 : at->port == p.n)
			return at;
	}
	return NULL;
}

/* ---- pods */

struct finder {
	const struct lbconfig *c;
	const struct snapshot *s;
	const struct kube_binding *b;
	const struct kube_service_port *port;
	struct endpoint *ready, *unknown, *missing;
	size_t nready, nunknown, nmissing;
	struct arena *a;
};

static bool of_service(const struct kube_slice *l, const struct kube_binding *b)
{
	const char *service = tag_get(&l->labels, "kubernetes.io/service-name");
	const char *family =
		b->ip_address_type && strcmp(b->ip_address_type, "ipv6") == 0 ? "IPv6" : "IPv4";

	return strcmp(l->ns, b->ns) == 0 && service && strcmp(service, b->service) == 0 &&
	       strcmp(l->address_type, family) == 0;
}

/* A pod that is held back by nothing but its readiness gates is a target; of a node that cannot be
 * reached nobody knows. */
static void judge(struct finder *f, const struct kube_endpoint *e, const struct endpoint *t)
{
	const char *node;

	if (e->ready != FLAG_NO) {
		f->ready[f->nready++] = *t;
		return;
	}
	if (strcmp(pod_condition(&t->pod->conditions, "ContainersReady"), "True") != 0 || !t->node)
		return;
	node = pod_condition(&t->node->conditions, "Ready");
	if (strcmp(node, "True") == 0 && e->terminating != FLAG_YES)
		f->ready[f->nready++] = *t;
	else if (strcmp(node, "Unknown") == 0)
		f->unknown[f->nunknown++] = *t;
}

static void one_endpoint(struct finder *f, const struct kube_endpoint *e, int64_t port)
{
	struct endpoint t = { .port = port };
	const char *ns;

	if (!e->target || strcmp(e->target->kind, "Pod") != 0 || !e->addresses.n)
		return;
	t.id = address_text(e->addresses.v[0], f->a);
	ns = *e->target->ns ? e->target->ns : f->b->ns;
	t.pod = snapshot_get(f->s, KUBE_POD, ns, e->target->name);
	if (!t.pod) {
		log_info("pod unknown pod=%s/%s service=%s/%s", ns, e->target->name, f->b->ns,
			 f->b->service);
		f->missing[f->nmissing++] = t;
		return;
	}
	t.node = snapshot_get(f->s, KUBE_NODE, "", t.pod->node);
	judge(f, e, &t);
}

static void one_slice(struct finder *f, const struct kube_slice *l)
{
	for (size_t i = 0; i < l->ports.n; i++) {
		const struct kube_slice_port *p = &l->ports.v[i];

		/* A Service port without a name takes any. */
		if (!p->port || (*f->port->name && strcmp(p->name, f->port->name) != 0))
			continue;
		for (size_t k = 0; k < l->endpoints.n; k++)
			one_endpoint(f, &l->endpoints.v[k], p->port);
	}
}

static size_t most(const struct finder *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->s->n[KUBE_SLICE]; i++) {
		const struct kube_slice *l = kube_of(f->s->v[KUBE_SLICE][i]);

		if (of_service(l, f->b))
			n += l->ports.n * l->endpoints.n;
	}
	return n;
}

static void find_pods(struct finder *f, struct endpoints *out)
{
	size_t n = most(f);

	f->ready = arena_get(f->a, n * sizeof(*f->ready));
	f->unknown = arena_get(f->a, n * sizeof(*f->unknown));
	f->missing = arena_get(f->a, n * sizeof(*f->missing));
	for (size_t i = 0; i < f->s->n[KUBE_SLICE]; i++) {
		const struct kube_slice *l = kube_of(f->s->v[KUBE_SLICE][i]);

		if (of_service(l, f->b))
			one_slice(f, l);
	}
	if (!f->nready && f->c->gates[GATE_ENDPOINTS_FAIL_OPEN])
		*out = (struct endpoints) { .v = f->unknown, .n = f->nunknown };
	else
		*out = (struct endpoints) { .v = f->ready, .n = f->nready };
	out->n = sort_once(out->v, out->n);
	out->unknown = f->missing;
	out->nunknown = sort_once(f->missing, f->nmissing);
}

/* ---- nodes */

/* Who never gets traffic from outside (10.9), and who is about to go (11). */
static bool left_out(const struct kube_node *n)
{
	static const char *const labels[] = {
		"node-role.kubernetes.io/master",
		"node.kubernetes.io/exclude-from-external-load-balancers",
		"alpha.service-controller.kubernetes.io/exclude-balancer",
	};
	const char *compute = tag_get(&n->labels, "eks.amazonaws.com/compute-type");

	for (size_t i = 0; i < COUNT(labels); i++)
		if (tag_get(&n->labels, labels[i]))
			return true;
	for (size_t i = 0; i < n->taints.n; i++) {
		const struct kube_taint *t = &n->taints.v[i];

		if (strcmp(t->key, "ToBeDeletedByClusterAutoscaler") == 0 ||
		    (strcmp(t->key, "karpenter.sh/disrupted") == 0 &&
		     strcmp(t->effect, "NoSchedule") == 0))
			return true;
	}
	return compute && strcmp(compute, "fargate") == 0;
}

static int one_node(struct finder *f, const struct kube_node *n, struct err *e)
{
	const struct endpoint t = { node_instance(n), f->port->node_port, NULL, n };
	const char *ready = pod_condition(&n->conditions, "Ready");
	bool yes = true;

	if (left_out(n))
		return 0;
	if (f->b->nodes && kube_selects(f->b->nodes, &n->labels, &yes, e) < 0)
		return wrap(e, "spec.nodeSelector");
	if (!yes)
		return 0;
	/* The original makes targets of hybrid nodes that AWS refuses, and with them all others. */
	if (!*t.id) {
		log_info("no instance of EC2's node=%s provider=%s", n->name, n->provider_id);
		return 0;
	}
	if (strcmp(ready, "True") == 0)
		f->ready[f->nready++] = t;
	else if (strcmp(ready, "Unknown") == 0)
		f->unknown[f->nunknown++] = t;
	return 0;
}

static int find_nodes(struct finder *f, const struct kube_service *s, struct endpoints *out,
		      struct err *e)
{
	size_t n = f->s->n[KUBE_NODE];

	if (strcmp(s->type, "NodePort") != 0 && strcmp(s->type, "LoadBalancer") != 0)
		return fail(e, EINVAL,
			    "service type must be either 'NodePort' or 'LoadBalancer': %s/%s",
			    s->ns, s->name);
	if (!f->port->node_port)
		return fail(e, EINVAL, "port %lld of Service %s/%s has no node port: %s",
			    (long long)f->port->port, s->ns, s->name,
			    "allocateLoadBalancerNodePorts is off, or use ip targets");
	f->ready = arena_get(f->a, n * sizeof(*f->ready));
	f->unknown = arena_get(f->a, n * sizeof(*f->unknown));
	for (size_t i = 0; i < n; i++)
		if (one_node(f, kube_of(f->s->v[KUBE_NODE][i]), e) < 0)
			return -1;
	if (!f->nready && f->c->gates[GATE_ENDPOINTS_FAIL_OPEN])
		*out = (struct endpoints) { .v = f->unknown, .n = f->nunknown };
	else
		*out = (struct endpoints) { .v = f->ready, .n = f->nready };
	out->n = sort_once(out->v, out->n);
	return 0;
}

/* ---- */

int endpoints_find(const struct lbconfig *c, const struct snapshot *s, const struct kube_binding *b,
		   struct endpoints *out, struct arena *a, struct err *e)
{
	const struct kube_service *service = snapshot_get(s, KUBE_SERVICE, b->ns, b->service);
	struct finder f = { .c = c, .s = s, .b = b, .a = a };
	char number[24];

	*out = (struct endpoints) { 0 };
	if (!service)
		return fail(e, ENOENT, "backend not found: Service \"%s\" not found", b->service);
	f.port = endpoints_port(service, b->port);
	if (!f.port) {
		snprintf(number, sizeof(number), "%lld", (long long)b->port.n);
		return fail(e, ENOENT, "backend not found: unable to find port %s on service %s/%s",
			    b->port.s ? b->port.s : number, b->ns, b->service);
	}
	if (!endpoints_ip(b))
		return find_nodes(&f, service, out, e);
	find_pods(&f, out);
	return 0;
}
