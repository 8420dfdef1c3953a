/* SPDX-License-Identifier: Apache-2.0 */
/* ec2vpc.c - EC2: subnets, availability zones, route tables, VPCs. */
#include "ec2vpc.h"

SHAPE_TABLE(ec2_block, EC2_BLOCK)
SHAPE_TABLE(ec2_block6, EC2_BLOCK6)
SHAPE_TABLE(ec2_subnet, EC2_SUBNET)
SHAPE_TABLE(ec2_zone, EC2_ZONE)
SHAPE_TABLE(ec2_route, EC2_ROUTE)
SHAPE_TABLE(ec2_association, EC2_ASSOCIATION)
SHAPE_TABLE(ec2_route_table, EC2_ROUTE_TABLE)
SHAPE_TABLE(ec2_vpc, EC2_VPC)

int ec2_query_subnets(struct aws *w, const struct ec2_query *q, struct ec2_subnets *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .subnets = q->ids, .filters = q->filters };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_SUBNETS], &in, out, a, deadline, e);
}

int ec2_describe_subnets(struct aws *w, const char *vpc, const char *zone, struct ec2_subnet **out,
			 size_t *n, struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_filter f[] = { { "vpc-id", { &vpc, 1 } },
				  { "availability-zone", { &zone, 1 } } };
	struct ec2_query q = { .filters = { f, COUNT(f) } };
	struct ec2_subnets l;

	*n = 0;
	if (ec2_query_subnets(w, &q, &l, a, deadline, e) < 0)
		return -1;
	*out = l.v;
	*n = l.n;
	return 0;
}

int ec2_describe_zones(struct aws *w, const struct ec2_query *q, struct ec2_zones *out,
		       struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .zones = q->ids, .filters = q->filters };

	return aws_do(w, &ec2_actions[EC2_DESCRIBE_ZONES], &in, out, a, deadline, e);
}

int ec2_describe_route_tables(struct aws *w, const struct ec2_query *q,
			      struct ec2_route_tables *out, struct arena *a, int64_t deadline,
			      struct err *e)
{
	struct ec2_describe in = { .route_tables = q->ids, .filters = q->filters };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_ROUTE_TABLES], &in, out, a, deadline, e);
}

int ec2_describe_vpcs(struct aws *w, const struct ec2_query *q, struct ec2_vpcs *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .vpcs = q->ids, .filters = q->filters };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_VPCS], &in, out, a, deadline, e);
}
