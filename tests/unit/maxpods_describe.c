/* SPDX-License-Identifier: Apache-2.0 */
/* maxpods_describe.c - what EC2 and IMDS say about a type, and what cannot be believed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fakeaws.h"
#include "fakevpc.h"
#include "test.h"
#include "typefind.h"

#define TYPE(inside)                                                                    \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><DescribeInstanceTypesResponse "     \
	"xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId>" \
	"<instanceTypeSet><item>" inside                                                \
	"</item></instanceTypeSet></DescribeInstanceTypesResponse>"
#define CARD(index, max)                                       \
	"<item><networkCardIndex>" index "</networkCardIndex>" \
	"<maximumNetworkInterfaces>" max "</maximumNetworkInterfaces></item>"
#define NET(enis, ipv4, cards)                                                                \
	"<networkInfo><maximumNetworkInterfaces>" enis "</maximumNetworkInterfaces>"          \
	"<maximumNetworkCards>2</maximumNetworkCards>"                                        \
	"<defaultNetworkCardIndex>1</defaultNetworkCardIndex>"                                \
	"<ipv4AddressesPerInterface>" ipv4 "</ipv4AddressesPerInterface><networkCards>" cards \
	"</networkCards></networkInfo>"
#define NAME "<instanceType>x99.large</instanceType>"
#define TWO CARD("0", "3") CARD("1", "5")
#define CPU(n) "<vCpuInfo><defaultVCpus>" n "</defaultVCpus></vCpuInfo>"
#define MEM(n) "<memoryInfo><sizeInMiB>" n "</sizeInMiB></memoryInfo>"

static int describe(int status, const char *body, struct limits *out, struct err *e, int *asked)
{
	const struct fakeaws_answer answers[] = { { status, body } };
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 1 };
	auto_aws struct aws *w = NULL;
	int rc;

	fakeaws_start(&f, &w);
	rc = type_describe("x99.large", out, now_ms() + 20000, e);
	web_stop(&f.web);
	CHECK(fakeaws_got(&f, "Action=DescribeInstanceTypes"));
	CHECK(fakeaws_got(&f, "InstanceType.1=x99.large"));
	CHECK_INT(f.bad_signatures, 0);
	*asked = (int)f.asked;
	return rc;
}

TEST(maxpods_describe_reads_what_ec2_says_of_a_type)
{
	static const char body[] = TYPE(
		NAME "<bareMetal>true</bareMetal><hypervisor>nitro</hypervisor>"
		     "<processorInfo><supportedArchitectures><item>i386</item><item>x86_64</item>"
		     "<item>z80</item></supportedArchitectures></processorInfo>" CPU("48")
			     MEM("98304") NET("8", "30", TWO));
	struct limits l = { 0 };
	struct err e = { 0 };
	int asked;

	CHECK(describe(200, body, &l, &e, &asked) == 0);
	CHECK_STR(l.type, "x99.large");
	CHECK(l.enis == 5 && l.ipv4 == 30 && l.cards == 2 && l.default_card == 1);
	CHECK(l.cards_differ);
	CHECK(l.vcpus == 48 && l.memory_mib == 98304 && l.branch_enis == -1);
	CHECK(l.hypervisor == HYPERVISOR_NITRO && l.bare_metal);
	CHECK_INT(l.archs, ARCH_I386 | ARCH_X86_64);
	CHECK_INT(asked, 1);
}

TEST(maxpods_describe_does_without_what_ec2_does_not_say)
{
	static const char body[] =
		TYPE(NAME "<hypervisor>xen</hypervisor><networkInfo><maximumNetworkInterfaces>4"
			  "</maximumNetworkInterfaces><ipv4AddressesPerInterface>15"
			  "</ipv4AddressesPerInterface></networkInfo>");
	struct limits l = { 0 };
	struct err e = { 0 };
	int asked;

	CHECK(describe(200, body, &l, &e, &asked) == 0);
	CHECK(l.enis == 4 && l.ipv4 == 15 && l.cards == 0 && l.vcpus == -1 && l.memory_mib == -1);
	CHECK(l.hypervisor == HYPERVISOR_XEN && !l.bare_metal && !l.archs);
}

TEST(maxpods_describe_refuses_what_cannot_be)
{
	static const struct {
		int status;
		const char *body;
		int num;
		const char *want;
	} v[] = {
		{ 200, TYPE(NAME CPU("40000") NET("8", "30", TWO)), EBADMSG, "40000 vCPUs" },
		{ 200, TYPE(NAME NET("8", "300", TWO)), EBADMSG, "300 IPv4 addresses per ENI" },
		{ 200, TYPE(NAME NET("8", "30", CARD("1", "900"))), EBADMSG, "900 ENIs" },
		{ 200, TYPE(NAME NET("8", "0", TWO)), EBADMSG, "IPv4" },
		{ 200, TYPE(NAME), EBADMSG, "IPv4" },
		{ 200, TYPE("<instanceType>x99.small</instanceType>" NET("8", "30", TWO)), EBADMSG,
		  "x99.small" },
		{ 200,
		  "<DescribeInstanceTypesResponse><instanceTypeSet/></"
		  "DescribeInstanceTypesResponse>",
		  ENOENT, "x99.large" },
		{ 400,
		  "<Response><Errors><Error><Code>InvalidInstanceType</Code><Message>The following "
		  "supplied instance types do not exist: [x99.large]</Message></Error></Errors>"
		  "<RequestID>r-2</RequestID></Response>",
		  ENOENT, "do not exist" },
		{ 403,
		  "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not."
		  "</Message></Error></Errors><RequestID>r-2</RequestID></Response>",
		  EACCES, "You may not" },
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct limits l = { 0 };
		struct err e = { 0 };
		int asked;

		CHECK(describe(v[i].status, v[i].body, &l, &e, &asked) < 0);
		CHECK_INT(e.num, v[i].num);
		CHECK(strstr(e.msg, v[i].want));
		if (!strstr(e.msg, v[i].want))
			printf("#   %zu: %s\n", i, e.msg);
		CHECK_STR(l.type, "");
	}
}

TEST(maxpods_describe_refuses_numbers_that_are_none)
{
	static const char *const v[] = { TYPE(NAME CPU("many") NET("8", "30", TWO)),
					 TYPE(NAME MEM("-1") NET("8", "30", TWO)),
					 TYPE(NAME NET("8", "x", TWO)),
					 TYPE(NAME NET("8", "30", CARD("1", "5 ENIs"))),
					 "<DescribeInstanceTypesResponse>" };

	for (size_t i = 0; i < COUNT(v); i++) {
		struct limits l = { 0 };
		struct err e = { 0 };
		int asked;

		CHECK(describe(200, v[i], &l, &e, &asked) < 0);
		CHECK(*e.msg && e.num != 0);
		CHECK_STR(l.type, "");
	}
}

TEST(maxpods_describe_names_an_environment_that_is_wrong)
{
	struct limits l;
	struct err e = { 0 };

	fakeaws_env("nonsense");
	CHECK(type_describe("x99.large", &l, now_ms() + 5000, &e) < 0);
	fakeaws_env(NULL);
	CHECK(strstr(e.msg, "x99.large") && strstr(e.msg, "nonsense"));
}

TEST(maxpods_ask_imds_for_the_type_of_this_instance)
{
	auto_arena struct arena a = { 0 };
	auto_fake struct fake f = { 0 };
	const char *type = NULL;
	struct err e = { 0 };

	fake_start(&f);
	CHECK(type_here(&type, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(type, "t3.small");
}

TEST(maxpods_do_not_believe_every_type_that_imds_says)
{
	static const struct {
		const char *text;
		int num;
		const char *want;
	} v[] = { { "m5.large\n", 0, "" },
		  { " ", EBADMSG, "is ''" },
		  { "<html>", EBADMSG, "html" },
		  { "m5.large m5.xlarge", EBADMSG, "'m5.large m5.xlarge'" },
		  { "m5.\033[0m", EBADMSG, "\\u001b" },
		  { NULL, ENOENT, "instance-type" } };

	for (size_t i = 0; i < COUNT(v); i++) {
		auto_arena struct arena a = { 0 };
		auto_fake struct fake f = { .items = { { "instance-type", v[i].text } } };
		const char *type = NULL;
		struct err e = { 0 };
		int rc;

		fake_start(&f);
		rc = type_here(&type, &a, now_ms() + 20000, &e);
		CHECK_INT(rc < 0 ? e.num : 0, v[i].num);
		if (rc < 0)
			CHECK(strstr(e.msg, v[i].want));
		else
			CHECK_STR(type, "m5.large");
		if (rc < 0 && !strstr(e.msg, v[i].want))
			printf("#   %zu: %s\n", i, e.msg);
	}
}
