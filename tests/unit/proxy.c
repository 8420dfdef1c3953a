/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.c - which proxy the environment means, what it is asked, and what becomes of its answers.
 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "proxy.h"
#include "str.h"
#include "test.h"
#include "web.h"

static const char *const variables[] = { "HTTPS_PROXY",   "https_proxy", "HTTP_PROXY",
					 "http_proxy",    "NO_PROXY",    "no_proxy",
					 "REQUEST_METHOD" };

/* "NAME=VALUE" words, separated by blanks; all other variables of proxies are unset. */
static void environment(const char *words)
{
	auto_arena struct arena a = { 0 };
	struct strs l = str_split(words, " ", &a);

	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	for (size_t i = 0; i < l.n; i++) { /* NAME=VALUE */
		size_t n = strcspn(l.v[i], "=");

		setenv(arena_fmt(&a, "%.*s", (int)n, l.v[i]), l.v[i] + n + 1, 1);
	}
}

/* The proxy for url as "AUTH HOST PORT", "direct", or "refused". */
static const char *proxy_for(const char *url, struct arena *a, struct err *e)
{
	struct http_client c = { 0 };
	const char *path;

	CHECK(http_url(&c, url, &path, e) == 0);
	snprintf(c.via.host, sizeof(c.via.host), "left from before");
	if (http_use_proxy(&c, e) < 0) {
		CHECK_STR(c.via.host, "");
		CHECK_STR(c.via.auth, "");
		return "refused";
	}
	if (!*c.via.host)
		return "direct";
	return arena_fmt(a, "%s%s%s %s", c.via.auth, *c.via.auth ? " " : "", c.via.host,
			 c.via.port);
}

TEST(proxy_is_read_from_the_environment)
{
	static const struct {
		const char *env, *url, *want;
	} cases[] = {
		{ "", "https://a.test", "direct" },
		{ "HTTPS_PROXY=http://p:3128", "https://a.test", "p 3128" },
		{ "HTTPS_PROXY=http://p:3128", "http://a.test", "direct" },
		{ "https_proxy=p:3128", "https://a.test", "p 3128" },
		{ "HTTPS_PROXY=one https_proxy=two", "https://a.test", "one 80" },
		{ "HTTPS_PROXY= https_proxy=two", "https://a.test", "two 80" },
		{ "http_proxy=HTTP://p", "http://a.test", "p 80" },
		{ "http_proxy=http://p/", "http://a.test", "p 80" },
		{ "HTTPS_PROXY=http://p", "https://a.test", "p 80" },
		{ "HTTPS_PROXY=http://[::1]:81", "https://a.test", "::1 81" },
		{ "http_proxy=one HTTP_PROXY=two", "http://a.test", "one 80" },
		{ "HTTP_PROXY=two", "http://a.test", "two 80" },
		{ "HTTP_PROXY=two REQUEST_METHOD=GET", "http://a.test", "direct" },
		{ "http_proxy=one REQUEST_METHOD=GET", "http://a.test", "one 80" },
		{ "HTTP_PROXY=two http_proxy=one", "https://a.test", "direct" },
		{ "HTTPS_PROXY=http://user:pass@p:1", "https://a.test", "Basic dXNlcjpwYXNz p 1" },
		{ "HTTPS_PROXY=http://user@p:1", "https://a.test", "Basic dXNlcjo= p 1" },
		{ "HTTPS_PROXY=u:p@p:1", "https://a.test", "Basic dTpw p 1" },
		{ "HTTPS_PROXY=http://a%40b:c%3Ad@p:1", "https://a.test",
		  "Basic YUBiOmM6ZA== p 1" },
		{ "HTTPS_PROXY=http://u:a@b@p:1", "https://a.test", "Basic dTphQGI= p 1" },
		{ "HTTPS_PROXY=p", "https://localhost:8443", "direct" },
		{ "HTTPS_PROXY=p", "https://LOCALHOST.", "direct" },
		{ "HTTPS_PROXY=p", "https://127.1.2.3", "direct" },
		{ "HTTPS_PROXY=p", "https://[::1]", "direct" },
		{ "HTTPS_PROXY=p", "https://[::2]", "p 80" },
		{ "HTTPS_PROXY=p", "https://localhost.test", "p 80" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		environment(cases[i].env);
		CHECK_STR(proxy_for(cases[i].url, &a, &e), cases[i].want);
	}
	environment("");
}

static const struct {
	const char *list, *host;
	bool direct;
} exceptions[] = {
	{ "*", "a.test", true },
	{ "b.test,*", "a.test", true },
	{ "a.test", "a.test", true },
	{ "a.test", "A.TEST", true },
	{ "A.Test", "a.test", true },
	{ "a.test", "x.a.test", true },
	{ "a.test", "xa.test", false },
	{ "a.test", "a.test.x", false },
	{ "a.test", "test", false },
	{ "a.test.", "a.test", true },
	{ "a.test", "a.test.", true },
	{ ".a.test", "a.test", false },
	{ ".a.test", "x.a.test", true },
	{ ".a.test", "x.ya.test", false },
	{ "*.a.test", "x.y.a.test", true },
	{ "*.a.test", "a.test", false },
	{ "*a.test", "xa.test", false },
	{ ".", "a.test", false },
	{ ",,", "a.test", false },
	{ "b.test,a.test", "a.test", true },
	{ "b.test\ta.test", "a.test", true },
	{ "a.test:443", "a.test", true },
	{ "a.test:80", "a.test", false },
	{ "a.test:", "a.test", false },
	{ ".a.test:443", "x.a.test", true },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1:443", "192.0.2.1", true },
	{ "192.0.2.1:80", "192.0.2.1", false },
	{ "192.0.2.1", "192.0.2.10", false },
	{ "2.1", "192.0.2.1", false },
	{ "192.0.2.0/24", "192.0.2.200", true },
	{ "192.0.2.0/24", "192.0.3.1", false },
	{ "192.0.2.0/33", "192.0.2.1", false },
	{ "0.0.0.0/0", "a.test", false },
	{ "0.0.0.0/0", "[2001:db8::1]", false },
	{ "2001:db8::/32", "[2001:db8:1::1]", true },
	{ "2001:db8::1", "[2001:db8::1]", true },
	{ "[2001:db8::1]", "[2001:db8::1]", true },
	{ "[2001:db8::1]:443", "[2001:db8::1]", true },
	{ "[2001:db8::1]:80", "[2001:db8::1]", false },
	{ "[2001:db8::1", "[2001:db8::1]", false },
	{ "2001:db8::2", "[2001:db8::1]", false },
};

TEST(proxy_exceptions_are_names_addresses_prefixes_and_ports)
{
	auto_buf struct buf huge = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	environment("HTTPS_PROXY=p");
	for (size_t i = 0; i < COUNT(exceptions); i++) {
		const char *url = arena_fmt(&a, "https://%s", exceptions[i].host), *got;

		setenv("NO_PROXY", exceptions[i].list, 1);
		got = proxy_for(url, &a, &e);
		if ((strcmp(got, "direct") == 0) != exceptions[i].direct)
			printf("#   %s: %s\n", exceptions[i].list, url);
		CHECK_STR(got, exceptions[i].direct ? "direct" : "p 80");
	}
	for (int i = 0; i < 100; i++)
		buf_str(&huge, "aaaaaaaaaa");
	buf_str(&huge, " a.test");
	setenv("NO_PROXY", huge.p, 1);
	CHECK_STR(proxy_for("https://a.test", &a, &e), "direct");
	environment("HTTPS_PROXY=p no_proxy=a.test");
	CHECK_STR(proxy_for("https://a.test", &a, &e), "direct");
	environment("HTTPS_PROXY=p no_proxy=a.test NO_PROXY=b.test");
	CHECK_STR(proxy_for("https://a.test", &a, &e), "p 80");
	environment("");
}

TEST(proxy_that_cannot_be_used_is_refused_without_its_secret)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "https://u:secret@p:1", "another kind than http://" },
		{ "socks5://u:secret@p:1", "another kind than http://" },
		{ "://secret", "another kind than http://" },
		{ "http://u:secret", "no usable host and port" },
		{ "http://u:secret@", "no usable host and port" },
		{ "http://u:secret@:80", "no usable host and port" },
		{ "http://u:secret@p:99999", "no usable host and port" },
		{ "http://u:secret@p:x", "no usable host and port" },
		{ "http://u:se/secret@p:1", "no usable host and port" },
		{ "http://u:secret%4@p:1", "user and password" },
		{ "http://u%zz:secret@p:1", "user and password" },
	};
	auto_buf struct buf huge = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		environment("");
		setenv("HTTPS_PROXY", cases[i].value, 1);
		CHECK_STR(proxy_for("https://a.test", &a, &e), "refused");
		CHECK_INT(e.num, EINVAL);
		CHECK(strstr(e.msg, "HTTPS_PROXY") == e.msg && strstr(e.msg, cases[i].want));
		CHECK(!strstr(e.msg, "secret"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
	}
	for (int i = 0; i < 400; i++)
		buf_str(&huge, "x");
	buf_str(&huge, "@p");
	setenv("HTTPS_PROXY", huge.p, 1);
	CHECK_STR(proxy_for("https://a.test", &a, &e), "refused");
	CHECK(strstr(e.msg, "too long"));
	environment("");
}

/* ---- requests */

static int64_t soon(void)
{
	return now_ms() + 20000;
}

/* A client of url by the proxy w. */
static void client(struct http_client *c, const struct web *w, const char *url)
{
	const char *path;
	struct err e;

	CHECK(http_url(c, url, &path, &e) == 0);
	snprintf(c->via.host, sizeof(c->via.host), "127.0.0.1");
	snprintf(c->via.port, sizeof(c->via.port), "%d", w->port);
	snprintf(c->via.auth, sizeof(c->via.auth), "Basic c2VjcmV0OnNlY3JldA==");
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

TEST(proxy_is_asked_in_absolute_form_over_one_connection)
{
	static const struct web_step steps[] = { { .bytes = OK }, { .bytes = OK } };
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { 0 };
	auto_web struct web w = { 0 };
	struct http_request q = { .method = "GET", .target = "/x?y" };
	struct http_response r;
	struct err e = { 0 };

	web_script(&w, steps, COUNT(steps));
	client(&c, &w, "http://origin.test:8080");
	for (size_t i = 0; i < COUNT(steps); i++) {
		CHECK(http_do(&c, &q, &r, &a, soon(), &e) == 0);
		CHECK_STR(r.body, "hi");
	}
	http_close(&c);
	web_stop(&w);
	CHECK_INT(w.connected, 1);
	CHECK_STR(w.heard, "GET http://origin.test:8080/x?y HTTP/1.1\r\n"
			   "Host: origin.test:8080\r\n"
			   "Proxy-Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n\r\n");
}

TEST(proxy_is_asked_for_a_tunnel)
{
	static const struct web_step step = { .bytes = "HTTP/1.1 200 Go\r\n\r\n", .close = true };
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { 0 };
	auto_web struct web w = { 0 };
	struct http_request q = { .method = "GET", .target = "/" };
	struct http_response r;
	struct err e = { 0 };

	web_script(&w, &step, 1);
	client(&c, &w, "https://[2001:db8::1]");
	CHECK(http_do(&c, &q, &r, &a, soon(), &e) < 0); /* closed after its consent */
	CHECK(e.num == ECONNRESET || e.num == ENOENT);
	CHECK(strstr(e.msg, "GET 2001:db8::1/: TLS with [2001:db8::1]:443: ") == e.msg);
	CHECK_INT(c.conn.fd, 0);
	web_stop(&w);
	CHECK_STR(w.heard, "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
			   "Proxy-Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n\r\n");
}

TEST(proxy_that_gives_no_tunnel_is_named)
{
	static const struct {
		const char *bytes;
		size_t times;
		int num;
		const char *want;
	} cases[] = {
		{ "HTTP/1.1 407 Auth\r\nContent-Length: 3\r\n\r\nno!", 0, EACCES,
		  "refuses CONNECT origin.test:443: status 407 (it wants another user or "
		  "password)" },
		{ "HTTP/1.1 403 No\r\n\r\n<html>", 0, EACCES, "status 403" },
		{ "HTTP/1.0 502 Bad\r\n\r\n", 0, ECONNREFUSED, "status 502" },
		{ "HTTP/1.1 302 See\r\nLocation: http://x/\r\n\r\n", 0, ECONNREFUSED,
		  "status 302" },
		{ "HTTP/1.1 200 Go\r\nContent-Length: 5\r\n\r\nhello", 0, EBADMSG,
		  "something of its own" },
		{ "HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 0, EBADMSG,
		  "changes the protocol" },
		{ "HTTP/1.1 100 Go on\r\n\r\n", 100, EBADMSG, "no final answer" },
		{ "HTTP/1.1 200 Go\r\nA: ", 0, EBADMSG, "middle" },
		{ "", 0, ECONNRESET, "closed without an answer" },
		{ "SSH-2.0-x\r\n\r\n", 0, EBADMSG, "malformed" },
		{ "HTTP/1.1 200 Go\r\nA: b\r\n", 65, EBADMSG, "malformed" },
		{ "HTTP/1.1 200 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2000, E2BIG,
		  "limit 65536" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_step step = { .bytes = cases[i].bytes, .close = true };
		auto_arena struct arena a = { 0 };
		auto_http struct http_client c = { 0 };
		auto_web struct web w = { 0 };
		struct http_request q = { .method = "GET", .target = "/" };
		struct http_response r;
		struct err e = { 0 };

		step.times = cases[i].times;
		web_script(&w, &step, 1);
		client(&c, &w, "https://origin.test");
		CHECK(http_do(&c, &q, &r, &a, soon(), &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, "GET origin.test/: proxy: "));
		CHECK(strstr(e.msg, cases[i].want) && !strstr(e.msg, "c2Vj"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
		CHECK_INT(c.conn.fd, 0);
	}
}

TEST(proxy_that_is_silent_costs_the_deadline)
{
	static const struct web_step step = { .silent = true };
	auto_arena struct arena a = { 0 };
	auto_http struct http_client c = { 0 };
	auto_web struct web w = { 0 };
	struct http_request q = { .method = "GET", .target = "/" };
	struct http_response r;
	struct err e = { 0 };

	web_script(&w, &step, 1);
	client(&c, &w, "https://origin.test");
	CHECK(http_do(&c, &q, &r, &a, now_ms() + 300, &e) < 0);
	CHECK_INT(e.num, ETIMEDOUT);
	CHECK(strstr(e.msg, "GET origin.test/: proxy: no answer from 127.0.0.1:") == e.msg);
	http_close(&c);
	web_stop(&w);
	CHECK(http_do(&c, &q, &r, &a, soon(), &e) < 0);
	CHECK_INT(e.num, ECONNREFUSED);
	CHECK(strstr(e.msg, "GET origin.test/: proxy: connect to 127.0.0.1:") == e.msg);
}
