/* SPDX-License-Identifier: Apache-2.0 */
/* rule.h - policy routing rules (RTM_*RULE). */
#pragma once
#include <net/if.h>

#include "ip.h"
#include "nl.h"

struct rule {
	uint8_t family;       /* IP_V4 or IP_V6; 0: from src or dst, else v4 */
	uint32_t prio, table; /* table 0 when removing: any */
	struct cidr src, dst; /* family 0, or length 0: not a selector */
	uint32_t mark, mask;  /* mask 0: not a selector */
	char iif[IFNAMSIZ];
	uint8_t proto; /* IP protocol, 0: not a selector */
	bool more; /* only read: it has selectors or an action that the fields above do not tell */
};
/* CREATE|EXCL; an identical rule (EEXIST) is success. The kernel calls a rule identical that has
 * the same priority and table and all of r's selectors, even if it has more of them. */
MUST int rule_ensure(struct nl *nl, const struct rule *r, struct err *e);
/* Remove the first that matches what is given (prio always counts, 0 too); ENOENT, none such, is
 * success. *gone, when not NULL, tells whether there was none; not in a batch, which cannot know.
 */
MUST int rule_remove(struct nl *nl, const struct rule *r, bool *gone, struct err *e);
/* Until none matches. Not in a batch. */
MUST int rule_remove_all(struct nl *nl, const struct rule *r, struct err *e);
/* fn: see iface_each(). family 0: both. */
MUST int rule_each(struct nl *nl, uint8_t family, int (*fn)(const struct rule *, void *), void *arg,
		   struct err *e);
/* Order by priority, then by every other field: for want and have. */
int rule_cmp(const void *a, const void *b);
