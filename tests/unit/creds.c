/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - where a session's keys and region come from: environment or instance. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "creds.h"
#include "fakeaws.h"
#include "test.h"

struct instance {
	const char *document, *roles, *keys;
	int asked; /* for keys */
};

static void metadata(struct httpd_call *c)
{
	struct instance *i = c->arg;
	const char *text = NULL;

	if (strcmp(c->method, "PUT") == 0)
		text = "token";
	else if (strcmp(c->path, "/latest/dynamic/instance-identity/document") == 0)
		text = i->document;
	else if (strcmp(c->path, "/latest/meta-data/iam/security-credentials/") == 0)
		text = i->roles;
	else if (strcmp(c->path, "/latest/meta-data/iam/security-credentials/node") == 0)
		text = i->keys;
	i->asked += text && text == i->keys;
	httpd_reply(c, text ? 200 : 404, NULL, text ? text : "", text ? strlen(text) : 0);
}

static void imds_at(const struct web *web, struct imds *m)
{
	struct err e;

	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", web->url, 1);
	CHECK(imds_init(m, &e) == 0);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

static void on_instance(struct web *web, struct instance *i, struct imds *m)
{
	web_serve(web, metadata, i);
	imds_at(web, m);
}

#define KEYS(until)                                                                               \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"hush\",\"Token\":" \
	"\"t/+=\",\"Expiration\":\"" until "\"}"

TEST(aws_takes_region_and_keys_from_the_instance)
{
	struct instance i = { "{\"region\":\"ap-south-1\"}", "node\nother",
			      KEYS("2099-01-02T03:04:05Z"), 0 };
	auto_web struct web web = { 0 };
	auto_imds struct imds m = { 0 };
	auto_aws struct aws w = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	on_instance(&web, &i, &m);
	CHECK(aws_init(&w, &m, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.region, "ap-south-1");
	for (int n = 0; n < 3; n++)
		CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.key_id, "ASIA1");
	CHECK_STR(w.secret, "hush");
	CHECK_STR(w.token, "t/+=");
	CHECK_INT(w.keys_until, time_parse("2099-01-02T03:04:05Z"));
	CHECK(creds_expire(&w));
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	web_stop(&web);
	CHECK_INT(i.asked, 2);
}

TEST(aws_serves_old_keys_while_new_ones_cannot_be_had)
{
	struct instance i = { .roles = "node", .keys = "{}" };
	auto_web struct web web = { 0 };
	auto_imds struct imds m = { 0 };
	auto_aws struct aws w = { .imds = &m, .key_id = "ASIA1", .secret = "s" };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	on_instance(&web, &i, &m);
	w.keys_until = wall_ns() / 1000000000 + 60;
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.key_id, "ASIA1");
	w.keys_until = wall_ns() / 1000000000 - 1;
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) < 0);
}

/* Of what time the call has, IMDS may not take all. */
TEST(aws_calls_with_old_keys_while_imds_is_silent)
{
	static const struct web_step silent[] = { { .silent = true }, { .silent = true } };
	static const struct fakeaws_answer ok = { 200, "<X><requestId>r-1</requestId></X>" };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_web struct web web = { 0 };
	auto_imds struct imds m = { 0 };
	auto_aws struct aws w = { .key_id = "ASIA1", .secret = "s" };
	auto_aws_params struct aws_params p = { 0 };
	auto_arena struct arena a = { 0 };
	struct xml *out = NULL;
	struct err e = { 0 };

	web_script(&web, silent, COUNT(silent));
	imds_at(&web, &m);
	fakeaws_start(&f, &w);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	w.imds = &m;
	w.keys_until = wall_ns() / 1000000000 + 60;
	CHECK(aws_query(&w, "ec2", "v", "DescribeX", &p, &a, &out, now_ms() + 3000, &e) == 0);
}

TEST(aws_names_what_is_wrong_with_credentials_and_shows_none)
{
	static const struct {
		struct instance i;
		int num;
		const char *want;
	} cases[] = {
		{ { .roles = NULL }, ENOENT, "no IAM role" },
		{ { .roles = "node" }, ENOENT, "credentials of role 'node': IMDS has no" },
		{ { .roles = "node", .keys = "<html>" }, EBADMSG, "credentials of role 'node'" },
		{ { .roles = "node", .keys = "{\"Code\":\"Failed\",\"Message\":\"m\"}" },
		  EACCES,
		  "IMDS says Failed: m" },
		{ { .roles = "node", .keys = KEYS("tomorrow") },
		  EBADMSG,
		  "'tomorrow' is not a time" },
		{ { .roles = "node",
		    .keys = "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\\n\",\"Token\":\"\","
			    "\"Expiration\":\"2099-01-02T03:04:05Z\"}" },
		  EBADMSG,
		  "the secret access key is not one" },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		struct instance i = cases[k].i;
		auto_web struct web web = { 0 };
		auto_imds struct imds m = { 0 };
		auto_aws struct aws w = { .imds = &m };
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		on_instance(&web, &i, &m);
		CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) < 0);
		CHECK_INT(e.num, cases[k].num);
		CHECK(strstr(e.msg, cases[k].want));
		CHECK(!strstr(e.msg, "hush"));
	}
}

TEST(aws_refuses_half_a_pair_of_keys)
{
	auto_aws struct aws w = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
	CHECK(creds_ensure(&w, &a, 0, &e) < 0 && e.num == EINVAL);
	CHECK_STR(e.msg, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
	unsetenv("AWS_ACCESS_KEY_ID");
	CHECK(creds_ensure(&w, &a, 0, &e) < 0 && e.num == ENOENT);
}
