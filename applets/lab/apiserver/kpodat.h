/* SPDX-License-Identifier: Apache-2.0 */
/* kpodat.h - where a pod's kubelet is, and what it is asked. */
#pragma once
#include "kask.h"

struct kpodat {
	struct ip ip; /* none: a log that cannot be there yet, the pod has no node */
	uint16_t port;
	const char *target; /* path and query, in the call's arena */
};
/* For log, exec, attach or portforward (a->sub) of the pod a->name. BadRequest: it has no node yet,
 * or several containers and none is named, or none of that name. */
MUST int kpodat_find(struct kpodat *at, const struct kask *a, struct err *e);
