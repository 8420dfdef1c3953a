/* SPDX-License-Identifier: Apache-2.0 */
/* planworld.h - a small model of AWS and of the API server for tests of plans: it does steps, one
 * by one, and shows what is there then, as have_read() would. */
#pragma once
#include "plan.h"

enum { PLANWORLD_MAX = 4000 };
struct planworld {
	struct arena a;
	struct have h;
	int made;         /* numbers of ARNs */
	size_t max_rules; /* 0: any number */
	struct planworld_value {
		const char *ref, *value;
	} values[64];
	size_t nvalues;
};
void planworld_init(struct planworld *w);
void planworld_free(struct planworld *w);
#define auto_planworld AUTO(planworld_free)
/* A claim fails when the step cannot be done: a reference that nothing made, a thing that is not
 * there, a priority or name that is taken, something that is still in use. */
void planworld_do(struct planworld *w, const struct lbconfig *c, const struct step *s);
/* What steps made is known by tags only from now on. */
void planworld_forget(struct planworld *w);

/* ---- for planworld*.c */

/* at: the one whose `test` is arn. */
#define FIND(list, n, test)                                        \
	for (size_t i_ = 0; i_ <= (n); i_++) {                     \
		if (i_ == (n))                                     \
			test_failed(__FILE__, __LINE__, s->title); \
		else if (strcmp((list)[i_].test, arn) == 0) {      \
			at = i_;                                   \
			break;                                     \
		}                                                  \
	}
#define DROP(list, n, at) memmove(&(list)[at], &(list)[(at) + 1], (--(n) - (at)) * sizeof(*(list)))

bool planworld_is(const struct step *s, const char *action);
/* What was sent, as it is read afterwards: members of the same name. */
void *planworld_read(struct planworld *w, const struct shape *from, const void *in,
		     const struct shape *to);
const char *planworld_arn(struct planworld *w, const struct step *s, const char *what);
const char *planworld_resource(const struct tags *t);
struct tags planworld_tags(struct planworld *w, const struct tags *have, const struct tags *set);
void planworld_drop_listener(struct planworld *w, size_t at);
void planworld_do_tg(struct planworld *w, const struct step *s, void *in);
void planworld_do_listener(struct planworld *w, const struct step *s, void *in);
void planworld_do_rule(struct planworld *w, const struct step *s, void *in);
