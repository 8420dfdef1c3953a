/* SPDX-License-Identifier: Apache-2.0 */
/* nft.c - build a batch of nf_tables changes and commit it, all or nothing. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include "attr.h"
#include "nft.h"

void nft_free(struct nft *t)
{
	buf_free(&t->b);
	t->nmsg = 0;
}

/* ---- messages */

static struct nlmsghdr *msg_at(const struct nft *t, size_t at)
{
	return (struct nlmsghdr *)(void *)(t->b.p + at);
}

static size_t msg_raw(struct nft *t, uint16_t type, uint16_t flags, uint8_t family, uint16_t res)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };
	struct nfgenmsg g = { .nfgen_family = family,
			      .version = NFNETLINK_V0,
			      .res_id = htons(res) };
	size_t at = t->b.len;

	buf_add(&t->b, &h, sizeof(h));
	buf_add(&t->b, &g, sizeof(g));
	return at;
}

static void msg_end(struct nft *t, size_t at)
{
	msg_at(t, at)->nlmsg_len = (uint32_t)(t->b.len - at);
	t->nmsg++;
}

/* Every batch begins with the generation it was made for; 0 is any. */
static void begin(struct nft *t)
{
	size_t at = msg_raw(t, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);

	attr_be32(&t->b, NFNL_BATCH_GENID, 0);
	msg_end(t, at);
}

static size_t msg(struct nft *t, uint16_t type, uint16_t flags)
{
	if (t->nmsg == 0)
		begin(t);
	return msg_raw(t, NFNL_SUBSYS_NFTABLES << 8 | type, flags, (uint8_t)t->family, 0);
}

void nft_table_add(struct nft *t, const char *table)
{
	size_t m = msg(t, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	attr_str(&t->b, NFTA_TABLE_NAME, table);
	msg_end(t, m);
}

void nft_table_del(struct nft *t, const char *table)
{
	size_t m = msg(t, NFT_MSG_DELTABLE, 0);

	attr_str(&t->b, NFTA_TABLE_NAME, table);
	msg_end(t, m);
}

void nft_chain_add(struct nft *t, const struct nft_chain *c)
{
	size_t m = msg(t, NFT_MSG_NEWCHAIN, NLM_F_CREATE), hook;

	attr_str(&t->b, NFTA_CHAIN_TABLE, c->table);
	attr_str(&t->b, NFTA_CHAIN_NAME, c->name);
	if (c->type) {
		hook = attr_nest(&t->b, NFTA_CHAIN_HOOK);
		attr_be32(&t->b, NFTA_HOOK_HOOKNUM, c->hook);
		attr_be32(&t->b, NFTA_HOOK_PRIORITY, (uint32_t)c->prio);
		attr_end(&t->b, hook);
		attr_str(&t->b, NFTA_CHAIN_TYPE, c->type);
	}
	/* Without a policy a new chain accepts and an old one keeps its administrator's choice. */
	if (c->type && c->drop)
		attr_be32(&t->b, NFTA_CHAIN_POLICY, 0);
	msg_end(t, m);
}

void nft_chain_del(struct nft *t, const char *table, const char *chain)
{
	size_t m = msg(t, NFT_MSG_DELCHAIN, 0);

	attr_str(&t->b, NFTA_CHAIN_TABLE, table);
	attr_str(&t->b, NFTA_CHAIN_NAME, chain);
	msg_end(t, m);
}

static size_t rule_msg(struct nft *t, uint16_t type, uint16_t flags, const char *table,
		       const char *chain)
{
	size_t m = msg(t, type, flags);

	attr_str(&t->b, NFTA_RULE_TABLE, table);
	attr_str(&t->b, NFTA_RULE_CHAIN, chain);
	return m;
}

void nft_flush(struct nft *t, const char *table, const char *chain)
{
	msg_end(t, rule_msg(t, NFT_MSG_DELRULE, 0, table, chain));
}

void nft_rule_add(struct nft *t, const char *table, const char *chain, const struct buf *x,
		  unsigned flags)
{
	uint16_t nl = NLM_F_CREATE | (flags & NFT_INSERT ? 0 : NLM_F_APPEND);
	size_t m = rule_msg(t, NFT_MSG_NEWRULE, nl, table, chain), compat;

	attr_put(&t->b, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, x->p, x->len);
	if (flags & NFT_COMPAT) {
		compat = attr_nest(&t->b, NFTA_RULE_COMPAT);
		attr_be32(&t->b, NFTA_RULE_COMPAT_PROTO, 0);
		attr_be32(&t->b, NFTA_RULE_COMPAT_FLAGS, 0);
		attr_end(&t->b, compat);
	}
	msg_end(t, m);
}

void nft_rule_del(struct nft *t, const char *table, const char *chain, uint64_t handle)
{
	size_t m = rule_msg(t, NFT_MSG_DELRULE, 0, table, chain);

	attr_be64(&t->b, NFTA_RULE_HANDLE, handle);
	msg_end(t, m);
}

void nft_guard(struct nft *t, uint32_t gen)
{
	t->gen = gen;
}

/* ---- commit */

/* Which of the batch's messages has this number; they are numbered from `first`. */
static const struct nlmsghdr *find_msg(const struct nft *t, uint32_t first, uint32_t seq)
{
	size_t at = 0;

	if (seq - first >= t->nmsg)
		return NULL;
	while (msg_at(t, at)->nlmsg_seq != seq)
		at += NLMSG_ALIGN(msg_at(t, at)->nlmsg_len);
	return msg_at(t, at);
}

static const char *verb(uint16_t type)
{
	static const char *const verbs[] = {
		[NFT_MSG_NEWTABLE] = "add table",  [NFT_MSG_DELTABLE] = "delete table",
		[NFT_MSG_NEWCHAIN] = "add chain",  [NFT_MSG_DELCHAIN] = "delete chain",
		[NFT_MSG_NEWRULE] = "add rule to", [NFT_MSG_DELRULE] = "delete rule of",
	};

	return type < COUNT(verbs) && verbs[type] ? verbs[type] : "nf_tables request";
}

/* Name the message that was refused. Tables and chains have their names in attributes 1 to 3. */
static int refused(const struct nlmsghdr *m, int num, struct err *e)
{
	const struct nlattr *t[NFTA_CHAIN_NAME + 1];
	uint16_t type = m->nlmsg_type & 0xff;
	const char *chain, *hint = "";

	if (m->nlmsg_type == NFNL_MSG_BATCH_BEGIN && num == ERESTART)
		return fail(e, num, "somebody else changed the rule set meanwhile");
	if (m->nlmsg_type < NLMSG_MIN_TYPE || m->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return fail(e, num, "nf_tables batch:");
	if (!nl_attrs(m, sizeof(struct nfgenmsg), t, COUNT(t) - 1, e))
		return -1;
	chain = nl_str(t[type == NFT_MSG_NEWCHAIN || type == NFT_MSG_DELCHAIN ? NFTA_CHAIN_NAME
									      : NFTA_RULE_CHAIN]);
	if (type == NFT_MSG_NEWRULE && num == ENOENT)
		hint = " (no such chain, or the kernel lacks a match or target that the rule uses)";
	return fail(e, num, "%s %s%s%s%s:", verb(type), nl_str(t[NFTA_RULE_TABLE]),
		    *chain ? " " : "", chain, hint);
}

/* One datagram of answers: the first refusal of ours is the reason, what follows its consequence.
 */
static int answers(const struct nft *t, const struct nl *nl, size_t n, uint32_t first,
		   struct err *e)
{
	const struct nlmsghdr *m = (const void *)(nl->bytes + nl->rx), *ours;
	int left = (int)n;

	for (; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left)) {
		const struct nlmsgerr *r = mnl_nlmsg_get_payload(m);

		if (m->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(m) < sizeof(*r))
			continue;
		ours = find_msg(t, first, m->nlmsg_seq);
		if (ours && r->error)
			return refused(ours, -r->error, e);
	}
	return 0;
}

/* The kernel has worked through the batch, and queued what it refused, before send returns. */
static int outcome(const struct nft *t, struct nl *nl, uint32_t first, struct err *e)
{
	struct err later;
	bool failed = false;

	for (;;) {
		ssize_t n = recv(nl_fd(nl), nl->bytes + nl->rx, NL_BUF, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return failed ? -1 : 0;
		if (n < 0)
			return fail(failed ? &later : e, errno, "nf_tables answer:");
		if (answers(t, nl, (size_t)n, first, failed ? &later : e) < 0)
			failed = true;
	}
}

/* A batch is one datagram: give the socket room for it. Either call may be refused or capped; then
 * the kernel says EMSGSIZE. */
static void make_room(struct nl *nl, size_t n)
{
	int size = (int)n + 4096, fd = nl_fd(nl);

	if (n < 64 << 10)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void number(struct nft *t, struct nl *nl)
{
	for (size_t at = 0; at < t->b.len; at += NLMSG_ALIGN(msg_at(t, at)->nlmsg_len))
		msg_at(t, at)->nlmsg_seq = ++nl->seq;
}

static int transmit(struct nft *t, struct nl *nl, struct err *e)
{
	struct nlattr *gen = mnl_nlmsg_get_payload_offset(msg_at(t, 0), sizeof(struct nfgenmsg));
	uint32_t be = htonl(t->gen), first = nl->seq + 1;

	memcpy(mnl_attr_get_payload(gen), &be, sizeof(be));
	msg_end(t, msg_raw(t, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	number(t, nl);
	make_room(nl, t->b.len);
	if (mnl_socket_sendto(nl->sock, t->b.p, t->b.len) < 0)
		return fail(e, errno, "send nf_tables batch of %zu bytes:", t->b.len);
	return outcome(t, nl, first, e);
}

int nft_commit(struct nl *nl, struct nft *t, struct err *e)
{
	int rc = t->nmsg ? transmit(t, nl, e) : 0;

	t->b.len = 0;
	t->nmsg = 0;
	t->gen = 0;
	return rc;
}
