/* SPDX-License-Identifier: Apache-2.0 */
/* ec2limits.c - the table of instance types: samples, order, and every row where VPCBOX_LIMITS_TSV
 * names the file that it was made from. */
#include <stdlib.h>
#include <string.h>

#include "ec2limits.h"
#include "file.h"
#include "str.h"
#include "test.h"

TEST(limits_are_those_of_ec2)
{
	static const struct limits want[] = {
		{ "c5.4xlarge", 32768, 16, 54, 8, 30, 1, 0, false, HYPERVISOR_NITRO, ARCH_X86_64,
		  false },
		{ "c5n.18xlarge", 196608, 72, 107, 15, 50, 1, 0, false, HYPERVISOR_NITRO,
		  ARCH_X86_64, false },
		{ "m4.4xlarge", 65536, 16, 0, 8, 30, 1, 0, false, HYPERVISOR_XEN, ARCH_X86_64,
		  false },
		{ "m5.large", 8192, 2, 9, 3, 10, 1, 0, false, HYPERVISOR_NITRO, ARCH_X86_64,
		  false },
		{ "m5.metal", 393216, 96, 120, 15, 50, 1, 0, true, HYPERVISOR_UNKNOWN, ARCH_X86_64,
		  false },
		{ "m5.xlarge", 16384, 4, 18, 4, 15, 1, 0, false, HYPERVISOR_NITRO, ARCH_X86_64,
		  false },
		{ "p4d.24xlarge", 1179648, 96, 62, 15, 50, 4, 0, false, HYPERVISOR_NITRO,
		  ARCH_X86_64, false },
		{ "p5.48xlarge", 2097152, 192, 120, 2, 50, 32, 0, false, HYPERVISOR_NITRO,
		  ARCH_X86_64, false },
		{ "t2.micro", 1024, 1, 0, 2, 2, 1, 0, false, HYPERVISOR_XEN,
		  ARCH_X86_64 | ARCH_I386, false },
		{ "t3.medium", 4096, 2, 0, 3, 6, 1, 0, false, HYPERVISOR_NITRO, ARCH_X86_64,
		  false },
		{ "t3.small", 2048, 2, 0, 3, 4, 1, 0, false, HYPERVISOR_NITRO, ARCH_X86_64, false },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		struct limits row = { 0 }, *l = &row;

		CHECK(limits_of(want[i].type, &row));
		CHECK_STR(l->type, want[i].type);
		CHECK_INT(l->enis, want[i].enis);
		CHECK_INT(l->ipv4, want[i].ipv4);
		CHECK_INT(l->cards, want[i].cards);
		CHECK_INT(l->default_card, want[i].default_card);
		CHECK_INT(l->branch_enis, want[i].branch_enis);
		CHECK_INT(l->vcpus, want[i].vcpus);
		CHECK_INT(l->memory_mib, want[i].memory_mib);
		CHECK_INT(l->bare_metal, want[i].bare_metal);
		CHECK_INT(l->hypervisor, want[i].hypervisor);
		CHECK_INT(l->archs, want[i].archs);
		CHECK(!l->cards_differ);
	}
}

TEST(limits_tell_their_date)
{
	CHECK_INT(strlen(limits_as_of()), 7);
	CHECK_INT(limits_as_of()[4], '-');
}

TEST(limits_of_unknown_types_are_none)
{
	static const char *const bad[] = { "",         "m5",        "m5.",       "large",
					   "M5.LARGE", "m5.large ", "zz9.large", "a" };

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!limits_of(bad[i], NULL));
}

TEST(limits_are_in_order_and_all_can_be_found)
{
	char last[LIMITS_TYPE] = "";

	CHECK_INT(limits_count(), 1391);
	for (size_t i = 0; i < limits_count(); i++) {
		struct limits row = limits_at(i), found = { 0 }, *l = &row;

		CHECK(limits_of(row.type, &found));
		CHECK(memcmp(&found, &row, sizeof(row)) == 0);
		CHECK(strcmp(last, row.type) < 0);
		snprintf(last, sizeof(last), "%s", row.type);
		CHECK(l->enis >= 1 && l->ipv4 >= 1 && l->cards >= 1 && l->default_card < l->cards);
	}
}

static long number(const char *s)
{
	return strcmp(s, "-") == 0 ? -1 : strtol(s, NULL, 10);
}

static const char *const hypervisors[] = { "unknown", "nitro", "xen" };

static int archs(const char *text, struct arena *a)
{
	static const char *const names[] = { "x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac" };
	struct strs f = str_split(text, "+", a);
	int mask = 0;

	for (size_t i = 0; i < f.n; i++)
		for (size_t k = 0; k < COUNT(names); k++)
			if (strcmp(f.v[i], names[k]) == 0)
				mask |= 1 << k;
	return mask;
}

static void check_row(const char *line, struct arena *a)
{
	struct strs f = str_split(line, "\t", a);
	struct limits row = { 0 }, *l = &row;

	CHECK_INT(f.n, 12);
	CHECK(f.n == 12 && limits_of(f.v[0], &row));
	if (f.n != 12)
		return;
	CHECK_INT(l->enis, number(f.v[1]));
	CHECK_INT(l->ipv4, number(f.v[2]));
	CHECK_INT(l->default_card, number(f.v[3]));
	CHECK_INT(l->cards, str_split(f.v[4], ",", a).n);
	CHECK_INT(l->hypervisor == HYPERVISOR_NITRO, strcmp(f.v[5], "nitro") == 0);
	CHECK_STR(hypervisors[l->hypervisor], f.v[5]);
	CHECK_INT(l->archs, archs(f.v[10], a));
	CHECK_INT(l->bare_metal, strcmp(f.v[6], "true") == 0);
	CHECK_INT(l->vcpus, number(f.v[8]));
	CHECK_INT(l->memory_mib, number(f.v[9]));
	CHECK_INT(l->branch_enis, number(f.v[11]));
}

TEST(limits_are_those_of_the_file_where_it_is_named)
{
	const char *path = getenv("VPCBOX_LIMITS_TSV");
	auto_arena struct arena a = { 0 };
	auto_buf struct buf text = { 0 };
	struct strs lines;
	struct err e;

	if (!path || !*path)
		return;
	CHECK(file_read(path, 1 << 20, &text, &e) == 0);
	lines = str_split(text.len ? text.p : "", "\n", &a);
	CHECK_INT(lines.n, limits_count() + 1);
	for (size_t i = 1; i < lines.n; i++)
		check_row(lines.v[i], &a);
}
