/* SPDX-License-Identifier: Apache-2.0 */
/* elbcond.c - conditions of rules: checked, and put into both forms that AWS shows. */
#include <string.h>

#include "elb.h"
#include "elbzone.h"

enum { MAX_VALUE = 128, MAX_HEADER = 40 };
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static int spelt(const char *what, const struct strs *values, size_t most, const char *letters,
		 struct err *e)
{
	for (size_t i = 0; i < values->n; i++) {
		const char *v = values->v[i];

		if (!*v || strlen(v) > most)
			return world_refuse(e, "ValidationError",
					    "The %s '%.150s' must be 1 to %zu characters long",
					    what, v, most);
		if (letters && v[strspn(v, letters)])
			return world_refuse(e, "ValidationError",
					    "The %s '%.150s' has characters that are not allowed",
					    what, v);
	}
	return 0;
}

static int sources(const struct strs *values, struct err *e)
{
	struct cidr c;

	for (size_t i = 0; i < values->n; i++)
		if (!strchr(values->v[i], '/') || !cidr_parse(values->v[i], &c))
			return world_refuse(e, "ValidationError",
					    "The CIDR block '%.100s' is not valid", values->v[i]);
	return 0;
}

static int header_check(const struct rule_condition *c, struct err *e)
{
	const char *name = c->header ? c->header : "";
	struct strs one = { &name, 1 };

	return spelt("HTTP header name", &one, MAX_HEADER, LETTERS DIGITS "!#$%&'*+-.^_`|~", e);
}

static int query_check(const struct rule_condition *c, struct err *e)
{
	for (size_t i = 0; i < c->query.n; i++) {
		const struct elb_query_value *q = &c->query.v[i];

		if (!q->value || !*q->value || strlen(q->value) > MAX_VALUE ||
		    (q->key && strlen(q->key) > MAX_VALUE))
			return world_refuse(e, "ValidationError",
					    "The query string '%.60s=%.60s' is not valid",
					    q->key ? q->key : "", q->value ? q->value : "");
	}
	return 0;
}

/* The lists that the field names; everything else must be empty. */
static int one(const struct rule_condition *in, struct rule_condition *out, struct arena *a,
	       struct err *e)
{
	const char *field = in->field ? in->field : "";
	bool host = strcmp(field, "host-header") == 0, path = strcmp(field, "path-pattern") == 0;

	if (word_check("field", field,
		       "host-header|path-pattern|http-header|http-request-method|query-string|"
		       "source-ip",
		       a, e) < 0)
		return world_refuse(e, "ValidationError", "Condition field '%.60s' is not valid",
				    field);
	*out = *in;
	if (in->old.n && !host && !path)
		return world_refuse(e, "ValidationError",
				    "Values is for host-header and path-pattern conditions");
	if (in->old.n && (in->hosts.n || in->paths.n))
		return world_refuse(e, "ValidationError",
				    "A condition has either Values or a configuration");
	if (host && in->old.n)
		out->hosts = in->old;
	if (path && in->old.n)
		out->paths = in->old;
	out->old = host ? out->hosts : path ? out->paths : out->old;
	if (spelt("host name", &out->hosts, MAX_VALUE, LETTERS DIGITS "-.*?_", e) < 0 ||
	    spelt("path pattern", &out->paths, MAX_VALUE,
		  LETTERS DIGITS "_-.$/~\"'@:+&;*?%,!#()=", e) < 0 ||
	    spelt("HTTP request method", &out->methods, MAX_HEADER, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_",
		  e) < 0 ||
	    spelt("HTTP header value", &out->header_values, MAX_VALUE, NULL, e) < 0 ||
	    sources(&out->sources, e) < 0 || query_check(out, e) < 0)
		return -1;
	return strcmp(field, "http-header") == 0 ? header_check(out, e) : 0;
}

/* Does it have values, and only those of its field? */
static int shape_check(const struct rule_condition *c, size_t *n, struct err *e)
{
	const struct {
		const char *field;
		size_t n;
	} all[] = {
		{ "host-header", c->hosts.n + c->host_regexes.n },
		{ "path-pattern", c->paths.n + c->path_regexes.n },
		{ "http-header", c->header_values.n + c->header_regexes.n },
		{ "http-request-method", c->methods.n },
		{ "query-string", c->query.n },
		{ "source-ip", c->sources.n },
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		bool mine = strcmp(all[i].field, c->field) == 0;

		if (mine && !all[i].n)
			return world_refuse(e, "ValidationError",
					    "A condition of field '%s' must have a value",
					    c->field);
		if (!mine && all[i].n)
			return world_refuse(e, "ValidationError",
					    "A condition of field '%s' cannot have a "
					    "configuration of '%s'",
					    c->field, all[i].field);
		*n += all[i].n;
	}
	return 0;
}

static size_t wildcards(const struct strs *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (const char *p = l->v[i]; *p; p++)
			n += *p == '*' || *p == '?';
	return n;
}

static bool may_repeat(const char *field)
{
	return strcmp(field, "http-header") == 0 || strcmp(field, "query-string") == 0;
}

int conditions_settle(const struct elb *b, struct rule_conditions in, struct rule_conditions *out,
		      struct arena *a, struct err *e)
{
	size_t n = 0, stars = 0, most = (size_t)b->c.quota[ELB_MAX_RULE_VALUES];

	if (!in.n)
		return world_refuse(e, "ValidationError",
				    "At least one condition must be specified");
	*out = (struct rule_conditions) { arena_get(a, in.n * sizeof(*out->v)), in.n };
	for (size_t i = 0; i < in.n; i++) {
		struct rule_condition *c = &out->v[i];

		if (one(&in.v[i], c, a, e) < 0 || shape_check(c, &n, e) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(out->v[k].field, c->field) == 0 && !may_repeat(c->field))
				return world_refuse(e, "ValidationError",
						    "A rule can only have one '%s' condition",
						    c->field);
		stars += wildcards(&c->hosts) + wildcards(&c->paths) + wildcards(&c->header_values);
	}
	if (n > most)
		return world_refuse(e, "ValidationError",
				    "A rule can only have '%zu' condition values", most);
	if (stars > (size_t)b->c.quota[ELB_MAX_RULE_WILDCARDS])
		return world_refuse(e, "ValidationError",
				    "A rule can only have '%d' condition wildcards",
				    b->c.quota[ELB_MAX_RULE_WILDCARDS]);
	return 0;
}
