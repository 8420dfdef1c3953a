/* SPDX-License-Identifier: Apache-2.0 */
/* nftsync.c - want, have, step for nf_tables. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nftsync.h"

enum { TRIES = 50 };

/* ---- want */

size_t want_chain_add(struct nft_want *w, const struct want_chain *c)
{
	for (size_t i = 0; i < w->nchains; i++)
		if (strcmp(w->chains[i].c.table, c->c.table) == 0 &&
		    strcmp(w->chains[i].c.name, c->c.name) == 0)
			return i;
	if (w->nchains == WANT_CHAINS)
		die("more than %d chains to look after", WANT_CHAINS);
	if (!w->chains)
		w->chains = arena_get(w->a, WANT_CHAINS * sizeof(*w->chains));
	w->chains[w->nchains] = *c;
	return w->nchains++;
}

static bool listed(const struct nft_want *w, const struct want_rule *r, const struct buf *x)
{
	for (size_t i = 0; i < w->nrules; i++) {
		const struct want_rule *o = &w->rules[i];

		if (o->chain == r->chain && o->r.len == x->len &&
		    memcmp(o->r.body, x->p, x->len) == 0)
			return true;
	}
	return false;
}

void want_rule_add(struct nft_want *w, const struct want_rule *r, const struct buf *x)
{
	struct want_rule *slot;
	void *body;

	if (listed(w, r, x))
		return;
	if (w->nrules == w->rules_cap) {
		w->rules_cap = w->rules_cap ? w->rules_cap * 2 : 32;
		slot = arena_get(w->a, w->rules_cap * sizeof(*slot));
		if (w->nrules)
			memcpy(slot, w->rules, w->nrules * sizeof(*slot));
		w->rules = slot;
	}
	body = arena_get(w->a, x->len + 1);
	memcpy(body, x->p, x->len);
	slot = &w->rules[w->nrules++];
	*slot = *r;
	slot->r = (struct nft_rule) { .body = body, .len = x->len };
}

/* ---- have */

enum { NONE = -1 };

/* nft_canon()'s bytes, and a number that differs when they (most likely) do. */
struct meaning {
	const void *p;
	size_t len;
	uint32_t hash;
};
struct have_rule {
	struct nft_rule r;
	struct meaning is;
	bool gone; /* will be deleted */
};
struct have_chain {
	bool exists;
	uint32_t use;
	struct have_rule *v;
	size_t n;
};
struct have {
	struct arena a;
	struct have_chain chain[WANT_CHAINS];
	struct meaning *want; /* one per wanted rule */
	bool owned_wrong, doomed_exists;
};

static void have_free(struct have *h)
{
	arena_free(&h->a);
	*h = (struct have) { 0 };
}
#define auto_have AUTO(have_free)

static struct meaning meaning(const struct nft_rule *r, bool iptables, struct arena *a)
{
	auto_buf struct buf b = { 0 };
	struct meaning m = { .hash = 2166136261u };
	void *copy;

	nft_canon(r, !iptables, &b);
	copy = arena_get(a, b.len);
	m.p = memcpy(copy, b.p, b.len);
	m.len = b.len;
	for (size_t i = 0; i < b.len; i++)
		m.hash = (m.hash ^ (uint8_t)b.p[i]) * 16777619u;
	return m;
}

static bool same_chain(const struct nft_chain *want, const struct nft_chain *have)
{
	if (!want->type || !have->type)
		return !want->type && !have->type;
	return strcmp(want->type, have->type) == 0 && want->hook == have->hook &&
	       want->prio == have->prio && want->drop == have->drop;
}

static bool is_table(const char *table, const struct nft_chain *c)
{
	return table && strcmp(table, c->table) == 0;
}

static int read_chain(struct nl *nl, const struct nft_want *w, size_t c, struct have *h,
		      struct err *e)
{
	const struct want_chain *want = &w->chains[c];
	struct have_chain *have = &h->chain[c];
	struct nft_have_chain found;
	struct nft_rules rules;

	if (nft_chain_get(nl, NFT_IP4, want->c.table, want->c.name, &h->a, &found, e) < 0)
		return -1;
	have->exists = found.c.table;
	have->use = found.use;
	if (!have->exists)
		return 0;
	if (is_table(w->owned_table, &want->c) && !same_chain(&want->c, &found.c))
		h->owned_wrong = true;
	if (nft_rules(nl, NFT_IP4, want->c.table, want->c.name, &h->a, &rules, e) < 0)
		return -1;
	have->v = arena_get(&h->a, (rules.n + 1) * sizeof(*have->v));
	for (; have->n < rules.n; have->n++) {
		have->v[have->n].r = rules.v[have->n];
		have->v[have->n].is = meaning(&rules.v[have->n], want->iptables, &h->a);
	}
	return 0;
}

/* A table that will be thrown away is as good as empty. */
static void forget_table(const struct nft_want *w, struct have *h)
{
	for (size_t c = 0; c < w->nchains; c++)
		if (is_table(w->owned_table, &w->chains[c].c))
			h->chain[c] = (struct have_chain) { 0 };
}

static int read_have(struct nl *nl, const struct nft_want *w, struct have *h, struct err *e)
{
	for (size_t c = 0; c < w->nchains; c++)
		if (read_chain(nl, w, c, h, e) < 0)
			return -1;
	if (w->doomed_table &&
	    nft_table_exists(nl, NFT_IP4, w->doomed_table, &h->doomed_exists, e) < 0)
		return -1;
	if (h->owned_wrong)
		forget_table(w, h);
	h->want = arena_get(&h->a, (w->nrules + 1) * sizeof(*h->want));
	for (size_t i = 0; i < w->nrules; i++)
		h->want[i] = meaning(&w->rules[i].r, w->chains[w->rules[i].chain].iptables, &h->a);
	return 0;
}

/* ---- step: what has to change goes into the batch, and in words into lines when there are any */

struct plan {
	const struct nft_want *w;
	struct have *h;
	struct nft *t;
	struct buf *lines;
	size_t steps;
};

static void say(struct plan *p, const char *what, size_t c, const char *text)
{
	p->steps++;
	if (p->lines)
		buf_fmt(p->lines, "%s: %s: %s\n", p->w->chains[c].c.table, what, text);
}

static void say_chain(struct plan *p, const char *what, size_t c)
{
	char text[96];

	snprintf(text, sizeof(text), "chain %s", p->w->chains[c].c.name);
	say(p, what, c, text);
}

static void make_chain(struct plan *p, size_t c)
{
	const struct nft_chain *want = &p->w->chains[c].c;

	if (p->h->chain[c].exists)
		return;
	nft_table_add(p->t, want->table);
	nft_chain_add(p->t, want);
	p->h->chain[c].exists = true;
}

static void put_rule(struct plan *p, const struct want_rule *r, const char *why)
{
	const struct want_chain *c = &p->w->chains[r->chain];
	auto_buf struct buf x = { 0 };

	make_chain(p, r->chain);
	buf_add(&x, r->r.body, r->r.len);
	nft_rule_add(p->t, c->c.table, c->c.name, &x,
		     (r->head ? NFT_INSERT : NFT_APPEND) | (c->iptables ? NFT_COMPAT : 0));
	say(p, why, r->chain, r->text);
}

static void drop_rule(struct plan *p, size_t c, struct have_rule *r)
{
	const struct nft_chain *want = &p->w->chains[c].c;

	if (!r->gone)
		nft_rule_del(p->t, want->table, want->name, r->r.handle);
	r->gone = true;
}

static void drop_unwanted(struct plan *p, size_t c, struct have_rule *r, const char *text)
{
	char handle[128];

	if (r->gone)
		return;
	snprintf(handle, sizeof(handle), "chain %s, the rule with handle %llu",
		 p->w->chains[c].c.name, (unsigned long long)r->r.handle);
	drop_rule(p, c, r);
	say(p, "not wanted", c, text ? text : handle);
}

static bool same(const struct meaning *a, const struct meaning *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* The place of wanted rule r in its chain, the first from `from` on. */
static long find(const struct plan *p, size_t r, size_t from)
{
	const struct have_chain *h = &p->h->chain[p->w->rules[r].chain];

	for (size_t i = from; i < h->n; i++)
		if (!h->v[i].gone && same(&h->v[i].is, &p->h->want[r]))
			return (long)i;
	return NONE;
}

static bool doomed(const struct nft_want *w, const char *table, const char *chain)
{
	for (size_t c = 0; chain && c < w->nchains; c++)
		if (w->chains[c].claim == CLAIM_DOOMED && is_table(table, &w->chains[c].c) &&
		    strcmp(w->chains[c].c.name, chain) == 0)
			return true;
	return false;
}

static void step_shared(struct plan *p, size_t c)
{
	struct have_chain *h = &p->h->chain[c];

	for (size_t i = 0; i < h->n; i++)
		if (doomed(p->w, p->w->chains[c].c.table, nft_jump_target(&h->v[i].r)))
			drop_unwanted(p, c, &h->v[i], NULL);
	for (size_t r = 0; r < p->w->nrules; r++) {
		const struct want_rule *want = &p->w->rules[r];
		long at;

		if (want->chain != c)
			continue;
		at = find(p, r, 0);
		if (at == NONE && !want->absent)
			put_rule(p, want, "missing");
		for (; at != NONE && want->absent; at = find(p, r, (size_t)at))
			drop_unwanted(p, c, &h->v[at], want->text);
	}
}

/* Keep of each wanted rule one copy; *end is behind the last head rule that stays. */
static void mark_kept(struct plan *p, size_t c, bool *keep, size_t *end)
{
	for (size_t r = 0; r < p->w->nrules; r++) {
		const struct want_rule *want = &p->w->rules[r];
		long at = want->chain == c && !want->absent ? find(p, r, 0) : NONE;

		if (at == NONE)
			continue;
		keep[at] = true;
		if (want->head && (size_t)at >= *end)
			*end = (size_t)at + 1;
	}
}

/* The rules of the tail stay as long as they follow each other; from the first that does not, all
 * are put anew, in the same batch, so that traffic never meets a chain without them. */
static void step_tail(struct plan *p, size_t c, size_t end)
{
	struct have_chain *h = &p->h->chain[c];
	bool anew = false;

	for (size_t r = 0; r < p->w->nrules; r++) {
		const struct want_rule *want = &p->w->rules[r];
		long at;

		if (want->chain != c || want->absent || want->head)
			continue;
		at = find(p, r, 0);
		if (at != NONE && !anew && (size_t)at >= end) {
			end = (size_t)at + 1;
			continue;
		}
		anew = true;
		if (at != NONE)
			drop_rule(p, c, &h->v[at]);
		put_rule(p, want, at == NONE ? "missing" : "out of order");
	}
}

static void step_owned(struct plan *p, size_t c)
{
	struct have_chain *h = &p->h->chain[c];
	bool *keep = arena_get(&p->h->a, h->n + 1);
	size_t end = 0;

	mark_kept(p, c, keep, &end);
	for (size_t i = 0; i < h->n; i++)
		if (!keep[i])
			drop_unwanted(p, c, &h->v[i], NULL);
	for (size_t r = 0; r < p->w->nrules; r++) {
		const struct want_rule *want = &p->w->rules[r];

		if (want->chain == c && want->head && !want->absent && find(p, r, 0) == NONE)
			put_rule(p, want, "missing");
	}
	step_tail(p, c, end);
}

/* Jumps to chain `name` from rules that go, with or without their chain. */
static uint32_t jumps_that_go(const struct plan *p, const struct nft_chain *to)
{
	uint32_t n = 0;

	for (size_t c = 0; c < p->w->nchains; c++) {
		const struct have_chain *h = &p->h->chain[c];
		bool goes = p->w->chains[c].claim == CLAIM_DOOMED;

		for (size_t i = 0; i < h->n && is_table(to->table, &p->w->chains[c].c); i++) {
			const char *target = nft_jump_target(&h->v[i].r);

			n += (goes || h->v[i].gone) && target && strcmp(target, to->name) == 0;
		}
	}
	return n;
}

/* All are emptied before the first is removed, since they may refer to each other. One that
 * somebody else's rule still jumps to stays, empty. */
static void step_doomed(struct plan *p)
{
	const struct nft_want *w = p->w;

	for (size_t c = 0; c < w->nchains; c++)
		if (w->chains[c].claim == CLAIM_DOOMED && p->h->chain[c].n) {
			nft_flush(p->t, w->chains[c].c.table, w->chains[c].c.name);
			say_chain(p, "not wanted", c);
		}
	for (size_t c = 0; c < w->nchains; c++) {
		const struct have_chain *h = &p->h->chain[c];

		if (w->chains[c].claim != CLAIM_DOOMED || !h->exists)
			continue;
		if (h->use > h->n + jumps_that_go(p, &w->chains[c].c))
			continue;
		nft_chain_del(p->t, w->chains[c].c.table, w->chains[c].c.name);
		if (h->n == 0)
			say_chain(p, "not wanted", c);
	}
}

static void step_tables(struct plan *p)
{
	const char *table = p->h->owned_wrong ? p->w->owned_table : p->w->doomed_table;

	if (!p->h->owned_wrong && !p->h->doomed_exists)
		return;
	nft_table_del(p->t, table);
	p->steps++;
	if (p->lines)
		buf_fmt(p->lines, "%s: %s\n", table,
			p->h->owned_wrong ? "wrong chain properties" : "not wanted: the table");
}

/* Owned chains come first, since rules of the others jump to them, and they to each other. */
static void make_plan(struct plan *p)
{
	const struct nft_want *w = p->w;

	step_tables(p);
	for (size_t c = 0; c < w->nchains; c++)
		if (w->chains[c].claim == CLAIM_OWNED && !p->h->chain[c].exists) {
			make_chain(p, c);
			say_chain(p, "missing", c);
		}
	for (size_t c = 0; c < w->nchains; c++)
		if (w->chains[c].claim == CLAIM_OWNED)
			step_owned(p, c);
	for (size_t c = 0; c < w->nchains; c++)
		if (w->chains[c].claim == CLAIM_SHARED)
			step_shared(p, c);
	step_doomed(p);
}

/* One attempt; *steps is what there was to do. */
static int attempt(struct nl *nl, const struct nft_want *w, size_t *steps, struct err *e)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_have struct have h = { 0 };
	struct plan p = { .w = w, .h = &h, .t = &t };
	uint32_t gen = 0;

	if (nft_gen(nl, &gen, e) < 0 || read_have(nl, w, &h, e) < 0)
		return -1;
	make_plan(&p);
	*steps = p.steps;
	nft_guard(&t, gen);
	return nft_commit(nl, &t, e);
}

int nft_sync(struct nl *nl, const struct nft_want *w, bool *changed, struct err *e)
{
	size_t steps = 0;
	int rc = -1;

	for (int i = 0; i < TRIES; i++) {
		rc = attempt(nl, w, &steps, e);
		if (rc == 0 || (e->num != ERESTART && e->num != EINTR))
			break;
	}
	if (rc == 0 && changed)
		*changed = steps > 0;
	return rc;
}

int nft_diff(struct nl *nl, const struct nft_want *w, struct buf *lines, struct err *e)
{
	auto_nft struct nft t = { .family = NFT_IP4 };
	auto_have struct have h = { 0 };
	struct plan p = { .w = w, .h = &h, .t = &t, .lines = lines };

	if (read_have(nl, w, &h, e) < 0)
		return -1;
	make_plan(&p);
	return 0;
}
