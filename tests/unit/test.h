/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - TEST(a_name_that_reads_as_a_claim) { CHECK(...); } registers itself; output is TAP. */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct test {
	const char *name;
	void (*fn)(void);
	struct test *next;
};
void test_add(struct test *t);
/* A claim that did not hold; the test goes on, so that one run shows all that is wrong. */
void test_failed(const char *file, int line, const char *what);
/* Both sides are shown when they differ; NULL is equal to NULL alone. */
void test_str(const char *file, int line, const char *what, const char *got, const char *want);
void test_int(const char *file, int line, const char *what, long long got, long long want);

#define TEST(id)                                                \
	static void test_##id(void);                            \
	static struct test reg_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void add_##id(void) \
	{                                                       \
		test_add(&reg_##id);                            \
	}                                                       \
	static void test_##id(void)
#define CHECK(x) ((x) ? (void)0 : test_failed(__FILE__, __LINE__, #x))
#define CHECK_STR(got, want) test_str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_INT(got, want) test_int(__FILE__, __LINE__, #got, (got), (want))
