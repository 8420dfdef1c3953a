/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - the sizing formulas, against Amazon's documented figures and at their edges. */
#include <limits.h>

#include "base.h"
#include "target.h"
#include "test.h"

/* t3.small: 3 ENIs with 3 addresses for pods each; p3dn: 49 an ENI. */
static struct target_state small(int total, int assigned, int enis)
{
	return (struct target_state) { total, assigned, enis, 3, 3, 11 };
}

/* Grow as grow.c does, until the pool is no more too low: the ENIs and addresses the node ends at.
 */
static struct target_state settle(const struct target *t, struct target_state s)
{
	int held[64] = { 0 };

	s.enis = 1;
	s.total = 0;
	for (int turn = 0; turn < 100 && target_too_low(t, &s); turn++) {
		int i = 0, n = 0;

		while (i < s.enis && !(n = target_for_eni(t, &s, held[i])))
			i++;
		if (i == s.enis) {
			n = target_for_new_eni(t, &s);
			if (!target_has_room(&s) || !n)
				break;
			s.enis++;
		}
		held[i] += n;
		s.total += n;
	}
	return s;
}

TEST(target_reaches_the_documented_sizes)
{
	static const struct {
		struct target t;
		int per_eni, max_enis, pods, enis, total;
	} cases[] = {
		{ { 1, 0, 0 }, 3, 3, 0, 1, 3 },     { { 1, 0, 0 }, 3, 3, 5, 3, 9 },
		{ { 1, 0, 0 }, 3, 3, 9, 3, 9 },     { { 1, 1, 1 }, 3, 3, 0, 1, 1 },
		{ { 1, 1, 1 }, 3, 3, 5, 2, 6 },     { { 1, 1, 1 }, 3, 3, 9, 3, 9 },
		{ { 1, 2, 5 }, 3, 3, 0, 2, 5 },     { { 1, 2, 5 }, 3, 3, 5, 3, 7 },
		{ { 1, 0, 0 }, 49, 15, 3, 2, 98 },  { { 1, 0, 0 }, 49, 15, 95, 3, 147 },
		{ { 1, 5, 10 }, 49, 15, 7, 1, 12 }, { { 1, 5, 10 }, 49, 15, 45, 2, 50 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target_state s = { 0,  cases[i].pods, 1, cases[i].max_enis, cases[i].per_eni,
					  737 };

		s = settle(&cases[i].t, s);
		CHECK_INT(s.enis, cases[i].enis);
		CHECK_INT(s.total, cases[i].total);
	}
}

TEST(target_short_and_over_are_off_without_ip_targets)
{
	struct target t = { 3, 0, 0 };
	struct target_state s = small(3, 3, 1);

	CHECK(!target_by_ip(&t));
	CHECK_INT(target_short(&t, &s), 0);
	CHECK_INT(target_over(&t, &s), 0);
}

TEST(target_short_is_the_larger_of_both_wants)
{
	static const struct {
		int warm, min, total, assigned, is_short, is_over;
	} cases[] = {
		{ 3, 0, 0, 0, 3, 0 }, { 3, 0, 5, 4, 2, 0 }, { 1, 0, 4, 2, 0, 1 },
		{ 0, 5, 2, 2, 3, 0 }, { 2, 5, 5, 0, 0, 0 }, { 2, 5, 9, 0, 0, 4 },
		{ 2, 5, 9, 8, 1, 0 }, { 2, 8, 9, 0, 0, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target t = { 1, cases[i].warm, cases[i].min };
		struct target_state s = small(cases[i].total, cases[i].assigned, 1);

		CHECK(target_by_ip(&t));
		CHECK_INT(target_short(&t, &s), cases[i].is_short);
		CHECK_INT(target_over(&t, &s), cases[i].is_over);
	}
}

TEST(target_short_shrinks_as_addresses_come)
{
	static const struct {
		int total, is_short;
	} cases[] = { { 0, 5 }, { 2, 3 }, { 5, 0 } };
	struct target t = { 1, 5, 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target_state s = { cases[i].total, 0, 1, 4, 14, 500 };

		CHECK_INT(target_short(&t, &s), cases[i].is_short);
		CHECK_INT(target_over(&t, &s), 0);
	}
}

TEST(target_by_ip_is_either_of_two_variables)
{
	static const struct {
		int warm, min;
		bool want;
	} cases[] = { { 0, 0, false }, { 5, 0, true }, { 0, 10, true }, { 5, 10, true } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target t = { 1, cases[i].warm, cases[i].min };

		CHECK(target_by_ip(&t) == cases[i].want);
	}
}

TEST(target_is_low_when_amazons_agent_says_so)
{
	static const struct {
		int per_eni, warm_eni, warm_ip, total, pods, max_pods;
		bool low;
	} cases[] = {
		{ 14, 1, 0, 0, 0, 500, true }, { 14, 0, 0, 0, 0, 500, true },
		{ 14, 0, 3, 0, 0, 500, true }, { 3, 1, 1, 3, 0, 500, false },
		{ 3, 1, 0, 3, 1, 500, true },  { 3, 0, 0, 3, 1, 500, false },
		{ 3, 1, 0, 3, 3, 500, true },  { 3, 0, 0, 3, 3, 500, true },
		{ 3, 0, 5, 3, 3, 3, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target t = { cases[i].warm_eni, cases[i].warm_ip, 0 };
		struct target_state s = { cases[i].total,   cases[i].pods,    1, 4,
					  cases[i].per_eni, cases[i].max_pods };

		CHECK(target_too_low(&t, &s) == cases[i].low);
	}
}

TEST(target_warm_eni_is_low_below_whole_spare_enis)
{
	static const struct {
		int warm, total, assigned;
		bool low;
	} cases[] = {
		{ 1, 3, 0, false }, { 1, 3, 1, true },  { 1, 6, 3, false }, { 2, 6, 0, false },
		{ 2, 6, 1, true },  { 0, 3, 2, false }, { 0, 3, 3, true },  { 0, 0, 0, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target t = { cases[i].warm, 0, 0 };
		struct target_state s = small(cases[i].total, cases[i].assigned, 1);

		CHECK(target_too_low(&t, &s) == cases[i].low);
	}
}

TEST(target_is_never_low_once_every_pod_has_an_address)
{
	struct target by_eni = { 1, 0, 0 }, by_ip = { 1, 50, 0 };
	struct target_state s = small(11, 11, 3);

	CHECK(!target_too_low(&by_eni, &s));
	CHECK(!target_too_low(&by_ip, &s));
	s.total = 10;
	CHECK(target_too_low(&by_eni, &s));
	CHECK(target_too_low(&by_ip, &s));
}

TEST(target_room_ends_at_the_limit)
{
	struct target_state s = small(0, 0, 2);

	CHECK(target_has_room(&s));
	s.enis = 3;
	CHECK(!target_has_room(&s));
	s.max_enis = 2; /* one is not ours to manage */
	CHECK(!target_has_room(&s));
}

TEST(target_asks_no_more_than_fits_or_is_wanted)
{
	struct target by_eni = { 1, 0, 0 }, by_ip = { 1, 2, 0 };
	struct target_state s = small(2, 1, 1); /* by_ip: short by 1 */

	CHECK_INT(target_for_eni(&by_eni, &s, 0), 3);
	CHECK_INT(target_for_eni(&by_eni, &s, 2), 1);
	CHECK_INT(target_for_eni(&by_eni, &s, 3), 0);
	CHECK_INT(target_for_eni(&by_eni, &s, 5), 0);
	CHECK_INT(target_for_new_eni(&by_eni, &s), 3);
	CHECK_INT(target_for_eni(&by_ip, &s, 0), 1);
	CHECK_INT(target_for_new_eni(&by_ip, &s), 1);
	by_ip.warm_ip = 100;
	CHECK_INT(target_for_new_eni(&by_ip, &s), 3);
}

TEST(target_new_eni_takes_the_warm_addresses_alone)
{
	struct target t = { 1, 3, 0 };
	struct target_state s = { 0, 0, 0, 4, 14, 58 };

	CHECK_INT(target_for_new_eni(&t, &s), 3);
	t.warm_ip = 0;
	CHECK_INT(target_for_new_eni(&t, &s), 14);
}

TEST(target_survives_absurd_wishes)
{
	struct target t = { INT_MAX, 0, 0 };
	struct target_state s = small(9, 0, 3);

	CHECK(target_too_low(&t, &s));
	t = (struct target) { 1, INT_MAX, INT_MAX };
	CHECK(target_too_low(&t, &s));
	CHECK_INT(target_for_eni(&t, &s, 3), 0);
	CHECK_INT(target_over(&t, &s), 0);
}
