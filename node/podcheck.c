/* SPDX-License-Identifier: Apache-2.0 */
/* podcheck.c - what differs between a pod interface's wiring and what it should be, in words. */
#include <errno.h>
#include <linux/neighbour.h>
#include <stdio.h>

#include "pod.h"

/* A question to the kernel's lists: is there what is wanted, and if not, what is there instead? */
struct look {
	const void *want;
	bool found, other;
	union {
		struct route route;
		struct neigh neigh;
		struct rule rule;
	} have; /* when other is set */
};

/* "default route via 169.254.1.1 dev eth0", by value for printf. */
struct words {
	char s[192];
};

static int check_link(struct nl *nl, const char *who, const char *name, uint32_t mtu,
		      struct iface *out, struct err *e)
{
	if (iface_get(nl, name, out, e) < 0)
		return e->num == ENODEV ? fail(e, ENODEV, "%s has no interface %s", who, name) : -1;
	if (!(out->flags & IFF_UP))
		return fail(e, EINVAL, "%s's interface %s is down", who, name);
	if (mtu && out->mtu != mtu)
		return fail(e, EINVAL, "%s's interface %s has MTU %u, not %u", who, name, out->mtu,
			    mtu);
	return 0;
}

static int on_addr(const struct addr *a, void *arg)
{
	struct look *l = arg;
	const struct addr *want = l->want;

	l->found = a->index == want->index && ip_eq(a->ip.ip, want->ip.ip) &&
		   a->ip.len == want->ip.len;
	return l->found;
}

static int check_addr(struct nl *nl, const struct addr *want, const char *link, struct err *e)
{
	struct look l = { .want = want };

	if (addr_each(nl, want->index, want->ip.ip.family, on_addr, &l, e) < 0)
		return -1;
	return l.found ? 0
		       : fail(e, ENOENT, "pod has no address %s on %s", cidr_text(want->ip).s,
			      link);
}

static int on_route(const struct route *r, void *arg)
{
	struct look *l = arg;
	const struct route *want = l->want;

	if (!cidr_eq(r->dst, want->dst))
		return 0;
	l->found = r->type == RTN_UNICAST && r->oif == want->oif && ip_eq(r->via, want->via);
	l->other = !l->found;
	l->have.route = *r;
	return l->found;
}

static struct words route_words(const struct route *r, const char *link)
{
	const char *via = r->via.family ? " via " : "";
	struct words w;

	if (r->dst.len)
		snprintf(w.s, sizeof(w.s), "route to %s%s%s dev %s", cidr_text(r->dst).s, via,
			 ip_text(r->via).s, link);
	else
		snprintf(w.s, sizeof(w.s), "default route%s%s dev %s", via, ip_text(r->via).s,
			 link);
	return w;
}

/* who: "pod" or "host"; link: the name of the interface that the route leads to. */
static int check_route(struct nl *nl, const char *who, const struct route *want, const char *link,
		       struct err *e)
{
	const struct words words = route_words(want, link);
	struct look l = { .want = want };
	const struct route *r = &l.have.route;

	if (route_each(nl, want->family, want->table, on_route, &l, e) < 0)
		return -1;
	if (l.found)
		return 0;
	if (!l.other)
		return fail(e, ENOENT, "%s has no %s in table %u", who, words.s, want->table);
	return fail(e, EEXIST, "%s has no %s in table %u: it leads to%s%s interface %d", who,
		    words.s, want->table, r->via.family ? " " : "", ip_text(r->via).s, r->oif);
}

static int on_neigh(const struct neigh *n, void *arg)
{
	struct look *l = arg;
	const struct neigh *want = l->want;

	if (n->index != want->index || !ip_eq(n->ip, want->ip))
		return 0;
	l->found = mac_eq(n->mac, want->mac) && n->state & NUD_PERMANENT;
	l->other = !l->found;
	l->have.neigh = *n;
	return 1;
}

static int check_neigh(struct nl *nl, const struct neigh *want, const char *host, struct err *e)
{
	struct look l = { .want = want };

	if (neigh_each(nl, want->ip.family, on_neigh, &l, e) < 0)
		return -1;
	if (l.found)
		return 0;
	if (!l.other)
		return fail(e, ENOENT, "pod has no neighbour entry for %s", ip_text(want->ip).s);
	if (mac_eq(l.have.neigh.mac, want->mac))
		return fail(e, EINVAL, "pod's neighbour entry for %s is not permanent",
			    ip_text(want->ip).s);
	return fail(e, EINVAL, "pod's neighbour entry for %s has the MAC %s, but %s has %s",
		    ip_text(want->ip).s, mac_text(l.have.neigh.mac).s, host, mac_text(want->mac).s);
}

static int on_rule(const struct rule *r, void *arg)
{
	struct look *l = arg;
	const struct rule *want = l->want;
	struct rule same = *r;

	same.table = want->table;
	same.more = want->more;
	if (rule_cmp(&same, want) != 0)
		return 0;
	/* The first of them decides where packets go. */
	l->found = r->table == want->table && !r->more;
	l->other = !l->found;
	l->have.rule = *r;
	return 1;
}

static struct words rule_words(const struct rule *r)
{
	struct words w;
	bool to = r->dst.ip.family;

	snprintf(w.s, sizeof(w.s), "rule %u %s %s", r->prio, to ? "to" : "from",
		 cidr_text(to ? r->dst : r->src).s);
	return w;
}

static int check_rule(struct nl *nl, const char *who, const struct rule *want, struct err *e)
{
	struct look l = { .want = want };

	if (rule_each(nl, want->family, on_rule, &l, e) < 0)
		return -1;
	if (l.found)
		return 0;
	if (!l.other)
		return fail(e, ENOENT, "%s has no %s to table %u", who, rule_words(want).s,
			    want->table);
	return fail(e, EEXIST, "%s's %s leads to table %u, not %u", who, rule_words(want).s,
		    l.have.rule.table, want->table);
}

/* A pod on the primary ENI has no rule by its source; one left by another pod would lead it astray.
 */
static int check_no_rule(struct nl *nl, const struct pod_if *p, struct err *e)
{
	const struct rule stray = { .family = p->ip.family,
				    .prio = PRIO_FROM_POD,
				    .src = cidr_host(p->ip) };
	struct look l = { .want = &stray };

	if (rule_each(nl, p->ip.family, on_rule, &l, e) < 0)
		return -1;
	return !l.other ? 0
			: fail(e, EEXIST,
			       "host has a %s to table %u, though the pod is on the main table",
			       rule_words(&stray).s, l.have.rule.table);
}

static int check_pod(struct nl *nl, const struct pod_want *w, const struct pod_if *p, struct err *e)
{
	if (check_addr(nl, &w->in_pod_addr, p->cont, e) < 0 ||
	    check_route(nl, "pod", &w->in_pod[0], p->cont, e) < 0 ||
	    check_route(nl, "pod", &w->in_pod[1], p->cont, e) < 0 ||
	    check_neigh(nl, &w->in_pod_neigh, p->host, e) < 0)
		return -1;
	return w->in_pod_rule.prio ? check_rule(nl, "pod", &w->in_pod_rule, e) : 0;
}

static int check_host(struct nl *nl, const struct pod_want *w, const struct pod_if *p,
		      struct err *e)
{
	if (check_route(nl, "host", &w->host_route, p->host, e) < 0 ||
	    check_rule(nl, "host", &w->host_rules[0], e) < 0)
		return -1;
	return w->host_rules[1].prio ? check_rule(nl, "host", &w->host_rules[1], e)
				     : check_no_rule(nl, p, e);
}

int pod_check(const struct pod_ends *n, const struct pod_if *p, struct err *e)
{
	struct pod_if seen = *p;
	struct iface host, cont;
	struct pod_want w;

	if (check_link(n->here, "host", p->host, p->mtu, &host, e) < 0 ||
	    check_link(n->pod, "pod", p->cont, p->mtu, &cont, e) < 0)
		return -1;
	if (iface_peer(&cont) != host.index || iface_peer(&host) != cont.index)
		return fail(e, EINVAL,
			    "pod's %s and host's %s are not the two ends of one veth pair", p->cont,
			    p->host);
	seen.host_mac = host.mac;
	pod_want(&seen, &w);
	pod_want_links(&w, host.index, cont.index);
	return check_pod(n->pod, &w, p, e) < 0 ? -1 : check_host(n->here, &w, p, e);
}
