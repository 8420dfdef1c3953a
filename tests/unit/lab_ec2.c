/* SPDX-License-Identifier: Apache-2.0 */
/* lab_ec2.c - EC2's Describe actions in the lab, their XML read back. */
#include <string.h>

#include "ec2filter.h"
#include "ec2xml.h"
#include "labask.h"

TEST(ec2_describes_instances_as_the_cli_shows_them)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	const struct xml *x = ask(f, "DescribeInstances",
				  "Filter.1.Name=instance-state-name&Filter.1.Value.1=running");

	CHECK(xml_count(x, "reservationSet/item") == 2);
	CHECK(xml_count(x, "reservationSet/item/instancesSet/item") == 1);
	x = xml_get(x, "reservationSet/item/instancesSet/item");
	CHECK_STR(xml_text(x, "instanceId"), i->id);
	CHECK_STR(xml_text(x, "instanceState/name"), "running");
	CHECK_STR(xml_text(x, "instanceType"), "t3.medium");
	CHECK_STR(xml_text(x, "architecture"), "x86_64");
	CHECK_STR(xml_text(x, "privateIpAddress"), ip_text(i->primary->ips[0].ip).s);
	CHECK_STR(xml_text(x, "ipAddress"), "203.0.113.11");
	CHECK_STR(xml_text(x, "placement/availabilityZone"), "ap-northeast-2a");
	CHECK_STR(xml_text(x, "tagSet/item/key"), "Name");
	CHECK_STR(xml_text(x, "tagSet/item/value"), "node1");
	CHECK_STR(xml_text(x, "networkInterfaceSet/item/attachment/deviceIndex"), "0");
	CHECK_STR(xml_text(x, "networkInterfaceSet/item/association/publicIp"), "203.0.113.11");
	x = ask(f, "DescribeInstances", form_id(f, "InstanceId.1", f->w.instances[1].id));
	CHECK(xml_count(x, "reservationSet/item") == 1);
	x = ask(f, "DescribeInstances",
		"Filter.1.Name=instance-state-name&Filter.1.Value.1=stopped");
	CHECK(x && xml_count(x, "reservationSet/item") == 0);
	ask(f, "DescribeInstances", "InstanceId.1=node1");
	CHECK(ask_refused(f, 400, "InvalidInstanceID.NotFound",
			  "The instance ID 'node1' does not exist"));
}

TEST(ec2_describes_an_eni_in_full)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	const struct xml *x = ask(f, "DescribeNetworkInterfaces",
				  form_id(f, "NetworkInterfaceId.1", i->primary->id));

	CHECK(xml_count(x, "networkInterfaceSet/item") == 1);
	x = xml_get(x, "networkInterfaceSet/item");
	CHECK_STR(xml_text(x, "networkInterfaceId"), i->primary->id);
	CHECK_STR(xml_text(x, "subnetId"), f->w.subnets[0].id);
	CHECK_STR(xml_text(x, "vpcId"), f->w.vpc_id);
	CHECK_STR(xml_text(x, "status"), "in-use");
	CHECK_STR(xml_text(x, "interfaceType"), "interface");
	CHECK_STR(xml_text(x, "macAddress"), mac_text(i->primary->mac).s);
	CHECK_STR(xml_text(x, "availabilityZone"), "ap-northeast-2a");
	CHECK_STR(xml_text(x, "ownerId"), f->w.account);
	CHECK_STR(xml_text(x, "attachment/instanceId"), i->id);
	CHECK_STR(xml_text(x, "attachment/status"), "attached");
	CHECK_STR(xml_text(x, "attachment/deviceIndex"), "0");
	CHECK_STR(xml_text(x, "attachment/networkCardIndex"), "0");
	CHECK_STR(xml_text(x, "attachment/deleteOnTermination"), "true");
	CHECK_STR(xml_text(x, "attachment/attachmentId"), i->primary->attachment);
	CHECK(time_parse(xml_text(x, "attachment/attachTime")) > 0);
	CHECK_STR(xml_text(x, "groupSet/item/groupId"), f->w.group);
	CHECK_STR(xml_text(x, "privateIpAddressesSet/item/privateIpAddress"),
		  ip_text(i->primary->ips[0].ip).s);
	CHECK_STR(xml_text(x, "privateIpAddressesSet/item/primary"), "true");
	CHECK_STR(xml_text(x, "privateIpAddressesSet/item/association/publicIp"), "203.0.113.11");
	ask(f, "DescribeNetworkInterfaces", "NetworkInterfaceId.1=eni-0123456789abcdef0");
	CHECK(ask_refused(f, 400, "InvalidNetworkInterfaceID.NotFound",
			  "The networkInterface ID 'eni-0123456789abcdef0' does not exist"));
}

TEST(ec2_filters_enis)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[1];
	struct eni *n;
	struct err e = { 0 };

	CHECK(world_create(&f->w, &f->w.subnets[1], "aws-K8S-x", 2, &n, &e) == 0);
	world_tag(&f->w, &n->tags, "node.k8s.amazonaws.com/instance_id", i->id);
	CHECK(enis_with(f, "status", "available") == 1);
	CHECK(enis_with(f, "status", "in-use") == 2);
	CHECK(enis_with(f, "vpc-id", f->w.vpc_id) == 3);
	CHECK(enis_with(f, "vpc-id", "vpc-0") == 0);
	CHECK(enis_with(f, "subnet-id", f->w.subnets[1].id) == 2);
	CHECK(enis_with(f, "attachment.instance-id", i->id) == 1);
	CHECK(enis_with(f, "attachment.device-index", "0") == 2);
	CHECK(enis_with(f, "description", "aws-K8S-*") == 1);
	CHECK(enis_with(f, "network-interface-id", n->id) == 1);
	CHECK(enis_with(f, "tag-key", "node.k8s.amazonaws.com%2Finstance_id") == 1);
	CHECK(enis_with(f, "tag:node.k8s.amazonaws.com%2Finstance_id", i->id) == 1);
	CHECK(enis_with(f, "tag:node.k8s.amazonaws.com%2Finstance_id", "i-other") == 0);
	CHECK(enis_with(f, "tag:nobody-has-this", "x") == 0);
	CHECK(enis_with(f, "addresses.private-ip-address", ip_text(n->ips[2].ip).s) == 1);
	CHECK(enis_with(f, "private-ip-address", ip_text(n->ips[2].ip).s) == 0);
	CHECK(enis_with(f, "association.public-ip", "203.0.113.12") == 1);
	CHECK(enis_with(f, "colour", "blue") == -1);
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "The filter 'colour' is invalid"));
	ask(f, "DescribeNetworkInterfaces", "Filter.1.Name=status");
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "'status' has no value"));
}

TEST(ec2_all_filters_must_match_by_any_of_their_values)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x;

	x = ask(f, "DescribeNetworkInterfaces",
		arena_fmt(&f->a,
			  "Filter.1.Name=subnet-id&Filter.1.Value.1=%s&Filter.1.Value.2=subnet-0"
			  "&Filter.2.Name=status&Filter.2.Value.1=in-use",
			  f->w.subnets[0].id));
	CHECK(xml_count(x, "networkInterfaceSet/item") == 1);
	x = ask(f, "DescribeNetworkInterfaces",
		arena_fmt(&f->a,
			  "Filter.1.Name=subnet-id&Filter.1.Value.1=%s"
			  "&Filter.2.Name=status&Filter.2.Value.1=available",
			  f->w.subnets[0].id));
	CHECK(x && xml_count(x, "networkInterfaceSet/item") == 0);
}

TEST(ec2_globs_as_ec2_does)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{ "", "", true },         { "", "a", false },     { "a", "a", true },
		{ "*", "", true },        { "*", "abc", true },   { "a*c", "abbc", true },
		{ "a*c", "abb", false },  { "?", "", false },     { "?b", "ab", true },
		{ "\\*", "*", true },     { "\\*", "a", false },  { "*b*b", "abab", true },
		{ "**a", "bbba", true },  { "a\\", "a\\", true }, { "*ab", "aab", true },
		{ "x*y*z", "xz", false }, { "[a]", "a", false },  { "\\?", "?", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK(query_glob(cases[i].pattern, cases[i].text) == cases[i].match);
}

TEST(ec2_pages_meet_every_eni_once_though_some_go_between)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *token = "";
	int seen = 0, pages = 0;
	struct eni *n[10];
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(n); i++)
		CHECK(world_create(&f->w, &f->w.subnets[0], "", 0, &n[i], &e) == 0);
	do {
		const struct xml *x = ask(
			f, "DescribeNetworkInterfaces",
			arena_fmt(&f->a, "MaxResults=5%s%s", *token ? "&NextToken=" : "", token));

		seen += xml_count(x, "networkInterfaceSet/item");
		token = xml_text(x, "nextToken");
		if (pages++ == 0)
			CHECK(world_delete(&f->w, n[0], &e) == 0);
	} while (*token && pages < 9);
	CHECK(seen == 12 && pages == 3);
	ask(f, "DescribeNetworkInterfaces", "MaxResults=5&NextToken=bm9uc2Vuc2U%3D");
	CHECK(ask_refused(f, 400, "InvalidNextToken", "not valid"));
	ask(f, "DescribeNetworkInterfaces", "MaxResults=4");
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "greater than or equal to 5"));
	ask(f, "DescribeNetworkInterfaces",
	    arena_fmt(&f->a, "MaxResults=5&NetworkInterfaceId.1=%s", n[1]->id));
	CHECK(ask_refused(f, 400, "InvalidParameterCombination", "maxResults"));
}

TEST(ec2_describes_subnets_vpcs_zones_and_types)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x;

	x = ask(f, "DescribeSubnets",
		arena_fmt(&f->a,
			  "Filter.1.Name=vpc-id&Filter.1.Value.1=%s&Filter.2.Name=availability-zone"
			  "&Filter.2.Value.1=ap-northeast-2b",
			  f->w.vpc_id));
	CHECK(xml_count(x, "subnetSet/item") == 1);
	CHECK_STR(xml_text(x, "subnetSet/item/subnetId"), f->w.subnets[1].id);
	CHECK_STR(xml_text(x, "subnetSet/item/cidrBlock"), "192.168.2.0/24");
	CHECK_STR(xml_text(x, "subnetSet/item/availableIpAddressCount"), "250");
	CHECK_STR(xml_text(x, "subnetSet/item/availabilityZoneId"), "apne2-az2");
	ask(f, "DescribeSubnets", "SubnetId.1=subnet-0");
	CHECK(ask_refused(f, 400, "InvalidSubnetID.NotFound",
			  "The subnet ID 'subnet-0' does not exist"));
	x = ask(f, "DescribeVpcs", "");
	CHECK_STR(xml_text(x, "vpcSet/item/vpcId"), f->w.vpc_id);
	CHECK_STR(xml_text(x, "vpcSet/item/cidrBlock"), "192.168.0.0/16");
	x = ask(f, "DescribeAvailabilityZones", "");
	CHECK(xml_count(x, "availabilityZoneInfo/item") == 2);
	CHECK_STR(xml_text(x, "availabilityZoneInfo/item/zoneName"), "ap-northeast-2a");
	x = ask(f, "DescribeAvailabilityZones", "ZoneId.1=apne2-az2");
	CHECK(xml_count(x, "availabilityZoneInfo/item") == 1);
	CHECK_STR(xml_text(x, "availabilityZoneInfo/item/zoneName"), "ap-northeast-2b");
	ask(f, "DescribeAvailabilityZones", "ZoneId.1=apne2-az9");
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "zone-id: [apne2-az9]"));
	ask(f, "DescribeAvailabilityZones", "ZoneName.1=nowhere-1a");
	CHECK(ask_refused(f, 400, "InvalidParameterValue", "zone: [nowhere-1a]"));
	x = ask(f, "DescribeInstanceTypes", "InstanceType.1=p4d.24xlarge");
	CHECK(xml_count(x, "instanceTypeSet/item") == 1);
	x = xml_get(x, "instanceTypeSet/item");
	CHECK_STR(xml_text(x, "networkInfo/maximumNetworkInterfaces"), "60");
	CHECK_STR(xml_text(x, "networkInfo/ipv4AddressesPerInterface"), "50");
	CHECK_STR(xml_text(x, "networkInfo/maximumNetworkCards"), "4");
	CHECK(xml_count(x, "networkInfo/networkCards/item") == 4);
	CHECK_STR(xml_text(x, "networkInfo/networkCards/item/maximumNetworkInterfaces"), "15");
	ask(f, "DescribeInstanceTypes", "InstanceType.1=t3.meduim");
	CHECK(ask_refused(f, 400, "InvalidInstanceType", "[t3.meduim]"));
}

TEST(ec2_knows_graviton_by_its_name)
{
	CHECK_STR(type_arch("t4g.small"), "arm64");
	CHECK_STR(type_arch("c6gn.xlarge"), "arm64");
	CHECK_STR(type_arch("im4gn.large"), "arm64");
	CHECK_STR(type_arch("a1.metal"), "arm64");
	CHECK_STR(type_arch("t3.medium"), "x86_64");
	CHECK_STR(type_arch("g4dn.xlarge"), "x86_64");
	CHECK_STR(type_arch("m7i-flex.large"), "x86_64");
}
