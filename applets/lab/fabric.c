/* SPDX-License-Identifier: Apache-2.0 */
/* fabric.c - the router namespace, its links to ENIs, and the Internet behind it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "fabric.h"
#include "iface.h"
#include "neigh.h"
#include "netns.h"
#include "route.h"
#include "sgwire.h"
#include "sysctl.h"

enum { VPC_MTU = 9001, DHCP_METRIC = 1024, RTPROT_DHCP_CLIENT = 16 };

/* The Internet's ends of its link to the gateway, RFC 2544 addresses. */
#define GATEWAY_IP 0xc6120001 /* 198.18.0.1 */
#define INTERNET_IP 0xc6120002

struct ip lab_vpc_ip(const struct world *w, uint32_t n)
{
	return ip_add(cidr_network(w->c.vpc).ip, n);
}

struct cidr lab_public(void)
{
	return (struct cidr) { ip_v4(0xcb007100), 24 };
}

struct ip lab_echo_ip(void)
{
	return ip_v4(0xc6336450);
}

struct ip lab_internet_ip(void)
{
	return ip_v4(0x08080808);
}

void fabric_link(const struct eni *eni, char out[16])
{
	size_t n = strlen(eni->id);

	snprintf(out, 16, "eni%s", eni->id + (n > 12 ? n - 12 : 0));
}

void fabric_ifname(const struct eni *eni, char out[16])
{
	snprintf(out, 16, "ens%d", 5 + eni->device);
}

struct setting {
	const char *key, *value;
};

static int set_all(const struct setting *s, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (sysctl_set(s[i].key, s[i].value, true, e) < 0)
			return -1;
	return 0;
}

static int add_local(struct nl *nl, struct ip ip, struct err *e)
{
	struct iface lo;
	struct addr a = { .ip = cidr_host(ip) };

	if (iface_get(nl, "lo", &lo, e) < 0)
		return -1;
	a.index = lo.index;
	return addr_ensure(nl, &a, e);
}

static int link_up(struct nl *nl, const char *name, struct err *e)
{
	return iface_change_name(nl, name, &(struct iface_set) { .up = true }, e);
}

static int route_via(struct nl *nl, struct cidr dst, struct ip via, struct err *e)
{
	struct route r = { .family = IP_V4, .dst = dst, .via = via };

	return route_replace(nl, &r, e);
}

static int point_to_point(struct nl *nl, const char *name, struct ip mine, struct err *e)
{
	struct iface i;
	struct addr a = { .ip = { mine, 30 } };

	if (iface_get(nl, name, &i, e) < 0)
		return -1;
	a.index = i.index;
	return addr_ensure(nl, &a, e) < 0 ? -1 : link_up(nl, name, e);
}

/* A namespace with one link, inet0 here and vpc0 there. 8.8.8.8 exists nowhere else. */
static int internet_init(struct lab *lab, struct err *e)
{
	struct veth v = { .name = "inet0", .peer = "vpc0", .mtu = 1500 };
	auto_nl struct nl out = { 0 };

	if (netns_new(&lab->internet, e) < 0 || nl_open(&out, lab->internet, e) < 0)
		return wrap(e, "the Internet's namespace");
	v.peer_netns = lab->internet;
	if (veth_add(&lab->nl, &v, e) < 0 || link_up(&out, "lo", e) < 0 ||
	    point_to_point(&lab->nl, "inet0", ip_v4(GATEWAY_IP), e) < 0 ||
	    point_to_point(&out, "vpc0", ip_v4(INTERNET_IP), e) < 0 ||
	    add_local(&out, lab_internet_ip(), e) < 0 || add_local(&out, lab_echo_ip(), e) < 0 ||
	    route_via(&out, lab_public(), ip_v4(GATEWAY_IP), e) < 0 ||
	    route_via(&lab->nl, (struct cidr) { { 0 }, 0 }, ip_v4(INTERNET_IP), e) < 0)
		return wrap(e, "link to the Internet");
	return 0;
}

int fabric_init(struct lab *lab, struct err *e)
{
	static const struct setting settings[] = {
		{ "net/ipv4/ip_forward", "1" },
		/* before any link exists, so that each is born with them */
		{ "net/ipv4/conf/all/rp_filter", "1" },
		{ "net/ipv4/conf/default/rp_filter", "1" },
		{ "net/ipv4/conf/default/proxy_arp", "1" },
		{ "net/ipv4/conf/all/send_redirects", "0" },
		{ "net/ipv4/conf/default/send_redirects", "0" },
		{ "net/ipv6/conf/all/disable_ipv6", "1" },
		{ "net/ipv6/conf/default/disable_ipv6", "1" },
	};
	struct route hole = { .family = IP_V4, .type = RTN_BLACKHOLE };
	struct world *w = &lab->w;

	if (set_all(settings, COUNT(settings), e) < 0 || link_up(&lab->nl, "lo", e) < 0 ||
	    internet_init(lab, e) < 0)
		return -1;
	hole.dst = cidr_network(w->c.vpc);
	if (route_replace(&lab->nl, &hole, e) < 0 || add_local(&lab->nl, lab_vpc_ip(w, 2), e) < 0 ||
	    add_local(&lab->nl, lab_vpc_ip(w, 10), e) < 0 ||
	    add_local(&lab->nl, ip_v4(0xa9fea9fd), e) < 0 || /* resolver */
	    add_local(&lab->nl, ip_v4(0xa9fea9fe), e) < 0)   /* IMDS */
		return wrap(e, "VPC services");
	for (size_t i = 0; i < w->nsubnets; i++)
		if (add_local(&lab->nl, ip_add(cidr_network(w->subnets[i].cidr).ip, 1), e) < 0)
			return wrap(e, "gateway of %s", w->subnets[i].id);
	return 0;
}

int fabric_address(struct lab *lab, struct eni *eni, struct ip ip, bool add, struct err *e)
{
	struct route r = { .dst = cidr_host(ip), .scope = RT_SCOPE_LINK };
	struct neigh n = { .ip = ip, .mac = eni->mac };
	struct iface link;
	char name[16];

	fabric_link(eni, name);
	if (iface_get(&lab->nl, name, &link, e) < 0)
		return -1;
	r.oif = n.index = link.index;
	if (!add) {
		if (route_remove(&lab->nl, &r, e) < 0)
			return -1;
		return neigh_remove(&lab->nl, &n, e);
	}
	return neigh_replace(&lab->nl, &n, e) < 0 ? -1 : route_replace(&lab->nl, &r, e);
}

/* EC2 answers ARP at once; Linux would wait up to 0.8 s. Links in a user namespace have no such
 * key. */
static int answer_at_once(const char *link, struct err *e)
{
	char key[64];

	snprintf(key, sizeof(key), "net/ipv4/neigh/%s/proxy_delay", link);
	return sysctl_set(key, "0", true, e);
}

int fabric_attach(struct lab *lab, struct node *n, struct eni *eni, struct err *e)
{
	char here[16], there[16];
	struct veth v = { .name = here, .peer = there, .peer_mac = eni->mac, .mtu = VPC_MTU };
	struct iface_set up = { .up = true, .group = sgwire_number(&lab->w, eni) };

	fabric_link(eni, here);
	fabric_ifname(eni, there);
	v.peer_netns = n->netns;
	if (veth_add(&lab->nl, &v, e) < 0 || answer_at_once(here, e) < 0 ||
	    iface_change_name(&lab->nl, here, &up, e) < 0)
		return wrap(e, "link of %s", eni->id);
	for (size_t i = 0; i < eni->nips; i++)
		if (fabric_address(lab, eni, eni->ips[i].ip, true, e) < 0)
			return wrap(e, "%s of %s", ip_text(eni->ips[i].ip).s, eni->id);
	return 0;
}

int fabric_detach(struct lab *lab, struct eni *eni, struct err *e)
{
	char name[16];

	fabric_link(eni, name);
	return iface_del_name(&lab->nl, name, e);
}

/* As systemd-networkd on Amazon Linux 2023 leaves them. */
static int dhcp_routes(struct node *n, int index, struct err *e)
{
	struct ip me = n->i->primary->ips[0].ip;
	struct ip gw = ip_add(cidr_network(n->i->subnet->cidr).ip, 1);
	struct route r[] = {
		{ .dst = cidr_host(gw), .scope = RT_SCOPE_LINK },
		{ .dst = cidr_host(lab_vpc_ip(&n->lab->w, 2)), .via = gw },
		{ .family = IP_V4, .via = gw },
	};

	for (size_t k = 0; k < COUNT(r); k++) {
		r[k].oif = index;
		r[k].src = me;
		r[k].metric = DHCP_METRIC;
		r[k].proto = RTPROT_DHCP_CLIENT;
		if (route_replace(&n->nl, &r[k], e) < 0)
			return -1;
	}
	return 0;
}

int fabric_dhcp(struct node *n, struct err *e)
{
	struct cidr subnet = n->i->subnet->cidr;
	struct addr a = { .ip = { n->i->primary->ips[0].ip, subnet.len }, .metric = DHCP_METRIC };
	struct iface i;
	char name[16];

	fabric_ifname(n->i->primary, name);
	a.broadcast = ip_add(cidr_network(subnet).ip, (1u << (32 - subnet.len)) - 1);
	if (link_up(&n->nl, "lo", e) < 0 || link_up(&n->nl, name, e) < 0 ||
	    iface_get(&n->nl, name, &i, e) < 0)
		return wrap(e, "primary ENI of %s", n->i->name);
	a.index = i.index;
	if (addr_ensure(&n->nl, &a, e) < 0 || dhcp_routes(n, i.index, e) < 0)
		return wrap(e, "addresses of %s", n->i->name);
	return 0;
}
