/* SPDX-License-Identifier: Apache-2.0 */
/* lb_targets.c - the cache of targets, batches, and what is there against what should be. */
#include <errno.h>

#include "bindaws.h"
#include "clock.h"
#include "test.h"

static struct target_door door(struct bindcase *c)
{
	return (struct target_door) {
		.aws = c->aws, .arn = BINDCASE_ARN, .a = &c->a, .deadline = now_ms() + 20000
	};
}

static void there(struct bindcase *c, const char *id, const char *state, const char *reason)
{
	struct bindaws_target *t;

	pthread_mutex_lock(&c->w.lock);
	bindaws_add(&c->w, BINDCASE_ARN, id, 80, "", state);
	t = &c->w.v[c->w.n - 1];
	snprintf(t->reason, sizeof(t->reason), "%s", reason);
	pthread_mutex_unlock(&c->w.lock);
}

static const char *listed(struct bindcase *c)
{
	const struct target_door d = door(c);
	struct elb_target_healths l;
	auto_buf struct buf out = { 0 };

	if (targets_list(c->all->targets, &d, 0, &l, &c->e) < 0)
		return c->e.msg;
	buf_str(&out, "");
	for (size_t i = 0; i < l.n; i++)
		buf_fmt(&out, "%s%s=%s", i ? " " : "", l.v[i].id, l.v[i].state);
	return arena_str(&c->a, out.p);
}

TEST(targets_that_are_healthy_are_not_asked_for_again)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	there(c, "10.0.0.1", "healthy", "");
	CHECK_STR(listed(c), "10.0.0.1=healthy");
	CHECK_STR(listed(c), "10.0.0.1=healthy");
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 1);
	CHECK(!strstr(bindcase_sent(c, "DescribeTargetHealth"), "Targets.member"));
}

TEST(targets_that_are_not_healthy_are_asked_for_without_their_zones)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	there(c, "10.0.0.1", "healthy", "");
	there(c, "10.0.0.2", "initial", "");
	there(c, "10.0.0.3", "initial", "");
	snprintf(c->w.v[1].zone, sizeof(c->w.v[1].zone), "all");
	CHECK_STR(listed(c), "10.0.0.1=healthy 10.0.0.2=initial 10.0.0.3=initial");
	snprintf(c->w.v[0].state, sizeof(c->w.v[0].state), "unhealthy"); /* nobody asks */
	snprintf(c->w.v[1].state, sizeof(c->w.v[1].state), "healthy");
	c->w.n = 2; /* 10.0.0.3 is registered no more */
	CHECK_STR(listed(c), "10.0.0.1=healthy 10.0.0.2=healthy");
	CHECK(strstr(bindcase_sent(c, "DescribeTargetHealth"),
		     "&Targets.member.1.Id=10.0.0.2&Targets.member.1.Port=80&Targets.member.2.Id="
		     "10.0.0.3&Targets.member.2.Port=80"));
	CHECK(!strstr(bindcase_sent(c, "DescribeTargetHealth"), "AvailabilityZone"));
	CHECK_STR(listed(c), "10.0.0.1=healthy 10.0.0.2=healthy");
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 2);
}

TEST(many_targets_that_are_not_healthy_are_asked_for_with_all)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	for (int i = 0; i < 101; i++)
		there(c, arena_fmt(&c->a, "10.0.1.%d", i), "initial", "");
	(void)listed(c);
	bindcase_all(c, "healthy", "");
	(void)listed(c);
	CHECK(!strstr(bindcase_sent(c, "DescribeTargetHealth"), "Targets.member"));
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 2);
	(void)listed(c);
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 2);
}

static void register_some(struct bindcase *c, size_t n, bool register_them)
{
	const struct target_door d = door(c);
	struct elb_target *v = arena_get(&c->a, n * sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (struct elb_target) {
			.id = arena_fmt(&c->a, "10.1.%zu.%zu", i / 200, i % 200), .port = 80
		};
	CHECK_INT((register_them ? targets_register : targets_deregister)(c->all->targets, &d, v, n,
									  &c->e),
		  0);
}

TEST(targets_come_and_go_in_batches_of_200)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	CHECK_STR(listed(c), "");
	register_some(c, 1000, true);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 5);
	CHECK(strstr(bindcase_sent(c, "RegisterTargets"), "Targets.member.200.Id=10.1.4.199"));
	CHECK_INT(bindcase_calls(c, ""), 6);
	/* They are in the list, and what they are like is asked for. */
	bindcase_all(c, "healthy", "");
	(void)listed(c);
	register_some(c, 401, false);
	CHECK_INT(bindcase_calls(c, "DeregisterTargets"), 3);
	CHECK_INT(c->w.n, 1000);
}

TEST(a_registered_target_is_known_and_its_health_is_not)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	CHECK_STR(listed(c), "");
	register_some(c, 1, true);
	CHECK_STR(listed(c), "10.1.0.0=initial");
	CHECK(strstr(bindcase_sent(c, "DescribeTargetHealth"), "Targets.member.1.Id=10.1.0.0"));
	bindcase_all(c, "healthy", "");
	CHECK_STR(listed(c), "10.1.0.0=healthy");
	register_some(c, 1, false);
	CHECK_STR(listed(c), "10.1.0.0=draining");
}

TEST(targets_asked_for_lately_need_not_be_again)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	const struct target_door d = door(c);
	struct elb_target_healths l;

	CHECK_STR(listed(c), "");
	register_some(c, 2, true);
	CHECK_INT(targets_list(c->all->targets, &d, 600000, &l, &c->e), 0);
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 1);
	CHECK_INT(l.n, 2);
	CHECK_STR(l.v[0].state, "initial");
	CHECK_STR(l.v[0].reason, "Elb.RegistrationInProgress");
	register_some(c, 1, false);
	CHECK_INT(targets_list(c->all->targets, &d, 600000, &l, &c->e), 0);
	CHECK_INT(bindcase_calls(c, "DescribeTargetHealth"), 1);
	CHECK_STR(l.v[0].state, "draining");
	CHECK_STR(l.v[1].state, "initial");
}

TEST(a_new_target_group_is_known_to_be_empty)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindings_made(c->all, BINDCASE_ARN);
	CHECK_STR(listed(c), "");
	CHECK_INT(bindcase_calls(c, ""), 0);
}

TEST(a_list_that_cannot_be_had_is_not_kept)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	there(c, "10.0.0.1", "initial", "");
	CHECK_STR(listed(c), "10.0.0.1=initial");
	bindcase_fail(c, "DescribeTargetHealth", "TargetGroupNotFound", "no such group", 1);
	CHECK(strstr(listed(c), "TargetGroupNotFound") != NULL);
	CHECK_INT(c->e.num, ENOENT);
	CHECK_STR(listed(c), "10.0.0.1=initial");
	CHECK(!strstr(bindcase_sent(c, "DescribeTargetHealth"), "Targets.member"));
	bindcase_fail(c, "DescribeTargetHealth", "", "", 0);
	CHECK(strstr(listed(c), "DescribeTargetHealth") != NULL);
}

TEST(a_batch_that_fails_leaves_those_before_it_known)
{
	auto_bindcase struct bindcase *c = bindcase_new();
	const struct target_door d = door(c);
	struct elb_target v[] = { { .id = "10.0.0.1", .port = 80 } };

	CHECK_STR(listed(c), "");
	register_some(c, 200, true);
	bindcase_fail(c, "RegisterTargets", "InvalidTarget", "not in the VPC", 1);
	CHECK_INT(targets_register(c->all->targets, &d, v, 1, &c->e), -1);
	CHECK_STR(c->e.code, "InvalidTarget");
	(void)listed(c);
	CHECK_INT(c->w.n, 200);
}

/* ---- comparing */

static struct target_match match(struct arena *a, const struct endpoints *want,
				 struct elb_target_health *have, size_t n)
{
	const struct elb_target_healths l = { have, n };

	return targets_match(want, &l, a);
}

TEST(targets_are_matched_by_address_and_port)
{
	auto_arena struct arena a = { 0 };
	struct endpoint v[] = { { "10.0.0.1", 80, NULL, NULL },
				{ "10.0.0.1", 81, NULL, NULL },
				{ "fd00::a", 80, NULL, NULL } };
	const struct endpoints want = { .v = v, .n = 3 };
	struct elb_target_health have[] = {
		{ "10.0.0.2", 80, "all", NULL, "", "healthy", "", "" },
		{ "FD00:0:0::000A", 80, NULL, NULL, "", "healthy", "", "" },
		{ "10.0.0.1", 81, NULL, NULL, "", "initial", "", "" },
	};
	struct target_match m = match(&a, &want, have, 3);

	CHECK(m.of[0] == NULL);
	CHECK(m.of[1] == &have[2]);
	CHECK(m.of[2] == &have[1]);
	CHECK_INT(m.missing, 1);
	CHECK_INT(m.present, 3);
	CHECK_INT(m.nextra, 1);
	CHECK_STR(m.extra[0].id, "10.0.0.2");
	CHECK_STR(m.extra[0].zone, "all"); /* goes as it came */
}

TEST(targets_on_their_way_out_are_registered_anew)
{
	auto_arena struct arena a = { 0 };
	struct endpoint v[] = { { "10.0.0.1", 80, NULL, NULL }, { "10.0.0.2", 80, NULL, NULL } };
	const struct endpoints want = { .v = v, .n = 2 };
	struct elb_target_health have[] = {
		{ "10.0.0.1", 80, NULL, NULL, "", "draining", "", "" },
		{ "10.0.0.2", 80, NULL, NULL, "", "unhealthy.draining", "", "" },
		{ "10.0.0.3", 80, NULL, NULL, "", "draining", "", "" },
	};
	struct target_match m = match(&a, &want, have, 3);

	CHECK_INT(m.missing, 2);
	CHECK_INT(m.nextra, 0);
	CHECK_INT(m.present, 3);
}

TEST(targets_of_pods_that_are_not_known_yet_stay)
{
	auto_arena struct arena a = { 0 };
	struct endpoint unknown[] = { { "10.0.0.1", 80, NULL, NULL } };
	const struct endpoints want = { .unknown = unknown, .nunknown = 1 };
	struct elb_target_health have[] = {
		{ "10.0.0.1", 80, NULL, NULL, "", "healthy", "", "" },
		{ "10.0.0.1", 81, NULL, NULL, "", "healthy", "", "" },
	};
	struct target_match m = match(&a, &want, have, 2);

	CHECK_INT(m.nextra, 1);
	CHECK_INT(m.extra[0].port, 81);
}

TEST(a_target_that_is_listed_twice_is_one)
{
	auto_arena struct arena a = { 0 };
	struct endpoint v[] = { { "10.0.0.1", 80, NULL, NULL } };
	const struct endpoints want = { .v = v, .n = 1 };
	struct elb_target_health have[] = {
		{ "10.0.0.1", 80, NULL, NULL, "", "healthy", "", "" },
		{ "10.0.0.1", 80, "all", NULL, "", "initial", "", "" },
	};
	struct target_match m = match(&a, &want, have, 2);

	CHECK_INT(m.missing, 0);
	CHECK_INT(m.nextra, 0);
}
