/* SPDX-License-Identifier: Apache-2.0 */
/* hostwant.c - which NAT and mark rules the node should have, as data and as text. */
#include <stdio.h>
#include <string.h>

#include "hostwant.h"
#include "str.h"
#include "xtables.h"

#define SNAT_CHAIN "AWS-SNAT-CHAIN-0"
#define PRIMARY_ENI "AWS, primary ENI"
#define NATIVE "aws-cni"
enum { TYPE_LOCAL = 2 /* RTN_LOCAL */, DSTNAT_PRIO = -100, NATIVE_PRIO = -90 };

static const struct want_chain snat_chain = { { .table = "nat", .name = SNAT_CHAIN },
					      CLAIM_OWNED,
					      true };
static const struct want_chain native_mark = { { .table = NATIVE, .name = "snat-mark" },
					       CLAIM_OWNED,
					       false };
/* Behind kube-proxy's chain at -100: traffic to a Service must not be marked before it is
 * translated. */
static const struct want_chain native_nat = {
	{ NATIVE, "nat-prerouting", "nat", NFT_PREROUTING, NATIVE_PRIO, false }, CLAIM_OWNED, false
};

/* ---- rules in iptables' form (4.4) */

static enum xt_random randomisation(const struct host_config *c)
{
	static const enum xt_random by[] = { [SNAT_PRNG] = XT_RANDOM_FULLY,
					     [SNAT_HASHRANDOM] = XT_RANDOM,
					     [SNAT_NONE] = XT_NO_RANDOM };

	return by[c->random];
}

static void want_exempt(struct nft_want *w, size_t chain, const struct cidrs *l,
			const char *comment)
{
	for (size_t i = 0; i < l->n; i++) {
		struct xt_rule r = { .dst = l->v[i], .comment = comment };

		if (l->v[i].ip.family == IP_V4)
			xt_want(w, chain, &r, XT_HEAD);
	}
}

static void want_nat(const struct host_config *c, const struct host_facts *f, struct nft_want *w)
{
	struct xt_rule jump = { .comment = "AWS SNAT CHAIN",
				.verb = XT_DO_JUMP,
				.jump = SNAT_CHAIN };
	struct xt_rule snat = { .not_out = "vlan+",
				.comment = "AWS, SNAT",
				.dst_type = XT_NOT_LOCAL,
				.verb = XT_DO_SNAT,
				.to = f->primary_ip,
				.random = randomisation(c) };
	size_t chain = want_chain_add(w, &snat_chain);

	xt_want(w, want_chain_add(w, &xt_nat_postrouting), &jump,
		c->external_snat ? XT_ABSENT : XT_TAIL);
	if (c->external_snat)
		return;
	want_exempt(w, chain, &f->vpc, "AWS SNAT CHAIN");
	want_exempt(w, chain, &c->exclude, "AWS SNAT CHAIN EXCLUSION");
	xt_want(w, chain, &snat, XT_TAIL);
}

static void want_mangle(const struct host_config *c, const struct host_facts *f, struct nft_want *w)
{
	struct xt_rule set = { .in = f->primary_if,
			       .comment = PRIMARY_ENI,
			       .dst_type = XT_LOCAL_ON_IFACE,
			       .verb = XT_DO_SET_MARK,
			       .mark = c->mark };
	struct xt_rule restore = { .comment = PRIMARY_ENI,
				   .verb = XT_DO_RESTORE_MARK,
				   .mark = c->mark };
	size_t chain = want_chain_add(w, &xt_mangle_prerouting);
	bool pods = c->node_port || !c->external_snat;

	xt_want(w, chain, &set, c->node_port ? XT_TAIL : XT_ABSENT);
	restore.in = arena_fmt(w->a, "%s+", c->veth_prefix);
	xt_want(w, chain, &restore, pods ? XT_TAIL : XT_ABSENT);
	restore.in = "vlan+";
	xt_want(w, chain, &restore, c->node_port ? XT_TAIL : XT_ABSENT);
}

/* What releases before the table aws-cni marked connections with (4.5). Its chain is doomed, its
 * jump goes with that; this rule stands alone. */
static void want_old_connmark(const struct host_config *c, struct nft_want *w)
{
	struct xt_rule restore = { .comment = "AWS, CONNMARK",
				   .verb = XT_DO_RESTORE_MARK,
				   .mark = c->mark };

	xt_want(w, want_chain_add(w, &xt_nat_prerouting), &restore, XT_ABSENT);
	host_want_stale(w, "AWS-CONNMARK-CHAIN-0");
}

/* ---- rules of the table aws-cni (4.6) */

static void want_native(struct nft_want *w, size_t chain, bool head, const struct buf *x,
			const char *text)
{
	struct want_rule r = { .chain = chain, .head = head };

	r.text = arena_fmt(w->a, "%s %s", w->chains[chain].c.name, text);
	want_rule_add(w, &r, x);
}

static void want_native_exempt(struct nft_want *w, size_t chain, const struct cidrs *l)
{
	static const uint8_t zero[4] = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		struct cidr net = cidr_network(l->v[i]);
		auto_buf struct buf x = { 0 };

		if (net.ip.family != IP_V4)
			continue;
		/* Load and mask whole words, whatever the length: Amazon's matcher knows no other
		 * form. */
		e_counter(&x);
		e_payload(&x, NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
		e_bitwise(&x, cidr_mask(net).b, zero, 4);
		e_cmp(&x, NFT_CMP_EQ, net.ip.b, 4);
		e_return(&x);
		want_native(w, chain, true, &x,
			    arena_fmt(w->a, "counter ip daddr %s return",
				      net.len == 32 ? ip_text(net.ip).s : cidr_text(net).s));
	}
}

/* Mark a connection: (mark & ~M) ^ M is mark | M. */
static void want_native_set(const struct host_config *c, struct nft_want *w, size_t chain)
{
	uint32_t rest = ~c->mark;
	auto_buf struct buf x = { 0 };

	e_counter(&x);
	e_ct(&x, NFT_CT_MARK);
	e_bitwise(&x, &rest, &c->mark, 4);
	e_ct_set(&x, NFT_CT_MARK);
	want_native(w, chain, false, &x,
		    arena_fmt(w->a, "counter ct mark set ct mark | 0x%08x", c->mark));
}

/* What is for the node itself is left alone; what pods send goes through snat-mark; and the mark of
 * the connection becomes the packet's, for the rule with priority 1024. */
static void want_native_nat(const struct host_config *c, struct nft_want *w, size_t chain)
{
	uint32_t local = TYPE_LOCAL, none = 0;
	auto_buf struct buf fib = { 0 }, jump = { 0 }, restore = { 0 };
	const char *pods = arena_fmt(w->a, "%s*", c->veth_prefix);
	const char *from = c->veth_prefix[0] ? arena_fmt(w->a, "iifname \"%s\" ", pods) : "";

	e_fib_type(&fib);
	e_cmp(&fib, NFT_CMP_EQ, &local, sizeof(local));
	e_return(&fib);
	want_native(w, chain, false, &fib, "fib daddr type local return");

	e_ifname(&jump, NFT_META_IIFNAME, pods, false);
	e_counter(&jump);
	e_jump(&jump, native_mark.c.name);
	want_native(w, chain, false, &jump,
		    arena_fmt(w->a, "%scounter jump %s", from, native_mark.c.name));

	e_counter(&restore);
	e_ct(&restore, NFT_CT_MARK);
	e_bitwise(&restore, &c->mark, &none, 4);
	e_meta_set(&restore, NFT_META_MARK);
	want_native(w, chain, false, &restore,
		    arena_fmt(w->a, "counter meta mark set ct mark & 0x%08x", c->mark));
}

static void want_connmark(const struct host_config *c, const struct host_facts *f,
			  struct nft_want *w)
{
	size_t mark, nat;

	if (c->external_snat) {
		w->doomed_table = NATIVE;
		return;
	}
	w->owned_table = NATIVE;
	nat = want_chain_add(w, &native_nat);
	mark = want_chain_add(w, &native_mark);
	want_native_exempt(w, mark, &f->vpc);
	want_native_exempt(w, mark, &c->exclude);
	want_native_set(c, w, mark);
	want_native_nat(c, w, nat);
}

/* ---- all of it */

void host_want(const struct host_config *c, const struct host_facts *f, struct nft_want *w)
{
	want_nat(c, f, w);
	want_mangle(c, f, w);
	want_old_connmark(c, w);
	want_connmark(c, f, w);
}

void host_want_none(const struct host_config *c, const struct host_facts *f, struct nft_want *w)
{
	struct host_config off = *c;
	size_t chain;

	off.external_snat = true;
	off.node_port = false;
	host_want(&off, f, w);
	chain = want_chain_add(w, &snat_chain);
	w->chains[chain].claim = CLAIM_DOOMED;
}

void host_want_stale(struct nft_want *w, const char *chain)
{
	struct want_chain c = { { .table = "nat", .name = chain }, CLAIM_DOOMED, true };
	const char *number = strrchr(chain, '-');
	uint64_t n;

	if (!str_prefix(chain, "AWS-SNAT-CHAIN-") && !str_prefix(chain, "AWS-CONNMARK-CHAIN-"))
		return;
	if (str_u64(number + 1, &n) && strcmp(chain, SNAT_CHAIN) != 0 && w->nchains < WANT_CHAINS)
		want_chain_add(w, &c);
}

/* ---- text */

static bool in_chain(const struct nft_want *w, size_t r, const struct want_chain *c, bool head)
{
	const struct want_rule *rule = &w->rules[r];

	return !rule->absent && rule->head == head &&
	       strcmp(w->chains[rule->chain].c.table, c->c.table) == 0 &&
	       strcmp(w->chains[rule->chain].c.name, c->c.name) == 0;
}

/* The chain's rules as they will stand: the head rules, inserted one before the other, come
 * reversed. skip: bytes of each rule's text to leave out. */
static void rules_text(const struct nft_want *w, const struct want_chain *c, const char *indent,
		       size_t skip, struct buf *out)
{
	for (size_t r = w->nrules; r-- > 0;)
		if (in_chain(w, r, c, true))
			buf_fmt(out, "%s%s\n", indent, w->rules[r].text + skip);
	for (size_t r = 0; r < w->nrules; r++)
		if (in_chain(w, r, c, false))
			buf_fmt(out, "%s%s\n", indent, w->rules[r].text + skip);
}

/* As "nft -s list table ip aws-cni" prints it. */
static void native_text(const struct nft_want *w, struct buf *out)
{
	const char *nat = native_nat.c.name, *mark = native_mark.c.name;

	buf_fmt(out, "table ip %s {\n\tchain %s {\n", NATIVE, nat);
	buf_fmt(out, "\t\ttype nat hook prerouting priority dstnat + %d; policy accept;\n",
		NATIVE_PRIO - DSTNAT_PRIO);
	rules_text(w, &native_nat, "\t\t", strlen(nat) + 1, out);
	buf_fmt(out, "\t}\n\n\tchain %s {\n", mark);
	rules_text(w, &native_mark, "\t\t", strlen(mark) + 1, out);
	buf_str(out, "\t}\n}\n");
}

void host_want_text(const struct host_config *c, const struct host_facts *f, struct buf *out)
{
	auto_arena struct arena a = { 0 };
	struct nft_want w = { .a = &a };

	host_want(c, f, &w);
	buf_str(out, "*nat\n-N " SNAT_CHAIN "\n");
	rules_text(&w, &xt_nat_postrouting, "", 0, out);
	rules_text(&w, &snat_chain, "", 0, out);
	buf_str(out, "*mangle\n");
	rules_text(&w, &xt_mangle_prerouting, "", 0, out);
	if (w.owned_table)
		native_text(&w, out);
}
