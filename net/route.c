/* SPDX-License-Identifier: Apache-2.0 */
/* route.c - routes. */
#include <errno.h>
#include <stdio.h>

#include "route.h"

/* For error texts: "10.0.0.7/32 dev 5 table 254". */
struct route_text {
	char s[160];
};

static struct route_text text(const struct route *r)
{
	struct route_text t;
	int n = snprintf(t.s, sizeof(t.s), "%s", r->dst.len ? cidr_text(r->dst).s : "default");

	if (r->via.family)
		n += snprintf(t.s + n, sizeof(t.s) - (size_t)n, " via %s", ip_text(r->via).s);
	if (r->oif)
		n += snprintf(t.s + n, sizeof(t.s) - (size_t)n, " dev %d", r->oif);
	if (r->table)
		snprintf(t.s + n, sizeof(t.s) - (size_t)n, " table %u", r->table);
	return t;
}

static uint8_t family_of(const struct route *r)
{
	if (r->dst.ip.family)
		return r->dst.ip.family;
	return r->family ? r->family : r->via.family;
}

static struct rtmsg *request(struct nl *nl, uint16_t type, uint16_t flags, const struct route *r)
{
	uint32_t table = r->table ? r->table : RT_TABLE_MAIN;
	struct rtmsg *h = nl_request(nl, type, flags, sizeof(*h));

	h->rtm_family = family_of(r);
	h->rtm_dst_len = r->dst.len;
	h->rtm_scope = r->scope;
	h->rtm_protocol = r->proto;
	h->rtm_type = r->type;
	h->rtm_flags = r->onlink ? RTNH_F_ONLINK : 0;
	if (table < 256)
		h->rtm_table = (uint8_t)table;
	else
		nl_put_u32(nl, RTA_TABLE, table);
	if (r->dst.len)
		nl_put_ip(nl, RTA_DST, r->dst.ip);
	nl_put_ip(nl, RTA_GATEWAY, r->via);
	nl_put_ip(nl, RTA_PREFSRC, r->src);
	if (r->oif)
		nl_put_u32(nl, RTA_OIF, (uint32_t)r->oif);
	if (r->metric)
		nl_put_u32(nl, RTA_PRIORITY, r->metric);
	return h;
}

static void create(struct nl *nl, uint16_t flags, const struct route *r)
{
	struct rtmsg *h = request(nl, RTM_NEWROUTE, NLM_F_CREATE | flags, r);

	if (!r->proto)
		h->rtm_protocol = RTPROT_BOOT;
	if (!r->type)
		h->rtm_type = RTN_UNICAST;
}

/* 1: it is a route, and not one that the kernel only remembers. */
static int read_route(const struct nlmsghdr *m, struct route *r, struct err *e)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *h = nl_attrs(m, sizeof(*h), tb, RTA_MAX, e);

	if (!h)
		return -1;
	r->family = h->rtm_family;
	r->dst.ip = nl_ip(tb[RTA_DST], h->rtm_family);
	r->dst.ip.family = h->rtm_family; /* the default route has no RTA_DST */
	if (h->rtm_flags & RTM_F_CLONED || !ip_size(r->dst.ip) ||
	    h->rtm_dst_len > ip_bits(r->dst.ip))
		return 0;
	r->dst.len = h->rtm_dst_len;
	r->via = nl_ip(tb[RTA_GATEWAY], h->rtm_family);
	r->src = nl_ip(tb[RTA_PREFSRC], h->rtm_family);
	r->oif = (int)nl_u32(tb[RTA_OIF]);
	r->table = tb[RTA_TABLE] ? nl_u32(tb[RTA_TABLE]) : h->rtm_table;
	r->metric = nl_u32(tb[RTA_PRIORITY]);
	r->scope = h->rtm_scope;
	r->proto = h->rtm_protocol;
	r->type = h->rtm_type;
	r->onlink = h->rtm_flags & RTNH_F_ONLINK;
	return 1;
}

static int parse(const struct nlmsghdr *m, void *elem, struct err *e)
{
	return m->nlmsg_type == RTM_NEWROUTE ? read_route(m, elem, e) : 0;
}

static void say(const struct nlmsghdr *m, struct buf *out)
{
	bool remove = m->nlmsg_type == RTM_DELROUTE, replace = m->nlmsg_flags & NLM_F_REPLACE;
	struct route r = { 0 };
	struct err e;

	if (read_route(m, &r, &e) > 0)
		buf_fmt(out, "%s route %s",
			remove    ? "remove"
			: replace ? "replace"
				  : "add",
			text(&r).s);
}

int route_add(struct nl *nl, const struct route *r, struct err *e)
{
	create(nl, NLM_F_EXCL, r);
	return nl_talk(nl, 0, say, e);
}

int route_replace(struct nl *nl, const struct route *r, struct err *e)
{
	create(nl, NLM_F_REPLACE, r);
	return nl_talk(nl, 0, say, e);
}

int route_remove(struct nl *nl, const struct route *r, struct err *e)
{
	request(nl, RTM_DELROUTE, 0, r);
	return nl_talk(nl, ESRCH, say, e);
}

static int each(struct nl *nl, uint8_t family, uint32_t table,
		int (*fn)(const struct route *, void *), void *arg, struct err *e)
{
	struct rtmsg *h = nl_request(nl, RTM_GETROUTE, NLM_F_DUMP, sizeof(*h));
	auto_buf struct buf all = { 0 };
	int rc = 0;

	h->rtm_family = family;
	if (table)
		nl_put_u32(nl, RTA_TABLE, table);
	/* ENOENT: a table that does not exist, so one without routes. */
	if (nl_list(nl, sizeof(struct route), parse, &all, e) < 0 && e->num != ENOENT)
		return wrap(e, "list routes");
	for (size_t at = 0; rc == 0 && at < all.len; at += sizeof(struct route)) {
		const struct route *r = (const struct route *)(all.p + at);

		/* A kernel without strict checking ignores the filter, one without IPv6 the family.
		 */
		if (r->family == family && (!table || r->table == table))
			rc = fn(r, arg);
	}
	return rc;
}

int route_each(struct nl *nl, uint8_t family, uint32_t table,
	       int (*fn)(const struct route *, void *), void *arg, struct err *e)
{
	int rc;

	if (family)
		return each(nl, family, table, fn, arg, e);
	rc = each(nl, IP_V4, table, fn, arg, e);
	return rc ? rc : each(nl, IP_V6, table, fn, arg, e);
}
