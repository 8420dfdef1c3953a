/* SPDX-License-Identifier: Apache-2.0 */
/* podnet.h - a pod's network: a named namespace wired through the node's conflist, and the record
 * of it that a later call needs. Inside the node; any thread, several pods at once. */
#pragma once
#include "cniexec.h"

/* A pod as this runtime remembers it: /run/vpcbox-lab/pods/FILE.json, /run/netns/FILE. pod points
 * into it and to the names given: do not copy it. */
struct podnet {
	char file[300], path[360], netns[320];
	char container[65], uid[40];
	struct cni_pod pod;
};
/* Lower-case letters, digits and '-', as names of namespaces are and those of pods mostly. */
bool podnet_word(const char *s);
/* FILE is NAME of the namespace default, NS.NAME of others, and the uid where a name has dots. uid
 * "": podnet_add() makes one. */
void podnet_name(struct podnet *r, const char *ns, const char *name, const char *uid);
void podnet_id(char out[65]); /* of a new container */
/* A new namespace with its loopback up, and ADD, with a new container's id. EEXIST: there is one of
 * that name. On failure nothing is left. */
MUST int podnet_add(struct podnet *r, struct json **result, struct err *e);
/* With the configuration that ADD was given, as runtimes do: the file may have changed since.
 * ENOENT: there is no record. */
MUST int podnet_del(struct podnet *r, struct err *e);
/* Before podnet_add(), of a pod with a uid of its own: take away what an ADD left that did not come
 * to its end. Another pod of the same name, which has a record, stays. */
void podnet_clear(struct podnet *r);
MUST int podnet_check(struct podnet *r, struct err *e);
/* The record ("ip", "container", "uid", "result", "conflist"), to be freed; uid and container are
 * set. */
MUST struct json *podnet_load(struct podnet *r, struct err *e);
