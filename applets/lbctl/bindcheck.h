/* SPDX-License-Identifier: Apache-2.0 */
/* bindcheck.h - the checkpoint of a TargetGroupBinding: what it was made for the last time, so that
 * nobody need look again after a restart (spec-lbc-nlb 10.4). Pure. */
#pragma once
#include "endpoints.h"

#define CHECKPOINT "elbv2.k8s.aws/checkpoint"
#define CHECKPOINT_TIME CHECKPOINT "-timestamp"

/* "HASH/HASH": of the endpoints and of the spec, as the original writes it. */
const char *bindcheck_text(const struct endpoints *v, const struct kube_binding *b,
			   struct arena *a);
