/* SPDX-License-Identifier: Apache-2.0 */
/* creds_chain.c - each source of credentials, in its order, whole and broken. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "aws_session.h"
#include "clock.h"
#include "creds_chain.h"
#include "fakeaws.h"
#include "file.h"
#include "nettest.h"
#include "tmpdir.h"

#define LATER "2099-01-02T03:04:05Z"
#define ASSUMED(action, id)                                                                   \
	"<" action "Response><" action "Result><Credentials><AccessKeyId>" id                 \
	"</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>t</SessionToken>" \
	"<Expiration>" LATER "</Expiration></Credentials></" action "Result></" action "Response>"

static const char *const variables[] = { "AWS_ACCESS_KEY_ID",
					 "AWS_SECRET_ACCESS_KEY",
					 "AWS_SESSION_TOKEN",
					 "AWS_PROFILE",
					 "AWS_WEB_IDENTITY_TOKEN_FILE",
					 "AWS_ROLE_ARN",
					 "AWS_ROLE_SESSION_NAME",
					 "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					 "AWS_CONTAINER_AUTHORIZATION_TOKEN",
					 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" };

static void forget(int *unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
}
#define CLEAN AUTO(forget) __attribute__((unused)) int clean = 0

/* One fetch with this config file; the source, or "" with *e set. */
static const char *fetch(const char *config, struct creds_options o, struct aws_keys *k,
			 struct arena *a, struct err *e)
{
	auto_profiles struct profiles *p = NULL;
	auto_creds struct creds *c = NULL;

	*e = (struct err) { 0 };
	CHECK(profiles_parse(&p, config, "", e) == 0);
	o.profiles = p;
	o.no_imds = true;
	CHECK(creds_new(&c, &o, e) == 0);
	if (creds_get(c, k, a, now_ms() + 20000, e) < 0)
		return "";
	return creds_source(c, a);
}

#define TWO                                                                      \
	"[default]\naws_access_key_id=D\naws_secret_access_key=s\n[profile x]\n" \
	"aws_access_key_id=X\naws_secret_access_key=s\n[profile e]\nregion=r\n"

TEST(creds_come_from_the_first_source_that_is_there)
{
	auto_arena struct arena a = { 0 };
	struct creds_options x = { .profile = "x", .profile_asked = true };
	struct aws_keys k = { 0 };
	struct err e;
	CLEAN;

	CHECK_STR(fetch(TWO, (struct creds_options) { 0 }, &k, &a, &e), "profile default");
	CHECK_STR(k.id, "D");
	setenv("AWS_PROFILE", "x", 1);
	CHECK_STR(fetch(TWO, (struct creds_options) { 0 }, &k, &a, &e), "profile x");
	setenv("AWS_ACCESS_KEY_ID", "E", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	CHECK_STR(fetch(TWO, x, &k, &a, &e), "environment");
	unsetenv("AWS_PROFILE");
	CHECK_STR(fetch(TWO, x, &k, &a, &e), "profile x");
	x.profile = "e";
	CHECK_STR(fetch(TWO, x, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, "profile e has no credentials"));
	x.profile = "none";
	CHECK_STR(fetch(TWO, x, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, "no profile 'none'"));
	forget(NULL);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/t", 1); /* not the profile */
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
	CHECK_STR(fetch(TWO, (struct creds_options) { 0 }, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, "open /nonexistent/t"));
	forget(NULL);
	CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, "AWS_WEB_IDENTITY_TOKEN_FILE"));
}

TEST(creds_profiles_that_cannot_be_used_say_why)
{
#define ROLE "role_arn=arn:r\n"
	static const struct {
		const char *config;
		int num;
		const char *want;
	} cases[] = {
		{ "[default]\naws_access_key_id=hush\n", EINVAL, "no aws_secret_access_key" },
		{ "[default]\naws_access_key_id=a\naws_secret_access_key=hush hush\n", EBADMSG,
		  "the secret access key is not one" },
		{ "[default]\ncredential_process=/bin/hush\n", ENOTSUP, "credential_process" },
		{ "[default]\nsso_session=s\n", ENOTSUP, "sso_session" },
		{ "[default]\nlogin_session=s\n", ENOTSUP, "login_session" },
		{ "[default]\n" ROLE, EINVAL, "source_profile, credential_source" },
		{ "[default]\n" ROLE "source_profile=x\ncredential_source=Environment\n", EINVAL,
		  "one of source_profile" },
		{ "[default]\n" ROLE "source_profile=x\nmfa_serial=hush\n", ENOTSUP, "mfa_serial" },
		{ "[default]\n" ROLE "source_profile=x\nduration_seconds=1\n", EINVAL,
		  "duration_seconds '1'" },
		{ "[default]\n" ROLE "source_profile=x\n", ENOENT, "'x' is not there" },
		{ "[default]\n" ROLE "source_profile=x\n[profile x]\nregion=r\n", ENOENT,
		  "'x' has no credentials" },
		{ "[default]\n" ROLE "source_profile=x\n[profile x]\n" ROLE
		  "source_profile=default\n",
		  ELOOP, "circle" },
		{ "[default]\n" ROLE "credential_source=Moon\n", EINVAL, "'Moon' is none of" },
		{ "[default]\n" ROLE "credential_source=Environment\n", ENOENT,
		  "Environment has no credentials" },
		{ "[default]\n" ROLE "credential_source=EcsContainer\n", ENOENT,
		  "EcsContainer has" },
		{ "[default]\n" ROLE "web_identity_token_file=/nonexistent/t\n", ENOENT,
		  "web_identity_token_file: open /nonexistent/t" },
		{ "[default]\n" ROLE "source_profile=default\naws_access_key_id=a\n"
		  "aws_secret_access_key=hush\n",
		  EINVAL, "no session" },
	};
	CLEAN;

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct aws_keys k = { 0 };
		struct err e;

		CHECK_STR(fetch(cases[i].config, (struct creds_options) { 0 }, &k, &a, &e), "");
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want) && strstr(e.msg, "profile default"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
		CHECK(!strstr(e.msg, "hush"));
	}
}

TEST(creds_of_a_profile_are_never_of_two_files)
{
	auto_profiles struct profiles *p = NULL;
	auto_creds struct creds *c = NULL;
	auto_arena struct arena a = { 0 };
	struct creds_options o = { .no_imds = true };
	struct aws_keys k = { 0 };
	struct err e;
	CLEAN;

	CHECK(profiles_parse(&p,
			     "[default]\naws_access_key_id=A\naws_secret_access_key=a\n"
			     "aws_session_token=t\n[profile x]\naws_secret_access_key=b\n",
			     "[default]\naws_access_key_id=B\naws_secret_access_key=b\n"
			     "[x]\naws_access_key_id=B\n",
			     &e) == 0);
	o.profiles = p;
	CHECK(creds_new(&c, &o, &e) == 0);
	CHECK(creds_get(c, &k, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(k.id, "B");
	CHECK_STR(k.secret, "b");
	CHECK_STR(k.token, "");
	creds_free(&c);
	o.profile = "x";
	CHECK(creds_new(&c, &o, &e) == 0);
	CHECK(creds_get(c, &k, &a, now_ms() + 20000, &e) < 0 && e.num == EINVAL);
	CHECK(strstr(e.msg, "profile x has aws_access_key_id, but no aws_secret_access_key"));
}

TEST(creds_long_chains_of_profiles_end)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf text = { 0 };
	struct aws_keys k = { 0 };
	struct err e;
	CLEAN;

	buf_str(&text, "[default]\nrole_arn=r\nsource_profile=p0\n");
	for (int i = 0; i < 30; i++)
		buf_fmt(&text, "[profile p%d]\nrole_arn=r\nsource_profile=p%d\n", i, i + 1);
	buf_str(&text, "[profile p30]\n");
	CHECK_STR(fetch(text.p, (struct creds_options) { 0 }, &k, &a, &e), "");
	CHECK(e.num == ELOOP && strstr(e.msg, "more than 16"));
}

TEST(creds_assume_a_chain_of_roles)
{
	static const struct fakeaws_answer answers[] = { { 200, ASSUMED("AssumeRole", "ASIA1") },
							 { 200, ASSUMED("AssumeRole", "ASIA2") } };
	auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_keys k = { 0 };
	struct err e;
	CLEAN;

	fakeaws_start(&f, &w);
	CHECK_STR(fetch("[default]\nrole_arn=arn:two\nsource_profile=one\nexternal_id=x y\n"
			"role_session_name=me\nduration_seconds=3600\n"
			"[profile one]\nrole_arn=arn:one\ncredential_source=Environment\n",
			(struct creds_options) {
				.session = w, .profile = "default", .profile_asked = true },
			&k, &a, &e),
		  "role arn:two (profile default)");
	CHECK_STR(k.id, "ASIA2");
	web_stop(&f.web);
	CHECK_INT((int)f.asked, 2);
	CHECK(fakeaws_got(&f, "RoleArn=arn%3Atwo") && fakeaws_got(&f, "ExternalId=x%20y"));
	CHECK(fakeaws_got(&f, "RoleSessionName=me") && fakeaws_got(&f, "DurationSeconds=3600"));
}

TEST(creds_web_identity_reads_its_token_each_time)
{
	static const struct fakeaws_answer ok = { 200,
						  ASSUMED("AssumeRoleWithWebIdentity", "ASIA1") };
	auto_fakeaws struct fakeaws f = { .answers = &ok, .n = 1 };
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct creds_options o = { 0 };
	struct aws_keys k = { 0 };
	struct err e;
	char path[100];
	CLEAN;

	fakeaws_start(&f, &w);
	o.session = w;
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	snprintf(path, sizeof(path), "%s/token", d.path);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
	CHECK_STR(fetch("", o, &k, &a, &e), "");
	CHECK(e.num == EINVAL && strstr(e.msg, "AWS_ROLE_ARN is not"));
	setenv("AWS_ROLE_ARN", "arn:w", 1);
	CHECK_STR(fetch("", o, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, path));
	CHECK(file_replace(path, "\n", 1, 0600, false, &e) == 0);
	CHECK_STR(fetch("", o, &k, &a, &e), "");
	CHECK(e.num == EBADMSG && strstr(e.msg, path) && strstr(e.msg, "is empty"));
	CHECK(file_replace(path, "hush\nhush", 9, 0600, false, &e) == 0);
	CHECK_STR(fetch("", o, &k, &a, &e), "");
	CHECK(e.num == EBADMSG && strstr(e.msg, "more in it") && !strstr(e.msg, "hush"));
	CHECK(file_replace(path, "tok.en\n", 7, 0600, false, &e) == 0);
	CHECK_STR(fetch("", o, &k, &a, &e), "web identity (role arn:w)");
	CHECK_STR(k.id, "ASIA1");
	web_stop(&f.web);
	CHECK(fakeaws_got(&f, "WebIdentityToken=tok.en"));
	CHECK(strstr(f.body.p, "RoleSessionName=vpcbox-"));
}

/* ---- containers */

struct agent {
	const char *answer, *token;
	int status, busy, asked;
};

static void agent(struct httpd_call *c)
{
	struct agent *g = c->arg;
	int status = g->status ? g->status : 200;

	g->asked++;
	if (g->busy-- > 0)
		status = 503;
	else if (g->token && strcmp(http_header(&c->headers, "authorization"), g->token) != 0)
		status = 401;
	httpd_reply(c, status, NULL, g->answer, strlen(g->answer));
}

#define KEYS(id, until)                                                             \
	"{\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"hush\",\"Token\":\"t\"," \
	"\"Expiration\":\"" until "\"}"

TEST(creds_container_is_asked_with_its_token_and_again_when_busy)
{
	struct agent g = { .answer = KEYS("ASIAC", LATER), .token = "from file", .busy = 2 };
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	auto_web struct web web = { 0 };
	struct aws_keys k = { 0 };
	struct err e;
	char path[100];
	CLEAN;

	web_serve(&web, agent, &g);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", web.url, 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "other", 1);
	snprintf(path, sizeof(path), "%s/token", d.path);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
	CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "");
	CHECK(e.num == ENOENT && strstr(e.msg, path));
	g.token = "from-file";
	CHECK(file_replace(path, "from-file", 9, 0600, false, &e) == 0);
	CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "container (127.0.0.1)");
	CHECK_STR(k.id, "ASIAC");
	unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "");
	CHECK(e.num == EACCES && strstr(e.msg, "status 401") && !strstr(e.msg, "other"));
	web_stop(&web);
	CHECK_INT(g.asked, 4);
}

TEST(creds_container_failures_are_told_apart)
{
	static const struct {
		struct agent g;
		const char *uri, *relative, *token;
		int num;
		const char *want;
	} cases[] = {
		{ { .answer = "{}" }, "http://example.com/x", "", "", EINVAL, "want https" },
		{ { .answer = "{}" },
		  "http://127.0.0.1.example.com/x",
		  "",
		  "",
		  EINVAL,
		  "want https" },
		{ { .answer = "{}" }, "http://169.254.169.254/x", "", "", EINVAL, "want https" },
		{ { .answer = "{}" }, "nonsense", "", "", EINVAL, "FULL_URI" },
		{ { .answer = "{}" }, "http://hu.sh/hush", "", "", EINVAL, "host hu.sh: http is" },
		{ { .answer = "{}" }, "ftp://localhost/hush", "", "", EINVAL, "is not http[s]://" },
		{ { .answer = "{}" }, "http://127.0.0.1/h ush", "", "", EINVAL, "is not http" },
		{ { .answer = "{}" }, "", "hush", "", EINVAL, "does not begin with /" },
		{ { .answer = "{}" }, "", "/a hush", "", EINVAL, "RELATIVE_URI is not the path" },
		{ { .answer = "{}" }, NULL, "", "a\r\nhush: b", EINVAL, "line end" },
		{ { .answer = "{}" }, NULL, "", "", EBADMSG, "Expiration '' is not a time" },
		{ { .answer = "<html>hush" }, NULL, "", "", EBADMSG, "container credentials" },
		{ { .answer = KEYS("A B", LATER) }, NULL, "", "", EBADMSG, "access key id is not" },
		{ { .answer = KEYS("A", "2001-01-02T03:04:05Z") },
		  NULL,
		  "",
		  "",
		  EBADMSG,
		  "expired already" },
		{ { .answer = "{\"code\":\"Denied\",\"message\":\"hush\"}", .status = 403 },
		  NULL,
		  "",
		  "",
		  EACCES,
		  "status 403 Denied" },
		{ { .answer = "", .status = 500 }, NULL, "", "", EAGAIN, "status 500" },
	};
	CLEAN;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct agent g = cases[i].g;
		auto_arena struct arena a = { 0 };
		auto_web struct web web = { 0 };
		struct aws_keys k = { 0 };
		struct err e;

		web_serve(&web, agent, &g);
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", cases[i].uri ? cases[i].uri : web.url,
		       1);
		setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", cases[i].relative, 1);
		setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", cases[i].token, 1);
		CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "");
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want) && !strstr(e.msg, "hush"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
	}
}

/* ECS's agent has an address of its own, here in a namespace of its own. */
TEST(creds_of_a_relative_uri_come_from_the_agent_of_ecs)
{
	struct agent g = { .answer = KEYS("ASIAR", LATER) };
	const struct ip at = ip("169.254.170.2");
	const struct addr own = { .index = 1, .ip = cidr("169.254.170.2/32") };
	auto_arena struct arena a = { 0 };
	auto_web struct web web = { 0 };
	struct aws_keys k = { 0 };
	struct nl nl = { 0 };
	struct err e = { 0 };
	int ns, back = 0;
	CLEAN;

	ns = ns_new(&nl);
	CHECK(netns_enter(ns, &back, &e) == 0);
	web_loopback();
	CHECK(addr_ensure(&nl, &own, &e) == 0);
	web_serve_at(&web, &(struct httpd_at) { .ip = &at, .port = 80 }, agent, &g);
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/keys?x=1", 1);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com", 1);
	CHECK_STR(fetch("", (struct creds_options) { 0 }, &k, &a, &e), "container (169.254.170.2)");
	CHECK_STR(k.id, "ASIAR");
	web_stop(&web);
	netns_leave(&back);
	nl_close(&nl);
	fd_free(&ns);
}
