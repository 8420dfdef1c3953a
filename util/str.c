/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - numbers, booleans and lists from text, one character of UTF-8 at a time. */
#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { LONGEST_WORD = 63 };

const char *str_env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

bool str_u64(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		uint64_t digit = (uint64_t)(unsigned char)*s - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool str_i64(const char *s, int64_t *out)
{
	bool minus = *s == '-';
	uint64_t v;

	if (!str_u64(s + (minus || *s == '+'), &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = (int64_t)(minus ? 0 - v : v);
	return true;
}

bool str_bool(const char *s, bool *out)
{
	static const char *const words[] = { "0",     "1",    "f",     "t",    "F",     "T",
					     "false", "true", "False", "True", "FALSE", "TRUE" };

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(s, words[i]) == 0) {
			*out = i % 2;
			return true;
		}
	}
	return false;
}

bool str_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* The list is full when it is empty and at each power of two. */
static void push(struct strs *l, const char *s, struct arena *a)
{
	if (!(l->n & (l->n - 1))) {
		const char **bigger = arena_get(a, (l->n ? 2 * l->n : 1) * sizeof(*bigger));

		if (l->n)
			memcpy(bigger, l->v, l->n * sizeof(*bigger));
		l->v = bigger;
	}
	l->v[l->n++] = s;
}

void strs_add(struct strs *l, const char *s, struct arena *a)
{
	push(l, arena_str(a, s), a);
}

struct strs str_split(const char *s, const char *seps, struct arena *a)
{
	struct strs out = { 0 };

	for (s += strspn(s, seps); *s; s += strspn(s, seps)) {
		size_t n = strcspn(s, seps);

		push(&out, memcpy(arena_get(a, n + 1), s, n), a);
		s += n;
	}
	return out;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's table, of which one row is kept. */
size_t str_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), row[LONGEST_WORD + 1];

	if (n > LONGEST_WORD || m > LONGEST_WORD)
		return strcmp(a, b) == 0 ? 0 : (n > m ? n : m);
	for (size_t k = 0; k <= m; k++)
		row[k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t above = row[k];

			row[k] = least(above + 1, row[k - 1] + 1, corner + (a[i - 1] != b[k - 1]));
			corner = above;
		}
	}
	return row[m];
}

size_t str_rune(const char *s, uint32_t *rune)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t v = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			n = 0;
		else
			v = v << 6 | (p[i] & 0x3f);
	}
	if (!n || p[0] > 0xf4 || v < smallest[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) {
		*rune = 0xfffd;
		return 0;
	}
	*rune = v;
	return n;
}

static const struct unit {
	const char *name;
	double ms;
} units[] = {
	{ "ns", 1e-6 }, { "us", 1e-3 }, { "ms", 1 }, { "s", 1e3 }, { "m", 6e4 }, { "h", 36e5 }
};

bool str_duration(const char *s, int64_t *ms)
{
	double sum = 0;

	if (!*s)
		return false;
	while (*s) {
		size_t digits = strspn(s, "0123456789."), unit;
		const struct unit *u = NULL;
		char *end;
		double v = strtod(s, &end);

		unit = strspn(s + digits, "nusmh");
		for (size_t i = 0; i < COUNT(units); i++)
			if (strlen(units[i].name) == unit &&
			    memcmp(units[i].name, s + digits, unit) == 0)
				u = &units[i];
		if (!u || !digits || end != s + digits)
			return false;
		sum += v * u->ms;
		s += digits + unit;
	}
	if (sum < 0 || sum > 366 * 864e5)
		return false;
	*ms = (int64_t)sum;
	return true;
}
