/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - one call: as many attempts as do no harm. */
#include <errno.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "log.h"
#include "str.h"

enum { PAUSE_CAP = 20 }; /* units */

static bool repeatable(const struct aws_request *q)
{
	return q->repeatable || str_prefix(q->action, "Describe") || str_prefix(q->action, "Get") ||
	       str_prefix(q->action, "List") || (q->body && strstr(q->body, "ClientToken="));
}

static bool again(const struct aws_call *c, enum aws_outcome o)
{
	return o == AWS_NOT_EXECUTED || (o == AWS_UNSURE && repeatable(c->q));
}

static void start_again(struct aws_call *c)
{
	aws_answer_free(c->r);
	if (c->q->on_again)
		c->q->on_again(c->q->arg);
}

/* A refusal settles what an earlier attempt left open: it comes with the same token. */
static int perform(struct aws_call *c, int *attempts, struct err *e)
{
	struct backoff b = { .start_ms = c->w->pause_ms,
			     .cap_ms = PAUSE_CAP * c->w->pause_ms,
			     .jitter = 1 };
	bool unsure = false;

	for (*attempts = 1;; ++*attempts) {
		enum aws_outcome o = aws_attempt(c, e);

		if (o == AWS_DONE)
			return 0;
		unsure = o == AWS_UNSURE || (unsure && o == AWS_NOT_EXECUTED);
		if (!again(c, o) || *attempts >= c->w->attempts ||
		    !pause_ms(backoff_next(&b), c->deadline))
			break;
		start_again(c);
	}
	if (unsure)
		e->code[0] = '\0';
	return -1;
}

static void tell(const struct aws_call *c, int rc, int64_t began, int attempts, const struct err *e)
{
	log_info("AWS call service=%s action=%s request_id=%s ms=%lld attempts=%d status=%d "
		 "code=%s",
		 aws_services[c->q->service].prefix, c->q->action, c->request_id,
		 (long long)(now_ms() - began), attempts, c->status, rc < 0 ? e->code : "");
}

int aws_send(struct aws *w, const struct aws_request *q, struct aws_answer *r, struct arena *a,
	     int64_t deadline, struct err *e)
{
	const struct aws_service_row *row = &aws_services[q->service];
	struct aws_call c = { .w = w, .q = q, .r = r, .a = a, .deadline = deadline };
	int64_t began = now_ms();
	int attempts = 0, rc;

	*r = (struct aws_answer) { .request_id = "" };
	if (row->protocol == AWS_JSON)
		buf_str(&c.body, q->body ? q->body : "{}");
	else
		buf_fmt(&c.body, "Action=%s&Version=%s", q->action, row->version);
	if (row->protocol != AWS_JSON && q->body && *q->body)
		buf_fmt(&c.body, "&%s", q->body);
	rc = perform(&c, &attempts, e);
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
