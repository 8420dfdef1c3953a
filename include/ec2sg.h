/* SPDX-License-Identifier: Apache-2.0 */
/* ec2sg.h - EC2: security groups and their rules. */
#pragma once
#include "ec2.h"

/* CIDRs as they were written: EC2 keeps and compares text. A description NULL is not sent, "" is;
 * what EC2 has not told stays NULL, so that permissions can be sent back as they were read. */
#define EC2_RANGE(F, T)              \
	F(T, STR, cidr, 0, "CidrIp") \
	F(T, OPT, description, 0, "Description")
SHAPE_STRUCT(ec2_range, EC2_RANGE)
#define EC2_RANGE6(F, T)               \
	F(T, STR, cidr, 0, "CidrIpv6") \
	F(T, OPT, description, 0, "Description")
SHAPE_STRUCT(ec2_range6, EC2_RANGE6)
#define EC2_PREFIX_LIST(F, T)            \
	F(T, STR, id, 0, "PrefixListId") \
	F(T, OPT, description, 0, "Description")
SHAPE_STRUCT(ec2_prefix_list, EC2_PREFIX_LIST)
#define EC2_PEER(F, T)                                  \
	F(T, OPT, id, 0, "GroupId")                     \
	F(T, OPT, user, 0, "UserId")                    \
	F(T, OPT, name, 0, "GroupName")                 \
	F(T, OPT, vpc, 0, "VpcId")                      \
	F(T, OPT, peering, 0, "VpcPeeringConnectionId") \
	F(T, OPT, description, 0, "Description")
SHAPE_STRUCT(ec2_peer, EC2_PEER)
/* protocol: "tcp", "udp", "icmp", "icmpv6", a number, or "-1" for all, which has no ports. For ICMP
 * from is the type, to the code. */
#define EC2_PERMISSION(F, T)                                                             \
	F(T, STR, protocol, 0, "IpProtocol")                                             \
	F(T, NUM, from, 0, "FromPort")                                                   \
	F(T, NUM, to, 0, "ToPort")                                                       \
	F(T, LIST, ranges, ec2_range, "IpRanges", "ipRanges/item")                       \
	F(T, LIST, ranges6, ec2_range6, "Ipv6Ranges", "ipv6Ranges/item")                 \
	F(T, LIST, prefix_lists, ec2_prefix_list, "PrefixListIds", "prefixListIds/item") \
	F(T, LIST, peers, ec2_peer, "Groups", "groups/item")
SHAPE_STRUCT(ec2_permission, EC2_PERMISSION)

#define EC2_GROUP(F, T)                                                    \
	F(T, STR, id, 0, "", "groupId")                                    \
	F(T, STR, name, 0, "", "groupName")                                \
	F(T, STR, description, 0, "", "groupDescription")                  \
	F(T, STR, vpc, 0, "", "vpcId")                                     \
	F(T, STR, owner, 0, "", "ownerId")                                 \
	F(T, LIST, ingress, ec2_permission, "", "ipPermissions/item")      \
	F(T, LIST, egress, ec2_permission, "", "ipPermissionsEgress/item") \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_group, EC2_GROUP)
MUST int ec2_describe_groups(struct aws *w, const struct ec2_query *q, struct ec2_groups *out,
			     struct arena *a, int64_t deadline, struct err *e);

struct ec2_create_group {
	const char *vpc, *name, *description;
	struct tags tags;
};
/* *id is the new group's. Not tried again when it may be done. */
MUST int ec2_create_group(struct aws *w, const struct ec2_create_group *q, const char **id,
			  struct arena *a, int64_t deadline, struct err *e);
/* e->code DependencyViolation: something still uses it. */
MUST int ec2_delete_group(struct aws *w, const char *id, struct arena *a, int64_t deadline,
			  struct err *e);
/* All or none of them. Tried again when it may be done, and then EEXIST (InvalidPermission.
 * Duplicate) or ENOENT (InvalidPermission.NotFound) when it was. */
MUST int ec2_authorize_ingress(struct aws *w, const char *id, struct ec2_permissions permissions,
			       struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_revoke_ingress(struct aws *w, const char *id, struct ec2_permissions permissions,
			    struct arena *a, int64_t deadline, struct err *e);

/* What is sent (ec2_dry_run()). */
#define EC2_GROUP_CHANGE(F, T)                                  \
	F(T, BOOL, dry_run, 0, "DryRun", "")                    \
	F(T, STR, id, 0, "GroupId", "")                         \
	F(T, STR, name, 0, "GroupName", "")                     \
	F(T, STR, description, 0, "GroupDescription", "")       \
	F(T, STR, vpc, 0, "VpcId", "")                          \
	F(T, LIST, specs, ec2_tag_spec, "TagSpecification", "") \
	F(T, LIST, permissions, ec2_permission, "IpPermissions", "")
SHAPE_STRUCT(ec2_group_change, EC2_GROUP_CHANGE)
