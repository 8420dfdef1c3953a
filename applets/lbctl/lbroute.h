/* SPDX-License-Identifier: Apache-2.0 */
/* lbroute.h - which rule of a listener a request meets: pure, of a stack alone.
 *
 * As AWS has it: hosts, headers and query strings compare without case, paths and methods with it;
 * '*' is any number of characters and '?' exactly one in hosts, paths, headers and query strings,
 * and nothing special in methods. One value of a condition must match, and every condition of the
 * rule. Paths and queries are compared as they are written, escapes and all.
 *
 * Regular expressions are AWS's own dialect, close to RE2. Here they are POSIX extended ones, with
 * \d \w \s (and in capitals, outside of brackets), \b not, and (?: ) as in RE2; what else is not
 * POSIX is an error that shows the expression. They match anywhere in the text unless ^ and $ say
 * otherwise. */
#pragma once
#include "stack.h"

struct route_request {
	const char *host;   /* without port */
	const char *path;   /* "/a/b" */
	const char *query;  /* behind '?', or NULL */
	const char *method; /* NULL: GET */
	struct tags headers;
	struct ip source; /* family 0: no source-ip condition matches */
};
struct route_answer {
	const struct stack_rule *rule; /* NULL: the listener's default action */
	const struct elb_actions *actions;
};
/* EINVAL: a regular expression that cannot be read here. */
MUST int route_match(const struct stack *s, const struct stack_listener *at,
		     const struct route_request *q, struct route_answer *out, struct err *e);
/* The first condition of a rule that does not hold; *out NULL: all do. */
MUST int route_misses(const struct stack_rule *r, const struct route_request *q,
		      const struct elb_condition **out, struct err *e);
/* '*' and '?'; fold: without case (ASCII). */
bool route_glob(const char *pattern, const char *text, bool fold);
