/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - what the node itself must look like: primary ENI, policy rules, SNAT and connmark
 * (spec-cni-dataplane 4). want is pure; sync reads what is and changes only what differs. */
#pragma once
#include <net/if.h>

#include "arena.h"
#include "ip.h"
#include "nl.h"

enum snat_random { SNAT_PRNG, SNAT_HASHRANDOM, SNAT_NONE };
/* What the environment asks for (4.1), defaults and parse rules as there. Strings live in the
 * arena. */
struct host_config {
	bool external_snat, node_port;
	uint32_t mark, mtu;
	enum snat_random random;
	const char *veth_prefix;
	struct cidrs exclude, external_services;
};
/* Never fails: what is malformed gets its default and a sentence in complaints (one a line). */
void host_config_env(struct host_config *c, struct arena *a, struct buf *complaints);

/* What AWS says about the node. */
struct host_facts {
	struct cidrs vpc;
	struct ip primary_ip;
	struct mac primary_mac;
	char primary_if[IFNAMSIZ]; /* filled by host_primary() unless it is set */
};
/* The link primary_if, or the one that has primary_mac; ENODEV names it. Sets its MTU when that
 * differs. */
MUST int host_primary(struct nl *route, const struct host_config *c, struct host_facts *f,
		      struct err *e);
/* Rule 1024 (fwmark), and 1535 for external services; only what differs is touched. */
MUST int host_rules_sync(struct nl *route, const struct host_config *c, struct err *e);
/* nat and mangle in iptables' own form (4.4) and the table ip aws-cni (4.6), in one atomic batch;
 * what is right is not touched, and older releases' chains go. filter is a socket opened with
 * nl_open_proto(NETLINK_NETFILTER). changed may be NULL. EOPNOTSUPP: the host's NAT rules are in
 * legacy iptables. EINVAL: a fact is missing (no CIDR to exempt, no primary address or link). */
MUST int host_snat_sync(struct nl *filter, const struct host_config *c, const struct host_facts *f,
			bool *changed, struct err *e);
/* Take all of ours away again. */
MUST int host_snat_clean(struct nl *filter, const struct host_config *c, const struct host_facts *f,
			 struct err *e);
/* Each difference between want and have as a line in words; 0 lines when all is well. */
MUST int host_check(struct nl *route, struct nl *filter, const struct host_config *c,
		    const struct host_facts *f, struct buf *findings, struct err *e);
/* The wanted rules as iptables -S would print them, for dry runs and golden tests. */
void host_want_text(const struct host_config *c, const struct host_facts *f, struct buf *out);
