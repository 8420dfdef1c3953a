/* SPDX-License-Identifier: Apache-2.0 */
/* sgrules.h - security groups' rules one source each, and what makes two of them the same. Pure. */
#pragma once
#include "ec2sg.h"

/* Each rule has one source; its key says protocol, ports and source, and not the description. */
struct sgrules {
	struct ec2_permission *v;
	const char **keys;
	size_t n, cap;
};
struct sgrules sgrules_for(size_t cap, struct arena *a); /* room for so many */
void sgrules_add(struct sgrules *l, const struct ec2_permission *r, struct arena *a);
/* EC2 gathers sources under one protocol and range of ports. */
struct sgrules sgrules_expand(const struct ec2_permissions *all, struct arena *a);
/* Those of `all` that `other` has not, each once, in the order of their keys. */
struct sgrules sgrules_without(const struct sgrules *all, const struct sgrules *other,
			       struct arena *a);
const char *sgrules_description(const struct ec2_permission *r); /* "" when there is none */
