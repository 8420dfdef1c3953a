/* SPDX-License-Identifier: Apache-2.0 */
/* elblistener.c - listeners: their protocol, certificate and default actions. */
#include <stdlib.h>
#include <string.h>

#include "elb.h"
#include "elbcert.h"
#include "elbzone.h"

#define POLICY "ELBSecurityPolicy-2016-08" /* what AWS takes when none is asked for */

bool listener_is_secure(const char *protocol)
{
	return strcmp(protocol, "HTTPS") == 0 || strcmp(protocol, "TLS") == 0;
}

/* ---- what is asked for ---- */

static int protocol_check(const struct listener *l, struct arena *a, struct err *e)
{
	const struct listener_shown *v = l->v;
	bool app = lb_is_app(l->lb);
	struct err none;

	if (!v->protocol ||
	    word_check("", v->protocol, app ? "HTTP|HTTPS" : "TCP|TLS|UDP|TCP_UDP|QUIC|TCP_QUIC", a,
		       &none) < 0)
		return world_refuse(e, "ValidationError", "Protocol '%.40s' must be one of '%s'",
				    v->protocol ? v->protocol : "",
				    app ? "HTTP, HTTPS" : "TCP, TLS, UDP, TCP_UDP, QUIC, TCP_QUIC");
	if (v->port < 1 || v->port > 65535)
		return world_refuse(e, "ValidationError", "Port '%lld' must be between 1 and 65535",
				    (long long)v->port);
	return 0;
}

static int alpn_check(const struct listener_shown *v, struct arena *a, struct err *e)
{
	if (!v->alpn.n)
		return 0;
	if (strcmp(v->protocol, "TLS") != 0)
		return world_refuse(e, "ValidationError", "An ALPN policy is for TLS listeners");
	if (v->alpn.n > 1)
		return world_refuse(e, "ValidationError", "Only one ALPN policy can be specified");
	if (word_check("alpnPolicy", v->alpn.v[0],
		       "HTTP1Only|HTTP2Only|HTTP2Optional|HTTP2Preferred|None", a, e) < 0)
		return world_refuse(e, "ALPNPolicyNotSupported",
				    "The ALPN policy '%.60s' is not supported", v->alpn.v[0]);
	return 0;
}

static int mutual_auth_check(struct listener_shown *v, struct arena *a, struct err *e)
{
	static const struct elb_mutual_auth off = { .mode = "off" };
	const struct elb_mutual_auth *m = v->mutual_auth;

	if (strcmp(v->protocol, "HTTPS") != 0) {
		if (m && m->mode && strcmp(m->mode, "off") != 0)
			return world_refuse(e, "ValidationError",
					    "Mutual authentication is for HTTPS listeners");
		v->mutual_auth = NULL;
		return 0;
	}
	if (!m)
		v->mutual_auth = &off;
	if (!m)
		return 0;
	if (word_check("mode", m->mode ? m->mode : "", "off|passthrough|verify", a, e) < 0)
		return -1;
	if (strcmp(m->mode, "verify") == 0)
		return world_refuse(e, "TrustStoreNotFound", "Trust store '%.200s' not found",
				    m->trust_store ? m->trust_store : "");
	return 0;
}

/* What only secure listeners have; what they must have. */
static int secure(struct elb *b, struct listener_shown *v, struct arena *a, struct err *e)
{
	if (!listener_is_secure(v->protocol)) {
		if (v->certificates.n)
			return world_refuse(e, "InvalidConfigurationRequest",
					    "Certificates cannot be specified for %s listeners",
					    v->protocol);
		if (v->ssl_policy)
			return world_refuse(e, "InvalidConfigurationRequest",
					    "An SSL policy cannot be specified for %s listeners",
					    v->protocol);
		return 0;
	}
	if (!v->certificates.n)
		return world_refuse(e, "ValidationError",
				    "A certificate must be specified for %s listeners",
				    v->protocol);
	if (v->certificates.n > 1)
		return world_refuse(e, "ValidationError",
				    "Up to one certificate ARN can be specified, but %zu were",
				    v->certificates.n);
	if (!v->ssl_policy)
		v->ssl_policy = POLICY;
	if (!str_prefix(v->ssl_policy, "ELBSecurityPolicy-") ||
	    strspn(v->ssl_policy,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") !=
		    strlen(v->ssl_policy))
		return world_refuse(e, "SSLPolicyNotFound", "SSL policy '%.100s' not found",
				    v->ssl_policy);
	(void)a;
	return certificate_check(b, v->certificates.v[0].arn, v->protocol, e);
}

/* One certificate, as listeners have it. */
static struct certificate_showns certificates(struct elb_certificates in, struct arena *a)
{
	struct certificate_showns out = { arena_get(a, in.n * sizeof(*out.v)), in.n };

	for (size_t i = 0; i < in.n; i++)
		out.v[i].arn = in.v[i].arn ? in.v[i].arn : "";
	return out;
}

/* Whatever is asked for, put in order; l->v is what will be shown. */
static int settle(struct elb *b, struct listener *l, struct elb_actions actions,
		  struct elb_settled *out, struct arena *a, struct err *e)
{
	struct listener_shown *v = l->v;

	if (protocol_check(l, a, e) < 0 || secure(b, v, a, e) < 0 || alpn_check(v, a, e) < 0 ||
	    mutual_auth_check(v, a, e) < 0)
		return -1;
	if (actions_settle(b, l, actions, out, a, e) < 0)
		return -1;
	v->actions = out->actions;
	return 0;
}

static struct listener *on_port(const struct elb *b, const struct lb *lb, int64_t port)
{
	struct listener *l = b->listeners;

	while (l && (l->lb != lb || l->v->port != port))
		l = l->next;
	return l;
}

static int duplicate(const struct lb *lb, struct err *e)
{
	return world_refuse(e, "DuplicateListener",
			    "A listener already exists on this port for this load balancer '%s'",
			    lb->v->arn);
}

/* ---- create ---- */

static struct lb_rule *default_rule(struct elb *b, struct listener *l, struct arena *a)
{
	const char *tail = strstr(l->v->arn, ":listener/") + strlen(":listener/");
	struct rule_shown v = { .actions = l->v->actions, .is_default = true };
	struct lb_rule **at = &b->rules;

	v.arn = elb_arn(b, a, arena_fmt(a, "listener-rule/%s/%s", tail, elb_hex(b, a)));
	while (*at)
		at = &(*at)->next;
	*at = xalloc(sizeof(**at));
	**at = (struct lb_rule) { .listener = l };
	elb_replace(&rule_shown_shape, &(*at)->v, &v);
	return *at;
}

static struct listener *add(struct elb *b, const struct listener *made, struct arena *a)
{
	const char *tail = strstr(made->lb->v->arn, ":loadbalancer/") + strlen(":loadbalancer/");
	struct listener **at = &b->listeners;
	struct listener_shown v = *made->v;

	v.arn = elb_arn(b, a, arena_fmt(a, "listener/%s/%s", tail, elb_hex(b, a)));
	v.load_balancer = made->lb->v->arn;
	while (*at)
		at = &(*at)->next;
	*at = xalloc(sizeof(**at));
	**at = (struct listener) { .lb = made->lb };
	elb_replace(&listener_shown_shape, &(*at)->v, &v);
	return *at;
}

static int room_check(const struct elb *b, const struct lb *lb, struct err *e)
{
	int n = 0, most = b->c.quota[lb_is_app(lb) ? ELB_MAX_ALB_LISTENERS : ELB_MAX_NLB_LISTENERS];

	for (const struct listener *l = b->listeners; l; l = l->next)
		n += l->lb == lb;
	if (n >= most)
		return world_refuse(e, "TooManyListeners",
				    "You've reached the limit on the number of listeners per load "
				    "balancer: %d",
				    most);
	return 0;
}

static int show(struct api_call *c, const struct listener *l)
{
	buf_str(c->out, "<Listeners><member>");
	shape_xml(c->out, &listener_shown_shape, l->v);
	buf_str(c->out, "</member></Listeners>");
	return 0;
}

/* The same once more is no second one; anything else on the port is refused. */
static int again(struct api_call *c, const struct listener *have, const struct listener *want,
		 struct err *e)
{
	struct listener_shown v = *want->v;

	v.arn = have->v->arn;
	v.load_balancer = have->v->load_balancer;
	return elb_same(&listener_shown_shape, have->v, &v) ? show(c, have)
							    : duplicate(have->lb, e);
}

int listener_act_create(struct api_call *c, struct err *e)
{
	const struct elb_create_listener *in = c->in;
	struct elb *b = c->api->elb;
	struct listener_shown v = { .port = in->port,
				    .protocol = in->protocol,
				    .ssl_policy = in->ssl_policy,
				    .certificates = certificates(in->certificates, c->a),
				    .alpn = in->alpn,
				    .mutual_auth = in->mutual_auth };
	struct listener want = { .v = &v }, *l;
	struct elb_settled to;

	if (elb_lb(b, in->load_balancer ? in->load_balancer : "", &want.lb, e) < 0 ||
	    settle(b, &want, in->actions, &to, c->a, e) < 0 ||
	    tags_check_new(NULL, &in->tags, e) < 0)
		return -1;
	l = on_port(b, want.lb, v.port);
	if (l)
		return again(c, l, &want, e);
	if (room_check(b, want.lb, e) < 0)
		return -1;
	l = add(b, &want, c->a);
	tags_add(b, &l->tags, &in->tags);
	rule_use(default_rule(b, l, c->a), &to);
	elb_usage(b);
	return show(c, l);
}

/* ---- modify ---- */

static void change(struct elb *b, struct listener *l, const struct listener_shown *v,
		   const struct elb_settled *to)
{
	struct lb_rule *r = listener_default(b, l);
	struct rule_shown rv = *r->v;

	elb_replace(&listener_shown_shape, &l->v, v);
	rv.actions = l->v->actions;
	elb_replace(&rule_shown_shape, &r->v, &rv);
	rule_use(r, to);
	if (!listener_is_secure(l->v->protocol))
		l->sni = (struct strs) { 0 };
	elb_usage(b);
}

/* What a listener is with the changes; what the new protocol has not falls away. */
static struct listener_shown changed(const struct listener *l, const struct elb_modify_listener *in,
				     struct arena *a)
{
	struct listener_shown v = *l->v;

	if (in->port)
		v.port = in->port;
	if (in->protocol)
		v.protocol = in->protocol;
	if (!listener_is_secure(v.protocol)) {
		v.ssl_policy = NULL;
		v.certificates = (struct certificate_showns) { 0 };
	}
	if (strcmp(v.protocol, "TLS") != 0)
		v.alpn = (struct strs) { 0 };
	if (strcmp(v.protocol, "HTTPS") != 0)
		v.mutual_auth = NULL;
	if (in->ssl_policy)
		v.ssl_policy = in->ssl_policy;
	if (in->certificates.n)
		v.certificates = certificates(in->certificates, a);
	if (in->alpn.n)
		v.alpn = in->alpn;
	if (in->mutual_auth)
		v.mutual_auth = in->mutual_auth;
	return v;
}

int listener_act_modify(struct api_call *c, struct err *e)
{
	const struct elb_modify_listener *in = c->in;
	struct elb *b = c->api->elb;
	struct listener *l, *other, want = { 0 };
	struct listener_shown v;
	struct elb_settled to;

	if (elb_listener(b, in->arn ? in->arn : "", &l, e) < 0)
		return -1;
	v = changed(l, in, c->a);
	want = (struct listener) { .lb = l->lb, .v = &v };
	if (settle(b, &want, in->actions.n ? in->actions : l->v->actions, &to, c->a, e) < 0)
		return -1;
	other = on_port(b, l->lb, v.port);
	if (other && other != l)
		return duplicate(l->lb, e);
	change(b, l, &v, &to);
	return show(c, l);
}

/* ---- the rest ---- */

int listener_act_delete(struct api_call *c, struct err *e)
{
	const struct elb_listener_ref *in = c->in;
	struct elb *b = c->api->elb;
	struct listener *l;

	if (elb_listener(b, in->arn ? in->arn : "", &l, e) < 0)
		return -1;
	listener_delete(b, l);
	elb_usage(b);
	return 0;
}

static int find_all(struct elb *b, const struct listener_query *in, struct listener **out,
		    size_t *n, struct err *e)
{
	struct lb *lb;

	*n = 0;
	if (!in->load_balancer == !in->arns.n)
		return world_refuse(e, "ValidationError",
				    "You must specify either listener ARNs or a load balancer ARN");
	if (in->load_balancer && elb_lb(b, in->load_balancer, &lb, e) < 0)
		return -1;
	for (size_t i = 0; i < in->arns.n; i++)
		if (elb_listener(b, in->arns.v[i], &out[(*n)++], e) < 0)
			return -1;
	for (struct listener *l = b->listeners; l && in->load_balancer; l = l->next)
		if (l->lb == lb)
			out[(*n)++] = l;
	return 0;
}

int listener_act_describe(struct api_call *c, struct err *e)
{
	const struct listener_query *in = c->in;
	struct elb *b = c->api->elb;
	size_t n = in->arns.n;
	struct listener **found;
	struct elb_page p;

	for (const struct listener *l = b->listeners; l; l = l->next)
		n++;
	found = arena_get(c->a, n * sizeof(*found));
	if (find_all(b, in, found, &n, e) < 0 ||
	    elb_page_read(in->marker, in->page_size, n, &p, e) < 0)
		return -1;
	buf_str(c->out, "<Listeners>");
	for (size_t i = p.from; i < p.to; i++) {
		buf_str(c->out, "<member>");
		shape_xml(c->out, &listener_shown_shape, found[i]->v);
		buf_str(c->out, "</member>");
	}
	buf_str(c->out, "</Listeners>");
	elb_page_end(c, &p, n);
	return 0;
}
