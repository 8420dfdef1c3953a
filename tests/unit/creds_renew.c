/* SPDX-License-Identifier: Apache-2.0 */
/* creds_renew.c - keys that AWS refuses, clocks that differ, sources that go, paths that are
 * secret.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "file.h"
#include "log.h"
#include "str.h"
#include "test.h"
#include "tmpdir.h"

#define REFUSED(code)                                                                \
	"<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error>" \
	"</Errors><RequestID>r</RequestID></Response>"
#define OK "<DescribeXResponse/>"
#define CONTAINER "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define CONTAINER_TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

/* An agent beside the container, and AWS. */
struct place {
	struct fakeaws f;
	struct web agent;
	struct aws *w;
	struct arena a;
	struct err e;
	int asked, id, life_s, status;
	bool rotates, hangs_up;
};

static void agent(struct httpd_call *c)
{
	struct place *p = c->arg;
	char text[300], until[21];

	p->asked++;
	if (p->hangs_up) {
		httpd_reply(c, 200, NULL, "{", 1);
		return;
	}
	p->id += p->rotates;
	time_rfc3339(wall_s() + p->life_s, until);
	snprintf(text, sizeof(text),
		 "{\"AccessKeyId\":\"A%d\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
		 "\"Expiration\":\"%s\",\"code\":\"No %s\"}",
		 p->id, until, c->target);
	httpd_reply(c, p->status ? p->status : 200, NULL, text, strlen(text));
}

static void place_start(struct place *p, const struct fakeaws_answer *answers, size_t n)
{
	p->f.answers = answers;
	p->f.n = n;
	fakeaws_start(&p->f, &p->w);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	p->life_s = p->life_s ? p->life_s : 3600;
	web_serve(&p->agent, agent, p);
	setenv(CONTAINER, arena_fmt(&p->a, "%s/hush?a=hush", p->agent.url), 1);
}

static void place_end(struct place *p)
{
	unsetenv(CONTAINER);
	unsetenv(CONTAINER_TOKEN);
	unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE");
	unsetenv("AWS_ROLE_ARN");
	aws_free(&p->w);
	web_stop(&p->agent);
	fakeaws_stop(&p->f);
	arena_free(&p->a);
}
#define auto_place AUTO(place_end)

static int ask(struct place *p)
{
	const struct aws_request q = { .service = AWS_EC2, .action = "DescribeX" };
	auto_answer struct aws_answer r = { 0 };

	p->e = (struct err) { 0 };
	return aws_send(p->w, &q, &r, &p->a, now_ms() + 20000, &p->e);
}

static const char *id(struct place *p)
{
	struct aws_keys k = { "", "", "" };

	p->e = (struct err) { 0 };
	return creds_get(aws_creds(p->w), &k, &p->a, now_ms() + 20000, &p->e) == 0 ? k.id : "";
}

/* ---- keys that AWS refuses */

TEST(creds_that_aws_calls_expired_are_not_fetched_at_every_attempt)
{
	static const struct fakeaws_answer no = { 400, REFUSED("ExpiredToken") };
	auto_place struct place p = { 0 };

	place_start(&p, &no, 1);
	for (int i = 0; i < 10; i++) {
		CHECK(ask(&p) < 0);
		CHECK_STR(p.e.code, "ExpiredToken");
	}
	CHECK_STR(id(&p), "A0"); /* by its own account they are good */
	CHECK(creds_due(aws_creds(p.w)) > 0);
	web_stop(&p.agent);
	web_stop(&p.f.web);
	CHECK_INT(p.asked, 2);
	CHECK_INT((int)p.f.asked, 11);
}

TEST(creds_that_aws_calls_expired_are_replaced_at_once)
{
	static const struct fakeaws_answer answers[] = { { 400, REFUSED("ExpiredToken") },
							 { 200, OK } };
	auto_place struct place p = { .rotates = true };

	place_start(&p, answers, 2);
	p.w->attempts = 2;
	p.w->pause_ms = 1000 * 1000;
	CHECK(ask(&p) == 0);
	CHECK_STR(id(&p), "A2");
	web_stop(&p.agent);
	CHECK_INT(p.asked, 2);
}

/* Keys that are new each time, and never good: a call asks for others once. */
TEST(creds_are_renewed_once_in_a_call)
{
	static const struct fakeaws_answer no = { 400, REFUSED("ExpiredTokenException") };
	auto_place struct place p = { .rotates = true };

	place_start(&p, &no, 1);
	CHECK(ask(&p) < 0);
	web_stop(&p.agent);
	web_stop(&p.f.web);
	CHECK_INT(p.asked, 2);
	CHECK_INT((int)p.f.asked, 2);
}

/* ---- clocks */

TEST(creds_expire_by_the_clock_of_aws)
{
	static const struct fakeaws_answer ok = { 200, OK };
	auto_place struct place p = { .rotates = true };

	place_start(&p, &ok, 1);
	CHECK_STR(id(&p), "A1");
	CHECK(creds_due(aws_creds(p.w)) > 3000 * 1000);
	p.w->skew_s = 3400; /* ours is slow */
	CHECK_INT(creds_due(aws_creds(p.w)), 0);
	p.w->skew_s = 3700;
	CHECK_STR(id(&p), ""); /* and so is the agent's, by the same hour */
	CHECK(strstr(p.e.msg, "have expired already"));
	p.life_s = -3600; /* ours is fast, by two hours */
	p.w->skew_s = -7200;
	CHECK(creds_expired(aws_creds(p.w), "A1"));
	CHECK_STR(id(&p), "A3");
	CHECK(creds_due(aws_creds(p.w)) > 3000 * 1000);
}

/* ---- a token file that vanishes */

static void vanishes(struct place *p, const char *variable, const char *file, const char *first)
{
	struct creds *c = aws_creds(p->w);

	CHECK_STR(id(p), first);
	CHECK(unlink(file) == 0);
	CHECK(creds_refresh(c, now_ms() + 20000, &p->e) < 0 && p->e.num == ENOENT);
	CHECK(strstr(p->e.msg, variable) && strstr(p->e.msg, file));
	CHECK_STR(id(p), first);
	CHECK(creds_due(c) > 0 && creds_due(c) <= 10000);
	p->w->skew_s = 250; /* they have come to their end */
	CHECK_STR(id(p), "");
	CHECK(p->e.num == ENOENT && strstr(p->e.msg, variable) && strstr(p->e.msg, file));
	p->w->skew_s = 0;
	CHECK(file_replace(file, "jwt-2", 5, 0600, false, &p->e) == 0);
}

TEST(creds_outlive_the_token_file_of_a_web_identity)
{
	auto_buf struct buf body = { 0 };
	struct fakeaws_answer role = { 200, NULL };
	auto_dir struct dir d = dir_new();
	auto_place struct place p = { 0 };
	const char *file = arena_fmt(&p.a, "%s/token", d.path);
	char until[21];

	time_rfc3339(wall_s() + 200, until);
	buf_fmt(&body,
		"<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><"
		"AccessKeyId>ASIA</AccessKeyId>"
		"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
		"<Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
		"</AssumeRoleWithWebIdentityResponse>",
		until);
	role.body = body.p;
	CHECK(file_replace(file, "jwt-1", 5, 0600, false, &p.e) == 0);
	place_start(&p, &role, 1);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file, 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	vanishes(&p, "AWS_WEB_IDENTITY_TOKEN_FILE", file, "ASIA");
	CHECK(creds_expired(aws_creds(p.w), "ASIA"));
	CHECK_STR(id(&p), "ASIA");
	web_stop(&p.f.web);
	CHECK(fakeaws_got(&p.f, "WebIdentityToken=jwt-2"));
	CHECK_INT((int)p.f.asked, 2);
}

TEST(creds_outlive_the_token_file_of_a_container)
{
	static const struct fakeaws_answer ok = { 200, OK };
	auto_dir struct dir d = dir_new();
	auto_place struct place p = { .rotates = true, .life_s = 200 };
	const char *file = arena_fmt(&p.a, "%s/token", d.path);

	CHECK(file_replace(file, "jwt-1", 5, 0600, false, &p.e) == 0);
	place_start(&p, &ok, 1);
	setenv(CONTAINER_TOKEN, file, 1);
	vanishes(&p, CONTAINER_TOKEN, file, "A1");
	CHECK(creds_expired(aws_creds(p.w), "A1"));
	CHECK_STR(id(&p), "A2");
	web_stop(&p.agent);
	CHECK_INT(p.asked, 2);
}

/* ---- the path of a container's URI is as good as its keys */

TEST(creds_of_a_container_never_show_its_path)
{
	static const struct fakeaws_answer ok = { 200, OK };
	auto_dir struct dir dir = dir_new();
	auto_place struct place p = { .status = 403 };
	auto_buf struct buf log = { 0 };
	const char *path = arena_fmt(&p.a, "%s/log", dir.path);

	place_start(&p, &ok, 1);
	p.w->log = true;
	CHECK(log_open(path, LOG_DEBUG, &p.e) == 0);
	CHECK(ask(&p) < 0 && p.e.num == EACCES);
	CHECK(strstr(p.e.msg, "container credentials: 127.0.0.1 answers with status 403 No *"));
	CHECK(!strstr(p.e.msg, "hush"));
	log_error("%s", p.e.msg);
	p.hangs_up = true;
	CHECK(ask(&p) < 0 && !strstr(p.e.msg, "hush"));
	log_error("%s", p.e.msg);
	web_stop(&p.agent);
	CHECK(ask(&p) < 0 && p.e.num == ECONNREFUSED);
	CHECK(strstr(p.e.msg, "container credentials: GET 127.0.0.1*: connect to 127.0.0.1:"));
	CHECK(!strstr(p.e.msg, "hush"));
	log_error("%s", p.e.msg);
	log_close();
	CHECK(file_read(path, 1 << 20, &log, &p.e) == 0);
	CHECK(strstr(log.p, "action=DescribeX") && !strstr(log.p, "hush"));
}

TEST(creds_of_a_container_show_no_part_of_a_long_path)
{
	static const struct fakeaws_answer ok = { 200, OK };
	auto_place struct place p = { 0 };
	auto_buf struct buf url = { 0 };

	place_start(&p, &ok, 1);
	web_stop(&p.agent);
	buf_str(&url, getenv(CONTAINER));
	for (int i = 0; i < 200; i++)
		buf_str(&url, "/hush");
	setenv(CONTAINER, url.p, 1);
	CHECK(ask(&p) < 0 && p.e.num == ECONNREFUSED);
	CHECK(strstr(p.e.msg, "127.0.0.1") && !strstr(p.e.msg, "hush"));
}
