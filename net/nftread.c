/* SPDX-License-Identifier: Apache-2.0 */
/* nftread.c - what is in the kernel's nf_tables: generation, chains, rules. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>

#include "attr.h"
#include "nft.h"

static void query(struct nl *nl, uint16_t type, uint16_t flags, enum nft_family family)
{
	struct nfgenmsg *g = nl_request(nl, NFNL_SUBSYS_NFTABLES << 8 | type, flags, sizeof(*g));

	g->nfgen_family = (uint8_t)family;
	g->version = NFNETLINK_V0;
}

/* Nothing there is an answer, not a failure. */
static int ask(struct nl *nl, nl_fn *fn, void (*restart)(void *arg), void *arg, struct err *e)
{
	struct err why;

	if (nl_query(nl, fn, restart, arg, &why) == 0 || why.num == ENOENT)
		return 0;
	*e = why;
	return -1;
}

static int on_gen(const struct nlmsghdr *m, void *arg, struct err *e)
{
	const struct nlattr *t[NFTA_GEN_MAX + 1];

	if (!nl_attrs(m, sizeof(struct nfgenmsg), t, NFTA_GEN_MAX, e))
		return -1;
	*(uint32_t *)arg = attr_get_be32(t[NFTA_GEN_ID]);
	return 0;
}

int nft_gen(struct nl *nl, uint32_t *gen, struct err *e)
{
	query(nl, NFT_MSG_GETGEN, 0, 0);
	return nl_query(nl, on_gen, NULL, gen, e) < 0 ? wrap(e, "nf_tables generation") : 0;
}

static int on_table(const struct nlmsghdr *m, void *arg, struct err *e)
{
	(void)m, (void)e;
	*(bool *)arg = true;
	return 0;
}

int nft_table_exists(struct nl *nl, enum nft_family family, const char *table, bool *exists,
		     struct err *e)
{
	*exists = false;
	query(nl, NFT_MSG_GETTABLE, 0, family);
	nl_put_str(nl, NFTA_TABLE_NAME, table);
	return ask(nl, on_table, NULL, exists, e) < 0 ? wrap(e, "table %s", table) : 0;
}

/* ---- lists that grow in an arena */

struct list {
	struct arena *a;
	size_t size, n, cap; /* of one element; elements */
	char *v;
	const char *table; /* only objects of this table */
};

static void *list_next(struct list *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		char *v = arena_get(l->a, cap * l->size);

		if (l->n)
			memcpy(v, l->v, l->n * l->size);
		l->v = v;
		l->cap = cap;
	}
	return l->v + l->n++ * l->size;
}

static void list_restart(void *arg)
{
	((struct list *)arg)->n = 0;
}

/* ---- rules */

/* A comment as nft keeps it, beside the rule: type, length, text. */
static const char *user_comment(const struct nlattr *a, struct arena *arena)
{
	const uint8_t *p = a ? mnl_attr_get_payload(a) : NULL;
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	while (n >= 2 && p[1] <= n - 2) {
		if (p[0] == 0 && p[1] > 0 && p[1 + p[1]] == 0)
			return arena_str(arena, (const char *)p + 2);
		n -= 2 + (size_t)p[1];
		p += 2 + p[1];
	}
	return NULL;
}

static int on_rule(const struct nlmsghdr *m, void *arg, struct err *e)
{
	const struct nlattr *t[NFTA_RULE_MAX + 1], *x;
	struct list *l = arg;
	struct nft_rule *r;
	void *body;

	if (!nl_attrs(m, sizeof(struct nfgenmsg), t, NFTA_RULE_MAX, e))
		return -1;
	if (strcmp(nl_str(t[NFTA_RULE_TABLE]), l->table) != 0)
		return 0;
	x = t[NFTA_RULE_EXPRESSIONS];
	r = list_next(l);
	*r = (struct nft_rule) { .handle = attr_get_be64(t[NFTA_RULE_HANDLE]) };
	r->comment = user_comment(t[NFTA_RULE_USERDATA], l->a);
	r->len = x ? mnl_attr_get_payload_len(x) : 0;
	body = arena_get(l->a, r->len + 1);
	if (x)
		memcpy(body, mnl_attr_get_payload(x), r->len);
	r->body = body;
	return 0;
}

int nft_rules(struct nl *nl, enum nft_family family, const char *table, const char *chain,
	      struct arena *a, struct nft_rules *out, struct err *e)
{
	struct list l = { .a = a, .size = sizeof(struct nft_rule), .table = table };

	query(nl, NFT_MSG_GETRULE, NLM_F_DUMP, family);
	nl_put_str(nl, NFTA_RULE_TABLE, table);
	nl_put_str(nl, NFTA_RULE_CHAIN, chain);
	*out = (struct nft_rules) { 0 };
	if (ask(nl, on_rule, list_restart, &l, e) < 0)
		return wrap(e, "rules of %s %s", table, chain);
	out->v = (struct nft_rule *)(void *)l.v;
	out->n = l.n;
	return 0;
}

/* ---- chains */

static int on_chain(const struct nlmsghdr *m, void *arg, struct err *e)
{
	const struct nlattr *t[NFTA_CHAIN_MAX + 1], *h[NFTA_HOOK_MAX + 1];
	struct nft_have_chain *c;
	struct list *l = arg;

	if (!nl_attrs(m, sizeof(struct nfgenmsg), t, NFTA_CHAIN_MAX, e))
		return -1;
	if (strcmp(nl_str(t[NFTA_CHAIN_TABLE]), l->table) != 0)
		return 0;
	nl_nested(t[NFTA_CHAIN_HOOK], h, COUNT(h) - 1);
	c = list_next(l);
	*c = (struct nft_have_chain) { .use = attr_get_be32(t[NFTA_CHAIN_USE]) };
	c->c.table = l->table;
	c->c.name = arena_str(l->a, nl_str(t[NFTA_CHAIN_NAME]));
	if (!t[NFTA_CHAIN_HOOK])
		return 0;
	c->c.type = arena_str(l->a, nl_str(t[NFTA_CHAIN_TYPE]));
	c->c.hook = (enum nft_hook)attr_get_be32(h[NFTA_HOOK_HOOKNUM]);
	c->c.prio = (int32_t)attr_get_be32(h[NFTA_HOOK_PRIORITY]);
	c->c.drop = t[NFTA_CHAIN_POLICY] && attr_get_be32(t[NFTA_CHAIN_POLICY]) == 0;
	return 0;
}

int nft_chain_get(struct nl *nl, enum nft_family family, const char *table, const char *chain,
		  struct arena *a, struct nft_have_chain *found, struct err *e)
{
	struct list l = { .a = a, .size = sizeof(*found), .table = table };

	*found = (struct nft_have_chain) { 0 };
	query(nl, NFT_MSG_GETCHAIN, 0, family);
	nl_put_str(nl, NFTA_CHAIN_TABLE, table);
	nl_put_str(nl, NFTA_CHAIN_NAME, chain);
	if (ask(nl, on_chain, list_restart, &l, e) < 0)
		return wrap(e, "chain %s %s", table, chain);
	if (l.n)
		memcpy(found, l.v, sizeof(*found));
	return 0;
}

int nft_chains(struct nl *nl, enum nft_family family, const char *table, struct arena *a,
	       struct nft_chains *out, struct err *e)
{
	struct list l = { .a = a, .size = sizeof(struct nft_have_chain), .table = table };

	query(nl, NFT_MSG_GETCHAIN, NLM_F_DUMP, family);
	if (ask(nl, on_chain, list_restart, &l, e) < 0)
		return wrap(e, "chains of %s", table);
	out->v = (struct nft_have_chain *)(void *)l.v;
	out->n = l.n;
	return 0;
}
