/* SPDX-License-Identifier: Apache-2.0 */
/* route.h - routes (RTM_*ROUTE). */
#pragma once
#include "ip.h"
#include "nl.h"

struct route {
	uint8_t family;  /* IP_V4 or IP_V6; needed for default routes, else taken from dst */
	struct cidr dst; /* len 0: default */
	struct ip via, src;
	int oif;        /* 0: none */
	uint32_t table; /* 0: main */
	uint32_t metric;
	uint8_t scope; /* RT_SCOPE_UNIVERSE, _LINK, _HOST */
	uint8_t proto; /* RTPROT_*; 0: boot, as Amazon's plugin writes */
	uint8_t type;  /* RTN_*; 0: unicast */
	bool onlink;
};
/* CREATE|EXCL: EEXIST when a route to dst is there already. */
MUST int route_add(struct nl *nl, const struct route *r, struct err *e);
/* CREATE|REPLACE. */
MUST int route_replace(struct nl *nl, const struct route *r, struct err *e);
/* Matches what is given (scope 255: any; proto, type, oif, via 0: any). ESRCH, none such, is
 * success. */
MUST int route_remove(struct nl *nl, const struct route *r, struct err *e);
/* family 0: both; table 0: all. */
MUST int route_each(struct nl *nl, uint8_t family, uint32_t table,
		    int (*fn)(const struct route *, void *), void *arg, struct err *e);
