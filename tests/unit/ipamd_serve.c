/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_serve.c - ipamd's answers over its socket, and the checkpoint that stands behind them. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipamd_agent.h"
#include "quiet.h"
#include "rpc.h"

static int ask(struct agent *g, const struct grpc_method *m, const void *in, void *out,
	       struct arena *a, struct err *e)
{
	return grpc_call(g->sock, m, in, out, a, now_ms() + 20000, e);
}

/* The address that a container gets; NULL when there is none. */
static const char *add(struct agent *g, const char *container, struct arena *a)
{
	struct add_request q = { .pod_name = "pod",
				 .pod_namespace = "ns",
				 .ifname = "eth0",
				 .network_name = "aws-cni",
				 .container_id = container };
	struct add_reply r = { 0 };
	struct err e = { 0 };

	CHECK(ask(g, &rpc_add, &q, &r, a, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_INT((long long)r.ips.n, r.success);
	return r.success ? ((struct ip_alloc *)r.ips.v)->ipv4 : NULL;
}

static const char *const one_ip[] = { "10.10.0.9/32", NULL };
static const char *const two_ips[] = { "10.10.0.8/32", "10.10.0.9/32", NULL };
static const char *const no_ips[] = { NULL };

TEST(serve_answers_with_address_device_table_and_cidrs)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct add_request q = { .pod_name = "web-0",
				 .pod_namespace = "default",
				 .ifname = "eth0",
				 .network_name = "aws-cni",
				 .container_id = "c1" };
	struct add_reply r = { 0 };
	struct ip_alloc *ip;
	struct leases l;
	struct err e = { 0 };

	agent_init(&g);
	g.exclude[0] = agent_cidr("10.12.0.0/16");
	g.exclude[1] = agent_cidr("10.13.0.0/16");
	g.d.config.host.exclude = (struct cidrs) { g.exclude, 2 };
	g.d.config.policy_mode = "Standard";
	agent_eni(&g, "eni-1", 1, one_ip);
	agent_start(&g);
	CHECK(ask(&g, &rpc_add, &q, &r, &a, &e) == 0);
	CHECK(r.success);
	CHECK_INT((long long)r.ips.n, 1);
	ip = r.ips.v;
	CHECK_STR(ip->ipv4, "10.10.0.9");
	CHECK_STR(ip->ipv6, "");
	CHECK_INT(ip->device, 1);
	CHECK_INT(ip->table, 2);
	CHECK(!r.external_snat);
	CHECK_INT((long long)r.vpc_v4_cidrs.n, 3);
	CHECK_STR(((const char **)r.vpc_v4_cidrs.v)[0], "10.10.0.0/16");
	CHECK_STR(((const char **)r.vpc_v4_cidrs.v)[2], "10.13.0.0/16");
	CHECK_STR(r.policy_mode, "Standard");
	CHECK_INT(r.vlan_id, 0);
	l = agent_saved(&g, &a);
	CHECK_INT((long long)l.n, 1);
	CHECK_STR(l.v[0].container, "c1");
	CHECK_STR(l.v[0].network, "aws-cni");
	CHECK_STR(l.v[0].pod_ns, "default");
	CHECK_STR(l.v[0].pod, "web-0");
	CHECK_INT(l.v[0].interfaces, 1);
}

TEST(serve_leaves_excluded_cidrs_to_external_snat)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct add_request q = { .ifname = "eth0", .network_name = "n", .container_id = "c" };
	struct add_reply r = { 0 };
	struct err e = { 0 };

	agent_init(&g);
	g.exclude[0] = agent_cidr("10.12.0.0/16");
	g.d.config.host.exclude = (struct cidrs) { g.exclude, 1 };
	g.d.config.host.external_snat = true;
	agent_eni(&g, "eni-0", 0, one_ip);
	agent_start(&g);
	CHECK(ask(&g, &rpc_add, &q, &r, &a, &e) == 0);
	CHECK(r.success && r.external_snat);
	CHECK_INT((long long)r.vpc_v4_cidrs.n, 1);
	CHECK_INT(((struct ip_alloc *)r.ips.v)->table, 254);
	CHECK_INT(((struct ip_alloc *)r.ips.v)->device, 0);
}

TEST(serve_gives_a_retried_pod_the_same_address)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };

	agent_init(&g);
	agent_eni(&g, "eni-0", 0, two_ips);
	agent_start(&g);
	CHECK_STR(add(&g, "c1", &a), "10.10.0.8");
	CHECK_STR(add(&g, "c1", &a), "10.10.0.8");
	CHECK_INT((long long)agent_saved(&g, &a).n, 1);
	CHECK_STR(add(&g, "c2", &a), "10.10.0.9");
	CHECK(add(&g, "c3", &a) == NULL);
	CHECK_INT((long long)agent_saved(&g, &a).n, 2);
}

TEST(serve_counts_pods_that_got_nothing)
{
	auto_quiet bool q0 = quiet();
	auto_arena struct arena a = { 0 };
	struct agent g = { 0 };

	agent_init(&g);
	agent_eni(&g, "eni-0", 0, no_ips);
	agent_start(&g);
	CHECK(add(&g, "c1", &a) == NULL);
	CHECK(add(&g, "c2", &a) == NULL);
	agent_stop(&g);
	CHECK_INT((long long)g.d.count.add, 2);
	CHECK_INT((long long)g.d.count.no_address, 2);
}

/* What the daemon last heard from EC2 goes to whoever asks in vain, cut or not. */
TEST(serve_says_why_there_is_no_address)
{
	static const struct {
		const char *msg;
		bool full;
		const char *want;
	} cases[] = {
		{ "", false, "AssignPodIPAddress: no available IP/Prefix addresses" },
		{ "Create: Full: m (request id r)", true,
		  "AssignPodIPAddress: no available IP/Prefix addresses; the pool does not grow: "
		  "Create: Full: m (request id r)" },
		{ "Create: Full: \xc3\xa4 \xff\xfe \xe2\x82", false,
		  "AssignPodIPAddress: no available IP/Prefix addresses; the pool does not grow: "
		  "Create: Full: \xc3\xa4 ?? ??" },
		{ "", true,
		  "AssignPodIPAddress: no available IP/Prefix addresses; the pool cannot grow: the "
		  "node has all ENIs and addresses that it may have" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_quiet bool q0 = quiet();
		auto_agent struct agent g = { 0 };
		auto_arena struct arena a = { 0 };
		struct add_request q = { .ifname = "eth0",
					 .network_name = "n",
					 .container_id = "c" };
		struct add_reply r = { 0 };
		struct err e = { 0 };

		agent_init(&g);
		agent_eni(&g, "eni-0", 0, no_ips);
		if (*cases[i].msg)
			fail(&g.d.grow_err, EDQUOT, "%s", cases[i].msg);
		g.d.full = cases[i].full;
		agent_start(&g);
		CHECK(ask(&g, &rpc_add, &q, &r, &a, &e) == 0 && !r.success);
		CHECK_STR(r.reason, cases[i].want);
		q.container_id = "";
		CHECK(ask(&g, &rpc_add, &q, &r, &a, &e) == 0 && !r.success);
		CHECK_STR(r.reason, "ContainerID is empty");
	}
}

TEST(serve_refuses_requests_without_a_key_or_for_several_cards)
{
	static const struct add_request bad[] = {
		{ .ifname = "eth0", .network_name = "n" },
		{ .ifname = "eth0", .container_id = "c" },
		{ .network_name = "n", .container_id = "c" },
		{ .ifname = "eth0", .network_name = "n", .container_id = "c", .multi_nic = true },
	};
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };

	agent_init(&g);
	agent_eni(&g, "eni-0", 0, one_ip);
	agent_start(&g);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct add_reply r = { 0 };
		struct err e = { 0 };

		CHECK(ask(&g, &rpc_add, &bad[i], &r, &a, &e) == 0);
		CHECK(!r.success);
		CHECK_INT((long long)(r.ips.n + r.vpc_v4_cidrs.n), 0);
	}
	CHECK_STR(add(&g, "c", &a), "10.10.0.9"); /* nothing was lost */
}

TEST(serve_refuses_another_version_of_the_plugin)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct add_request q = {
		.ifname = "eth0", .network_name = "n", .container_id = "c", .client_version = "v1"
	};
	struct del_request del = {
		.ifname = "eth0", .network_name = "n", .container_id = "c", .client_version = "v1"
	};
	struct add_reply r = { 0 };
	struct del_reply dr = { 0 };
	struct err e = { 0 };

	agent_init(&g);
	agent_eni(&g, "eni-0", 0, one_ip);
	agent_start(&g);
	CHECK(ask(&g, &rpc_add, &q, &r, &a, &e) < 0);
	CHECK_STR(e.code, "FailedPrecondition");
	CHECK(strstr(e.msg, "wrong client version \"v1\" (!= \"\")") != NULL);
	CHECK(ask(&g, &rpc_del, &del, &dr, &a, &e) < 0);
	CHECK_STR(e.code, "FailedPrecondition");
}

TEST(serve_takes_an_address_back_and_says_which)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct del_request q = { .ifname = "eth0",
				 .network_name = "aws-cni",
				 .container_id = "c1",
				 .reason = "PodDeleted" };
	struct del_reply r = { 0 };
	struct ip_alloc *ip;
	struct err e = { 0 };

	agent_init(&g);
	g.d.config.policy_mode = "none";
	g.d.pool.cooldown_ms = 3600000;
	agent_eni(&g, "eni-2", 2, one_ip);
	agent_start(&g);
	CHECK_STR(add(&g, "c1", &a), "10.10.0.9");
	CHECK(ask(&g, &rpc_del, &q, &r, &a, &e) == 0);
	CHECK(r.success);
	CHECK_STR(r.policy_mode, "none");
	ip = r.ips.v;
	CHECK_INT((long long)r.ips.n, 1);
	CHECK_STR(ip->ipv4, "10.10.0.9");
	CHECK_INT(ip->device, 2);
	CHECK_INT(ip->table, 3);
	CHECK_INT((long long)agent_saved(&g, &a).n, 0);
	CHECK(add(&g, "c2", &a) == NULL); /* it cools */
}

TEST(serve_words_an_unknown_pod_as_the_plugin_expects)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct del_request q = { .ifname = "eth0", .network_name = "n", .container_id = "c" };
	struct del_reply r = { 0 };
	struct err e = { 0 };

	agent_init(&g);
	agent_start(&g);
	CHECK(ask(&g, &rpc_del, &q, &r, &a, &e) < 0);
	CHECK_STR(e.code, "Unknown");
	CHECK_STR(e.msg, "rpc error: code = Unknown desc = 1 error occurred:\n\t* datastore: "
			 "unknown pod\n\n");
}

/* The folder of the checkpoint goes away and comes back. */
TEST(serve_promises_nothing_that_is_not_on_disk)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct del_request q = { .ifname = "eth0",
				 .network_name = "aws-cni",
				 .container_id = "c1" };
	struct del_reply r = { 0 };
	char folder[96];
	struct err e = { 0 };

	agent_init(&g);
	snprintf(folder, sizeof(folder), "%s/state", g.dir.path);
	snprintf(g.store, sizeof(g.store), "%s/ipam.json", folder);
	agent_eni(&g, "eni-0", 0, two_ips);
	agent_start(&g);
	CHECK(add(&g, "c1", &a) == NULL);
	CHECK(mkdir(folder, 0700) == 0);
	CHECK_STR(add(&g, "c1", &a), "10.10.0.8"); /* the lowest: none was lost */
	CHECK_INT((long long)agent_saved(&g, &a).n, 1);
	CHECK(unlink(g.store) == 0 && rmdir(folder) == 0);
	CHECK(add(&g, "c2", &a) == NULL);
	CHECK(ask(&g, &rpc_del, &q, &r, &a, &e) < 0);
	CHECK(strstr(e.msg, "checkpoint") != NULL);
	CHECK(mkdir(folder, 0700) == 0);
	CHECK_STR(add(&g, "c1", &a), "10.10.0.8"); /* c1 has it still */
	CHECK_STR(add(&g, "c2", &a), "10.10.0.9");
	CHECK_INT((long long)agent_saved(&g, &a).n, 2);
}

TEST(serve_tells_the_policy_agent_about_the_node)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct empty q = { 0 };
	struct np_config r = { 0 };
	struct err e = { 0 };

	agent_init(&g);
	g.d.config.policy_mode = "strict";
	agent_start(&g);
	CHECK(ask(&g, &rpc_np_config, &q, &r, &a, &e) == 0);
	CHECK_STR(r.policy_mode, "strict");
	CHECK(!r.multi_nic);
	CHECK_STR(r.node_ipv4, "10.10.0.5");
	CHECK_STR(r.node_ipv6, "");
	CHECK_STR(r.instance_id, "i-1");
	CHECK_STR(r.region, "us-west-2");
}

TEST(serve_is_healthy_by_both_names)
{
	static const struct {
		const char *service, *code;
	} cases[] = { { "", "" }, { "grpc.health.v1.aws-node", "" }, { "other", "NotFound" } };
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };

	agent_init(&g);
	agent_start(&g);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct health_request q = { cases[i].service };
		struct health_reply r = { 0 };
		struct err e = { 0 };
		bool ok = ask(&g, &rpc_health, &q, &r, &a, &e) == 0;

		CHECK(ok == !*cases[i].code);
		CHECK_STR(e.code, cases[i].code);
		CHECK_INT(r.status, ok ? HEALTH_SERVING : HEALTH_UNKNOWN);
	}
}

TEST(serve_makes_the_sockets_folder_and_mode)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	struct stat st;

	agent_init(&g);
	agent_start(&g);
	CHECK(stat(g.sock, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0660);
	CHECK(S_ISSOCK(st.st_mode));
}
