/* SPDX-License-Identifier: Apache-2.0 */
/* net.c - namespaces, links, addresses, routes, rules, neighbours, sysctls: against the real
 * kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>

#include "addr.h"
#include "iface.h"
#include "neigh.h"
#include "nettest.h"
#include "sysctl.h"
#include "test.h"

TEST(netns_is_entered_for_a_scope_and_left)
{
	auto_fd int self = 0, other = 0, now = 0;
	struct err e = { 0 };

	CHECK(netns_self(&self, &e) == 0 && netns_new(&other, &e) == 0);
	CHECK(!netns_same(self, other) && netns_same(other, other) && !netns_same(self, -1));
	{
		auto_netns int back = 0;

		CHECK(netns_enter(other, &back, &e) == 0 && netns_self(&now, &e) == 0);
		CHECK(netns_same(now, other));
		fd_free(&now);
	}
	CHECK(netns_self(&now, &e) == 0 && netns_same(now, self));
	CHECK(fcntl(self, F_GETFD) & FD_CLOEXEC && fcntl(other, F_GETFD) & FD_CLOEXEC);
}

TEST(netns_go_changes_for_good_and_links_have_indexes_of_their_namespace)
{
	auto_nl struct nl here = { 0 }, there = { 0 };
	auto_fd int self = 0, other = ns_new(&there);
	struct veth v = { .name = "eni0", .peer = "eth0", .mtu = 1500, .peer_netns = other };
	struct iface i;
	struct err e = { 0 };
	int index = 0;

	CHECK(netns_self(&self, &e) == 0 && nl_open(&here, 0, &e) == 0);
	CHECK(veth_add(&here, &v, &e) == 0 && iface_get(&there, "eth0", &i, &e) == 0);
	CHECK(netns_go(other, &e) == 0);
	CHECK(iface_index(&there, "eth0", &index) && index == i.index);
	CHECK(iface_index(&here, "eni0", &index) && index == iface_peer(&i));
	CHECK(!iface_index(&here, "eth0", &index) && !iface_index(&there, "", &index));
	CHECK(netns_go(self, &e) == 0);
	CHECK(netns_go(-1, &e) == -1 && e.num == EBADF);
	CHECK(iface_del_name(&here, "eni0", &e) == 0);
}

TEST(netns_path_that_is_none_is_named)
{
	struct err e = { 0 };
	int fd = 0;

	CHECK(netns_open("/nowhere/ns", &fd, &e) == -1 && e.num == ENOENT && fd == 0);
	CHECK_STR(e.msg, "open network namespace /nowhere/ns: No such file or directory");
	CHECK(netns_open("/proc/self/status", &fd, &e) == -1 && e.num == EINVAL && fd == 0);
	CHECK_STR(e.msg, "/proc/self/status is not a network namespace");
	CHECK(netns_open("/proc/self/ns/uts", &fd, &e) == -1 && e.num == EINVAL);
	CHECK(netns_open("/proc/self/ns/net", &fd, &e) == 0 && fd > 0);
	fd_free(&fd);
}

TEST(veth_peer_is_born_in_the_other_namespace)
{
	auto_nl struct nl here = { 0 }, there = { 0 };
	auto_fd int other = ns_new(&there);
	struct veth v = { .name = "eni0abc",
			  .peer = "eth0",
			  .mac = mac("02:00:00:00:00:01"),
			  .peer_mac = mac("02:00:00:00:00:02"),
			  .mtu = 9001,
			  .peer_netns = other };
	struct iface a, b;
	struct err e = { 0 };

	ns_open(&here);
	CHECK(veth_add(&here, &v, &e) == 0);
	CHECK(iface_get(&here, "eni0abc", &a, &e) == 0 && iface_get(&there, "eth0", &b, &e) == 0);
	CHECK_INT(iface_peer(&a), b.index);
	CHECK_INT(iface_peer(&b), a.index);
	CHECK(a.mtu == 9001 && b.mtu == 9001 && a.txqlen == 0 && b.txqlen == 0);
	CHECK(mac_eq(a.mac, v.mac) && mac_eq(b.mac, v.peer_mac));
	CHECK(!(a.flags & IFF_UP) && !(b.flags & IFF_UP));
	CHECK_STR(a.kind, "veth");
	CHECK(iface_get(&here, "eth0", &a, &e) == -1 && e.num == ENODEV);
	CHECK_STR(e.msg, "find link eth0: No such device");
	v.peer_netns = 0;
	CHECK(veth_add(&here, &v, &e) == -1 && e.num == EEXIST);
	CHECK_STR(e.msg, "create veth pair eni0abc/eth0: File exists");
	CHECK(iface_del_name(&here, "eni0abc", &e) == 0);
	CHECK(iface_get_index(&there, b.index, &b, &e) == -1 && e.num == ENODEV);
}

TEST(veth_takes_the_indexes_and_flags_that_are_asked_for)
{
	auto_nl struct nl nl = { 0 };
	struct veth v = { .name = "a0", .peer = "b0", .up = true, .index = 40, .peer_index = 41 };
	struct iface i;
	struct err e = { 0 };

	ns_open(&nl);
	CHECK(veth_add(&nl, &v, &e) == 0);
	CHECK(iface_get_index(&nl, 40, &i, &e) == 0 && i.flags & IFF_UP);
	CHECK_STR(i.name, "a0");
	CHECK(iface_get_index(&nl, 41, &i, &e) == 0 && !(i.flags & IFF_UP));
	CHECK_STR(i.name, "b0");
	CHECK(!mac_eq(i.mac, (struct mac) { 0 }));
}

TEST(link_changes_apply_by_index_and_by_name)
{
	auto_nl struct nl nl = { 0 }, there = { 0 };
	auto_fd int other = ns_new(&there);
	const struct mac m = mac("02:00:00:00:00:09");
	struct iface i;
	struct err e = { 0 };
	int index = link_new(&nl);

	CHECK(iface_change(&nl, index, &(struct iface_set) { .mtu = 1400, .mac = &m }, &e) == 0);
	CHECK(iface_get_index(&nl, index, &i, &e) == 0 && i.mtu == 1400 && mac_eq(i.mac, m));
	CHECK(i.flags & IFF_UP);
	CHECK(iface_change_name(&nl, "a0", &(struct iface_set) { .down = true }, &e) == 0);
	CHECK(iface_get_index(&nl, index, &i, &e) == 0 && !(i.flags & IFF_UP) && i.mtu == 1400);
	CHECK(iface_change_name(&nl, "a0", &(struct iface_set) { .rename = "c0", .up = true },
				&e) == 0);
	CHECK(iface_get(&nl, "c0", &i, &e) == 0 && i.index == index && i.flags & IFF_UP);
	CHECK(iface_change(&nl, index, &(struct iface_set) { .netns_fd = other }, &e) == 0);
	CHECK(iface_get(&nl, "c0", &i, &e) == -1 && iface_get(&there, "c0", &i, &e) == 0);
	CHECK(iface_change_name(&nl, "c0", &(struct iface_set) { .up = true }, &e) == -1);
	CHECK_STR(e.msg, "change link c0: No such device");
	CHECK(iface_change_name(&nl, "c0", &(struct iface_set) { .rename = "d0" }, &e) == -1);
	CHECK_INT(e.num, ENODEV);
}

static int count_iface(const struct iface *i, void *arg)
{
	(void)i;
	return ++*(int *)arg, 0;
}

static int stop_at_first(const struct iface *i, void *arg)
{
	(void)i;
	return ++*(int *)arg + 6;
}

TEST(links_are_listed_whole_even_when_they_fill_many_datagrams)
{
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };
	int n = 0;

	ns_open(&nl);
	for (int i = 0; i < 40; i++) {
		char a[IFNAMSIZ], b[IFNAMSIZ];
		struct veth v = { .name = a, .peer = b };

		snprintf(a, sizeof(a), "eni%d", i);
		snprintf(b, sizeof(b), "pod%d", i);
		CHECK(veth_add(&nl, &v, &e) == 0);
	}
	CHECK(iface_each(&nl, count_iface, &n, &e) == 0);
	CHECK_INT(n, 81);
	n = 0;
	CHECK_INT(iface_each(&nl, stop_at_first, &n, &e), 7);
	CHECK_INT(n, 1);
}

TEST(link_is_found_by_its_mac)
{
	auto_nl struct nl nl = { 0 };
	struct veth v = { .name = "a0", .peer = "b0", .peer_mac = mac("02:00:00:00:00:01") };
	struct iface i;
	struct err e = { 0 };

	ns_open(&nl);
	CHECK(iface_by_mac(&nl, v.peer_mac, &i, &e) == -1 && e.num == ENODEV);
	CHECK_STR(e.msg, "no link has the MAC 02:00:00:00:00:01");
	CHECK(veth_add(&nl, &v, &e) == 0 && iface_by_mac(&nl, v.peer_mac, &i, &e) == 0);
	CHECK_STR(i.name, "b0");
	CHECK(iface_by_mac(&nl, (struct mac) { 0 }, &i, &e) == -1); /* loopback has none */
}

struct addrs {
	struct addr v[8];
	int n;
};

static int keep_addr(const struct addr *a, void *arg)
{
	struct addrs *l = arg;

	if (l->n < 8)
		l->v[l->n++] = *a;
	return 0;
}

TEST(addresses_are_added_listed_and_removed)
{
	auto_nl struct nl nl = { 0 };
	int index = link_new(&nl);
	struct addr pod = { .index = index, .ip = cidr("10.0.1.15/32") };
	struct addr eni = { .index = index,
			    .ip = cidr("10.0.2.20/24"),
			    .broadcast = ip("10.0.2.255"),
			    .metric = 7,
			    .flags = IFA_F_NOPREFIXROUTE };
	struct addr six = { .index = index, .ip = cidr("fd00::15/128"), .flags = IFA_F_NODAD };
	struct addrs l = { 0 };
	struct err e = { 0 };

	CHECK(addr_ensure(&nl, &pod, &e) == 0 && addr_ensure(&nl, &pod, &e) == 0);
	CHECK(addr_ensure(&nl, &eni, &e) == 0 && addr_ensure(&nl, &six, &e) == 0);
	CHECK(addr_each(&nl, index, IP_V4, keep_addr, &l, &e) == 0);
	CHECK_INT(l.n, 2);
	CHECK(cidr_eq(l.v[0].ip, pod.ip) && !l.v[0].broadcast.family && !l.v[0].metric);
	CHECK(ip_eq(l.v[1].ip.ip, eni.ip.ip) && l.v[1].ip.len == 24 && l.v[1].metric == 7);
	CHECK(ip_eq(l.v[1].broadcast, eni.broadcast) && l.v[1].flags & IFA_F_NOPREFIXROUTE);
	l.n = 0;
	CHECK(addr_each(&nl, index - 1, IP_V4, keep_addr, &l, &e) == 0 && l.n == 0);
	CHECK(addr_each(&nl, 99, IP_V4, keep_addr, &l, &e) == -1 && e.num == ENODEV);
	CHECK(addr_each(&nl, 0, 0, keep_addr, &l, &e) == 0 && l.n >= 3);
	CHECK(addr_remove(&nl, &pod, &e) == 0 && addr_remove(&nl, &pod, &e) == 0);
	CHECK(addr_remove(&nl, &six, &e) == 0 && addr_remove(&nl, &eni, &e) == 0);
	l.n = 0;
	CHECK(addr_each(&nl, index, IP_V4, keep_addr, &l, &e) == 0 && l.n == 0);
	pod.index = 99;
	CHECK(addr_ensure(&nl, &pod, &e) == -1);
	CHECK_INT(e.num, ENODEV);
	CHECK_STR(e.msg,
		  "add address 10.0.1.15/32 to link 99: ipv4: Device not found: No such device");
}

struct neighs {
	struct neigh v[8];
	int n;
};

static int keep_neigh(const struct neigh *n, void *arg)
{
	struct neighs *l = arg;

	if (n->state & NUD_PERMANENT && l->n < 8)
		l->v[l->n++] = *n;
	return 0;
}

TEST(neighbours_are_added_replaced_listed_and_removed)
{
	auto_nl struct nl nl = { 0 };
	struct neigh n = { .index = link_new(&nl),
			   .ip = ip("169.254.1.1"),
			   .mac = mac("02:00:00:00:00:01") };
	struct neigh six = { .index = n.index, .ip = ip("fe80::1"), .mac = n.mac };
	struct neighs l = { 0 };
	struct err e = { 0 };

	CHECK(neigh_add(&nl, &n, &e) == 0 && neigh_add(&nl, &six, &e) == 0);
	CHECK(neigh_add(&nl, &n, &e) == -1 && e.num == EEXIST);
	n.mac = mac("02:00:00:00:00:02");
	CHECK(neigh_replace(&nl, &n, &e) == 0);
	CHECK(neigh_each(&nl, IP_V4, keep_neigh, &l, &e) == 0);
	CHECK_INT(l.n, 1);
	CHECK(l.v[0].index == n.index && ip_eq(l.v[0].ip, n.ip) && mac_eq(l.v[0].mac, n.mac));
	l.n = 0;
	CHECK(neigh_each(&nl, 0, keep_neigh, &l, &e) == 0);
	CHECK_INT(l.n, 2);
	CHECK(neigh_remove(&nl, &n, &e) == 0 && neigh_remove(&nl, &n, &e) == 0);
	CHECK(neigh_remove(&nl, &six, &e) == 0);
	l.n = 0;
	CHECK(neigh_each(&nl, 0, keep_neigh, &l, &e) == 0 && l.n == 0);
}

TEST(sysctls_belong_to_the_namespace_that_is_entered)
{
	auto_nl struct nl nl = { 0 };
	auto_fd int ns = ns_new(&nl);
	char v[8] = "", tiny[1];
	struct err e = { 0 };

	{
		auto_netns int back = 0;

		CHECK(netns_enter(ns, &back, &e) == 0);
		CHECK(sysctl_set("net/ipv4/ip_forward", "1", false, &e) == 0);
		CHECK(sysctl_get("net/ipv4/ip_forward", v, sizeof(v), &e) == 0);
		CHECK_STR(v, "1");
		CHECK(sysctl_get("net/ipv4/ip_forward", tiny, sizeof(tiny), &e) == -1);
		CHECK_INT(e.num, EMSGSIZE);
		CHECK(sysctl_set("net/ipv4/ip_forward", "many", false, &e) == -1);
		CHECK_STR(e.msg, "set sysctl net/ipv4/ip_forward to many: Invalid argument");
	}
	CHECK(sysctl_set("net/ipv4/conf/none0/forwarding", "1", true, &e) == 0);
	CHECK(sysctl_set("net/ipv4/conf/none0/forwarding", "1", false, &e) == -1);
	CHECK_INT(e.num, ENOENT);
	CHECK(sysctl_get("net/none", v, sizeof(v), &e) == -1 && e.num == ENOENT);
}
