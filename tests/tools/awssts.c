/* SPDX-License-Identifier: Apache-2.0 */
/* awssts.c - calls STS for tests: each line of standard input is `ACTION JSON` with parameters as
 * they are sent (AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity), each is answered by a
 * line: {"answer":...} by the names that STS has, or {"error":{"code","class","message"}}. Session
 * by the environment. */
#include "jsonlines.h"
#include "sts.h"

static struct json *assume(struct aws *w, const struct json *q, bool web, struct arena *a,
			   struct err *e)
{
	const struct sts_assume role = { .role = json_str(q, "RoleArn", ""),
					 .session = json_str(q, "RoleSessionName", ""),
					 .external_id = json_str(q, "ExternalId", ""),
					 .web_token =
						 web ? json_str(q, "WebIdentityToken", "") : NULL,
					 .duration_s = (int)json_int(q, "DurationSeconds", 0) };
	struct json *j;
	struct sts_session s;
	char until[21];

	if (sts_assume_role(w, NULL, &role, &s, a, now_ms() + PATIENCE_MS, e) < 0)
		return NULL;
	j = json_object();
	time_rfc3339(s.until, until);
	json_add_str(j, "AccessKeyId", s.keys.id);
	json_add_str(j, "SecretAccessKey", s.keys.secret);
	json_add_str(j, "SessionToken", s.keys.token);
	json_add_str(j, "Expiration", until);
	json_add_str(j, "Arn", s.arn);
	return j;
}

static struct json *identity(struct aws *w, struct arena *a, struct err *e)
{
	struct sts_identity me;
	struct json *j;

	if (sts_get_caller_identity(w, &me, a, now_ms() + PATIENCE_MS, e) < 0)
		return NULL;
	j = json_object();
	json_add_str(j, "Account", me.account);
	json_add_str(j, "Arn", me.arn);
	json_add_str(j, "UserId", me.user_id);
	return j;
}

static struct json *call(struct aws *w, const char *line, struct arena *a, struct err *e)
{
	const char *args = line + strcspn(line, " ");
	const char *name = arena_fmt(a, "%.*s", (int)(args - line), line);
	auto_json struct json *q = json_parse(args, strlen(args), e);

	if (!q)
		return NULL;
	if (strcmp(name, "GetCallerIdentity") == 0)
		return identity(w, a, e);
	if (strcmp(name, "AssumeRole") == 0)
		return assume(w, q, false, a, e);
	if (strcmp(name, "AssumeRoleWithWebIdentity") == 0)
		return assume(w, q, true, a, e);
	return fail(e, EINVAL, "no such action here: %s", name), NULL;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc != 1) {
		fputs("usage: awssts\n", stderr);
		return 2;
	}
	return jsonlines_serve("awssts", call);
}
