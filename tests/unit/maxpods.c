/* SPDX-License-Identifier: Apache-2.0 */
/* maxpods.c - the formulas: the vectors of spec-maxpods-diag 1.1, what each authority says,
 * reservations, versions. */
#include <errno.h>
#include <string.h>

#include "podmath.h"
#include "test.h"

enum { P = 1, C = 2, ALL = 4, V6 = 8, GROUPS = 16, NO_ENI = -100 };

static struct question question(int flags, long max_eni, const char *version)
{
	struct question q = { .prefix = flags & P,
			      .custom = flags & C,
			      .uncapped = flags & ALL,
			      .ipv6 = flags & V6,
			      .groups = flags & GROUPS,
			      .has_max_eni = max_eni != NO_ENI,
			      .max_eni = max_eni };
	struct err e = { 0 };

	CHECK(cni_version_parse(version, &q.old_cni, &e) == 0);
	return q;
}

static struct limits type(const char *name)
{
	struct limits l = { 0 };

	CHECK(limits_of(name, &l));
	return l;
}

static long pods(const char *name, const char *version, int flags, long max_eni)
{
	auto_arena struct arena a = { 0 };
	struct question q = question(flags, max_eni, version);
	struct limits l = type(name);
	struct answer r;
	struct err e = { 0 };

	CHECK(answer_of(&l, &q, &r, &a, &e) == 0);
	return r.pods;
}

TEST(maxpods_is_the_script_s_for_every_vector)
{
	static const struct {
		const char *type, *version;
		int flags;
		long max_eni, want;
	} v[] = {
		{ "t3.medium", "1.7.5", 0, NO_ENI, 17 },
		{ "m5.8xlarge", "1.11.2", 0, NO_ENI, 234 },
		{ "m5.8xlarge", "1.11.2", P, NO_ENI, 250 },
		{ "m5.8xlarge", "1.11.2", P | ALL, NO_ENI, 3714 },
		{ "m5.large", "1.9.0", P, NO_ENI, 110 },
		{ "m5.large", "1.9.0", P | ALL, NO_ENI, 434 },
		{ "m5.large", "1.8.0", P | ALL, NO_ENI, 29 },
		{ "m5.large", "1.12.0", C, NO_ENI, 20 },
		{ "m5.large", "1.12.0", C | P | ALL, NO_ENI, 290 },
		{ "m5.large", "1.12.0", 0, 2, 20 },
		{ "m5.large", "1.12.0", P | ALL, 2, 290 },
		{ "m5.large", "1.12.0", C, 1, 2 },
		{ "m5.large", "1.12.0", 0, 0, 2 },
		{ "m5.large", "1.12.0", C, 0, -7 },
		{ "m5.large", "2.0", P | ALL, NO_ENI, 434 },
		{ "c5.metal", "1.12.0", P | ALL, NO_ENI, 737 },
		{ "c7g.metal", "1.12.0", P | ALL, NO_ENI, 11762 },
		{ "c6in.32xlarge", "1.18.0", ALL, NO_ENI, 394 },
		{ "c6in.32xlarge", "1.18.0", 0, NO_ENI, 250 },
		{ "p5.48xlarge", "1.18.0", 0, NO_ENI, 100 },
	};

	for (size_t i = 0; i < COUNT(v); i++)
		CHECK_INT(pods(v[i].type, v[i].version, v[i].flags, v[i].max_eni), v[i].want);
}

TEST(maxpods_of_thirty_vcpus_are_110_and_of_more_250)
{
	auto_arena struct arena a = { 0 };
	struct limits l = type("m5.24xlarge");
	struct question q = question(0, NO_ENI, "1.12");
	struct answer r;
	struct err e;

	l.vcpus = 30;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.pods == 110 && r.cap_counts && !r.unsure);
	l.vcpus = 31;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.pods == 250 && r.cap_counts && !r.unsure);
	l.vcpus = -1;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.pods == 110 && r.unsure);
	q.uncapped = true;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.pods == 737 && !r.unsure && !r.cap_counts);
}

TEST(maxpods_of_unknown_vcpus_tell_what_many_would_make)
{
	auto_arena struct arena a = { 0 };
	struct limits l = type("g4ad.16xlarge");
	struct question q = question(0, NO_ENI, "1.12");
	struct verdict v[VERDICTS];
	struct answer r;
	struct err e;

	CHECK(answer_of(&l, &q, &r, &a, &e) == 0);
	CHECK(r.unsure && r.pods == 110 && r.many == 234);
	verdicts_of(&l, &q, &r, v, &a);
	CHECK_STR(v[SCRIPT].note,
		  "nobody knows the vCPUs: 234 instead of 110 if there are more than 30");
	q.prefix = true;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.many == 250);
	q.ipv6 = true;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0 && r.unsure && r.many == 250);
}

TEST(maxpods_of_fewer_than_no_enis_are_those_of_none_but_for_the_script)
{
	auto_arena struct arena a = { 0 };
	struct limits l = type("m5.large");
	struct question q = question(C, 0, "1.12");
	struct verdict v[VERDICTS];
	struct answer r;
	struct err e;

	q.floor = true;
	CHECK(answer_of(&l, &q, &r, &a, &e) == 0);
	CHECK_INT(r.pods, 2);
	CHECK_STR(r.formula, "min(110, max(0, min(0, 3) - 1) * (10 - 1) + 2)");
	verdicts_of(&l, &q, &r, v, &a);
	CHECK_INT(v[SCRIPT].pods, -7);
	CHECK_INT(v[SCRIPT].addresses, 0);
	CHECK_STR(v[SCRIPT].formula, "min(110, (min(0, 3) - 1) * (10 - 1) + 2)");
	CHECK(strstr(v[SCRIPT].note, "no floor"));
	CHECK(strstr(v[NODEADM].note, "nodeadm refuses less than 1"));
	CHECK_INT(reserved_memory_mib(-7), 255);
}

TEST(maxpods_with_ipv6_are_the_cap_where_ipamd_would_start)
{
	static const struct {
		const char *type;
		int flags;
		const char *refused;
	} v[] = { { "t2.micro", V6, "only nitro and bare metal" },
		  { "m5.large", V6 | C, "custom networking" } };
	auto_arena struct arena a = { 0 };

	CHECK_INT(pods("m5.large", "1.12", V6, NO_ENI), 110);
	CHECK_INT(pods("m5.metal", "1.12", V6, NO_ENI), 250);
	for (size_t i = 0; i < COUNT(v); i++) {
		struct question q = question(v[i].flags, NO_ENI, "1.12");
		struct limits l = type(v[i].type);
		struct answer r;
		struct err e = { 0 };

		CHECK(answer_of(&l, &q, &r, &a, &e) < 0);
		CHECK_INT(e.num, ENOTSUP);
		CHECK(strstr(e.msg, v[i].refused));
	}
}

/* Answers of all on one type. */
static void explain(const char *name, int flags, long max_eni, const char *version,
		    struct verdict v[VERDICTS], struct arena *a)
{
	struct question q = question(flags, max_eni, version);
	struct limits l = type(name);
	struct answer r;
	struct err e;

	CHECK(answer_of(&l, &q, &r, a, &e) == 0);
	verdicts_of(&l, &q, &r, v, a);
}

TEST(maxpods_of_t3_medium_are_17_of_which_15_are_usable)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("t3.medium", 0, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[ARITHMETIC].formula, "3 * (6 - 1) + 2");
	CHECK_STR(v[ARITHMETIC].note, "15 are usable beside aws-node and kube-proxy");
	for (size_t i = 0; i < VERDICTS; i++) {
		CHECK_INT(v[i].pods, 17);
		CHECK_INT(v[i].addresses, 15);
	}
}

TEST(maxpods_authorities_disagree_about_prefixes_on_bare_metal)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("c5.metal", P | ALL, NO_ENI, "1.12", v, &a);
	CHECK_INT(v[SCRIPT].pods, 737);
	CHECK(strstr(v[SCRIPT].note, "though bare metal has it"));
	CHECK_INT(v[IPAMD].addresses, 11760);
	CHECK_STR(v[IPAMD].formula, "15 * (50 - 1) * 16 + 2");
	explain("t2.micro", P, NO_ENI, "1.12", v, &a);
	CHECK_INT(v[IPAMD].addresses, 2);
	CHECK(strstr(v[IPAMD].note, "falls back"));
	CHECK(strstr(v[SCRIPT].note, "hypervisor nitro"));
	explain("m5.large", P, NO_ENI, "1.8.9", v, &a);
	CHECK_INT(v[IPAMD].addresses, 27);
	CHECK(strstr(v[IPAMD].note, "1.9"));
	CHECK(strstr(v[SCRIPT].note, "1.9"));
}

TEST(maxpods_nodeadm_and_the_list_never_cap)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("m5.24xlarge", 0, NO_ENI, "1.12", v, &a);
	CHECK_INT(v[SCRIPT].pods, 250);
	CHECK_INT(v[NODEADM].pods, 737);
	CHECK_INT(v[BOOTSTRAP].pods, 737);
	CHECK_INT(v[IPAMD].addresses, 735);
}

TEST(maxpods_nodeadm_is_told_the_expression_it_needs)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("t3.medium", P, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note,
		  "with maxPodsExpression '(default_enis*((ips_per_eni-1)*16))+2': 242");
	CHECK_INT(v[NODEADM].pods, 17);
	explain("t3.medium", C, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note,
		  "with maxPodsExpression '((default_enis-1)*(ips_per_eni-1))+2': 12");
	explain("t3.medium", C | P, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note,
		  "with maxPodsExpression '((default_enis-1)*((ips_per_eni-1)*16))+2': 162");
	explain("t3.medium", 0, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note, NULL);
	explain("t3.medium", 0, 3, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note, NULL);
	explain("t3.medium", 0, 2, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note, "with maxPodsExpression "
				   "'((default_enis<2?default_enis:2)*(ips_per_eni-1))+2': 12");
	explain("t3.medium", P | C, 2, "1.12", v, &a);
	CHECK_STR(v[NODEADM].note,
		  "with maxPodsExpression "
		  "'(((default_enis<2?default_enis:2)-1)*((ips_per_eni-1)*16))+2': 82");
}

TEST(maxpods_ipamd_gives_the_trunk_an_eni)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("m5.large", GROUPS, NO_ENI, "1.12", v, &a);
	CHECK_STR(v[IPAMD].formula, "(3 - 1) * (10 - 1) + 2");
	CHECK_INT(v[IPAMD].addresses, 18);
	CHECK_INT(v[IPAMD].pods, 20);
	CHECK(strstr(v[IPAMD].note, "have 9 branch ENIs besides"));
	CHECK(strstr(v[SCRIPT].note, "trunk"));
	explain("m5.large", GROUPS | C, 1, "1.12", v, &a);
	CHECK_INT(v[IPAMD].addresses, 0);
	CHECK_INT(v[IPAMD].pods, 2);
	CHECK_STR(v[IPAMD].formula, "max(0, min(1, 3) - 2) * (10 - 1) + 2");
	explain("t3.medium", GROUPS, NO_ENI, "1.12", v, &a);
	CHECK_INT(v[IPAMD].addresses, 15);
	CHECK(strstr(v[IPAMD].note, "no trunk"));
	explain("bmn-sf1.metal", GROUPS, NO_ENI, "1.12", v, &a);
	CHECK(strstr(v[IPAMD].note, "nobody knows"));
}

TEST(maxpods_ipamd_takes_no_limit_from_a_max_eni_below_one)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("m5.large", 0, 0, "1.12", v, &a);
	CHECK_INT(v[SCRIPT].pods, 2);
	CHECK_INT(v[IPAMD].addresses, 27);
	CHECK_STR(v[IPAMD].note, "MAX_ENI below 1 is no limit");
	explain("m5.large", 0, 2, "1.12", v, &a);
	CHECK_INT(v[IPAMD].addresses, 18);
	CHECK_STR(v[IPAMD].formula, "min(2, 3) * (10 - 1) + 2");
	CHECK_STR(v[SCRIPT].formula, "min(110, min(2, 3) * (10 - 1) + 2)");
}

TEST(maxpods_with_ipv6_have_no_limit_by_addresses)
{
	auto_arena struct arena a = { 0 };
	struct verdict v[VERDICTS];

	explain("m5.large", V6, NO_ENI, "1.12", v, &a);
	CHECK(v[IPAMD].unlimited && !v[SCRIPT].unlimited);
	CHECK_INT(v[SCRIPT].pods, 29);
	CHECK_STR(v[SCRIPT].note, "knows no IPv6");
}

TEST(maxpods_reserve_cpu_by_bands)
{
	static const int v[][2] = { { 1, 60 },    { 2, 70 },    { 4, 80 },    { 8, 90 },
				    { 16, 110 },  { 32, 150 },  { 48, 190 },  { 64, 230 },
				    { 96, 310 },  { 128, 390 }, { 192, 550 }, { 448, 1190 },
				    { 896, 2310 } };

	for (size_t i = 0; i < COUNT(v); i++)
		CHECK_INT(reserved_cpu(v[i][0]), v[i][1]);
}

TEST(maxpods_reserve_memory_by_pods)
{
	static const int v[][2] = { { 4, 299 },    { 8, 343 },    { 17, 442 },  { 29, 574 },
				    { 44, 739 },   { 58, 893 },   { 60, 915 },  { 110, 1465 },
				    { 234, 2829 }, { 250, 3005 }, { 737, 8362 } };

	for (size_t i = 0; i < COUNT(v); i++)
		CHECK_INT(reserved_memory_mib(v[i][0]), v[i][1]);
}

TEST(maxpods_read_cni_versions)
{
	static const struct {
		const char *text;
		bool old;
	} good[] = { { "1.8.0", true },
		     { "1.9", false },
		     { "1.10.0", false },
		     { "0.9.x", true },
		     { "2.0", false },
		     { "2.x", false },
		     { "1.9.1-eksbuild.1", false },
		     { "1.08", true } };
	static const char *const bad[] = { "v1.9.0",       "2",       "",        "1.", "x.1", "1.x",
					   "1.9-eksbuild", "99999.1", "1.99999", ".9" };
	struct err e = { 0 };
	bool old;

	for (size_t i = 0; i < COUNT(good); i++) {
		CHECK(cni_version_parse(good[i].text, &old, &e) == 0);
		CHECK_INT(old, good[i].old);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK(cni_version_parse(bad[i], &old, &e) < 0);
		CHECK(e.num == EINVAL && strstr(e.msg, "--cni-version"));
	}
	CHECK(cni_version_parse("v1.9.0", &old, &e) < 0 && strstr(e.msg, "write 1.9.0"));
}
