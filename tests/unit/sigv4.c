/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.c - signatures against AWS's published example, botocore's for the same requests, and,
 * where VPCBOX_SIGV4_SUITE names it, the whole signing test suite. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "json.h"
#include "sigv4.h"
#include "str.h"
#include "test.h"

#define ID "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static const char *signature_of(const struct http_request *q)
{
	const char *at = strstr(http_header(&q->headers, "Authorization"), "Signature=");

	return at ? at + 10 : "";
}

TEST(sigv4_signs_aws_published_example)
{
	auto_arena struct arena a = { 0 };
	struct sigv4 s = { .keys = { "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
				     "" },
			   .region = "us-east-1",
			   .service = "iam",
			   .unix_s = time_parse("20150830T123600Z") };
	struct http_request q = { .method = "GET",
				  .target = "/?Action=ListUsers&Version=2010-05-08" };

	http_add(&q.headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	http_add(&q.headers, "Host", "iam.amazonaws.com");
	sigv4_sign(&s, &q, &a);
	CHECK_STR(http_header(&q.headers, "Authorization"),
		  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
		  "SignedHeaders=content-type;host;x-amz-date, "
		  "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(sigv4_agrees_with_botocore)
{
	static const struct {
		const char *method, *target, *host, *name, *value, *body, *token, *service, *region,
			*want;
	} cases[] = {
		{ "POST", "/", "ec2.eu-central-1.amazonaws.com", "Content-Type",
		  "application/x-www-form-urlencoded; charset=utf-8",
		  "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=vpc-id&"
		  "Filter.1.Value.1=vpc-0a1b2c3d",
		  "", "ec2", "eu-central-1",
		  "16a8a67149c456a97f0954083722197bf0ad1f977a6a3d030ee1123f641eddfe" },
		{ "GET", "/?Action=GetCallerIdentity&Version=2011-06-15",
		  "sts.us-east-1.amazonaws.com", NULL, NULL, "", "session+token/with==", "sts",
		  "us-east-1", "ef27bb4bba51c286e4addd683dd8c475d1c86162c65750cdbecb19983fa37356" },
		{ "PUT", "/a%20b//c/../d/?z=1&a=%2F&a=B&empty=", "example.amazonaws.com",
		  "X-Custom", "  a   b  ", "{\"x\":1}", "", "es", "us-west-2",
		  "403384e8cb3b620bf52063ecd99cbfb8bb89b1ad6cb531b13256c2e521e8f094" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct sigv4 s = { .keys = { ID, SECRET, cases[i].token },
				   .region = cases[i].region,
				   .service = cases[i].service,
				   .unix_s = time_parse("20260304T050607Z") };
		struct http_request q = { .method = cases[i].method,
					  .target = cases[i].target,
					  .body = cases[i].body,
					  .body_len = strlen(cases[i].body) };

		http_add(&q.headers, "Host", cases[i].host);
		if (cases[i].name)
			http_add(&q.headers, cases[i].name, cases[i].value);
		sigv4_sign(&s, &q, &a);
		CHECK_STR(signature_of(&q), cases[i].want);
		CHECK_STR(http_header(&q.headers, "x-amz-security-token"), cases[i].token);
	}
}

TEST(sigv4_canonical_is_one_spelling)
{
	static const struct {
		const char *target, *path, *query;
		bool single;
	} cases[] = {
		{ "", "/", "", false },
		{ "/?", "/", "", false },
		{ "/a/./b/../c/", "/a/c/", "", false },
		{ "/../..", "/", "", false },
		{ "//", "/", "", false },
		{ "/a%20b", "/a%2520b", "", false },
		{ "/a%20b/./c", "/a%20b/./c", "", true },
		{ "/a b", "/a%20b", "", true },
		{ "/?b=2&a=2&a=1", "/", "a=1&a=2&b=2", false },
		{ "/?a&%61=%3d", "/", "a=&a=%3D", false },
		{ "/?a=%zz%4", "/", "a=%25zz%254", false },
		{ "/?x=a b+c", "/", "x=a%20b%2Bc", false },
		{ "/?=v", "/", "=v", false },
		{ "/?a==b", "/", "a=%3Db", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct http_request q = { .method = "GET", .target = cases[i].target };
		const char *got = sigv4_canonical(&q, "host", cases[i].single, &a);

		CHECK_STR(got, arena_fmt(&a, "GET\n%s\n%s\nhost:\n\nhost\n%s", cases[i].path,
					 cases[i].query,
					 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
					 "7852b855"));
	}
}

TEST(sigv4_presigns_aws_published_example)
{
	auto_arena struct arena a = { 0 };
	struct sigv4 s = { .keys = { ID, SECRET, "" },
			   .region = "us-east-1",
			   .service = "s3",
			   .unix_s = time_parse("20130524T000000Z"),
			   .single_encode = true };
	struct http_request q = { .method = "GET", .target = "/test.txt" };

	http_add(&q.headers, "Host", "examplebucket.s3.amazonaws.com");
	CHECK_STR(sigv4_presign(&s, &q, 86400, &a),
		  "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
		  "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
		  "20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
		  "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(sigv4_keeps_the_key_of_one_secret_day_region_and_service)
{
	static const char *const secrets[] = { "one", "two" }, *const regions[] = { "r", "s" };
	struct sigv4_key key = { 0 };

	for (int i = 0; i < 16; i++) {
		auto_arena struct arena a = { 0 };
		struct sigv4 s = { .keys = { ID, secrets[i & 1], "" },
				   .region = regions[i >> 1 & 1],
				   .service = i & 4 ? "ec2" : "sts",
				   .unix_s = 1700000000 + (i & 8 ? 86400 : 0) };
		const char *want = sigv4_signature(&s, "x", &a);

		s.key = &key;
		CHECK_STR(sigv4_signature(&s, "x", &a), want);
		CHECK_STR(sigv4_signature(&s, "x", &a), want);
		CHECK_STR(key.secret, s.keys.secret);
	}
	sigv4_forget(&key);
	CHECK(!key.secret[0] && !key.scope[0]);
}

TEST(sigv4_does_not_keep_what_is_too_long)
{
	auto_arena struct arena a = { 0 };
	struct sigv4_key key = { 0 };
	struct sigv4 s = { .keys = { ID, arena_fmt(&a, "%0200d", 1), "" },
			   .region = "r",
			   .service = "ec2",
			   .key = &key };

	CHECK(strlen(sigv4_signature(&s, "x", &a)) == 64);
	CHECK(!key.scope[0]);
}

/* ---- the suite: FOLDER/CASE/{request.txt,context.json,header-*.txt} */

static const char *text_of(const char *dir, const char *file, struct arena *a)
{
	auto_buf struct buf b = { 0 };
	struct err e;

	if (file_read(arena_fmt(a, "%s/%s", dir, file), 1 << 20, &b, &e) < 0) {
		test_failed(__FILE__, __LINE__, arena_str(a, e.msg));
		return "";
	}
	return arena_str(a, b.len ? b.p : "");
}

static char *line_of(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (end)
		*end = '\0';
	*rest = end ? end + 1 : line + strlen(line);
	return line;
}

/* The suite's requests are not always HTTP: spaces in paths, folded headers. */
static void read_request(char *text, struct http_request *q, struct arena *a)
{
	char *line = line_of(&text), *target = strchr(line, ' ') + 1;

	q->method = arena_fmt(a, "%.*s", (int)(target - 1 - line), line);
	*strstr(target, " HTTP/1.1") = '\0';
	q->target = target;
	while (*text && *text != '\n') {
		char *value;

		line = line_of(&text);
		if (*line == ' ') {
			struct http_header *h = &q->headers.v[q->headers.n - 1];

			h->value = arena_fmt(a, "%s\n%s", h->value, line);
			continue;
		}
		value = strchr(line, ':');
		*value = '\0';
		http_add(&q->headers, line, value + 1);
	}
	q->body = *text ? text + 1 : "";
	q->body_len = strlen(q->body);
}

static void add_digest(struct http_request *q, struct arena *a)
{
	const char *canonical = sigv4_canonical(q, "host", false, a);

	http_add(&q->headers, "X-Amz-Content-Sha256", strrchr(canonical, '\n') + 1);
}

static void run_case(const char *dir)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	const char *ctx = text_of(dir, "context.json", &a);
	struct http_request q = { 0 };
	struct sigv4 s;
	const char *names, *canonical;
	struct err e;
	bool late;

	j = json_parse(ctx, strlen(ctx), &e);
	late = json_bool(j, "omit_session_token", false);
	s = (struct sigv4) { .keys = { json_str(j, "credentials.access_key_id", ""),
				       json_str(j, "credentials.secret_access_key", ""),
				       late ? "" : json_str(j, "credentials.token", "") },
			     .region = json_str(j, "region", ""),
			     .service = json_str(j, "service", ""),
			     .unix_s = time_parse(json_str(j, "timestamp", "")),
			     .single_encode = !json_bool(j, "normalize", true) };
	read_request(arena_str(&a, text_of(dir, "request.txt", &a)), &q, &a);
	if (json_bool(j, "sign_body", false))
		add_digest(&q, &a);
	sigv4_sign(&s, &q, &a);
	names = strstr(http_header(&q.headers, "Authorization"), "SignedHeaders=") + 14;
	names = arena_fmt(&a, "%.*s", (int)strcspn(names, ","), names);
	canonical = sigv4_canonical(&q, names, s.single_encode, &a);
	CHECK_STR(canonical, text_of(dir, "header-canonical-request.txt", &a));
	CHECK_STR(sigv4_to_sign(&s, canonical, &a), text_of(dir, "header-string-to-sign.txt", &a));
	CHECK_STR(signature_of(&q), text_of(dir, "header-signature.txt", &a));
}

TEST(sigv4_passes_the_suite_where_it_is_named)
{
	const char *folder = getenv("VPCBOX_SIGV4_SUITE");
	DIR *d = folder && *folder ? opendir(folder) : NULL;
	int n = 0;

	if (!folder || !*folder)
		return;
	CHECK(d);
	for (struct dirent *i = d ? readdir(d) : NULL; i; i = readdir(d)) {
		char dir[512];

		if (*i->d_name == '.')
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", folder, i->d_name);
		run_case(dir);
		n++;
	}
	if (d)
		closedir(d);
	CHECK(n >= 38);
}
