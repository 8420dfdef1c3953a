/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - tests of the node's link, policy rules and NAT against the kernel. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "hosttest.h"
#include "iface.h"
#include "nft.h"
#include "nstest.h"
#include "pod.h"
#include "rule.h"

struct kernel {
	struct nl route, filter;
	struct err e;
};

static void kernel_open(struct kernel *k)
{
	auto_fd int ns = ns_new(&k->route);

	CHECK(nl_open_proto(&k->filter, NETLINK_NETFILTER, 0, ns, &k->e) == 0);
}

static void kernel_free(struct kernel *k)
{
	nl_close(&k->route);
	nl_close(&k->filter);
}
#define auto_kernel AUTO(kernel_free)

static bool snat(struct kernel *k, const struct node *n)
{
	bool changed = false;

	CHECK(host_snat_sync(&k->filter, &n->c, &n->f, &changed, &k->e) == 0);
	CHECK_STR(k->e.msg, "");
	return changed;
}

static const char *const vpc[] = { "10.10.0.0/16", "10.11.0.0/16", NULL };
static const char *const variants[][3] = {
	{ NULL },
	{ "AWS_VPC_CNI_NODE_PORT_SUPPORT=false", "AWS_VPC_K8S_CNI_RANDOMIZESNAT=none" },
	{ "AWS_VPC_K8S_CNI_EXTERNALSNAT=true" },
	{ "AWS_VPC_K8S_CNI_EXTERNALSNAT=true", "AWS_VPC_CNI_NODE_PORT_SUPPORT=false" },
	{ "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=10.12.0.0/16,0.0.0.0/0" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0x4000", "AWS_VPC_K8S_CNI_VETHPREFIX=veth" },
	{ "AWS_VPC_K8S_CNI_VETHPREFIX=" },
};

TEST(host_snat_sync_changes_between_all_variants_and_is_idempotent)
{
	auto_kernel struct kernel k = { 0 };

	kernel_open(&k);
	for (size_t i = 0; i < 2 * COUNT(variants); i++) {
		uint32_t before = 0, after = 0;
		auto_node struct node n = { 0 };

		node_init(&n, variants[i * 5 % COUNT(variants)], vpc);
		CHECK(snat(&k, &n));
		CHECK(nft_gen(&k.filter, &before, &k.e) == 0);
		CHECK(!snat(&k, &n));
		CHECK(nft_gen(&k.filter, &after, &k.e) == 0 && before == after);
	}
}

TEST(host_snat_clean_leaves_nothing_of_ours)
{
	auto_kernel struct kernel k = { 0 };
	auto_arena struct arena a = { 0 };
	auto_node struct node n = { 0 };
	struct nft_have_chain c = { 0 };
	struct nft_rules r = { 0 };
	bool table = true;

	kernel_open(&k);
	node_init(&n, NULL, vpc);
	CHECK(host_snat_clean(&k.filter, &n.c, &n.f, &k.e) == 0);
	CHECK(snat(&k, &n));
	CHECK(host_snat_clean(&k.filter, &n.c, &n.f, &k.e) == 0);
	CHECK(nft_table_exists(&k.filter, NFT_IP4, "aws-cni", &table, &k.e) == 0 && !table);
	CHECK(nft_chain_get(&k.filter, NFT_IP4, "nat", "AWS-SNAT-CHAIN-0", &a, &c, &k.e) == 0);
	CHECK(!c.c.table);
	CHECK(nft_rules(&k.filter, NFT_IP4, "nat", "POSTROUTING", &a, &r, &k.e) == 0 && r.n == 0);
	CHECK(nft_rules(&k.filter, NFT_IP4, "mangle", "PREROUTING", &a, &r, &k.e) == 0 && r.n == 0);
}

TEST(host_snat_sync_refuses_without_the_facts_it_needs)
{
	auto_kernel struct kernel k = { 0 };
	auto_node struct node n = { 0 };

	kernel_open(&k);
	node_init(&n, NULL, NULL);
	CHECK(host_snat_sync(&k.filter, &n.c, &n.f, NULL, &k.e) == -1);
	CHECK_INT(k.e.num, EINVAL);
	CHECK(strstr(k.e.msg, "exemptCIDRs cannot be empty"));
	node_init(&n, NULL, vpc);
	n.f.primary_ip = (struct ip) { 0 };
	CHECK(host_snat_sync(&k.filter, &n.c, &n.f, NULL, &k.e) == -1);
	CHECK_STR(k.e.msg, "SNAT rules: the node's primary IPv4 address is not known");
	node_init(&n, NULL, vpc);
	n.f.primary_if[0] = '\0';
	CHECK(host_snat_sync(&k.filter, &n.c, &n.f, NULL, &k.e) == -1);
	CHECK_STR(k.e.msg, "SNAT rules: the node's primary interface is not known");
}

/* Rules of priority 1000 to 2000, a line each. */
static int print_rule(const struct rule *r, void *arg)
{
	if (r->prio >= 1000 && r->prio < 2000)
		buf_fmt(arg, "%u %x/%x %s %u\n", r->prio, r->mark, r->mask, cidr_text(r->dst).s,
			r->table);
	return 0;
}

static const char *rules(struct kernel *k, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	CHECK(rule_each(&k->route, IP_V4, print_rule, &out, &k->e) == 0);
	return arena_str(a, out.len ? out.p : "");
}

static const struct {
	const char *env[3], *rules;
} policies[] = {
	{ { NULL }, "1024 80/80  254\n" },
	{ { "AWS_EXTERNAL_SERVICE_CIDRS=0.0.0.0/0" }, "1024 80/80  254\n1535 0/0  254\n" },
	{ { "AWS_EXTERNAL_SERVICE_CIDRS=52.0.0.0/8,54.1.0.0/16" },
	  "1024 80/80  254\n1535 0/0 52.0.0.0/8 254\n1535 0/0 54.1.0.0/16 254\n" },
	{ { "AWS_EXTERNAL_SERVICE_CIDRS=54.1.0.0/16", "AWS_VPC_K8S_CNI_EXTERNALSNAT=true" },
	  "1024 80/80  254\n1535 0/0 54.1.0.0/16 254\n" },
	{ { "AWS_VPC_CNI_NODE_PORT_SUPPORT=false", "AWS_VPC_K8S_CNI_EXTERNALSNAT=true" }, "" },
	{ { "AWS_VPC_CNI_NODE_PORT_SUPPORT=false" }, "1024 80/80  254\n" },
};

TEST(host_rules_sync_follows_the_configuration_and_leaves_others_rules)
{
	static const struct rule foreign[] = {
		{ .family = IP_V4, .prio = 1024, .table = 100, .mark = 0x80, .mask = 0x80 },
		{ .family = IP_V4, .prio = 1024, .table = TABLE_MAIN, .mark = 0x40, .mask = 0xff },
		{ .family = IP_V4, .prio = 1535, .table = 101 },
	};
	static const char others[] = "1024 80/80  100\n1024 40/ff  254\n";
	auto_kernel struct kernel k = { 0 };

	kernel_open(&k);
	for (size_t i = 0; i < COUNT(foreign); i++)
		CHECK(rule_ensure(&k.route, &foreign[i], &k.e) == 0);
	for (size_t i = 0; i < COUNT(policies); i++) {
		auto_node struct node n = { 0 };
		const char *got, *ours = policies[i].rules;
		bool marked = strstr(ours, "1024");
		size_t skip = marked ? strlen("1024 80/80  254\n") : 0;

		node_init(&n, policies[i].env, vpc);
		for (int twice = 0; twice < 2; twice++)
			CHECK(host_rules_sync(&k.route, &n.c, &k.e) == 0);
		CHECK_STR(k.e.msg, "");
		got = rules(&k, &n.a);
		CHECK_STR(got, arena_fmt(&n.a, "%s%s1535 0/0  101\n%s", others,
					 marked ? "1024 80/80  254\n" : "", ours + skip));
	}
}

static void add_bridge(struct kernel *k, struct mac mac)
{
	struct ifinfomsg *i =
		nl_request(&k->route, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*i));
	struct nlattr *info;

	nl_put_str(&k->route, IFLA_IFNAME, "ens5");
	nl_put(&k->route, IFLA_ADDRESS, mac.b, sizeof(mac.b));
	info = nl_nest(&k->route, IFLA_LINKINFO);
	nl_put_str(&k->route, IFLA_INFO_KIND, "bridge");
	nl_end(&k->route, info);
	CHECK(nl_talk(&k->route, 0, NULL, &k->e) == 0);
}

TEST(host_primary_finds_the_link_by_mac_and_sets_its_mtu)
{
	auto_kernel struct kernel k = { 0 };
	auto_node struct node n = { 0 };
	struct iface link = { 0 };

	kernel_open(&k);
	node_init(&n, NULL, vpc);
	n.f.primary_mac = (struct mac) { { 2, 1, 2, 3, 4, 5 } };
	n.f.primary_if[0] = '\0';
	CHECK(host_primary(&k.route, &n.c, &n.f, &k.e) == -1);
	CHECK_INT(k.e.num, ENODEV);
	CHECK_STR(k.e.msg, "primary ENI: no link has the MAC 02:01:02:03:04:05");
	add_bridge(&k, n.f.primary_mac);
	CHECK(host_primary(&k.route, &n.c, &n.f, &k.e) == 0);
	CHECK_STR(n.f.primary_if, "ens5");
	CHECK(iface_get(&k.route, "ens5", &link, &k.e) == 0);
	CHECK_INT(link.mtu, 9001);
	CHECK(host_primary(&k.route, &n.c, &n.f, &k.e) == 0);
	snprintf(n.f.primary_if, sizeof(n.f.primary_if), "ens9");
	CHECK(host_primary(&k.route, &n.c, &n.f, &k.e) == -1);
	CHECK_INT(k.e.num, ENODEV);
}

TEST(host_check_is_silent_when_all_is_well_and_names_each_difference)
{
	auto_buf struct buf well = { 0 }, ill = { 0 };
	auto_kernel struct kernel k = { 0 };
	auto_node struct node n = { 0 };
	struct iface_set up = { .up = true }, mtu = { .mtu = 1500, .down = true };
	struct rule mark = { .family = IP_V4, .prio = 1024 };

	kernel_open(&k);
	node_init(&n, NULL, vpc);
	snprintf(n.f.primary_if, sizeof(n.f.primary_if), "ens5");
	add_bridge(&k, (struct mac) { { 2, 1, 2, 3, 4, 5 } });
	CHECK(iface_change_name(&k.route, "ens5", &up, &k.e) == 0);
	CHECK(host_primary(&k.route, &n.c, &n.f, &k.e) == 0);
	CHECK(host_rules_sync(&k.route, &n.c, &k.e) == 0);
	CHECK(snat(&k, &n));
	CHECK(host_check(&k.route, &k.filter, &n.c, &n.f, &well, &k.e) == 0);
	CHECK_STR(well.len ? well.p : "", "");

	n.c.random = SNAT_NONE;
	CHECK(iface_change_name(&k.route, "ens5", &mtu, &k.e) == 0);
	CHECK(rule_remove(&k.route, &mark, NULL, &k.e) == 0);
	CHECK(host_check(&k.route, &k.filter, &n.c, &n.f, &ill, &k.e) == 0);
	CHECK(strstr(ill.p, "link ens5: mtu is 1500, wanted 9001\n"));
	CHECK(strstr(ill.p, "link ens5: is down\n"));
	CHECK(strstr(ill.p, "ip rule: missing: 1024: from all fwmark 0x80/0x80 lookup main\n"));
	CHECK(strstr(ill.p, "nat: not wanted: chain AWS-SNAT-CHAIN-0, the rule with handle "));
	CHECK(strstr(ill.p, "nat: missing: "
			    "-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment "
			    "--comment \"AWS, SNAT\" -m addrtype ! --dst-type LOCAL -j SNAT "
			    "--to-source 10.10.10.20\n"));
}
