/* SPDX-License-Identifier: Apache-2.0 */
/* ratelimit.c - token buckets. Who must wait takes a token in advance, so nobody overtakes. */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ratelimit.h"
#include "str.h"

enum { QUOTA = 500, RETRY = 5, RETRY_SLOW = 10 };
static const double MOST = 1e6;

/* Of EC2's describes, those that it has to look through everything for have a bucket apart. */
enum width { ANY, NARROW, WIDE };
struct bucket {
	enum aws_service service;
	enum width width;
	bool others; /* of the service's actions those that no regex matches */
	regex_t re;
	double rate, burst; /* a second; tokens at most */
	double tokens;      /* at that time; below zero: promised to who waits */
	int64_t at;         /* now_ms() */
};
struct ratelimit {
	pthread_mutex_t lock;
	struct bucket *v;
	size_t n;
};

/* NULL: all actions that no other row matches. */
static const struct {
	enum aws_service service;
	enum width width;
	const char *re;
	double rate, burst;
} defaults[] = {
	{ AWS_EC2, NARROW, "^Describe", 20, 100 },
	{ AWS_EC2, WIDE, "^Describe", 20, 100 },
	{ AWS_EC2, ANY, NULL, 5, 50 },
	{ AWS_ELBV2, ANY, "^RegisterTargets|^DeregisterTargets", 4, 20 },
	{ AWS_ELBV2, ANY, "^Describe.*", 50, 200 },
	{ AWS_ELBV2, ANY, "^Modify.*", 3, 20 },
};

/* ---- what there is */

static int add(struct ratelimit *l, enum aws_service s, const char *re, double rate, double burst,
	       struct err *e)
{
	struct bucket *b;
	char why[100];
	int rc;

	l->v = xgrow(l->v, (l->n + 1) * sizeof(*l->v));
	b = &l->v[l->n];
	*b = (struct bucket) { .service = s,
			       .others = !re,
			       .rate = rate,
			       .burst = burst,
			       .tokens = burst,
			       .at = now_ms() };
	rc = re ? regcomp(&b->re, re, REG_EXTENDED | REG_NOSUB) : 0;
	if (rc != 0) {
		regerror(rc, &b->re, why, sizeof(why));
		return fail(e, EINVAL, "'%.80s' is not a regular expression: %s", re, why);
	}
	l->n++;
	return 0;
}

/* Digits with at most one point, above zero. */
static bool number(const char *s, bool point, double *out)
{
	size_t whole = strspn(s, "0123456789"), part = 0;

	if (point && s[whole] == '.')
		part = 1 + strspn(s + whole + 1, "0123456789");
	if (!whole || s[whole + part] || part == 1)
		return false;
	*out = strtod(s, NULL);
	return *out >= 1e-6 && *out <= MOST;
}

/* "SERVICE ID:regex=rate:burst", in pieces. */
struct entry {
	const char *service, *re;
	double rate, burst;
};

static int read_entry(const char *text, struct entry *out, struct arena *a, struct err *e)
{
	char *service = arena_str(a, text), *re = strchr(service, ':'), *rate, *burst;

	rate = re ? strchr(re, '=') : NULL;
	burst = rate ? strchr(rate, ':') : NULL;
	if (!burst || strchr(rate + 1, '=') || strchr(burst + 1, ':') ||
	    memchr(re + 1, ':', (size_t)(rate - re - 1)))
		return fail(e, EINVAL, "'%.100s' is not SERVICE ID:regex=rate:burst", text);
	*re++ = *rate++ = *burst++ = '\0';
	*out = (struct entry) { .service = service, .re = re };
	if (!*re)
		return fail(e, EINVAL, "'%.100s' has no regular expression", text);
	if (!number(rate, true, &out->rate))
		return fail(e, EINVAL, "'%.100s': its rate is not a number above zero", text);
	if (!number(burst, false, &out->burst))
		return fail(e, EINVAL, "'%.100s': its burst is not a whole number above zero",
			    text);
	return 0;
}

static int take_entry(struct ratelimit *l, const char *text, bool replaced[AWS_SERVICES],
		      struct arena *a, struct err *e)
{
	struct entry t;
	int s;

	if (read_entry(text, &t, a, e) < 0)
		return -1;
	s = aws_service_find(t.service);
	if (s < 0)
		return fail(e, EINVAL, "'%.100s': no such service", text);
	if (s == AWS_SERVICES)
		return 0;
	replaced[s] = true;
	return add(l, (enum aws_service)s, t.re, t.rate, t.burst, e);
}

static int read_all(struct ratelimit *l, const char *text, struct err *e)
{
	auto_arena struct arena a = { 0 };
	bool replaced[AWS_SERVICES] = { false };
	struct strs list = str_split(text, ",", &a);

	for (size_t i = 0; i < list.n; i++)
		if (take_entry(l, list.v[i], replaced, &a, e) < 0)
			return -1;
	for (size_t i = 0; i < COUNT(defaults); i++) {
		if (replaced[defaults[i].service])
			continue;
		if (add(l, defaults[i].service, defaults[i].re, defaults[i].rate, defaults[i].burst,
			e) < 0)
			return -1;
		l->v[l->n - 1].width = defaults[i].width;
	}
	return 0;
}

int ratelimit_new(struct ratelimit **out, const char *text, struct err *e)
{
	auto_ratelimit struct ratelimit *l = xalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	if (read_all(l, text ? text : "", e) < 0)
		return -1;
	*out = TAKE(l);
	return 0;
}

int aws_throttle_check(const char *text, struct err *e)
{
	auto_ratelimit struct ratelimit *l = NULL;

	return ratelimit_new(&l, text, e);
}

void ratelimit_free(struct ratelimit **lp)
{
	struct ratelimit *l = TAKE(*lp);

	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].others)
			regfree(&l->v[i].re);
	pthread_mutex_destroy(&l->lock);
	free(l->v);
	free(l);
}

/* ---- waiting */

static bool named(const struct bucket *b, const char *action)
{
	return !b->others && regexec(&b->re, action, 0, NULL, 0) == 0;
}

/* EC2 developer guide, "Request throttling": filters and pages narrow a describe, ids do not. */
static enum width width_of(const struct aws_request *q)
{
	static const char *const signs[] = { "Filter.1.Name=", "MaxResults=", "NextToken=" };

	for (size_t i = 0; q->body && i < COUNT(signs); i++) {
		const char *at = strstr(q->body, signs[i]);

		if (at && (at == q->body || at[-1] == '&'))
			return NARROW;
	}
	return WIDE;
}

static bool applies(const struct ratelimit *l, const struct bucket *b, const struct aws_request *q)
{
	if (b->service != q->service || (b->width && b->width != width_of(q)))
		return false;
	if (!b->others)
		return named(b, q->action);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].service == q->service && named(&l->v[i], q->action))
			return false;
	return true;
}

/* Milliseconds until a token taken now is really there. */
static int64_t owed(struct bucket *b, int64_t now)
{
	b->tokens += (double)(now - b->at) * b->rate / 1000;
	b->at = now;
	if (b->tokens > b->burst)
		b->tokens = b->burst;
	return b->tokens >= 1 ? 0 : (int64_t)((1 - b->tokens) * 1000 / b->rate) + 1;
}

/* Take a token of each, unless the wait would be too long. */
static int reserve(struct ratelimit *l, const struct aws_request *q, int64_t most, int64_t *wait)
{
	int64_t now = now_ms();

	*wait = 0;
	for (size_t i = 0; i < l->n; i++) {
		int64_t ms = applies(l, &l->v[i], q) ? owed(&l->v[i], now) : 0;

		*wait = ms > *wait ? ms : *wait;
	}
	if (*wait > most)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (applies(l, &l->v[i], q))
			l->v[i].tokens--;
	return 0;
}

int ratelimit_wait(struct ratelimit *l, const struct aws_request *q, int64_t deadline,
		   struct err *e)
{
	int64_t wait;
	int rc;

	pthread_mutex_lock(&l->lock);
	rc = reserve(l, q, deadline_left(deadline), &wait);
	pthread_mutex_unlock(&l->lock);
	if (rc < 0)
		return fail(e, ETIMEDOUT,
			    "%s: our own rate limit (--aws-api-throttle) gives it no turn before "
			    "its deadline, only in %lld ms",
			    q->action, (long long)wait);
	if (wait)
		(void)pause_ms(wait, deadline);
	return 0;
}

/* ---- the quota of retries */

int retry_quota_take(struct retry_quota *q, bool timed_out)
{
	int cost = timed_out ? RETRY_SLOW : RETRY;

	pthread_mutex_lock(&q->lock);
	if (q->used + cost > QUOTA)
		cost = 0;
	q->used += cost;
	pthread_mutex_unlock(&q->lock);
	return cost;
}

void retry_quota_give(struct retry_quota *q, int n)
{
	pthread_mutex_lock(&q->lock);
	q->used = q->used > n ? q->used - n : 0;
	pthread_mutex_unlock(&q->lock);
}
