/* SPDX-License-Identifier: Apache-2.0 */
/* ec2_actions.c - EC2's rows, dry runs, and what ipamd sends with prefixes, groups and tags. */
#include <errno.h>

#include "ec2host.h"
#include "ec2sg.h"
#include "ec2test.h"
#include "ec2vpc.h"

#define REFUSED(code, message)                                                 \
	HEAD "<Response><Errors><Error><Code>" code "</Code><Message>" message \
	     "</Message></Error></Errors><RequestID>0a1b</RequestID></Response>"

TEST(ec2_every_row_is_whole)
{
	for (int i = 0; i < EC2_ACTIONS; i++) {
		const struct aws_action *act = &ec2_actions[i];
		bool listed = !act->list;

		CHECK(act->service == AWS_EC2 && act->name && act->in);
		CHECK_STR(act->in->f[0].name[0], "DryRun");
		CHECK(!act->token_in == !act->list && !act->token_out == !act->list);
		for (size_t k = 0; !listed && k < act->out->n; k++)
			listed = act->out->f[k].kind == SHAPE_LIST &&
				 strcmp(act->out->f[k].name[1], act->list) == 0;
		CHECK(listed);
		for (int k = 0; k < i; k++)
			CHECK(strcmp(ec2_actions[k].name, act->name) != 0);
	}
}

TEST(ec2_dry_run_tells_whether_it_would_be_done)
{
	static const struct fakeaws_answer answers[] = {
		{ 412, REFUSED("DryRunOperation", "Request would have succeeded, but DryRun flag "
						  "is set.") },
		{ 403, REFUSED("UnauthorizedOperation", "You are not authorized to perform this "
							"operation.") },
		{ 200, YES("DeleteSecurityGroup") },
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_change in = { .eni = "eni-1" };
	struct ec2_group_change group = { .id = "sg-1" };

	start(&x, answers, 3);
	CHECK(ec2_dry_run(x.w, EC2_DELETE_ENI, &in, soon(), &x.e) == 0);
	CHECK(ec2_dry_run(x.w, EC2_DELETE_ENI, &in, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EACCES);
	CHECK_STR(x.e.code, "UnauthorizedOperation");
	CHECK(ec2_dry_run(x.w, EC2_DELETE_GROUP, &group, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "DeleteSecurityGroup: EC2 has done it although it was told not to");
	CHECK(!in.dry_run && !group.dry_run);
	sent(&x, "DeleteSecurityGroup", "DryRun=true GroupId=sg-1");
}

TEST(ec2_create_eni_sends_prefixes_and_tracking)
{
	static const struct fakeaws_answer answers[] = {
		{ 200,
		  ANSWER("CreateNetworkInterface",
			 "<networkInterface><networkInterfaceId>eni-1</networkInterfaceId>"
			 "<status>pending</status><ipv4PrefixSet><item><ipv4Prefix>10.0.1.16/28"
			 "</ipv4Prefix></item></ipv4PrefixSet><ipv6PrefixSet><item><ipv6Prefix>"
			 "2001:db8:0:1::/80</ipv6Prefix></item></ipv6PrefixSet><ipv6AddressesSet>"
			 "<item><ipv6Address>2001:db8::7</ipv6Address></item></ipv6AddressesSet>"
			 "<groupSet><item><groupId>sg-1</groupId><groupName>a</groupName></item>"
			 "<item><groupId>sg-2</groupId></item></groupSet>"
			 "<connectionTrackingConfiguration><tcpEstablishedTimeout>600"
			 "</tcpEstablishedTimeout><udpTimeout>30</udpTimeout>"
			 "</connectionTrackingConfiguration></networkInterface>") },
		{ 200, YES("CreateNetworkInterface") },
	};
	struct ec2_tracking tracking = { { 600, true }, { 0 }, { 30, true } };
	struct ec2_create_eni q = {
		.subnet = "subnet-1", .description = "d", .prefixes = 1, .tracking = &tracking
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_eni eni = { 0 };
	const char *token;

	start(&x, answers, 2);
	CHECK(ec2_create_eni(x.w, &q, &eni, &x.a, soon(), &x.e) == 0);
	CHECK_INT(eni.prefixes.n, 1);
	CHECK_STR(cidr_text(eni.prefixes.v[0]).s, "10.0.1.16/28");
	CHECK_STR(cidr_text(eni.ipv6_prefixes.v[0]).s, "2001:db8:0:1::/80");
	CHECK_STR(ip_text(eni.ipv6.v[0]).s, "2001:db8::7");
	CHECK_INT(eni.groups.n, 2);
	CHECK_STR(eni.groups.v[1], "sg-2");
	CHECK(eni.tracking && eni.tracking->tcp_established.v == 600 && eni.tracking->udp.v == 30);
	CHECK(!eni.tracking->udp_stream.set);
	q.prefixes = 0;
	q.ipv6_addresses = 2;
	CHECK(ec2_create_eni(x.w, &q, &eni, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "CreateNetworkInterface: EC2 gives no networkInterface");
	CHECK(x.e.unsure);
	token = arena_fmt(&x.a, "%.36s", strstr(x.f.body.p, "ClientToken=") + 12);
	sent(&x, "CreateNetworkInterface",
	     arena_fmt(&x.a,
		       "ClientToken=%s SubnetId=subnet-1 Description=d Ipv6AddressCount=2 "
		       "ConnectionTrackingSpecification.TcpEstablishedTimeout=600 "
		       "ConnectionTrackingSpecification.UdpTimeout=30",
		       token));
}

TEST(ec2_assign_prefixes_gives_the_new_ones)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, ANSWER("AssignPrivateIpAddresses",
			      "<networkInterfaceId>eni-1</networkInterfaceId>"
			      "<assignedIpv4PrefixSet><item><ipv4Prefix>10.0.0.16/28</ipv4Prefix>"
			      "</item><item><ipv4Prefix>10.0.0.32/28</ipv4Prefix></item>"
			      "</assignedIpv4PrefixSet><return>true</return>") },
		{ 200, ANSWER("AssignPrivateIpAddresses",
			      "<assignedIpv4PrefixSet><item><ipv4Prefix>10.0.0.16</ipv4Prefix>"
			      "</item></assignedIpv4PrefixSet>") },
		{ 200, ANSWER("AssignPrivateIpAddresses",
			      "<assignedIpv4PrefixSet><item><ipv4Prefix/></item>"
			      "</assignedIpv4PrefixSet>") },
	};
	auto_fixture struct fixture x = { 0 };
	struct cidrs got;

	start(&x, answers, 3);
	CHECK(ec2_assign_prefixes(x.w, "eni-1", 2, &got, &x.a, soon(), &x.e) == 0);
	CHECK_INT(got.n, 2);
	CHECK_STR(cidr_text(got.v[1]).s, "10.0.0.32/28");
	CHECK(ec2_assign_prefixes(x.w, "eni-1", 2, &got, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "AssignPrivateIpAddresses: assignedIpv4PrefixSet/item/ipv4Prefix "
			   "'10.0.0.16' is not a CIDR block");
	CHECK(ec2_assign_prefixes(x.w, "eni-1", 2, &got, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "AssignPrivateIpAddresses: a prefix is empty");
	CHECK(x.e.unsure);
	sent(&x, "AssignPrivateIpAddresses", "NetworkInterfaceId=eni-1 Ipv4PrefixCount=2");
}

TEST(ec2_assign_ipv6_prefixes_gives_the_new_ones)
{
	static const struct fakeaws_answer answer = {
		200, ANSWER("AssignIpv6Addresses",
			    "<networkInterfaceId>eni-1</networkInterfaceId><assignedIpv6Addresses/>"
			    "<assignedIpv6PrefixSet><item>2001:db8:0:1::/80</item>"
			    "</assignedIpv6PrefixSet>")
	};
	auto_fixture struct fixture x = { 0 };
	struct cidrs got;

	start(&x, &answer, 1);
	CHECK(ec2_assign_ipv6_prefixes(x.w, "eni-1", 1, &got, &x.a, soon(), &x.e) == 0);
	CHECK_INT(got.n, 1);
	CHECK_STR(cidr_text(got.v[0]).s, "2001:db8:0:1::/80");
	sent(&x, "AssignIpv6Addresses", "NetworkInterfaceId=eni-1 Ipv6PrefixCount=1");
}

TEST(ec2_unassigns_prefixes_of_both_families)
{
	static const struct fakeaws_answer yes[] = { { 200, YES("UnassignPrivateIpAddresses") },
						     { 200, YES("UnassignIpv6Addresses") } };
	struct cidr v4[2], v6;

	CHECK(cidr_parse("10.0.0.16/28", &v4[0]) && cidr_parse("10.0.0.32/28", &v4[1]));
	CHECK(cidr_parse("2001:db8::/80", &v6));
	for (int i = 0; i < 2; i++) {
		auto_fixture struct fixture x = { 0 };

		start(&x, &yes[i], 1);
		if (i == 0) {
			CHECK(ec2_unassign_prefixes(x.w, "eni-1", (struct cidrs) { v4, 2 }, &x.a,
						    soon(), &x.e) == 0);
			sent(&x, "UnassignPrivateIpAddresses",
			     "NetworkInterfaceId=eni-1 Ipv4Prefix.1=10.0.0.16%2F28 "
			     "Ipv4Prefix.2=10.0.0.32%2F28");
		} else {
			CHECK(ec2_unassign_ipv6_prefixes(x.w, "eni-1", (struct cidrs) { &v6, 1 },
							 &x.a, soon(), &x.e) == 0);
			sent(&x, "UnassignIpv6Addresses",
			     "NetworkInterfaceId=eni-1 Ipv6Prefix.1=2001%3Adb8%3A%3A%2F80");
		}
	}
}

TEST(ec2_set_groups_replaces_them_and_wants_one)
{
	static const struct fakeaws_answer yes = { 200, YES("ModifyNetworkInterfaceAttribute") };
	static const char *groups[] = { "sg-1", "sg-2" };
	auto_fixture struct fixture x = { 0 };

	start(&x, &yes, 1);
	CHECK(ec2_set_groups(x.w, "eni-1", (struct strs) { 0 }, &x.a, soon(), &x.e) < 0);
	CHECK_STR(x.e.msg, "eni-1: no security groups given");
	CHECK(ec2_set_groups(x.w, "eni-1", (struct strs) { groups, 2 }, &x.a, soon(), &x.e) == 0);
	sent(&x, "ModifyNetworkInterfaceAttribute",
	     "NetworkInterfaceId=eni-1 SecurityGroupId.1=sg-1 SecurityGroupId.2=sg-2");
	CHECK_INT(x.f.asked, 1);
}

TEST(ec2_delete_tags_wants_keys)
{
	static const struct fakeaws_answer yes = { 200, YES("DeleteTags") };
	struct tag v[] = { { "a", NULL }, { "b", "" } };
	struct tags none = { 0 }, t = { v, 2 };
	auto_fixture struct fixture x = { 0 };

	start(&x, &yes, 1);
	CHECK(ec2_delete_tags(x.w, "sg-1", &none, &x.a, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, EINVAL);
	CHECK(ec2_delete_tags(x.w, "sg-1", &t, &x.a, soon(), &x.e) == 0);
	sent(&x, "DeleteTags", "ResourceId.1=sg-1 Tag.1.Key=a Tag.2.Key=b Tag.2.Value=");
	CHECK_INT(x.f.asked, 1);
}

TEST(ec2_describe_tags_reads_all_fields)
{
	static const struct fakeaws_answer answer = {
		200,
		ANSWER("DescribeTags", "<tagSet><item><resourceId>i-1</resourceId><resourceType>"
				       "instance</resourceType><key>k8s.io/cluster</key><value>"
				       "c</value></item></tagSet>")
	};
	static const char *id = "i-1", *keys[] = { "k1", "k2" };
	struct ec2_filter f[] = { { "resource-id", { &id, 1 } }, { "key", { keys, 2 } } };
	auto_fixture struct fixture x = { 0 };
	struct ec2_taggeds l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_tags(x.w, (struct ec2_filters) { f, 2 }, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(l.v[0].resource, "i-1");
	CHECK_STR(l.v[0].type, "instance");
	CHECK_STR(l.v[0].key, "k8s.io/cluster");
	CHECK_STR(l.v[0].value, "c");
	sent(&x, "DescribeTags",
	     "Filter.1.Name=resource-id Filter.1.Value.1=i-1 Filter.2.Name=key "
	     "Filter.2.Value.1=k1 Filter.2.Value.2=k2 MaxResults=1000");
}

/* ---- one by one */

#define PAGE_OF(items, more)                                                          \
	ANSWER("DescribeNetworkInterfaces",                                           \
	       "<networkInterfaceSet>" items "</networkInterfaceSet><nextToken>" more \
	       "</nextToken>")
#define ITEM(id) "<item><networkInterfaceId>" id "</networkInterfaceId></item>"

struct seen {
	struct buf ids;
	int stop_after;
};

static int see(const void *item, void *arg, struct err *e)
{
	const struct ec2_eni *n = item;
	struct seen *s = arg;

	buf_fmt(&s->ids, "%s ", n->id);
	return --s->stop_after == 0 ? fail(e, ECANCELED, "enough") : 0;
}

TEST(ec2_each_eni_meets_every_one_of_every_page)
{
	static const struct fakeaws_answer answers[] = { { 200, PAGE_OF(ITEM("eni-1") ITEM("eni-2"),
									"t1") },
							 { 200, PAGE_OF("", "t2") },
							 { 200, PAGE_OF(ITEM("eni-3"), "") } };
	auto_fixture struct fixture x = { 0 };
	struct ec2_query q = { 0 };
	struct seen s = { 0 };

	start(&x, answers, 3);
	CHECK(ec2_each_eni(x.w, &q, see, &s, soon(), &x.e) == 0);
	CHECK_STR(s.ids.p, "eni-1 eni-2 eni-3 ");
	sent(&x, "DescribeNetworkInterfaces", "MaxResults=1000 NextToken=t2");
	CHECK_INT(x.f.asked, 3);
	buf_free(&s.ids);
}

TEST(ec2_each_eni_ends_with_the_error_of_its_function)
{
	static const struct fakeaws_answer answers[] = { { 200, PAGE_OF(ITEM("eni-1") ITEM("eni-2"),
									"t1") } };
	auto_fixture struct fixture x = { 0 };
	struct seen s = { .stop_after = 2 };
	struct ec2_query q = { 0 };

	start(&x, answers, 1);
	CHECK(ec2_each_eni(x.w, &q, see, &s, soon(), &x.e) < 0);
	CHECK_INT(x.e.num, ECANCELED);
	CHECK_STR(s.ids.p, "eni-1 eni-2 ");
	web_stop(&x.f.web);
	CHECK_INT(x.f.asked, 1);
	buf_free(&s.ids);
}

TEST(ec2_each_eni_names_the_one_that_it_cannot_read)
{
	static const struct {
		const char *item, *want;
	} cases[] = {
		{ "<item><networkInterfaceId>i-1</networkInterfaceId></item>",
		  "networkInterfaceId 'i-1' is not one" },
		{ "<item><networkInterfaceId>eni-1</networkInterfaceId><attachment><deviceIndex>x"
		  "</deviceIndex></attachment></item>",
		  "eni-1: attachment/deviceIndex 'x' is not a whole number" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fixture struct fixture x = { 0 };
		struct fakeaws_answer answer = { 200, NULL };
		struct ec2_query q = { 0 };
		struct seen s = { 0 };

		answer.body = arena_fmt(&x.a,
					ANSWER("DescribeNetworkInterfaces",
					       "<networkInterfaceSet>%s</networkInterfaceSet>"),
					cases[i].item);
		start(&x, &answer, 1);
		CHECK(ec2_each_eni(x.w, &q, see, &s, soon(), &x.e) < 0);
		CHECK_INT(x.e.num, EBADMSG);
		CHECK(strstr(x.e.msg, cases[i].want));
		web_stop(&x.f.web);
		CHECK_INT(x.f.asked, 1);
	}
}
