/* SPDX-License-Identifier: Apache-2.0 */
/* awsapi.h - all services of the lab together. */
#pragma once
#include "apicall.h"

/* Has any service an action of that name? If not, *like is the nearest that there is. */
bool aws_has_action(const char *name, const char **like);
/* The answer of the service that a request is signed for, without a server: for tests. The clock
 * (elb.now) stays where it is. */
void aws_answer(struct httpd_call *c, struct api_answer *out);
