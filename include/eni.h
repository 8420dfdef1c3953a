/* SPDX-License-Identifier: Apache-2.0 */
/* eni.h - the host's side of an ENI: its table, routes and rule
 * (spec-cni-dataplane 1.3, 4.10, 4.11). */
#pragma once
#include "iface.h"
#include "ip.h"
#include "nl.h"

/* 254 for card 0 device 0, device + 1 on card 0, 10000 + 100 card + device elsewhere. */
uint32_t eni_table(int device, int card);
/* First address of the subnet plus one (v4), fe80:ec2::1 (v6). */
struct ip eni_gateway(struct cidr subnet);

struct eni_wire {
	struct mac mac;
	struct ip ip; /* primary address */
	struct cidr subnet;
	uint32_t table, mtu;
	bool trunk, rule_exists; /* then no rule 32765 */
};
/* Every ENI but the primary: MTU, up, address, the two routes of its table, no subnet route in
 * main, rule 32765. Idempotent; a second call changes nothing. ENODEV when no link has the MAC (the
 * attachment may still be under way: try again). Table 254 is refused (EINVAL). */
MUST int eni_setup(struct nl *nl, const struct eni_wire *w, struct err *e);
/* After a detach: rules whose source is the ENI's address. */
MUST int eni_teardown(struct nl *nl, struct ip ip, struct err *e);
