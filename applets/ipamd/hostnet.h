/* SPDX-License-Identifier: Apache-2.0 */
/* hostnet.h - what ipamd does to the host's network (spec-ipamd 32), each call with sockets of its
 * own, so that jobs may make them. Blocking. */
#pragma once
#include "attached.h"

/* Primary link, policy rules, SNAT: all that must be before the first pod. f->primary_if is filled.
 */
MUST int hostnet_start(const struct config *c, struct host_facts *f, struct err *e);
/* Rules and SNAT again; only what differs is touched. */
MUST int hostnet_sync(const struct config *c, const struct host_facts *f, struct err *e);
/* Routes, rule and address of a secondary ENI. A link that is still on its way is waited for: 5
 * looks, 3 s apart. */
MUST int hostnet_wire(const struct config *c, const struct attached *x, struct err *e);

/* Names of the host's links, for telling which pods are there. */
struct links {
	char (*v)[IFNAMSIZ];
	size_t n;
};
MUST int hostnet_links(struct links *out, struct arena *a, struct err *e);
/* Pure. A pod's host-side link ends in the hash of its name; a lease without a pod's name cannot be
 * told and counts as there. ENOENT, and words, when it is gone. */
MUST int hostnet_pod_there(const struct lease *l, const struct links *links, struct err *e);
/* Remove the rules to and from the address of a pod that is gone. */
void hostnet_forget_pod(struct ip ip);
/* Pods of old releases have a rule per VPC CIDR: make each source's rules one rule 1536 into the
 * table they led to. What is right already is not touched. */
MUST int hostnet_pod_rules(const struct lease *v, size_t n, struct err *e);
