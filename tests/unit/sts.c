/* SPDX-License-Identifier: Apache-2.0 */
/* sts.c - roles and identity against a fake STS. tests/aws/sign.py compares EKS tokens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "sts.h"
#include "test.h"

#define SESSION(action, id, until)                                                          \
	"<" action "Response><" action "Result><Credentials><AccessKeyId>" id               \
	"</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"  \
	"<Expiration>" until "</Expiration></Credentials><AssumedRoleUser><Arn>arn:x</Arn>" \
	"</AssumedRoleUser></" action "Result><ResponseMetadata><RequestId>r</RequestId>"   \
	"</ResponseMetadata></" action "Response>"

static const struct sts_assume role = { .role = "arn:aws:iam::1:role/r", .session = "me" };

TEST(sts_assumes_a_role_with_keys)
{
	static const struct fakeaws_answer ok = { 200, SESSION("AssumeRole", "ASIA2",
							       "2099-01-02T03:04:05Z") };
	const struct aws_keys keys = { FAKE_ID, FAKE_SECRET, "" };
	struct sts_assume q = role;
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct sts_session s;
	struct err e;

	q.external_id = "ext";
	q.duration_s = 900;
	fakeaws_start(&f, &w);
	CHECK(sts_assume_role(w, &keys, &q, &s, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(s.keys.id, "ASIA2");
	CHECK_STR(s.keys.token, "t");
	CHECK_STR(s.arn, "arn:x");
	CHECK_INT(s.until, time_parse("2099-01-02T03:04:05Z"));
	web_stop(&f.web);
	CHECK_INT(f.bad_signatures, 0);
	CHECK(fakeaws_got(&f, "Action=AssumeRole") && fakeaws_got(&f, "ExternalId=ext"));
	CHECK(fakeaws_got(&f, "DurationSeconds=900") && fakeaws_got(&f, "RoleSessionName=me"));
}

TEST(sts_answers_that_are_none_are_refused)
{
	static const struct fakeaws_answer bad[] = {
		{ 200, SESSION("AssumeRoleWithWebIdentity", "ASIA", "soon") },
		{ 200, SESSION("AssumeRoleWithWebIdentity", "", "2099-01-02T03:04:05Z") },
		{ 400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>the token "
		       "web.hush=token is bad</Message></Error></ErrorResponse>" },
	};
	static const struct {
		int num;
		const char *want;
	} want[] = { { EBADMSG, "Expiration 'soon'" },
		     { EBADMSG, "the access key id is not one" },
		     { 0, "InvalidIdentityToken" } };
	struct sts_assume q = role;

	q.web_token = "web.hush=token";
	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_fakeaws struct fakeaws f = { .answers = &bad[i], .n = 1 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct sts_session s;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(sts_assume_role(w, NULL, &q, &s, &a, now_ms() + 20000, &e) < 0);
		CHECK(!want[i].num || e.num == want[i].num);
		CHECK(strstr(e.msg, want[i].want) && !strstr(e.msg, "hush"));
		web_stop(&f.web);
		CHECK(fakeaws_got(&f, "WebIdentityToken=web.hush%3Dtoken"));
		CHECK_INT(f.bad_signatures, (int)f.asked); /* it is not signed at all */
	}
}

/* A message is cut after some hundred bytes, perhaps in the middle of what it quotes. */
TEST(sts_shows_no_part_of_a_long_token_that_is_quoted)
{
	auto_buf struct buf token = { 0 }, said = { 0 };
	struct fakeaws_answer bad = { 400, NULL };
	auto_fakeaws struct fakeaws f = { .answers = &bad, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct sts_assume q = role;
	struct sts_session s;
	struct err e = { 0 };

	for (int i = 0; i < 60; i++)
		buf_str(&token, "ab/+cd=");
	buf_fmt(&said,
		"<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>%s</Message>"
		"</Error></ErrorResponse>",
		token.p);
	bad.body = said.p;
	q.web_token = token.p;
	fakeaws_start(&f, &w);
	CHECK(sts_assume_role(w, NULL, &q, &s, &a, now_ms() + 20000, &e) < 0);
	CHECK(strstr(e.msg, "InvalidIdentityToken: *") && !strstr(e.msg, "/+cd"));
}

TEST(sts_tells_who_we_are)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:u</Arn>"
		       "<UserId>U</UserId><Account>123</Account></GetCallerIdentityResult>"
		       "</GetCallerIdentityResponse>" },
		{ 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:u</Arn>"
		       "</GetCallerIdentityResult></GetCallerIdentityResponse>" },
	};
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct sts_identity me;
	struct err e;

	fakeaws_start(&f, &w);
	CHECK(sts_get_caller_identity(w, &me, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(me.account, "123");
	CHECK_STR(me.arn, "arn:u");
	CHECK(sts_get_caller_identity(w, &me, &a, now_ms() + 20000, &e) < 0 && e.num == EBADMSG);
}

TEST(sts_token_wants_a_cluster_and_keys)
{
	static const struct fakeaws_answer none = { 500, "" };
	auto_fakeaws struct fakeaws f = { .answers = &none, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	const char *token = "";
	struct err e;

	fakeaws_start(&f, &w);
	CHECK(sts_eks_token(w, "a b", &token, &a, now_ms() + 1000, &e) < 0 && e.num == EINVAL);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	CHECK(sts_eks_token(w, "c", &token, &a, now_ms() + 1000, &e) < 0 && e.num == ENOENT);
	setenv("AWS_ACCESS_KEY_ID", FAKE_ID, 1);
	setenv("AWS_SECRET_ACCESS_KEY", FAKE_SECRET, 1);
	CHECK(sts_eks_token(w, "c", &token, &a, now_ms() + 1000, &e) == 0);
	CHECK(strncmp(token, "k8s-aws-v1.aHR0cDovLzEyNy4wLjAu", 31) == 0);
	CHECK(!strpbrk(token, "+/="));
}
