/* SPDX-License-Identifier: Apache-2.0 */
/* nlb.h - which target a flow goes to, and the header that tells it who asks: pure. */
#pragma once
#include "elb.h"

struct nlb_key {
	bool udp;
	struct ip from, to; /* to: the load balancer's address */
	uint16_t from_port, to_port;
};
/* The same for the same flow, wherever and whenever. */
uint64_t nlb_hash(const struct nlb_key *k, bool source_only);

struct nlb_choice {
	const struct tgroup *g;
	const struct target *t;
};
/* The target of a new flow that has come to a listener in a zone: by weights a group, in it by hash
 * one of the healthy targets of the zone (of all zones with cross-zone load balancing), or when
 * there are too few of those, any that is registered. With stickiness the client's address alone
 * counts. false: there is none. */
bool nlb_choose(const struct elb *b, const struct listener *l, const char *zone,
		const struct nlb_key *k, struct nlb_choice *out);
/* Has the zone enough healthy targets in each group to be told by DNS? (groups without any target
 * do not count) */
bool lb_zone_healthy(const struct elb *b, const struct lb *lb, const char *zone);

enum { NLB_PP2 = 28 };
/* Proxy protocol version 2, PROXY over IPv4 without TLVs (haproxy.org's proxy-protocol.txt, section
 * 2.2). */
void nlb_pp2(const struct nlb_key *k, uint8_t out[NLB_PP2]);
