/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.h - AWS Signature Version 4, in the Authorization header or in the query. "Create a signed
 * AWS API request" in the IAM user guide. Pure but for the cache of the derived key. */
#pragma once
#include <pthread.h>

#include "arena.h"
#include "hash.h"
#include "http.h"

struct aws_keys {
	const char *id, *secret, *token; /* token: "" without a session */
};
/* The key last derived, for signatures with the same secret, day, region and service. Zero is
 * empty; any number of threads may use one. It holds the secret: wipe it with sigv4_forget(). */
struct sigv4_key {
	pthread_mutex_t lock;
	char secret[128], scope[96];
	uint8_t key[SHA256_LEN];
};
void sigv4_forget(struct sigv4_key *k);

struct sigv4 {
	struct aws_keys keys;
	const char *region, *service;
	int64_t unix_s;
	bool single_encode;    /* S3 only: the path is encoded once and not normalised */
	struct sigv4_key *key; /* NULL: it is derived anew each time */
};
/* Signs method, target (path and query), the headers given and the body; adds X-Amz-Date and, with
 * a session, X-Amz-Security-Token, then Authorization. Host must be among the headers. Strings live
 * in a. */
void sigv4_sign(const struct sigv4 *s, struct http_request *q, struct arena *a);
/* The target of q with X-Amz-Algorithm ... X-Amz-Signature in its query, good for expires_s
 * seconds. The headers given are signed and must be sent as they are, Host among them; the body is
 * signed but for S3's, which counts as UNSIGNED-PAYLOAD. */
const char *sigv4_presign(const struct sigv4 *s, const struct http_request *q, int expires_s,
			  struct arena *a);
/* Steps, for tests and for the lab's server. signed_headers: lower case, sorted, ';'-separated. */
const char *sigv4_canonical(const struct http_request *q, const char *signed_headers,
			    bool single_encode, struct arena *a);
const char *sigv4_to_sign(const struct sigv4 *s, const char *canonical, struct arena *a);
const char *sigv4_signature(const struct sigv4 *s, const char *to_sign, struct arena *a);
