/* SPDX-License-Identifier: Apache-2.0 */
/* admission_class.c - IngressClassParams: blocks of addresses and subnets (spec-lbc-alb 4.6 b). The
 * words are those of Kubernetes' own field errors. */
#include <string.h>

#include "admission.h"

#define CATEGORY "check_ingress_class_params_error"

/* So that a hostile object keeps nobody busy. */
enum { MAX_WRONGS = 20, MAX_LIST = 1000 };

/* What is wrong, one after the other; equal ones once. */
struct wrongs {
	struct arena *a;
	struct strs all;
};

static void wrong(struct wrongs *w, const char *field, const char *type, const char *value,
		  const char *detail)
{
	auto_buf struct buf line = { 0 };

	if (w->all.n == MAX_WRONGS)
		return;
	buf_fmt(&line, "%s: %s", field, type);
	if (value) {
		buf_str(&line, ": ");
		json_quote(value, &line);
	}
	if (*detail)
		buf_fmt(&line, ": %s", detail);
	for (size_t i = 0; i < w->all.n; i++)
		if (strcmp(w->all.v[i], line.p) == 0)
			return;
	strs_add(&w->all, line.p, w->a);
}

static const char *all_words(const struct wrongs *w)
{
	auto_buf struct buf out = { 0 };

	if (w->all.n == 1)
		return w->all.v[0];
	for (size_t i = 0; i < w->all.n; i++)
		buf_fmt(&out, "%s%s", i ? ", " : "[", w->all.v[i]);
	buf_str(&out, "]");
	return arena_str(w->a, out.p);
}

/* ---- inboundCIDRs */

static const char *no_cidr(struct wrongs *w, const char *text)
{
	static const char words[] = "Could not be parsed as a CIDR";
	struct ip ip;

	if (!ip_parse(text, &ip))
		return words;
	return arena_fmt(w->a, "%s (did you mean \"%s/%d\")", words, text,
			 ip.family == IP_V4 ? 32 : 64);
}

static void check_cidr(struct wrongs *w, const char *field, const char *text)
{
	struct cidr c;

	if (!cidr_parse(text, &c)) {
		wrong(w, field, "Invalid value", text, no_cidr(w, text));
		return;
	}
	if (!ip_eq(c.ip, cidr_network(c).ip))
		wrong(w, field, "Invalid value", text,
		      arena_fmt(w->a, "Network contains bits outside prefix (did you mean \"%s\")",
				cidr_text(cidr_network(c)).s));
}

static void check_cidrs(struct wrongs *w, const struct json *list)
{
	size_t i = 0;

	for (const struct json *v = json_first(list); v; v = json_next(v), i++)
		check_cidr(w, arena_fmt(w->a, "spec.inboundCIDRs[%zu]", i),
			   json_text(v) ? json_text(v) : json_words(v, w->a));
}

/* ---- subnets */

static void check_twice(struct wrongs *w, const char *field, const struct json *list)
{
	size_t i = 0;

	if (json_count(list) > MAX_LIST) {
		wrong(w, field, "Too many", NULL,
		      arena_fmt(w->a, "must have at most %d items", MAX_LIST));
		return;
	}
	for (const struct json *v = json_first(list); v; v = json_next(v), i++)
		for (const struct json *u = json_first(list); u != v; u = json_next(u)) {
			if (!json_same(u, v))
				continue;
			wrong(w, arena_fmt(w->a, "%s[%zu]", field, i), "Duplicate value",
			      json_words(v, w->a), "");
			break;
		}
}

static bool given(const struct json *j)
{
	return json_type(j) != JSON_NONE && json_type(j) != JSON_NULL;
}

static void check_subnets(struct wrongs *w, const struct json *subnets)
{
	const struct json *ids = json_member(subnets, "ids"), *tags = json_member(subnets, "tags");

	if (!given(subnets))
		return;
	if (!given(ids) && !given(tags)) {
		wrong(w, "spec.subnets", "Required value", NULL,
		      "must have either `ids` or `tags`");
		return;
	}
	if (given(ids) && given(tags)) {
		wrong(w, "spec.subnets.tags", "Forbidden", NULL,
		      "may not have both `ids` and `tags` set");
		return;
	}
	check_twice(w, "spec.subnets.ids", ids);
	if (given(tags) && !json_count(tags))
		wrong(w, "spec.subnets.tags", "Required value", NULL,
		      "must have at least one tag key");
	for (const struct json *t = json_first(tags); t; t = json_next(t))
		check_twice(w, arena_fmt(w->a, "spec.subnets.tags[%s]", json_key(t)), t);
}

int admit_class_params(struct admission *q)
{
	struct wrongs w = { .a = q->a };

	check_cidrs(&w, json_get(q->object, "spec.inboundCIDRs"));
	check_subnets(&w, json_get(q->object, "spec.subnets"));
	return w.all.n ? admission_refuse(q, CATEGORY, all_words(&w)) : 0;
}
