/* SPDX-License-Identifier: Apache-2.0 */
/* aws_retry.c - when a call is tried again, after how long, and by which clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "file.h"
#include "test.h"
#include "tmpdir.h"

#define OK "<DescribeXResponse/>"
#define REFUSED(code)                                                                \
	"<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error>" \
	"</Errors><RequestID>r</RequestID></Response>"

static const struct aws_request describe = { .service = AWS_EC2, .action = "DescribeX" };

static int ask(struct aws *w, int64_t within_ms, struct err *e)
{
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };

	return aws_send(w, &describe, &r, &a, now_ms() + within_ms, e);
}

TEST(aws_date_reads_the_form_of_http_alone)
{
	CHECK_INT(aws_date("Tue, 24 Nov 2026 15:17:10 GMT"), time_parse("2026-11-24T15:17:10Z"));
	CHECK_INT(aws_date(""), -1);
	CHECK_INT(aws_date("120"), -1);
	CHECK_INT(aws_date("Tue, 24 Nov 2026 15:17:10"), -1);
	CHECK_INT(aws_date("Tue, 24 Nov 2026 15:17:10 GMT, and more"), -1);
	CHECK_INT(aws_date("2026-11-24T15:17:10Z"), -1);
}

TEST(aws_retry_after_reads_seconds_milliseconds_and_dates)
{
	static const struct {
		const char *name, *value;
		int64_t least, most;
	} cases[] = {
		{ "retry-after", "7", 7000, 7000 },
		{ "retry-after", "0", 0, 0 },
		{ "retry-after", "99999999999999", 86400000, 86400000 },
		{ "retry-after", "Fri, 31 Dec 9999 23:59:59 GMT", 86400000, INT64_MAX },
		{ "retry-after", "Tue, 24 Nov 2026 15:17:10 GMT", 10000, 10000 },
		{ "retry-after", "Tue, 24 Nov 2026 15:17:00 GMT", 0, 0 },
		{ "retry-after", "Tue, 24 Nov 2020 15:17:10 GMT", 0, 0 },
		{ "retry-after", "soon", 0, 0 },
		{ "retry-after", "-5", 0, 0 },
		{ "x-amz-retry-after", "1500", 1500, 1500 },
		{ "x-amz-retry-after", "1.5", 0, 0 },
		{ "x", "7", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_headers h = { 0 };
		int64_t ms;

		http_add(&h, cases[i].name, cases[i].value);
		ms = aws_retry_after(&h, time_parse("2026-11-24T15:17:00Z") * 1000);
		CHECK(ms >= cases[i].least && ms <= cases[i].most);
	}
}

/* The unit of pauses is a millisecond here, so a wait is AWS's wish. */
TEST(aws_send_waits_as_long_as_aws_asks)
{
	static const struct fakeaws_answer answers[] = { { 503, REFUSED("Throttling") },
							 { 200, OK } };
	struct http_headers h = { 0 };
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2, .headers = &h };
	auto_aws struct aws *w = NULL;
	int64_t began = now_ms();
	struct err e = { 0 };

	http_add(&h, "x-amz-retry-after", "300");
	fakeaws_start(&f, &w);
	CHECK(ask(w, 20000, &e) == 0);
	CHECK(now_ms() - began >= 300);
}

/* An hour by our clock, which is an hour behind: now. */
TEST(aws_send_reads_the_date_to_wait_for_by_the_clock_of_aws)
{
	static const struct fakeaws_answer answers[] = { { 503, REFUSED("Throttling") },
							 { 200, OK } };
	struct http_headers h = { 0 };
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2, .headers = &h };
	time_t then = (time_t)wall_s() + 3600;
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };
	struct tm t;
	char date[64];

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &t));
	http_add(&h, "Retry-After", date);
	fakeaws_start(&f, &w);
	w->skew_s = 3601;
	CHECK(ask(w, 20000, &e) == 0);
	CHECK_STR(e.code, "Throttling"); /* of the first attempt */
}

TEST(aws_send_gives_up_when_aws_asks_for_more_time_than_there_is)
{
	static const struct fakeaws_answer slow = { 503, REFUSED("Throttling") };
	struct http_headers h = { 0 };
	auto_fakeaws struct fakeaws f = { .answers = &slow, .n = 1, .headers = &h };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	http_add(&h, "Retry-After", "3600");
	fakeaws_start(&f, &w);
	CHECK(ask(w, 20000, &e) < 0);
	CHECK_STR(e.code, "Throttling");
	web_stop(&f.web);
	CHECK_INT(f.asked, 1);
	CHECK_INT(w->quota.used, 0);
}

TEST(aws_send_pays_for_retries_until_its_quota_is_gone)
{
	static const struct fakeaws_answer broken[] = {
		{ 500, "" }, { 500, "" }, { 200, OK }, { 500, "" }
	};
	auto_fakeaws struct fakeaws f = { .answers = broken, .n = 4 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(ask(w, 20000, &e) == 0);
	CHECK_INT(w->quota.used, 5); /* two were paid, the last is given back */
	CHECK(ask(w, 20000, &e) < 0);
	CHECK_INT(w->quota.used, 15);
	w->quota.used = 494;
	CHECK(ask(w, 20000, &e) < 0); /* one retry more is too many */
	CHECK_INT(w->quota.used, 499);
	w->no_quota = true;
	CHECK(ask(w, 20000, &e) < 0);
	web_stop(&f.web);
	CHECK_INT(f.asked, 3 + 3 + 2 + 3);
}

TEST(retry_quota_never_holds_more_than_it_began_with)
{
	struct retry_quota q = { .used = 3 };

	CHECK_INT(retry_quota_take(&q, true), 10);
	CHECK_INT(retry_quota_take(&q, false), 5);
	retry_quota_give(&q, 30);
	CHECK_INT(q.used, 0);
	q.used = 495;
	CHECK_INT(retry_quota_take(&q, true), 0);
	CHECK_INT(retry_quota_take(&q, false), 5);
	CHECK_INT(retry_quota_take(&q, false), 0);
}

TEST(aws_send_learns_the_time_from_aws)
{
	static const char *const codes[] = { "RequestTimeTooSkewed", "RequestExpired",
					     "InvalidSignatureException", "SignatureDoesNotMatch",
					     "AuthFailure" };

	for (size_t i = 0; i < COUNT(codes); i++) {
		auto_arena struct arena a = { 0 };
		struct fakeaws_answer answers[] = { { 403, arena_fmt(&a, REFUSED("%s"), codes[i]) },
						    { 200, OK } };
		auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		w->skew_s = i % 2 ? 3600 : -3600;
		CHECK(ask(w, 20000, &e) == 0);
		web_stop(&f.web);
		CHECK_INT(f.asked, 2);
		CHECK_INT(f.bad_signatures, 0);
		CHECK(llabs(w->skew_s) < 60);
		CHECK(llabs(f.signed_at - wall_s()) < 60);
	}
}

/* The fake's clock is ours: the signature is wrong for another reason. */
TEST(aws_send_does_not_blame_a_clock_that_is_right)
{
	static const struct fakeaws_answer no = { 403, REFUSED("SignatureDoesNotMatch") };
	auto_fakeaws struct fakeaws f = { .answers = &no, .n = 1 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(ask(w, 20000, &e) < 0 && e.num == EACCES);
	web_stop(&f.web);
	CHECK_INT(f.asked, 1);
	CHECK_INT(w->skew_s, 0);
}

TEST(aws_send_does_not_try_other_keys_for_those_it_was_given)
{
	static const struct fakeaws_answer no = { 400, REFUSED("ExpiredToken") };
	static const struct aws_keys own = { FAKE_ID, FAKE_SECRET, "" };
	auto_fakeaws struct fakeaws f = { .answers = &no, .n = 1 };
	auto_answer struct aws_answer r = { 0 };
	struct aws_request q = describe;
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	q.keys = &own;
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) < 0);
	web_stop(&f.web);
	CHECK_INT(f.asked, 1);
	CHECK_INT(f.bad_signatures, 0);
}

TEST(aws_send_signs_nothing_when_it_is_told_so)
{
	static const struct fakeaws_answer ok = { 200, OK };
	static const struct aws_keys nobody = { "", "", "" };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_answer struct aws_answer r = { 0 };
	struct aws_request q = describe;
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	q.keys = &nobody;
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	web_stop(&f.web);
	CHECK_INT(f.bad_signatures, 1);
	CHECK_INT(f.signed_at, -1);
}

TEST(aws_send_obeys_our_own_rate_limit)
{
	static const struct fakeaws_answer ok = { 200, OK };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_aws struct aws *w = NULL, *slow = NULL;
	const struct aws_options o = { .throttle = "EC2:^Describe=0.01:1", .no_imds = true };
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(aws_new(&slow, &o, 0, &e) == 0);
	CHECK(ask(slow, 20000, &e) == 0);
	CHECK(ask(slow, 20000, &e) < 0 && e.num == ETIMEDOUT);
	CHECK(strstr(e.msg, "DescribeX: our own rate limit"));
	web_stop(&f.web);
	CHECK_INT(f.asked, 1);
}

#define ROLE                                                                                \
	"<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>" \
	"<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"               \
	"<SessionToken>t</SessionToken><Expiration>2099-01-02T03:04:05Z</Expiration>"       \
	"</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"

/* Somebody must look for what the first attempt may have made: AWS has not said that it did not. */
TEST(aws_send_leaves_open_what_an_attempt_left_open_when_new_keys_are_refused)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, ROLE }, /* keys */
		{ 503, REFUSED("Unavailable") },
		{ 403, REFUSED("ExpiredToken") },
		{ 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>m</Message></Error>"
		       "</ErrorResponse>" }, /* no other keys */
	};
	static const struct aws_request create = { .service = AWS_EC2,
						   .action = "CreateX",
						   .body = "ClientToken=c" };
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = COUNT(answers) };
	auto_dir struct dir dir = dir_new();
	auto_arena struct arena a = { 0 };
	auto_answer struct aws_answer r = { 0 };
	const char *token = arena_fmt(&a, "%s/token", dir.path);
	auto_aws struct aws *w = NULL;
	struct err e = { 0 };

	CHECK(file_replace(token, "jwt", 3, 0600, false, &e) == 0);
	fakeaws_start(&f, &w);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	CHECK(aws_send(w, &create, &r, &a, now_ms() + 20000, &e) < 0);
	unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
	unsetenv("AWS_ROLE_ARN");
	web_stop(&f.web);
	CHECK_INT(f.asked, 4);
	CHECK_STR(e.code, "AccessDenied");
	CHECK(e.unsure);
}
