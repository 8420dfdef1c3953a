/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - when AWS's actions and conditions are what is wanted (spec-lbc-nlb 9.4, spec-lbc-alb
 * 20.8): as text, so that rules can be sorted and looked up. */
#pragma once
#include "elbv2.h"

/* The same for equal settings: order and the legacy top-level target group do not matter, redirects
 * have their defaults, target groups are sorted, the weight of a single one is left out, and so is
 * stickiness (settings_sticky()). Free with buf_free(). */
void settings_actions(const struct elb_actions *l, struct buf *out);
void settings_conditions(const struct elb_conditions *l, struct buf *out);
void settings_transforms(const struct elb_transforms *l, struct buf *out);
/* Does any of them bring a secret? AWS does not tell the one that it has: such actions are sent
 * anew each time, as the original does, which is how a new secret gets there (spec-lbc-alb 20.8).
 */
bool settings_secret(const struct elb_actions *want);
/* Is the stickiness of all forwards that want any as it is wanted? */
bool settings_sticky(const struct elb_actions *want, const struct elb_actions *have);
