/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_facts.c - what ipamd reads from IMDS, and what it does not believe. */
#include <string.h>

#include "ipamd_session.h"
#include "quiet.h"

TEST(facts_reads_the_nodes_facts)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };

	fake_start(&f);
	session_open(&s);
	CHECK_STR(s.node.instance, "i-0123456789abcdef0");
	CHECK_STR(s.node.type, "t3.small");
	CHECK_STR(s.node.zone, "us-east-1a");
	CHECK_STR(s.node.vpc, "vpc-1");
	CHECK_STR(s.node.subnet, "subnet-1");
	CHECK_STR(s.node.eni, "eni-0");
	CHECK_STR(ip_text(s.node.ip).s, "10.0.0.10");
	CHECK_STR(mac_text(s.node.mac).s, "02:00:00:00:00:00");
	CHECK_STR(aws_region(s.aws), "us-east-1");
	CHECK_INT(s.node.max_enis, 3);
	CHECK_INT(s.node.ips_per_eni, 3);
}

TEST(facts_refuses_facts_that_cannot_be)
{
	static const struct {
		const char *path, *text, *words;
	} cases[] = {
		{ "instance-id", "i-1; rm", "instance-id" },
		{ "instance-id", NULL, "instance-id" },
		{ "instance-type", "", "instance-type" },
		{ "instance-type", "x9.huge", "'x9.huge' is not in the built-in table" },
		{ "local-ipv4", "10.0.0.256", "local-ipv4 '10.0.0.256'" },
		{ "local-ipv4", "::1", "local-ipv4 '::1'" },
		{ "mac", "02-00", "mac '02-00'" },
		{ "placement/availability-zone", "../..", "availability-zone" },
		{ "network/interfaces/macs/02:00:00:00:00:00/vpc-id", "vpc/1", "vpc-id" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { 0 };
		auto_session struct session s = { 0 };
		struct err e = { 0 };

		fake_start(&f);
		says(&f, cases[i].path, cases[i].text);
		CHECK(imds_init(&s.imds, &e) == 0);
		CHECK(nodefacts_read(&s.node, &s.config, &s.imds, &e) < 0);
		if (!strstr(e.msg, cases[i].words))
			test_str(__FILE__, __LINE__, "message", e.msg, cases[i].words);
	}
}

TEST(facts_reads_vpc_cidrs_once_each)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { .vpc_cidrs = "10.0.0.0/16\n100.64.0.0/16\n10.0.3.4/16\n" };
	auto_session struct session s = { 0 };
	struct cidrs c;
	struct err e;

	fake_start(&f);
	session_open(&s);
	CHECK(nodefacts_vpc_cidrs(&s.node, &s.imds, &c, &s.a, &e) == 0);
	CHECK_INT((long long)c.n, 2);
	CHECK_STR(cidr_text(c.v[0]).s, "10.0.0.0/16");
	CHECK_STR(cidr_text(c.v[1]).s, "100.64.0.0/16");
	f.vpc_cidrs = "10.0.0.0/16\nten";
	CHECK(nodefacts_vpc_cidrs(&s.node, &s.imds, &c, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "'ten'") != NULL);
	says(&f, "network/interfaces/macs/02:00:00:00:00:00/vpc-ipv4-cidr-blocks", NULL);
	CHECK(nodefacts_vpc_cidrs(&s.node, &s.imds, &c, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "vpc-ipv4-cidr-blocks") != NULL);
}

/* ---- attached ENIs */

TEST(facts_leaves_out_an_eni_that_imds_describes_badly)
{
#define MAC1 "network/interfaces/macs/02:00:00:00:00:01/"
	static const struct {
		const char *path, *text;
		size_t enis;
	} cases[] = {
		{ MAC1 "device-number", "one", 1 },
		{ MAC1 "device-number", "100", 1 },
		{ MAC1 "device-number", "-1", 1 },
		{ MAC1 "device-number", NULL, 1 },
		{ MAC1 "subnet-ipv4-cidr-block", NULL, 1 },
		{ MAC1 "device-number", "0", 1 },
		{ MAC1 "interface-id", "eni 1", 1 },
		{ MAC1 "interface-id", "eni-0", 1 },
		{ MAC1 "network-card", "x", 1 },
		{ MAC1 "network-card", "0", 2 },
		{ MAC1 "local-ipv4s", "10.9.0.1", 1 },
		{ MAC1 "local-ipv4s", NULL, 1 },
		{ MAC1 "local-ipv4s", "ten", 1 },
		{ MAC1 "subnet-ipv4-cidr-block", "x", 1 },
		{ MAC1 "subnet-ipv4-cidr-block", "0.0.0.0/0", 1 },
		{ "network/interfaces/macs/", "02:00:00:00:00:00/\n../../x/\n02:00:00:00:00:01/",
		  2 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { 0 };
		auto_session struct session s = { 0 };
		struct attacheds list = { 0 };
		struct err e = { 0 };

		fake_start(&f);
		fake_add(&f, "eni-1", 1, 1);
		session_open(&s);
		says(&f, cases[i].path, cases[i].text);
		CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) == 0);
		CHECK_INT((long long)list.n, (long long)cases[i].enis);
		CHECK_STR(list.v[0].id, "eni-0");
	}
}

TEST(facts_leaves_out_single_addresses_that_are_wrong)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attacheds list = { 0 };
	struct err e = { 0 };

	fake_start(&f);
	fake_add(&f, "eni-1", 1, 1);
	session_open(&s);
	says(&f, MAC1 "local-ipv4s",
	     "10.0.0.110\n10.0.0.111\n10.0.0.111\n10.0.0.110\n10.1.0.1\nx\n10.0.0.112");
	CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) == 0);
	CHECK_INT((long long)list.n, 2);
	CHECK_INT((long long)list.v[1].nips, 2);
	CHECK_STR(ip_text(list.v[1].ips[1]).s, "10.0.0.112");
}

TEST(facts_cannot_do_without_the_primary_eni)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attacheds list = { 0 };
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	says(&f, "network/interfaces/macs/02:00:00:00:00:00/local-ipv4s", "ten");
	CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "'ten'") != NULL);
	f.items[0] = (struct fake_item) { "network/interfaces/macs/", "02:00:00:00:00:09/" };
	CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "primary ENI") != NULL);
}
