/* SPDX-License-Identifier: Apache-2.0 */
/* ec2api.h - EC2's answer to one request without a server: for tests. Sends nothing. */
#pragma once
#include "apicall.h"

void ec2_answer(struct httpd_call *c, struct api_answer *out);
