/* SPDX-License-Identifier: Apache-2.0 */
/* fakeaws.c - an AWS endpoint for tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "str.h"

static const char *between(const char *s, const char *from, const char *to, struct arena *a)
{
	const char *at = strstr(s, from);

	return at ? arena_fmt(a, "%.*s", (int)strcspn(at + strlen(from), to), at + strlen(from))
		  : "";
}

static bool signature_holds(struct httpd_call *c)
{
	const char *auth = http_header(&c->headers, "authorization");
	struct strs scope = str_split(between(auth, "Credential=", ",", &c->a), "/", &c->a);
	struct http_request q = { .method = c->method,
				  .target = c->target,
				  .headers = c->headers,
				  .body = c->body,
				  .body_len = c->body_len };
	struct sigv4 s = { .keys = { FAKE_ID, FAKE_SECRET, "" },
			   .unix_s = time_parse(http_header(&c->headers, "x-amz-date")) };
	const char *canonical;

	if (scope.n != 5 || strcmp(scope.v[0], FAKE_ID) != 0)
		return false;
	s.region = scope.v[2];
	s.service = scope.v[3];
	canonical = sigv4_canonical(&q, between(auth, "SignedHeaders=", ",", &c->a), false, &c->a);
	return strcmp(between(auth, "Signature=", ",", &c->a),
		      sigv4_signature(&s, sigv4_to_sign(&s, canonical, &c->a), &c->a)) == 0;
}

static void serve(struct httpd_call *c)
{
	struct fakeaws *f = c->arg;
	const struct fakeaws_answer *answer = &f->answers[f->asked < f->n ? f->asked : f->n - 1];

	f->asked++;
	f->bad_signatures += !signature_holds(c);
	f->body.len = 0;
	buf_str(&f->body, c->body);
	snprintf(f->agent, sizeof(f->agent), "%s", http_header(&c->headers, "user-agent"));
	snprintf(f->target, sizeof(f->target), "%s", http_header(&c->headers, "x-amz-target"));
	f->signed_at = time_parse(http_header(&c->headers, "x-amz-date"));
	httpd_reply(c, answer->status, f->headers, answer->body, strlen(answer->body));
}

void fakeaws_env(const char *endpoint)
{
	const char *const v[][2] = { { "AWS_ACCESS_KEY_ID", FAKE_ID },
				     { "AWS_SECRET_ACCESS_KEY", FAKE_SECRET },
				     { "AWS_REGION", "eu-central-1" },
				     { "AWS_CONFIG_FILE", "/dev/null" },
				     { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
				     { "AWS_ENDPOINT_URL", endpoint } };

	for (size_t i = 0; i < COUNT(v); i++) {
		if (endpoint)
			setenv(v[i][0], v[i][1], 1);
		else
			unsetenv(v[i][0]);
	}
}

void fakeaws_start(struct fakeaws *f, struct aws **w)
{
	const struct aws_options o = { .throttle = "EC2:.=1000000:1000000,"
						   "Elastic Load Balancing v2:.=1000000:1000000",
				       .no_imds = true };
	struct err e;

	web_serve(&f->web, serve, f);
	fakeaws_env(f->web.url);
	if (aws_new(w, &o, now_ms() + 1000, &e) < 0)
		die("fake AWS: %s", e.msg);
	(*w)->pause_ms = 1;
}

void fakeaws_stop(struct fakeaws *f)
{
	web_stop(&f->web);
	fakeaws_env(NULL);
	buf_free(&f->body);
}

bool fakeaws_got(const struct fakeaws *f, const char *pair)
{
	size_t n = strlen(pair);

	for (const char *p = f->body.p; p; p = strchr(p, '&')) {
		p += *p == '&';
		if (strncmp(p, pair, n) == 0 && (p[n] == '&' || !p[n]))
			return true;
	}
	return false;
}
