/* SPDX-License-Identifier: Apache-2.0 */
/* plan_sg.c - security groups: the managed one of a load balancer, and the one that all share
 * (spec-lbc-nlb 7, 9.1). */
#include "plan.h"
#include "sgrules.h"
#include "track.h"

void plan_rule_changes(struct planner *p, const char *group, const char *title,
		       const struct ec2_permissions *want, const struct ec2_permissions *have)
{
	struct sgrules w = sgrules_expand(want, p->a), h = sgrules_expand(have, p->a);
	struct sgrules grant = sgrules_without(&w, &h, p->a);
	struct sgrules revoke = sgrules_without(&h, &w, p->a);
	struct ec2_group_change in = { .id = group };
	struct step *s;

	if (grant.n) {
		in.permissions = (struct ec2_permissions) { grant.v, grant.n };
		s = plan_call(p, STEP_CHANGE, &ec2_actions[EC2_AUTHORIZE_INGRESS], &in, title);
		for (size_t i = 0; i < grant.n; i++)
			step_line(p, s, "rule", NULL, grant.keys[i]);
	}
	if (revoke.n && !p->want->partial) {
		in.permissions = (struct ec2_permissions) { revoke.v, revoke.n };
		s = plan_call(p, STEP_CHANGE, &ec2_actions[EC2_REVOKE_INGRESS], &in, title);
		for (size_t i = 0; i < revoke.n; i++)
			step_line(p, s, "rule", revoke.keys[i], NULL);
	}
}

/* ---- groups */

static void create(struct planner *p, const char *name, const char *description,
		   const struct tags *tags, const char *gives, const char *title)
{
	struct ec2_tag_spec spec = { "security-group", *tags };
	const struct ec2_group_change in = {
		.name = name, .description = description, .vpc = p->c->vpc, .specs = { &spec, 1 }
	};
	struct step *s = plan_call(p, STEP_CREATE, &ec2_actions[EC2_CREATE_GROUP], &in, title);

	s->gives = gives;
	step_lines_of(p, s);
}

void plan_groups(struct planner *p)
{
	static const struct ec2_permissions none;

	if (p->want->backend_sg && !p->have->backend_sg) {
		struct tags tags = track_backend_tags(p->c, p->a);
		const char *name = track_backend_sg(p->c, p->a);

		create(p, name, "[k8s] Shared Backend SecurityGroup for LoadBalancer", &tags,
		       STACK_BACKEND_SG, arena_fmt(p->a, "security group %s", name));
	}
	for (size_t i = 0; i < p->want->nsgs; i++) {
		const struct stack_sg *w = &p->want->sgs[i];
		const struct have_sg *h = have_sg_match(p->have, w);
		struct tags tags = track_tags(p->c, p->want, w->id, &w->tags, p->a);
		const char *ref = stack_ref(STACK_SG, w->id, "groupID", p->a);
		const char *title =
			arena_fmt(p->a, "security group %s", h ? h->group->name : w->name);

		if (h)
			plan_tags(p, h->group->id, true, &tags, &h->group->tags, title);
		else
			create(p, w->name, w->description, &tags, ref, title);
		plan_rule_changes(p, h ? h->group->id : ref, title, &w->ingress,
				  h ? &h->group->ingress : &none);
	}
}

void plan_groups_gone(struct planner *p)
{
	for (size_t i = 0; i < p->have->nsgs && !p->want->partial; i++) {
		const struct have_sg *h = &p->have->sgs[i];
		const struct ec2_group_change in = { .id = h->group->id };
		bool wanted = false;

		for (size_t k = 0; k < p->want->nsgs; k++)
			wanted = wanted || have_sg_match(p->have, &p->want->sgs[k]) == h;
		if (!wanted)
			(void)plan_call(p, STEP_DELETE, &ec2_actions[EC2_DELETE_GROUP], &in,
					arena_fmt(p->a, "security group %s", h->group->name));
	}
}
