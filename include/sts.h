/* SPDX-License-Identifier: Apache-2.0 */
/* sts.h - the Security Token Service. Blocking. */
#pragma once
#include "aws.h"

/* What AssumeRole and AssumeRoleWithWebIdentity give; strings live in the arena. */
struct sts_session {
	struct aws_keys keys;
	int64_t until;   /* wall clock, seconds */
	const char *arn; /* of the assumed role */
};
struct sts_assume {
	const char *role, *session; /* ARN; RoleSessionName */
	const char *external_id;    /* NULL or "": none */
	const char *web_token;      /* of AssumeRoleWithWebIdentity, which is not signed */
	int duration_s;             /* 0: AWS's default of an hour */
};
/* keys NULL: the session's own. */
MUST int sts_assume_role(struct aws *w, const struct aws_keys *keys, const struct sts_assume *q,
			 struct sts_session *out, struct arena *a, int64_t deadline, struct err *e);

struct sts_identity {
	const char *account, *arn, *user_id;
};
MUST int sts_get_caller_identity(struct aws *w, struct sts_identity *out, struct arena *a,
				 int64_t deadline, struct err *e);

/* A bearer token for the API server of an EKS cluster: "k8s-aws-v1." and the base64url of a
 * GetCallerIdentity URL presigned for 60 s with the cluster's name in x-k8s-aws-id; it is good for
 * 15 minutes. */
MUST int sts_eks_token(struct aws *w, const char *cluster, const char **out, struct arena *a,
		       int64_t deadline, struct err *e);
