/* SPDX-License-Identifier: Apache-2.0 */
/* lbwire.c - what the VPC's router does for load balancers. Their public addresses are translated
 * for whoever asks, and a node that asks by one is seen by its own public address, as behind the
 * Internet gateway; without a public address there is no way there. A connection that we open from
 * a client's own address carries LB_MARK, which conntrack keeps: its answers are marked and routed
 * to ourselves (ip rule, a table with `local default`) instead of to the client. */
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "iface.h"
#include "lbroom.h"
#include "nft.h"
#include "route.h"
#include "rule.h"

enum {
	ANSWER_MARK = 0x2b2,
	ANSWER_TABLE = 690,
	ANSWER_PRIO = 10,
	MARK_PRIO = -150,
	DST_NAT = 1 << 5 /* IPS_DST_NAT of ct status */
};
static const char table[] = "elb";

static const struct nft_chain chains[] = {
	{ table, "to-private", "nat", NFT_PREROUTING, -100, false },
	{ table, "from-public", "nat", NFT_INPUT, 100, false },
	{ table, "gate", "filter", NFT_INPUT, 0, false },
	{ table, "mark-in", "filter", NFT_PREROUTING, MARK_PRIO, false },
	{ table, "mark-out", "route", NFT_OUTPUT, MARK_PRIO, false },
};

static void rule(struct nft *t, const char *chain, struct buf *x)
{
	nft_rule_add(t, table, chain, x, NFT_APPEND);
	buf_free(x);
}

/* ---- marks ---- */

static void cmp32(struct buf *x, uint32_t value)
{
	e_cmp(x, NFT_CMP_EQ, &value, sizeof(value));
}

static void mark_answers(struct nft *t, const char *chain)
{
	const uint32_t mark = ANSWER_MARK;
	const uint8_t reply = 1; /* IP_CT_DIR_REPLY */
	struct buf x = { 0 };

	e_ct(&x, NFT_CT_MARK);
	cmp32(&x, LB_MARK);
	e_ct(&x, NFT_CT_DIRECTION);
	e_cmp(&x, NFT_CMP_EQ, &reply, sizeof(reply));
	e_value(&x, &mark, sizeof(mark));
	e_meta_set(&x, NFT_META_MARK);
	rule(t, chain, &x);
}

static void keep_mark(struct nft *t)
{
	struct buf x = { 0 };

	e_meta(&x, NFT_META_MARK);
	cmp32(&x, LB_MARK);
	e_ct_set(&x, NFT_CT_MARK);
	rule(t, "mark-out", &x);
}

/* ---- addresses ---- */

static void e_translated(struct buf *x, bool is)
{
	const uint32_t bit = DST_NAT, none = 0;

	e_ct(x, NFT_CT_STATUS);
	e_bitwise(x, &bit, &none, sizeof(bit));
	cmp32(x, is ? bit : 0);
}

static void to_private(struct nft *t, const struct lb_node *n)
{
	struct buf x = { 0 };

	e_daddr(&x, cidr_host(n->eni->public_ip));
	e_nat(&x, NFT_NAT_DNAT, n->ip);
	rule(t, "to-private", &x);
}

/* A node asks by a public address. */
static void from_public(struct nft *t, const struct instance *i)
{
	struct ip private = i->primary->ips[0].ip;
	struct buf x = { 0 };

	e_ifname(&x, NFT_META_IIFNAME, "inet0", true);
	e_translated(&x, true);
	e_saddr(&x, cidr_host(private));
	e_nat(&x, NFT_NAT_SNAT, i->public_ip);
	rule(t, "from-public", &x);
	e_saddr(&x, cidr_host(private));
	e_accept(&x);
	rule(t, "gate", &x);
}

static void gate(struct nft *t, const struct world *w)
{
	struct buf x = { 0 };

	e_translated(&x, false);
	e_accept(&x);
	rule(t, "gate", &x);
	e_ifname(&x, NFT_META_IIFNAME, "inet0", false);
	e_accept(&x);
	rule(t, "gate", &x);
	for (size_t i = 0; i < w->ninstances; i++)
		if (w->instances[i].public_ip.family)
			from_public(t, &w->instances[i]);
	e_counter(&x);
	e_drop(&x);
	rule(t, "gate", &x);
}

int lbwire_sync(struct balancer *b, struct err *e)
{
	auto_nft struct nft t = { .family = NFT_IP4 };

	nft_table_add(&t, table);
	for (size_t i = 0; i < COUNT(chains); i++) {
		nft_chain_add(&t, &chains[i]);
		nft_flush(&t, table, chains[i].name);
	}
	mark_answers(&t, "mark-in");
	mark_answers(&t, "mark-out");
	keep_mark(&t);
	for (const struct lb_node *n = b->nodes; n; n = n->next)
		if (n->eni->public_ip.family)
			to_private(&t, n);
	gate(&t, b->w);
	if (nft_commit(&b->nft, &t, e) < 0)
		return wrap(e, "addresses of load balancers");
	b->stale = false;
	return 0;
}

int lbwire_init(struct balancer *b, struct err *e)
{
	const struct rule answers = { .family = IP_V4,
				      .prio = ANSWER_PRIO,
				      .table = ANSWER_TABLE,
				      .mark = ANSWER_MARK,
				      .mask = UINT32_MAX };
	struct route here = {
		.family = IP_V4, .type = RTN_LOCAL, .scope = RT_SCOPE_HOST, .table = ANSWER_TABLE
	};
	struct iface lo;

	if (nl_open_proto(&b->nft, NETLINK_NETFILTER, 0, 0, e) < 0 || nl_open(&b->nl, 0, e) < 0 ||
	    iface_get(&b->nl, "lo", &lo, e) < 0)
		return -1;
	here.oif = lo.index;
	if (route_replace(&b->nl, &here, e) < 0 || rule_ensure(&b->nl, &answers, e) < 0)
		return wrap(e, "answers to load balancers");
	return lbwire_sync(b, e);
}
