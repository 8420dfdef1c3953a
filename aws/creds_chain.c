/* SPDX-License-Identifier: Apache-2.0 */
/* creds_chain.c - the order of the sources, the environment's keys, and what sources share. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "creds_chain.h"
#include "file.h"
#include "json.h"
#include "str.h"

enum { MAX_ID = 127, MAX_TOKEN = 16 * 1024, MAX_SECRET_FILE = 64 * 1024 };

static bool plain(const char *s, size_t max)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (s[n] <= ' ' || s[n] > '~' || n >= max)
			return false;
	return true;
}

int creds_check(const struct aws_keys *k, const char *from, struct err *e)
{
	if (!*k->id || !plain(k->id, MAX_ID))
		return fail(e, EBADMSG, "%s: the access key id is not one", from);
	if (!*k->secret || !plain(k->secret, MAX_ID))
		return fail(e, EBADMSG, "%s: the secret access key is not one", from);
	if (!plain(k->token, MAX_TOKEN))
		return fail(e, EBADMSG, "%s: the session token is not one", from);
	return 0;
}

int creds_read(const char *text, const char *from, struct creds_got *out, struct arena *a,
	       struct err *e)
{
	auto_json struct json *j = json_parse(text, strlen(text), e);
	const char *until;

	if (!j)
		return wrap(e, "%s", from);
	if (strcmp(json_str(j, "Code", "Success"), "Success") != 0)
		return fail(e, EACCES, "%s: IMDS says %.60s: %.200s", from, json_str(j, "Code", ""),
			    json_str(j, "Message", ""));
	out->keys = (struct aws_keys) { arena_str(a, json_str(j, "AccessKeyId", "")),
					arena_str(a, json_str(j, "SecretAccessKey", "")),
					arena_str(a, json_str(j, "Token", "")) };
	until = json_str(j, "Expiration", "");
	out->until = time_parse(until);
	if (out->until <= 0)
		return fail(e, EBADMSG, "%s: Expiration '%.40s' is not a time", from, until);
	return creds_check(&out->keys, from, e);
}

int creds_secret_file(const char *path, const char *what, const char **out, struct arena *a,
		      struct err *e)
{
	auto_buf struct buf text = { 0 };

	if (file_read(path, MAX_SECRET_FILE, &text, e) < 0)
		return wrap(e, "%s", what);
	while (text.len && strchr("\r\n", text.p[text.len - 1]))
		text.p[--text.len] = '\0';
	if (!text.len)
		return fail(e, EBADMSG, "%s: %s is empty", what, path);
	if (!plain(text.p, MAX_SECRET_FILE) || strlen(text.p) < text.len)
		return fail(e, EBADMSG, "%s: %s has more in it than one line of text", what, path);
	*out = arena_str(a, text.p);
	return 0;
}

int creds_from_environment(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	const char *id = str_env("AWS_ACCESS_KEY_ID"), *secret = str_env("AWS_SECRET_ACCESS_KEY");

	if (!*id && !*secret)
		return 0;
	if (!*id || !*secret)
		return fail(e, EINVAL, "%s is set, but %s is not",
			    *id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
			    *id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	out->keys = (struct aws_keys) { arena_str(q->a, id), arena_str(q->a, secret),
					arena_str(q->a, str_env("AWS_SESSION_TOKEN")) };
	out->source = "environment";
	return creds_check(&out->keys, "environment", e) < 0 ? -1 : 1;
}

int creds_fetch(const struct creds_ask *q, struct creds_got *out, struct err *e)
{
	static const struct {
		int (*fn)(const struct creds_ask *q, struct creds_got *out, struct err *e);
		bool behind_option; /* not asked when an option names a profile */
	} sources[] = { { creds_from_environment, true },
			{ creds_from_web_identity, true },
			{ creds_from_profile, false },
			{ creds_from_container, false },
			{ creds_from_instance, false } };

	*out = (struct creds_got) { .source = "" };
	if (q->must_exist && !profiles_has(q->profiles, q->profile))
		return fail(e, ENOENT, "there is no profile '%.80s' in the config files",
			    q->profile);
	for (size_t i = 0; i < COUNT(sources); i++) {
		int rc = 0;

		if (!q->by_option || !sources[i].behind_option)
			rc = sources[i].fn(q, out, e);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return fail(e, ENOENT,
		    "no credentials: none in the environment (AWS_ACCESS_KEY_ID, "
		    "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_FULL_URI), none in the "
		    "profile '%.80s', and IMDS is not to be asked",
		    q->profile);
}
