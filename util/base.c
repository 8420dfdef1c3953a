/* SPDX-License-Identifier: Apache-2.0 */
/* base.c - ownership, errors, allocation. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"

void ptr_free(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}

/* No EINTR retry: on Linux the descriptor is gone whatever close() returns. */
void fd_free(int *fd)
{
	int saved = errno;

	if (*fd > 0)
		close(*fd);
	*fd = 0;
	errno = saved;
}

void stdio_keep(void)
{
	for (int fd = 0; fd <= 2; fd++) /* open() takes the lowest that is free */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
}

static FMT(4, 0) void format(char *out, size_t size, int num, const char *fmt, va_list ap)
{
	size_t n = strlen(fmt);
	int used = vsnprintf(out, size, fmt, ap);

	if (n && fmt[n - 1] == ':' && used >= 0 && (size_t)used < size)
		snprintf(out + used, size - (size_t)used, " %s", strerror(num));
}

/* The text is made aside: an argument may well be the message that is replaced. */
int fail(struct err *e, int num, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	va_list ap;

	e->num = num ? num : EIO;
	e->unsure = false;
	e->code[0] = '\0';
	va_start(ap, fmt);
	format(msg, sizeof(msg), e->num, fmt, ap);
	va_end(ap);
	memcpy(e->msg, msg, sizeof(msg));
	return -1;
}

int wrap(struct err *e, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(msg))
		snprintf(msg + n, sizeof(msg) - (size_t)n, ": %s", e->msg);
	memcpy(e->msg, msg, sizeof(msg));
	return -1;
}

void die(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	format(line, sizeof(line), errno, fmt, ap);
	va_end(ap);
	dprintf(2, "%s\n", line);
	_exit(111);
}

void *xalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		die("out of memory (%zu bytes)", n);
	return p;
}

void *xgrow(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die("out of memory (%zu bytes)", n);
	return p;
}
