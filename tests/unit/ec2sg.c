/* SPDX-License-Identifier: Apache-2.0 */
/* ec2sg.c - security groups: every kind of rule, read and sent back. */
#include <errno.h>

#include "ec2sg.h"
#include "ec2test.h"

#define GROUP_1                                                                                   \
	"<securityGroupInfo><item><ownerId>123456789012</ownerId><groupId>sg-1</groupId>"         \
	"<groupName>web</groupName><groupDescription>[k8s] x</groupDescription><vpcId>vpc-1"      \
	"</vpcId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>0</fromPort><toPort>" \
	"65535</toPort><groups><item><securityGroupRuleId>sgr-1</securityGroupRuleId><userId>"    \
	"123456789012</userId><groupId>sg-2</groupId></item></groups><ipRanges><item><cidrIp>"    \
	"10.0.0.0/8</cidrIp><description>a=b</description></item><item><cidrIp>0.0.0.0/0"         \
	"</cidrIp></item></ipRanges><ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6><description/>"    \
	"</item></ipv6Ranges><prefixListIds><item><prefixListId>pl-1</prefixListId></item>"       \
	"</prefixListIds></item><item><ipProtocol>icmp</ipProtocol><fromPort>3</fromPort>"        \
	"<toPort>-1</toPort><groups/><ipRanges/><ipv6Ranges/><prefixListIds/></item>"             \
	"</ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><groups/>"         \
	"<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>"                     \
	"</ipPermissionsEgress><tagSet><item><key>k</key><value>v</value></item></tagSet></item>" \
	"</securityGroupInfo>"

TEST(ec2_describe_groups_reads_every_kind_of_rule)
{
	static const struct fakeaws_answer answer = { 200,
						      ANSWER("DescribeSecurityGroups", GROUP_1) };
	static const char *name = "vpc-id", *vpc = "vpc-1";
	struct ec2_filter f = { name, { &vpc, 1 } };
	struct ec2_query q = { .filters = { &f, 1 } };
	auto_fixture struct fixture x = { 0 };
	const struct ec2_permission *p;
	struct ec2_groups l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_groups(x.w, &q, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(l.v[0].id, "sg-1");
	CHECK_STR(l.v[0].name, "web");
	CHECK_STR(l.v[0].description, "[k8s] x");
	CHECK_STR(l.v[0].vpc, "vpc-1");
	CHECK_STR(l.v[0].owner, "123456789012");
	CHECK_STR(tag_get(&l.v[0].tags, "k"), "v");
	CHECK_INT(l.v[0].ingress.n, 2);
	p = &l.v[0].ingress.v[0];
	CHECK_STR(p->protocol, "tcp");
	CHECK(p->from.set && p->from.v == 0 && p->to.v == 65535);
	CHECK_INT(p->ranges.n, 2);
	CHECK_STR(p->ranges.v[0].cidr, "10.0.0.0/8");
	CHECK_STR(p->ranges.v[0].description, "a=b");
	CHECK_STR(p->ranges.v[1].description, NULL);
	CHECK_STR(p->ranges6.v[0].cidr, "::/0");
	CHECK_STR(p->ranges6.v[0].description, "");
	CHECK_STR(p->prefix_lists.v[0].id, "pl-1");
	CHECK_STR(p->peers.v[0].id, "sg-2");
	CHECK_STR(p->peers.v[0].user, "123456789012");
	CHECK_STR(p->peers.v[0].vpc, NULL);
	CHECK_INT(l.v[0].ingress.v[1].to.v, -1);
	CHECK_INT(l.v[0].egress.n, 1);
	CHECK_STR(l.v[0].egress.v[0].protocol, "-1");
	CHECK(!l.v[0].egress.v[0].from.set);
	sent(&x, "DescribeSecurityGroups",
	     "Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 MaxResults=1000");
}

TEST(ec2_revoke_ingress_sends_permissions_as_they_were_read)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, ANSWER("DescribeSecurityGroups", GROUP_1) },
		{ 200, ANSWER("RevokeSecurityGroupIngress",
			      "<return>true</return><unknownIpPermissionSet/>") },
	};
	static const char *id = "sg-1";
	struct ec2_query q = { .ids = { &id, 1 } };
	auto_fixture struct fixture x = { 0 };
	struct ec2_groups l;

	start(&x, answers, 2);
	CHECK(ec2_describe_groups(x.w, &q, &l, &x.a, soon(), &x.e) == 0);
	CHECK(fakeaws_got(&x.f, "GroupId.1=sg-1") && !strstr(x.f.body.p, "MaxResults"));
	CHECK(ec2_revoke_ingress(x.w, id, l.v[0].ingress, &x.a, soon(), &x.e) == 0);
	sent(&x, "RevokeSecurityGroupIngress",
	     "GroupId=sg-1 IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=0 "
	     "IpPermissions.1.ToPort=65535 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8 "
	     "IpPermissions.1.IpRanges.1.Description=a%3Db "
	     "IpPermissions.1.IpRanges.2.CidrIp=0.0.0.0%2F0 "
	     "IpPermissions.1.Ipv6Ranges.1.CidrIpv6=%3A%3A%2F0 "
	     "IpPermissions.1.Ipv6Ranges.1.Description= "
	     "IpPermissions.1.PrefixListIds.1.PrefixListId=pl-1 "
	     "IpPermissions.1.Groups.1.GroupId=sg-2 IpPermissions.1.Groups.1.UserId=123456789012 "
	     "IpPermissions.2.IpProtocol=icmp IpPermissions.2.FromPort=3 "
	     "IpPermissions.2.ToPort=-1");
}

TEST(ec2_authorize_ingress_tells_a_duplicate)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, ANSWER("AuthorizeSecurityGroupIngress",
			      "<return>true</return><securityGroupRuleSet/>") },
		{ 400, "<Response><Errors><Error><Code>InvalidPermission.Duplicate</Code></Error>"
		       "</Errors></Response>" },
		{ 400, "<Response><Errors><Error><Code>RulesPerSecurityGroupLimitExceeded</Code>"
		       "</Error></Errors></Response>" },
	};
	struct ec2_range range = { "10.0.0.0/8", "" };
	struct ec2_permission p = {
		.protocol = "tcp", .from = { 80, true }, .to = { 80, true }, .ranges = { &range, 1 }
	};
	struct ec2_permissions l = { &p, 1 };
	auto_fixture struct fixture x = { 0 };

	start(&x, answers, 3);
	CHECK(ec2_authorize_ingress(x.w, "sg-1", l, &x.a, soon(), &x.e) == 0);
	CHECK(ec2_authorize_ingress(x.w, "sg-1", l, &x.a, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EEXIST);
	CHECK(ec2_authorize_ingress(x.w, "sg-1", l, &x.a, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EDQUOT);
	sent(&x, "AuthorizeSecurityGroupIngress",
	     "GroupId=sg-1 IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=80 "
	     "IpPermissions.1.ToPort=80 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8 "
	     "IpPermissions.1.IpRanges.1.Description=");
}

TEST(ec2_create_group_gives_its_id)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, ANSWER("CreateSecurityGroup",
			      "<return>true</return><groupId>sg-9</groupId><tagSet/>") },
		{ 200, YES("CreateSecurityGroup") },
	};
	struct tag tags[] = { { "k", "v" } };
	struct ec2_create_group q = {
		.vpc = "vpc-1", .name = "k8s-x", .description = "[k8s] x", .tags = { tags, 1 }
	};
	auto_fixture struct fixture x = { 0 };
	const char *id = NULL;

	start(&x, answers, 2);
	CHECK(ec2_create_group(x.w, &q, &id, &x.a, soon(), &x.e) == 0);
	CHECK_STR(id, "sg-9");
	CHECK(ec2_create_group(x.w, &q, &id, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "CreateSecurityGroup: EC2 gives no groupId");
	CHECK(x.e.unsure);
	sent(&x, "CreateSecurityGroup",
	     "GroupName=k8s-x GroupDescription=%5Bk8s%5D%20x VpcId=vpc-1 "
	     "TagSpecification.1.ResourceType=security-group TagSpecification.1.Tag.1.Key=k "
	     "TagSpecification.1.Tag.1.Value=v");
}

TEST(ec2_create_group_is_not_repeated_and_delete_is)
{
	static const struct fakeaws_answer answers[] = {
		{ 500, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors>"
		       "</Response>" },
		{ 500, "<Response><Errors><Error><Code>InternalError</Code></Error></Errors>"
		       "</Response>" },
		{ 400, "<Response><Errors><Error><Code>DependencyViolation</Code></Error></Errors>"
		       "</Response>" },
	};
	struct ec2_create_group q = { .name = "n", .description = "d" };
	auto_fixture struct fixture x = { 0 };
	const char *id = NULL;

	start(&x, answers, 3);
	CHECK(ec2_create_group(x.w, &q, &id, &x.a, soon(), &x.e) < 0);
	CHECK(ec2_delete_group(x.w, "sg-1", &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.code, "DependencyViolation");
	sent(&x, "DeleteSecurityGroup", "GroupId=sg-1");
	CHECK_INT(x.f.asked, 3);
}
