/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_cloud.c - ipamd's conversations with EC2, and what it does when they go wrong. */
#include <string.h>

#include "ipamd_session.h"
#include "quiet.h"

TEST(cloud_lists_enis_with_their_addresses)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct cloud_enis found;
	struct err e = { 0 };

	fake_start(&f);
	fake_add(&f, "eni-1", 2, 2);
	session_open(&s);
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) == 0);
	CHECK_INT((long long)found.list.n, 2);
	CHECK_INT(found.unmanaged, 0);
	CHECK(found.list.v[0].primary && !found.list.v[1].primary);
	CHECK_INT(found.list.v[1].device, 2);
	CHECK_STR(ip_text(found.list.v[1].ip).s, "10.0.0.210");
	CHECK_INT((long long)found.list.v[1].nips, 2);
	CHECK_STR(ip_text(found.list.v[1].ips[1]).s, "10.0.0.212");
	CHECK_STR(cidr_text(found.list.v[1].subnet).s, "10.0.0.0/16");
	/* Both are tagged from now on, and only once. */
	CHECK_INT(fake_find(&f, "eni-0")->ntags, 1);
	CHECK_STR(fake_find(&f, "eni-1")->tags[0][1], "i-0123456789abcdef0");
	f.log[0] = '\0';
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) == 0);
	CHECK(strstr(f.log, "CreateTags") == NULL);
}

TEST(cloud_goes_on_without_an_eni_that_ec2_has_forgotten)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct cloud_enis found;
	struct err e = { 0 };

	fake_start(&f);
	fake_add(&f, "eni-1", 1, 1);
	session_open(&s);
	f.faults[0] =
		(struct fake_fault) { "DescribeNetworkInterfaces",
				      "InvalidNetworkInterfaceID.NotFound",
				      "The networkInterface ID 'eni-1' does not exist", 1, false };
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) == 0);
	CHECK_INT((long long)found.list.n, 1);
	CHECK_STR(found.list.v[0].id, "eni-0");
}

/* ---- more addresses */

static struct attached read_one(struct session *s, size_t i)
{
	struct attacheds list = { 0 };
	struct err e = { 0 };

	CHECK(attached_read(&s->imds, &s->node, &list, &s->a, &e) == 0);
	CHECK(i < list.n);
	return list.v[i];
}

TEST(cloud_assigns_addresses_and_says_which)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct ip *got;
	size_t n;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	x = read_one(&s, 0);
	CHECK(cloud_assign(&s.w, &x, 3, &got, &n, &s.a, &e) == 0);
	CHECK_INT((long long)n, 3);
	CHECK_STR(ip_text(got[0]).s, "10.0.0.11");
	CHECK_STR(ip_text(got[2]).s, "10.0.0.13");
	CHECK_STR(f.log, "AssignPrivateIpAddresses(3) ");
}

TEST(cloud_asks_for_a_single_address_when_many_are_refused)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct ip *got;
	size_t n;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	x = read_one(&s, 0);
	fault(&f, "AssignPrivateIpAddresses", "InsufficientFreeAddressesInSubnet", 1);
	CHECK(cloud_assign(&s.w, &x, 3, &got, &n, &s.a, &e) == 0);
	CHECK_INT((long long)n, 1);
	CHECK_STR(f.log, "AssignPrivateIpAddresses(3) AssignPrivateIpAddresses(1) ");
	f.faults[0].times = 2;
	CHECK(cloud_assign(&s.w, &x, 3, &got, &n, &s.a, &e) < 0);
	CHECK(cloud_insufficient(&e));
	CHECK_INT((long long)n, 0);
}

/* Addresses that EC2 gave without our hearing of it are found, not lost. */
TEST(cloud_finds_addresses_that_were_given_silently)
{
	static const struct {
		const char *code;
		bool done;
	} cases[] = { { "PrivateIpAddressLimitExceeded", true }, { "", true } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { 0 };
		auto_session struct session s = { 0 };
		struct attached x;
		struct ip *got;
		size_t n;
		struct err e = { 0 };

		fake_start(&f);
		session_open(&s);
		x = read_one(&s, 0);
		fault(&f, "AssignPrivateIpAddresses", cases[i].code, 1);
		f.faults[0].done = cases[i].done;
		CHECK(cloud_assign(&s.w, &x, 2, &got, &n, &s.a, &e) == 0);
		CHECK_INT((long long)n, 2);
		CHECK_STR(ip_text(got[1]).s, "10.0.0.12");
		CHECK_STR(f.log, "AssignPrivateIpAddresses(2) DescribeNetworkInterfaces ");
	}
}

TEST(cloud_reports_a_limit_when_there_is_nothing_to_find)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct ip *got;
	size_t n;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	x = read_one(&s, 0);
	fault(&f, "AssignPrivateIpAddresses", "PrivateIpAddressLimitExceeded", 1);
	CHECK(cloud_assign(&s.w, &x, 2, &got, &n, &s.a, &e) < 0);
	CHECK_STR(e.code, "PrivateIpAddressLimitExceeded");
}

/* Our own rate limit lets one call of each kind pass. */
static const struct aws_options once = {
	.throttle = "EC2:^AssignPrivateIpAddresses=0.001:1,EC2:^CreateNetworkInterface=0.001:1"
};

TEST(cloud_looks_for_no_addresses_that_were_never_asked_for)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct ip *got;
	size_t n;
	struct err e = { 0 };

	fake_start(&f);
	session_open_as(&s, &once);
	x = read_one(&s, 0);
	CHECK(cloud_assign(&s.w, &x, 1, &got, &n, &s.a, &e) == 0);
	CHECK(cloud_assign(&s.w, &x, 2, &got, &n, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "our own rate limit") != NULL);
	CHECK_STR(f.log, "AssignPrivateIpAddresses(1) ");
}

/* ---- new ENIs */

TEST(cloud_creates_attaches_and_waits)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct fake_eni *made;
	struct err e = { 0 };

	fake_start(&f);
	fake_add(&f, "eni-2", 2, 0);
	session_open(&s);
	CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) == 0);
	CHECK_STR(x.id, "eni-new0");
	CHECK_INT(x.device, 1); /* the lowest free one */
	CHECK_INT((long long)x.nips, 3);
	CHECK_STR(f.log, "DescribeSubnets CreateNetworkInterface(3) DescribeInstances "
			 "AttachNetworkInterface(1) ModifyNetworkInterfaceAttribute ");
	made = fake_find(&f, "eni-new0");
	CHECK(made->delete_on_termination);
	CHECK_STR(made->description, "aws-K8S-i-0123456789abcdef0");
	CHECK_STR(made->subnet, "subnet-1");
	CHECK_INT(made->ntags, 2);
	CHECK_STR(made->tags[0][0], "node.k8s.amazonaws.com/instance_id");
	CHECK_STR(made->tags[1][0], "node.k8s.amazonaws.com/createdAt");
}

/* Whatever step fails, no ENI is left. */
TEST(cloud_leaves_no_eni_behind)
{
	static const struct {
		const char *action, *code;
		bool done;
	} cases[] = {
		{ "DescribeInstances", "UnauthorizedOperation", false },
		{ "AttachNetworkInterface", "AttachmentLimitExceeded", false },
		{ "AttachNetworkInterface", "", true }, /* attached, but we do not hear it */
		{ "ModifyNetworkInterfaceAttribute", "UnauthorizedOperation", false },
		{ "CreateNetworkInterface", "PrivateIpAddressLimitExceeded", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { 0 };
		auto_session struct session s = { 0 };
		struct attached x;
		struct err e = { 0 };

		fake_start(&f);
		session_open(&s);
		fault(&f, cases[i].action, cases[i].code, 1);
		f.faults[0].done = cases[i].done;
		CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) < 0);
		CHECK_STR(e.code, cases[i].code);
		CHECK_INT(f.nenis, 1);
	}
}

/* CreateNetworkInterface carries a token and is asked again; when no answer comes at all, what it
 * may have made is looked for by its tags. */
TEST(cloud_deletes_what_an_unanswered_creation_made)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	fault(&f, "CreateNetworkInterface", "", 10);
	f.faults[0].done = true;
	CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) < 0);
	CHECK(f.made > 0);
	CHECK_INT(f.nenis, 1);
}

TEST(cloud_looks_for_no_eni_that_was_never_asked_for)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct err e = { 0 };

	fake_start(&f);
	session_open_as(&s, &once);
	fault(&f, "CreateNetworkInterface", "UnauthorizedOperation", 1);
	CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) < 0);
	CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) < 0);
	CHECK(strstr(e.msg, "our own rate limit") != NULL);
	CHECK_STR(f.log, "DescribeSubnets CreateNetworkInterface(3) DescribeSubnets ");
}

/* Of the first subnet nobody knows; the second is full. */
TEST(cloud_looks_for_what_it_may_have_made_before_it_goes_on)
{
	static const char two[] =
		"<item><subnetId>subnet-1</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
		"<availableIpAddressCount>3</availableIpAddressCount></item>"
		"<item><subnetId>subnet-2</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
		"<availableIpAddressCount>2</availableIpAddressCount><tagSet><item>"
		"<key>kubernetes.io/role/cni</key><value>1</value></item></tagSet></item>";
	static const char *const second[] = { "InsufficientFreeAddressesInSubnet", NULL };

	for (size_t i = 0; i < COUNT(second); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { .subnets = two };
		auto_session struct session s = { 0 };
		struct attached x;
		struct err e = { 0 };

		fake_start(&f);
		session_open(&s);
		fault(&f, "CreateNetworkInterface", "", 3); /* as often as it is tried */
		f.faults[0].done = true;
		if (second[i])
			fault(&f, "CreateNetworkInterface", second[i], 1);
		CHECK((cloud_create(&s.w, 1, &x, &s.a, &e) == 0) == !second[i]);
		CHECK_INT(f.nenis, second[i] ? 1 : 2);
	}
}

TEST(cloud_tries_the_next_subnet)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = {
		.subnets =
			"<item><subnetId>subnet-1</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
			"<availableIpAddressCount>3</availableIpAddressCount></item>"
			"<item><subnetId>subnet-2</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
			"<availableIpAddressCount>900</availableIpAddressCount><tagSet><item>"
			"<key>kubernetes.io/role/cni</key><value>1</value></item></tagSet></item>"
	};
	auto_session struct session s = { 0 };
	struct attached x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	CHECK(cloud_create(&s.w, 1, &x, &s.a, &e) == 0);
	CHECK_STR(fake_find(&f, "eni-new0")->subnet, "subnet-2");
	fault(&f, "CreateNetworkInterface", "InsufficientFreeAddressesInSubnet", 1);
	CHECK(cloud_create(&s.w, 1, &x, &s.a, &e) == 0);
	CHECK_STR(fake_find(&f, "eni-new1")->subnet, "subnet-1");
}

TEST(cloud_creates_in_the_nodes_subnet_when_subnets_are_secret)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	fault(&f, "DescribeSubnets", "UnauthorizedOperation", 1);
	CHECK(cloud_create(&s.w, 1, &x, &s.a, &e) == 0);
	CHECK_STR(fake_find(&f, "eni-new0")->subnet, "subnet-1");
}

TEST(cloud_creates_nothing_in_a_forbidden_subnet)
{
	static const char forbidden[] =
		"<item><subnetId>subnet-1</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
		"<availableIpAddressCount>3</availableIpAddressCount><tagSet><item>"
		"<key>kubernetes.io/role/cni</key><value>0</value></item></tagSet></item>";
	static const struct {
		bool discovery;
		const char *words;
	} cases[] = {
		{ true, "no valid subnets available for ENI creation" },
		{ false, "primary subnet is tagged with kubernetes.io/role/cni=0" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_fake struct fake f = { .subnets = forbidden };
		auto_session struct session s = { 0 };
		struct attached x;
		struct err e = { 0 };

		fake_start(&f);
		session_open(&s);
		s.config.subnet_discovery = cases[i].discovery;
		CHECK(cloud_create(&s.w, 1, &x, &s.a, &e) < 0);
		CHECK(strstr(e.msg, cases[i].words) != NULL);
		CHECK(strstr(f.log, "CreateNetworkInterface") == NULL);
	}
}

/* ---- after a crash */

TEST(cloud_cleans_up_after_an_agent_that_died_half_way)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct cloud_enis found;
	struct fake_eni *x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	for (int i = 0; i < 5; i++) { /* created; attached; two not ours; attached just now */
		char id[16];

		snprintf(id, sizeof(id), "eni-%d", i + 1);
		x = fake_add(&f, id, i + 1, 1);
		snprintf(x->description, sizeof(x->description), "aws-K8S-i-0123456789abcdef0");
		fake_tag(x, "node.k8s.amazonaws.com/instance_id", "i-0123456789abcdef0");
		fake_tag(x, "node.k8s.amazonaws.com/createdAt", "2026-01-02T03:04:05Z");
	}
	fake_find(&f, "eni-1")->device = -1;
	fake_find(&f, "eni-2")->delete_on_termination = false;
	fake_find(&f, "eni-3")->device = -1;
	snprintf(fake_find(&f, "eni-3")->description, 64, "somebody's own");
	fake_find(&f, "eni-4")->device = -1;
	fake_find(&f, "eni-5")->hidden = true;
	fake_tag(fake_find(&f, "eni-4"), "node.k8s.amazonaws.com/instance_id", "i-other");
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) == 0);
	CHECK_INT((long long)found.nlate, 1);
	CHECK_STR(found.late[0].id, "eni-5");
	CHECK_INT((long long)found.late[0].ips, 1);
	CHECK(fake_find(&f, "eni-1") == NULL);
	CHECK(fake_find(&f, "eni-2")->delete_on_termination);
	CHECK(fake_find(&f, "eni-3") != NULL);
	CHECK(fake_find(&f, "eni-4") != NULL);
	CHECK_INT((long long)found.list.n, 2);
	CHECK_STR(found.list.v[1].id, "eni-2");
}
