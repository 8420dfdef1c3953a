/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - run every registered test, or those whose name has argv[1] in it; the plan is counted,
 * never typed. */
#include <stdlib.h>

#include "test.h"

static struct test *all;
static int bad;

void test_add(struct test *t)
{
	struct test **p = &all;

	while (*p && strcmp((*p)->name, t->name) < 0)
		p = &(*p)->next;
	if (*p && strcmp((*p)->name, t->name) == 0) {
		fprintf(stderr, "two tests are called %s\n", t->name);
		exit(1);
	}
	t->next = *p;
	*p = t;
}

void test_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	bad++;
}

void test_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got && want ? strcmp(got, want) == 0 : got == want)
		return;
	test_failed(file, line, what);
	printf("#   is   %s\n#   want %s\n", got ? got : "NULL", want ? want : "NULL");
}

void test_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got == want)
		return;
	test_failed(file, line, what);
	printf("#   is   %lld\n#   want %lld\n", got, want);
}

int main(int argc, char **argv)
{
	int n = 0, failures = 0;

	setvbuf(stdout, NULL, _IOLBF,
		0); /* a test that crashes must not take the others' lines along */
	for (struct test *t = all; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		bad = 0;
		t->fn();
		failures += bad != 0;
		printf("%sok %d - %s\n", bad ? "not " : "", ++n, t->name);
	}
	printf("1..%d\n%d passed, %d failed\n", n, n - failures, failures);
	return failures || !n;
}
