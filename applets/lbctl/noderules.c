/* SPDX-License-Identifier: Apache-2.0 */
/* noderules.c - which rules TargetGroupBindings want of the security groups of nodes and pods:
 * pure. Who keeps and sends them: noderules_set.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "noderules.h"
#include "sgrules.h"

enum { MAX_PORT = 65535 };

struct maker {
	const struct kube_binding *b;
	const struct endpoint *const *v;
	size_t n;
	struct ec2_permissions out;
	size_t cap;
	struct arena *a;
	struct err *e;
};

static void add(struct maker *m, const struct ec2_permission *r)
{
	if (m->out.n == m->cap) {
		struct ec2_permission *old = m->out.v;

		m->cap = m->cap ? 2 * m->cap : 16;
		m->out.v = arena_get(m->a, m->cap * sizeof(*old));
		if (m->out.n)
			memcpy(m->out.v, old, m->out.n * sizeof(*old));
	}
	m->out.v[m->out.n++] = *r;
}

/* ---- ports by name */

struct numbers {
	int64_t *v;
	size_t n, cap;
};

static void number(struct numbers *l, int64_t port, struct arena *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == port)
			return;
	if (l->n == l->cap) {
		int64_t *old = l->v;

		l->cap = l->cap ? 2 * l->cap : 8;
		l->v = arena_get(a, l->cap * sizeof(*old));
		if (l->n)
			memcpy(l->v, old, l->n * sizeof(*old));
	}
	l->v[l->n++] = port;
}

static int64_t in_containers(const struct kube_containers *l, const char *name, bool init)
{
	for (size_t i = 0; i < l->n; i++) {
		if (init && strcmp(l->v[i].restart, "Always") != 0)
			continue;
		for (size_t k = 0; k < l->v[i].ports.n; k++)
			if (strcmp(l->v[i].ports.v[k].name, name) == 0)
				return l->v[i].ports.v[k].port;
	}
	return 0;
}

static int named_port(const struct maker *m, const char *name, struct numbers *out)
{
	if (!m->n || !m->v[0]->pod)
		return fail(m->e, EINVAL,
			    "spec.networking: port '%s' is a name, which %s has no number for",
			    name, m->n ? "an instance" : "a group without pods");
	for (size_t i = 0; i < m->n; i++) {
		const struct kube_pod *p = m->v[i]->pod;
		int64_t port = in_containers(&p->containers, name, false);

		port = port ? port : in_containers(&p->init_containers, name, true);
		if (!port)
			return fail(m->e, ENOENT, "unable to find port %s on pod %s/%s", name,
				    p->ns, p->name);
		number(out, port, m->a);
	}
	return 0;
}

/* ---- rules */

/* EC2 keeps networks: what has host bits set would never be found again. */
static int from_cidr(struct maker *m, const char *text, struct ec2_permission *r)
{
	struct cidr c;
	const char *canonical;

	if (!cidr_parse(text, &c))
		return fail(m->e, EINVAL, "spec.networking: ipBlock.cidr '%.60s' is no CIDR", text);
	canonical = arena_str(m->a, cidr_text(cidr_network(c)).s);
	if (c.ip.family == IP_V6) {
		r->ranges6 = (struct ec2_range6s) { NEW(m->a, struct ec2_range6), 1 };
		*r->ranges6.v = (struct ec2_range6) { canonical, NODERULES_DESCRIPTION };
	} else {
		r->ranges = (struct ec2_ranges) { NEW(m->a, struct ec2_range), 1 };
		*r->ranges.v = (struct ec2_range) { canonical, NODERULES_DESCRIPTION };
	}
	return 0;
}

static void from_group(struct maker *m, const char *id, struct ec2_permission *r)
{
	r->peers = (struct ec2_peers) { NEW(m->a, struct ec2_peer), 1 };
	*r->peers.v = (struct ec2_peer) { .id = id, .description = NODERULES_DESCRIPTION };
}

static int one(struct maker *m, const struct kube_peer *from, const char *protocol, int64_t low,
	       int64_t high)
{
	struct ec2_permission r = { .protocol = protocol,
				    .from = { low, true },
				    .to = { high, true } };

	if (*from->group)
		from_group(m, from->group, &r);
	else if (from_cidr(m, from->cidr, &r) < 0)
		return -1;
	add(m, &r);
	return 0;
}

static int of_port(struct maker *m, const struct kube_peer *from, const struct kube_net_port *p)
{
	const char *protocol = strcmp(p->protocol, "UDP") == 0 ? "udp" : "tcp";
	struct numbers l = { 0 };

	if (*p->protocol && strcmp(p->protocol, "UDP") != 0 && strcmp(p->protocol, "TCP") != 0)
		return fail(m->e, EINVAL,
			    "spec.networking: protocol '%.40s' is neither TCP nor UDP",
			    p->protocol);
	if (!p->port.s)
		return one(m, from, protocol, p->port.n, p->port.n ? p->port.n : MAX_PORT);
	if (named_port(m, p->port.s, &l) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (one(m, from, protocol, l.v[i], l.v[i]) < 0)
			return -1;
	return 0;
}

int noderules_of(const struct kube_binding *b, const struct endpoint *const *v, size_t n,
		 struct ec2_permissions *out, struct arena *a, struct err *e)
{
	struct maker m = { .b = b, .v = v, .n = n, .a = a, .e = e };

	*out = (struct ec2_permissions) { 0 };
	if (!b->networking)
		return 0;
	for (size_t i = 0; i < b->networking->ingress.n; i++) {
		const struct kube_net_rule *r = &b->networking->ingress.v[i];

		for (size_t k = 0; k < r->from.n; k++)
			for (size_t p = 0; p < r->ports.n; p++)
				if (of_port(&m, &r->from.v[k], &r->ports.v[p]) < 0)
					return -1;
	}
	*out = m.out;
	return 0;
}

/* ---- all together */

static int by_source(const void *a, const void *b)
{
	const struct ec2_permission *x = a, *y = b;
	int c = strcmp(x->protocol, y->protocol);

	return c ? c : strcmp(x->peers.v[0].id, y->peers.v[0].id);
}

/* Rules from security groups, one range for each protocol and group. */
static size_t widen(struct ec2_permission *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_source);
	for (size_t i = 0; i < n; i++) {
		struct ec2_permission *last = kept ? &v[kept - 1] : NULL;

		if (!last || by_source(last, &v[i]) != 0) {
			v[kept++] = v[i];
			continue;
		}
		if (v[i].from.v < last->from.v)
			last->from = v[i].from;
		if (v[i].to.v > last->to.v)
			last->to = v[i].to;
	}
	return kept;
}

struct ec2_permissions noderules_merge(const struct ec2_permissions *all, size_t n,
				       bool unrestricted, struct arena *a)
{
	const struct sgrules none = { 0 };
	struct ec2_permissions groups = { 0 }, out;
	struct sgrules l, once;
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += all[i].n;
	l = sgrules_for(total, a);
	groups.v = arena_get(a, total * sizeof(*groups.v));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all[i].n; k++) {
			struct ec2_permission r = all[i].v[k];

			/* Without ports is all ports. */
			if (!r.from.set || (!r.from.v && !r.to.v)) {
				r.from = (struct shape_num) { 0, true };
				r.to = (struct shape_num) { MAX_PORT, true };
			}
			if (r.peers.n && !unrestricted)
				groups.v[groups.n++] = r;
			else
				sgrules_add(&l, &r, a);
		}
	groups.n = widen(groups.v, groups.n);
	for (size_t i = 0; i < groups.n; i++)
		sgrules_add(&l, &groups.v[i], a);
	once = sgrules_without(&l, &none, a);
	out = (struct ec2_permissions) { once.v, once.n };
	return out;
}

/* ---- which group */

static bool has_all(const struct tags *is, const struct tags *want)
{
	for (size_t i = 0; i < want->n; i++) {
		const char *v = tag_get(is, want->v[i].key);

		if (!v || strcmp(v, want->v[i].value) != 0)
			return false;
	}
	return true;
}

int noderules_group(const struct lbconfig *c, const struct pod_eni *eni, struct facts *f,
		    const char **out, struct arena *a, struct err *e)
{
	const char *key = arena_fmt(a, "kubernetes.io/cluster/%s", c->cluster);
	auto_buf struct buf got = { 0 };
	size_t n = 0;

	if (eni->groups.n == 1) {
		*out = eni->groups.v[0];
		return 0;
	}
	if (facts_need(f, FACT_GROUPS, e) < 0)
		return -1;
	buf_str(&got, "");
	for (size_t i = 0; i < f->groups.n; i++) {
		const struct ec2_group *g = &f->groups.v[i];
		bool on = false;

		for (size_t k = 0; k < eni->groups.n; k++)
			on = on || strcmp(eni->groups.v[k], g->id) == 0;
		if (!on || !tag_get(&g->tags, key) || !has_all(&g->tags, &c->service_sg_tags))
			continue;
		*out = g->id;
		buf_fmt(&got, "%s%s", n++ ? " " : "", g->id);
	}
	if (n == 1)
		return 0;
	return fail(e, EINVAL,
		    "expected exactly one securityGroup tagged with %s%s for eni %s, got: [%s] "
		    "(clusterName: %s)",
		    key,
		    c->service_sg_tags.n ? " and --service-target-eni-security-group-tags" : "",
		    eni->id, got.p, c->cluster);
}
