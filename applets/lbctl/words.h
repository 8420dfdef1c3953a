/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - what people read: text without surprises, tables. */
#pragma once
#include "arena.h"
#include "buf.h"

#define WORDS_RED "\033[31m"
#define WORDS_GREEN "\033[32m"
#define WORDS_YELLOW "\033[33m"
#define WORDS_OFF "\033[0m"

/* Append text that came from outside: control characters, which a terminal would obey, as \xNN. */
void words_plain(const char *s, struct buf *out);

/* A table: rows of columns cells; columns that hold only numbers stand right. Cells live in a;
 * NULL is an empty one. */
struct words_table {
	size_t columns, n, cap;
	const char **cells;
	struct arena *a;
};
/* The next row; its cells are to be filled in at once. */
const char **words_row(struct words_table *t);
/* Two blanks between columns, none at the end of a line. The first row is the head. */
void words_print(const struct words_table *t, struct buf *out);
