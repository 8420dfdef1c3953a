/* SPDX-License-Identifier: Apache-2.0 */
/* addr.h - addresses of links (RTM_*ADDR). */
#pragma once
#include "ip.h"
#include "nl.h"

struct addr {
	int index;           /* of the link */
	struct cidr ip;      /* the address with its prefix length; host bits kept */
	struct ip broadcast; /* none: no attribute (as for /32 pod addresses) */
	uint8_t scope;       /* RT_SCOPE_* */
	uint32_t flags;      /* IFA_F_*: TENTATIVE, DADFAILED, NOPREFIXROUTE ... */
	uint32_t metric;     /* IFA_RT_PRIORITY, 0 none */
};
/* Exactly so: created if absent (EEXIST is success). */
MUST int addr_ensure(struct nl *nl, const struct addr *a, struct err *e);
MUST int addr_remove(struct nl *nl, const struct addr *a,
		     struct err *e); /* EADDRNOTAVAIL is success */
/* index 0: of all links (ENODEV: no such link); family 0: both. */
MUST int addr_each(struct nl *nl, int index, uint8_t family, int (*fn)(const struct addr *, void *),
		   void *arg, struct err *e);
