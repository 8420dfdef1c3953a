/* SPDX-License-Identifier: Apache-2.0 */
/* ec2host.c - instances and their types as EC2 describes them. */
#include <errno.h>

#include "ec2host.h"
#include "ec2test.h"

TEST(ec2_describe_instances_reads_every_reservation)
{
	static const struct fakeaws_answer answers[] = {
		{ 200,
		  ANSWER("DescribeInstances",
			 "<reservationSet><item><reservationId>r-1</reservationId><instancesSet>"
			 "<item><instanceId>i-1</instanceId><instanceState><code>16</"
			 "code><name>running"
			 "</name></instanceState><privateDnsName>ip-10-0-0-4.ec2.internal"
			 "</privateDnsName><instanceType>m5.large</instanceType><placement>"
			 "<availabilityZone>us-east-1a</availabilityZone></placement><subnetId>"
			 "subnet-1</subnetId><vpcId>vpc-1</vpcId><privateIpAddress>10.0.0.4"
			 "</privateIpAddress><networkInterfaceSet><item><networkInterfaceId>eni-1"
			 "</networkInterfaceId><groupSet><item><groupId>sg-1</groupId></item>"
			 "</groupSet><attachment><attachmentId>eni-attach-1</attachmentId>"
			 "<deviceIndex>0</deviceIndex><networkCardIndex>0</networkCardIndex>"
			 "</attachment><privateIpAddressesSet><item><privateIpAddress>10.0.0.4"
			 "</privateIpAddress><primary>true</primary></item></privateIpAddressesSet>"
			 "<ipv4PrefixSet><item><ipv4Prefix>10.0.0.16/28</ipv4Prefix></item>"
			 "</ipv4PrefixSet><ipv6PrefixSet/></item></"
			 "networkInterfaceSet><tagSet><item>"
			 "<key>Name</key><value>n</value></item></tagSet></"
			 "item><item><instanceId>i-2"
			 "</instanceId></item></instancesSet></item><item><instancesSet><item>"
			 "<instanceId>i-3</instanceId></item></instancesSet></item></"
			 "reservationSet>"
			 "<nextToken>t</nextToken>") },
		{ 200, ANSWER("DescribeInstances",
			      "<reservationSet><item><instancesSet><item><instanceId>i-4"
			      "</instanceId></item></instancesSet></item></reservationSet>") },
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_query q = { 0 };
	struct ec2_instances l;

	start(&x, answers, 2);
	CHECK(ec2_describe_instances(x.w, &q, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 4);
	for (size_t i = 0; i < l.n; i++)
		CHECK_STR(l.v[i].id, arena_fmt(&x.a, "i-%zu", i + 1));
	CHECK_STR(l.v[0].type, "m5.large");
	CHECK_STR(l.v[0].state, "running");
	CHECK_STR(l.v[0].zone, "us-east-1a");
	CHECK_STR(l.v[0].vpc, "vpc-1");
	CHECK_STR(l.v[0].subnet, "subnet-1");
	CHECK_STR(l.v[0].private_dns, "ip-10-0-0-4.ec2.internal");
	CHECK_STR(ip_text(l.v[0].ip).s, "10.0.0.4");
	CHECK_STR(tag_get(&l.v[0].tags, "Name"), "n");
	CHECK_INT(l.v[0].enis.n, 1);
	CHECK_STR(l.v[0].enis.v[0].groups.v[0], "sg-1");
	CHECK_STR(l.v[0].enis.v[0].attachment, "eni-attach-1");
	CHECK_STR(cidr_text(l.v[0].enis.v[0].prefixes.v[0]).s, "10.0.0.16/28");
	CHECK(l.v[0].enis.v[0].ips.v[0].primary);
	sent(&x, "DescribeInstances", "MaxResults=1000 NextToken=t");
}

#define TYPE(inside) \
	ANSWER("DescribeInstanceTypes", "<instanceTypeSet>" inside "</instanceTypeSet>")
#define P4D                                                                                      \
	"<item><instanceType>p4d.24xlarge</instanceType><bareMetal>false</bareMetal>"            \
	"<hypervisor>nitro</hypervisor><processorInfo><supportedArchitectures><item>x86_64"      \
	"</item></supportedArchitectures></processorInfo><vCpuInfo><defaultVCpus>96"             \
	"</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>1179648</sizeInMiB></memoryInfo>"      \
	"<networkInfo><maximumNetworkInterfaces>60</maximumNetworkInterfaces>"                   \
	"<maximumNetworkCards>4</maximumNetworkCards><defaultNetworkCardIndex>1"                 \
	"</defaultNetworkCardIndex><networkCards><item><networkCardIndex>0</networkCardIndex>"   \
	"<maximumNetworkInterfaces>14</maximumNetworkInterfaces></item><item><networkCardIndex>" \
	"1</networkCardIndex><maximumNetworkInterfaces>15</maximumNetworkInterfaces></item>"     \
	"</networkCards><ipv4AddressesPerInterface>50</ipv4AddressesPerInterface></networkInfo>" \
	"</item>"

TEST(ec2_describe_instance_type_reads_all_fields)
{
	static const struct fakeaws_answer answer = { 200, TYPE(P4D) };
	auto_fixture struct fixture x = { 0 };
	struct ec2_instance_type t;

	start(&x, &answer, 1);
	CHECK(ec2_describe_instance_type(x.w, "p4d.24xlarge", &t, &x.a, soon(), &x.e) == 0);
	CHECK_STR(t.type, "p4d.24xlarge");
	CHECK_STR(t.hypervisor, "nitro");
	CHECK(!t.bare_metal);
	CHECK_INT(t.enis, 60);
	CHECK_INT(t.ipv4, 50);
	CHECK_INT(t.cards, 4);
	CHECK_INT(t.default_card, 1);
	CHECK_INT(t.default_card_enis, 15);
	CHECK_INT(t.each_card.n, 2);
	CHECK_INT(t.vcpus, 96);
	CHECK_INT(t.memory_mib, 1179648);
	CHECK_INT(t.archs.n, 1);
	CHECK_STR(t.archs.v[0], "x86_64");
	sent(&x, "DescribeInstanceTypes", "InstanceType.1=p4d.24xlarge");
}

TEST(ec2_describe_instance_type_tells_what_is_wrong)
{
	static const struct {
		struct fakeaws_answer answer;
		int num;
		const char *msg;
	} cases[] = {
		{ { 400, "<Response><Errors><Error><Code>InvalidInstanceType</Code><Message>The "
			 "following supplied instance types do not exist: [t9.x]</Message></Error>"
			 "</Errors><RequestID>r</RequestID></Response>" },
		  ENOENT,
		  "DescribeInstanceTypes: InvalidInstanceType: The following supplied instance "
		  "types do not exist: [t9.x] (request id r)" },
		{ { 200, TYPE("") }, ENOENT, "DescribeInstanceTypes: EC2 knows no type 't9.x'" },
		{ { 200, TYPE(P4D) },
		  EBADMSG,
		  "DescribeInstanceTypes: 1 types, the first 'p4d.24xlarge', for 't9.x'" },
		{ { 200, TYPE("<item><instanceType>t9.x</instanceType><bareMetal>true</bareMetal>"
			      "<networkInfo><maximumNetworkInterfaces>3</maximumNetworkInterfaces>"
			      "</networkInfo></item>") },
		  EBADMSG,
		  "DescribeInstanceTypes: t9.x has 3 network interfaces with 0 IPv4 addresses "
		  "each" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fixture struct fixture x = { 0 };
		struct ec2_instance_type t;

		start(&x, &cases[i].answer, 1);
		CHECK(ec2_describe_instance_type(x.w, "t9.x", &t, &x.a, soon(), &x.e) < 0);
		CHECK_INT(x.e.num, cases[i].num);
		CHECK_STR(x.e.msg, cases[i].msg);
	}
}
