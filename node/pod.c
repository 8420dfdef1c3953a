/* SPDX-License-Identifier: Apache-2.0 */
/* pod.c - one interface of one pod: its names, and what it should look like. */
#include <errno.h>
#include <string.h>

#include "hash.h"
#include "pod.h"
#include "str.h"

enum { PREFIX_LEN = 4 };

void pod_hash(const char *ns, const char *pod, int index, char out[POD_HASH_LEN + 1])
{
	auto_buf struct buf name = { 0 };
	uint8_t digest[SHA1_LEN];
	char text[2 * SHA1_LEN + 1];

	buf_fmt(&name, "%s.%s", ns, pod);
	if (index > 0)
		buf_fmt(&name, ".%d", index);
	sha1(name.p, name.len, digest);
	hex(digest, sizeof(digest), text);
	memcpy(out, text, POD_HASH_LEN);
	out[POD_HASH_LEN] = '\0';
}

int pod_veth_name(const char *prefix, const char *ns, const char *pod, int index,
		  char out[IFNAMSIZ], struct err *e)
{
	size_t n = strlen(prefix);

	if (n > PREFIX_LEN)
		return fail(e, EINVAL, "vethPrefix %s is longer than %d characters", prefix,
			    PREFIX_LEN);
	memcpy(out, prefix, n);
	pod_hash(ns, pod, index, out + n);
	return 0;
}

uint32_t pod_mtu(const char *text)
{
	uint64_t mtu;

	return str_u64(text, &mtu) && mtu >= MTU_MIN && mtu <= MTU_MAX ? (uint32_t)mtu : MTU_MAX;
}

/* 0 and 1 are what older releases wrote for the primary ENI. */
uint32_t pod_host_table(uint32_t table)
{
	return table > 1 ? table : TABLE_MAIN;
}

static struct ip hop_of(const struct pod_if *p)
{
	struct ip v4 = { .family = IP_V4, .b = { 169, 254, 1, 1 } };
	struct ip v6 = { .family = IP_V6, .b = { 0xfe, 0x80, [15] = 1 } };

	return ip_add(p->ip.family == IP_V6 ? v6 : v4, (uint64_t)p->index);
}

void pod_want(const struct pod_if *p, struct pod_want *out)
{
	uint32_t table = p->index ? (uint32_t)p->index : TABLE_MAIN, eni = pod_host_table(p->table);
	struct cidr pod = cidr_host(p->ip);
	uint8_t family = p->ip.family;
	struct ip hop = hop_of(p);

	*out = (struct pod_want) {
		.hop = hop,
		.in_pod = { { .family = family,
			      .dst = cidr_host(hop),
			      .table = table,
			      .scope = RT_SCOPE_LINK },
			    { .family = family,
			      .dst = { .ip.family = family },
			      .via = hop,
			      .table = table } },
		.in_pod_neigh = { .ip = hop, .mac = p->host_mac },
		.in_pod_addr = { .ip = pod },
		.host_route = { .family = family,
				.dst = pod,
				.table = TABLE_MAIN,
				.scope = RT_SCOPE_LINK },
		.host_rules = { { .family = family,
				  .prio = PRIO_TO_POD,
				  .table = TABLE_MAIN,
				  .dst = pod } },
	};
	if (p->index)
		out->in_pod_rule = (struct rule) { family, PRIO_IN_POD, table, .src = pod };
	if (eni != TABLE_MAIN)
		out->host_rules[1] = (struct rule) { family, PRIO_FROM_POD, eni, .src = pod };
}

void pod_want_links(struct pod_want *w, int host, int cont)
{
	w->in_pod[0].oif = w->in_pod[1].oif = cont;
	w->in_pod_neigh.index = w->in_pod_addr.index = cont;
	w->host_route.oif = host;
}
