/* SPDX-License-Identifier: Apache-2.0 */
/* sgwire.c - security groups as nftables rules of the router. */
#include "sgwire.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "balancer.h"
#include "fabric.h"
#include "iface.h"
#include "nft.h"
#include "str.h"

static const char table[] = "sg";

/* NF_CT_STATE_BIT() of the uapi's enum ip_conntrack_info. */
enum { STATE_KNOWN = 1 << (IP_CT_ESTABLISHED + 1) | 1 << (IP_CT_RELATED + 1) };

uint32_t sgwire_number(const struct world *w, const struct eni *eni)
{
	const struct sgroup *g = sgroup_find(w, eni->group);

	return g ? (uint32_t)g->serial + 1 : 0;
}

/* ---- one rule ---- */

static void match_number(struct buf *x, uint32_t key, uint32_t number)
{
	e_meta(x, key);
	e_cmp(x, NFT_CMP_EQ, &number, sizeof(number));
}

static void match_bytes(struct buf *x, uint32_t offset, uint32_t op, const void *v, uint32_t n)
{
	e_payload(x, NFT_PAYLOAD_TRANSPORT_HEADER, offset, n);
	e_cmp(x, op, v, n);
}

/* From and to are ports, or ICMP's type and code. */
static void match_ports(struct buf *x, uint8_t protocol, const struct sg_rule *r)
{
	uint16_t from = htons((uint16_t)r->from), to = htons((uint16_t)r->to);
	uint8_t type = (uint8_t)r->from, code = (uint8_t)r->to;

	if (protocol == IPPROTO_ICMP) {
		if (r->from >= 0)
			match_bytes(x, 0, NFT_CMP_EQ, &type, 1);
		if (r->from >= 0 && r->to >= 0)
			match_bytes(x, 1, NFT_CMP_EQ, &code, 1);
		return;
	}
	if (r->from > 0)
		match_bytes(x, 2, NFT_CMP_GTE, &from, 2);
	if (r->to < 65535)
		match_bytes(x, 2, NFT_CMP_LTE, &to, 2);
}

static uint8_t protocol_number(const char *name)
{
	static const struct {
		const char *name;
		uint8_t number;
	} known[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };
	uint64_t n = 0;

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	return str_u64(name, &n) && n < 256 ? (uint8_t)n : IPPROTO_RAW;
}

bool sgwire_match(const struct world *w, const struct sg_rule *r, struct buf *x)
{
	const struct sgroup *peer = r->kind == SG_GROUP ? sgroup_find(w, r->peer) : NULL;
	uint8_t protocol = protocol_number(r->protocol);
	struct cidr from;

	if (r->kind == SG_CIDR && cidr_parse(r->peer, &from))
		e_saddr(x, from);
	else if (peer)
		match_number(x, NFT_META_IIFGROUP, (uint32_t)peer->serial + 1);
	else
		return false;
	if (strcmp(r->protocol, "-1") == 0)
		return true;
	e_meta(x, NFT_META_L4PROTO);
	e_cmp(x, NFT_CMP_EQ, &protocol, 1);
	if (r->ports)
		match_ports(x, protocol, r);
	return true;
}

/* ---- the table ---- */

static void add(struct nft *t, const char *chain, struct buf *x)
{
	nft_rule_add(t, table, chain, x, NFT_APPEND);
	buf_free(x);
}

static bool has_group(const struct eni *n, const char *id)
{
	bool has = strcmp(n->group, id) == 0;

	for (size_t i = 0; i < COUNT(n->more_groups); i++)
		has |= strcmp(n->more_groups[i], id) == 0;
	return has;
}

/* A load balancer's interface is no link of its own: its address stands for its groups. */
static void from_balancers(struct nft *t, const struct world *w, const char *chain,
			   const struct sg_rule *r)
{
	for (const struct eni *n = w->enis; n && r->kind == SG_GROUP; n = n->next) {
		struct sg_rule by_address = *r;
		struct buf x = { 0 };

		if (!n->service || !n->nips || !has_group(n, r->peer))
			continue;
		by_address.kind = SG_CIDR;
		snprintf(by_address.peer, sizeof(by_address.peer), "%s",
			 cidr_text(cidr_host(n->ips[0].ip)).s);
		if (sgwire_match(w, &by_address, &x)) {
			e_accept(&x);
			add(t, chain, &x);
		}
		snprintf(by_address.peer, sizeof(by_address.peer), "0.0.0.0/0");
		match_number(&x, NFT_META_MARK, LB_MARK);
		if (sgwire_match(w, &by_address, &x)) {
			e_accept(&x);
			add(t, chain, &x);
		}
		buf_free(&x);
	}
}

/* What the group lets in; who jumps here drops the rest. */
static void group_chain(struct nft *t, const struct world *w, const struct sgroup *g)
{
	struct nft_chain chain = { .table = table, .name = g->id };

	nft_chain_add(t, &chain);
	for (const struct sg_rule *r = g->shut ? NULL : g->ingress; r; r = r->next) {
		struct buf x = { 0 };

		if (sgwire_match(w, r, &x)) {
			e_accept(&x);
			nft_rule_add(t, table, g->id, &x, NFT_APPEND);
		}
		buf_free(&x);
		from_balancers(t, w, g->id, r);
	}
}

static void known_pass(struct nft *t, const char *chain)
{
	uint32_t known = STATE_KNOWN, none = 0;
	struct buf x = { 0 };

	e_ct(&x, NFT_CT_STATE);
	e_bitwise(&x, &known, &none, sizeof(known));
	e_cmp(&x, NFT_CMP_NEQ, &none, sizeof(none));
	e_accept(&x);
	add(t, chain, &x);
}

/* What leaves for a link goes through the chain of the link's group. */
static void to_links(struct nft *t, const struct world *w, const char *chain)
{
	struct buf x = { 0 };

	for (const struct sgroup *g = w->groups; g; g = g->next) {
		match_number(&x, NFT_META_OIFGROUP, (uint32_t)g->serial + 1);
		e_jump(&x, g->id);
		add(t, chain, &x);
		match_number(&x, NFT_META_OIFGROUP, (uint32_t)g->serial + 1);
		e_counter(&x);
		e_drop(&x);
		add(t, chain, &x);
	}
}

/* What load balancers send, health checks too. The VPC's own services may send what they like. */
static void from_here(struct nft *t, const struct world *w, const char *chain)
{
	static const struct nft_chain links = { .table = table, .name = "to-links" };
	struct buf x = { 0 };

	nft_chain_add(t, &links);
	to_links(t, w, links.name);
	match_number(&x, NFT_META_MARK, LB_MARK);
	e_jump(&x, links.name);
	add(t, chain, &x);
	for (const struct eni *n = w->enis; n; n = n->next) {
		if (!n->service || !n->nips)
			continue;
		e_saddr(&x, cidr_host(n->ips[0].ip));
		e_jump(&x, links.name);
		add(t, chain, &x);
	}
}

/* What comes for a load balancer that has groups. */
static void to_balancers(struct nft *t, const struct world *w, const char *chain)
{
	struct buf x = { 0 };

	for (const struct eni *n = w->enis; n; n = n->next) {
		if (!n->service || !n->nips || !*n->group)
			continue;
		for (const struct sgroup *g = w->groups; g; g = g->next) {
			if (!has_group(n, g->id))
				continue;
			e_daddr(&x, cidr_host(n->ips[0].ip));
			e_jump(&x, g->id);
			add(t, chain, &x);
		}
		e_daddr(&x, cidr_host(n->ips[0].ip));
		e_counter(&x);
		e_drop(&x);
		add(t, chain, &x);
	}
}

static int links(struct lab *lab, struct err *e)
{
	for (const struct eni *n = lab->w.enis; n; n = n->next) {
		struct iface_set set = { .group = sgwire_number(&lab->w, n) };
		char name[16];

		fabric_link(n, name);
		if (n->attached && iface_change_name(&lab->nl, name, &set, e) < 0)
			return wrap(e, "group of %s", n->id);
	}
	return 0;
}

int sgwire_sync(struct lab *lab, struct err *e)
{
	/* input behind lbwire.c's translation of who asks by a public address */
	static const struct {
		struct nft_chain c;
		void (*fill)(struct nft *t, const struct world *w, const char *chain);
	} base[] = {
		{ { table, "forward", "filter", NFT_FORWARD, -10, false }, to_links },
		{ { table, "output", "filter", NFT_OUTPUT, -10, false }, from_here },
		{ { table, "input", "filter", NFT_INPUT, 110, false }, to_balancers },
	};
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_nl struct nl nl = { 0 };

	if (links(lab, e) < 0 || nl_open_proto(&nl, NETLINK_NETFILTER, 0, 0, e) < 0)
		return -1;
	/* Added first, so that there is one to delete. */
	nft_table_add(&t, table);
	nft_table_del(&t, table);
	nft_table_add(&t, table);
	/* All chains before the rules that jump there. */
	for (const struct sgroup *g = lab->w.groups; g; g = g->next)
		group_chain(&t, &lab->w, g);
	for (size_t i = 0; i < COUNT(base); i++) {
		nft_chain_add(&t, &base[i].c);
		known_pass(&t, base[i].c.name);
		base[i].fill(&t, &lab->w, base[i].c.name);
	}
	return nft_commit(&nl, &t, e) < 0 ? wrap(e, "security groups") : 0;
}
