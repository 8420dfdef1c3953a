/* SPDX-License-Identifier: Apache-2.0 */
/* cniexec.h - what a container runtime does with a conflist: run its plugins in order for ADD, in
 * reverse for DEL (CNI specification 1.1.0, section 3 and 4). Runs inside a node; any thread,
 * several at once. */
#pragma once
#include "arena.h"
#include "json.h"

struct cni_pod {
	const char *ns, *name, *uid, *container, *netns, *ifname;
};
/* The last plugin's result. On failure the chain has been asked to DEL, and e->msg is the plugin's
 * msg. */
MUST int cniexec_add(const struct json *conflist, const struct cni_pod *p, struct json **result,
		     struct err *e);
MUST int cniexec_check(const struct json *conflist, const struct cni_pod *p,
		       const struct json *result, struct err *e);
MUST int cniexec_del(const struct json *conflist, const struct cni_pod *p,
		     const struct json *result, struct err *e);
