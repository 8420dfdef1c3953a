/* SPDX-License-Identifier: Apache-2.0 */
/* lbfacts.c - parts of what is known of AWS, asked for when they are first needed. */
#include <errno.h>

#include "lbfacts.h"

int facts_need(struct facts *f, enum fact which, struct err *e)
{
	if (f->have[which])
		return 0;
	if (!f->load)
		return fail(e, EINVAL, "a part of the facts is not there: number %d", (int)which);
	if (f->load(f, which, e) < 0)
		return -1;
	f->have[which] = true;
	return 0;
}
