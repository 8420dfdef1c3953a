/* SPDX-License-Identifier: Apache-2.0 */
/* gateway.c - the Internet gateway: a one-to-one translation for every private address that has a
 * public one, and nothing for the rest, so that a pod whose source was not translated by its node
 * gets no further than here. */
#include "gateway.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "nft.h"

static const char table[] = "igw";

static void rule(struct nft *t, const char *chain, struct buf *x)
{
	nft_rule_add(t, table, chain, x, NFT_APPEND);
	buf_free(x);
}

static void translate(struct nft *t, struct ip private, struct ip public)
{
	struct buf x = { 0 };

	e_ifname(&x, NFT_META_IIFNAME, "inet0", false);
	e_daddr(&x, cidr_host(public));
	e_nat(&x, NFT_NAT_DNAT, private);
	rule(t, "dnat", &x);
	e_ifname(&x, NFT_META_OIFNAME, "inet0", false);
	e_saddr(&x, cidr_host(private));
	e_nat(&x, NFT_NAT_SNAT, public);
	rule(t, "snat", &x);
	e_ifname(&x, NFT_META_OIFNAME, "inet0", false);
	e_saddr(&x, cidr_host(private));
	e_accept(&x);
	rule(t, "gate", &x);
}

static void drop_rest(struct nft *t)
{
	struct buf x = { 0 };

	e_ifname(&x, NFT_META_OIFNAME, "inet0", false);
	e_counter(&x);
	e_drop(&x);
	rule(t, "gate", &x);
}

static void chains(struct nft *t)
{
	static const struct nft_chain c[] = {
		{ table, "dnat", "nat", NFT_PREROUTING, -100, false },
		{ table, "snat", "nat", NFT_POSTROUTING, 100, false },
		{ table, "gate", "filter", NFT_FORWARD, 0, false },
	};

	for (size_t i = 0; i < COUNT(c); i++)
		nft_chain_add(t, &c[i]);
}

/* A VPC's router does not count as a hop. Kernels without the TTL target count it: only ping's ttl
 * tells. */
static void hide_hop(struct nl *nl)
{
	/* the target insists on a table of this name */
	static const struct nft_chain c = { "mangle",       "PREROUTING", "filter",
					    NFT_PREROUTING, -150,         false };
	const struct {
		uint8_t mode, ttl;
	} increment = { 1, 1 }; /* struct ipt_TTL_info: IPT_TTL_INC by 1 */
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_buf struct buf x = { 0 };
	struct err e;

	nft_table_add(&t, c.table);
	nft_chain_add(&t, &c);
	e_target(&x, "TTL", 0, &increment, sizeof(increment));
	nft_rule_add(&t, c.table, c.name, &x, NFT_APPEND);
	(void)!nft_commit(nl, &t, &e);
}

int fabric_gateway(struct lab *lab, struct err *e)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_nl struct nl nl = { 0 };
	struct world *w = &lab->w;

	if (nl_open_proto(&nl, NETLINK_NETFILTER, 0, 0, e) < 0)
		return -1;
	nft_table_add(&t, table);
	chains(&t);
	for (size_t i = 0; i < w->ninstances; i++)
		translate(&t, w->instances[i].primary->ips[0].ip, w->instances[i].public_ip);
	drop_rest(&t);
	if (nft_commit(&nl, &t, e) < 0)
		return wrap(e, "Internet gateway");
	hide_hop(&nl);
	return 0;
}

int fabric_route_lost(bool lost, struct err *e)
{
	static const struct nft_chain c[] = {
		{ "lost", "forward", "filter", NFT_FORWARD, -20, false },
		{ "lost", "output", "filter", NFT_OUTPUT, -20, false },
	};
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_nl struct nl nl = { 0 };

	if (nl_open_proto(&nl, NETLINK_NETFILTER, 0, 0, e) < 0)
		return -1;
	nft_table_add(&t, "lost");
	nft_table_del(&t, "lost");
	for (size_t i = 0; lost && i < COUNT(c); i++) {
		struct buf x = { 0 };

		nft_table_add(&t, "lost");
		nft_chain_add(&t, &c[i]);
		e_ifname(&x, NFT_META_OIFNAME, "inet0", false);
		e_counter(&x);
		e_drop(&x);
		nft_rule_add(&t, "lost", c[i].name, &x, NFT_APPEND);
		buf_free(&x);
	}
	return nft_commit(&nl, &t, e) < 0 ? wrap(e, "route to the Internet gateway") : 0;
}
