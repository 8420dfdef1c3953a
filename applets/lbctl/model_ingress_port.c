/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_port.c - the ports on which one Ingress listens, and who may connect (spec-lbc-alb
 * 9.1, 9.2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingressbuild.h"

/* A CIDR as Go's net.ParseCIDR reads it; host bits are tolerated. */
static int check_cidrs(const struct ingress_part *m, const struct strs *l, bool of_class,
		       struct err *e)
{
	struct cidr c;

	for (size_t i = 0; i < l->n; i++) {
		if (cidr_parse(l->v[i], &c))
			continue;
		if (of_class)
			return fail(e, EINVAL,
				    "invalid CIDR in IngressClassParams InboundCIDR %.80s: invalid "
				    "CIDR address: %.80s",
				    l->v[i], l->v[i]);
		fail(e, EINVAL,
		     "invalid inbound-cidrs settings on Ingress: %s: invalid CIDR address: %.80s",
		     m->key, l->v[i]);
		return annot_blame(&m->l, A_INBOUND_CIDRS, NULL, e);
	}
	return 0;
}

/* EC2 would refuse it only when the load balancer is half made. */
static int own_lists(struct ingress_build *b, const struct ingress_part *m, struct strs *out,
		     struct err *e)
{
	annot_list(&m->l, A_PREFIX_LISTS, out, b->a);
	for (size_t i = 0; i < out->n; i++) {
		if (str_prefix(out->v[i], "pl-"))
			continue;
		fail(e, EINVAL, "no id of a prefix list: %.80s", out->v[i]);
		return annot_blame(&m->l, A_PREFIX_LISTS, NULL, e);
	}
	return 0;
}

static int find_sources(struct ingress_build *b, struct ingress_part *m, struct err *e)
{
	bool of_class = m->p && m->p->inbound_cidrs.n;
	struct strs cidrs = { 0 }, lists = { 0 };

	if (of_class)
		cidrs = m->p->inbound_cidrs;
	else
		annot_list(&m->l, A_INBOUND_CIDRS, &cidrs, b->a);
	if (check_cidrs(m, &cidrs, of_class, e) < 0)
		return -1;
	if (m->p && m->p->prefix_lists.n)
		lists = m->p->prefix_lists;
	else if (m->p && m->p->old_prefix_lists.n)
		lists = m->p->old_prefix_lists;
	else if (own_lists(b, m, &lists, e) < 0)
		return -1;
	m->cidrs = ingress_set(&cidrs, b->a);
	m->lists = ingress_set(&lists, b->a);
	return 0;
}

/* ---- listen-ports */

static int refuse(const struct ingress_part *m, struct err *e)
{
	return annot_blame(&m->l, A_LISTEN_PORTS, NULL, e);
}

static int add_port(struct ingress_part *m, const struct json *j, struct err *e)
{
	const char *protocol = json_key(j);
	int64_t port = json_int(j, "", -1);
	bool https = strcmp(protocol, "HTTPS") == 0;

	if (json_type(j) != JSON_NUMBER || (port == -1 && json_int(j, "", 0) == 0)) {
		fail(e, EINVAL, "failed to parse listen-ports configuration: `%.200s`",
		     annot_raw(&m->l, A_LISTEN_PORTS, NULL));
		return refuse(m, e);
	}
	if (port < 1 || port > 65535) {
		fail(e, EINVAL, "listen port must be within [1, 65535]: %lld", (long long)port);
		return refuse(m, e);
	}
	if (!https && strcmp(protocol, "HTTP") != 0) {
		fail(e, EINVAL, "listen protocol must be within [HTTP, HTTPS]: %.40s", protocol);
		return refuse(m, e);
	}
	m->ports[m->nports++] = (struct ingress_port) { .port = port, .https = https };
	return 0;
}

static int read_entries(struct ingress_build *b, struct ingress_part *m, const struct json *list,
			struct err *e)
{
	size_t n = 0;

	for (const struct json *o = json_first(list); o; o = json_next(o)) {
		if (json_type(o) != JSON_OBJECT) {
			fail(e, EINVAL, "failed to parse listen-ports configuration: `%.200s`",
			     annot_raw(&m->l, A_LISTEN_PORTS, NULL));
			return refuse(m, e);
		}
		n += json_count(o);
	}
	m->ports = arena_get(b->a, (n + 1) * sizeof(*m->ports));
	for (const struct json *o = json_first(list); o; o = json_next(o))
		for (const struct json *j = json_first(o); j; j = json_next(j))
			if (add_port(m, j, e) < 0)
				return -1;
	return 0;
}

static int read_ports(struct ingress_build *b, struct ingress_part *m, const char *raw,
		      struct err *e)
{
	struct err why = { 0 };
	auto_json struct json *j = json_parse(raw, strlen(raw), &why);

	if (json_type(j) != JSON_ARRAY) {
		fail(e, EINVAL, "failed to parse listen-ports configuration: `%.200s`", raw);
		return refuse(m, e);
	}
	if (!json_count(j)) {
		fail(e, EINVAL, "empty listen-ports configuration: `%.200s`", raw);
		return refuse(m, e);
	}
	return read_entries(b, m, j, e);
}

struct ranked_port {
	struct ingress_port p;
	size_t rank;
};

static int by_port(const void *va, const void *vb)
{
	const struct ranked_port *a = va, *b = vb;

	if (a->p.port != b->p.port)
		return a->p.port < b->p.port ? -1 : 1;
	return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Ascending; of one port the last entry counts. */
static void settle(struct ingress_build *b, struct ingress_part *m)
{
	struct ranked_port *v = arena_get(b->a, (m->nports + 1) * sizeof(*v));
	size_t n = m->nports;

	for (size_t i = 0; i < n; i++)
		v[i] = (struct ranked_port) { m->ports[i], i };
	qsort(v, n, sizeof(*v), by_port);
	m->nports = 0;
	for (size_t i = 0; i < n; i++) {
		if (m->nports && m->ports[m->nports - 1].port == v[i].p.port)
			m->nports--;
		m->ports[m->nports++] = v[i].p;
	}
}

const struct ingress_port *ingress_port_of(const struct ingress_part *m, int64_t port)
{
	size_t from = 0, to = m->nports;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (m->ports[mid].port == port)
			return &m->ports[mid];
		if (m->ports[mid].port < port)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* ---- what only HTTPS has */

static int refuse_mutual(const struct ingress_part *m, struct err *e)
{
	return annot_blame(&m->l, A_MUTUAL_AUTH, NULL, e);
}

static int mutual_entry(struct ingress_part *m, const struct json *o, struct err *e)
{
	int64_t port = json_int(annot_member(o, "port"), "", 0);

	if (port < 1 || port > 65535) {
		fail(e, EINVAL, "listen port must be within [1, 65535]: %lld", (long long)port);
		return refuse_mutual(m, e);
	}
	if (annot_member(o, "trustStore")) {
		fail(e, EINVAL,
		     "Mutual Authentication mode off does not support trustStore for port %lld",
		     (long long)port);
		return refuse_mutual(m, e);
	}
	for (size_t i = 0; i < m->nports; i++)
		if (m->ports[i].https && m->ports[i].port == port)
			m->ports[i].mutual_off = true;
	return 0;
}

/* mutual-authentication, of which only "off" is built: the rest was refused before. */
static int find_mutual(struct ingress_part *m, struct err *e)
{
	const char *raw = annot_raw(&m->l, A_MUTUAL_AUTH, NULL), *mode;
	struct err why = { 0 };
	auto_json struct json *j = NULL;

	if (!raw)
		return 0;
	j = json_parse(raw, strlen(raw), &why);
	if (!json_count(j)) {
		fail(e, EINVAL,
		     "empty mutualAuthentication configuration from ingress annotation: `%.200s`",
		     raw);
		return refuse_mutual(m, e);
	}
	for (const struct json *o = json_first(j); o; o = json_next(o)) {
		mode = json_text(annot_member(o, "mode"));
		if (mode && strcmp(mode, "off") == 0 && mutual_entry(m, o, e) < 0)
			return -1;
	}
	return 0;
}

static int find_tls(struct ingress_build *b, struct ingress_part *m, const struct strs *given,
		    struct err *e)
{
	const char *policy = NULL;
	struct strs certificates = *given;
	bool https = false;

	for (size_t i = 0; i < m->nports; i++)
		https = https || m->ports[i].https;
	if (!https)
		return 0;
	if (m->p && *m->p->ssl_policy)
		policy = m->p->ssl_policy;
	else
		annot_str(&m->l, A_SSL_POLICY, &policy);
	if (!given->n && ingress_found_certificates(b, m, &certificates, e) < 0)
		return -1;
	for (size_t i = 0; i < m->nports; i++) {
		if (!m->ports[i].https)
			continue;
		m->ports[i].ssl_policy = policy;
		m->ports[i].certificates = certificates;
	}
	return find_mutual(m, e);
}

/* Attributes are merged later; here they only have to be readable. */
static int check_attributes(struct ingress_build *b, struct ingress_part *m, struct err *e)
{
	for (size_t i = 0; i < m->nports; i++) {
		struct tags map = { 0 };
		const char *tail = arena_fmt(b->a, "%s-%lld", m->ports[i].https ? "HTTPS" : "HTTP",
					     (long long)m->ports[i].port);

		if (annot_map(&m->l, A_LISTENER_ATTRIBUTES, tail, &map, b->a, e) < 0)
			return -1;
	}
	return 0;
}

int ingress_ports(struct ingress_build *b, struct ingress_part *m, struct err *e)
{
	const char *raw = annot_raw(&m->l, A_LISTEN_PORTS, NULL);
	struct strs given = { 0 };
	bool tls = ingress_certificates(b, m, &given);
	int r;

	if (raw) {
		r = read_ports(b, m, raw, e);
	} else {
		m->ports = NEW(b->a, struct ingress_port);
		*m->ports = (struct ingress_port) { .port = tls ? 443 : 80, .https = tls };
		m->nports = 1;
		r = 0;
	}
	if (r == 0) {
		settle(b, m);
		r = find_sources(b, m, e);
	}
	if (r == 0)
		r = find_tls(b, m, &given, e);
	if (r == 0)
		r = check_attributes(b, m, e);
	if (r == 0)
		return 0;
	m->nports = 0;
	return wrap(e, "ingress: %s", m->key);
}
