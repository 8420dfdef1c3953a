/* SPDX-License-Identifier: Apache-2.0 */
/* lb_progress.c - what takes long is told, once; what does not is not. */
#include <fcntl.h>
#include <unistd.h>

#include "progress.h"
#include "test.h"

enum { NEVER_MS = 3600000 };

/* Until a whole line has come; the reading waits, nothing else does. */
static void read_line(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(fd, out + n, 1) == 1 && out[n++] != '\n')
		;
	out[n] = '\0';
}

TEST(what_takes_long_is_told_and_what_follows_too)
{
	int fds[2];
	char line[100];
	struct progress *p;

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	p = progress_new("plan", fds[1], 0);
	CHECK(p != NULL);
	progress_say(p, "listing %s\x1b", "services");
	read_line(fds[0], line, sizeof(line));
	CHECK_STR(line, "lbctl plan: listing services\\x1b ...\n");
	progress_say(p, "asking AWS");
	read_line(fds[0], line, sizeof(line));
	CHECK_STR(line, "lbctl plan: asking AWS ...\n");
	progress_free(&p);
	close(fds[1]);
	/* Nothing was told twice. */
	read_line(fds[0], line, sizeof(line));
	CHECK_STR(line, "");
	close(fds[0]);
}

TEST(what_is_quick_is_not_told)
{
	int fds[2];
	char line[100];
	struct progress *p, *none = NULL;

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	p = progress_new("plan", fds[1], NEVER_MS);
	for (int i = 0; i < 100; i++)
		progress_say(p, "step %d", i);
	progress_say(none, "nobody listens");
	progress_free(&p);
	progress_free(&none);
	close(fds[1]);
	read_line(fds[0], line, sizeof(line));
	CHECK_STR(line, "");
	close(fds[0]);
}
