/* SPDX-License-Identifier: Apache-2.0 */
/* planfile.h - what lbctl plan -o json writes and lbctl apply reads: for which cluster, VPC and
 * account it was made, when, and the plan of each owner. */
#pragma once
#include "people.h"

/* {"version":1,"date","cluster","region","account","vpc","kubeSystem","plans":[]}; kubeSystem, the
 * UID of the namespace, when the API server was asked. */
MUST int planfile_head(struct people *p, struct json **out, struct err *e);
/* What the file was made for, taken where no flag says so; EINVAL: a flag says otherwise. EBADMSG:
 * it is no such file. Before people_open(). */
MUST int planfile_take(struct people *p, const struct json *root, struct err *e);
/* EPERM: the session, or the API server, is another one's. */
MUST int planfile_account(struct people *p, const struct json *root, struct err *e);
MUST int planfile_cluster(struct people *p, const struct json *root, struct err *e);
