/* SPDX-License-Identifier: Apache-2.0 */
/* lblimits.c - counts what AWS limits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lblimits.h"

static const struct {
	const char *what, *quota, *advice;
	int64_t max;
	bool raised; /* by AWS, on request */
} rows[LBLIMITS] = {
#define LIMIT(id, what, max, raised, quota, advice) { what, quota, advice, max, raised },
#include "lblimits.def"
#undef LIMIT
};

struct lblimits lblimits_default(void)
{
	struct lblimits l;

	for (size_t i = 0; i < LBLIMITS; i++)
		l.max[i] = rows[i].max;
	return l;
}

bool lblimits_set(struct lblimits *l, const char *quota, int64_t max)
{
	for (size_t i = 0; i < LBLIMITS; i++) {
		if (!*rows[i].quota || strcmp(rows[i].quota, quota) != 0)
			continue;
		l->max[i] = max;
		return true;
	}
	return false;
}

static int check(const struct lblimits *l, enum lblimit which, size_t n, struct err *e)
{
	if (!l->max[which] || (int64_t)n <= l->max[which])
		return 0;
	fail(e, EINVAL, "too many %s: %zu, and AWS allows %lld: %s%s", rows[which].what, n,
	     (long long)l->max[which], rows[which].advice,
	     rows[which].raised ? "; or have AWS raise the quota" : "");
	snprintf(e->code, sizeof(e->code), "LimitExceeded");
	return -1;
}

/* ---- a rule */

static size_t wildcards(const struct strs *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (const char *s = l->v[i]; *s; s++)
			n += *s == '*' || *s == '?';
	return n;
}

static size_t query_wildcards(const struct elb_query_values *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const char *pair[2] = { l->v[i].key ? l->v[i].key : "", l->v[i].value };
		const struct strs both = { pair, 2 };

		n += wildcards(&both);
	}
	return n;
}

int limits_rule(const struct elb_conditions *conditions, const struct elb_actions *actions,
		struct err *e)
{
	const struct lblimits l = lblimits_default();
	size_t values = 0, wild = 0;

	for (size_t i = 0; i < conditions->n; i++) {
		const struct elb_condition *c = &conditions->v[i];

		values += c->hosts.n + c->host_regexes.n + c->paths.n + c->path_regexes.n +
			  c->header_values.n + c->header_regexes.n + c->methods.n + c->query.n +
			  c->sources.n;
		wild += wildcards(&c->hosts) + wildcards(&c->paths) + wildcards(&c->header_values) +
			query_wildcards(&c->query);
	}
	if (check(&l, LIMIT_CONDITION_VALUES, values, e) < 0 ||
	    check(&l, LIMIT_CONDITION_WILDCARDS, wild, e) < 0)
		return -1;
	for (size_t i = 0; i < actions->n; i++)
		if (actions->v[i].forward &&
		    check(&l, LIMIT_ACTION_TARGET_GROUPS, actions->v[i].forward->groups.n, e) < 0)
			return -1;
	return 0;
}

/* ---- a stack */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_targets(const struct elb_actions *l, struct strs *out)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; l->v[i].forward && k < l->v[i].forward->groups.n; k++)
			out->v[out->n++] = l->v[i].forward->groups.v[k].arn;
}

static size_t count_targets(const struct elb_actions *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].forward ? l->v[i].forward->groups.n : 0;
	return n;
}

/* Of all that rules and default actions lead to, each once. */
static size_t target_groups(const struct stack *s)
{
	struct strs all = { 0 };
	size_t n = 0, different = 0;

	for (size_t i = 0; i < s->nrules; i++)
		n += count_targets(&s->rules[i].spec.actions);
	for (size_t i = 0; i < s->nlisteners; i++)
		n += count_targets(&s->listeners[i].spec.actions);
	all.v = xalloc((n + 1) * sizeof(*all.v));
	for (size_t i = 0; i < s->nrules; i++)
		add_targets(&s->rules[i].spec.actions, &all);
	for (size_t i = 0; i < s->nlisteners; i++)
		add_targets(&s->listeners[i].spec.actions, &all);
	qsort(all.v, all.n, sizeof(*all.v), by_text);
	for (size_t i = 0; i < all.n; i++)
		different += !i || strcmp(all.v[i], all.v[i - 1]) != 0;
	free(all.v);
	return different;
}

/* The default one is not counted. */
static size_t certificates(const struct stack *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nlisteners; i++) {
		const struct elb_certificates *c = &s->listeners[i].spec.certificates;

		for (size_t k = 1; k < c->n; k++)
			n += strcmp(c->v[k].arn, c->v[0].arn) != 0;
	}
	return n;
}

static int check_group(const struct stack_sg *g, const struct lblimits *l, struct err *e)
{
	size_t v4 = 0, v6 = 0;

	for (size_t i = 0; i < g->ingress.n; i++) {
		const struct ec2_permission *p = &g->ingress.v[i];

		v4 += p->ranges.n + p->peers.n + p->prefix_lists.n;
		v6 += p->ranges6.n;
	}
	return check(l, LIMIT_GROUP_RULES4, v4, e) < 0 ? -1 : check(l, LIMIT_GROUP_RULES6, v6, e);
}

static int check_alb(const struct stack *s, const struct lblimits *l, struct err *e)
{
	if (check(l, LIMIT_ALB_LISTENERS, s->nlisteners, e) < 0 ||
	    check(l, LIMIT_ALB_RULES, s->nrules, e) < 0 ||
	    check(l, LIMIT_ALB_CERTIFICATES, certificates(s), e) < 0)
		return -1;
	return check(l, LIMIT_ALB_TARGET_GROUPS, target_groups(s), e);
}

int limits_stack(const struct stack *s, const struct lblimits *l, struct err *e)
{
	for (size_t i = 0; i < s->nsgs; i++)
		if (check_group(&s->sgs[i], l, e) < 0)
			return -1;
	for (size_t i = 0; i < s->nlbs; i++) {
		bool alb = strcmp(s->lbs[i].spec.type, "application") == 0;

		if (check(l, LIMIT_SECURITY_GROUPS, s->lbs[i].spec.security_groups.n, e) < 0 ||
		    (alb ? check_alb(s, l, e) : check(l, LIMIT_NLB_LISTENERS, s->nlisteners, e)) <
			    0)
			return -1;
	}
	return 0;
}
