/* SPDX-License-Identifier: Apache-2.0 */
/* nftcanon.c - tests of what rules mean: the same in every spelling, and different when they
 * differ. */
#include <string.h>

#include "attr.h"
#include "nft.h"
#include "nfttest.h"

/* An expression with its attributes as given: for spellings that our builders do not have. */
struct raw {
	size_t element, data;
};

static struct raw raw(struct buf *x, const char *name)
{
	struct raw r = { .element = attr_nest(x, NFTA_LIST_ELEM) };

	attr_str(x, NFTA_EXPR_NAME, name);
	r.data = attr_nest(x, NFTA_EXPR_DATA);
	return r;
}

static void raw_end(struct buf *x, struct raw r)
{
	attr_end(x, r.data);
	attr_end(x, r.element);
}

static void masked_word(struct buf *x, const char *mask, const char *address)
{
	uint32_t zero = 0;

	e_payload(x, NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
	e_bitwise(x, ip(mask).b, &zero, 4);
	e_cmp(x, NFT_CMP_EQ, ip(address).b, 4);
}

static void s_prefix(struct buf *x)
{
	e_daddr(x, cidr("10.1.0.0/16"));
	e_return(x);
}

static void s_prefix_masked(struct buf *x)
{
	masked_word(x, "255.255.0.0", "10.1.0.0");
	e_return(x);
}

static void s_prefix_reordered(struct buf *x)
{
	struct raw r = raw(x, "payload");

	attr_be32(x, NFTA_PAYLOAD_LEN, 2);
	attr_be32(x, NFTA_PAYLOAD_OFFSET, 16);
	attr_be32(x, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	attr_be32(x, NFTA_PAYLOAD_DREG, NFT_REG_1);
	raw_end(x, r);
	e_cmp(x, NFT_CMP_EQ, ip("10.1.0.0").b, 2);
	e_return(x);
}

static void s_prefix_other_bits(struct buf *x)
{
	masked_word(x, "255.255.0.0", "10.2.0.0");
	e_return(x);
}

static void s_prefix_longer(struct buf *x)
{
	masked_word(x, "255.255.255.0", "10.1.0.0");
	e_return(x);
}

static void s_prefix_of_source(struct buf *x)
{
	e_saddr(x, cidr("10.1.0.0/16"));
	e_return(x);
}

static void s_prefix_not(struct buf *x)
{
	e_payload(x, NFT_PAYLOAD_NETWORK_HEADER, 16, 2);
	e_cmp(x, NFT_CMP_NEQ, ip("10.1.0.0").b, 2);
	e_return(x);
}

static void s_prefix_flipped(struct buf *x)
{
	static const uint8_t mask[] = { 255, 255 }, flip[] = { 1, 0 };

	e_payload(x, NFT_PAYLOAD_NETWORK_HEADER, 16, 2);
	e_bitwise(x, mask, flip, 2);
	e_cmp(x, NFT_CMP_EQ, ip("10.1.0.0").b, 2);
	e_return(x);
}

static void s_name(struct buf *x)
{
	e_ifname(x, NFT_META_IIFNAME, "eth0", false);
	e_accept(x);
}

static void s_name_padded(struct buf *x)
{
	static const char padded[16] = "eth0";

	e_meta(x, NFT_META_IIFNAME);
	e_cmp(x, NFT_CMP_EQ, padded, sizeof(padded));
	e_accept(x);
}

static void s_name_prefix(struct buf *x)
{
	e_ifname(x, NFT_META_IIFNAME, "eth0+", false);
	e_accept(x);
}

static void s_name_not(struct buf *x)
{
	e_ifname(x, NFT_META_IIFNAME, "eth0", true);
	e_accept(x);
}

static void s_name_out(struct buf *x)
{
	e_ifname(x, NFT_META_OIFNAME, "eth0", false);
	e_accept(x);
}

static void s_counted(struct buf *x)
{
	struct raw r;

	e_daddr(x, cidr("10.1.0.0/16"));
	r = raw(x, "counter");
	attr_be64(x, NFTA_COUNTER_BYTES, 84);
	attr_be64(x, NFTA_COUNTER_PACKETS, 1);
	raw_end(x, r);
	e_return(x);
}

static void s_counter_zero(struct buf *x)
{
	e_daddr(x, cidr("10.1.0.0/16"));
	e_counter(x);
	e_return(x);
}

static void s_snat(struct buf *x)
{
	static const uint32_t info[] = { 1, 1, 0x0a000001, 0x0a000001, 0, 0 };

	e_target(x, "SNAT", 0, info, sizeof(info));
}

static void s_snat_junk_in_padding(struct buf *x)
{
	static const uint32_t info[] = { 1, 1, 0x0a000001, 0x0a000001, 0, 77 };

	e_target(x, "SNAT", 0, info, sizeof(info));
}

static void s_snat_random(struct buf *x)
{
	static const uint32_t info[] = { 1, 17, 0x0a000001, 0x0a000001, 0, 0 };

	e_target(x, "SNAT", 0, info, sizeof(info));
}

static void s_snat_revision(struct buf *x)
{
	static const uint32_t info[] = { 1, 1, 0x0a000001, 0x0a000001, 0, 0 };

	e_target(x, "SNAT", 1, info, sizeof(info));
}

static void s_every_name(struct buf *x)
{
	e_meta(x, NFT_META_IIFNAME);
	e_counter(x);
	e_accept(x);
}

static void s_no_name(struct buf *x)
{
	e_counter(x);
	e_accept(x);
}

static void s_jump(struct buf *x)
{
	e_jump(x, "a");
}

static void s_jump_elsewhere(struct buf *x)
{
	e_jump(x, "b");
}

static void s_and_more(struct buf *x)
{
	e_daddr(x, cidr("10.1.0.0/16"));
	e_meta(x, NFT_META_MARK);
	e_return(x);
}

static const struct {
	void (*a)(struct buf *x), (*b)(struct buf *x);
	bool equal, equal_counted; /* without and with counters as part of the meaning */
} pairs[] = {
	{ s_prefix, s_prefix_masked, true, true },
	{ s_prefix, s_prefix_reordered, true, true },
	{ s_prefix, s_prefix_other_bits, false, false },
	{ s_prefix, s_prefix_longer, false, false },
	{ s_prefix, s_prefix_of_source, false, false },
	{ s_prefix, s_prefix_not, false, false },
	{ s_prefix, s_prefix_flipped, false, false },
	{ s_prefix, s_and_more, false, false },
	{ s_name, s_name_padded, true, true },
	{ s_name, s_name_prefix, false, false },
	{ s_name, s_name_not, false, false },
	{ s_name, s_name_out, false, false },
	{ s_every_name, s_no_name, true, true },
	{ s_every_name, s_name, false, false },
	{ s_counter_zero, s_counted, true, true },
	{ s_prefix, s_counted, true, false },
	{ s_snat, s_snat_junk_in_padding, true, true },
	{ s_snat, s_snat_random, false, false },
	{ s_snat, s_snat_revision, false, false },
	{ s_jump, s_jump_elsewhere, false, false },
};

TEST(nft_meaning_ignores_spelling_and_nothing_else)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		auto_buf struct buf x = { 0 }, y = { 0 };
		struct nft_rule a, b;

		pairs[i].a(&x);
		pairs[i].b(&y);
		a = rule(&x);
		b = rule(&y);
		if (equal(&a, &b, false) != pairs[i].equal ||
		    equal(&a, &b, true) != pairs[i].equal_counted) {
			test_failed(__FILE__, __LINE__, "pair");
			printf("#   number %zu\n", i);
		}
	}
}

TEST(nft_comment_is_the_same_wherever_it_is_kept)
{
	auto_buf struct buf in = { 0 }, bare = { 0 }, last = { 0 };
	struct nft_rule as_match, as_user, other, at_end;
	char comment[256] = "AWS, SNAT";

	e_match(&in, "comment", 0, comment, sizeof(comment));
	s_prefix(&in);
	s_prefix(&bare);
	e_daddr(&last, cidr("10.1.0.0/16"));
	e_match(&last, "comment", 0, comment, sizeof(comment));
	e_return(&last);
	as_match = rule(&in);
	at_end = rule(&last);
	as_user = rule(&bare);
	other = as_user;
	as_user.comment = "AWS, SNAT";
	other.comment = "AWS, SNAT!";
	CHECK(equal(&as_match, &as_user, true));
	CHECK(equal(&as_match, &at_end, true));
	CHECK(!equal(&as_match, &other, true));
	other.comment = NULL;
	CHECK(!equal(&as_match, &other, true));
}
