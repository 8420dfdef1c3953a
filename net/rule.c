/* SPDX-License-Identifier: Apache-2.0 */
/* rule.c - policy routing rules. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <stdio.h>
#include <string.h>

#include "rule.h"

enum { REMOVE_MAX = 10000 }; /* more than a host has rules, so that a race with an adder ends */

/* For error texts: "512 from all to 10.0.0.7/32 table 254". */
struct rule_text {
	char s[160];
};

static struct rule_text text(const struct rule *r)
{
	struct rule_text t;
	int n = snprintf(t.s, sizeof(t.s), "%u from %s", r->prio,
			 r->src.ip.family ? cidr_text(r->src).s : "all");

	if (r->dst.ip.family)
		n += snprintf(t.s + n, sizeof(t.s) - (size_t)n, " to %s", cidr_text(r->dst).s);
	if (r->table)
		snprintf(t.s + n, sizeof(t.s) - (size_t)n, " table %u", r->table);
	return t;
}

static uint8_t family_of(const struct rule *r)
{
	uint8_t family = r->src.ip.family ? r->src.ip.family : r->dst.ip.family;

	if (r->family)
		family = r->family;
	return family ? family : IP_V4;
}

static struct fib_rule_hdr *request(struct nl *nl, uint16_t type, uint16_t flags,
				    const struct rule *r)
{
	struct fib_rule_hdr *h = nl_request(nl, type, flags, sizeof(*h));

	h->family = family_of(r);
	h->src_len = r->src.len;
	h->dst_len = r->dst.len;
	if (r->table < 256)
		h->table = (uint8_t)r->table;
	else
		nl_put_u32(nl, FRA_TABLE, r->table);
	nl_put_u32(nl, FRA_PRIORITY, r->prio);
	if (r->src.len)
		nl_put_ip(nl, FRA_SRC, r->src.ip);
	if (r->dst.len)
		nl_put_ip(nl, FRA_DST, r->dst.ip);
	if (r->mask) {
		nl_put_u32(nl, FRA_FWMARK, r->mark);
		nl_put_u32(nl, FRA_FWMASK, r->mask);
	}
	if (r->iif[0])
		nl_put_str(nl, FRA_IIFNAME, r->iif);
	if (r->proto)
		nl_put_u8(nl, FRA_IP_PROTO, r->proto);
	return h;
}

static struct cidr selector(const struct nlattr *a, uint8_t family, uint8_t len)
{
	struct cidr c = { nl_ip(a, family), len };

	return c.ip.family && len <= ip_bits(c.ip) ? c : (struct cidr) { 0 };
}

static bool has_more(const struct fib_rule_hdr *h, const struct nlattr *const *tb)
{
	static const uint8_t others[] = { FRA_OIFNAME,     FRA_GOTO,        FRA_FLOW,
					  FRA_TUN_ID,      FRA_L3MDEV,      FRA_UID_RANGE,
					  FRA_SPORT_RANGE, FRA_DPORT_RANGE, FRA_SUPPRESS_IFGROUP };

	for (size_t i = 0; i < COUNT(others); i++)
		if (tb[others[i]])
			return true;
	if (tb[FRA_SUPPRESS_PREFIXLEN] && nl_u32(tb[FRA_SUPPRESS_PREFIXLEN]) != UINT32_MAX)
		return true;
	return h->action != FR_ACT_TO_TBL || h->flags & FIB_RULE_INVERT || h->tos;
}

static int read_rule(const struct nlmsghdr *m, struct rule *r, struct err *e)
{
	const struct nlattr *tb[FRA_MAX + 1];
	const struct fib_rule_hdr *h = nl_attrs(m, sizeof(*h), tb, FRA_MAX, e);

	if (!h)
		return -1;
	r->family = h->family;
	r->prio = nl_u32(tb[FRA_PRIORITY]);
	r->table = tb[FRA_TABLE] ? nl_u32(tb[FRA_TABLE]) : h->table;
	r->src = selector(tb[FRA_SRC], h->family, h->src_len);
	r->dst = selector(tb[FRA_DST], h->family, h->dst_len);
	r->mark = nl_u32(tb[FRA_FWMARK]);
	r->mask = nl_u32(tb[FRA_FWMASK]);
	snprintf(r->iif, sizeof(r->iif), "%s", nl_str(tb[FRA_IIFNAME]));
	r->proto = nl_u8(tb[FRA_IP_PROTO]);
	r->more = has_more(h, tb);
	return 1;
}

static int parse(const struct nlmsghdr *m, void *elem, struct err *e)
{
	return m->nlmsg_type == RTM_NEWRULE ? read_rule(m, elem, e) : 0;
}

static void say(const struct nlmsghdr *m, struct buf *out)
{
	struct rule r = { 0 };
	struct err e;

	if (read_rule(m, &r, &e) > 0)
		buf_fmt(out, "%s rule %s", m->nlmsg_type == RTM_DELRULE ? "remove" : "add",
			text(&r).s);
}

int rule_ensure(struct nl *nl, const struct rule *r, struct err *e)
{
	request(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r)->action = FR_ACT_TO_TBL;
	return nl_talk(nl, EEXIST, say, e);
}

int rule_remove(struct nl *nl, const struct rule *r, bool *gone, struct err *e)
{
	int rc;

	if (gone && nl->batching)
		die("rule_remove: a batch cannot tell whether a rule was gone");
	request(nl, RTM_DELRULE, 0, r);
	rc = nl_talk(nl, gone ? 0 : ENOENT, say, e);
	if (!gone)
		return rc;
	*gone = rc < 0 && e->num == ENOENT;
	return *gone ? 0 : rc;
}

int rule_remove_all(struct nl *nl, const struct rule *r, struct err *e)
{
	bool gone = false;

	for (int i = 0; i < REMOVE_MAX && !gone; i++)
		if (rule_remove(nl, r, &gone, e) < 0)
			return -1;
	return gone ? 0 : fail(e, EBUSY, "remove rule %s: somebody keeps adding it", text(r).s);
}

int rule_each(struct nl *nl, uint8_t family, int (*fn)(const struct rule *, void *), void *arg,
	      struct err *e)
{
	struct fib_rule_hdr *h = nl_request(nl, RTM_GETRULE, NLM_F_DUMP, sizeof(*h));
	auto_buf struct buf all = { 0 };
	int rc = 0;

	h->family = family;
	if (nl_list(nl, sizeof(struct rule), parse, &all, e) < 0)
		return wrap(e, "list rules");
	for (size_t at = 0; rc == 0 && at < all.len; at += sizeof(struct rule)) {
		const struct rule *r = (const struct rule *)(all.p + at);

		if (!family || r->family == family)
			rc = fn(r, arg);
	}
	return rc;
}

static int order(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* One of length 0 selects nothing, and the kernel gives none back. */
static struct cidr effective(struct cidr c)
{
	return c.len ? c : (struct cidr) { 0 };
}

int rule_cmp(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	const int by[] = {
		order(x->prio, y->prio),
		order(family_of(x), family_of(y)),
		cidr_cmp(effective(x->src), effective(y->src)),
		cidr_cmp(effective(x->dst), effective(y->dst)),
		order(x->mark & x->mask, y->mark & y->mask),
		order(x->mask, y->mask),
		strcmp(x->iif, y->iif),
		order(x->proto, y->proto),
		order(x->table, y->table),
		order(x->more, y->more),
	};

	for (size_t i = 0; i < COUNT(by); i++)
		if (by[i])
			return by[i];
	return 0;
}
