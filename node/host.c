/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - bring the node's primary link, policy rules and NAT to what they should be. */
#include <errno.h>
#include <string.h>

#include "diff.h"
#include "host.h"
#include "hostwant.h"
#include "iface.h"
#include "pod.h"
#include "rule.h"
#include "xtables.h"

enum { PRIO_EXTERNAL = 1535 };

/* ---- the primary link */

int host_primary(struct nl *route, const struct host_config *c, struct host_facts *f, struct err *e)
{
	struct iface_set set = { .mtu = c->mtu };
	struct iface link;

	if (f->primary_if[0] ? iface_get(route, f->primary_if, &link, e) < 0
			     : iface_by_mac(route, f->primary_mac, &link, e) < 0)
		return wrap(e, "primary ENI");
	memcpy(f->primary_if, link.name, sizeof(f->primary_if));
	if (link.mtu == c->mtu)
		return 0;
	return iface_change(route, link.index, &set, e) < 0 ? wrap(e, "primary ENI %s", link.name)
							    : 0;
}

/* ---- policy rules: 1024 for marked traffic, 1535 for services outside (4.3, 4.12) */

static struct rule mark_rule(const struct host_config *c)
{
	return (struct rule) { .family = IP_V4,
			       .prio = PRIO_MARK,
			       .table = TABLE_MAIN,
			       .mark = c->mark,
			       .mask = c->mark };
}

static void want_rules(const struct host_config *c, struct buf *out)
{
	struct rule r = mark_rule(c);

	if (c->node_port || !c->external_snat)
		buf_add(out, &r, sizeof(r));
	for (size_t i = 0; i < c->external_services.n; i++) {
		r = (struct rule) { .family = IP_V4, .prio = PRIO_EXTERNAL, .table = TABLE_MAIN };
		r.dst = cidr_network(c->external_services.v[i]);
		buf_add(out, &r, sizeof(r));
	}
}

struct have_rules {
	struct buf *out;
	struct rule mark;
};

/* Ours are the rule with exactly our mark, and those of priority 1535 that lead to main. */
static int have_rule(const struct rule *r, void *arg)
{
	struct have_rules *h = arg;

	if (rule_cmp(r, &h->mark) == 0 ||
	    (r->prio == PRIO_EXTERNAL && r->table == TABLE_MAIN && !r->more))
		buf_add(h->out, r, sizeof(*r));
	return 0;
}

/* Where the steps go: into the kernel, or in words into lines. */
struct rule_step {
	struct nl *nl;
	struct buf *lines;
};

static void describe(struct buf *out, const char *what, const struct rule *r)
{
	buf_fmt(out, "ip rule: %s: %u: from all", what, r->prio);
	if (r->mask)
		buf_fmt(out, " fwmark 0x%x/0x%x", r->mark, r->mask);
	if (r->dst.ip.family)
		buf_fmt(out, " to %s", cidr_text(r->dst).s);
	buf_str(out, " lookup main\n");
}

static int rule_missing(void *ctx, const void *want, struct err *e)
{
	struct rule_step *s = ctx;

	if (!s->lines)
		return rule_ensure(s->nl, want, e);
	describe(s->lines, "missing", want);
	return 0;
}

static int rule_unwanted(void *ctx, const void *have, struct err *e)
{
	struct rule_step *s = ctx;

	if (!s->lines)
		return rule_remove(s->nl, have, NULL, e);
	describe(s->lines, "not wanted", have);
	return 0;
}

static int rules_step(const struct host_config *c, struct rule_step *s, struct err *e)
{
	static const struct diff d = { .size = sizeof(struct rule),
				       .cmp = rule_cmp,
				       .add = rule_missing,
				       .del = rule_unwanted,
				       .add_first = true };
	auto_buf struct buf want = { 0 }, have = { 0 };
	struct have_rules h = { &have, mark_rule(c) };

	want_rules(c, &want);
	if (rule_each(s->nl, IP_V4, have_rule, &h, e) < 0)
		return -1;
	return diff_apply(&d, want.p, want.len / sizeof(struct rule), have.p,
			  have.len / sizeof(struct rule), s, e);
}

int host_rules_sync(struct nl *route, const struct host_config *c, struct err *e)
{
	struct rule_step s = { .nl = route };

	return rules_step(c, &s, e) < 0 ? wrap(e, "host policy rules") : 0;
}

/* ---- NAT and marks */

static int refuse_what_we_cannot(const struct host_config *c, const struct host_facts *f,
				 struct err *e)
{
	bool legacy = false;

	if (!c->external_snat && f->vpc.n + c->exclude.n == 0)
		return fail(e, EINVAL,
			    "exemptCIDRs cannot be empty: without a VPC CIDR all of the VPC's "
			    "own traffic would be translated");
	if (!c->external_snat && f->primary_ip.family != IP_V4)
		return fail(e, EINVAL, "the node's primary IPv4 address is not known");
	if (!f->primary_if[0])
		return fail(e, EINVAL, "the node's primary interface is not known");
	if (xt_legacy_in_use(&legacy, e) < 0)
		return -1;
	return legacy ? fail(e, EOPNOTSUPP,
			     "this host's NAT rules are in legacy iptables, which vpcbox cannot "
			     "write yet; switch it to the nf_tables backend (update-alternatives "
			     "--set iptables /usr/sbin/iptables-nft) and reboot")
		      : 0;
}

/* Chains of releases before one chain held all CIDRs. They come in rows, so that without a first
 * there is no need to list all of the table's, of which kube-proxy may have thousands. */
static int want_stale(struct nl *filter, struct nft_want *w, struct err *e)
{
	static const char *const first[] = { "AWS-SNAT-CHAIN-1", "AWS-CONNMARK-CHAIN-0",
					     "AWS-CONNMARK-CHAIN-1" };
	struct nft_have_chain found = { 0 };
	struct nft_chains all;

	for (size_t i = 0; i < COUNT(first) && !found.c.table; i++)
		if (nft_chain_get(filter, NFT_IP4, "nat", first[i], w->a, &found, e) < 0)
			return -1;
	if (!found.c.table)
		return 0;
	if (nft_chains(filter, NFT_IP4, "nat", w->a, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		host_want_stale(w, all.v[i].c.name);
	return 0;
}

int host_snat_sync(struct nl *filter, const struct host_config *c, const struct host_facts *f,
		   bool *changed, struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct nft_want w = { .a = &a };

	if (refuse_what_we_cannot(c, f, e) < 0)
		return wrap(e, "SNAT rules");
	host_want(c, f, &w);
	if (want_stale(filter, &w, e) < 0 || nft_sync(filter, &w, changed, e) < 0)
		return wrap(e, "SNAT rules");
	return 0;
}

int host_snat_clean(struct nl *filter, const struct host_config *c, const struct host_facts *f,
		    struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct nft_want w = { .a = &a };

	host_want_none(c, f, &w);
	if (want_stale(filter, &w, e) < 0 || nft_sync(filter, &w, NULL, e) < 0)
		return wrap(e, "remove SNAT rules");
	return 0;
}

/* ---- what differs, in words */

static int check_link(struct nl *route, const struct host_config *c, const struct host_facts *f,
		      struct buf *findings, struct err *e)
{
	struct iface link;

	if (iface_get(route, f->primary_if, &link, e) < 0) {
		if (e->num != ENODEV)
			return -1;
		buf_fmt(findings, "link %s: missing\n", f->primary_if);
		return 0;
	}
	if (link.mtu != c->mtu)
		buf_fmt(findings, "link %s: mtu is %u, wanted %u\n", link.name, link.mtu, c->mtu);
	if (!(link.flags & IFF_UP))
		buf_fmt(findings, "link %s: is down\n", link.name);
	return 0;
}

int host_check(struct nl *route, struct nl *filter, const struct host_config *c,
	       const struct host_facts *f, struct buf *findings, struct err *e)
{
	struct rule_step s = { .nl = route, .lines = findings };
	auto_arena struct arena a = { 0 };
	struct nft_want w = { .a = &a };

	if (refuse_what_we_cannot(c, f, e) < 0 || check_link(route, c, f, findings, e) < 0 ||
	    rules_step(c, &s, e) < 0)
		return -1;
	host_want(c, f, &w);
	return want_stale(filter, &w, e) < 0 ? -1 : nft_diff(filter, &w, findings, e);
}
