/* SPDX-License-Identifier: Apache-2.0 */
/* neigh.c - neighbour entries. */
#include <errno.h>
#include <linux/neighbour.h>

#include "neigh.h"

static void request(struct nl *nl, uint16_t type, uint16_t flags, const struct neigh *n)
{
	struct ndmsg *h = nl_request(nl, type, flags, sizeof(*h));

	h->ndm_family = n->ip.family;
	h->ndm_ifindex = n->index;
	h->ndm_state = n->state ? n->state : NUD_PERMANENT;
	nl_put_ip(nl, NDA_DST, n->ip);
}

static void put_mac(struct nl *nl, const struct neigh *n)
{
	nl_put(nl, NDA_LLADDR, n->mac.b, sizeof(n->mac.b));
}

static int read_neigh(const struct nlmsghdr *m, struct neigh *n, struct err *e)
{
	const struct nlattr *tb[NDA_MAX + 1];
	const struct ndmsg *h = nl_attrs(m, sizeof(*h), tb, NDA_MAX, e);

	if (!h)
		return -1;
	n->ip = nl_ip(tb[NDA_DST], h->ndm_family);
	if (!ip_size(n->ip))
		return 0;
	n->index = h->ndm_ifindex;
	n->state = h->ndm_state;
	nl_bytes(tb[NDA_LLADDR], n->mac.b, sizeof(n->mac.b));
	return 1;
}

static int parse(const struct nlmsghdr *m, void *elem, struct err *e)
{
	return m->nlmsg_type == RTM_NEWNEIGH ? read_neigh(m, elem, e) : 0;
}

static void say(const struct nlmsghdr *m, struct buf *out)
{
	bool remove = m->nlmsg_type == RTM_DELNEIGH, replace = m->nlmsg_flags & NLM_F_REPLACE;
	struct neigh n = { 0 };
	struct err e;

	if (read_neigh(m, &n, &e) > 0)
		buf_fmt(out, "%s neighbour %s dev %d",
			remove    ? "remove"
			: replace ? "replace"
				  : "add",
			ip_text(n.ip).s, n.index);
}

int neigh_add(struct nl *nl, const struct neigh *n, struct err *e)
{
	request(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, n);
	put_mac(nl, n);
	return nl_talk(nl, 0, say, e);
}

int neigh_replace(struct nl *nl, const struct neigh *n, struct err *e)
{
	request(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, n);
	put_mac(nl, n);
	return nl_talk(nl, 0, say, e);
}

int neigh_remove(struct nl *nl, const struct neigh *n, struct err *e)
{
	request(nl, RTM_DELNEIGH, 0, n);
	return nl_talk(nl, ENOENT, say, e);
}

int neigh_each(struct nl *nl, uint8_t family, int (*fn)(const struct neigh *, void *), void *arg,
	       struct err *e)
{
	struct ndmsg *h = nl_request(nl, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*h));
	auto_buf struct buf all = { 0 };
	int rc = 0;

	h->ndm_family = family;
	if (nl_list(nl, sizeof(struct neigh), parse, &all, e) < 0)
		return wrap(e, "list neighbours");
	for (size_t at = 0; rc == 0 && at < all.len; at += sizeof(struct neigh)) {
		const struct neigh *n = (const struct neigh *)(all.p + at);

		if (!family || n->ip.family == family)
			rc = fn(n, arg);
	}
	return rc;
}
