/* SPDX-License-Identifier: Apache-2.0 */
/* ec2filter.c - ids, filters and pages of EC2's Describe actions. */
#include <stdio.h>
#include <string.h>

#include "ec2filter.h"
#include "hash.h"

enum { MAX_FILTERS = 50, LEAST_RESULTS = 5, MOST_RESULTS = 1000 };

/* One star is remembered at a time, so the work is bounded by the product of the lengths. */
bool query_glob(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		bool quoted = *p == '\\' && p[1];

		if (*p == '*') {
			star = ++p;
			from = s;
		} else if ((*p == '?') || (*p && p[quoted] == *s)) {
			p += 1 + quoted;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
	return p[strspn(p, "*")] == '\0';
}

static int filters_read(struct query *q, struct err *e)
{
	const struct api_call *c = q->call;
	const char *name;

	q->filters = arena_get(c->a, MAX_FILTERS * sizeof(*q->filters));
	while ((name = param(c, arena_fmt(c->a, "Filter.%zu.Name", q->nfilters + 1)))) {
		struct filter *f = &q->filters[q->nfilters];

		if (q->nfilters == MAX_FILTERS)
			return world_refuse(e, "FilterLimitExceeded",
					    "The maximum number of filters is %d", MAX_FILTERS);
		f->name = name;
		f->values = param_list(c, arena_fmt(c->a, "Filter.%zu.Value", ++q->nfilters));
		f->known = str_prefix(name, "tag:");
		if (!f->values.n)
			return world_refuse(e, "InvalidParameterValue",
					    "The filter '%.100s' has no value", name);
	}
	return 0;
}

static int bad_token(struct err *e)
{
	return world_refuse(e, "InvalidNextToken", "The specified NextToken is not valid");
}

static int page_read(struct query *q, const char *ids_param, struct err *e)
{
	auto_buf struct buf b = { 0 };
	const char *token = param(q->call, "NextToken"), *max = param(q->call, "MaxResults");
	int n;

	if (param_int(q->call, "MaxResults", MOST_RESULTS, MOST_RESULTS, &n, e) < 0)
		return -1;
	if (n < LEAST_RESULTS)
		return world_refuse(e, "InvalidParameterValue",
				    "Value ( %d ) for parameter maxResults is invalid. Expecting a "
				    "value greater than or equal to %d.",
				    n, LEAST_RESULTS);
	if (max && q->ids.n)
		return world_refuse(e, "InvalidParameterCombination",
				    "The parameter %s cannot be used with the parameter maxResults",
				    ids_param);
	q->room = (size_t)n;
	if (token && (!base64_decode(token, &b) || !b.len || !str_prefix(b.p, "after ") ||
		      !str_u64(b.p + strlen("after "), &q->after)))
		return bad_token(e);
	return 0;
}

int query_read(struct query *q, const struct api_call *c, const char *ids_param, struct err *e)
{
	*q = (struct query) { .call = c, .ids = param_list(c, ids_param) };
	return filters_read(q, e) < 0 ? -1 : page_read(q, ids_param, e);
}

void query_item(struct query *q)
{
	for (size_t i = 0; i < q->nfilters; i++)
		q->filters[i].hit = false;
}

void query_offer(struct query *q, const char *name, const char *value)
{
	for (size_t i = 0; i < q->nfilters; i++) {
		struct filter *f = &q->filters[i];

		if (strcmp(f->name, name) != 0)
			continue;
		f->known = true;
		for (size_t k = 0; value && k < f->values.n; k++)
			f->hit |= query_glob(f->values.v[k], value);
	}
}

void query_offer_tags(struct query *q, const struct world_tag *tags)
{
	query_offer(q, "tag-key", NULL);
	for (; tags; tags = tags->next) {
		query_offer(q, "tag-key", tags->key);
		query_offer(q, arena_fmt(q->call->a, "tag:%s", tags->key), tags->value);
	}
}

static bool asked_for(const struct query *q, const char *id)
{
	for (size_t i = 0; i < q->ids.n; i++)
		if (strcmp(q->ids.v[i], id) == 0)
			return true;
	return !q->ids.n;
}

bool query_wants(struct query *q, const char *id, uint64_t serial)
{
	if (serial <= q->after || !asked_for(q, id))
		return false;
	for (size_t i = 0; i < q->nfilters; i++)
		if (!q->filters[i].hit)
			return false;
	q->more |= !q->room;
	if (!q->room)
		return false;
	q->room--;
	q->last = serial;
	return true;
}

int query_end(struct query *q, struct err *e)
{
	auto_buf struct buf token = { 0 };
	char text[40];
	int n;

	for (size_t i = 0; i < q->nfilters; i++)
		if (!q->filters[i].known)
			return world_refuse(e, "InvalidParameterValue",
					    "The filter '%.100s' is invalid", q->filters[i].name);
	if (!q->more)
		return 0;
	n = snprintf(text, sizeof(text), "after %llu", (unsigned long long)q->last);
	base64(text, (size_t)n, &token);
	xml_el(q->call->out, "nextToken", token.p);
	return 0;
}
