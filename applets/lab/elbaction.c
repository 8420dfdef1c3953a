/* SPDX-License-Identifier: Apache-2.0 */
/* elbaction.c - actions of listeners and rules: what they may be, and what AWS makes of them. */
#include <string.h>

#include "elb.h"
#include "elbzone.h"

enum { MAX_WEIGHT = 999, MAX_STICKY_S = 604800, MAX_BODY = 1024, MAX_ACTIONS = 5 };

struct settle {
	struct elb *b;
	const struct listener *l;
	bool app;
	struct tgroup **uses;
	size_t nuses;
	struct arena *a;
	struct err *e;
};

static int invalid(struct settle *s, const char *text)
{
	return world_refuse(s->e, "InvalidLoadBalancerAction", "%s", text);
}

static int wrong(struct settle *s, const char *what, const char *value)
{
	return world_refuse(s->e, "ValidationError", "%s '%.150s' is not valid", what,
			    value ? value : "");
}

/* ---- forward ---- */

/* Which protocols of target groups a listener's goes with. */
static const char *partners(const char *protocol)
{
	static const struct {
		const char *listener, *groups;
	} known[] = {
		{ "HTTP", "HTTP|HTTPS" },    { "HTTPS", "HTTP|HTTPS" },  { "TCP", "TCP|TCP_UDP" },
		{ "TLS", "TCP|TLS" },        { "UDP", "UDP|TCP_UDP" },   { "TCP_UDP", "TCP_UDP" },
		{ "QUIC", "QUIC|TCP_QUIC" }, { "TCP_QUIC", "TCP_QUIC" },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].listener, protocol) == 0)
			return known[i].groups;
	return "";
}

static int group_fits(struct settle *s, const struct tgroup *g)
{
	const char *protocol = s->l->v->protocol, *version = g->v->protocol_version;
	struct strs users = group_users(s->b, g, s->a);
	struct err none;

	if (word_check("", g->v->protocol, partners(protocol), s->a, &none) < 0)
		return world_refuse(s->e, "InvalidConfigurationRequest",
				    "Listener protocol '%s' is not supported with a target group "
				    "with the protocol '%s'",
				    protocol, g->v->protocol);
	if (strcmp(protocol, "HTTP") == 0 && version && strcmp(version, "HTTP1") != 0)
		return world_refuse(s->e, "InvalidConfigurationRequest",
				    "Listener protocol 'HTTP' is not supported with a target group "
				    "with the protocol-version '%s'",
				    version);
	for (size_t i = 0; i < users.n; i++)
		if (strcmp(users.v[i], s->l->lb->v->arn) != 0)
			return world_refuse(s->e, "TargetGroupAssociationLimit",
					    "The following target groups cannot be associated with "
					    "more than one load balancer: %s",
					    g->v->arn);
	return 0;
}

static int weighted(struct settle *s, struct elb_weighted_group *w, size_t n)
{
	struct tgroup *g;

	if (elb_group(s->b, w->arn ? w->arn : "", &g, s->e) < 0 || group_fits(s, g) < 0)
		return -1;
	w->arn = g->v->arn;
	if (w->weight.set && (w->weight.v < 0 || w->weight.v > MAX_WEIGHT))
		return world_refuse(s->e, "ValidationError",
				    "Weight '%lld' must be between 0 and %d",
				    (long long)w->weight.v, MAX_WEIGHT);
	if (!w->weight.set && (s->app || n > 1))
		w->weight = (struct shape_num) { 1, true };
	for (size_t i = 0; i < s->nuses; i++)
		if (s->uses[i] == g)
			return 0;
	s->uses[s->nuses++] = g;
	return 0;
}

static int stickiness(struct settle *s, struct elb_forward *f)
{
	if (s->app && f->sticky == FLAG_UNSET)
		f->sticky = FLAG_NO;
	if (f->sticky == FLAG_YES &&
	    (!f->sticky_s.set || f->sticky_s.v < 1 || f->sticky_s.v > MAX_STICKY_S))
		return world_refuse(s->e, "ValidationError",
				    "Target group stickiness duration must be between 1 and %d "
				    "seconds",
				    MAX_STICKY_S);
	return 0;
}

static int forward_groups(struct settle *s, const struct elb_action *in, struct elb_forward *f)
{
	const struct elb_weighted_groups *from = &f->groups;
	int most = s->b->c.quota[s->app ? ELB_MAX_ALB_ACTION_GROUPS : ELB_MAX_NLB_ACTION_GROUPS];
	struct elb_weighted_group *v;

	if (!from->n)
		return world_refuse(s->e, "ValidationError",
				    "A target group ARN must be specified for a forward action");
	if (from->n > (size_t)most)
		return world_refuse(s->e, "TooManyTargetGroups",
				    "A forward action can have at most %d target groups", most);
	if (in->target_group &&
	    (from->n > 1 || !from->v->arn || strcmp(in->target_group, from->v->arn) != 0))
		return world_refuse(
			s->e, "ValidationError",
			"The target group '%.200s' must be the only one of ForwardConfig",
			in->target_group);
	v = arena_get(s->a, from->n * sizeof(*v));
	memcpy(v, from->v, from->n * sizeof(*v));
	for (size_t i = 0; i < from->n; i++) {
		if (weighted(s, &v[i], from->n) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(v[k].arn, v[i].arn) == 0)
				return world_refuse(s->e, "ValidationError",
						    "Target group '%.200s' is there twice",
						    v[i].arn);
	}
	f->groups.v = v;
	return 0;
}

static int forward(struct settle *s, const struct elb_action *in, struct elb_action *out)
{
	struct elb_forward *f = NEW(s->a, struct elb_forward);
	struct elb_weighted_group one = { .arn = in->target_group };

	if (in->forward)
		*f = *in->forward;
	else if (in->target_group)
		f->groups = (struct elb_weighted_groups) { &one, 1 };
	if (forward_groups(s, in, f) < 0 || stickiness(s, f) < 0)
		return -1;
	out->forward = f;
	out->target_group = f->groups.n == 1 ? f->groups.v[0].arn : NULL;
	return 0;
}

/* ---- redirect, fixed-response ---- */

static bool is_port(const char *text)
{
	uint64_t v;

	return strcmp(text, "#{port}") == 0 || (str_u64(text, &v) && v >= 1 && v <= 65535);
}

static const char *part(const char *text, const char *def)
{
	return text && *text ? text : def;
}

static int redirect(struct settle *s, const struct elb_action *in, struct elb_action *out)
{
	struct elb_redirect *r = NEW(s->a, struct elb_redirect);
	bool https = strcmp(s->l->v->protocol, "HTTPS") == 0;

	if (!in->redirect)
		return wrong(s, "RedirectConfig", "");
	*r = (struct elb_redirect) { .protocol = part(in->redirect->protocol, "#{protocol}"),
				     .port = part(in->redirect->port, "#{port}"),
				     .host = part(in->redirect->host, "#{host}"),
				     .path = part(in->redirect->path, "/#{path}"),
				     .query =
					     in->redirect->query ? in->redirect->query : "#{query}",
				     .status = in->redirect->status };
	if (!r->status || word_check("statusCode", r->status, "HTTP_301|HTTP_302", s->a, s->e) < 0)
		return r->status ? -1 : wrong(s, "Redirect status code", "");
	if (word_check("protocol", r->protocol, "HTTP|HTTPS|#{protocol}", s->a, s->e) < 0)
		return -1;
	if (!is_port(r->port))
		return wrong(s, "Redirect port", r->port);
	if (*r->path != '/')
		return wrong(s, "Redirect path", r->path);
	if (https && strcmp(r->protocol, "HTTP") == 0)
		return invalid(s, "A redirect from HTTPS to HTTP is not possible");
	if (strcmp(r->protocol, "#{protocol}") == 0 && strcmp(r->port, "#{port}") == 0 &&
	    strcmp(r->host, "#{host}") == 0 && strcmp(r->path, "/#{path}") == 0)
		return invalid(s, "A redirect must change protocol, port, host or path");
	out->redirect = r;
	return 0;
}

static int fixed_response(struct settle *s, const struct elb_action *in)
{
	const struct elb_fixed_response *f = in->fixed_response;

	if (!f || !f->status || strlen(f->status) != 3 || strspn(f->status, "0123456789") != 3 ||
	    !strchr("245", *f->status))
		return wrong(s, "Fixed response status code", f ? f->status : "");
	if (f->content_type &&
	    word_check("contentType", f->content_type,
		       "text/plain|text/css|text/html|application/javascript|application/json",
		       s->a, s->e) < 0)
		return -1;
	if (f->body && strlen(f->body) > MAX_BODY)
		return world_refuse(s->e, "ValidationError",
				    "A fixed response's body has at most %d bytes", MAX_BODY);
	return 0;
}

/* ---- authentication: kept as it is, but for the secret, which AWS never tells ---- */

static int authenticate(struct settle *s, const struct elb_action *in, struct elb_action *out)
{
	struct elb_oidc *oidc;

	if (strcmp(s->l->v->protocol, "HTTPS") != 0)
		return world_refuse(s->e, "InvalidLoadBalancerAction",
				    "Actions of type '%s' are supported only on HTTPS listeners",
				    in->type);
	if (in->oidc) {
		oidc = NEW(s->a, struct elb_oidc);
		*oidc = *in->oidc;
		oidc->client_secret = NULL;
		out->oidc = oidc;
	}
	return 0;
}

/* ---- all of them ---- */

static bool is_last(const struct elb_action *x)
{
	return strcmp(x->type, "forward") == 0 || strcmp(x->type, "redirect") == 0 ||
	       strcmp(x->type, "fixed-response") == 0;
}

static int one(struct settle *s, const struct elb_action *in, struct elb_action *out)
{
	const char *type = in->type ? in->type : "";

	if (word_check("type", type,
		       "forward|authenticate-oidc|authenticate-cognito|redirect|fixed-response|"
		       "jwt-validation",
		       s->a, s->e) < 0)
		return -1;
	if (!s->app && strcmp(type, "forward") != 0)
		return invalid(s, "Network load balancers have forward actions alone");
	*out = *in;
	if (strcmp(type, "forward") == 0)
		return forward(s, in, out);
	if (strcmp(type, "redirect") == 0)
		return redirect(s, in, out);
	if (strcmp(type, "fixed-response") == 0)
		return fixed_response(s, in);
	return authenticate(s, in, out);
}

/* In order; the one that answers comes last, and there is one. */
static int order_check(struct settle *s, struct elb_actions *l)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t k = i; k && l->v[k - 1].order > l->v[k].order; k--) {
			struct elb_action x = l->v[k];

			l->v[k] = l->v[k - 1];
			l->v[k - 1] = x;
		}
	for (size_t i = 1; i < l->n; i++)
		if (l->v[i].order == l->v[i - 1].order)
			return invalid(s, "Actions must have different orders");
	for (size_t i = 0; i < l->n; i++)
		if (is_last(&l->v[i]) != (i + 1 == l->n))
			return invalid(s,
				       "The last action, and only that, must be of type forward, "
				       "redirect or fixed-response");
	return 0;
}

/* Target groups of one load balancer, these included. */
static int groups_check(struct settle *s)
{
	size_t n = s->nuses;

	for (const struct tgroup *g = s->b->groups; g && s->app; g = g->next) {
		bool counted = false, used = false;

		for (size_t i = 0; i < s->nuses; i++)
			counted |= s->uses[i] == g;
		for (const struct lb_rule *r = s->b->rules; r && !counted && !used; r = r->next)
			for (size_t i = 0; i < r->nuses && r->listener->lb == s->l->lb; i++)
				used |= r->uses[i] == g;
		n += used;
	}
	if (s->app && n > (size_t)s->b->c.quota[ELB_MAX_ALB_GROUPS])
		return world_refuse(
			s->e, "TooManyUniqueTargetGroupsPerLoadBalancer",
			"You've reached the limit on the number of unique target groups "
			"per load balancer: %d",
			s->b->c.quota[ELB_MAX_ALB_GROUPS]);
	return 0;
}

int actions_settle(struct elb *b, const struct listener *l, struct elb_actions in,
		   struct elb_settled *out, struct arena *a, struct err *e)
{
	struct settle s = { .b = b, .l = l, .app = lb_is_app(l->lb), .a = a, .e = e };
	struct elb_actions *to = &out->actions;
	size_t room = 0;

	if (!in.n)
		return world_refuse(e, "ValidationError", "At least one action must be specified");
	if (in.n > MAX_ACTIONS)
		return world_refuse(
			e, "TooManyActions",
			"You've reached the limit on the number of actions per rule: %d",
			MAX_ACTIONS);
	for (size_t i = 0; i < in.n; i++)
		room += in.v[i].forward ? in.v[i].forward->groups.n : 1;
	s.uses = arena_get(a, (room + 1) * sizeof(struct tgroup *));
	*to = (struct elb_actions) { arena_get(a, in.n * sizeof(*to->v)), in.n };
	for (size_t i = 0; i < in.n; i++) {
		if (one(&s, &in.v[i], &to->v[i]) < 0)
			return -1;
		if (!to->v[i].order)
			to->v[i].order = (int64_t)i + 1;
	}
	if (order_check(&s, to) < 0 || groups_check(&s) < 0)
		return -1;
	out->uses = s.uses;
	out->nuses = s.nuses;
	return 0;
}
