/* SPDX-License-Identifier: Apache-2.0 */
/* eni.c - give an ENI its address, its own table, and the rule that leads there. */
#include <errno.h>
#include <string.h>

#include <linux/if_addr.h>

#include "addr.h"
#include "eni.h"
#include "pod.h"
#include "route.h"
#include "rule.h"

enum { TABLE_CARD = 10000, TABLES_A_CARD = 100 };

uint32_t eni_table(int device, int card)
{
	if (card > 0)
		return (uint32_t)(TABLE_CARD + TABLES_A_CARD * card + device);
	return device == 0 ? TABLE_MAIN : (uint32_t)device + 1;
}

struct ip eni_gateway(struct cidr subnet)
{
	static const struct ip v6 = { IP_V6, { 0xfe, 0x80, 0x0e, 0xc2, [15] = 1 } };

	return subnet.ip.family == IP_V6 ? v6 : ip_add(cidr_network(subnet).ip, 1);
}

/* ---- link */

static int set_link(struct nl *nl, const struct eni_wire *w, const struct iface *link,
		    struct err *e)
{
	struct iface_set set = { .up = !(link->flags & IFF_UP) };

	if (link->mtu != w->mtu)
		set.mtu = w->mtu;
	return set.up || set.mtu ? iface_change(nl, link->index, &set, e) : 0;
}

/* ---- address */

static struct addr want_addr(const struct eni_wire *w, int link)
{
	struct addr a = { .index = link, .ip = { w->ip, w->subnet.len } };

	if (w->ip.family == IP_V4 && w->subnet.len < 31)
		a.broadcast = ip_v4(ip_v4_host(w->ip) | ~ip_v4_host(cidr_mask(w->subnet)));
	return a;
}

/* Go's IsGlobalUnicast, by which Amazon's agent chooses: link-local and the like may stay. */
static bool global_unicast(struct ip ip)
{
	if (ip.family == IP_V6)
		return ip.b[0] != 0xff && !(ip.b[0] == 0xfe && (ip.b[1] & 0xc0) == 0x80) &&
		       ip_cmp(ip, (struct ip) { IP_V6, { [15] = 1 } }) > 0;
	return ip_v4_host(ip) != 0 && ip_v4_host(ip) != ~0u && ip.b[0] != 127 &&
	       (ip.b[0] & 0xf0) != 0xe0 && !(ip.b[0] == 169 && ip.b[1] == 254);
}

struct addrs {
	struct nl *nl;
	const struct addr *want;
	struct err *e;
};

/* What DHCP or cloud-init has set goes, and so does the wanted address if it would expire. */
static int drop_addr(const struct addr *have, void *arg)
{
	struct addrs *a = arg;
	bool same = ip_eq(have->ip.ip, a->want->ip.ip) && have->ip.len == a->want->ip.len;

	if (!global_unicast(have->ip.ip) || (same && have->flags & IFA_F_PERMANENT))
		return 0;
	return addr_remove(a->nl, have, a->e);
}

static int set_addr(struct nl *nl, const struct eni_wire *w, int link, struct err *e)
{
	struct addr want = want_addr(w, link);
	struct addrs a = { nl, &want, e };

	if (addr_each(nl, link, w->ip.family, drop_addr, &a, e) < 0)
		return -1;
	return addr_ensure(nl, &want, e);
}

/* ---- routes */

struct found {
	const struct route *want;
	bool found;
};

static int is_there(const struct route *have, void *arg)
{
	struct found *f = arg;
	const struct route *want = f->want;

	if (cidr_eq(have->dst, want->dst) && ip_eq(have->via, want->via) &&
	    have->oif == want->oif && (want->family == IP_V6 || have->scope == want->scope))
		f->found = true;
	return 0;
}

static int set_route(struct nl *nl, const struct route *want, struct err *e)
{
	struct found f = { .want = want };

	if (route_each(nl, want->family, want->table, is_there, &f, e) < 0)
		return -1;
	return f.found ? 0 : route_replace(nl, want, e);
}

static int set_routes(struct nl *nl, const struct eni_wire *w, int link, struct err *e)
{
	struct ip gw = eni_gateway(w->subnet);
	struct route to_gw = { .family = gw.family,
			       .dst = cidr_host(gw),
			       .oif = link,
			       .table = w->table,
			       .scope = RT_SCOPE_LINK };
	struct route rest = { .family = gw.family,
			      .dst = { { .family = gw.family }, 0 },
			      .via = gw,
			      .oif = link,
			      .table = w->table };
	/* The kernel made it with the address; it would take the subnet's traffic past the table.
	 */
	struct route subnet = { .family = gw.family,
				.dst = cidr_network(w->subnet),
				.oif = link,
				.table = TABLE_MAIN,
				.scope = 255 };

	if (gw.family == IP_V4) {
		subnet.src = w->ip;
		subnet.scope = RT_SCOPE_LINK;
	}
	if (set_route(nl, &to_gw, e) < 0 || set_route(nl, &rest, e) < 0)
		return -1;
	return route_remove(nl, &subnet, e);
}

/* ---- all of it */

static int set_rule(struct nl *nl, const struct eni_wire *w, struct err *e)
{
	struct rule r = { .src = cidr_host(w->ip), .table = w->table, .prio = PRIO_ENI };

	return w->trunk || w->rule_exists ? 0 : rule_ensure(nl, &r, e);
}

int eni_setup(struct nl *nl, const struct eni_wire *w, struct err *e)
{
	struct iface link;

	if (w->table == TABLE_MAIN || w->table == 0)
		return fail(e, EINVAL, "setupENINetwork should never be called on the primary ENI");
	if (iface_by_mac(nl, w->mac, &link, e) < 0)
		return wrap(e, "setupENINetwork: failed to find the link which uses MAC address %s",
			    mac_text(w->mac).s);
	if (set_link(nl, w, &link, e) < 0 || set_addr(nl, w, link.index, e) < 0 ||
	    set_routes(nl, w, link.index, e) < 0 || set_rule(nl, w, e) < 0)
		return wrap(e, "setupENINetwork: %s", link.name);
	return 0;
}

struct by_source {
	struct nl *nl;
	struct ip ip;
	struct err *e;
};

static int drop_rule(const struct rule *r, void *arg)
{
	struct by_source *s = arg;

	return ip_eq(r->src.ip, s->ip) ? rule_remove(s->nl, r, NULL, s->e) : 0;
}

int eni_teardown(struct nl *nl, struct ip ip, struct err *e)
{
	struct by_source s = { nl, ip, e };

	if (!ip.family)
		return 0;
	return rule_each(nl, ip.family, drop_rule, &s, e) < 0
		       ? wrap(e, "remove rules from %s", ip_text(ip).s)
		       : 0;
}
