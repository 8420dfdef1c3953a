/* SPDX-License-Identifier: Apache-2.0 */
/* planseen.h - what AWS has of a stack when a plan is made, in short, so that whoever carries the
 * plan out sees whether anybody has changed it meanwhile. */
#pragma once
#include "people.h"

/* {"stack":{"prefix","id","ns","name"},"objects":{ARN or id: digest}}: load balancers, listeners,
 * rules, target groups and security groups with the stack's tags, their attributes and tags; not
 * their states. The order in which AWS tells them does not count. */
MUST int planseen_read(struct people *p, const struct stack *s, struct json **out, struct err *e);
/* ESTALE names the object that is new, gone or changed; EBADMSG: seen is none. */
MUST int planseen_check(struct people *p, const struct json *seen, struct err *e);
