/* SPDX-License-Identifier: Apache-2.0 */
/* podshow.h - answers for people and for programs. */
#pragma once
#include "json.h"
#include "podmath.h"
#include "typefind.h"

enum format { FORMAT_TEXT, FORMAT_NUMBER, FORMAT_JSON, FORMAT_TSV };

/* One type and its answer. */
struct found {
	struct limits l;
	struct answer answer;
	const char *from; /* types_find() */
	const char *why;  /* what EC2 said of the vCPUs that it does not know; NULL */
};
/* One type: a few lines, or with explain a table of all that have a say. */
void show_one(const struct found *f, const struct question *q, bool explain, struct arena *a);
void show_one_json(const struct found *f, const struct question *q, struct arena *a);
/* Many types: an aligned table, lines with tabs (the columns of tools/limits.awk), a JSON array. */
void show_list(const struct found *f, size_t n, enum format format, struct arena *a);

/* Text of others for a terminal: control characters and what is not UTF-8 become "\x1b". */
const char *printable(const char *text, struct arena *a);
/* The facts of a type as members of an object. */
void show_facts(struct json *j, const struct limits *l);
/* Terminal attributes, "" where stdout is no terminal or NO_COLOR is set. */
const char *bold(void);
const char *dim(void);
const char *plain(void);
