/* SPDX-License-Identifier: Apache-2.0 */
/* lb_settings.c - when actions, conditions and transforms are equal (spec-lbc-alb 20.8). */
#include <string.h>

#include "settings.h"
#include "test.h"

#define LISTED(...)                                                                     \
	{                                                                               \
		(const char *[]) { __VA_ARGS__ },                                       \
			sizeof((const char *[]) { __VA_ARGS__ }) / sizeof(const char *) \
	}

static struct elb_action two(const char *a, int64_t wa, const char *b, int64_t wb, struct arena *m)
{
	struct elb_forward *f = NEW(m, struct elb_forward);

	f->groups.v = arena_get(m, 2 * sizeof(*f->groups.v));
	f->groups.n = b ? 2 : 1;
	f->groups.v[0] = (struct elb_weighted_group) { a, { wa, true } };
	if (b)
		f->groups.v[1] = (struct elb_weighted_group) { b, { wb, true } };
	return (struct elb_action) { .type = "forward", .order = 1, .forward = f };
}

static bool same(struct elb_action a, struct elb_action b)
{
	const struct elb_actions la = { &a, 1 }, lb = { &b, 1 };
	auto_buf struct buf x = { 0 }, y = { 0 };

	settings_actions(&la, &x);
	settings_actions(&lb, &y);
	return strcmp(x.p, y.p) == 0 && settings_sticky(&la, &lb);
}

TEST(forwards_are_equal_whatever_the_order_and_the_form_but_for_weights_of_several)
{
	auto_arena struct arena m = { 0 };
	struct elb_action plain = { .type = "forward", .target_group = "a" };
	struct elb_action read = two("a", 1, NULL, 0, &m);

	CHECK(same(two("a", 1, "b", 2, &m), two("b", 2, "a", 1, &m)));
	CHECK(!same(two("a", 1, "b", 2, &m), two("a", 2, "b", 1, &m)));
	CHECK(same(two("a", 5, NULL, 0, &m), two("a", 1, NULL, 0, &m)));
	read.target_group = "a";
	CHECK(same(plain, read));
	CHECK(!same(plain, two("b", 1, NULL, 0, &m)));
	CHECK(!same(two("a", 1, NULL, 0, &m), two("a", 1, "b", 0, &m)));
}

TEST(stickiness_counts_only_when_it_is_wanted)
{
	struct elb_forward off = { .sticky = FLAG_NO }, on = { .sticky = FLAG_YES }, none = { 0 };
	struct elb_forward hour = { .sticky = FLAG_YES, .sticky_s = { 3600, true } };
	struct elb_action want = { .type = "forward", .target_group = "a" }, have = want;

	want.forward = &none;
	have.forward = &on;
	CHECK(same(want, have));
	want.forward = &off;
	CHECK(!same(want, have));
	have.forward = &none;
	CHECK(same(want, have));
	want.forward = &hour;
	have.forward = &on;
	CHECK(!same(want, have));
}

TEST(redirects_have_their_defaults_and_empty_is_nothing)
{
	struct elb_redirect bare = { .status = "HTTP_301" };
	struct elb_redirect full = { .status = "HTTP_301",
				     .protocol = "#{protocol}",
				     .host = "#{host}",
				     .port = "#{port}",
				     .path = "/#{path}",
				     .query = "#{query}" };
	struct elb_action a = { .type = "redirect", .redirect = &bare };
	struct elb_action b = { .type = "redirect", .redirect = &full, .target_group = "" };

	CHECK(same(a, b));
	full.port = "443";
	CHECK(!same(a, b));
}

TEST(what_aws_adds_to_an_authentication_is_no_difference_and_the_secret_is_not_compared)
{
	struct elb_oidc w = { .issuer = "i", .client_id = "c", .client_secret = "s" };
	struct elb_oidc h = { .issuer = "i", .client_id = "c", .scope = "", .cookie = "" };
	struct elb_action a = { .type = "authenticate-oidc", .oidc = &w };
	struct elb_action b = { .type = "authenticate-oidc", .oidc = &h };
	struct elb_actions l = { &a, 1 };

	CHECK(same(a, b));
	CHECK(settings_secret(&l));
	w.client_secret = NULL;
	CHECK(!settings_secret(&l));
	h.client_id = "d";
	CHECK(!same(a, b));
}

TEST(actions_without_an_order_stay_as_they_stand)
{
	struct elb_action v[] = { { .type = "jwt-validation" }, { .type = "fixed-response" } };
	struct elb_action turned[] = { { .type = "fixed-response", .order = 2 },
				       { .type = "jwt-validation", .order = 1 } };
	struct elb_actions l = { v, 2 }, m = { turned, 2 };
	auto_buf struct buf x = { 0 }, y = { 0 };

	settings_actions(&l, &x);
	settings_actions(&m, &y);
	CHECK_STR(x.p, y.p);
}

TEST(conditions_are_equal_by_field_in_any_order_and_values_in_theirs)
{
	struct elb_condition a[] = { { .field = "host-header", .hosts = LISTED("a", "b") },
				     { .field = "path-pattern", .paths = LISTED("/x") } };
	struct elb_condition b[] = { a[1], a[0] };
	struct elb_condition c[] = { { .field = "host-header", .hosts = LISTED("b", "a") }, a[1] };
	struct elb_conditions la = { a, 2 }, lb = { b, 2 }, lc = { c, 2 }, none = { 0 };
	auto_buf struct buf x = { 0 }, y = { 0 }, z = { 0 }, n = { 0 };

	b[0].header = ""; /* as read */
	settings_conditions(&la, &x);
	settings_conditions(&lb, &y);
	settings_conditions(&lc, &z);
	settings_conditions(&none, &n);
	CHECK_STR(x.p, y.p);
	CHECK(strcmp(x.p, z.p) != 0);
	CHECK_INT(n.len, 0);
}
