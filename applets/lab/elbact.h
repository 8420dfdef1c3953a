/* SPDX-License-Identifier: Apache-2.0 */
/* elbact.h - the handlers of Elastic Load Balancing's actions (elbapi.def): lb_act_... in elblb.c
 * and elblbset.c, listener_act_... in elblistener.c and elbcert.c, rule_act_... in elbrule.c,
 * group_act_... in elbgroup.c, target_act_... in elbtarget.c, tag_act_... in elbtag.c. Each writes
 * the inside of its answer, or refuses and has changed nothing. */
#pragma once
#include "apicall.h"

#define ACTION(name, in, fn, takes) int fn(struct api_call *c, struct err *e);
#include "elbapi.def"
#undef ACTION
