/* SPDX-License-Identifier: Apache-2.0 */
/* nftsync.h - chains and rules as they should be, what differs, and the one batch that mends it.
 * Want is a list in an arena; have is read; the step is atomic and touches only what differs. */
#pragma once
#include "nft.h"

enum claim {
	CLAIM_SHARED, /* others' rules are here too: only the listed ones matter */
	CLAIM_OWNED,  /* ours alone: it holds the listed rules and no others */
	CLAIM_DOOMED /* of an older release: emptied, jumps from the other chains taken out, removed
		      */
};
struct want_chain {
	struct nft_chain c;
	enum claim claim;
	bool iptables; /* in a table of iptables': rules are written as it writes them */
};
struct want_rule {
	size_t chain; /* as want_chain_add() returned it */
	bool absent;  /* must not be there (in any number of copies) */
	/* A missing head rule is inserted at the front, so a list of them ends up reversed, and
	 * their order does not matter. The others are appended; in an owned chain they stand behind
	 * all head rules, in the order of the list. */
	bool head;
	struct nft_rule r;
	const char *text; /* as a person would write it, chain included */
};
/* Zero is empty but for the arena, in which all of it lives. */
struct nft_want {
	struct arena *a;
	struct want_chain *chains;
	struct want_rule *rules;
	size_t nchains, nrules, rules_cap;
	const char *owned_table;  /* rebuilt when the properties of one of its chains are wrong */
	const char *doomed_table; /* must not exist */
};
enum { WANT_CHAINS = 64 };
/* Strings must live as long as the arena. A chain that is listed already keeps its first claim. At
 * most WANT_CHAINS; the index is returned. */
size_t want_chain_add(struct nft_want *w, const struct want_chain *c);
/* The body x is copied; a rule that is listed already is not listed again. */
void want_rule_add(struct nft_want *w, const struct want_rule *r, const struct buf *x);

/* Make it so, in family NFT_IP4. Somebody else's commits in between are waited out by starting
 * over, a bounded number of times (ERESTART then). changed may be NULL. */
MUST int nft_sync(struct nl *nl, const struct nft_want *w, bool *changed, struct err *e);
/* Append a line for each thing that nft_sync() would change. */
MUST int nft_diff(struct nl *nl, const struct nft_want *w, struct buf *lines, struct err *e);
