/* SPDX-License-Identifier: Apache-2.0 */
/* apifault.c - calls that fail because somebody wants to see what happens then: the nth of an
 * action, or those that come faster than a bucket fills. */
#include "apifault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apicall.h"
#include "clock.h"

enum { LATE_MAX_MS = 600000 };

static struct api_rule *add(struct api_rule **list)
{
	while (*list)
		list = &(*list)->next;
	*list = xalloc(sizeof(**list));
	**list = (struct api_rule) { 0 };
	return *list;
}

void api_rules_free(struct api_rule **list)
{
	while (*list)
		api_rules_drop(list, (*list)->fault);
}

void api_rules_drop(struct api_rule **list, int fault)
{
	while (*list) {
		struct api_rule *r = *list;

		if (r->fault != fault) {
			list = &r->next;
			continue;
		}
		*list = r->next;
		free(r);
	}
}

/* "1500ms" */
static bool late(const char *text, int *ms)
{
	uint64_t n = 0;
	size_t digits = strspn(text, "0123456789");
	char number[12];

	snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	if (!digits || strcmp(text + digits, "ms") != 0 || !str_u64(number, &n) || n > LATE_MAX_MS)
		return false;
	*ms = (int)n;
	return true;
}

/* "CreateRule:3=TooManyRules", "CreateRule=InternalFailure/done", "CreateRule=1500ms" */
static int fault_add(struct api *api, const char *text, struct arena *a, struct err *e)
{
	struct strs sides = str_split(text, "=", a), action, code;
	struct api_rule *r;
	uint64_t nth = 0;

	if (sides.n != 2)
		return fail(e, EINVAL, "'%s' is not ACTION[:N]=CODE", text);
	action = str_split(sides.v[0], ":", a);
	if (action.n < 1 || action.n > 2 ||
	    (action.n == 2 && (!str_u64(action.v[1], &nth) || !nth || nth > INT32_MAX)))
		return fail(e, EINVAL, "'%s' is not ACTION[:N]=CODE", text);
	code = str_split(sides.v[1], "/", a);
	if (code.n < 1 || code.n > 2 || (code.n == 2 && strcmp(code.v[1], "done") != 0))
		return fail(e, EINVAL, "'%s' is not ACTION[:N]=CODE[/done] or ACTION[:N]=MSms",
			    text);
	r = add(&api->faults);
	*r = (struct api_rule) { .fault = api->fault,
				 .caller = api->fault_caller,
				 .action = action.v[0],
				 .code = code.v[0],
				 .nth = (long)nth,
				 .done = code.n == 2 };
	if (late(code.v[0], &r->late_ms))
		r->code = NULL;
	return 0;
}

int api_faults(struct api *api, const char *text, struct arena *a, struct err *e)
{
	struct strs all = str_split(text, ", ", a);

	for (size_t i = 0; i < all.n; i++)
		if (fault_add(api, all.v[i], a, e) < 0)
			return -1;
	return 0;
}

static int bucket_add(struct api *api, const char *text, struct arena *a, struct err *e)
{
	struct api_rule r = { 0 };
	char action[64], rest;

	if (sscanf(text, "%63[A-Za-z]=%lf:%lf%c", action, &r.rate, &r.burst, &rest) != 3 ||
	    !(r.rate > 0 && r.rate <= 1e6) || !(r.burst >= 1 && r.burst <= 1e6))
		return fail(e, EINVAL, "'%s' is not ACTION=RATE:BURST", text);
	r.fault = api->fault;
	r.action = arena_str(a, action);
	r.level = r.burst;
	r.at = now_ms();
	*add(&api->buckets) = r;
	return 0;
}

int api_buckets(struct api *api, const char *text, struct arena *a, struct err *e)
{
	struct strs all = str_split(strcmp(text, "aws") == 0 ? API_BUCKETS : text, ", ", a);

	for (size_t i = 0; i < all.n; i++)
		if (bucket_add(api, all.v[i], a, e) < 0)
			return -1;
	return 0;
}

static bool drained(struct api_rule *r, int64_t now)
{
	r->level += (double)(now - r->at) * r->rate / 1000;
	r->at = now;
	if (r->level > r->burst)
		r->level = r->burst;
	if (r->level < 1)
		return true;
	r->level -= 1;
	return false;
}

int api_fault(struct api_call *c, bool done, struct err *e)
{
	for (struct api_rule *r = c->api->faults; r; r = r->next) {
		if (r->done != done || strcmp(r->action, c->action) != 0 ||
		    (r->caller && strcmp(r->caller, c->caller) != 0))
			continue;
		r->seen++;
		if (r->nth && r->seen != r->nth)
			continue;
		c->takes_ms += r->late_ms;
		if (r->code)
			return world_refuse(e, r->code, "%s was asked to fail here", c->action);
	}
	return 0;
}

int api_throttle(const struct api_service *s, struct api_call *c, struct err *e)
{
	bool ec2 = strcmp(s->name, "ec2") == 0;

	for (struct api_rule *r = c->api->buckets; r; r = r->next) {
		if (!str_prefix(c->action, r->action))
			continue;
		if (!drained(r, now_ms()))
			return 0;
		r->seen++;
		return ec2 ? world_refuse(e, "RequestLimitExceeded", "Request limit exceeded.")
			   : world_refuse(e, "Throttling", "Rate exceeded");
	}
	return 0;
}
