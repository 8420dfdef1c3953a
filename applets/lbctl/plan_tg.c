/* SPDX-License-Identifier: Apache-2.0 */
/* plan_tg.c - target groups (spec-lbc-nlb 9.2, spec-lbc-alb 20.4). */
#include <string.h>

#include "plan.h"
#include "track.h"

/* What a new target group has already (API reference, ModifyTargetGroupAttributes). */
static struct tag new_values[] = { { "deregistration_delay.timeout_seconds", "300" },
				   { "proxy_protocol_v2.enabled", "false" },
				   { "stickiness.enabled", "false" } };
static const struct tags as_new = { new_values, COUNT(new_values) };

static void attributes(struct planner *p, const char *arn, const struct tags *want,
		       const struct tags *have, const char *title)
{
	const struct elb_modify_target_group_attributes in = {
		.arn = arn, .attributes = plan_attributes(p, want, have)
	};
	struct step *s;

	if (!in.attributes.n)
		return;
	s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_target_group_attributes], &in, title);
	for (size_t i = 0; i < in.attributes.n; i++)
		step_line(p, s, in.attributes.v[i].key, tag_get(have, in.attributes.v[i].key),
			  in.attributes.v[i].value);
}

/* The health check, each field that is wanted and different. A row of the shape's own table is what
 * is compared, so that no field can be forgotten. */
static void health(struct planner *p, const struct stack_tg *w, const struct have_tg *h,
		   const char *title)
{
	static const char *const fields[] = {
		"HealthCheckEnabled",    "HealthCheckProtocol",        "HealthCheckPort",
		"HealthCheckPath",       "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds",
		"HealthyThresholdCount", "UnhealthyThresholdCount",    "Matcher.HttpCode",
		"Matcher.GrpcCode"
	};
	auto_json struct json *want = shape_json(&elb_create_target_group_shape, &w->spec);
	auto_json struct json *have = shape_json(&elb_target_group_shape, h->tg);
	auto_json struct json *in = json_object();
	struct elb_modify_target_group all;
	struct step *s = NULL;
	struct err e;

	json_add_str(in, "TargetGroupArn", h->tg->arn);
	for (size_t i = 0; i < COUNT(fields); i++)
		if (json_member(want, fields[i]))
			json_add(in, fields[i], json_copy(json_member(want, fields[i])));
	if (shape_get_sent(&elb_modify_target_group_shape, &all, in, p->a, &e) < 0)
		die("%s", e.msg);
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct json *is = json_member(have, fields[i]);
		const struct json *shall = json_member(want, fields[i]);

		if (!shall || json_same(is, shall))
			continue;
		if (!s)
			s = plan_call(p, STEP_CHANGE, &elb_actions[ELB_modify_target_group], &all,
				      title);
		step_line(p, s, fields[i], is ? json_words(is, p->a) : NULL,
			  json_words(shall, p->a));
	}
}

static void create(struct planner *p, const struct stack_tg *w, const char *title)
{
	const char *ref = stack_ref(STACK_TG, w->id, "targetGroupARN", p->a);
	struct elb_create_target_group in = w->spec;
	struct step *s;

	in.tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);
	s = plan_call(p, STEP_CREATE, &elb_actions[ELB_create_target_group], &in, title);
	s->gives = ref;
	step_lines_of(p, s);
	attributes(p, ref, &w->attributes, &as_new, title);
}

/* Every group that is a match is made right, as in the original; references mean the first. */
void plan_target_groups(struct planner *p)
{
	for (size_t i = 0; i < p->want->ntgs; i++) {
		const struct stack_tg *w = &p->want->tgs[i];
		struct tags tags = track_tags(p->c, p->want, w->id, &w->spec.tags, p->a);

		if (!have_tg_match(p->have, p->c, w))
			create(p, w, arena_fmt(p->a, "target group %s", w->spec.name));
		for (size_t k = 0; k < p->have->ntgs; k++) {
			const struct have_tg *h = &p->have->tgs[k];
			const char *title;

			if (!have_tg_is(h, p->c, w))
				continue;
			title = arena_fmt(p->a, "target group %s", h->tg->name);
			plan_tags(p, h->tg->arn, true, &tags, &h->tags, title);
			health(p, w, h, title);
			attributes(p, h->tg->arn, &w->attributes, &h->attributes, title);
		}
	}
}

void plan_target_groups_gone(struct planner *p)
{
	if (p->want->partial)
		return;
	for (size_t i = 0; i < p->have->ntgs; i++) {
		const struct have_tg *h = &p->have->tgs[i];
		const struct elb_target_group_ref in = { h->tg->arn };
		bool wanted = false;

		for (size_t k = 0; k < p->want->ntgs && !wanted; k++)
			wanted = have_tg_is(h, p->c, &p->want->tgs[k]);
		if (!wanted)
			(void)plan_call(p, STEP_DELETE, &elb_actions[ELB_delete_target_group], &in,
					arena_fmt(p->a, "target group %s", h->tg->name));
	}
}
