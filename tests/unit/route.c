/* SPDX-License-Identifier: Apache-2.0 */
/* route.c - routes and rules: against the real kernel. */
#include <errno.h>
#include <linux/fib_rules.h>

#include "addr.h"
#include "nettest.h"
#include "nlscript.h"
#include "route.h"
#include "rule.h"
#include "test.h"

struct routes {
	struct route v[16];
	int n;
};

static int keep_route(const struct route *r, void *arg)
{
	struct routes *l = arg;

	if (l->n < 16)
		l->v[l->n++] = *r;
	return 0;
}

static struct routes routes(struct nl *nl, uint8_t family, uint32_t table)
{
	struct routes l = { .n = 0 };
	struct err e = { 0 };

	CHECK(route_each(nl, family, table, keep_route, &l, &e) == 0);
	return l;
}

TEST(routes_are_added_replaced_listed_and_removed)
{
	auto_nl struct nl nl = { 0 };
	int index = link_new(&nl);
	struct route hop = { .dst = cidr("169.254.1.1/32"), .oif = index, .scope = RT_SCOPE_LINK };
	struct route def = { .via = ip("169.254.1.1"), .oif = index };
	struct routes l;
	struct err e = { 0 };

	CHECK(route_add(&nl, &def, &e) == -1);
	CHECK_STR(e.msg,
		  "add route default via 169.254.1.1 dev 3 table 254: Nexthop has invalid gateway: "
		  "Network is unreachable");
	CHECK(route_replace(&nl, &hop, &e) == 0 && route_replace(&nl, &hop, &e) == 0);
	CHECK(route_add(&nl, &def, &e) == 0);
	CHECK(route_add(&nl, &def, &e) == -1);
	CHECK_INT(e.num, EEXIST);
	l = routes(&nl, IP_V4, 254);
	CHECK_INT(l.n, 2);
	CHECK(l.v[0].family == IP_V4 && l.v[0].dst.len == 0 && ip_eq(l.v[0].via, def.via));
	CHECK(l.v[0].oif == index && l.v[0].table == 254 && l.v[0].scope == RT_SCOPE_UNIVERSE);
	CHECK(l.v[0].proto == RTPROT_BOOT && l.v[0].type == RTN_UNICAST && !l.v[0].metric);
	CHECK(cidr_eq(l.v[1].dst, hop.dst) && l.v[1].scope == RT_SCOPE_LINK && !l.v[1].via.family);
	hop.scope = RT_SCOPE_HOST;
	CHECK(route_remove(&nl, &hop, &e) == 0 && routes(&nl, IP_V4, 254).n == 2);
	hop.scope = RT_SCOPE_NOWHERE; /* any */
	hop.oif = 0;
	CHECK(route_remove(&nl, &hop, &e) == 0 && routes(&nl, IP_V4, 254).n == 1);
	CHECK(route_remove(&nl, &hop, &e) == 0);
}

TEST(routes_know_tables_metrics_sources_and_onlink)
{
	auto_nl struct nl nl = { 0 };
	int index = link_new(&nl);
	struct addr a = { .index = index, .ip = cidr("10.9.0.2/32") };
	struct route r = { .dst = cidr("10.0.0.0/8"),
			   .via = ip("10.9.0.1"),
			   .src = ip("10.9.0.2"),
			   .oif = index,
			   .table = 10101,
			   .metric = 512,
			   .proto = RTPROT_STATIC,
			   .onlink = true };
	struct routes l;
	struct err e = { 0 };

	CHECK_INT(routes(&nl, IP_V4, 10101).n, 0); /* a table that does not exist has no routes */
	CHECK(addr_ensure(&nl, &a, &e) == 0 && route_add(&nl, &r, &e) == 0);
	l = routes(&nl, IP_V4, 10101);
	CHECK_INT(l.n, 1);
	CHECK(l.v[0].table == 10101 && l.v[0].metric == 512 && ip_eq(l.v[0].src, r.src));
	CHECK(l.v[0].proto == RTPROT_STATIC && l.v[0].onlink);
	CHECK(routes(&nl, 0, 10101).n == 1 && routes(&nl, 0, 0).n > 1);
	r.table = 0;
	CHECK(route_remove(&nl, &r, &e) == 0 && routes(&nl, IP_V4, 10101).n == 1);
	r.table = 10101;
	CHECK(route_remove(&nl, &r, &e) == 0 && routes(&nl, IP_V4, 10101).n == 0);
}

TEST(routes_of_ipv6_are_served_alike)
{
	auto_nl struct nl nl = { 0 };
	int index = link_new(&nl);
	struct route hop = { .dst = cidr("fe80::1/128"), .oif = index, .table = 3 };
	struct route def = { .family = IP_V6, .via = ip("fe80::1"), .oif = index, .table = 3 };
	struct routes l;
	struct err e = { 0 };

	CHECK(route_replace(&nl, &hop, &e) == 0 && route_add(&nl, &def, &e) == 0);
	CHECK(route_add(&nl, &def, &e) == -1 && e.num == EEXIST);
	l = routes(&nl, IP_V6, 3);
	CHECK_INT(l.n, 2);
	CHECK(cidr_eq(l.v[0].dst, hop.dst) && l.v[1].dst.len == 0 && ip_eq(l.v[1].via, def.via));
	CHECK(route_remove(&nl, &def, &e) == 0 && route_remove(&nl, &hop, &e) == 0);
	CHECK(routes(&nl, IP_V6, 3).n == 0 && route_remove(&nl, &hop, &e) == 0);
}

struct rules {
	struct rule v[16];
	int n;
};

static int keep_rule(const struct rule *r, void *arg)
{
	struct rules *l = arg;

	if (r->prio && r->prio < 32766 && l->n < 16) /* not the kernel's three */
		l->v[l->n++] = *r;
	return 0;
}

static struct rules rules(struct nl *nl, uint8_t family)
{
	struct rules l = { .n = 0 };
	struct err e = { 0 };

	CHECK(rule_each(nl, family, keep_rule, &l, &e) == 0);
	return l;
}

TEST(rules_are_ensured_listed_and_removed)
{
	auto_nl struct nl nl = { 0 };
	struct rule in[] = {
		{ .family = IP_V4, .prio = 512, .table = 254, .dst = cidr("10.0.1.15/32") },
		{ .family = IP_V4, .prio = 1024, .table = 254, .mark = 0x80, .mask = 0x80 },
		{ .family = IP_V4, .prio = 1536, .table = 10101, .src = cidr("10.0.1.15/32") },
		{ .family = IP_V4, .prio = 1600, .table = 107, .iif = "vlan.eth.7", .proto = 17 },
	};
	struct rules l;
	struct err e = { 0 };
	bool gone;

	ns_open(&nl);
	for (size_t i = 0; i < COUNT(in); i++)
		CHECK(rule_ensure(&nl, &in[i], &e) == 0 && rule_ensure(&nl, &in[i], &e) == 0);
	l = rules(&nl, IP_V4);
	CHECK_INT(l.n, COUNT(in));
	for (size_t i = 0; i < COUNT(in); i++) {
		CHECK(rule_cmp(&l.v[i], &in[i]) == 0);
		CHECK(rule_remove(&nl, &in[i], &gone, &e) == 0 && !gone);
		CHECK(rule_remove(&nl, &in[i], &gone, &e) == 0 && gone);
		CHECK(rule_remove(&nl, &in[i], NULL, &e) == 0);
	}
	CHECK_INT(rules(&nl, IP_V4).n, 0);
}

TEST(rules_are_removed_to_the_last_and_table_0_means_any)
{
	auto_nl struct nl nl = { 0 };
	struct rule r = { .prio = 1536, .src = cidr("10.0.1.15/32") };
	struct rule to = { .prio = 1536, .table = 2, .src = r.src, .dst = cidr("10.0.0.0/16") };
	struct rule other = { .prio = 1536, .table = 2, .src = cidr("10.0.1.16/32") };
	struct rule six = { .prio = 512, .table = 254, .dst = cidr("fd00::15/128") };
	struct err e = { 0 };

	ns_open(&nl);
	for (r.table = 2; r.table < 5; r.table++)
		CHECK(rule_ensure(&nl, &r, &e) == 0);
	CHECK(rule_ensure(&nl, &to, &e) == 0 && rule_ensure(&nl, &other, &e) == 0);
	CHECK_INT(rules(&nl, IP_V4).n, 5);
	r.table = 2;
	CHECK(rule_remove_all(&nl, &r, &e) == 0); /* the one with a destination as well */
	CHECK_INT(rules(&nl, IP_V4).n, 3);
	r.table = 0;
	CHECK(rule_remove_all(&nl, &r, &e) == 0);
	CHECK_INT(rules(&nl, IP_V4).n, 1);
	CHECK(rule_ensure(&nl, &six, &e) == 0 && rules(&nl, IP_V6).n == 1);
	CHECK_INT(rules(&nl, 0).n, 2);
	CHECK(rule_remove_all(&nl, &six, &e) == 0 && rules(&nl, IP_V6).n == 0);
}

TEST(rule_with_what_we_have_no_field_for_is_not_taken_for_ours)
{
	auto_nl struct nl nl = { 0 };
	struct rule r = { .family = IP_V4, .prio = 512, .table = 254, .dst = cidr("10.0.1.15/32") };
	struct fib_rule_hdr *h;
	struct rules l;
	struct err e = { 0 };

	ns_open(&nl);
	h = nl_request(&nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*h));
	h->family = AF_INET;
	h->dst_len = 32;
	h->table = 254;
	h->action = FR_ACT_TO_TBL;
	h->flags = FIB_RULE_INVERT;
	nl_put_u32(&nl, FRA_PRIORITY, 512);
	nl_put_ip(&nl, FRA_DST, r.dst.ip);
	CHECK(nl_talk(&nl, 0, NULL, &e) == 0);
	l = rules(&nl, IP_V4);
	CHECK(l.n == 1 && l.v[0].more && rule_cmp(&l.v[0], &r) > 0);
}

TEST(rules_sort_by_priority_first)
{
	struct rule a = { .prio = 5, .table = 9 }, b = { .prio = 6, .table = 1 };

	CHECK(rule_cmp(&a, &b) < 0 && rule_cmp(&b, &a) > 0 && rule_cmp(&a, &a) == 0);
	b.prio = 5;
	CHECK(rule_cmp(&a, &b) > 0);
	b.table = 9;
	b.family = IP_V4; /* what 0 means */
	CHECK(rule_cmp(&a, &b) == 0);
	b.src = cidr("10.0.0.1/32");
	CHECK(rule_cmp(&a, &b) < 0);
	b.src = (struct cidr) { 0 };
	snprintf(b.iif, sizeof(b.iif), "eth0");
	CHECK(rule_cmp(&a, &b) < 0);
}

/* ---- what the kernel may answer */

enum verb { ROUTE_REMOVE, RULE_ENSURE, RULE_REMOVE, RULE_REMOVE_ALL };

/* With a kernel that answers num and then, to whoever asks on, "no such rule". */
static int answered(enum verb verb, int num, struct err *e)
{
	AUTO_SCRIPT struct script s = { 0 };
	struct route route = { .dst = cidr("10.0.1.15/32") };
	struct rule rule = { .prio = 512, .table = 254, .dst = cidr("10.0.1.15/32") };

	script_open(&s);
	say_error(&s, 1, num);
	say_error(&s, 2, ENOENT);
	switch (verb) {
	case ROUTE_REMOVE:
		return route_remove(&s.nl, &route, e);
	case RULE_ENSURE:
		return rule_ensure(&s.nl, &rule, e);
	case RULE_REMOVE:
		return rule_remove(&s.nl, &rule, NULL, e);
	default:
		return rule_remove_all(&s.nl, &rule, e);
	}
}

TEST(routes_and_rules_forgive_one_answer_each_and_no_other)
{
	static const int nums[] = { ESRCH, ENOENT, EEXIST, EPERM, EBUSY };
	static const int forgiven[] = { [ROUTE_REMOVE] = ESRCH,
					[RULE_ENSURE] = EEXIST,
					[RULE_REMOVE] = ENOENT,
					[RULE_REMOVE_ALL] = ENOENT };

	for (size_t verb = 0; verb < COUNT(forgiven); verb++)
		for (size_t i = 0; i < COUNT(nums); i++) {
			struct err e = { 0 };
			int rc = answered((enum verb)verb, nums[i], &e);

			CHECK_INT(rc, nums[i] == forgiven[verb] ? 0 : -1);
			if (rc < 0)
				CHECK_INT(e.num, nums[i]);
		}
}
