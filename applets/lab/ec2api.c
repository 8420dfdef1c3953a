/* SPDX-License-Identifier: Apache-2.0 */
/* ec2api.c - EC2 in the lab: its actions, one row each, and its envelopes. */
#include "ec2api.h"
#include "ec2act.h"

#define FILTERS "Filter.Name Filter.Value MaxResults NextToken "

static const struct api_action actions[] = {
	{ "AssignPrivateIpAddresses",
	  "NetworkInterfaceId! SecondaryPrivateIpAddressCount PrivateIpAddress AllowReassignment "
	  "Ipv4PrefixCount Ipv4Prefix",
	  eni_assign, 2 },
	{ "AttachNetworkInterface", "NetworkInterfaceId! InstanceId! DeviceIndex! NetworkCardIndex",
	  eni_attach, 3 },
	{ "CreateNetworkInterface",
	  "SubnetId! Description SecurityGroupId ClientToken SecondaryPrivateIpAddressCount "
	  "TagSpecification.ResourceType TagSpecification.Tag.Key TagSpecification.Tag.Value "
	  "Ipv4PrefixCount Ipv4Prefix.Ipv4Prefix Ipv6AddressCount InterfaceType PrivateIpAddress",
	  eni_create, 3 },
	{ "CreateTags", "ResourceId! Tag.Key! Tag.Value", tags_create, 1 },
	{ "DeleteNetworkInterface", "NetworkInterfaceId!", eni_delete, 2 },
	{ "DescribeAvailabilityZones", FILTERS "ZoneName ZoneId AllAvailabilityZones", show_zones,
	  1 },
	{ "DescribeInstanceTypes", FILTERS "InstanceType", show_types, 1 },
	{ "DescribeInstances", FILTERS "InstanceId", show_instances, 1 },
	{ "DescribeNetworkInterfaces", FILTERS "NetworkInterfaceId", show_enis, 1 },
	{ "DescribeSubnets", FILTERS "SubnetId", show_subnets, 1 },
	{ "DescribeTags", FILTERS, show_tags, 1 },
	{ "DescribeVpcs", FILTERS "VpcId", show_vpcs, 1 },
	{ "DetachNetworkInterface", "AttachmentId! Force", eni_detach, 2 },
	{ "ModifyNetworkInterfaceAttribute",
	  "NetworkInterfaceId! Attachment.AttachmentId Attachment.DeleteOnTermination "
	  "SecurityGroupId Description.Value SourceDestCheck.Value",
	  eni_modify, 1 },
	{ "UnassignPrivateIpAddresses", "NetworkInterfaceId! PrivateIpAddress Ipv4Prefix",
	  eni_unassign, 2 },
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

static const struct api_service ec2 = { "ec2",          "2016-11-15", actions,
					COUNT(actions), wrap_answer,  refusal };

void ec2_answer(struct httpd_call *c, struct api_answer *out)
{
	api_answer(&ec2, c, out);
}

void ec2_serve(struct httpd_call *c)
{
	api_serve(&ec2, c);
}
