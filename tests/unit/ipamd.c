/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd.c - the daemon's pure parts: tags, subnets, ENIs as EC2 has them, names of pods. */
#include <errno.h>

#include "attached.h"
#include "cloud.h"
#include "hostnet.h"
#include "probe.h"
#include "quiet.h"
#include "subnet.h"
#include "test.h"

/* ---- tags */

TEST(ipamd_tags_name_the_instance_and_the_cluster)
{
	auto_arena struct arena a = { 0 };
	struct tag extra[] = { { "team", "net" }, { "eks:eni:owner", "me" } };
	struct config c = { .cluster = "" };
	struct tags t = cloud_tags(&c, "i-1", &a);

	CHECK_INT((long long)t.n, 1);
	CHECK_STR(tag_get(&t, "node.k8s.amazonaws.com/instance_id"), "i-1");
	c.cluster = "blue";
	t = cloud_tags(&c, "i-1", &a);
	CHECK_INT((long long)t.n, 3);
	CHECK_STR(tag_get(&t, "cluster.k8s.amazonaws.com/name"), "blue");
	CHECK_STR(tag_get(&t, "eks:eni:owner"), "amazon-vpc-cni");
	c.extra_tags = (struct tags) { extra, COUNT(extra) };
	t = cloud_tags(&c, "i-1", &a);
	CHECK_INT((long long)t.n, 4); /* the operator's value wins */
	CHECK_STR(tag_get(&t, "eks:eni:owner"), "me");
	CHECK_STR(tag_get(&t, "team"), "net");
}

TEST(ipamd_knows_when_a_subnet_is_full)
{
	static const struct {
		const char *code;
		bool full;
	} cases[] = { { "", false },
		      { "InsufficientCidrBlocks", true },
		      { "InsufficientFreeAddressesInSubnet", true },
		      { "PrivateIpAddressLimitExceeded", false },
		      { "RequestLimitExceeded", false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };

		snprintf(e.code, sizeof(e.code), "%s", cases[i].code);
		CHECK(cloud_insufficient(&e) == cases[i].full);
	}
}

TEST(ipamd_manages_an_eni_by_its_tags)
{
	static const struct {
		const char *key, *value;
		bool untagged_ok, otherwise;
	} cases[] = {
		{ "a", "b", true, false },
		{ "node.k8s.amazonaws.com/no_manage", "true", false, false },
		{ "node.k8s.amazonaws.com/no_manage", "false", true, true },
		{ "node.k8s.amazonaws.com/instance_id", "i-own", true, true },
		{ "node.k8s.amazonaws.com/instance_id", "i-other", true, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tag tag = { cases[i].key, cases[i].value };
		struct tags t = { &tag, 1 };

		CHECK(attached_managed(&t, "i-own", true) == cases[i].untagged_ok);
		CHECK(attached_managed(&t, "i-own", false) == cases[i].otherwise);
	}
}

/* ---- subnets */

TEST(ipamd_chooses_subnets_by_role_and_cluster)
{
#define ROLE "kubernetes.io/role/cni"
#define OWN "cni.networking.k8s.aws/cluster/mine"
#define OTHER "cni.networking.k8s.aws/cluster/other"
	static const struct {
		const char *subnet, *role;
		bool own, other, in_cluster, without;
	} cases[] = {
		{ "node", NULL, false, false, true, true },
		{ "node", "", false, false, true, true },
		{ "node", "1", false, false, true, true },
		{ "node", "0", false, false, false, false },
		{ "node", "1", true, false, true, true },
		{ "node", NULL, false, true, true, true },
		{ "node", NULL, true, false, true, true },
		{ "node", "1", false, true, false, true },
		{ "second", NULL, false, false, false, false },
		{ "second", "0", false, false, false, false },
		{ "second", "1", false, false, true, true },
		{ "second", "true", false, false, true, true },
		{ "second", "1", false, true, false, true },
		{ "second", "1", true, true, true, true },
		{ "second", NULL, true, false, false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tag tags[3];
		struct ec2_subnet s = { .id = cases[i].subnet, .tags = { tags, 0 } };

		if (cases[i].role)
			tags[s.tags.n++] = (struct tag) { ROLE, cases[i].role };
		if (cases[i].own)
			tags[s.tags.n++] = (struct tag) { OWN, "" };
		if (cases[i].other)
			tags[s.tags.n++] = (struct tag) { OTHER, "shared" };
		CHECK(subnet_valid(&s, "node", "mine") == cases[i].in_cluster);
		CHECK(subnet_valid(&s, "node", "") == cases[i].without);
	}
}

TEST(ipamd_tries_the_emptiest_subnet_first)
{
	struct tag role = { ROLE, "1" }, no = { ROLE, "0" };
	struct ec2_subnet v[] = {
		{ .id = "a", .free = 5, .tags = { &role, 1 } },
		{ .id = "none", .free = 99 },
		{ .id = "b", .free = 50, .tags = { &role, 1 } },
		{ .id = "no", .free = 100, .tags = { &no, 1 } },
		{ .id = "node", .free = 5 },
		{ .id = "c", .free = 20, .tags = { &role, 1 } },
	};

	CHECK_INT((long long)subnet_order(v, COUNT(v), "node", ""), 4);
	CHECK_STR(v[0].id, "b");
	CHECK_STR(v[1].id, "c");
	CHECK_STR(v[2].id, "a"); /* of equals the first */
	CHECK_STR(v[3].id, "node");
}

/* ---- ENIs */

static struct ip ip(const char *s)
{
	struct ip out = { 0 };

	CHECK(ip_parse(s, &out));
	return out;
}

static struct attached eni(const char *id, int device, struct ip *room)
{
	struct attached x = { .device = device, .primary = device == 0, .ips = room };

	snprintf(x.id, sizeof(x.id), "%s", id);
	CHECK(cidr_parse("10.0.0.0/24", &x.subnet));
	x.ip = ip_v4(0x0a00000a + (uint32_t)device);
	return x;
}

TEST(ipamd_takes_no_address_that_cannot_be)
{
	auto_quiet bool q0 = quiet();
	struct ip room[3];
	struct attached x = eni("eni-1", 1, room);

	CHECK(attached_take(&x, 3, ip("10.0.0.20")));
	CHECK(!attached_take(&x, 3, ip("10.0.0.20"))); /* twice */
	CHECK(!attached_take(&x, 3, ip("10.0.0.11"))); /* its own */
	CHECK(!attached_take(&x, 3, ip("10.0.1.20"))); /* not in the subnet */
	CHECK(!attached_take(&x, 3, ip("fe80::1")));
	CHECK(attached_take(&x, 3, ip("10.0.0.21")));
	CHECK(attached_take(&x, 3, ip("10.0.0.22")));
	CHECK(!attached_take(&x, 3, ip("10.0.0.23"))); /* no room */
	CHECK_INT((long long)x.nips, 3);
}

TEST(ipamd_believes_ec2_rather_than_imds)
{
	auto_quiet bool q0 = quiet();
	auto_arena struct arena a = { 0 };
	struct nodefacts n = { .instance = "i-own" };
	struct ip room[2] = { ip("10.0.0.20"), ip("10.0.0.30") };
	struct attached v[] = { eni("eni-0", 0, NULL), eni("eni-1", 1, room), eni("eni-2", 2, NULL),
				eni("eni-3", 3, NULL), eni("eni-4", 4, NULL) };
	struct attacheds list = { v, COUNT(v) };
	struct tag no = { "node.k8s.amazonaws.com/no_manage", "true" };
	struct ec2_ip addresses[] = { { ip("10.0.0.11"), true },
				      { ip("10.0.0.20"), false },
				      { ip("10.0.0.40"), false },
				      { ip("10.7.0.1"), false } };
	struct ec2_eni ec2[] = {
		{ .id = "eni-0", .type = "interface", .tags = { &no, 1 } },
		{ .id = "eni-1", .type = "interface", .ips = { addresses, 4 } },
		{ .id = "eni-2", .type = "interface", .tags = { &no, 1 } },
		{ .id = "eni-3", .type = "trunk" },
	};
	int unmanaged;

	v[1].nips = 2;
	attached_merge(&list, &(struct ec2_enis) { ec2, COUNT(ec2) }, &n, true, &unmanaged, &a);
	CHECK_INT((long long)list.n, 2); /* the primary one whatever its tags; eni-4 is unknown */
	CHECK_STR(v[0].id, "eni-0");
	CHECK_STR(v[1].id, "eni-1");
	CHECK_INT(unmanaged, 2);
	CHECK_INT((long long)v[1].nips, 2);
	CHECK_STR(ip_text(v[1].ips[0]).s, "10.0.0.20");
	CHECK_STR(ip_text(v[1].ips[1]).s, "10.0.0.40");
}

TEST(ipamd_limits_come_from_the_type_and_max_eni)
{
	static const struct {
		const char *type;
		int max_eni, enis, ips, pods;
	} cases[] = {
		{ "t3.small", 0, 3, 3, 11 },        { "t3.medium", 0, 3, 5, 17 },
		{ "m5.large", 2, 2, 9, 29 },        { "m5.large", 3, 3, 9, 29 },
		{ "m5.large", 99, 3, 9, 29 },       { "t2.micro", 0, 2, 1, 4 },
		{ "p4d.24xlarge", 0, 15, 49, 737 },
	};
	struct nodefacts bad = { .type = "large" };
	struct err e;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nodefacts n = { 0 };

		snprintf(n.type, sizeof(n.type), "%s", cases[i].type);
		CHECK(nodefacts_limits(&n, cases[i].max_eni, &e) == 0);
		CHECK_INT(n.max_enis, cases[i].enis);
		CHECK_INT(n.ips_per_eni, cases[i].ips);
		CHECK_INT(n.max_pods, cases[i].pods);
	}
	CHECK(nodefacts_limits(&bad, 0, &e) < 0);
	CHECK_INT(e.num, ENOENT);
	CHECK(strstr(e.msg, "'large'") != NULL);
}

/* ---- pods of the checkpoint */

TEST(ipamd_knows_a_pods_link_by_the_end_of_its_name)
{
	static char there[][IFNAMSIZ] = { "eth0", "enib5faff8a083", "eni9571956a6cc" };
	static char one_gone[][IFNAMSIZ] = { "eth0", "enib5faff8a083", "enicc21c2d7785" };
	static char custom[][IFNAMSIZ] = { "customb5faff8a0" };
	static char prefix[][IFNAMSIZ] = { "xyzb5faff8a083" };
	static char shorter[][IFNAMSIZ] = { "5faff8a083" };
	struct lease first = { .pod_ns = "kube-system", .pod = "coredns-57ff979f67-qqbdh" };
	struct lease second = { .pod_ns = "kube-system", .pod = "coredns-57ff979f67-8ns9b" };
	struct lease nameless = { .pod_ns = "", .pod = "" }, half = { .pod_ns = "a", .pod = "" };
	struct links none = { 0 }, all = { there, 3 }, some = { one_gone, 3 };
	struct err e;

	CHECK(hostnet_pod_there(&first, &all, &e) == 0);
	CHECK(hostnet_pod_there(&second, &all, &e) == 0);
	CHECK(hostnet_pod_there(&first, &some, &e) == 0);
	CHECK(hostnet_pod_there(&second, &some, &e) < 0);
	CHECK(hostnet_pod_there(&first, &(struct links) { prefix, 1 }, &e) == 0);
	CHECK(hostnet_pod_there(&first, &(struct links) { custom, 1 }, &e) < 0);
	CHECK(hostnet_pod_there(&first, &(struct links) { shorter, 1 }, &e) < 0);
	CHECK_STR(e.msg, "host-side veth not found for pod kube-system/coredns-57ff979f67-qqbdh");
	CHECK(hostnet_pod_there(&nameless, &none, &e) == 0);
	CHECK(hostnet_pod_there(&half, &none, &e) == 0);
}

/* ---- the probe */

TEST(durations_are_gos)
{
	static const struct {
		const char *s;
		int64_t ms; /* -1: none */
	} cases[] = { { "5s", 5000 },      { "1s", 1000 },       { "500ms", 500 },
		      { "1m30s", 90000 },  { "1.5s", 1500 },     { "2h", 7200000 },
		      { "100us", 0 },      { "5", -1 },          { "s", -1 },
		      { "", -1 },          { "-5s", -1 },        { "1e3s", -1 },
		      { "0x10s", -1 },     { "5 s", -1 },        { "1.2.3s", -1 },
		      { "25h", 90000000 }, { "999999999h", -1 }, { "5x", -1 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = -1;

		CHECK(str_duration(cases[i].s, &ms) == (cases[i].ms >= 0));
		CHECK_INT(ms, cases[i].ms);
	}
}

TEST(probe_tells_usage_and_absence_apart)
{
	static const struct {
		const char *args[3];
		int status;
	} cases[] = {
		{ { "-addr=unix:///nonexistent/ipamd.sock", NULL, NULL }, 2 },
		{ { "--addr", "unix:///nonexistent/ipamd.sock", "-rpc-timeout=5s" }, 2 },
		{ { "-addr=localhost:50051", NULL, NULL }, 1 },
		{ { "-connect-timeout=5s", NULL, NULL }, 1 },
		{ { "-addr=unix:///x", "-connect-timeout=soon", NULL }, 1 },
		{ { "-addr=unix:///x", "-rpc-timeout=0s", NULL }, 1 },
		{ { "-addr=unix:///x", "-nonsense=1", NULL }, 1 },
		{ { "-addr", NULL, NULL }, 1 },
		{ { "addr=unix:///x", NULL, NULL }, 1 },
		{ { "---addr=unix:///x", NULL, NULL }, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[] = "grpc-health-probe", word[3][64], *argv[5] = { name };
		int n = 1;

		for (; n < 4 && cases[i].args[n - 1]; n++) {
			snprintf(word[n - 1], sizeof(word[0]), "%s", cases[i].args[n - 1]);
			argv[n] = word[n - 1];
		}
		CHECK_INT(probe_main(n, argv), cases[i].status);
	}
}
