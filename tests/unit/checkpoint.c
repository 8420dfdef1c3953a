/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - Amazon's file: written as Amazon writes it, read without trust. */
#include <errno.h>
#include <sys/stat.h>

#include "checkpoint.h"
#include "file.h"
#include "test.h"
#include "tmpdir.h"

#define HEAD "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":["

static const char amazon[] =
	HEAD "{\"networkName\":\"aws-cni\",\"containerID\":\"5a1f\",\"ifName\":\"eth0\","
	     "\"ipv4\":\"10.0.1.5\",\"allocationTimestamp\":1692000000123456789,"
	     "\"metadata\":{\"k8sPodNamespace\":\"default\",\"k8sPodName\":\"web-0\","
	     "\"interfacesCount\":1}},"
	     "{\"networkName\":\"aws-cni\",\"containerID\":\"9c2\",\"ifName\":\"eth0\","
	     "\"ipv6\":\"2600:1f13:1:2:3::7\",\"allocationTimestamp\":1692000000223456789,"
	     "\"metadata\":{\"k8sPodNamespace\":\"a\",\"k8sPodName\":\"b\","
	     "\"interfacesCount\":2}}]}\n";

static struct ip ip(const char *s)
{
	struct ip out = { 0 };

	CHECK(ip_parse(s, &out));
	return out;
}

TEST(checkpoint_reads_and_rewrites_amazons_file_byte_for_byte)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct leases l;
	struct err e;

	CHECK(checkpoint_parse(amazon, strlen(amazon), &l, &a, &e) == 0);
	CHECK_INT((long long)l.n, 2);
	CHECK_STR(l.v[0].network, "aws-cni");
	CHECK_STR(l.v[0].container, "5a1f");
	CHECK_STR(l.v[0].ifname, "eth0");
	CHECK(ip_eq(l.v[0].ip, ip("10.0.1.5")));
	CHECK(l.v[0].since_ns == INT64_C(1692000000123456789));
	CHECK_STR(l.v[0].pod_ns, "default");
	CHECK_STR(l.v[0].pod, "web-0");
	CHECK_INT(l.v[0].interfaces, 1);
	CHECK(ip_eq(l.v[1].ip, ip("2600:1f13:1:2:3::7")));
	CHECK_INT(l.v[1].interfaces, 2);
	checkpoint_text(l.v, l.n, &b);
	CHECK_STR(b.p, amazon);
}

TEST(checkpoint_of_nothing_is_an_empty_list)
{
	auto_buf struct buf b = { 0 };

	checkpoint_text(NULL, 0, &b);
	CHECK_STR(b.p, HEAD "]}\n");
}

TEST(checkpoint_omits_what_old_releases_did_not_have)
{
	auto_buf struct buf b = { 0 };
	struct lease l = { "n", "c", "eth0", ip("10.0.0.1"), 7, "", "", 0 };

	checkpoint_text(&l, 1, &b);
	CHECK_STR(b.p, HEAD "{\"networkName\":\"n\",\"containerID\":\"c\",\"ifName\":\"eth0\","
			    "\"ipv4\":\"10.0.0.1\",\"allocationTimestamp\":7,\"metadata\":{}}]}\n");
}

TEST(checkpoint_quotes_hostile_names)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf b = { 0 };
	struct lease l = { "\"}\n\\", "c\x01", "eth0", ip("10.0.0.1"), 7, "<&>", "\"", 1 };
	struct leases back;
	struct err e;

	checkpoint_text(&l, 1, &b);
	CHECK(strchr(b.p, '\n') == b.p + b.len - 1);
	CHECK(checkpoint_parse(b.p, b.len, &back, &a, &e) == 0);
	CHECK_INT((long long)back.n, 1);
	CHECK_STR(back.v[0].network, l.network);
	CHECK_STR(back.v[0].container, l.container);
	CHECK_STR(back.v[0].pod_ns, l.pod_ns);
	CHECK_STR(back.v[0].pod, l.pod);
}

TEST(checkpoint_reads_entries_without_metadata)
{
	static const char text[] =
		HEAD "{\"networkName\":\"_migrated-from-cri\",\"containerID\":\"c\",\"ifName\":"
		     "\"unknown\",\"ipv4\":\"192.168.1.1\",\"allocationTimestamp\":0}]}";
	auto_arena struct arena a = { 0 };
	struct leases l;
	struct err e;

	CHECK(checkpoint_parse(text, strlen(text), &l, &a, &e) == 0);
	CHECK_INT((long long)l.n, 1);
	CHECK_STR(l.v[0].pod, "");
	CHECK_INT(l.v[0].interfaces, 0);
}

TEST(checkpoint_takes_go_nil_lists)
{
	static const char *const texts[] = {
		"{\"version\":\"vpc-cni-ipam/1\",\"allocations\":null}",
		"{\"version\":\"vpc-cni-ipam/1\"}"
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		auto_arena struct arena a = { 0 };
		struct leases l;
		struct err e;

		CHECK(checkpoint_parse(texts[i], strlen(texts[i]), &l, &a, &e) == 0);
		CHECK_INT((long long)l.n, 0);
	}
}

#define ENTRY(body) HEAD "{" body "}]}"
TEST(checkpoint_refuses_what_is_malformed_and_says_what)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "checkpoint" },
		{ "[]", "version is ''" },
		{ "{\"version\":\"vpc-cni-ipam/2\",\"allocations\":[]}", "'vpc-cni-ipam/2'" },
		{ "{\"version\":1,\"allocations\":[]}", "version is ''" },
		{ "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":{}}", "want an array" },
		{ HEAD "1]}", "allocation 0: is a number" },
		{ HEAD "]} x", "checkpoint" },
		{ ENTRY("\"ipv4\":\"10.0.0.999\""), "allocation 0: ipv4 '10.0.0.999'" },
		{ ENTRY("\"ipv4\":\"::1\""), "ipv4 '::1'" },
		{ ENTRY("\"ipv6\":\"10.0.0.1\""), "ipv6 '10.0.0.1'" },
		{ ENTRY("\"ipv4\":\"10.0.0.1\",\"ipv6\":\"::1\""), "both" },
		{ ENTRY("\"containerID\":\"c\""), "neither" },
		{ ENTRY("\"ipv4\":7"), "ipv4 is a number" },
		{ ENTRY("\"ipv4\":\"10.0.0.1\",\"containerID\":7"), "containerID is a number" },
		{ ENTRY("\"ipv4\":\"10.0.0.1\",\"allocationTimestamp\":\"x\""),
		  "allocationTimestamp is a string" },
		{ ENTRY("\"ipv4\":\"10.0.0.1\",\"allocationTimestamp\":-1"), "-1 is out of range" },
		{ ENTRY("\"ipv4\":\"10.0.0.1\",\"metadata\":{\"interfacesCount\":4294967296}"),
		  "interfacesCount 4294967296" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct leases l;
		struct err e = { 0 };

		CHECK(checkpoint_parse(cases[i].text, strlen(cases[i].text), &l, &a, &e) < 0);
		CHECK_INT(e.num, EBADMSG);
		if (!strstr(e.msg, cases[i].words))
			test_str(__FILE__, __LINE__, "message", e.msg, cases[i].words);
	}
}

TEST(checkpoint_that_does_not_exist_is_empty)
{
	auto_arena struct arena a = { 0 };
	struct leases l = { NULL, 5 };
	struct err e;

	CHECK(checkpoint_load("/nonexistent/ipam.json", &l, &a, &e) == 0);
	CHECK_INT((long long)l.n, 0);
}

TEST(checkpoint_saves_for_the_owner_alone_and_loads_again)
{
	auto_arena struct arena a = { 0 };
	struct lease l = { "aws-cni", "c", "eth0", ip("10.0.0.1"), 5, "ns", "pod", 1 };
	auto_dir struct dir d = dir_new();
	char path[96];
	struct leases back;
	struct stat st;
	struct err e;

	snprintf(path, sizeof(path), "%s/ipam.json", d.path);
	CHECK(checkpoint_save(path, &l, 1, &e) == 0);
	CHECK(checkpoint_save(path, &l, 1, &e) == 0);
	CHECK(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK(checkpoint_load(path, &back, &a, &e) == 0);
	CHECK_INT((long long)back.n, 1);
	CHECK_STR(back.v[0].pod, "pod");
	CHECK_INT((long long)dir_count(d.path), 1); /* no temporary file is left */
}

TEST(checkpoint_load_names_the_file_that_is_broken)
{
	auto_arena struct arena a = { 0 };
	auto_dir struct dir d = dir_new();
	char path[96];
	struct leases l;
	struct err e;

	snprintf(path, sizeof(path), "%s/ipam.json", d.path);
	CHECK(file_replace(path, "{", 1, 0600, false, &e) == 0);
	CHECK(checkpoint_load(path, &l, &a, &e) < 0);
	CHECK(strstr(e.msg, path) != NULL);
}
