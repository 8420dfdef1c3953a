/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.h - AWS Signature Version 4 by Authorization header. Pure. "Create a signed AWS API
 * request" in the IAM user guide. */
#pragma once
#include "arena.h"
#include "http.h"

struct aws_keys {
	const char *id, *secret, *token; /* token: "" without a session */
};
struct sigv4 {
	struct aws_keys keys;
	const char *region, *service;
	int64_t unix_s;
	bool single_encode; /* S3 only: the path is encoded once and not normalised */
};
/* Signs method, target (path and query), the headers given and the body; adds X-Amz-Date and, with
 * a session, X-Amz-Security-Token, then Authorization. Host must be among the headers. Strings live
 * in a. */
void sigv4_sign(const struct sigv4 *s, struct http_request *q, struct arena *a);
/* Steps, for tests and for the lab's server. signed_headers: lower case, sorted, ';'-separated. */
const char *sigv4_canonical(const struct http_request *q, const char *signed_headers,
			    bool single_encode, struct arena *a);
const char *sigv4_to_sign(const struct sigv4 *s, const char *canonical, struct arena *a);
const char *sigv4_signature(const struct sigv4 *s, const char *to_sign, struct arena *a);

/* Percent-encode n bytes all but letters, digits, "-._~" (RFC 3986) and what `keep` lists. */
struct buf;
void uri_encode(const char *s, size_t n, const char *keep, struct buf *out);
