/* SPDX-License-Identifier: Apache-2.0 */
/* enter.h - from outside into a running lab: find it, join a node's namespaces, run something
 * there. */
#pragma once
#include "buf.h"
#include "json.h"

/* A connection to the lab of that name; ENOENT says how to start one. pid is its process. */
MUST int lab_find(const char *name, int *pid, struct err *e);
/* GET a path of the control socket. */
MUST int lab_ask(const char *name, const char *path, struct json **out, struct err *e);
/* Another method, with a body or none (NULL). */
MUST int lab_tell(const char *name, const char *method, const char *path, const struct json *body,
		  struct json **out, struct err *e);
/* Join: place is a node's name, "vpc" (the router) or "internet"; pod is NULL or "NAMESPACE.NAME"
 * or "NAME". Returns in the child of a fork inside those namespaces (0), or in the parent with the
 * child's pid. */
MUST int lab_enter(const char *name, const char *place, const char *pod, int *child, struct err *e);
/* The node on which a pod runs; ENOENT lists what there is. */
MUST int lab_pod_node(const char *name, const char *pod, struct buf *node, struct err *e);
/* Wait for a child of lab_enter() and give its exit status, 128 + signal when it was killed. */
int lab_wait(int child);
