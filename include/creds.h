/* SPDX-License-Identifier: Apache-2.0 */
/* creds.h - where a session's credentials come from, and when they are fetched again. Thread-safe,
 * blocking. */
#pragma once
#include "aws.h"
#include "profile.h"

/* The default chain in the order of the SDK for Go: environment; web identity
 * (AWS_WEB_IDENTITY_TOKEN_FILE); the profile (its keys, or its role_arn with source_profile or
 * credential_source), which comes first when an option names it; container
 * (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, _FULL_URI: ECS, EKS Pod Identity); the instance's role
 * by IMDS. The first that is configured is used for good: if it fails, no other is tried.
 * credential_process, SSO and login sessions are refused (ENOTSUP): no helper programs are run. No
 * error shows keys, tokens or the path of a container's URI. */
struct creds;
struct creds_options {
	const struct profiles *profiles; /* borrowed; NULL: loaded here */
	const char *profile;             /* copied; NULL: AWS_PROFILE, else "default" */
	/* By option or AWS_PROFILE: then it must exist and have credentials. One by option (that
	 * AWS_PROFILE does not name) comes before the environment's keys. */
	bool profile_asked;
	bool no_imds;
	struct aws *session; /* borrowed: STS is called over it, with the source's keys or none; its
			       clock is AWS's. NULL: ours is */
};
MUST int creds_new(struct creds **out, const struct creds_options *o, struct err *e);
void creds_free(struct creds **c);
#define auto_creds AUTO(creds_free)

/* Keys that are good now, by AWS's clock as the session has learned it; strings live in a. Fetched
 * again from five minutes before they expire on, every ten seconds at most; while that fails they
 * serve to their end, and half of the time left is spent at most. Many threads that wait cause one
 * fetch. ENOENT: no credentials anywhere, and what was looked at. */
MUST int creds_get(struct creds *c, struct aws_keys *out, struct arena *a, int64_t deadline,
		   struct err *e);
/* AWS says that the keys of this id have expired: fetch others next time. True when there may be
 * others: not when a fetch for that reason has brought the same ones less than ten seconds ago. */
bool creds_expired(struct creds *c, const char *key_id);
/* For a job that refreshes ahead of expiry: milliseconds until that is due (0: now; -1: never), and
 * the refresh itself. */
int creds_due(struct creds *c);
MUST int creds_refresh(struct creds *c, int64_t deadline, struct err *e);
/* What they are, for logs and diag: "environment", "web identity (role arn:...)", "instance role
 * NAME"; "" before the first fetch. Into a. */
const char *creds_source(struct creds *c, struct arena *a);
