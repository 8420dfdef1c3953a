/* SPDX-License-Identifier: Apache-2.0 */
/* ip.c - addresses, prefixes, MACs. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "ip.h"
#include "test.h"

static struct ip ip(const char *s)
{
	struct ip i = { 0 };

	CHECK(ip_parse(s, &i));
	return i;
}

static struct cidr cidr(const char *s)
{
	struct cidr c = { 0 };

	CHECK(cidr_parse(s, &c));
	return c;
}

TEST(addresses_print_in_canonical_form)
{
	static const char *const t[][2] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.168.64.1", "192.168.64.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "fe80::1", "fe80::1" },
		{ "FE80::A", "fe80::a" },
		{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
		{ "2001:db8::", "2001:db8::" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },    /* the first of equal runs */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },          /* the longest run */
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, /* one group is no run */
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
		{ "::ffff:a00:1", "::ffff:10.0.0.1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "::102:304", "::102:304" },
		{ "fd00:ec2::254", "fd00:ec2::254" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK_STR(ip_text(ip(t[i][0])).s, t[i][1]);
	CHECK_STR(ip_text((struct ip) { 0 }).s, "");
}

TEST(what_is_no_address_is_refused)
{
	static const char *const t[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"1.2.3.",
		".1.2.3",
		"1..2.3",
		"01.2.3.4",
		"1.2.3.04",
		"00.0.0.0",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.-4",
		"+1.2.3.4",
		"0x1.2.3.4",
		"1.2.3.4/8",
		"1.2.3.1000",
		"999999999999.1.1.1",
		"a.b.c.d",
		":",
		":::",
		"::1::",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		":1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"12345::",
		"g::",
		"::1%eth0",
		"fe80::1%1",
		"[::1]",
		"::1.2.3",
		"::1.2.3.4.5",
		"::01.2.3.4",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4",
		"::-1",
		":: 1",
		"1::2::3",
		"1:::2",
		"::ffff:256.1.1.1",
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		struct ip keep = ip("9.9.9.9"), got = keep;

		CHECK(!ip_parse(t[i], &got));
		CHECK(ip_eq(got, keep));
	}
}

/* The C library reads and prints the same, but for v4-compatible addresses, which it prints dotted.
 */
TEST(the_c_library_agrees)
{
	for (int k = 0; k < 5000; k++) {
		struct ip a = { .family = k % 4 ? IP_V6 : IP_V4 }, b = { .family = a.family };
		char text[INET6_ADDRSTRLEN];

		for (size_t i = 0; i < ip_size(a); i++)
			a.b[i] = (uint8_t)(rand() % 3 ? 0 : rand());
		if (a.family == IP_V6)
			a.b[0] |= 1;
		inet_ntop(a.family, a.b, text, sizeof(text));
		CHECK_STR(ip_text(a).s, text);
		CHECK(ip_parse(text, &b) && ip_eq(a, b));
	}
}

TEST(v4_addresses_convert)
{
	CHECK_STR(ip_text(ip_v4(0xc0a84001)).s, "192.168.64.1");
	CHECK(ip_v4_host(ip("192.168.64.1")) == 0xc0a84001);
	CHECK(ip_v4_host(ip("::1")) == 0 && ip_v4_host((struct ip) { 0 }) == 0);
	CHECK(ip_size(ip("1.2.3.4")) == 4 && ip_size(ip("::")) == 16);
	CHECK(ip_size((struct ip) { 0 }) == 0 && ip_bits((struct ip) { 0 }) == 0);
	CHECK(ip_bits(ip("1.2.3.4")) == 32 && ip_bits(ip("::")) == 128);
}

TEST(addresses_are_ordered_by_family_and_number)
{
	CHECK(ip_cmp(ip("10.0.0.2"), ip("10.0.0.10")) < 0);
	CHECK(ip_cmp(ip("200.0.0.0"), ip("9.255.255.255")) > 0);
	CHECK(ip_cmp(ip("255.0.0.0"), ip("::1")) < 0);
	CHECK(ip_cmp(ip("::2"), ip("::1")) > 0 && ip_cmp(ip("::1"), ip("::1")) == 0);
	CHECK(!ip_eq(ip("1.0.0.0"), ip("100::")));
	CHECK(ip_eq((struct ip) { 0 }, (struct ip) { 0 }));
}

TEST(counting_carries)
{
	static const struct {
		const char *from;
		uint64_t n;
		const char *to;
	} t[] = {
		{ "10.0.0.250", 0, "10.0.0.250" },
		{ "10.0.0.250", 6, "10.0.1.0" },
		{ "10.0.255.255", 1, "10.1.0.0" },
		{ "10.0.0.0", 0x01020304, "11.2.3.4" },
		{ "255.255.255.255", 1, "0.0.0.0" },
		{ "fd00::ffff:ffff:ffff:ffff", 1, "fd00:0:0:1::" },
		{ "fd00::1", UINT64_MAX, "fd00:0:0:1::" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::" },
	};

	for (size_t i = 0; i < COUNT(t); i++)
		CHECK_STR(ip_text(ip_add(ip(t[i].from), t[i].n)).s, t[i].to);
	CHECK(!ip_add((struct ip) { 0 }, 5).family);
}

TEST(prefixes_are_read_strictly)
{
	static const char *const bad[] = {
		"",
		"10.0.0.0",
		"10.0.0.0/",
		"/8",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"10.0.0.0/08",
		"10.0.0.0/8 ",
		"10.0.0.0/ 8",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"::/129",
		"::/1000",
		"::/99999999999",
		"::1%lo/128",
		"10.0.0.0/255.0.0.0",
		"1111111111111111111111111111111111111111111111111111111111111/8",
	};
	struct cidr c = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!cidr_parse(bad[i], &c) && !c.ip.family);
	CHECK_STR(cidr_text(cidr("10.1.2.3/8")).s, "10.1.2.3/8");
	CHECK_STR(cidr_text(cidr("0.0.0.0/0")).s, "0.0.0.0/0");
	CHECK_STR(cidr_text(cidr("2600:1F00::/80")).s, "2600:1f00::/80");
	CHECK_STR(cidr_text((struct cidr) { 0 }).s, "");
	CHECK_STR(cidr_text(cidr_host(ip("10.0.0.7"))).s, "10.0.0.7/32");
	CHECK_STR(cidr_text(cidr_host(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))).s,
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

TEST(prefixes_have_networks_and_masks)
{
	static const char *const t[][3] = {
		{ "10.1.2.3/8", "10.0.0.0/8", "255.0.0.0" },
		{ "192.168.95.254/19", "192.168.64.0/19", "255.255.224.0" },
		{ "1.2.3.4/32", "1.2.3.4/32", "255.255.255.255" },
		{ "1.2.3.4/31", "1.2.3.4/31", "255.255.255.254" },
		{ "200.2.3.4/1", "128.0.0.0/1", "128.0.0.0" },
		{ "1.2.3.4/0", "0.0.0.0/0", "0.0.0.0" },
		{ "2600:1f00:ffff::1/36", "2600:1f00:f000::/36", "ffff:ffff:f000::" },
		{ "::1/128", "::1/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "ff::1/0", "::/0", "::" },
	};

	for (size_t i = 0; i < COUNT(t); i++) {
		CHECK_STR(cidr_text(cidr_network(cidr(t[i][0]))).s, t[i][1]);
		CHECK_STR(ip_text(cidr_mask(cidr(t[i][0]))).s, t[i][2]);
	}
}

TEST(prefixes_contain)
{
	CHECK(cidr_contains(cidr("192.168.64.0/19"), ip("192.168.95.255")));
	CHECK(cidr_contains(cidr("192.168.64.77/19"), ip("192.168.64.0")));
	CHECK(!cidr_contains(cidr("192.168.64.0/19"), ip("192.168.96.0")));
	CHECK(!cidr_contains(cidr("192.168.64.0/19"), ip("192.168.63.255")));
	CHECK(cidr_contains(cidr("0.0.0.0/0"), ip("8.8.8.8")));
	CHECK(!cidr_contains(cidr("0.0.0.0/0"), ip("::1")));
	CHECK(!cidr_contains(cidr("::/0"), ip("8.8.8.8")));
	CHECK(cidr_contains(cidr("fd00::/8"), ip("fdff::1")));
	CHECK(!cidr_contains(cidr("0.0.0.0/0"), (struct ip) { 0 }));
	CHECK(!cidr_contains((struct cidr) { 0 }, (struct ip) { 0 }));
	CHECK(!cidr_contains((struct cidr) { 0 }, ip("8.8.8.8")));
}

TEST(prefixes_compare_by_network_then_length)
{
	CHECK(cidr_eq(cidr("10.1.0.0/8"), cidr("10.2.0.0/8")));
	CHECK(!cidr_eq(cidr("10.0.0.0/8"), cidr("10.0.0.0/16")));
	CHECK(!cidr_eq(cidr("0.0.0.0/0"), cidr("::/0")));
	CHECK(cidr_cmp(cidr("10.0.0.0/8"), cidr("10.0.0.0/16")) < 0);
	CHECK(cidr_cmp(cidr("11.0.0.0/8"), cidr("10.0.0.0/16")) > 0);
}

TEST(macs_are_read_strictly)
{
	static const char *const bad[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:00:00",
		"02-00-00-00-00-01",
		"2:0:0:0:0:1",
		"02:00:00:00:00:0g",
		"02:00:00:00:00:0",
		"020000000001",
		" 02:00:00:00:00:01",
		"02:00:00:00:00:01 ",
		"02:00:00:00:00:01:",
		"0x2:0:00:00:00:00",
	};
	struct mac m = { 0 }, n = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!mac_parse(bad[i], &m) && mac_eq(m, n));
	CHECK(mac_parse("02:aB:cd:EF:00:9f", &m));
	CHECK_STR(mac_text(m).s, "02:ab:cd:ef:00:9f");
	CHECK(mac_parse("02:ab:cd:ef:00:9f", &n) && mac_eq(m, n));
	CHECK(mac_parse("02:ab:cd:ef:00:9e", &n) && !mac_eq(m, n));
}
