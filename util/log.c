/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - each line is put together on the stack and leaves in one write, so threads need no lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "json_text.h"
#include "log.h"

enum { LINE = 8192, SHORT = 1536, SHORT_MSG = 1024, PIECE = 256 };

#define CUT "...\"}\n"
static const char *const names[] = { "debug", "info", "warn", "error", "fatal" };

struct line {
	enum log_level level;
	const char *file;
	int at;
};

static int out_fd = 2;
static enum log_level out_least = LOG_DEBUG;

enum log_level log_level(const char *name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return (enum log_level)i;
	return LOG_DEBUG;
}

void log_close(void)
{
	if (out_fd > 2)
		close(out_fd);
	out_fd = 2;
}

int log_open(const char *path, enum log_level least, struct err *e)
{
	int fd;

	log_close();
	out_least = least;
	if (!*path || strcmp(path, "stderr") == 0)
		return 0;
	if (strcmp(path, "stdout") == 0) {
		out_fd = 1;
		return 0;
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirs_for(path, 0755, e) < 0)
			return wrap(e, "log file %s", path);
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return fail(e, errno, "open log file %s:", path);
	out_fd = fd;
	return 0;
}

/* "applets/cni/main.c" is told as "cni/main.c". */
static const char *last_two(const char *file)
{
	const char *slash = strrchr(file, '/');

	while (slash && slash > file && slash[-1] != '/')
		slash--;
	return slash ? slash : file;
}

/* Put s and the end of the object behind the n bytes of head; what does not fit gives way to CUT.
 */
static size_t finish(char *line, size_t cap, size_t n, const char *s, bool *cut)
{
	size_t fits = n; /* up to here CUT could follow */

	while (*s) {
		char c[8];
		const char *from = s;
		size_t len = json_plain(s, n + PIECE + sizeof(CUT) <= cap ? PIECE : 1);

		s += len;
		if (!len) {
			from = c;
			len = json_escape(&s, false, c);
		}
		*cut = n + len + sizeof("\"}\n") > cap;
		if (*cut)
			return fits + (size_t)snprintf(line + fits, cap - fits, CUT);
		memcpy(line + n, from, len);
		n += len;
		if (n + sizeof(CUT) <= cap)
			fits = n;
	}
	return n + (size_t)snprintf(line + n, cap - n, "\"}\n");
}

/* False, and nothing is written: there is more to say than fits, and a line may be longer. */
static bool put(const struct line *l, char *out, size_t cap, const char *msg)
{
	bool cut = false;
	char ts[25];
	ssize_t gone;
	size_t n;

	time_iso(wall_ns(), ts);
	n = (size_t)snprintf(out, cap,
			     "{\"level\":\"%s\",\"ts\":\"%s\",\"caller\":\"%.128s:%d\",\"msg\":\"",
			     names[l->level], ts, last_two(l->file), l->at);
	n = finish(out, cap, n, msg, &cut);
	if (cut && cap < LINE)
		return false;
	gone = write(out_fd, out, n);
	(void)gone; /* a log that cannot be written has nobody to tell */
	return true;
}

__attribute__((noinline, format(printf, 2, 0))) static void put_long(const struct line *l,
								     const char *fmt, va_list ap)
{
	char msg[LINE], out[LINE];

	if (vsnprintf(msg, sizeof(msg), fmt, ap) < 0)
		msg[0] = '\0';
	put(l, out, sizeof(out), msg);
}

/* Most lines are short, and a page of the stack that nobody has touched yet costs as much as all
 * the rest of a line. */
void log_line(enum log_level level, const char *file, int line, const char *fmt, ...)
{
	const struct line l = { level, file, line };
	char msg[SHORT_MSG], out[SHORT];
	int saved = errno, n;
	va_list ap;

	if (level < out_least)
		return;
	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= SHORT_MSG || !put(&l, out, sizeof(out), msg)) {
		va_start(ap, fmt);
		put_long(&l, fmt, ap);
		va_end(ap);
	}
	errno = saved;
}
