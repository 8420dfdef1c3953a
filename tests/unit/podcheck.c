/* SPDX-License-Identifier: Apache-2.0 */
/* podcheck.c - pod_check() finds each kind of damage and names it. */
#include <errno.h>
#include <linux/neighbour.h>

#include "place.h"
#include "test.h"

static struct iface link_of(struct nl *nl, const char *name)
{
	struct iface i = { 0 };
	struct err e = { 0 };

	CHECK(iface_get(nl, name, &i, &e) == 0);
	return i;
}

static int damage_down(struct place *w)
{
	return iface_change_name(&w->pod, "eth0", &(struct iface_set) { .down = true }, &w->e);
}

static int damage_host_down(struct place *w)
{
	return iface_change_name(&w->here, w->p.host, &(struct iface_set) { .down = true }, &w->e);
}

static int damage_mtu(struct place *w)
{
	return iface_change_name(&w->pod, "eth0", &(struct iface_set) { .mtu = 1500 }, &w->e);
}

static int damage_name(struct place *w)
{
	return iface_change_name(&w->pod, "eth0", &(struct iface_set) { .rename = "eth9" }, &w->e);
}

static int damage_pair(struct place *w)
{
	struct veth v = { .name = w->p.host, .peer = "x0", .mtu = 9001, .up = true };

	return iface_change_name(&w->here, w->p.host, &(struct iface_set) { .rename = "x1" },
				 &w->e) < 0
		       ? -1
		       : veth_add(&w->here, &v, &w->e);
}

static int damage_gone(struct place *w)
{
	return iface_del_name(&w->here, w->p.host, &w->e);
}

static int damage_addr(struct place *w)
{
	struct addr a = { .index = link_of(&w->pod, "eth0").index, .ip = cidr_host(w->p.ip) };

	return addr_remove(&w->pod, &a, &w->e);
}

static int damage_default(struct place *w)
{
	return route_remove(&w->pod, &(struct route) { .family = IP_V4, .scope = 255 }, &w->e);
}

static int damage_other_default(struct place *w)
{
	struct route r = { .family = IP_V4,
			   .via = ip("10.9.9.1"),
			   .oif = link_of(&w->pod, "eth0").index,
			   .onlink = true };

	return route_replace(&w->pod, &r, &w->e);
}

static int damage_hop(struct place *w)
{
	struct route r = { .dst = cidr_host(ip("169.254.1.1")), .scope = 255 };

	return route_remove(&w->pod, &r, &w->e);
}

static int damage_neigh(struct place *w)
{
	struct neigh n = { .index = link_of(&w->pod, "eth0").index, .ip = ip("169.254.1.1") };

	return neigh_remove(&w->pod, &n, &w->e);
}

static int damage_neigh_state(struct place *w)
{
	struct neigh n = { .index = link_of(&w->pod, "eth0").index,
			   .ip = ip("169.254.1.1"),
			   .mac = w->p.host_mac,
			   .state = NUD_STALE };

	return neigh_replace(&w->pod, &n, &w->e);
}

static int damage_mac(struct place *w)
{
	struct mac m = { { 2, 0, 0, 0, 0, 9 } };

	return iface_change_name(&w->here, w->p.host, &(struct iface_set) { .mac = &m }, &w->e);
}

static int damage_host_route(struct place *w)
{
	struct route r = { .dst = cidr_host(w->p.ip), .scope = 255 };

	return route_remove(&w->here, &r, &w->e);
}

static int damage_to(struct place *w)
{
	struct rule r = { .prio = 512, .dst = cidr_host(w->p.ip) };

	return rule_remove(&w->here, &r, NULL, &w->e);
}

static int damage_from(struct place *w)
{
	struct rule r = { .prio = 1536, .src = cidr_host(w->p.ip) };

	return rule_remove(&w->here, &r, NULL, &w->e);
}

static int damage_table(struct place *w)
{
	struct rule r = { .prio = 1536, .src = cidr_host(w->p.ip), .table = 7 };

	return damage_from(w) < 0 ? -1 : rule_ensure(&w->here, &r, &w->e);
}

static int damage_stray(struct place *w)
{
	w->p.table = 254;
	return 0;
}

TEST(pod_check_names_what_is_wrong)
{
	static const struct {
		int (*damage)(struct place *w);
		int num;
		const char *want; /* how the words begin */
	} cases[] = {
		{ damage_down, EINVAL, "pod's interface eth0 is down" },
		{ damage_host_down, EINVAL, "host's interface enicc21c2d7785 is down" },
		{ damage_mtu, EINVAL, "pod's interface eth0 has MTU 1500, not 9001" },
		{ damage_name, ENODEV, "pod has no interface eth0" },
		{ damage_gone, ENODEV, "host has no interface enicc21c2d7785" },
		{ damage_pair, EINVAL,
		  "pod's eth0 and host's enicc21c2d7785 are not the two ends of one veth pair" },
		{ damage_addr, ENOENT, "pod has no address 10.0.1.15/32 on eth0" },
		{ damage_default, ENOENT,
		  "pod has no default route via 169.254.1.1 dev eth0 in table 254" },
		{ damage_other_default, EEXIST,
		  "pod has no default route via 169.254.1.1 dev eth0 in table 254: it leads to "
		  "10.9.9.1 interface " },
		{ damage_hop, ENOENT, "pod has no route to 169.254.1.1/32 dev eth0 in table 254" },
		{ damage_neigh, ENOENT, "pod has no neighbour entry for 169.254.1.1" },
		{ damage_neigh_state, EINVAL,
		  "pod's neighbour entry for 169.254.1.1 is not permanent" },
		{ damage_mac, EINVAL, "pod's neighbour entry for 169.254.1.1 has the MAC " },
		{ damage_host_route, ENOENT,
		  "host has no route to 10.0.1.15/32 dev enicc21c2d7785 in table 254" },
		{ damage_to, ENOENT, "host has no rule 512 to 10.0.1.15/32 to table 254" },
		{ damage_from, ENOENT, "host has no rule 1536 from 10.0.1.15/32 to table 4" },
		{ damage_table, EEXIST,
		  "host's rule 1536 from 10.0.1.15/32 leads to table 7, not 4" },
		{ damage_stray, EEXIST,
		  "host has a rule 1536 from 10.0.1.15/32 to table 4, though" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_PLACE struct place w = { 0 };

		place_open(&w);
		CHECK(pod_setup(&w.n, &w.p, &w.e) == 0 && pod_check(&w.n, &w.p, &w.e) == 0);
		CHECK(cases[i].damage(&w) == 0);
		CHECK(pod_check(&w.n, &w.p, &w.e) == -1);
		CHECK_INT(w.e.num, cases[i].num);
		w.e.msg[strlen(cases[i].want)] = '\0';
		CHECK_STR(w.e.msg, cases[i].want);
	}
}
