/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - config and credentials files, good and bad; tests/aws/sign.py compares with botocore.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "file.h"
#include "profile.h"
#include "test.h"
#include "tmpdir.h"

TEST(profile_values_come_from_both_files_and_the_credentials_win)
{
	auto_profiles struct profiles *p = NULL;
	struct err e;

	CHECK(profiles_parse(
		      &p,
		      "\xef\xbb\xbf# hello\r\n[default]\r\nRegion = a # c\r\n"
		      "[profile x]\nregion=b\n[profile \"y z\"]\nregion : c\n[default]\n"
		      "output = json\naws_access_key_id = CONFIG\n[sso-session x]\nregion=n\n"
		      "[other]\nregion = n\n",
		      "[default]\naws_access_key_id = ID\n[profile x]\nregion=no\n", &e) == 0);
	CHECK_STR(profiles_get(p, "default", "region"), "a");
	CHECK_STR(profiles_get(p, "default", "OUTPUT"), "json");
	CHECK_STR(profiles_get(p, "default", "aws_access_key_id"), "ID");
	CHECK_STR(profiles_get(p, "x", "region"), "b");
	CHECK_STR(profiles_get(p, "y z", "region"), "c");
	CHECK_STR(profiles_get(p, "other", "region"), "");
	CHECK(profiles_has(p, "x") && !profiles_has(p, "other") && !profiles_has(p, "none"));
}

TEST(profile_services_have_properties_of_their_own)
{
	auto_profiles struct profiles *p = NULL;
	struct err e;

	CHECK(profiles_parse(
		      &p,
		      "[services s]\nec2 =\n  endpoint_url = http://a\n  # c\n\n"
		      "  endpoint_url = http://b # c\nsts = \n  Endpoint_URL=http://c\nx = 1\n"
		      "[profile s]\nec2 =\n  endpoint_url = no\n",
		      "", &e) == 0);
	CHECK_STR(profiles_service(p, "s", "ec2", "endpoint_url"), "http://b");
	CHECK_STR(profiles_service(p, "s", "sts", "endpoint_url"), "http://c");
	CHECK_STR(profiles_service(p, "s", "x", "endpoint_url"), "");
	CHECK_STR(profiles_service(p, "t", "ec2", "endpoint_url"), "");
}

TEST(profile_files_that_are_wrong_are_refused_with_their_line)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "region = a", "config line 1: a property before" },
		{ "\n[default", "config line 2: a section begins" },
		{ "[default] x", "config line 1: a section begins" },
		{ "[ ]", "config line 1: a section without" },
		{ "[profile \"x]", "config line 1: the quotes" },
		{ "[profile \"\"]", "config line 1: a section without" },
		{ "[profile x y]", "config line 1: a name with white space" },
		{ "[default]\n\nnonsense", "config line 3: this is neither" },
		{ "[default]\n= hush", "config line 2: this is neither" },
		{ "[default]\ns3 =\n a = 1\n\n hush", "config line 5: a property of an indented" },
		{ "[default]\nx = \xff", "config line 2: this is not UTF-8" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_profiles struct profiles *p = NULL;
		struct err e = { 0 };

		CHECK(profiles_parse(&p, cases[i].text, "", &e) < 0 && e.num == EBADMSG);
		CHECK(strstr(e.msg, cases[i].want) == e.msg);
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
		CHECK(!strstr(e.msg, "hush"));
	}
}

static void put(const char *path, const char *text, size_t n)
{
	struct err e;

	CHECK(file_replace(path, text, n, 0600, false, &e) == 0);
}

static void forget_files(int *unused)
{
	(void)unused;
	unsetenv("AWS_CONFIG_FILE");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
}

TEST(profile_files_are_found_by_variable_and_home)
{
	AUTO(forget_files) __attribute__((unused)) int clean = 0;
	auto_dir struct dir d = dir_new();
	auto_profiles struct profiles *p = NULL, *none = NULL, *bad = NULL, *big = NULL;
	auto_buf struct buf huge = { 0 };
	char path[100], home[200];
	struct err e;

	snprintf(home, sizeof(home), "%s", getenv("HOME") ? getenv("HOME") : "/");
	setenv("HOME", d.path, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/keys", 1);
	CHECK(profiles_load(&none, &e) == 0 && !profiles_has(none, "default"));
	snprintf(path, sizeof(path), "%s/keys", d.path);
	put(path, "[default]\naws_access_key_id = A\n", 32);
	CHECK(profiles_load(&p, &e) == 0);
	CHECK_STR(profiles_get(p, "default", "aws_access_key_id"), "A");
	put(path, "[default]\na = \0\n", 16);
	CHECK(profiles_load(&bad, &e) < 0 && e.num == EBADMSG && strstr(e.msg, path));
	memset(buf_room(&huge, 2 << 20), 'x', 2 << 20);
	put(path, huge.p, 2 << 20);
	CHECK(profiles_load(&big, &e) < 0 && e.num == EFBIG);
	setenv("AWS_SHARED_CREDENTIALS_FILE", d.path, 1);
	CHECK(profiles_load(&big, &e) < 0 && e.num == EISDIR);
	setenv("HOME", home, 1);
}

/* As the SDK for Go has it, but that a token never comes from the other file. */
TEST(profile_keys_are_all_of_one_file)
{
#define P "[profile p]\n"
#define ID(x) "aws_access_key_id=" x "\n"
#define KEY(x) "aws_secret_access_key=" x "\n"
#define TOKEN(x) "aws_session_token=" x "\n"
	static const struct {
		const char *config, *credentials;
		struct profile_keys want;
	} cases[] = {
		{ "", "", { "", "", "" } },
		{ P ID("c") KEY("cs") TOKEN("ct"), "", { "c", "cs", "ct" } },
		{ P ID("c") KEY("cs") TOKEN("ct"), "[p]\nregion=r\n", { "c", "cs", "ct" } },
		{ P ID("c") KEY("cs") TOKEN("ct"), "[p]\n" ID("k") KEY("ks"), { "k", "ks", "" } },
		{ P ID("c") KEY("cs"), "[p]\n" ID("k") KEY("ks") TOKEN("kt"), { "k", "ks", "kt" } },
		{ P ID("c") KEY("cs"), "[p]\n" TOKEN("kt"), { "c", "cs", "" } },
		{ P KEY("cs"), "[p]\n" ID("k"), { "k", "", "" } },
		{ P ID("c") KEY("cs"), "[p]\n" KEY("ks"), { "", "ks", "" } },
		{ P ID("c"), "[p]\n" ID("k") KEY("ks"), { "k", "ks", "" } },
		{ P ID("c"), "[p]\nregion=r\n", { "c", "", "" } },
		{ P KEY("cs") P ID("c"), "", { "c", "cs", "" } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_profiles struct profiles *p = NULL;
		struct profile_keys k;
		struct err e;

		CHECK(profiles_parse(&p, cases[i].config, cases[i].credentials, &e) == 0);
		k = profiles_keys(p, "p");
		CHECK_STR(k.id, cases[i].want.id);
		CHECK_STR(k.secret, cases[i].want.secret);
		CHECK_STR(k.token, cases[i].want.token);
	}
}
