/* SPDX-License-Identifier: Apache-2.0 */
/* alb.h - application load balancers: what a request meets, pure but for the counters of turns,
 * and what travels between the files of one listener. balancer.h has the door.
 *
 * As AWS: hosts, headers and query strings compare without case, paths and methods with it; '*' is
 * any number of characters, '?' one. Paths and queries are compared as they are written, escapes
 * and all. Regular expressions are POSIX's extended ones with \d \w \s and (?: ); one that is
 * beyond them never matches. */
#pragma once
#include "balancer.h"
#include "httpd.h"

enum {
	ALB_BODY = 16 * 1024 * 1024, /* of a request, and of an answer: both are kept whole */
	ALB_CLIENTS = 1024,          /* connections of a listener in one zone */
	ALB_SPARE = 16               /* headers that we add at most */
};
struct alb_request {
	const char *method, *host; /* without port */
	const char *authority;     /* the Host header */
	const char *path, *query;  /* "" when absent */
	const struct http_headers *headers;
	struct ip peer;
	uint16_t peer_port;
};

/* ---- albmatch.c */

/* The rule of the lowest priority whose conditions hold, else the listener's default one. */
const struct lb_rule *alb_match(struct elb *b, const struct listener *l,
				const struct alb_request *q);
bool alb_glob(const char *pattern, const char *text, bool fold);
/* False too when it cannot be read. */
bool alb_regex(const char *pattern, const char *text, bool fold);

/* ---- albcount.c: whose turn it is, and how many requests are under way, by name */

struct alb_counts {
	struct alb_count *first;
};
int64_t *alb_count(struct alb_counts *l, const char *name); /* made as 0 */
/* Forget all but what is not 0 and whose name begins with keep. */
void alb_counts_trim(struct alb_counts *l, const char *keep);

/* ---- albtarget.c: which target group, which target */

struct alb_place {
	struct elb *b;
	const struct listener *l;
	const char *zone; /* of the node that was asked */
	struct alb_counts *counts;
	const struct alb_request *q;
	struct arena *a;
};
/* "BUSY GROUP ID PORT": what counts the requests under way to a target. */
#define ALB_BUSY "busy "
struct alb_target {
	const struct target *t; /* NULL: there is none */
	struct ip ip;
	const char *busy;
	bool stuck; /* by a cookie */
};
/* By weights, or the one that AWSALBTG says; NULL: all have weight 0. */
const struct tgroup *alb_group(const struct alb_place *p, const struct lb_rule *r,
			       const struct elb_forward *f);
/* Healthy ones, all when too few are; by the group's algorithm, or the one that a cookie says. */
struct alb_target alb_target(const struct alb_place *p, const struct tgroup *g);

/* ---- albcookie.c: stickiness. A cookie has a digest of what it sticks to, so nothing of what
 * comes back is ever read. */

/* The value of a cookie of the request, "" when it has none. */
const char *alb_cookie(const struct alb_request *q, const char *name, struct arena *a);
/* What a cookie that sticks to this says. */
const char *alb_token(const struct listener *l, const char *what, struct arena *a);
bool alb_sticks(const struct alb_place *p, const char *cookie, const char *what);
const char *alb_target_name(const struct tgroup *g, const struct target *t, struct arena *a);
/* The Set-Cookie lines of an answer: f and t may be NULL. answer: of the target. */
void alb_set_cookies(const struct alb_place *p, const struct elb_forward *f, const struct tgroup *g,
		     const struct target *t, const struct http_headers *answer,
		     struct http_headers *out);
const char *alb_group_attr(const struct tgroup *g, const char *key);

/* ---- albaction.c: what a rule does */

enum alb_kind { ALB_ANSWER, ALB_FORWARD };
struct alb_plan {
	enum alb_kind kind;
	const char *did; /* "forward", "redirect", "fixed-response" */
	/* ALB_ANSWER */
	int status;
	const char *type, *body, *location; /* location NULL: none */
	/* ALB_FORWARD; also when there was no target for it: status 503 */
	const struct elb_forward *forward;
	const struct tgroup *group;
	struct alb_target target;
};
void alb_act(const struct alb_place *p, const struct lb_rule *r, struct alb_plan *out);
/* An answer of the load balancer's own: its page. */
void alb_own(int status, struct alb_plan *out, struct arena *a);
/* "#{host}" and so on in a part of a redirect. */
const char *alb_expand(const char *text, const struct alb_place *p);

/* ---- albheaders.c */

/* What the target gets. False: too many. */
MUST bool alb_forward_headers(const struct alb_place *p, const char *trace,
			      struct http_headers *out);
/* X-Amzn-Trace-Id as it goes on: a Root of ours when there is none. */
const char *alb_trace(const struct alb_request *q, int64_t now_s, struct arena *a);
/* What the client gets of a target's headers; then what the listener's attributes say. */
void alb_answer_headers(const struct alb_place *p, const struct http_headers *in,
			struct http_headers *out);
void alb_listener_headers(const struct alb_place *p, struct http_headers *out);

/* ---- alblog.c: AWS's access log */

/* Strings may be NULL ("-"), times below zero (-1). */
struct alb_record {
	const struct listener *l;
	int64_t began_ns, ended_ns; /* wall clock */
	struct ip peer;
	uint16_t peer_port;
	const char *target; /* "IP:PORT" */
	double request_s, target_s, answer_s;
	int status, target_status; /* 0: none */
	size_t received, sent;
	const char *method, *url, *agent, *group, *trace, *did, *location, *domain, *certificate;
	int priority; /* -1: no rule was met */
};
void alb_log_line(const struct alb_record *r, struct buf *out);
/* Into fd, in one write; 0: nowhere. */
void alb_log(int fd, const struct alb_record *r);

/* ---- albtls.c */

/* What an HTTPS listener shows: one certificate of a CA of its own, for the names of all that it
 * has in the model (16 at most), whoever asks for which. */
MUST int alb_identity(struct elb *b, const struct listener *l, struct tls_identity **out,
		      struct err *e);
/* A digest of the ARNs of its certificates: while it is the same, so is what it shows. */
void alb_certificates(const struct listener *l, char out[65]);
