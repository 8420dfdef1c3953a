/* SPDX-License-Identifier: Apache-2.0 */
/* base.h - the words every file is written in: attributes, ownership, errors. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMT(f, a) __attribute__((format(printf, f, a)))
#define MUST __attribute__((warn_unused_result))
#define AUTO(fn) __attribute__((cleanup(fn)))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OWNER(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Ownership. Zero is empty for every type, descriptors included: main() begins with stdio_keep(),
 * so no descriptor we own can be 0. */
#define TAKE(x)                         \
	__extension__({                 \
		__typeof__(x) t_ = (x); \
		(x) = 0;                \
		t_;                     \
	})
void ptr_free(void *pp);
void fd_free(int *fd);
/* Of 0, 1 and 2, open those that the caller closed on /dev/null: nothing of ours may land there. */
void stdio_keep(void);
#define auto_ptr AUTO(ptr_free)
#define auto_fd AUTO(fd_free)

/* Errors travel by value in the caller's frame: nothing to allocate or release. */
struct err {
	int num;       /* errno class a caller may branch on */
	bool unsure;   /* a remote party may have done all the same what it was asked to do */
	char code[60]; /* remote code ("RequestLimitExceeded"), empty when local */
	char msg[448]; /* text, outermost context first */
};
/* Record a failure and return -1; a format ending in ':' gets strerror(num). */
int fail(struct err *e, int num, const char *fmt, ...) FMT(3, 4);
/* Put context in front of a recorded failure and return -1. */
int wrap(struct err *e, const char *fmt, ...) FMT(2, 3);

/* Memory is not a recoverable error. */
void *xalloc(size_t n);
void *xgrow(void *p, size_t n);
_Noreturn void die(const char *fmt, ...) FMT(1, 2);
