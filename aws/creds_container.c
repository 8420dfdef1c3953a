/* SPDX-License-Identifier: Apache-2.0 */
/* creds_container.c - what an agent beside the container gives: ECS, EKS Pod Identity. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "creds_chain.h"
#include "http.h"
#include "json.h"
#include "str.h"

#define WHAT "container credentials"
#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"

enum { ATTEMPTS = 3, PAUSE_MS = 100, PAUSE_CAP_MS = 1000 };

/* Over plain HTTP only to this machine's own: itself, ECS's agent, EKS's (also by IPv6). */
static bool own(const char *host)
{
	static const char *const hosts[] = { "localhost", "::1", "169.254.170.2", "169.254.170.23",
					     "fd00:ec2::23" };

	for (size_t i = 0; i < COUNT(hosts); i++)
		if (strcmp(host, hosts[i]) == 0)
			return true;
	return str_prefix(host, "127.") && strspn(host, "0123456789.") == strlen(host);
}

/* Whoever knows the path may have the keys: no message shows it. */
static int find_target(struct http_client *c, const char **target, const struct creds_ask *q,
		       struct err *e)
{
	const char *relative = str_env(RELATIVE), *name = *relative ? RELATIVE : FULL;
	const char *url = str_env(FULL);
	struct err unseen;

	if (*relative && *relative != '/')
		return fail(e, EINVAL, RELATIVE " does not begin with /");
	if (*relative)
		url = arena_fmt(q->a, "http://169.254.170.2%s", relative);
	if (http_url(c, url, target, &unseen) < 0 || url[strcspn(url, " \t\r\n")])
		return fail(e, EINVAL, "%s is not %s", name,
			    *relative ? "the path of a URL" : "http[s]://HOST[:PORT][/PATH]");
	if (!c->tls && !own(c->host))
		return fail(e, EINVAL,
			    FULL " with host %.150s: http is only for this machine's own addresses "
				 "(loopback, 169.254.170.2, 169.254.170.23, fd00:ec2::23); others "
				 "want https",
			    c->host);
	if (**target != '/')
		*target = arena_fmt(q->a, "/%s", *target);
	return 0;
}

static int hide(const char *target, const struct creds_ask *q, struct err *e)
{
	const struct aws_secrets s = { { target }, strlen(target) > 1 };

	return fail(e, e->num, WHAT ": %s", aws_presentable(e->msg, &s, q->a));
}

/* Read anew at each fetch: the kubelet replaces the file. */
static int find_token(const char **token, const struct creds_ask *q, struct err *e)
{
	const char *file = str_env(TOKEN "_FILE");

	*token = str_env(TOKEN);
	if (*file)
		return creds_secret_file(file, TOKEN "_FILE", token, q->a, e);
	if (strpbrk(*token, "\r\n"))
		return fail(e, EINVAL, TOKEN " has a line end in it");
	return 0;
}

/* {"code": ..., "message": ...}, of which the code alone is safe to show. */
static int refused(const struct http_client *c, const struct http_response *r, struct err *e)
{
	auto_json struct json *j = NULL;
	struct err ignored;
	const char *code;

	j = json_parse(r->body, r->body_len, &ignored);
	code = json_str(j, "code", json_str(j, "Code", ""));
	return fail(e, r->status == 429 || r->status >= 500 ? EAGAIN : EACCES,
		    "%s answers with status %d%s%.60s", c->host, r->status, *code ? " " : "", code);
}

static int ask_once(struct http_client *c, const char *target, const char *token,
		    const struct creds_ask *q, const char **text, struct err *e)
{
	struct http_request ask = { .method = "GET", .target = target };
	struct http_response r;

	http_add(&ask.headers, "Accept", "application/json");
	if (*token)
		http_add(&ask.headers, "Authorization", token);
	if (http_do(c, &ask, &r, q->a, q->deadline, e) < 0)
		return -1;
	if (r.status != 200)
		return refused(c, &r, e);
	*text = r.body;
	return 0;
}

int creds_from_container(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	struct backoff b = { .start_ms = PAUSE_MS, .cap_ms = PAUSE_CAP_MS, .jitter = 0.15 };
	const char *target, *token, *text = "";
	auto_http struct http_client c = { 0 };

	if (!*str_env(RELATIVE) && !*str_env(FULL))
		return 0;
	if (find_target(&c, &target, q, e) < 0 || find_token(&token, q, e) < 0)
		return -1;
	for (int i = 1; ask_once(&c, target, token, q, &text, e) < 0; i++)
		if (i == ATTEMPTS || !conn_passing(e->num) ||
		    !pause_ms(backoff_next(&b), q->deadline))
			return hide(target, q, e);
	out->source = arena_fmt(q->a, "container (%s)", c.host);
	return creds_read(text, WHAT, out, q->a, e) < 0 ? -1 : 1;
}
