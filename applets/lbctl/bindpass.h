/* SPDX-License-Identifier: Apache-2.0 */
/* bindpass.h - inside the passes over TargetGroupBindings: pass_binding.c has the course of one,
 * binding.c what outlives it, bindreg.c what is registered and in which zone, bindwrite.c what is
 * written to the object, bindshared.c target
 * groups of several clusters. */
#pragma once
#include "binding.h"
#include "bindrole.h"
#include "endpoints.h"
#include "noderules.h"
#include "podeni.h"
#include "targets.h"

/* What is remembered of a binding between its passes. */
struct bindmemo {
	int64_t due_ms;       /* the check that was put off; 0: none was */
	int64_t processed_ms; /* looked after, by this process; 0: not yet */
	int64_t zoned_ms;     /* AWS has asked for zones; 0: it has not */
	int64_t wait_ms;      /* for pods that slices name and nobody knows; 0: none */
	int64_t named_ms;     /* when arn was found for this name; 0: it was not */
	char target_group[36], arn[256];
	/* What we have written to the object, and its resourceVersion then: the store may be
	 * behind. */
	uint64_t version;
	int64_t observed;
	char checkpoint[96];
};
struct bindings {
	int64_t again_ms, sync_ms;
	struct targets *targets;
	struct podenis *enis;
	struct noderules *rules;
	struct bindmemos *memos;
	struct vpcs *vpcs;
	struct bindroles *roles;
};
/* Of the object with this uid: zero if there is none yet. */
struct bindmemo bindings_recall(struct bindings *b, const struct kube_binding *of);
void bindings_remember(struct bindings *b, const struct kube_binding *of, const struct bindmemo *m);
void bindings_forget(struct bindings *b, const char *ns, const char *name);

struct bindpass {
	struct pass *p;
	const struct kube_binding *b;
	struct bindings *all;
	struct bindmemo memo;
	struct factview view;
	struct target_door door;
	struct aws_keys keys; /* of the role that is assumed, if one is */
	bool wrote;           /* to the object, in this pass */
	bool short_of_room;   /* --max-targets-per-target-group: not all are registered */
};
MUST int bindpass_register(struct bindpass *x, const struct endpoints *want,
			   const struct target_match *m, struct err *e);

/* bindwrite.c: patches of the object, when it is not so yet. Of what the store does not show yet
 * what we have written counts. */
const char *bindpass_checkpoint(const struct bindpass *x);
MUST int bindpass_set_checkpoint(struct bindpass *x, const char *text, struct err *e);
MUST int bindpass_set_observed(struct bindpass *x, struct err *e);
/* Condition Ready=False: the only one that is ever written (10.1). */
MUST int bindpass_set_failed(struct bindpass *x, const char *message, struct err *e);

/* bindshared.c: of what is to be deregistered only what this cluster has registered; and forget
 * which that was. */
MUST int bindpass_only_ours(struct bindpass *x, struct target_match *m, struct err *e);
MUST int bindpass_drop_list(struct bindpass *x, struct err *e);

/* ---- bindreg.c: which addresses are inside a target group's VPC */

struct vpcs;
struct vpcs *vpcs_new(void);
void vpcs_free(struct vpcs **v);
