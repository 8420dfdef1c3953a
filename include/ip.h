/* SPDX-License-Identifier: Apache-2.0 */
/* ip.h - addresses, prefixes and MACs: read, print, compare, count. v4 and v6 alike. */
#pragma once
#include "base.h"

enum { IP_V4 = 2, IP_V6 = 10 }; /* AF_INET, AF_INET6: usable as families without a socket header */

/* Network byte order; a v4 address has the first four bytes, the rest zero. family 0: no address.
 */
struct ip {
	uint8_t family;
	uint8_t b[16];
};
struct cidr {
	struct ip ip; /* as it was read: host bits may be set */
	uint8_t len;
};
struct ips {
	struct ip *v;
	size_t n;
};
struct cidrs {
	struct cidr *v;
	size_t n;
};
struct mac {
	uint8_t b[6];
};

/* Text by value, for printf arguments: ip_text(a).s. No address prints as "". */
struct ip_text {
	char s[52];
};
struct ip_text ip_text(struct ip ip);
struct ip_text cidr_text(struct cidr c);
struct ip_text mac_text(struct mac m); /* lower case, colons */

/* Strict: dotted quad without leading zeros, or RFC 4291 text without a zone. */
bool ip_parse(const char *s, struct ip *out);
bool cidr_parse(const char *s, struct cidr *out); /* the length is required */
bool mac_parse(const char *s, struct mac *out);

struct ip ip_v4(uint32_t host_order);
uint32_t ip_v4_host(struct ip ip); /* host byte order; 0 unless v4 */
size_t ip_size(struct ip ip);      /* 4, 16 or 0 bytes */
uint8_t ip_bits(struct ip ip);     /* 32, 128 or 0: the length of a host prefix */
int ip_cmp(struct ip a, struct ip b);
bool ip_eq(struct ip a, struct ip b);
/* The n-th address counted from ip, carrying as far as it must. */
struct ip ip_add(struct ip ip, uint64_t n);

struct cidr cidr_host(struct ip ip);     /* ip/32 or ip/128 */
struct cidr cidr_network(struct cidr c); /* host bits cleared */
bool cidr_contains(struct cidr c, struct ip ip);
bool cidr_eq(struct cidr a, struct cidr b); /* networks and lengths */
int cidr_cmp(struct cidr a, struct cidr b);
struct ip cidr_mask(struct cidr c);
bool mac_eq(struct mac a, struct mac b);
