/* SPDX-License-Identifier: Apache-2.0 */
/* routeshow.h - conditions and actions of rules in words. */
#pragma once
#include "elbv2.h"

/* "path-pattern /a, /b" */
const char *route_condition(const struct elb_condition *c, struct arena *a);
/* Of the JSON of a list of actions: "redirect Protocol=HTTPS StatusCode=HTTP_301". */
const char *route_actions(const struct json *l, struct arena *a);
