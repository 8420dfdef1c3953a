/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - how many addresses the node wants, and what to ask EC2 for (spec-ipamd 19; secondary
 * addresses of card 0). Pure. */
#pragma once
#include "base.h"

/* What the operator asked for; 0 turns warm_ip and min_ip off. */
struct target {
	int warm_eni; /* spare whole ENIs, when neither of the other two is set */
	int warm_ip;  /* addresses to keep free */
	int min_ip;   /* addresses to have in all */
};
/* What the node has and may have. */
struct target_state {
	int total, assigned; /* addresses; those that cool down count as free */
	int enis;            /* attached and ours */
	int max_enis;        /* less those that we must not manage */
	int ips_per_eni;     /* the primary address not counted */
	int max_pods;
};
/* warm_ip or min_ip is set: they decide, and warm_eni does not. */
bool target_by_ip(const struct target *t);
/* Addresses missing; 0 unless target_by_ip(). */
int target_short(const struct target *t, const struct target_state *s);
/* Addresses to spare; 0 unless target_by_ip(). */
int target_over(const struct target *t, const struct target_state *s);
bool target_too_low(const struct target *t, const struct target_state *s);
bool target_has_room(const struct target_state *s);
/* How many to ask for on an ENI that holds so many already; 0: none. */
int target_for_eni(const struct target *t, const struct target_state *s, int held);
/* How many to create a new ENI with; 0: do not create one. */
int target_for_new_eni(const struct target *t, const struct target_state *s);
