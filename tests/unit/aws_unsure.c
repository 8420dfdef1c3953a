/* SPDX-License-Identifier: Apache-2.0 */
/* aws_unsure.c - what a caller learns of a call that failed: may AWS have executed it? */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "test.h"
#include "tlsserver.h"

#define OK "<CreateXResponse/>"
#define REFUSED(code)                                                                \
	"<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error>" \
	"</Errors><RequestID>r</RequestID></Response>"
#define BROKEN                              \
	{                                   \
		503, REFUSED("Unavailable") \
	}

static const struct aws_request create = { .service = AWS_EC2,
					   .action = "CreateX",
					   .body = "ClientToken=c" };

static int ask(struct aws *w, const struct aws_request *q, int64_t within_ms, struct err *e)
{
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };

	return aws_send(w, q, &r, &a, now_ms() + within_ms, e);
}

/* The first attempt's fate is open; who refuses the keys of the second has not looked at it. */
TEST(aws_send_settles_an_open_attempt_only_by_a_refusal_of_what_it_asks)
{
	static const struct {
		struct fakeaws_answer answers[2];
		const char *code;
		bool unsure;
	} cases[] = {
		{ { BROKEN, { 403, REFUSED("UnauthorizedOperation") } },
		  "UnauthorizedOperation",
		  true },
		{ { BROKEN, { 401, REFUSED("AuthFailure") } }, "AuthFailure", true },
		{ { BROKEN, { 403, REFUSED("SubnetFull") } }, "SubnetFull", true },
		{ { BROKEN, { 400, REFUSED("OptInRequired") } }, "OptInRequired", true },
		{ { BROKEN, { 404, "<html>" } }, "", true },
		{ { BROKEN, { 301, "" } }, "", true },
		{ { BROKEN, { 200, "<html>" } }, "", true },
		{ { BROKEN, { 400, REFUSED("SubnetFull") } }, "SubnetFull", false },
		{ { { 503, REFUSED("Throttling") }, { 403, REFUSED("AccessDenied") } },
		  "AccessDenied",
		  false },
		{ { { 400, REFUSED("SubnetFull") } }, "SubnetFull", false },
		{ { { 403, REFUSED("AccessDenied") } }, "AccessDenied", false },
		{ { { 404, "<html>" } }, "", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fakeaws struct fakeaws f = { .answers = cases[i].answers, .n = 2 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(ask(w, &create, 20000, &e) < 0);
		CHECK_STR(e.code, cases[i].code);
		CHECK_INT(e.unsure, cases[i].unsure);
		web_stop(&f.web);
		CHECK_INT(f.asked, cases[i].answers[1].status ? 2 : 1);
	}
}

/* It was executed, and what it made is unknown. */
TEST(aws_send_is_unsure_of_what_it_cannot_read)
{
	static const char *const bodies[] = { "", "junk", "<a><b></a>", "<Foo/>", "<html>" };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct fakeaws_answer answer = { 200, bodies[i] };
		auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(ask(w, &create, 20000, &e) < 0 && e.num == EBADMSG && e.unsure);
		web_stop(&f.web);
		CHECK_INT(f.asked, 1); /* the next would be like it */
	}
}

/* ---- never sent */

/* e.num 0: whatever it is. */
static void fails_unsent(const char *endpoint, const struct aws_options *o, int num)
{
	auto_aws struct aws *w = NULL;
	struct err e = { .unsure = true };

	setenv("AWS_ENDPOINT_URL", endpoint, 1);
	CHECK(aws_new(&w, o, 0, &e) == 0);
	w->pause_ms = 1;
	CHECK(ask(w, &create, 500, &e) < 0);
	CHECK(!num || e.num == num);
	CHECK_STR(e.code, "");
	CHECK(!e.unsure);
	if (e.unsure || (num && e.num != num))
		printf("#   %s: %s\n", endpoint, e.msg);
}

TEST(aws_send_is_sure_of_what_was_never_sent)
{
	static const struct aws_options plain = { .no_imds = true };
	static const struct aws_options slow = { .no_imds = true, .throttle = "EC2:.=0.01:1" };
	struct tls_server s = { .name = "wrong.test" };
	char url[64];

	web_loopback();
	fakeaws_env("http://127.0.0.1:1");
	fails_unsent("http://127.0.0.1:1", &plain, ECONNREFUSED);
	fails_unsent("http://no-such-host.invalid:1", &plain, 0);
	tls_server_start(&s);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", s.port);
	fails_unsent(url, &plain, EACCES);
	tls_server_stop(&s);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	fails_unsent("http://127.0.0.1:1", &plain, ENOENT);
	fakeaws_env("http://127.0.0.1:1");
	{
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		CHECK(aws_new(&w, &slow, 0, &e) == 0);
		w->pause_ms = 1;
		CHECK(ask(w, &create, 500, &e) < 0 && e.num == ECONNREFUSED);
		e.unsure = true;
		CHECK(ask(w, &create, 500, &e) < 0 && e.num == ETIMEDOUT && !e.unsure);
	}
	fakeaws_env(NULL);
}

/* ---- servers that stall */

TEST(a_server_that_stalls_costs_one_attempt)
{
	static const struct web_step steps[] = {
		{ .silent = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" OK },
	};
	static const struct {
		struct aws_request q;
		int asked;
	} cases[] = {
		{ { .service = AWS_EC2, .action = "CreateX", .body = "ClientToken=c" }, 2 },
		{ { .service = AWS_EC2, .action = "CreateX" }, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct aws_options o = { .attempt_ms = 60, .no_imds = true };
		auto_web struct web web = { 0 };
		auto_aws struct aws *w = NULL;
		int64_t deadline = now_ms() + 20000;
		struct err e = { 0 };
		int rc;

		web_script(&web, steps, COUNT(steps));
		fakeaws_env(web.url);
		CHECK(aws_new(&w, &o, 0, &e) == 0);
		w->pause_ms = 1;
		rc = ask(w, &cases[i].q, 20000, &e);
		CHECK((rc == 0) == (cases[i].asked == 2));
		CHECK(rc == 0 || (e.num == ETIMEDOUT && e.unsure));
		CHECK(now_ms() < deadline);
		aws_idle(w);
		web_stop(&web);
		fakeaws_env(NULL);
		CHECK_INT(web.asked, cases[i].asked);
	}
}

/* The connection stands, and nobody answers the handshake: whatever it is, it may be tried again.
 */
TEST(a_server_that_stalls_in_the_handshake_has_executed_nothing)
{
	static const struct aws_request attach = { .service = AWS_EC2, .action = "AttachX" };
	const struct aws_options o = { .attempt_ms = 60, .no_imds = true };
	struct tls_server s = { .raw = "" }; /* for its CA bundle */
	struct sockaddr_in at = { .sin_family = AF_INET };
	auto_fd int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	auto_aws struct aws *w = NULL;
	socklen_t len = sizeof(at);
	struct err e = { 0 };
	char url[64];
	int n = 0;

	tls_server_start(&s);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 8) == 0 &&
	      getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", ntohs(at.sin_port));
	fakeaws_env(url);
	CHECK(aws_new(&w, &o, 0, &e) == 0);
	w->pause_ms = 1;
	e.unsure = true;
	CHECK(ask(w, &attach, 20000, &e) < 0 && e.num == ETIMEDOUT && !e.unsure);
	for (;; n++) {
		auto_fd int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
	}
	CHECK_INT(n, 3);
	fakeaws_env(NULL);
	tls_server_stop(&s);
}
