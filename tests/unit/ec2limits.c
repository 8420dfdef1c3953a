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
		{ "c5.4xlarge", 32768, 16, 54, 8, 30, 1, 0, true, false },
		{ "c5n.18xlarge", 196608, 72, 107, 15, 50, 1, 0, true, false },
		{ "m4.4xlarge", 65536, 16, 0, 8, 30, 1, 0, false, false },
		{ "m5.large", 8192, 2, 9, 3, 10, 1, 0, true, false },
		{ "m5.metal", 393216, 96, 120, 15, 50, 1, 0, false, true },
		{ "m5.xlarge", 16384, 4, 18, 4, 15, 1, 0, true, false },
		{ "p4d.24xlarge", 1179648, 96, 62, 15, 50, 4, 0, true, false },
		{ "p5.48xlarge", 2097152, 192, 120, 2, 50, 32, 0, true, false },
		{ "t2.micro", 1024, 1, 0, 2, 2, 1, 0, false, false },
		{ "t3.medium", 4096, 2, 0, 3, 6, 1, 0, true, false },
		{ "t3.small", 2048, 2, 0, 3, 4, 1, 0, true, false },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		const struct limits *l = limits_of(want[i].type);

		CHECK(l);
		if (!l)
			continue;
		CHECK_STR(l->type, want[i].type);
		CHECK_INT(l->enis, want[i].enis);
		CHECK_INT(l->ipv4, want[i].ipv4);
		CHECK_INT(l->cards, want[i].cards);
		CHECK_INT(l->default_card, want[i].default_card);
		CHECK_INT(l->branch_enis, want[i].branch_enis);
		CHECK_INT(l->vcpus, want[i].vcpus);
		CHECK_INT(l->memory_mib, want[i].memory_mib);
		CHECK_INT(l->nitro, want[i].nitro);
		CHECK_INT(l->bare_metal, want[i].bare_metal);
	}
}

TEST(limits_of_unknown_types_are_none)
{
	static const char *const bad[] = { "",         "m5",        "m5.",       "large",
					   "M5.LARGE", "m5.large ", "zz9.large", "a" };

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(!limits_of(bad[i]));
}

TEST(limits_are_in_order_and_all_can_be_found)
{
	CHECK_INT(limits_count(), 1391);
	for (size_t i = 0; i < limits_count(); i++) {
		const struct limits *l = limits_at(i);

		CHECK(limits_of(l->type) == l);
		CHECK(i == 0 || strcmp(limits_at(i - 1)->type, l->type) < 0);
		CHECK(l->enis >= 1 && l->ipv4 >= 1 && l->cards >= 1 && l->default_card < l->cards);
	}
}

static long number(const char *s)
{
	return strcmp(s, "-") == 0 ? -1 : strtol(s, NULL, 10);
}

static void check_row(const char *line, struct arena *a)
{
	struct strs f = str_split(line, "\t", a);
	const struct limits *l = f.n == 12 ? limits_of(f.v[0]) : NULL;

	CHECK_INT(f.n, 12);
	CHECK(l);
	if (!l)
		return;
	CHECK_INT(l->enis, number(f.v[1]));
	CHECK_INT(l->ipv4, number(f.v[2]));
	CHECK_INT(l->default_card, number(f.v[3]));
	CHECK_INT(l->cards, str_split(f.v[4], ",", a).n);
	CHECK_INT(l->nitro, strcmp(f.v[5], "nitro") == 0);
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
