/* SPDX-License-Identifier: Apache-2.0 */
/* xtables.h - rules of iptables as data: as text, as iptables prints them, and as expressions, as
 * its nf_tables backend (1.8) stores them. So iptables lists, checks and deletes them as its own.
 */
#pragma once
#include "nftsync.h"

enum xt_verb {
	XT_DO_RETURN,
	XT_DO_JUMP,        /* to chain `jump` */
	XT_DO_SNAT,        /* to address `to` */
	XT_DO_SET_MARK,    /* CONNMARK --set-xmark mark/mark */
	XT_DO_RESTORE_MARK /* CONNMARK --restore-mark --nfmask mark --ctmask mark */
};
enum xt_type {
	XT_ANY_TYPE,
	XT_LOCAL_ON_IFACE /* --dst-type LOCAL --limit-iface-in */,
	XT_NOT_LOCAL
};
enum xt_random { XT_NO_RANDOM, XT_RANDOM, XT_RANDOM_FULLY };

/* Zero fields do not select. Interfaces: exact, or a prefix when it ends in '+'; "+" is any. */
struct xt_rule {
	const char *in, *not_out; /* -i, ! -o */
	struct cidr dst;          /* -d; IPv4; length 0 does not select */
	const char *comment;      /* at most 255 bytes */
	enum xt_type dst_type;
	enum xt_verb verb;
	const char *jump;
	struct ip to;
	enum xt_random random;
	uint32_t mark;
};
/* "-A CHAIN ...", token for token as iptables -S prints it, without a newline. */
void xt_text(const struct xt_rule *r, const char *chain, struct buf *out);
/* The rule's body for nft_rule_add() with NFT_COMPAT. */
void xt_put(const struct xt_rule *r, struct buf *x);

/* The built-in chains, to be claimed as shared: create what iptables would create. */
extern const struct want_chain xt_nat_prerouting, xt_nat_postrouting, xt_mangle_prerouting;
/* List rule r in chain c (an index from want_chain_add()) of w. */
enum xt_place { XT_TAIL, XT_HEAD, XT_ABSENT };
void xt_want(struct nft_want *w, size_t c, const struct xt_rule *r, enum xt_place place);

/* Does this network namespace use the older backend of iptables, that is, does its nat table hold
 * rules? These are not in nf_tables, and rules there would be outrun by them. */
MUST int xt_legacy_in_use(bool *in_use, struct err *e);
