/* SPDX-License-Identifier: Apache-2.0 */
/* albmatch.c - which rule of a listener a request meets. */
#include <ctype.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

#include "alb.h"

/* ---- patterns */

static bool same(char a, char b, bool fold)
{
	return a == b || (fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Only the last '*' is ever taken back, so no pattern costs more than its length times the text's.
 */
bool alb_glob(const char *pattern, const char *text, bool fold)
{
	const char *behind = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			behind = ++pattern;
			retry = text;
		} else if (*pattern == '?' || (*pattern && same(*pattern, *text, fold))) {
			pattern++;
			text++;
		} else if (behind) {
			pattern = behind;
			text = ++retry;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

/* The inside of a bracket that stands for \d \w \s; NULL: the letter itself. */
static const char *letters(char c)
{
	switch (c) {
	case 'd':
		return "0-9";
	case 'w':
		return "_[:alnum:]";
	case 's':
		return "[:space:]";
	default:
		return NULL;
	}
}

/* In POSIX's words; s is behind the backslash. */
static void escaped(char c, bool bracket, struct buf *out)
{
	const char *set = letters(bracket ? c : (char)tolower((unsigned char)c));

	if (!set)
		buf_fmt(out, bracket ? "%c" : "\\%c", c);
	else if (bracket)
		buf_str(out, set);
	else
		buf_fmt(out, "[%s%s]", isupper((unsigned char)c) ? "^" : "", set);
}

static void as_posix(const char *s, struct buf *out)
{
	const char *bracket = NULL; /* where the present one began */

	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			escaped(*++s, bracket, out);
			continue;
		}
		if (!bracket && strncmp(s, "(?:", 3) == 0) {
			buf_str(out, "(");
			s += 2;
			continue;
		}
		if (!bracket && *s == '[')
			bracket = s;
		else if (bracket && *s == ']' && s > bracket + 1 + (bracket[1] == '^'))
			bracket = NULL;
		buf_add(out, s, 1);
	}
}

bool alb_regex(const char *pattern, const char *text, bool fold)
{
	auto_buf struct buf words = { 0 };
	regex_t r;
	bool yes;

	as_posix(pattern, &words);
	if (regcomp(&r, words.p ? words.p : "",
		    REG_EXTENDED | REG_NOSUB | (fold ? REG_ICASE : 0)) != 0)
		return false;
	yes = regexec(&r, text, 0, NULL, 0) == 0;
	regfree(&r);
	return yes;
}

static bool any(const struct strs *globs, const struct strs *regexes, const char *text, bool fold)
{
	for (size_t i = 0; i < globs->n; i++)
		if (alb_glob(globs->v[i], text, fold))
			return true;
	for (size_t i = 0; i < regexes->n; i++)
		if (alb_regex(regexes->v[i], text, fold))
			return true;
	return false;
}

/* ---- conditions */

static bool header_holds(const struct rule_condition *c, const struct alb_request *q)
{
	for (size_t i = 0; i < q->headers->n; i++)
		if (strcasecmp(q->headers->v[i].name, c->header) == 0 &&
		    any(&c->header_values, &c->header_regexes, q->headers->v[i].value, true))
			return true;
	return false;
}

static bool method_holds(const struct rule_condition *c, const struct alb_request *q)
{
	for (size_t i = 0; i < c->methods.n; i++)
		if (strcmp(c->methods.v[i], q->method) == 0)
			return true;
	return false;
}

static bool pair_holds(const struct rule_condition *c, const char *key, const char *value)
{
	for (size_t i = 0; i < c->query.n; i++) {
		const struct elb_query_value *want = &c->query.v[i];

		if ((!want->key || alb_glob(want->key, key, true)) &&
		    alb_glob(want->value, value, true))
			return true;
	}
	return false;
}

static bool query_holds(const struct rule_condition *c, const struct alb_request *q)
{
	auto_arena struct arena a = { 0 };
	const struct strs pairs = str_split(q->query, "&", &a);

	for (size_t i = 0; i < pairs.n; i++) {
		size_t n = strcspn(pairs.v[i], "=");
		const char *value = pairs.v[i][n] ? pairs.v[i] + n + 1 : "";

		if (pair_holds(c, arena_fmt(&a, "%.*s", (int)n, pairs.v[i]), value))
			return true;
	}
	return false;
}

static bool source_holds(const struct rule_condition *c, const struct alb_request *q)
{
	struct cidr in;

	for (size_t i = 0; i < c->sources.n; i++)
		if (cidr_parse(c->sources.v[i], &in) && cidr_contains(in, q->peer))
			return true;
	return false;
}

static bool holds(const struct rule_condition *c, const struct alb_request *q)
{
	if (strcmp(c->field, "host-header") == 0)
		return any(&c->hosts, &c->host_regexes, q->host, true);
	if (strcmp(c->field, "path-pattern") == 0)
		return any(&c->paths, &c->path_regexes, q->path, false);
	if (strcmp(c->field, "http-header") == 0)
		return header_holds(c, q);
	if (strcmp(c->field, "http-request-method") == 0)
		return method_holds(c, q);
	if (strcmp(c->field, "query-string") == 0)
		return query_holds(c, q);
	return source_holds(c, q);
}

static bool rule_holds(const struct lb_rule *r, const struct alb_request *q)
{
	for (size_t i = 0; i < r->v->conditions.n; i++)
		if (!holds(&r->v->conditions.v[i], q))
			return false;
	return true;
}

const struct lb_rule *alb_match(struct elb *b, const struct listener *l,
				const struct alb_request *q)
{
	const struct lb_rule *best = NULL;

	for (const struct lb_rule *r = b->rules; r; r = r->next)
		if (r->listener == l && r->priority && (!best || r->priority < best->priority) &&
		    rule_holds(r, q))
			best = r;
	return best ? best : listener_default(b, l);
}
