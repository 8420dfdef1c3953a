/* SPDX-License-Identifier: Apache-2.0 */
/* nftcanon.c - what a rule means, in bytes that can be compared.
 *
 * iptables, its releases and nft differ in how they load an address prefix (whole word and mask, or
 * only its whole bytes), pad interface names, and keep comments (as a match, or beside the rule).
 * Comparing their spelling would call a rule missing that is there, and add it again. */
#include <string.h>

#include <linux/netfilter/nf_tables_compat.h>

#include "attr.h"
#include "nft.h"

enum { ATTRS = 16, REG_MAX = 16, SNAT_INFO = 20, CONNMARK_INFO = 15, NAT_MAP_IPS = 1 };

struct expr {
	const char *name;
	const struct nlattr *t[ATTRS];
};

/* The part of a rule that has not been read yet. */
struct rest {
	const struct nlattr *at;
	const char *end;
};

static bool next_expr(struct rest *r, struct expr *ex)
{
	const struct nlattr *in[NFTA_EXPR_MAX + 1];

	if (!mnl_attr_ok(r->at, (int)(r->end - (const char *)r->at)))
		return false;
	nl_nested(r->at, in, COUNT(in) - 1);
	ex->name = nl_str(in[NFTA_EXPR_NAME]);
	nl_nested(in[NFTA_EXPR_DATA], ex->t, COUNT(ex->t) - 1);
	r->at = mnl_attr_next(r->at);
	return true;
}

static bool is(const struct expr *ex, const char *name)
{
	return strcmp(ex->name, name) == 0;
}

static uint32_t number(const struct expr *ex, int attr)
{
	return attr_get_be32(ex->t[attr]);
}

/* The bytes inside NFTA_*_DATA { NFTA_DATA_VALUE }, or NULL. */
static const uint8_t *data_value(const struct nlattr *a, size_t *n)
{
	const struct nlattr *in[NFTA_DATA_MAX + 1];

	nl_nested(a, in, COUNT(in) - 1);
	if (!in[NFTA_DATA_VALUE])
		return NULL;
	*n = mnl_attr_get_payload_len(in[NFTA_DATA_VALUE]);
	return mnl_attr_get_payload(in[NFTA_DATA_VALUE]);
}

/* ---- field compares: load, perhaps mask, compare */

struct field {
	uint32_t base, offset, op;
	uint8_t mask[REG_MAX], value[REG_MAX];
};

static bool set_mask(const struct expr *ex, struct field *f, size_t n)
{
	size_t nmask = 0, nflip = 0;
	const uint8_t *mask = data_value(ex->t[NFTA_BITWISE_MASK], &nmask);
	const uint8_t *flip = data_value(ex->t[NFTA_BITWISE_XOR], &nflip);
	uint8_t flipped = 0;

	if (!mask || !flip || nmask != n || nflip != n || number(ex, NFTA_BITWISE_OP) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		flipped |= flip[i];
	memcpy(f->mask, mask, n);
	return flipped == 0;
}

/* Reads on from a payload expression; false leaves *r as it was. */
static bool field_compare(const struct expr *load, struct rest *r, struct field *f)
{
	size_t n = number(load, NFTA_PAYLOAD_LEN), nvalue = 0;
	struct rest ahead = *r;
	const uint8_t *value;
	struct expr ex;

	if (n == 0 || n > REG_MAX || !next_expr(&ahead, &ex))
		return false;
	memset(f, 0, sizeof(*f));
	f->base = number(load, NFTA_PAYLOAD_BASE);
	f->offset = number(load, NFTA_PAYLOAD_OFFSET);
	memset(f->mask, 0xff, n);
	if (is(&ex, "bitwise") && (!set_mask(&ex, f, n) || !next_expr(&ahead, &ex)))
		return false;
	value = is(&ex, "cmp") ? data_value(ex.t[NFTA_CMP_DATA], &nvalue) : NULL;
	if (!value || nvalue != n)
		return false;
	memcpy(f->value, value, n);
	f->op = number(&ex, NFTA_CMP_OP);
	*r = ahead;
	return true;
}

/* ---- everything else: name, then each attribute that says something */

static void put(struct buf *out, uint16_t type, const void *p, size_t n)
{
	uint16_t head[2] = { type, (uint16_t)n };

	buf_add(out, head, sizeof(head));
	buf_add(out, p, n);
}

/* Bytes of an extension's info that decide: without padding. */
static size_t info_size(const char *name, size_t n)
{
	if (strcmp(name, "SNAT") == 0 && n > SNAT_INFO)
		return SNAT_INFO;
	if (strcmp(name, "CONNMARK") == 0 && n > CONNMARK_INFO)
		return CONNMARK_INFO;
	return n;
}

static void put_verdict(struct buf *out, const struct nlattr *a)
{
	const struct nlattr *in[NFTA_VERDICT_MAX + 1];
	uint32_t code;

	nl_nested(a, in, COUNT(in) - 1);
	code = attr_get_be32(in[NFTA_VERDICT_CODE]);
	put(out, NFTA_VERDICT_CODE, &code, sizeof(code));
	buf_str(out, nl_str(in[NFTA_VERDICT_CHAIN]));
	buf_add(out, "", 1);
}

/* A cmp's or immediate's data: a value, of a name no more than its NUL; or a verdict. */
static void put_data(struct buf *out, uint16_t type, const struct nlattr *a, bool ifname)
{
	const struct nlattr *in[NFTA_DATA_MAX + 1];
	const uint8_t *p, *nul;
	size_t n = 0;

	nl_nested(a, in, COUNT(in) - 1);
	if (in[NFTA_DATA_VERDICT]) {
		put_verdict(out, in[NFTA_DATA_VERDICT]);
		return;
	}
	p = data_value(a, &n);
	if (!p)
		return;
	nul = ifname ? memchr(p, 0, n) : NULL;
	put(out, type, p, nul ? (size_t)(nul + 1 - p) : n);
}

/* Left out by some writers, and the same as what the kernel then assumes and dumps. */
static bool is_default(const struct expr *ex, int attr)
{
	if (is(ex, "bitwise") && attr == NFTA_BITWISE_OP)
		return number(ex, attr) == 0;
	if (is(ex, "nat") && attr == NFTA_NAT_REG_ADDR_MAX)
		return number(ex, attr) == number(ex, NFTA_NAT_REG_ADDR_MIN);
	if (is(ex, "nat") && attr == NFTA_NAT_FLAGS)
		return number(ex, attr) == NAT_MAP_IPS;
	return false;
}

static void put_expr(struct buf *out, const struct expr *ex, bool ifname)
{
	bool ext = is(ex, "match") || is(ex, "target");
	bool data = is(ex, "cmp") || is(ex, "immediate");

	buf_add(out, ex->name, strlen(ex->name) + 1);
	for (uint16_t i = 1; i < ATTRS && !is(ex, "counter"); i++) {
		const struct nlattr *a = ex->t[i];
		size_t n = a ? mnl_attr_get_payload_len(a) : 0;

		if (!a || is_default(ex, i))
			continue;
		if (ext && i == NFTA_MATCH_INFO)
			n = info_size(nl_str(ex->t[NFTA_MATCH_NAME]), n);
		if ((data && i == (is(ex, "cmp") ? NFTA_CMP_DATA : NFTA_IMMEDIATE_DATA)))
			put_data(out, i, a, ifname);
		else
			put(out, i, mnl_attr_get_payload(a), n);
	}
}

static bool loads_ifname(const struct expr *ex)
{
	uint32_t key = number(ex, NFTA_META_KEY);

	return is(ex, "meta") && ex->t[NFTA_META_DREG] &&
	       (key == NFT_META_IIFNAME || key == NFT_META_OIFNAME);
}

/* iptables 1.8.9 loads the name for "-i +" and then compares it with nothing. */
static bool loads_in_vain(const struct expr *ex, struct rest ahead)
{
	struct expr then;

	return loads_ifname(ex) && next_expr(&ahead, &then) &&
	       (is(&then, "match") || is(&then, "counter"));
}

static bool is_comment(const struct expr *ex)
{
	return is(ex, "match") && strcmp(nl_str(ex->t[NFTA_MATCH_NAME]), "comment") == 0;
}

static struct rest rest_of(const struct nft_rule *r)
{
	return (struct rest) { r->body, (const char *)r->body + r->len };
}

/* Where the comment stands does not matter, so it goes first. */
static void put_comment(struct buf *out, const struct nft_rule *r)
{
	struct rest rest = rest_of(r);
	struct expr ex;

	buf_str(out, r->comment ? r->comment : "");
	while (next_expr(&rest, &ex))
		if (is_comment(&ex))
			buf_str(out, nl_str(ex.t[NFTA_MATCH_INFO]));
	buf_add(out, "", 1);
}

void nft_canon(const struct nft_rule *r, bool counters, struct buf *out)
{
	struct rest rest = rest_of(r);
	bool ifname = false;
	struct field f;
	struct expr ex;

	put_comment(out, r);
	while (next_expr(&rest, &ex)) {
		if (is_comment(&ex) || (is(&ex, "counter") && !counters) ||
		    loads_in_vain(&ex, rest))
			continue;
		if (is(&ex, "payload") && field_compare(&ex, &rest, &f))
			put(out, 0, &f, sizeof(f));
		else
			put_expr(out, &ex, ifname);
		ifname = loads_ifname(&ex);
	}
}

const char *nft_jump_target(const struct nft_rule *r)
{
	const struct nlattr *in[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];
	struct rest rest = rest_of(r);
	const char *chain;
	struct expr ex;

	while (next_expr(&rest, &ex)) {
		if (!is(&ex, "immediate"))
			continue;
		nl_nested(ex.t[NFTA_IMMEDIATE_DATA], in, COUNT(in) - 1);
		nl_nested(in[NFTA_DATA_VERDICT], v, COUNT(v) - 1);
		chain = nl_str(v[NFTA_VERDICT_CHAIN]);
		if (*chain)
			return chain;
	}
	return NULL;
}
