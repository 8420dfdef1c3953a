/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - one call: its turn, as many attempts as do no harm, its line in the log. */
#include <errno.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "hash.h"
#include "log.h"
#include "str.h"

enum { LONGEST_PAUSE = 20 /* units */ };

static bool repeatable(const struct aws_request *q)
{
	return q->repeatable || str_prefix(q->action, "Describe") || str_prefix(q->action, "Get") ||
	       str_prefix(q->action, "List") ||
	       (q->body &&
		(strstr(q->body, "ClientToken=") || strstr(q->body, "\"ClientToken\":") ||
		 strstr(q->body, "\"IdempotencyToken\":")));
}

static bool again(const struct aws_call *c, enum aws_outcome o)
{
	return o == AWS_NOT_EXECUTED || (o == AWS_UNSURE && repeatable(c->q));
}

/* Full jitter: anything up to 1, 2, 4 ... 20 units; at least what AWS asks for. */
static int64_t pause_before(const struct aws_call *c, int attempt)
{
	int64_t units = attempt < 6 ? 1 << (attempt - 1) : LONGEST_PAUSE;
	uint32_t dice;
	int64_t ms;

	if (c->at_once)
		return 0;
	random_bytes(&dice, sizeof(dice));
	units = units < LONGEST_PAUSE ? units : LONGEST_PAUSE;
	ms = (int64_t)((uint64_t)(units * c->w->pause_ms) * dice >> 32);
	return ms > c->wait_ms ? ms : c->wait_ms;
}

/* Wait for the next attempt: false when there is no time or no quota for one. *paid: what it cost.
 */
static bool go_on(struct aws_call *c, int attempt, int *paid)
{
	int64_t ms = pause_before(c, attempt);

	if (ms >= deadline_left(c->deadline))
		return false;
	if (!c->at_once && !c->w->no_quota) {
		*paid = retry_quota_take(&c->w->quota, c->timed_out);
		if (!*paid)
			return false;
	}
	if (ms && !pause_ms(ms, c->deadline))
		return false;
	aws_answer_free(c->r);
	if (c->given && c->q->on_again)
		c->q->on_again(c->q->arg);
	return true;
}

/* A refusal by AWS of what is asked for settles what an earlier attempt left open, which had the
 * same token. One of the keys, or by somebody on the way, does not: tokens are looked at later. */
static bool settled(const struct aws_call *c, enum aws_outcome o, const struct err *e)
{
	return o == AWS_REFUSED && c->status && c->status != 401 && c->status != 403 && *e->code &&
	       e->num != EACCES;
}

static int perform(struct aws_call *c, int *attempts, struct err *e)
{
	bool unsure = false;
	int paid = 0;

	for (*attempts = 1;; ++*attempts) {
		enum aws_outcome o = aws_attempt(c, e);

		if (o == AWS_DONE) {
			retry_quota_give(&c->w->quota, paid ? paid : 1);
			return 0;
		}
		unsure = o == AWS_UNSURE || o == AWS_UNREADABLE || (unsure && !settled(c, o, e));
		if (!again(c, o) || *attempts >= c->w->attempts || !go_on(c, *attempts, &paid))
			break;
	}
	e->unsure = unsure;
	return -1;
}

/* Nothing of what AWS says in words, and nothing of the request. */
static void tell(const struct aws_call *c, int rc, int64_t began, int attempts, const struct err *e)
{
	const char *code = rc < 0 ? e->code : "";

	log_info("AWS call service=%s action=%s request_id=%s ms=%lld attempts=%d status=%d "
		 "code=%s%s%s%s",
		 c->service->prefix, c->q->action, c->request_id, (long long)(now_ms() - began),
		 attempts, c->status, code, rc < 0 && !*code ? " error=\"" : "",
		 rc < 0 && !*code ? strerror(e->num) : "", rc < 0 && !*code ? "\"" : "");
}

static void count(const struct aws_call *c, int rc, int64_t began, int attempts,
		  const struct err *e)
{
	const struct aws_ended ended = { .service = c->service->sdk_id,
					 .action = c->q->action,
					 .code = rc < 0 ? e->code : "",
					 .status = c->status,
					 .attempts = attempts,
					 .rc = rc,
					 .ms = now_ms() - began };

	if (c->w->ended)
		c->w->ended(c->w->ended_arg, &ended);
}

static void write_body(struct aws_call *c)
{
	const char *given = c->q->body ? c->q->body : "";

	if (c->service->protocol == AWS_JSON) {
		buf_str(&c->body, *given ? given : "{}");
		return;
	}
	buf_fmt(&c->body, "Action=%s&Version=%s", c->q->action, c->service->version);
	if (*given)
		buf_fmt(&c->body, "&%s", given);
}

int aws_send(struct aws *w, const struct aws_request *q, struct aws_answer *r, struct arena *a,
	     int64_t deadline, struct err *e)
{
	struct aws_call c = { .w = w,
			      .service = &aws_services[q->service],
			      .q = q,
			      .r = r,
			      .a = a,
			      .deadline = deadline };
	int64_t began = now_ms();
	int attempts = 0, rc;

	*r = (struct aws_answer) { .request_id = "" };
	if (q->items && c.service->protocol == AWS_QUERY)
		c.items = arena_fmt(a, "%sResult/%s", q->action, q->items);
	else if (q->items && c.service->protocol == AWS_EC2_QUERY)
		c.items = q->items;
	write_body(&c);
	rc = ratelimit_wait(w->limit, q, deadline, e);
	if (rc == 0)
		rc = perform(&c, &attempts, e);
	count(&c, rc, began, attempts, e);
	if (w->log)
		tell(&c, rc, began, attempts, e);
	buf_free(&c.body);
	return rc;
}

void aws_answer_free(struct aws_answer *r)
{
	json_free(&r->json);
	*r = (struct aws_answer) { .request_id = "" };
}
