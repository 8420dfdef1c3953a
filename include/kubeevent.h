/* SPDX-License-Identifier: Apache-2.0 */
/* kubeevent.h - core/v1 Events, as client-go's recorder makes them (facts: client-go v0.34
 * tools/record/event.go): like ones are counted up (PATCH of count, lastTimestamp and message)
 * instead of written again, and what is too much is combined or left out (kubeevent_sift.h).
 * Thread-safe; sent by a thread of its own, up to 12 times 10 s apart while the API server cannot
 * be reached; up to 1000 wait. What cannot be sent is logged and forgotten. */
#pragma once
#include "kube.h"

struct kubeevents;
/* host: of the reporter; controller-runtime gives none (""). */
MUST int kubeevents_new(struct kubeevents **out, struct kube *k, const char *host, struct err *e);
void kubeevents_free(struct kubeevents **v); /* what waits is not sent any more */
#define auto_kubeevents AUTO(kubeevents_free)
/* The object that an event is about; ns "" of kinds without one, whose events are in "default". */
struct kube_about {
	enum kube_kind kind;
	const char *ns, *name, *uid, *version;
};
/* component: "service", "ingress", "targetGroupBinding". A message longer than 1023 bytes is cut,
 * as the API server would refuse it. */
void kube_say(struct kubeevents *v, const struct kube_about *about, const char *component,
	      bool warning, const char *reason, const char *fmt, ...) FMT(6, 7);
