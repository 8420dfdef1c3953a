/* SPDX-License-Identifier: Apache-2.0 */
/* nftexpr.c - the expressions that rule bodies are made of. */
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables_compat.h>

#include "attr.h"
#include "nft.h"

struct expr {
	size_t element, data;
};

static struct expr open_expr(struct buf *x, const char *name)
{
	struct expr ex = { .element = attr_nest(x, NFTA_LIST_ELEM) };

	attr_str(x, NFTA_EXPR_NAME, name);
	ex.data = attr_nest(x, NFTA_EXPR_DATA);
	return ex;
}

static void close_expr(struct buf *x, struct expr ex)
{
	attr_end(x, ex.data);
	attr_end(x, ex.element);
}

static void value(struct buf *x, uint16_t type, const void *p, size_t n)
{
	size_t nest = attr_nest(x, type);

	attr_put(x, NFTA_DATA_VALUE, p, n);
	attr_end(x, nest);
}

/* meta and ct: a key is loaded into a register or set from it. */
static void key_expr(struct buf *x, const char *name, uint32_t key, uint16_t key_attr,
		     uint16_t reg_attr)
{
	struct expr ex = open_expr(x, name);

	attr_be32(x, key_attr, key);
	attr_be32(x, reg_attr, NFT_REG_1);
	close_expr(x, ex);
}

void e_meta(struct buf *x, uint32_t key)
{
	key_expr(x, "meta", key, NFTA_META_KEY, NFTA_META_DREG);
}

void e_meta_set(struct buf *x, uint32_t key)
{
	key_expr(x, "meta", key, NFTA_META_KEY, NFTA_META_SREG);
}

void e_ct(struct buf *x, uint32_t key)
{
	key_expr(x, "ct", key, NFTA_CT_KEY, NFTA_CT_DREG);
}

void e_ct_set(struct buf *x, uint32_t key)
{
	key_expr(x, "ct", key, NFTA_CT_KEY, NFTA_CT_SREG);
}

void e_payload(struct buf *x, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expr ex = open_expr(x, "payload");

	attr_be32(x, NFTA_PAYLOAD_DREG, NFT_REG_1);
	attr_be32(x, NFTA_PAYLOAD_BASE, base);
	attr_be32(x, NFTA_PAYLOAD_OFFSET, offset);
	attr_be32(x, NFTA_PAYLOAD_LEN, len);
	close_expr(x, ex);
}

void e_fib_type(struct buf *x)
{
	struct expr ex = open_expr(x, "fib");

	attr_be32(x, NFTA_FIB_DREG, NFT_REG_1);
	attr_be32(x, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	attr_be32(x, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	close_expr(x, ex);
}

void e_bitwise(struct buf *x, const void *mask, const void *flip, size_t n)
{
	struct expr ex = open_expr(x, "bitwise");

	attr_be32(x, NFTA_BITWISE_SREG, NFT_REG_1);
	attr_be32(x, NFTA_BITWISE_DREG, NFT_REG_1);
	attr_be32(x, NFTA_BITWISE_LEN, (uint32_t)n);
	value(x, NFTA_BITWISE_MASK, mask, n);
	value(x, NFTA_BITWISE_XOR, flip, n);
	close_expr(x, ex);
}

void e_cmp(struct buf *x, uint32_t op, const void *p, size_t n)
{
	struct expr ex = open_expr(x, "cmp");

	attr_be32(x, NFTA_CMP_SREG, NFT_REG_1);
	attr_be32(x, NFTA_CMP_OP, op);
	value(x, NFTA_CMP_DATA, p, n);
	close_expr(x, ex);
}

void e_value(struct buf *x, const void *p, size_t n)
{
	struct expr ex = open_expr(x, "immediate");

	attr_be32(x, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	value(x, NFTA_IMMEDIATE_DATA, p, n);
	close_expr(x, ex);
}

void e_counter(struct buf *x)
{
	struct expr ex = open_expr(x, "counter");

	attr_be64(x, NFTA_COUNTER_BYTES, 0);
	attr_be64(x, NFTA_COUNTER_PACKETS, 0);
	close_expr(x, ex);
}

static void verdict(struct buf *x, int code, const char *chain)
{
	struct expr ex = open_expr(x, "immediate");
	size_t data, v;

	attr_be32(x, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = attr_nest(x, NFTA_IMMEDIATE_DATA);
	v = attr_nest(x, NFTA_DATA_VERDICT);
	attr_be32(x, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		attr_str(x, NFTA_VERDICT_CHAIN, chain);
	attr_end(x, v);
	attr_end(x, data);
	close_expr(x, ex);
}

void e_accept(struct buf *x)
{
	verdict(x, NF_ACCEPT, NULL);
}

void e_drop(struct buf *x)
{
	verdict(x, NF_DROP, NULL);
}

void e_return(struct buf *x)
{
	verdict(x, NFT_RETURN, NULL);
}

void e_jump(struct buf *x, const char *chain)
{
	verdict(x, NFT_JUMP, chain);
}

void e_nat(struct buf *x, enum nft_nat_types type, struct ip to)
{
	struct expr ex;

	e_value(x, to.b, ip_size(to));
	ex = open_expr(x, "nat");
	attr_be32(x, NFTA_NAT_TYPE, type);
	attr_be32(x, NFTA_NAT_FAMILY, to.family);
	attr_be32(x, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	close_expr(x, ex);
}

/* match and target number their attributes alike: name 1, revision 2, info 3. */
static void extension(struct buf *x, const char *kind, const char *name, uint32_t rev,
		      const struct buf *info)
{
	struct expr ex = open_expr(x, kind);

	attr_str(x, NFTA_MATCH_NAME, name);
	attr_be32(x, NFTA_MATCH_REV, rev);
	attr_put(x, NFTA_MATCH_INFO, info->p, info->len);
	close_expr(x, ex);
}

static void padded(struct buf *x, const char *kind, const char *name, uint32_t rev,
		   const void *info, size_t n)
{
	static const char zero[8] = { 0 };
	auto_buf struct buf b = { 0 };

	buf_add(&b, info, n);
	buf_add(&b, zero, -n & 7);
	extension(x, kind, name, rev, &b);
}

void e_match(struct buf *x, const char *name, uint32_t rev, const void *info, size_t n)
{
	padded(x, "match", name, rev, info, n);
}

void e_target(struct buf *x, const char *name, uint32_t rev, const void *info, size_t n)
{
	padded(x, "target", name, rev, info, n);
}

void e_ifname(struct buf *x, uint32_t key, const char *name, bool invert)
{
	size_t n = strlen(name);
	bool prefix = n && (name[n - 1] == '+' || name[n - 1] == '*');

	if (n == 0 || (prefix && n == 1))
		return;
	e_meta(x, key);
	/* An exact name is compared with its NUL, a prefix without: so iptables and nft write them.
	 */
	e_cmp(x, invert ? NFT_CMP_NEQ : NFT_CMP_EQ, name, prefix ? n - 1 : n + 1);
}

static void address(struct buf *x, uint32_t offset, struct cidr c)
{
	static const uint8_t zero[16] = { 0 };
	size_t size = ip_size(c.ip), n = c.len % 8 ? size : c.len / 8;
	struct cidr net = cidr_network(c);

	if (c.len == 0 || size == 0)
		return;
	e_payload(x, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)n);
	if (c.len % 8)
		e_bitwise(x, cidr_mask(c).b, zero, n);
	e_cmp(x, NFT_CMP_EQ, net.ip.b, n);
}

void e_saddr(struct buf *x, struct cidr c)
{
	address(x, c.ip.family == IP_V4 ? 12 : 8, c);
}

void e_daddr(struct buf *x, struct cidr c)
{
	address(x, c.ip.family == IP_V4 ? 16 : 24, c);
}
