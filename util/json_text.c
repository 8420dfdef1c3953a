/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - JSON as characters. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "str.h"

enum { DEPTH = 32, LONGEST_NUMBER = 63 };

static enum json_token bad(struct json_scan *s, size_t at, const char *what)
{
	s->from = at;
	s->bad = what;
	return JSON_BAD;
}

/* A byte of the text, or NUL behind its end. */
static char peek(const struct json_scan *s, size_t at)
{
	return at < s->n ? s->text[at] : '\0';
}

/* The code unit of "\uXXXX" at an offset, or -1. */
static long unit(const struct json_scan *s, size_t at)
{
	char hex[5] = "";

	if (at + 6 > s->n || s->text[at] != '\\' || s->text[at + 1] != 'u')
		return -1;
	memcpy(hex, s->text + at + 2, 4);
	return strspn(hex, "0123456789abcdefABCDEF") == 4 ? strtol(hex, NULL, 16) : -1;
}

/* At the backslash. */
static enum json_token scan_escape(struct json_scan *s)
{
	long u, low;

	if (peek(s, s->at + 1) != 'u') {
		if (!memchr("\"\\/bfnrt", peek(s, s->at + 1), 8))
			return bad(s, s->at, "bad escape");
		s->at += 2;
		return JSON_STR;
	}
	u = unit(s, s->at);
	if (u < 0)
		return bad(s, s->at, "bad escape");
	if (u == 0)
		return bad(s, s->at, "NUL in a string");
	if (u >= 0xd800 && u < 0xe000) {
		low = unit(s, s->at + 6);
		if (u >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
			return bad(s, s->at, "half a surrogate pair");
		s->at += 6;
	}
	s->at += 6;
	return JSON_STR;
}

static enum json_token scan_string(struct json_scan *s)
{
	for (s->at++; s->at < s->n && s->text[s->at] != '"';) {
		unsigned char c = (unsigned char)s->text[s->at];

		if (c < 0x20)
			return bad(s, s->at, "control character in a string");
		if (c != '\\')
			s->at++;
		else if (scan_escape(s) == JSON_BAD)
			return JSON_BAD;
	}
	if (s->at >= s->n)
		return bad(s, s->from, "string without an end");
	s->at++;
	return JSON_STR;
}

static bool digits(struct json_scan *s)
{
	size_t from = s->at;

	while (peek(s, s->at) >= '0' && peek(s, s->at) <= '9')
		s->at++;
	return s->at > from;
}

/* Pass over c, or over either of two characters. */
static bool pass(struct json_scan *s, char c, char or)
{
	bool is = s->at < s->n && (s->text[s->at] == c || s->text[s->at] == or);

	s->at += is;
	return is;
}

static bool number(struct json_scan *s)
{
	pass(s, '-', '-');
	if (pass(s, '0', '0')) {
		if (digits(s))
			return false;
	} else if (!digits(s)) {
		return false;
	}
	if (pass(s, '.', '.') && !digits(s))
		return false;
	if (!pass(s, 'e', 'E'))
		return true;
	pass(s, '+', '-');
	return digits(s);
}

static enum json_token scan_number(struct json_scan *s)
{
	char text[LONGEST_NUMBER + 1] = "";

	if (!number(s))
		return bad(s, s->from, "malformed number");
	if (s->at - s->from > LONGEST_NUMBER)
		return bad(s, s->from, "number of more than 63 characters");
	memcpy(text, s->text + s->from, s->at - s->from);
	return isfinite(strtod(text, NULL)) ? JSON_NUM : bad(s, s->from, "number out of range");
}

static enum json_token scan_word(struct json_scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	while (peek(s, s->at) >= 'a' && peek(s, s->at) <= 'z')
		s->at++;
	for (size_t i = 0; i < COUNT(words); i++)
		if (s->at - s->from == strlen(words[i]) &&
		    memcmp(s->text + s->from, words[i], s->at - s->from) == 0)
			return JSON_WORD;
	return bad(s, s->from, "neither value nor punctuation");
}

static enum json_token scan_token(struct json_scan *s)
{
	char c;

	while (s->at < s->n && s->text[s->at] && strchr(" \t\r\n", s->text[s->at]))
		s->at++;
	s->from = s->at;
	if (s->at == s->n)
		return JSON_END;
	c = s->text[s->at];
	if (c && strchr("{}[],:", c))
		return s->at++, JSON_MARK;
	if (c == '"')
		return scan_string(s);
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(s);
	return scan_word(s);
}

/* A value is complete. */
static bool completed(struct json_scan *s)
{
	s->expect = s->depth ? JSON_NEXT : JSON_NOTHING;
	return true;
}

static bool opened(struct json_scan *s, bool object)
{
	if (s->depth == DEPTH)
		return false;
	s->objects = s->objects << 1 | object;
	s->depth++;
	s->expect = object ? JSON_FIRST_KEY : JSON_FIRST_VALUE;
	return true;
}

static bool closed(struct json_scan *s)
{
	s->objects >>= 1;
	s->depth--;
	return completed(s);
}

/* Does the token, whose first character is c, fit what is expected? What is expected next follows.
 */
static bool fits(struct json_scan *s, enum json_token t, char c)
{
	bool object = s->objects & 1;

	switch (s->expect) {
	case JSON_FIRST_VALUE:
		if (c == ']')
			return closed(s);
		/* fall through */
	case JSON_VALUE:
		if (c == '{' || c == '[')
			return opened(s, c == '{');
		return t != JSON_MARK && completed(s);
	case JSON_FIRST_KEY:
		if (c == '}')
			return closed(s);
		/* fall through */
	case JSON_KEY:
		s->expect = JSON_COLON;
		return t == JSON_STR;
	case JSON_COLON:
		s->expect = JSON_VALUE;
		return c == ':';
	case JSON_NEXT:
		if (c == (object ? '}' : ']'))
			return closed(s);
		s->expect = object ? JSON_KEY : JSON_VALUE;
		return c == ',';
	case JSON_NOTHING:
		break;
	}
	return false;
}

static const char *wanted(const struct json_scan *s)
{
	static const char *const what[] = {
		[JSON_VALUE] = "a value is missing",
		[JSON_FIRST_VALUE] = "a value or ] is missing",
		[JSON_FIRST_KEY] = "a name in quotes or } is missing",
		[JSON_KEY] = "a name in quotes is missing",
		[JSON_COLON] = "a colon is missing",
		[JSON_NEXT] = "a comma or the closing bracket is missing",
		[JSON_NOTHING] = "text behind the value",
	};
	char c = peek(s, s->from);

	if (s->depth == DEPTH && (c == '[' || c == '{') && s->expect <= JSON_FIRST_VALUE)
		return "nested deeper than 32 levels";
	return what[s->expect];
}

enum json_token json_scan(struct json_scan *s)
{
	enum json_expect before = s->expect;
	enum json_token t = scan_token(s);

	if (t == JSON_BAD || (t == JSON_END && before == JSON_NOTHING))
		return t;
	if (t != JSON_END && fits(s, t, s->text[s->from]))
		return t;
	s->expect = before;
	return bad(s, s->from, wanted(s));
}

size_t json_plain(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\' &&
	       s[n] != '<' && s[n] != '>' && s[n] != '&')
		n++;
	return n;
}

size_t json_escape(const char **s, bool html, char out[8])
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	uint32_t c;
	size_t n = str_rune(*s, &c);
	bool hide = !n || c < 0x20;

	for (size_t i = 0; n && i < sizeof(named) - 1; i += 2)
		if ((uint32_t)named[i] == c) {
			*s += n;
			memcpy(out, (const char[]) { '\\', named[i + 1], '\0' }, 3);
			return 2;
		}
	if (html)
		hide = hide || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029;
	else
		hide = hide || (c >= 0x7f && c < 0xa0);
	if (hide) {
		*s += n ? n : 1;
		return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)c);
	}
	memcpy(out, *s, n);
	out[n] = '\0';
	*s += n;
	return n;
}

/* Digits without a point: value 0.DIGITS times ten to the power of the result. */
static int shortest(double v, char out[24])
{
	char text[32];
	size_t n = 0;
	int precision = 0;

	do
		snprintf(text, sizeof(text), "%.*e", precision, v);
	while (strtod(text, NULL) != v && ++precision < 17);
	for (const char *p = text; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			out[n++] = *p;
	out[n] = '\0';
	return (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
}

struct json_number json_number(double v)
{
	const char *sign = signbit(v) ? "-" : "";
	struct json_number t;
	char d[24];
	int n, power;

	if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v && (v != 0 || !signbit(v))) {
		snprintf(t.s, sizeof(t.s), "%" PRId64, (int64_t)v); /* nearly all there are */
		return t;
	}
	v = fabs(v);
	power = shortest(v, d);
	n = (int)strlen(d);
	if (v != 0 && (v < 1e-6 || v >= 1e21)) {
		snprintf(t.s, sizeof(t.s), "%s%c%s%se%c%0*d", sign, d[0], n > 1 ? "." : "", d + 1,
			 power > 0 ? '+' : '-', power > 0 ? 2 : 1, abs(power - 1));
		return t;
	}
	if (power <= 0)
		snprintf(t.s, sizeof(t.s), "%s0.%.*s%s", sign, -power, "000000", d);
	else if (power >= n)
		snprintf(t.s, sizeof(t.s), "%s%s%.*s", sign, d, power - n, "00000000000000000000");
	else
		snprintf(t.s, sizeof(t.s), "%s%.*s.%s", sign, power, d, d + power);
	return t;
}
