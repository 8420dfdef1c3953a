/* SPDX-License-Identifier: Apache-2.0 */
/* opt.c - table-driven options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "str.h"

static int set(const struct opt *o, const char *v, const char *from, struct err *e)
{
	int64_t n = 0;
	bool b = false;

	switch (o->type) {
	case OPT_STR:
		*(const char **)o->dst = v;
		return 0;
	case OPT_BOOL:
		if (v && !str_bool(v, &b))
			return fail(e, EINVAL, "%s: '%s' is not a boolean", from, v);
		*(bool *)o->dst = b;
		return 0;
	case OPT_INT:
		if (v && (!str_i64(v, &n) || (long)n != n))
			return fail(e, EINVAL, "%s: '%s' is not a number", from, v);
		*(long *)o->dst = (long)n;
		return 0;
	}
	return fail(e, EINVAL, "%s: bad option type", from);
}

static int set_start(const struct opt *o, struct err *e)
{
	const char *v = o->env ? getenv(o->env) : NULL;

	if (v && *v)
		return set(o, v, o->env, e);
	return set(o, o->def, o->name ? o->name : o->env, e);
}

/* The option that arg names, and what stands behind its "=". */
static const struct opt *find(const struct opt *o, size_t n, const char *arg, const char **val)
{
	size_t len = strcspn(arg, "=");

	*val = arg[len] ? arg + len + 1 : NULL;
	for (size_t i = 0; i < n; i++) {
		if (arg[1] != '-' && arg[1] == o[i].c && !arg[2])
			return &o[i];
		if (arg[1] == '-' && o[i].name && strlen(o[i].name) == len - 2 &&
		    memcmp(arg + 2, o[i].name, len - 2) == 0)
			return &o[i];
	}
	return NULL;
}

static int unknown(const struct opt *o, size_t n, const char *arg, struct err *e)
{
	char word[64];
	const char *best = NULL;
	size_t least = 3; /* more edits than two are another word */

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(arg, "="), arg);
	for (size_t i = 0; i < n && str_prefix(word, "--"); i++) {
		size_t d = o[i].name ? str_distance(word + 2, o[i].name) : least;

		if (d < least) {
			least = d;
			best = o[i].name;
		}
	}
	if (best)
		return fail(e, EINVAL, "unknown option '%s' (did you mean '--%s'?)", arg, best);
	return fail(e, EINVAL, "unknown option '%s'", arg);
}

int opt_parse(const struct opt *o, size_t n, int argc, char **argv, struct err *e)
{
	int i;

	for (size_t k = 0; k < n; k++)
		if (set_start(&o[k], e) < 0)
			return -1;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *arg = argv[i], *v;
		const struct opt *p;
		char from[64];

		if (strcmp(arg, "--") == 0)
			return i + 1;
		p = find(o, n, arg, &v);
		if (!p)
			return unknown(o, n, arg, e);
		snprintf(from, sizeof(from), "%.*s", (int)strcspn(arg, "="), arg);
		if (!v && p->type == OPT_BOOL)
			v = "true";
		if (!v && i + 1 < argc)
			v = argv[++i];
		if (!v)
			return fail(e, EINVAL, "option '%s' needs a value", from);
		if (set(p, v, from, e) < 0)
			return -1;
	}
	return i;
}

enum column { FLAGS, HELP, DEFAULT, ENV, COLUMNS };
struct row {
	char flags[64];
	const char *cell[COLUMNS];
};

static struct row row_of(const struct opt *o)
{
	static const char *const values[] = { "", "=N", "=TEXT" };
	struct row r = { .cell = { "", o->help, o->def ? o->def : "", o->env ? o->env : "" } };
	char c[5] = "";

	if (o->c)
		snprintf(c, sizeof(c), "-%c%s", o->c, o->name ? "," : "");
	if (o->name)
		snprintf(r.flags, sizeof(r.flags), "%-3s --%s%s", c, o->name, values[o->type]);
	else
		memcpy(r.flags, c, sizeof(c));
	return r;
}

static const char *cell(const struct row *r, int column)
{
	return column == FLAGS ? r->flags : r->cell[column];
}

static void print_row(const struct row *r, const int *width)
{
	int blanks = 2;

	for (int c = 0; c < COLUMNS; c++) {
		const char *s = cell(r, c);

		if (*s && width[c])
			blanks -= printf("%*s%s", blanks, "", s);
		blanks += width[c] ? width[c] + 2 : 0;
	}
	putchar('\n');
}

void opt_help(const struct opt *o, size_t n, const char *usage, const char *examples)
{
	static const struct row head = { "option", { "", "meaning", "default", "environment" } };
	int width[COLUMNS] = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct row r = row_of(&o[i]);

		for (int c = 0; c < COLUMNS; c++) {
			int len = (int)strlen(cell(&r, c)), least = (int)strlen(cell(&head, c));

			if (len > width[c])
				width[c] = len > least ? len : least;
		}
	}
	printf("usage: %s\n", usage);
	if (n) {
		putchar('\n');
		print_row(&head, width);
	}
	for (size_t i = 0; i < n; i++) {
		struct row r = row_of(&o[i]);

		print_row(&r, width);
	}
	if (examples)
		printf("\nexamples:\n%s%s", examples, str_suffix(examples, "\n") ? "" : "\n");
}
