/* SPDX-License-Identifier: Apache-2.0 */
/* elbgroup.h - what a target group becomes of what is asked for. Pure. */
#pragma once
#include "elb.h"

/* All but its ARN, with AWS's defaults; or what AWS has against it. */
MUST int group_settle(const struct elb *b, const struct elb_create_target_group *in,
		      struct elb_target_group *out, struct arena *a, struct err *e);
MUST int group_change(struct elb_target_group *v, const struct elb_modify_target_group *in,
		      struct arena *a, struct err *e);
