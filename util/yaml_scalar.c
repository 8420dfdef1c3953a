/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.c - booleans, null, integers and floats among YAML's plain scalars. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "str.h"
#include "yaml_scalar.h"

enum { LONGEST = 512 }; /* longer numbers are strings */

static bool listed(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

static struct json *literal(const char *text)
{
	struct err e;

	return json_parse(text, strlen(text), &e);
}

static struct json *string(const char *s)
{
	auto_buf struct buf b = { 0 };

	json_quote(s, &b);
	return literal(b.p);
}

/* ---- numbers */

/* Without the underscores; false: too long for a number. */
static bool bare(const char *s, char out[LONGEST])
{
	size_t n = 0;

	for (; *s; s++) {
		if (n == LONGEST - 1)
			return false;
		if (*s != '_')
			out[n++] = *s;
	}
	out[n] = '\0';
	return true;
}

/* The base that a prefix says, and what is behind it. */
static unsigned base_of(const char **s)
{
	const char *p = *s;

	if (*p != '0' || !p[1])
		return 10;
	*s = p + 2;
	if (p[1] == 'x' || p[1] == 'X')
		return 16;
	if (p[1] == 'o' || p[1] == 'O')
		return 8;
	if (p[1] == 'b' || p[1] == 'B')
		return 2;
	*s = p + 1;
	return 8;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

/* An integer of 64 bits, signed or, without a sign, unsigned: as JSON text. */
static bool integer(const char *s, char out[24])
{
	bool sign = *s == '-' || *s == '+', minus = *s == '-';
	unsigned base;
	uint64_t v = 0;

	s += sign;
	base = base_of(&s);
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned d = digit(*s);

		if (d >= base || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	if (sign && v > (uint64_t)INT64_MAX + minus)
		return false;
	snprintf(out, 24, "%s%llu", minus && v ? "-" : "", (unsigned long long)v);
	return true;
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_float(const char *s)
{
	size_t n;

	s += *s == '-' || *s == '+';
	n = digits(s);
	s += n;
	if (*s == '.') {
		size_t m = digits(s + 1);

		if (!n && !m)
			return false;
		s += 1 + m;
	} else if (!n) {
		return false;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		n = digits(s);
		if (!n)
			return false;
		s += n;
	}
	return !*s;
}

/* Each _ between two digits: asked only of what begins with a point. */
static bool neat(const char *s)
{
	for (const char *p = s; *p; p++)
		if (*p == '_' && (p == s || !digits(p - 1) || !digits(p + 1)))
			return false;
	return true;
}

/* NULL: it is no number. */
static struct json *number(const char *s)
{
	char text[LONGEST], out[24];
	double v;

	if (!bare(s, text))
		return NULL;
	if (integer(text, out))
		return literal(out);
	if (!looks_float(text) || (*s == '.' && !neat(s)))
		return NULL;
	v = strtod(text, NULL);
	return isfinite(v) ? literal(json_number(v).s) : NULL;
}

/* ---- what it is */

static const char *const yes[] = { "y",    "Y",    "yes", "Yes", "YES", "true",
				   "True", "TRUE", "on",  "On",  "ON",  NULL };
static const char *const no[] = { "n",     "N",     "no",  "No",  "NO",  "false",
				  "False", "FALSE", "off", "Off", "OFF", NULL };
static const char *const nothing[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const no_number[] = { ".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
					 ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
					 "-.Inf", "-.INF", NULL };

/* false: a string. */
static bool resolve(const char *s, struct json **out)
{
	*out = NULL;
	if (listed(s, nothing))
		return true;
	if (listed(s, yes))
		*out = literal("true");
	else if (listed(s, no))
		*out = literal("false");
	else if (*s && strchr("+-.0123456789", *s))
		*out = number(s);
	return *out;
}

int yaml_plain(const char *s, struct json **out, struct err *e)
{
	if (listed(s, no_number))
		return fail(e, EINVAL, "%s is a number that JSON has not", s);
	if (!resolve(s, out))
		*out = string(s);
	return 0;
}

int yaml_tagged(const char *tag, const char *s, struct json **out, struct err *e)
{
	static const struct {
		const char *name;
		enum json_type type;
	} all[] = { { "str", JSON_STRING },
		    { "int", JSON_NUMBER },
		    { "float", JSON_NUMBER },
		    { "bool", JSON_BOOL },
		    { "null", JSON_NONE } };
	const char *name = str_prefix(tag, "tag:yaml.org,2002:") ? tag + 18 : "";

	*out = NULL;
	if (strcmp(tag, "!") == 0 || strcmp(name, "str") == 0 || strcmp(name, "timestamp") == 0) {
		*out = string(s);
		return 0;
	}
	for (size_t i = 0; i < COUNT(all); i++) {
		bool integer_wanted = strcmp(name, "int") == 0;
		char text[LONGEST], unused[24];

		if (strcmp(all[i].name, name) != 0)
			continue;
		if (resolve(s, out) && json_type(*out) == all[i].type &&
		    (!integer_wanted || (bare(s, text) && integer(text, unused))))
			return 0;
		json_free(out);
		return fail(e, EINVAL, "this is no !!%s", all[i].name);
	}
	return fail(e, EINVAL, "a tag that is not supported");
}
