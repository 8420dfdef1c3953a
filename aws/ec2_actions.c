/* SPDX-License-Identifier: Apache-2.0 */
/* ec2_actions.c - EC2's actions, one row each, and dry runs of them. */
#include <errno.h>
#include <string.h>

#include "ec2host.h"
#include "ec2sg.h"
#include "ec2vpc.h"

AWS_LIST(ec2_eni, "networkInterfaceSet/item")
AWS_LIST(ec2_group, "securityGroupInfo/item")
AWS_LIST(ec2_instance, "reservationSet/item/instancesSet/item")
AWS_LIST(ec2_instance_type, "instanceTypeSet/item")
AWS_LIST(ec2_route_table, "routeTableSet/item")
AWS_LIST(ec2_subnet, "subnetSet/item")
AWS_LIST(ec2_tagged, "tagSet/item")
AWS_LIST(ec2_vpc, "vpcSet/item")
AWS_LIST(ec2_zone, "availabilityZoneInfo/item")

/* clang-format off */
#define CHANGE(name, out, twice) { AWS_EC2, name, &ec2_change_shape, out, twice, NULL, NULL, NULL }
#define GROUP(name, out, twice) { AWS_EC2, name, &ec2_group_change_shape, out, twice, NULL, NULL, NULL }
#define PAGED(name, T, list) { AWS_EC2, name, &ec2_describe_shape, &T##s_shape, true, "NextToken", "nextToken", list }
const struct aws_action ec2_actions[EC2_ACTIONS] = {
	[EC2_ASSIGN_IPS] = CHANGE("AssignPrivateIpAddresses", &ec2_assigned_shape, false),
	[EC2_ASSIGN_IPV6] = CHANGE("AssignIpv6Addresses", &ec2_assigned_shape, false),
	[EC2_ATTACH_ENI] = CHANGE("AttachNetworkInterface", &ec2_attached_shape, false),
	[EC2_AUTHORIZE_INGRESS] = GROUP("AuthorizeSecurityGroupIngress", NULL, true),
	[EC2_CREATE_ENI] = CHANGE("CreateNetworkInterface", &ec2_created_shape, true), /* has a ClientToken */
	[EC2_CREATE_GROUP] = GROUP("CreateSecurityGroup", &ec2_group_shape, false),
	[EC2_CREATE_TAGS] = CHANGE("CreateTags", NULL, true),
	[EC2_DELETE_ENI] = CHANGE("DeleteNetworkInterface", NULL, true),
	[EC2_DELETE_GROUP] = GROUP("DeleteSecurityGroup", NULL, true),
	[EC2_DELETE_TAGS] = CHANGE("DeleteTags", NULL, true),
	[EC2_DESCRIBE_ENIS] = PAGED("DescribeNetworkInterfaces", ec2_eni, "networkInterfaceSet/item"),
	[EC2_DESCRIBE_GROUPS] = PAGED("DescribeSecurityGroups", ec2_group, "securityGroupInfo/item"),
	[EC2_DESCRIBE_INSTANCES] = PAGED("DescribeInstances", ec2_instance, "reservationSet/item/instancesSet/item"),
	[EC2_DESCRIBE_ROUTE_TABLES] = PAGED("DescribeRouteTables", ec2_route_table, "routeTableSet/item"),
	[EC2_DESCRIBE_SUBNETS] = PAGED("DescribeSubnets", ec2_subnet, "subnetSet/item"),
	[EC2_DESCRIBE_TAGS] = PAGED("DescribeTags", ec2_tagged, "tagSet/item"),
	[EC2_DESCRIBE_TYPES] = PAGED("DescribeInstanceTypes", ec2_instance_type, "instanceTypeSet/item"),
	[EC2_DESCRIBE_VPCS] = PAGED("DescribeVpcs", ec2_vpc, "vpcSet/item"),
	[EC2_DESCRIBE_ZONES] = { AWS_EC2, "DescribeAvailabilityZones", &ec2_describe_shape, &ec2_zones_shape, true, NULL, NULL, NULL },
	[EC2_DETACH_ENI] = CHANGE("DetachNetworkInterface", NULL, true),
	[EC2_MODIFY_ENI] = CHANGE("ModifyNetworkInterfaceAttribute", NULL, true),
	[EC2_REVOKE_INGRESS] = GROUP("RevokeSecurityGroupIngress", NULL, true),
	[EC2_UNASSIGN_IPS] = CHANGE("UnassignPrivateIpAddresses", NULL, true),
	[EC2_UNASSIGN_IPV6] = CHANGE("UnassignIpv6Addresses", NULL, true),
};
/* clang-format on */

int ec2_dry_run(struct aws *w, enum ec2_action action, const void *in, int64_t deadline,
		struct err *e)
{
	struct aws_action act = ec2_actions[action];
	auto_arena struct arena a = { 0 };
	char *copy = arena_get(&a, act.in->size);

	memcpy(copy, in, act.in->size);
	*(bool *)(copy + act.in->f[0].at) = true; /* dry_run */
	act.out = NULL;
	act.repeatable = true;
	if (aws_do(w, &act, copy, NULL, &a, deadline, e) == 0)
		return fail(e, EIO, "%s: EC2 has done it although it was told not to", act.name);
	if (strcmp(e->code, "DryRunOperation") != 0)
		return -1;
	*e = (struct err) { 0 };
	return 0;
}
