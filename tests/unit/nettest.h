/* SPDX-License-Identifier: Apache-2.0 */
/* nettest.h - addresses from text, and a link to try things on. */
#pragma once
#include "iface.h"
#include "ip.h"
#include "nstest.h"
#include "test.h"

static inline struct ip ip(const char *s)
{
	struct ip v = { 0 };

	CHECK(ip_parse(s, &v));
	return v;
}

static inline struct cidr cidr(const char *s)
{
	struct cidr v = { 0 };

	CHECK(cidr_parse(s, &v));
	return v;
}

static inline struct mac mac(const char *s)
{
	struct mac v = { 0 };

	CHECK(mac_parse(s, &v));
	return v;
}

/* A link named a0, up, as the first of a pair in a new namespace; its index. */
static inline int link_new(struct nl *nl)
{
	const struct iface_set up = { .up = true };
	struct veth v = { .name = "a0", .peer = "b0", .up = true };
	struct iface i = { 0 };
	struct err e = { 0 };

	ns_open(nl);
	CHECK(veth_add(nl, &v, &e) == 0 && iface_change_name(nl, "b0", &up, &e) == 0);
	CHECK(iface_get(nl, "a0", &i, &e) == 0);
	CHECK_STR(e.msg, "");
	return i.index;
}
