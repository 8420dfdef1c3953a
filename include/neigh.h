/* SPDX-License-Identifier: Apache-2.0 */
/* neigh.h - neighbour entries (RTM_*NEIGH). */
#pragma once
#include "ip.h"
#include "nl.h"

struct neigh {
	int index; /* of the link */
	struct ip ip;
	struct mac mac;
	uint16_t state; /* NUD_*; 0: permanent */
};
/* CREATE|EXCL: EEXIST when there is one. */
MUST int neigh_add(struct nl *nl, const struct neigh *n, struct err *e);
/* CREATE|REPLACE. */
MUST int neigh_replace(struct nl *nl, const struct neigh *n, struct err *e);
MUST int neigh_remove(struct nl *nl, const struct neigh *n, struct err *e); /* ENOENT is success */
MUST int neigh_each(struct nl *nl, uint8_t family, int (*fn)(const struct neigh *, void *),
		    void *arg, struct err *e);
