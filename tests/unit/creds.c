/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - where a session's keys and region come from: environment or instance. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "creds.h"
#include "fakeaws.h"
#include "test.h"

struct instance {
	const char *document, *roles, *keys;
	int asked; /* for keys */
	bool mute; /* from now on no answer comes */
	struct httpd_call *held[8];
	size_t nheld;
};

static void metadata(struct httpd_call *c)
{
	struct instance *i = c->arg;
	const char *text = NULL;

	if (i->mute && i->nheld < COUNT(i->held)) {
		i->held[i->nheld++] = c;
		return;
	}
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

static void on_instance(struct web *web, struct instance *i)
{
	web_serve(web, metadata, i);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", web->url, 1);
}

static void instance_end(struct web *web)
{
	web_stop(web);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}
#define auto_instance AUTO(instance_end)

static int get(struct creds *c, struct aws_keys *k, struct arena *a, struct err *e)
{
	return creds_get(c, k, a, now_ms() + 20000, e);
}

#define KEYS(until)                                                                               \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"hush\",\"Token\":" \
	"\"t/+=\",\"Expiration\":\"" until "\"}"

TEST(aws_takes_region_and_keys_from_the_instance)
{
	struct instance i = { .document = "{\"region\":\"ap-south-1\"}",
			      .roles = "node\nother",
			      .keys = KEYS("2099-01-02T03:04:05Z") };
	auto_instance struct web web = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_keys k = { 0 };
	struct err e = { 0 };

	on_instance(&web, &i);
	CHECK(aws_new(&w, NULL, now_ms() + 20000, &e) == 0);
	CHECK_STR(aws_region(w), "ap-south-1");
	CHECK_INT(creds_due(aws_creds(w)), 0);
	for (int n = 0; n < 3; n++)
		CHECK(get(aws_creds(w), &k, &a, &e) == 0);
	CHECK_STR(k.id, "ASIA1");
	CHECK_STR(k.secret, "hush");
	CHECK_STR(k.token, "t/+=");
	CHECK_STR(creds_source(aws_creds(w), &a), "instance role node");
	CHECK(creds_due(aws_creds(w)) > 0);
	CHECK(creds_expired(aws_creds(w), "ASIA1"));
	CHECK(creds_refresh(aws_creds(w), now_ms() + 20000, &e) == 0);
	CHECK(creds_expired(aws_creds(w), "another") && creds_due(aws_creds(w)) > 0);
	web_stop(&web);
	CHECK_INT(i.asked, 2);
}

/* Of what time the call has, IMDS may not take all. */
TEST(aws_calls_with_old_keys_while_imds_is_silent)
{
	static const struct fakeaws_answer ok = { 200, "<DescribeXResponse/>" };
	const struct aws_request q = { .service = AWS_EC2, .action = "DescribeX" };
	struct instance i = { .roles = "node", .document = "{\"region\":\"ap-south-1\"}" };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_instance struct web web = { 0 };
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_keys k = { 0 };
	struct err e = { 0 };
	char keys[256], soon[21];
	int64_t deadline;

	time_rfc3339(wall_s() + 60, soon);
	snprintf(keys, sizeof(keys), KEYS("%s"), soon);
	i.keys = keys;
	fakeaws_start(&f, &w);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	aws_free(&w);
	on_instance(&web, &i);
	CHECK(aws_new(&w, NULL, now_ms() + 20000, &e) == 0);
	CHECK(get(aws_creds(w), &k, &a, &e) == 0);
	i.mute = true;
	deadline = now_ms() + 2000;
	CHECK(creds_refresh(aws_creds(w), deadline, &e) < 0 && e.num == ETIMEDOUT);
	CHECK(aws_send(w, &q, &r, &a, deadline, &e) == 0);
	web_stop(&web);
	CHECK(i.nheld > 0);
	while (i.nheld)
		httpd_reply(i.held[--i.nheld], 200, NULL, "", 0);
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

	for (size_t n = 0; n < COUNT(cases); n++) {
		struct instance i = cases[n].i;
		auto_instance struct web web = { 0 };
		auto_creds struct creds *c = NULL;
		auto_arena struct arena a = { 0 };
		struct aws_keys k = { 0 };
		struct err e = { 0 };

		on_instance(&web, &i);
		CHECK(creds_new(&c, &(struct creds_options) { 0 }, &e) == 0);
		CHECK(get(c, &k, &a, &e) < 0);
		CHECK_INT(e.num, cases[n].num);
		CHECK(strstr(e.msg, cases[n].want));
		CHECK(!strstr(e.msg, "hush"));
	}
}

TEST(aws_refuses_half_a_pair_of_keys)
{
	auto_creds struct creds *c = NULL;
	auto_arena struct arena a = { 0 };
	struct aws_keys k = { 0 };
	struct err e = { 0 };

	setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
	CHECK(creds_new(&c, &(struct creds_options) { .no_imds = true }, &e) == 0);
	CHECK(get(c, &k, &a, &e) < 0 && e.num == EINVAL);
	CHECK_STR(e.msg, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
	unsetenv("AWS_ACCESS_KEY_ID");
	CHECK(get(c, &k, &a, &e) < 0 && e.num == ENOENT);
}
