/* SPDX-License-Identifier: Apache-2.0 */
/* sts.c - roles, who we are, and tokens for EKS. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "creds_chain.h"
#include "sts.h"

enum { EKS_S = 60 };

static int read_session(const struct xml *x, const char *action, struct sts_session *out,
			struct arena *a, struct err *e)
{
	const char *until = xml_text(x, "Credentials/Expiration");

	out->keys = (struct aws_keys) { arena_str(a, xml_text(x, "Credentials/AccessKeyId")),
					arena_str(a, xml_text(x, "Credentials/SecretAccessKey")),
					arena_str(a, xml_text(x, "Credentials/SessionToken")) };
	out->arn = arena_str(a, xml_text(x, "AssumedRoleUser/Arn"));
	out->until = time_parse(until);
	if (out->until <= 0)
		return fail(e, EBADMSG, "%s: Expiration '%.40s' is not a time", action, until);
	return creds_check(&out->keys, action, e);
}

int sts_assume_role(struct aws *w, const struct aws_keys *keys, const struct sts_assume *q,
		    struct sts_session *out, struct arena *a, int64_t deadline, struct err *e)
{
	static const struct aws_keys none = { "", "", "" };
	auto_aws_params struct aws_params p = { 0 };
	auto_answer struct aws_answer r = { 0 };
	struct aws_request ask = { .service = AWS_STS,
				   .action = q->web_token ? "AssumeRoleWithWebIdentity"
							  : "AssumeRole",
				   .repeatable = true,
				   .keys = q->web_token ? &none : keys,
				   .secret = q->web_token };

	aws_param(&p, "RoleArn", q->role);
	aws_param(&p, "RoleSessionName", q->session);
	if (q->external_id && *q->external_id)
		aws_param(&p, "ExternalId", q->external_id);
	if (q->web_token)
		aws_param(&p, "WebIdentityToken", q->web_token);
	if (q->duration_s)
		aws_param_int(&p, "DurationSeconds", q->duration_s);
	ask.body = p.body.p;
	if (aws_send(w, &ask, &r, a, deadline, e) < 0)
		return -1;
	return read_session(r.xml, ask.action, out, a, e);
}

int sts_get_caller_identity(struct aws *w, struct sts_identity *out, struct arena *a,
			    int64_t deadline, struct err *e)
{
	const struct aws_request ask = { .service = AWS_STS, .action = "GetCallerIdentity" };
	auto_answer struct aws_answer r = { 0 };

	if (aws_send(w, &ask, &r, a, deadline, e) < 0)
		return -1;
	*out = (struct sts_identity) { arena_str(a, xml_text(r.xml, "Account")),
				       arena_str(a, xml_text(r.xml, "Arn")),
				       arena_str(a, xml_text(r.xml, "UserId")) };
	if (!*out->account || !*out->arn)
		return fail(e, EBADMSG, "GetCallerIdentity: the answer has no Account or no Arn");
	return 0;
}

int sts_eks_token(struct aws *w, const char *cluster, const char **out, struct arena *a,
		  int64_t deadline, struct err *e)
{
	const struct aws_endpoint *to = &w->endpoints[AWS_STS];
	struct sigv4 s = { .region = aws_region(w),
			   .service = "sts",
			   .unix_s = wall_s() + w->skew_s };
	struct http_request q = { .method = "GET" };
	auto_buf struct buf token = { 0 };
	const char *url;

	if (!*cluster || strpbrk(cluster, " \t\r\n"))
		return fail(e, EINVAL, "'%.100s' is not a cluster's name", cluster);
	if (to->e.num) {
		*e = to->e;
		return wrap(e, "token for cluster %.100s", cluster);
	}
	if (creds_get(aws_creds(w), &s.keys, a, deadline, e) < 0)
		return wrap(e, "token for cluster %.100s", cluster);
	q.target = arena_fmt(a, "%s?Action=GetCallerIdentity&Version=2011-06-15", to->base);
	http_add(&q.headers, "Host", http_host(&to->at, a));
	http_add(&q.headers, "x-k8s-aws-id", cluster);
	url = arena_fmt(a, "http%s://%s%s", to->at.tls ? "s" : "", http_host(&to->at, a),
			sigv4_presign(&s, &q, EKS_S, a));
	buf_str(&token, "k8s-aws-v1.");
	base64(url, strlen(url), &token);
	while (token.p[token.len - 1] == '=')
		token.p[--token.len] = '\0';
	for (char *p = token.p; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	*out = arena_str(a, token.p);
	return 0;
}
