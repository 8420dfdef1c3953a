/* SPDX-License-Identifier: Apache-2.0 */
/* planworld_rules.c - target groups, listeners and rules of the model of AWS for tests of plans. */
#include <stdlib.h>
#include <string.h>

#include "planworld.h"
#include "test.h"

/* ---- target groups */

void planworld_do_tg(struct planworld *w, const struct step *s, void *in)
{
	const char *arn = ((struct elb_target_group_ref *)in)->arn;
	struct elb_target_group *tg;
	size_t at = 0;

	if (planworld_is(s, "CreateTargetGroup")) {
		const struct elb_create_target_group *q = in;

		for (size_t i = 0; i < w->h.ntgs; i++)
			CHECK(strcmp(w->h.tgs[i].tg->name, q->name) != 0);
		tg = planworld_read(w, &elb_create_target_group_shape, q, &elb_target_group_shape);
		tg->arn = planworld_arn(w, s, "targetgroup");
		tg->name = q->name;
		w->h.tgs[w->h.ntgs++] = (struct have_tg) { .id = planworld_resource(&q->tags),
							   .tg = tg,
							   .tags = q->tags };
		return;
	}
	FIND(w->h.tgs, w->h.ntgs, tg->arn)
	if (planworld_is(s, "DeleteTargetGroup")) {
		for (size_t i = 0; i < w->h.nrules; i++)
			for (size_t k = 0; k < w->h.rules[i].rule->actions.n; k++) {
				const struct elb_forward *f =
					w->h.rules[i].rule->actions.v[k].forward;

				CHECK(!f || strcmp(f->groups.v[0].arn, arn) != 0);
			}
		DROP(w->h.tgs, w->h.ntgs, at);
	} else if (planworld_is(s, "ModifyTargetGroupAttributes")) {
		w->h.tgs[at].attributes = planworld_tags(
			w, &w->h.tgs[at].attributes,
			&((struct elb_modify_target_group_attributes *)in)->attributes);
	} else if (planworld_is(s, "ModifyTargetGroup")) {
		struct elb_target_group *now = planworld_read(w, &elb_modify_target_group_shape, in,
							      &elb_target_group_shape);
		const struct elb_target_group *old = w->h.tgs[at].tg;

		now->name = old->name;
		now->target_type = old->target_type;
		now->port = old->port;
		now->protocol = old->protocol;
		now->protocol_version = old->protocol_version;
		now->vpc = old->vpc;
		now->ip_address_type = old->ip_address_type;
		now->control_port = old->control_port;
		w->h.tgs[at].tg = now;
	} else {
		test_failed(__FILE__, __LINE__, s->action->name);
	}
}

/* ---- listeners and rules */

static const struct have_lb *lb_at(struct planworld *w, const struct step *s, const char *arn)
{
	size_t at = 0;

	FIND(w->h.lbs, w->h.nlbs, lb->arn)
	return &w->h.lbs[at];
}

void planworld_do_listener(struct planworld *w, const struct step *s, void *in)
{
	const char *arn = ((struct elb_listener_ref *)in)->arn;
	struct elb_listener *l;
	struct have_listener *h;
	size_t at = 0;

	if (planworld_is(s, "CreateListener")) {
		const struct elb_create_listener *q = in;

		l = planworld_read(w, &elb_create_listener_shape, q, &elb_listener_shape);
		for (size_t i = 0; i < w->h.nlisteners; i++)
			CHECK(w->h.listeners[i].listener->port != q->port ||
			      strcmp(w->h.listeners[i].listener->load_balancer, q->load_balancer) !=
				      0);
		l->arn = planworld_arn(w, s, "listener");
		w->h.listeners[w->h.nlisteners++] = (struct have_listener) {
			.listener = l, .lb = lb_at(w, s, q->load_balancer)->id, .tags = q->tags
		};
		return;
	}
	FIND(w->h.listeners, w->h.nlisteners, listener->arn)
	h = &w->h.listeners[at];
	if (planworld_is(s, "DeleteListener")) {
		planworld_drop_listener(w, at);
	} else if (planworld_is(s, "ModifyListener")) {
		l = planworld_read(w, &elb_modify_listener_shape, in, &elb_listener_shape);
		l->load_balancer = h->listener->load_balancer;
		l->arn = h->listener->arn;
		if (l->alpn.n && strcmp(l->alpn.v[0], "None") == 0)
			l->alpn.n = 0;
		h->listener = l;
	} else if (planworld_is(s, "ModifyListenerAttributes")) {
		h->attributes =
			planworld_tags(w, &h->attributes,
				       &((struct elb_modify_listener_attributes *)in)->attributes);
	} else {
		const struct elb_certificate *c =
			((struct elb_listener_certificates *)in)->certificates.v;
		struct elb_certificates now = {
			arena_get(&w->a, (h->certificates.n + 1) * sizeof(*c)), 0
		};

		for (size_t i = 0; i < h->certificates.n; i++)
			if (strcmp(h->certificates.v[i].arn, c->arn) != 0)
				now.v[now.n++] = h->certificates.v[i];
		if (planworld_is(s, "AddListenerCertificates"))
			now.v[now.n++] = *c;
		h->certificates = now;
	}
}

static void check_priorities(struct planworld *w, const char *listener)
{
	for (size_t i = 0; i < w->h.nrules; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(w->h.rules[i].listener, listener) == 0 &&
			    strcmp(w->h.rules[k].listener, listener) == 0)
				CHECK(strcmp(w->h.rules[i].rule->priority,
					     w->h.rules[k].rule->priority) != 0);
}

void planworld_do_rule(struct planworld *w, const struct step *s, void *in)
{
	const char *arn = ((struct elb_rule_ref *)in)->arn;
	struct elb_rule *r;
	size_t at = 0;

	if (planworld_is(s, "CreateRule")) {
		const struct elb_create_rule *q = in;
		struct elb_create_rule settings = *q;

		settings.priority = 0;
		r = planworld_read(w, &elb_create_rule_shape, &settings, &elb_rule_shape);
		r->arn = planworld_arn(w, s, "listener-rule");
		r->priority = arena_fmt(&w->a, "%lld", (long long)q->priority);
		CHECK(q->priority >= 1 && q->priority <= 50000);
		w->h.rules[w->h.nrules++] = (struct have_rule) { r, q->listener, q->tags };
		check_priorities(w, q->listener);
		return;
	}
	if (planworld_is(s, "SetRulePriorities")) {
		const struct elb_set_rule_priorities *q = in;

		for (size_t i = 0; i < q->rules.n; i++) {
			arn = q->rules.v[i].arn;
			FIND(w->h.rules, w->h.nrules, rule->arn)
			r = NEW(&w->a, struct elb_rule);
			*r = *w->h.rules[at].rule;
			r->priority = arena_fmt(&w->a, "%lld", (long long)q->rules.v[i].priority);
			w->h.rules[at].rule = r;
		}
		check_priorities(w, w->h.rules[at].listener);
		return;
	}
	FIND(w->h.rules, w->h.nrules, rule->arn)
	if (planworld_is(s, "DeleteRule")) {
		DROP(w->h.rules, w->h.nrules, at);
	} else {
		r = planworld_read(w, &elb_modify_rule_shape, in, &elb_rule_shape);
		r->arn = w->h.rules[at].rule->arn;
		r->priority = w->h.rules[at].rule->priority;
		w->h.rules[at].rule = r;
	}
}
