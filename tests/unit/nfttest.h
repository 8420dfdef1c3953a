/* SPDX-License-Identifier: Apache-2.0 */
/* nfttest.h - what the tests of rules share: addresses from text, and equality of meaning. */
#pragma once
#include "nft.h"
#include "test.h"

static inline struct cidr cidr(const char *s)
{
	struct cidr c = { 0 };

	CHECK(cidr_parse(s, &c));
	return c;
}

static inline struct ip ip(const char *s)
{
	struct ip i = { 0 };

	CHECK(ip_parse(s, &i));
	return i;
}

static inline bool equal(const struct nft_rule *a, const struct nft_rule *b, bool counters)
{
	auto_buf struct buf x = { 0 }, y = { 0 };

	nft_canon(a, counters, &x);
	nft_canon(b, counters, &y);
	return x.len == y.len && memcmp(x.p, y.p, x.len) == 0;
}

static inline struct nft_rule rule(const struct buf *x)
{
	return (struct nft_rule) { .body = x->p, .len = x->len };
}
