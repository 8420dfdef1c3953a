/* SPDX-License-Identifier: Apache-2.0 */
/* nftsync.c - tests: whatever was done to the rules, one sync mends them, a second does nothing. */
#include <string.h>
#include <sys/socket.h>

#include "nftsync.h"
#include "nstest.h"

static const struct want_chain shared = { { "s", "pre", "filter", NFT_PREROUTING, 0, false },
					  CLAIM_SHARED,
					  false };
static const struct want_chain base = { { "own", "base", "filter", NFT_PREROUTING, 10, false },
					CLAIM_OWNED,
					false };
static const struct want_chain side = { { .table = "own", .name = "side" }, CLAIM_OWNED, false };
static const struct want_chain old = { { .table = "s", .name = "old-1" }, CLAIM_DOOMED, false };
static const struct want_chain old_too = { { .table = "s", .name = "old-2" }, CLAIM_DOOMED, false };

/* A body that is known by its mark. */
static void body(struct buf *x, uint32_t mark)
{
	e_meta(x, NFT_META_MARK);
	e_cmp(x, NFT_CMP_EQ, &mark, 4);
	e_counter(x);
	e_return(x);
}

static void want(struct nft_want *w, size_t chain, uint32_t mark, bool head, bool absent)
{
	struct want_rule r = { .chain = chain, .head = head, .absent = absent };
	auto_buf struct buf x = { 0 };

	body(&x, mark);
	r.text = arena_fmt(w->a, "%s %u", w->chains[chain].c.name, mark);
	want_rule_add(w, &r, &x);
}

/* base: head 1 2, tail 8 9; side: tail 5; shared: 20, and not 21. */
static void all_wants(struct nft_want *w)
{
	size_t b = want_chain_add(w, &base), i = want_chain_add(w, &side),
	       s = want_chain_add(w, &shared);

	w->owned_table = "own";
	want_chain_add(w, &old);
	want_chain_add(w, &old_too);
	want(w, b, 1, true, false);
	want(w, b, 2, true, false);
	want(w, b, 8, false, false);
	want(w, b, 9, false, false);
	want(w, i, 5, false, false);
	want(w, s, 20, false, false);
	want(w, s, 21, false, true);
}

struct bench {
	struct nl nl;
	struct arena a;
	struct nft t;
	struct nft_want w;
	struct err e;
};

static void bench_open(struct bench *b)
{
	auto_fd int ns = 0;

	b->t.family = NFT_IP4;
	b->w.a = &b->a;
	CHECK(netns_new(&ns, &b->e) == 0 &&
	      nl_open_proto(&b->nl, NETLINK_NETFILTER, 0, ns, &b->e) == 0);
	all_wants(&b->w);
}

static void bench_free(struct bench *b)
{
	nl_close(&b->nl);
	nft_free(&b->t);
	arena_free(&b->a);
}
#define auto_bench AUTO(bench_free)

static void commit(struct bench *b)
{
	CHECK(nft_commit(&b->nl, &b->t, &b->e) == 0);
	CHECK_STR(b->e.msg, "");
}

static bool mend(struct bench *b)
{
	bool changed = false;

	CHECK(nft_sync(&b->nl, &b->w, &changed, &b->e) == 0);
	CHECK_STR(b->e.msg, "");
	return changed;
}

static void put(struct bench *b, const struct want_chain *c, uint32_t mark, unsigned where)
{
	auto_buf struct buf x = { 0 };

	body(&x, mark);
	nft_rule_add(&b->t, c->c.table, c->c.name, &x, where);
}

static void put_jump(struct bench *b, const struct want_chain *from, const struct want_chain *to)
{
	auto_buf struct buf x = { 0 };

	e_jump(&x, to->c.name);
	nft_rule_add(&b->t, from->c.table, from->c.name, &x, NFT_APPEND);
}

/* The marks of a chain's rules in their order, "j" for what is none of body()'s. */
static const char *marks(struct bench *b, const struct want_chain *c)
{
	struct nft_rules r = { 0 };
	const char *s = "";

	CHECK(nft_rules(&b->nl, NFT_IP4, c->c.table, c->c.name, &b->a, &r, &b->e) == 0);
	for (size_t i = 0; i < r.n; i++) {
		const char *word = "j";

		for (uint32_t m = 0; m < 100; m++) {
			auto_buf struct buf x = { 0 }, y = { 0 }, z = { 0 };
			struct nft_rule o;

			body(&x, m);
			o = (struct nft_rule) { .body = x.p, .len = x.len };
			nft_canon(&o, true, &y);
			nft_canon(&r.v[i], true, &z);
			if (y.len == z.len && memcmp(y.p, z.p, y.len) == 0)
				word = arena_fmt(&b->a, "%u", m);
		}
		s = arena_fmt(&b->a, "%s%s%s", s, *s ? " " : "", word);
	}
	return s;
}

static bool exists(struct bench *b, const struct want_chain *c)
{
	struct nft_have_chain found;

	CHECK(nft_chain_get(&b->nl, NFT_IP4, c->c.table, c->c.name, &b->a, &found, &b->e) == 0);
	return found.c.table;
}

static void del_nth(struct bench *b, const struct want_chain *c, size_t n)
{
	struct nft_rules r = { 0 };

	CHECK(nft_rules(&b->nl, NFT_IP4, c->c.table, c->c.name, &b->a, &r, &b->e) == 0 && n < r.n);
	nft_rule_del(&b->t, c->c.table, c->c.name, r.v[n].handle);
}

TEST(nft_sync_makes_all_of_it_once)
{
	auto_bench struct bench b = { 0 };
	uint32_t before = 0, after = 0;

	bench_open(&b);
	CHECK(mend(&b));
	CHECK_STR(marks(&b, &base), "2 1 8 9");
	CHECK_STR(marks(&b, &side), "5");
	CHECK_STR(marks(&b, &shared), "20");
	CHECK(nft_gen(&b.nl, &before, &b.e) == 0);
	CHECK(!mend(&b));
	CHECK(nft_gen(&b.nl, &after, &b.e) == 0 && before == after);
}

/* ---- damage, and what is left of it after one sync */

static void d_head_lost(struct bench *b)
{
	del_nth(b, &base, 0);
}

static void d_other_head_lost(struct bench *b)
{
	del_nth(b, &base, 1);
}

static void d_foreign(struct bench *b)
{
	put(b, &base, 50, NFT_INSERT);
	put(b, &base, 51, NFT_APPEND);
}

static void d_twice(struct bench *b)
{
	put(b, &base, 1, NFT_APPEND);
	put(b, &base, 9, NFT_APPEND);
}

static void d_tail_first_lost(struct bench *b)
{
	del_nth(b, &base, 2);
}

static void d_tail_last_lost(struct bench *b)
{
	del_nth(b, &base, 3);
}

static void d_tail_before_head(struct bench *b)
{
	del_nth(b, &base, 2);
	put(b, &base, 8, NFT_INSERT);
}

static void d_head_behind_tail(struct bench *b)
{
	del_nth(b, &base, 0);
	put(b, &base, 2, NFT_APPEND);
}

static void d_flushed(struct bench *b)
{
	nft_flush(&b->t, "own", "base");
}

static void d_table_gone(struct bench *b)
{
	nft_table_del(&b->t, "own");
}

static void d_wrong_priority(struct bench *b)
{
	struct nft_chain c = base.c;

	c.prio = 11;
	nft_table_del(&b->t, "own");
	nft_table_add(&b->t, "own");
	nft_chain_add(&b->t, &c);
	put(b, &base, 8, NFT_APPEND);
}

static void d_wrong_policy(struct bench *b)
{
	struct nft_chain c = base.c;

	c.drop = true;
	nft_chain_add(&b->t, &c);
}

static const struct {
	void (*damage)(struct bench *b);
	const char *base; /* a head rule found behind the tail stays, and the tail moves */
} damages[] = {
	{ d_head_lost, "2 1 8 9" },        { d_other_head_lost, "1 2 8 9" },
	{ d_foreign, "2 1 8 9" },          { d_twice, "2 1 8 9" },
	{ d_tail_first_lost, "2 1 8 9" },  { d_tail_last_lost, "2 1 8 9" },
	{ d_tail_before_head, "2 1 8 9" }, { d_head_behind_tail, "1 2 8 9" },
	{ d_flushed, "2 1 8 9" },          { d_table_gone, "2 1 8 9" },
	{ d_wrong_priority, "2 1 8 9" },   { d_wrong_policy, "2 1 8 9" },
};

TEST(nft_sync_mends_an_owned_chain_whatever_was_done_to_it)
{
	for (size_t i = 0; i < COUNT(damages); i++) {
		auto_buf struct buf lines = { 0 }, none = { 0 };
		auto_bench struct bench b = { 0 };
		struct nft_have_chain c = { 0 };

		bench_open(&b);
		CHECK(mend(&b));
		damages[i].damage(&b);
		commit(&b);
		CHECK(nft_diff(&b.nl, &b.w, &lines, &b.e) == 0 && lines.len > 0);
		CHECK(mend(&b));
		CHECK_STR(marks(&b, &side), "5");
		CHECK_STR(marks(&b, &base), damages[i].base);
		CHECK(nft_chain_get(&b.nl, NFT_IP4, "own", "base", &b.a, &c, &b.e) == 0);
		CHECK(c.c.prio == 10 && !c.c.drop);
		CHECK(nft_diff(&b.nl, &b.w, &none, &b.e) == 0 && none.len == 0);
		CHECK(!mend(&b));
	}
}

TEST(nft_sync_leaves_others_rules_in_shared_chains)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	nft_table_add(&b.t, "s");
	nft_chain_add(&b.t, &shared.c);
	put(&b, &shared, 70, NFT_APPEND);
	put(&b, &shared, 21, NFT_APPEND);
	put(&b, &shared, 71, NFT_APPEND);
	put(&b, &shared, 21, NFT_APPEND);
	commit(&b);
	CHECK(mend(&b));
	CHECK_STR(marks(&b, &shared), "70 71 20");
	put(&b, &shared, 72, NFT_APPEND);
	put(&b, &shared, 20, NFT_APPEND);
	commit(&b);
	CHECK(!mend(&b));
	CHECK_STR(marks(&b, &shared), "70 71 20 72 20");
}

TEST(nft_sync_keeps_the_policy_that_an_administrator_chose)
{
	auto_bench struct bench b = { 0 };
	struct nft_have_chain c = { 0 };
	struct nft_chain drop = shared.c;

	drop.drop = true;
	bench_open(&b);
	nft_table_add(&b.t, "s");
	nft_chain_add(&b.t, &drop);
	commit(&b);
	CHECK(mend(&b));
	CHECK(nft_chain_get(&b.nl, NFT_IP4, "s", "pre", &b.a, &c, &b.e) == 0 && c.c.drop);
}

TEST(nft_sync_removes_old_chains_with_all_that_leads_to_them)
{
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	nft_table_add(&b.t, "s");
	nft_chain_add(&b.t, &shared.c);
	nft_chain_add(&b.t, &old.c);
	nft_chain_add(&b.t, &old_too.c);
	put_jump(&b, &shared, &old);
	put_jump(&b, &old, &old_too);
	put(&b, &old_too, 3, NFT_APPEND);
	put(&b, &shared, 70, NFT_APPEND);
	commit(&b);
	CHECK(mend(&b));
	CHECK(!exists(&b, &old) && !exists(&b, &old_too));
	CHECK_STR(marks(&b, &shared), "70 20");
	CHECK(!mend(&b));
}

TEST(nft_sync_only_empties_an_old_chain_that_somebody_else_uses)
{
	static const struct want_chain foreign = { { .table = "s", .name = "foreign" },
						   CLAIM_SHARED,
						   false };
	auto_bench struct bench b = { 0 };

	bench_open(&b);
	nft_table_add(&b.t, "s");
	nft_chain_add(&b.t, &foreign.c);
	nft_chain_add(&b.t, &old.c);
	put_jump(&b, &foreign, &old);
	put(&b, &old, 3, NFT_APPEND);
	commit(&b);
	CHECK(mend(&b));
	CHECK(exists(&b, &old));
	CHECK_STR(marks(&b, &old), "");
	CHECK_STR(marks(&b, &foreign), "j");
	CHECK(!mend(&b));
	nft_flush(&b.t, "s", "foreign");
	commit(&b);
	CHECK(mend(&b));
	CHECK(!exists(&b, &old));
}

TEST(nft_diff_says_in_words_what_sync_would_do)
{
	auto_bench struct bench b = { 0 };
	auto_buf struct buf lines = { 0 };
	uint64_t handle;
	struct nft_rules r = { 0 };

	bench_open(&b);
	CHECK(mend(&b));
	put(&b, &base, 50, NFT_APPEND);
	put(&b, &shared, 21, NFT_APPEND);
	del_nth(&b, &base, 1);
	del_nth(&b, &base, 2);
	nft_chain_add(&b.t, &old.c);
	commit(&b);
	CHECK(nft_rules(&b.nl, NFT_IP4, "own", "base", &b.a, &r, &b.e) == 0 && r.n == 3);
	handle = r.n == 3 ? r.v[2].handle : 0;
	CHECK(nft_diff(&b.nl, &b.w, &lines, &b.e) == 0);
	CHECK_STR(lines.p, arena_fmt(&b.a,
				     "own: not wanted: chain base, the rule with handle %llu\n"
				     "own: missing: base 1\n"
				     "own: missing: base 8\n"
				     "own: out of order: base 9\n"
				     "s: not wanted: pre 21\n"
				     "s: not wanted: chain old-1\n",
				     (unsigned long long)handle));
}

TEST(nft_sync_removes_a_table_that_must_not_exist)
{
	auto_bench struct bench b = { 0 };
	struct nft_want none = { .a = &b.a, .doomed_table = "own" };
	bool changed = false, there = true;

	bench_open(&b);
	CHECK(mend(&b));
	CHECK(nft_sync(&b.nl, &none, &changed, &b.e) == 0 && changed);
	CHECK(nft_table_exists(&b.nl, NFT_IP4, "own", &there, &b.e) == 0 && !there);
	CHECK(nft_sync(&b.nl, &none, &changed, &b.e) == 0 && !changed);
}
