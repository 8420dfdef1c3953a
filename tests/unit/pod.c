/* SPDX-License-Identifier: Apache-2.0 */
/* pod.c - a pod interface: names, want, wiring, failures undone. */
#include <errno.h>
#include <linux/if_addr.h>

#include "place.h"
#include "sysctl.h"
#include "test.h"

TEST(pod_hash_is_what_amazons_agent_looks_for)
{
	static const struct {
		const char *ns, *pod;
		int index;
		const char *want;
	} cases[] = {
		{ "kube-system", "coredns-57ff979f67-qqbdh", 0, "b5faff8a083" },
		{ "kube-system", "coredns-57ff979f67-8ns9b", 0, "9571956a6cc" },
		{ "default", "sample-pod", 0, "cc21c2d7785" },
		{ "default", "sample-pod", 1, "a0b7655f3c9" },
		{ "", "", 0, "3a52ce78095" },
		{ "", "", 1, "ce799470a46" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char hash[POD_HASH_LEN + 1];

		pod_hash(cases[i].ns, cases[i].pod, cases[i].index, hash);
		CHECK_STR(hash, cases[i].want);
	}
}

TEST(pod_veth_name_fills_a_link_name_and_no_more)
{
	char name[IFNAMSIZ];
	struct err e = { 0 };

	CHECK(pod_veth_name("eni", "default", "sample-pod", 0, name, &e) == 0);
	CHECK_STR(name, "enicc21c2d7785");
	CHECK(pod_veth_name("abcd", "default", "sample-pod", 0, name, &e) == 0);
	CHECK_INT(strlen(name), IFNAMSIZ - 1);
	CHECK(pod_veth_name("", "default", "sample-pod", 1, name, &e) == 0);
	CHECK_STR(name, "a0b7655f3c9");
	CHECK(pod_veth_name("abcde", "default", "sample-pod", 0, name, &e) == -1);
	CHECK_INT(e.num, EINVAL);
	CHECK_STR(e.msg, "vethPrefix abcde is longer than 4 characters");
}

TEST(pod_mtu_that_makes_no_sense_is_the_default)
{
	static const struct {
		const char *text;
		uint32_t want;
	} cases[] = { { "9001", 9001 }, { "8000", 8000 }, { "576", 576 },    { "575", 9001 },
		      { "500", 9001 },  { "9002", 9001 }, { "10000", 9001 }, { "abc", 9001 },
		      { "", 9001 },     { "-1", 9001 },   { "1500x", 9001 } };

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(pod_mtu(cases[i].text), cases[i].want);
}

TEST(pod_want_follows_index_and_table)
{
	static const struct {
		const char *ip, *hop;
		int index;
		uint32_t table, in_pod, host; /* host 0: no rule 1536 */
	} cases[] = {
		{ "10.0.1.15", "169.254.1.1", 0, 0, 254, 0 },
		{ "10.0.1.15", "169.254.1.1", 0, 1, 254, 0 },
		{ "10.0.1.15", "169.254.1.1", 0, 254, 254, 0 },
		{ "10.0.1.15", "169.254.1.1", 0, 4, 254, 4 },
		{ "10.0.1.30", "169.254.1.2", 1, 10101, 1, 10101 },
		{ "2600::15", "fe80::1", 0, 2, 254, 2 },
		{ "2600::15", "fe80::3", 2, 254, 2, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pod_if p = { .ip = ip(cases[i].ip),
				    .index = cases[i].index,
				    .table = cases[i].table };
		struct pod_want w;

		pod_want(&p, &w);
		pod_want_links(&w, 7, 3);
		CHECK_STR(ip_text(w.hop).s, cases[i].hop);
		CHECK(cidr_eq(w.in_pod[0].dst, cidr_host(w.hop)) && w.in_pod[0].oif == 3);
		CHECK(w.in_pod[0].scope == RT_SCOPE_LINK && !w.in_pod[0].via.family);
		CHECK(w.in_pod[1].dst.len == 0 && ip_eq(w.in_pod[1].via, w.hop));
		CHECK_INT(w.in_pod[0].table, cases[i].in_pod);
		CHECK_INT(w.in_pod[1].table, cases[i].in_pod);
		CHECK_INT(w.in_pod_rule.prio, p.index ? 1 : 0);
		CHECK_INT(w.in_pod_rule.table, p.index);
		CHECK(cidr_eq(w.in_pod_addr.ip, cidr_host(p.ip)) && w.in_pod_addr.index == 3);
		CHECK(cidr_eq(w.host_route.dst, cidr_host(p.ip)) && w.host_route.oif == 7);
		CHECK_INT(w.host_route.table, 254);
		CHECK_INT(w.host_rules[0].prio, 512);
		CHECK_INT(w.host_rules[1].prio, cases[i].host ? 1536 : 0);
		CHECK_INT(w.host_rules[1].table, cases[i].host);
	}
}

static int count_link(const struct iface *i, void *arg)
{
	(void)i;
	return ++*(int *)arg, 0;
}

static int count_route(const struct route *r, void *arg)
{
	*(int *)arg += r->type == RTN_UNICAST;
	return 0;
}

static int count_rule(const struct rule *r, void *arg)
{
	*(int *)arg += r->prio && r->prio < 32766; /* not the kernel's three */
	return 0;
}

/* Links but lo, unicast routes of main and rules of ours. */
static void check_counts(struct place *w, struct nl *nl, int links, int routes, int rules)
{
	uint8_t family = w->p.ip.family;
	int l = -1, t = 0, u = 0;

	CHECK(iface_each(nl, count_link, &l, &w->e) == 0);
	CHECK(route_each(nl, family, TABLE_MAIN, count_route, &t, &w->e) == 0);
	CHECK(rule_each(nl, family, count_rule, &u, &w->e) == 0);
	CHECK_INT(l, links);
	CHECK_INT(t, routes);
	CHECK_INT(u, rules);
}

static void check_sysctl(const char *key, const char *want)
{
	char v[8] = "";
	struct err e = { 0 };

	CHECK(sysctl_get(key, v, sizeof(v), &e) == 0);
	CHECK_STR(v, want);
}

TEST(pod_is_wired_and_found_well_and_taken_down)
{
	AUTO_PLACE struct place w = { 0 };
	struct iface host, cont;

	place_open(&w);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0);
	CHECK(pod_check(&w.n, &w.p, &w.e) == 0);
	CHECK_STR(w.e.msg, "");
	check_counts(&w, &w.here, 1, 1, 2);
	check_counts(&w, &w.pod, 1, 2, 0);
	CHECK(iface_get(&w.here, w.p.host, &host, &w.e) == 0 && mac_eq(host.mac, w.p.host_mac));
	CHECK((host.mac.b[0] & 3) == 2);
	CHECK(iface_get(&w.pod, "eth0", &cont, &w.e) == 0 && cont.flags & IFF_RUNNING);
	CHECK(host.mtu == 9001 && cont.mtu == 9001 && host.txqlen == 0 && cont.txqlen == 0);
	check_sysctl("net/ipv6/conf/enicc21c2d7785/accept_ra", "0");
	check_sysctl("net/ipv6/conf/enicc21c2d7785/accept_redirects", "1");
	check_sysctl("net/ipv6/conf/enicc21c2d7785/forwarding", "0");

	CHECK(pod_teardown(&w.here, w.p.ip, w.p.table, &w.e) == 0);
	check_counts(&w, &w.here, 1, 0, 0);
	CHECK(pod_teardown(&w.here, w.p.ip, w.p.table, &w.e) == 0);
}

TEST(pod_on_the_main_table_has_no_rule_by_its_source)
{
	static const uint32_t tables[] = { 0, 1, 254 };

	for (size_t i = 0; i < COUNT(tables); i++) {
		AUTO_PLACE struct place w = { 0 };

		place_open(&w);
		w.p.table = tables[i];
		CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &w.p, &w.e) == 0);
		check_counts(&w, &w.here, 1, 1, 1);
		CHECK(pod_teardown(&w.here, w.p.ip, w.p.table, &w.e) == 0);
		check_counts(&w, &w.here, 1, 0, 0);
	}
}

TEST(pod_teardown_removes_the_rules_of_old_releases_too)
{
	AUTO_PLACE struct place w = { 0 };
	struct rule r = { .prio = PRIO_FROM_POD, .table = 4 };
	struct rule other = { .prio = PRIO_FROM_POD, .table = 5 };

	place_open(&w);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0);
	r.src = other.src = cidr_host(w.p.ip);
	CHECK(cidr_parse("10.0.0.0/16", &r.dst) && rule_ensure(&w.here, &r, &w.e) == 0);
	CHECK(cidr_parse("10.1.0.0/16", &r.dst) && rule_ensure(&w.here, &r, &w.e) == 0);
	CHECK(rule_ensure(&w.here, &other, &w.e) == 0);
	CHECK(pod_teardown(&w.here, w.p.ip, 4, &w.e) == 0);
	check_counts(&w, &w.here, 1, 0, 1); /* another table's stays */
	CHECK(pod_teardown(&w.here, w.p.ip, 0, &w.e) == 0);
	check_counts(&w, &w.here, 1, 0, 0);
}

TEST(pod_with_two_interfaces_answers_through_each)
{
	AUTO_PLACE struct place w = { 0 };
	struct pod_if second;

	place_open(&w);
	second = w.p;
	second.ip = ip("10.0.1.30");
	second.index = 1;
	second.table = 10101;
	snprintf(second.host, sizeof(second.host), "enia0b7655f3c9");
	snprintf(second.cont, sizeof(second.cont), "mNicIf1");
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_setup(&w.n, &second, &w.e) == 0);
	CHECK_STR(w.e.msg, "");
	CHECK(pod_check(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &second, &w.e) == 0);
	check_counts(&w, &w.here, 2, 2, 4);
	check_counts(&w, &w.pod, 2, 2, 1); /* no default in main for the second */
}

static int count_unstable(const struct addr *a, void *arg)
{
	*(int *)arg += (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
	return 0;
}

TEST(pod_of_ipv6_is_wired_once_its_addresses_are_stable)
{
	AUTO_PLACE struct place w = { 0 };
	int unstable = 0;

	place_open(&w);
	w.p.ip = ip("2600:1f14::15");
	CHECK(sysctl_set("net/ipv6/conf/all/forwarding", "1", false, &w.e) == 0);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &w.p, &w.e) == 0);
	CHECK_STR(w.e.msg, "");
	CHECK(addr_each(&w.pod, 0, IP_V6, count_unstable, &unstable, &w.e) == 0);
	CHECK_INT(unstable, 0);
	check_counts(&w, &w.here, 1, 2, 2); /* the link-local one is the kernel's */
	CHECK(pod_teardown(&w.here, w.p.ip, w.p.table, &w.e) == 0);
	CHECK(pod_check(&w.n, &w.p, &w.e) == -1);
	check_counts(&w, &w.here, 1, 1, 0);
}

TEST(pod_of_ipv6_gets_ipv6_though_its_namespace_had_it_off)
{
	AUTO_PLACE struct place w = { 0 };
	auto_netns int back = 0;
	struct pod_if second;

	place_open(&w);
	w.p.ip = ip("2600:1f14::15");
	second = w.p;
	second.ip = ip("2600:1f14::30");
	second.index = 1;
	second.table = 10101;
	snprintf(second.host, sizeof(second.host), "enia0b7655f3c9");
	snprintf(second.cont, sizeof(second.cont), "mNicIf1");
	CHECK(netns_enter(w.netns, &back, &w.e) == 0);
	CHECK(sysctl_set("net/ipv6/conf/default/disable_ipv6", "1", false, &w.e) == 0);
	CHECK(sysctl_set("net/ipv6/conf/lo/disable_ipv6", "1", false, &w.e) == 0);
	netns_leave(&back);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_setup(&w.n, &second, &w.e) == 0);
	CHECK_STR(w.e.msg, "");
	CHECK(pod_check(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &second, &w.e) == 0);
	check_counts(&w, &w.pod, 2, 6, 1); /* of the routes the kernel made four */
	CHECK(netns_enter(w.netns, &back, &w.e) == 0);
	check_sysctl("net/ipv6/conf/lo/disable_ipv6", "0");
}

TEST(pod_setup_replaces_an_old_veth_and_an_old_route)
{
	AUTO_PLACE struct place w = { 0 };
	struct veth old = { .name = "enicc21c2d7785", .peer = "old0" };
	struct veth dead = { .name = "dead0", .peer = "dead1", .up = true };
	struct route r = { .table = TABLE_MAIN, .scope = RT_SCOPE_LINK };
	struct iface i;

	place_open(&w);
	CHECK(veth_add(&w.here, &old, &w.e) == 0 && veth_add(&w.here, &dead, &w.e) == 0);
	CHECK(iface_get(&w.here, "dead0", &i, &w.e) == 0);
	r.dst = cidr_host(w.p.ip);
	r.oif = i.index;
	CHECK(route_add(&w.here, &r, &w.e) == 0);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &w.p, &w.e) == 0);
	CHECK_STR(w.e.msg, "");
	check_counts(&w, &w.here, 3, 1, 2);
}

TEST(pod_setup_with_the_link_taken_leaves_nothing)
{
	AUTO_PLACE struct place w = { 0 };
	struct veth v = { .name = "eth0", .peer = "x0" };

	place_open(&w);
	CHECK(veth_add(&w.pod, &v, &w.e) == 0);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == -1);
	CHECK_INT(w.e.num, EEXIST);
	CHECK_STR(w.e.msg,
		  "SetupPodNetwork: failed to setup veth pair: failed to setup veth network: "
		  "the pod's namespace has an interface eth0 already: "
		  "create veth pair eth0/enicc21c2d7785: File exists");
	check_counts(&w, &w.here, 0, 0, 0);
	check_counts(&w, &w.pod, 2, 0, 0);
}

TEST(pod_setup_that_fails_in_the_pod_is_undone)
{
	AUTO_PLACE struct place w = { 0 };
	struct veth v = { .name = "x0", .peer = "x1", .up = true };
	struct route r = { .family = IP_V4, .scope = RT_SCOPE_LINK };
	struct iface i;

	place_open(&w);
	CHECK(veth_add(&w.pod, &v, &w.e) == 0 && iface_get(&w.pod, "x0", &i, &w.e) == 0);
	r.oif = i.index;
	CHECK(route_add(&w.pod, &r, &w.e) == 0); /* a default route that is in the way */
	CHECK(pod_setup(&w.n, &w.p, &w.e) == -1);
	CHECK_INT(w.e.num, EEXIST);
	CHECK_STR(w.e.msg,
		  "SetupPodNetwork: failed to setup veth pair: failed to setup veth network: "
		  "setup NS network: failed to add default route: "
		  "add route default via 169.254.1.1 dev 4 table 254: File exists");
	check_counts(&w, &w.here, 0, 0, 0);
	check_counts(&w, &w.pod, 2, 1, 0);
}

TEST(pod_setup_that_fails_on_the_host_is_undone)
{
	AUTO_PLACE struct place w = { 0 };

	place_open(&w);
	w.p.ip = ip("2600::15");
	CHECK(sysctl_set("net/ipv6/conf/default/disable_ipv6", "1", false, &w.e) == 0);
	CHECK(pod_setup(&w.n, &w.p, &w.e) == -1);
	CHECK_STR(w.e.msg,
		  "SetupPodNetwork: unable to setup IP based container routes and rules: "
		  "failed to setup container route, containerAddr=2600::15/128, "
		  "hostVeth=enicc21c2d7785, rtTable=main: replace route 2600::15/128 dev 2 "
		  "table 254: IPv6 is disabled on nexthop device: Permission denied");
	check_counts(&w, &w.here, 0, 0, 0);
	check_counts(&w, &w.pod, 0, 0, 0);
}
