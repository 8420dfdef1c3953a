/* SPDX-License-Identifier: Apache-2.0 */
/* addr.c - addresses of links. */
#include <errno.h>
#include <linux/if_addr.h>

#include "addr.h"

static void request(struct nl *nl, uint16_t type, uint16_t flags, const struct addr *a)
{
	struct ifaddrmsg *h = nl_request(nl, type, flags, sizeof(*h));

	h->ifa_family = a->ip.ip.family;
	h->ifa_prefixlen = a->ip.len;
	h->ifa_scope = a->scope;
	h->ifa_index = (uint32_t)a->index;
	nl_put_ip(nl, IFA_LOCAL, a->ip.ip);
	nl_put_ip(nl, IFA_ADDRESS, a->ip.ip);
}

static int read_addr(const struct nlmsghdr *m, struct addr *a, struct err *e)
{
	const struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *h = nl_attrs(m, sizeof(*h), tb, IFA_MAX, e);

	if (!h)
		return -1;
	/* On a point-to-point link IFA_ADDRESS is the other end; IPv6 has only IFA_ADDRESS
	 * otherwise. */
	a->ip.ip = nl_ip(tb[tb[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS], h->ifa_family);
	if (!ip_size(a->ip.ip) || h->ifa_prefixlen > ip_bits(a->ip.ip))
		return 0;
	a->ip.len = h->ifa_prefixlen;
	a->index = (int)h->ifa_index;
	a->broadcast = nl_ip(tb[IFA_BROADCAST], h->ifa_family);
	a->scope = h->ifa_scope;
	a->flags = tb[IFA_FLAGS] ? nl_u32(tb[IFA_FLAGS]) : h->ifa_flags;
	a->metric = nl_u32(tb[IFA_RT_PRIORITY]);
	return 1;
}

static int parse(const struct nlmsghdr *m, void *elem, struct err *e)
{
	return m->nlmsg_type == RTM_NEWADDR ? read_addr(m, elem, e) : 0;
}

static void say(const struct nlmsghdr *m, struct buf *out)
{
	bool remove = m->nlmsg_type == RTM_DELADDR;
	struct addr a = { 0 };
	struct err e;

	if (read_addr(m, &a, &e) > 0)
		buf_fmt(out, "%s address %s %s link %d", remove ? "remove" : "add",
			cidr_text(a.ip).s, remove ? "from" : "to", a.index);
}

int addr_ensure(struct nl *nl, const struct addr *a, struct err *e)
{
	request(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, a);
	nl_put_ip(nl, IFA_BROADCAST, a->broadcast);
	if (a->flags)
		nl_put_u32(nl, IFA_FLAGS, a->flags);
	if (a->metric)
		nl_put_u32(nl, IFA_RT_PRIORITY, a->metric);
	return nl_talk(nl, EEXIST, say, e);
}

int addr_remove(struct nl *nl, const struct addr *a, struct err *e)
{
	request(nl, RTM_DELADDR, 0, a);
	return nl_talk(nl, EADDRNOTAVAIL, say, e);
}

int addr_each(struct nl *nl, int index, uint8_t family, int (*fn)(const struct addr *, void *),
	      void *arg, struct err *e)
{
	struct ifaddrmsg *h = nl_request(nl, RTM_GETADDR, NLM_F_DUMP, sizeof(*h));
	auto_buf struct buf all = { 0 };
	int rc = 0;

	h->ifa_family = family;
	h->ifa_index = (uint32_t)index;
	if (nl_list(nl, sizeof(struct addr), parse, &all, e) < 0)
		return wrap(e, "list addresses");
	for (size_t at = 0; rc == 0 && at < all.len; at += sizeof(struct addr)) {
		const struct addr *a = (const struct addr *)(all.p + at);

		/* A kernel without strict checking ignores the filter. */
		if ((!index || a->index == index) && (!family || a->ip.ip.family == family))
			rc = fn(a, arg);
	}
	return rc;
}
