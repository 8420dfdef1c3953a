/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_state.c - what ipamd takes over from a checkpoint, and the rules of pods, in namespaces. */
#include <string.h>

#include "file.h"
#include "hostnet.h"
#include "ipamd_agent.h"
#include "nstest.h"
#include "pod.h"
#include "quiet.h"

static int count_rules_of(const struct rule *r, void *arg)
{
	size_t *n = arg;

	*n += r->prio == PRIO_TO_POD || r->prio == PRIO_FROM_POD;
	return 0;
}

static size_t pod_rules(struct nl *nl)
{
	size_t n = 0;
	struct err e = { 0 };

	CHECK(rule_each(nl, IP_V4, count_rules_of, &n, &e) == 0);
	return n;
}

static void pod_link(struct nl *nl, const char *name)
{
	char peer[IFNAMSIZ];
	struct veth v = { .name = name, .peer = peer };
	struct err e = { 0 };

	snprintf(peer, sizeof(peer), "p%.13s", name);
	CHECK(veth_add(nl, &v, &e) == 0);
	CHECK_STR(e.msg, "");
}

static void pod_rules_add(struct nl *nl, const char *ip)
{
	struct rule to = { .prio = PRIO_TO_POD, .table = TABLE_MAIN, .dst = agent_cidr(ip) };
	struct rule from = { .prio = PRIO_FROM_POD, .table = 2, .src = agent_cidr(ip) };
	struct err e = { 0 };

	CHECK(rule_ensure(nl, &to, &e) == 0 && rule_ensure(nl, &from, &e) == 0);
	CHECK_STR(e.msg, "");
}

#define HEAD "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":["
#define COREDNS(name, ip)                                                                  \
	"{\"networkName\":\"aws-cni\",\"containerID\":\"" name "\",\"ifName\":\"eth0\","   \
	"\"ipv4\":\"" ip "\",\"allocationTimestamp\":5,\"metadata\":{\"k8sPodNamespace\":" \
	"\"kube-system\",\"k8sPodName\":\"coredns-57ff979f67-" name "\"}}"
#define NAMELESS(name, ip)                                                                    \
	"{\"networkName\":\"" name "\",\"containerID\":\"" name "\",\"ifName\":\"" name "\"," \
	"\"ipv4\":\"" ip "\",\"allocationTimestamp\":5}"

static const char *const pod_ips[] = { "192.168.1.1/32", "192.168.1.2/32", "192.168.1.3/32", NULL };

TEST(state_keeps_the_pods_that_are_there_and_clears_up_after_the_others)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	auto_nl struct nl nl = { 0 };
	auto_fd int ns = ns_new(&nl);
	auto_netns int back = 0;
	struct leases l;
	struct err e = { 0 };

	agent_init(&g);
	agent_eni(&g, "eni-1", 1, pod_ips);
	agent_store(
		&g,
		HEAD COREDNS("8ns9b", "192.168.1.1") "," COREDNS("qqbdh", "192.168.1.2") "," NAMELESS("old", "192.168.1.3") "," NAMELESS(
			"",
			"192.168.1.3") "," COREDNS("qqbdh",
						   "192.168.9.9") "," NAMELESS("old",
									       "192.168.9.8") "]}"
											      "\n");
	pod_link(&nl, "enib5faff8a083");
	pod_link(&nl, "enicc21c2d7785");
	pod_rules_add(&nl, "192.168.1.1/32");
	pod_rules_add(&nl, "192.168.1.2/32");
	CHECK_INT((long long)pod_rules(&nl), 4);
	CHECK(netns_enter(ns, &back, &e) == 0);
	CHECK(state_load(&g.d, &e) == 0);
	CHECK_INT((long long)pod_rules(&nl), 2); /* those of .1 are gone */
	l = agent_saved(&g, &a);
	CHECK_INT((long long)l.n, 3);
	CHECK_STR(ip_text(l.v[0].ip).s, "192.168.1.2");
	CHECK_STR(ip_text(l.v[1].ip).s, "192.168.1.3");
	CHECK_STR(ip_text(l.v[2].ip).s, "192.168.9.9"); /* its pod lives, whoever has it */
	CHECK(l.v[0].since_ns == 5);
	CHECK_INT((long long)pool_stats(&g.d.pool, now_ms()).assigned, 2);
}

TEST(state_of_a_fresh_node_is_empty)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	agent_init(&g);
	snprintf(g.store, sizeof(g.store), "%s/new/ipam.json", g.dir.path);
	CHECK(state_load(&g.d, &e) == 0);
	CHECK_INT((long long)agent_saved(&g, &a).n, 0);
}

TEST(state_refuses_a_file_that_it_cannot_trust)
{
	static const char *const texts[] = { "{", "{\"version\":\"vpc-cni-ipam/9\"}",
					     HEAD NAMELESS("a", "192.168.1.1") "," NAMELESS(
						     "b", "192.168.1.1") "]}" };
	auto_quiet bool q0 = quiet();

	for (size_t i = 0; i < COUNT(texts); i++) {
		auto_agent struct agent g = { 0 };
		auto_buf struct buf b = { 0 };
		struct err e = { 0 };

		agent_init(&g);
		agent_eni(&g, "eni-1", 1, pod_ips);
		agent_store(&g, texts[i]);
		CHECK(state_load(&g.d, &e) < 0);
		CHECK(strstr(e.msg, g.store) != NULL);
		CHECK(file_read(g.store, 4096, &b, &e) == 0);
		CHECK_STR(b.p, texts[i]); /* and leaves it for a person to look at */
	}
}

static int note_from(const struct rule *r, void *arg)
{
	struct buf *b = arg;

	if (r->src.ip.family)
		buf_fmt(b, "%u:%s->%u ", r->prio, ip_text(r->src.ip).s, r->table);
	return 0;
}

TEST(hostnet_makes_a_pods_rules_one)
{
	auto_quiet bool q0 = quiet();
	auto_nl struct nl nl = { 0 };
	auto_fd int ns = ns_new(&nl);
	auto_netns int back = 0;
	auto_buf struct buf b = { 0 };
	struct rule old[] = {
		{ .prio = 1536,
		  .table = 3,
		  .src = agent_cidr("10.0.0.1/32"),
		  .dst = agent_cidr("10.0.0.0/16") },
		{ .prio = 1536,
		  .table = 3,
		  .src = agent_cidr("10.0.0.1/32"),
		  .dst = agent_cidr("10.1.0.0/16") },
		{ .prio = 1536, .table = 3, .src = agent_cidr("10.0.0.2/32") },
		{ .prio = 1000, .table = 3, .src = agent_cidr("10.0.0.3/32") },
		{ .prio = 1536,
		  .table = 3,
		  .src = agent_cidr("10.0.0.9/32"),
		  .dst = agent_cidr("10.0.0.0/16") },
	};
	struct lease l[] = { { .ip = agent_cidr("10.0.0.1/32").ip },
			     { .ip = agent_cidr("10.0.0.2/32").ip },
			     { .ip = agent_cidr("10.0.0.3/32").ip },
			     { .ip = agent_cidr("10.0.0.4/32").ip } };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(old); i++)
		CHECK(rule_ensure(&nl, &old[i], &e) == 0);
	CHECK(netns_enter(ns, &back, &e) == 0);
	CHECK(hostnet_pod_rules(l, COUNT(l), &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK(rule_each(&nl, IP_V4, note_from, &b, &e) == 0);
	CHECK_STR(b.p, "1536:10.0.0.2->3 1536:10.0.0.9->3 1536:10.0.0.1->3 1536:10.0.0.3->3 ");
	buf_free(&b);
	CHECK(hostnet_pod_rules(l, COUNT(l), &e) == 0); /* and leaves them so */
	CHECK(rule_each(&nl, IP_V4, note_from, &b, &e) == 0);
	CHECK_STR(b.p, "1536:10.0.0.2->3 1536:10.0.0.9->3 1536:10.0.0.1->3 1536:10.0.0.3->3 ");
}

static void check_text(const struct pool *p, struct buf *kept, size_t leases)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf anew = { 0 };
	struct leases l = pool_leases(p, &a);

	CHECK_INT((long long)l.n, (long long)leases);
	checkpoint_text(l.v, l.n, &anew);
	pool_checkpoint(p, kept);
	CHECK_STR(kept->p, anew.p);
}

/* The pool keeps the JSON of each lease: it must be what is written anew, whatever comes and goes.
 */
TEST(checkpoint_of_a_pool_is_the_text_of_its_leases)
{
	auto_pool struct pool p = { .cooldown_ms = 30000 };
	auto_buf struct buf kept = { 0 };
	struct pool_place at;
	struct err e;

	check_text(&p, &kept, 0);
	for (int i = 0; i < 4; i++) {
		struct lease l = { "net \"<&>\"",  (char[]) { (char)('d' - i), '\0' },
				   "eth0",         agent_cidr("10.0.0.1/32").ip,
				   5 + i,          "ns",
				   i ? "pod" : "", i };

		l.ip = ip_add(l.ip, (uint64_t)(i * 7 % 4));
		CHECK(pool_restore(&p, &l, &e) == 0);
		check_text(&p, &kept, (size_t)i + 1);
	}
	for (int i = 0; i < 4; i++) {
		struct pool_key k = { "net \"<&>\"", (char[]) { (char)('a' + i), '\0' }, "eth0" };

		CHECK(pool_release(&p, &k, 1, &at, &e) == 0);
		check_text(&p, &kept, 3 - (size_t)i);
	}
	pool_unrelease(&p, at.ip);
	check_text(&p, &kept, 1);
	pool_unassign(&p, at.ip);
	check_text(&p, &kept, 0);
}
