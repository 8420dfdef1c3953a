/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - readiness gates: what a target's health makes of its pod's condition (spec-lbc-nlb
 * 10.6). Pure but for gate_set(). */
#pragma once
#include "elbv2.h"
#include "endpoints.h"
#include "kube.h"

#define GATE_PREFIX "target-health.elbv2.k8s.aws/"

/* GATE_PREFIX and the binding's name. */
const char *gate_type(const struct kube_binding *b, struct arena *a);
bool gate_has(const struct kube_pod *p, const char *type); /* its spec asks for it */
/* What the condition should be. health NULL or without a state: unknown. */
struct kube_condition gate_want(const char *type, const struct elb_target_health *health);
/* Just registered; and let go of, when the binding is deleted. */
struct kube_condition gate_registered(const char *type);
struct kube_condition gate_released(const char *type);
/* Whether what the pod has is so already. */
bool gate_same(const struct kube_pod *p, const struct kube_condition *want);
/* Some pod has this condition and it is not True: it must be looked after. */
bool gate_waits(const struct endpoints *v, const char *type);
/* Some pod has the gate, and it is not open: its target's health must be known. */
bool gate_closed(const struct endpoints *v, const char *type);
/* The patch of a pod's status; now: RFC 3339, used when the status changes. */
struct json *gate_patch(const struct kube_pod *p, const struct kube_condition *want,
			const char *now);
/* Send it unless it is so already; a pod that is gone, or another of its name, is no failure. */
MUST int gate_set(struct kube *k, const struct kube_pod *p, const struct kube_condition *want,
		  struct arena *a, int64_t deadline, struct err *e);
