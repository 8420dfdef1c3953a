/* SPDX-License-Identifier: Apache-2.0 */
/* lb_plan_rules.c - plans of listener rules: the vectors of spec-lbc-alb 26 "Deploy", and random
 * lists of rules that are planned, done step by step in a model of AWS, and planned again. */
#include <stdlib.h>

#include "planworld.h"
#include "test.h"

/* A rule: who it serves ("p1", "*": all), and what they get ("tg7"). */
struct spec {
	int64_t priority;
	const char *path, *target;
};
struct rulecase {
	struct planworld w;
	struct lbconfig c;
	struct stack want;
	struct plan p;
	const char *listener;
};

static void step_on(struct rulecase *x, const struct spec *v, size_t n, bool partial);

static void start(struct rulecase *x)
{
	struct stack_lb lb = { .id = "LoadBalancer",
			       .spec = { .name = "k8s-a",
					 .type = "application",
					 .scheme = "internal",
					 .ip_address_type = "ipv4" } };

	planworld_init(&x->w);
	x->c = lbconfig_default();
	x->c.cluster = "c";
	x->c.vpc = "vpc-1";
	x->want = (struct stack) {
		.id = "ns/i", .ns = "ns", .name = "i", .prefix = "ingress.k8s.aws"
	};
	stack_add_lb(&x->want, &lb, &x->w.a);
	step_on(x, NULL, 0, false);
	x->listener = x->w.h.listeners[0].listener->arn;
}
static void end(struct rulecase *x)
{
	planworld_free(&x->w);
}
#define auto_rulecase AUTO(end)

static struct stack_rule rule_of(struct rulecase *x, const struct spec *s)
{
	struct arena *a = &x->w.a;
	struct stack_rule r = { .id = arena_fmt(a, "80:%lld", (long long)s->priority), .port = 80 };
	struct elb_condition *c = NEW(a, struct elb_condition);
	struct elb_action *act = NEW(a, struct elb_action);
	struct elb_forward *f = NEW(a, struct elb_forward);

	*c = (struct elb_condition) { .field = "path-pattern" };
	strs_add(&c->paths, s->path, a);
	f->groups.v = NEW(a, struct elb_weighted_group);
	f->groups.v->arn = s->target;
	f->groups.n = 1;
	*act = (struct elb_action) { .type = "forward", .forward = f };
	r.spec.listener = stack_ref(STACK_LISTENER, "80", "listenerARN", a);
	r.spec.priority = s->priority;
	r.spec.conditions = (struct elb_conditions) { c, 1 };
	r.spec.actions = (struct elb_actions) { act, 1 };
	return r;
}

static void want(struct rulecase *x, const struct spec *v, size_t n, bool partial)
{
	struct stack_listener l = { .id = "80",
				    .lb = "LoadBalancer",
				    .spec = { .port = 80, .protocol = "HTTP" } };

	l.spec.load_balancer = stack_ref(STACK_LB, "LoadBalancer", "loadBalancerARN", &x->w.a);
	x->want.partial = partial;
	x->want.rules = NULL;
	x->want.nrules = 0;
	x->want.index[IS_RULE] = (struct stack_index) { 0 };
	stack_add_listener(&x->want, &l, &x->w.a);
	for (size_t i = 0; i < n; i++) {
		struct stack_rule r = rule_of(x, &v[i]);

		stack_add_rule(&x->want, &r, &x->w.a);
	}
	plan_make(&x->c, &x->want, &x->w.h, &x->p, &x->w.a);
}

static void carry_out(struct rulecase *x)
{
	for (size_t i = 0; i < x->p.n; i++)
		planworld_do(&x->w, &x->c, &x->p.v[i]);
}

static void step_on(struct rulecase *x, const struct spec *v, size_t n, bool partial)
{
	want(x, v, n, partial);
	carry_out(x);
}

/* What the plan does with rules, "modify arn-3; ..."; ARNs by the priority they had at first. */
static const char *words(struct rulecase *x)
{
	auto_buf struct buf b = { 0 };

	for (const struct step *s = x->p.v; s < x->p.v + x->p.n; s++) {
		const struct elb_set_rule_priorities *q = s->in;

		if (strcmp(s->action->name, "SetRulePriorities") == 0)
			for (size_t i = 0; i < q->rules.n; i++)
				buf_fmt(&b, "%s>%lld ", strrchr(q->rules.v[i].arn, '/') + 1,
					(long long)q->rules.v[i].priority);
		else if (strcmp(s->action->name, "CreateRule") == 0)
			buf_fmt(&b, "create %lld ",
				(long long)((const struct elb_create_rule *)s->in)->priority);
		else if (strcmp(s->action->name, "ModifyRule") == 0)
			buf_fmt(&b, "modify %s ",
				strrchr(((const struct elb_modify_rule *)s->in)->arn, '/') + 1);
		else if (strcmp(s->action->name, "DeleteRule") == 0)
			buf_fmt(&b, "delete %s ",
				strrchr(((const struct elb_rule_ref *)s->in)->arn, '/') + 1);
	}
	return arena_str(&x->w.a, b.len ? b.p : "");
}

/* ARNs are counted on behind those of load balancer (1) and listener (2). */
TEST(equal_settings_at_other_priorities_are_moved_in_one_call)
{
	static const struct spec before[] = { { 1, "a", "t1" },
					      { 2, "b", "t1" },
					      { 3, "c", "t1" } };
	static const struct spec after[] = { { 1, "c", "t1" }, { 2, "b", "t1" }, { 3, "a", "t1" } };
	auto_rulecase struct rulecase x = { 0 };

	start(&x);
	step_on(&x, before, 3, false);
	want(&x, before, 3, false);
	CHECK_INT(x.p.n, 0);
	want(&x, after, 3, false);
	CHECK_STR(words(&x), "000005>1 000003>3 ");
}

TEST(rules_that_go_make_room_from_the_end_of_the_range_highest_first)
{
	static const struct spec before[] = {
		{ 1, "a", "t" }, { 3, "b", "t" }, { 16, "c", "t" }, { 35, "d", "t" }
	};
	static const struct spec after[] = { { 1, "b", "t" }, { 3, "a", "t" } };
	auto_rulecase struct rulecase x = { 0 };

	start(&x);
	step_on(&x, before, 4, false);
	want(&x, after, 2, false);
	CHECK_STR(words(&x),
		  "000006>50000 000005>49999 000004>1 000003>3 delete 000005 delete 000006 ");
}

TEST(matched_moved_changed_made_and_deleted_as_the_original_pairs_them)
{
	static const struct spec before[] = {
		{ 1, "1", "t" }, { 2, "2", "t" }, { 3, "3", "t" }, { 4, "4", "t" }, { 5, "5", "t" }
	};
	static const struct spec after[] = { { 1, "1", "t" },
					     { 2, "2", "t" },
					     { 3, "5", "new" },
					     { 4, "6", "t" },
					     { 5, "4", "t" } };
	auto_rulecase struct rulecase x = { 0 };

	start(&x);
	step_on(&x, before, 5, false);
	want(&x, after, 5, false);
	CHECK_STR(words(&x), "000007>50000 000006>5 create 4 modify 000005 delete 000007 ");
	CHECK(((const struct elb_modify_rule *)x.p.v[2].in)->reset_transforms);
}

TEST(a_tag_that_differs_is_put_right_and_nothing_else)
{
	static const struct spec v[] = { { 1, "a", "t" } };
	auto_rulecase struct rulecase x = { 0 };

	start(&x);
	step_on(&x, v, 1, false);
	x.w.h.rules[0].tags.v[0].value = "another";
	want(&x, v, 1, false);
	CHECK_INT(x.p.n, 1);
	CHECK_STR(x.p.v[0].action->name, "AddTags");
	x.c.gates[GATE_LISTENER_RULES_TAGGING] = false;
	want(&x, v, 1, false);
	CHECK_INT(x.p.n, 0);
}

/* ---- random lists */

enum { PATHS = 6, MOST = 7 };
static const char *const paths[PATHS] = { "p0", "p1", "p2", "p3", "p4", "*" };
static const char *const targets[3] = { "t0", "t1", "t2" };

static size_t random_list(struct spec *v, unsigned *seed)
{
	size_t n = (size_t)rand_r(seed) % MOST;

	for (size_t i = 0; i < n; i++)
		v[i] = (struct spec) { (int64_t)i + 1, paths[rand_r(seed) % PATHS],
				       targets[rand_r(seed) % 3] };
	return n;
}

/* Whom a request for path meets: NULL, the default. */
static const char *meets(const struct rulecase *x, const char *path)
{
	const struct elb_rule *best = NULL;

	for (size_t i = 0; i < x->w.h.nrules; i++) {
		const struct elb_rule *r = x->w.h.rules[i].rule;
		const char *p = r->conditions.v[0].paths.v[0];

		if ((strcmp(p, "*") == 0 || strcmp(p, path) == 0) &&
		    (!best || atoll(r->priority) < atoll(best->priority)))
			best = r;
	}
	return best ? best->actions.v[0].forward->groups.v[0].arn : NULL;
}

static const char *wants(const struct spec *v, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].path, "*") == 0 || strcmp(v[i].path, path) == 0)
			return v[i].target;
	return NULL;
}

TEST(after_every_step_whoever_is_served_before_and_after_is_served)
{
	for (unsigned seed = 1; seed < 400; seed++) {
		auto_rulecase struct rulecase x = { 0 };
		struct spec v[MOST];
		unsigned state = seed;

		start(&x);
		for (int round = 0; round < 3; round++) {
			size_t n = random_list(v, &state);
			const char *before[PATHS];

			for (size_t k = 0; k < PATHS - 1; k++)
				before[k] = meets(&x, paths[k]);
			want(&x, v, n, false);
			for (size_t i = 0; i < x.p.n; i++) {
				planworld_do(&x.w, &x.c, &x.p.v[i]);
				for (size_t k = 0; k < PATHS - 1; k++)
					CHECK(meets(&x, paths[k]) || !before[k] ||
					      !wants(v, n, paths[k]));
			}
			for (size_t k = 0; k < PATHS - 1; k++)
				CHECK_STR(meets(&x, paths[k]), wants(v, n, paths[k]));
			CHECK_INT(x.w.h.nrules, n);
			want(&x, v, n, false);
			CHECK_INT(x.p.n, 0);
		}
	}
}

TEST(whatever_the_step_it_is_killed_after_the_next_plan_makes_it_right)
{
	for (unsigned seed = 1; seed < 120; seed++) {
		auto_rulecase struct rulecase x = { 0 };
		struct spec v[MOST];
		unsigned state = seed;
		size_t n;

		start(&x);
		step_on(&x, v, random_list(v, &state), false);
		n = random_list(v, &state);
		for (size_t kill = 0;; kill++) {
			want(&x, v, n, false);
			if (!x.p.n)
				break;
			CHECK(kill < 40);
			for (size_t i = 0; i < x.p.n && i <= kill % 3; i++)
				planworld_do(&x.w, &x.c, &x.p.v[i]);
			planworld_forget(&x.w);
		}
		CHECK_INT(x.w.h.nrules, n);
	}
}

/* ---- a stack that is not whole */

TEST(of_a_stack_that_is_not_whole_no_rule_goes_or_changes_what_the_others_get)
{
	for (unsigned seed = 1; seed < 300; seed++) {
		auto_rulecase struct rulecase x = { 0 };
		struct spec v[MOST], part[MOST];
		unsigned state = seed;
		size_t n, m = 0, had;

		start(&x);
		n = random_list(v, &state);
		step_on(&x, v, n, false);
		for (size_t i = 0; i < n; i++)
			if (rand_r(&state) % 2) {
				part[m] = v[i];
				part[m].priority = (int64_t)m + 1;
				m++;
			}
		had = x.w.h.nrules;
		want(&x, part, m, true);
		CHECK_INT(x.p.n, 0);
		carry_out(&x);
		CHECK_INT(x.w.h.nrules, had);
		for (size_t k = 0; k < PATHS - 1; k++)
			CHECK_STR(meets(&x, paths[k]), wants(v, n, paths[k]));
	}
}

TEST(a_new_rule_of_a_stack_that_is_not_whole_stands_behind_nobodys_but_before_its_own_old_one)
{
	static const struct spec before[] = { { 1, "a", "t0" },
					      { 2, "lost", "t0" },
					      { 3, "b", "t0" } };
	static const struct spec after[] = { { 1, "a", "t0" },
					     { 2, "b", "t1" },
					     { 3, "new", "t1" } };
	auto_rulecase struct rulecase x = { 0 };

	start(&x);
	step_on(&x, before, 3, false);
	step_on(&x, after, 3, true);
	CHECK_STR(meets(&x, "lost"), "t0");
	CHECK_STR(meets(&x, "b"), "t1");
	CHECK_STR(meets(&x, "new"), "t1");
	CHECK_STR(meets(&x, "a"), "t0");
	want(&x, after, 3, true);
	CHECK_INT(x.p.n, 0);
}

TEST(a_rule_with_a_secret_is_sent_anew_but_never_made_twice)
{
	static const struct elb_oidc oidc = { .issuer = "i", .client_secret = "s3cret" };
	struct elb_action act[2] = { { .type = "authenticate-oidc", .order = 1, .oidc = &oidc },
				     { .type = "forward", .order = 2, .target_group = "t" } };
	static const struct spec v[] = { { 1, "a", "t" } };
	auto_rulecase struct rulecase x = { 0 };
	auto_buf struct buf b = { 0 };

	start(&x);
	want(&x, v, 1, false);
	x.want.rules[0].spec.actions = (struct elb_actions) { act, 2 };
	plan_make(&x.c, &x.want, &x.w.h, &x.p, &x.w.a);
	plan_print(&x.p, false, &b);
	CHECK(!strstr(b.p, "s3cret") && strstr(b.p, "[REDACTED]"));
	carry_out(&x);
	plan_make(&x.c, &x.want, &x.w.h, &x.p, &x.w.a);
	CHECK_STR(words(&x), "modify 000003 ");
	plan_print(&x.p, false, &b);
	CHECK(!strstr(b.p, "s3cret"));
}

TEST(a_thousand_rules_are_planned)
{
	auto_rulecase struct rulecase x = { 0 };
	struct spec *v;

	start(&x);
	v = arena_get(&x.w.a, 1000 * sizeof(*v));
	for (int i = 0; i < 1000; i++)
		v[i] = (struct spec) { i + 1, arena_fmt(&x.w.a, "/path/%d", i), "t" };
	want(&x, v, 1000, false);
	CHECK_INT(x.p.n, 1000);
}
