/* SPDX-License-Identifier: Apache-2.0 */
/* maxpods_file.c - files of newer limits, good and hostile; finding types, and what was meant. */
#include <errno.h>
#include <string.h>

#include "file.h"
#include "test.h"
#include "tmpdir.h"
#include "typefind.h"

#define HEAD                                                                                       \
	"type\teni_limit\tipv4_limit\tdefault_card_index\tnetwork_cards\thypervisor\tbare_metal\t" \
	"vcpus\tmemory_mib\tarch\tbranch_enis\n"

static int read_text(const char *text, size_t n, struct types *t, struct arena *a, struct err *e)
{
	auto_dir struct dir d = dir_new();
	const char *path = arena_fmt(a, "%s/limits", d.path);

	CHECK(file_replace(path, text, n, 0600, false, e) == 0);
	return types_read(t, path, a, e);
}

TEST(maxpods_file_of_lines_comes_before_the_table)
{
	static const char text[] =
		HEAD "x99.large\t4\t15\t0\t0:4,1:4\tnitro\tfalse\t-\t16384\ti386+x86_64\t18\r\n"
		     "\n"
		     "m5.large\t5\t20\t1\t0:5\txen\ttrue\t64\t-\t-\t-\n";
	auto_arena struct arena a = { 0 };
	struct types t;
	struct limits l, *all;
	const char *from;
	struct err e = { 0 };
	size_t n;

	CHECK(read_text(text, strlen(text), &t, &a, &e) == 0);
	CHECK_INT(t.n, 2);
	CHECK(types_find(&t, "x99.large", &l, &from, &a));
	CHECK(from == t.file && l.enis == 4 && l.ipv4 == 15 && l.cards == 2 &&
	      l.hypervisor == HYPERVISOR_NITRO);
	CHECK(l.vcpus == -1 && l.memory_mib == 16384 && l.branch_enis == 18);
	CHECK_STR(arch_names(l.archs, "+", &a), "i386+x86_64");
	CHECK(types_find(&t, "m5.large", &l, &from, &a) && l.enis == 5 && l.ipv4 == 20);
	CHECK(l.bare_metal && l.hypervisor != HYPERVISOR_NITRO && l.default_card == 1 &&
	      l.vcpus == 64 && !l.archs);
	CHECK(types_find(&t, "t3.medium", &l, &from, &a) && l.enis == 3);
	CHECK(strstr(from, "table of 20"));
	all = types_all(&t, &n, &a);
	CHECK_INT(n, limits_count() + 1);
	for (size_t i = 1; i < n; i++)
		CHECK(strcmp(all[i - 1].type, all[i].type) < 0);
}

TEST(maxpods_file_needs_only_three_columns)
{
	static const char text[] = "ipv4_limit\teni_limit\ttype\n30\t8\ta0.first";
	auto_arena struct arena a = { 0 };
	struct types t;
	struct err e = { 0 };
	size_t n;

	CHECK(read_text(text, strlen(text), &t, &a, &e) == 0);
	CHECK_INT(t.n, 1);
	CHECK(t.v[0].enis == 8 && t.v[0].ipv4 == 30 && t.v[0].vcpus == -1 && t.v[0].cards == 0);
	CHECK(t.v[0].memory_mib == -1 && t.v[0].branch_enis == -1);
	CHECK_STR(types_all(&t, &n, &a)[0].type, "a0.first");
}

TEST(maxpods_file_takes_from_the_table_what_it_does_not_tell)
{
	static const char lines[] = "type\teni_limit\tipv4_limit\tvcpus\tmemory_mib\n"
				    "m5.large\t4\t12\t\t-\n";
	static const char json[] = "{\"InstanceTypes\":[{\"InstanceType\":\"m5.large\","
				   "\"VCpuInfo\":{\"DefaultVCpus\":3},\"NetworkInfo\":{"
				   "\"MaximumNetworkInterfaces\":4,"
				   "\"Ipv4AddressesPerInterface\":12}}]}";
	auto_arena struct arena a = { 0 };
	struct types t;
	struct err e = { 0 };

	CHECK(read_text(lines, strlen(lines), &t, &a, &e) == 0);
	CHECK(t.v[0].enis == 4 && t.v[0].ipv4 == 12);
	CHECK(t.v[0].vcpus == 2 && t.v[0].memory_mib == -1 && t.v[0].branch_enis == 9);
	CHECK(t.v[0].hypervisor == HYPERVISOR_NITRO && t.v[0].archs == ARCH_X86_64);
	CHECK_INT(t.v[0].cards, 1);
	CHECK(read_text(json, strlen(json), &t, &a, &e) == 0);
	CHECK(t.v[0].enis == 4 && t.v[0].ipv4 == 12);
	CHECK(t.v[0].vcpus == 3 && t.v[0].memory_mib == 8192 && t.v[0].branch_enis == 9);
	CHECK(t.v[0].hypervisor == HYPERVISOR_NITRO && t.v[0].archs == ARCH_X86_64);
	CHECK_INT(t.v[0].cards, 1);
}

TEST(maxpods_fill_only_what_is_not_known)
{
	struct limits known = { .memory_mib = 8,
				.vcpus = 2,
				.branch_enis = 9,
				.cards = 2,
				.cards_differ = true,
				.hypervisor = HYPERVISOR_XEN,
				.archs = ARCH_ARM64 };
	struct limits none = { .memory_mib = -1, .vcpus = -1, .branch_enis = -1, .enis = 3 };
	struct limits all = { .memory_mib = 7,
			      .vcpus = 1,
			      .branch_enis = 0,
			      .cards = 1,
			      .hypervisor = HYPERVISOR_NITRO,
			      .archs = ARCH_I386 };
	struct limits was = all;

	limits_fill(&none, &known);
	CHECK(none.memory_mib == 8 && none.vcpus == 2 && none.branch_enis == 9 && none.cards == 2);
	CHECK(none.cards_differ && none.hypervisor == HYPERVISOR_XEN && none.archs == ARCH_ARM64);
	CHECK_INT(none.enis, 3);
	limits_fill(&all, &known);
	CHECK(memcmp(&all, &was, sizeof(all)) == 0);
}

TEST(maxpods_file_may_come_from_another_system)
{
	static const char text[] = "\xef\xbb\xbf\r\ntype\teni_limit\tipv4_limit\tnetwork_cards\r\n"
				   "\r\n  \t\r\nx99.large\t4\t15\t0:4,1:2\r\n\r\n";
	static const char json[] = "\xef\xbb\xbf\r\n{\"InstanceTypes\":[{\"InstanceType\":"
				   "\"x99.large\",\"NetworkInfo\":{\"MaximumNetworkInterfaces\":4,"
				   "\"Ipv4AddressesPerInterface\":12}}]}\r\n";
	auto_arena struct arena a = { 0 };
	struct types t;
	struct err e = { 0 };

	CHECK(read_text(text, strlen(text), &t, &a, &e) == 0);
	CHECK(t.n == 1 && t.v[0].enis == 4 && t.v[0].cards == 2 && t.v[0].cards_differ);
	CHECK(read_text(json, strlen(json), &t, &a, &e) == 0);
	CHECK(t.n == 1 && t.v[0].enis == 4 && t.v[0].ipv4 == 12);
}

TEST(maxpods_file_may_be_long)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct types t;
	struct err e = { 0 };

	buf_str(&b, "type\teni_limit\tipv4_limit\n");
	for (int i = 0; i < 1000; i++)
		buf_fmt(&b, "x%d.large\t4\t15\n", 2000 - i);
	CHECK(read_text(b.p, b.len, &t, &a, &e) == 0);
	CHECK_INT(t.n, 1000);
	CHECK_STR(t.v[0].type, "x1001.large");
}

#define INFO(card, max)                                                                           \
	"\"NetworkInfo\":{\"DefaultNetworkCardIndex\":" card ",\"Ipv4AddressesPerInterface\":15," \
	"\"MaximumNetworkInterfaces\":6,\"NetworkCards\":[{\"NetworkCardIndex\":0,"               \
	"\"MaximumNetworkInterfaces\":2},{\"NetworkCardIndex\":1,"                                \
	"\"MaximumNetworkInterfaces\":" max "}]}"

TEST(maxpods_file_may_be_what_the_aws_cli_prints)
{
	static const char text[] =
		"\n {\"InstanceTypes\":[{\"InstanceType\":\"x99.large\",\"Hypervisor\":\"nitro\","
		"\"BareMetal\":false,\"VCpuInfo\":{\"DefaultVCpus\":36},"
		"\"MemoryInfo\":{\"SizeInMiB\":1024},\"ProcessorInfo\":{\"SupportedArchitectures\":"
		"[\"arm64\",7,\"riscv\"]}," INFO(
			"1", "4") "},{\"InstanceType\":\"x98.metal\",\"BareMetal\":true,"
				  "\"NetworkInfo\":{\"Ipv4AddressesPerInterface\":5,"
				  "\"MaximumNetworkInterfaces\":7}}]}";
	auto_arena struct arena a = { 0 };
	struct types t;
	struct err e = { 0 };

	CHECK(read_text(text, strlen(text), &t, &a, &e) == 0);
	CHECK_INT(t.n, 2);
	CHECK_STR(t.v[0].type, "x98.metal");
	CHECK(t.v[0].enis == 7 && t.v[0].bare_metal && t.v[0].vcpus == -1 && t.v[0].cards == 0);
	CHECK(t.v[1].enis == 4 && t.v[1].default_card == 1 && t.v[1].cards == 2 &&
	      t.v[1].hypervisor == HYPERVISOR_NITRO && t.v[1].cards_differ);
	CHECK(t.v[1].vcpus == 36 && t.v[1].memory_mib == 1024 && t.v[1].archs == ARCH_ARM64);
	CHECK(t.v[1].ipv4 == 15 && t.v[1].branch_enis == -1);
}

struct bad_file {
	const char *text, *want;
};

static void refused(const struct bad_file *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_arena struct arena a = { 0 };
		struct types t;
		struct err e = { 0 };

		CHECK(read_text(v[i].text, strlen(v[i].text), &t, &a, &e) < 0);
		CHECK_INT(e.num, EBADMSG);
		CHECK(strstr(e.msg, v[i].want));
		if (!strstr(e.msg, v[i].want))
			printf("#   %zu: %s\n", i, e.msg);
	}
}

TEST(maxpods_file_that_is_wrong_is_refused_by_line_and_value)
{
	static const struct bad_file v[] = {
		{ "", "empty" },
		{ "nonsense\n", "no column 'type'" },
		{ "type\teni_limit\n", "no column 'ipv4_limit'" },
		{ HEAD, "no types" },
		{ "\xef\xbb\xbf", "no types" },
		{ "type\teni_limit\tipv4_limit\ttype\n", "two columns 'type'" },
		{ "type\teni_limit\tipv4_limit\nm5.a\t1\t1\t1\n", "line 2: 4 columns" },
		{ "a\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta\ta"
		  "\ta"
		  "\ta\ta\ta\ta\ttype\n",
		  "more than 32 columns" },
		{ HEAD "m5.a\r\t1\t1\n", "type 'm5.a\r'" },
		{ HEAD "m5.a\t1\t1\t0\tx\n", "network_cards 'x'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1:2\n", "network_cards '0:1:2'" },
		{ HEAD "m5.a\t1\t1\t0\t0:x\n", "network_cards '0:x'" },
		{ HEAD "m5.a\t1\t1\t0\t999:1\n", "network_cards '999:1'" },
		{ HEAD "m5.a\t1\t1\t0\t0:999\n", "network_cards '0:999'" },
		{ HEAD "m5.a\t1\t1\t0\t,\n", "network_cards ','" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t0\n", "vcpus '0'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t1\t0\n", "memory_mib '0'" },
		{ HEAD "M5.Large\t1\t1\n", "line 2: type 'M5.Large'" },
		{ HEAD "m5\t1\t1\n", "type 'm5'" },
		{ HEAD "m5.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\t1\t1\n", "type 'm5.aaa" },
		{ HEAD "m5.a\t0\t1\n", "eni_limit '0'" },
		{ HEAD "m5.a\t256\t1\n", "eni_limit '256'" },
		{ HEAD "m5.a\t-\t1\n", "eni_limit '-'" },
		{ HEAD "m5.a\t1\t1e3\n", "ipv4_limit '1e3'" },
		{ HEAD "m5.a\t1\t1\t999\n", "default_card_index '999'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\tkvm\n", "hypervisor 'kvm'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\tmaybe\n", "bare_metal 'maybe'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t32768\n", "vcpus '32768'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t1\t-5\n", "memory_mib '-5'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t1\t1\tz80\n", "arch 'z80'" },
		{ HEAD "m5.a\t1\t1\t0\t0:1\txen\ttrue\t1\t1\tarm64\tx\n", "branch_enis 'x'" },
		{ HEAD "m5.a\t1\t1\nm5.a\t2\t2\n", "m5.a is in it twice" },
	};

	refused(v, COUNT(v));
}

TEST(maxpods_file_of_json_that_is_wrong_is_refused_by_type_and_value)
{
	static const struct bad_file v[] = {
		{ "{", "limits" },
		{ "{}", "no list 'InstanceTypes'" },
		{ "{\"InstanceTypes\":{}}", "no list 'InstanceTypes'" },
		{ "{\"InstanceTypes\":[]}", "no types" },
		{ "{\"InstanceTypes\":[7]}", "type ''" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\"}]}", "no ENIs" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\"," INFO("2", "4") "}]}",
		  "default network card 2" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\"," INFO("1", "\"4\"") "}]}",
		  "MaximumNetworkInterfaces is no number" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\"," INFO("1.5", "4") "}]}",
		  "DefaultNetworkCardIndex is no number" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\",\"Hypervisor\":\"kvm\"," INFO(
			  "1", "4") "}]}",
		  "hypervisor 'kvm'" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\",\"VCpuInfo\":{\"DefaultVCpus\":"
		  "99999}," INFO("1", "4") "}]}",
		  "VCpuInfo.DefaultVCpus is no number from 1 to 32767" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\",\"VCpuInfo\":{\"DefaultVCpus\":"
		  "0}," INFO("1", "4") "}]}",
		  "VCpuInfo.DefaultVCpus is no number" },
		{ "{\"InstanceTypes\":[{\"InstanceType\":\"m5.a\",\"NetworkInfo\":"
		  "{\"MaximumNetworkInterfaces\":7}}]}",
		  "no IPv4 addresses" },
	};

	refused(v, COUNT(v));
}

TEST(maxpods_file_with_a_nul_or_too_many_cards_is_refused)
{
	static const char nul[] = "type\teni_limit\tipv4_limit\nm5.a\t1\0\t2\n";
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct types t;
	struct err e = { 0 };

	CHECK(read_text(nul, sizeof(nul) - 1, &t, &a, &e) < 0);
	CHECK(strstr(e.msg, "NUL"));
	buf_str(&b, HEAD "m5.a\t1\t1\t0\t");
	for (int i = 0; i < 300; i++)
		buf_str(&b, "0:1,");
	CHECK(read_text(b.p, b.len, &t, &a, &e) < 0);
	CHECK(strstr(e.msg, "network_cards"));
	CHECK(types_read(&t, "/nonexistent/limits", &a, &e) < 0);
	CHECK_INT(e.num, ENOENT);
}

TEST(maxpods_tell_what_type_may_have_been_meant)
{
	static const struct {
		const char *type, *want;
	} v[] = { { "t3.mediun", "did you mean t3.medium?" },
		  { "T3.Medium", "did you mean t3.medium?" },
		  { "m5.hugehuge",
		    "m5 has 12xlarge 16xlarge 24xlarge 2xlarge 4xlarge 8xlarge large" },
		  { "m5", "'m5'" },
		  { "zzz9.gigantic", "no instance type 'zzz9.gigantic' in the table of 20" },
		  { "a\033[31m\n.b", "\\u001b[31m\\n.b" },
		  { "", "''" } };
	const struct types none = { 0 };

	for (size_t i = 0; i < COUNT(v); i++) {
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		CHECK(types_unknown(&none, v[i].type, &a, &e) < 0);
		CHECK_INT(e.num, ENOENT);
		CHECK(strstr(e.msg, v[i].want));
		if (!strstr(e.msg, v[i].want))
			printf("#   %s\n", e.msg);
	}
}
