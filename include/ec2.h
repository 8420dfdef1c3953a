/* SPDX-License-Identifier: Apache-2.0 */
/* ec2.h - EC2: network interfaces, tags, and what its actions have in common. More of it:
 * ec2host.h (instances), ec2vpc.h (subnets, zones, route tables, VPCs), ec2sg.h (security groups).
 * Actions and fields: EC2 API reference, 2016-11-15; who calls what: spec-ipamd 7 and the list of
 * the load-balancer controller's calls. Lists and strings of answers live in the arena. */
#pragma once
#include "shape_call.h"

/* ---- what describes have in common */

/* Name and values of one filter: all filters must hold, of each any one value. */
#define EC2_FILTER(F, T)           \
	F(T, STR, name, 0, "Name") \
	F(T, STRS, values, 0, "Value")
SHAPE_STRUCT(ec2_filter, EC2_FILTER)
/* With ids, filters or both; with neither all that there are. Every page is read; an id that does
 * not exist fails the whole call (ENOENT, the id in single quotes in e->msg). */
struct ec2_query {
	struct strs ids;
	struct ec2_filters filters;
};

/* ---- network interfaces */

#define EC2_IP(F, T)                        \
	F(T, IP, ip, 0, "PrivateIpAddress") \
	F(T, BOOL, primary, 0, "Primary")
SHAPE_STRUCT(ec2_ip, EC2_IP)
/* Seconds before an idle connection is forgotten; what is not set is EC2's default. */
#define EC2_TRACKING(F, T)                                     \
	F(T, NUM, tcp_established, 0, "TcpEstablishedTimeout") \
	F(T, NUM, udp_stream, 0, "UdpStreamTimeout")           \
	F(T, NUM, udp, 0, "UdpTimeout")
SHAPE_STRUCT(ec2_tracking, EC2_TRACKING)
/* type: interface, trunk, efa, efa-only, branch. attachment is an id, "" when not attached. groups
 * are ids. tracking NULL: nothing is configured. */
#define EC2_ENI(F, T)                                                              \
	F(T, STR, id, 0, "", "networkInterfaceId")                                 \
	F(T, STR, type, 0, "", "interfaceType")                                    \
	F(T, STR, description, 0, "", "description")                               \
	F(T, STR, status, 0, "", "status")                                         \
	F(T, STR, subnet, 0, "", "subnetId")                                       \
	F(T, STR, vpc, 0, "", "vpcId")                                             \
	F(T, STR, mac, 0, "", "macAddress")                                        \
	F(T, STR, attachment, 0, "", "attachment/attachmentId")                    \
	F(T, STR, instance, 0, "", "attachment/instanceId")                        \
	F(T, INT, device, 0, "", "attachment/deviceIndex")                         \
	F(T, INT, card, 0, "", "attachment/networkCardIndex")                      \
	F(T, BOOL, delete_on_termination, 0, "", "attachment/deleteOnTermination") \
	F(T, LIST, ips, ec2_ip, "", "privateIpAddressesSet/item")                  \
	F(T, IPS, ipv6, 0, "", "ipv6AddressesSet/item/ipv6Address")                \
	F(T, CIDRS, prefixes, 0, "", "ipv4PrefixSet/item/ipv4Prefix")              \
	F(T, CIDRS, ipv6_prefixes, 0, "", "ipv6PrefixSet/item/ipv6Prefix")         \
	F(T, STRS, groups, 0, "", "groupSet/item/groupId")                         \
	F(T, ONE, tracking, ec2_tracking, "", "connectionTrackingConfiguration")   \
	F(T, LIST, tags, tag, "", "tagSet/item")
SHAPE_STRUCT(ec2_eni, EC2_ENI)
/* Whether it is one that can be: an id, a device and a card below 100, addresses where EC2 lists
 * some. EBADMSG names what is not so. */
MUST int ec2_eni_check(const struct ec2_eni *n, struct err *e);

/* In EC2's order; none for no ids. One that does not exist fails the whole call (ENOENT, its id in
 * single quotes in e->msg). What cannot be read is EBADMSG, naming field and value, here and below.
 */
MUST int ec2_describe_enis(struct aws *w, const char *const *ids, size_t n, struct ec2_enis *out,
			   struct arena *a, int64_t deadline, struct err *e);
/* All that pass one filter ("tag:KEY", "status", "attachment.instance-id" ...), every page. */
MUST int ec2_find_enis(struct aws *w, const char *filter, const char *value, struct ec2_enis *out,
		       struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_query_enis(struct aws *w, const struct ec2_query *q, struct ec2_enis *out,
			struct arena *a, int64_t deadline, struct err *e);
/* The same one by one, in pages of 1000, with memory for one (aws_each()); item is a struct
 * ec2_eni. */
MUST int ec2_each_eni(struct aws *w, const struct ec2_query *q,
		      int (*fn)(const void *item, void *arg, struct err *e), void *arg,
		      int64_t deadline, struct err *e);

/* Of the three counts one may be set. */
struct ec2_create_eni {
	const char *subnet, *description;
	const char *const *groups;
	size_t ngroups;
	int secondary_ips, prefixes, ipv6_addresses;
	const struct ec2_tracking *tracking; /* NULL: EC2's defaults */
	struct tags tags;
};
/* Carries a ClientToken, so that no attempt makes a second one. */
MUST int ec2_create_eni(struct aws *w, const struct ec2_create_eni *q, struct ec2_eni *out,
			struct arena *a, int64_t deadline, struct err *e);
/* *attachment is the new attachment's id. As with addresses, not tried again when it may be done.
 */
MUST int ec2_attach_eni(struct aws *w, const char *eni, const char *instance, int device, int card,
			const char **attachment, struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_delete_on_termination(struct aws *w, const char *eni, const char *attachment,
				   struct arena *a, int64_t deadline, struct err *e);
/* These groups in the place of those it has; at least one. */
MUST int ec2_set_groups(struct aws *w, const char *eni, struct strs groups, struct arena *a,
			int64_t deadline, struct err *e);
MUST int ec2_detach_eni(struct aws *w, const char *attachment, struct arena *a, int64_t deadline,
			struct err *e);
MUST int ec2_delete_eni(struct aws *w, const char *eni, struct arena *a, int64_t deadline,
			struct err *e);

/* Adds count addresses; *out are the new ones. Not tried again when EC2 may have done it
 * (e->unsure): ask what the ENI has. So it is with prefixes. */
MUST int ec2_assign_ips(struct aws *w, const char *eni, int count, struct ip **out, size_t *n,
			struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_unassign_ips(struct aws *w, const char *eni, const struct ip *ips, size_t n,
			  struct arena *a, int64_t deadline, struct err *e);
/* Prefixes of 16 addresses (/28), or of IPv6 (/80). */
MUST int ec2_assign_prefixes(struct aws *w, const char *eni, int count, struct cidrs *out,
			     struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_unassign_prefixes(struct aws *w, const char *eni, struct cidrs prefixes,
			       struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_assign_ipv6_prefixes(struct aws *w, const char *eni, int count, struct cidrs *out,
				  struct arena *a, int64_t deadline, struct err *e);
MUST int ec2_unassign_ipv6_prefixes(struct aws *w, const char *eni, struct cidrs prefixes,
				    struct arena *a, int64_t deadline, struct err *e);

/* ---- tags */

MUST int ec2_create_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
			 int64_t deadline, struct err *e);
/* A tag whose value is NULL goes whatever its value is. */
MUST int ec2_delete_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
			 int64_t deadline, struct err *e);
#define EC2_TAGGED(F, T)                         \
	F(T, STR, resource, 0, "", "resourceId") \
	F(T, STR, type, 0, "", "resourceType")   \
	F(T, STR, key, 0, "", "key")             \
	F(T, STR, value, 0, "", "value")
SHAPE_STRUCT(ec2_tagged, EC2_TAGGED)
/* By filters ("resource-id", "key"). */
MUST int ec2_describe_tags(struct aws *w, struct ec2_filters filters, struct ec2_taggeds *out,
			   struct arena *a, int64_t deadline, struct err *e);

/* ---- actions by their rows */

enum ec2_action {
	EC2_ASSIGN_IPS,
	EC2_ASSIGN_IPV6,
	EC2_ATTACH_ENI,
	EC2_AUTHORIZE_INGRESS,
	EC2_CREATE_ENI,
	EC2_CREATE_GROUP,
	EC2_CREATE_TAGS,
	EC2_DELETE_ENI,
	EC2_DELETE_GROUP,
	EC2_DELETE_TAGS,
	EC2_DESCRIBE_ENIS,
	EC2_DESCRIBE_GROUPS,
	EC2_DESCRIBE_INSTANCES,
	EC2_DESCRIBE_ROUTE_TABLES,
	EC2_DESCRIBE_SUBNETS,
	EC2_DESCRIBE_TAGS,
	EC2_DESCRIBE_TYPES,
	EC2_DESCRIBE_VPCS,
	EC2_DESCRIBE_ZONES,
	EC2_DETACH_ENI,
	EC2_MODIFY_ENI,
	EC2_REVOKE_INGRESS,
	EC2_UNASSIGN_IPS,
	EC2_UNASSIGN_IPV6,
	EC2_ACTIONS
};
/* What is sent: fields that are not set are not. */
#define EC2_DESCRIBE(F, T)                              \
	F(T, BOOL, dry_run, 0, "DryRun", "")            \
	F(T, STRS, enis, 0, "NetworkInterfaceId", "")   \
	F(T, STRS, groups, 0, "GroupId", "")            \
	F(T, STRS, instances, 0, "InstanceId", "")      \
	F(T, STRS, route_tables, 0, "RouteTableId", "") \
	F(T, STRS, subnets, 0, "SubnetId", "")          \
	F(T, STRS, types, 0, "InstanceType", "")        \
	F(T, STRS, vpcs, 0, "VpcId", "")                \
	F(T, STRS, zones, 0, "ZoneId", "")              \
	F(T, LIST, filters, ec2_filter, "Filter", "")   \
	F(T, INT, page, 0, "MaxResults", "")
SHAPE_STRUCT(ec2_describe, EC2_DESCRIBE)
#define EC2_TAG_SPEC(F, T)                     \
	F(T, STR, type, 0, "ResourceType", "") \
	F(T, LIST, tags, tag, "Tag", "")
SHAPE_STRUCT(ec2_tag_spec, EC2_TAG_SPEC)
#define EC2_CHANGE(F, T)                                                         \
	F(T, BOOL, dry_run, 0, "DryRun", "")                                     \
	F(T, STR, token, 0, "ClientToken", "")                                   \
	F(T, STR, eni, 0, "NetworkInterfaceId", "")                              \
	F(T, STR, subnet, 0, "SubnetId", "")                                     \
	F(T, STR, description, 0, "Description", "")                             \
	F(T, STRS, groups, 0, "SecurityGroupId", "")                             \
	F(T, STR, instance, 0, "InstanceId", "")                                 \
	F(T, NUM, device, 0, "DeviceIndex", "")                                  \
	F(T, NUM, card, 0, "NetworkCardIndex", "")                               \
	F(T, STR, detach, 0, "AttachmentId", "")                                 \
	F(T, STR, attachment, 0, "Attachment.AttachmentId", "")                  \
	F(T, FLAG, on_termination, 0, "Attachment.DeleteOnTermination", "")      \
	F(T, INT, secondary_ips, 0, "SecondaryPrivateIpAddressCount", "")        \
	F(T, INT, new_prefixes, 0, "Ipv4PrefixCount", "")                        \
	F(T, INT, ipv6_addresses, 0, "Ipv6AddressCount", "")                     \
	F(T, INT, new_ipv6_prefixes, 0, "Ipv6PrefixCount", "")                   \
	F(T, IPS, ips, 0, "PrivateIpAddress", "")                                \
	F(T, CIDRS, prefixes, 0, "Ipv4Prefix", "")                               \
	F(T, CIDRS, ipv6_prefixes, 0, "Ipv6Prefix", "")                          \
	F(T, ONE, tracking, ec2_tracking, "ConnectionTrackingSpecification", "") \
	F(T, LIST, specs, ec2_tag_spec, "TagSpecification", "")                  \
	F(T, STRS, resources, 0, "ResourceId", "")                               \
	F(T, LIST, tags, tag, "Tag", "")
SHAPE_STRUCT(ec2_change, EC2_CHANGE)
/* What comes back. */
#define EC2_CREATED(F, T) F(T, ONE, eni, ec2_eni, "", "networkInterface")
SHAPE_STRUCT(ec2_created, EC2_CREATED)
#define EC2_ATTACHED(F, T) F(T, STR, attachment, 0, "", "attachmentId")
SHAPE_STRUCT(ec2_attached, EC2_ATTACHED)
#define EC2_ASSIGNED(F, T)                                                           \
	F(T, IPS, ips, 0, "", "assignedPrivateIpAddressesSet/item/privateIpAddress") \
	F(T, CIDRS, prefixes, 0, "", "assignedIpv4PrefixSet/item/ipv4Prefix")        \
	F(T, CIDRS, ipv6_prefixes, 0, "", "assignedIpv6PrefixSet/item")
SHAPE_STRUCT(ec2_assigned, EC2_ASSIGNED)
extern const struct aws_action ec2_actions[EC2_ACTIONS];
/* Would it be done? Nothing is, whatever the answer: 0, or why not (EACCES: not allowed). in is a
 * struct ec2_describe for describes, ec2_group_change (ec2sg.h) for security groups, else
 * ec2_change. */
MUST int ec2_dry_run(struct aws *w, enum ec2_action action, const void *in, int64_t deadline,
		     struct err *e);
