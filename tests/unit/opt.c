/* SPDX-License-Identifier: Apache-2.0 */
/* opt.c - option tables. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"
#include "opt.h"
#include "test.h"

static struct {
	long num;
	bool on;
	const char *name, *only_env;
} got;

static const struct opt opts[] = {
	{ 'n', "num", "T_NUM", OPT_INT, &got.num, "1", "how many" },
	{ 'b', "bool", "T_BOOL", OPT_BOOL, &got.on, "false", "whether" },
	{ 0, "name", NULL, OPT_STR, &got.name, NULL, "what it is called" },
	{ 0, NULL, "T_ONLY_ENV", OPT_STR, &got.only_env, "x", "" },
};

/* A command line, its words apart by single spaces. */
struct words {
	char text[128];
	char *v[16];
	int n;
};

static int parse(struct words *w, const char *line, struct err *e)
{
	w->n = 0;
	snprintf(w->text, sizeof(w->text), "%s", line);
	for (char *p = w->text; p; p = strchr(p, ' ')) {
		if (p > w->text)
			*p++ = '\0';
		w->v[w->n++] = p;
	}
	w->v[w->n] = NULL;
	return opt_parse(opts, COUNT(opts), w->n, w->v, e);
}

static void env_clear(void)
{
	unsetenv("T_NUM");
	unsetenv("T_BOOL");
	unsetenv("T_ONLY_ENV");
}

TEST(the_command_line_beats_the_environment_beats_the_default)
{
	static const struct {
		const char *env, *line;
		int operand;
		long want;
	} t[] = {
		{ NULL, "x", 1, 1 },
		{ "2", "x", 1, 2 },
		{ "2", "x --num=3", 2, 3 },
		{ "2", "x --num 3 op", 3, 3 },
		{ "2", "x -n 3 op -n 4", 3, 3 },
		{ "2", "x -n -3", 3, -3 },
		{ "", "x", 1, 1 },
		{ NULL, "x --num=3 --num=4 -n 5", 5, 5 },
		{ NULL, "x -- --num=3", 2, 1 },
		{ NULL, "x - --num=3", 1, 1 },
		{ NULL, "x -b --num 3", 4, 3 },
		{ "+7", "x", 1, 7 },
	};
	struct err e = { 0 };
	struct words w;

	for (size_t i = 0; i < COUNT(t); i++) {
		env_clear();
		if (t[i].env)
			setenv("T_NUM", t[i].env, 1);
		CHECK(parse(&w, t[i].line, &e) == t[i].operand);
		CHECK(got.num == t[i].want);
	}
	env_clear();
}

TEST(booleans_take_a_value_only_behind_an_equals_sign)
{
	struct err e = { 0 };
	struct words w;

	env_clear();
	CHECK(parse(&w, "x", &e) == 1 && !got.on);
	CHECK(parse(&w, "x --bool false", &e) == 2 && got.on);
	CHECK(parse(&w, "x -b --bool=F", &e) == 3 && !got.on);
	CHECK(parse(&w, "x --bool=TRUE", &e) == 2 && got.on);
	setenv("T_BOOL", "t", 1);
	CHECK(parse(&w, "x", &e) == 1 && got.on);
	CHECK(parse(&w, "x --bool=0", &e) == 2 && !got.on);
	env_clear();
}

TEST(strings_are_taken_as_they_are)
{
	struct err e = { 0 };
	struct words w;

	env_clear();
	CHECK(parse(&w, "x", &e) == 1 && !got.name);
	CHECK_STR(got.only_env, "x");
	CHECK(parse(&w, "x --name= op", &e) == 2);
	CHECK_STR(got.name, "");
	CHECK(parse(&w, "x --name=a=b", &e) == 2);
	CHECK_STR(got.name, "a=b");
	CHECK(parse(&w, "x --name --num", &e) == 3);
	CHECK_STR(got.name, "--num");
	setenv("T_ONLY_ENV", "y", 1);
	CHECK(parse(&w, "x", &e) == 1);
	CHECK_STR(got.only_env, "y");
	env_clear();
}

TEST(bad_options_are_named_with_their_value)
{
	static const char *const t[][2] = {
		{ "x --num=many", "--num: 'many' is not a number" },
		{ "x -n 1.5", "-n: '1.5' is not a number" },
		{ "x --num=", "--num: '' is not a number" },
		{ "x --num 0x10", "--num: '0x10' is not a number" },
		{ "x --num=99999999999999999999", "--num: '99999999999999999999' is not a number" },
		{ "x --bool=maybe", "--bool: 'maybe' is not a boolean" },
		{ "x --bool=", "--bool: '' is not a boolean" },
		{ "x --num", "option '--num' needs a value" },
		{ "x -b -n", "option '-n' needs a value" },
		{ "x --nun=3", "unknown option '--nun=3' (did you mean '--num'?)" },
		{ "x --boole", "unknown option '--boole' (did you mean '--bool'?)" },
		{ "x --nothing-like-it", "unknown option '--nothing-like-it'" },
		{ "x -z", "unknown option '-z'" },
		{ "x -n3", "unknown option '-n3'" },
		{ "x -num", "unknown option '-num'" },
		{ "x --T_ONLY_ENV=3", "unknown option '--T_ONLY_ENV=3'" },
		{ "x --=3", "unknown option '--=3'" },
	};
	struct words w;

	env_clear();
	for (size_t i = 0; i < COUNT(t); i++) {
		struct err e = { 0 };

		CHECK(parse(&w, t[i][0], &e) == -1 && e.num == EINVAL);
		CHECK_STR(e.msg, t[i][1]);
	}
}

TEST(bad_environment_variables_are_named)
{
	struct err e = { 0 };
	struct words w;

	env_clear();
	setenv("T_NUM", "many", 1);
	CHECK(parse(&w, "x --num=3", &e) == -1);
	CHECK_STR(e.msg, "T_NUM: 'many' is not a number");
	env_clear();
	setenv("T_BOOL", "yes", 1);
	CHECK(parse(&w, "x", &e) == -1);
	CHECK_STR(e.msg, "T_BOOL: 'yes' is not a boolean");
	env_clear();
}

/* What opt_help() prints. */
static void help(const struct opt *o, size_t n, const char *examples, struct buf *out)
{
	int before, mem = memfd_create("help", MFD_CLOEXEC);
	struct err e = { 0 };

	fflush(stdout);
	before = dup(1);
	CHECK(mem > 2 && before > 2 && dup2(mem, 1) == 1);
	opt_help(o, n, "x [OPTION...] FILE", examples);
	fflush(stdout);
	CHECK(dup2(before, 1) == 1 && lseek(mem, 0, SEEK_SET) == 0);
	CHECK(fd_read(mem, "help", 10000, out, &e) == 0);
	close(before);
	close(mem);
}

TEST(help_is_an_aligned_table)
{
	auto_buf struct buf b = { 0 };

	help(opts, COUNT(opts), "  x -n 3 file", &b);
	CHECK_STR(b.p, "usage: x [OPTION...] FILE\n"
		       "\n"
		       "  option           meaning            default  environment\n"
		       "  -n, --num=N      how many           1        T_NUM\n"
		       "  -b, --bool       whether            false    T_BOOL\n"
		       "      --name=TEXT  what it is called\n"
		       "                                      x        T_ONLY_ENV\n"
		       "\n"
		       "examples:\n"
		       "  x -n 3 file\n");
}

TEST(help_leaves_out_columns_that_would_be_empty)
{
	static const struct opt o[] = { { 'h', NULL, NULL, OPT_BOOL, &got.on, NULL, "this text" } };
	auto_buf struct buf b = { 0 };

	help(o, 1, NULL, &b);
	CHECK_STR(b.p, "usage: x [OPTION...] FILE\n\n  option  meaning\n  -h      this text\n");
	b.len = 0;
	help(o, 0, NULL, &b);
	CHECK_STR(b.p, "usage: x [OPTION...] FILE\n");
}
