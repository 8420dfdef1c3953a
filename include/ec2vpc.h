/* SPDX-License-Identifier: Apache-2.0 */
/* ec2vpc.h - EC2: subnets, availability zones, route tables, VPCs. */
#pragma once
#include "ec2.h"

/* state: associating, associated, disassociating ... */
#define EC2_BLOCK(F, T)                      \
	F(T, CIDR, cidr, 0, "", "cidrBlock") \
	F(T, STR, state, 0, "", "cidrBlockState/state")
SHAPE_STRUCT(ec2_block, EC2_BLOCK)
#define EC2_BLOCK6(F, T)                         \
	F(T, CIDR, cidr, 0, "", "ipv6CidrBlock") \
	F(T, STR, state, 0, "", "ipv6CidrBlockState/state")
SHAPE_STRUCT(ec2_block6, EC2_BLOCK6)

/* An IPv6-only subnet has no cidr. free counts addresses. outpost is an ARN or "". */
#define EC2_SUBNET(F, T)                                                        \
	F(T, STR, id, 0, "", "subnetId")                                        \
	F(T, STR, vpc, 0, "", "vpcId")                                          \
	F(T, STR, zone, 0, "", "availabilityZone")                              \
	F(T, STR, zone_id, 0, "", "availabilityZoneId")                         \
	F(T, STR, outpost, 0, "", "outpostArn")                                 \
	F(T, CIDR, cidr, 0, "", "cidrBlock")                                    \
	F(T, LIST, blocks6, ec2_block6, "", "ipv6CidrBlockAssociationSet/item") \
	F(T, INT, free, 0, "", "availableIpAddressCount")                       \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_subnet, EC2_SUBNET)
/* All of a VPC in a zone. */
MUST int ec2_describe_subnets(struct aws *w, const char *vpc, const char *zone,
			      struct ec2_subnet **out, size_t *n, struct arena *a, int64_t deadline,
			      struct err *e);
MUST int ec2_query_subnets(struct aws *w, const struct ec2_query *q, struct ec2_subnets *out,
			   struct arena *a, int64_t deadline, struct err *e);

/* type: availability-zone, local-zone, wavelength-zone. */
#define EC2_ZONE(F, T)                     \
	F(T, STR, id, 0, "", "zoneId")     \
	F(T, STR, name, 0, "", "zoneName") \
	F(T, STR, type, 0, "", "zoneType") \
	F(T, STR, state, 0, "", "zoneState")
SHAPE_STRUCT(ec2_zone, EC2_ZONE)
/* Ids are those of zones ("use1-az1"), which mean the same in every account; names do not. */
MUST int ec2_describe_zones(struct aws *w, const struct ec2_query *q, struct ec2_zones *out,
			    struct arena *a, int64_t deadline, struct err *e);

/* The destination is one of the first three; where to, one of the others: gateway is an id
 * "igw-...", "vgw-..." or "local". */
#define EC2_ROUTE(F, T)                                          \
	F(T, STR, cidr, 0, "", "destinationCidrBlock")           \
	F(T, STR, cidr6, 0, "", "destinationIpv6CidrBlock")      \
	F(T, STR, prefix_list, 0, "", "destinationPrefixListId") \
	F(T, STR, gateway, 0, "", "gatewayId")                   \
	F(T, STR, nat, 0, "", "natGatewayId")                    \
	F(T, STR, eni, 0, "", "networkInterfaceId")              \
	F(T, STR, state, 0, "", "state")
SHAPE_STRUCT(ec2_route, EC2_ROUTE)
#define EC2_ASSOCIATION(F, T)                \
	F(T, STR, subnet, 0, "", "subnetId") \
	F(T, BOOL, main, 0, "", "main")
SHAPE_STRUCT(ec2_association, EC2_ASSOCIATION)
/* The main one serves every subnet that is associated with none. */
#define EC2_ROUTE_TABLE(F, T)                                                \
	F(T, STR, id, 0, "", "routeTableId")                                 \
	F(T, STR, vpc, 0, "", "vpcId")                                       \
	F(T, LIST, routes, ec2_route, "", "routeSet/item")                   \
	F(T, LIST, associations, ec2_association, "", "associationSet/item") \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_route_table, EC2_ROUTE_TABLE)
MUST int ec2_describe_route_tables(struct aws *w, const struct ec2_query *q,
				   struct ec2_route_tables *out, struct arena *a, int64_t deadline,
				   struct err *e);

#define EC2_VPC(F, T)                                                           \
	F(T, STR, id, 0, "", "vpcId")                                           \
	F(T, STR, state, 0, "", "state")                                        \
	F(T, CIDR, cidr, 0, "", "cidrBlock")                                    \
	F(T, LIST, blocks, ec2_block, "", "cidrBlockAssociationSet/item")       \
	F(T, LIST, blocks6, ec2_block6, "", "ipv6CidrBlockAssociationSet/item") \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_vpc, EC2_VPC)
MUST int ec2_describe_vpcs(struct aws *w, const struct ec2_query *q, struct ec2_vpcs *out,
			   struct arena *a, int64_t deadline, struct err *e);
