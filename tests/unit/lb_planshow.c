/* SPDX-License-Identifier: Apache-2.0 */
/* lb_planshow.c - plans as text and as JSON, there and back; files that are no plans. */
#include <errno.h>

#include "plan.h"
#include "test.h"

/* One of each kind. */
static void make(struct plan *p, struct arena *a)
{
	static const struct elb_create_rule rule = { .listener = "#/resources/" STACK_LISTENER
								 "/80/status/listenerARN",
						     .priority = 1 };
	static const struct elb_modify_capacity zero = { .arn = "lb", .units = { 0, true } };
	static const struct elb_create_target_group tg = { .name = "tg",
							   .health_path = "",
							   .healthy_count = { 0, true },
							   .health_enabled = FLAG_NO };
	static struct step_line lines[] = { { "a", NULL, "1" },
					    { "b", "1\n2\n", "x" },
					    { "c", "x", NULL } };
	static struct step steps[] = {
		{ .effect = STEP_CREATE,
		  .title = "target group tg",
		  .action = &elb_actions[ELB_create_target_group],
		  .in = &tg,
		  .gives = "#/resources/" STACK_TG "/x/y/status/targetGroupARN" },
		{ .effect = STEP_CREATE,
		  .title = "rule",
		  .action = &elb_actions[ELB_create_rule],
		  .in = &rule,
		  .lines = lines,
		  .nlines = 3 },
		{ .effect = STEP_CHANGE,
		  .title = "capacity",
		  .action = &elb_actions[ELB_modify_capacity_reservation],
		  .in = &zero },
		{ .effect = STEP_CREATE,
		  .title = "binding",
		  .method = "POST",
		  .path = "/apis/elbv2.k8s.aws/v1beta1/namespaces/ns/targetgroupbindings",
		  .body = "{\"spec\":{\"n\":null,\"i\":1}}" },
		{ .effect = STEP_DELETE,
		  .title = "binding",
		  .method = "DELETE",
		  .path = "/apis/elbv2.k8s.aws/v1beta1/namespaces/ns/targetgroupbindings/b",
		  .gone = "/apis/elbv2.k8s.aws/v1beta1/namespaces/ns/targetgroupbindings/b" },
	};

	*p = (struct plan) { .v = steps, .n = COUNT(steps), .a = a };
}

static const char *text(const struct plan *p, struct arena *a)
{
	auto_json struct json *j = plan_json(p);
	auto_buf struct buf b = { 0 };

	json_print(j, 0, &b);
	return arena_str(a, b.p);
}

TEST(a_plan_that_was_written_down_is_read_as_it_was)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	struct plan p, again;
	struct err e = { 0 };

	make(&p, &a);
	j = plan_json(&p);
	CHECK(plan_read(j, &again, &a, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(text(&again, &a), text(&p, &a));
	CHECK_STR(again.v[3].body, p.v[3].body);
	CHECK(((const struct elb_create_target_group *)again.v[0].in)->healthy_count.set);
	CHECK(!((const struct elb_create_target_group *)again.v[0].in)->protocol);
}

TEST(a_plan_for_people_says_what_changes_and_counts)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct plan p, none = { 0 };

	make(&p, &a);
	plan_print(&p, false, &b);
	CHECK_STR(b.p, "+ target group tg (CreateTargetGroup)\n+ rule (CreateRule)\n    a: 1\n"
		       "    b:\n      - 1\n      - 2\n      + x\n    c: x (goes)\n"
		       "~ capacity (ModifyCapacityReservation)\n+ binding (POST)\n"
		       "- binding (DELETE)\n3 to create, 1 to change, 1 to delete\n");
	b.len = 0;
	plan_print(&p, true, &b);
	CHECK(strstr(b.p, "\033[31m- binding\033[0m (DELETE)"));
	b.len = 0;
	plan_print(&none, true, &b);
	CHECK_STR(b.p, "nothing to do: everything is as it should be\n");
}

#define STEP(rest) "{\"steps\":[{\"effect\":\"create\",\"title\":\"t\"," rest "}]}"
#define ELB "\"service\":\"Elastic Load Balancing v2\","
#define PATH "/apis/elbv2.k8s.aws/v1beta1/namespaces/ns/targetgroupbindings"

TEST(what_is_no_plan_is_refused_by_step_and_member)
{
	static const char *const bad[][2] = {
		{ "[]", "no list of steps: this is no plan" },
		{ "{\"steps\":{}}", "no list of steps: this is no plan" },
		{ "{\"steps\":[1]}", "step 1: effect, title or changes are missing or wrong" },
		{ "{\"steps\":[{\"effect\":\"explode\",\"title\":\"t\"}]}",
		  "step 1: effect, title or changes are missing or wrong" },
		{ STEP("\"changes\":{\"a\":1}"),
		  "step 1: effect, title or changes are missing or wrong" },
		{ STEP("\"changes\":[{}]"),
		  "step 1: effect, title or changes are missing or wrong" },
		{ STEP("\"action\":1"), "step 1: action '' of '' is none that a plan has" },
		{ STEP("\"service\":\"EC2\",\"action\":\"TerminateInstances\",\"params\":{}"),
		  "step 1: action 'TerminateInstances' of 'EC2' is none that a plan has" },
		{ STEP("\"service\":\"EC2\",\"action\":\"DeleteNetworkInterface\",\"params\":{}"),
		  "step 1: action 'DeleteNetworkInterface' of 'EC2' is none that a plan has" },
		{ STEP(ELB "\"action\":\"CreateRule\""), "step 1: CreateRule: params are missing" },
		{ STEP(ELB "\"action\":\"CreateRule\",\"params\":[]"),
		  "step 1: CreateRule: params are missing" },
		{ STEP(ELB "\"action\":\"CreateRule\",\"params\":{\"Priority\":\"1\"}"),
		  "step 1: CreateRule: Priority is not a number but of type string" },
		{ STEP(ELB "\"action\":\"CreateRule\",\"params\":{\"Piority\":1}"),
		  "step 1: CreateRule: params have members or values that it does not take" },
		{ STEP(ELB "\"action\":\"DeleteRule\",\"params\":{},\"gives\":\"#/x\""),
		  "step 1: DeleteRule: gives is no reference, or nothing is made" },
		{ STEP(ELB "\"action\":\"CreateRule\",\"params\":{},\"gives\":\"x\""),
		  "step 1: CreateRule: gives is no reference, or nothing is made" },
		{ STEP("\"method\":\"GET\",\"path\":\"" PATH "\""),
		  "step 1: neither an action nor a method that a plan has" },
		{ STEP("\"path\":\"" PATH "\""),
		  "step 1: neither an action nor a method that a plan has" },
		{ STEP("\"method\":\"DELETE\",\"path\":\"/api/v1/namespaces/kube-system\""),
		  "step 1: DELETE: the path is none of a TargetGroupBinding" },
		{ STEP("\"method\":\"DELETE\",\"path\":\"" PATH "/../../../x\""),
		  "step 1: DELETE: the path is none of a TargetGroupBinding" },
		{ STEP("\"method\":\"DELETE\",\"path\":\"" PATH "/a b\""),
		  "step 1: DELETE: the path is none of a TargetGroupBinding" },
		{ STEP("\"method\":\"DELETE\",\"path\":\"" PATH "/b\",\"gone\":\"/api\""),
		  "step 1: DELETE: the path is none of a TargetGroupBinding" },
		{ STEP("\"method\":\"POST\",\"path\":\"" PATH "\""),
		  "step 1: POST: a body is missing, or too much" },
		{ STEP("\"method\":\"POST\",\"path\":\"" PATH "\",\"body\":\"x\""),
		  "step 1: POST: a body is missing, or too much" },
		{ STEP("\"method\":\"DELETE\",\"path\":\"" PATH "/b\",\"body\":{}"),
		  "step 1: DELETE: a body is missing, or too much" },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_arena struct arena a = { 0 };
		auto_json struct json *j = NULL;
		struct plan p;
		struct err e = { 0 };

		j = json_parse(bad[i][0], strlen(bad[i][0]), &e);
		CHECK(j != NULL);
		CHECK(plan_read(j, &p, &a, &e) < 0);
		CHECK_INT(e.num, EBADMSG);
		CHECK_STR(e.msg, bad[i][1]);
	}
}
