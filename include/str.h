/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - strict readers of numbers, booleans and lists that came from outside. */
#pragma once
#include "arena.h"
#include "base.h"

/* An environment variable, "" when it is not set. */
const char *str_env(const char *name);
/* Decimal only, no sign (str_u64) or an optional one (str_i64), no spaces, no overflow; false
 * leaves *out alone. */
bool str_u64(const char *s, uint64_t *out);
bool str_i64(const char *s, int64_t *out);
/* Go's strconv.ParseBool: 1 t T true TRUE True 0 f F false FALSE False. */
bool str_bool(const char *s, bool *out);
/* Go's durations: "5s", "500ms", "16m40s", "1.5h"; no sign, a year at most. */
bool str_duration(const char *s, int64_t *ms);
bool str_prefix(const char *s, const char *prefix);
bool str_suffix(const char *s, const char *suffix);

/* The parts of s between the characters of seps; empty parts are dropped. Each is copied into a. */
struct strs {
	const char **v;
	size_t n;
};
struct strs str_split(const char *s, const char *seps, struct arena *a);
/* Append a copy of s to a list in an arena. */
void strs_add(struct strs *l, const char *s, struct arena *a);
/* How alike two words are: the number of single-letter edits between them (for "did you mean"). Of
 * a word longer than 63 bytes it only tells whether the other one is equal. */
size_t str_distance(const char *a, const char *b);
/* The length of the UTF-8 character that s begins with, and its number; 0 and U+FFFD when the bytes
 * are not UTF-8 (overlong forms and surrogates are not), of which the first should then be passed
 * over. */
size_t str_rune(const char *s, uint32_t *rune);
