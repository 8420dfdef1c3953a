/* SPDX-License-Identifier: Apache-2.0 */
/* have.c - a stack's objects in AWS, found by their tags. */
#include <errno.h>
#include <string.h>

#include "have.h"
#include "track.h"

/* Lists of all load balancers and target groups serve every stack that is looked at within this
 * time: at a restart all are. */
enum { LIST_AGE_MS = 30000 };

struct reader {
	struct have *out;
	struct aws *w;
	struct elbindex *index;
	const struct lbconfig *c;
	const struct stack *want;
	struct arena *a;
	int64_t deadline;
	struct err *e;
};

/* ---- matches */

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool have_lb_is(const struct have_lb *h, const struct stack_lb *want)
{
	return same(h->id, want->id) && same(h->lb->type, want->spec.type) &&
	       same(h->lb->scheme, want->spec.scheme);
}

static bool layer4(const struct elb_target_group *g)
{
	return strcmp(g->protocol, "HTTP") != 0 && strcmp(g->protocol, "HTTPS") != 0;
}

/* Without NLBHealthCheckAdvancedConfig these cannot be changed, or so the original thinks. */
static bool same_or_unset(const char *is, const char *shall)
{
	return !shall || same(is, shall);
}

static bool number_or_unset(struct shape_num is, struct shape_num shall)
{
	return !shall.set || (is.set && is.v == shall.v);
}

static bool same_health(const struct elb_target_group *g, const struct elb_create_target_group *w)
{
	return same_or_unset(g->health_protocol, w->health_protocol) &&
	       same_or_unset(g->http_codes, w->http_codes) &&
	       same_or_unset(g->grpc_codes, w->grpc_codes) &&
	       number_or_unset(g->health_interval_s, w->health_interval_s) &&
	       number_or_unset(g->health_timeout_s, w->health_timeout_s);
}

bool have_tg_is(const struct have_tg *h, const struct lbconfig *c, const struct stack_tg *want)
{
	if (!same(h->id, want->id) || !same(h->tg->target_type, want->spec.target_type) ||
	    !same(h->tg->protocol, want->spec.protocol) ||
	    !same_or_unset(h->tg->protocol_version, want->spec.protocol_version) ||
	    h->tg->control_port != want->spec.control_port)
		return false;
	return c->gates[GATE_NLB_HEALTH_CHECK_ADVANCED] || !layer4(h->tg) ||
	       same_health(h->tg, &want->spec);
}

const struct have_sg *have_sg_match(const struct have *h, const struct stack_sg *want)
{
	for (size_t i = 0; i < h->nsgs; i++)
		if (same(h->sgs[i].id, want->id))
			return &h->sgs[i];
	return NULL;
}

const struct have_lb *have_lb_match(const struct have *h, const struct stack_lb *want)
{
	for (size_t i = 0; i < h->nlbs; i++)
		if (have_lb_is(&h->lbs[i], want))
			return &h->lbs[i];
	return NULL;
}

const struct have_tg *have_tg_match(const struct have *h, const struct lbconfig *c,
				    const struct stack_tg *want)
{
	for (size_t i = 0; i < h->ntgs; i++)
		if (have_tg_is(&h->tgs[i], c, want))
			return &h->tgs[i];
	return NULL;
}

/* ---- reading */

/* The resource tag; what bears the stack's tags without it, nobody of ours has made. */
static const char *resource_of(struct reader *r, const struct tags *t, const char *what,
			       const char *which)
{
	const char *id = tag_get(t, arena_fmt(r->a, "%s/resource", r->want->prefix));

	if (!id)
		fail(r->e, EBADMSG, "unexpected %s with no resourceID: %s", what, which);
	return id;
}

static int read_groups(struct reader *r, const struct ec2_groups *all)
{
	struct tags own = track_stack_tags(r->c, r->want, r->a);
	struct tags legacy = track_legacy_tags(r->c, r->want, r->a);
	/* The default tags may have been others when it was made. */
	struct tag pair[] = { { "elbv2.k8s.aws/cluster", r->c->cluster },
			      { "elbv2.k8s.aws/resource", "backend-sg" } };
	const struct tags shared = { pair, COUNT(pair) };
	struct have *out = r->out;

	out->sgs = arena_get(r->a, all->n * sizeof(*out->sgs));
	for (size_t i = 0; i < all->n; i++) {
		const struct ec2_group *g = &all->v[i];
		struct have_sg *h = &out->sgs[out->nsgs];

		if (!out->backend_sg && track_has(&g->tags, &shared))
			out->backend_sg = g->id;
		if (!track_has(&g->tags, &own) && !track_has(&g->tags, &legacy))
			continue;
		*h = (struct have_sg) { resource_of(r, &g->tags, "securityGroup", g->id), g };
		if (!h->id)
			return -1;
		out->nsgs++;
	}
	if (*r->c->backend_sg_id)
		out->backend_sg = r->c->backend_sg_id;
	return 0;
}

/* What is gone since the lists were read is made anew, not an error: whoever reads again lists
 * again. */
static int gone(struct reader *r)
{
	if (r->e->num == ENOENT) {
		elbindex_doubt(r->index);
		r->e->num = EAGAIN;
	}
	return -1;
}

static int read_index(struct reader *r)
{
	struct tags own = track_stack_tags(r->c, r->want, r->a);
	struct tags legacy = track_legacy_tags(r->c, r->want, r->a);
	struct have *out = r->out;
	struct index_lb *lbs;
	struct index_tg *tgs;

	if (elbindex_find(r->index, r->w, &own, &legacy, LIST_AGE_MS, &lbs, &out->nlbs, &tgs,
			  &out->ntgs, r->a, r->deadline, r->e) < 0)
		return gone(r);
	out->lbs = arena_get(r->a, out->nlbs * sizeof(*out->lbs));
	out->tgs = arena_get(r->a, out->ntgs * sizeof(*out->tgs));
	for (size_t i = 0; i < out->nlbs; i++) {
		out->lbs[i] = (struct have_lb) { .id = resource_of(r, &lbs[i].tags, "loadBalancer",
								   lbs[i].lb.arn),
						 .lb = &lbs[i].lb,
						 .tags = lbs[i].tags };
		if (!out->lbs[i].id)
			return -1;
	}
	for (size_t i = 0; i < out->ntgs; i++) {
		out->tgs[i] = (struct have_tg) { .id = resource_of(r, &tgs[i].tags, "targetGroup",
								   tgs[i].tg.arn),
						 .tg = &tgs[i].tg,
						 .tags = tgs[i].tags };
		if (!out->tgs[i].id)
			return -1;
	}
	return 0;
}

static int read_capacities(struct reader *r)
{
	for (size_t i = 0; i < r->want->nlbs; i++)
		for (size_t k = 0; k < r->out->nlbs; k++) {
			struct have_lb *h = &r->out->lbs[k];
			const struct elb_load_balancer_ref in = { h->lb->arn };
			struct elb_capacity is;

			if (!r->want->lbs[i].capacity.set || !r->c->gates[GATE_LB_CAPACITY] ||
			    h != have_lb_match(r->out, &r->want->lbs[i]) ||
			    strcmp(h->lb->state, "provisioning") == 0)
				continue;
			if (elb_describe_capacity_reservation(r->w, &in, &is, r->a, r->deadline,
							      r->e) < 0)
				return gone(r);
			h->capacity = is.units;
		}
	return 0;
}

static int read_attributes(struct reader *r)
{
	for (size_t i = 0; i < r->want->nlbs; i++)
		for (size_t k = 0; k < r->out->nlbs; k++) {
			struct have_lb *h = &r->out->lbs[k];
			const struct elb_load_balancer_ref in = { h->lb->arn };

			if (r->want->lbs[i].attributes.n && have_lb_is(h, &r->want->lbs[i]) &&
			    elb_describe_load_balancer_attributes(r->w, &in, &h->attributes, r->a,
								  r->deadline, r->e) < 0)
				return gone(r);
		}
	for (size_t i = 0; i < r->want->ntgs; i++)
		for (size_t k = 0; k < r->out->ntgs; k++) {
			struct have_tg *h = &r->out->tgs[k];
			const struct elb_target_group_ref in = { h->tg->arn };

			if (r->want->tgs[i].attributes.n && have_tg_is(h, r->c, &r->want->tgs[i]) &&
			    elb_describe_target_group_attributes(r->w, &in, &h->attributes, r->a,
								 r->deadline, r->e) < 0)
				return gone(r);
		}
	return 0;
}

static int read_listener(struct reader *r, struct have_listener *h)
{
	const struct elb_listener_ref in = { h->listener->arn };
	const struct stack_listener *w = NULL;
	struct elb_certificates all;

	for (size_t i = 0; i < r->want->nlisteners && !w; i++)
		if (r->want->listeners[i].spec.port == h->listener->port &&
		    same(r->want->listeners[i].lb, h->lb))
			w = &r->want->listeners[i];
	if (!w)
		return 0;
	if (w->attributes.n && strcmp(w->spec.protocol, "TLS") != 0 &&
	    elb_describe_listener_attributes(r->w, &in, &h->attributes, r->a, r->deadline, r->e) <
		    0)
		return gone(r);
	if (!*h->listener->ssl_policy)
		return 0;
	if (elb_describe_listener_certificates(r->w, &in, &all, r->a, r->deadline, r->e) < 0)
		return gone(r);
	h->certificates.v = arena_get(r->a, all.n * sizeof(*all.v));
	for (size_t i = 0; i < all.n; i++)
		if (!all.v[i].is_default)
			h->certificates.v[h->certificates.n++] = all.v[i];
	return 0;
}

/* The one of its id that references mean. */
static bool stays(struct reader *r, const struct have_lb *h)
{
	bool first = true;

	for (size_t i = 0; i < r->want->nlbs; i++)
		if (have_lb_match(r->out, &r->want->lbs[i]) == h)
			return true;
	/* Of a stack that is not whole it stays whatever it is (plan_lb()). */
	for (const struct have_lb *k = r->out->lbs; k < h; k++)
		first = first && !same(k->id, h->id);
	for (size_t i = 0; i < r->want->nlbs && r->want->partial && first; i++)
		if (same(r->want->lbs[i].id, h->id))
			return !have_lb_match(r->out, &r->want->lbs[i]);
	return false;
}

static int add_listeners(struct reader *r, const struct have_lb *lb)
{
	const struct elb_describe_listeners in = { .load_balancer = lb->lb->arn };
	struct have *out = r->out;
	struct have_listener *old = out->listeners;
	struct elb_listeners l;

	if (elb_describe_listeners(r->w, &in, &l, r->a, r->deadline, r->e) < 0)
		return gone(r);
	out->listeners = arena_get(r->a, (out->nlisteners + l.n) * sizeof(*old));
	if (out->nlisteners)
		memcpy(out->listeners, old, out->nlisteners * sizeof(*old));
	for (size_t i = 0; i < l.n; i++) {
		struct have_listener *h = &out->listeners[out->nlisteners++];

		*h = (struct have_listener) { .listener = &l.v[i], .lb = lb->id };
		if (read_listener(r, h) < 0)
			return -1;
	}
	return 0;
}

static int add_rules(struct reader *r, const struct have_listener *h)
{
	const struct elb_describe_rules in = { .listener = h->listener->arn };
	struct have *out = r->out;
	struct have_rule *old = out->rules;
	struct elb_rules l;

	if (elb_describe_rules(r->w, &in, &l, r->a, r->deadline, r->e) < 0)
		return gone(r);
	out->rules = arena_get(r->a, (out->nrules + l.n) * sizeof(*old));
	if (out->nrules)
		memcpy(out->rules, old, out->nrules * sizeof(*old));
	for (size_t i = 0; i < l.n; i++)
		if (!l.v[i].is_default)
			out->rules[out->nrules++] =
				(struct have_rule) { .rule = &l.v[i],
						     .listener = h->listener->arn };
	return 0;
}

/* Network load balancers have no rules. A load balancer that goes takes all of its own along. */
static int read_listeners(struct reader *r)
{
	for (size_t i = 0; i < r->out->nlbs; i++) {
		const struct have_lb *h = &r->out->lbs[i];
		size_t first = r->out->nlisteners;

		if (!stays(r, h))
			continue;
		if (add_listeners(r, h) < 0)
			return -1;
		if (strcmp(h->lb->type, "application") != 0)
			continue;
		for (size_t k = first; k < r->out->nlisteners; k++)
			if (add_rules(r, &r->out->listeners[k]) < 0)
				return -1;
	}
	return 0;
}

static int read_tags(struct reader *r)
{
	size_t nl = r->out->nlisteners, n = nl + r->out->nrules;
	const char **arns = arena_get(r->a, n * sizeof(*arns));
	struct tags *tags = arena_get(r->a, n * sizeof(*tags));
	const struct strs all = { arns, n };

	if (!r->c->gates[GATE_LISTENER_RULES_TAGGING] || !n)
		return 0;
	for (size_t i = 0; i < n; i++)
		arns[i] = i < nl ? r->out->listeners[i].listener->arn
				 : r->out->rules[i - nl].rule->arn;
	if (elbindex_tags(r->index, r->w, &all, tags, r->a, r->deadline, r->e) < 0)
		return gone(r);
	for (size_t i = 0; i < n; i++) {
		if (i < nl)
			r->out->listeners[i].tags = tags[i];
		else
			r->out->rules[i - nl].tags = tags[i];
	}
	return 0;
}

int have_read(struct have *out, struct aws *w, struct elbindex *index, const struct lbconfig *c,
	      const struct stack *want, const struct ec2_groups *groups, struct arena *a,
	      int64_t deadline, struct err *e)
{
	struct reader r = { out, w, index, c, want, a, deadline, e };

	if (read_groups(&r, groups) < 0 || read_index(&r) < 0 || read_attributes(&r) < 0 ||
	    read_capacities(&r) < 0 || read_listeners(&r) < 0)
		return -1;
	return read_tags(&r);
}
