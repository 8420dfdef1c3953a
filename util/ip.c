/* SPDX-License-Identifier: Apache-2.0 */
/* ip.c - addresses, prefixes and MACs as values. */
#include <stdio.h>
#include <string.h>

#include "ip.h"

size_t ip_size(struct ip ip)
{
	return ip.family == IP_V4 ? 4 : ip.family == IP_V6 ? 16 : 0;
}

uint8_t ip_bits(struct ip ip)
{
	return (uint8_t)(ip_size(ip) * 8);
}

struct ip ip_v4(uint32_t h)
{
	return (struct ip) { .family = IP_V4,
			     .b = { (uint8_t)(h >> 24), (uint8_t)(h >> 16), (uint8_t)(h >> 8),
				    (uint8_t)h } };
}

uint32_t ip_v4_host(struct ip ip)
{
	if (ip.family != IP_V4)
		return 0;
	return (uint32_t)ip.b[0] << 24 | (uint32_t)ip.b[1] << 16 | (uint32_t)ip.b[2] << 8 | ip.b[3];
}

int ip_cmp(struct ip a, struct ip b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.b, b.b, ip_size(a));
}

bool ip_eq(struct ip a, struct ip b)
{
	return ip_cmp(a, b) == 0;
}

struct ip ip_add(struct ip ip, uint64_t n)
{
	for (size_t i = ip_size(ip); i && n; i--) {
		uint64_t sum = ip.b[i - 1] + (n & 0xff);

		ip.b[i - 1] = (uint8_t)sum;
		n = (n >> 8) + (sum >> 8);
	}
	return ip;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* At most `most` digits of a base at *s, without leading zeros in base 10. */
static bool number(const char **s, int base, int most, unsigned *out)
{
	const char *p = *s;

	for (*out = 0; digit(*p) < base; p++) {
		if (p - *s == most || (base == 10 && p > *s && **s == '0'))
			return false;
		*out = *out * (unsigned)base + (unsigned)digit(*p);
	}
	if (p == *s)
		return false;
	*s = p;
	return true;
}

static bool parse_v4(const char *s, uint8_t *out)
{
	for (int i = 0; i < 4; i++) {
		unsigned v;

		if (i && *s++ != '.')
			return false;
		if (!number(&s, 10, 3, &v) || v > 255)
			return false;
		out[i] = (uint8_t)v;
	}
	return !*s;
}

/* Groups up to the end of the text into b; *gap becomes the offset of "::", or stays. -1:
 * malformed. */
static int parse_groups(const char *s, uint8_t b[16], int *gap)
{
	int n = 0;

	while (*s) {
		const char *from = s;
		unsigned v;

		if (n == 16 || !number(&s, 16, 4, &v))
			return -1;
		if (*s == '.') /* the last four bytes may be a dotted quad */
			return n <= 12 && parse_v4(from, b + n) ? n + 4 : -1;
		b[n++] = (uint8_t)(v >> 8);
		b[n++] = (uint8_t)v;
		if (!*s)
			return n;
		if (*s++ != ':')
			return -1;
		if (*s == ':' && *gap < 0) {
			*gap = n;
			s++;
		} else if (!*s) {
			return -1;
		}
	}
	return n;
}

static bool parse_v6(const char *s, uint8_t out[16])
{
	uint8_t b[16];
	int gap = -1, n;

	if (s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
	}
	n = parse_groups(s, b, &gap);
	if (n < 0 || (gap < 0) != (n == 16))
		return false;
	if (gap < 0)
		gap = n;
	memset(out, 0, 16);
	memcpy(out, b, (size_t)gap);
	memcpy(out + 16 - (n - gap), b + gap, (size_t)(n - gap));
	return true;
}

bool ip_parse(const char *s, struct ip *out)
{
	struct ip ip = { .family = strchr(s, ':') ? IP_V6 : IP_V4 };

	if (ip.family == IP_V6 ? !parse_v6(s, ip.b) : !parse_v4(s, ip.b))
		return false;
	*out = ip;
	return true;
}

/* RFC 5952: the longest run of at least two zero groups, the first of equals. */
static void longest_gap(const struct ip *ip, int *at, int *len)
{
	int run = 0;

	*at = 8;
	*len = 1;
	for (int g = 0; g < 8; g++) {
		run = ip->b[2 * g] || ip->b[2 * g + 1] ? 0 : run + 1;
		if (run > *len) {
			*len = run;
			*at = g + 1 - run;
		}
	}
}

/* At most 16 bytes with the NUL; checkpoints print hundreds at a time, so not with printf. */
static void print_v4(char *out, const uint8_t *b)
{
	for (int i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*out++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*out++ = (char)('0' + b[i] / 10 % 10);
		*out++ = (char)('0' + b[i] % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

static void print_v6(char *out, size_t size, const struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int n = 0, at, len;

	if (memcmp(ip->b, mapped, sizeof(mapped)) == 0) {
		n = snprintf(out, size, "::ffff:");
		print_v4(out + n, ip->b + 12);
		return;
	}
	longest_gap(ip, &at, &len);
	for (int g = 0; g < 8; g++) {
		if (g == at) {
			g += len - 1;
			n += snprintf(out + n, size - (size_t)n, g == 7 ? "::" : ":");
			continue;
		}
		n += snprintf(out + n, size - (size_t)n, "%s%x", g ? ":" : "",
			      (unsigned)(ip->b[2 * g] << 8 | ip->b[2 * g + 1]));
	}
}

struct ip_text ip_text(struct ip ip)
{
	struct ip_text t = { "" };

	if (ip.family == IP_V4)
		print_v4(t.s, ip.b);
	else if (ip.family == IP_V6)
		print_v6(t.s, sizeof(t.s), &ip);
	return t;
}

struct ip_text cidr_text(struct cidr c)
{
	struct ip_text t = ip_text(c.ip);
	size_t n = strlen(t.s);

	if (n)
		snprintf(t.s + n, sizeof(t.s) - n, "/%u", c.len);
	return t;
}

bool cidr_parse(const char *s, struct cidr *out)
{
	const char *slash = strchr(s, '/');
	struct cidr c = { 0 };
	char addr[48];
	unsigned len;

	if (!slash || (size_t)(slash - s) >= sizeof(addr))
		return false;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	slash++;
	if (!ip_parse(addr, &c.ip) || !number(&slash, 10, 3, &len) || *slash || len > ip_bits(c.ip))
		return false;
	c.len = (uint8_t)len;
	*out = c;
	return true;
}

struct cidr cidr_host(struct ip ip)
{
	return (struct cidr) { ip, ip_bits(ip) };
}

struct ip cidr_mask(struct cidr c)
{
	struct ip m = { .family = c.ip.family };

	for (size_t i = 0; i < ip_size(c.ip) && i * 8 < c.len; i++)
		m.b[i] = c.len >= i * 8 + 8 ? 0xff : (uint8_t)(0xff00 >> (c.len - i * 8));
	return m;
}

struct cidr cidr_network(struct cidr c)
{
	size_t whole = c.len / 8u;

	if (whole < sizeof(c.ip.b)) {
		c.ip.b[whole] &= (uint8_t)(0xff00 >> c.len % 8u);
		memset(c.ip.b + whole + 1, 0, sizeof(c.ip.b) - whole - 1);
	}
	return c;
}

bool cidr_contains(struct cidr c, struct ip ip)
{
	size_t whole = c.len / 8u, rest = c.len % 8u;

	if (!ip.family || ip.family != c.ip.family || memcmp(c.ip.b, ip.b, whole) != 0)
		return false;
	return !rest || (c.ip.b[whole] ^ ip.b[whole]) >> (8 - rest) == 0;
}

int cidr_cmp(struct cidr a, struct cidr b)
{
	int order = ip_cmp(cidr_network(a).ip, cidr_network(b).ip);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool cidr_eq(struct cidr a, struct cidr b)
{
	return cidr_cmp(a, b) == 0;
}

struct ip_text mac_text(struct mac m)
{
	struct ip_text t;

	snprintf(t.s, sizeof(t.s), "%02x:%02x:%02x:%02x:%02x:%02x", m.b[0], m.b[1], m.b[2], m.b[3],
		 m.b[4], m.b[5]);
	return t;
}

bool mac_parse(const char *s, struct mac *out)
{
	struct mac m;

	for (size_t i = 0; i < sizeof(m.b); i++) {
		if (i && *s++ != ':')
			return false;
		if (digit(s[0]) > 15 || digit(s[1]) > 15)
			return false;
		m.b[i] = (uint8_t)(digit(s[0]) << 4 | digit(s[1]));
		s += 2;
	}
	if (*s)
		return false;
	*out = m;
	return true;
}

bool mac_eq(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
