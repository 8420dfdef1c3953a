/* SPDX-License-Identifier: Apache-2.0 */
/* subnet.c - the choice of a subnet for a new ENI. */
#include <string.h>

#include "str.h"
#include "subnet.h"

#define TAG_ROLE "kubernetes.io/role/cni"
#define TAG_CLUSTER "cni.networking.k8s.aws/cluster/"

/* A subnet that names clusters is for those only. */
static bool is_for_cluster(const struct tags *t, const char *cluster)
{
	bool names_any = false;

	if (!*cluster)
		return true;
	for (size_t i = 0; i < t->n; i++) {
		if (!str_prefix(t->v[i].key, TAG_CLUSTER))
			continue;
		names_any = true;
		if (strcmp(t->v[i].key + strlen(TAG_CLUSTER), cluster) == 0)
			return true;
	}
	return !names_any;
}

bool subnet_valid(const struct ec2_subnet *s, const char *node_subnet, const char *cluster)
{
	const char *role = tag_get(&s->tags, TAG_ROLE);

	if (!role || !*role)
		return strcmp(s->id, node_subnet) == 0;
	return strcmp(role, "0") != 0 && is_for_cluster(&s->tags, cluster);
}

/* Insertion keeps the order of equals; there are few subnets in a zone. */
size_t subnet_order(struct ec2_subnet *v, size_t n, const char *node_subnet, const char *cluster)
{
	size_t valid = 0;

	for (size_t i = 0; i < n; i++) {
		struct ec2_subnet s = v[i];
		size_t k = valid;

		if (!subnet_valid(&s, node_subnet, cluster))
			continue;
		while (k > 0 && v[k - 1].free < s.free)
			k--;
		memmove(&v[k + 1], &v[k], (i - k) * sizeof(*v));
		v[k] = s;
		valid++;
	}
	return valid;
}
