/* SPDX-License-Identifier: Apache-2.0 */
/* binding.h - TargetGroupBindings: endpoints to targets, readiness gates, the rules on nodes
 * (spec-lbc-nlb 10 to 12). */
#pragma once
#include "pass.h"

/* What outlives a pass: targets of groups, interfaces of nodes, rules, and of each binding when it
 * was last looked at. Thread-safe. again_ms: until a target that is not healthy yet is looked at
 * again; sync_ms: --sync-period. */
struct bindings;
struct bindings *bindings_new(int64_t again_ms, int64_t sync_ms);
void bindings_free(struct bindings **b);
/* A target group that has just been made: there is nothing in it to be asked for. */
void bindings_made(struct bindings *b, const char *arn);

/* Loop thread: what a pass over this binding looks at; and b is told which bindings there are. */
void binding_give(struct bindings *b, struct snapshot *s, const struct kubestore *all,
		  const char *ns, const char *name);
/* Job thread; 0, or -1: again later. p->again_ms: look again then. */
MUST int pass_binding(struct pass *p, const char *ns, const char *name, struct err *e);
