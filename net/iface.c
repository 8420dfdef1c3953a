/* SPDX-License-Identifier: Apache-2.0 */
/* iface.c - links: look up, change, delete, make veth pairs. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iface.h"

static int parse(const struct nlmsghdr *m, void *elem, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_VLAN_MAX + 1];
	const struct ifinfomsg *ifi = nl_attrs(m, sizeof(*ifi), tb, IFLA_MAX, e);
	struct iface *i = elem;

	if (!ifi)
		return -1;
	if (m->nlmsg_type != RTM_NEWLINK)
		return 0;
	nl_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	i->index = ifi->ifi_index;
	i->parent = (int)nl_u32(tb[IFLA_LINK]);
	i->flags = ifi->ifi_flags;
	i->mtu = nl_u32(tb[IFLA_MTU]);
	i->txqlen = nl_u32(tb[IFLA_TXQLEN]);
	nl_bytes(tb[IFLA_ADDRESS], i->mac.b, sizeof(i->mac.b));
	snprintf(i->name, sizeof(i->name), "%s", nl_str(tb[IFLA_IFNAME]));
	snprintf(i->kind, sizeof(i->kind), "%s", nl_str(info[IFLA_INFO_KIND]));
	if (strcmp(i->kind, "vlan") == 0) {
		nl_nested(info[IFLA_INFO_DATA], data, IFLA_VLAN_MAX);
		i->vlan = nl_u16(data[IFLA_VLAN_ID]);
	}
	return 1;
}

/* A request for links; counters are half of an answer and nobody here reads them. */
static struct ifinfomsg *get(struct nl *nl, uint16_t flags)
{
	struct ifinfomsg *ifi = nl_request(nl, RTM_GETLINK, flags, sizeof(*ifi));

	nl_put_u32(nl, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return ifi;
}

static int get_one(const struct nlmsghdr *m, void *arg, struct err *e)
{
	return parse(m, arg, e) < 0 ? -1 : 0;
}

static int get_answer(struct nl *nl, struct iface *out, struct err *e)
{
	*out = (struct iface) { 0 };
	if (nl_query(nl, get_one, NULL, out, e) < 0)
		return -1;
	return out->index ? 0 : fail(e, ENODEV, "no answer:");
}

int iface_get(struct nl *nl, const char *name, struct iface *out, struct err *e)
{
	get(nl, 0);
	nl_put_str(nl, IFLA_IFNAME, name);
	return get_answer(nl, out, e) < 0 ? wrap(e, "find link %s", name) : 0;
}

bool iface_index(const struct nl *nl, const char *name, int *out)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(nl_fd(nl), SIOCGIFINDEX, &r) < 0)
		return false;
	*out = r.ifr_ifindex;
	return true;
}

int iface_get_index(struct nl *nl, int index, struct iface *out, struct err *e)
{
	get(nl, 0)->ifi_index = index;
	return get_answer(nl, out, e) < 0 ? wrap(e, "find link %d", index) : 0;
}

static int list(struct nl *nl, nl_parse *fn, struct buf *out, struct err *e)
{
	get(nl, NLM_F_DUMP);
	return nl_list(nl, sizeof(struct iface), fn, out, e) < 0 ? wrap(e, "list links") : 0;
}

int iface_each(struct nl *nl, int (*fn)(const struct iface *, void *), void *arg, struct err *e)
{
	auto_buf struct buf all = { 0 };
	int rc = list(nl, parse, &all, e);

	for (size_t at = 0; rc == 0 && at < all.len; at += sizeof(struct iface))
		rc = fn((const struct iface *)(all.p + at), arg);
	return rc;
}

/* A link with its permanent MAC, which a bond or an administrator may have covered by another. */
struct owned {
	struct iface i;
	struct mac perm;
};

static int parse_owned(const struct nlmsghdr *m, void *elem, struct err *e)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct owned *o = elem;

	if (!nl_attrs(m, sizeof(struct ifinfomsg), tb, IFLA_MAX, e))
		return -1;
	nl_bytes(tb[IFLA_PERM_ADDRESS], o->perm.b, sizeof(o->perm.b));
	return parse(m, &o->i, e);
}

static bool mac_set(struct mac m)
{
	return !mac_eq(m, (struct mac) { 0 });
}

/* No MAC, as loopback and tunnels have it, is no MAC to look for. */
static bool owns(const struct owned *o, struct mac mac)
{
	return mac_set(mac) && (mac_eq(o->i.mac, mac) || mac_eq(o->perm, mac));
}

int iface_by_mac(struct nl *nl, struct mac mac, struct iface *out, struct err *e)
{
	auto_buf struct buf all = { 0 };

	get(nl, NLM_F_DUMP);
	if (nl_list(nl, sizeof(struct owned), parse_owned, &all, e) < 0)
		return wrap(e, "list links");
	for (size_t at = 0; at < all.len; at += sizeof(struct owned)) {
		const struct owned *o = (const struct owned *)(all.p + at);

		if (owns(o, mac)) {
			*out = o->i;
			return 0;
		}
	}
	return fail(e, ENODEV, "no link has the MAC %s", mac_text(mac).s);
}

static void say_pair(const struct nlattr *const *tb, struct buf *out)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *data[VETH_INFO_MAX + 1], *peer[IFLA_MAX + 1];

	nl_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	nl_nested(info[IFLA_INFO_DATA], data, VETH_INFO_MAX);
	nl_nested_behind(data[VETH_INFO_PEER], sizeof(struct ifinfomsg), peer, IFLA_MAX);
	buf_fmt(out, "create veth pair %s/%s", nl_str(tb[IFLA_IFNAME]), nl_str(peer[IFLA_IFNAME]));
}

/* A link is told by its index or, when there is none, by its name. */
static void say(const struct nlmsghdr *m, struct buf *out)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct err e;
	const struct ifinfomsg *ifi = nl_attrs(m, sizeof(*ifi), tb, IFLA_MAX, &e);
	const char *verb = m->nlmsg_type == RTM_DELLINK ? "delete" : "change";

	if (!ifi)
		return;
	if (m->nlmsg_flags & NLM_F_CREATE)
		say_pair(tb, out);
	else if (ifi->ifi_index)
		buf_fmt(out, "%s link %d", verb, ifi->ifi_index);
	else
		buf_fmt(out, "%s link %s", verb, nl_str(tb[IFLA_IFNAME]));
}

static void put_change(struct nl *nl, struct ifinfomsg *ifi, const struct iface_set *s)
{
	if (s->up || s->down)
		ifi->ifi_change = IFF_UP;
	if (s->up)
		ifi->ifi_flags = IFF_UP;
	if (s->mtu)
		nl_put_u32(nl, IFLA_MTU, s->mtu);
	if (s->mac)
		nl_put(nl, IFLA_ADDRESS, s->mac->b, sizeof(s->mac->b));
	if (s->netns_fd)
		nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)s->netns_fd);
	if (s->group)
		nl_put_u32(nl, IFLA_GROUP, s->group);
}

int iface_change(struct nl *nl, int index, const struct iface_set *s, struct err *e)
{
	struct ifinfomsg *ifi = nl_request(nl, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	put_change(nl, ifi, s);
	if (s->rename)
		nl_put_str(nl, IFLA_IFNAME, s->rename);
	return nl_talk(nl, 0, say, e);
}

int iface_change_name(struct nl *nl, const char *name, const struct iface_set *s, struct err *e)
{
	struct ifinfomsg *ifi;
	struct iface i;

	/* With a name for an address there is no room for another as the change. */
	if (s->rename)
		return iface_get(nl, name, &i, e) < 0 ? -1 : iface_change(nl, i.index, s, e);
	ifi = nl_request(nl, RTM_NEWLINK, 0, sizeof(*ifi));
	put_change(nl, ifi, s);
	nl_put_str(nl, IFLA_IFNAME, name);
	return nl_talk(nl, 0, say, e);
}

int iface_del(struct nl *nl, int index, struct err *e)
{
	struct ifinfomsg *ifi = nl_request(nl, RTM_DELLINK, 0, sizeof(*ifi));

	ifi->ifi_index = index;
	return nl_talk(nl, 0, say, e);
}

int iface_del_name(struct nl *nl, const char *name, struct err *e)
{
	nl_request(nl, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	nl_put_str(nl, IFLA_IFNAME, name);
	return nl_talk(nl, ENODEV, say, e);
}

/* A kernel may leave IFLA_LINK out when it equals the index. */
int iface_peer(const struct iface *i)
{
	return i->parent ? i->parent : i->index;
}

/* One end. The queue length is said although it is zero: left out, the kernel would choose 1000. */
static void put_end(struct nl *nl, struct ifinfomsg *ifi, const struct veth *v, bool peer)
{
	const struct mac *mac = peer ? &v->peer_mac : &v->mac;

	ifi->ifi_index = peer ? v->peer_index : v->index;
	if (v->up && !peer) /* the peer has no partner yet when it is made, so it cannot be up */
		ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	nl_put_str(nl, IFLA_IFNAME, peer ? v->peer : v->name);
	if (v->mtu)
		nl_put_u32(nl, IFLA_MTU, v->mtu);
	nl_put_u32(nl, IFLA_TXQLEN, 0);
	if (mac_set(*mac))
		nl_put(nl, IFLA_ADDRESS, mac->b, sizeof(mac->b));
}

int veth_add(struct nl *nl, const struct veth *v, struct err *e)
{
	const uint16_t flags = NLM_F_CREATE | NLM_F_EXCL;
	struct nlattr *info, *data, *peer;

	put_end(nl, nl_request(nl, RTM_NEWLINK, flags, sizeof(struct ifinfomsg)), v, false);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put_str(nl, IFLA_INFO_KIND, "veth");
	data = nl_nest(nl, IFLA_INFO_DATA);
	peer = nl_nest(nl, VETH_INFO_PEER);
	put_end(nl, nl_header(nl, sizeof(struct ifinfomsg)), v, true);
	if (v->peer_netns)
		nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)v->peer_netns);
	nl_end(nl, peer);
	nl_end(nl, data);
	nl_end(nl, info);
	return nl_talk(nl, 0, say, e);
}
