/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_listener.c - ports to listeners: which protocol each speaks (spec-lbc-nlb 5.2). */
#include <errno.h>
#include <string.h>

#include "servicebuild.h"
#include "tagset.h"

static const char *protocol_of(const struct kube_service_port *p)
{
	return *p->protocol ? p->protocol : "TCP";
}

/* Named by its name or number. */
static bool names_port(const struct strs *l, const struct kube_service_port *p)
{
	for (size_t i = 0; i < l->n; i++) {
		int64_t n;

		if (*p->name && strcmp(l->v[i], p->name) == 0)
			return true;
		if (str_i64(l->v[i], &n) && n == p->port)
			return true;
	}
	return false;
}

/* ---- TLS */

static bool is_arn(const char *s)
{
	return str_prefix(s, "arn:");
}

static int check_tls_ports(struct service_build *b, struct err *e)
{
	struct strs unused = { 0 };
	const char *text = "";

	for (size_t i = 0; i < b->tls_ports.n && unused.n < MOST_PORTS; i++) {
		struct strs one = { &b->tls_ports.v[i], 1 };
		bool used = false;

		for (size_t k = 0; k < b->s->ports.n; k++)
			used = used || names_port(&one, &b->s->ports.v[k]);
		for (size_t k = 0; k < unused.n; k++)
			used = used || strcmp(unused.v[k], one.v[0]) == 0;
		if (!used)
			strs_add(&unused, one.v[0], b->a);
	}
	if (!unused.n)
		return 0;
	for (size_t i = 0; i < unused.n; i++)
		text = arena_fmt(b->a, "%s%s%s", text, i ? " " : "", unused.v[i]);
	fail(e, EINVAL, "Unused port in ssl-ports annotation [%.200s]", text);
	return annot_blame(&b->l, A_NLB_SSL_PORTS, NULL, e);
}

static int find_tls(struct service_build *b, struct err *e)
{
	b->ssl_policy = b->c->ssl_policy;
	annot_str(&b->l, A_NLB_SSL_POLICY, &b->ssl_policy);
	annot_list(&b->l, A_NLB_CERTIFICATES, &b->certificates, b->a);
	annot_list(&b->l, A_NLB_SSL_PORTS, &b->tls_ports, b->a);
	for (size_t i = 0; i < b->certificates.n; i++) {
		if (is_arn(b->certificates.v[i]))
			continue;
		fail(e, EINVAL, "no ARN of a certificate: %.100s", b->certificates.v[i]);
		return annot_blame(&b->l, A_NLB_CERTIFICATES, NULL, e);
	}
	if (!*b->ssl_policy) {
		fail(e, EINVAL, "the security policy cannot be empty");
		return annot_blame(&b->l, A_NLB_SSL_POLICY, NULL, e);
	}
	return check_tls_ports(b, e);
}

static int find_alpn(struct service_build *b, struct strs *out, struct err *e)
{
	static const char *const policies[] = { "None",          "HTTP1Only",      "HTTP2Only",
						"HTTP2Optional", "HTTP2Preferred", NULL };
	const char *v = NULL;
	int r = service_word(b, A_NLB_ALPN,
			     "ALPN policy, None, HTTP1Only, HTTP2Only, HTTP2Optional or "
			     "HTTP2Preferred expected",
			     policies, &v, e);

	if (r == 1)
		strs_add(out, v, b->a);
	return r < 0 ? -1 : 0;
}

static int set_tls(struct service_build *b, struct elb_create_listener *spec, struct err *e)
{
	spec->ssl_policy = b->ssl_policy;
	spec->certificates.v = arena_get(b->a, b->certificates.n * sizeof(*spec->certificates.v));
	for (size_t i = 0; i < b->certificates.n; i++)
		spec->certificates.v[spec->certificates.n++] =
			(struct elb_certificate) { .arn = b->certificates.v[i] };
	return find_alpn(b, &spec->alpn, e);
}

/* ---- one listener */

/* *group: the protocol of the target group. */
static const char *decide(struct service_build *b, const struct service_port *p, const char **group)
{
	const char *backend = "";

	*group = p->protocol;
	if (strcmp(p->protocol, "TCP") != 0 || !b->certificates.n ||
	    (b->tls_ports.n && !names_port(&b->tls_ports, p->port)))
		return p->protocol;
	if (annot_str(&b->l, A_NLB_BACKEND_PROTOCOL, &backend) && strcmp(backend, "ssl") == 0)
		*group = "TLS";
	return "TLS";
}

static struct elb_actions forward_to(struct service_build *b, const char *tg)
{
	struct elb_forward *f = NEW(b->a, struct elb_forward);
	struct elb_actions out = { NEW(b->a, struct elb_action), 1 };

	f->groups = (struct elb_weighted_groups) { NEW(b->a, struct elb_weighted_group), 1 };
	f->groups.v[0].arn = stack_ref(STACK_TG, tg, "targetGroupARN", b->a);
	out.v[0].type = "forward";
	out.v[0].forward = f;
	return out;
}

static int add_listener(struct service_build *b, const struct service_port *p, struct err *e)
{
	const char *group, *protocol = decide(b, p, &group), *tg = NULL;
	bool tls = strcmp(protocol, "TLS") == 0;
	struct stack_listener v = { .id = arena_fmt(b->a, "%lld", (long long)p->port->port),
				    .lb = LB_ID };

	if (service_target_group(b, p, group, &tg, e) < 0)
		return -1;
	v.spec.load_balancer = stack_ref(STACK_LB, LB_ID, "loadBalancerARN", b->a);
	v.spec.port = p->port->port;
	v.spec.protocol = protocol;
	v.spec.actions = forward_to(b, tg);
	v.spec.tags = b->tags;
	if (tls && set_tls(b, &v.spec, e) < 0)
		return -1;
	if (!tls && annot_map(&b->l, A_NLB_LISTENER_ATTRIBUTES,
			      arena_fmt(b->a, "%s-%lld", protocol, (long long)p->port->port),
			      &v.attributes, b->a, e) < 0)
		return -1;
	stack_add_listener(b->out, &v, b->a);
	return 0;
}

/* ---- ports */

static struct service_port port_of(const struct kube_service_port *p, const char *protocol)
{
	struct service_port out = { p, protocol, p->target_port };

	if (!out.target.s && !out.target.n)
		out.target.n = p->port; /* the API server's default */
	return out;
}

/* The other port of that number makes it TCP_UDP. */
static int pair(struct service_build *b, size_t at, const char **protocol, struct err *e)
{
	const struct kube_service_ports *l = &b->s->ports;
	size_t n = 0, other = at;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].port != l->v[at].port)
			continue;
		n++;
		if (i != at)
			other = i;
	}
	if (n == 1)
		return 0;
	if (n > 2)
		return fail(e, EINVAL, "port %lld: %zu protocols: a listener has TCP, UDP or both",
			    (long long)l->v[at].port, n);
	if (strcmp(protocol_of(&l->v[at]), protocol_of(&l->v[other])) == 0)
		return fail(e, EINVAL, "port %lld: %s twice: a listener has TCP, UDP or both",
			    (long long)l->v[at].port, *protocol);
	*protocol = "TCP_UDP";
	return 0;
}

static bool merges(struct service_build *b)
{
	bool yes = b->c->gates[GATE_TCP_UDP_LISTENER];
	const char *v = "";

	if (annot_str(&b->l, A_NLB_TCP_UDP, &v))
		str_bool(v, &yes); /* the original, too, passes over nonsense */
	return yes;
}

static bool seen(const struct kube_service_ports *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (l->v[i].port == l->v[at].port)
			return true;
	return false;
}

int service_listeners(struct service_build *b, struct err *e)
{
	const struct kube_service_ports *l = &b->s->ports;
	bool merge = merges(b);

	if (find_tls(b, e) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		const char *protocol = protocol_of(&l->v[i]);
		struct service_port p;

		if (strcmp(protocol, "TCP") != 0 && strcmp(protocol, "UDP") != 0)
			return fail(e, EINVAL,
				    "port %lld: unsupported protocol %.20s: a listener has TCP or "
				    "UDP",
				    (long long)l->v[i].port, protocol);
		if (merge && pair(b, i, &protocol, e) < 0)
			return -1;
		if (seen(l, i))
			continue; /* the first of a number has it */
		p = port_of(&l->v[i], protocol);
		if (add_listener(b, &p, e) < 0)
			return -1;
	}
	return 0;
}
