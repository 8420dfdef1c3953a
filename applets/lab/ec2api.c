/* SPDX-License-Identifier: Apache-2.0 */
/* ec2api.c - EC2 in the lab: its actions, one row each, and its envelopes. */
#include "ec2api.h"
#include "ec2act.h"

#define FILTERS "Filter.Name Filter.Value MaxResults NextToken "
#define PERMISSIONS                                                                            \
	"IpPermissions.IpProtocol IpPermissions.FromPort IpPermissions.ToPort "                \
	"IpPermissions.IpRanges.CidrIp IpPermissions.IpRanges.Description "                    \
	"IpPermissions.Ipv6Ranges.CidrIpv6 IpPermissions.Ipv6Ranges.Description "              \
	"IpPermissions.PrefixListIds.PrefixListId IpPermissions.PrefixListIds.Description "    \
	"IpPermissions.Groups.GroupId IpPermissions.Groups.UserId IpPermissions.Groups.VpcId " \
	"IpPermissions.Groups.Description"

static const struct api_action actions[] = {
	{ "AssignPrivateIpAddresses",
	  "NetworkInterfaceId! SecondaryPrivateIpAddressCount PrivateIpAddress AllowReassignment "
	  "Ipv4PrefixCount Ipv4Prefix",
	  eni_assign, 2, NULL },
	{ "AttachNetworkInterface", "NetworkInterfaceId! InstanceId! DeviceIndex! NetworkCardIndex",
	  eni_attach, 3, NULL },
	{ "AuthorizeSecurityGroupIngress", "GroupId! " PERMISSIONS, group_authorize, 1, NULL },
	{ "CreateNetworkInterface",
	  "SubnetId! Description SecurityGroupId ClientToken SecondaryPrivateIpAddressCount "
	  "TagSpecification.ResourceType TagSpecification.Tag.Key TagSpecification.Tag.Value "
	  "Ipv4PrefixCount Ipv4Prefix.Ipv4Prefix Ipv6AddressCount InterfaceType PrivateIpAddress",
	  eni_create, 3, NULL },
	{ "CreateSecurityGroup",
	  "GroupName! GroupDescription! VpcId TagSpecification.ResourceType "
	  "TagSpecification.Tag.Key TagSpecification.Tag.Value",
	  group_create, 1, NULL },
	{ "CreateTags", "ResourceId! Tag.Key! Tag.Value", tags_create, 1, NULL },
	{ "DeleteNetworkInterface", "NetworkInterfaceId!", eni_delete, 2, NULL },
	{ "DeleteSecurityGroup", "GroupId!", group_remove, 1, NULL },
	{ "DeleteTags", "ResourceId! Tag.Key Tag.Value", tags_delete, 1, NULL },
	{ "DescribeAvailabilityZones", FILTERS "ZoneName ZoneId AllAvailabilityZones", show_zones,
	  1, NULL },
	{ "DescribeInstanceTypes", FILTERS "InstanceType", show_types, 1, NULL },
	{ "DescribeInstances", FILTERS "InstanceId", show_instances, 1, NULL },
	{ "DescribeNetworkInterfaces", FILTERS "NetworkInterfaceId", show_enis, 1, NULL },
	{ "DescribeRouteTables", FILTERS "RouteTableId", show_route_tables, 1, NULL },
	{ "DescribeSecurityGroups", FILTERS "GroupId GroupName", show_groups, 1, NULL },
	{ "DescribeSubnets", FILTERS "SubnetId", show_subnets, 1, NULL },
	{ "DescribeTags", FILTERS, show_tags, 1, NULL },
	{ "DescribeVpcs", FILTERS "VpcId", show_vpcs, 1, NULL },
	{ "DetachNetworkInterface", "AttachmentId! Force", eni_detach, 2, NULL },
	{ "ModifyNetworkInterfaceAttribute",
	  "NetworkInterfaceId! Attachment.AttachmentId Attachment.DeleteOnTermination "
	  "SecurityGroupId Description.Value SourceDestCheck.Value",
	  eni_modify, 1, NULL },
	{ "RevokeSecurityGroupIngress", "GroupId! " PERMISSIONS, group_revoke, 1, NULL },
	{ "UnassignPrivateIpAddresses", "NetworkInterfaceId! PrivateIpAddress Ipv4Prefix",
	  eni_unassign, 2, NULL },
};

static void wrap_answer(const struct api_call *c, struct buf *out)
{
	buf_fmt(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<%sResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
		"<requestId>%s</requestId>",
		c->action, c->request_id);
	buf_add(out, c->out->p ? c->out->p : "", c->out->len);
	buf_fmt(out, "</%sResponse>", c->action);
}

static void refusal(const struct api_call *c, const struct err *e, struct buf *out)
{
	buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
	xml_el(out, "Code", *e->code ? e->code : "InternalError");
	xml_el(out, "Message", e->msg);
	buf_str(out, "</Error></Errors>");
	xml_el(out, "RequestID", c->request_id);
	buf_str(out, "</Response>");
}

const struct api_service ec2_service = { "ec2",          "2016-11-15", actions,
					 COUNT(actions), wrap_answer,  refusal };
