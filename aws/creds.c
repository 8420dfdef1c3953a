/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - credentials from the environment or from the instance's role. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "creds.h"
#include "json.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum { AHEAD_S = 300 };

static int64_t wall_s(void)
{
	return wall_ns() / 1000000000;
}

static bool plain(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

/* Into the session; values that cannot be keys are refused by name, never shown. */
static int keep(struct aws *w, const struct aws_keys *k, int64_t until, const char *from,
		struct err *e)
{
	if (!*k->id || !plain(k->id) || strlen(k->id) >= sizeof(w->key_id))
		return fail(e, EBADMSG, "%s: the access key id is not one", from);
	if (!*k->secret || !plain(k->secret) || strlen(k->secret) >= sizeof(w->secret))
		return fail(e, EBADMSG, "%s: the secret access key is not one", from);
	if (!plain(k->token) || strlen(k->token) >= sizeof(w->token))
		return fail(e, EBADMSG, "%s: the session token is not one", from);
	snprintf(w->key_id, sizeof(w->key_id), "%s", k->id);
	snprintf(w->secret, sizeof(w->secret), "%s", k->secret);
	snprintf(w->token, sizeof(w->token), "%s", k->token);
	w->keys_until = until;
	return 0;
}

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

/* 1: found, 0: the environment has none. */
static int from_env(struct aws *w, struct err *e)
{
	struct aws_keys k = { env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"),
			      env("AWS_SESSION_TOKEN") };

	if (!*k.id && !*k.secret)
		return 0;
	if (!*k.id || !*k.secret)
		return fail(e, EINVAL, "%s is set, but %s is not",
			    *k.id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
			    *k.id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	return keep(w, &k, 0, "environment", e) < 0 ? -1 : 1;
}

static int from_role(struct aws *w, struct arena *a, int64_t deadline, struct err *e)
{
	auto_json struct json *j = NULL;
	const char *role, *text, *from;
	struct aws_keys k;
	int64_t until;

	if (imds_get(w->imds, ROLES, &role, a, deadline, e) < 0) {
		if (e->num != ENOENT)
			return wrap(e, "credentials of the instance's role");
		return fail(e, ENOENT,
			    "no credentials: the environment has none, and the instance "
			    "has no IAM role (instance profile)");
	}
	role = arena_fmt(a, "%.*s", (int)strcspn(role, "\r\n"), role);
	from = arena_fmt(a, "credentials of role '%s'", role);
	if (imds_get(w->imds, arena_fmt(a, ROLES "%s", role), &text, a, deadline, e) < 0)
		return wrap(e, "%s", from);
	j = json_parse(text, strlen(text), e);
	if (!j)
		return wrap(e, "%s", from);
	if (strcmp(json_str(j, "Code", "Success"), "Success") != 0)
		return fail(e, EACCES, "%s: IMDS says %s: %s", from, json_str(j, "Code", ""),
			    json_str(j, "Message", ""));
	k = (struct aws_keys) { json_str(j, "AccessKeyId", ""), json_str(j, "SecretAccessKey", ""),
				json_str(j, "Token", "") };
	until = time_parse(json_str(j, "Expiration", ""));
	if (until <= 0)
		return fail(e, EBADMSG, "%s: Expiration '%s' is not a time", from,
			    json_str(j, "Expiration", ""));
	return keep(w, &k, until, from, e);
}

int creds_ensure(struct aws *w, struct arena *a, int64_t deadline, struct err *e)
{
	bool have = *w->key_id;
	int64_t now;
	int rc;

	if (have && (!w->keys_until || wall_s() < w->keys_until - AHEAD_S))
		return 0;
	have = have && wall_s() < w->keys_until;
	rc = from_env(w, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (!w->imds)
		return fail(e, ENOENT,
			    "no credentials: set AWS_ACCESS_KEY_ID and "
			    "AWS_SECRET_ACCESS_KEY");
	now = now_ms();
	if (have) /* a silent IMDS must leave time for the call that they are for */
		deadline = now + (deadline - now) / 2;
	return from_role(w, a, deadline, e) == 0 || have ? 0 : -1;
}

bool creds_expire(struct aws *w)
{
	if (!w->keys_until)
		return false;
	w->keys_until = 1;
	return true;
}
