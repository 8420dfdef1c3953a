/* SPDX-License-Identifier: Apache-2.0 */
/* lbroute.c - requests against the conditions of rules. */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lbroute.h"

static char folded(char c, bool fold)
{
	return fold ? (char)tolower((unsigned char)c) : c;
}

/* Of several '*' only the last one is ever taken back: no pattern costs more than its length times
 * the text's. */
bool route_glob(const char *pattern, const char *text, bool fold)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern &&
			   (*pattern == '?' || folded(*pattern, fold) == folded(*text, fold))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool any_glob(const struct strs *l, const char *text, bool fold)
{
	for (size_t i = 0; i < l->n; i++)
		if (route_glob(l->v[i], text, fold))
			return true;
	return false;
}

/* ---- regular expressions */

static const char *class_of(char c)
{
	switch (c) {
	case 'd':
		return "0-9";
	case 'w':
		return "[:alnum:]_";
	case 's':
		return "[:space:]";
	default:
		return NULL;
	}
}

/* An escape; how many bytes of it were taken. */
static size_t escape(const char *s, bool bracket, struct buf *out)
{
	const char *set = class_of((char)tolower((unsigned char)s[1]));

	if (!s[1]) {
		buf_str(out, "\\");
		return 1;
	}
	if (!set || (bracket && isupper((unsigned char)s[1])))
		buf_fmt(out, bracket ? "%c" : "\\%c", s[1]);
	else if (bracket)
		buf_str(out, set);
	else
		buf_fmt(out, "[%s%s]", isupper((unsigned char)s[1]) ? "^" : "", set);
	return 2;
}

/* The end of a bracket that begins at s, or NULL; a ']' right behind the beginning is one of its
 * own. */
static const char *bracket_end(const char *s)
{
	s += 1 + (s[1] == '^');
	if (*s == ']')
		s++;
	for (; *s && *s != ']'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s : NULL;
}

/* From RE2's words to POSIX's. */
static void posix(const char *s, struct buf *out)
{
	const char *end = NULL;

	while (*s) {
		if (!end && *s == '[')
			end = bracket_end(s);
		if (*s == '\\') {
			s += escape(s, end != NULL, out);
		} else if (!end && strncmp(s, "(?:", 3) == 0) {
			buf_str(out, "(");
			s += 3;
		} else {
			buf_fmt(out, "%c", *s);
			s++;
		}
		if (end && s > end)
			end = NULL;
	}
}

static int regex(const char *pattern, const char *text, bool fold, bool *yes, struct err *e)
{
	auto_buf struct buf words = { 0 };
	regex_t r;

	posix(pattern, &words);
	if (regcomp(&r, words.p ? words.p : "",
		    REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0)) != 0)
		return fail(e, EINVAL,
			    "'%.100s' is no regular expression that can be tried here (POSIX; AWS "
			    "takes more)",
			    pattern);
	*yes = regexec(&r, text, 0, NULL, 0) == 0;
	regfree(&r);
	return 0;
}

static int any_regex(const struct strs *l, const char *text, bool fold, bool *yes, struct err *e)
{
	*yes = false;
	for (size_t i = 0; i < l->n && !*yes; i++)
		if (regex(l->v[i], text, fold, yes, e) < 0)
			return -1;
	return 0;
}

/* A value or a regular expression that matches. */
static int either(const struct strs *values, const struct strs *regexes, const char *text,
		  bool fold, bool *yes, struct err *e)
{
	*yes = any_glob(values, text, fold);
	return *yes ? 0 : any_regex(regexes, text, fold, yes, e);
}

/* ---- conditions */

static int header(const struct elb_condition *c, const struct tags *l, bool *yes, struct err *e)
{
	*yes = false;
	for (size_t i = 0; i < l->n && !*yes; i++)
		if (strcasecmp(l->v[i].key, c->header) == 0 &&
		    either(&c->header_values, &c->header_regexes, l->v[i].value, true, yes, e) < 0)
			return -1;
	return 0;
}

static bool method(const struct strs *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], text) == 0)
			return true;
	return false;
}

static bool pair(const struct elb_query_values *l, const char *key, const char *value)
{
	for (size_t i = 0; i < l->n; i++)
		if ((!l->v[i].key || route_glob(l->v[i].key, key, true)) &&
		    route_glob(l->v[i].value, value, true))
			return true;
	return false;
}

static bool query(const struct elb_query_values *l, const char *text)
{
	auto_arena struct arena a = { 0 };
	const struct strs pairs = str_split(text ? text : "", "&", &a);

	for (size_t i = 0; i < pairs.n; i++) {
		const char *eq = strchr(pairs.v[i], '=');
		const char *key =
			eq ? arena_fmt(&a, "%.*s", (int)(eq - pairs.v[i]), pairs.v[i]) : pairs.v[i];

		if (pair(l, key, eq ? eq + 1 : ""))
			return true;
	}
	return false;
}

static bool source(const struct strs *l, struct ip ip)
{
	struct cidr c;

	for (size_t i = 0; ip.family && i < l->n; i++)
		if (cidr_parse(l->v[i], &c) && c.ip.family == ip.family && cidr_contains(c, ip))
			return true;
	return false;
}

static int holds(const struct elb_condition *c, const struct route_request *q, bool *yes,
		 struct err *e)
{
	const char *f = c->field;

	if (strcmp(f, "host-header") == 0)
		return either(&c->hosts, &c->host_regexes, q->host, true, yes, e);
	if (strcmp(f, "path-pattern") == 0)
		return either(&c->paths, &c->path_regexes, q->path, false, yes, e);
	if (strcmp(f, "http-header") == 0)
		return header(c, &q->headers, yes, e);
	if (strcmp(f, "http-request-method") == 0)
		*yes = method(&c->methods, q->method ? q->method : "GET");
	else if (strcmp(f, "query-string") == 0)
		*yes = query(&c->query, q->query);
	else
		*yes = strcmp(f, "source-ip") == 0 && source(&c->sources, q->source);
	return 0;
}

int route_misses(const struct stack_rule *r, const struct route_request *q,
		 const struct elb_condition **out, struct err *e)
{
	*out = NULL;
	for (size_t i = 0; i < r->spec.conditions.n && !*out; i++) {
		bool yes;

		if (holds(&r->spec.conditions.v[i], q, &yes, e) < 0)
			return wrap(e, "rule %s", r->id);
		if (!yes)
			*out = &r->spec.conditions.v[i];
	}
	return 0;
}

int route_match(const struct stack *s, const struct stack_listener *at,
		const struct route_request *q, struct route_answer *out, struct err *e)
{
	const struct stack_rule *best = NULL;

	for (size_t i = 0; i < s->nrules; i++) {
		const struct stack_rule *r = &s->rules[i];
		const struct elb_condition *missed;

		if (r->port != at->spec.port || (best && best->spec.priority < r->spec.priority))
			continue;
		if (route_misses(r, q, &missed, e) < 0)
			return -1;
		if (!missed)
			best = r;
	}
	*out = (struct route_answer) { best, best ? &best->spec.actions : &at->spec.actions };
	return 0;
}
