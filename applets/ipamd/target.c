/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - the sizing formulas of the address pool. */
#include "target.h"

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

bool target_by_ip(const struct target *t)
{
	return t->warm_ip > 0 || t->min_ip > 0;
}

int target_short(const struct target *t, const struct target_state *s)
{
	int available = s->total - s->assigned;

	if (!target_by_ip(t))
		return 0;
	return most(most(t->warm_ip - available, t->min_ip - s->total), 0);
}

int target_over(const struct target *t, const struct target_state *s)
{
	int available = s->total - s->assigned;

	if (!target_by_ip(t))
		return 0;
	return most(least(most(available - t->warm_ip, 0), s->total - t->min_ip), 0);
}

bool target_too_low(const struct target *t, const struct target_state *s)
{
	int available = s->total - s->assigned;

	if (s->total >= s->max_pods)
		return false;
	if (target_by_ip(t))
		return target_short(t, s) > 0;
	if (t->warm_eni == 0)
		return available == 0;
	/* Divided, not multiplied: the operator may have asked for any number. */
	return available / s->ips_per_eni < t->warm_eni;
}

bool target_has_room(const struct target_state *s)
{
	return s->enis < s->max_enis;
}

static int wanted(const struct target *t, const struct target_state *s)
{
	return target_by_ip(t) ? target_short(t, s) : s->ips_per_eni;
}

int target_for_eni(const struct target *t, const struct target_state *s, int held)
{
	return most(least(s->ips_per_eni - held, wanted(t, s)), 0);
}

int target_for_new_eni(const struct target *t, const struct target_state *s)
{
	return least(wanted(t, s), s->ips_per_eni);
}
