/* SPDX-License-Identifier: Apache-2.0 */
/* nft.c - tests of rule bodies and batches against the kernel. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "nft.h"
#include "nfttest.h"
#include "nstest.h"

static void open_filter(struct nl *nl)
{
	auto_fd int ns = 0;
	struct err e = { 0 };

	CHECK(netns_new(&ns, &e) == 0 && nl_open_proto(nl, NETLINK_NETFILTER, 0, ns, &e) == 0);
	CHECK_STR(e.msg, "");
}

/* ---- bodies, each with what a base chain needs for the kernel to take it */

static const struct nft_chain post = { "t", "post", "nat", NFT_POSTROUTING, 100, false };
static const struct nft_chain pre = { "t", "pre", "filter", NFT_PREROUTING, -150, false };
static const struct nft_chain ttl = { "mangle", "pre", "filter", NFT_PREROUTING, -150, false };
static const struct nft_chain out = { "t", "out", "nat", NFT_OUTPUT, -100, false };

static void b_snat(struct buf *x)
{
	e_ifname(x, NFT_META_OIFNAME, "inet0", false);
	e_saddr(x, cidr("10.1.2.3/32"));
	e_nat(x, NFT_NAT_SNAT, ip("203.0.113.9"));
}

static void b_dnat(struct buf *x)
{
	e_daddr(x, cidr("203.0.113.0/27"));
	e_counter(x);
	e_nat(x, NFT_NAT_DNAT, ip("10.1.2.3"));
}

static void b_ttl(struct buf *x)
{
	static const uint8_t increment[] = { 1, 1 };

	e_ifname(x, NFT_META_IIFNAME, "eni+", true);
	e_target(x, "TTL", 0, increment, sizeof(increment));
}

static void b_match(struct buf *x)
{
	char comment[256] = "a comment, with a comma";

	e_match(x, "comment", 0, comment, sizeof(comment));
	e_counter(x);
	e_return(x);
}

static void b_marks(struct buf *x)
{
	uint32_t mask = 0x80, zero = 0;

	e_counter(x);
	e_ct(x, NFT_CT_MARK);
	e_bitwise(x, &mask, &zero, 4);
	e_meta_set(x, NFT_META_MARK);
	e_ct_set(x, NFT_CT_MARK);
}

static void b_fib(struct buf *x)
{
	uint32_t local = 2;

	e_fib_type(x);
	e_cmp(x, NFT_CMP_NEQ, &local, 4);
	e_meta(x, NFT_META_MARK);
	e_cmp(x, NFT_CMP_EQ, &local, 4);
	e_value(x, &local, 4);
	e_drop(x);
}

static void b_accept(struct buf *x)
{
	e_saddr(x, cidr("10.0.0.0/8"));
	e_daddr(x, cidr("10.16.0.0/12"));
	e_accept(x);
}

static void b_jump(struct buf *x)
{
	e_daddr(x, cidr("0.0.0.0/0")); /* selects all, so it adds nothing */
	e_ifname(x, NFT_META_IIFNAME, "+", false);
	e_jump(x, "side");
}

static const struct {
	const char *name;
	const struct nft_chain *chain;
	void (*build)(struct buf *x);
} bodies[] = {
	{ "snat", &post, b_snat },    { "dnat", &out, b_dnat },   { "ttl", &ttl, b_ttl },
	{ "match", &pre, b_match },   { "marks", &pre, b_marks }, { "fib", &pre, b_fib },
	{ "accept", &pre, b_accept }, { "jump", &pre, b_jump },
};

static void add_chains(struct nft *t)
{
	nft_table_add(t, "t");
	nft_chain_add(t, &post);
	nft_chain_add(t, &pre);
	nft_chain_add(t, &out);
	nft_chain_add(t, &(struct nft_chain) { .table = "t", .name = "side" });
	nft_table_add(t, "mangle");
	nft_chain_add(t, &ttl);
}

TEST(nft_kernel_gives_back_what_each_expression_means)
{
	for (size_t i = 0; i < COUNT(bodies); i++) {
		auto_nft struct nft t = { .family = NFT_IP4 };
		auto_arena struct arena a = { 0 };
		auto_buf struct buf x = { 0 };
		auto_nl struct nl nl = { 0 };
		struct nft_rules got = { 0 };
		struct nft_rule want;
		struct err e = { 0 };

		open_filter(&nl);
		add_chains(&t);
		bodies[i].build(&x);
		nft_rule_add(&t, bodies[i].chain->table, bodies[i].chain->name, &x, NFT_APPEND);
		CHECK(nft_commit(&nl, &t, &e) == 0);
		CHECK(nft_rules(&nl, NFT_IP4, bodies[i].chain->table, bodies[i].chain->name, &a,
				&got, &e) == 0);
		CHECK_STR(e.msg, "");
		want = rule(&x);
		if (got.n != 1 || !equal(&got.v[0], &want, true))
			test_failed(__FILE__, __LINE__, bodies[i].name);
		for (size_t k = 0; k < COUNT(bodies); k++) {
			auto_buf struct buf other = { 0 };
			struct nft_rule o;

			bodies[k].build(&other);
			o = rule(&other);
			if (k != i && got.n == 1 && equal(&got.v[0], &o, true))
				test_failed(__FILE__, __LINE__, bodies[k].name);
		}
	}
}

TEST(nft_meaning_of_damaged_bodies_is_safe_to_ask)
{
	auto_buf struct buf x = { 0 };
	uint32_t seed = 1;

	for (size_t i = 0; i < COUNT(bodies); i++)
		bodies[i].build(&x);
	for (size_t len = 0; len <= x.len; len++) {
		/* Exactly as long as said, so that reading on is seen. */
		char *copy = xalloc(len + 1);
		struct nft_rule r = { .body = copy, .len = len };
		auto_buf struct buf out_ = { 0 };

		memcpy(copy, x.p, len);
		for (int k = 0; k < 4 && len; k++) {
			seed = seed * 1664525u + 1013904223u;
			copy[seed % len] = (char)(seed >> 24);
			nft_canon(&r, true, &out_);
			(void)nft_jump_target(&r);
		}
		CHECK(out_.len > 0 || len == 0);
		ptr_free(&copy);
	}
}

TEST(nft_jump_target_is_the_chain_or_nothing)
{
	auto_buf struct buf jump = { 0 }, none = { 0 };
	struct nft_rule r;

	b_marks(&jump);
	b_jump(&jump);
	r = rule(&jump);
	CHECK_STR(nft_jump_target(&r), "side");
	b_fib(&none);
	r = rule(&none);
	CHECK(nft_jump_target(&r) == NULL);
}

/* ---- batches */

TEST(nft_batch_is_all_or_nothing_and_names_what_was_refused)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_buf struct buf x = { 0 };
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };
	bool exists = true;

	open_filter(&nl);
	add_chains(&t);
	b_accept(&x);
	nft_rule_add(&t, "t", "nowhere", &x, NFT_APPEND);
	CHECK(nft_commit(&nl, &t, &e) == -1);
	CHECK_INT(e.num, ENOENT);
	CHECK_STR(e.msg, "add rule to t nowhere (no such chain, or the kernel lacks a match or "
			 "target that the rule uses): No such file or directory");
	CHECK(nft_table_exists(&nl, NFT_IP4, "t", &exists, &e) == 0 && !exists);

	add_chains(&t);
	nft_chain_del(&t, "t", "gone");
	CHECK(nft_commit(&nl, &t, &e) == -1);
	CHECK_STR(e.msg, "delete chain t gone: No such file or directory");
	nft_table_del(&t, "t");
	CHECK(nft_commit(&nl, &t, &e) == -1);
	CHECK_STR(e.msg, "delete table t: No such file or directory");
	CHECK(nft_commit(&nl, &t, &e) == 0); /* empty */
}

TEST(nft_guard_refuses_a_batch_made_for_an_older_generation)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	uint32_t before = 0, after = 0;
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };
	bool exists = true;

	open_filter(&nl);
	CHECK(nft_gen(&nl, &before, &e) == 0);
	add_chains(&t);
	nft_guard(&t, before);
	CHECK(nft_commit(&nl, &t, &e) == 0);
	CHECK(nft_gen(&nl, &after, &e) == 0 && after != before);
	nft_table_add(&t, "late");
	nft_guard(&t, before);
	CHECK(nft_commit(&nl, &t, &e) == -1);
	CHECK_INT(e.num, ERESTART);
	CHECK_STR(e.msg, "somebody else changed the rule set meanwhile");
	CHECK(nft_table_exists(&nl, NFT_IP4, "late", &exists, &e) == 0 && !exists);
}

TEST(nft_rules_come_back_in_order_by_chain_and_handle)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_arena struct arena a = { 0 };
	auto_nl struct nl nl = { 0 };
	struct nft_rules got = { 0 };
	struct err e = { 0 };

	open_filter(&nl);
	add_chains(&t);
	for (size_t i = 0; i < 300; i++) {
		auto_buf struct buf x = { 0 };

		e_daddr(&x, cidr_host(ip_add(ip("10.0.0.0"), i)));
		b_match(&x);
		nft_rule_add(&t, "t", "side", &x, i % 2 ? NFT_APPEND : NFT_INSERT);
	}
	CHECK(t.b.len > 64 << 10);
	CHECK(nft_commit(&nl, &t, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK(nft_rules(&nl, NFT_IP4, "t", "side", &a, &got, &e) == 0);
	CHECK_INT(got.n, 300);
	for (size_t i = 0; i < got.n; i++) {
		auto_buf struct buf x = { 0 };
		struct nft_rule want;

		e_daddr(&x, cidr_host(ip_add(ip("10.0.0.0"), i < 150 ? 298 - 2 * i : 2 * i - 299)));
		b_match(&x);
		want = rule(&x);
		CHECK(equal(&got.v[i], &want, true));
	}
	nft_rule_del(&t, "t", "side", got.n ? got.v[0].handle : 0);
	CHECK(nft_commit(&nl, &t, &e) == 0);
	CHECK(nft_rules(&nl, NFT_IP4, "t", "side", &a, &got, &e) == 0);
	CHECK_INT(got.n, 299);
	nft_flush(&t, "t", "side");
	CHECK(nft_commit(&nl, &t, &e) == 0);
	CHECK(nft_rules(&nl, NFT_IP4, "t", "side", &a, &got, &e) == 0 && got.n == 0);
	CHECK(nft_rules(&nl, NFT_IP4, "no", "such", &a, &got, &e) == 0 && got.n == 0);
}

TEST(nft_chains_tell_their_properties_and_use)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	struct nft_have_chain c = { 0 };
	auto_arena struct arena a = { 0 };
	struct nft_chains all = { 0 };
	auto_buf struct buf x = { 0 };
	auto_nl struct nl nl = { 0 };
	struct err e = { 0 };

	open_filter(&nl);
	add_chains(&t);
	b_jump(&x);
	nft_rule_add(&t, "t", "pre", &x, NFT_APPEND);
	nft_chain_add(&t, &(struct nft_chain) { "t", "stop", "filter", NFT_FORWARD, 5, true });
	CHECK(nft_commit(&nl, &t, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK(nft_chain_get(&nl, NFT_IP4, "t", "pre", &a, &c, &e) == 0);
	CHECK_STR(c.c.type, "filter");
	CHECK(c.c.hook == NFT_PREROUTING && c.c.prio == -150 && !c.c.drop && c.use == 1);
	CHECK(nft_chain_get(&nl, NFT_IP4, "t", "side", &a, &c, &e) == 0);
	CHECK(c.c.type == NULL && c.use == 1);
	CHECK(nft_chain_get(&nl, NFT_IP4, "t", "stop", &a, &c, &e) == 0);
	CHECK(c.c.drop && c.c.hook == NFT_FORWARD && c.c.prio == 5);
	CHECK(nft_chain_get(&nl, NFT_IP4, "t", "none", &a, &c, &e) == 0 && !c.c.table);
	CHECK(nft_chain_get(&nl, NFT_IP4, "none", "pre", &a, &c, &e) == 0 && !c.c.table);
	CHECK(nft_chains(&nl, NFT_IP4, "t", &a, &all, &e) == 0);
	CHECK_INT(all.n, 5);
	CHECK(nft_chains(&nl, NFT_IP4, "u", &a, &all, &e) == 0 && all.n == 0);
}
