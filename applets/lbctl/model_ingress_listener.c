/* SPDX-License-Identifier: Apache-2.0 */
/* model_ingress_listener.c - the listeners of a group and their rules, of what its members gave
 * (spec-lbc-alb 8.3, 9.6, 9.7, 14). */
#include <errno.h>
#include <string.h>

#include "ingressbuild.h"
#include "tagset.h"
#include "track.h"

/* ---- tags */

/* Class over annotation; no key that somebody else manages. */
int ingress_tags(struct ingress_build *b, struct ingress_part *m, struct err *e)
{
	struct tags own = { 0 }, of_class = { 0 }, ignored;

	if (annot_map(&m->l, A_TAGS, NULL, &own, b->a, e) < 0)
		return -1;
	if (track_user_tags(b->c, &own, &ignored, b->a, e) < 0) {
		wrap(e, "failed build tags for Ingress %s", m->key);
		return annot_blame(&m->l, A_TAGS, NULL, e);
	}
	for (size_t i = 0; m->p && i < m->p->tags.n; i++)
		tagset_put(&of_class, m->p->tags.v[i].key, m->p->tags.v[i].value, b->a);
	if (track_user_tags(b->c, &of_class, &ignored, b->a, e) < 0)
		return wrap(e, "failed build tags for IngressClassParams %s", m->p->name);
	m->tags = tagset_merge(&own, &of_class, b->a);
	return track_user_tags(b->c, &m->tags, &m->rule_tags, b->a, e);
}

int ingress_shared_tags(struct ingress_build *b, int64_t port, struct tags *out, struct err *e)
{
	struct tags all = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const struct ingress_part *m = &b->parts[i];

		if (port && !ingress_port_of(m, port))
			continue;
		for (size_t k = 0; k < m->tags.n; k++) {
			const struct tag *t = &m->tags.v[k];
			const char *have = tag_get(&all, t->key);

			if (have && strcmp(have, t->value) != 0)
				return fail(e, EINVAL, "conflicting tag %.128s: %.100s | %.100s",
					    t->key, have, t->value);
			if (!have)
				tagset_put(&all, t->key, t->value, b->a);
		}
	}
	return track_user_tags(b->c, &all, out, b->a, e);
}

/* ---- attributes */

static const struct kube_pairs *class_attributes(const struct ingress_part *m,
						 const struct ingress_listener *at)
{
	for (size_t i = 0; m->p && i < m->p->listeners.n; i++) {
		const struct kube_class_listener *l = &m->p->listeners.v[i];

		if (l->port == at->port && strcmp(l->protocol, at->https ? "HTTPS" : "HTTP") == 0)
			return &l->attributes;
	}
	return NULL;
}

static bool has_key(const struct kube_pairs *l, const char *key)
{
	for (size_t i = 0; l && i < l->n; i++)
		if (strcmp(l->v[i].key, key) == 0)
			return true;
	return false;
}

static int merge_attributes(struct ingress_build *b, const struct ingress_part *m, const char *tail,
			    const struct kube_pairs *of_class, struct tags *all, struct err *e)
{
	struct tags own = { 0 };

	if (annot_map(&m->l, A_LISTENER_ATTRIBUTES, tail, &own, b->a, e) < 0)
		return -1;
	for (size_t k = 0; k < own.n; k++) {
		const char *have = tag_get(all, own.v[k].key);

		if (have && strcmp(have, own.v[k].value) != 0 && !has_key(of_class, own.v[k].key))
			return fail(e, EINVAL,
				    "conflicting listener attributes %.80s: %.80s | %.80s for "
				    "ingress %s",
				    own.v[k].key, have, own.v[k].value, m->key);
		if (!have)
			tagset_put(all, own.v[k].key, own.v[k].value, b->a);
	}
	return 0;
}

static int attributes(struct ingress_build *b, const struct ingress_listener *at, struct tags *out,
		      struct err *e)
{
	const char *tail =
		arena_fmt(b->a, "%s-%lld", at->https ? "HTTPS" : "HTTP", (long long)at->port);
	const struct ingress_part *first = NULL;
	const struct kube_pairs *of_class = NULL;
	struct tags all = { 0 }, over = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const struct ingress_part *m = &b->parts[i];

		if (!ingress_port_of(m, at->port))
			continue;
		if (!first) {
			first = m;
			of_class = class_attributes(m, at);
		}
		if (merge_attributes(b, m, tail, of_class, &all, e) < 0)
			return -1;
	}
	for (size_t i = 0; of_class && i < of_class->n; i++)
		tagset_put(&over, of_class->v[i].key, of_class->v[i].value, b->a);
	*out = tagset_merge(&all, &over, b->a);
	return 0;
}

/* ---- the default action */

static void redirect_all(struct ingress_build *b, struct elb_actions *out)
{
	struct elb_redirect *r = NEW(b->a, struct elb_redirect);

	*r = (struct elb_redirect) { .port = b->redirect,
				     .protocol = "HTTPS",
				     .status = "HTTP_301" };
	*out = (struct elb_actions) { NEW(b->a, struct elb_action), 1 };
	out->v[0] = (struct elb_action) { .type = "redirect", .order = 1, .redirect = r };
}

static void not_found(struct ingress_build *b, struct elb_actions *out)
{
	struct elb_fixed_response *f = NEW(b->a, struct elb_fixed_response);

	*f = (struct elb_fixed_response) { "404", "text/plain", NULL };
	*out = (struct elb_actions) { NEW(b->a, struct elb_action), 1 };
	out->v[0] =
		(struct elb_action) { .type = "fixed-response", .order = 1, .fixed_response = f };
}

static int fallback(struct ingress_build *b, const struct ingress_listener *at,
		    struct stack_listener *out, struct err *e)
{
	const struct ingress_part *found = NULL;
	struct strs all = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const struct ingress_part *m = &b->parts[i];

		if (!m->i->default_backend || !ingress_port_of(m, at->port))
			continue;
		strs_add(&all, m->key, b->a);
		found = m;
	}
	if (all.n > 1)
		return fail(e, EINVAL, "multiple ingress defined default backend: %s",
			    ingress_bracketed(&all, b->a));
	out->keep_actions = found && !found->fallback;
	if (found && found->fallback)
		out->spec.actions = *found->fallback;
	else
		not_found(b, &out->spec.actions);
	return 0;
}

/* ---- rules */

static void add_rules(struct ingress_build *b, const struct ingress_listener *at,
		      const struct stack_listener *l)
{
	struct ingress_rules rules = { 0 };
	const char *listener = stack_ref(STACK_LISTENER, l->id, "listenerARN", b->a);

	for (size_t i = 0; i < b->n; i++)
		if (ingress_port_of(&b->parts[i], at->port))
			rules.n += b->parts[i].rules.n;
	rules.v = arena_get(b->a, (rules.n + 1) * sizeof(*rules.v));
	rules.n = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct ingress_rules *own = &b->parts[i].rules;

		if (!own->n || !ingress_port_of(&b->parts[i], at->port))
			continue;
		memcpy(rules.v + rules.n, own->v, own->n * sizeof(*own->v));
		rules.n += own->n;
	}
	ingress_optimise(at, &rules, b->a);
	for (size_t i = 0; i < rules.n; i++) {
		struct stack_rule r = { .port = at->port };

		r.id = arena_fmt(b->a, "%s:%zu", l->id, i + 1);
		r.spec.listener = listener;
		r.spec.priority = (int64_t)i + 1;
		r.spec.conditions = rules.v[i].conditions;
		r.spec.actions = rules.v[i].actions;
		r.spec.tags = *rules.v[i].tags;
		r.from = rules.v[i].from;
		stack_add_rule(b->out, &r, b->a);
	}
}

/* ---- */

static void add_tls(struct ingress_build *b, const struct ingress_listener *at,
		    struct elb_create_listener *out)
{
	struct elb_mutual_auth *m;

	out->ssl_policy = at->ssl_policy;
	out->certificates.v =
		arena_get(b->a, (at->certificates.n + 1) * sizeof(*out->certificates.v));
	for (size_t i = 0; i < at->certificates.n; i++)
		out->certificates.v[out->certificates.n++].arn = at->certificates.v[i];
	if (!at->mutual_off)
		return;
	m = NEW(b->a, struct elb_mutual_auth);
	*m = (struct elb_mutual_auth) { .mode = "off", .trust_store = "" };
	out->mutual_auth = m;
}

static int one_listener(struct ingress_build *b, const struct ingress_listener *at, struct err *e)
{
	bool redirects = b->redirect && !at->https;
	struct stack_listener v = { .lb = LB_ID };

	v.id = arena_fmt(b->a, "%lld", (long long)at->port);
	v.spec.load_balancer = stack_ref(STACK_LB, LB_ID, "loadBalancerARN", b->a);
	v.spec.port = at->port;
	v.spec.protocol = at->https ? "HTTPS" : "HTTP";
	if (redirects)
		redirect_all(b, &v.spec.actions);
	else if (fallback(b, at, &v, e) < 0)
		return -1;
	if (at->https)
		add_tls(b, at, &v.spec);
	if (ingress_shared_tags(b, at->port, &v.spec.tags, e) < 0 ||
	    attributes(b, at, &v.attributes, e) < 0)
		return -1;
	stack_add_listener(b->out, &v, b->a);
	if (!redirects)
		add_rules(b, at, &v);
	return 0;
}

int ingress_listeners(struct ingress_build *b, struct err *e)
{
	for (size_t i = 0; i < b->nlisteners; i++)
		if (one_listener(b, &b->listeners[i], e) < 0)
			return -1;
	return 0;
}
