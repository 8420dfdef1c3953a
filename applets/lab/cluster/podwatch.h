/* SPDX-License-Identifier: Apache-2.0 */
/* podwatch.h - the pods of one node as they are in the API, whole: a thread lists and watches them
 * (kubewatch.h keeps of an object only what the controller reads). */
#pragma once
#include "json.h"
#include "kube.h"
#include "loop.h"

struct podwatch;
/* On the loop thread. listed(): a list was complete, and what was not in it is no more. pod is
 * borrowed. */
enum podwatch_how { PODWATCH_LISTED, PODWATCH_CHANGED, PODWATCH_GONE };
struct podwatch_options {
	struct kube *kube;
	struct loop *loop;
	const char *node; /* copied */
	void (*changed)(void *arg, const struct json *pod, enum podwatch_how how);
	void (*listed)(void *arg);
	void *arg;
};
/* Lists anew after 410, an ERROR event or garbage, with pauses of 0.2 to 10 s. */
MUST int podwatch_start(struct podwatch **out, const struct podwatch_options *o, struct err *e);
void podwatch_stop(struct podwatch **w);
