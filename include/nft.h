/* SPDX-License-Identifier: Apache-2.0 */
/* nft.h - nf_tables over netlink: one atomic batch, rule bodies made of expressions, what is there
 * now. Sockets come from nl_open_proto(nl, NETLINK_NETFILTER, 0, netns_fd, e). Attribute and
 * expression constants (NFT_META_*, NFT_CMP_* ...) are those of the uapi header
 * linux/netfilter/nf_tables.h. */
#pragma once
#include <linux/netfilter/nf_tables.h>

#include "arena.h"
#include "buf.h"
#include "ip.h"
#include "nl.h"

/* The uapi's NF_INET_* and NFPROTO_*, whose header cannot be mixed with libc's on musl. */
enum nft_hook { NFT_PREROUTING, NFT_INPUT, NFT_FORWARD, NFT_OUTPUT, NFT_POSTROUTING };
enum nft_family { NFT_INET = 1, NFT_IP4 = 2, NFT_IP6 = 10 };

/* Strings belong to the caller. */
struct nft_chain {
	const char *table, *name;
	const char *type; /* "nat", "filter", "route": a base chain; NULL: a chain to jump to */
	enum nft_hook hook;
	int32_t prio;
	bool drop; /* policy of a new base chain; an old one keeps its policy unless drop is set */
};

/* A batch under construction. Zero is empty, but set family; free with nft_free(). */
struct nft {
	enum nft_family family;
	uint32_t gen;
	size_t nmsg;
	struct buf b;
};
void nft_free(struct nft *t);
#define auto_nft AUTO(nft_free)

/* What the batch does, in order. Creating what exists is no error; deleting what does not exist
 * fails the batch with ENOENT. Nothing is sent before nft_commit(). */
void nft_table_add(struct nft *t, const char *table);
void nft_table_del(struct nft *t, const char *table);
void nft_chain_add(struct nft *t, const struct nft_chain *c);
void nft_chain_del(struct nft *t, const char *table,
		   const char *chain);                               /* must be empty and unused */
void nft_flush(struct nft *t, const char *table, const char *chain); /* all rules of a chain */
/* A rule with the body x (expressions, below): behind all others, or before them. compat: the chain
 * belongs to iptables, so add what iptables itself adds. */
enum { NFT_APPEND = 0, NFT_INSERT = 1, NFT_COMPAT = 2 };
void nft_rule_add(struct nft *t, const char *table, const char *chain, const struct buf *x,
		  unsigned flags);
void nft_rule_del(struct nft *t, const char *table, const char *chain, uint64_t handle);

/* Fail the batch with ERESTART if anybody has changed the rule set after generation gen
 * (nft_gen()). */
void nft_guard(struct nft *t, uint32_t gen);
/* All or nothing, in one sendmsg. Afterwards t is empty and may be filled again. The error names
 * the message that the kernel refused ("add rule nat POSTROUTING: ..."). An empty batch is not
 * sent. */
MUST int nft_commit(struct nl *nl, struct nft *t, struct err *e);

/* What is there. */
MUST int nft_gen(struct nl *nl, uint32_t *gen, struct err *e);
MUST int nft_table_exists(struct nl *nl, enum nft_family family, const char *table, bool *exists,
			  struct err *e);
struct nft_rule {
	uint64_t handle;
	const void *body; /* expressions, as a rule body above */
	size_t len;
	const char *comment; /* kept beside the body (as nft does), or NULL */
};
struct nft_rules {
	struct nft_rule *v;
	size_t n;
};
/* The rules of one chain in their order; a chain or table that does not exist has none. */
MUST int nft_rules(struct nl *nl, enum nft_family family, const char *table, const char *chain,
		   struct arena *a, struct nft_rules *out, struct err *e);
/* found->c.table NULL: no such chain (not an error). use: rules in it plus jumps to it. */
struct nft_have_chain {
	struct nft_chain c;
	uint32_t use;
};
MUST int nft_chain_get(struct nl *nl, enum nft_family family, const char *table, const char *chain,
		       struct arena *a, struct nft_have_chain *found, struct err *e);
struct nft_chains {
	struct nft_have_chain *v;
	size_t n;
};
/* All chains of a table: grows with their number, on nodes with many Services to tens of thousands.
 */
MUST int nft_chains(struct nl *nl, enum nft_family family, const char *table, struct arena *a,
		    struct nft_chains *out, struct err *e);

/* Expressions. Each appends one to the rule body x and works in register 1. Values are raw bytes:
 * addresses in network order, marks and types in host order, interface names without padding. */
void e_meta(struct buf *x, uint32_t key);     /* NFT_META_MARK ... -> register */
void e_meta_set(struct buf *x, uint32_t key); /* register -> meta */
void e_ct(struct buf *x, uint32_t key);       /* NFT_CT_MARK, NFT_CT_STATE ... -> register */
void e_ct_set(struct buf *x, uint32_t key);
void e_payload(struct buf *x, uint32_t base, uint32_t offset, uint32_t len);
void e_fib_type(struct buf *x); /* type of the destination address, RTN_*, 4 bytes in host order */
void e_bitwise(struct buf *x, const void *mask, const void *flip,
	       size_t n);                                            /* (reg & mask) ^ flip */
void e_cmp(struct buf *x, uint32_t op, const void *value, size_t n); /* NFT_CMP_EQ, NFT_CMP_NEQ */
void e_value(struct buf *x, const void *value, size_t n);            /* value -> register */
void e_counter(struct buf *x);
void e_accept(struct buf *x);
void e_drop(struct buf *x);
void e_return(struct buf *x);
void e_jump(struct buf *x, const char *chain);
/* NFT_NAT_SNAT or NFT_NAT_DNAT to one address (ports kept); only in chains of type nat. */
void e_nat(struct buf *x, enum nft_nat_types type, struct ip to);
/* Extensions of iptables, by name and revision; info is the kernel's struct, padded here to 8
 * bytes. Some only work in a table with the name they had there: SNAT in nat, TTL in mangle (else
 * EINVAL). */
void e_match(struct buf *x, const char *name, uint32_t rev, const void *info, size_t n);
void e_target(struct buf *x, const char *name, uint32_t rev, const void *info, size_t n);

/* Often used together. name: exact, or any that begins with it when its last byte is '+' or '*'
 * ("+" alone is every name and adds nothing). key: NFT_META_IIFNAME or NFT_META_OIFNAME. */
void e_ifname(struct buf *x, uint32_t key, const char *name, bool invert);
/* Source or destination within c, as iptables and nft write it: whole-byte prefixes load only those
 * bytes; length 0 adds nothing. */
void e_saddr(struct buf *x, struct cidr c);
void e_daddr(struct buf *x, struct cidr c);

/* Append the meaning of a rule without its spelling, for memcmp(): values of counters, padding, the
 * order of attributes, the way an address prefix is loaded and the place of a comment do not count;
 * what is not understood is taken literally. counters: their presence counts. The body may hold
 * anything; it is checked. */
void nft_canon(const struct nft_rule *r, bool counters, struct buf *out);
/* The chain that a rule's verdict jumps to, or NULL; points into the body. */
const char *nft_jump_target(const struct nft_rule *r);
