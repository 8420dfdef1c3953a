/* SPDX-License-Identifier: Apache-2.0 */
/* bindrole.h - roles that are assumed for target groups of other accounts (spec-lbc-nlb 15.4).
 * Thread-safe. */
#pragma once
#include "aws.h"

struct bindroles;
struct bindroles *bindroles_new(void);
void bindroles_free(struct bindroles **r);
/* Keys of a role, in a; asked for with AssumeRole and kept until 30 s before they end, for each
 * role and external id ("": none). */
MUST int bindroles_keys(struct bindroles *r, struct aws *w, const char *cluster, const char *role,
			const char *external_id, struct aws_keys *out, struct arena *a,
			int64_t deadline, struct err *e);
/* AWS does not take them any more. */
void bindroles_forget(struct bindroles *r, const char *role, const char *external_id);
/* "AWS-LBC-" and what of a cluster's name may be in a session's; 64 bytes at most, as AWS has it.
 */
const char *bindrole_session(const char *cluster, struct arena *a);
