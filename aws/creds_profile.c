/* SPDX-License-Identifier: Apache-2.0 */
/* creds_profile.c - a profile's keys or its role, and web identity: roles are assumed by STS. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "creds_chain.h"
#include "str.h"
#include "sts.h"

enum { DEPTH = 16, MIN_S = 900, MAX_S = 43200 };

/* A chain of profiles, each the source of the one before. */
struct walk {
	const struct creds_ask *q;
	const char *seen[DEPTH];
	size_t n;
};

static const char *get(const struct walk *w, const char *profile, const char *key)
{
	return profiles_get(w->q->profiles, profile, key);
}

static const char *session_name(const char *given, struct arena *a)
{
	if (!*given)
		given = str_env("AWS_ROLE_SESSION_NAME");
	return *given ? given : arena_fmt(a, "vpcbox-%lld", (long long)wall_s());
}

static int assume(const struct creds_ask *q, const struct aws_keys *keys,
		  const struct sts_assume *role, struct creds_got *out, struct err *e)
{
	struct sts_session s;

	if (!q->session)
		return fail(e, EINVAL, "role %.120s: there is no session to assume it with",
			    role->role);
	if (sts_assume_role(q->session, keys, role, &s, q->a, q->deadline, e) < 0)
		return wrap(e, "role %.120s", role->role);
	out->keys = s.keys;
	out->until = s.until;
	return 0;
}

/* ---- web identity */

static int by_token(const struct creds_ask *q, const char *file, const char *what,
		    struct sts_assume *role, struct creds_got *out, struct err *e)
{
	const char *token;

	if (creds_secret_file(file, what, &token, q->a, e) < 0)
		return -1;
	role->web_token = token;
	if (assume(q, NULL, role, out, e) < 0)
		return -1;
	out->source = arena_fmt(q->a, "web identity (role %s)", role->role);
	return 0;
}

int creds_from_web_identity(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	const char *file = str_env("AWS_WEB_IDENTITY_TOKEN_FILE");
	struct sts_assume role = { .role = str_env("AWS_ROLE_ARN"),
				   .session = session_name("", q->a) };

	if (!*file)
		return 0;
	if (!*role.role)
		return fail(e, EINVAL,
			    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
	return by_token(q, file, "AWS_WEB_IDENTITY_TOKEN_FILE", &role, out, e) < 0 ? -1 : 1;
}

/* ---- profiles */

static int from_keys(const struct walk *w, const char *profile, struct creds_got *out,
		     struct err *e)
{
	const struct profile_keys k = profiles_keys(w->q->profiles, profile);
	const char *from = arena_fmt(w->q->a, "profile %.80s", profile);

	out->keys = (struct aws_keys) { k.id, k.secret, k.token };
	if (!*out->keys.id && !*out->keys.secret)
		return 0;
	if (!*out->keys.id || !*out->keys.secret)
		return fail(e, EINVAL, "%s has %s, but no %s", from,
			    *out->keys.id ? "aws_access_key_id" : "aws_secret_access_key",
			    *out->keys.id ? "aws_secret_access_key" : "aws_access_key_id");
	out->until = 0;
	out->source = from;
	return creds_check(&out->keys, from, e) < 0 ? -1 : 1;
}

static int from_source(const struct walk *w, const char *profile, struct creds_got *out,
		       struct err *e)
{
	static const struct {
		const char *name;
		int (*fn)(const struct creds_ask *q, struct creds_got *out, struct err *e);
	} sources[] = { { "Environment", creds_from_environment },
			{ "EcsContainer", creds_from_container },
			{ "Ec2InstanceMetadata", creds_from_instance } };
	const char *name = get(w, profile, "credential_source");

	for (size_t i = 0; i < COUNT(sources); i++) {
		int rc;

		if (strcmp(name, sources[i].name) != 0)
			continue;
		rc = sources[i].fn(w->q, out, e);
		if (rc == 0)
			return fail(e, ENOENT, "credential_source %s has no credentials", name);
		return rc;
	}
	return fail(e, EINVAL,
		    "credential_source '%.40s' is none of Environment, EcsContainer, "
		    "Ec2InstanceMetadata",
		    name);
}

static int read_role(const struct walk *w, const char *profile, struct sts_assume *role,
		     struct err *e)
{
	const char *seconds = get(w, profile, "duration_seconds");
	uint64_t s = 0;

	if (*get(w, profile, "mfa_serial"))
		return fail(e, ENOTSUP,
			    "mfa_serial: there is nobody here to type a code of a second factor");
	if (*seconds && (!str_u64(seconds, &s) || s < MIN_S || s > MAX_S))
		return fail(e, EINVAL, "duration_seconds '%.20s' is not %d to %d", seconds, MIN_S,
			    MAX_S);
	*role = (struct sts_assume) { .role = get(w, profile, "role_arn"),
				      .session = session_name(get(w, profile, "role_session_name"),
							      w->q->a),
				      .external_id = get(w, profile, "external_id"),
				      .duration_s = (int)s };
	return 0;
}

static int from_profile(struct walk *w, const char *profile, struct creds_got *out, struct err *e);

/* The keys that a role is assumed with. A profile may be its own source: then its keys are meant.
 */
static int source_of(struct walk *w, const char *profile, struct creds_got *out, struct err *e)
{
	const char *source = get(w, profile, "source_profile");
	int rc;

	if (!*source == !*get(w, profile, "credential_source"))
		return fail(e, EINVAL,
			    "role_arn wants one of source_profile, credential_source and "
			    "web_identity_token_file beside it");
	if (!*source)
		return from_source(w, profile, out, e);
	if (!profiles_has(w->q->profiles, source))
		return fail(e, ENOENT, "source_profile '%.80s' is not there", source);
	rc = strcmp(source, profile) == 0 ? from_keys(w, profile, out, e)
					  : from_profile(w, source, out, e);
	if (rc == 0)
		return fail(e, ENOENT, "source_profile '%.80s' has no credentials", source);
	return rc;
}

static int from_role(struct walk *w, const char *profile, struct creds_got *out, struct err *e)
{
	const char *file = get(w, profile, "web_identity_token_file");
	struct creds_got source = { 0 };
	struct sts_assume role;

	if (read_role(w, profile, &role, e) < 0)
		return -1;
	if (*file)
		return by_token(w->q, file, "web_identity_token_file", &role, out, e) < 0 ? -1 : 1;
	if (source_of(w, profile, &source, e) < 0 || assume(w->q, &source.keys, &role, out, e) < 0)
		return -1;
	out->source = arena_fmt(w->q->a, "role %s (profile %s)", role.role, profile);
	return 1;
}

static int refuse_helpers(const struct walk *w, const char *profile, struct err *e)
{
	static const char *const keys[] = { "credential_process", "sso_session", "sso_start_url",
					    "sso_account_id", "login_session" };

	for (size_t i = 0; i < COUNT(keys); i++)
		if (*get(w, profile, keys[i]))
			return fail(e, ENOTSUP,
				    "%s is not supported: no helper program is run and nobody "
				    "logs in; use keys, role_arn or web_identity_token_file",
				    keys[i]);
	return 0;
}

static int from_profile(struct walk *w, const char *profile, struct creds_got *out, struct err *e)
{
	int rc;

	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->seen[i], profile) == 0)
			return fail(e, ELOOP, "source_profile leads in a circle");
	if (w->n == DEPTH)
		return fail(e, ELOOP, "source_profile leads over more than %d profiles", DEPTH);
	w->seen[w->n++] = profile;
	if (*get(w, profile, "role_arn"))
		rc = from_role(w, profile, out, e);
	else
		rc = from_keys(w, profile, out, e);
	if (rc == 0)
		rc = refuse_helpers(w, profile, e);
	return rc < 0 ? wrap(e, "profile %.80s", profile) : rc;
}

int creds_from_profile(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	struct walk w = { .q = q };
	int rc = from_profile(&w, q->profile, out, e);

	if (rc == 0 && q->by_option)
		return fail(e, ENOENT, "profile %.80s has no credentials", q->profile);
	return rc;
}
