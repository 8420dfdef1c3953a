/* SPDX-License-Identifier: Apache-2.0 */
/* imds.c - instance metadata against a service that behaves, and against some that do not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "imds.h"
#include "test.h"
#include "web.h"

/* A metadata service. Read its counters after web_stop(). */
struct fake {
	const char *ttl; /* what it says a token lives; "" says nothing */
	int token_status, status;
	const char *token; /* NULL: a fresh one each time */
	int forget;        /* so many valid tokens are answered 401 */
	int busy;          /* so many requests are answered 503 */
	int puts, gets;
	char last[16];
};

static void metadata(struct fake *f, struct httpd_call *c)
{
	const char *token = http_header(&c->headers, "x-aws-ec2-metadata-token");

	f->gets++;
	if (strcmp(token, f->token ? f->token : f->last) != 0 || !*token || f->forget-- > 0)
		httpd_reply(c, 401, NULL, "", 0);
	else if (f->status)
		httpd_reply(c, f->status, NULL, "", 0);
	else if (strcmp(c->path, "/latest/meta-data/mac") == 0)
		httpd_reply(c, 200, NULL, "02:00:00:00:00:01", 17);
	else if (strcmp(c->path, "/latest/meta-data/nul") == 0)
		httpd_reply(c, 200, NULL, "a\0b", 3);
	else
		httpd_reply(c, 404, NULL, "", 0);
}

static void serve(struct httpd_call *c)
{
	struct fake *f = c->arg;
	struct http_headers h = { 0 };
	const char *token;

	if (f->busy-- > 0) {
		httpd_reply(c, 503, NULL, "", 0);
		return;
	}
	if (strcmp(c->method, "PUT") != 0) {
		metadata(f, c);
		return;
	}
	f->puts++;
	snprintf(f->last, sizeof(f->last), "token-%d", f->puts);
	token = f->token ? f->token : f->last;
	if (*f->ttl)
		http_add(&h, "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", f->ttl);
	httpd_reply(c, f->token_status ? f->token_status : 200, &h, token, strlen(token));
}

static void open_at(struct imds *m, const char *url)
{
	struct err e;

	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	CHECK(imds_init(m, &e) == 0);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

/* n times the same question. */
static int ask(struct imds *m, const char *path, int n, struct arena *a, struct err *e)
{
	const char *text = "";
	int rc = 0;

	for (int i = 0; i < n; i++) {
		rc = imds_get(m, path, &text, a, now_ms() + 20000, e);
		if (rc == 0)
			CHECK_STR(text, "02:00:00:00:00:01");
	}
	return rc;
}

TEST(imds_asks_for_one_token_and_keeps_it)
{
	struct fake f = { .ttl = "21600" };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	struct err e;

	web_serve(&w, serve, &f);
	open_at(&m, w.url);
	CHECK(ask(&m, "/latest/meta-data/mac", 5, &a, &e) == 0);
	CHECK(m.token_until > now_ms() + 21000 * 1000 && m.token_until < now_ms() + 21600 * 1000);
	web_stop(&w);
	CHECK_INT(f.puts, 1);
	CHECK_INT(f.gets, 5);
}

TEST(imds_renews_a_token_before_it_expires)
{
	struct fake f = { .ttl = "0" };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	struct err e;

	web_serve(&w, serve, &f);
	open_at(&m, w.url);
	CHECK(ask(&m, "/latest/meta-data/mac", 3, &a, &e) == 0);
	web_stop(&w);
	CHECK_INT(f.puts, 3);
	CHECK_INT(f.gets, 3);
}

TEST(imds_replaces_a_token_that_is_refused)
{
	struct fake f = { .ttl = "", .forget = 1 };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	struct err e;

	web_serve(&w, serve, &f);
	open_at(&m, w.url);
	CHECK(ask(&m, "/latest/meta-data/mac", 2, &a, &e) == 0);
	web_stop(&w);
	CHECK_INT(f.puts, 2);
	CHECK_INT(f.gets, 3);
}

TEST(imds_tries_again_when_the_service_is_busy)
{
	struct fake f = { .ttl = "21600", .busy = 2 };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	struct err e;

	web_serve(&w, serve, &f);
	open_at(&m, w.url);
	CHECK(ask(&m, "/latest/meta-data/mac", 1, &a, &e) == 0);
}

TEST(imds_tells_failures_apart)
{
	static const struct {
		struct fake f;
		const char *path;
		int num;
		const char *want;
	} cases[] = {
		{ { .ttl = "" },
		  "/latest/meta-data/none",
		  ENOENT,
		  "IMDS has no /latest/meta-data/none" },
		{ { .ttl = "" }, "/latest/meta-data/nul", EBADMSG, "NUL" },
		{ { .ttl = "", .token_status = 403 }, "/x", EACCES, "switched off" },
		{ { .ttl = "", .token_status = 405 }, "/x", EIO, "no session tokens" },
		{ { .ttl = "", .token_status = 400 }, "/x", EIO, "status 400" },
		{ { .ttl = "", .forget = 2 }, "/x", EIO, "status 401" },
		{ { .ttl = "", .status = 500 }, "/x", EAGAIN, "status 500" },
		{ { .ttl = "", .busy = 3 }, "/x", EAGAIN, "status 503" },
		{ { .ttl = "", .token = "" }, "/x", EBADMSG, "token of 0 bytes" },
		{ { .ttl = "", .token = "a\r\nb\r\n" }, "/x", EBADMSG, "token of 6 bytes" },
		{ { .ttl = "", .token = "a\001b" }, "/x", EINVAL, "control characters" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fake f = cases[i].f;
		auto_arena struct arena a = { 0 };
		auto_web struct web w = { 0 };
		auto_imds struct imds m = { 0 };
		struct err e = { 0 };

		web_serve(&w, serve, &f);
		open_at(&m, w.url);
		CHECK(ask(&m, cases[i].path, 1, &a, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
	}
}

/* The answer to a token request does not come through; to others it does. */
TEST(imds_names_the_hop_limit_when_only_tokens_get_lost)
{
	static const struct web_step steps[] = {
		{ .silent = true }, /* the PUT; its connection is given up */
		{ .bytes = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" },
	};
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	const char *text;
	struct err e = { 0 };

	web_script(&w, steps, COUNT(steps));
	open_at(&m, w.url);
	CHECK(imds_get(&m, "/latest/meta-data/mac", &text, &a, now_ms() + 2000, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK(strstr(e.msg, "HttpPutResponseHopLimit"));
}

TEST(imds_does_not_blame_the_hop_limit_when_nobody_answers)
{
	static const struct web_step steps[] = { { .silent = true }, { .silent = true } };
	auto_arena struct arena a = { 0 };
	auto_web struct web w = { 0 };
	auto_imds struct imds m = { 0 };
	const char *text;
	struct err e = { 0 };

	web_script(&w, steps, COUNT(steps));
	open_at(&m, w.url);
	CHECK(imds_get(&m, "/latest/meta-data/mac", &text, &a, now_ms() + 600, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK(!strstr(e.msg, "Limit") && strstr(e.msg, "no answer"));
}

TEST(imds_init_reads_the_environment)
{
	auto_imds struct imds m = { 0 };
	struct err e;

	CHECK(imds_init(&m, &e) == 0);
	CHECK_STR(m.http.host, "169.254.169.254");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6", 1);
	CHECK(imds_init(&m, &e) == 0);
	CHECK_STR(m.http.host, "fd00:ec2::254");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "both", 1);
	CHECK(imds_init(&m, &e) < 0 && e.num == EINVAL && strstr(e.msg, "'both'"));
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	setenv("AWS_METADATA_SERVICE_TIMEOUT", "2.5", 1);
	CHECK(imds_init(&m, &e) < 0 && strstr(e.msg, "AWS_METADATA_SERVICE_TIMEOUT '2.5'"));
	setenv("AWS_METADATA_SERVICE_TIMEOUT", "7", 1);
	setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0", 1);
	CHECK(imds_init(&m, &e) < 0 && strstr(e.msg, "NUM_ATTEMPTS '0'"));
	setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5", 1);
	CHECK(imds_init(&m, &e) == 0 && m.attempts == 5 && m.timeout_ms == 7000 && !m.v1);
	unsetenv("AWS_METADATA_SERVICE_TIMEOUT");
	unsetenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS");
	open_at(&m, "http://[fd00:ec2::254]/sub/");
	CHECK_STR(m.http.host, "fd00:ec2::254");
	CHECK_STR(m.base, "/sub");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense", 1);
	CHECK(imds_init(&m, &e) < 0 && e.num == EINVAL && strstr(e.msg, "'nonsense'"));
	CHECK(strstr(e.msg, "AWS_EC2_METADATA_SERVICE_ENDPOINT"));
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	setenv("AWS_EC2_METADATA_DISABLED", "True", 1);
	CHECK(imds_init(&m, &e) < 0 && e.num == EACCES);
	unsetenv("AWS_EC2_METADATA_DISABLED");
}

/* The tests' own namespace has loopback's addresses alone. */
TEST(imds_takes_the_ipv6_address_where_the_host_has_no_ipv4)
{
	auto_imds struct imds m = { .ipv6_alone = true };
	struct err e;

	CHECK(imds_init(&m, &e) == 0);
	CHECK_STR(m.http.host, "fd00:ec2::254");
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4", 1);
	CHECK(imds_init(&m, &e) == 0);
	CHECK_STR(m.http.host, "169.254.169.254");
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
}

TEST(imds_does_without_tokens_only_when_asked)
{
	static const struct web_step steps[] = {
		{ .bytes = "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nmac" },
	};
	static const char *const set[] = { "false", "true" };

	for (size_t i = 0; i < COUNT(set); i++) {
		auto_arena struct arena a = { 0 };
		auto_web struct web w = { 0 };
		auto_imds struct imds m = { 0 };
		const char *text = "";
		struct err e = { 0 };

		web_script(&w, steps, COUNT(steps));
		setenv("AWS_EC2_METADATA_V1_DISABLED", set[i], 1);
		open_at(&m, w.url);
		unsetenv("AWS_EC2_METADATA_V1_DISABLED");
		CHECK((imds_get(&m, "/x", &text, &a, now_ms() + 2000, &e) == 0) == (i == 0));
		CHECK_STR(text, i ? "" : "mac");
		CHECK(i == 0 || strstr(e.msg, "no session tokens"));
	}
}
