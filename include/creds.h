/* SPDX-License-Identifier: Apache-2.0 */
/* creds.h - where a session's credentials come from. Blocking. */
#pragma once
#include "aws.h"

/* Have key_id, secret and token filled and good for now. First AWS_ACCESS_KEY_ID with
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, then the instance's role, which is asked for again
 * five minutes before its keys expire; while that fails, on which half of the time is spent at
 * most, they serve to their end. EINVAL: half of a pair in the environment; ENOENT: no credentials
 * anywhere. */
MUST int creds_ensure(struct aws *w, struct arena *a, int64_t deadline, struct err *e);
/* AWS says that they have expired: fetch others next time. True when there may be others. */
bool creds_expire(struct aws *w);
