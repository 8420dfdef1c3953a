/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what snat must know of the node: told by options, else asked of the metadata service.
 */
#pragma once
#include "host.h"

/* As they were typed; NULL where they were not. */
struct snat_args {
	const char *mac, *iface, *ip, *cidrs;
};
/* Lists live in a. EINVAL names the option and its value; anything else is the system's failure. */
MUST int snat_facts(const struct snat_args *in, struct nl *route, struct host_facts *f,
		    struct arena *a, struct err *e);
