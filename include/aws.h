/* SPDX-License-Identifier: Apache-2.0 */
/* aws.h - a session with AWS, and one signed call in any of its protocols. Blocking: for jobs.
 * Thread-safe: any number of threads may call on one session at once. */
#pragma once
#include "arena.h"
#include "buf.h"
#include "shape.h"
#include "sigv4.h"

enum aws_service {
#define SERVICE(id, prefix, protocol, version, sdk_id) AWS_##id,
#include "services.def"
#undef SERVICE
	AWS_SERVICES
};
struct aws_service_row {
	const char *prefix;
	enum aws_protocol protocol;
	const char *version, *sdk_id;
};
extern const struct aws_service_row aws_services[AWS_SERVICES];
/* By the SDKs' service id; AWS_SERVICES: the controller may name it, but nobody calls it here yet;
 * -1: no such service. */
int aws_service_find(const char *sdk_id);

/* A call that has ended, for whoever counts. status 0: no answer came. */
struct aws_ended {
	const char *service, *action, *code; /* service: the SDKs' id; code "": none */
	int status, attempts, rc;
	int64_t ms;
};
/* What a session can be told; NULL or 0 is the default, which environment and profile may say. */
struct aws_options {
	const char *region;  /* AWS_REGION, AWS_DEFAULT_REGION, the profile, the instance identity
				document */
	const char *profile; /* AWS_PROFILE, "default" */
	const char
		*endpoints; /* --aws-api-endpoints: "EC2=https://...,STS=..." (spec-lbc-nlb 15.2) */
	const char *throttle; /* --aws-api-throttle: "SERVICE ID:regex=rate:burst,..."
				 (spec-lbc-nlb 15.3) */
	const char *agent;    /* User-Agent: "vpcbox/VERSION" */
	int attempts;         /* AWS_MAX_ATTEMPTS, the profile, 3 */
	int64_t attempt_ms;   /* one attempt takes no longer, so that a server that stalls leaves
				 time for the next: 30 s */
	bool log;             /* one line for each call */
	/* Told of each call that has ended, on the thread that made it. */
	void (*ended)(void *arg, const struct aws_ended *c);
	void *ended_arg;
	bool no_quota; /* retry without the SDKs' token bucket, as the controller does */
	bool no_imds;  /* never ask the instance metadata service */
};

/* Is it a value for endpoints, for throttle? As aws_new() sees it, for who wants to know earlier:
 * EINVAL names the pair that is wrong, and not the option. "" is one. */
MUST int aws_endpoints_check(const char *text, struct err *e);
MUST int aws_throttle_check(const char *text, struct err *e);

struct aws;
/* Nothing is sent unless the region must be asked for. The strings of o are copied; o may be NULL.
 * EINVAL names the option, variable or profile that is wrong. */
MUST int aws_new(struct aws **out, const struct aws_options *o, int64_t deadline, struct err *e);
void aws_free(struct aws **w);
#define auto_aws AUTO(aws_free)
const char *aws_region(const struct aws *w);
/* Close the connections that are kept for the next call. */
void aws_idle(struct aws *w);
/* The session's credentials (creds.h), for whoever keeps them fresh or presigns. */
struct creds *aws_creds(struct aws *w);

/* ---- one call */

/* Parameters of the query protocols, in order of appending. */
struct aws_params {
	struct buf body;
};
void aws_param(struct aws_params *p, const char *name, const char *value); /* "Filter.1.Name" */
void aws_param_int(struct aws_params *p, const char *name, int64_t value);
void aws_params_free(struct aws_params *p);
#define auto_aws_params AUTO(aws_params_free)

struct aws_request {
	enum aws_service service;
	const char *action; /* "DescribeSubnets" */
	const char *body;   /* parameters (aws_params.body) or JSON; NULL: none */
	/* Twice does no more than once. Describe*, Get*, List* and calls with a ClientToken are so
	 * anyway. */
	bool repeatable;
	/* NULL: the session's. id "": the call is not signed (AssumeRoleWithWebIdentity). */
	const struct aws_keys *keys;
	const char *secret; /* in the body, never to be shown; NULL: none */
	/* Query protocols: elements at this path ("networkInterfaceSet/item") are given to on_item
	 * one by one as they arrive, and are not part of the answer: memory is bounded by one of
	 * them. When an attempt breaks off halfway and the call is made again, on_again is told
	 * (may be NULL when seeing items twice does no harm). */
	const char *items;
	int (*on_item)(const struct xml *item, void *arg, struct err *e);
	void (*on_again)(void *arg);
	void *arg;
};
struct aws_answer {
	const struct xml *xml;  /* query: the root, in the arena; AWS_QUERY: its ACTIONResult */
	struct json *json;      /* JSON: the document */
	const char *request_id; /* "" when AWS gave none */
};
void aws_answer_free(struct aws_answer *r);
#define auto_answer AUTO(aws_answer_free)

/* Make one call: client-side rate limits, credentials, endpoint, signature, attempts. The SDKs'
 * standard mode: up to `attempts` with full jitter (20 s at most), Retry-After obeyed, a token
 * bucket for retries, none after the deadline; each has attempt_ms at most, and what the deadline
 * leaves. What surely was not executed (throttling, no connection, expired credentials, skewed
 * clock) is tried again whatever it is; 5xx, broken connections and answers that do not come in
 * time only if the call is repeatable. On refusal e->code is AWS's code, e->num its class from
 * errors.def, and e->msg "ACTION: CODE: message (request id ...)"; e->code is empty when AWS said
 * nothing. e->unsure: AWS may have executed it, for an attempt ended in a 5xx or without an answer
 * that could be read, and no later one was refused for what it asks. Else it was not executed:
 * refused, or never sent (our own rate limit, no credentials, no connection). */
MUST int aws_send(struct aws *w, const struct aws_request *q, struct aws_answer *r, struct arena *a,
		  int64_t deadline, struct err *e);

/* The errno class of an AWS error code: EAGAIN retry, ENOENT gone, EEXIST done, EDQUOT limit,
 * EACCES permission, EINVAL wrong, else EIO. */
int aws_errno(const char *code);
