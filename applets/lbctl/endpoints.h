/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.h - what is behind a TargetGroupBinding: pods or nodes, as targets (spec-lbc-nlb 11).
 * Pure; everything points into the snapshot or lives in the arena. */
#pragma once
#include "lbconfig.h"
#include "snapshot.h"

struct endpoint {
	const char *id; /* an address in its canonical form, or an instance's id */
	int64_t port;
	const struct kube_pod *pod;   /* NULL: the target is the node */
	const struct kube_node *node; /* that the pod runs on; NULL: not known */
};
/* Sorted by id and port, each once. */
struct endpoints {
	struct endpoint *v;
	size_t n;
	/* Named by slices, while their pods are not known (yet): not to be registered, and not to
	 * be deregistered either. Sorted as well; without pods. */
	struct endpoint *unknown;
	size_t nunknown;
};
int endpoint_cmp(const void *a, const void *b); /* by id and port */

/* ENOENT: "backend not found: ..." (the Service, or its port); EINVAL in words. */
MUST int endpoints_find(const struct lbconfig *c, const struct snapshot *s,
			const struct kube_binding *b, struct endpoints *out, struct arena *a,
			struct err *e);
/* The port of a Service that a binding names: by number the first, or by name. NULL: none. */
const struct kube_service_port *endpoints_port(const struct kube_service *s, struct int_or_str p);
bool endpoints_ip(const struct kube_binding *b); /* targets are pods */
/* "i-0123" from a provider ID, "" when it names no instance of EC2's. */
const char *node_instance(const struct kube_node *n);
/* An address as everybody writes it; what is none stays as it is. */
const char *address_text(const char *address, struct arena *a);
const char *pod_condition(const struct kube_conditions *l, const char *type); /* status, or "" */
