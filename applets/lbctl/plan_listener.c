/* SPDX-License-Identifier: Apache-2.0 */
/* plan_listener.c - listeners and their certificates (spec-lbc-nlb 9.4, spec-lbc-alb 20.6). */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "settings.h"
#include "track.h"

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static const char *title_of(struct planner *p, int64_t port, const char *lb)
{
	for (size_t i = 0; i < p->want->nlbs; i++)
		if (strcmp(p->want->lbs[i].id, lb) == 0)
			return arena_fmt(p->a, "listener %lld of %s", (long long)port,
					 p->want->lbs[i].spec.name);
	return arena_fmt(p->a, "listener %lld", (long long)port);
}

static void attributes(struct planner *p, const char *arn, const struct stack_listener *w,
		       const struct tags *have, const char *title)
{
	const struct elb_modify_listener_attributes in = {
		.arn = arn, .attributes = plan_attributes(p, &w->attributes, have)
	};
	struct step *s;

	if (!in.attributes.n || strcmp(w->spec.protocol, "TLS") == 0)
		return;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_listener_attributes], &in, title);
	for (size_t i = 0; i < in.attributes.n; i++)
		step_line(p, s, in.attributes.v[i].key, tag_get(have, in.attributes.v[i].key),
			  in.attributes.v[i].value);
}

/* ---- certificates: the default one is attached among the others too, as the original does */

static bool listed(const struct elb_certificates *l, const char *arn)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].arn, arn) == 0)
			return true;
	return false;
}

static int by_arn(const void *a, const void *b)
{
	return strcmp(((const struct elb_certificate *)a)->arn,
		      ((const struct elb_certificate *)b)->arn);
}

/* One certificate a call, sorted. */
static void each_missing(struct planner *p, const char *arn, enum elb_action_row row,
			 const struct elb_certificates *all, const struct elb_certificates *other,
			 const char *title)
{
	struct elb_certificate *sorted = arena_get(p->a, all->n * sizeof(*sorted));
	bool add = row == ELB_add_listener_certificates;

	if (all->n)
		memcpy(sorted, all->v, all->n * sizeof(*sorted));
	qsort(sorted, all->n, sizeof(*sorted), by_arn);
	for (size_t i = 0; i < all->n; i++) {
		const struct elb_listener_certificates in = { arn, { &sorted[i], 1 } };

		if (listed(other, sorted[i].arn) || (i && by_arn(&sorted[i - 1], &sorted[i]) == 0))
			continue;
		step_line(p, plan_call(p, STEP_CHANGE, &elb_actions[row], &in, title),
			  "certificate", add ? NULL : sorted[i].arn, add ? sorted[i].arn : NULL);
	}
}

static void certificates(struct planner *p, const char *arn, const struct stack_listener *w,
			 const struct have_listener *h, const char *title)
{
	static const struct elb_certificates none;
	const struct elb_certificates *is = h ? &h->certificates : &none;

	/* A listener that is no longer one of TLS has lost them with its protocol. */
	if (!w->spec.ssl_policy &&
	    !(h && *h->listener->ssl_policy && same_text(w->spec.protocol, h->listener->protocol)))
		return;
	if (!p->want->partial)
		each_missing(p, arn, ELB_remove_listener_certificates, is, &w->spec.certificates,
			     title);
	each_missing(p, arn, ELB_add_listener_certificates, &w->spec.certificates, is, title);
}

/* ---- */

static void create(struct planner *p, const struct stack_listener *w)
{
	const char *title = title_of(p, w->spec.port, w->lb);
	const char *ref = stack_ref(STACK_LISTENER, w->id, "listenerARN", p->a);
	static const struct tags none;
	struct elb_create_listener in = w->spec;
	struct step *s;

	if (in.certificates.n > 1)
		in.certificates.n = 1;
	in.tags = (struct tags) { 0 };
	if (p->c->gates[GATE_LISTENER_RULES_TAGGING])
		in.tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);
	s = plan_call(p, STEP_CREATE, &elb_actions[ELB_create_listener], &in, title);
	s->gives = ref;
	step_lines_of(p, s);
	certificates(p, ref, w, NULL, title);
	attributes(p, ref, w, &none, title);
}

static bool same_alpn(const struct planner *p, const struct strs *want, const struct strs *have)
{
	const char *w = want->n ? want->v[0] : "None", *h = have->n ? have->v[0] : "None";

	if (!want->n && !p->c->gates[GATE_ENHANCED_DEFAULTS])
		return true;
	return strcmp(w, h) == 0;
}

static bool yes(enum shape_flag f)
{
	return f == FLAG_YES;
}

/* Without one AWS says "off", or nothing. */
static const char *mutual_mode(const struct elb_mutual_auth *m)
{
	return m && m->mode && *m->mode ? m->mode : "off";
}

static bool same_mutual(const struct elb_mutual_auth *w, const struct elb_mutual_auth *h)
{
	if (strcmp(mutual_mode(w), mutual_mode(h)) != 0)
		return false;
	if (strcmp(mutual_mode(w), "verify") != 0)
		return true;
	return same_text(w->trust_store, h->trust_store) &&
	       yes(w->ignore_expiry) == yes(h->ignore_expiry) &&
	       same_text(w->advertise_ca_names ? w->advertise_ca_names : "off",
			 h->advertise_ca_names ? h->advertise_ca_names : "off");
}

/* What is different goes into s, which is made with the first of it. */
struct drift {
	struct planner *p;
	struct step *s;
	const struct elb_modify_listener *in;
	const char *title;
};

static void drifted(struct drift *d, const char *field, const char *from, const char *to)
{
	if (!d->s)
		d->s = plan_call(d->p, STEP_CHANGE, &elb_actions[ELB_modify_listener], d->in,
				 d->title);
	step_line(d->p, d->s, field, from, to);
}

static void actions_drift(struct drift *d, const struct elb_actions *want,
			  const struct elb_actions *have)
{
	auto_buf struct buf w = { 0 }, h = { 0 };

	settings_actions(want, &w);
	settings_actions(have, &h);
	if (!same_text(w.p, h.p) || !settings_sticky(want, have) || settings_secret(want))
		drifted(d, "DefaultActions", arena_str(d->p->a, h.p ? h.p : ""),
			arena_str(d->p->a, w.p ? w.p : ""));
}

/* What is to be taken away must be said; without the gate it is not (spec-lbc-nlb 9.4). */
static void defaults(struct planner *p, struct elb_modify_listener *in,
		     const struct elb_listener *is)
{
	static const char *none = "None";
	static const struct elb_mutual_auth off = { .mode = "off" };

	if (!p->c->gates[GATE_ENHANCED_DEFAULTS])
		return;
	if (!in->alpn.n && is->alpn.n)
		in->alpn = (struct strs) { &none, 1 };
	if (!in->mutual_auth && strcmp(mutual_mode(is->mutual_auth), "off") != 0)
		in->mutual_auth = &off;
}

static void settings(struct planner *p, const struct stack_listener *w,
		     const struct have_listener *h, const char *title)
{
	const struct elb_listener *l = h->listener;
	const struct elb_create_listener *spec = &w->spec;
	struct elb_modify_listener in = { .arn = l->arn,
					  .port = spec->port,
					  .protocol = spec->protocol,
					  .ssl_policy = spec->ssl_policy,
					  .certificates = spec->certificates,
					  .alpn = spec->alpn,
					  .mutual_auth = spec->mutual_auth };
	struct drift d = { p, NULL, &in, title };
	const char *is = l->certificates.n ? l->certificates.v[0].arn : NULL;
	const char *shall = spec->certificates.n ? spec->certificates.v[0].arn : NULL;

	if (in.certificates.n > 1)
		in.certificates.n = 1;
	defaults(p, &in, l);
	in.actions =
		plan_settings(p, &(struct elb_create_rule) { .actions = spec->actions })->actions;
	if (strcmp(spec->protocol, l->protocol) != 0)
		drifted(&d, "Protocol", l->protocol, spec->protocol);
	if (w->keep_actions)
		in.actions = l->actions;
	else
		actions_drift(&d, &in.actions, &l->actions);
	if (!same_text(is, shall))
		drifted(&d, "Certificates", is, shall);
	if (spec->ssl_policy && !same_text(spec->ssl_policy, l->ssl_policy))
		drifted(&d, "SslPolicy", *l->ssl_policy ? l->ssl_policy : NULL, spec->ssl_policy);
	if (!same_alpn(p, &spec->alpn, &l->alpn))
		drifted(&d, "AlpnPolicy", l->alpn.n ? l->alpn.v[0] : NULL,
			spec->alpn.n ? spec->alpn.v[0] : "None");
	if (in.mutual_auth && !same_mutual(in.mutual_auth, l->mutual_auth))
		drifted(&d, "MutualAuthentication", mutual_mode(l->mutual_auth),
			mutual_mode(in.mutual_auth));
}

static void update(struct planner *p, const struct stack_listener *w, const struct have_listener *h)
{
	const char *title = title_of(p, w->spec.port, w->lb);
	struct tags tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);

	if (p->c->gates[GATE_LISTENER_RULES_TAGGING])
		plan_tags(p, h->listener->arn, false, &tags, &h->tags, title);
	/* Which of it all the missing member had asked for, nobody knows. */
	if (!p->want->partial)
		settings(p, w, h, title);
	certificates(p, h->listener->arn, w, h, title);
	attributes(p, h->listener->arn, w, &h->attributes, title);
}

static void delete_others(struct planner *p)
{
	for (size_t i = 0; i < p->have->nlisteners; i++) {
		const struct have_listener *h = &p->have->listeners[i];
		const struct elb_listener_ref in = { h->listener->arn };
		const struct have_lb *lb = plan_lb(p, h->lb);
		bool wanted = false;

		/* With its load balancer a listener goes by itself. */
		if (!lb || strcmp(lb->lb->arn, h->listener->load_balancer) != 0)
			continue;
		for (size_t k = 0; k < p->want->nlisteners; k++)
			wanted = wanted || plan_listener(p, &p->want->listeners[k]) == h;
		if (!wanted && !p->want->partial)
			(void)plan_call(p, STEP_DELETE, &elb_actions[ELB_delete_listener], &in,
					title_of(p, h->listener->port, h->lb));
	}
}

void plan_listeners(struct planner *p)
{
	delete_others(p);
	for (size_t i = 0; i < p->want->nlisteners; i++)
		if (!plan_listener(p, &p->want->listeners[i]))
			create(p, &p->want->listeners[i]);
	for (size_t i = 0; i < p->want->nlisteners; i++)
		if (plan_listener(p, &p->want->listeners[i]))
			update(p, &p->want->listeners[i], plan_listener(p, &p->want->listeners[i]));
}
