/* SPDX-License-Identifier: Apache-2.0 */
/* ec2.c - EC2 actions: what is sent, and what is read from answers as EC2 writes them. */
#include <errno.h>
#include <string.h>

#include "ec2host.h"
#include "ec2test.h"
#include "ec2vpc.h"

#define ENI_1                                                                                     \
	"<networkInterfaceId>eni-0a1</networkInterfaceId><subnetId>subnet-01</subnetId>"          \
	"<vpcId>vpc-01</vpcId><availabilityZone>eu-central-1a</availabilityZone>"                 \
	"<description>aws-K8S-i-0abc</description><ownerId>123456789012</ownerId>"                \
	"<requesterManaged>false</requesterManaged><status>in-use</status>"                       \
	"<macAddress>02:aa:bb:cc:dd:ee</macAddress><privateIpAddress>192.168.1.10</"              \
	"privateIpAddress>"                                                                       \
	"<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-1</groupId></item>"   \
	"</groupSet><attachment><attachmentId>eni-attach-01</attachmentId>"                       \
	"<instanceId>i-0abc</instanceId><deviceIndex>1</deviceIndex><status>attached</status>"    \
	"<networkCardIndex>2</networkCardIndex><deleteOnTermination>true</deleteOnTermination>"   \
	"</attachment><association/><tagSet>\n<item>\n<key>a/b</key>\n<value>c &amp; d</value>\n" \
	"</item><item><key>empty</key><value/></item></tagSet><privateIpAddressesSet><item>"      \
	"<privateIpAddress>192.168.1.10</privateIpAddress><primary>true</primary></item><item>"   \
	"<privateIpAddress>192.168.1.11</privateIpAddress><primary>false</primary></item>"        \
	"</privateIpAddressesSet><ipv6AddressesSet/><interfaceType>interface</interfaceType>"

TEST(ec2_describe_enis_reads_all_fields)
{
	static const struct fakeaws_answer answer = {
		200,
		HEAD "<DescribeNetworkInterfacesResponse" NS "<networkInterfaceSet>\n<item>" ENI_1
		     "</item><item><networkInterfaceId>eni-0a2</networkInterfaceId><status>"
		     "available</status><tagSet/><privateIpAddressesSet/></item>\n"
		     "</networkInterfaceSet></DescribeNetworkInterfacesResponse>"
	};
	static const char *const ids[] = { "eni-0a1", "eni-0a2" };
	auto_fixture struct fixture x = { 0 };
	struct ec2_enis l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_enis(x.w, ids, 2, &l, &x.a, soon(), &x.e) == 0);
	CHECK_STR(x.e.msg, "");
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	CHECK_STR(l.v[0].id, "eni-0a1");
	CHECK_STR(l.v[0].type, "interface");
	CHECK_STR(l.v[0].description, "aws-K8S-i-0abc");
	CHECK_STR(l.v[0].status, "in-use");
	CHECK_STR(l.v[0].subnet, "subnet-01");
	CHECK_STR(l.v[0].mac, "02:aa:bb:cc:dd:ee");
	CHECK_STR(l.v[0].attachment, "eni-attach-01");
	CHECK_INT(l.v[0].device, 1);
	CHECK_INT(l.v[0].card, 2);
	CHECK(l.v[0].delete_on_termination);
	CHECK_INT(l.v[0].ips.n, 2);
	CHECK_STR(ip_text(l.v[0].ips.v[0].ip).s, "192.168.1.10");
	CHECK(l.v[0].ips.v[0].primary && !l.v[0].ips.v[1].primary);
	CHECK_STR(tag_get(&l.v[0].tags, "a/b"), "c & d");
	CHECK_STR(tag_get(&l.v[0].tags, "empty"), "");
	CHECK_STR(tag_get(&l.v[0].tags, "absent"), NULL);
	CHECK_STR(l.v[1].attachment, "");
	CHECK(!l.v[1].ips.n && !l.v[1].tags.n && !l.v[1].delete_on_termination);
	sent(&x, "DescribeNetworkInterfaces",
	     "NetworkInterfaceId.1=eni-0a1 NetworkInterfaceId.2=eni-0a2");
}

TEST(ec2_describe_enis_of_no_ids_asks_nothing)
{
	auto_aws struct aws *w = NULL;
	auto_arena struct arena a = { 0 };
	struct ec2_enis l;
	struct err e;

	CHECK(ec2_describe_enis(w, NULL, 0, &l, &a, 0, &e) == 0 && !l.n);
}

TEST(ec2_find_enis_reads_every_page)
{
#define PAGE_OF(id, more)                                                                   \
	HEAD "<DescribeNetworkInterfacesResponse" NS "<networkInterfaceSet><item>"          \
	     "<networkInterfaceId>" id "</networkInterfaceId></item></networkInterfaceSet>" \
	     "<nextToken>" more "</nextToken></DescribeNetworkInterfacesResponse>"
	static const struct fakeaws_answer answers[] = { { 200, PAGE_OF("eni-1", "t1=") },
							 { 200, PAGE_OF("eni-2", "t2") },
							 { 200, PAGE_OF("eni-3", "") } };
	auto_fixture struct fixture x = { 0 };
	struct ec2_enis l;

	start(&x, answers, 3);
	CHECK(ec2_find_enis(x.w, "tag:a/b", "i-1", &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 3);
	for (size_t i = 0; i < l.n; i++)
		CHECK_STR(l.v[i].id, arena_fmt(&x.a, "eni-%zu", i + 1));
	sent(&x, "DescribeNetworkInterfaces",
	     "Filter.1.Name=tag%3Aa%2Fb Filter.1.Value.1=i-1 MaxResults=1000 NextToken=t2");
	CHECK_INT(x.f.asked, 3);
}

TEST(ec2_names_the_field_that_it_cannot_read)
{
	static const struct {
		const char *item, *want;
	} cases[] = {
		{ "<networkInterfaceId>x</networkInterfaceId>",
		  "networkInterfaceId 'x' is not one" },
		{ "", "networkInterfaceId '' is not one" },
		{ "<networkInterfaceId>eni-1</networkInterfaceId><attachment><deviceIndex>-1"
		  "</deviceIndex></attachment>",
		  "eni-1: deviceIndex -1 or networkCardIndex 0 is not below 100" },
		{ "<networkInterfaceId>eni-1</networkInterfaceId><attachment><networkCardIndex>1e9"
		  "</networkCardIndex></attachment>",
		  "eni-1: attachment/networkCardIndex '1e9' is not a whole number" },
		{ "<networkInterfaceId>eni-1</networkInterfaceId><privateIpAddressesSet><item>"
		  "<privateIpAddress>1.2.3.400</privateIpAddress></item></privateIpAddressesSet>",
		  "eni-1: privateIpAddress '1.2.3.400' is not an address" },
		{ "<networkInterfaceId>eni-1</networkInterfaceId><attachment><networkCardIndex>100"
		  "</networkCardIndex></attachment>",
		  "eni-1: deviceIndex 0 or networkCardIndex 100 is not below 100" },
		{ "<networkInterfaceId>eni-1</networkInterfaceId><privateIpAddressesSet><item/>"
		  "</privateIpAddressesSet>",
		  "eni-1: privateIpAddress '' is not an address" },
	};
	static const char *const id = "eni-1";

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fixture struct fixture x = { 0 };
		struct fakeaws_answer answer = { 200, NULL };
		struct ec2_enis l;

		answer.body = arena_fmt(
			&x.a,
			"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item>%s</item>"
			"</networkInterfaceSet></DescribeNetworkInterfacesResponse>",
			cases[i].item);
		start(&x, &answer, 1);
		CHECK(ec2_describe_enis(x.w, &id, 1, &l, &x.a, soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK(strstr(x.e.msg, cases[i].want));
		CHECK(str_prefix(x.e.msg, "DescribeNetworkInterfaces: "));
	}
}

TEST(ec2_create_eni_sends_all_with_a_token)
{
	static const struct fakeaws_answer answer = {
		200, HEAD
		"<CreateNetworkInterfaceResponse" NS "<networkInterface>" ENI_1
		"</networkInterface><clientToken>t</clientToken></CreateNetworkInterfaceResponse>"
	};
	static const char *const groups[] = { "sg-1", "sg-2" };
	struct tag tags[] = { { "k/1", "v 1" }, { "k2", "" } };
	struct ec2_create_eni q = { .subnet = "subnet-01",
				    .description = "aws-K8S-i-1",
				    .groups = groups,
				    .ngroups = 2,
				    .secondary_ips = 9,
				    .tags = { tags, 2 } };
	auto_fixture struct fixture x = { 0 };
	struct ec2_eni eni = { 0 };
	const char *token, *first;

	start(&x, &answer, 1);
	CHECK(ec2_create_eni(x.w, &q, &eni, &x.a, soon(), &x.e) == 0);
	CHECK_STR(eni.id, "eni-0a1");
	CHECK_INT(eni.ips.n, 2);
	token = strstr(x.f.body.p, "ClientToken=") + 12;
	first = arena_fmt(&x.a, "%.36s", token);
	CHECK_INT(strcspn(token, "&"), 36);
	CHECK(token[14] == '4' && strchr("89ab", token[19]));
	CHECK(ec2_create_eni(x.w, &q, &eni, &x.a, soon(), &x.e) == 0);
	token = arena_fmt(&x.a, "%.36s", strstr(x.f.body.p, "ClientToken=") + 12);
	CHECK(strcmp(first, token) != 0);
	sent(&x, "CreateNetworkInterface",
	     arena_fmt(&x.a,
		       "ClientToken=%s SubnetId=subnet-01 Description=aws-K8S-i-1 "
		       "SecurityGroupId.1=sg-1 SecurityGroupId.2=sg-2 "
		       "SecondaryPrivateIpAddressCount=9 "
		       "TagSpecification.1.ResourceType=network-interface "
		       "TagSpecification.1.Tag.1.Key=k%%2F1 TagSpecification.1.Tag.1.Value=v%%201 "
		       "TagSpecification.1.Tag.2.Key=k2 TagSpecification.1.Tag.2.Value=",
		       token));
}

TEST(ec2_create_eni_keeps_its_token_when_it_tries_again)
{
	static const struct fakeaws_answer answers[] = {
		{ 500, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></"
		       "Response>" },
		{ 200, ANSWER("CreateNetworkInterface",
			      "<networkInterface>" ENI_1 "</networkInterface>") }
	};
	struct ec2_create_eni q = { .subnet = "s", .description = "d" };
	auto_fixture struct fixture x = { 0 };
	struct ec2_eni eni = { 0 };

	start(&x, answers, 2);
	CHECK(ec2_create_eni(x.w, &q, &eni, &x.a, soon(), &x.e) == 0);
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 2);
	CHECK(!strstr(x.f.body.p, "TagSpecification") && !strstr(x.f.body.p, "Secondary"));
}

TEST(ec2_attach_eni_gives_the_attachment)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, HEAD "<AttachNetworkInterfaceResponse" NS "<attachmentId>eni-attach-7"
			    "</attachmentId><networkCardIndex>0</networkCardIndex>"
			    "</AttachNetworkInterfaceResponse>" },
		{ 200, YES("AttachNetworkInterface") }
	};
	auto_fixture struct fixture x = { 0 };
	const char *attachment = "";

	start(&x, answers, 2);
	CHECK(ec2_attach_eni(x.w, "eni-1", "i-1", 3, 0, &attachment, &x.a, soon(), &x.e) == 0);
	CHECK_STR(attachment, "eni-attach-7");
	CHECK(ec2_attach_eni(x.w, "eni-1", "i-1", 3, 0, &attachment, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "AttachNetworkInterface: EC2 gives no attachmentId");
	CHECK(x.e.unsure);
	sent(&x, "AttachNetworkInterface",
	     "NetworkInterfaceId=eni-1 InstanceId=i-1 DeviceIndex=3 NetworkCardIndex=0");
}

TEST(ec2_does_not_repeat_what_it_cannot_take_back)
{
	static const struct fakeaws_answer broken = {
		500,
		"<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>"
	};
	auto_fixture struct fixture x = { 0 };
	const char *attachment;
	struct ip *ips;
	size_t n;

	start(&x, &broken, 1);
	CHECK(ec2_attach_eni(x.w, "eni-1", "i-1", 3, 0, &attachment, &x.a, soon(), &x.e) < 0);
	CHECK(x.e.unsure);
	CHECK(ec2_assign_ips(x.w, "eni-1", 2, &ips, &n, &x.a, soon(), &x.e) < 0);
	CHECK(x.e.unsure);
	CHECK_STR(x.e.code, "InternalError");
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 2);
}

TEST(ec2_commands_send_their_parameters)
{
	static const struct fakeaws_answer yes[] = {
		{ 200, YES("ModifyNetworkInterfaceAttribute") },
		{ 200, YES("DetachNetworkInterface") },
		{ 200, YES("DeleteNetworkInterface") },
		{ 200, YES("UnassignPrivateIpAddresses") },
		{ 200, YES("CreateTags") },
	};
	struct tag tags[] = { { "k", "v" }, { "l", "w" } };
	struct tags t = { tags, 2 };
	struct ip ips[2];

	CHECK(ip_parse("10.0.0.1", &ips[0]) && ip_parse("10.0.0.2", &ips[1]));
	for (int i = 0; i < 5; i++) {
		auto_fixture struct fixture x = { 0 };
		int rc = -1;

		start(&x, &yes[i], 1);
		if (i == 0)
			rc = ec2_delete_on_termination(x.w, "eni-1", "eni-attach-1", &x.a, soon(),
						       &x.e);
		else if (i == 1)
			rc = ec2_detach_eni(x.w, "eni-attach-1", &x.a, soon(), &x.e);
		else if (i == 2)
			rc = ec2_delete_eni(x.w, "eni-1", &x.a, soon(), &x.e);
		else if (i == 3)
			rc = ec2_unassign_ips(x.w, "eni-1", ips, 2, &x.a, soon(), &x.e);
		else
			rc = ec2_create_tags(x.w, "eni-1", &t, &x.a, soon(), &x.e);
		CHECK_INT(rc, 0);
		if (i == 0)
			sent(&x, "ModifyNetworkInterfaceAttribute",
			     "NetworkInterfaceId=eni-1 Attachment.AttachmentId=eni-attach-1 "
			     "Attachment.DeleteOnTermination=true");
		else if (i == 1)
			sent(&x, "DetachNetworkInterface", "AttachmentId=eni-attach-1");
		else if (i == 2)
			sent(&x, "DeleteNetworkInterface", "NetworkInterfaceId=eni-1");
		else if (i == 3)
			sent(&x, "UnassignPrivateIpAddresses",
			     "NetworkInterfaceId=eni-1 PrivateIpAddress.1=10.0.0.1 "
			     "PrivateIpAddress.2=10.0.0.2");
		else
			sent(&x, "CreateTags",
			     "ResourceId.1=eni-1 Tag.1.Key=k Tag.1.Value=v Tag.2.Key=l "
			     "Tag.2.Value=w");
	}
}

TEST(ec2_commands_fail_when_ec2_says_false)
{
	static const struct fakeaws_answer no = { 200, ANSWER("DeleteNetworkInterface",
							      "<return>false</return>") };
	auto_fixture struct fixture x = { 0 };

	start(&x, &no, 1);
	CHECK(ec2_delete_eni(x.w, "eni-1", &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "DeleteNetworkInterface: EC2 answers false");
}

TEST(ec2_assign_ips_gives_the_new_ones)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, HEAD "<AssignPrivateIpAddressesResponse" NS
			    "<networkInterfaceId>eni-1</networkInterfaceId>"
			    "<assignedPrivateIpAddressesSet><item><privateIpAddress>10.0.0.7"
			    "</privateIpAddress></item><item><privateIpAddress>10.0.0.8"
			    "</privateIpAddress></item></assignedPrivateIpAddressesSet>"
			    "<return>true</return></AssignPrivateIpAddressesResponse>" },
		{ 200, YES("AssignPrivateIpAddresses") },
	};
	auto_fixture struct fixture x = { 0 };
	struct ip *ips = NULL;
	size_t n = 0;

	start(&x, answers, 2);
	CHECK(ec2_assign_ips(x.w, "eni-1", 2, &ips, &n, &x.a, soon(), &x.e) == 0);
	CHECK_INT(n, 2);
	CHECK_STR(ip_text(ips[1]).s, "10.0.0.8");
	CHECK(ec2_assign_ips(x.w, "eni-1", 2, &ips, &n, &x.a, soon(), &x.e) == 0);
	CHECK_INT(n, 0);
	sent(&x, "AssignPrivateIpAddresses",
	     "NetworkInterfaceId=eni-1 SecondaryPrivateIpAddressCount=2");
}

TEST(ec2_used_devices_counts_one_card_only)
{
#define AT(device, card) \
	"<item><attachment><deviceIndex>" device "</deviceIndex>" card "</attachment></item>"
#define INSTANCE(enis)                                                                    \
	HEAD "<DescribeInstancesResponse" NS "<reservationSet><item><instancesSet><item>" \
	     "<instanceId>i-1</instanceId><networkInterfaceSet>" enis                     \
	     "</networkInterfaceSet></item></instancesSet></item></reservationSet>"       \
	     "</DescribeInstancesResponse>"
	static const struct fakeaws_answer answers[] = {
		{ 200, INSTANCE(AT("0", "") AT("3", "<networkCardIndex>0</networkCardIndex>")
					AT("1", "<networkCardIndex>1</networkCardIndex>")) },
		{ 200, ANSWER("DescribeInstances", "<reservationSet/>") },
		{ 200, INSTANCE(AT("100", "")) },
	};
	auto_fixture struct fixture x = { 0 };
	bool used[100];

	start(&x, answers, 3);
	CHECK(ec2_used_devices(x.w, "i-1", 0, used, &x.a, soon(), &x.e) == 0);
	CHECK(used[0] && !used[1] && !used[2] && used[3]);
	CHECK(ec2_used_devices(x.w, "i-1", 0, used, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "DescribeInstances: not exactly one instance for i-1");
	CHECK(ec2_used_devices(x.w, "i-1", 0, used, &x.a, soon(), &x.e) < 0);
	CHECK(strstr(x.e.msg, "deviceIndex 100 is not below 100"));
	sent(&x, "DescribeInstances", "InstanceId.1=i-1");
}

TEST(ec2_describe_subnets_reads_all_fields)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, HEAD
		  "<DescribeSubnetsResponse" NS "<subnetSet><item><subnetId>subnet-1</subnetId>"
		  "<vpcId>vpc-1</vpcId><cidrBlock>192.168.0.0/19</cidrBlock>"
		  "<availableIpAddressCount>8180</availableIpAddressCount>"
		  "<availabilityZone>eu-central-1a</availabilityZone><tagSet><item>"
		  "<key>kubernetes.io/role/cni</key><value>1</value></item></tagSet></item>"
		  "<item><subnetId>subnet-6</subnetId></item></subnetSet>"
		  "</DescribeSubnetsResponse>" },
		{ 200, "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</"
		       "subnetId><cidrBlock>10.0.0.0"
		       "</cidrBlock></item></subnetSet></DescribeSubnetsResponse>" },
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_subnet *v = NULL;
	size_t n = 0;

	start(&x, answers, 2);
	CHECK(ec2_describe_subnets(x.w, "vpc-1", "eu-central-1a", &v, &n, &x.a, soon(), &x.e) == 0);
	CHECK_INT(n, 2);
	CHECK_STR(v[0].id, "subnet-1");
	CHECK_STR(v[0].zone, "eu-central-1a");
	CHECK_STR(cidr_text(v[0].cidr).s, "192.168.0.0/19");
	CHECK_INT(v[0].free, 8180);
	CHECK_STR(tag_get(&v[0].tags, "kubernetes.io/role/cni"), "1");
	CHECK_INT(v[1].free, 0);
	CHECK(ec2_describe_subnets(x.w, "vpc-1", "eu-central-1a", &v, &n, &x.a, soon(), &x.e) < 0);
	CHECK(strstr(x.e.msg,
		     "DescribeSubnets: subnet-1: cidrBlock '10.0.0.0' is not a CIDR block"));
	sent(&x, "DescribeSubnets",
	     "Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 Filter.2.Name=availability-zone "
	     "Filter.2.Value.1=eu-central-1a");
}
