/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - JSON as characters: a strict scanner, escapes, numbers as Go writes them. */
#pragma once
#include "base.h"

enum json_token { JSON_END, JSON_MARK, JSON_WORD, JSON_STR, JSON_NUM, JSON_BAD };
enum json_expect {
	JSON_VALUE,
	JSON_FIRST_VALUE,
	JSON_FIRST_KEY,
	JSON_KEY,
	JSON_COLON,
	JSON_NEXT,
	JSON_NOTHING
};
struct json_scan {
	const char *text;
	size_t n, at;    /* bytes in all, offset behind the last token */
	size_t from;     /* where the last token begins */
	const char *bad; /* after JSON_BAD: what is wrong at offset `from` */
	/* grammar: what may come, open brackets, and which of them are braces (bit 0: the
	 * innermost) */
	enum json_expect expect;
	unsigned depth;
	uint32_t objects;
};
/* The next token of a text by RFC 8259: one of {}[],: or a word (true, false, null), string or
 * number. JSON_END once, after one whole value and white space. JSON_BAD at the first offence, and
 * do not go on then. Stricter than the RFC: at most 32 open brackets; no \u0000 and no half
 * surrogate pairs; numbers of at most 63 characters that fit a double. */
enum json_token json_scan(struct json_scan *s);

/* Write the next character of a non-empty *s as it stands inside quotes, NUL-terminated, and pass
 * over it. html: as Go's encoding/json does, with < > & U+2028 U+2029 escaped; otherwise those are
 * plain, but no character that a terminal would obey is. What is not UTF-8 becomes \ufffd. Returns
 * the length. */
size_t json_escape(const char **s, bool html, char out[8]);
/* Length, max at most, of the beginning of s that stands inside quotes as it is, html or not:
 * nearly all there is, so it goes as one piece. */
size_t json_plain(const char *s, size_t max);

/* The shortest text that reads back as v, laid out as Go's encoding/json does. */
struct json_number {
	char s[40];
};
struct json_number json_number(double v);
