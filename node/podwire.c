/* SPDX-License-Identifier: Apache-2.0 */
/* podwire.c - the steps that wire one interface of one pod, and those that take it down. The words
 * of errors are Amazon's, since people search for them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>

#include "clock.h"
#include "hash.h"
#include "netns.h"
#include "pod.h"
#include "sysctl.h"

enum { DAD_MS = 10000, DAD_POLL_MS = 50 };

static const char in_pair[] = "failed to setup veth pair: failed to setup veth network";

/* A pod interface on its way. */
struct wiring {
	const struct pod_ends *n;
	const struct pod_if *p;
	struct pod_want w;
	int host, cont; /* indexes of the two ends */
};

/* Locally administered, unicast, random. It is said explicitly because udev rewrites a MAC that the
 * kernel chose, and the pod's neighbour entry would point nowhere. With 46 random bits two of a
 * thousand pods of a node share one once in 10^8 nodes, so links are not searched for it. */
static struct mac random_mac(void)
{
	struct mac m;

	random_bytes(m.b, sizeof(m.b));
	m.b[0] = (uint8_t)((m.b[0] | 0x02) & 0xfe);
	return m;
}

/* The host's end is born in its place: moving it there later would wait for an RCU grace period. */
int pod_pair(const struct pod_ends *n, struct pod_if *p, struct err *e)
{
	struct veth v = { .name = p->cont, .peer = p->host, .mtu = p->mtu, .peer_netns = n->self };

	if (mac_eq(p->host_mac, (struct mac) { 0 }))
		p->host_mac = random_mac();
	v.peer_mac = p->host_mac;
	if (veth_add(n->pod, &v, e) < 0)
		return -1;
	p->paired = true;
	return 0;
}

int pod_unpair(const struct pod_ends *n, struct pod_if *p, struct err *e)
{
	if (!p->paired)
		return 0;
	p->paired = false;
	return iface_del_name(n->pod, p->cont, e);
}

/* An old host's end of that name, of a pod that is gone or of this one, is in the way only now and
 * then. */
static int make_pair(const struct pod_ends *n, struct pod_if *p, struct err *e)
{
	if (p->paired || pod_pair(n, p, e) == 0)
		return 0;
	if (e->num == EEXIST) {
		if (iface_del_name(n->here, p->host, e) < 0)
			return wrap(e, "failed to delete old hostVeth %s", p->host);
		*e = (struct err) { 0 };
		if (pod_pair(n, p, e) == 0)
			return 0;
	}
	if (e->num == EEXIST)
		wrap(e, "the pod's namespace has an interface %s already", p->cont);
	return wrap(e, "failed to setup veth network");
}

/* The short way, or the one that can say what is wrong. */
static int find_pair(struct wiring *x, struct err *e)
{
	struct iface i;

	if (iface_index(x->n->pod, x->p->cont, &x->cont) &&
	    iface_index(x->n->here, x->p->host, &x->host)) {
		pod_want_links(&x->w, x->host, x->cont);
		return 0;
	}
	if (iface_get(x->n->pod, x->p->cont, &i, e) < 0)
		return wrap(e, "setup NS network: failed to find link \"%s\"", x->p->cont);
	x->cont = i.index;
	x->host = iface_peer(&i);
	pod_want_links(&x->w, x->host, x->cont);
	return 0;
}

/* Before the host's end comes up: the host must never believe a router advertisement of a pod. */
static int set_host_sysctls(const struct wiring *x, struct err *e)
{
	static const struct {
		const char *key, *value, *what;
	} keys[] = { { "accept_ra", "0", "failed to disable IPv6 router advertisements" },
		     { "accept_redirects", "1", "failed to disable IPv6 ICMP redirects" },
		     { "forwarding", "0", "failed to disable IPv6 forwarding" } };
	char key[64];

	for (size_t i = 0; i < COUNT(keys); i++) {
		snprintf(key, sizeof(key), "net/ipv6/conf/%s/%s", x->p->host, keys[i].key);
		if (sysctl_set(key, keys[i].value, true, e) < 0)
			return wrap(e, "%s", keys[i].what);
	}
	return 0;
}

static int enable_ipv6(const struct wiring *x, struct err *e)
{
	auto_netns int back = 0;
	char key[64];

	snprintf(key, sizeof(key), "net/ipv6/conf/%s/disable_ipv6", x->p->cont);
	if (netns_enter(x->n->netns, &back, e) < 0)
		return -1;
	if (sysctl_set(key, "0", true, e) < 0)
		return wrap(e,
			    "setupVeth network: failed to enable IPv6 on container veth interface");
	if (sysctl_set("net/ipv6/conf/lo/disable_ipv6", "0", true, e) < 0)
		return wrap(e,
			    "setupVeth network: failed to enable IPv6 on container's lo interface");
	return 0;
}

/* In the order of wire_pod(); the words are Amazon's. */
static int pod_failed(const struct wiring *x, struct err *e)
{
	switch (x->n->pod->failed) {
	case 0:
		wrap(e, "failed to set link \"%s\" up", x->p->cont);
		break;
	case 1:
		wrap(e, "failed to add default gateway");
		break;
	case 2:
		wrap(e, "failed to add default route");
		break;
	case 3:
		wrap(e, "failed to add IP addr to \"%s\"", x->p->cont);
		break;
	case 4:
		wrap(e, "failed to add static ARP");
		break;
	default:
		wrap(e, "failed to add rule for %s", ip_text(x->p->ip).s);
	}
	return wrap(e, "setup NS network");
}

static int wire_pod(const struct wiring *x, struct err *e)
{
	const struct iface_set up = { .up = true };
	const struct pod_want *w = &x->w;
	struct nl *nl = x->n->pod;

	nl_begin(nl);
	if (iface_change(nl, x->cont, &up, e) < 0 || route_replace(nl, &w->in_pod[0], e) < 0 ||
	    route_add(nl, &w->in_pod[1], e) < 0 || addr_ensure(nl, &w->in_pod_addr, e) < 0 ||
	    neigh_add(nl, &w->in_pod_neigh, e) < 0 ||
	    (w->in_pod_rule.prio && rule_ensure(nl, &w->in_pod_rule, e) < 0))
		return -1;
	return nl_commit(nl, e) < 0 ? pod_failed(x, e) : 0;
}

static int unstable(const struct addr *a, void *arg)
{
	(void)arg;
	return a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) ? 1 : 0;
}

/* Until duplicate address detection has let every address pass: before, the pod cannot use them. */
static int wait_stable(const struct wiring *x, struct err *e)
{
	int64_t deadline = now_ms() + DAD_MS;
	int rc;

	do
		rc = addr_each(x->n->pod, x->cont, IP_V6, unstable, NULL, e);
	while (rc > 0 && pause_ms(DAD_POLL_MS, deadline));
	if (rc < 0)
		wrap(e, "could not list addresses");
	if (rc > 0)
		fail(e, ETIMEDOUT, "an address of %s is still tentative or a duplicate after %d s",
		     x->p->cont, DAD_MS / 1000);
	return rc ? wrap(e, "setupVeth network: failed while waiting for v6 addresses to be stable")
		  : 0;
}

static const char *table_name(uint32_t table, char out[12])
{
	snprintf(out, 12, "%u", table);
	return table == TABLE_MAIN ? "main" : out;
}

static int host_failed(const struct wiring *x, struct err *e)
{
	const struct cidr pod = cidr_host(x->p->ip);
	char table[12];

	switch (x->n->here->failed) {
	case 0:
		wrap(e, "setup NS network: failed to set host link \"%s\" up", x->p->host);
		return wrap(e, "%s", in_pair);
	case 1:
		wrap(e,
		     "failed to setup container route, containerAddr=%s, hostVeth=%s, rtTable=main",
		     cidr_text(pod).s, x->p->host);
		break;
	case 2:
		wrap(e, "failed to setup toContainer rule, containerAddr=%s, rtTable=main",
		     cidr_text(pod).s);
		break;
	default:
		wrap(e, "failed to setup fromContainer rule, containerAddr=%s, rtTable=%s",
		     cidr_text(pod).s, table_name(pod_host_table(x->p->table), table));
	}
	return wrap(e, "unable to setup IP based container routes and rules");
}

/* The route replaces one to a link that is gone, should the address have been another pod's. */
static int wire_host(const struct wiring *x, struct err *e)
{
	const struct iface_set up = { .up = true };
	const struct pod_want *w = &x->w;
	struct nl *nl = x->n->here;

	nl_begin(nl);
	if (iface_change(nl, x->host, &up, e) < 0 || route_replace(nl, &w->host_route, e) < 0 ||
	    rule_ensure(nl, &w->host_rules[0], e) < 0 ||
	    (w->host_rules[1].prio && rule_ensure(nl, &w->host_rules[1], e) < 0))
		return -1;
	return nl_commit(nl, e) < 0 ? host_failed(x, e) : 0;
}

/* What follows the creation of the pair; the first step that fails ends it. The host's end comes up
 * last, when the pod is ready, but before the wait: without a carrier there is no duplicate
 * detection. */
static int wire(struct wiring *x, struct err *e)
{
	bool v6 = x->p->ip.family == IP_V6;

	if (find_pair(x, e) < 0 || set_host_sysctls(x, e) < 0 || (v6 && enable_ipv6(x, e) < 0) ||
	    wire_pod(x, e) < 0)
		return wrap(e, "%s", in_pair);
	if (wire_host(x, e) < 0)
		return -1;
	return v6 && wait_stable(x, e) < 0 ? wrap(e, "%s", in_pair) : 0;
}

/* Best effort: what matters is the failure that led here. */
static void undo(const struct wiring *x)
{
	struct err ignored;
	int rc = iface_del_name(x->n->here, x->p->host, &ignored);

	rc |= pod_teardown(x->n->here, x->p->ip, pod_host_table(x->p->table), &ignored);
	(void)rc;
}

int pod_setup(const struct pod_ends *n, struct pod_if *p, struct err *e)
{
	struct wiring x = { .n = n, .p = p };

	if (make_pair(n, p, e) < 0)
		return wrap(e, "SetupPodNetwork: failed to setup veth pair");
	p->paired = false;
	pod_want(p, &x.w);
	if (wire(&x, e) < 0) {
		undo(&x);
		return wrap(e, "SetupPodNetwork");
	}
	return 0;
}

int pod_teardown(struct nl *here, struct ip ip, uint32_t table, struct err *e)
{
	const struct cidr pod = cidr_host(ip);
	const struct route r = { .dst = pod, .table = TABLE_MAIN, .scope = RT_SCOPE_LINK };
	const struct rule to = { .prio = PRIO_TO_POD, .table = TABLE_MAIN, .dst = pod };
	const struct rule from = { .prio = PRIO_FROM_POD, .table = table, .src = pod };
	char text[12];
	int rc = 0;

	nl_begin(here);
	if (rule_remove(here, &to, NULL, e) < 0 || route_remove(here, &r, e) < 0)
		return -1;
	/* The kernel removes the route with the link anyway, so its failure is none. */
	if (nl_commit(here, e) < 0 && here->failed == 0)
		rc = wrap(e, "failed to delete toContainer rule, containerAddr=%s, rtTable=main",
			  cidr_text(pod).s);
	/* All of them: early releases wrote one for each CIDR of the VPC. */
	else if (table != 1 && table != TABLE_MAIN && rule_remove_all(here, &from, e) < 0)
		rc = wrap(e, "failed to delete fromContainer rule, containerAddr=%s, rtTable=%s",
			  cidr_text(pod).s, table_name(table, text));
	return rc ? wrap(e, "TeardownPodNetwork: unable to teardown IP based container routes "
			    "and rules")
		  : 0;
}
