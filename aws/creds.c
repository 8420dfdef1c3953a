/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - credentials from the environment or from the instance's role. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "creds.h"
#include "imds.h"
#include "json.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum { AHEAD_S = 300 };

struct creds {
	pthread_mutex_t lock; /* of all the rest: whoever waits for it gets what was fetched */
	bool no_imds, imds_ready;
	struct imds imds;
	char key_id[128], secret[128], token[4096], source[128];
	int64_t until; /* wall clock seconds; 0: for ever */
};

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

/* Values that cannot be keys are refused by name, never shown. */
static int keep(struct creds *c, const struct aws_keys *k, int64_t until, const char *from,
		struct err *e)
{
	if (!*k->id || !plain(k->id) || strlen(k->id) >= sizeof(c->key_id))
		return fail(e, EBADMSG, "%s: the access key id is not one", from);
	if (!*k->secret || !plain(k->secret) || strlen(k->secret) >= sizeof(c->secret))
		return fail(e, EBADMSG, "%s: the secret access key is not one", from);
	if (!plain(k->token) || strlen(k->token) >= sizeof(c->token))
		return fail(e, EBADMSG, "%s: the session token is not one", from);
	snprintf(c->key_id, sizeof(c->key_id), "%s", k->id);
	snprintf(c->secret, sizeof(c->secret), "%s", k->secret);
	snprintf(c->token, sizeof(c->token), "%s", k->token);
	c->until = until;
	return 0;
}

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

/* 1: found, 0: the environment has none. */
static int from_env(struct creds *c, struct err *e)
{
	struct aws_keys k = { env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"),
			      env("AWS_SESSION_TOKEN") };

	if (!*k.id && !*k.secret)
		return 0;
	if (!*k.id || !*k.secret)
		return fail(e, EINVAL, "%s is set, but %s is not",
			    *k.id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
			    *k.id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	snprintf(c->source, sizeof(c->source), "environment");
	return keep(c, &k, 0, "environment", e) < 0 ? -1 : 1;
}

static int read_keys(struct creds *c, const char *text, const char *from, struct err *e)
{
	auto_json struct json *j = json_parse(text, strlen(text), e);
	struct aws_keys k;
	int64_t until;

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
	return keep(c, &k, until, from, e);
}

static int from_role(struct creds *c, struct arena *a, int64_t deadline, struct err *e)
{
	const char *role, *text, *from;

	if (!c->imds_ready && imds_init(&c->imds, e) < 0)
		return wrap(e, "credentials of the instance's role");
	c->imds_ready = true;
	if (imds_get(&c->imds, ROLES, &role, a, deadline, e) < 0) {
		if (e->num != ENOENT)
			return wrap(e, "credentials of the instance's role");
		return fail(e, ENOENT,
			    "no credentials: the environment has none, and the instance "
			    "has no IAM role (instance profile)");
	}
	role = arena_fmt(a, "%.*s", (int)strcspn(role, "\r\n"), role);
	from = arena_fmt(a, "credentials of role '%s'", role);
	if (imds_get(&c->imds, arena_fmt(a, ROLES "%s", role), &text, a, deadline, e) < 0)
		return wrap(e, "%s", from);
	snprintf(c->source, sizeof(c->source), "instance role %s", role);
	return read_keys(c, text, from, e);
}

/* Under the lock. */
static int ensure(struct creds *c, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	bool have = *c->key_id;
	int64_t now;
	int rc;

	if (have && (!c->until || wall_s() < c->until - AHEAD_S))
		return 0;
	have = have && wall_s() < c->until;
	rc = from_env(c, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (c->no_imds)
		return fail(e, ENOENT,
			    "no credentials: set AWS_ACCESS_KEY_ID and "
			    "AWS_SECRET_ACCESS_KEY");
	now = now_ms();
	if (have) /* a silent IMDS must leave time for the call that they are for */
		deadline = now + (deadline - now) / 2;
	return from_role(c, &a, deadline, e) == 0 || have ? 0 : -1;
}

int creds_new(struct creds **out, const struct creds_options *o, struct err *e)
{
	(void)e;
	*out = xalloc(sizeof(**out));
	pthread_mutex_init(&(*out)->lock, NULL);
	(*out)->no_imds = o->no_imds;
	return 0;
}

void creds_free(struct creds **c)
{
	struct creds *gone = TAKE(*c);

	if (!gone)
		return;
	imds_free(&gone->imds);
	pthread_mutex_destroy(&gone->lock);
	free(gone);
}

int creds_get(struct creds *c, struct aws_keys *out, struct arena *a, int64_t deadline,
	      struct err *e)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = ensure(c, deadline, e);
	if (rc == 0)
		*out = (struct aws_keys) { arena_str(a, c->key_id), arena_str(a, c->secret),
					   arena_str(a, c->token) };
	pthread_mutex_unlock(&c->lock);
	return rc;
}

bool creds_expired(struct creds *c, const char *key_id)
{
	bool others;

	pthread_mutex_lock(&c->lock);
	others = c->until || strcmp(key_id, c->key_id) != 0;
	if (c->until && strcmp(key_id, c->key_id) == 0)
		c->until = 1;
	pthread_mutex_unlock(&c->lock);
	return others;
}

int creds_due(struct creds *c)
{
	int64_t ms = -1;

	pthread_mutex_lock(&c->lock);
	if (!*c->key_id)
		ms = 0;
	else if (c->until)
		ms = (c->until - AHEAD_S - wall_s()) * 1000;
	pthread_mutex_unlock(&c->lock);
	if (ms > INT32_MAX)
		return INT32_MAX;
	return ms < -1 ? 0 : (int)ms;
}

int creds_refresh(struct creds *c, int64_t deadline, struct err *e)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = ensure(c, deadline, e);
	pthread_mutex_unlock(&c->lock);
	return rc;
}

const char *creds_source(struct creds *c, struct arena *a)
{
	const char *text;

	pthread_mutex_lock(&c->lock);
	text = arena_str(a, c->source);
	pthread_mutex_unlock(&c->lock);
	return text;
}
