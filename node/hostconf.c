/* SPDX-License-Identifier: Apache-2.0 */
/* hostconf.c - what the environment asks of the node's network (spec-cni-dataplane 4.1). */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "pod.h"
#include "str.h"

enum { DEFAULT_MARK = 0x80, VETH_PREFIX_MAX = 4 };

static void complain(struct buf *out, const char *name, const char *value, const char *instead)
{
	buf_fmt(out, "%s: '%s' %s\n", name, value, instead);
}

static bool env_bool(const char *name, bool def, struct buf *complaints)
{
	const char *s = getenv(name);
	bool v = def;

	if (s && *s && !str_bool(s, &v))
		complain(complaints, name, s,
			 def ? "is not a boolean (taken as true)"
			     : "is not a boolean (taken as false)");
	return v;
}

/* Digits of base 2, 8, 10 or 16 behind Go's prefixes; 0 for anything else, overflow included. */
static uint32_t number(const char *s)
{
	static const char digits[] = "0123456789abcdef";
	unsigned base = 10;
	uint64_t v = 0;

	if (s[0] == '0' && s[1]) {
		char c = (char)(s[1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!*s)
		return 0;
	for (; *s; s++) {
		char lower = *s >= 'A' && *s <= 'F' ? (char)(*s | 0x20) : *s;
		const char *d = memchr(digits, lower, base);

		if (!d || (v = v * base + (uint64_t)(d - digits)) > UINT32_MAX)
			return 0;
	}
	return (uint32_t)v;
}

static uint32_t env_mark(const char *name, struct buf *complaints)
{
	const char *s = getenv(name);
	uint32_t v = s && *s ? number(s) : DEFAULT_MARK;

	if (v == 0)
		complain(complaints, name, s, "is not a mark from 1 to 0xffffffff (taken as 0x80)");
	return v ? v : DEFAULT_MARK;
}

static uint32_t env_mtu(const char *name, struct buf *complaints)
{
	const char *s = getenv(name);
	uint64_t v = MTU_MAX;

	if (s && *s && (!str_u64(s, &v) || v < MTU_MIN || v > MTU_MAX)) {
		complain(complaints, name, s, "is not an MTU from 576 to 9001 (taken as 9001)");
		return MTU_MAX;
	}
	return (uint32_t)v;
}

static enum snat_random env_random(const char *name, struct buf *complaints)
{
	const char *s = getenv(name);

	if (s && strcmp(s, "hashrandom") == 0)
		return SNAT_HASHRANDOM;
	if (s && strcmp(s, "none") == 0)
		return SNAT_NONE;
	if (s && *s && strcmp(s, "prng") != 0)
		complain(complaints, name, s,
			 "is none of prng, hashrandom and none (taken as prng)");
	return SNAT_PRNG;
}

/* An empty prefix is a choice, not an absence. */
static const char *env_prefix(const char *name, struct arena *a, struct buf *complaints)
{
	const char *s = getenv(name);

	if (!s)
		return "eni";
	if (strlen(s) > VETH_PREFIX_MAX || strpbrk(s, "/+*: \t\n") || strcmp(s, "eth") == 0 ||
	    strcmp(s, "lo") == 0 || strcmp(s, "vlan") == 0) {
		complain(complaints, name, s,
			 "is not a prefix of at most 4 characters other than eth, lo and vlan "
			 "(taken as eni)");
		return "eni";
	}
	return arena_str(a, s);
}

static bool listed(const struct cidrs *l, struct cidr c)
{
	for (size_t i = 0; i < l->n; i++)
		if (cidr_eq(l->v[i], c))
			return true;
	return false;
}

static struct cidrs env_cidrs(const char *name, struct arena *a, struct buf *complaints)
{
	const char *s = getenv(name);
	struct strs words = str_split(s ? s : "", ", \t\r\n", a);
	struct cidrs out = { arena_get(a, (words.n + 1) * sizeof(*out.v)), 0 };

	for (size_t i = 0; i < words.n; i++) {
		struct cidr c;

		if (!cidr_parse(words.v[i], &c) || c.ip.family != IP_V4)
			complain(complaints, name, words.v[i], "is not an IPv4 CIDR (left out)");
		else if (!listed(&out, c))
			out.v[out.n++] = cidr_network(c);
	}
	return out;
}

void host_config_env(struct host_config *c, struct arena *a, struct buf *complaints)
{
	*c = (struct host_config) { 0 };
	c->external_snat = env_bool("AWS_VPC_K8S_CNI_EXTERNALSNAT", false, complaints);
	c->node_port = env_bool("AWS_VPC_CNI_NODE_PORT_SUPPORT", true, complaints);
	c->mark = env_mark("AWS_VPC_K8S_CNI_CONNMARK", complaints);
	c->mtu = env_mtu("AWS_VPC_ENI_MTU", complaints);
	c->random = env_random("AWS_VPC_K8S_CNI_RANDOMIZESNAT", complaints);
	c->veth_prefix = env_prefix("AWS_VPC_K8S_CNI_VETHPREFIX", a, complaints);
	c->external_services = env_cidrs("AWS_EXTERNAL_SERVICE_CIDRS", a, complaints);
	/* Exclusions are exemptions from the node's SNAT: without it there are none. */
	if (!c->external_snat)
		c->exclude = env_cidrs("AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", a, complaints);
}
