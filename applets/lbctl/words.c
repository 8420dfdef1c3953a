/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - text and tables for people. */
#include <string.h>

#include "words.h"

void words_plain(const char *s, struct buf *out)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			buf_fmt(out, "\\x%02x", c);
		else
			buf_add(out, s, 1);
	}
}

const char **words_row(struct words_table *t)
{
	if (t->n == t->cap) {
		const char **old = t->cells;

		t->cap = t->cap ? 2 * t->cap : 16;
		t->cells = arena_get(t->a, t->cap * t->columns * sizeof(*t->cells));
		if (t->n)
			memcpy(t->cells, old, t->n * t->columns * sizeof(*t->cells));
	}
	return &t->cells[t->n++ * t->columns];
}

static const char *cell(const struct words_table *t, size_t row, size_t column)
{
	const char *v = t->cells[row * t->columns + column];

	return v ? v : "";
}

static size_t width_of(const struct words_table *t, size_t column)
{
	size_t most = 0;

	for (size_t i = 0; i < t->n; i++)
		if (strlen(cell(t, i, column)) > most)
			most = strlen(cell(t, i, column));
	return most;
}

static bool is_number(const struct words_table *t, size_t column)
{
	bool any = false;

	for (size_t i = 1; i < t->n; i++) {
		const char *v = cell(t, i, column);

		if (v[strspn(v, "0123456789")])
			return false;
		any = any || *v;
	}
	return any;
}

void words_print(const struct words_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t blanks = 0;

		for (size_t k = 0; k < t->columns; k++) {
			const char *v = cell(t, i, k);
			size_t pad = width_of(t, k) - strlen(v), left = is_number(t, k) ? pad : 0;

			if (*v)
				buf_fmt(out, "%*s", (int)(blanks + left), "");
			words_plain(v, out);
			blanks = *v ? pad - left + 2 : blanks + width_of(t, k) + 2;
		}
		buf_str(out, "\n");
	}
}
