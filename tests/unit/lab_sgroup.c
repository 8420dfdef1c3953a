/* SPDX-License-Identifier: Apache-2.0 */
/* lab_sgroup.c - EC2's security groups in the lab, and what else the load-balancer controller asks
 * EC2 for. */
#include "labask.h"
#include "sgroup.h"

static const char *group_new(struct fix *f, const char *name)
{
	const struct xml *x = ask(f, "CreateSecurityGroup",
				  arena_fmt(&f->a,
					    "GroupName=%s&GroupDescription=d&VpcId=%s"
					    "&TagSpecification.1.ResourceType=security-group"
					    "&TagSpecification.1.Tag.1.Key=owner"
					    "&TagSpecification.1.Tag.1.Value=%s",
					    name, f->w.vpc_id, name));

	CHECK(x);
	return xml_text(x, "groupId");
}

/* Did EC2 refuse the action with GroupId=id and the rest of a form? */
static bool refused(struct fix *f, const char *action, const char *id, const char *rest,
		    const char *code, const char *words)
{
	return !ask(f, action, arena_fmt(&f->a, "GroupId=%s&%s", id, rest)) &&
	       ask_refused(f, 400, code, words);
}

static const struct xml *authorize(struct fix *f, const char *id, const char *rest)
{
	return ask(f, "AuthorizeSecurityGroupIngress", arena_fmt(&f->a, "GroupId=%s&%s", id, rest));
}

#define TCP80 "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=80&IpPermissions.1.ToPort=80"

TEST(ec2_groups_are_found_by_id_name_vpc_and_tag)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a");
	static const char *const filters[][2] = {
		{ "group-id", "%s" },   { "group-name", "a" },  { "tag:owner", "a" },
		{ "tag-key", "owner" }, { "description", "d" },
	};
	const struct xml *x = ask(f, "DescribeSecurityGroups", "");

	CHECK(xml_count(x, "securityGroupInfo/item") == 2);
	CHECK_STR(xml_text(x, "securityGroupInfo/item/groupName"), "default");
	for (size_t i = 0; i < COUNT(filters); i++) {
		const char *value = strcmp(filters[i][1], "%s") == 0 ? a : filters[i][1];

		x = ask(f, "DescribeSecurityGroups",
			arena_fmt(&f->a, "Filter.1.Name=%s&Filter.1.Value.1=%s", filters[i][0],
				  value));
		CHECK(xml_count(x, "securityGroupInfo/item") == 1);
		CHECK_STR(xml_text(x, "securityGroupInfo/item/groupId"), a);
	}
	x = ask(f, "DescribeSecurityGroups",
		arena_fmt(&f->a, "Filter.1.Name=vpc-id&Filter.1.Value.1=%s", f->w.vpc_id));
	CHECK(xml_count(x, "securityGroupInfo/item") == 2);
	x = ask(f, "DescribeSecurityGroups", "GroupName.1=a");
	CHECK_STR(xml_text(x, "securityGroupInfo/item/groupId"), a);
	ask(f, "DescribeSecurityGroups", "GroupId.1=sg-0");
	CHECK(ask_refused(f, 400, "InvalidGroup.NotFound", "'sg-0'"));
	ask(f, "DescribeSecurityGroups", "GroupName.1=none");
	CHECK(ask_refused(f, 400, "InvalidGroup.NotFound", "'none'"));
}

TEST(ec2_refuses_groups_that_cannot_be)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	char name[300] = { 0 };
	static const struct {
		const char *form, *code, *words;
	} cases[] = {
		{ "GroupName=a&GroupDescription=d", "VPCIdNotSpecified", "default VPC" },
		{ "GroupName=a&GroupDescription=d&VpcId=vpc-0", "InvalidVpcID.NotFound", "vpc-0" },
		{ "GroupName=a", "MissingParameter", "groupDescription" },
	};
	static const struct {
		const char *form, *code, *words;
	} more[] = {
		{ "GroupName=sg-a&GroupDescription=d", "InvalidParameterValue", "sg-a" },
		{ "GroupName=default&GroupDescription=d", "InvalidGroup.Duplicate", "'default'" },
		{ "GroupName=a&GroupDescription=d%C3%A9", "InvalidParameterValue", "ASCII" },
		{ "GroupName=a&GroupDescription=d&TagSpecification.1.ResourceType=vpc",
		  "InvalidParameterValue", "'vpc' is not a valid taggable" },
		{ "GroupName=a&GroupDescription=d&TagSpecification.1.ResourceType=security-group"
		  "&TagSpecification.1.Tag.1.Key=aws:x",
		  "InvalidParameterValue", "reserved" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(!ask(f, "CreateSecurityGroup", cases[i].form));
		CHECK(ask_refused(f, 400, cases[i].code, cases[i].words));
	}
	for (size_t i = 0; i < COUNT(more); i++) {
		CHECK(!ask(f, "CreateSecurityGroup",
			   arena_fmt(&f->a, "%s&VpcId=%s", more[i].form, f->w.vpc_id)));
		CHECK(ask_refused(f, 400, more[i].code, more[i].words));
	}
	memset(name, 'n', 256);
	CHECK(!ask(
		f, "CreateSecurityGroup",
		arena_fmt(&f->a, "GroupName=%s&GroupDescription=d&VpcId=%s", name, f->w.vpc_id)));
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "longer than 255"));
	CHECK(!f->w.groups->next);
}

TEST(ec2_shows_rules_of_the_same_ports_together)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a"), *b = group_new(f, "b");
	const struct xml *x;

	CHECK(authorize(f, a,
			arena_fmt(&f->a,
				  TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.1.2.3/8"
					"&IpPermissions.1.IpRanges.1.Description=here"
					"&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=2001:DB8::1/32"
					"&IpPermissions.1.PrefixListIds.1.PrefixListId=pl-1"
					"&IpPermissions.1.Groups.1.GroupId=%s"
					"&IpPermissions.2.IpProtocol=6&IpPermissions.2.FromPort=80"
					"&IpPermissions.2.ToPort=80"
					"&IpPermissions.2.IpRanges.1.CidrIp=11.0.0.0/8"
					"&IpPermissions.3.IpProtocol=-1"
					"&IpPermissions.3.IpRanges.1.CidrIp=12.0.0.0/8",
				  b)));
	CHECK(xml_count(f->x, "securityGroupRuleSet/item") == 6);
	CHECK_STR(xml_text(f->x, "securityGroupRuleSet/item/cidrIpv4"), "10.0.0.0/8");
	CHECK_STR(xml_text(f->x, "securityGroupRuleSet/item/fromPort"), "80");
	x = ask(f, "DescribeSecurityGroups", form_id(f, "GroupId.1", a));
	x = xml_get(x, "securityGroupInfo/item");
	CHECK(xml_count(x, "ipPermissions/item") == 2);
	CHECK_STR(xml_text(x, "ipPermissionsEgress/item/ipRanges/item/cidrIp"), "0.0.0.0/0");
	x = xml_get(x, "ipPermissions/item");
	CHECK_STR(xml_text(x, "ipProtocol"), "tcp");
	CHECK(xml_count(x, "ipRanges/item") == 2);
	CHECK_STR(xml_text(x, "ipRanges/item/cidrIp"), "10.0.0.0/8");
	CHECK_STR(xml_text(x, "ipRanges/item/description"), "here");
	CHECK_STR(xml_text(x, "ipv6Ranges/item/cidrIpv6"), "2001:db8::/32");
	CHECK_STR(xml_text(x, "prefixListIds/item/prefixListId"), "pl-1");
	CHECK_STR(xml_text(x, "groups/item/groupId"), b);
	CHECK_STR(xml_text(x, "groups/item/userId"), f->w.account);
	x = xml_next(x);
	CHECK_STR(xml_text(x, "ipProtocol"), "-1");
	CHECK(!xml_get(x, "fromPort"));
}

TEST(ec2_authorizes_and_revokes_all_or_nothing)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a");
	auto_buf struct buf many = { 0 };
	struct sgroup *g = sgroup_find(&f->w, a);

#define RANGES \
	TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8&IpPermissions.1.IpRanges.2.CidrIp="
#define AUTH "AuthorizeSecurityGroupIngress"
#define REVOKE "RevokeSecurityGroupIngress"
	CHECK(authorize(f, a, TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"));
	CHECK(refused(f, AUTH, a, RANGES "11.0.0.0/8", "InvalidPermission.Duplicate",
		      "already exists"));
	CHECK(refused(f, AUTH, a,
		      TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=9.0.0.1/8"
			    "&IpPermissions.1.IpRanges.2.CidrIp=9.0.0.0/8",
		      "InvalidPermission.Duplicate", "9.0.0.0/8"));
	CHECK(refused(f, REVOKE, a, RANGES "11.0.0.0/8", "InvalidPermission.NotFound",
		      "does not exist"));
	CHECK(g->ingress && !g->ingress->next);
	buf_str(&many, TCP80);
	for (int i = 1; i <= 60; i++)
		buf_fmt(&many, "&IpPermissions.1.IpRanges.%d.CidrIp=20.%d.0.0/16", i, i);
	CHECK(refused(f, AUTH, a, many.p, "RulesPerSecurityGroupLimitExceeded", "maximum"));
	CHECK(ask(f, REVOKE,
		  arena_fmt(&f->a,
			    "GroupId=%s&" TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
			    "&IpPermissions.1.IpRanges.1.Description=other",
			    a)));
	CHECK(!g->ingress);
	CHECK(authorize(f, a, many.p));
}

TEST(ec2_refuses_permissions_that_cannot_be)
{
	static const struct {
		const char *form, *code, *words;
	} cases[] = {
		{ "", "MissingParameter", "ipPermissions" },
		{ TCP80, "MissingParameter", "ipRanges" },
		{ "IpPermissions.1.IpProtocol=sctp", "InvalidParameterValue", "IP protocol" },
		{ "IpPermissions.1.IpProtocol=256", "InvalidParameterValue", "'256'" },
		{ "IpPermissions.1.IpProtocol=averylongprotocol", "InvalidParameterValue",
		  "IP protocol" },
		{ "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1", "MissingParameter",
		  "toPort" },
		{ "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.ToPort=1", "MissingParameter",
		  "fromPort" },
		{ "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=-1"
		  "&IpPermissions.1.ToPort=1",
		  "InvalidParameterValue", "from port" },
		{ "IpPermissions.1.IpProtocol=icmp&IpPermissions.1.FromPort=3"
		  "&IpPermissions.1.ToPort=256",
		  "InvalidParameterValue", "to port" },
		{ "IpPermissions.1.IpProtocol=udp&IpPermissions.1.FromPort=2"
		  "&IpPermissions.1.ToPort=1",
		  "InvalidParameterValue", "range (2:1)" },
		{ TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0", "InvalidParameterValue",
		  "malformed" },
		{ TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=::/0", "InvalidParameterValue",
		  "malformed" },
		{ TCP80 "&IpPermissions.1.Groups.1.GroupId=sg-0", "InvalidGroup.NotFound", "sg-0" },
		{ TCP80 "&IpPermissions.1.PrefixListIds.1.PrefixListId=x",
		  "InvalidPrefixListID.NotFound", "'x'" },
	};
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a");
	char text[260] = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(refused(f, AUTH, a, cases[i].form, cases[i].code, cases[i].words));
	memset(text, 'd', 256);
	CHECK(refused(f, AUTH, a,
		      arena_fmt(&f->a,
				TCP80 "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
				      "&IpPermissions.1.IpRanges.1.Description=%s",
				text),
		      "InvalidParameterValue", "rule description"));
	CHECK(refused(f, AUTH, "sg-0", TCP80, "InvalidGroup.NotFound", "sg-0"));
	CHECK(refused(f, REVOKE, "a", TCP80, "InvalidGroupId.Malformed", "\"a\""));
	CHECK(refused(f, REVOKE, a, "", "MissingParameter", "ipPermissions"));
	CHECK(authorize(f, a,
			"IpPermissions.1.IpProtocol=icmp&IpPermissions.1.FromPort=-1"
			"&IpPermissions.1.ToPort=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"
			"&IpPermissions.1.IpRanges.1.Description="));
	CHECK(!sgroup_find(&f->w, a)->ingress->description);
}

TEST(ec2_groups_stay_while_something_refers_to_them)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a"), *b = group_new(f, "b");
	const char *lb =
		elb_new_lb(f, "n", "network", arena_fmt(&f->a, "SecurityGroups.member.1=%s", a));
	const char *from_b = arena_fmt(&f->a, TCP80 "&IpPermissions.1.Groups.1.GroupId=%s", b);

#define DELETE "DeleteSecurityGroup"
	CHECK(refused(f, DELETE, a, "", "DependencyViolation", a));
	CHECK(elb_ask(f, "DeleteLoadBalancer", "LoadBalancerArn=%s", lb));
	f->elb.now += f->elb.c.release_ms - 1; /* its interfaces are still there */
	CHECK(refused(f, DELETE, a, "", "DependencyViolation", a));
	f->elb.now += 1;
	CHECK(authorize(f, a, from_b));
	CHECK(refused(f, DELETE, b, "", "DependencyViolation", b));
	CHECK(ask(f, DELETE, form_id(f, "GroupId", a)));
	CHECK(authorize(f, b, from_b)); /* its own rules do not count */
	CHECK(ask(f, DELETE, form_id(f, "GroupId", b)));
	CHECK(refused(f, DELETE, b, "", "InvalidGroup.NotFound", b));
	CHECK(refused(f, DELETE, f->w.group, "", "CannotDelete", "default"));
}

TEST(ec2_an_eni_has_the_group_that_it_is_given)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a"), *eni = f->w.instances[0].primary->id;
	const struct xml *x;

	CHECK(ask(f, "ModifyNetworkInterfaceAttribute",
		  arena_fmt(&f->a, "NetworkInterfaceId=%s&SecurityGroupId.1=%s", eni, a)));
	x = ask(f, "DescribeNetworkInterfaces", form_id(f, "NetworkInterfaceId.1", eni));
	CHECK_STR(xml_text(x, "networkInterfaceSet/item/groupSet/item/groupId"), a);
	CHECK_STR(xml_text(x, "networkInterfaceSet/item/groupSet/item/groupName"), "a");
	CHECK(enis_with(f, "group-id", a) == 1);
	CHECK(refused(f, DELETE, a, "", "DependencyViolation", a));
	CHECK(!ask(f, "ModifyNetworkInterfaceAttribute",
		   arena_fmt(&f->a,
			     "NetworkInterfaceId=%s&SecurityGroupId.1=%s&SecurityGroupId.2=%s", eni,
			     a, f->w.group)));
	CHECK(ask_refused(f, 400, "UnsupportedOperation", "several"));
}

TEST(ec2_takes_tags_off_again)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = group_new(f, "a");
	const struct sgroup *g = sgroup_find(&f->w, a);

#define TAGS "DeleteTags"
	CHECK(ask(f, "CreateTags",
		  arena_fmt(&f->a,
			    "ResourceId.1=%s&Tag.1.Key=k&Tag.1.Value=v&Tag.2.Key=l&Tag.2.Value=w",
			    a)));
	CHECK(ask(f, TAGS, arena_fmt(&f->a, "ResourceId.1=%s&Tag.1.Key=k&Tag.1.Value=other", a)));
	CHECK_STR(world_tag_get(g->tags, "k"), "v");
	CHECK(ask(f, TAGS, arena_fmt(&f->a, "ResourceId.1=%s&Tag.1.Key=k", a)));
	CHECK(!world_tag_get(g->tags, "k"));
	CHECK(ask(f, TAGS, form_id(f, "ResourceId.1", a)));
	CHECK(!g->tags);
	CHECK(!ask(f, TAGS, "ResourceId.1=sg-0&Tag.1.Key=k"));
	CHECK(ask_refused(f, 400, "InvalidGroup.NotFound", "sg-0"));
}

TEST(ec2_shows_the_main_route_table)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x =
		ask(f, "DescribeRouteTables",
		    arena_fmt(&f->a, "Filter.1.Name=vpc-id&Filter.1.Value.1=%s", f->w.vpc_id));

	CHECK(xml_count(x, "routeTableSet/item") == 1);
	x = xml_get(x, "routeTableSet/item");
	CHECK_STR(xml_text(x, "associationSet/item/main"), "true");
	CHECK(xml_count(x, "routeSet/item") == 2);
	CHECK_STR(xml_text(xml_next(xml_get(x, "routeSet/item")), "gatewayId"), f->w.igw);
	CHECK(!ask(f, "DescribeRouteTables", "RouteTableId.1=rtb-0"));
	CHECK(ask_refused(f, 400, "InvalidRouteTableID.NotFound", "rtb-0"));
	x = ask(f, "DescribeRouteTables", "Filter.1.Name=association.subnet-id&Filter.1.Value.1=x");
	CHECK(x && xml_count(x, "routeTableSet/item") == 0);
}

TEST(ec2_private_subnets_have_a_table_without_a_gateway)
{
	static const struct world_config c = { .nodes = 1,
					       .zones = 3,
					       .subnet_len = 24,
					       .hop_limit = 2,
					       .type = "t3.medium",
					       .region = "ap-northeast-2",
					       .vpc = { { IP_V4, { 192, 168 } }, 16 },
					       .private_subnets = true,
					       .ipv6 = true };
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };
	const struct xml *x;

	world_free(&f->w);
	CHECK(world_init(&f->w, &c, &e) == 0);
	x = ask(f, "DescribeRouteTables",
		arena_fmt(&f->a, "Filter.1.Name=association.subnet-id&Filter.1.Value.1=%s",
			  f->w.subnets[4].id));
	CHECK(xml_count(x, "routeTableSet/item") == 1);
	CHECK(xml_count(x, "routeTableSet/item/routeSet/item") == 1);
	CHECK(xml_count(x, "routeTableSet/item/associationSet/item") == 3);
	x = ask(f, "DescribeSubnets",
		"Filter.1.Name=tag:kubernetes.io/role/internal-elb&Filter.1.Value.1="
		"&Filter.1.Value.2=1");
	CHECK(xml_count(x, "subnetSet/item") == 3);
	CHECK_STR(xml_text(x, "subnetSet/item/availabilityZone"), "ap-northeast-2a");
	CHECK_STR(xml_text(x, "subnetSet/item/mapPublicIpOnLaunch"), "false");
	CHECK_STR(xml_text(x, "subnetSet/item/ipv6CidrBlockAssociationSet/item/ipv6CidrBlock"),
		  "2001:db8:0:104::/64");
	x = ask(f, "DescribeVpcs", "");
	CHECK_STR(xml_text(x, "vpcSet/item/ipv6CidrBlockAssociationSet/item/ipv6CidrBlock"),
		  "2001:db8:0:100::/56");
	x = ask(f, "DescribeAvailabilityZones", "");
	CHECK(xml_count(x, "availabilityZoneInfo/item") == 3);
}
