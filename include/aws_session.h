/* SPDX-License-Identifier: Apache-2.0 */
/* aws_session.h - inside a session: aws_session.c makes it, aws.c has the attempts of one call,
 * aws_attempt.c one of them, aws_error.c what a refusal means. Nobody else looks in. */
#pragma once
#include <pthread.h>

#include "aws.h"
#include "creds.h"
#include "http.h"

struct aws {
	char region[64];
	const char *agent;
	int attempts;
	bool log;
	struct creds *creds;
	struct arena mem; /* of the strings */
	int64_t pause_ms; /* unit of the pauses between attempts */

	pthread_mutex_t lock;
	struct http_client idle;
};

/* What may never be shown: the secret key, the session token, this attempt's signature ... */
struct aws_secrets {
	const char *v[6];
	size_t n;
};

enum aws_outcome { AWS_DONE, AWS_NOT_EXECUTED, AWS_UNSURE, AWS_REFUSED };
struct aws_call {
	struct aws *w;
	const struct aws_request *q;
	struct aws_answer *r;
	struct arena *a;
	int64_t deadline;
	struct buf body;

	/* of the last attempt */
	int status; /* 0: no answer */
	char request_id[64];
};
/* One request and its answer. */
enum aws_outcome aws_attempt(struct aws_call *c, struct err *e);
/* Fill e with what an answer that is no success says; c->request_id is set. */
void aws_refusal(struct aws_call *c, const struct http_response *h, const struct aws_secrets *s,
		 struct arena *a, struct err *e);
/* One printable line without secrets, cut after a few hundred bytes; in a. */
const char *aws_presentable(const char *text, const struct aws_secrets *s, struct arena *a);
bool aws_throttled(const char *code);
