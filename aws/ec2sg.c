/* SPDX-License-Identifier: Apache-2.0 */
/* ec2sg.c - EC2: security groups and their rules. */
#include <errno.h>

#include "ec2sg.h"

enum { PAGE = 1000 };

SHAPE_TABLE(ec2_range, EC2_RANGE)
SHAPE_TABLE(ec2_range6, EC2_RANGE6)
SHAPE_TABLE(ec2_prefix_list, EC2_PREFIX_LIST)
SHAPE_TABLE(ec2_peer, EC2_PEER)
SHAPE_TABLE(ec2_permission, EC2_PERMISSION)
SHAPE_TABLE(ec2_group, EC2_GROUP)
SHAPE_TABLE(ec2_group_change, EC2_GROUP_CHANGE)

int ec2_describe_groups(struct aws *w, const struct ec2_query *q, struct ec2_groups *out,
			struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .groups = q->ids,
				   .filters = q->filters,
				   .page = q->ids.n ? 0 : PAGE };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_GROUPS], &in, out, a, deadline, e);
}

int ec2_create_group(struct aws *w, const struct ec2_create_group *q, const char **id,
		     struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_tag_spec spec = { "security-group", q->tags };
	struct ec2_group_change in = { .name = q->name,
				       .description = q->description,
				       .vpc = q->vpc,
				       .specs = { &spec, q->tags.n ? 1 : 0 } };
	struct ec2_group out;

	if (aws_do(w, &ec2_actions[EC2_CREATE_GROUP], &in, &out, a, deadline, e) < 0)
		return -1;
	*id = out.id;
	return **id ? 0 : aws_useless(&ec2_actions[EC2_CREATE_GROUP], "EC2 gives no groupId", e);
}

int ec2_delete_group(struct aws *w, const char *id, struct arena *a, int64_t deadline,
		     struct err *e)
{
	struct ec2_group_change in = { .id = id };

	return aws_do(w, &ec2_actions[EC2_DELETE_GROUP], &in, NULL, a, deadline, e);
}

int ec2_authorize_ingress(struct aws *w, const char *id, struct ec2_permissions permissions,
			  struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_group_change in = { .id = id, .permissions = permissions };

	return aws_do(w, &ec2_actions[EC2_AUTHORIZE_INGRESS], &in, NULL, a, deadline, e);
}

int ec2_revoke_ingress(struct aws *w, const char *id, struct ec2_permissions permissions,
		       struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_group_change in = { .id = id, .permissions = permissions };

	return aws_do(w, &ec2_actions[EC2_REVOKE_INGRESS], &in, NULL, a, deadline, e);
}
