/* SPDX-License-Identifier: Apache-2.0 */
/* iface.h - links, in our words (rtnetlink RTM_*LINK). */
#pragma once
#include <net/if.h>

#include "ip.h"
#include "nl.h"

struct iface {
	int index, parent; /* parent: IFLA_LINK, the peer's or lower device's index; 0 none */
	unsigned flags;    /* IFF_* */
	uint32_t mtu, txqlen;
	uint16_t vlan; /* id of a VLAN device, else 0 */
	struct mac mac;
	char name[IFNAMSIZ], kind[16];
};
/* ENODEV: no such link. One request, not a dump, so it does not grow with the number of links. */
MUST int iface_get(struct nl *nl, const char *name, struct iface *out, struct err *e);
/* The index alone, by ioctl, for a tenth of the price. False: no such link, or no telling why. */
bool iface_index(const struct nl *nl, const char *name, int *out);
MUST int iface_get_index(struct nl *nl, int index, struct iface *out, struct err *e);
/* By permanent or current MAC among all links (a dump): ENODEV when absent, or when mac is zero. */
MUST int iface_by_mac(struct nl *nl, struct mac mac, struct iface *out, struct err *e);
/* fn may talk on nl: it is called when the list is complete. What it returns unless 0 ends the walk
 * and is returned (below 0 e is as fn left it). The same holds for addr_each, route_each, rule_each
 * and neigh_each. */
MUST int iface_each(struct nl *nl, int (*fn)(const struct iface *, void *), void *arg,
		    struct err *e);

/* One change of a link; fields left zero stay as they are. Applied in a single request. */
struct iface_set {
	bool up, down;
	uint32_t mtu;
	const struct mac *mac;
	const char *rename;
	int netns_fd;
	uint32_t group; /* IFLA_GROUP, what nft calls iifgroup and oifgroup */
};
MUST int iface_change(struct nl *nl, int index, const struct iface_set *s, struct err *e);
/* The same for a link known by its name; needs no look-up before, unless it renames (then not in a
 * batch). */
MUST int iface_change_name(struct nl *nl, const char *name, const struct iface_set *s,
			   struct err *e);
MUST int iface_del(struct nl *nl, int index, struct err *e); /* gone already: ENODEV */
MUST int iface_del_name(struct nl *nl, const char *name,
			struct err *e); /* gone already is success */

/* A pair: name here, peer inside peer_netns (0 = here) from birth. Zero MACs are left to the
 * kernel. Both ends get the MTU (0: the kernel's) and a transmit queue length of 0
 * (spec-cni-dataplane 3.1). EEXIST: one of the two names is taken. */
struct veth {
	const char *name, *peer;
	struct mac mac, peer_mac;
	uint32_t mtu;
	int peer_netns;
	bool up;               /* `name` is born with IFF_UP; its peer cannot be */
	int index, peer_index; /* wanted ifindexes, 0: the kernel's choice */
};
MUST int veth_add(struct nl *nl, const struct veth *v, struct err *e);
/* Of one end of a veth pair: the index of the other, in the other's namespace. */
int iface_peer(const struct iface *i);
