/* SPDX-License-Identifier: Apache-2.0 */
/* aws_session.h - inside a session: aws_session.c makes it, aws.c has the attempts of one call,
 * aws_attempt.c one of them, aws_answer.c what AWS says, aws_error.c what a refusal means. Nobody
 * else looks in but sts.c, for the endpoint and the clock of what it presigns, and the credentials,
 * for the clock and for what may be shown. */
#pragma once
#include "aws.h"
#include "creds.h"
#include "endpoint.h"
#include "httppool.h"
#include "ratelimit.h"

struct aws_endpoint {
	struct http_client at; /* never connected: where to, and by which proxy */
	const char *base;      /* path, "/" as a rule */
	struct err e;          /* why there is none, if num is set */
};
struct aws {
	/* Constant once made. */
	char region[64];
	const char *agent, *profile;
	int attempts;
	bool log, no_quota;
	void (*ended)(void *arg, const struct aws_ended *c);
	void *ended_arg;
	int64_t pause_ms; /* unit of the pauses between attempts: a second */
	int64_t attempt_ms;
	struct aws_endpoint endpoints[AWS_SERVICES];
	struct arena mem; /* of the strings */
	struct profiles *profiles;

	/* Thread-safe themselves. */
	struct creds *creds;
	struct sigv4_key key;
	struct http_pool pool;
	struct ratelimit *limit;
	struct retry_quota quota;
	_Atomic int64_t skew_s; /* AWS's clock is so far ahead of ours */
};

/* What may never be shown: the secret key, the session token, this attempt's signature ... */
struct aws_secrets {
	const char *v[6];
	size_t n;
};

/* How an attempt went. */
enum aws_outcome {
	AWS_DONE,
	AWS_NOT_EXECUTED, /* surely, and the next may be better */
	AWS_UNSURE,       /* whether it was executed */
	AWS_UNREADABLE,   /* likewise, but the next would be no better */
	AWS_REFUSED       /* for good, or it cannot even be sent */
};
struct aws_call {
	struct aws *w;
	const struct aws_service_row *service;
	const struct aws_request *q;
	struct aws_answer *r;
	struct arena *a;
	int64_t deadline;
	struct buf body;   /* what is sent */
	const char *items; /* path from the root of the answer; NULL: none */
	bool renewed;      /* other keys were asked for: once is enough */

	/* of the last attempt */
	int status; /* 0: no answer */
	bool timed_out;
	bool given;      /* on_item has had some */
	bool at_once;    /* the next may be better, and need not wait */
	int64_t wait_ms; /* what AWS asks us to wait before the next, 0: nothing */
	char request_id[64];
};
/* One request and its answer. */
enum aws_outcome aws_attempt(struct aws_call *c, struct err *e);

/* aws_answer.c: the body of a 200, as it comes. */
struct aws_reader {
	struct aws_call *c;
	const struct aws_secrets *secrets;
	struct xml_feed *feed;
	struct buf json;
	bool broken;     /* it cannot be read, or on_item has had enough */
	struct err e;    /* what on_item said: to be passed on as it is */
	char first[100]; /* bytes, for an answer that is none */
	size_t n;
};
void aws_reader_start(struct aws_reader *r, struct aws_call *c, const struct aws_secrets *s);
MUST int aws_reader_take(const void *p, size_t n, void *reader, struct err *e);
/* Into c->r. AWS_DONE, AWS_UNREADABLE, or AWS_REFUSED by on_item. h NULL: it broke off, and e says
 * why. */
enum aws_outcome aws_reader_end(struct aws_reader *r, const struct http_response *h, struct err *e);
void aws_reader_free(struct aws_reader *r);
/* c->request_id, if the header or the document has one. */
void aws_note_request_id(struct aws_call *c, const struct http_response *h, const struct xml *root);

/* aws_error.c: fill e with what an answer that is no success says. */
void aws_refusal(struct aws_call *c, const struct http_response *h, const struct aws_secrets *s,
		 struct arena *a, struct err *e);
/* One printable line without secrets, cut after a few hundred bytes; in a. */
const char *aws_presentable(const char *text, const struct aws_secrets *s, struct arena *a);
bool aws_not_now(const char *code); /* throttled, or the like: nothing was done */
/* Does the code speak of the time in the signature, perhaps? */
bool aws_skewed(const char *code);
/* Seconds since 1970 from "Tue, 24 Nov 2026 15:17:10 GMT" (RFC 9110); -1: it is none. */
int64_t aws_date(const char *text);
/* Milliseconds that x-amz-retry-after or Retry-After ask for, when it is wall_ms by AWS's clock
 * (since 1970); 0: none. */
int64_t aws_retry_after(const struct http_headers *h, int64_t wall_ms);
