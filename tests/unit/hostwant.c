/* SPDX-License-Identifier: Apache-2.0 */
/* hostwant.c - tests of the node's configuration and of its rules as text, in every variant. */
#include <string.h>

#include "hosttest.h"
#include "hostwant.h"

/* ---- configuration (4.1) */

static const struct {
	const char *env, *complaint;
	bool external, node_port;
	uint32_t mark, mtu;
	enum snat_random random;
	const char *prefix;
} configs[] = {
	{ NULL, "", false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_EXTERNALSNAT=T", "", true, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_EXTERNALSNAT=", "", false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_EXTERNALSNAT=yes",
	  "AWS_VPC_K8S_CNI_EXTERNALSNAT: 'yes' is not a boolean (taken as false)\n", false, true,
	  0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_CNI_NODE_PORT_SUPPORT=False", "", false, false, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_CNI_NODE_PORT_SUPPORT=no",
	  "AWS_VPC_CNI_NODE_PORT_SUPPORT: 'no' is not a boolean (taken as true)\n", false, true,
	  0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_RANDOMIZESNAT=hashrandom", "", false, true, 0x80, 9001, SNAT_HASHRANDOM,
	  "eni" },
	{ "AWS_VPC_K8S_CNI_RANDOMIZESNAT=none", "", false, true, 0x80, 9001, SNAT_NONE, "eni" },
	{ "AWS_VPC_K8S_CNI_RANDOMIZESNAT=None",
	  "AWS_VPC_K8S_CNI_RANDOMIZESNAT: 'None' is none of prng, hashrandom and none (taken as "
	  "prng)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0x40", "", false, true, 0x40, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0XfF", "", false, true, 0xff, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=010", "", false, true, 8, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0b101", "", false, true, 5, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=4294967295", "", false, true, ~0u, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=4294967296",
	  "AWS_VPC_K8S_CNI_CONNMARK: '4294967296' is not a mark from 1 to 0xffffffff (taken as "
	  "0x80)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0",
	  "AWS_VPC_K8S_CNI_CONNMARK: '0' is not a mark from 1 to 0xffffffff (taken as 0x80)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=-1",
	  "AWS_VPC_K8S_CNI_CONNMARK: '-1' is not a mark from 1 to 0xffffffff (taken as 0x80)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=0x",
	  "AWS_VPC_K8S_CNI_CONNMARK: '0x' is not a mark from 1 to 0xffffffff (taken as 0x80)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_CONNMARK=08",
	  "AWS_VPC_K8S_CNI_CONNMARK: '08' is not a mark from 1 to 0xffffffff (taken as 0x80)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_ENI_MTU=5000", "", false, true, 0x80, 5000, SNAT_PRNG, "eni" },
	{ "AWS_VPC_ENI_MTU=abc",
	  "AWS_VPC_ENI_MTU: 'abc' is not an MTU from 576 to 9001 (taken as 9001)\n", false, true,
	  0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_ENI_MTU=500",
	  "AWS_VPC_ENI_MTU: '500' is not an MTU from 576 to 9001 (taken as 9001)\n", false, true,
	  0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_ENI_MTU=10000",
	  "AWS_VPC_ENI_MTU: '10000' is not an MTU from 576 to 9001 (taken as 9001)\n", false, true,
	  0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_VETHPREFIX=veth", "", false, true, 0x80, 9001, SNAT_PRNG, "veth" },
	{ "AWS_VPC_K8S_CNI_VETHPREFIX=", "", false, true, 0x80, 9001, SNAT_PRNG, "" },
	{ "AWS_VPC_K8S_CNI_VETHPREFIX=vlan",
	  "AWS_VPC_K8S_CNI_VETHPREFIX: 'vlan' is not a prefix of at most 4 characters other than "
	  "eth, "
	  "lo and vlan (taken as eni)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
	{ "AWS_VPC_K8S_CNI_VETHPREFIX=long5",
	  "AWS_VPC_K8S_CNI_VETHPREFIX: 'long5' is not a prefix of at most 4 characters other than "
	  "eth, "
	  "lo and vlan (taken as eni)\n",
	  false, true, 0x80, 9001, SNAT_PRNG, "eni" },
};

TEST(host_config_env_parses_each_variable_or_says_why_not)
{
	for (size_t i = 0; i < COUNT(configs); i++) {
		const char *env[] = { configs[i].env, NULL };
		auto_node struct node n = { 0 };

		node_init(&n, env, NULL);
		CHECK_STR(n.complaints.len ? n.complaints.p : "", configs[i].complaint);
		if (n.c.external_snat != configs[i].external ||
		    n.c.node_port != configs[i].node_port || n.c.mark != configs[i].mark ||
		    n.c.mtu != configs[i].mtu || n.c.random != configs[i].random)
			test_failed(__FILE__, __LINE__, configs[i].env ? configs[i].env : "");
		CHECK_STR(n.c.veth_prefix, configs[i].prefix);
	}
}

static const char *joined(const struct cidrs *l, struct arena *a)
{
	const char *s = "";

	for (size_t i = 0; i < l->n; i++)
		s = arena_fmt(a, "%s%s%s", s, *s ? " " : "", cidr_text(l->v[i]).s);
	return s;
}

TEST(host_cidr_lists_are_trimmed_normalised_and_skip_what_is_malformed)
{
	static const char *const env[] = {
		"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS= 10.12.3.4/16 "
		",10.13.0.0/16,,nonsense,10.0.0.1, "
		"2001:db8::/32 ,0.0.0.0/0,10.0.0.0/33",
		"AWS_EXTERNAL_SERVICE_CIDRS=52.1.0.0/16",
		NULL,
	};
	auto_node struct node n = { 0 };

	node_init(&n, env, NULL);
	CHECK_STR(joined(&n.c.exclude, &n.a), "10.12.0.0/16 10.13.0.0/16 0.0.0.0/0");
	CHECK_STR(joined(&n.c.external_services, &n.a), "52.1.0.0/16");
	CHECK_STR(n.complaints.p,
		  "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: 'nonsense' is not an IPv4 CIDR (left out)\n"
		  "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.0.0.1' is not an IPv4 CIDR (left out)\n"
		  "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '2001:db8::/32' is not an IPv4 CIDR (left "
		  "out)\n"
		  "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: '10.0.0.0/33' is not an IPv4 CIDR (left "
		  "out)\n");
}

TEST(host_cidr_lists_that_are_empty_are_no_lists)
{
	static const char *const envs[][2] = { { NULL },
					       { "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=", NULL },
					       { "AWS_EXTERNAL_SERVICE_CIDRS= , ", NULL } };

	for (size_t i = 0; i < COUNT(envs); i++) {
		auto_node struct node n = { 0 };

		node_init(&n, envs[i], NULL);
		CHECK_INT(n.c.exclude.n + n.c.external_services.n, 0);
		CHECK_INT(n.complaints.len, 0);
	}
}

TEST(host_exclusions_are_void_with_external_snat)
{
	static const char *const env[] = { "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=10.12.0.0/16",
					   "AWS_VPC_K8S_CNI_EXTERNALSNAT=true", NULL };
	auto_node struct node n = { 0 };

	node_init(&n, env, NULL);
	CHECK_INT(n.c.exclude.n, 0);
}

/* ---- the wanted rules, for every variant of 4.8 */

#define NAT "*nat\n-N AWS-SNAT-CHAIN-0\n"
#define JUMP "-A POSTROUTING -m comment --comment \"AWS SNAT CHAIN\" -j AWS-SNAT-CHAIN-0\n"
#define EXEMPT(c) "-A AWS-SNAT-CHAIN-0 -d " c " -m comment --comment \"AWS SNAT CHAIN\" -j RETURN\n"
#define EXCLUDE(c) \
	"-A AWS-SNAT-CHAIN-0" c " -m comment --comment \"AWS SNAT CHAIN EXCLUSION\" -j RETURN\n"
#define SNAT(random)                                                                       \
	"-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment \"AWS, SNAT\" -m addrtype ! " \
	"--dst-type LOCAL -j SNAT --to-source 10.10.10.20" random "\n"
#define MANGLE "*mangle\n"
#define SET(mark)                                                                                 \
	"-A PREROUTING -i eth0 -m comment --comment \"AWS, primary ENI\" -m addrtype --dst-type " \
	"LOCAL --limit-iface-in -j CONNMARK --set-xmark " mark "/" mark "\n"
#define RESTORE(from, mark)                                                            \
	"-A PREROUTING" from " -m comment --comment \"AWS, primary ENI\" -j CONNMARK " \
	"--restore-mark --nfmask " mark " --ctmask " mark "\n"
#define MARKS(pods, mark) MANGLE SET(mark) RESTORE(pods, mark) RESTORE(" -i vlan+", mark)
#define NATIVE(from, mark, cidrs)                                                    \
	"table ip aws-cni {\n"                                                       \
	"\tchain nat-prerouting {\n"                                                 \
	"\t\ttype nat hook prerouting priority dstnat + 10; policy accept;\n"        \
	"\t\tfib daddr type local return\n"                                          \
	"\t\t" from "counter jump snat-mark\n"                                       \
	"\t\tcounter meta mark set ct mark & " mark "\n"                             \
	"\t}\n\n"                                                                    \
	"\tchain snat-mark {\n" cidrs "\t\tcounter ct mark set ct mark | " mark "\n" \
	"\t}\n"                                                                      \
	"}\n"
#define RETURN(c) "\t\tcounter ip daddr " c " return\n"
/* The VPC's CIDRs, each inserted before the last. */
#define VPC EXEMPT("10.11.0.0/16") EXEMPT("10.10.0.0/16")
#define VPC_RETURNS RETURN("10.11.0.0/16") RETURN("10.10.0.0/16")
#define PODS "iifname \"eni*\" "

static const struct {
	const char *name, *env[3], *text;
} variants[] = {
	{ "default",
	  { NULL },
	  NAT JUMP VPC SNAT(" --random-fully") MARKS(" -i eni+", "0x80")
		  NATIVE(PODS, "0x00000080", VPC_RETURNS) },
	{ "no NodePorts",
	  { "AWS_VPC_CNI_NODE_PORT_SUPPORT=false", "AWS_VPC_K8S_CNI_RANDOMIZESNAT=none" },
	  NAT JUMP VPC SNAT("") MANGLE RESTORE(" -i eni+", "0x80")
		  NATIVE(PODS, "0x00000080", VPC_RETURNS) },
	{ "external", { "AWS_VPC_K8S_CNI_EXTERNALSNAT=true" }, NAT MARKS(" -i eni+", "0x80") },
	{ "external, no NodePorts",
	  { "AWS_VPC_K8S_CNI_EXTERNALSNAT=true", "AWS_VPC_CNI_NODE_PORT_SUPPORT=false" },
	  NAT MANGLE },
	{ "exclusions",
	  { "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=10.12.0.0/16,10.13.0.0/16",
	    "AWS_VPC_K8S_CNI_RANDOMIZESNAT=hashrandom" },
	  NAT JUMP EXCLUDE(" -d 10.13.0.0/16") EXCLUDE(" -d 10.12.0.0/16") VPC SNAT(" --random")
		  MARKS(" -i eni+", "0x80")
			  NATIVE(PODS, "0x00000080",
				 RETURN("10.13.0.0/16") RETURN("10.12.0.0/16") VPC_RETURNS) },
	{ "everything excluded",
	  { "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=0.0.0.0/0" },
	  NAT JUMP EXCLUDE("") VPC SNAT(" --random-fully") MARKS(" -i eni+", "0x80")
		  NATIVE(PODS, "0x00000080", RETURN("0.0.0.0/0") VPC_RETURNS) },
	{ "other mark and prefix",
	  { "AWS_VPC_K8S_CNI_CONNMARK=0x4000", "AWS_VPC_K8S_CNI_VETHPREFIX=veth" },
	  NAT JUMP VPC SNAT(" --random-fully") MARKS(" -i veth+", "0x4000")
		  NATIVE("iifname \"veth*\" ", "0x00004000", VPC_RETURNS) },
	{ "no prefix",
	  { "AWS_VPC_K8S_CNI_VETHPREFIX=" },
	  NAT JUMP VPC SNAT(" --random-fully") MARKS("", "0x80")
		  NATIVE("", "0x00000080", VPC_RETURNS) },
};
static const char *const vpc[] = { "10.10.0.0/16", "10.11.0.0/16", NULL };

TEST(host_want_is_the_original_rule_set_in_every_variant)
{
	for (size_t i = 0; i < COUNT(variants); i++) {
		auto_buf struct buf text = { 0 };
		auto_node struct node n = { 0 };

		node_init(&n, variants[i].env, vpc);
		host_want_text(&n.c, &n.f, &text);
		if (strcmp(text.p, variants[i].text) != 0)
			printf("# %s:\n", variants[i].name);
		CHECK_STR(text.p, variants[i].text);
	}
}

TEST(host_want_lists_a_cidr_once_and_in_network_form)
{
	static const char *const twice[] = { "10.10.1.2/16", "10.10.0.0/16", NULL };
	auto_buf struct buf text = { 0 };
	auto_node struct node n = { 0 };
	const char *at;

	node_init(&n, NULL, twice);
	host_want_text(&n.c, &n.f, &text);
	at = strstr(text.p, "-d 10.10.0.0/16");
	CHECK(at && !strstr(at + 1, "-d 10.10.0.0/16"));
	CHECK(!strstr(text.p, "10.10.1.2"));
}

TEST(host_stale_chains_are_those_of_older_releases_alone)
{
	static const struct {
		const char *name;
		bool stale;
	} chains[] = {
		{ "AWS-SNAT-CHAIN-1", true },     { "AWS-SNAT-CHAIN-12", true },
		{ "AWS-CONNMARK-CHAIN-0", true }, { "AWS-CONNMARK-CHAIN-3", true },
		{ "AWS-SNAT-CHAIN-0", false },    { "AWS-SNAT-CHAIN-x", false },
		{ "AWS-SNAT-CHAIN-", false },     { "KUBE-SVC-1", false },
		{ "AWS-SNAT-CHAIN", false },
	};

	for (size_t i = 0; i < COUNT(chains); i++) {
		auto_arena struct arena a = { 0 };
		struct nft_want w = { .a = &a };

		host_want_stale(&w, chains[i].name);
		if ((w.nchains == 1) != chains[i].stale)
			test_failed(__FILE__, __LINE__, chains[i].name);
	}
}
