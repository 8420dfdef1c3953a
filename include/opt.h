/* SPDX-License-Identifier: Apache-2.0 */
/* opt.h - one table per applet is the flags, the environment, the defaults and the help. */
#pragma once
#include "base.h"

enum opt_type { OPT_BOOL, OPT_INT, OPT_STR };
struct opt {
	char c;           /* -c, or 0 */
	const char *name; /* --name, or NULL: only the environment sets it */
	const char *env;  /* or NULL */
	enum opt_type type;
	void *dst;       /* bool *, long *, const char ** */
	const char *def; /* as it would be typed; NULL: false, 0, NULL */
	const char *help;
};

/* Set every dst: default < environment < argv. An empty environment variable counts as unset.
 * Returns the index in argv of the first operand: what follows "--", or the first word that is no
 * option.
 * "--name=value", "--name value", "-c value"; a boolean takes a value (str_bool()) only behind "=".
 * Strings point into argv, the environment or the table. */
MUST int opt_parse(const struct opt *o, size_t n, int argc, char **argv, struct err *e);
/* Print usage, the table, and examples (lines that begin with two blanks, or NULL) to stdout. */
void opt_help(const struct opt *o, size_t n, const char *usage, const char *examples);
