/* SPDX-License-Identifier: Apache-2.0 */
/* lab_eni.c - EC2's actions in the lab that change ENIs, addresses and tags. */
#include <string.h>

#include "labask.h"

static const char *create(struct fix *f, const char *more)
{
	const struct xml *x = ask(
		f, "CreateNetworkInterface",
		arena_fmt(&f->a, "SubnetId=%s%s%s", f->w.subnets[0].id, *more ? "&" : "", more));

	return x ? xml_text(x, "networkInterface/networkInterfaceId") : "";
}

TEST(ec2_creates_an_eni_with_addresses_tags_and_groups)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *id = create(f, arena_fmt(&f->a,
					     "Description=aws-K8S-i-1&SecurityGroupId.1=%s&"
					     "SecondaryPrivateIpAddressCount=5&ClientToken=abc&"
					     "TagSpecification.1.ResourceType=network-interface&"
					     "TagSpecification.1.Tag.1.Key=k%%201&"
					     "TagSpecification.1.Tag.1.Value=v%%2B1&"
					     "TagSpecification.1.Tag.2.Key=empty&"
					     "TagSpecification.1.Tag.2.Value=",
					     f->w.group));
	struct eni *n = world_eni(&f->w, id);

	CHECK(n && n->nips == 6);
	if (!n)
		return;
	CHECK_STR(n->description, "aws-K8S-i-1");
	CHECK_STR(world_tag_get(n->tags, "k 1"), "v+1");
	CHECK_STR(world_tag_get(n->tags, "empty"), "");
	CHECK_STR(xml_text(f->x, "networkInterface/status"), "available");
	CHECK_STR(xml_text(f->x, "networkInterface/tagSet/item/value"), "v+1");
	CHECK(xml_count(f->x, "networkInterface/privateIpAddressesSet/item") == 6);
	CHECK(!xml_get(f->x, "networkInterface/attachment"));
	CHECK_STR(xml_text(f->x, "clientToken"), "abc");
}

TEST(ec2_a_client_token_makes_one_eni)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *first = create(f, "Description=a&ClientToken=t1");

	CHECK_STR(create(f, "Description=a&ClientToken=t1"), first);
	CHECK(strcmp(create(f, "Description=a&ClientToken=t2"), first) != 0);
	create(f, "Description=b&ClientToken=t1");
	CHECK(ask_refused(f, 400, "IdempotentParameterMismatch", "t1"));
	CHECK(enis_with(f, "status", "available") == 2);
}

TEST(ec2_refuses_to_create_what_it_cannot)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	static const struct {
		const char *more, *code, *words;
	} cases[] = {
		{ "SecurityGroupId.1=sg-0", "InvalidGroup.NotFound",
		  "The security group 'sg-0' does not exist" },
		{ "SecondaryPrivateIpAddressCount=50", "PrivateIpAddressLimitExceeded", "limit" },
		{ "SecondaryPrivateIpAddressCount=-1", "InvalidParameterValue",
		  "SecondaryPrivateIpAddressCount" },
		{ "SecondaryPrivateIpAddressCount=99999999999999999999", "InvalidParameterValue",
		  "SecondaryPrivateIpAddressCount" },
		{ "Ipv4PrefixCount=1", "UnsupportedOperation", "Ipv4PrefixCount" },
		{ "TagSpecification.1.ResourceType=vpc", "InvalidParameterValue", "'vpc'" },
		{ "TagSpecification.1.ResourceType=network-interface&"
		  "TagSpecification.1.Tag.1.Key=aws:x&TagSpecification.1.Tag.1.Value=y",
		  "InvalidParameterValue", "reserved" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK_STR(create(f, cases[i].more), "");
		CHECK(ask_refused(f, 400, cases[i].code, cases[i].words));
	}
	CHECK(enis_with(f, "status", "available") == 0);
	ask(f, "CreateNetworkInterface", "SubnetId=subnet-0");
	CHECK(ask_refused(f, 400, "InvalidSubnetID.NotFound", "'subnet-0'"));
}

TEST(ec2_attaches_modifies_detaches_deletes)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	const char *id = create(f, ""), *attachment;
	const struct xml *x;

	x = ask(f, "AttachNetworkInterface",
		arena_fmt(&f->a, "NetworkInterfaceId=%s&InstanceId=%s&DeviceIndex=1", id, i->id));
	attachment = xml_text(x, "attachmentId");
	CHECK(strncmp(attachment, "eni-attach-0", 12) == 0);
	CHECK(f->r.takes_ms == 30);
	CHECK(world_eni(&f->w, id)->attached); /* without a loop the link is up at once */
	x = ask(f, "ModifyNetworkInterfaceAttribute",
		arena_fmt(&f->a,
			  "NetworkInterfaceId=%s&Attachment.AttachmentId=%s&"
			  "Attachment.DeleteOnTermination=true",
			  id, attachment));
	CHECK_STR(xml_text(x, "return"), "true");
	CHECK(world_eni(&f->w, id)->delete_on_termination);
	ask(f, "DeleteNetworkInterface", form_id(f, "NetworkInterfaceId", id));
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "is currently in use."));
	x = ask(f, "DetachNetworkInterface", form_id(f, "AttachmentId", attachment));
	CHECK_STR(xml_text(x, "return"), "true");
	ask(f, "DetachNetworkInterface", form_id(f, "AttachmentId", attachment));
	CHECK(ask_refused(
		f, 400, "InvalidAttachmentID.NotFound",
		arena_fmt(&f->a, "The interface attachment '%s' does not exist.", attachment)));
	ask(f, "DetachNetworkInterface", form_id(f, "AttachmentId", i->primary->attachment));
	CHECK(ask_refused(f, 400, "OperationNotPermitted", "cannot be detached"));
	CHECK(ask(f, "DeleteNetworkInterface", form_id(f, "NetworkInterfaceId", id)));
	ask(f, "DeleteNetworkInterface", form_id(f, "NetworkInterfaceId", id));
	CHECK(ask_refused(f, 400, "InvalidNetworkInterfaceID.NotFound", id));
}

TEST(ec2_refuses_to_attach_or_modify_what_is_not_there)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *id = create(f, "");

	ask(f, "AttachNetworkInterface",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&InstanceId=i-0&DeviceIndex=1", id));
	CHECK(ask_refused(f, 400, "InvalidInstanceID.NotFound",
			  "The instance ID 'i-0' does not exist"));
	ask(f, "AttachNetworkInterface",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&InstanceId=%s&DeviceIndex=one", id,
		      f->w.instances[0].id));
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "DeviceIndex"));
	ask(f, "ModifyNetworkInterfaceAttribute",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&SecurityGroupId.1=sg-0", id));
	CHECK(ask_refused(f, 400, "InvalidGroup.NotFound", "'sg-0'"));
	ask(f, "ModifyNetworkInterfaceAttribute",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&Attachment.DeleteOnTermination=true", id));
	CHECK(ask_refused(f, 400, "MissingParameter", "attachmentId"));
	ask(f, "ModifyNetworkInterfaceAttribute",
	    arena_fmt(&f->a,
		      "NetworkInterfaceId=%s&Attachment.AttachmentId=eni-attach-0&"
		      "Attachment.DeleteOnTermination=true",
		      id));
	CHECK(ask_refused(f, 400, "InvalidAttachmentID.NotFound", "'eni-attach-0'"));
	ask(f, "ModifyNetworkInterfaceAttribute",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&SourceDestCheck.Value=false", id));
	CHECK(ask_refused(f, 400, "UnsupportedOperation", "always"));
}

TEST(ec2_assigns_and_unassigns_addresses)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct eni *n = f->w.instances[0].primary;
	const struct xml *x;
	const char *one;

	x = ask(f, "AssignPrivateIpAddresses",
		arena_fmt(&f->a, "NetworkInterfaceId=%s&SecondaryPrivateIpAddressCount=5", n->id));
	CHECK(xml_count(x, "assignedPrivateIpAddressesSet/item") == 5 && n->nips == 6);
	one = xml_text(x, "assignedPrivateIpAddressesSet/item/privateIpAddress");
	CHECK_STR(one, ip_text(n->ips[1].ip).s);
	ask(f, "AssignPrivateIpAddresses",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&SecondaryPrivateIpAddressCount=1", n->id));
	CHECK(ask_refused(f, 400, "PrivateIpAddressLimitExceeded", "exceed limit"));
	ask(f, "UnassignPrivateIpAddresses",
	    arena_fmt(&f->a,
		      "NetworkInterfaceId=%s&PrivateIpAddress.1=%s&PrivateIpAddress.2=192.168.1.3",
		      n->id, one));
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "not assigned to interface"));
	CHECK(n->nips == 6);
	ask(f, "UnassignPrivateIpAddresses", form_id(f, "NetworkInterfaceId", n->id));
	CHECK(ask_refused(f, 400, "MissingParameter", "privateIpAddress"));
	x = ask(f, "UnassignPrivateIpAddresses",
		arena_fmt(&f->a, "NetworkInterfaceId=%s&PrivateIpAddress.1=%s", n->id, one));
	CHECK_STR(xml_text(x, "return"), "true");
	CHECK(n->nips == 5);
	x = ask(f, "AssignPrivateIpAddresses",
		arena_fmt(&f->a, "NetworkInterfaceId=%s&PrivateIpAddress.1=%s", n->id, one));
	CHECK(x && n->nips == 6);
}

TEST(ec2_named_addresses_are_assigned_all_or_none)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct eni *n = f->w.instances[0].primary;

	ask(f, "AssignPrivateIpAddresses",
	    arena_fmt(&f->a,
		      "NetworkInterfaceId=%s&PrivateIpAddress.1=192.168.1.%d&PrivateIpAddress.2=%s",
		      n->id, n->ips[0].ip.b[3] == 99 ? 98 : 99, ip_text(n->ips[0].ip).s));
	CHECK(ask_refused(f, 400, "InvalidIPAddress.InUse", "already in use"));
	CHECK(n->nips == 1);
	ask(f, "AssignPrivateIpAddresses",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&PrivateIpAddress.1=192.168.1.300", n->id));
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "192.168.1.300"));
	ask(f, "AssignPrivateIpAddresses", form_id(f, "NetworkInterfaceId", n->id));
	CHECK(ask_refused(f, 400, "MissingParameter", "secondaryPrivateIpAddressCount"));
}

TEST(ec2_tags_are_put_on_anything_and_described)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	const struct xml *x;

	x = ask(f, "CreateTags",
		arena_fmt(&f->a,
			  "ResourceId.1=%s&ResourceId.2=%s&ResourceId.3=%s&ResourceId.4=%s&"
			  "Tag.1.Key=team&Tag.1.Value=a%%26b",
			  i->primary->id, i->id, f->w.subnets[0].id, f->w.vpc_id));
	CHECK_STR(xml_text(x, "return"), "true");
	CHECK_STR(world_tag_get(i->tags, "team"), "a&b");
	CHECK_STR(world_tag_get(f->w.vpc_tags, "team"), "a&b");
	x = ask(f, "DescribeTags", "Filter.1.Name=key&Filter.1.Value.1=team");
	CHECK(xml_count(x, "tagSet/item") == 4);
	x = ask(f, "DescribeTags",
		arena_fmt(&f->a,
			  "Filter.1.Name=resource-id&Filter.1.Value.1=%s&Filter.2.Name=key&"
			  "Filter.2.Value.1=team",
			  i->primary->id));
	CHECK(xml_count(x, "tagSet/item") == 1);
	CHECK_STR(xml_text(x, "tagSet/item/resourceType"), "network-interface");
	CHECK_STR(xml_text(x, "tagSet/item/value"), "a&b");
	ask(f, "CreateTags",
	    arena_fmt(&f->a, "ResourceId.1=%s&ResourceId.2=eni-0&Tag.1.Key=half&Tag.1.Value=x",
		      i->id));
	CHECK(ask_refused(f, 400, "InvalidNetworkInterfaceID.NotFound", "'eni-0'"));
	CHECK(!world_tag_get(i->tags, "half"));
	ask(f, "CreateTags", "ResourceId.1=volume&Tag.1.Key=a&Tag.1.Value=b");
	CHECK(ask_refused(f, 400, "InvalidID", "'volume'"));
}

TEST(ec2_a_resource_has_at_most_fifty_tags)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf form = { 0 };
	struct eni *n = f->w.instances[0].primary;

	buf_fmt(&form, "ResourceId.1=%s", n->id);
	for (int i = 1; i <= 51; i++)
		buf_fmt(&form, "&Tag.%d.Key=k%d&Tag.%d.Value=v", i, i, i);
	ask(f, "CreateTags", form.p);
	CHECK(ask_refused(f, 400, "TagLimitExceeded", "maximum number of Tags"));
	CHECK(!n->tags);
}
