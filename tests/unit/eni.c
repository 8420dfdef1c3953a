/* SPDX-License-Identifier: Apache-2.0 */
/* eni.c - tests of table numbers and gateways, and of an ENI's host side in the kernel. */
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"
#include "arena.h"
#include "eni.h"
#include "nstest.h"
#include "pod.h"
#include "route.h"
#include "rule.h"

#define DONE(call) CHECK_STR((call) == 0 ? "" : e.msg, "")

TEST(eni_table_is_the_originals_number_for_device_and_card)
{
	static const struct {
		int device, card;
		uint32_t table;
	} cases[] = {
		{ 0, 0, 254 },   { 1, 0, 2 },     { 2, 0, 3 },     { 10, 0, 11 },
		{ 0, 1, 10100 }, { 1, 1, 10101 }, { 3, 2, 10203 }, { 1, 8, 10801 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(eni_table(cases[i].device, cases[i].card), cases[i].table);
}

TEST(eni_gateway_is_the_first_address_after_the_network)
{
	static const struct {
		const char *subnet, *gateway;
	} cases[] = {
		{ "192.168.32.0/19", "192.168.32.1" }, { "192.168.33.7/19", "192.168.32.1" },
		{ "10.0.255.0/24", "10.0.255.1" },     { "10.0.0.255/32", "10.0.1.0" },
		{ "2600:1f13::/64", "fe80:ec2::1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cidr c = { 0 };

		CHECK(cidr_parse(cases[i].subnet, &c));
		CHECK_STR(ip_text(eni_gateway(c)).s, cases[i].gateway);
	}
}

/* ---- in a namespace with a link that can be an ENI (no veth) */

static const struct mac eni_mac = { { 2, 0, 0, 0, 0, 7 } };
enum { TABLE = 11 };

static void add_eni(struct nl *nl, struct mac mac)
{
	struct ifinfomsg *i = nl_request(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*i));
	struct err e = { 0 };
	struct nlattr *info;

	nl_put_str(nl, IFLA_IFNAME, "eth1");
	nl_put(nl, IFLA_ADDRESS, mac.b, sizeof(mac.b));
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put_str(nl, IFLA_INFO_KIND, "bridge");
	nl_end(nl, info);
	DONE(nl_talk(nl, 0, NULL, &e));
}

static struct eni_wire wire(void)
{
	struct eni_wire w = { .mac = eni_mac, .table = TABLE, .mtu = 9001 };

	CHECK(ip_parse("192.168.33.10", &w.ip) && cidr_parse("192.168.32.0/19", &w.subnet));
	return w;
}

static int say_addr(const struct addr *a, void *arg)
{
	if (a->ip.ip.family == IP_V4)
		buf_fmt(arg, "addr %s brd %s scope %u%s\n", cidr_text(a->ip).s,
			ip_text(a->broadcast).s, a->scope,
			a->flags & IFA_F_PERMANENT ? "" : " expires");
	return 0;
}

static int say_route(const struct route *r, void *arg)
{
	if (r->table != RT_TABLE_LOCAL)
		buf_fmt(arg, "route %s via %s scope %u proto %u table %u\n", cidr_text(r->dst).s,
			ip_text(r->via).s, r->scope, r->proto, r->table);
	return 0;
}

static int say_rule(const struct rule *r, void *arg)
{
	if (r->prio != 0 && r->prio < 32766)
		buf_fmt(arg, "rule %u from %s table %u\n", r->prio, cidr_text(r->src).s, r->table);
	return 0;
}

/* All that eni_setup() makes, in words. */
static const char *state(struct nl *nl, struct arena *a)
{
	auto_buf struct buf b = { 0 };
	struct iface i = { 0 };
	struct err e = { 0 };

	CHECK(iface_get(nl, "eth1", &i, &e) == 0);
	buf_fmt(&b, "mtu %u %s\n", i.mtu, i.flags & IFF_UP ? "up" : "down");
	CHECK(addr_each(nl, i.index, 0, say_addr, &b, &e) == 0);
	CHECK(route_each(nl, IP_V4, 0, say_route, &b, &e) == 0);
	CHECK(rule_each(nl, IP_V4, say_rule, &b, &e) == 0);
	return arena_str(a, b.p);
}

#define LINK "mtu 9001 up\n"
#define ADDR "addr 192.168.33.10/19 brd 192.168.63.255 scope 0\n"
#define ROUTES                                                        \
	"route 0.0.0.0/0 via 192.168.32.1 scope 0 proto 3 table 11\n" \
	"route 192.168.32.1/32 via  scope 253 proto 3 table 11\n"
#define RULE "rule 32765 from 192.168.33.10/32 table 11\n"
#define ALL LINK ADDR ROUTES RULE

/* Everything that changes in the namespace from here on can be heard on this. */
static void listen_to(struct nl *mon, int ns)
{
	uint32_t groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE;
	struct err e = { 0 };

	CHECK(nl_open_proto(mon, NETLINK_ROUTE, groups, ns, &e) == 0);
}

static int heard(const struct nlmsghdr *m, void *arg, struct err *e)
{
	(void)m, (void)e;
	++*(int *)arg;
	return 0;
}

TEST(eni_setup_makes_all_of_it_and_a_second_call_changes_nothing)
{
	auto_nl struct nl nl = { 0 }, mon = { 0 };
	auto_fd int ns = ns_new(&nl);
	struct eni_wire w = wire();
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };
	int changes = 0;

	add_eni(&nl, eni_mac);
	DONE(eni_setup(&nl, &w, &e));
	CHECK_STR(state(&nl, &a), ALL);
	listen_to(&mon, ns);
	CHECK(eni_setup(&nl, &w, &e) == 0);
	/* The kernel queues notifications before it answers, so none can be on its way. */
	CHECK_INT(nl_receive(&mon, heard, &changes, &e), 0);
	CHECK_INT(changes, 0);
	CHECK_STR(state(&nl, &a), ALL);
}

/* ---- what may be there before */

static int index_of(struct nl *nl)
{
	struct iface i = { 0 };
	struct err e = { 0 };

	CHECK(iface_get(nl, "eth1", &i, &e) == 0);
	return i.index;
}

static struct cidr cidr(const char *s)
{
	struct cidr c = { 0 };

	CHECK(cidr_parse(s, &c));
	return c;
}

static void put_addr(struct nl *nl, const char *text, uint32_t valid_s)
{
	struct cidr c = cidr(text);
	int link = index_of(nl);
	struct ifaddrmsg *h = nl_request(nl, RTM_NEWADDR, NLM_F_CREATE, sizeof(*h));
	struct ifa_cacheinfo life = { .ifa_prefered = valid_s, .ifa_valid = valid_s };
	struct err e = { 0 };

	h->ifa_family = IP_V4;
	h->ifa_prefixlen = c.len;
	h->ifa_index = (uint32_t)link;
	nl_put_ip(nl, IFA_LOCAL, c.ip);
	nl_put(nl, IFA_CACHEINFO, &life, sizeof(life));
	DONE(nl_talk(nl, 0, NULL, &e));
}

static void link_up(struct nl *nl)
{
	struct iface_set up = { .up = true };
	struct err e = { 0 };

	CHECK(iface_change_name(nl, "eth1", &up, &e) == 0);
}

static void p_dhcp_same(struct nl *nl)
{
	put_addr(nl, "192.168.33.10/19", 3600);
}

static void p_dhcp_others(struct nl *nl)
{
	put_addr(nl, "192.168.33.99/19", ~0u);
	put_addr(nl, "192.168.33.10/19", ~0u); /* secondary to the one above, goes with it */
	put_addr(nl, "10.0.0.1/8", ~0u);
}

static void p_other_length(struct nl *nl)
{
	put_addr(nl, "192.168.33.10/24", ~0u);
}

static void p_wrong_gateway(struct nl *nl)
{
	struct route direct = { .dst = cidr("192.168.32.2/32"), .table = TABLE, .scope = 253 };
	struct route r = { .family = IP_V4, .table = TABLE };
	struct err e = { 0 };

	link_up(nl);
	direct.oif = r.oif = index_of(nl);
	r.via = direct.dst.ip;
	CHECK(route_add(nl, &direct, &e) == 0 && route_add(nl, &r, &e) == 0);
	DONE(route_remove(nl, &direct, &e));
}

static void p_rule(struct nl *nl)
{
	struct rule r = { .src = cidr("192.168.33.10/32"), .prio = 32765, .table = TABLE };
	struct err e = { 0 };

	CHECK(rule_ensure(nl, &r, &e) == 0);
}

static void p_nothing(struct nl *nl)
{
	(void)nl;
}

TEST(eni_setup_replaces_what_dhcp_and_older_releases_left)
{
	static void (*const before[])(struct nl * nl) = { p_nothing,       p_dhcp_same,
							  p_dhcp_others,   p_other_length,
							  p_wrong_gateway, p_rule };

	for (size_t i = 0; i < COUNT(before); i++) {
		auto_nl struct nl nl = { 0 };
		auto_arena struct arena a = { 0 };
		struct eni_wire w = wire();
		struct err e = { 0 };

		ns_open(&nl);
		add_eni(&nl, eni_mac);
		before[i](&nl);
		DONE(eni_setup(&nl, &w, &e));
		CHECK_STR(state(&nl, &a), ALL);
	}
}

/* ---- what may be lost afterwards */

static void l_down(struct nl *nl)
{
	struct iface_set down = { .down = true };
	struct err e = { 0 };

	CHECK(iface_change_name(nl, "eth1", &down, &e) == 0);
}

static void l_default(struct nl *nl)
{
	struct route r = { .family = IP_V4, .table = TABLE, .scope = 255 };
	struct err e = { 0 };

	CHECK(route_remove(nl, &r, &e) == 0);
}

static void l_to_gateway(struct nl *nl)
{
	struct route r = { .dst = cidr("192.168.32.1/32"), .table = TABLE, .scope = 255 };
	struct err e = { 0 };

	CHECK(route_remove(nl, &r, &e) == 0);
}

static void l_rule(struct nl *nl)
{
	struct rule r = { .family = IP_V4, .prio = 32765 };
	struct err e = { 0 };

	CHECK(rule_remove(nl, &r, NULL, &e) == 0);
}

static void l_mtu(struct nl *nl)
{
	struct iface_set mtu = { .mtu = 1500 };
	struct err e = { 0 };

	CHECK(iface_change_name(nl, "eth1", &mtu, &e) == 0);
}

TEST(eni_setup_puts_back_what_was_lost)
{
	static void (*const losses[])(struct nl * nl) = { l_down, l_default, l_to_gateway, l_rule,
							  l_mtu };

	for (size_t i = 0; i < COUNT(losses); i++) {
		auto_nl struct nl nl = { 0 };
		auto_arena struct arena a = { 0 };
		struct eni_wire w = wire();
		struct err e = { 0 };

		ns_open(&nl);
		add_eni(&nl, eni_mac);
		CHECK(eni_setup(&nl, &w, &e) == 0);
		losses[i](&nl);
		CHECK(strcmp(state(&nl, &a), ALL) != 0);
		DONE(eni_setup(&nl, &w, &e));
		CHECK_STR(state(&nl, &a), ALL);
	}
}

TEST(eni_setup_makes_no_rule_for_a_trunk_or_where_one_is_known)
{
	for (int i = 0; i < 2; i++) {
		auto_nl struct nl nl = { 0 };
		auto_arena struct arena a = { 0 };
		struct eni_wire w = wire();
		struct err e = { 0 };

		w.trunk = i == 0;
		w.rule_exists = i == 1;
		ns_open(&nl);
		add_eni(&nl, eni_mac);
		CHECK(eni_setup(&nl, &w, &e) == 0);
		CHECK_STR(state(&nl, &a), LINK ADDR ROUTES);
	}
}

TEST(eni_setup_keeps_link_local_addresses)
{
	auto_nl struct nl nl = { 0 };
	auto_arena struct arena a = { 0 };
	struct eni_wire w = wire();
	struct err e = { 0 };

	ns_open(&nl);
	add_eni(&nl, eni_mac);
	put_addr(&nl, "169.254.7.7/32", ~0u);
	CHECK(eni_setup(&nl, &w, &e) == 0);
	CHECK(strstr(state(&nl, &a), "addr 169.254.7.7/32 "));
}

/* ---- IPv6 */

static int say_route6(const struct route *r, void *arg)
{
	if (r->table == TABLE || cidr_eq(r->dst, cidr("2600:1f13::/64")))
		buf_fmt(arg, "route %s via %s table %u\n", cidr_text(r->dst).s, ip_text(r->via).s,
			r->table);
	return 0;
}

static int say_addr6(const struct addr *a, void *arg)
{
	if (a->scope == RT_SCOPE_UNIVERSE)
		buf_fmt(arg, "addr %s\n", cidr_text(a->ip).s);
	return 0;
}

TEST(eni_setup_of_ipv6_has_awss_gateway_and_no_subnet_route)
{
	auto_nl struct nl nl = { 0 }, mon = { 0 };
	auto_fd int ns = ns_new(&nl);
	struct eni_wire w = wire();
	auto_buf struct buf b = { 0 };
	struct err e = { 0 };
	int changes = 0;

	CHECK(ip_parse("2600:1f13::10", &w.ip));
	w.subnet = cidr("2600:1f13::/64");
	add_eni(&nl, eni_mac);
	DONE(eni_setup(&nl, &w, &e));
	CHECK(addr_each(&nl, index_of(&nl), IP_V6, say_addr6, &b, &e) == 0);
	CHECK(route_each(&nl, IP_V6, 0, say_route6, &b, &e) == 0);
	CHECK(rule_each(&nl, IP_V6, say_rule, &b, &e) == 0);
	CHECK_STR(b.p, "addr 2600:1f13::10/64\n"
		       "route fe80:ec2::1/128 via  table 11\n"
		       "route ::/0 via fe80:ec2::1 table 11\n"
		       "rule 32765 from 2600:1f13::10/128 table 11\n");
	CHECK(nl_open_proto(&mon, NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV6_ROUTE, ns, &e) == 0);
	DONE(eni_setup(&nl, &w, &e));
	CHECK_INT(nl_receive(&mon, heard, &changes, &e), 0);
	CHECK_INT(changes, 0);
}

TEST(eni_setup_tells_a_missing_link_and_refuses_the_primary)
{
	auto_nl struct nl nl = { 0 };
	struct eni_wire w = wire();
	struct err e = { 0 };

	ns_open(&nl);
	CHECK(eni_setup(&nl, &w, &e) == -1);
	CHECK_INT(e.num, ENODEV);
	CHECK_STR(e.msg, "setupENINetwork: failed to find the link which uses MAC address "
			 "02:00:00:00:00:07: no link has the MAC 02:00:00:00:00:07");
	w.table = TABLE_MAIN;
	CHECK(eni_setup(&nl, &w, &e) == -1);
	CHECK_INT(e.num, EINVAL);
	CHECK_STR(e.msg, "setupENINetwork should never be called on the primary ENI");
}

TEST(eni_teardown_removes_every_rule_from_its_address_and_no_other)
{
	static const struct {
		const char *src;
		uint32_t prio, table;
	} rules[] = { { "192.168.33.10/32", 32765, 11 },
		      { "192.168.33.10/32", 1536, 4 },
		      { "192.168.33.11/32", 1536, 4 },
		      { "192.168.33.10/31", 1536, 5 } };
	auto_nl struct nl nl = { 0 };
	auto_arena struct arena a = { 0 };
	struct eni_wire w = wire();
	struct err e = { 0 };

	ns_open(&nl);
	add_eni(&nl, eni_mac);
	for (size_t i = 0; i < COUNT(rules); i++) {
		struct rule r = { .src = cidr(rules[i].src),
				  .prio = rules[i].prio,
				  .table = rules[i].table };

		CHECK(rule_ensure(&nl, &r, &e) == 0);
	}
	for (int twice = 0; twice < 2; twice++)
		DONE(eni_teardown(&nl, w.ip, &e));
	CHECK(strstr(state(&nl, &a), "rule 1536 from 192.168.33.11/32 table 4\n"));
	CHECK(!strstr(state(&nl, &a), "from 192.168.33.10/"));
	CHECK(eni_teardown(&nl, (struct ip) { 0 }, &e) == 0);
}
