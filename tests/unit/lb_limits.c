/* SPDX-License-Identifier: Apache-2.0 */
/* lb_limits.c - AWS's limits, counted before anything is changed. */
#include <errno.h>

#include "lbfixture.h"
#include "lblimits.h"

/* n Ingresses of one group with a path each to a Service of its own when apart. */
static struct stack *large(struct lbcase *c, int n, const char *more, bool apart)
{
	fix_case(c, (const char *const[]) { NULL });
	for (int i = 0; i < n; i++) {
		if (apart)
			lbcase_text(c, arena_fmt(&c->a, FIX_SERVICE("s%d", "", FIX_NODEPORT), i));
		lbcase_text(
			c,
			arena_fmt(&c->a,
				  FIX_INGRESS("i%d", ",'AI/group.name':'g'%s",
					      FIX_ONE("{'path':'/%d','backend':{'service':{"
						      "'name':'%s%d','port':{'name':'http'}}}}")),
				  i, more, i, apart ? "s" : "svc-", apart ? i : 1));
	}
	return lbingress_stack(c);
}

static const char *check(struct lbcase *c, const struct stack *s, const struct lblimits *l)
{
	struct err e = { 0 };

	if (limits_stack(s, l, &e) == 0)
		return "";
	CHECK_INT(e.num, EINVAL);
	CHECK_STR(e.code, "LimitExceeded");
	return arena_str(&c->a, e.msg);
}

TEST(a_hundred_rules_are_a_load_balancers_limit_unless_aws_raised_it)
{
	auto_lbcase struct lbcase c, d;
	struct lblimits l = lblimits_default();

	CHECK_STR(check(&c, large(&c, 100, "", false), &l), "");
	CHECK_STR(check(&d, large(&d, 101, "", false), &l),
		  "too many rules of an application load balancer: 101, and AWS allows 100: give "
		  "some "
		  "Ingresses another group (group.name), that is another load balancer; each port "
		  "that "
		  "serves a rule has it once: ssl-redirect saves those of HTTP; or have AWS raise "
		  "the "
		  "quota");
	CHECK(lblimits_set(&l, "rules-per-application-load-balancer", 200));
	CHECK(!lblimits_set(&l, "clouds-per-sky", 1) && !lblimits_set(&l, "", 1));
	CHECK(strstr(check(&d, lbingress_stack(&d), &l), "too many target groups") != NULL);
	l.max[LIMIT_ALB_TARGET_GROUPS] = 0;
	CHECK_STR(check(&d, lbingress_stack(&d), &l), "");
}

TEST(each_limit_of_a_load_balancer_is_found)
{
	static const struct {
		const char *more, *words;
	} rows[] = {
		{ ",'AI/certificate-arn':'"
		  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26'",
		  "too many certificates of an application load balancer besides the default ones: "
		  "26, and AWS allows 25: " },
		{ ",'AI/inbound-cidrs':'"
		  "1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8,5.0.0.0/8,6.0.0.0/8,7.0.0.0/8,8.0.0.0/8,"
		  "9.0.0.0/8,10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,13.0.0.0/8,14.0.0.0/8,15.0.0.0/8,"
		  "16.0.0.0/8','AI/listen-ports':'[{\\'HTTP\\':1},{\\'HTTP\\':2},{\\'HTTP\\':3},"
		  "{\\'HTTP\\':4}]'",
		  "too many inbound IPv4 rules of a security group: 64, and AWS allows 60: " },
	};
	const struct lblimits l = lblimits_default();

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_lbcase struct lbcase c;
		const char *got = check(&c, large(&c, 1, rows[i].more, false), &l);

		if (!str_prefix(got, rows[i].words))
			CHECK_STR(got, rows[i].words);
	}
}

TEST(listeners_and_groups_are_counted_for_both_kinds)
{
	auto_lbcase struct lbcase c;
	struct stack *s = large(&c, 1, "", false);
	struct lblimits l = lblimits_default();

	l.max[LIMIT_ALB_LISTENERS] = l.max[LIMIT_NLB_LISTENERS] = 1;
	stack_add_listener(s, &(struct stack_listener) { .id = "81" }, &c.a);
	CHECK(str_prefix(
		check(&c, s, &l),
		"too many listeners of an application load balancer: 2, and AWS allows 1"));
	s->lbs[0].spec.type = "network";
	CHECK(str_prefix(check(&c, s, &l),
			 "too many listeners of a network load balancer: 2, and AWS allows 1"));
	l.max[LIMIT_SECURITY_GROUPS] = 1;
	CHECK(str_prefix(check(&c, s, &l),
			 "too many security groups of a load balancer: 2, and AWS allows 1"));
	l.max[LIMIT_GROUP_RULES6] = 1;
	s->sgs[0].ingress.v[0].ranges6 =
		(struct ec2_range6s) { (struct ec2_range6[]) { { "::/0", "" }, { "::/1", "" } },
				       2 };
	CHECK(str_prefix(check(&c, s, &l),
			 "too many inbound IPv6 rules of a security group: 2, and AWS allows 1"));
}

TEST(a_forward_action_has_five_target_groups)
{
	struct elb_weighted_group g[6] = { 0 };
	struct elb_forward f = { .groups = { g, 6 } };
	struct elb_action a = { .type = "forward", .forward = &f };
	const struct elb_actions l = { &a, 1 };
	const struct elb_conditions none = { 0 };
	struct err e = { 0 };

	CHECK_INT(limits_rule(&none, &l, &e), -1);
	CHECK(str_prefix(e.msg,
			 "too many target groups of a forward action: 6, and AWS allows 5: "));
	f.groups.n = 5;
	CHECK_INT(limits_rule(&none, &l, &e), 0);
}
